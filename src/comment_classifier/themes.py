"""New themes: what the comments that fit no category, or hardly one, have in common."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from comment_classifier.features import find_occurrences, tfidf
from comment_classifier.model import Model
from comment_classifier.text import duplicate_key, normalize_all
from comment_classifier.tokenizer import split_words

FEWEST = 20  # comments; fewer are read faster than grouped
_PER_THEME = 10
_MOST = 1000  # comments that are grouped, evenly from all: more would not change the themes, but take long
_MOST_THEMES = 6
_WORDS, _QUOTES = 5, 2


@dataclass(frozen=True)
class Theme:
    """A group of like comments: how many, the words typical of them, and the most central ones."""

    size: int
    words: tuple[str, ...]
    quotes: tuple[str, ...]


def find_themes(model: Model, texts: Sequence[str], seed: int = 0) -> list[Theme]:
    """Group comments by their words, as candidates for new categories.

    k-means on the model's TF-IDF; each text once, however often it came.

    Args:
        model: whose features are used.
        texts: comments coded ``other``, or that no category reached its threshold for.
        seed: of the grouping.

    Returns:
        Themes from the largest; none for fewer than 20 different texts.

    """
    distinct = list({duplicate_key(t): t for t in texts}.values())
    distinct = distinct[:: 1 + len(distinct) // _MOST]
    if len(distinct) < FEWEST:
        return []
    from sklearn.cluster import KMeans

    normalized = normalize_all(distinct)
    words = split_words(normalized)
    matrix = tfidf(model.features, find_occurrences(model.features, normalized, words), len(normalized))
    k = min(int(np.clip(len(distinct) // _PER_THEME, 2, _MOST_THEMES)), _different_rows(matrix))
    if k < 2:  # comments in which the model knows no word are all alike to it
        return []
    fitted = KMeans(k, n_init=10, random_state=seed).fit(matrix)
    named = np.array([len(w) > 1 and w.isalpha() for w in model.features.words])
    overall = np.asarray(matrix.mean(axis=0)).ravel()[: len(named)]
    themes = []
    for group in range(k):
        rows = np.flatnonzero(fitted.labels_ == group)
        if not len(rows):
            continue
        excess = (fitted.cluster_centers_[group, : len(named)] - overall) * named
        typical = [model.features.words[i] for i in np.argsort(-excess)[:_WORDS] if excess[i] > 0]
        distance = fitted.transform(matrix[rows])[:, group]
        quotes = [distinct[rows[i]] for i in np.argsort(distance, kind="stable")[:_QUOTES]]
        themes.append(Theme(len(rows), tuple(typical), tuple(quotes)))
    return sorted(themes, key=lambda theme: (-theme.size, theme.words))


def _different_rows(matrix: Any) -> int:
    ends = zip(matrix.indptr[:-1], matrix.indptr[1:], strict=True)
    return len({(matrix.indices[a:b].tobytes(), matrix.data[a:b].tobytes()) for a, b in ends})
