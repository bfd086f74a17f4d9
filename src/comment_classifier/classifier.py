"""``CommentClassifier``: an estimator of scikit-learn, to fit, predict and save.

It inherits nothing from scikit-learn, so that loading a model and scoring do without it: the methods
that scikit-learn asks an estimator for are written here, and import it only when it calls them.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from comment_classifier.codebook import Codebook, load_codebook
from comment_classifier.coding import Coding, code_comments
from comment_classifier.errors import InputError
from comment_classifier.evaluation import compare_codings
from comment_classifier.explaining import Explanation, explain
from comment_classifier.labels import label_matrix
from comment_classifier.model import Model
from comment_classifier.model_file import save_model

if TYPE_CHECKING:
    from comment_classifier.training import HeldOut, TrainingSettings


class CommentClassifier:
    """Multi-label classifier of comments for one codebook.

    Args:
        codebook: a :class:`~comment_classifier.Codebook`, a shipped name, or a path.
        settings: :class:`~comment_classifier.training.TrainingSettings`; the defaults if None. A search
            names one of them ``settings__c``, or ``settings__features__min_writers``.

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
        representative: "npt.NDArray[np.bool_] | None" = None,
    ) -> "CommentClassifier":
        """Fit on n comments.

        Args:
            X: n comments, in a list, Series or array of one dimension.
            y: (n, k) flags over ``codebook.ids``, or n collections of category ids.
            groups: (n,) voices, held out whole for calibration and figures. Without them every
                comment counts as a writer of its own.
            representative: (n,) which comments were not picked for learning; calibration and thresholds
                rest on them where a category has enough. All, if None.

        Raises:
            InputError: too little to learn from, a label that is no category, or lengths that differ.

        """
        from comment_classifier.training import FEWEST_EXAMPLES, train_model

        book = self.book
        texts = _texts(X)
        flags = _flags(y, book, len(texts))
        if len(texts) < 2 * FEWEST_EXAMPLES:
            raise InputError(f"{len(texts)} labelled comments; at least {2 * FEWEST_EXAMPLES} are needed")
        voices = list(groups) if groups is not None else [f"comment {i}" for i in range(len(texts))]
        if len(voices) != len(texts):
            raise InputError(f"{len(voices)} groups for {len(texts)} comments; one per comment is needed")
        self.model_, self.held_out_ = train_model(
            texts, flags, voices, book, self._training_settings(), representative
        )
        self.classes_ = np.array(book.ids)
        return self

    def predict(self, X: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Return (n, k) flags over ``classes_``."""
        return self._code(X).flags

    def predict_proba(self, X: Sequence[str]) -> npt.NDArray[np.float64]:
        """Return (n, k) calibrated probabilities over ``classes_``; no answer is 1 or 0, by rule."""
        return self._code(X).scores

    def score(self, X: Sequence[str], y: "npt.NDArray[np.bool_] | Iterable[Iterable[str]]") -> float:
        """Return the micro-F1 of the predicted categories, 2·TP / (2·TP + FP + FN) over all of them.

        Args:
            X: n comments.
            y: their categories, as :meth:`fit` takes them.

        Raises:
            InputError: not fitted, no comments, or ``y`` does not fit.

        """
        given = self.predict(X)
        if not len(given):
            raise InputError("no comments to score; at least one is needed")
        return compare_codings(_flags(y, self.book, len(given)), given, self.book.ids).micro_f1

    def explain(self, text: str) -> dict[str, Explanation]:
        """Say per category which words gave a comment its score; see :class:`Explanation`."""
        return explain(self._model(), text)

    def save(self, path: str | Path) -> None:
        """Write the model as one file of arrays and JSON, without code."""
        save_model(self._model(), Path(path))

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the constructor's arguments; with ``deep`` also every setting by its nested name."""
        params = {"codebook": self.codebook, "settings": self.settings}
        if deep:
            given = self._training_settings() if self.settings is None else self.settings
            params.update(_nested("settings", given))
        return params

    def set_params(self, **params: Any) -> "CommentClassifier":
        """Set constructor's arguments, or single settings by their nested names.

        The other settings stay as they are, the defaults where ``settings`` is None.

        Raises:
            ValueError: a name is no parameter; nothing is set then.

        """
        known = CommentClassifier().get_params()
        for name in params:
            if name not in known:
                raise ValueError(f"{name!r} is no parameter of CommentClassifier: use {', '.join(known)}")
        # What contains other parameters is set before them.
        for name in sorted(params, key=lambda name: name.count("__")):
            whole, _, part = name.partition("__")
            value = _with(self._training_settings(), part, params[name]) if part else params[name]
            setattr(self, whole, value)
        return self

    def set_fit_request(self, *, groups: bool | str | None) -> "CommentClassifier":
        """Say under which name ``fit`` asks scikit-learn's metadata routing for ``groups``.

        Args:
            groups: True (the default of every classifier) for ``groups``, another name, or False.

        """
        self._metadata_request = _fit_request(groups)
        return self

    def get_metadata_routing(self) -> Any:
        """Return what scikit-learn's metadata routing should hand to ``fit``: ``groups``, unless set."""
        return getattr(self, "_metadata_request", None) or _fit_request(True)

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import ClassifierTags, InputTags, Tags, TargetTags

        return Tags(
            estimator_type="classifier",
            target_tags=TargetTags(required=True, two_d_labels=True, multi_output=True, single_output=False),
            transformer_tags=None,
            classifier_tags=ClassifierTags(multi_label=True),
            regressor_tags=None,
            requires_fit=True,
            input_tags=InputTags(one_d_array=True, two_d_array=False, string=True, allow_nan=True),
        )

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "model_")

    def __repr__(self) -> str:
        book = self.codebook
        shown = [f"codebook={f'<Codebook {book.id!r}>' if isinstance(book, Codebook) else repr(book)}"]
        return f"{type(self).__name__}({', '.join(shown + self._unusual_settings())})"

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
        if not self.__sklearn_is_fitted__():
            raise _not_fitted("this CommentClassifier is not fitted yet. Call fit, or use load_model")
        return self.model_

    def _training_settings(self) -> "TrainingSettings":
        from comment_classifier.training import TrainingSettings

        # Checked here and not when set: scikit-learn's constructors and set_params take anything.
        given: Any = TrainingSettings() if self.settings is None else self.settings
        if not isinstance(given, TrainingSettings):
            raise InputError(f"settings: {given!r} was given where TrainingSettings are needed")
        return given

    def _unusual_settings(self) -> list[str]:
        """Return ``name=value`` of the settings that are not the defaults, as ``set_params`` takes them."""
        if self.settings is None:
            return []
        usual = CommentClassifier().get_params()
        nested = list(_nested("settings", self.settings)) or [("settings", self.settings)]
        return [f"{n}={v!r}" for n, v in nested if v != usual.get(n) and not is_dataclass(v)]

    def _code(self, X: Sequence[str]) -> Coding:
        return code_comments(self._model(), self.book, _texts(X))


