"""Surveys: which column of a file asks which question, who was asked, and what is estimated from it."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from comment_classifier.codebook import Codebook, find_question, load_codebook
from comment_classifier.errors import InputError
from comment_classifier.toml_reader import IDENTIFIER, TableReader, is_file, parse_toml, require_unique

EVERYBODY = "回答者全員"
CHARTS = ("band", "pie", "bar")
FIGURES = {"median_day": "1日あたりの短縮時間の中央値", "mean_day": "1日あたりの短縮時間の平均"}
SEPARATOR = ";"  # between answers in one cell, as Microsoft Forms writes it
_MOST_IN_A_BAND = 6  # choices; more, and bars are easier to read
# What one character became in another encoding of Japanese.
_ONE_CHARACTER = str.maketrans("〜−‐‑–—―", "~------")


@dataclass(frozen=True)
class Group:
    """Who is asked a question: the respondents with one of some answers in a column.

    ``separator`` is what stands between answers where a cell holds several.
    """

    id: str
    label: str
    column: str
    answers: tuple[str, ...]
    separator: str = SEPARATOR


@dataclass(frozen=True)
class SurveyQuestion:
    """One free-text column of a survey file and how to read it.

    Attributes:
        column: its heading.
        question: the id.
        codebook: the categories.
        title: for charts.
        base: who was asked, in words.
        model: the file of a model of your own; None for the current model of the codebook.
        asked: who was asked; None for everybody, or where the file does not tell.
        durations: whether the time saved is read out of the answers.

    """

    column: str
    question: str
    codebook: Codebook
    title: str
    base: str
    model: Path | None = None
    asked: Group | None = None
    durations: bool = False


@dataclass(frozen=True)
class ClosedQuestion:
    """A question with given choices.

    Attributes:
        columns: the heading of its column, or one per choice.
        question: the id.
        choices: in the order of the survey.
        title: for charts.
        base: who was asked, in words.
        asked: who was asked; None for everybody.
        several: whether one respondent may choose several.
        separator: what stands between choices in one cell, blank where there is a column per choice.
        other: the choice that texts of one's own count as, blank if there is none.
        chart: ``band``, ``pie`` or ``bar``.

    """

    columns: tuple[str, ...]
    question: str
    choices: tuple[str, ...]
    title: str
    base: str
    asked: Group | None = None
    several: bool = False
    separator: str = ""
    other: str = ""
    chart: str = "band"

    @property
    def column_each(self) -> bool:
        """Whether every choice has a column of its own, with marks in it."""
        return self.several and not self.separator


@dataclass(frozen=True)
class Factor:
    """One factor of an estimate: a given number, the share of a choice, or a figure of the time saved.

    Attributes:
        label: what it is.
        unit: of the number.
        value: given; None where a question gives it.
        low: the least that it may be.
        high: the most.
        source: where a given number comes from.
        question: whose share or time it is.
        choice: of a closed question.
        figure: of a question on time saved: one of ``FIGURES``.
        divide: whether the product is divided by it.

    """

    label: str
    unit: str = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    source: str = ""
    question: str = ""
    choice: str = ""
    figure: str = ""
    divide: bool = False


@dataclass(frozen=True)
class Estimate:
    """A number that is estimated as a product of factors, every one of them declared.

    ``about`` is the step that the result is rounded to where it is printed, such as 1000.
    """

    id: str
    title: str
    unit: str
    factors: tuple[Factor, ...]
    about: float = 1.0


@dataclass(frozen=True)
class Survey:
    """A survey: its title, its questions and estimates.

    Attributes:
        title: of the report.
        questions: those with free text.
        id_column: the heading of the column that names the respondents, blank if there is none.
        closed: questions with given choices.
        estimates: what is computed from the questions.
        order: the ids of all questions, as the survey asks them.

    """

    title: str
    questions: tuple[SurveyQuestion, ...]
    id_column: str = ""
    closed: tuple[ClosedQuestion, ...] = ()
    estimates: tuple[Estimate, ...] = ()
    order: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Put the questions into the order given if none is."""
        if not self.order:
            ids = [*(q.question for q in self.closed), *(q.question for q in self.questions)]
            object.__setattr__(self, "order", tuple(ids))


