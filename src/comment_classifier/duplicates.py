"""Duplicates: answers that are one text, exactly or nearly; a mass copy is not many voices."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from comment_classifier.text import duplicate_key

NEAR = 0.8  # share of common trigrams (Jaccard) from which two longer texts are one
LONG_ENOUGH = 15  # characters without punctuation; shorter answers coincide by chance
_GRAM = 3
_COMMON = 500  # a trigram of more different texts than this tells nothing


def group_duplicates(texts: Sequence[object]) -> npt.NDArray[np.int64]:
    """Group n comments by their text.

    Exact duplicates share :func:`comment_classifier.text.duplicate_key`; near-duplicates are longer
    texts that share most of their trigrams, directly or through a third. Blank comments are no group.

    Returns:
        (n,) the number of the group, in order of first appearance; -1 for a blank comment.

    """
    keys = [duplicate_key(t) if isinstance(t, str) and t.strip() else "" for t in texts]
    distinct = list(dict.fromkeys(k for k in keys if k))
    parent = _joined(distinct)
    number: dict[int, int] = {}
    group_of = {key: number.setdefault(_root(parent, i), len(number)) for i, key in enumerate(distinct)}
    return np.array([group_of[k] if k else -1 for k in keys], np.int64)


def largest_groups(
    texts: Sequence[str], groups: npt.NDArray[np.int64], most: int = 3
) -> list[tuple[str, int]]:
    """Return the largest groups of at least two comments: the first wording of each, and how many."""
    sizes = Counter(groups[groups >= 0].tolist())
    first: dict[int, str] = {}
    for text, group in zip(texts, groups.tolist(), strict=True):
        first.setdefault(group, text)
    ranked = sorted(sizes.items(), key=lambda item: (-item[1], item[0]))[:most]
    return [(first[group], size) for group, size in ranked if size > 1]


def _joined(keys: list[str]) -> list[int]:
    """Join near-duplicates: a parent per key, itself where there is none.

    Two sets that share 80 % of their union share one of the rarest grams of either: of n grams, the
    n - ⌈0.8 n⌉ + 1 rarest. Only those are looked up.

    References:
        S. Chaudhuri, V. Ganti, R. Kaushik, A primitive operator for similarity joins (2006).

    """
    parent = list(range(len(keys)))
    long = [(i, k) for i, k in enumerate(keys) if len(k) >= LONG_ENOUGH]
    grams = {i: {k[at : at + _GRAM] for at in range(len(k) - _GRAM + 1)} for i, k in long}
    frequency = Counter(gram for its in grams.values() for gram in its)
    holders: dict[str, list[int]] = defaultdict(list)
    for i, its in grams.items():
        rarest = sorted(its, key=lambda gram: (frequency[gram], gram))
        candidates: set[int] = set()
        for gram in rarest[: len(its) - math.ceil(NEAR * len(its)) + 1]:
            if len(holders[gram]) <= _COMMON:
                candidates.update(holders[gram])
            holders[gram].append(i)
        for j in candidates:
            if not NEAR * len(its) <= len(grams[j]) <= len(its) / NEAR:
                continue
            common = len(its & grams[j])
            if common / (len(its) + len(grams[j]) - common) >= NEAR:
                parent[_root(parent, i)] = _root(parent, j)
    return parent


def _root(parent: list[int], i: int) -> int:
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i
