"""Labelled comments: their schema, what is wrong with them, and adding to them without losing any.

A row is one coder's coding of one comment; ``id`` and ``coder`` together name it. Two coders may code
the same comment; where they differ the comment waits for a row of the coder ``settled``.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from comment_classifier.codebook import Codebook
from comment_classifier.errors import InputError
from comment_classifier.files import finish_files, locked, whole_folder
from comment_classifier.tables import column, read_table, write_csv
from comment_classifier.text import duplicate_key

SEPARATOR = "|"
SETTLED = "settled"
COMPOSED = "composed"  # the source of comments that were written for training and are no survey answers
KEY_DIGITS = 6
NEEDED = ("id", "text", "labels")
COLUMNS = ("id", "question", "text", "labels", "voice", "source", "note", "coder", "date", "chosen")
_SHOWN = 24  # characters of a text in a message


@dataclass(frozen=True)
class Problem:
    """Something wrong with labelled comments.

    Attributes:
        rows: the rows of the file (headings are row 1) that it is about.
        message: what is wrong, and the remedy.
        fatal: such rows cannot be used; otherwise they are used, or set aside, as the message says.

    """

    rows: tuple[int, ...]
    message: str
    fatal: bool


class _Coding(NamedTuple):
    """One coder's coding of a comment, and its place in the frame."""

    at: int
    coder: str
    labels: tuple[str, ...]


def read_labels(path: str | Path, codebook: Codebook) -> pd.DataFrame:
    """Read labelled comments.

    Args:
        path: a CSV or Excel file with the columns ``id, text, labels`` (labels are category ids joined
            by ``|``) and, if known, ``question, voice, source, note, coder, date, chosen``. Further
            columns are kept.
        codebook: that the labels belong to.

    Returns:
        The rows in order, every column of the schema present; ``labels`` is a tuple of ids in codebook
        order.

    Raises:
        InputError: names the row and the remedy of the first fatal problem, and how many there are.

    """
    frame = read_unchecked(path)
    fatal = [p for p in check_labels(frame, codebook) if p.fatal]
    if fatal:
        more = f" (and {len(fatal) - 1} more; 'labels check' lists them)" if len(fatal) > 1 else ""
        raise InputError(f"{path}: row {fatal[0].rows[0]}{fatal[0].message}{more}")
    parsed = [tuple(i for i in codebook.ids if i in _given(labels)) for labels in frame["labels"]]
    frame["labels"] = pd.Series(parsed, index=frame.index, dtype=object)
    return frame


def read_unchecked(path: str | Path) -> pd.DataFrame:
    """Read a file of labelled comments as it is, with blank columns for what it does not know.

    Raises:
        InputError: no usable table, or a needed column is missing.

    """
    path = Path(path)
    finish_files(path.parent)
    frame = read_table(path, own=True)
    for name in NEEDED:
        column(frame, name, path)
    for name in COLUMNS:
        if name not in frame.columns:
            frame[name] = ""
    return frame


def check_labels(frame: pd.DataFrame, codebook: Codebook) -> list[Problem]:
    """Find everything that is wrong with labelled comments, as :func:`read_unchecked` returns them.

    Fatal: an unknown or missing label, ``none`` beside another label, an empty text, a row whose ``id``
    and ``coder`` stand twice. Not fatal: coders who differ on a comment (set aside until settled),
    and one text of different comments coded differently (used as it stands).
    """
    problems: list[Problem] = []
    seen: dict[tuple[str, str], int] = {}
    rows = zip(frame["id"], frame["coder"], frame["text"], frame["labels"], strict=True)
    for row, (identifier, coder, text, labels) in enumerate(rows, 2):
        found = list(_label_faults(labels, codebook))
        if not text.strip():
            found.append(", column 'text': empty. Take the row away, or put the comment in")
        key = (identifier, coder)
        if key in seen:
            by = f" of coder {coder!r}" if coder else ""
            found.append(f": id {identifier!r}{by} also stands in row {seen[key]}. Give it its own")
        seen.setdefault(key, row)
        problems += [Problem((row,), message, fatal=True) for message in found]
    return problems + _disagreements(frame) + _conflicts(frame)