def folded(cell: object) -> str:
    """Return an answer as it is compared: width, case, blanks and the kind of dash make no difference."""
    text = "".join(unicodedata.normalize("NFKC", str(cell)).casefold().translate(_ONE_CHARACTER).split())
    # 5.0 is the 5 of a column of numbers in which some are missing.
    return text[:-2] if text.endswith(".0") and text[:-2].isdigit() else text


def pieces(cell: object, separator: str) -> list[str]:
    """Return the answers in one cell, folded, without blank ones; a blank separator takes it for one."""
    text, mark = (unicodedata.normalize("NFKC", str(its)) for its in (cell, separator))
    parts = text.split(mark.strip() or mark) if mark else [text]
    return [piece for piece in map(folded, parts) if piece]


def load_survey(path: str | Path) -> Survey:
    """Load a survey file: a title, one ``[[question]]`` table per question, groups and estimates.

    A free-text question names its ``column`` and ``question`` (one that a shipped codebook asks), or its
    own ``question`` id with ``codebook`` (a shipped name, or a path relative to the survey file),
    ``title`` and ``base``. ``model`` is the path of a model file, relative to the survey file.
    ``durations = true`` reads the time saved out of its answers.

    A closed question has ``choices``, and ``column``, or ``columns`` with one per choice. ``asked`` is the
    id of a ``[[group]]``. Every key: docs/survey.md.

    Raises:
        InputError: names file, key and remedy.

    """
    path = Path(path)
    reader = TableReader(path, parse_toml(path))
    reader.allow("title", "id_column", "group", "question", "estimate")
    listed = [_group(t) for t in reader.tables("group", "", needed=False)]
    require_unique(path, "group", "id", [g.id for g in listed])
    groups = {g.id: g for g in listed}
    tables = reader.tables("question", 'add a [[question]] table with column = "..." and question = "..."')
    asked = [
        _closed(t, groups) if "choices" in t.table else _survey_question(t, path.parent, groups)
        for t in tables
    ]
    questions = tuple(q for q in asked if isinstance(q, SurveyQuestion))
    closed = tuple(q for q in asked if isinstance(q, ClosedQuestion))
    require_unique(path, "question", "column", [q.column for q in questions])
    require_unique(path, "question", "column", [name for q in closed for name in q.columns])
    require_unique(path, "question", "question", [q.question for q in asked])
    _check_groups(path, listed, closed)
    estimates = tuple(_estimate(t, questions, closed) for t in reader.tables("estimate", "", needed=False))
    require_unique(path, "estimate", "id", [e.id for e in estimates])
    return Survey(
        title=reader.text("title"),
        questions=questions,
        id_column=reader.text("id_column", default=""),
        closed=closed,
        estimates=estimates,
        order=tuple(q.question for q in asked),
    )


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


def as_plain(survey: Survey) -> dict[str, Any]:
    """Return what is not of the free-text questions as plain data, for ``run.json``."""
    return {
        "closed": [asdict(question) for question in survey.closed],
        "estimates": [asdict(estimate) for estimate in survey.estimates],
        "order": list(survey.order),
    }


def from_plain(title: str, questions: tuple[SurveyQuestion, ...], said: Mapping[str, Any]) -> Survey:
    """Return the survey that :func:`as_plain` described, with its free-text questions."""
    closed = [
        ClosedQuestion(
            **q
            | {"columns": tuple(q["columns"]), "choices": tuple(q["choices"]), "asked": group_of(q["asked"])}
        )
        for q in said.get("closed", ())
    ]
    estimates = [
        Estimate(**e | {"factors": tuple(Factor(**f) for f in e["factors"])})
        for e in said.get("estimates", ())
    ]
    return Survey(
        title,
        questions,
        said.get("id_column", ""),
        tuple(closed),
        tuple(estimates),
        tuple(said.get("order", ())),
    )


def group_of(said: Mapping[str, Any] | None) -> Group | None:
    """Return the group that ``asdict`` described."""
    return None if said is None else Group(**{**said, "answers": tuple(said["answers"])})


def _group(reader: TableReader) -> Group:
    reader.allow("id", "label", "column", "answers", "separator")
    answers = reader.texts("answers")
    if not answers or not all(map(folded, answers)):
        wrong = "one is blank" if answers else "missing"
        reader.fail("answers", wrong, 'write answers = ["..."]: who gave one of these was asked')
    return Group(
        id=reader.identifier("id"),
        label=reader.text("label"),
        column=reader.text("column"),
        answers=answers,
        separator=reader.text("separator", default=SEPARATOR),
    )


