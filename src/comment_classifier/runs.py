"""A classified wave as it lies in its folder: what ``classify`` wrote, read back."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from comment_classifier.chunk import without_coding
from comment_classifier.codebook import Codebook
from comment_classifier.counting import PICKED, RANDOM
from comment_classifier.errors import InputError
from comment_classifier.files import finish_files
from comment_classifier.labels import SEPARATOR
from comment_classifier.survey import ClosedQuestion, Survey, SurveyQuestion, from_plain, group_of
from comment_classifier.tables import column, read_table

Read = TypeVar("Read")
_SAID = "run.json"


@dataclass(frozen=True)
class Run:
    """A classified wave.

    Attributes:
        folder: where it lies.
        said: ``run.json``.
        table: ``comments.csv``.

    """

    folder: Path
    said: dict[str, Any]
    table: pd.DataFrame

    @property
    def questions(self) -> dict[str, dict[str, Any]]:
        """What ``run.json`` says of each question."""
        return {q["question"]: q for q in self.said["questions"]}

    @property
    def input_table(self) -> pd.DataFrame:
        """The columns of the input, without those that ``classify`` added."""
        return without_coding(self.table, self.survey())

    @property
    def closed(self) -> dict[str, ClosedQuestion]:
        """The closed questions."""
        return {asked.question: asked for asked in self.survey().closed}

    def chosen(self, question: str) -> pd.DataFrame:
        """Return the counts of a closed question by choice, with ``base_n`` in ``attrs``.

        Raises:
            InputError: ``closed.csv`` is missing or lacks a column.

        """
        path = self.folder / "closed.csv"
        table = read_table(path, own=True)
        its = table[column(table, "question", path) == question]
        counts = column(its, "count", path).astype(int).to_numpy()
        frame = pd.DataFrame({"count": counts}, index=column(its, "choice", path).tolist())
        frame.attrs["base_n"] = int(column(its, "base_n", path).iloc[0])
        return frame

    def codebook(self, question: str) -> Codebook:
        """Return the codebook that a question was coded by."""
        return Codebook.from_dict(self.questions[question]["codebook_content"])

    def survey(self) -> Survey:
        """Return the survey, as far as the folder knows it."""
        asked = tuple(
            SurveyQuestion(
                q["column"],
                name,
                self.codebook(name),
                q["title"],
                q["base"],
                asked=group_of(q.get("asked")),
                durations=q.get("durations", False),
            )
            for name, q in self.questions.items()
        )
        return from_plain(self.said["survey"], asked, self.said)

    def coded(self, question: str) -> pd.DataFrame:
        """Return one question's coding, as :func:`comment_classifier.classify` returns it.

        Raises:
            InputError: a column is missing.

        """
        path, said, book = self.folder / "comments.csv", self.questions[question], self.codebook(question)
        columns: dict[str, Any] = {
            "text": column(self.table, said["column"], path),
            "labels": [_ids(cell) for cell in column(self.table, f"{question}_labels", path)],
            "review": column(self.table, f"{question}_review", path) == "1",
        }
        for category in book.ids:
            columns[category] = column(self.table, f"{question}_{category}", path) == "1"
            columns[f"score_{category}"] = column(self.table, f"{question}_score_{category}", path).astype(
                float
            )
        coded = pd.DataFrame(columns)
        coded.attrs["unlearned"] = said["unlearned"]
        return coded

    def read(self, question: str) -> pd.DataFrame | None:
        """Return what people read of one question, by row from 0; None if nothing."""
        chosen = f"{question}_chosen"
        if chosen not in self.table.columns:
            return None
        rows = self.table.index[self.table[chosen].isin([RANDOM, PICKED])]
        labels = [_ids(cell) for cell in self.table.loc[rows, f"{question}_read"]]
        return pd.DataFrame(
            {"labels": pd.Series(labels, index=rows, dtype=object), "chosen": self.table.loc[rows, chosen]}
        )


def read_run(folder: Path) -> Run:
    """Read a folder that ``classify`` wrote.

    Raises:
        InputError: it holds no usable run.

    """
    return at_rest(folder, lambda: _read(folder))


def files_of_run(folder: Path) -> list[str]:
    """Return the files that the run in a folder wrote, by their paths in it; none if there is no run."""
    try:
        files = json.loads((folder / "run.json").read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return [file for file in files if isinstance(file, str)] if isinstance(files, list) else []


def at_rest(folder: Path, read: Callable[[], Read]) -> Read:
    """Read files of a run that belong together; again, if a run moved its own there meanwhile.

    A run that was stopped while its files moved to their places is brought to its end first.

    Raises:
        InputError: it cannot be brought to its end, or what ``read`` raises.

    """
    while True:
        finish_files(folder)
        before = _mark(folder)
        result = read()
        finish_files(folder)
        if _mark(folder) == before:
            return result


def _mark(folder: Path) -> tuple[int, int] | None:
    """Return what tells one run of a folder from the next."""
    try:
        found = (folder / _SAID).stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def _read(folder: Path) -> Run:
    try:
        said: dict[str, Any] = json.loads((folder / _SAID).read_text(encoding="utf-8"))
        known = all(isinstance(q["question"], str) and q["held_out"] for q in said["questions"])
    except (OSError, ValueError, KeyError, TypeError):
        known = False
    if not known:
        raise InputError(f"{folder}: holds no usable run.json. Give a folder that 'classify' wrote")
    return Run(folder, said, read_table(folder / "comments.csv", own=True))


def _ids(cell: str) -> tuple[str, ...]:
    return tuple(cell.split(SEPARATOR)) if cell else ()
