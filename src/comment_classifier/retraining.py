"""Retraining: new labels in, a better model out, or the old one stays."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from comment_classifier.cards import coded_by_model
from comment_classifier.challenge import FEWEST_ADDED, Challenge, challenge
from comment_classifier.classifier import CommentClassifier
from comment_classifier.codebook import Codebook
from comment_classifier.coding import code_comments
from comment_classifier.counting import PICKED
from comment_classifier.errors import InputError
from comment_classifier.evaluation import doubtful_labels
from comment_classifier.files import finish_files, sha256
from comment_classifier.labelling import sheet_labels
from comment_classifier.labels import (
    COLUMNS,
    KEY_DIGITS,
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
from comment_classifier.model_file import load_model_file
from comment_classifier.store import Version, add_version, keep_current, promote
from comment_classifier.training import TrainingSettings, held_out_flags

MOST_OF = 0.8  # of what the current model learned from, as much as a fold leaves: that stands for it


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
    if labels.is_dir():
        finish_files(labels)
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
    fresh = set(zip(new["id"], new["coder"], strict=True))
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
    frame, twice, _ = _prepared(frame, second, hold_out)
    return train(frame, codebook, second=twice), frame, twice


def _prepared(
    frame: pd.DataFrame, second: pd.DataFrame | None, hold_out: str
) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Return one row per settled comment with its voice, those coded twice, and the ids set aside."""
    twice = twice_coded(frame)
    if second is not None:
        twice = pd.concat([second, twice], ignore_index=True)
    frame, aside = settled_labels(frame)
    voices = voices_of(frame) if hold_out == "voice" else frame[hold_out]
    return frame.assign(voice=voices), twice, aside


def agreement_rows(classifier: CommentClassifier, frame: pd.DataFrame, twice: pd.DataFrame) -> pd.DataFrame:
    """List the comments on which two coders differ, or the first coder and the held-out model.

    Returns:
        ``id``, ``between`` (``coders`` or ``coder and model``), ``first``, ``second`` (ids joined by
        ``|``), ``text``.

    """
    compared, coding = coded_by_model(frame, twice, classifier)
    ids = np.array(classifier.book.ids, dtype=object)
    rows = []
    for (identifier, first, second, text), flags in zip(
        compared[["id", "first", "second", "text"]].itertuples(index=False), coding, strict=True
    ):
        for between, other in (("coders", second), ("coder and model", tuple(ids[flags]))):
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
    model's side learns only from the rows it was trained on. Where ``labels`` lack more than a fifth of
    those, it is judged as it is, on the comments that it has not read. Rule: :meth:`Challenge.faults`. First
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
    frame, twice, aside = _prepared(frame, second, hold_out)
    challenger = train(frame, codebook, settings, second=twice)
    before = keep_current(codebook, folder)
    compared, faults = _compare(challenger, frame, codebook, before, settings or TrainingSettings())
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
    added = 0
    if add is not None:
        added = int((add_labels(labels_file(labels, codebook), new, codebook) != "known").sum())
    promote(version, folder)
    return Retrained(replace(version, current=True), compared, faults, aside, added)


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


def _compare(
    challenger: CommentClassifier,
    frame: pd.DataFrame,
    codebook: Codebook,
    before: Version | None,
    settings: TrainingSettings,
) -> tuple[Challenge | None, list[str]]:
    """Compare with the model before; return the comparison, and why the challenger may not take over.

    There is none, and nothing against it, where no model was before, or one that counts other things.
    """
    if before is None:
        return None, []
    current = load_model_file(before.path)
    if current.codebook.digest != codebook.digest:
        return None, []
    # A model that does not know its rows is taken to know all: nothing is then called new.
    keys = current.card.get("rows")
    known = np.ones(len(frame), bool) if keys is None else known_rows(frame, keys)
    learned = known.sum() if keys is None else len(keys) // KEY_DIGITS
    texts, flags = frame["text"].tolist(), label_matrix(frame["labels"], codebook)
    if known.sum() >= MOST_OF * learned:
        representative = (frame["chosen"] != PICKED).to_numpy(bool)
        voices = frame["voice"].tolist()
        coding = held_out_flags(texts, flags, voices, codebook, settings, known, representative)
        judged = np.ones(len(frame), bool)
    else:
        # Learned again from what is left it would be weaker than it is; so it is judged as it is, on
        # comments that it has not read.
        coding, judged = code_comments(current, codebook, texts).flags, ~known
        if judged.sum() < FEWEST_ADDED:
            lost = (
                f"{learned - known.sum():,} of the {learned:,} comments that the current model learned from"
            )
            return None, [f"{lost} are not among the labels, and too few are new to compare the two on"]
    compared = challenge(
        flags[judged],
        coding[judged],
        challenger.held_out_.coding.flags[judged],
        ~known[judged],
        codebook,
        usual=current.card.get("held_out", {}).get("micro_f1"),
    )
    return compared, compared.faults()


def _record(
    said: dict[str, Any], labels: Path, add: Path | None, new: pd.DataFrame, before: Version | None
) -> dict[str, Any]:
    return {
        "labels": {"file": labels.name, "sha256": sha256(labels) if labels.exists() else None},
        "added": None if add is None else {"file": add.name, "sha256": sha256(add), "rows": len(new)},
        "beside": None if before is None else before.number,
        **said,
    }
