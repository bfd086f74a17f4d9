"""Parts: what is left of a chunk once it is coded, and what the parts of a file come to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import add
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from comment_classifier.chunk import Plan, coded_rows, loaded, score
from comment_classifier.coding import Coding, reasons
from comment_classifier.counting import with_reading
from comment_classifier.results import QuestionResult, count_shown, question_result
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

    """

    n: int
    lines: bytes
    kept: pd.DataFrame
    codings: dict[str, Coding]
    totals: dict[str, Totals]
    texts: dict[str, list[tuple[Any, ...]]]


def work(job: Job, write: Callable[[pd.DataFrame], bytes], rows: pd.DataFrame) -> Part:
    """Code a chunk, write it, and reduce it to a part.

    Args:
        job: what is done to the file.
        write: writes the coded rows, or returns the bytes that whoever gathers the parts writes.
        rows: the chunk.

    """
    scored = score(rows, job.plan)
    lines = write(scored.rows)
    if not job.at_most:
        return Part(len(rows), lines, scored.rows, scored.codings, {}, {})
    summed, texts = {}, {}
    attributes = {name: rows[name].tolist() for name in job.attributes}
    wanted = _chance(rows.index) < job.share
    for asked in job.plan.survey.questions:
        coding, book = scored.codings[asked.question], asked.codebook
        read = job.plan.readings.get(asked.question)
        read = None if read is None else read[read.index.isin(rows.index)]
        numbers = rows.index[:0] if read is None else read.index
        known = _known(asked, scored.rows, coding, read)
        none = coding.flags[:, book.ids.index(book.none)]
        summed[asked.question] = totals(coding, book, rows.index, known, numbers, attributes)
        texts[asked.question] = [(scored.keys[asked.question], known, none, rows.index, attributes)]
        wanted |= rows.index.isin(numbers)
    at = np.flatnonzero(wanted)
    codings = {question: coding.take(at) for question, coding in scored.codings.items()}
    return Part(len(rows), lines, scored.rows.iloc[at], codings, summed, texts)


def _known(asked: SurveyQuestion, rows: pd.DataFrame, coding: Coding, read: pd.DataFrame | None) -> Bools:
    if read is None or read.empty:
        return coding.flags
    coded = coded_rows(rows, asked, coding).set_axis(rows.index)
    known: Bools = with_reading(coded, asked.codebook, read)[list(asked.codebook.ids)].to_numpy(bool)
    return known


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
    )


class Gathered:
    """What the parts of a file come to."""

    def __init__(self, job: Job, folder: Path) -> None:
        """Begin with nothing; ``folder`` is to keep files in meanwhile."""
        self.n = 0
        self._job = job
        self._kept: list[tuple[pd.DataFrame, dict[str, Coding]]] = []
        self.totals: dict[str, Totals] = {}
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
        for question, its in part.totals.items():
            self.totals[question] = self.totals[question] + its if question in self.totals else its
            for texts in part.texts[question]:
                self.texts[question].add(*texts)

    @cached_property
    def rows(self) -> tuple[pd.DataFrame, dict[str, Coding]]:
        """The rows that are kept, and their codings, once all parts have come."""
        kept = pd.concat([rows for rows, _ in self._kept])
        questions = [asked.question for asked in self._job.plan.survey.questions]
        codings = {q: Coding.joined([its[q] for _, its in self._kept]) for q in questions}
        return kept, codings

    def result(self, asked: SurveyQuestion, texts_at: TextsAt) -> QuestionResult:
        """Count one question.

        Args:
            asked: the question.
            texts_at: finds the text of a column in some rows of the file.

        """
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
