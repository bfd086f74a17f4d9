"""Reading by people: a sheet of comments drawn at random, filled in Excel, and read back.

The sheet says which file it was drawn from and how each comment was chosen, so that what comes back
can speak for the comments that nobody read.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from comment_classifier.codebook import Codebook
from comment_classifier.counting import PICKED, RANDOM
from comment_classifier.duplicates import group_duplicates
from comment_classifier.errors import InputError
from comment_classifier.files import whole_file
from comment_classifier.intervals import shift_estimates
from comment_classifier.model import Model, logits
from comment_classifier.no_answer import Verdict, judge
from comment_classifier.survey import Survey, SurveyQuestion
from comment_classifier.tables import excel_text, read_table
from comment_classifier.text import normalize

YES = "○"
ROW, TEXT, CHOSEN, READ, CODER, NOTE, GUESS = (
    "行",
    "回答",
    "選び方",
    "確認済",
    "読んだ人",
    "メモ",
    "機械の区分",
)
ORIGIN_SHEET = "記録"
_CHOSEN_WORDS = {RANDOM: "無作為", PICKED: "迷った回答"}
_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_SIMULATIONS = 12


@dataclass(frozen=True)
class Drawn:
    """The comments of one question that are to be read: rows of the file counted from 0.

    ``chosen`` says of each how it was chosen: at random, or picked because the model was unsure.
    """

    asked: SurveyQuestion
    rows: list[int]
    texts: list[str]
    guesses: list[str]
    chosen: list[str]


def draw_sample(texts: list[str], n: int, seed: int) -> list[int]:
    """Draw n rows at random among those that hold any text.

    They come in the order of the draw, so that whoever stops half-way has read a random sample too.
    """
    filled = [i for i, text in enumerate(texts) if text.strip()]
    return [filled[i] for i in np.random.default_rng(seed).permutation(len(filled))[:n].tolist()]


def pick_unsure(model: Model, codebook: Codebook, texts: list[str], n: int, drawn: list[int]) -> list[int]:
    """Pick the n comments that the model is least sure of, equal texts once, none of those drawn already.

    Unsure is a comment with a category whose logit is near its threshold.
    """
    normalized = [normalize(text) for text in texts]
    groups = group_duplicates(texts)
    taken = set(groups[drawn].tolist())
    answers = [
        i
        for i, text in enumerate(normalized)
        if groups[i] not in taken and judge(text, codebook) is not Verdict.NO_ANSWER
    ]
    scored = logits(model, [normalized[i] for i in answers])
    distance = np.abs(scored - model.thresholds).min(axis=1, initial=np.inf)
    picked: list[int] = []
    for at in np.argsort(distance, kind="stable").tolist():
        group = int(groups[answers[at]])
        if len(picked) < n and group not in taken:
            picked.append(answers[at])
            taken.add(group)
    return picked


def expected_half_widths(
    model: Model, codebook: Codebook, texts: list[str], sizes: tuple[int, ...], seed: int = 0
) -> pd.DataFrame:
    """Say how wide the intervals will be, before anybody has read anything.

    Truths are drawn from the model's own scores, samples from the comments; the half-widths of the
    resulting intervals are averaged.

    Returns:
        By category id, a column per number of comments read: the half-width in comments.

    """
    answers = [n for n in map(normalize, texts) if judge(n, codebook) is not Verdict.NO_ANSWER]
    scored = logits(model, answers)
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(0.0, index=pd.Index(codebook.learned, name="category"), columns=list(sizes))
    for size in sizes:
        for _ in range(_SIMULATIONS):
            order = rng.permutation(len(answers))
            read, unread = order[:size], order[size:]
            truth = rng.random((len(read), scored.shape[1])) < expit(scored[read])
            estimates = shift_estimates(scored[read], truth, scored[unread])
            table[size] += np.array([(e.high - e.low) / 2 for e in estimates]) / _SIMULATIONS
    return table


def write_sheet(
    path: Path, survey: Survey, drawn: list[Drawn], origin: dict[str, str], show_guess: bool
) -> None:
    """Write the sheet to read: per question one sheet with dropdowns, the coding rules, and the origin."""
    import xlsxwriter

    if path.suffix.lower() != ".xlsx":
        raise InputError(f"{path}: the sheet is an Excel file. Give it a name that ends in .xlsx")
    with whole_file(path) as temporary, xlsxwriter.Workbook(temporary, _OPTIONS) as book:
        book.set_properties({"title": survey.title, "created": datetime(2024, 1, 1)})
        formats = {
            "head": book.add_format(
                {"bold": True, "bg_color": "#E3ECF2", "text_wrap": True, "valign": "top"}
            ),
            "text": book.add_format({"text_wrap": True, "valign": "top"}),
            "fill": book.add_format({"align": "center", "valign": "top", "bg_color": "#FFFBEA", "border": 4}),
        }
        for part in drawn:
            _question_sheet(book, formats, part, show_guess)
        _rules_sheet(book, formats, drawn)
        record = book.add_worksheet(ORIGIN_SHEET)
        counts = {_drawn_key(part.asked.question): str(len(part.rows)) for part in drawn}
        for row, (name, value) in enumerate({**origin, **counts}.items()):
            record.write_string(row, 0, name)
            record.write_string(row, 1, value)


def read_sheet(
    path: str | Path, asked: SurveyQuestion, texts: list[str], origin: dict[str, str]
) -> pd.DataFrame:
    """Read a filled sheet back, for one question.

    A comment was read if 確認済 is marked or any category is. The text in the sheet must be that of
    the file's row.

    Args:
        path: the sheet, saved by Excel or LibreOffice.
        asked: the question.
        texts: the question's column in the file, every row of it.
        origin: what the sheet says of itself, as :func:`origin_of` returns it.

    Returns:
        By row of the file (from 0): ``labels``, ``chosen``.

    Raises:
        InputError: names the row and the remedy: another file, a mark that is none, no category
            where 確認済 is marked, 記載なし beside another category.

    """
    path = Path(path)
    book = asked.codebook
    table = read_table(path, sheet=asked.question)
    needed = (ROW, TEXT, *book.labels, READ, CHOSEN)
    for name in needed:
        if name not in table.columns:
            raise InputError(
                f"{path}: sheet {asked.question!r} has no column {name!r}. Draw the sample again"
            )
    expected = origin.get(_drawn_key(asked.question))
    if expected != str(len(table)):
        raise InputError(
            f"{path}: sheet {asked.question!r} has {len(table)} comments, {expected} were drawn. Rows must "
            "not be deleted or added; leave blank what was not read"
        )
    rows, labels, chosen = [], [], []
    words = {word: name for name, word in _CHOSEN_WORDS.items()}
    for number, cells in enumerate(table.to_dict("records"), 2):
        where = f"{path}: sheet {asked.question!r}, row {number}"
        marks = {label: str(cells.get(label, "")).strip() for label in book.labels}
        for label, mark in {**marks, READ: str(cells.get(READ, "")).strip()}.items():
            if mark not in ("", YES, "◯", "〇", "o", "O", "1"):
                raise InputError(
                    f"{where}, column {label!r}: {mark!r} is no mark. Write {YES} or leave it blank"
                )
        given = tuple(i for i in book.ids if marks[book.label(i)])
        if not given and not str(cells.get(READ, "")).strip():
            continue
        if not given:
            fitting = book.label(book.other)
            raise InputError(
                f"{where}: {READ} is marked but no category is. Mark one; {fitting} if none fits"
            )
        if book.none in given and len(given) > 1:
            raise InputError(f"{where}: {book.label(book.none)} stands alone. Take it or the others away")
        row = str(cells[ROW])
        if not row.isdigit() or not 1 <= int(row) <= len(texts):
            raise InputError(
                f"{where}, column {ROW!r}: {row!r} is no row of the file. Do not change this column"
            )
        if excel_text(texts[int(row) - 1]).strip() != str(cells[TEXT]).strip():
            raise InputError(
                f"{where}: the text is not that of row {row} of the file. Is the sheet of another file?"
            )
        if cells[CHOSEN] not in words:
            raise InputError(
                f"{where}, column {CHOSEN!r}: {cells[CHOSEN]!r} is unknown. Do not change this column"
            )
        if int(row) - 1 in rows:
            raise InputError(
                f"{where}: row {row} of the file stands twice in the sheet. Keep one reading of it"
            )
        rows.append(int(row) - 1)
        labels.append(given)
        chosen.append(words[cells[CHOSEN]])
    return pd.DataFrame({"labels": pd.Series(labels, dtype=object), "chosen": chosen}).set_axis(rows)


def _drawn_key(question: str) -> str:
    return f"{question} の件数"


def _question_sheet(book: Any, formats: dict[str, Any], part: Drawn, show_guess: bool) -> None:
    sheet = book.add_worksheet(part.asked.question)
    labels = part.asked.codebook.labels
    head = [ROW, TEXT, *labels, READ, CODER, NOTE, CHOSEN, *([GUESS] if show_guess else [])]
    for column, name in enumerate(head):
        sheet.write_string(0, column, name, formats["head"])
    lines = zip(part.rows, part.texts, part.guesses, part.chosen, strict=True)
    for line, (row, text, guess, chosen) in enumerate(lines, 1):
        sheet.write_number(line, 0, row + 1, formats["text"])
        sheet.write_string(line, 1, excel_text(text), formats["text"])
        for column in range(2, 5 + len(labels)):
            sheet.write_blank(line, column, None, formats["fill"])
        sheet.write_string(line, 5 + len(labels), _CHOSEN_WORDS[chosen], formats["text"])
        if show_guess:
            sheet.write_string(line, 6 + len(labels), guess, formats["text"])
    if part.rows:
        marks = {
            "validate": "list",
            "source": [YES],
            "error_message": f"{YES} を選ぶか、空欄にしてください。",
        }
        sheet.data_validation(1, 2, len(part.rows), 2 + len(labels), marks)
    sheet.set_column(0, 0, 6)
    sheet.set_column(1, 1, 60)
    sheet.set_column(2, 1 + len(labels), 9)
    sheet.freeze_panes(1, 2)


def _rules_sheet(book: Any, formats: dict[str, Any], drawn: list[Drawn]) -> None:
    sheet = book.add_worksheet("コーディング基準")
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 2, 60)
    line = 0
    for codebook in {part.asked.codebook.id: part.asked.codebook for part in drawn}.values():
        headings = (codebook.title, "当てはまるもの", "当てはまらないもの")
        lines = [headings, *((c.label, c.definition, c.not_when) for c in codebook.categories)]
        for offset, cells in enumerate(lines):
            for column, text in enumerate(cells):
                sheet.write_string(line + offset, column, text, formats["text" if offset else "head"])
        line += len(lines) + 1


def origin_of(path: str | Path) -> dict[str, str]:
    """Return what a sheet says of the file it was drawn from.

    Raises:
        InputError: the workbook is no sheet that this program wrote.

    """
    path = Path(path)
    try:
        record = read_table(path, sheet=ORIGIN_SHEET)
    except InputError as error:
        if path.is_file():
            raise InputError(f"{path}: is no sheet that 'sample' wrote ({error})") from None
        raise
    return {str(record.columns[0]): str(record.columns[1]), **dict(record.itertuples(index=False, name=None))}
