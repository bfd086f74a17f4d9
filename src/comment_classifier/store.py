"""Where the models are: a file per codebook in ``models/``."""

import os
from pathlib import Path

from comment_classifier.classifier import CommentClassifier
from comment_classifier.codebook import Codebook, load_codebook, shipped_codebooks
from comment_classifier.errors import InputError
from comment_classifier.model import load_model_file

SUFFIX = ".model.npz"
_PACKAGE = Path(__file__).parent


def models_folder() -> Path:
    """Return the folder of the current models.

    ``COMMENT_CLASSIFIER_MODELS`` if set; else the models installed with the package; else, in a
    checkout, the ``models/`` folder beside ``src/``.
    """
    named = os.environ.get("COMMENT_CLASSIFIER_MODELS")
    if named:
        return Path(named)
    installed = _PACKAGE / "models"
    return installed if installed.is_dir() else _PACKAGE.parent.parent / "models"


def model_path(codebook: Codebook) -> Path:
    """Return the file of a codebook's current model, whether it exists or not."""
    return models_folder() / f"{codebook.id}{SUFFIX}"


def load_model(name: str | Path, codebook: Codebook | None = None) -> CommentClassifier:
    """Load a model by the name of its codebook, or from a file.

    Args:
        name: a shipped codebook's name, or the path of a model file.
        codebook: for a model of a codebook of your own; it must be the one it was trained for.

    Raises:
        InputError: no such model, damaged, or of another codebook.

    """
    if isinstance(name, str) and name in shipped_codebooks():
        book = codebook or load_codebook(name)
        return CommentClassifier.of(load_model_file(model_path(book), book), book)
    path = Path(name)
    model = load_model_file(path, codebook)
    if codebook is None:
        if model.codebook_id not in shipped_codebooks():
            raise InputError(
                f"{path}: belongs to the codebook {model.codebook_id!r}. Give that codebook's file with it"
            )
        codebook = load_codebook(model.codebook_id)
        if codebook.digest != model.codebook_digest:
            raise InputError(
                f"{path}: was trained for another version of the codebook {codebook.id!r}. Train again"
            )
    return CommentClassifier.of(model, codebook)
