"""Counts per category: the figures behind every table and chart."""

import pandas as pd

from comment_classifier.codebook import Codebook


def count_categories(coded: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Count the mentions of each category.

    Args:
        coded: a frame with a bool column per category id.
        codebook: whose categories are counted, in its order.

    Returns:
        Indexed by category id: ``label``, ``count`` (comments that state it) and ``share`` of the
        base in percent. The base, comments that are an answer, is in ``attrs["base_n"]``; no answer
        stands outside the base, so that its share is NaN.

    """
    counts = [int(coded[category].sum()) for category in codebook.ids]
    base_n = len(coded) - counts[codebook.ids.index(codebook.none)]
    frame = pd.DataFrame(
        {"label": codebook.labels, "count": counts}, index=pd.Index(codebook.ids, name="category")
    )
    frame["share"] = 100 * frame["count"] / base_n if base_n else float("nan")
    frame.loc[codebook.none, "share"] = float("nan")
    frame.attrs["base_n"] = base_n
    return frame


def bars(counts: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Return the rows that a bar chart shows, in its order.

    Named categories from the largest to the smallest, ties in codebook order, then ``other``;
    no answer is not a bar.
    """
    named = [c.id for c in codebook.categories if c.role == "named"]
    ordered = counts.loc[named].sort_values("count", ascending=False, kind="stable")
    return pd.concat([ordered, counts.loc[[codebook.other]]])
