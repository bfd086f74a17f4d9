"""From words and characters to sparse TF-IDF, with the same arithmetic at fit and at scoring.

The features are single words, pairs of neighbouring words, and character n-grams. The loops over
them run in C: words become ids through one dictionary lookup each, and pairs and n-grams become
integers that are looked up all at once with ``numpy.searchsorted``.

The values are those of scikit-learn's ``TfidfVectorizer(sublinear_tf=True)``, one for words and
one for characters, side by side as in a ``FeatureUnion``; the tests compare the two.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, repeat
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

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
        grams: sorted codes, the ids of an n-gram as digits in base ``len(alphabet) + 1``.
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
    all_words = {w: i for i, w in enumerate(dict.fromkeys(chain.from_iterable(words)))}
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
    row, ids = _word_ids(words, features.ids)
    at = np.arange(len(ids))
    single = ids >= 0
    found = [Occurrences(row[single], ids[single], at[single], np.ones(single.sum(), np.int64))]
    if len(features.pairs):
        at = _pair_starts(row, ids)
        place, hit = _look_up(features.pairs, ids[at] * len(features.words) + ids[at + 1])
        at = at[hit]
        found.append(
            Occurrences(row[at], place[hit] + len(features.words), at, np.full(len(at), 2, np.int64))
        )
    if len(features.grams):
        row, letters = _letter_ids(texts, features.alphabet)
        codes = np.zeros(len(letters), np.int64)
        for length in range(1, features.longest_gram + 1):
            codes, valid = _longer(codes, letters, row, length, len(features.alphabet) + 1)
            if length >= features.shortest_gram:
                at = np.flatnonzero(valid)
                place, hit = _look_up(features.grams, codes[at])
                at = at[hit]
                size = np.full(len(at), length, np.int64)
                found.append(Occurrences(row[at], place[hit] + features.n_word_columns, at, size))
    return Occurrences(
        *(np.concatenate([getattr(f, n) for f in found]) for n in ("row", "column", "start", "length"))
    )


def tfidf(features: Features, occurrences: Occurrences, n_rows: int) -> Any:
    """Turn occurrences into the TF-IDF matrix.

    Returns:
        A CSR matrix (n_rows, len(features)): (1 + ln count) · idf, the word columns and the
        n-gram columns of each row scaled to Euclidean length 1 separately.

    """
    from scipy import sparse

    shape = (n_rows, len(features))
    counts = sparse.coo_matrix(
        (np.ones(len(occurrences.row)), (occurrences.row, occurrences.column)), shape=shape
    ).tocsr()  # adds up
    counts.sort_indices()
    counts.data = (1.0 + np.log(counts.data)) * features.idf[counts.indices]
    row = np.repeat(np.arange(n_rows), np.diff(counts.indptr))
    block = 2 * row + (counts.indices >= features.n_word_columns)
    norm = np.sqrt(np.bincount(block, weights=counts.data**2, minlength=2 * n_rows))
    counts.data /= norm[block]
    return counts


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


def _letter_ids(texts: Sequence[str], alphabet: str) -> tuple[Ints, Ints]:
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    row = np.repeat(np.arange(len(texts)), lengths)
    points = np.frombuffer("".join(texts).encode("utf-32-le"), np.uint32)
    known = np.frombuffer(alphabet.encode("utf-32-le"), np.uint32)
    # One entry more than the highest known character: whatever lies above is unknown, too.
    table = np.zeros(int(known.max(initial=0)) + 2, np.int64)
    table[known] = np.arange(1, len(known) + 1)
    return row, table[np.minimum(points, len(table) - 1)]


def _longer(
    codes: Ints, letters: Ints, row: Ints, length: int, base: int
) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Extend the codes of (length - 1)-grams by the next letter; say which lie in one row."""
    valid = np.zeros(len(letters), bool)
    if len(letters) < length:
        return codes, valid
    last = len(letters) - length + 1
    longer = codes.copy()
    longer[:last] = np.where(codes[:last] < 0, -1, codes[:last] * base + letters[length - 1 :])
    same_row = row[:last] == row[length - 1 :]
    longer[:last][~same_row | (letters[length - 1 :] == 0)] = -1
    longer[last:] = -1
    valid[:last] = longer[:last] > 0
    return longer, valid


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
    codes = np.zeros(len(letters), np.int64)
    grams, dfs = [], []
    for length in range(1, settings.longest_gram + 1):
        codes, valid = _longer(codes, letters, row, length, len(alphabet) + 1)
        if length >= settings.shortest_gram:
            kept, df = _kept(codes[valid], row[valid], writer, settings)
            grams.append(kept)
            dfs.append(df)
    return alphabet, np.concatenate(grams), np.concatenate(dfs)


def _look_up(known: Ints, codes: Ints) -> tuple[Ints, npt.NDArray[np.bool_]]:
    place = np.searchsorted(known, codes)
    place[place == len(known)] = 0
    return place, known[place] == codes
