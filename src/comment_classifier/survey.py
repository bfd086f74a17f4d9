"""Surveys: which column of a file asks which question, with which codebook."""

from dataclasses import dataclass
from pathlib import Path

from comment_classifier.codebook import Codebook, find_question, load_codebook
from comment_classifier.errors import InputError
from comment_classifier.toml_reader import IDENTIFIER, TableReader, is_file, parse_toml, require_unique


@dataclass(frozen=True)
class SurveyQuestion:
    """One free-text column of a survey file and how to read it.

    ``model`` is the file of a model of your own; None for the current model of the codebook.
    """

    column: str
    question: str
    codebook: Codebook
    title: str
    base: str
    model: Path | None = None


@dataclass(frozen=True)
class Survey:
    """A survey: its title and its questions in the order of the report."""

    title: str
    questions: tuple[SurveyQuestion, ...]
    id_column: str = ""


def load_survey(path: str | Path) -> Survey:
    """Load a survey file: a title and one ``[[question]]`` table per free-text column.

    A question names its ``column`` and ``question`` (one that a shipped codebook asks), or its
    own ``question`` id with ``codebook`` (a shipped name, or a path relative to the survey file),
    ``title`` and ``base``. ``model`` is the path of a model file, relative to the survey file.

    Raises:
        InputError: names file, key and remedy.

    """
    path = Path(path)
    reader = TableReader(path, parse_toml(path))
    reader.allow("title", "id_column", "question")
    tables = reader.tables("question", 'add a [[question]] table with column = "..." and question = "..."')
    questions = tuple(_survey_question(t, path.parent) for t in tables)
    require_unique(path, "question", "column", [q.column for q in questions])
    require_unique(path, "question", "question", [q.question for q in questions])
    return Survey(reader.text("title"), questions, reader.text("id_column", default=""))


def single_question(
    column: str, question: str, codebook: str | Path | None = None, model: Path | None = None
) -> Survey:
    """Build the survey of one column that needs no survey file.

    Raises:
        InputError: unknown question or codebook, or a question id that cannot name a file.

    """
    if not IDENTIFIER.fullmatch(question):
        raise InputError(f"question {question!r}: use small letters, digits and _, beginning with a letter")
    if codebook is None:
        known = find_question(question)
        asked = SurveyQuestion(
            column, question, load_codebook(known.codebook), known.title, known.base, model
        )
    else:
        book = load_codebook(codebook)
        asked = SurveyQuestion(column, question, book, book.title, "", model)
    return Survey(asked.title, (asked,))


def _survey_question(reader: "TableReader", folder: Path) -> SurveyQuestion:
    reader.allow("column", "question", "codebook", "title", "base", "model")
    question = reader.identifier("question")
    codebook = reader.text("codebook", default="")
    if not codebook:
        try:
            known = find_question(question)
        except InputError as error:
            reader.fail("question", str(error), 'or add codebook = "..." for a question of your own')
        book, title, base = load_codebook(known.codebook), known.title, known.base
    else:
        own = folder / codebook
        try:
            book = load_codebook(own if is_file(own) else codebook)
        except InputError as error:
            reader.fail("codebook", str(error), "paths are relative to the survey file")
        title, base = book.title, ""
    model = reader.text("model", default="")
    return SurveyQuestion(
        column=reader.text("column"),
        question=question,
        codebook=book,
        title=reader.text("title", default=title),
        base=reader.text("base", default=base),
        model=folder / model if model else None,
    )
