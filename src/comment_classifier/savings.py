"""Sums of the time that comments say was saved, by category."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from comment_classifier.durations import Bounds, Saving, read_durations
from comment_classifier.intervals import mean_interval, median_interval

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

ALL = "all"  # the row of all comments
COLUMNS = (
    "label",
    "comments",
    "with_time",
    "with_day",
    "median_day",
    "median_day_low",
    "median_day_high",
    "mean_day",
    "mean_day_low",
    "mean_day_high",
    "total_day",
    "with_case",
    "median_case",
)


@dataclass(frozen=True)
class Spent:
    """The time saved that one comment names.

    Attributes:
        said: the words it was read from, joined by " / ".
        day: minutes a working day, least and most; None where the text does not come to them.
        case: minutes per case, likewise.

    """

    said: str
    day: Bounds | None
    case: Bounds | None


@dataclass(frozen=True)
class Times:
    """The times of the m comments that name any, of n.

    Attributes:
        day: (m,) minutes a day, NaN where there are none.
        case: (m,) minutes per case, likewise.
        flags: (m, k) categories of those comments.
        comments: (k + 1,) comments of each category, with a time or not, and of all.

    """

    day: Floats
    case: Floats
    flags: Bools
    comments: npt.NDArray[np.int64]

    def __add__(self, other: "Times") -> "Times":
        """Put two parts together."""
        return Times(
            np.concatenate([self.day, other.day]),
            np.concatenate([self.case, other.case]),
            np.concatenate([self.flags, other.flags]),
            self.comments + other.comments,
        )


def summarise_savings(
    texts: Sequence[str], labels: Sequence[Collection[str]], codebook_labels: Mapping[str, str]
) -> pd.DataFrame:
    """Sum up the time saved that the comments of each category name.

    The savings of a comment count in each of its categories, so that categories do not add up to all.
    Ranges count by their middle, open ones by their low end, time lost as negative. What one comment says
    per day, week, month and year is added up, unless it says one time twice (「1日30分、月10時間」).

    Args:
        texts: n comments.
        labels: the category ids of each, in the same order.
        codebook_labels: the label of each category id, in the order of the rows.

    Returns:
        One row per category id and a last one, ``"all"``: ``label``; ``comments``; ``with_time``, comments
        that state any saving, a ratio too; ``with_day``, comments whose time comes to minutes a working
        day; ``median_day``, ``mean_day`` and ``total_day`` of these, in minutes a day of one respondent
        (``total_day``: of all of them together), with 95 % intervals ``median_day_low``, ``median_day_high``,
        ``mean_day_low`` and ``mean_day_high`` if these comments are a random sample; ``with_case``, comments
        that name minutes per case, and ``median_case``, the median of these in minutes. NaN where there is
        none; a total of none is 0.

    """
    flags = np.array([[category in given for category in codebook_labels] for given in labels], bool)
    flags = flags.reshape(len(texts), len(codebook_labels))
    return savings_table(times_of([spent(text) for text in texts], flags), codebook_labels)


def spent(text: str) -> Spent:
    """Read the time saved out of one comment."""
    savings = read_durations(text)
    return Spent(" / ".join(saving.text for saving in savings), _a_day(savings), _a_case(savings))


def times_of(comments: Sequence[Spent], flags: Bools) -> Times:
    """Gather the times of n comments and their (n, k) categories."""
    named = np.array([bool(comment.said) for comment in comments], bool)
    those = [comment for comment in comments if comment.said]
    return Times(
        day=np.array([_middle(comment.day) for comment in those], float),
        case=np.array([_middle(comment.case) for comment in those], float),
        flags=flags[named],
        comments=np.append(flags.sum(axis=0), len(comments)),
    )


def savings_table(times: Times, codebook_labels: Mapping[str, str]) -> pd.DataFrame:
    """Sum up times; see :func:`summarise_savings`."""
    inside = [*times.flags.T, np.ones(len(times.day), bool)]
    names = {**codebook_labels, ALL: ""}
    rows = [
        (label, int(n), int(its.sum()), *_figures(times.day[its], times.case[its]))
        for label, n, its in zip(names.values(), times.comments, inside, strict=True)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS), index=pd.Index(list(names), name="category"))


def _figures(day: Floats, case: Floats) -> tuple[Any, ...]:
    days, cases = day[~np.isnan(day)], case[~np.isnan(case)]
    return (
        len(days),
        float(np.median(days)) if len(days) else float("nan"),
        *median_interval(days),
        float(days.mean()) if len(days) else float("nan"),
        *mean_interval(days),
        float(days.sum()),
        len(cases),
        float(np.median(cases)) if len(cases) else float("nan"),
    )


def _a_day(savings: list[Saving]) -> Bounds | None:
    found: list[tuple[str, Bounds]] = []
    for saving in savings:
        if (bounds := saving.minutes_a_day) is None:
            continue
        minutes = round(_middle(bounds))
        if not any(per != saving.per and minutes == round(_middle(told)) for per, told in found):
            found.append((saving.per, bounds))
    return _added([bounds for _, bounds in found])


def _a_case(savings: list[Saving]) -> Bounds | None:
    cases = [(s.low, s.high) for s in savings if s.per == "case" and s.kind != "ratio"]
    added = _added(cases)
    if added is None:
        return None
    low, high = added
    return low / len(cases), None if high is None else high / len(cases)


def _added(bounds: list[Bounds]) -> Bounds | None:
    if not bounds:
        return None
    highs = [high for _, high in bounds]
    return sum(low for low, _ in bounds), None if None in highs else sum(h for h in highs if h is not None)


def _middle(bounds: Bounds | None) -> float:
    if bounds is None:
        return float("nan")
    low, high = bounds
    return low if high is None else (low + high) / 2