def _texts(X: Any) -> list[str]:
    """Return the texts; what is no text (None, NaN) is no answer.

    Raises:
        InputError: ``X`` is one text, or a table. A table would be read as the names of its columns.

    """
    if isinstance(X, str):
        raise InputError("a single text was given where a list of texts is needed. Put it into a list")
    if getattr(X, "ndim", 1) != 1 or not hasattr(X, "__iter__"):
        raise InputError(
            f"a {_kind(X)} was given where a list of texts is needed. Give its one column of texts"
        )
    texts = list(X)
    if any(isinstance(t, list | tuple | np.ndarray) for t in texts):
        raise InputError(
            "a list of lists was given where a list of texts is needed. Give one text per comment"
        )
    return [t if isinstance(t, str) else "" for t in texts]


def _kind(X: Any) -> str:
    sparse = "sparse " if hasattr(X, "toarray") else ""
    return f"{sparse}{type(X).__name__}" + (f" of shape {X.shape}" if hasattr(X, "shape") else "")


def _flags(y: Any, book: Codebook, n: int) -> npt.NDArray[np.bool_]:
    """Return (n, all categories) flags from flags of any kind, or from collections of category ids.

    Raises:
        InputError: they are neither, or not of n comments.

    """
    if y is None:
        raise InputError("requires y to be passed, but the target y is None. Give the categories per comment")
    rows = list(y.to_numpy() if hasattr(y, "to_numpy") else y)
    flags = _read_flags(rows) if rows and _are_flags(rows[0]) else label_matrix(map(_collected, rows), book)
    if flags.shape != (n, len(book.ids)):
        raise InputError(f"y has shape {flags.shape}; {n} comments × {len(book.ids)} categories are needed")
    return flags


def _are_flags(row: Any) -> bool:
    # An empty row is a comment without a category.
    sized = hasattr(row, "__len__") and not isinstance(row, str) and len(row) > 0
    return sized and all(isinstance(x, bool | int | float | np.bool_ | np.number) for x in row)


def _read_flags(rows: list[Any]) -> npt.NDArray[np.bool_]:
    try:
        values = np.array([list(row) for row in rows], float)
    except (TypeError, ValueError):
        raise InputError("y: the rows of flags differ in length, or hold something else") from None
    odd = values[(values != 0) & (values != 1)]
    if odd.size:
        raise InputError(f"y holds {odd[0]}; a flag is True or False, 1 or 0")
    return values.astype(bool)


def _collected(row: Any) -> Any:
    """Return the category ids of a comment as ``label_matrix`` takes them."""
    return row if isinstance(row, str) or not hasattr(row, "__iter__") else tuple(row)


def _nested(name: str, settings: Any) -> Iterator[tuple[str, Any]]:
    """Yield each field of a dataclass as ``name__field`` with its value, and the fields of that."""
    if isinstance(settings, type) or not is_dataclass(settings):
        return
    for field in fields(settings):
        value = getattr(settings, field.name)
        yield f"{name}__{field.name}", value
        yield from _nested(f"{name}__{field.name}", value)


def _with(settings: Any, name: str, value: Any) -> Any:
    """Return a dataclass in which the field of a nested name has another value."""
    first, _, rest = name.partition("__")
    if rest:
        value = _with(getattr(settings, first), rest, value)
    # A search draws from arrays, but the card of a model is JSON.
    return replace(settings, **{first: value.item() if isinstance(value, np.generic) else value})


def _fit_request(groups: bool | str | None) -> Any:
    from sklearn.utils.metadata_routing import MetadataRequest

    request = MetadataRequest(owner="CommentClassifier")
    request.fit.add_request(param="groups", alias=groups)
    return request


def _not_fitted(message: str) -> InputError:
    """Return an InputError that is scikit-learn's NotFittedError as well, if that can be imported."""
    return _not_fitted_class()(message)


@cache
def _not_fitted_class() -> type[InputError]:
    try:
        from sklearn.exceptions import NotFittedError
    except ImportError:
        return InputError
    # Pickled by the function that makes it: a class that is made here cannot be found by its name.
    members = {"__reduce__": lambda error: (_not_fitted, error.args), "__doc__": NotFittedError.__doc__}
    return type("NotFittedError", (InputError, NotFittedError), members)
