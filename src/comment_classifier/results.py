"""Results: one coded and counted question of a survey, and the tables of all of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit

from comment_classifier.classifier import CommentClassifier
from comment_classifier.codebook import Codebook
from comment_classifier.coding import code_comments, coded_frame, explain_coding, reason
from comment_classifier.counting import count_categories, with_reading
from comment_classifier.crosstab import cross_table
from comment_classifier.duplicates import group_duplicates
from comment_classifier.errors import InputError
from comment_classifier.model import Explanation, Model
from comment_classifier.store import load_model, model_path
from comment_classifier.survey import SurveyQuestion
from comment_classifier.themes import Theme, find_themes
from comment_classifier.waves import unknown_words

_SCORE_DIGITS = 4


@dataclass(frozen=True)
class QuestionResult:
    """One question of a survey, coded.

    Attributes:
        asked: the question.
        coded: as :func:`comment_classifier.classify` returns it.
        explanations: per comment the explanation of each category it was given.
        counts: as :func:`comment_classifier.count` returns it.
        read: what a person read: ``labels`` and ``chosen`` by row, or None.
        groups: per comment the group of equal texts, -1 for a blank one.
        crosses: a cross table per attribute that was asked for.
        model: the model file used.
        held_out: the figures of the model's card on voices it had not read.
        unknown: share of words that the model does not know, and the commonest of them.
        themes: groups of like comments among those that fit no category, or hardly one.

    """

    asked: SurveyQuestion
    coded: pd.DataFrame
    explanations: list[dict[str, Explanation]]
    counts: pd.DataFrame
    read: pd.DataFrame | None
    groups: npt.NDArray[np.int64]
    crosses: dict[str, pd.DataFrame]
    model: Path
    held_out: dict[str, Any]
    unknown: tuple[float, list[str]]
    themes: list[Theme]


def code_question(
    texts: list[str],
    asked: SurveyQuestion,
    n_jobs: int = 1,
    read: pd.DataFrame | None = None,
    attributes: Mapping[str, pd.Series] = MappingProxyType({}),
) -> QuestionResult:
    """Code and count one column of answers, with what a person read of it (rows counted from 0)."""
    classifier, source = classifier_of(asked)
    model, book = classifier.model_, asked.codebook
    coding = code_comments(model, book, texts, n_jobs)
    coded = coded_frame(coding, model, book, texts, pd.RangeIndex(len(texts)))
    explanations = explain_coding(model, book, texts, coding, n_jobs)
    groups = group_duplicates(texts)
    counts = count_categories(coded, book, read, groups)
    known = with_reading(coded, book, read)
    unfitting = coded[book.other].to_numpy(bool) | _below_all(coded, model, book)
    crosses = {name: cross_table(known, book, values, groups) for name, values in attributes.items()}
    return QuestionResult(
        asked,
        coded,
        explanations,
        counts,
        read,
        groups,
        crosses,
        source,
        model.card.get("held_out", {}),
        unknown_words(model, texts),
        find_themes(model, [t for t, loose in zip(texts, unfitting, strict=True) if loose]),
    )


def _below_all(coded: pd.DataFrame, model: Model, book: Codebook) -> npt.NDArray[np.bool_]:
    """Tell which answers have no category at its threshold: they got their most probable one."""
    scores = coded[[f"score_{c}" for c in book.learned]].to_numpy(float)
    below = (scores < expit(model.thresholds)).all(axis=1)
    loose: npt.NDArray[np.bool_] = below & ~coded[book.none].to_numpy(bool)
    return loose


def coded_table(table: pd.DataFrame, results: list[QuestionResult], path: Path) -> pd.DataFrame:
    """Put the coding beside the input: every input column, then the columns of each question.

    Per question ``q``: ``q_labels`` (ids joined by ``|``), ``q_区分`` (their labels), ``q_review``
    (1: a person should look), ``q_reason``, ``q_<id>`` (0/1) and ``q_score_<id>``. Where comments
    were read: ``q_read`` (ids as read) and ``q_chosen`` (how the comment came to be read).
    """
    columns = {name: table[name] for name in table.columns}
    for result in results:
        book, question, coded = result.asked.codebook, result.asked.question, result.coded
        added: dict[str, Any] = {
            "labels": ["|".join(labels) for labels in coded["labels"]],
            "区分": ["、".join(map(book.label, labels)) for labels in coded["labels"]],
            "review": coded["review"].astype(int),
            "reason": [reason(book, explanations) for explanations in result.explanations],
        }
        added |= {category: coded[category].astype(int) for category in book.ids}
        added |= {
            f"score_{category}": [f"{score:.{_SCORE_DIGITS}f}" for score in coded[f"score_{category}"]]
            for category in book.ids
        }
        if result.read is not None:
            read = result.read.reindex(range(len(table)))
            added["read"] = [
                "|".join(labels) if isinstance(labels, tuple) else "" for labels in read["labels"]
            ]
            added["chosen"] = read["chosen"].fillna("")
        for name, values in added.items():
            heading = f"{question}_{name}"
            if heading in columns:
                raise InputError(
                    f"{path}: the heading {heading!r} is needed for the result. Rename that column"
                )
            columns[heading] = values
    return pd.DataFrame(columns)


def counts_table(results: list[QuestionResult]) -> pd.DataFrame:
    """Put the counts of all questions into one table.

    Columns ``question, category, label, count, share, base_n, low, high, read, distinct``; ``low`` and
    ``high`` are blank where no random sample was read, ``distinct`` is the number of different texts.
    """
    rows = []
    for result in results:
        counts = result.counts
        for category, label, count, share, low, high, read, distinct in counts.itertuples(name=None):
            bounds = ["" if pd.isna(bound) else int(bound) for bound in (low, high)]
            shown = "" if pd.isna(share) else f"{share:.1f}"
            rows.append(
                (
                    result.asked.question,
                    category,
                    label,
                    count,
                    shown,
                    counts.attrs["base_n"],
                    *bounds,
                    read,
                    distinct,
                )
            )
    columns = ["question", "category", "label", "count", "share", "base_n", "low", "high", "read", "distinct"]
    return pd.DataFrame(rows, columns=columns)


def cross_tables(results: list[QuestionResult]) -> pd.DataFrame:
    """Put the cross tables of all questions into one table, with ``question`` and ``by`` in front."""
    parts = [
        table.assign(question=result.asked.question, by=name)
        for result in results
        for name, table in result.crosses.items()
    ]
    table = pd.concat(parts, ignore_index=True)
    table["share"] = [("" if pd.isna(share) else f"{share:.1f}") for share in table["share"]]
    table["small"] = table["small"].astype(int)
    return table[["question", "by", *(c for c in table.columns if c not in ("question", "by"))]]


def classifier_of(asked: SurveyQuestion) -> tuple[CommentClassifier, Path]:
    """Load the model of a question; return it and its file."""
    source = asked.model or model_path(asked.codebook)
    if asked.model is None and not source.exists():
        raise InputError(
            f"question {asked.question!r}: no such model file {source}. Train one for the codebook "
            f'{asked.codebook.id!r}, and name it with --model, or with model = "..." in the survey file'
        )
    return load_model(source, asked.codebook), source
