"""Parts: what is left of a chunk once it is coded, and what the parts of a file come to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from itertools import compress
from operator import add
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from comment_classifier.chunk import Plan, Scored, coded_rows, loaded, score
from comment_classifier.closed import Chosen, Reach, count_chosen, reach
from comment_classifier.coding import Coding, reasons
from comment_classifier.counting import with_reading
from comment_classifier.results import (
    QuestionResult,
    SurveyResult,
    closed_result,
    count_shown,
    estimated_all,
    question_result,
)
from comment_classifier.savings import Spent, Times, savings_table, times_of
from comment_classifier.survey import SurveyQuestion
from comment_classifier.text import normalize_all
from comment_classifier.totals import Texts, Totals, count_totals, cross_totals, totals

Bools = npt.NDArray[np.bool_]
ROWS = 20_000  # of a chunk
LARGE = 100_000  # rows; more than that, and the report shows a sample
SAMPLE = 5_000  # rows shown of a large file, about

TextsAt = Callable[[str, list[int]], dict[int, str]]


@dataclass(frozen=True)
class Job:
    """What is done to a file.

    Attributes:
        plan: what is done to each chunk.
        attributes: headings of attributes to make cross tables by.
        at_most: a bound of the rows of a large file, 0 if all its rows are kept at hand.
        share: of the rows of a large file that the report shows.

    """

    plan: Plan
    attributes: Sequence[str]
    at_most: int = 0
    share: float = 1.0


def job_of(plan: Plan, attributes: Sequence[str], at_most: int) -> Job:
    """Plan the work on a file of at most so many rows."""
    return Job(plan, attributes, at_most, SAMPLE / at_most) if at_most > LARGE else Job(plan, attributes)


@dataclass(frozen=True)
class Part:
    """What is left of a chunk.

    Attributes:
        n: its rows.
        lines: what is to be written of it.
        kept: the rows that the report shows, or that people read.
        codings: by question, of the rows kept.
        totals: by question, of all rows; empty if all are kept.
        texts: by question what :meth:`comment_classifier.totals.Texts.add` takes, likewise.
        chosen: by closed question how the respondents answered.
        reached: by free-text question whom it was asked, if the survey tells.
        times: by question on time saved the times that its comments name.

    """

    n: int
    lines: bytes
    kept: pd.DataFrame
    codings: dict[str, Coding]
    totals: dict[str, Totals]
    texts: dict[str, list[tuple[Any, ...]]]
    chosen: dict[str, Chosen]
    reached: dict[str, Reach]
    times: dict[str, Times]


def work(job: Job, write: Callable[[pd.DataFrame], bytes], rows: pd.DataFrame) -> Part:
    """Code a chunk, write it, and reduce it to a part.

    Args:
        job: what is done to the file.
        write: writes the coded rows, or returns the bytes that whoever gathers the parts writes.
        rows: the chunk.

    """
    scored = score(rows, job.plan)
    lines = write(scored.rows)
    survey = job.plan.survey
    chosen = {q.question: count_chosen(rows, q, job.attributes) for q in survey.closed}
    known = {q.question: _known(q, scored, job.plan.readings.get(q.question)) for q in survey.questions}
    answered = {q.question: _answered(q, known[q.question]) for q in survey.questions}
    reached = {q.question: reach(rows, q.asked, answered[q.question]) for q in survey.questions if q.asked}
    times = {
        q.question: _times(q, scored.spent[q.question], known[q.question])
        for q in survey.questions
        if q.durations
    }
    added_up = (chosen, reached, times)
    if not job.at_most:
        return Part(len(rows), lines, scored.rows, scored.codings, {}, {}, *added_up)
    summed, texts = {}, {}
    attributes = {name: rows[name].tolist() for name in job.attributes}
    wanted = _chance(rows.index) < job.share
    for asked in survey.questions:
        coding, book = scored.codings[asked.question], asked.codebook
        read = job.plan.readings.get(asked.question)
        numbers = rows.index[:0] if read is None else read.index[read.index.isin(rows.index)]
        none = coding.flags[:, book.ids.index(book.none)]
        flags = known[asked.question]
        summed[asked.question] = totals(coding, book, rows.index, flags, numbers, attributes)
        texts[asked.question] = [(scored.keys[asked.question], flags, none, rows.index, attributes)]
        wanted |= rows.index.isin(numbers)
    at = np.flatnonzero(wanted)
    codings = {question: coding.take(at) for question, coding in scored.codings.items()}
    return Part(len(rows), lines, scored.rows.iloc[at], codings, summed, texts, *added_up)


def _known(asked: SurveyQuestion, scored: Scored, read: pd.DataFrame | None) -> Bools:
    """Return (n, k) categories as read, else as given."""
    coding, rows = scored.codings[asked.question], scored.rows
    if read is None or not (its := read.index.isin(rows.index)).any():
        return coding.flags
    coded, read = coded_rows(rows, asked, coding).set_axis(rows.index), read[its]
    known: Bools = with_reading(coded, asked.codebook, read)[list(asked.codebook.ids)].to_numpy(bool)
    return known


def _answered(asked: SurveyQuestion, flags: Bools) -> Bools:
    """Tell (n,) which comments are answers, by their (n, k) categories."""
    answered: Bools = ~flags[:, asked.codebook.ids.index(asked.codebook.none)]
    return answered


def _times(asked: SurveyQuestion, spent: Sequence[Spent], flags: Bools) -> Times:
    """Gather the times of the comments that are answers, by all categories but no answer."""
    answered, none = _answered(asked, flags), asked.codebook.ids.index(asked.codebook.none)
    return times_of(list(compress(spent, answered)), np.delete(flags[answered], none, axis=1))


def merged(parts: Sequence[Part]) -> Part:
    """Put parts that follow each other together, so that one goes where several were."""
    questions = list(parts[0].codings)
    return Part(
        n=sum(part.n for part in parts),
        lines=b"".join(part.lines for part in parts),
        kept=pd.concat([part.kept for part in parts]),
        codings={q: Coding.joined([part.codings[q] for part in parts]) for q in questions},
        totals={q: reduce(add, [part.totals[q] for part in parts]) for q in parts[0].totals},
        texts={q: [its for part in parts for its in part.texts[q]] for q in parts[0].texts},
        chosen={q: reduce(add, [part.chosen[q] for part in parts]) for q in parts[0].chosen},
        reached={q: reduce(add, [part.reached[q] for part in parts]) for q in parts[0].reached},
        times={q: reduce(add, [part.times[q] for part in parts]) for q in parts[0].times},
    )


class Gathered:
    """What the parts of a file come to."""

    def __init__(self, job: Job, folder: Path) -> None:
        """Begin with nothing; ``folder`` is to keep files in meanwhile."""
        self.n = 0
        self._job = job
        self._kept: list[tuple[pd.DataFrame, dict[str, Coding]]] = []
        self.totals: dict[str, Totals] = {}
        self.chosen: dict[str, Chosen] = {}
        self.reached: dict[str, Reach] = {}
        self.times: dict[str, Times] = {}
        self.texts: dict[str, Texts] = {}
        if job.at_most:
            self.texts = {
                q.question: Texts(folder / q.question, len(q.codebook.ids), job.attributes)
                for q in job.plan.survey.questions
            }

    def take(self, part: Part) -> None:
        """Add the next part."""
        self.n += part.n
        self._kept.append((part.kept, part.codings))
        for name in ("totals", "chosen", "reached", "times"):
            so_far, its = getattr(self, name), getattr(part, name)
            for question, added in its.items():
                so_far[question] = so_far[question] + added if question in so_far else added
        for question, its in part.texts.items():
            for texts in its:
                self.texts[question].add(*texts)

    @cached_property
    def rows(self) -> tuple[pd.DataFrame, dict[str, Coding]]:
        """The rows that are kept, and their codings, once all parts have come."""
        kept = pd.concat([rows for rows, _ in self._kept])
        questions = [asked.question for asked in self._job.plan.survey.questions]
        codings = {q: Coding.joined([its[q] for _, its in self._kept]) for q in questions}
        return kept, codings

    def result(self, texts_at: TextsAt) -> SurveyResult:
        """Count all questions and compute the estimates.

        Args:
            texts_at: finds the text of a column in some rows of the file.

        """
        survey = self._job.plan.survey
        questions = [self._question(asked, texts_at) for asked in survey.questions]
        closed = [closed_result(asked, self.chosen[asked.question]) for asked in survey.closed]
        return SurveyResult(survey, self.n, questions, closed, estimated_all(survey, questions, closed))

    def _question(self, asked: SurveyQuestion, texts_at: TextsAt) -> QuestionResult:
        result = self._counted(asked, texts_at)
        times, book = self.times.get(asked.question), asked.codebook
        labels = {category: book.label(category) for category in book.learned}
        savings = times and savings_table(times, labels)
        return replace(result, reach=self.reached.get(asked.question), savings=savings)

    def _counted(self, asked: SurveyQuestion, texts_at: TextsAt) -> QuestionResult:
        kept, codings = self.rows
        coding, read = codings[asked.question], self._job.plan.readings.get(asked.question)
        coded = coded_rows(kept, asked, coding)
        why = kept[f"{asked.question}_reason"].tolist()
        if not self._job.at_most:
            attributes = {name: kept[name].reset_index(drop=True) for name in self._job.attributes}
            return question_result(asked, coded, why, *count_shown(asked, coded, read, attributes))
        if not self._job.plan.reasons:
            normalized = normalize_all(coded["text"].tolist())
            why = reasons(loaded(asked).model_, asked.codebook, normalized, coding.flags)
        at_hand = coded.set_axis(kept.index).loc[[] if read is None else read.index]
        whole, texts = self.totals[asked.question], self.texts[asked.question]
        texts.finish()
        counts = count_totals(whole, asked.codebook, at_hand, read, texts, coded.attrs["unlearned"])
        wordings = texts_at(asked.column, [row for row, _ in texts.most])
        counts.attrs["copies"] = [(wordings[row], times) for row, times in texts.most]
        return question_result(asked, coded, why, counts, cross_totals(whole, asked.codebook, texts))


def _chance(rows: pd.Index) -> npt.NDArray[np.float64]:
    """Return a number from 0 to 1 per row, the same in every run and on every engine."""
    mixed: npt.NDArray[np.uint64] = pd.util.hash_array(rows.to_numpy(np.int64))
    return mixed / 2.0**64
