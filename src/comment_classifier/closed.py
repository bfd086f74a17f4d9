"""Closed questions: how many chose what, of whom.

The counts of parts of a file add up to those of the whole (:class:`Chosen`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import pandas as pd

from comment_classifier.crosstab import MISSING, add_groups, cross_frame
from comment_classifier.errors import InputError
from comment_classifier.intervals import share_interval
from comment_classifier.rounding import percent
from comment_classifier.survey import ClosedQuestion, Group, folded, pieces

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
_YES = frozenset(["1", "○", "◯", "〇", "●", "レ", "✓", "✔", "☑", "true", "はい", "yes"])
_NO = frozenset(["", "0", "×", "✕", "✗", "-", "false", "いいえ", "no", "□", "☐"])
_NAMED = 3  # texts in a message


@dataclass(frozen=True)
class Chosen:
    """How n respondents answered a closed question of k choices.

    Attributes:
        asked: respondents who were asked.
        answered: of those, who chose something.
        outside: answers of respondents who were not asked; they count nowhere.
        counts: (k,) respondents by choice.
        groups: by attribute and group, (2 + k,): asked, answered, and respondents by choice.

    """

    asked: int
    answered: int
    outside: int
    counts: Ints
    groups: Mapping[str, Mapping[str, Ints]]

    def __add__(self, other: "Chosen") -> "Chosen":
        """Add up two parts."""
        return Chosen(
            self.asked + other.asked,
            self.answered + other.answered,
            self.outside + other.outside,
            self.counts + other.counts,
            add_groups(self.groups, other.groups),
        )


@dataclass(frozen=True)
class Reach:
    """How many respondents a free-text question was asked, and how many of the others answered it."""

    asked: int
    outside: int

    def __add__(self, other: "Reach") -> "Reach":
        """Add up two parts."""
        return Reach(self.asked + other.asked, self.outside + other.outside)


def asked_of(rows: pd.DataFrame, group: Group | None) -> Bools:
    """Tell (n,) which respondents belong to a group; all, if there is none."""
    if group is None:
        return np.ones(len(rows), bool)
    answers = set(map(folded, group.answers))
    codes, cells = pd.factorize(rows[group.column])
    inside = [not answers.isdisjoint([folded(cell), *pieces(cell, group.separator)]) for cell in cells]
    belongs: Bools = np.array([*inside, False], bool)[codes]  # the code of a missing cell is -1
    return belongs


def reach(rows: pd.DataFrame, group: Group, answered: Bools) -> Reach:
    """Count whom a free-text question was asked, and how many others are among the (n,) who answered."""
    asked = asked_of(rows, group)
    return Reach(int(asked.sum()), int((answered & ~asked).sum()))


def count_chosen(rows: pd.DataFrame, question: ClosedQuestion, attributes: Sequence[str]) -> Chosen:
    """Count the answers of n respondents, who are numbered from 0 by the index.

    Args:
        rows: with the columns of the question, of its group, and of the attributes.
        question: whose choices are counted.
        attributes: headings to make cross tables by.

    Raises:
        InputError: a cell holds what is no choice; names the row, the heading and the remedy.

    """
    asked, chosen = asked_of(rows, question.asked), chosen_by(rows, question)
    answered = chosen.any(axis=1)
    figures = np.column_stack([asked, asked & answered, chosen & asked[:, None]]).astype(np.int64)
    n_asked, n_answered, *counts = figures.sum(axis=0).tolist()
    return Chosen(
        asked=n_asked,
        answered=n_answered,
        outside=int((answered & ~asked).sum()),
        counts=np.array(counts, np.int64),
        groups={name: _by_group(rows[name], figures) for name in attributes},
    )


def chosen_by(rows: pd.DataFrame, question: ClosedQuestion) -> Bools:
    """Tell (n, k) which choices each respondent has made. Width, case and blanks make no difference.

    Raises:
        InputError: a cell holds what is no choice; names the row, the heading and the remedy.

    """
    flags = np.zeros((len(rows), len(question.choices)), bool)
    place = {folded(choice): k for k, choice in enumerate(question.choices)}
    for number, column in enumerate(question.columns):
        read = (
            partial(_marked, question, number) if question.column_each else partial(_pieces, question, place)
        )
        flags |= _flags(rows[column], question, read)
    return flags


def chosen_table(chosen: Chosen, question: ClosedQuestion) -> pd.DataFrame:
    """Lay out the counts of a closed question.

    Returns:
        Indexed by choice: ``count``; ``share``, percent of those who answered, rounded half up to one
        decimal; ``low`` and ``high``, the 95 % interval of the share in percent, if the respondents are
        a random sample of those who could have answered (Wilson). NaN where nobody answered. ``attrs``:
        ``base_n`` (answered), ``asked_n``, ``missing_n`` (asked, without an answer), ``outside_n``.

    """
    n = chosen.answered
    rows = [
        (count, percent(count, n), *(100 * end for end in share_interval(count, n)))
        for count in chosen.counts.tolist()
    ]
    columns = ["count", "share", "low", "high"]
    frame = pd.DataFrame(rows, columns=columns, index=pd.Index(question.choices, name="choice"))
    frame.attrs.update(base_n=n, asked_n=chosen.asked, missing_n=chosen.asked - n, outside_n=chosen.outside)
    return frame


def chosen_by_group(chosen: Chosen, question: ClosedQuestion) -> dict[str, pd.DataFrame]:
    """Lay out the cross tables of a closed question, as :func:`comment_classifier.crosstab.cross_table`.

    ``rows`` are those who were asked, ``base_n`` those who answered; there is no ``distinct``.
    """
    counted = [(choice, choice) for choice in question.choices]
    return {
        name: cross_frame(counted, {g: (int(n[0]), int(n[1]), n[2:]) for g, n in groups.items() if n[0]})
        for name, groups in chosen.groups.items()
    }


def _by_group(attribute: "pd.Series[str]", figures: Ints) -> dict[str, Ints]:
    """Sum up the (n, 2 + k) figures of respondents by the groups of an attribute, as they first appear."""
    codes, cells = pd.factorize(attribute)
    names = np.array([*(str(cell).strip() or MISSING for cell in cells), MISSING], object)
    sums = pd.DataFrame(figures).groupby(names[codes], sort=False).sum()
    return dict(zip(map(str, sums.index), sums.to_numpy(np.int64), strict=True))


def _flags(
    cells: "pd.Series[str]", question: ClosedQuestion, read: Callable[[str], list[int] | None]
) -> Bools:
    """Read each different cell of a column once; return (n, k) the choices in it."""
    codes, distinct = pd.factorize(cells)
    texts = list(map(str, distinct))
    places = list(map(read, texts))
    unknown = [i for i, its in enumerate(places) if its is None]
    if unknown:
        row = cells.index[int(np.argmax(codes == unknown[0]))]
        raise _no_choice(question, row, str(cells.name), [texts[i] for i in unknown])
    flags = np.zeros((len(places) + 1, len(question.choices)), bool)  # the last: no cell, whose code is -1
    for i, its in enumerate(places):
        flags[i, its] = True
    of_rows: Bools = flags[codes]
    return of_rows


def _marked(question: ClosedQuestion, number: int, cell: str) -> list[int] | None:
    """Read a cell of a choice's own column: its number, nothing, or None where it is no mark."""
    mark, choice = folded(cell), question.choices[number]
    if mark in _NO:
        return []
    return [number] if mark in _YES or mark == folded(choice) or choice == question.other else None


def _pieces(question: ClosedQuestion, place: Mapping[str, int], cell: str) -> list[int] | None:
    """Read a cell of choices: their numbers, or None if one is unknown and no choice stands for others."""
    other = question.choices.index(question.other) if question.other else -1
    found = [place.get(piece, other) for piece in pieces(cell, question.separator)]
    return None if -1 in found else found


def _no_choice(question: ClosedQuestion, row: int, column: str, texts: Sequence[str]) -> InputError:
    where = f"answer {row + 1} (row {row + 2} where the headings are row 1), column {column!r}: {texts[0]!r}"
    more = ", ".join(map(repr, texts[1 : 1 + _NAMED])) + (", …" if len(texts) > 1 + _NAMED else "")
    also = f" (nor {more})" if more else ""
    if question.column_each:
        return InputError(f"{where} is neither a mark (1, ○) nor none (0, blank){also}. Correct the cell")
    return InputError(
        f"{where} is none of the choices of {question.question!r}{also}. Add it to choices in the survey "
        'file, or name the choice that stands for others by other = "..."'
    )
