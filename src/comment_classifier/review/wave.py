"""A wave under review: its coding, what people decided, and the figures that follow."""

import threading
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from comment_classifier.closed import Reach, reach
from comment_classifier.codebook import Codebook
from comment_classifier.counting import PICKED, RANDOM, count_categories, with_reading
from comment_classifier.duplicates import group_duplicates
from comment_classifier.errors import InputError
from comment_classifier.evaluation import Agreement, compare_codings
from comment_classifier.explaining import explain_many
from comment_classifier.files import sha256
from comment_classifier.labels import SETTLED, label_matrix
from comment_classifier.model import Model
from comment_classifier.model_file import load_model_file, model_path
from comment_classifier.report.figures import Figures, question_figures
from comment_classifier.report.marks import Segment, marked
from comment_classifier.review.decisions import Decision, Decisions
from comment_classifier.runs import Run, read_run
from comment_classifier.sampling import draw_sample, pick_useful
from comment_classifier.store import versions
from comment_classifier.survey import SurveyQuestion

DECISIONS = "review.sqlite"


@dataclass
class Asked:
    """One question under review."""

    asked: SurveyQuestion
    model: Model
    model_file: Path
    coded: pd.DataFrame
    groups: npt.NDArray[np.int64]
    before: pd.DataFrame | None  # what a filled sheet had told already
    copies: npt.NDArray[np.int64] = field(init=False)  # how often each text came
    figures: tuple[tuple[int, int], Figures] | None = None

    def __post_init__(self) -> None:
        sizes = np.bincount(self.groups[self.groups >= 0], minlength=1)
        self.copies = np.where(self.groups >= 0, sizes[self.groups], 0)

    @property
    def book(self) -> Codebook:
        """Its codebook."""
        return self.asked.codebook


@dataclass(frozen=True)
class Shown:
    """A comment as the page shows it."""

    row: int
    name: str
    segments: list[Segment]
    labels: tuple[str, ...]
    scores: dict[str, float]
    review: bool
    copies: int
    decisions: list[Decision]


