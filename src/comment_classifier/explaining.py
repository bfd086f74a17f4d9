"""Why a comment got its scores: what each of its words added to the logit.

The contribution of a word pair or a character n-gram is divided among the characters that it covers,
and each word of the comment gets what its characters got, so that the words' contributions and the
intercept add up to the logit.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from comment_classifier.features import Floats, Ints, Occurrences, occurrence_values
from comment_classifier.model import Model
from comment_classifier.scoring import Cut, cut_comments, find_clauses, within_clauses
from comment_classifier.text import normalize_all

_PIECE = 500  # comments that are explained at a time
_SHOWN_WORDS = 3
_LEAST_SHOWN = 0.1  # of a logit


@dataclass(frozen=True)
class Word:
    """A word of a comment and what it adds to the logit of a category.

    ``start`` and ``end`` are positions in the normalised comment.
    """

    text: str
    start: int
    end: int
    contribution: float


@dataclass(frozen=True)
class Explanation:
    """Why a category got its score: ``intercept`` plus the words' contributions is the ``logit``."""

    category: str
    logit: float
    intercept: float
    words: tuple[Word, ...]

    @property
    def score(self) -> float:
        """The logit as a probability."""
        return float(1 / (1 + np.exp(-self.logit)))


@dataclass(frozen=True)
class Contributions:
    """What the words of n comments add to the logits of p pairs of a comment and a category.

    Attributes:
        cut: the comments.
        row: (p,) the comment of each pair.
        first: (p + 1,) where the values of each pair begin: one per word of its comment.
        values: contributions to the logit.

    """

    cut: Cut
    row: Ints
    first: Ints
    values: Floats


def explain(model: Model, text: str) -> dict[str, Explanation]:
    """Say per category which words gave a comment its score; see :func:`explain_many`."""
    return explain_many(model, [text])[0]


def explain_many(
    model: Model, texts: Sequence[str], wanted: Sequence[Collection[str]] | None = None
) -> list[dict[str, Explanation]]:
    """Say for n comments which words gave them their scores.

    Args:
        model: whose scores.
        texts: the comments.
        wanted: (n,) the categories of each that are explained; all if None.

    """
    learned = model.codebook.learned
    everything: Sequence[Collection[str]] = [learned] * len(texts) if wanted is None else wanted
    explained = []
    for at in range(0, len(texts), _PIECE):
        part = [text if isinstance(text, str) else "" for text in texts[at : at + _PIECE]]
        given = np.array([[c in its for c in learned] for its in everything[at : at + _PIECE]], bool)
        explained += _explained(model, normalize_all(part), given)
    return explained


def _explained(
    model: Model, normalized: list[str], wanted: npt.NDArray[np.bool_]
) -> list[dict[str, Explanation]]:
    row, category = np.nonzero(wanted)
    found = contributions(model, normalized, row, category)
    explained: list[dict[str, Explanation]] = [{} for _ in normalized]
    for pair, (i, k) in enumerate(zip(row.tolist(), category.tolist(), strict=True)):
        values = found.values[found.first[pair] : found.first[pair + 1]]
        intercept, name = float(model.intercepts[k]), model.codebook.learned[k]
        words = _words(found.cut, normalized[i], i, values.tolist())
        explained[i][name] = Explanation(name, intercept + float(values.sum()), intercept, words)
    return explained


def deciding_words(
    model: Model, normalized: Sequence[str], row: Ints, category: Ints
) -> list[list[tuple[str, float]]]:
    """Return for p pairs of a comment and a category the words that raised the score most.

    Args:
        model: whose scores.
        normalized: n comments.
        row: (p,) the comment of each pair.
        category: (p,) position among the categories that the model learned.

    Returns:
        Per pair up to three words, strongest first, with what each adds to the logit, repeated words
        added up; words that add less than 0.1, and marks, are left out.

    """
    found = contributions(model, normalized, row, category)
    vocabulary = {word: i for i, word in enumerate(sorted(set(found.cut.words)))}
    names = list(vocabulary)
    ids = np.fromiter(map(vocabulary.__getitem__, found.cut.words), np.int64, len(found.cut.words))
    pair = np.repeat(np.arange(len(row)), np.diff(found.first))
    word = ids[_ranges(found.cut.first_word[row], np.diff(found.first))]
    key, place = np.unique(pair * len(names) + word, return_inverse=True)
    total = np.bincount(place, weights=found.values, minlength=len(key))
    of_pair, of_word = np.divmod(key, max(1, len(names)))
    order = np.lexsort((of_word, -total, of_pair))
    rank = np.arange(len(order)) - np.searchsorted(of_pair[order], of_pair[order])
    strongest = order[(rank < _SHOWN_WORDS) & (total[order] >= _LEAST_SHOWN)]
    deciding: list[list[tuple[str, float]]] = [[] for _ in row]
    for p, w, value in zip(
        of_pair[strongest].tolist(), of_word[strongest].tolist(), total[strongest].tolist(), strict=True
    ):
        if any(map(str.isalnum, names[w])):
            deciding[p].append((names[w], value))
    return deciding


