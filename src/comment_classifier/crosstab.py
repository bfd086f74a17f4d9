"""Cross tables: the counts of a question by an attribute of the respondents."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from comment_classifier.codebook import Codebook

Ints = npt.NDArray[np.int64]
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
    counts, distinct = {}, {}
    for name in values.unique():
        inside = (values == name).to_numpy(bool)
        flags = coded.loc[inside, list(codebook.ids)].to_numpy(bool)
        answered = int((~flags[:, codebook.ids.index(codebook.none)]).sum())
        counts[name] = (len(flags), answered, flags.sum(axis=0))
        distinct[name] = np.array([len(set(groups[inside][its].tolist())) for its in flags.T])
    return cross_frame(codebook, counts, distinct)


def cross_frame(
    codebook: Codebook, counts: Mapping[str, tuple[int, int, Ints]], distinct: Mapping[str, Ints]
) -> pd.DataFrame:
    """Lay out a cross table from the rows, answers and (k,) counts of each group; see :func:`cross_table`."""
    names = sorted(counts, key=lambda g: (g == MISSING, -counts[g][0], g))
    shown = [(k, c) for k, c in enumerate(codebook.categories) if c.role != "none"]
    rows = []
    for name in names:
        size, base_n, given = counts[name]
        for k, category in shown:
            share = 100 * int(given[k]) / base_n if base_n else float("nan")
            figures = (category.id, category.label, int(given[k]), int(distinct[name][k]), share)
            rows.append((name, size, base_n, *figures, base_n < SMALL))
    columns = ["group", "rows", "base_n", "category", "label", "count", "distinct", "share", "small"]
    return pd.DataFrame(rows, columns=columns)
