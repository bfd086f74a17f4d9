"""From code points to logits in one pass: what ``scoring`` does with NumPy, compiled by numba.

Importing this room needs the package numba and a folder where it may keep what it compiled; ``scoring``
does so where there are many comments. A comment's logits are added up in a fixed order, and are the same
to the bit in every run and beside any other comments.
"""

from collections.abc import Callable, Sequence
from math import log, sqrt
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
from numba import config, njit

from comment_classifier.features import SUBLINEAR, Floats, Ints, code_points, text_lengths
from comment_classifier.lookup import SPREAD, Slots
from comment_classifier.model import Model
from comment_classifier.text import CLAUSE_ENDS
from comment_classifier.tokenizer import spaced_words

if config.DISABLE_JIT:
    raise ImportError("numba was told not to compile")

Points = npt.NDArray[np.uint32]
Numbers = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]
Weights = npt.NDArray[np.float32]
_BLANK = ord(" ")
_POSITIVE = np.uint64(2**63 - 1)
_ENDS: Bools = np.zeros(max(map(ord, CLAUSE_ENDS)) + 1, np.bool_)  # by code point
_ENDS[[ord(mark) for mark in CLAUSE_ENDS]] = True
Function = TypeVar("Function", bound=Callable[..., Any])


def _compiled(function: Function) -> Function:
    """Have a function compiled when it is first called, and the result kept for later processes."""
    dispatcher: Function = njit(cache=True, nogil=True)(function)
    return dispatcher


class Sizes(NamedTuple):
    """Numbers of a model: base of the n-gram codes, lengths of the n-grams, and their first column."""

    base: int
    shortest: int
    longest: int
    n_word_columns: int


class Arrays(NamedTuple):
    """Arrays of a model: see :class:`comment_classifier.features.Features` and ``Model``.

    ``ends`` tells by code point whether it ends a clause.
    """

    words: Slots
    word_points: Points
    pairs: Slots
    letters: Ints
    grams: Slots
    idf: Floats
    weights: Weights
    intercepts: Floats
    ends: Bools


def logits(model: Model, normalized: Sequence[str]) -> Floats:
    """Score n normalised comments, at least one, as :func:`comment_classifier.scoring.logits` does."""
    known, spaced = model.features, spaced_words(normalized)
    sizes = Sizes(len(known.alphabet) + 1, known.shortest_gram, known.longest_gram, known.n_word_columns)
    arrays = Arrays(
        known.word_lookup.slots,
        known.word_points,
        known.pair_lookup.slots,
        known.letters,
        known.gram_lookup.slots,
        known.idf,
        model.weights,
        model.intercepts,
        _ENDS,
    )
    texts = (code_points(normalized), text_lengths(normalized), code_points(spaced), text_lengths(spaced))
    return _logits(arrays, sizes, float(model.clause_weight), *texts)


@_compiled
def _logits(
    arrays: Arrays, sizes: Sizes, share: float, points: Points, lengths: Ints, cut: Points, cut_lengths: Ints
) -> Floats:
    """Score n comments.

    Args:
        arrays: of the model.
        sizes: of the model.
        share: of the best clause.
        points: code points of all comments.
        lengths: (n,) characters of each.
        cut: code points of all comments, with a blank between words.
        cut_lengths: (n,) characters of each of those.

    Returns:
        (n, k) logits.

    """
    # Taken out once: whatever holds arrays is costly to hand to a function.
    words, word_points, pairs, letters, grams, idf, weights, intercepts, ends = arrays
    n, k = len(lengths), len(intercepts)
    scores = np.empty((n, k))
    # Room for what is found in the longest comment, and for a count per column.
    most = max(lengths.max(), cut_lengths.max()) + 1
    ids, of_word, of_letter = np.empty(most, np.int32), np.empty(most, np.int32), np.empty(most, np.int32)
    column = np.empty(most * max(2, sizes.longest), np.uint32)
    clause = np.empty(len(column), np.int32)
    times, sums, whole = np.zeros(len(idf), np.int32), np.empty(k), np.empty(k)
    at = cut_at = 0
    for i in range(n):
        text, its_cut = points[at : at + lengths[i]], cut[cut_at : cut_at + cut_lengths[i]]
        at += lengths[i]
        cut_at += cut_lengths[i]
        n_words, n_clauses = _read(text, its_cut, words, word_points, ends, ids, of_word, of_letter)
        # A comment of one clause is its own best one.
        several = n_clauses > 1 and share > 0.0
        parts = np.zeros((n_clauses if several else 0, k))
        for j in range(k):
            whole[j] = 0.0
        found = _find_words(ids[:n_words], of_word, pairs, len(word_points), column, clause)
        _add(column[:found], clause, idf, weights, times, sums, whole, parts)
        found = _find_grams(text, of_letter, letters, grams, sizes, column, clause)
        _add(column[:found], clause, idf, weights, times, sums, whole, parts)
        for j in range(k):
            best = parts[:, j].max() if several else whole[j]
            scores[i, j] = (1.0 - share) * whole[j] + share * best + intercepts[j]
    return scores


