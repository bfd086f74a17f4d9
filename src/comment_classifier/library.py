"""The library's calls: classify comments, count them, train a model."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from comment_classifier.cards import agreements, with_agreement
from comment_classifier.classifier import CommentClassifier
from comment_classifier.codebook import Codebook, find_question, load_codebook
from comment_classifier.coding import code_comments, coded_frame
from comment_classifier.counting import PICKED, count_categories
from comment_classifier.errors import InputError
from comment_classifier.labels import COMPOSED, label_matrix, row_keys
from comment_classifier.store import load_model
from comment_classifier.training import TrainingSettings
from comment_classifier.waves import compare_waves


def classify(
    texts: "Sequence[str | None] | pd.Series[str]",
    question: str | None = None,
    *,
    model: CommentClassifier | None = None,
    n_jobs: int = 1,
) -> pd.DataFrame:
    """Code comments.

    Args:
        texts: n comments; None, NaN and "" are no answer. The index of a Series is kept.
        question: which question they answer (``use_cases``, ``time_saved``, ``quality``,
            ``burden``, ``improvements``, ``risks``, ``non_use``); it decides codebook and model.
        model: a model to use in place of the question's own, for instance of your own codebook.
        n_jobs: processes to use; -1 for all cores. The result is the same.

    Returns:
        A frame with the same index: ``text``, ``labels`` (tuple of category ids), ``review``
        (bool), then per category a bool column ``<id>`` and a float column ``score_<id>``.

    Raises:
        InputError: unknown question, or no usable model.

    Example:
        >>> import comment_classifier as cc
        >>> coded = cc.classify(["議事録の要約", "エクセルの関数を教えてもらう", None], question="use_cases")
        >>> list(coded["labels"])
        [('summary',), ('excel',), ('none',)]

    """
    if texts is None or isinstance(texts, str | bytes | dict | pd.DataFrame):
        raise InputError(f"a {type(texts).__name__} was given where a list or Series of texts is needed")
    if model is None:
        if question is None:
            raise InputError("which question? Give question=... or model=...")
        model = load_model(find_question(question).codebook)
    book = model.book
    values = list(texts)
    index = texts.index if isinstance(texts, pd.Series) else pd.RangeIndex(len(values))
    coding = code_comments(model._model(), book, values, n_jobs)
    return coded_frame(coding, model._model(), book, values, index)


def count(
    coded: pd.DataFrame,
    question: str | None = None,
    *,
    codebook: Codebook | None = None,
    read: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Count the categories of coded comments.

    Args:
        coded: what :func:`classify` returned, or any frame with a bool column per category id.
        question: which question they answer; or give ``codebook``.
        codebook: the categories, for a question of your own.
        read: comments that a person has read: index of ``coded``, ``labels`` as read, and ``chosen``:
            ``"random"`` for a random sample, ``"picked"`` for any other choice. They count exactly as
            read; the unread are estimated from the random sample.

    Returns:
        Indexed by category id in codebook order: ``label``, ``count``, ``share`` (percent of the
        answers; comments count in every category they state, so that shares can exceed 100 in
        all), ``low`` and ``high`` (95 % interval of the count in this file; NaN without a random
        sample), ``read``. The number of answers is in ``attrs["base_n"]``; see
        :func:`comment_classifier.counting.count_categories` for the other attributes.

    Raises:
        InputError: unknown question, a category's column is missing, or ``read`` does not fit.

    Example:
        >>> import comment_classifier as cc
        >>> coded = cc.classify(["議事録の要約", "資料の要約と翻訳", "なし"], question="use_cases")
        >>> int(cc.count(coded, question="use_cases").loc["summary", "count"])
        2

    """
    if codebook is None:
        if question is None:
            raise InputError("which question? Give question=... or codebook=...")
        codebook = load_codebook(find_question(question).codebook)
    missing = [c for c in codebook.ids if c not in coded.columns]
    if missing:
        raise InputError(
            f"coded: no column {missing[0]!r}. Are these comments coded by the codebook {codebook.id!r}?"
        )
    return count_categories(coded, codebook, read)


def compare(
    first: pd.DataFrame,
    second: pd.DataFrame,
    question: str | None = None,
    *,
    model: CommentClassifier | None = None,
    reads: tuple[pd.DataFrame | None, pd.DataFrame | None] = (None, None),
) -> pd.DataFrame:
    """Compare two waves that :func:`classify` coded with the same model.

    Args:
        first: the earlier wave.
        second: the later wave.
        question: which question they answer; its current model's errors are taken into account.
        model: the model used, if it was another.
        reads: what people read of the earlier and the later wave, as :func:`count` takes it.

    Returns:
        By category id: ``label``, ``first``, ``second`` (percent of the answers), ``difference`` in points
        with ``low`` and ``high``, ``p``, ``changed``; see :func:`comment_classifier.waves.compare_waves`.

    Raises:
        InputError: unknown question, or a category's column is missing.

    """
    if model is None:
        if question is None:
            raise InputError("which question? Give question=... or model=...")
        model = load_model(find_question(question).codebook)
    for wave in (first, second):
        needed = [*model.book.ids, *(f"score_{c}" for c in model.book.ids)]
        missing = [c for c in needed if c not in wave.columns]
        if missing:
            raise InputError(
                f"coded: no column {missing[0]!r}. Are these comments coded by {model.book.id!r}?"
            )
    return compare_waves(first, second, model.book, model.model_.card["held_out"], reads)


def train(
    labeled: pd.DataFrame,
    codebook: Codebook | str | Path,
    settings: TrainingSettings | None = None,
    *,
    second: pd.DataFrame | None = None,
) -> CommentClassifier:
    """Train a model from labelled comments.

    Args:
        labeled: columns ``text``, ``labels`` (collections of category ids, or ids joined by ``|``)
            and, if known, ``voice``; whole voices are held out for thresholds and figures. Rows whose
            ``chosen`` is ``picked`` teach, but thresholds rest on the others where these suffice.
        codebook: the categories; a shipped name or a path will do.
        settings: how to fit; the defaults are the choice of docs/accuracy.md.
        second: ``id, first, second``: comments that were coded twice (their ``id`` is in ``labeled``);
            the card then shows the coders' agreement beside the model's.

    Raises:
        InputError: a column is missing, a label is unknown, or there is too little to learn from.

    """
    if not isinstance(labeled, pd.DataFrame):
        raise InputError(
            f"labelled comments: a {type(labeled).__name__} was given where a DataFrame is needed"
        )
    for name in ("text", "labels"):
        if name not in labeled.columns:
            raise InputError(f"labelled comments: no column {name!r}")
    voices = list(labeled["voice"]) if "voice" in labeled.columns else None
    book = codebook if isinstance(codebook, Codebook) else load_codebook(codebook)
    model = CommentClassifier(book, settings)
    representative = (labeled["chosen"] != PICKED).to_numpy(bool) if "chosen" in labeled.columns else None
    model.fit(list(labeled["text"]), label_matrix(labeled["labels"], book), voices, representative)
    model.model_ = replace(model.model_, card=model.model_.card | _provenance(labeled))
    if second is not None and len(second):
        card = with_agreement(model.model_.card, *agreements(labeled, second, model))
        model.model_ = replace(model.model_, card=card)
    return model


def _provenance(labeled: pd.DataFrame) -> dict[str, Any]:
    """Say what a model was trained on: a short key per row, and how many comments were composed."""
    said: dict[str, Any] = {}
    if "source" in labeled.columns:
        said["composed"] = int((labeled["source"] == COMPOSED).sum())
    if "id" in labeled.columns:
        said["rows"] = "".join(row_keys(labeled))
    return said
