"""Cross tables: the counts of a question by an attribute of the respondents."""

from collections.abc import Mapping, Sequence

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
    named = [k for k, c in enumerate(codebook.categories) if c.role != "none"]
    counts, distinct = {}, {}
    for name in values.unique():
        inside = (values == name).to_numpy(bool)
        flags = coded.loc[inside, list(codebook.ids)].to_numpy(bool)
        answered = int((~flags[:, codebook.ids.index(codebook.none)]).sum())
        counts[name] = (len(flags), answered, flags.sum(axis=0)[named])
        distinct[name] = np.array([len(set(groups[inside][its].tolist())) for its in flags.T[named]])
    return cross_frame(named_categories(codebook), counts, distinct)


def named_categories(codebook: Codebook) -> list[tuple[str, str]]:
    """Return id and label of what a cross table counts: every category but no answer."""
    return [(c.id, c.label) for c in codebook.categories if c.role != "none"]


def cross_frame(
    counted: Sequence[tuple[str, str]],
    counts: Mapping[str, tuple[int, int, Ints]],
    distinct: Mapping[str, Ints] | None = None,
) -> pd.DataFrame:
    """Lay out a cross table; see :func:`cross_table`.

    Args:
        counted: id and label of the k categories or choices.
        counts: by group its rows, its answers, and (k,) counts.
        distinct: by group (k,) different texts; NaN without.

    """
    names = sorted(counts, key=lambda g: (g == MISSING, -counts[g][0], g))
    rows = []
    for name in names:
        size, base_n, given = counts[name]
        texts = [np.nan] * len(counted) if distinct is None else distinct[name].tolist()
        for (category, label), count, different in zip(counted, given.tolist(), texts, strict=True):
            share = 100 * count / base_n if base_n else float("nan")
            rows.append((name, size, base_n, category, label, count, different, share, base_n < SMALL))
    columns = ["group", "rows", "base_n", "category", "label", "count", "distinct", "share", "small"]
    return pd.DataFrame(rows, columns=columns)


def add_groups(
    one: Mapping[str, Mapping[str, Ints]], other: Mapping[str, Mapping[str, Ints]]
) -> dict[str, dict[str, Ints]]:
    """Add up what two parts of a file count by attribute and group; a group may be in one of them only."""
    added = {name: dict(groups) for name, groups in one.items()}
    for name, groups in other.items():
        for group, counts in groups.items():
            added[name][group] = added[name][group] + counts if group in added[name] else counts
    return added
