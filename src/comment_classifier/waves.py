"""Two waves side by side: what changed, beyond what sampling and the model's own errors explain."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from comment_classifier.codebook import Codebook, Reference
from comment_classifier.model import Model
from comment_classifier.text import normalize
from comment_classifier.tokenizer import split_words

LEVEL = 0.95
LEAST_SEPARATION = 0.3  # of hit rate over false-alarm rate; below it a difference cannot be told


def compare_waves(
    first: pd.DataFrame, second: pd.DataFrame, codebook: Codebook, held_out: Mapping[str, Any]
) -> pd.DataFrame:
    """Compare the shares of each category in two waves coded by one model.

    The model gives a category to a share of the comments that is not the true one: it misses some
    (hit rate t) and adds some (false-alarm rate f). In a difference of two waves the additions
    cancel and the misses shrink it, so that (p2 - p1) / (t - f) estimates the true difference. Its
    variance is that of sampling, divided by (t - f)², and twice the variance of the model's error
    between groups of respondents, as seen on held-out voices: the next wave may be misread otherwise.

    Args:
        first: coded comments of the earlier wave, a bool column per category id.
        second: those of the later wave.
        codebook: the categories.
        held_out: the figures of the model's card.

    Returns:
        By category id, no answer left out: ``label``; ``first`` and ``second``, shares of the answers
        in percent; ``difference`` in points, with ``low`` and ``high``, a 95 % interval that holds for
        all categories looked at together (Bonferroni); ``p`` adjusted likewise; ``changed``. NaN where
        the model cannot tell the category well enough. ``attrs``: ``first_n``, ``second_n``.

    """
    shown = [c for c in codebook.categories if c.role != "none"]
    answers = [wave[~wave[codebook.none].to_numpy(bool)] for wave in (first, second)]
    sizes = [len(wave) for wave in answers]
    critical = norm.ppf(1 - (1 - LEVEL) / 2 / len(shown))
    rows = []
    for category in shown:
        shares = [float(wave[category.id].mean()) if len(wave) else np.nan for wave in answers]
        separation, wobble = _error_rates(held_out, category.id)
        difference = deviation = p = np.nan
        if separation >= LEAST_SEPARATION and all(sizes):
            difference = (shares[1] - shares[0]) / separation
            # One comment more on either side, so that a share of 0 is not taken for certain.
            padded = [(s * n + 1) / (n + 2) for s, n in zip(shares, sizes, strict=True)]
            sampling = sum(s * (1 - s) / n for s, n in zip(padded, sizes, strict=True)) / separation**2
            deviation = float(np.sqrt(sampling + 2 * wobble**2))
            p = min(1.0, len(shown) * 2 * float(norm.sf(abs(difference) / deviation)))
        bounds = [100 * (difference + side * critical * deviation) for side in (-1, 1)]
        percent = [100 * share for share in shares]
        rows.append((category.label, *percent, 100 * difference, *bounds, p, p < 1 - LEVEL))
    columns = ["label", "first", "second", "difference", "low", "high", "p", "changed"]
    frame = pd.DataFrame(rows, columns=columns, index=pd.Index([c.id for c in shown], name="category"))
    frame.attrs.update(first_n=sizes[0], second_n=sizes[1])
    return frame


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
    words = [{w for w in its if len(w) > 1 and w.isalpha()} for its in split_words(map(normalize, texts))]
    known = set(model.features.words)
    count = Counter(w for its in words for w in its)
    total = sum(count.values())
    unknown = {w: n for w, n in count.items() if w not in known}
    ranked = sorted((w for w, n in unknown.items() if n >= 3), key=lambda w: (-unknown[w], w))
    return (sum(unknown.values()) / total if total else 0.0), ranked[:most]


def _error_rates(held_out: Mapping[str, Any], category: str) -> tuple[float, float]:
    """Return hit rate less false-alarm rate, and the spread of the error between groups of voices."""
    figures = held_out["categories"][category]
    n, given, total = figures["n"], figures["given"], held_out["comments"]
    hits = (figures["recall"] or 0.0) * n
    if not n or n == total:
        return 0.0, 0.0
    return hits / n - (given - hits) / (total - n), float(held_out["wobble"][category])
