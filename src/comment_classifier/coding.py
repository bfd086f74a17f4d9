"""Coding: from a comment to its categories, its scores, and the mark that a person should look.

No answer is decided first, by the rule of :func:`comment_classifier.no_answer.judge`. A
comment gets every category whose score reaches its threshold (``other`` beside a named one only in
codebooks where coders do that). Where none does, it gets its most
probable category if that is at least ``floor``, else ``other``; either way it is marked for review.
``other`` is marked too, unless the model is sure of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit

from comment_classifier.codebook import Codebook
from comment_classifier.model import Explanation, Model, explain_many, logits
from comment_classifier.no_answer import Verdict, judge
from comment_classifier.text import normalize

Bools = npt.NDArray[np.bool_]
CHUNK = 512
SURE_OF_OTHER = 0.9
_SHOWN_WORDS = 3


@dataclass(frozen=True)
class Limits:
    """Where the lines are drawn: see :class:`comment_classifier.model.Model`."""

    thresholds: npt.NDArray[np.float64]
    floor: float
    other_alone: bool
    review_margin: float


@dataclass(frozen=True)
class Coding:
    """The coding of n comments by all k categories of a codebook, no answer included.

    Attributes:
        flags: (n, k) whether the category is given.
        scores: (n, k) probabilities; for no answer 1 or 0, by rule.
        review: (n,) whether a person should look.

    """

    flags: Bools
    scores: npt.NDArray[np.float64]
    review: Bools


def code_comments(model: Model, codebook: Codebook, texts: Sequence[str | None], n_jobs: int = 1) -> Coding:
    """Code n comments; repeated comments are scored once.

    Args:
        model: of this codebook.
        codebook: its ids are the columns of the result, in order.
        texts: the comments; None and NaN are no answer.
        n_jobs: processes to use, as joblib counts them (-1: all cores). The result is the same.

    """
    keys = [_as_text(t) for t in texts]
    distinct = list(dict.fromkeys(keys))
    chunks = [distinct[i : i + CHUNK] for i in range(0, len(distinct), CHUNK)]
    if n_jobs == 1 or len(chunks) < 2:
        parts = [_code_chunk(model, codebook, chunk) for chunk in chunks]
    else:
        from joblib import Parallel, delayed

        parts = Parallel(n_jobs=n_jobs)(delayed(_code_chunk)(model, codebook, chunk) for chunk in chunks)
    if not parts:
        return _code_chunk(model, codebook, [])
    position = {text: i for i, text in enumerate(distinct)}
    back = np.fromiter(map(position.__getitem__, keys), np.int64, len(keys))
    return Coding(
        *(np.concatenate([getattr(p, name) for p in parts])[back] for name in ("flags", "scores", "review"))
    )


def coded_frame(
    coding: Coding, model: Model, codebook: Codebook, texts: Sequence[str | None], index: pd.Index
) -> pd.DataFrame:
    """Lay a coding out as a table.

    Returns:
        Columns ``text``, ``labels`` (tuple of ids), ``review`` (bool), then per category a bool
        column ``<id>`` and a float column ``score_<id>``; in ``attrs["unlearned"]`` the categories
        that the model had too few examples to learn.

    """
    ids = np.array(codebook.ids, dtype=object)
    columns: dict[str, object] = {
        "text": pd.Series(list(texts), index=index, dtype=object),
        "labels": pd.Series([tuple(ids[row]) for row in coding.flags], index=index, dtype=object),
        "review": coding.review,
    }
    for k, category in enumerate(codebook.ids):
        columns[category] = coding.flags[:, k]
        columns[f"score_{category}"] = coding.scores[:, k]
    frame = pd.DataFrame(columns, index=index)
    learned = zip(model.codebook.learned, model.thresholds, strict=True)
    frame.attrs["unlearned"] = [category for category, threshold in learned if np.isinf(threshold)]
    return frame


def explain_coding(
    model: Model, codebook: Codebook, texts: Sequence[str | None], coding: Coding, n_jobs: int = 1
) -> list[dict[str, Explanation]]:
    """Explain, for each of n coded comments, the categories that it was given by the model."""
    ids = np.array(codebook.ids, dtype=object)
    given = [tuple(ids[row]) for row in coding.flags]
    distinct = {
        t: labels
        for t, labels in zip(texts, given, strict=True)
        if isinstance(t, str) and codebook.none not in labels
    }
    items = list(distinct.items())
    chunks = [items[i : i + CHUNK] for i in range(0, len(items), CHUNK)]
    if n_jobs == 1 or len(chunks) < 2:
        parts = [_explain_chunk(model, chunk) for chunk in chunks]
    else:
        from joblib import Parallel, delayed

        parts = Parallel(n_jobs=n_jobs)(delayed(_explain_chunk)(model, chunk) for chunk in chunks)
    explained = dict(zip(distinct, (e for part in parts for e in part), strict=True))
    return [explained.get(t, {}) if isinstance(t, str) else {} for t in texts]


def reason(codebook: Codebook, explanations: dict[str, Explanation]) -> str:
    """Say in one line of Japanese which words decided, strongest first, with what each adds to the logit."""
    if not explanations:
        return f"{codebook.label(codebook.none)}: 回答なしの規則による"
    parts = []
    for category, explanation in explanations.items():
        words = " ".join(f"「{text}」{weight:+.1f}" for text, weight in deciding_words(explanation))
        parts.append(f"{codebook.label(category)}: {words or '決め手となる語なし'}")
    return " / ".join(parts)


def label_texts(codebook: Codebook, flags: Bools) -> list[str]:
    """Return for each of n rows of (n, k) flags the labels of its categories, joined by 、."""
    return ["、".join(compress(codebook.labels, row)) for row in flags.tolist()]


def deciding_words(explanation: Explanation, most: int = _SHOWN_WORDS) -> list[tuple[str, float]]:
    """Return the words that raised a category's score most, repeated words added up."""
    total: dict[str, float] = {}
    for word in explanation.words:
        total[word.text] = total.get(word.text, 0.0) + word.contribution
    strongest = sorted(total.items(), key=lambda item: (-item[1], item[0]))[:most]
    return [(text, weight) for text, weight in strongest if weight >= 0.1 and any(map(str.isalnum, text))]