def _check_groups(path: Path, groups: Iterable[Group], closed: Iterable[ClosedQuestion]) -> None:
    """Refuse a group of nobody, because its answer is none of the choices of the question it looks at."""
    choices = {q.columns[0]: q.choices for q in closed if not q.column_each and not q.other}
    for group in groups:
        known = choices.get(group.column, group.answers)
        unknown = [a for a in group.answers if folded(a) not in set(map(folded, known))]
        if unknown:
            raise InputError(
                f"{path}: [[group]] {group.id!r} key 'answers': {unknown[0]!r} is none of the choices of "
                f"{group.column!r}. Remedy: use some of {', '.join(known)}"
            )


def _asked(reader: TableReader, groups: Mapping[str, Group]) -> Group | None:
    name = reader.text("asked", default="")
    if name and name not in groups:
        known = ", ".join(groups) or "none yet"
        reader.fail("asked", f"no group {name!r} (there is {known})", "add a [[group]] table with that id")
    return groups.get(name)


def _survey_question(reader: TableReader, folder: Path, groups: Mapping[str, Group]) -> SurveyQuestion:
    reader.allow("column", "question", "codebook", "title", "base", "model", "asked", "durations")
    question = reader.identifier("question")
    codebook = reader.text("codebook", default="")
    if not codebook:
        try:
            known = find_question(question)
        except InputError as error:
            reader.fail(
                "question",
                str(error),
                'or add codebook = "..." for a question of your own, or choices = ["..."] for a closed one',
            )
        book, title, base = load_codebook(known.codebook), known.title, known.base
    else:
        own = folder / codebook
        try:
            book = load_codebook(own if is_file(own) else codebook)
        except InputError as error:
            reader.fail("codebook", str(error), "paths are relative to the survey file")
        title, base = book.title, ""
    model, asked = reader.text("model", default=""), _asked(reader, groups)
    return SurveyQuestion(
        column=reader.text("column"),
        question=question,
        codebook=book,
        title=reader.text("title", default=title),
        base=reader.text("base", default=asked.label if asked else base),
        model=folder / model if model else None,
        asked=asked,
        durations=reader.flag("durations"),
    )


def _closed(reader: TableReader, groups: Mapping[str, Group]) -> ClosedQuestion:
    keys = ("column", "columns", "question", "choices", "title", "base", "asked", "several", "separator")
    reader.allow(*keys, "other", "chart")
    choices, columns = reader.texts("choices"), _columns(reader)
    several = reader.flag("several") or "columns" in reader.table
    if not _all_differ(choices):
        reader.fail(
            "choices",
            "none, a blank one, or two that differ in width, case, blanks or dashes at most",
            "give each choice once",
        )
    separator = _separator(reader, choices, several and "columns" not in reader.table)
    other = reader.text("other", default="")
    if other and other not in choices:
        reader.fail("other", f"{other!r} is none of the choices", "name the choice that stands for others")
    usual = "bar" if several or len(choices) > _MOST_IN_A_BAND else "band"
    chart = reader.text("chart", default=usual)
    if chart not in (CHARTS if not several else ("bar",)):
        reader.fail(
            "chart",
            f"{chart!r} does not fit",
            "use bar where several may be chosen, else one of " + ", ".join(CHARTS),
        )
    asked = _asked(reader, groups)
    return ClosedQuestion(
        columns=columns,
        question=reader.identifier("question"),
        choices=choices,
        title=reader.text("title"),
        base=reader.text("base", default=asked.label if asked else EVERYBODY),
        asked=asked,
        several=several,
        separator=separator,
        other=other,
        chart=chart,
    )


def _columns(reader: TableReader) -> tuple[str, ...]:
    """Return the one column of a closed question, or those of its choices."""
    if "columns" not in reader.table:
        return (reader.text("column"),)
    if "column" in reader.table:
        reader.fail("column", "stands beside columns", "give column, or columns with one per choice")
    columns, choices = reader.texts("columns"), reader.texts("choices")
    if len(columns) != len(choices):
        reader.fail(
            "columns",
            f"{len(columns)} columns for {len(choices)} choices",
            "give a column per choice, in the same order",
        )
    if not _all_differ(columns):
        reader.fail("columns", "one is blank or stands twice", "give each choice a column of its own")
    return columns


