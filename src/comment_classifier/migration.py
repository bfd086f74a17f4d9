"""From one codebook to the next: which labels can be carried over, and which must be read again."""

from dataclasses import dataclass

import pandas as pd

from comment_classifier.codebook import Codebook

SPLIT, GONE, PERHAPS_NEW = "split", "gone", "perhaps new"


@dataclass(frozen=True)
class Change:
    """What became of a category: ``kept``, ``renamed``, ``merged``, ``split``, ``gone`` or ``new``."""

    kind: str
    old: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(frozen=True)
class Migration:
    """Labelled comments under a new codebook.

    Attributes:
        changes: what became of each category.
        carried: the comments whose labels follow from the old ones, with the new labels.
        again: the comments that must be read again, with their old labels and ``why``: they have a
            category that was split or is gone, or ``other`` where a new category might fit.

    """

    changes: list[Change]
    carried: pd.DataFrame
    again: pd.DataFrame


def changes(old: Codebook, new: Codebook) -> list[Change]:
    """Say what became of each category.

    A category of the new codebook takes over those that its ``was`` names; without ``was`` the one of its
    own id, if there is one. ``other`` and ``none`` are matched by their role.
    """
    sources = {c.id: _sources(c.id, old, new) for c in new.categories}
    heirs: dict[str, list[str]] = {c: [n for n, its in sources.items() if c in its] for c in old.ids}
    found = []
    for category, its in sources.items():
        shared = [c for c in its if len(heirs[c]) > 1]
        if not its:
            found.append(Change("new", (), (category,)))
        elif not shared:
            kind = "merged" if len(its) > 1 else "kept" if its == (category,) else "renamed"
            found.append(Change(kind, its, (category,)))
    found += [Change("split", (c,), tuple(h)) for c, h in heirs.items() if len(h) > 1]
    return found + [Change("gone", (c,), ()) for c, h in heirs.items() if not h]


def migrate(labeled: pd.DataFrame, old: Codebook, new: Codebook) -> Migration:
    """Carry labels over to a new codebook as far as they follow from the old ones.

    Args:
        labeled: as :func:`comment_classifier.labels.read_labels` returns it, by the old codebook.
        old: the codebook they were coded by.
        new: the next one; ``was`` in its categories says what was renamed, merged or split.

    """
    found = changes(old, new)
    heir = {
        c: change.new[0]
        for change in found
        if change.kind in ("kept", "renamed", "merged")
        for c in change.old
    }
    reasons = {c: SPLIT for change in found if change.kind == "split" for c in change.old}
    reasons |= {c: GONE for change in found if change.kind == "gone" for c in change.old}
    if any(change.kind == "new" for change in found):
        reasons[old.other] = PERHAPS_NEW
    why = [", ".join(f"{c} {reasons[c]}" for c in labels if c in reasons) for labels in labeled["labels"]]
    to_read = pd.Series([bool(w) for w in why], index=labeled.index)
    carried = labeled[~to_read].copy()
    moved = [{heir[c] for c in labels} for labels in carried["labels"]]
    ordered = [tuple(c for c in new.ids if c in its) for its in moved]
    carried["labels"] = pd.Series(ordered, index=carried.index, dtype=object)
    again = labeled[to_read].assign(why=[w for w in why if w])
    return Migration(found, carried.reset_index(drop=True), again.reset_index(drop=True))


def _sources(category: str, old: Codebook, new: Codebook) -> tuple[str, ...]:
    mine = next(c for c in new.categories if c.id == category)
    if mine.was:
        return tuple(c for c in mine.was if c in old.ids)
    if mine.role == "named":
        return (category,) if category in old.ids else ()
    return (old.other,) if mine.role == "other" else (old.none,)
