"""From normalised comments to logits: the whole comment and its best clause, with the loops in C.

The words, pairs and n-grams of a comment are looked up once; those that lie within one clause are
the clause's own. Where there are many comments and numba is installed, ``compiled`` does the same.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from comment_classifier.features import (
    Floats,
    Ints,
    Occurrences,
    code_points,
    occurrences_in,
    text_lengths,
    weighted_sums,
)
from comment_classifier.model import Model
from comment_classifier.text import CLAUSE_ENDS
from comment_classifier.tokenizer import spaced_words

CHUNK = 2000  # comments whose arrays fit into a processor's cache
_CHUNK_COMPILED = 10_000  # needs few arrays; bounds memory only
MANY = 20_000  # comments from which on it pays to load what is compiled, which takes a quarter of a second
_BLANK = ord(" ")
_ENDS = np.array(sorted(map(ord, CLAUSE_ENDS)), np.uint32)


@dataclass(frozen=True)
class Cut:
    """Comments cut into words, one behind the other, and the known features in them.

    Attributes:
        points: code points of all comments.
        words: the words of all comments: what is left of them without blanks.
        lengths: characters of each word.
        n_words: (n,) words of each.
        found: where known features occur.

    """

    points: npt.NDArray[np.uint32]
    words: list[str]
    lengths: Ints
    n_words: Ints
    found: Occurrences

    @cached_property
    def first_word(self) -> Ints:
        """(n,) where the words of each comment begin."""
        return np.cumsum(self.n_words) - self.n_words

    @cached_property
    def shown(self) -> Ints:
        """Which characters are no blanks, and so stand in a word."""
        return np.flatnonzero(self.points != _BLANK)

    @cached_property
    def word_of_letter(self) -> Ints:
        """The word that each character stands in; a blank goes with the word before it."""
        begins = np.zeros(len(self.points), np.int64)
        begins[self.shown[np.cumsum(self.lengths) - self.lengths]] = 1
        return np.cumsum(begins) - 1


@dataclass(frozen=True)
class Clauses:
    """The clauses of comments that lie one behind the other.

    Attributes:
        row: the comment of each clause.
        of_word: the clause of each word, -1 for a mark that ends one.
        of_letter: the clause of each character, -1 for one between clauses.

    """

    row: Ints
    of_word: Ints
    of_letter: Ints


def many_logits(model: Model, normalized: Sequence[str], *, compiled: bool) -> Floats:
    """Score n normalised comments as :func:`logits` does, in chunks.

    Args:
        model: that scores.
        normalized: the comments.
        compiled: whether to score by compiled code where there is some; the same but for rounding. Whoever
            asks for it goes by :data:`MANY` alone, so that the same comments give the same bits.

    """
    if not normalized:
        return logits(model, normalized)
    by_numba = _compiled() if compiled else None
    score, size = (by_numba, _CHUNK_COMPILED) if by_numba else (logits, CHUNK)
    chunks = (normalized[at : at + size] for at in range(0, len(normalized), size))
    return np.concatenate([score(model, chunk) for chunk in chunks])


@lru_cache(maxsize=1)
def _compiled() -> Callable[[Model, Sequence[str]], Floats] | None:
    """Return what is compiled; None without numba, or where it has no folder to keep its code in."""
    try:
        from comment_classifier.compiled import logits as compiled_logits
    except (ImportError, RuntimeError):
        return None
    return compiled_logits


def logits(model: Model, normalized: Sequence[str]) -> Floats:
    """Score n normalised comments.

    Returns:
        (n, k) logits, calibrated: the logistic function of them is the probability.

    """
    n = len(normalized)
    if n == 0:
        return np.empty((0, len(model.codebook.learned)))
    cut = cut_comments(model, normalized)
    whole = _scores(model, cut.found, n)
    if model.clause_weight == 0:
        return whole
    clauses = find_clauses(cut)
    several = np.bincount(clauses.row, minlength=n) > 1
    best = whole.copy()
    if several.any():
        _, inside = within_clauses(model, cut.found, clauses, several)
        scores = _scores(model, inside, len(clauses.row))
        first = np.flatnonzero(np.diff(clauses.row, prepend=-1))
        highest = np.maximum.reduceat(scores, first, axis=0)
        best[several] = highest[several[clauses.row[first]]]
    return (1 - model.clause_weight) * whole + model.clause_weight * best


def cut_comments(model: Model, normalized: Sequence[str]) -> Cut:
    """Cut n normalised comments into words, and find the model's features in them."""
    spaced = spaced_words(normalized)
    joined = " ".join(filter(None, spaced))
    words = joined.split(" ") if joined else []
    blanks = np.flatnonzero(code_points([joined]) == _BLANK)
    lengths = np.diff(blanks, prepend=-1, append=len(joined)) - 1 if joined else np.empty(0, np.int64)
    n_words = np.fromiter((text.count(" ") + 1 if text else 0 for text in spaced), np.int64, len(spaced))
    points, letters = code_points(normalized), text_lengths(normalized)
    found = occurrences_in(model.features, points, letters, words, n_words)
    return Cut(points, words, lengths, n_words, found)


def find_clauses(cut: Cut) -> Clauses:
    """Group the words of comments into clauses, which end at 。、・ ／ and line breaks."""
    points = cut.points
    of_letter = np.full(len(points), -1)
    if not cut.words:
        return Clauses(np.empty(0, np.int64), np.empty(0, np.int64), of_letter)
    row = np.repeat(np.arange(len(cut.n_words)), cut.n_words)
    shown = points[cut.shown]
    ends = _ENDS[np.minimum(np.searchsorted(_ENDS, shown), len(_ENDS) - 1)] == shown
    mark = np.logical_and.reduceat(ends, np.cumsum(cut.lengths) - cut.lengths)
    begins = ~mark
    begins[1:] &= mark[:-1] | (row[1:] != row[:-1])
    of_word = np.where(mark, -1, np.cumsum(begins) - 1)
    of_letter[cut.shown] = np.repeat(of_word, cut.lengths)
    # A blank between two words of one clause belongs to it; no comment begins or ends with one.
    blank = np.flatnonzero(points == _BLANK)
    before, after = of_letter[blank - 1], of_letter[blank + 1]
    of_letter[blank] = np.where(before == after, before, -1)
    return Clauses(row[begins], of_word, of_letter)


def within_clauses(
    model: Model, found: Occurrences, clauses: Clauses, wanted: npt.NDArray[np.bool_]
) -> tuple[Ints, Occurrences]:
    """Keep what lies within one clause of a wanted comment: which, and with the clause as its row."""
    of_word = found.column < model.features.n_word_columns
    first, last = (
        np.where(of_word, _take(clauses.of_word, at), _take(clauses.of_letter, at))
        for at in (found.start, found.start + found.length - 1)
    )
    kept = np.flatnonzero((first >= 0) & (first == last) & wanted[found.row])
    return kept, Occurrences(first[kept], found.column[kept], found.start[kept], found.length[kept])


def _take(values: Ints, at: Ints) -> Ints:
    return values[np.minimum(at, len(values) - 1)]


def _scores(model: Model, found: Occurrences, n: int) -> Floats:
    return weighted_sums(model.features, found, n, model.exact_weights) + model.intercepts
