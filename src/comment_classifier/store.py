"""Where the models are: a file per codebook in ``models/``."""

import os
from pathlib import Path

from comment_classifier.classifier import CommentClassifier
from comment_classifier.codebook import Codebook, load_codebook, shipped_codebooks
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
