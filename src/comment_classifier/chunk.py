"""One chunk of a survey's rows in, the same rows with their coding out: the unit of every engine."""

import csv
import io
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from comment_classifier.cells import as_texts, excel_text
from comment_classifier.classifier import CommentClassifier
from comment_classifier.codebook import Codebook
from comment_classifier.coding import (
    Coding,
    code_normalized,
    coded_frame,
    distinct_texts,
    given_labels,
    label_texts,
    reasons,
)
from comment_classifier.durations import Bounds
from comment_classifier.errors import InputError
from comment_classifier.labels import SEPARATOR
from comment_classifier.masking import mask_all
from comment_classifier.model_file import model_path
from comment_classifier.rounding import short
from comment_classifier.savings import Spent, spent
from comment_classifier.scoring import MANY
from comment_classifier.store import load_model
from comment_classifier.survey import Group, Survey, SurveyQuestion
from comment_classifier.tables import column
from comment_classifier.text import duplicate_keys, normalize_all
from comment_classifier.toml_reader import is_file

_LOADED: dict[tuple[Path, str], tuple[tuple[int, int], CommentClassifier]] = {}
_LINE_END = "\r\n\0"  # makes the writer quote line breaks, and stands in no cell
_TIME_COLUMNS = ["time", "minutes_a_day", "minutes_a_case"]
_SCORES = np.array([f"{score / 10_000:.4f}" for score in range(10_001)], object)
_DIGITS = np.frombuffer("".join(_SCORES).encode(), np.uint8).reshape(len(_SCORES), -1)


@dataclass(frozen=True)
class Plan:
    """What is done to every chunk of a survey file.

    Attributes:
        survey: its questions, by the headings of the file.
        reasons: whether the deciding words are worked out.
        mask: whether personal data in the answers are replaced first.
        readings: by question what a person read: ``labels``, ``chosen`` and ``text`` by row from 0.

    """

    survey: Survey
    reasons: bool = True
    mask: bool = False
    readings: Mapping[str, pd.DataFrame] = field(default_factory=dict)


@dataclass(frozen=True)
class Scored:
    """A chunk with its coding.

    Attributes:
        rows: the rows of the input, with the columns of the coding.
        codings: by question the coding of the rows.
        keys: by question (n,) a number that equal texts share, 0 for a blank one.
        spent: by question whose answers tell it, (n,) the time saved.

    """

    rows: pd.DataFrame
    codings: dict[str, Coding]
    keys: dict[str, npt.NDArray[np.uint64]]
    spent: dict[str, list[Spent]]


def score_chunk(
    rows: pd.DataFrame, survey: Survey, *, reasons: bool = True, mask: bool = False
) -> pd.DataFrame:
    """Code some rows of a survey; the same rows give the same result, wherever they are coded.

    A pure function of its arguments and the model files, to be mapped over parts of any size.

    Args:
        rows: n rows with the columns that the survey names.
        survey: its questions.
        reasons: whether the deciding words are worked out, which takes half of the time.
        mask: replace personal data in the answers first; see :mod:`comment_classifier.masking`.

    Returns:
        The rows with, per question ``q``: ``q_labels`` (ids joined by ``|``), ``q_区分`` (their labels),
        ``q_review`` (1: a person should look), ``q_reason`` (blank without ``reasons``), ``q_<id>``
        (0 or 1) and ``q_score_<id>`` (a probability). Where time saved is read out of the answers, also
        ``q_time`` (the words that say it), ``q_minutes_a_day`` and ``q_minutes_a_case`` (a number, or a
        range as ``20～30`` or ``20～``).

    Raises:
        InputError: a column is missing, or no usable model.

    """
    plan = Plan(with_headings(survey, rows, Path("rows")), reasons, mask)
    return score(rows, plan).rows