@_compiled
def _read(
    text: Points,
    cut: Points,
    words: Slots,
    word_points: Points,
    ends: Bools,
    ids: Numbers,
    of_word: Numbers,
    of_letter: Numbers,
) -> tuple[int, int]:
    """Read the words of a comment; return how many there are, and how many clauses.

    Filled are the id of each word, -1 for an unknown one, and the clause of each word and of each
    character, -1 for a mark that ends one; see :class:`comment_classifier.scoring.Clauses`.
    """
    n_words = n_clauses = at = begin = 0
    inside, mark, key = False, True, np.uint64(0)
    for end in range(len(cut) + 1):
        if end < len(cut) and cut[end] != _BLANK:
            key = key * SPREAD + np.uint64(cut[end])
            mark = mark and cut[end] < len(ends) and ends[cut[end]]
            continue
        if end == begin:  # an empty comment
            begin += 1
            continue
        if not mark and not inside:
            n_clauses += 1
        inside = not mark
        clause = -1 if mark else n_clauses - 1
        while at < len(text) and text[at] == _BLANK:
            # A blank between two words of one clause belongs to it.
            of_letter[at] = clause if at > 0 and of_letter[at - 1] == clause else -1
            at += 1
        for _ in range(min(end - begin, len(text) - at)):
            of_letter[at] = clause
            at += 1
        of_word[n_words] = clause
        ids[n_words] = _word_id(words, word_points, cut[begin:end], key & _POSITIVE)
        n_words += 1
        begin = end + 1
        mark, key = True, np.uint64(0)
    for i in range(at, len(text)):
        of_letter[i] = -1
    return n_words, n_clauses


@_compiled
def _word_id(words: Slots, word_points: Points, word: Points, key: np.uint64) -> int:
    """Return the id of a word, -1 for an unknown one; its key is that of ``Features.word_lookup``."""
    longest = word_points.shape[1]
    at = words.first[(key * SPREAD) >> words.shift]
    while words.keys[at] >= 0:
        if words.keys[at] == np.int64(key) and len(word) <= longest:
            # Different words may share a key.
            place = words.places[at]
            same = len(word) == longest or word_points[place, len(word)] == 0
            for i in range(len(word)):
                same = same and word_points[place, i] == word[i]
            if same:
                return int(place)
        at += 1
    return -1


@_compiled
def _place(slots: Slots, key: int) -> int:
    """Return the place of a key, -1 for an unknown one; as :class:`comment_classifier.lookup.Lookup` does."""
    at = slots.first[(np.uint64(key) * SPREAD) >> slots.shift]
    while slots.keys[at] >= 0:
        if slots.keys[at] == key:
            return int(slots.places[at])
        at += 1
    return -1


@_compiled
def _find_words(
    ids: Numbers, of_word: Numbers, pairs: Slots, n_known: int, column: Points, clause: Numbers
) -> int:
    """Find the known words and pairs: their columns, and the clauses they lie in, or -1; return how many."""
    n = 0
    for i in range(len(ids)):
        if ids[i] < 0:
            continue
        column[n], clause[n] = ids[i], of_word[i]
        n += 1
        if i + 1 < len(ids) and ids[i + 1] >= 0:
            place = _place(pairs, np.int64(ids[i]) * n_known + ids[i + 1])
            if place >= 0:
                column[n] = n_known + place
                clause[n] = of_word[i] if of_word[i] == of_word[i + 1] else -1
                n += 1
    return n


@_compiled
def _find_grams(
    text: Points,
    of_letter: Numbers,
    letters: Ints,
    grams: Slots,
    sizes: Sizes,
    column: Points,
    clause: Numbers,
) -> int:
    """Find the known n-grams: their columns, and the clauses they lie in, or -1; return how many."""
    n = 0
    for begin in range(len(text)):
        code = 0
        for end in range(begin, min(begin + sizes.longest, len(text))):
            letter = letters[text[end]] if text[end] < len(letters) else 0
            if letter == 0:
                break
            code = code * sizes.base + letter
            if end + 1 - begin < sizes.shortest:
                continue
            place = _place(grams, code)
            if place < 0:  # and so no longer one that begins here is known
                break
            column[n] = sizes.n_word_columns + place
            clause[n] = of_letter[begin] if of_letter[begin] == of_letter[end] else -1
            n += 1
    return n


@_compiled
def _add(
    column: Points,
    clause: Numbers,
    idf: Floats,
    weights: Weights,
    times: Numbers,
    sums: Floats,
    whole: Floats,
    parts: Floats,
) -> None:
    """Add what a block of features comes to in the whole comment, and in each of its clauses if there are."""
    _add_span(column, idf, weights, times, sums, whole)
    if len(parts) == 0:
        return
    kept = 0
    for i in range(len(column)):
        if clause[i] >= 0:
            column[kept], clause[kept] = column[i], clause[i]
            kept += 1
    begin = 0
    for end in range(1, kept + 1):
        if end == kept or clause[end] != clause[begin]:
            _add_span(column[begin:end], idf, weights, times, sums, parts[clause[begin]])
            begin = end


@_compiled
def _add_span(
    columns: Points, idf: Floats, weights: Weights, times: Numbers, sums: Floats, total: Floats
) -> None:
    """Add TF-IDF values, scaled to Euclidean length 1, times weights to the total of each category.

    ``times`` is 0 in every column before and after.
    """
    for column in columns:
        times[column] += 1
    for k in range(len(sums)):
        sums[k] = 0.0
    squares = 0.0
    for column in columns:
        n = times[column]
        if n == 0:  # it stood before, and was added with its count
            continue
        times[column] = 0
        value = (SUBLINEAR[n] if n < len(SUBLINEAR) else 1.0 + log(n)) * idf[column]
        squares += value * value
        for k in range(len(sums)):
            sums[k] += value * weights[column, k]
    if squares > 0.0:
        length = sqrt(squares)
        for k in range(len(sums)):
            total[k] += sums[k] / length
