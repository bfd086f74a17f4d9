"""Retraining: new labels in, a better model out, or the old one stays."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from comment_classifier.challenge import Challenge, challenge
from comment_classifier.classifier import CommentClassifier
from comment_classifier.codebook import Codebook
from comment_classifier.counting import PICKED
from comment_classifier.errors import InputError
from comment_classifier.evaluation import doubtful_labels
from comment_classifier.files import sha256
from comment_classifier.labelling import sheet_labels
from comment_classifier.labels import (
    COLUMNS,
    SEPARATOR,
    add_labels,
    known_rows,
    label_matrix,
    read_labels,
    settled_labels,
    twice_coded,
    voices_of,
)
from comment_classifier.library import train
from comment_classifier.model import load_model_file
from comment_classifier.store import Version, add_version, keep_current, promote
from comment_classifier.training import TrainingSettings, held_out_flags


@dataclass(frozen=True)
class Retrained:
    """What a retraining came to.

    Attributes:
        version: the new model, stored; ``version.current`` says whether it took over.
        challenge: how it stood beside the model before, None if there was none to compare with.
        faults: why it may not take over; nothing if it may.
        aside: ids of comments left out because coders differ.
        added: rows of the added sheet that came into the labelled comments.

    """

    version: Version
    challenge: Challenge | None
    faults: list[str]
    aside: list[str]
    added: int


def labels_file(labels: Path, codebook: Codebook) -> Path:
    """Return the file of a codebook's labelled comments: the path itself, or within that folder."""
    return labels / f"{codebook.id}.csv" if labels.is_dir() else labels


