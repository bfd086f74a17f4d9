"""Counts per category: what the machine counted, and what a person's reading makes of it.

Comments that a person has read count exactly as read; only the unread ones are estimated, and only
from comments that were read at random. Without such reading there is a count and no interval.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import logit

from comment_classifier.codebook import Codebook
from comment_classifier.duplicates import group_duplicates, largest_groups
from comment_classifier.errors import InputError
from comment_classifier.intervals import (
    MOST_EXTREME_LOGIT,
    Estimate,
    binned,
    shift_estimates,
    stratified_estimate,
)
from comment_classifier.labels import label_matrix

RANDOM, PICKED = "random", "picked"
FEWEST_READ = 20  # answers read at random, or as many as remain, before an interval is shown
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Reading:
    """What a person read: positions among the comments, (r, k) flags, and whether chosen at random."""

    rows: npt.NDArray[np.int64]
    flags: Bools
    random: Bools


def count_categories(
    coded: pd.DataFrame,
    codebook: Codebook,
    read: pd.DataFrame | None = None,
    groups: npt.NDArray[np.int64] | None = None,
) -> pd.DataFrame:
    """Count the comments of each category.

    Args:
        coded: a frame with a bool column ``<id>`` and a column ``score_<id>`` per category, and in
            ``attrs["unlearned"]`` the categories that the model had too few examples to learn.
        codebook: whose categories are counted, in its order.
        read: what a person read: its index is a part of ``coded``'s, ``labels`` are the category
            ids as read, ``chosen`` says how the comment came to be read: ``"random"`` (a random
            sample; it speaks for the unread) or ``"picked"`` (it counts once read, and speaks for
            no other).
        groups: (n,) the group of equal texts of each comment; found from ``text`` if None.

    Returns:
        Indexed by category id: ``label``; ``count``; ``share`` in percent of the answers; ``low`` and
        ``high``, the 95 % interval of the count in this very file, NaN without a random sample of 20
        answers or of as many as remain unread;
        ``read``, how many of the read comments state it; ``distinct``, the number of different texts
        among the comments that were given it or read so, if ``coded`` has the texts. ``attrs``:
        ``base_n``, the answers (no answer stands outside the base, its share is NaN); ``read_n`` and
        ``random_n``, comments read;
        ``hand_only``, categories that the model never learned, of which only what was read is counted;
        ``doubtful``, categories where the cross-check is further off than the wider half-width.

    Raises:
        InputError: ``read`` holds a comment that is not in ``coded``, or does not say how it was chosen.

    References:
        The interval: docs/counting.md.

    """
    reading = read_positions(coded, codebook, read)
    # What the rule calls no answer is taken as such, and not estimated: most of it is blank cells.
    by_rule = coded[codebook.none].to_numpy(bool)
    unread = ~by_rule
    unread[reading.rows] = False
    given = coded[list(codebook.ids)].to_numpy(bool)
    logits = _logits(coded, codebook)
    read_rows = Read(reading, given[reading.rows], logits[reading.rows], by_rule[reading.rows])
    rest = Unread(
        n=int(unread.sum()),
        given=given[unread].sum(axis=0),
        by_rule=given[by_rule & ~np.isin(np.arange(len(coded)), reading.rows)].sum(axis=0),
        logits=[binned(its[unread]) for its in logits.T],
    )
    frame = count_parts(codebook, read_rows, rest, coded.attrs.get("unlearned", ()))
    if groups is None:
        groups = group_duplicates(coded["text"]) if "text" in coded.columns else None
    if groups is not None:
        known = _with_reading(coded, codebook, reading)
        frame["distinct"] = [
            len(set(groups[known[:, k] & (groups >= 0)].tolist())) for k in range(len(frame))
        ]
        answered = np.where(by_rule, -1, groups)
        frame.attrs["distinct_n"] = len(set(answered[answered >= 0].tolist()))
        frame.attrs["copies"] = largest_groups(coded["text"].tolist(), answered) if "text" in coded else []
    if "review" in coded.columns:
        frame.attrs["review_n"] = int(coded["review"].sum())
    return frame


@dataclass(frozen=True)
class Read:
    """The comments that a person read, and what the machine says of them.

    ``given`` (r, k) and ``logits`` (r, k) are the machine's; ``by_rule`` (r,) whether the rule calls them
    no answer.
    """

    reading: Reading
    given: Bools
    logits: Floats
    by_rule: Bools


@dataclass(frozen=True)
class Unread:
    """What the machine says of the comments that nobody read.

    ``n`` are answers by the rule, ``given`` (k,) the categories they were given, ``by_rule`` (k,) those of
    the others, and ``logits`` per category the distribution of the answers' logits: values, and how
    many comments have each.
    """

    n: int
    given: npt.NDArray[np.int64]
    by_rule: npt.NDArray[np.int64]
    logits: Sequence[tuple[Floats, Floats]]


def count_parts(codebook: Codebook, read: Read, unread: Unread, unlearned: Collection[str]) -> pd.DataFrame:
    """Count the categories from the comments that were read and the distribution of the others.

    Returns:
        As :func:`count_categories`, without ``distinct``.

    """
    reading = read.reading
    seen = reading.flags.sum(axis=0)
    sampled = reading.random & ~read.by_rule
    learned = [k for k, c in enumerate(codebook.ids) if c not in unlearned]
    enough = sampled.any() and sampled.sum() >= min(FEWEST_READ, unread.n)
    estimates = _estimates(learned, read, sampled, unread) if enough else {}
    rows, doubtful = [], []
    for k, category in enumerate(codebook.ids):
        low: float = np.nan
        high: float = np.nan
        fixed = int(seen[k] + unread.by_rule[k])
        count = fixed + int(unread.given[k])
        if category in unlearned:
            count = int(seen[k])
        elif k in estimates:
            estimate, check = estimates[k]
            count, low, high = fixed + round(estimate.expected), fixed + estimate.low, fixed + estimate.high
            if _differ(estimate, check):
                doubtful.append(category)
        rows.append((codebook.label(category), count, low, high, int(seen[k])))
    frame = pd.DataFrame(
        rows, columns=["label", "count", "low", "high", "read"], index=pd.Index(codebook.ids, name="category")
    )
    n = len(reading.rows) + unread.n + int(unread.by_rule[codebook.ids.index(codebook.none)])
    base_n = n - int(frame.loc[codebook.none, "count"])
    share = 100 * frame["count"] / base_n if base_n else np.nan
    frame.insert(2, "share", share)
    frame.loc[codebook.none, "share"] = np.nan
    frame.attrs.update(
        base_n=base_n,
        read_n=len(reading.rows),
        random_n=int(reading.random.sum()) if estimates else 0,
        hand_only=[c for c in codebook.ids if c in unlearned],
        doubtful=doubtful,
    )
    return frame


def with_reading(coded: pd.DataFrame, codebook: Codebook, read: pd.DataFrame | None) -> pd.DataFrame:
    """Return the coded comments with what a person read in place of what the machine gave.

    Raises:
        InputError: as :func:`count_categories`.

    """
    known = _with_reading(coded, codebook, read_positions(coded, codebook, read))
    return coded.assign(**{category: known[:, k] for k, category in enumerate(codebook.ids)})


def bars(counts: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Return the rows that a bar chart shows, in its order.

    Named categories from the largest to the smallest, ties in codebook order, then ``other``;
    no answer is not a bar.
    """
    named = [c.id for c in codebook.categories if c.role == "named"]
    ordered = counts.loc[named].sort_values("count", ascending=False, kind="stable")
    return pd.concat([ordered, counts.loc[[codebook.other]]])


