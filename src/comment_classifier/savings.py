"""Sums of the time that comments say was saved, by category."""

from collections.abc import Collection, Mapping, Sequence
from statistics import fmean, median

import pandas as pd

from comment_classifier.durations import Bounds, Saving, read_durations

ALL = "all"  # the row of all comments
COLUMNS = (
    "label",
    "comments",
    "with_time",
    "with_day",
    "median_day",
    "mean_day",
    "total_day",
    "with_case",
    "median_case",
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
        (``total_day``: of all of them together); ``with_case``, comments that name minutes per case, and
        ``median_case``, the median of these in minutes. NaN where there is none; a total of none is 0.

    """
    savings = [read_durations(text) for text in texts]
    rows = {category: [category in given for given in labels] for category in codebook_labels}
    rows[ALL] = [True] * len(savings)
    figures = [
        (codebook_labels.get(category, ""), *_figures([s for s, m in zip(savings, mask, strict=True) if m]))
        for category, mask in rows.items()
    ]
    return pd.DataFrame(figures, columns=list(COLUMNS), index=pd.Index(list(rows), name="category"))


def _figures(savings: list[list[Saving]]) -> tuple[float, ...]:
    days = [minutes for found in savings if (minutes := _minutes_a_day(found)) is not None]
    cases = [minutes for found in savings if (minutes := _minutes_a_case(found)) is not None]
    return (
        len(savings),
        sum(map(bool, savings)),
        len(days),
        median(days) if days else float("nan"),
        fmean(days) if days else float("nan"),
        float(sum(days)),
        len(cases),
        median(cases) if cases else float("nan"),
    )


def _minutes_a_day(savings: list[Saving]) -> float | None:
    found: list[tuple[str, float]] = []
    for saving in savings:
        if (bounds := saving.minutes_a_day) is None:
            continue
        minutes = _middle(bounds)
        if not any(per != saving.per and round(minutes) == round(told) for per, told in found):
            found.append((saving.per, minutes))
    return sum(minutes for _, minutes in found) if found else None


def _minutes_a_case(savings: list[Saving]) -> float | None:
    cases = [_middle((s.low, s.high)) for s in savings if s.per == "case" and s.kind != "ratio"]
    return fmean(cases) if cases else None


def _middle(bounds: Bounds) -> float:
    low, high = bounds
    return low if high is None else (low + high) / 2