def _separator(reader: TableReader, choices: Sequence[str], in_one_cell: bool) -> str:
    """Return what stands between several choices in one cell, blank if a cell holds one at most."""
    if not in_one_cell:
        if "separator" in reader.table:
            reader.fail("separator", "a cell holds one choice at most", "leave it out, or add several = true")
        return ""
    separator = reader.text("separator", default=SEPARATOR)
    if not separator:
        reader.fail("separator", "is blank", f'write separator = "{SEPARATOR}"')
    cut = [choice for choice in choices if pieces(choice, separator) != [folded(choice)]]
    if cut:
        reader.fail("separator", f"stands within the choice {cut[0]!r}", "name what stands between choices")
    return separator


def _all_differ(texts: Sequence[str]) -> bool:
    """Tell whether there are some, none blank, and no two that are compared as one."""
    compared = set(map(folded, texts))
    return bool(texts) and "" not in compared and len(compared) == len(texts)


def _estimate(
    reader: TableReader, questions: Iterable[SurveyQuestion], closed: Iterable[ClosedQuestion]
) -> Estimate:
    reader.allow("id", "title", "unit", "about", "factor")
    factors = reader.tables("factor", "add an [[estimate.factor]] table with label and value")
    about = reader.number("about", 1.0)
    if about is None or about <= 0:
        reader.fail("about", f"{about!r} is no step to round to", "write about = 1000")
    return Estimate(
        id=reader.identifier("id"),
        title=reader.text("title"),
        unit=reader.text("unit"),
        factors=tuple(_factor(t, questions, closed) for t in factors),
        about=about or 1.0,
    )


def _factor(
    reader: TableReader, questions: Iterable[SurveyQuestion], closed: Iterable[ClosedQuestion]
) -> Factor:
    keys = ("label", "unit", "value", "low", "high", "source", "question", "choice", "figure", "divide")
    reader.allow(*keys)
    factor = Factor(
        label=reader.text("label"),
        unit=reader.text("unit", default=""),
        value=reader.number("value"),
        low=reader.number("low"),
        high=reader.number("high"),
        source=reader.text("source", default=""),
        question=reader.text("question", default=""),
        choice=reader.text("choice", default=""),
        figure=reader.text("figure", default=""),
        divide=reader.flag("divide"),
    )
    if (factor.value is None) == (not factor.question):
        wrong = "stands beside question" if factor.question else "missing, and so is question"
        reader.fail("value", wrong, "give value, or question; not both")
    if factor.question:
        _check_source(reader, factor, questions, closed)
    else:
        _check_value(reader, factor)
    return factor


def _check_value(reader: TableReader, factor: Factor) -> None:
    if factor.choice or factor.figure:
        key = "choice" if factor.choice else "figure"
        reader.fail(key, "goes with a question", "leave choice and figure out beside value")
    if (factor.low is None) != (factor.high is None):
        reader.fail("low" if factor.high is None else "high", "stands alone", "give low and high, or neither")
    low, value, high = factor.low, factor.value or 0.0, factor.high
    if value < 0 or (factor.divide and value == 0):
        least = "above 0, since it divides" if factor.divide else "not below 0"
        reader.fail("value", f"{value:g} is too small", f"give a number {least}")
    if low is not None and high is not None and not 0 <= low <= value <= high:
        reader.fail("low", "low, value and high are not in order", "give 0 <= low <= value <= high")
    if factor.divide and low == 0:
        reader.fail("low", "0 cannot divide", "give a number above 0")


def _check_source(
    reader: TableReader,
    factor: Factor,
    questions: Iterable[SurveyQuestion],
    closed: Iterable[ClosedQuestion],
) -> None:
    if factor.low is not None or factor.high is not None or factor.source:
        reader.fail("question", "has its own interval and source", "leave low, high and source out beside it")
    choices = {q.question: q.choices for q in closed}
    timed = [q.question for q in questions if q.durations]
    if factor.question in choices:
        if factor.figure or factor.choice not in choices[factor.question]:
            known = ", ".join(choices[factor.question])
            reader.fail("choice", f"{factor.choice!r} is none of its choices", f"use one of {known}")
    elif factor.question in timed:
        if factor.choice or factor.figure not in FIGURES:
            reader.fail("figure", f"{factor.figure!r} is none", f"use one of {', '.join(FIGURES)}")
    else:
        known = ", ".join([*choices, *timed]) or "none"
        reader.fail(
            "question",
            f"{factor.question!r} gives no share and no time (those that do: {known})",
            "name a question with choices, or one with durations = true",
        )
