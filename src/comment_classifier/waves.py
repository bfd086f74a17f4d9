"""Two waves side by side: what changed, beyond what sampling and the model's own errors explain."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from comment_classifier.codebook import Codebook, Reference
from comment_classifier.counting import count_categories
from comment_classifier.intervals import difference_interval
from comment_classifier.model import Model
from comment_classifier.rounding import percent
from comment_classifier.text import normalize_all
from comment_classifier.tokenizer import split_words

LEVEL = 0.95
LEAST_SEPARATION = (
    0.3  # of the mean scores of comments in and out of a category; below it the model says too little
)


def compare_waves(
    first: pd.DataFrame,
    second: pd.DataFrame,
    codebook: Codebook,
    held_out: Mapping[str, Any],
    reads: tuple[pd.DataFrame | None, pd.DataFrame | None] = (None, None),
) -> pd.DataFrame:
    """Compare the shares of each category in two waves coded by one model.

    A wave of which a random sample was read is known by its estimated count; its variance is that of
    the estimate, and of a sample of respondents. An unread wave is known by its mean score m only:
    (m - s0) / (s1 - s0) estimates the true share, where s1 and s0 are the mean scores that held-out
    comments in and out of the category get. Its variance is that of sampling and of the model's
    error between groups of held-out voices, both divided by (s1 - s0)²: the next wave may be misread
    otherwise. Additions cancel in the difference of two unread waves, misses shrink it.

    Args:
        first: coded comments of the earlier wave: per category a bool column ``<id>`` and ``score_<id>``.
        second: those of the later wave.
        codebook: the categories.
        held_out: the figures of the model's card.
        reads: what people read of the two, as :func:`comment_classifier.count` takes it.

    Returns:
        By category id, no answer left out: ``label``; ``first`` and ``second``, shares of the answers
        in percent as each wave's report has them; ``first_distinct`` and ``second_distinct``, different
        texts behind them (NaN without texts); ``difference`` in points, with ``low`` and ``high``, a
        95 % interval that holds for all categories looked at together (Bonferroni); ``p`` adjusted
        likewise; ``changed``.
        NaN where an unread wave's model cannot tell the category well enough. ``attrs``: ``first_n``,
        ``second_n``, the answers; ``first_read``, ``second_read``, how many were read at random.

    References:
        G. Forman, Quantifying counts and costs via classification (2008), for the correction.

    """
    shown = [c for c in codebook.categories if c.role != "none"]
    counts = [
        count_categories(wave, codebook, read) for wave, read in zip((first, second), reads, strict=True)
    ]
    sides = [
        _estimated_shares(wave, its_counts, codebook, held_out)
        for wave, its_counts in zip((first, second), counts, strict=True)
    ]
    critical = ndtri(1 - (1 - LEVEL) / 2 / len(shown))
    rows = []
    for category in shown:
        (share1, variance1), (share2, variance2) = (side[category.id] for side in sides)
        difference, deviation = share2 - share1, float(np.sqrt(variance1 + variance2))
        p = float(np.minimum(1.0, len(shown) * 2 * ndtr(-abs(difference) / deviation)))
        bounds = [100 * (difference + side * critical * deviation) for side in (-1, 1)]
        percent = [its_counts.loc[category.id, "share"] for its_counts in counts]
        distinct = [its["distinct"][category.id] if "distinct" in its else np.nan for its in counts]
        rows.append((category.label, *percent, *distinct, 100 * difference, *bounds, p, p < 1 - LEVEL))
    columns = ["label", "first", "second", "first_distinct", "second_distinct"]
    columns += ["difference", "low", "high", "p", "changed"]
    frame = pd.DataFrame(rows, columns=columns, index=pd.Index([c.id for c in shown], name="category"))
    for name, its_counts in zip(("first", "second"), counts, strict=True):
        frame.attrs[f"{name}_n"] = its_counts.attrs["base_n"]
        frame.attrs[f"{name}_read"] = its_counts.attrs["random_n"]
    return frame


def compare_shares(first: pd.DataFrame, second: pd.DataFrame, several: bool) -> pd.DataFrame:
    """Compare the answers to a closed question in two waves, both taken as samples of respondents.

    Args:
        first: the earlier wave: ``count`` by choice, and ``base_n`` in ``attrs``.
        second: the later one, with the same choices.
        several: whether one respondent could choose several.

    Returns:
        By choice what :func:`compare_waves` returns of a category, but for the different texts. The two
        shares of a question with two choices are one figure, so that nothing is adjusted there. ``p``
        is the level at which the interval ends at 0.

    References:
        The interval: :func:`comment_classifier.intervals.difference_interval`.

    """
    looks = 1 if len(first) == 2 and not several else len(first)
    sizes = [int(wave.attrs["base_n"]) for wave in (first, second)]
    rows = []
    for choice in first.index:
        counts = [int(wave.loc[choice, "count"]) for wave in (first, second)]
        pair = [(count, n) for count, n in zip(counts, sizes, strict=True)]
        low, high = difference_interval(pair[0], pair[1], 1 - (1 - LEVEL) / looks)
        shares = [percent(count, n) for count, n in pair]
        difference = counts[1] / sizes[1] - counts[0] / sizes[0] if all(sizes) else np.nan
        p = min(1.0, looks * _level_at_zero(pair[0], pair[1])) if all(sizes) else np.nan
        changed = not low <= 0 <= high if all(sizes) else False
        rows.append((choice, *shares, 100 * difference, 100 * low, 100 * high, p, changed))
    columns = ["label", "first", "second", "difference", "low", "high", "p", "changed"]
    frame = pd.DataFrame(rows, columns=columns, index=pd.Index(first.index, name="category"))
    frame.attrs.update(first_n=sizes[0], second_n=sizes[1], closed=True)
    return frame


def _level_at_zero(first: tuple[int, int], second: tuple[int, int]) -> float:
    """Return the chance outside an interval of the difference that ends at 0; 1 if there is none."""
    low, high = 0.0, 1.0
    for _ in range(50):
        outside = (low + high) / 2
        ends = difference_interval(first, second, 1 - outside)
        low, high = (low, outside) if not ends[0] <= 0 <= ends[1] else (outside, high)
    return high


def beside_published(counts: pd.Series, codebook: Codebook, reference: Reference) -> pd.DataFrame:
    """Set a wave's counts beside published ones, of which only counts, shares or an order are known.

    The number of answers behind published mentions is often not published either, so that what is
    compared is each category's part of all mentions. Nothing is tested.

    Args:
        counts: mentions by category id.
        codebook: the categories.
        reference: the published figures.

    Returns:
        By category id of the reference: ``label``; ``first``, the published part of all mentions in
        percent, NaN where only an order is known; ``second``, this wave's; ``first_rank``,
        ``second_rank``; ``changed``, always false.

    """
    ids = list(reference.values or reference.order)
    published = pd.Series(reference.values, dtype=float).reindex(ids)
    found = counts.reindex(ids).astype(float)
    frame = pd.DataFrame({"label": [codebook.label(i) for i in ids]}, index=pd.Index(ids, name="category"))
    frame["first"] = 100 * published / published.sum() if reference.values else np.nan
    frame["second"] = 100 * found / found.sum() if found.sum() else np.nan
    order = list(reference.order) or list(published.sort_values(ascending=False, kind="stable").index)
    frame["first_rank"] = [order.index(i) + 1 for i in ids]
    frame["second_rank"] = found.rank(ascending=False, method="min").astype(int)
    frame["changed"] = False
    return frame


def unknown_words(model: Model, texts: Sequence[str], most: int = 10) -> tuple[float, list[str]]:
    """Say how far comments are from what the model was trained on.

    Returns:
        The share of words of two characters or more that the model does not know, and the commonest of
        them that at least three comments use (rarer ones may be names).

    """
    words = [{w for w in its if len(w) > 1 and w.isalpha()} for its in split_words(normalize_all(texts))]
    known = set(model.features.words)
    count = Counter(w for its in words for w in its)
    total = sum(count.values())
    unknown = {w: n for w, n in count.items() if w not in known}
    ranked = sorted((w for w, n in unknown.items() if n >= 3), key=lambda w: (-unknown[w], w))
    return (sum(unknown.values()) / total if total else 0.0), ranked[:most]


def _estimated_shares(
    wave: pd.DataFrame, counts: pd.DataFrame, codebook: Codebook, held_out: Mapping[str, Any]
) -> dict[str, tuple[float, float]]:
    """Return per category the estimated true share of the answers and its variance, NaN if untold."""
    answers = wave[~wave[codebook.none].to_numpy(bool)]
    n = counts.attrs["base_n"]
    shares = {}
    for category, row in counts.iterrows():
        share = variance = np.nan
        if n and category not in counts.attrs["hand_only"]:
            if pd.notna(row["low"]):
                share = float(row["count"] / n)
                variance = ((row["high"] - row["low"]) / (2 * ndtri(1 - (1 - LEVEL) / 2)) / n) ** 2
            elif len(answers):
                share, variance = _from_scores(answers, str(category), held_out)
            # One answer more on either side, so that a share of 0 is not taken for certain.
            padded = (np.clip(share, 0, 1) * n + 1) / (n + 2)
            respondents = padded * (1 - padded) / n
            variance = variance + respondents if pd.notna(row["low"]) else max(variance, respondents)
        shares[str(category)] = (share, variance)
    return shares


def _from_scores(answers: pd.DataFrame, category: str, held_out: Mapping[str, Any]) -> tuple[float, float]:
    """Estimate the true share of a category from its scores alone."""
    figures = held_out["categories"][category]
    inside, outside = figures["score_in"], figures["score_out"]
    if inside is None or outside is None or inside - outside < LEAST_SEPARATION:
        return np.nan, np.nan
    separation = inside - outside
    scores = answers[f"score_{category}"].to_numpy(float)
    sampling = scores.var() / len(scores)
    wobble = held_out["wobble"][category]
    return (scores.mean() - outside) / separation, (sampling + wobble**2) / separation**2