def contributions(model: Model, normalized: Sequence[str], row: Ints, category: Ints) -> Contributions:
    """Work out what each word adds to the logits of p pairs of a comment and a learned category."""
    cut = cut_comments(model, normalized)
    n_words = cut.n_words[row]
    first = np.concatenate([[0], np.cumsum(n_words)])
    if not len(row):
        return Contributions(cut, row, first, np.empty(0))
    pair, at, weight = _pair_occurrences(model, cut, row, category)
    found = cut.found
    length = found.length[at]
    covered = _ranges(found.start[at], length)
    of_word = np.repeat(found.column[at] < model.features.n_word_columns, length)
    letters = cut.word_of_letter
    word = np.where(of_word, covered, letters[np.minimum(covered, len(letters) - 1)])
    place = np.repeat(first[pair] - cut.first_word[row[pair]], length) + word
    each = np.repeat(weight / length, length)
    values = np.bincount(place, weights=each, minlength=first[-1]).astype(np.float64)
    return Contributions(cut, row, first, values)


def _pair_occurrences(model: Model, cut: Cut, row: Ints, category: Ints) -> tuple[Ints, Ints, Floats]:
    """Give each pair the occurrences of its comment: pair, occurrence, and what it adds to the logit."""
    n = len(cut.n_words)
    found, share = cut.found, model.clause_weight
    whole = occurrence_values(model.features, found, n)
    order = np.argsort(found.row, kind="stable")
    ends = np.searchsorted(found.row[order], np.arange(n + 1))
    each = np.diff(ends)[row]
    pair, at = np.repeat(np.arange(len(row)), each), order[_ranges(ends[row], each)]
    weights = model.exact_weights[found.column[at], category[pair]]
    if share == 0:
        return pair, at, weights * whole[at]
    clauses = find_clauses(cut)
    several = np.bincount(clauses.row, minlength=n) > 1
    kept, inside = within_clauses(model, found, clauses, several)
    of_clause = np.zeros(len(found.row))
    of_clause[kept] = occurrence_values(model.features, inside, len(clauses.row))
    clause = np.full(len(found.row), -1)
    clause[kept] = inside.row
    best = _best_clauses(model, inside, of_clause[kept], clauses.row, row, category)
    in_best = clause[at] == best[pair]
    part = np.where(several[row[pair]], share * of_clause[at] * in_best, share * whole[at])
    return pair, at, weights * ((1 - share) * whole[at] + part)


def _best_clauses(
    model: Model, inside: Occurrences, values: Floats, clause_row: Ints, row: Ints, category: Ints
) -> Ints:
    """Return the highest-scoring clause of each pair, the first of equals; -1 for comments of one."""
    scores = np.zeros((len(clause_row), len(model.codebook.learned)))
    np.add.at(scores, inside.row, values[:, None] * model.exact_weights[inside.column])
    ends = np.searchsorted(clause_row, np.arange(int(row.max()) + 2))
    best = np.full(len(row), -1)
    for p, (i, k) in enumerate(zip(row.tolist(), category.tolist(), strict=True)):
        if ends[i + 1] - ends[i] > 1:
            best[p] = ends[i] + scores[ends[i] : ends[i + 1], k].argmax()
    return best


def _words(cut: Cut, text: str, row: int, values: list[float]) -> tuple[Word, ...]:
    first = int(cut.first_word[row])
    words, at = [], 0
    for word, value in zip(cut.words[first : first + len(values)], values, strict=True):
        start = text.find(word, at)
        at = start + len(word)
        words.append(Word(word, start, at, value))
    return tuple(words)


def _ranges(first: Ints, lengths: Ints) -> npt.NDArray[np.int64]:
    """Return first[0], first[0] + 1, … for each length, one behind the other."""
    ends = np.cumsum(lengths)
    ranges: Ints = np.arange(int(ends[-1]) if len(ends) else 0)
    ranges += np.repeat(first - (ends - lengths), lengths)
    return ranges
