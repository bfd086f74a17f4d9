"""Where the models are: the current one of each codebook, and every version before it.

``<folder>/<codebook>.model.npz`` is the current model and ``<codebook>.md`` its card;
``<folder>/history/<codebook>/<number>/`` holds each version with its card and its record. A version is
made whole or not at all, and becomes current together with its card.
"""

import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from comment_classifier.cards import card_text
from comment_classifier.classifier import CommentClassifier
from comment_classifier.codebook import Codebook, load_codebook, shipped_codebooks
from comment_classifier.errors import InputError
from comment_classifier.files import finish_files, locked, new_folder, sha256, whole_file, whole_folder
from comment_classifier.model_file import SUFFIX, load_model_file, model_path

_MODEL, _CARD, _RECORD = "model.npz", "card.md", "version.json"
_HISTORY = "history"
_PACKAGE = Path(__file__).parent


@dataclass(frozen=True)
class Version:
    """A version of a codebook's model.

    Attributes:
        codebook: the codebook's id.
        number: from 1.
        path: its model file.
        record: how it came to be: ``created``, ``comments``, ``passed``, ``forced``, ``reasons`` and more.
        current: whether it is the one in use.

    """

    codebook: str
    number: int
    path: Path
    record: dict[str, Any]
    current: bool

    @property
    def card(self) -> str:
        """Its card as Markdown."""
        return (self.path.parent / _CARD).read_text(encoding="utf-8")


def load_model(name: str | Path, codebook: Codebook | None = None) -> CommentClassifier:
    """Load a model by the name of its codebook, or from a file.

    Args:
        name: a shipped codebook's name, or the path of a model file.
        codebook: to use in place of the one in the model file, for instance with wordings of no answer
            added since; it must count the same categories.

    Raises:
        InputError: no such model, damaged, or of another codebook.

    """
    if isinstance(name, str) and name in shipped_codebooks():
        book = codebook or load_codebook(name)
        return CommentClassifier.of(load_model_file(model_path(book), book), book)
    path = Path(name)
    model = load_model_file(path, codebook)
    if codebook is None and model.codebook.id in shipped_codebooks():
        # Take the shipped codebook of that name, with its questions, if it still counts the same.
        shipped = load_codebook(model.codebook.id)
        codebook = shipped if shipped.digest == model.codebook.digest else None
    return CommentClassifier.of(model, codebook or model.codebook)


def versions(codebook: str, folder: Path) -> list[Version]:
    """Return the versions of a codebook's model, the oldest first."""
    finish_files(folder)
    current = folder / f"{codebook}{SUFFIX}"
    in_use = sha256(current) if current.exists() else ""
    found = []
    for place in sorted((folder / _HISTORY / codebook).glob("[0-9]*")):
        record = json.loads((place / _RECORD).read_text(encoding="utf-8"))
        is_current = record["sha256"] == in_use
        found.append(Version(codebook, int(place.name), place / _MODEL, record, is_current))
    # The same model may have been stored twice; the later is the one in use.
    last = max((v.number for v in found if v.current), default=0)
    return [Version(v.codebook, v.number, v.path, v.record, v.number == last) for v in found]


def find_version(codebook: str, number: int, folder: Path) -> Version:
    """Return one version.

    Raises:
        InputError: there is none of that number.

    """
    known = {v.number: v for v in versions(codebook, folder)}
    if number not in known:
        numbers = ", ".join(map(str, known)) or "none yet"
        raise InputError(f"{codebook}: no version {number} in {folder}. Versions: {numbers}")
    return known[number]


def keep_current(codebook: Codebook, folder: Path) -> Version | None:
    """Store the current model as a version, unless it is one; return it, None if there is no model."""
    current = model_path(codebook, folder)
    if not current.exists():
        return None
    digest = sha256(current)
    for version in versions(codebook.id, folder):
        if version.record["sha256"] == digest:
            return version
    model = load_model_file(current)
    record = {"kept": "was current before its first successor", "passed": True, "forced": False}
    return add_version(CommentClassifier.of(model, model.codebook), folder, record)


def add_version(classifier: CommentClassifier, folder: Path, record: dict[str, Any]) -> Version:
    """Store a model as the next version, without making it current.

    Args:
        classifier: fitted.
        folder: of the models.
        record: what is to be known of it; ``number``, ``created``, ``comments`` and ``sha256`` are added.

    Raises:
        InputError: the folder cannot be written to.

    """
    codebook = classifier.book
    history = folder / _HISTORY / codebook.id
    with locked(history):
        history.mkdir(parents=True, exist_ok=True)
        number = 1 + max((int(place.name) for place in history.glob("[0-9]*")), default=0)
        with new_folder(history / f"{number:04d}") as made:
            classifier.save(made / _MODEL)
            card = classifier.model_.card
            known = {
                "number": number,
                "created": datetime.now(UTC).isoformat(timespec="seconds"),
                "comments": card.get("comments"),
                "micro_f1": card.get("held_out", {}).get("micro_f1"),
                "sha256": sha256(made / _MODEL),
                **record,
            }
            _write(made / _RECORD, json.dumps(known, ensure_ascii=False, indent=1) + "\n")
            _write(made / _CARD, card_text(card, codebook))
    return find_version(codebook.id, number, folder)


def promote(version: Version, folder: Path) -> None:
    """Make a version the current model, together with its card.

    Raises:
        InputError: the current files cannot be replaced.

    """
    with whole_folder(folder) as made:
        shutil.copyfile(version.path, made / f"{version.codebook}{SUFFIX}")
        _write(made / f"{version.codebook}.md", version.card)


def roll_back(codebook: str, folder: Path, number: int | None = None) -> Version:
    """Make an earlier version current again.

    Args:
        codebook: the codebook's id.
        folder: of the models.
        number: which; by default the newest one before the current that was let pass.

    Raises:
        InputError: no such version.

    """
    known = versions(codebook, folder)
    if number is None:
        at = next((v.number for v in known if v.current), 0)
        earlier = [v for v in known if v.number < at and (v.record["passed"] or v.record["forced"])]
        if not earlier:
            raise InputError(f"{codebook}: no version before the current one in {folder}")
        number = earlier[-1].number
    version = find_version(codebook, number, folder)
    promote(version, folder)
    return version


def _write(path: Path, text: str) -> None:
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")