def _as_text(value: object) -> str:
    """Return a comment as text: None and NaN are blank, a number is its digits."""
    if isinstance(value, str):
        return value
    missing = pd.isna(value)
    return "" if isinstance(missing, bool) and missing else str(value)


def _explain_chunk(
    model: Model, items: Sequence[tuple[str, tuple[str, ...]]]
) -> list[dict[str, Explanation]]:
    return explain_many(model, [text for text, _ in items], [labels for _, labels in items])


def _code_chunk(model: Model, codebook: Codebook, texts: Sequence[str]) -> Coding:
    normalized = [normalize(t) for t in texts]
    verdicts = [judge(t, codebook) for t in normalized]
    answered = np.array([v is not Verdict.NO_ANSWER for v in verdicts], bool)
    unclear = np.array([v is Verdict.UNCLEAR for v in verdicts], bool)
    scored = np.zeros((len(texts), len(model.codebook.learned)))
    scored[answered] = logits(model, [t for t, a in zip(normalized, answered, strict=True) if a])
    limits = Limits(model.thresholds, model.floor, model.other_alone, model.review_margin)
    return decide(codebook, scored, answered, unclear, limits)


def decide(
    codebook: Codebook,
    scored: npt.NDArray[np.float64],
    answered: Bools,
    unclear: Bools,
    limits: Limits,
) -> Coding:
    """Turn logits into a coding.

    Args:
        codebook: the categories.
        scored: (n, k) calibrated logits of ``codebook.learned``.
        answered: (n,) false where the no-answer rule is sure.
        unclear: (n,) where it is not: such a comment is no answer unless a named category is found.
        limits: thresholds, floor and review margin.

    """
    column = {category: i for i, category in enumerate(codebook.ids)}
    place = np.array([column[category] for category in codebook.learned])
    other = codebook.learned.index(codebook.other)
    above = scored >= limits.thresholds
    named = np.delete(above, other, axis=1).any(axis=1)
    answered = answered & (named | ~unclear)
    above &= answered[:, None]
    if limits.other_alone:
        above[:, other] &= ~named
    flags = np.zeros((len(scored), len(codebook.ids)), bool)
    flags[:, place] = above
    unsure = np.flatnonzero(answered & ~above.any(axis=1))
    probable = place[scored[unsure].argmax(axis=1)] if len(unsure) else place[:0]
    enough = expit(scored[unsure].max(axis=1, initial=-np.inf)) >= limits.floor
    fallback: npt.NDArray[np.int64] = np.where(enough, probable, column[codebook.other])
    flags[unsure, fallback] = True
    flags[:, column[codebook.none]] = ~answered
    scores = np.zeros(flags.shape)
    scores[:, place] = np.where(answered[:, None], expit(scored), 0.0)
    scores[:, column[codebook.none]] = ~answered
    near = np.abs(scored - limits.thresholds) < limits.review_margin
    vague = flags[:, column[codebook.other]] & (expit(scored[:, other]) < SURE_OF_OTHER)
    review = answered & (near.any(axis=1) | ~above.any(axis=1) | vague)
    return Coding(flags, scores, review | unclear)