def gather(
    codebook: Codebook, labels: Path, add: Path | None = None, coder: str = ""
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read the labelled comments of a codebook, with those of a filled sheet or a further file.

    Args:
        codebook: whose comments.
        labels: a file, or a folder that holds ``<codebook>.csv``.
        add: a sheet that ``labels export`` or ``sample`` wrote, filled; or a table of labelled comments.
        coder: who read the rows of the sheet whose 読んだ人 is blank.

    Returns:
        All rows, one per coder and comment; and the added ones alone.

    Raises:
        InputError: a fatal problem in either, named by its row.

    """
    path = labels_file(labels, codebook)
    if not path.exists() and add is None:
        raise InputError(f"{path}: not found; it would hold the labelled comments of {codebook.id!r}")
    held = read_labels(path, codebook) if path.exists() else pd.DataFrame(columns=list(COLUMNS))
    new = held.iloc[:0] if add is None else _added(add, codebook, coder)
    fresh = {key: at for at, key in enumerate(zip(new["id"], new["coder"], strict=True))}
    old = [key not in fresh for key in zip(held["id"], held["coder"], strict=True)]
    return pd.concat([held[old], new], ignore_index=True).fillna(""), new


def fitted(
    codebook: Codebook,
    labels: Path,
    second: pd.DataFrame | None = None,
    add: Path | None = None,
    coder: str = "",
    hold_out: str = "voice",
) -> tuple[CommentClassifier, pd.DataFrame, pd.DataFrame]:
    """Train a model without comparing it; return it, its comments, and those that were coded twice.

    Raises:
        InputError: anything wrong with the labelled comments, or too little to learn from.

    """
    frame, _ = gather(codebook, labels, add, coder)
    twice = pd.concat([part for part in (second, twice_coded(frame)) if part is not None], ignore_index=True)
    frame, _ = settled_labels(frame)
    frame = frame.assign(voice=_groups(frame, hold_out))
    twice = twice[twice["id"].isin(frame["id"])]
    return train(frame, codebook, second=twice if len(twice) else None), frame, twice


def agreement_rows(classifier: CommentClassifier, frame: pd.DataFrame, twice: pd.DataFrame) -> pd.DataFrame:
    """List the comments on which two coders differ, or the first coder and the held-out model.

    Returns:
        ``id``, ``between`` (``coders`` or ``coder and model``), ``first``, ``second`` (ids joined by
        ``|``), ``text``.

    """
    place = {identifier: at for at, identifier in enumerate(frame["id"])}
    ids = np.array(classifier.book.ids, dtype=object)
    flags = classifier.held_out_.coding.flags
    rows = []
    for identifier, first, second in twice.itertuples(index=False):
        at = place[identifier]
        text, found = frame["text"].iloc[at], tuple(ids[flags[at]])
        for between, other in (("coders", second), ("coder and model", found)):
            if set(first) != set(other):
                rows.append((identifier, between, SEPARATOR.join(first), SEPARATOR.join(other), text))
    return pd.DataFrame(rows, columns=["id", "between", "first", "second", "text"])


def doubts(codebook: Codebook, labels: Path) -> pd.DataFrame:
    """List labels of which models that have not read the comment's voice are sure that they are otherwise.

    Returns:
        ``id``, ``text``, ``labels`` (joined by ``|``), ``category``, ``labelled``, ``score``, surest first.

    Raises:
        InputError: anything wrong with the labelled comments, or too little to learn from.

    """
    model, frame, _ = fitted(codebook, labels)
    held_out = model.held_out_
    found = doubtful_labels(held_out.flags, held_out.coding.scores, codebook.ids)
    rows = frame.iloc[found["row"]].reset_index(drop=True)
    return pd.DataFrame(
        {
            "id": rows["id"],
            "text": rows["text"],
            "labels": [SEPARATOR.join(labels) for labels in rows["labels"]],
            "category": found["category"],
            "labelled": found["labelled"],
            "score": found["score"].round(4),
        }
    )


def retrain(
    codebook: Codebook,
    labels: str | Path,
    folder: str | Path,
    *,
    add: str | Path | None = None,
    second: pd.DataFrame | None = None,
    coder: str = "",
    hold_out: str = "voice",
    force: bool = False,
    take_over: bool = True,
    settings: TrainingSettings | None = None,
) -> Retrained:
    """Train a challenger, set it beside the current model, and let it take over if it is not worse.

    Both are judged on the same comments, each coded by models that have not read its voice; the current
    model's side learns only from the rows it was trained on. Rule: :meth:`Challenge.faults`. First
    the challenger is stored, then the added labels are taken in, then it becomes current; whatever
    interrupts this leaves labels and current model whole.

    Args:
        codebook: the categories.
        labels: labelled comments: a file, or a folder that holds ``<codebook>.csv``.
        folder: of the models.
        add: a filled sheet, or a table of labelled comments, to learn from as well. They are taken into
            ``labels`` only if the challenger takes over.
        second: ``id, first, second``: comments coded twice, for the card.
        coder: who read the rows of the sheet whose 読んだ人 is blank.
        hold_out: the column whose values are held out whole: ``voice``, or ``source`` for waves.
        force: let the challenger take over whatever the comparison says; its card tells.
        take_over: if false, the challenger is only stored; :func:`comment_classifier.store.promote` makes it
            current.
        settings: how to fit.

    Raises:
        InputError: anything wrong with the labelled comments, too little to learn from, or a folder
            that cannot be written to.

    """
    folder, labels = Path(folder), Path(labels)
    add = None if add is None else Path(add)
    frame, new = gather(codebook, labels, add, coder)
    coded_twice = pd.concat([part for part in (second, twice_coded(frame)) if part is not None])
    frame, aside = settled_labels(frame)
    frame = frame.assign(voice=_groups(frame, hold_out))
    challenger = train(frame, codebook, settings, second=coded_twice if len(coded_twice) else None)
    before = keep_current(codebook, folder)
    compared = _compare(challenger, frame, codebook, before, settings or TrainingSettings())
    faults = compared.faults() if compared else []
    passed = not faults
    said = {
        "passed": passed,
        "forced": bool(faults) and force,
        "reasons": faults,
        "lines": compared.lines() if compared else [],
    }
    if compared:
        challenger.model_ = replace(challenger.model_, card={**challenger.model_.card, "challenge": said})
    version = add_version(challenger, folder, _record(said, labels_file(labels, codebook), add, new, before))
    if not take_over or (faults and not force):
        return Retrained(version, compared, faults, aside, 0)
    outcome = [] if add is None else add_labels(labels_file(labels, codebook), new, codebook).tolist()
    promote(version, folder)
    version = replace(version, current=True)
    return Retrained(version, compared, faults, aside, sum(said != "known" for said in outcome))


def _added(add: Path, codebook: Codebook, coder: str) -> pd.DataFrame:
    if add.suffix.lower() != ".xlsx":
        return read_labels(add, codebook)
    found, refused = sheet_labels(add, coder)
    if refused:
        first = refused[0]
        raise InputError(
            f"{add}: sheet {first.question!r}, row {first.row}{first.message} ({len(refused)} rows in all; "
            "'labels import' lists them)"
        )
    for book, rows in found:
        if book.id == codebook.id:
            if book.digest != codebook.digest:
                raise InputError(
                    f"{add}: was drawn by another version of the codebook {codebook.id!r}. Export it again"
                )
            return rows.reset_index(drop=True)
    raise InputError(f"{add}: holds no comments of the codebook {codebook.id!r}")


def _groups(frame: pd.DataFrame, hold_out: str) -> Sequence[str]:
    if hold_out == "voice":
        return voices_of(frame)
    groups: list[str] = frame[hold_out].tolist()
    return groups


def _compare(
    challenger: CommentClassifier,
    frame: pd.DataFrame,
    codebook: Codebook,
    before: Version | None,
    settings: TrainingSettings,
) -> Challenge | None:
    """Compare with the model before; None if there is none, or none that counts the same."""
    if before is None:
        return None
    current = load_model_file(before.path)
    if current.codebook.digest != codebook.digest:
        return None
    # A model that does not know its rows is taken to know all: nothing is then called new.
    keys = current.card.get("rows")
    usable = np.ones(len(frame), bool) if keys is None else known_rows(frame, keys)
    if not usable.any():
        return None
    flags = label_matrix(frame["labels"], codebook)
    even = (frame["chosen"] != PICKED).to_numpy(bool)
    coding = held_out_flags(
        frame["text"].tolist(), flags, frame["voice"].tolist(), codebook, settings, usable, even
    )
    return challenge(flags, coding, challenger.held_out_.coding.flags, ~usable, codebook)


def _record(
    said: dict[str, Any], labels: Path, add: Path | None, new: pd.DataFrame, before: Version | None
) -> dict[str, Any]:
    return {
        "labels": {"file": labels.name, "sha256": sha256(labels) if labels.exists() else None},
        "added": None if add is None else {"file": add.name, "sha256": sha256(add), "rows": len(new)},
        "beside": None if before is None else before.number,
        **said,
    }
