"""What people read: sheets drawn from a survey file, to count by or to learn from, and labels taken back."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from comment_classifier.chunk import loaded
from comment_classifier.classifier import CommentClassifier
from comment_classifier.codebook import Codebook
from comment_classifier.coding import code_comments, label_texts, reasons
from comment_classifier.counting import PICKED, RANDOM
from comment_classifier.files import sha256
from comment_classifier.labels import COLUMNS, add_together
from comment_classifier.model_file import model_path
from comment_classifier.sampling import draw_sample, expected_half_widths, pick_unsure, pick_useful
from comment_classifier.sheets import (
    CODER,
    DRAWN,
    FILE,
    HASH,
    Part,
    ToRead,
    origin_of,
    questions_of,
    read_sheet,
    write_sheet,
)
from comment_classifier.survey import Survey, SurveyQuestion
from comment_classifier.tables import column, read_table
from comment_classifier.text import normalize_all

_ID_DIGITS = 8  # of the file's hash, which make a comment's id


@dataclass(frozen=True)
class Taken:
    """What the import of a sheet did with one row of it.

    ``outcome`` is ``added``, ``corrected`` (the coder had coded it otherwise before), ``known`` (it
    was there already) or ``refused``, with the reason in ``message``.
    """

    question: str
    row: int
    outcome: str
    message: str = ""


def sample_file(
    path: str | Path,
    survey: Survey,
    out: str | Path,
    *,
    n: int = 100,
    unsure: int = 0,
    seed: int = 0,
    show_guess: bool = False,
    header_row: int = 1,
    sheet: str | None = None,
    sizes: tuple[int, ...] = (50, 100, 200),
) -> dict[str, pd.DataFrame]:
    """Draw a random sample of each question's comments and write the sheet for people to read.

    Args:
        path: the survey file.
        survey: its questions.
        out: the .xlsx file to write.
        n: comments per question; all, if there are fewer.
        unsure: further comments per question that the model is least sure of. Once read they count
            exactly, and never speak for the others.
        seed: of the draw; the same seed draws the same comments.
        show_guess: show the model's categories and words to the reader. Hidden, they cannot sway.
        header_row: of the file, from 1.
        sheet: of an Excel file.
        sizes: numbers of comments read for which the width of the intervals is foretold.

    Returns:
        By question, the expected half-width of the interval per category (rows) and number read (columns).

    Raises:
        InputError: anything wrong with the file, the survey, or the models.

    """
    path = Path(path)
    table = read_table(path, header_row, sheet)
    parts, foretold = [], {}
    for asked in survey.questions:
        texts = column(table, asked.column, path).tolist()
        classifier = loaded(asked)
        drawn = draw_sample(texts, n, seed)
        picked = pick_unsure(classifier.model_, asked.codebook, texts, unsure, drawn) if unsure else []
        parts.append(_part(asked, texts, drawn, picked, classifier))
        foretold[asked.question] = expected_half_widths(classifier.model_, asked.codebook, texts, sizes, seed)
    drawn_how = f"無作為 {n} 件、種 {seed}、迷った回答 {unsure} 件"
    write_sheet(Path(out), survey.title, parts, _origin(path, drawn_how), show_guess)
    return foretold


def export_sheet(
    path: str | Path,
    survey: Survey,
    out: str | Path,
    *,
    useful: int = 50,
    random: int = 50,
    seed: int = 0,
    show_guess: bool = True,
    header_row: int = 1,
    sheet: str | None = None,
) -> dict[str, tuple[int, int]]:
    """Write a sheet of comments for coders to label, so that a model learns from them.

    Args:
        path: the survey file.
        survey: its questions.
        out: the .xlsx file to write.
        useful: comments per question that teach the model most, the most useful first, each text once. A
            question whose codebook has no model yet gets as many at random instead.
        random: comments per question drawn at random; they stand first, and speak for the whole file.
        seed: of the draw.
        show_guess: show the coder the model's categories and its words.
        header_row: of the file, from 1.
        sheet: of an Excel file.

    Returns:
        By question, how many comments were drawn at random and how many picked.

    Raises:
        InputError: anything wrong with the file or the survey.

    """
    path = Path(path)
    table = read_table(path, header_row, sheet)
    parts, numbers = [], {}
    for asked in survey.questions:
        texts = column(table, asked.column, path).tolist()
        classifier = _classifier_if_any(asked)
        drawn = draw_sample(texts, random + (0 if classifier else useful), seed)
        picked: list[int] = []
        if classifier and useful:
            picked = pick_useful(classifier.model_, asked.codebook, texts, useful, drawn, seed)
        parts.append(_part(asked, texts, drawn, picked, classifier))
        numbers[asked.question] = (len(drawn), len(picked))
    how = f"無作為 {random} 件、種 {seed}、学習に役立つ回答 {useful} 件"
    write_sheet(Path(out), survey.title, parts, _origin(path, how), show_guess)
    return numbers


def import_sheet(path: str | Path, folder: str | Path, coder: str = "") -> list[Taken]:
    """Take the labels of a filled sheet into ``<folder>/<codebook>.csv``, all of them or none.

    A comment becomes a row with the id ``<hash of its file>-<question>-<row>``, its coder, today's date,
    its file as source, and how it was chosen. The same sheet again changes nothing; a coder's corrected
    sheet corrects that coder's rows.

    Args:
        path: the sheet, saved by Excel or LibreOffice.
        folder: of the labelled comments.
        coder: who read the rows whose 読んだ人 is blank.

    Returns:
        What was done with each row that was read. If any is refused, none was taken.

    Raises:
        InputError: it is no sheet of this program, or the labelled comments cannot be written.

    """
    found, refused = sheet_labels(path, coder)
    if refused:
        return refused
    return take(found, Path(folder))


def take(found: list[tuple[Codebook, pd.DataFrame]], folder: Path) -> list[Taken]:
    """Add rows of labelled comments, as :func:`labelled` returns them, to ``<folder>/<codebook>.csv``.

    All files change together, or none.
    """
    parts = [(folder / f"{codebook.id}.csv", rows, codebook) for codebook, rows in found]
    return [
        Taken(question, number, said)
        for outcome in add_together(parts)
        for (question, number), said in outcome.items()
    ]


def sheet_labels(
    path: str | Path, coder: str = ""
) -> tuple[list[tuple[Codebook, pd.DataFrame]], list[Taken]]:
    """Read the labels of a filled sheet without taking them.

    Returns:
        Per codebook its rows in the schema of the labelled comments, indexed by question and row of
        the sheet; and the rows that cannot be taken.

    Raises:
        InputError: it is no sheet of this program.

    """
    path = Path(path)
    said = origin_of(path)
    rows_of: dict[str, list[pd.DataFrame]] = {}
    books: dict[str, Codebook] = {}
    refused = []
    for question, codebook in questions_of(said).items():
        marked = read_sheet(path, question, codebook, said)
        refused += [Taken(question, fault.row, "refused", fault.message) for fault in marked.refused]
        for number in marked.rows.index[(marked.rows["coder"] == "") & (not coder)]:
            refused.append(
                Taken(question, number, "refused", f", column {CODER!r}: blank. Write who read it")
            )
        books[codebook.id] = codebook
        rows_of.setdefault(codebook.id, []).append(labelled(marked.rows, question, said, coder))
    return [(books[name], pd.concat(parts)) for name, parts in rows_of.items()], refused


def labelled(rows: pd.DataFrame, question: str, said: dict[str, str], coder: str = "") -> pd.DataFrame:
    """Return rows in the schema of the labelled comments.

    Args:
        rows: ``row`` (of the file, from 0), ``text``, ``labels``, ``chosen``, ``coder``, ``note``.
        question: that the comments answer.
        said: name and hash of the file they are from.
        coder: who read the rows whose ``coder`` is blank.

    """
    frame = pd.DataFrame(
        {
            "id": [f"{said[HASH][:_ID_DIGITS]}-{question}-{row + 1}" for row in rows["row"]],
            "question": question,
            "text": rows["text"],
            "labels": rows["labels"],
            "voice": "",  # every row of a survey is a respondent of its own
            "source": said.get(FILE, ""),
            "note": rows["note"],
            "coder": rows["coder"].mask(rows["coder"] == "", coder),
            "date": date.today().isoformat(),
            "chosen": rows["chosen"],
        },
        columns=list(COLUMNS),
    )
    return frame.set_index(pd.MultiIndex.from_product([[question], rows.index]))


def _classifier_if_any(asked: SurveyQuestion) -> CommentClassifier | None:
    source = asked.model or model_path(asked.codebook)
    return loaded(asked) if source.exists() else None


def _origin(path: Path, how: str) -> dict[str, str]:
    return {FILE: path.name, HASH: sha256(path), DRAWN: how}


def _part(
    asked: SurveyQuestion,
    texts: list[str],
    drawn: list[int],
    picked: list[int],
    classifier: CommentClassifier | None,
) -> Part:
    rows = drawn + picked
    how = [RANDOM] * len(drawn) + [PICKED] * len(picked)
    guesses = whys = [""] * len(rows)
    if classifier:
        model, book, chosen = classifier.model_, asked.codebook, [texts[row] for row in rows]
        coding = code_comments(model, book, chosen)
        guesses = label_texts(book, coding.flags)
        whys = reasons(model, book, normalize_all(chosen), coding.flags)
    comments = [
        ToRead(row, texts[row], chosen, guess, why)
        for row, chosen, guess, why in zip(rows, how, guesses, whys, strict=True)
    ]
    return Part(asked.question, asked.codebook, comments)