@dataclass
class Wave:
    """A wave under review."""

    run: Run
    asked: dict[str, Asked]
    decisions: Decisions
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def title(self) -> str:
        """The survey's title."""
        return str(self.run.said["survey"])

    def name(self, row: int) -> str:
        """Return how a row is called: by its id, or by its number."""
        column = self.run.said.get("id_column", "")
        return str(self.run.table[column].iloc[row]) if column else f"{row + 1} 行目"

    def reading(self, question: str) -> pd.DataFrame:
        """Return what is known by reading: settled, or agreed among those who read it."""
        asked, queue = self.asked[question], self.decisions.queue(question)
        known: dict[int, tuple[tuple[str, ...], str]] = {}
        if asked.before is not None:
            for row, labels, chosen in asked.before[["labels", "chosen"]].itertuples():
                known[row] = (labels, chosen)
        for row, its in self._by_row(question).items():
            labels = agreed(its)
            known.pop(row, None)
            if labels is not None:
                known[row] = (labels, queue.get(row, PICKED))
        labels_of = pd.Series([k[0] for k in known.values()], index=list(known), dtype=object)
        return pd.DataFrame(
            {"labels": labels_of, "chosen": [k[1] for k in known.values()]}, index=list(known)
        )

    def question_figures(self, question: str) -> Figures:
        """Return the figures of a question as they stand now; computed anew only after a decision."""
        asked, now = self.asked[question], self.decisions.version(question)
        if asked.figures is None or asked.figures[0] != now:
            with self.lock:
                read = self.reading(question)
                counts = count_categories(asked.coded, asked.book, read, asked.groups)
                figures = question_figures(asked.asked, counts, self._reach(asked, read))
                asked.figures = (now, figures)
        return asked.figures[1]

    def _reach(self, asked: Asked, read: pd.DataFrame) -> Reach | None:
        group = asked.asked.asked
        if group is None:
            return None
        known = with_reading(asked.coded, asked.book, read)
        return reach(self.run.table, group, ~known[asked.book.none].to_numpy(bool))

    def show(self, question: str, rows: list[int], category: str = "") -> list[Shown]:
        """Return comments, the words marked that decided for one category or the first each was given."""
        asked, decided = self.asked[question], self._by_row(question)
        book, part = asked.book, asked.coded.iloc[rows]
        wanted = [
            category if category in book.learned else next((c for c in labels if c in book.learned), "")
            for labels in part["labels"]
        ]
        why = explain_many(asked.model, part["text"].tolist(), [{c} for c in wanted])
        return [
            Shown(
                row=row,
                name=self.name(row),
                segments=marked(said["text"], why[i].get(wanted[i])),
                labels=said["labels"],
                scores={c: float(said[f"score_{c}"]) for c in book.ids},
                review=bool(said["review"]),
                copies=int(asked.copies[row]),
                decisions=decided.get(row, []),
            )
            for i, (row, said) in enumerate(zip(rows, part.to_dict("records"), strict=True))
        ]

    def draw(self, question: str, n: int, chosen: str, seed: int = 0) -> int:
        """Put n comments more into what is to be read: at random, or useful ones; return how many."""
        asked, queue = self.asked[question], self.decisions.queue(question)
        texts = asked.coded["text"].tolist()
        if chosen == RANDOM:
            # One long order, of which what was drawn already is the beginning.
            drawn = sum(how == RANDOM for how in queue.values())
            rows = draw_sample(texts, len(texts), seed)[drawn : drawn + n]
        else:
            rows = pick_useful(asked.model, asked.book, texts, n, list(queue), seed, asked.groups)
        self.decisions.enqueue(question, rows, chosen)
        return len(rows)

    def next_row(self, question: str, coder: str) -> int | None:
        """Return the first comment of the queue that the coder has not read; None if all are."""
        read = {d.row for d in self.decisions.latest(question) if d.coder == coder}
        return next((row for row in self.decisions.queue(question) if row not in read), None)

    def differing(self, question: str) -> list[int]:
        """Return the comments on which coders differ and which nobody has settled."""
        return [row for row, its in self._by_row(question).items() if agreed(its) is None]

    def agreement(self, question: str) -> tuple[str, str, Agreement] | None:
        """Return two coders' names and agreement on what both have read; None if no two have."""
        pairs: dict[tuple[str, str], list[tuple[Decision, Decision]]] = {}
        for its in self._by_row(question).values():
            people = [d for d in its if d.coder != SETTLED][:2]
            if len(people) == 2:
                one, two = sorted(people, key=lambda d: d.coder)
                pairs.setdefault((one.coder, two.coder), []).append((one, two))
        if not pairs:
            return None
        (first, second), found = max(pairs.items(), key=lambda item: len(item[1]))
        book = self.asked[question].book
        flags = [label_matrix([pair[side].labels for pair in found], book) for side in (0, 1)]
        return first, second, compare_codings(flags[0], flags[1], book.ids)

    def _by_row(self, question: str) -> dict[int, list[Decision]]:
        rows: dict[int, list[Decision]] = {}
        for decision in self.decisions.latest(question):
            rows.setdefault(decision.row, []).append(decision)
        return rows


def agreed(decisions: list[Decision]) -> tuple[str, ...] | None:
    """Return what a comment was read as: settled, or by all alike; None where coders differ."""
    settled = [d.labels for d in decisions if d.coder == SETTLED]
    if settled:
        return settled[-1]
    codings = {d.labels for d in decisions}
    return codings.pop() if len(codings) == 1 else None


def open_wave(folder: Path, models: Path, model_files: tuple[Path, ...] = ()) -> Wave:
    """Open a wave that ``classify`` wrote.

    Args:
        folder: the wave's.
        models: folder of the models.
        model_files: models of one's own codebooks.

    Raises:
        InputError: the folder holds no run, or the model that coded it is not found.

    """
    run = read_run(folder)
    asked = {}
    for question in run.survey().questions:
        said = run.questions[question.question]
        path = _model_file(question.codebook, said["model_sha256"], models, model_files)
        model = load_model_file(path)
        coded = run.coded(question.question)
        asked[question.question] = Asked(
            asked=replace(question, model=path if path in model_files else None),
            model=model,
            model_file=path,
            coded=coded,
            groups=group_duplicates(coded["text"].tolist()),
            before=run.read(question.question),
        )
    return Wave(run, asked, Decisions(folder / DECISIONS))


def _model_file(codebook: Codebook, digest: str, models: Path, model_files: tuple[Path, ...]) -> Path:
    stored = [version.path for version in versions(codebook.id, models)]
    for path in (*model_files, model_path(codebook, models), *stored):
        if path.exists() and sha256(path) == digest:
            return path
    raise InputError(
        f"the model that coded {codebook.id!r} is not found. Give it with --model, or classify the wave again"
    )
