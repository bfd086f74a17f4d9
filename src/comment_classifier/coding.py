"""Coding: from a comment to its categories, its scores, and the mark that a person should look.

No answer is decided first, by the rule of :func:`comment_classifier.no_answer.judge`. A
comment gets every category whose score reaches its threshold (``other`` beside a named one only in
codebooks where coders do that). Where none does, it gets its most
probable category if that is at least ``floor``, else ``other``; either way it is marked for review.
``other`` is marked too, unless the model is sure of it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import compress
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt

from comment_classifier.codebook import Codebook
from comment_classifier.engines import in_order
from comment_classifier.explaining import deciding_words
from comment_classifier.model import Model
from comment_classifier.no_answer import Verdict, judge_all
from comment_classifier.scoring import CHUNK, MANY, many_logits
from comment_classifier.text import normalize_all

if TYPE_CHECKING:
    import pandas as pd

Bools = npt.NDArray[np.bool_]
Said = TypeVar("Said")
PIECE = 20_000  # comments that one process takes at a time
SURE_OF_OTHER = 0.9


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

    def take(self, rows: npt.NDArray[np.int64]) -> "Coding":
        """Return the coding of some of the comments, in the order given."""
        return Coding(self.flags[rows], self.scores[rows], self.review[rows])

    @staticmethod
    def joined(parts: "Sequence[Coding]") -> "Coding":
        """Put codings by the same categories one behind the other."""
        names = ("flags", "scores", "review")
        return Coding(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def code_comments(model: Model, codebook: Codebook, texts: Sequence[str | None], n_jobs: int = 1) -> Coding:
    """Code n comments; repeated comments are scored once.

    Args:
        model: of this codebook.
        codebook: its ids are the columns of the result, in order.
        texts: the comments; None and NaN are no answer.
        n_jobs: processes to use, as joblib counts them (-1: all cores). The result is the same.

    """
    distinct, back = distinct_texts(texts)
    pieces = [distinct[i : i + PIECE] for i in range(0, len(distinct), PIECE)] or [[]]
    work = partial(_code_piece, model, codebook, len(texts) >= MANY)
    parts = list(in_order(work, pieces, n_jobs if len(pieces) > 1 else 1))
    return Coding.joined(parts).take(back)


def distinct_texts(values: Sequence[object]) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Return the different texts among n values, and for each value the position of its text."""
    keys = [value if isinstance(value, str) else _as_text(value) for value in values]
    distinct = list(dict.fromkeys(keys))
    if len(distinct) == len(keys):
        return keys, np.arange(len(keys))
    position = {text: i for i, text in enumerate(distinct)}
    return distinct, np.fromiter(map(position.__getitem__, keys), np.int64, len(keys))


