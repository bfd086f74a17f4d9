"""Results: one coded and counted question of a survey, and the tables of all of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from comment_classifier.chunk import loaded, model_of
from comment_classifier.codebook import Codebook
from comment_classifier.coding import expit
from comment_classifier.counting import count_categories, with_reading
from comment_classifier.crosstab import cross_table
from comment_classifier.duplicates import group_duplicates
from comment_classifier.model import Model
from comment_classifier.survey import SurveyQuestion
from comment_classifier.themes import Theme, find_themes
from comment_classifier.waves import unknown_words


@dataclass(frozen=True)
class QuestionResult:
    """One question of a survey, coded.

    Attributes:
        asked: the question.
        shown: the comments that the report shows, as :func:`comment_classifier.classify` returns them;
            all of them, or a random sample of a large file.
        reasons: per comment shown the words that decided.
        counts: of all comments, as :func:`comment_classifier.count` returns them.
        crosses: a cross table per attribute that was asked for.
        model: the model file used.
        fitted: the model.
        unlearned: categories that the model had too few examples to learn.
        unknown: share of words that the model does not know, and the commonest of them.
        themes: groups of like comments among those that fit no category, or hardly one.

    """

    asked: SurveyQuestion
    shown: pd.DataFrame
    reasons: list[str]
    counts: pd.DataFrame
    crosses: dict[str, pd.DataFrame]
    model: Path
    fitted: Model
    unlearned: list[str]
    unknown: tuple[float, list[str]]
    themes: list[Theme]


def count_shown(
    asked: SurveyQuestion, coded: pd.DataFrame, read: pd.DataFrame | None, attributes: Mapping[str, pd.Series]
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Count one question whose comments are all at hand; return the counts and the cross tables."""
    groups = group_duplicates(coded["text"].tolist())
    known = with_reading(coded, asked.codebook, read)
    crosses = {name: cross_table(known, asked.codebook, v, groups) for name, v in attributes.items()}
    return count_categories(coded, asked.codebook, read, groups), crosses


def question_result(
    asked: SurveyQuestion,
    shown: pd.DataFrame,
    reasons: list[str],
    counts: pd.DataFrame,
    crosses: dict[str, pd.DataFrame],
) -> QuestionResult:
    """Gather what is known of a question; what its words say is taken from the comments shown."""
    model, book = loaded(asked).model_, asked.codebook
    texts = shown["text"].tolist()
    unfitting = shown[book.other].to_numpy(bool) | _below_all(shown, model, book)
    return QuestionResult(
        asked=asked,
        shown=shown,
        reasons=reasons,
        counts=counts,
        crosses=crosses,
        model=model_of(asked),
        fitted=model,
        unlearned=shown.attrs["unlearned"],
        unknown=unknown_words(model, texts),
        themes=find_themes(model, [t for t, loose in zip(texts, unfitting, strict=True) if loose]),
    )


def _below_all(coded: pd.DataFrame, model: Model, book: Codebook) -> npt.NDArray[np.bool_]:
    """Tell which answers have no category at its threshold: they got their most probable one."""
    scores = coded[[f"score_{c}" for c in book.learned]].to_numpy(float)
    below = (scores < expit(model.thresholds)).all(axis=1)
    loose: npt.NDArray[np.bool_] = below & ~coded[book.none].to_numpy(bool)
    return loose


def counts_table(results: list[QuestionResult]) -> pd.DataFrame:
    """Put the counts of all questions into one table.

    Columns ``question, category, label, count, share, base_n, low, high, read, distinct``; ``low`` and
    ``high`` are blank where no random sample was read, ``distinct`` is the number of different texts.
    """
    rows: list[tuple[Any, ...]] = []
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