def score(rows: pd.DataFrame, plan: Plan) -> Scored:
    """Code some rows of a survey file as planned; see :func:`score_chunk`."""
    columns: dict[str, Any] = {str(name): rows[name] for name in rows.columns}
    codings: dict[str, Coding] = {}
    keys: dict[str, npt.NDArray[np.uint64]] = {}
    times: dict[str, list[Spent]] = {}
    for asked in plan.survey.questions:
        values = rows[asked.column].tolist()
        reading = plan.readings.get(asked.question)
        if reading is not None:
            reading = reading[reading.index.isin(rows.index)]
            _check_texts(reading, dict(zip(rows.index, values, strict=True)), asked)
        if plan.mask:
            values = mask_all([value if isinstance(value, str) else "" for value in values])
            columns[asked.column] = _column(values, rows.index)
        texts, back = distinct_texts(values)
        normalized = normalize_all(texts)
        model, book = loaded(asked).model_, asked.codebook
        coding = code_normalized(model, book, normalized, len(values) >= MANY)
        why = reasons(model, book, normalized, coding.flags) if plan.reasons else [""] * len(texts)
        codings[asked.question] = coding.take(back)
        keys[asked.question] = _keys(normalized)[back]
        for name, added in _columns(book, coding, why).items():
            columns[f"{asked.question}_{name}"] = _column(added[back], rows.index)
        if asked.durations:
            each = [spent(text) for text in texts]
            times[asked.question] = [each[i] for i in back.tolist()]
            columns |= _time_columns(asked.question, times[asked.question], rows.index)
        if reading is not None:
            read = reading.reindex(rows.index)
            given = [SEPARATOR.join(its) if isinstance(its, tuple) else "" for its in read["labels"]]
            columns[f"{asked.question}_read"] = _column(given, rows.index)
            chosen = read["chosen"].fillna("").to_numpy(object)
            columns[f"{asked.question}_chosen"] = _column(chosen, rows.index)
    return Scored(pd.DataFrame(columns, index=rows.index), codings, keys, times)


def with_headings(survey: Survey, table: pd.DataFrame, path: Path) -> Survey:
    """Return the survey with the headings as they stand in the table.

    Raises:
        InputError: a column is missing, or a heading is needed for the result.

    """

    def heading(name: str) -> str:
        return str(column(table, name, path).name)

    def group(asked: Group | None) -> Group | None:
        return None if asked is None else replace(asked, column=heading(asked.column))

    questions = tuple(replace(q, column=heading(q.column), asked=group(q.asked)) for q in survey.questions)
    closed = tuple(
        replace(q, columns=tuple(map(heading, q.columns)), asked=group(q.asked)) for q in survey.closed
    )
    added = [name for asked in questions for name in added_columns(asked)]
    taken = [name for name in map(str, table.columns) if name in set(added)]
    if taken:
        raise InputError(f"{path}: the heading {taken[0]!r} is needed for the result. Rename that column")
    twice = [name for name, times in Counter(added).items() if times > 1]
    if twice:
        raise InputError(
            f"the result would have two columns {twice[0]!r}. Give the question or the category another id"
        )
    id_column = heading(survey.id_column) if survey.id_column else ""
    return replace(survey, questions=questions, closed=closed, id_column=id_column)


def added_columns(asked: SurveyQuestion) -> list[str]:
    """Return the headings that the coding of a question adds."""
    names = ["labels", "区分", "review", "reason", "read", "chosen"]
    names += _TIME_COLUMNS if asked.durations else []
    names += [*asked.codebook.ids, *(f"score_{c}" for c in asked.codebook.ids)]
    return [f"{asked.question}_{name}" for name in names]


def without_coding(table: pd.DataFrame, survey: Survey) -> pd.DataFrame:
    """Return the columns of the input of coded rows."""
    added = set().union(*map(added_columns, survey.questions))
    return table[[name for name in table.columns if str(name) not in added]]


def coded_rows(scored: pd.DataFrame, asked: SurveyQuestion, coding: Coding) -> pd.DataFrame:
    """Lay one question of coded rows out as :func:`comment_classifier.classify` does, numbered from 0."""
    texts = scored[asked.column].tolist()
    return coded_frame(coding, loaded(asked).model_, asked.codebook, texts, pd.RangeIndex(len(texts)))


def as_written(scored: pd.DataFrame, survey: Survey) -> pd.DataFrame:
    """Return coded rows with the scores as the texts that a CSV file holds."""
    names = [f"{asked.question}_score_{c}" for asked in survey.questions for c in asked.codebook.ids]
    return scored.assign(**{name: _SCORES[_in_digits(scored[name])] for name in names})


def csv_lines(scored: pd.DataFrame, survey: Survey) -> bytes:
    """Return coded rows as lines of a CSV file in UTF-8, without headings."""
    width_of = _widths(survey)
    parts = []
    for are_figures, names in groupby(scored.columns, key=width_of.__contains__):
        columns = scored[list(names)]
        parts.append(_figures(columns, width_of) if are_figures else _texts(columns))
    return b"".join(b",".join(line) + b"\r\n" for line in zip(*parts, strict=True))


def _texts(columns: pd.DataFrame) -> list[bytes]:
    """Return the cells of each row as CSV, without the line's end."""
    text = io.StringIO(newline="")
    cells = zip(*(as_texts(columns.iloc[:, i].tolist()) for i in range(columns.shape[1])), strict=True)
    csv.writer(text, lineterminator=_LINE_END).writerows(cells)
    return text.getvalue().encode("utf-8").split(_LINE_END.encode())[:-1]