def expit(logits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the logistic function: the probability of a logit."""
    with np.errstate(over="ignore"):
        chances: npt.NDArray[np.float64] = 1.0 / (1.0 + np.exp(-logits))
    return chances


def coded_frame(
    coding: Coding, model: Model, codebook: Codebook, texts: Sequence[str | None], index: "pd.Index"
) -> "pd.DataFrame":
    """Lay a coding out as a table.

    Returns:
        Columns ``text``, ``labels`` (tuple of ids), ``review`` (bool), then per category a bool
        column ``<id>`` and a float column ``score_<id>``; in ``attrs["unlearned"]`` the categories
        that the model had too few examples to learn.

    """
    import pandas as pd

    columns: dict[str, object] = {
        "text": pd.Series(list(texts), index=index, dtype=object),
        "labels": pd.Series(given_labels(codebook, coding.flags), index=index, dtype=object),
        "review": coding.review,
    }
    for k, category in enumerate(codebook.ids):
        columns[category] = coding.flags[:, k]
        columns[f"score_{category}"] = coding.scores[:, k]
    frame = pd.DataFrame(columns, index=index)
    learned = zip(model.codebook.learned, model.thresholds, strict=True)
    frame.attrs["unlearned"] = [category for category, threshold in learned if np.isinf(threshold)]
    return frame


def reasons(model: Model, codebook: Codebook, normalized: Sequence[str], flags: Bools) -> list[str]:
    """Say for n coded comments in one line of Japanese each which words decided.

    Args:
        model: that coded them.
        codebook: its ids are the columns of ``flags``.
        normalized: the comments, as :func:`comment_classifier.text.normalize` returns them.
        flags: (n, k) the categories given.

    Returns:
        Per comment its categories, each with the strongest words and what they add to the logit.

    """
    given = flags[:, [codebook.ids.index(c) for c in codebook.learned]]
    labels = [codebook.label(c) for c in codebook.learned]
    by_rule = f"{codebook.label(codebook.none)}: 回答なしの規則による"
    said = []
    for at in range(0, len(normalized), CHUNK):
        row, category = np.nonzero(given[at : at + CHUNK])
        parts: list[list[str]] = [[] for _ in normalized[at : at + CHUNK]]
        deciding = deciding_words(model, normalized[at : at + CHUNK], row, category)
        for i, k, words in zip(row.tolist(), category.tolist(), deciding, strict=True):
            strongest = " ".join(f"「{text}」{weight:+.1f}" for text, weight in words)
            parts[i].append(f"{labels[k]}: {strongest or '決め手となる語なし'}")
        said += [" / ".join(its) or by_rule for its in parts]
    return said


def given_labels(codebook: Codebook, flags: Bools) -> list[tuple[str, ...]]:
    """Return for each of n rows of (n, k) flags the ids of its categories."""
    return _per_pattern(flags, lambda row: tuple(compress(codebook.ids, row)))


def label_texts(codebook: Codebook, flags: Bools) -> list[str]:
    """Return for each of n rows of (n, k) flags the labels of its categories, joined by 、."""
    return _per_pattern(flags, lambda row: "、".join(compress(codebook.labels, row)))


def _per_pattern(flags: Bools, said: Callable[[list[bool]], Said]) -> list[Said]:
    """Say something of each row; comments share few combinations of categories."""
    packed = np.zeros((len(flags), -(-flags.shape[1] // 64) * 8), np.uint8)
    packed[:, : -(-flags.shape[1] // 8)] = np.packbits(flags, axis=1)
    words = packed.view(np.uint64)
    codes = words.ravel() if words.shape[1] == 1 else words
    _, first, pattern = np.unique(codes, axis=0, return_index=True, return_inverse=True)
    known = [said(flags[row].tolist()) for row in first]
    return [known[i] for i in pattern.ravel().tolist()]


def _as_text(value: object) -> str:
    """Return a comment as text: None, NaN and pandas.NA are blank, a number is its digits."""
    if value is None or isinstance(value, str):
        return value or ""
    itself = value == value
    # What is not equal to itself is missing; pandas.NA does not even say.
    missing = type(itself).__name__ == "NAType" or (isinstance(itself, bool | np.bool_) and not itself)
    return "" if missing else str(value)


def _code_piece(model: Model, codebook: Codebook, many: bool, texts: Sequence[str]) -> Coding:
    return code_normalized(model, codebook, normalize_all(texts), many)


def code_normalized(
    model: Model, codebook: Codebook, normalized: Sequence[str], many: bool = False
) -> Coding:
    """Code n normalised comments; see :func:`code_comments`, and ``MANY`` for whether there are many."""
    verdicts = judge_all(normalized, codebook)
    answered = np.array([v is not Verdict.NO_ANSWER for v in verdicts], bool)
    unclear = np.array([v is Verdict.UNCLEAR for v in verdicts], bool)
    scored = np.zeros((len(normalized), len(model.codebook.learned)))
    answers = [text for text, is_one in zip(normalized, answered, strict=True) if is_one]
    scored[answered] = many_logits(model, answers, compiled=many)
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
