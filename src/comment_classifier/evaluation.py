"""How well codings agree: with labels, between coders, and what the review mark catches."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Agreement:
    """Two codings of the same comments.

    Attributes:
        comments: how many.
        micro_f1: 2·TP / (2·TP + FP + FN) over all categories.
        macro_f1: mean of the categories' F1, categories that neither coding uses left out.
        exact: share of comments with exactly the same categories.
        categories: per category ``n`` (first coding), ``given`` (second coding), ``precision``,
            ``recall``, ``f1``, ``alpha``.

    """

    comments: int
    micro_f1: float
    macro_f1: float
    exact: float
    categories: pd.DataFrame


def compare_codings(first: Bools, second: Bools, ids: tuple[str, ...]) -> Agreement:
    """Compare two (n, k) codings; the first is taken as the truth for precision and recall."""
    hits = (first & second).sum(axis=0)
    n, given = first.sum(axis=0), second.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        table = pd.DataFrame(
            {
                "n": n,
                "given": given,
                "precision": hits / given,
                "recall": hits / n,
                "f1": 2 * hits / (n + given),
                "alpha": [krippendorff_alpha(first[:, k], second[:, k]) for k in range(first.shape[1])],
            },
            index=pd.Index(ids, name="category"),
        )
    total = int(n.sum() + given.sum())
    return Agreement(
        comments=len(first),
        micro_f1=float(2 * hits.sum() / total) if total else float("nan"),
        macro_f1=float(table["f1"].mean()),
        exact=float((first == second).all(axis=1).mean()) if len(first) else float("nan"),
        categories=table,
    )


def doubtful_labels(flags: Bools, scores: Floats, ids: tuple[str, ...], sure: float = 0.9) -> pd.DataFrame:
    """List labels of which held-out models are sure that they are otherwise, the surest first.

    Args:
        flags: (n, k) the labels.
        scores: (n, k) held-out probabilities.
        ids: the k categories.
        sure: the probability from which a model is sure.

    Returns:
        ``row`` (0 to n - 1), ``category``, ``labelled`` (bool) and ``score``.

    """
    against = np.where(flags, 1 - scores, scores)
    rows, columns = np.nonzero(against >= sure)
    frame = pd.DataFrame(
        {
            "row": rows,
            "category": [ids[k] for k in columns],
            "labelled": flags[rows, columns],
            "score": scores[rows, columns],
        }
    )
    order = np.argsort(-against[rows, columns], kind="stable")
    return frame.iloc[order].reset_index(drop=True)


def krippendorff_alpha(first: Bools, second: Bools) -> float:
    """Krippendorff's α for two coders, nominal yes/no data without gaps.

    NaN where neither coder ever says the other value.

    References:
        K. Krippendorff, Content Analysis, 4th ed. (2018), ch. 12.

    """
    values = 2 * len(first)
    ones = int(first.sum() + second.sum())
    expected = 2 * ones * (values - ones) / (values * (values - 1)) if values > 1 else 0.0
    if expected == 0:
        return float("nan")
    return float(1 - (first != second).mean() / expected)


@dataclass(frozen=True)
class ReviewMark:
    """What the review mark is worth: share of comments marked, and its precision and recall.

    Precision is the share of marked comments that are wrong; recall the share of wrong comments
    that are marked.
    """

    marked: float
    precision: float
    recall: float


def judge_review(wrong: Bools, review: Bools) -> ReviewMark:
    """Judge (n,) review marks by (n,) errors."""
    caught = int((wrong & review).sum())
    return ReviewMark(
        marked=float(review.mean()),
        precision=caught / int(review.sum()) if review.any() else float("nan"),
        recall=caught / int(wrong.sum()) if wrong.any() else float("nan"),
    )
