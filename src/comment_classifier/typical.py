"""Typical comments of a category, chosen by a stated rule.

The rule: comments of the category that are not marked for review, of 8 to 120 characters, in which
no personal data are found, each wording once; of these, those of no other category first, the one nearest
to the middle of them all, and then the next nearest that is not much like one already chosen. Of more
than 300 different comments, 300 at most are looked at, evenly from all. People read whether they are fit
to print.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from comment_classifier.codebook import Codebook
from comment_classifier.duplicates import group_duplicates
from comment_classifier.features import find_occurrences, tfidf
from comment_classifier.masking import mask_all
from comment_classifier.model import Model
from comment_classifier.text import normalize_all
from comment_classifier.tokenizer import split_words

SHORTEST, LONGEST = 8, 120  # characters
_MOST = 300  # comments that are looked at
_ALIKE = 0.5  # cosine from which two comments say much the same


def typical_comments(
    model: Model, codebook: Codebook, coded: pd.DataFrame, n: int = 3
) -> dict[str, list[int]]:
    """Choose comments that stand for their category.

    Args:
        model: whose features say how alike two comments are.
        codebook: the categories.
        coded: comments as :func:`comment_classifier.classify` returns them, numbered from 0.
        n: of each category, at most.

    Returns:
        By category id, no answer left out, the numbers of the comments chosen, the most typical first.

    """
    fit = _fit(coded)
    alone = coded[list(codebook.ids)].sum(axis=1) == 1
    return {
        category.id: _central(model, coded["text"], alone, fit[coded.loc[fit, category.id].to_numpy(bool)], n)
        for category in codebook.categories
        if category.role != "none"
    }


def _fit(coded: pd.DataFrame) -> pd.Index:
    lengths = coded["text"].astype(object).str.len()  # a column of no texts is one of floats for pandas
    return coded.index[~coded["review"].astype(bool) & lengths.between(SHORTEST, LONGEST)]


def _central(
    model: Model, texts: "pd.Series[str]", alone: "pd.Series[bool]", rows: pd.Index, n: int
) -> list[int]:
    rows = texts.loc[rows].drop_duplicates().index
    rows = rows[:: -(-len(rows) // _MOST) or 1]
    rows = rows[_first_of_each(texts.loc[rows].tolist())]
    rows = rows[_impersonal(texts.loc[rows].tolist())]
    if rows.empty:
        return []
    likeness = _likeness(model, texts.loc[rows].tolist())
    # Rounded, so that what is equal is equal on every machine, and the first comes first.
    middle = likeness.sum(axis=1).round(9)
    chosen: list[int] = []
    for i in np.lexsort((-middle, ~alone.loc[rows].to_numpy(bool))).tolist():
        if len(chosen) < n and (likeness[i, chosen] < _ALIKE).all():
            chosen.append(i)
    return [int(row) for row in rows[chosen]]


def _first_of_each(texts: Sequence[str]) -> npt.NDArray[np.int64]:
    """Return where each wording stands first."""
    first: npt.NDArray[np.int64] = np.unique(group_duplicates(texts), return_index=True)[1]
    return np.sort(first)


def _impersonal(texts: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Tell in which texts no personal data are found."""
    return np.array([masked == text for masked, text in zip(mask_all(texts), texts, strict=True)], bool)


def _likeness(model: Model, texts: Sequence[str]) -> npt.NDArray[np.float64]:
    """Return the cosines of n texts to each other, 0 for one of which the model knows no word."""
    normalized = normalize_all(texts)
    matrix = tfidf(
        model.features, find_occurrences(model.features, normalized, split_words(normalized)), len(texts)
    )
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    lengths[lengths == 0] = 1.0
    likeness: npt.NDArray[np.float64] = (matrix @ matrix.T).toarray() / np.outer(lengths, lengths)
    return likeness