def settled_labels(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return one row per comment, and the ids of comments set aside because coders differ.

    The coder ``settled`` decides; else all coders of a comment have to agree.
    """
    kept, aside = [], []
    for identifier, codings in _codings(frame):
        decided = [c for c in codings if c.coder == SETTLED]
        if decided or len({c.labels for c in codings}) == 1:
            kept.append((decided or codings)[0].at)
        else:
            aside.append(identifier)
    return frame.iloc[sorted(kept)].reset_index(drop=True), aside


def twice_coded(frame: pd.DataFrame) -> pd.DataFrame:
    """Return ``id, first, second, text`` of comments that two coders coded, ``settled`` rows left out."""
    pairs = []
    for identifier, codings in _codings(frame):
        people = [c for c in codings if c.coder != SETTLED]
        if len(people) > 1:
            first, second = people[:2]
            pairs.append((identifier, first.labels, second.labels, frame["text"].iloc[first.at]))
    return pd.DataFrame(pairs, columns=["id", "first", "second", "text"])


def add_labels(path: Path, rows: pd.DataFrame, codebook: Codebook) -> pd.Series:
    """Add rows to one file of labelled comments; see :func:`add_together`."""
    (outcome,) = add_together([(path, rows, codebook)])
    return outcome


def add_together(parts: Sequence[tuple[Path, pd.DataFrame, Codebook]]) -> list[pd.Series]:
    """Add rows to files of labelled comments, all or none; the same rows again change nothing.

    A row whose ``id`` and ``coder`` its file has already replaces that row if its labels or note differ:
    the coder has corrected it. Nothing is written before all was checked; the files are locked against a
    second writer and change together, whenever the program is killed.

    Args:
        parts: for each codebook the CSV file (made if it does not exist; all in one folder), the rows with
            the columns of the schema (``labels`` are tuples of category ids), and the codebook.

    Returns:
        For each part ``"added"``, ``"corrected"`` or ``"known"`` by row.

    Raises:
        InputError: the rows, or those in a file, have a fatal problem; a file is in use.

    """
    if not parts:
        return []
    (folder,) = {path.parent for path, _, _ in parts}
    with locked(folder / "labels"):
        finish_files(folder)
        merged = [_merged(path, rows, codebook) for path, rows, codebook in parts]
        changed = {
            path.name: frame
            for (path, _, _), (frame, said) in zip(parts, merged, strict=True)
            if set(said) - {"known"}
        }
        if changed:
            with whole_folder(folder) as made:
                for name, frame in changed.items():
                    write_csv(frame, made / name)
    return [
        pd.Series(said, index=rows.index, dtype=object)
        for (_, rows, _), (_, said) in zip(parts, merged, strict=True)
    ]


def _merged(path: Path, rows: pd.DataFrame, codebook: Codebook) -> tuple[pd.DataFrame, list[str]]:
    """Return a file's rows with others added or put in their place, and what became of each."""
    held = read_labels(path, codebook) if path.exists() else rows.iloc[:0][list(COLUMNS)]
    place = {key: at for at, key in enumerate(zip(held["id"], held["coder"], strict=True))}
    merged = held.to_dict("records")
    outcome = []
    for record in rows.to_dict("records"):
        at = place.get((record["id"], record["coder"]))
        if at is None:
            place[(record["id"], record["coder"])] = len(merged)
            merged.append(record)
            outcome.append("added")
        elif all(merged[at][name] == record[name] for name in ("labels", "note", "text")):
            outcome.append("known")
        else:
            merged[at] = {**merged[at], **record}
            outcome.append("corrected")
    frame = pd.DataFrame(merged, columns=list(held.columns)).fillna("")
    frame["labels"] = [SEPARATOR.join(labels) for labels in frame["labels"]]
    fatal = [p for p in check_labels(frame, codebook) if p.fatal]
    if fatal:
        raise InputError(f"{path}: would not be usable: row {fatal[0].rows[0]}{fatal[0].message}")
    return frame, outcome


def read_second_coding(path: str | Path, codebook: Codebook) -> pd.DataFrame:
    """Read comments that were coded twice.

    Args:
        path: a table with the columns ``id, codebook, first, second``; rows of other codebooks are left out.
        codebook: whose rows are wanted.

    Returns:
        ``id, first, second``; the codings are tuples of category ids.

    Raises:
        InputError: names the row and the remedy.

    """
    path = Path(path)
    frame = read_table(path)
    for name in ("id", "codebook", "first", "second"):
        column(frame, name, path)
    rows = frame.index[frame["codebook"] == codebook.id]
    chosen = frame.loc[rows, ["id", "first", "second"]]
    for name in ("first", "second"):
        for row, labels in zip(rows, chosen[name], strict=True):
            for fault in _label_faults(labels, codebook):
                raise InputError(f"{path}: row {row + 2}{fault}")
        parsed = [tuple(i for i in codebook.ids if i in _given(labels)) for labels in chosen[name]]
        chosen[name] = pd.Series(parsed, index=rows, dtype=object)
    return chosen.reset_index(drop=True)


def voices_of(frame: pd.DataFrame) -> list[str]:
    """Return the voice of each row.

    A comment without one is the voice of whoever answered: the ids of one row's answers to several
    questions differ in the question only. Otherwise a name that somebody wrote in each of his answers would
    count as used by several writers.
    """
    rows = zip(frame["voice"], frame["id"], frame["question"], strict=True)
    return [voice or f"comment {i.replace(f'-{question}-', '-')}" for voice, i, question in rows]


def row_keys(frame: pd.DataFrame) -> list[str]:
    """Return a short key of each row's id, by which a model knows what it was trained on."""
    return [hashlib.sha256(i.encode()).hexdigest()[:KEY_DIGITS] for i in frame["id"].astype(str)]


def known_rows(frame: pd.DataFrame, keys: str) -> npt.NDArray[np.bool_]:
    """Tell which (n,) rows a model was trained on, from the keys in its card joined without gaps."""
    known = {keys[i : i + KEY_DIGITS] for i in range(0, len(keys), KEY_DIGITS)}
    return np.array([key in known for key in row_keys(frame)], bool)


def label_matrix(labels: Iterable[object], codebook: Codebook) -> npt.NDArray[np.bool_]:
    """Return (n, k) flags over all categories of the codebook.

    Args:
        labels: n collections of category ids, or texts with ids joined by ``|``.
        codebook: the categories.

    Raises:
        InputError: a label is no category id of the codebook.

    """
    column_of = {category: i for i, category in enumerate(codebook.ids)}
    rows = list(labels)
    flags = np.zeros((len(rows), len(column_of)), bool)
    for i, row in enumerate(rows):
        given = [part.strip() for part in row.split(SEPARATOR)] if isinstance(row, str) else row
        if not isinstance(given, list | tuple | set | frozenset):
            raise InputError(f"labels of row {i}: {row!r} is not a list of category ids")
        for label in given:
            if label not in column_of:
                raise InputError(
                    f"labels of row {i}: {label!r} is no category of {codebook.id!r}: {', '.join(column_of)}"
                )
            flags[i, column_of[label]] = True
    return flags


def _given(labels: str) -> list[str]:
    return [label.strip() for label in labels.split(SEPARATOR) if label.strip()]


def _label_faults(labels: str, codebook: Codebook) -> Iterator[str]:
    given = _given(labels)
    if not given:
        yield f", column 'labels': empty. Write category ids joined by {SEPARATOR}"
    for label in given:
        if label not in codebook.ids:
            yield f", column 'labels': {label!r} is unknown. Use {', '.join(codebook.ids)}"
    if codebook.none in given and len(given) > 1:
        yield f", column 'labels': {codebook.none!r} stands alone. Take it or the others away"


def _codings(frame: pd.DataFrame) -> list[tuple[str, list[_Coding]]]:
    """Return the codings of each comment by its id, in order of first appearance."""
    codings: dict[str, list[_Coding]] = {}
    rows = zip(frame["id"], frame["coder"], frame["labels"], strict=True)
    for at, (identifier, coder, labels) in enumerate(rows):
        parts = _given(labels) if isinstance(labels, str) else labels
        codings.setdefault(identifier, []).append(_Coding(at, coder, tuple(parts)))
    return list(codings.items())


def _disagreements(frame: pd.DataFrame) -> list[Problem]:
    problems = []
    for identifier, codings in _codings(frame):
        coders = {c.coder for c in codings}
        differ = len({frozenset(c.labels) for c in codings}) > 1
        if len(coders) == len(codings) > 1 and differ and SETTLED not in coders:
            said = "; ".join(f"{c.coder} {SEPARATOR.join(c.labels)}" for c in codings)
            until = f"Set aside until a row of coder {SETTLED!r} decides"
            message = f": coders differ on {identifier!r} ({said}). {until}"
            problems.append(Problem(tuple(c.at + 2 for c in codings), message, fatal=False))
    return problems


def _conflicts(frame: pd.DataFrame) -> list[Problem]:
    texts = frame["text"].tolist()
    same: dict[tuple[str, str], list[tuple[str, _Coding]]] = {}
    for identifier, codings in _codings(frame):
        for coding in codings:
            if texts[coding.at].strip():
                key = (frame["question"].iloc[coding.at], duplicate_key(texts[coding.at]))
                same.setdefault(key, []).append((identifier, coding))
    problems = []
    for found in same.values():
        said = {frozenset(c.labels): SEPARATOR.join(c.labels) for _, c in found}
        if len(said) > 1 and len({identifier for identifier, _ in found}) > 1:
            text = texts[found[0][1].at][:_SHOWN]
            both = "; ".join(sorted(said.values()))
            message = f": the text {text!r} is coded differently ({both}). Is one of them wrong?"
            problems.append(Problem(tuple(sorted(c.at + 2 for _, c in found)), message, fatal=False))
    return problems
