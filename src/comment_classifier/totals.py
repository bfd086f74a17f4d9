"""What the comments of one question add up to, however many there are.

Totals of parts add up to those of the whole, so that parts can be counted anywhere and in any order.
They are small: what grows with the number of comments is the number of different texts, which
:class:`Texts` keeps on disk.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from comment_classifier.codebook import Codebook
from comment_classifier.coding import Coding
from comment_classifier.counting import Read, Unread, clipped_logits, count_parts, read_positions
from comment_classifier.crosstab import MISSING, add_groups, cross_frame, named_categories
from comment_classifier.errors import InputError
from comment_classifier.intervals import MOST_EXTREME_LOGIT

Ints = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint64]
_BINS = 1600  # of the logits from -8 to 8
MOST_CATEGORIES = 63
_PARTITION_BITS = 6


@dataclass(frozen=True)
class Totals:
    """The totals of n comments by the k categories of a codebook.

    Attributes:
        review: comments that a person should look at.
        unread: answers by the rule that nobody read.
        given: (k,) categories given to those.
        by_rule: (k,) categories given to the comments that the rule calls no answer and nobody read.
        logits: (k, bins) the unread answers by their logits.
        groups: by attribute and group, (1 + k,): rows, and the categories as read or else as given.

    """

    review: int
    unread: int
    given: Ints
    by_rule: Ints
    logits: Ints
    groups: Mapping[str, Mapping[str, Ints]]

    def __add__(self, other: "Totals") -> "Totals":
        """Add up two parts."""
        return Totals(
            self.review + other.review,
            self.unread + other.unread,
            self.given + other.given,
            self.by_rule + other.by_rule,
            self.logits + other.logits,
            add_groups(self.groups, other.groups),
        )


def totals(
    coding: Coding,
    codebook: Codebook,
    rows: pd.Index,
    known: npt.NDArray[np.bool_],
    read: pd.Index,
    attributes: Mapping[str, Sequence[str]],
) -> Totals:
    """Add up n comments.

    Args:
        coding: by the machine.
        codebook: its categories.
        rows: (n,) the number of each comment in the file.
        known: (n, k) the categories as read, else as given.
        read: the numbers of those that a person read.
        attributes: by name (n,) a text per comment, to make cross tables by.

    """
    none = coding.flags[:, codebook.ids.index(codebook.none)]
    open_ = ~rows.isin(read)
    unread = open_ & ~none
    place = (clipped_logits(coding.scores[unread]) + MOST_EXTREME_LOGIT) * (_BINS / (2 * MOST_EXTREME_LOGIT))
    bins = np.minimum(place.astype(np.int64), _BINS - 1)
    groups = {}
    for name, values in attributes.items():
        group = pd.Series([str(value).strip() or MISSING for value in values])
        summed = pd.DataFrame(known.astype(np.int64)).groupby(group, sort=False).sum()
        sizes = group.value_counts()
        groups[name] = {str(g): np.array([sizes[g], *summed.loc[g]], np.int64) for g in summed.index}
    return Totals(
        review=int(coding.review.sum()),
        unread=int(unread.sum()),
        given=coding.flags[unread].sum(axis=0),
        by_rule=coding.flags[open_ & none].sum(axis=0),
        logits=np.stack([np.bincount(column, minlength=_BINS) for column in bins.T]),
        groups=groups,
    )


def count_totals(
    whole: Totals,
    codebook: Codebook,
    read_coded: pd.DataFrame,
    read: pd.DataFrame | None,
    texts: "Texts",
    unlearned: Sequence[str],
) -> pd.DataFrame:
    """Count the categories from totals; as :func:`comment_classifier.counting.count_categories` does.

    Args:
        whole: the totals of all comments.
        codebook: their categories.
        read_coded: the coded comments that a person read, by their number in the file.
        read: what was read of them.
        texts: the different texts of all comments.
        unlearned: categories that the model had too few examples to learn.

    """
    reading = read_positions(read_coded, codebook, read)
    given = read_coded[list(codebook.ids)].to_numpy(bool)[reading.rows]
    scores = read_coded[[f"score_{c}" for c in codebook.ids]].to_numpy(float)[reading.rows]
    by_rule = given[:, codebook.ids.index(codebook.none)]
    frame = count_parts(
        codebook,
        Read(reading, given, clipped_logits(scores), by_rule),
        Unread(whole.unread, whole.given, whole.by_rule, [_centres(column) for column in whole.logits]),
        unlearned,
    )
    frame["distinct"] = texts.by_category
    frame.attrs.update(review_n=whole.review, distinct_n=texts.answers)
    return frame


def cross_totals(whole: Totals, codebook: Codebook, texts: "Texts") -> dict[str, pd.DataFrame]:
    """Make the cross tables of all comments; as :func:`comment_classifier.crosstab.cross_table` does."""
    none, counted = codebook.ids.index(codebook.none), named_categories(codebook)
    tables = {}
    for name, groups in whole.groups.items():
        counts = {
            g: (int(its[0]), int(its[0] - its[1 + none]), np.delete(its[1:], none))
            for g, its in groups.items()
        }
        distinct = {g: np.delete(its, none) for g, its in texts.by_group[name].items()}
        tables[name] = cross_frame(counted, counts, distinct)
    return tables


class Texts:
    """The different texts of any number of comments, and which come most often.

    Only a number stands for each (two texts share one by a chance of about n² / 2⁶⁴), spread over
    files by its first bits: equal texts meet in one file, and one file at a time is looked at.
    """

    def __init__(self, folder: Path, k: int, attributes: Sequence[str]) -> None:
        """Begin with none.

        Args:
            folder: to keep the files in.
            k: categories.
            attributes: names of attributes to make cross tables by.

        """
        if k > MOST_CATEGORIES:
            raise InputError(f"a codebook of {k} categories; at most {MOST_CATEGORIES} in a large file")
        folder.mkdir(parents=True)
        self._folder, self._k = folder, k
        self._codes: dict[str, dict[str, int]] = {name: {} for name in attributes}
        self.by_category = np.zeros(k, np.int64)
        self.answers = 0
        self.most: list[tuple[int, int]] = []
        self.by_group: dict[str, dict[str, Ints]] = {}

    def add(
        self,
        keys: Keys,
        known: npt.NDArray[np.bool_],
        none: npt.NDArray[np.bool_],
        rows: pd.Index,
        attributes: Mapping[str, Sequence[str]],
    ) -> None:
        """Add n comments: the numbers of their texts, their categories, rows and attributes."""
        bits = known @ (np.uint64(1) << np.arange(self._k, dtype=np.uint64))
        bits |= none.astype(np.uint64) << np.uint64(self._k)
        columns = [keys, bits.astype(np.uint64), rows.to_numpy(np.uint64)]
        for name, values in attributes.items():
            codes = self._codes[name]
            its = [codes.setdefault(str(value).strip() or MISSING, len(codes)) for value in values]
            columns.append(np.array(its, np.uint64))
        records = np.stack(columns, axis=1)[keys != 0]
        partition = (records[:, 0] >> np.uint64(64 - _PARTITION_BITS)).astype(np.int64)
        order = np.argsort(partition, kind="stable")
        ends = np.searchsorted(partition[order], np.arange((1 << _PARTITION_BITS) + 1))
        for number in np.flatnonzero(np.diff(ends)):
            with (self._folder / str(number)).open("ab") as file:
                records[order[ends[number] : ends[number + 1]]].tofile(file)

    def finish(self) -> None:
        """Look at all files, one after the other, and remove them."""
        width = 3 + len(self._codes)
        groups = {name: np.zeros((len(codes), self._k), np.int64) for name, codes in self._codes.items()}
        for file in sorted(self._folder.iterdir(), key=lambda path: int(path.name)):
            records = np.fromfile(file, np.uint64).reshape(-1, width)
            file.unlink()
            self._count(records, groups)
        self._folder.rmdir()
        self.by_group = {
            name: {g: groups[name][code] for g, code in codes.items()} for name, codes in self._codes.items()
        }

    def _count(self, records: Keys, groups: dict[str, Ints]) -> None:
        answers = records[(records[:, 1] >> np.uint64(self._k)) == 0]
        key, first, times = np.unique(answers[:, 0], return_index=True, return_counts=True)
        self.answers += len(key)
        often = np.lexsort((answers[first, 2], -times))[:3]
        self.most += [(int(answers[first[i], 2]), int(times[i])) for i in often if times[i] > 1]
        self.most = sorted(self.most, key=lambda item: (-item[1], item[0]))[:3]
        for k in range(self._k):
            given = records[(records[:, 1] >> np.uint64(k)) & np.uint64(1) == 1]
            self.by_category[k] += len(np.unique(given[:, 0]))
            for position, name in enumerate(self._codes, 3):
                pairs = np.unique(given[:, [0, position]], axis=0)
                groups[name][:, k] += np.bincount(pairs[:, 1].astype(np.int64), minlength=len(groups[name]))


def _centres(counts: Ints) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    filled = np.flatnonzero(counts)
    width = 2 * MOST_EXTREME_LOGIT / _BINS
    centres = (filled + 0.5) * width - MOST_EXTREME_LOGIT
    return centres.astype(np.float64), counts[filled].astype(np.float64)
