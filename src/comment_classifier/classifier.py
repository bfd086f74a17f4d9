"""``CommentClassifier``: a model with the conventions of scikit-learn, to fit, predict and save."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from comment_classifier.codebook import Codebook, load_codebook
from comment_classifier.coding import Coding, code_comments
from comment_classifier.errors import InputError
from comment_classifier.labels import label_matrix
from comment_classifier.model import Explanation, Model, explain, save_model

if TYPE_CHECKING:
    from comment_classifier.training import HeldOut, TrainingSettings


class CommentClassifier:
    """Multi-label classifier of comments for one codebook.

    Args:
        codebook: a :class:`~comment_classifier.Codebook`, a shipped name, or a path.
        settings: :class:`~comment_classifier.training.TrainingSettings`; the defaults if None.

    Attributes:
        classes_: (k,) category ids in codebook order.
        model_: the fitted :class:`~comment_classifier.model.Model`.
        held_out_: after ``fit``, how it did on voices that were held out.

    Example:
        >>> import comment_classifier as cc
        >>> model = cc.load_model("tasks")
        >>> [str(c) for c in model.classes_[model.predict(["議事録の要約"])[0]]]
        ['summary']

    """

    def __init__(
        self, codebook: Codebook | str | Path = "tasks", settings: "TrainingSettings | None" = None
    ) -> None:
        self.codebook = codebook
        self.settings = settings

    def fit(
        self,
        X: Sequence[str],
        y: "npt.NDArray[np.bool_] | Iterable[Iterable[str]]",
        groups: Sequence[object] | None = None,
    ) -> "CommentClassifier":
        """Fit on n comments.

        Args:
            X: n comments.
            y: (n, k) flags over ``codebook.ids``, or n collections of category ids.
            groups: (n,) voices, held out whole for calibration and figures. Without them every
                comment counts as a writer of its own.

        Raises:
            InputError: too little to learn from, or a label that is no category.

        """
        from comment_classifier.training import FEWEST_EXAMPLES, TrainingSettings, train_model

        book = self.book
        texts = _texts(X)
        flags = _flags(y, book)
        if flags.shape != (len(texts), len(book.ids)):
            raise InputError(
                f"y has shape {flags.shape}; {len(texts)} comments × {len(book.ids)} categories are needed"
            )
        if len(texts) < 2 * FEWEST_EXAMPLES:
            raise InputError(f"{len(texts)} labelled comments; at least {2 * FEWEST_EXAMPLES} are needed")
        voices = list(groups) if groups is not None else [f"comment {i}" for i in range(len(texts))]
        settings = self.settings or TrainingSettings()
        self.model_, self.held_out_ = train_model(texts, flags.astype(bool), voices, book, settings)
        self.classes_ = np.array(book.ids)
        return self

    def predict(self, X: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Return (n, k) flags over ``classes_``."""
        return self._code(X).flags

    def predict_proba(self, X: Sequence[str]) -> npt.NDArray[np.float64]:
        """Return (n, k) calibrated probabilities over ``classes_``; no answer is 1 or 0, by rule."""
        return self._code(X).scores

    def explain(self, text: str) -> dict[str, Explanation]:
        """Say per category which words gave a comment its score; see :class:`Explanation`."""
        return explain(self._model(), text)

    def save(self, path: str | Path) -> None:
        """Write the model as one file of arrays and JSON, without code."""
        save_model(self._model(), Path(path))

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the constructor's arguments, as scikit-learn asks for them."""
        return {"codebook": self.codebook, "settings": self.settings}

    def set_params(self, **params: Any) -> "CommentClassifier":
        """Set constructor's arguments, as scikit-learn does."""
        for name, value in params.items():
            if name not in ("codebook", "settings"):
                raise ValueError(f"{name!r} is no parameter of CommentClassifier: use codebook, settings")
            setattr(self, name, value)
        return self

    @classmethod
    def of(cls, model: Model, codebook: Codebook) -> "CommentClassifier":
        """Wrap a fitted model."""
        classifier = cls(codebook)
        classifier.model_ = model
        classifier.classes_ = np.array(codebook.ids)
        return classifier

    held_out_: "HeldOut"
    model_: Model
    classes_: npt.NDArray[np.str_]

    @property
    def book(self) -> Codebook:
        """The codebook."""
        return self.codebook if isinstance(self.codebook, Codebook) else load_codebook(self.codebook)

    def _model(self) -> Model:
        if not hasattr(self, "model_"):
            raise InputError("this CommentClassifier is not fitted yet. Call fit, or use load_model")
        return self.model_

    def _code(self, X: Sequence[str]) -> Coding:
        return code_comments(self._model(), self.book, _texts(X))


def _texts(X: Sequence[str]) -> list[str]:
    if isinstance(X, str):
        raise InputError("a single text was given where a list of texts is needed. Put it into a list")
    return [t if isinstance(t, str) else "" for t in X]


def _flags(y: Any, book: Codebook) -> npt.NDArray[np.bool_]:
    """Return (n, all categories) flags from flags of any kind, or from collections of category ids."""
    rows = list(y.to_numpy() if hasattr(y, "to_numpy") else y)
    if rows and not isinstance(rows[0], str) and all(isinstance(x, bool | np.bool_ | int) for x in rows[0]):
        return np.array([list(row) for row in rows], bool)
    return label_matrix([row if isinstance(row, str) else tuple(row) for row in rows], book)
