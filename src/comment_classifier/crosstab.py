"""Cross tables: the counts of a question by an attribute of the respondents."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from comment_classifier.codebook import Codebook

MISSING = "(記載なし)"
SMALL = 10  # answers; shares of fewer say little, and may point at a person


def cross_table(
    coded: pd.DataFrame, codebook: Codebook, attribute: pd.Series, groups: npt.NDArray[np.int64]
) -> pd.DataFrame:
    """Count the categories within each group of an attribute. No row is lost.

    Args:
        coded: n comments with a bool column per category id.
        codebook: the categories.
        attribute: (n,) texts in the same order; a blank one is a group of its own.
        groups: (n,) the number of each comment's text, as :func:`group_duplicates` tells it.

    Returns:
        One row per group and category, groups from the largest, the blank one last: ``group``,
        ``rows`` (comments and blanks), ``base_n`` (answers), ``category``, ``label``, ``count``,
        ``distinct`` (different texts among them), ``share`` (percent of ``base_n``), ``small`` (fewer
        than 10 answers). No answer is no category
        here; it is ``rows`` less ``base_n``.

    """
    values = attribute.map(lambda value: str(value).strip() or MISSING).set_axis(coded.index)
    sizes = values.value_counts()
    names = sorted(sizes.index, key=lambda g: (g == MISSING, -int(sizes[g]), g))
    shown = [c for c in codebook.categories if c.role != "none"]
    rows = []
    for name in names:
        inside = (values == name).to_numpy(bool)
        part, texts = coded[inside], groups[inside]
        base_n = len(part) - int(part[codebook.none].sum())
        for category in shown:
            given = part[category.id].to_numpy(bool)
            count, distinct = int(given.sum()), len(set(texts[given].tolist()))
            share = 100 * count / base_n if base_n else float("nan")
            figures = (category.id, category.label, count, distinct, share)
            rows.append((name, len(part), base_n, *figures, base_n < SMALL))
    columns = ["group", "rows", "base_n", "category", "label", "count", "distinct", "share", "small"]
    return pd.DataFrame(rows, columns=columns)
