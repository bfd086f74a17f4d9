"""Labelled comments: reading ``data/labeled/*.csv`` and checking every row of it."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from comment_classifier.codebook import Codebook
from comment_classifier.errors import InputError
from comment_classifier.tables import column, read_table

SEPARATOR = "|"
COLUMNS = ("id", "question", "text", "labels", "voice", "source")


def read_labels(path: str | Path, codebook: Codebook) -> pd.DataFrame:
    """Read labelled comments.

    Args:
        path: a CSV or Excel file with the columns ``id, question, text, labels, voice, source``;
            labels are category ids joined by ``|``. Further columns are kept.
        codebook: that the labels belong to.

    Returns:
        The rows in order; ``labels`` is a tuple of ids in codebook order.

    Raises:
        InputError: names the row and the remedy for an unknown or missing label, ``none`` beside
            another label, or an id that stands twice.

    """
    path = Path(path)
    frame = read_table(path)
    for name in COLUMNS:
        column(frame, name, path)
    seen: dict[str, int] = {}
    parsed = []
    for row, (identifier, labels) in enumerate(zip(frame["id"], frame["labels"], strict=True), 2):
        if identifier in seen:
            raise InputError(
                f"{path}: row {row}: id {identifier!r} also stands in row {seen[identifier]}. Give it its own"
            )
        seen[identifier] = row
        parsed.append(_parse_labels(f"{path}: row {row}", str(labels), codebook))
    frame["labels"] = pd.Series(parsed, index=frame.index, dtype=object)
    return frame


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
        parsed = [
            _parse_labels(f"{path}: row {row + 2}", text, codebook)
            for row, text in zip(rows, chosen[name], strict=True)
        ]
        chosen[name] = pd.Series(parsed, index=rows, dtype=object)
    return chosen.reset_index(drop=True)


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


def _parse_labels(where: str, labels: str, codebook: Codebook) -> tuple[str, ...]:
    given = [label.strip() for label in labels.split(SEPARATOR) if label.strip()]
    if not given:
        raise InputError(f"{where}, column 'labels': empty. Write category ids joined by {SEPARATOR}")
    for label in given:
        if label not in codebook.ids:
            raise InputError(f"{where}, column 'labels': {label!r} is unknown. Use {', '.join(codebook.ids)}")
    if codebook.none in given and len(given) > 1:
        raise InputError(
            f"{where}, column 'labels': {codebook.none!r} stands alone. Take it or the others away"
        )
    return tuple(i for i in codebook.ids if i in given)
