"""Results: one coded and counted question of a survey, and the tables of all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from comment_classifier.chunk import loaded, model_of
from comment_classifier.closed import Chosen, Reach, chosen_by_group, chosen_table
from comment_classifier.codebook import Codebook
from comment_classifier.coding import expit
from comment_classifier.counting import count_categories, with_reading
from comment_classifier.crosstab import cross_table
from comment_classifier.duplicates import group_duplicates
from comment_classifier.estimates import Estimated, estimated
from comment_classifier.model import Model
from comment_classifier.rounding import half_up, percent, short
from comment_classifier.survey import ClosedQuestion, Survey, SurveyQuestion
from comment_classifier.themes import Theme, find_themes
from comment_classifier.typical import typical_comments
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
        reach: whom the question was asked, None where the survey does not tell.
        typical: by category the comments shown that are typical of it, by number.
        savings: the time saved by category, as :func:`comment_classifier.summarise_savings` returns it;
            None unless the survey asks for it.

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
    typical: dict[str, list[int]]
    reach: Reach | None = None
    savings: pd.DataFrame | None = None


@dataclass(frozen=True)
class ClosedResult:
    """One closed question of a survey, counted.

    Attributes:
        asked: the question.
        table: as :func:`comment_classifier.closed.chosen_table` returns it.
        crosses: a cross table per attribute that was asked for.

    """

    asked: ClosedQuestion
    table: pd.DataFrame
    crosses: dict[str, pd.DataFrame]


@dataclass(frozen=True)
class SurveyResult:
    """A survey of n respondents, read and counted.

    Attributes:
        survey: its questions, by the headings of the file.
        n: respondents.
        questions: those with free text, in the order of ``survey.questions``.
        closed: those with choices, in the order of ``survey.closed``.
        estimates: in the order of ``survey.estimates``.

    """

    survey: Survey
    n: int
    questions: list[QuestionResult]
    closed: list[ClosedResult]
    estimates: list[Estimated]

    @property
    def in_order(self) -> list[QuestionResult | ClosedResult]:
        """All questions as the survey asks them."""
        by_id: dict[str, QuestionResult | ClosedResult] = {r.asked.question: r for r in self.questions}
        by_id |= {r.asked.question: r for r in self.closed}
        return [by_id[question] for question in self.survey.order]


def closed_result(asked: ClosedQuestion, chosen: Chosen) -> ClosedResult:
    """Lay out a closed question from its counts."""
    return ClosedResult(asked, chosen_table(chosen, asked), chosen_by_group(chosen, asked))


def estimated_all(
    survey: Survey, questions: Sequence[QuestionResult], closed: Sequence[ClosedResult]
) -> list[Estimated]:
    """Compute the estimates of a survey from its questions."""
    shares = {result.asked.question: result.table for result in closed}
    savings = {result.asked.question: result.savings for result in questions if result.savings is not None}
    return [estimated(estimate, shares, savings) for estimate in survey.estimates]


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
        typical=typical_comments(model, book, shown),
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
            base_n = counts.attrs["base_n"]
            shown = "" if pd.isna(share) else f"{percent(count, base_n):.1f}"
            rows.append(
                (
                    result.asked.question,
                    category,
                    label,
                    count,
                    shown,
                    base_n,
                    *bounds,
                    read,
                    distinct,
                )
            )
    columns = ["question", "category", "label", "count", "share", "base_n", "low", "high", "read", "distinct"]
    return pd.DataFrame(rows, columns=columns)


def closed_counts(results: list[ClosedResult]) -> pd.DataFrame:
    """Put the closed questions into one table.

    Columns ``question, choice, count, share, low, high, base_n, asked_n, missing_n, outside_n``; shares
    are percent of ``base_n``.
    """
    parts = []
    for result in results:
        attrs = result.table.attrs
        shares = {n: result.table[n].map(_one_decimal) for n in ("share", "low", "high")}
        counts = {n: attrs[n] for n in ("base_n", "asked_n", "missing_n", "outside_n")}
        table = result.table.assign(**shares).reset_index()
        parts.append(table.assign(question=result.asked.question, **counts))
    return _led_by(pd.concat(parts, ignore_index=True), "question")


def _one_decimal(share: float) -> str:
    return "" if pd.isna(share) else f"{half_up(share, 1):.1f}"


def savings_tables(results: list[QuestionResult]) -> pd.DataFrame:
    """Put the time saved by category of all questions into one table, in minutes; the last row is of all."""
    parts = [
        r.savings.reset_index().assign(question=r.asked.question) for r in results if r.savings is not None
    ]
    table = pd.concat(parts, ignore_index=True)
    for name in table.select_dtypes("float"):
        table[name] = ["" if pd.isna(value) else short(value) for value in table[name]]
    return _led_by(table, "question")


def estimates_table(estimates: list[Estimated]) -> pd.DataFrame:
    """Put all estimates with their factors into one table: a row per factor, then one of the product."""
    parts = []
    for its in estimates:
        product = pd.DataFrame(
            [(its.estimate.title, its.value, its.low, its.high, its.estimate.unit, "", "product", False)],
            columns=its.factors.columns,
        )
        parts.append(pd.concat([its.factors, product], ignore_index=True).assign(estimate=its.estimate.id))
    table = pd.concat(parts, ignore_index=True)
    for name in ("value", "low", "high"):
        table[name] = ["" if pd.isna(value) else f"{value:.10g}" for value in table[name]]
    table["divide"] = table["divide"].astype(int)
    return _led_by(table, "estimate")


def cross_tables(results: Sequence[QuestionResult | ClosedResult]) -> pd.DataFrame:
    """Put the cross tables of all questions into one table, with ``question`` and ``by`` in front."""
    parts = [
        table.assign(question=result.asked.question, by=name)
        for result in results
        for name, table in result.crosses.items()
    ]
    table = pd.concat(parts, ignore_index=True)
    pairs = zip(table["count"], table["base_n"], strict=True)
    table["share"] = [f"{percent(count, n):.1f}" if n else "" for count, n in pairs]
    table["distinct"] = ["" if pd.isna(n) else int(n) for n in table["distinct"]]
    table["small"] = table["small"].astype(int)
    return _led_by(table, "question", "by")


def _led_by(table: pd.DataFrame, *names: str) -> pd.DataFrame:
    return table[[*names, *(c for c in table.columns if c not in names)]]