def _figures(columns: pd.DataFrame, width_of: Mapping[Any, int]) -> list[bytes]:
    """Return flags and scores of each row as CSV: all of one width, and so laid out at once."""
    widths = np.array([width_of[name] for name in columns])
    begins = np.cumsum(widths + 1) - widths - 1
    cells = np.full((len(columns), int(begins[-1] + widths[-1])), ord(","), np.uint8)
    for at, width, (_, values) in zip(begins, widths, columns.items(), strict=True):
        if width == 1:
            cells[:, at] = ord("0") + values.to_numpy(np.uint8)
        else:
            cells[:, at : at + width] = _DIGITS[_in_digits(values)]
    lines, width = cells.tobytes(), cells.shape[1]
    return [lines[at : at + width] for at in range(0, len(lines), width)]


def _in_digits(scores: "pd.Series[float]") -> npt.NDArray[np.int64]:
    """Return scores in units of their last written digit."""
    digits: npt.NDArray[np.int64] = np.rint(scores.to_numpy(float) * 10_000).astype(np.int64)
    return digits


def _widths(survey: Survey) -> dict[str, int]:
    """Return the characters that each column of flags or scores takes."""
    widths = {}
    for asked in survey.questions:
        widths[f"{asked.question}_review"] = 1
        widths |= {f"{asked.question}_score_{c}": _DIGITS.shape[1] for c in asked.codebook.ids}
        widths |= {f"{asked.question}_{c}": 1 for c in asked.codebook.ids}
    return widths


def loaded(asked: SurveyQuestion) -> CommentClassifier:
    """Return the model of a question; a process reads the file once.

    Raises:
        InputError: there is none, or it is not usable.

    """
    file = model_of(asked)
    stat = file.stat()
    key, version = (file, asked.codebook.fingerprint), (stat.st_mtime_ns, stat.st_size)
    if key not in _LOADED or _LOADED[key][0] != version:
        _LOADED[key] = (version, load_model(file, asked.codebook))
    return _LOADED[key][1]


def model_of(asked: SurveyQuestion) -> Path:
    """Return the model file of a question.

    Raises:
        InputError: there is none.

    """
    file = asked.model or model_path(asked.codebook)
    if not is_file(file):
        raise InputError(
            f"question {asked.question!r}: no such model file {file}. Train one for the codebook "
            f'{asked.codebook.id!r}, and name it with --model, or with model = "..." in the survey file'
        )
    return file


def _column(values: Any, index: pd.Index) -> "pd.Series[Any]":
    # As objects: pandas would look through all texts and store them in its own way.
    texts = isinstance(values, list) or values.dtype == object
    return pd.Series(values, index=index, dtype=object if texts else None)


def _columns(book: Codebook, coding: Coding, why: list[str]) -> dict[str, npt.NDArray[Any]]:
    named = {
        "labels": [SEPARATOR.join(labels) for labels in given_labels(book, coding.flags)],
        "区分": label_texts(book, coding.flags),
        "reason": why,
    }
    columns: dict[str, npt.NDArray[Any]] = {name: np.array(texts, object) for name, texts in named.items()}
    columns["review"] = coding.review.astype(np.int8)
    columns |= {category: coding.flags[:, k].astype(np.int8) for k, category in enumerate(book.ids)}
    columns |= {f"score_{category}": coding.scores[:, k] for k, category in enumerate(book.ids)}
    order = ["labels", "区分", "review", "reason"]
    return {name: columns.pop(name) for name in order} | columns


def _time_columns(question: str, times: list[Spent], index: pd.Index) -> dict[str, Any]:
    told = ([t.said for t in times], [_range(t.day) for t in times], [_range(t.case) for t in times])
    names = (f"{question}_{name}" for name in _TIME_COLUMNS)
    return {name: _column(values, index) for name, values in zip(names, told, strict=True)}


def _range(bounds: Bounds | None) -> str:
    if bounds is None:
        return ""
    low, high = (None if end is None else short(end) for end in bounds)
    return f"{low}" if low == high else f"{low}～{high or ''}"


def _keys(normalized: list[str]) -> npt.NDArray[np.uint64]:
    keys: npt.NDArray[np.uint64] = pd.util.hash_array(
        np.array([*duplicate_keys(normalized), ""], object), categorize=False
    )
    blank = np.fromiter((not text for text in normalized), bool, len(normalized))
    return np.where(blank, np.uint64(0), keys[:-1] | np.uint64(1))


def _check_texts(reading: pd.DataFrame, texts: Mapping[Any, object], asked: SurveyQuestion) -> None:
    for row, marked in reading["text"].items() if "text" in reading else ():
        if excel_text(str(texts[row])).strip() != marked.strip():
            raise InputError(
                f"sheet {asked.question!r}: the text marked for row {row + 1} of the file is not the one "
                "there. Was another column drawn?"
            )
