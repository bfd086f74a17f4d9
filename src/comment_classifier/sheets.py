"""Sheets for people: comments to read in Excel, and what they marked, read back.

A sheet says which file it was drawn from, by which codebook, and how each comment was chosen, so that
what comes back can be counted and learned from without asking anything further. What a coder must not
change is locked, and checked by a key in each row when it comes back.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from comment_classifier.cells import columns_of, excel_text
from comment_classifier.codebook import Codebook
from comment_classifier.counting import PICKED, RANDOM
from comment_classifier.errors import InputError
from comment_classifier.files import whole_file
from comment_classifier.tables import read_table

YES = "○"
ROW, TEXT, READ, CODER, NOTE, CHOSEN, GUESS, REASON, KEY = (
    "行",
    "回答",
    "確認済",
    "読んだ人",
    "メモ",
    "選び方",
    "機械の区分",
    "機械の根拠",
    "照合",
)
_TEXT_WIDTH, _GUESS_WIDTH = 60, 24
_LINE, _HIGHEST_ROW = 15.5, 409.0  # points; Excel has no higher rows
_COLUMNS = (ROW, TEXT, READ, CODER, NOTE, CHOSEN, GUESS, REASON, KEY)
ORIGIN_SHEET = "記録"
FILE, HASH, DRAWN = "ファイル", "sha256", "抽出"
_MARKS = ("", YES, "◯", "〇", "o", "O", "1")
_CHOSEN_WORDS = {RANDOM: "無作為", PICKED: "選んだ回答"}
_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


@dataclass(frozen=True)
class ToRead:
    """A comment to be read: its row in the file (from 0), how it was chosen, and what the model says."""

    row: int
    text: str
    chosen: str
    guess: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Part:
    """The comments of one question that are to be read."""

    question: str
    codebook: Codebook
    comments: list[ToRead]


@dataclass(frozen=True)
class Refusal:
    """A row of a sheet (headings are row 1) that cannot be taken, and the remedy."""

    row: int
    message: str


@dataclass(frozen=True)
class Marked:
    """What came back of one question.

    Attributes:
        rows: per comment that was read ``row`` (of the file, from 0), ``text``, ``labels`` (tuple of
            ids), ``chosen``, ``coder``, ``note``; the index is the row of the sheet.
        unread: how many comments nobody marked.
        refused: rows that cannot be taken.

    """

    rows: pd.DataFrame
    unread: int
    refused: list[Refusal]


def write_sheet(path: Path, title: str, parts: list[Part], origin: dict[str, str], show_guess: bool) -> None:
    """Write a sheet to read: per question one with dropdowns, the coding rules, and the origin.

    Args:
        path: ends in .xlsx.
        title: of the workbook.
        parts: the comments of each question.
        origin: name and sha256 of the file, and how the comments were drawn.
        show_guess: show the reader the model's categories and its words. Hidden, they cannot sway.

    Raises:
        InputError: another ending, or the file cannot be written.

    """
    import xlsxwriter

    if path.suffix.lower() != ".xlsx":
        raise InputError(f"{path}: the sheet is an Excel file. Give it a name that ends in .xlsx")
    for part in parts:
        for label in set(part.codebook.labels) & set(_COLUMNS):
            raise InputError(
                f"codebook {part.codebook.id!r}: the label {label!r} is a column of the sheet. Rename it"
            )
    with whole_file(path) as temporary, xlsxwriter.Workbook(temporary, _OPTIONS) as book:
        book.set_properties({"title": title, "created": datetime(2024, 1, 1)})
        top = {"text_wrap": True, "valign": "top"}
        formats = {
            "head": book.add_format({**top, "bold": True, "bg_color": "#E3ECF2"}),
            "text": book.add_format(top),
            "fill": book.add_format(
                {"align": "center", "valign": "top", "bg_color": "#FFFBEA", "border": 4, "locked": False}
            ),
        }
        for part in parts:
            _question_sheet(book, formats, part, show_guess)
        _rules_sheet(book, formats, parts)
        record = book.add_worksheet(ORIGIN_SHEET)
        record.protect()
        told = dict(origin)
        for part in parts:
            told[_number_key(part.question)] = str(len(part.comments))
            told[_codebook_key(part.question)] = json.dumps(part.codebook.as_dict(), ensure_ascii=False)
        for row, (name, value) in enumerate(told.items()):
            record.write_string(row, 0, name)
            record.write_string(row, 1, value)


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
            raise InputError(f"{path}: is no sheet that this program wrote ({error})") from None
        raise
    return {str(record.columns[0]): str(record.columns[1]), **dict(record.itertuples(index=False, name=None))}


def questions_of(origin: dict[str, str]) -> dict[str, Codebook]:
    """Return the questions of a sheet and their codebooks, from what :func:`origin_of` returns."""
    ending = _codebook_key("")
    return {
        name.removesuffix(ending): Codebook.from_dict(json.loads(value))
        for name, value in origin.items()
        if name.endswith(ending)
    }


def read_sheet(path: str | Path, question: str, codebook: Codebook, origin: dict[str, str]) -> Marked:
    """Read one question of a filled sheet back, saved by Excel or LibreOffice.

    A comment was read if 確認済 is marked or any category is.

    Args:
        path: the sheet.
        question: its question.
        codebook: of the question.
        origin: what the sheet says of itself, as :func:`origin_of` returns it.

    Raises:
        InputError: a column is missing, or rows were deleted or added. Faults of single rows are in
            ``refused``: a mark that is none, no category where 確認済 is marked, 記載なし beside
            another category, a locked cell that was changed, a comment that stands twice.

    """
    path = Path(path)
    table = read_table(path, sheet=question)
    for name in (ROW, TEXT, *codebook.labels, READ, CODER, NOTE, CHOSEN, KEY):
        if name not in table.columns:
            raise InputError(f"{path}: sheet {question!r} has no column {name!r}. Draw the sample again")
    expected = origin.get(_number_key(question))
    if expected != str(len(table)):
        raise InputError(
            f"{path}: sheet {question!r} has {len(table)} comments, {expected} were drawn. Rows must "
            "not be deleted or added; leave blank what was not read"
        )
    taken: dict[int, dict[str, Any]] = {}
    refused: list[Refusal] = []
    seen: dict[str, int] = {}
    for number, cells in enumerate(table.to_dict("records"), 2):
        given = tuple(i for i in codebook.ids if str(cells[codebook.label(i)]).strip())
        fault = _fault(cells, codebook, given) or _changed(question, cells)
        if not fault and cells[KEY] in seen:
            fault = f": stands in row {seen[cells[KEY]]} too. Keep one reading of it"
        if fault:
            refused.append(Refusal(number, fault))
        elif given:
            seen[cells[KEY]] = number
            taken[number] = {
                "row": int(cells[ROW]) - 1,
                "text": cells[TEXT],
                "labels": given,
                "chosen": _chosen_of(cells[CHOSEN]),
                "coder": cells[CODER].strip(),
                "note": cells[NOTE].strip(),
            }
    columns = ["row", "text", "labels", "chosen", "coder", "note"]
    rows = pd.DataFrame(list(taken.values()), columns=columns, index=pd.Index(taken, dtype=int))
    return Marked(rows, len(table) - len(taken) - len(refused), refused)


def _fault(cells: dict[Any, Any], codebook: Codebook, given: tuple[str, ...]) -> str:
    """Say what a coder filled in wrongly, blank if nothing."""
    for label in (*codebook.labels, READ):
        mark = str(cells[label]).strip()
        if mark not in _MARKS:
            return f", column {label!r}: {mark!r} is no mark. Write {YES} or leave it blank"
    if not given and str(cells[READ]).strip():
        return (
            f": {READ} is marked but no category is. Mark one; {codebook.label(codebook.other)} if none fits"
        )
    if codebook.none in given and len(given) > 1:
        return f": {codebook.label(codebook.none)} stands alone. Take it or the others away"
    return ""


def _changed(question: str, cells: dict[Any, Any]) -> str:
    """Say whether a locked cell was changed."""
    if cells[KEY] == _key(question, cells[ROW], cells[TEXT], cells[CHOSEN]):
        return ""
    return f": {ROW}, {TEXT} or {CHOSEN} was changed. Put it back as it was; these columns are not for coders"


def _key(question: str, row: str, text: str, chosen: str) -> str:
    said = json.dumps([question, row, text.strip(), chosen], ensure_ascii=False)
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _chosen_of(word: str) -> str:
    return next(name for name, shown in _CHOSEN_WORDS.items() if shown == word)


def _number_key(question: str) -> str:
    return f"{question} の件数"


def _codebook_key(question: str) -> str:
    return f"{question} の区分"


def _question_sheet(book: Any, formats: dict[str, Any], part: Part, show_guess: bool) -> None:
    sheet = book.add_worksheet(part.question)
    labels = part.codebook.labels
    last = [GUESS, REASON] if show_guess else []
    head = [ROW, TEXT, *labels, READ, CODER, NOTE, CHOSEN, *last, KEY]
    sheet.set_row(0, 3 * _LINE)
    for column, name in enumerate(head):
        sheet.write_string(0, column, name, formats["head"])
    for line, comment in enumerate(part.comments, 1):
        text, chosen = excel_text(comment.text), _CHOSEN_WORDS[comment.chosen]
        row = str(comment.row + 1)
        lines = _lines(text, _TEXT_WIDTH)
        if show_guess:
            lines = max(lines, _lines(comment.guess, _GUESS_WIDTH), _lines(comment.reason, _GUESS_WIDTH))
        sheet.set_row(line, min(_HIGHEST_ROW, _LINE * lines))
        sheet.write_number(line, 0, comment.row + 1, formats["text"])
        sheet.write_string(line, 1, text, formats["text"])
        for column in range(2, 5 + len(labels)):
            sheet.write_blank(line, column, None, formats["fill"])
        said = [comment.guess, comment.reason] if show_guess else []
        cells = [chosen, *said, _key(part.question, row, text, chosen)]
        for column, cell in enumerate(cells, 5 + len(labels)):
            sheet.write_string(line, column, excel_text(cell), formats["text"])
    if part.comments:
        message = f"{YES} を選ぶか、空欄にしてください。"
        marks = {"validate": "list", "source": [YES], "error_message": message}
        sheet.data_validation(1, 2, len(part.comments), 2 + len(labels), marks)
    sheet.set_column(0, 0, 6)
    sheet.set_column(1, 1, _TEXT_WIDTH)
    sheet.set_column(2, 1 + len(labels), 9)
    if show_guess:
        sheet.set_column(len(head) - 3, len(head) - 2, _GUESS_WIDTH)
    sheet.set_column(len(head) - 1, len(head) - 1, None, None, {"hidden": True})
    sheet.freeze_panes(1, 2)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.protect("", {"format_columns": True, "format_rows": True})


def _lines(text: str, width: int) -> int:
    """Return how many lines a text takes in a column of that width."""
    return sum(max(1, -(-columns_of(line) // (width - 2))) for line in text.split("\n"))


def _rules_sheet(book: Any, formats: dict[str, Any], parts: list[Part]) -> None:
    sheet = book.add_worksheet("コーディング基準")
    sheet.protect("", {"format_columns": True, "format_rows": True})
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 2, 60)
    line = 0
    for codebook in {part.codebook.id: part.codebook for part in parts}.values():
        headings = (codebook.title, "当てはまるもの", "当てはまらないもの")
        lines = [headings, *((c.label, c.definition, c.not_when) for c in codebook.categories)]
        for offset, cells in enumerate(lines):
            for column, text in enumerate(cells):
                sheet.write_string(line + offset, column, text, formats["text" if offset else "head"])
        line += len(lines) + 1
