"""Results: one coded and counted question of a survey, and the tables of all of them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from comment_classifier.classifier import CommentClassifier
from comment_classifier.codebook import SurveyQuestion
from comment_classifier.coding import code_comments, coded_frame, explain_coding, reason
from comment_classifier.counting import count_categories
from comment_classifier.errors import InputError
from comment_classifier.model import Explanation
from comment_classifier.store import load_model, model_path

_SCORE_DIGITS = 4


@dataclass(frozen=True)
class QuestionResult:
    """One question of a survey, coded.

    Attributes:
        asked: the question.
        coded: as :func:`comment_classifier.classify` returns it.
        explanations: per comment the explanation of each category it was given.
        counts: as :func:`comment_classifier.count` returns it.
        model: the model file used.
        held_out: the figures of the model's card on voices it had not read.

    """

    asked: SurveyQuestion
    coded: pd.DataFrame
    explanations: list[dict[str, Explanation]]
    counts: pd.DataFrame
    model: Path
    held_out: dict[str, Any]


def code_question(texts: list[str], asked: SurveyQuestion, n_jobs: int = 1) -> QuestionResult:
    """Code and count one column of answers."""
    classifier, source = _classifier(asked)
    model, book = classifier.model_, asked.codebook
    coding = code_comments(model, book, texts, n_jobs)
    coded = coded_frame(coding, book, texts, pd.RangeIndex(len(texts)))
    explanations = explain_coding(model, book, texts, coding, n_jobs)
    counts = count_categories(coded, book)
    return QuestionResult(asked, coded, explanations, counts, source, model.card.get("held_out", {}))


def coded_table(table: pd.DataFrame, results: list[QuestionResult], path: Path) -> pd.DataFrame:
    """Put the coding beside the input: every input column, then the columns of each question.

    Per question ``q``: ``q_labels`` (ids joined by ``|``), ``q_区分`` (their labels), ``q_review``
    (1: a person should look), ``q_reason``, ``q_<id>`` (0/1) and ``q_score_<id>``.
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
        for name, values in added.items():
            heading = f"{question}_{name}"
            if heading in columns:
                raise InputError(
                    f"{path}: the heading {heading!r} is needed for the result. Rename that column"
                )
            columns[heading] = values
    return pd.DataFrame(columns)


def counts_table(results: list[QuestionResult]) -> pd.DataFrame:
    """Put the counts of all questions into one table: ``question, category, label, count, share, base_n``."""
    rows = [
        (
            result.asked.question,
            category,
            row.label,
            row.count_,
            "" if pd.isna(row.share) else f"{row.share:.1f}",
            result.counts.attrs["base_n"],
        )
        for result in results
        for category, row in zip(
            result.counts.index, result.counts.rename(columns={"count": "count_"}).itertuples(), strict=True
        )
    ]
    return pd.DataFrame(rows, columns=["question", "category", "label", "count", "share", "base_n"])


def _classifier(asked: SurveyQuestion) -> tuple[CommentClassifier, Path]:
    source = asked.model or model_path(asked.codebook)
    if asked.model is None and not source.exists():
        raise InputError(
            f"question {asked.question!r}: no such model file {source}. Train one for the codebook "
            f'{asked.codebook.id!r}, and name it with --model, or with model = "..." in the survey file'
        )
    return load_model(source, asked.codebook), source
