"""From words and characters to sparse TF-IDF, with the same arithmetic at fit and at scoring.

The features are single words, pairs of neighbouring words, and character n-grams. The loops over
them run in C: words become ids through one dictionary lookup each, and pairs and n-grams become
integers that are looked up all at once.

The values are those of scikit-learn's ``TfidfVectorizer(sublinear_tf=True)``, one for words and
one for characters, side by side as in a ``FeatureUnion``; the tests compare the two.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, repeat
from typing import Any

import numpy as np
import numpy.typing as npt

from comment_classifier.lookup import SPREAD, Lookup, find_few

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_FEW_ROWS = 200
_FEW_CODES = 2000
SUBLINEAR = np.concatenate([[0.0], 1.0 + np.log(np.arange(1, 100))])  # of small counts
LONGEST_GRAM = 5  # an n-gram code must fit into 63 bits


@dataclass(frozen=True)
class FeatureSettings:
    """What becomes a feature.

    ``min_writers`` is the number of different writers a feature must occur with: what only one or
    two people write (names, numbers) stays out, so that a comment cannot be read back from a model.
    """

    pairs: bool = True
    shortest_gram: int = 1
    longest_gram: int = 4
    min_writers: int = 3
    min_comments: int = 3


@dataclass(frozen=True)
class Features:
    """The known features, in column order: words, then word pairs, then character n-grams.

    Attributes:
        words: known words; a word's id is its position.
        pairs: sorted codes ``id1 * len(words) + id2``.
        alphabet: known characters; a character's id is its position + 1.
        grams: sorted codes, the ids of an n-gram as digits in base ``len(alphabet) + 1``. The parts of
            a known n-gram are known, too, down to the shortest length: they are in as many comments.
        idf: inverse document frequency per column.
        shortest_gram, longest_gram: lengths of the character n-grams; 0, 0 for none.

    """

    words: tuple[str, ...]
    pairs: Ints
    alphabet: str
    grams: Ints
    idf: Floats
    shortest_gram: int
    longest_gram: int

    def __len__(self) -> int:
        """Return the number of columns."""
        return len(self.words) + len(self.pairs) + len(self.grams)

    @cached_property
    def ids(self) -> dict[str, int]:
        """The id of each known word."""
        return {w: i for i, w in enumerate(self.words)}

    @property
    def n_word_columns(self) -> int:
        """Number of columns of words and pairs; character n-grams follow."""
        return len(self.words) + len(self.pairs)

    @cached_property
    def pair_lookup(self) -> Lookup:
        """Finds the place of a code among the pairs."""
        return Lookup(self.pairs)

    @cached_property
    def gram_lookup(self) -> Lookup:
        """Finds the place of a code among the n-grams."""
        return Lookup(self.grams)

    def find_pairs(self, codes: Ints) -> Ints:
        """Return the place of each code among the pairs, -1 for none."""
        return find_few(self.pairs, codes) if len(codes) < _FEW_CODES else self.pair_lookup.find(codes)

    def find_grams(self, codes: Ints) -> Ints:
        """Return the place of each code among the n-grams, -1 for none."""
        return find_few(self.grams, codes) if len(codes) < _FEW_CODES else self.gram_lookup.find(codes)

    @cached_property
    def word_points(self) -> npt.NDArray[np.uint32]:
        """(len(words), longest) code points of the known words, 0 behind each."""
        longest = max(map(len, self.words), default=1)
        return np.array(self.words, f"<U{longest}").view(np.uint32).reshape(len(self.words), longest)

    @cached_property
    def word_lookup(self) -> Lookup:
        """Finds the id of a word by its code points as digits in base SPREAD, of which 63 bits are kept."""
        keys = np.zeros(len(self.words), np.uint64)
        for points in self.word_points.T:
            keys = np.where(points, keys * SPREAD + points, keys)
        return Lookup((keys & np.uint64(2**63 - 1)).astype(np.int64))

    @cached_property
    def letters(self) -> Ints:
        """The id of each character by its code point; whatever lies above the last is unknown, too."""
        return _letter_table(self.alphabet)


@dataclass(frozen=True)
class Occurrences:
    """Every occurrence of a known feature: its row, its column, and where it begins.

    ``start`` counts words for word columns and characters for n-gram columns, over all rows
    joined; ``length`` is in the same unit.
    """

    row: Ints
    column: Ints
    start: Ints
    length: Ints


def learn_features(
    texts: Sequence[str], words: Sequence[list[str]], writers: Sequence[object], settings: FeatureSettings
) -> Features:
    """Choose the features of a model.

    Args:
        texts: n normalised comments.
        words: their words.
        writers: who wrote each; a feature is kept if ``min_writers`` different ones used it.
        settings: lengths and limits.

    Returns:
        The known features; ``idf`` is ln((1 + n) / (1 + df)) + 1 with df counted over comments.

    """
    writer = np.unique([str(w) for w in writers], return_inverse=True)[1].astype(np.int64)
    # Sorted: in the order of their first appearance, known words would tell how comments run.
    all_words = {w: i for i, w in enumerate(sorted(set(chain.from_iterable(words))))}
    row, ids = _word_ids(words, all_words)
    kept, word_df = _kept(ids, row, writer, settings)
    names = list(all_words)
    known = tuple(names[i] for i in kept)
    row, ids = _word_ids(words, {w: i for i, w in enumerate(known)})
    pairs, pair_df = np.empty(0, np.int64), np.empty(0, np.int64)
    if settings.pairs:
        at = _pair_starts(row, ids)
        pairs, pair_df = _kept(ids[at] * len(known) + ids[at + 1], row[at], writer, settings)
    alphabet, grams, gram_df = _learn_grams(texts, writer, settings)
    df = np.concatenate([word_df, pair_df, gram_df])
    idf = np.log((1 + len(texts)) / (1 + df)) + 1
    return Features(known, pairs, alphabet, grams, idf, settings.shortest_gram, settings.longest_gram)


def find_occurrences(features: Features, texts: Sequence[str], words: Sequence[list[str]]) -> Occurrences:
    """Find the known features in n normalised comments."""
    lengths = np.fromiter(map(len, words), np.int64, len(words))
    return occurrences_in(
        features, code_points(texts), text_lengths(texts), list(chain.from_iterable(words)), lengths
    )


def occurrences_in(
    features: Features, points: npt.NDArray[np.uint32], letters: Ints, words: Sequence[str], n_words: Ints
) -> Occurrences:
    """Find the known features in n normalised comments that lie one behind the other.

    Args:
        features: what to find.
        points: code points of all comments.
        letters: (n,) characters of each.
        words: of all comments.
        n_words: (n,) words of each.

    """
    rows = np.arange(len(letters))
    found = list(_word_occurrences(features, words, np.repeat(rows, n_words)))
    found += _gram_occurrences(features, points, np.repeat(rows, letters))
    return Occurrences(
        *(np.concatenate([getattr(f, n) for f in found]) for n in ("row", "column", "start", "length"))
    )


def code_points(texts: Sequence[str]) -> npt.NDArray[np.uint32]:
    """Return the code points of n comments, one behind the other."""
    return np.frombuffer("".join(texts).encode("utf-32-le"), np.uint32)


def text_lengths(texts: Sequence[str]) -> Ints:
    """Return the lengths of n comments, in characters."""
    return np.fromiter(map(len, texts), np.int64, len(texts))


def tfidf(features: Features, occurrences: Occurrences, n_rows: int) -> Any:
    """Turn occurrences into the TF-IDF matrix.

    Returns:
        A CSR matrix (n_rows, len(features)): (1 + ln count) · idf, the word columns and the
        n-gram columns of each row scaled to Euclidean length 1 separately.

    """
    from scipy import sparse

    pointers, column, values = _entries(features, occurrences, n_rows)
    return sparse.csr_matrix((values, column, pointers), shape=(n_rows, len(features)))


def weighted_sums(features: Features, occurrences: Occurrences, n_rows: int, weights: Floats) -> Floats:
    """Multiply the TF-IDF matrix by (len(features), k) weights; return (n_rows, k)."""
    if n_rows > _FEW_ROWS:
        return np.asarray(tfidf(features, occurrences, n_rows) @ weights)
    # For a few comments, loading SciPy would take longer than all the rest.
    pointers, column, values = _entries(features, occurrences, n_rows)
    sums = np.zeros((n_rows, weights.shape[1]))
    row = np.repeat(np.arange(n_rows), np.diff(pointers))
    np.add.at(sums, row, values[:, None] * weights[column])
    return sums


def occurrence_values(features: Features, occurrences: Occurrences, n_rows: int) -> Floats:
    """Divide each value of the TF-IDF matrix among the occurrences that it counts."""
    key = _keys(features, occurrences)
    distinct, place, times = np.unique(key, return_inverse=True, return_counts=True)
    values: Floats = (_weighted(features, distinct, times, n_rows)[2] / times)[place]
    return values


def _entries(features: Features, occurrences: Occurrences, n_rows: int) -> tuple[Ints, Ints, Floats]:
    """Return the TF-IDF matrix: where each row begins, the columns and the values of its entries."""
    key = np.sort(_keys(features, occurrences))
    first = np.flatnonzero(np.diff(key, prepend=-1))
    return _weighted(features, key[first], np.diff(first, append=len(key)), n_rows)


def _keys(features: Features, occurrences: Occurrences) -> Ints:
    # Bits, not a product: taking them apart again needs no division, which is slow.
    return (occurrences.row << len(features).bit_length()) | occurrences.column


def _weighted(features: Features, key: Ints, times: Ints, n_rows: int) -> tuple[Ints, Ints, Floats]:
    """Return where each row begins among sorted keys, their columns and TF-IDF values."""
    bits = len(features).bit_length()
    values = np.take(SUBLINEAR, times, mode="clip")
    often = np.flatnonzero(times >= len(SUBLINEAR))
    values[often] = 1.0 + np.log(times[often])
    column = key & ((1 << bits) - 1)
    values *= features.idf[column]
    # Each row is two blocks, its words and its n-grams; each is scaled to length 1.
    begins = (np.arange(n_rows) << bits)[:, None] | np.array([0, features.n_word_columns])
    pointers = np.append(np.searchsorted(key, begins.ravel()), len(key))
    sizes = np.diff(pointers)
    filled = pointers[:-1][sizes > 0]
    if len(filled):
        squares = np.add.reduceat(values**2, filled)
        values /= np.repeat(np.sqrt(squares), sizes[sizes > 0])
    return pointers[::2], column, values


def _word_occurrences(features: Features, words: Sequence[str], row: Ints) -> Iterator[Occurrences]:
    ids = np.fromiter(map(features.ids.get, words, repeat(-1)), np.int64, len(words))
    at = np.flatnonzero(ids >= 0)
    yield Occurrences(row[at], ids[at], at, np.ones(len(at), np.int64))
    if len(features.pairs):
        at = _pair_starts(row, ids)
        place = features.find_pairs(ids[at] * len(features.words) + ids[at + 1])
        hit = place >= 0
        at = at[hit]
        yield Occurrences(row[at], place[hit] + len(features.words), at, np.full(len(at), 2, np.int64))


def _gram_occurrences(features: Features, points: npt.NDArray[np.uint32], row: Ints) -> Iterator[Occurrences]:
    if not len(features.grams):
        return
    letters = features.letters[np.minimum(points, len(features.letters) - 1)]
    base = len(features.alphabet) + 1
    at = np.flatnonzero(letters)
    code = letters[at]
    for length in range(1, features.longest_gram + 1):
        if length > 1:
            at, code = _longer(at, code, letters, row, length, base)
        if length >= features.shortest_gram:
            place = features.find_grams(code)
            hit = place >= 0
            # What is not known is not part of a longer one that is.
            at, code = at[hit], code[hit]
            size = np.full(len(at), length, np.int64)
            yield Occurrences(row[at], place[hit] + features.n_word_columns, at, size)


def _word_ids(words: Sequence[list[str]], ids: dict[str, int]) -> tuple[Ints, Ints]:
    lengths = np.fromiter(map(len, words), np.int64, len(words))
    row = np.repeat(np.arange(len(words)), lengths)
    flat = np.fromiter(map(ids.get, chain.from_iterable(words), repeat(-1)), np.int64, int(lengths.sum()))
    return row, flat


def _pair_starts(row: Ints, ids: Ints) -> Ints:
    return np.flatnonzero((row[:-1] == row[1:]) & (ids[:-1] >= 0) & (ids[1:] >= 0))


def _kept(codes: Ints, row: Ints, writer: Ints, settings: FeatureSettings) -> tuple[Ints, Ints]:
    """Return the sorted codes that enough comments and writers use, and in how many comments each is."""
    per_comment = np.unique(np.stack([codes, row]), axis=1) if len(codes) else np.empty((2, 0), np.int64)
    code, comments = np.unique(per_comment[0], return_counts=True)
    per_writer = np.unique(np.stack([per_comment[0], writer[per_comment[1]]]), axis=1)
    writers = np.unique(per_writer[0], return_counts=True)[1]
    enough = (comments >= settings.min_comments) & (writers >= settings.min_writers) & (code >= 0)
    return code[enough], comments[enough]


def _letter_table(alphabet: str) -> Ints:
    known = np.frombuffer(alphabet.encode("utf-32-le"), np.uint32)
    table = np.zeros(int(known.max(initial=0)) + 2, np.int64)
    table[known] = np.arange(1, len(known) + 1)
    return table


def _letter_ids(texts: Sequence[str], alphabet: str) -> tuple[Ints, Ints]:
    row = np.repeat(np.arange(len(texts)), text_lengths(texts))
    table = _letter_table(alphabet)
    return row, table[np.minimum(code_points(texts), len(table) - 1)]


def _longer(at: Ints, code: Ints, letters: Ints, row: Ints, length: int, base: int) -> tuple[Ints, Ints]:
    """Make n-grams of neighbouring (n - 1)-grams of one row: where they begin, and their codes."""
    next_to = np.flatnonzero((at[1:] == at[:-1] + 1) & (row[at[1:]] == row[at[:-1]]))
    at, code = at[next_to], code[next_to]
    return at, code * base + letters[at + length - 1]


def _learn_grams(texts: Sequence[str], writer: Ints, settings: FeatureSettings) -> tuple[str, Ints, Ints]:
    empty = np.empty(0, np.int64)
    if settings.longest_gram == 0:
        return "", empty, empty
    if not 1 <= settings.shortest_gram <= settings.longest_gram <= LONGEST_GRAM:
        raise ValueError(
            f"n-gram lengths {settings.shortest_gram}-{settings.longest_gram}: use 1 to {LONGEST_GRAM}"
        )
    letters_used = "".join(sorted(set(chain.from_iterable(texts)) - {"\n"}))
    row, letters = _letter_ids(texts, letters_used)
    frequent, _ = _kept(letters - 1, row, writer, settings)
    alphabet = "".join(letters_used[i] for i in frequent)
    row, letters = _letter_ids(texts, alphabet)
    at = np.flatnonzero(letters)
    code = letters[at]
    grams, dfs = [], []
    for length in range(1, settings.longest_gram + 1):
        if length > 1:
            at, code = _longer(at, code, letters, row, length, len(alphabet) + 1)
        if length >= settings.shortest_gram:
            kept, df = _kept(code, row[at], writer, settings)
            grams.append(kept)
            dfs.append(df)
    return alphabet, np.concatenate(grams), np.concatenate(dfs)