def read_positions(coded: pd.DataFrame, codebook: Codebook, read: pd.DataFrame | None) -> Reading:
    """Find what was read among coded comments.

    Raises:
        InputError: as :func:`count_categories`.

    """
    if read is None or read.empty:
        none = np.empty(0, np.int64)
        return Reading(none, np.empty((0, len(codebook.ids)), bool), np.empty(0, bool))
    for name in ("labels", "chosen"):
        if name not in read.columns:
            raise InputError(
                f"read: no column {name!r}. Give labels (category ids) and chosen (random or picked)"
            )
    if not coded.index.is_unique:
        raise InputError(
            "coded: its index is not unique, so that what was read cannot be found. Reset the index"
        )
    rows = coded.index.get_indexer(read.index)
    if (rows < 0).any():
        raise InputError(
            f"read: {read.index[rows < 0][0]} is not among the coded comments. Is it of this file?"
        )
    if len(set(rows.tolist())) < len(rows):
        raise InputError("read: a comment stands twice. Keep one reading of each")
    unknown = set(read["chosen"]) - {RANDOM, PICKED}
    if unknown:
        raise InputError(f"read: chosen is {sorted(map(str, unknown))[0]!r}. Use {RANDOM} or {PICKED}")
    flags = label_matrix(read["labels"], codebook)
    nothing = codebook.ids.index(codebook.none)
    odd = np.flatnonzero((flags.sum(axis=1) == 0) | (flags[:, nothing] & (flags.sum(axis=1) > 1)))
    if len(odd):
        raise InputError(
            f"read: {read.index[odd[0]]}: give at least one category, and {codebook.none!r} alone"
        )
    return Reading(rows.astype(np.int64), flags, (read["chosen"] == RANDOM).to_numpy(bool))


def _with_reading(coded: pd.DataFrame, codebook: Codebook, reading: Reading) -> Bools:
    flags: Bools = coded[list(codebook.ids)].to_numpy(bool, copy=True)
    flags[reading.rows] = reading.flags
    return flags


def _estimates(
    learned: list[int], read: Read, sampled: Bools, unread: Unread
) -> dict[int, tuple[Estimate, Estimate]]:
    """Estimate the unread of every learned category, and cross-check each."""
    truth = read.reading.flags[sampled][:, learned]
    logits, given = read.logits[sampled][:, learned], read.given[sampled][:, learned]
    estimates = shift_estimates(logits, truth, [unread.logits[k] for k in learned])
    checks = [
        stratified_estimate(given[:, i], truth[:, i], int(unread.given[k]), unread.n - int(unread.given[k]))
        for i, k in enumerate(learned)
    ]
    return dict(zip(learned, zip(estimates, checks, strict=True), strict=True))


def _logits(coded: pd.DataFrame, codebook: Codebook) -> Floats:
    """Return (n, k) logits; where there is no score, 1 and 0 stand for yes and no."""
    names = [f"score_{c}" if f"score_{c}" in coded.columns else c for c in codebook.ids]
    return clipped_logits(coded[names].to_numpy(float))


def clipped_logits(scores: Floats) -> Floats:
    """Return the logits of probabilities, as far as estimates need them."""
    with np.errstate(divide="ignore"):
        clipped: Floats = np.clip(logit(scores), -MOST_EXTREME_LOGIT, MOST_EXTREME_LOGIT)
    return clipped


def _differ(one: Estimate, two: Estimate) -> bool:
    wider = max(one.high - one.low, two.high - two.low) / 2
    return abs(one.expected - two.expected) > wider
