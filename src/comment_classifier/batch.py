"""Classify a survey file: read it in chunks, code every question, write the coded table and the report.

Memory does not grow with the file: a chunk is coded, written and added up before the next ones come.
Of a large file the report shows a random sample of comments; its counts are of all.
"""

import json
import platform
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from comment_classifier.chunk import (
    Plan,
    as_written,
    csv_lines,
    loaded,
    score,
    with_headings,
    without_coding,
)
from comment_classifier.cluster import (
    cluster,
    columns_of_part,
    count_rows,
    on_cluster,
    parts_of,
    texts_in_parts,
)
from comment_classifier.engines import in_order
from comment_classifier.errors import InputError
from comment_classifier.files import sha256, whole_folder
from comment_classifier.parts import LARGE, ROWS, Gathered, Job, Part, TextsAt, job_of, work
from comment_classifier.report import write_report
from comment_classifier.results import (
    SurveyResult,
    closed_counts,
    counts_table,
    cross_tables,
    estimates_table,
    savings_tables,
)
from comment_classifier.runs import Run, files_of_run
from comment_classifier.sheets import HASH, origin_of, read_sheet
from comment_classifier.survey import Survey, SurveyQuestion, as_plain
from comment_classifier.tables import column, csv_heading, open_table, write_csv
from comment_classifier.tokenizer import dictionary

Progress = Callable[[str, int, int], None]
_VERSIONS_OF = (
    "comment-classifier",
    "fugashi",
    "unidic-lite",
    "numpy",
    "scipy",
    "pandas",
    "openpyxl",
    "XlsxWriter",
    "Jinja2",
    "matplotlib",
    "matplotlib-fontja",
)


def classify_file(
    path: str | Path,
    survey: Survey,
    out: str | Path,
    *,
    header_row: int = 1,
    sheet: str | None = None,
    n_jobs: int = 1,
    read: str | Path | None = None,
    by: Sequence[str] = (),
    reasons: str = "auto",
    mask: bool = False,
    progress: Progress = lambda step, done, of: None,
) -> SurveyResult:
    """Classify a survey file and write everything into a folder.

    Args:
        path: CSV, TSV or .xlsx; see :func:`comment_classifier.read_table`.
        survey: which column asks which question; see :func:`comment_classifier.load_survey`.
        out: the folder. Files in it of the same names are replaced, each whole; on an error none is.
        header_row: the row of the headings, from 1.
        sheet: of an Excel file.
        n_jobs: processes to use; -1 for all cores. The files are the same.
        read: the sheet of :func:`comment_classifier.labelling.sample_file`, filled; what was read counts
            exactly, and the unread are estimated with an interval.
        by: headings of attributes to make cross tables by.
        reasons: which comments get their deciding words: ``all``, those ``shown`` in the report, or all of
            up to 100,000 lines (``auto``).
        mask: replace personal data in the answers before anything else; see
            :mod:`comment_classifier.masking`.
        progress: called with the step's name, how many are done, and of how many.

    Returns:
        All questions, counted, and the estimates.

    Raises:
        InputError: anything wrong with the file, the survey, or the models.

    """
    path, out = Path(path), Path(out)
    table = open_table(path, header_row, sheet)
    empty = table.empty()
    survey = with_headings(survey, empty, path)
    attributes = [str(column(empty, name, path).name) for name in by]
    everything = reasons == "all" or (reasons == "auto" and table.at_most <= LARGE)
    plan = Plan(survey, everything, mask, _readings(read, path, survey))
    said = {"file": path.name, "sha256": sha256(path), "header_row": header_row, "sheet": sheet}
    job = job_of(plan, attributes, table.at_most)
    here = partial(_here, job, table.chunks(ROWS), empty, n_jobs)
    return _classify(job, here, lambda folder: partial(_texts_in_csv, folder), out, said, progress)


def classify_again(run: Run, survey: Survey, readings: Mapping[str, pd.DataFrame]) -> SurveyResult:
    """Classify a wave that lies in its folder anew, with the models of now and what people read.

    Args:
        run: the wave; its folder is written again.
        survey: its questions, with their models.
        readings: by question, ``labels`` and ``chosen`` by row from 0.

    Raises:
        InputError: anything wrong with the models, or the folder cannot be written to.

    """
    table = run.input_table
    job = job_of(Plan(survey, len(table) <= LARGE, False, readings), run.said["by"], len(table))
    chunks = (table.iloc[at : at + ROWS] for at in range(0, len(table), ROWS))
    here = partial(_here, job, chunks, table.iloc[:0], 1)
    return _classify(job, here, lambda folder: partial(_texts_in_csv, folder), run.folder, run.said["input"])


def classify_parts(
    path: str | Path,
    survey: Survey,
    out: str | Path,
    *,
    scheduler: str | None = None,
    n_jobs: int = -1,
    header_row: int = 1,
    by: Sequence[str] = (),
    reasons: str = "auto",
    mask: bool = False,
    progress: Progress = lambda step, done, of: None,
) -> SurveyResult:
    """Classify a survey that lies in parts on a Dask cluster; the same counts, on many machines.

    Args:
        path: a Parquet or CSV file, or a folder of them, which all workers reach by this path.
        survey: which column asks which question.
        out: the folder, likewise. As :func:`classify_file` writes it, but for ``comments/part-*.parquet``
            in place of ``comments.csv``.
        scheduler: address of a running scheduler; None for worker processes on this machine.
        n_jobs: how many of those; -1 for one per core.
        header_row: the row of the headings in parts that are not Parquet, from 1.
        by: headings of attributes to make cross tables by.
        reasons: as for :func:`classify_file`, by the number of rows.
        mask: as for :func:`classify_file`.
        progress: called with the step's name, how many rows are done, and of how many.

    Raises:
        InputError: anything wrong with the parts, the survey, the models, or the cluster.

    """
    path, out = Path(path), Path(out)
    files = parts_of(path)
    empty = columns_of_part(files[0], header_row)
    survey = with_headings(survey, empty, files[0])
    attributes = [str(column(empty, name, files[0]).name) for name in by]
    said = {"file": path.name, "parts": [file.name for file in files], "header_row": header_row}
    with cluster(scheduler, n_jobs) as client:
        rows = count_rows(client, files, header_row)
        everything = reasons == "all" or (reasons == "auto" and sum(rows) <= LARGE)
        job = job_of(Plan(survey, everything, mask), attributes, sum(rows))
        there = partial(on_cluster, client, job, files, rows, header_row)
        return _classify(job, there, texts_in_parts, out, said, progress)


def _classify(
    job: Job,
    parts: Callable[[Path], Iterator[Part]],
    texts_at: Callable[[Path], TextsAt],
    out: Path,
    said: dict[str, Any],
    progress: Progress = lambda step, done, of: None,
) -> SurveyResult:
    """Gather the parts, which are written into a folder as they come, and add counts and report."""
    started = datetime.now(UTC)
    survey = job.plan.survey
    for asked in survey.questions:
        loaded(asked)  # a fault of the model comes before any work
    with whole_folder(out, files_of_run(out)) as folder:
        gathered = Gathered(job, folder / ".texts")
        for part in parts(folder):
            gathered.take(part)
            progress("分類", gathered.n, max(gathered.n, job.at_most))
        progress("報告", gathered.n, gathered.n)
        result = gathered.result(texts_at(folder))
        _write_tables(folder, result, job)
        kept, _ = gathered.rows
        kept = kept.assign(**{f"{r.asked.question}_reason": r.reasons for r in result.questions})
        write_report(folder, without_coding(kept, survey), result, as_written(kept, survey))
        described = _run(job, said, result, started, len(kept))
        described["files"] = sorted(
            str(p.relative_to(folder).as_posix()) for p in folder.rglob("*") if p.is_file()
        )
        text = json.dumps(described, ensure_ascii=False, indent=1)
        (folder / "run.json").write_text(text + "\n", encoding="utf-8", errors="backslashreplace")
    return result


def _write_tables(folder: Path, result: SurveyResult, job: Job) -> None:
    """Write the figures as CSV, a file per kind that the survey has."""
    if result.questions:
        write_csv(counts_table(result.questions), folder / "counts.csv")
    if result.closed:
        write_csv(closed_counts(result.closed), folder / "closed.csv")
    if any(r.savings is not None for r in result.questions):
        write_csv(savings_tables(result.questions), folder / "savings.csv")
    if result.estimates:
        write_csv(estimates_table(result.estimates), folder / "estimates.csv")
    if job.attributes:
        write_csv(cross_tables(result.in_order), folder / "crosstab.csv")


def _here(
    job: Job, chunks: Iterable[pd.DataFrame], empty: pd.DataFrame, n_jobs: int, folder: Path
) -> Iterator[Part]:
    """Work on the chunks on this machine; write ``comments.csv`` as they come."""
    lines = partial(csv_lines, survey=job.plan.survey)
    with (folder / "comments.csv").open("wb") as file:
        file.write(csv_heading(score(empty, job.plan).rows.columns))
        for part in in_order(partial(work, job, lines), chunks, n_jobs):
            file.write(part.lines)
            yield part


def _texts_in_csv(folder: Path, heading: str, rows: list[int]) -> dict[int, str]:
    if not rows:
        return {}
    table = open_table(folder / "comments.csv", own=True)
    at = table.columns.index(heading)
    wanted = set(rows)
    return {n: row[at] for n, row in zip(range(max(rows) + 1), table.rows, strict=False) if n in wanted}


def _readings(read: str | Path | None, path: Path, survey: Survey) -> dict[str, pd.DataFrame]:
    if read is None:
        return {}
    said = origin_of(read)
    if said.get(HASH) != sha256(path):
        raise InputError(f"{read}: was drawn from another file than {path}, or that file has changed since")
    return {asked.question: _reading(Path(read), asked, said) for asked in survey.questions}


def _reading(read: Path, asked: SurveyQuestion, said: dict[str, str]) -> pd.DataFrame:
    marked = read_sheet(read, asked.question, asked.codebook, said)
    if marked.refused:
        first, more = marked.refused[0], len(marked.refused) - 1
        rest = f" (and {more} more rows)" if more else ""
        raise InputError(f"{read}: sheet {asked.question!r}, row {first.row}{first.message}{rest}")
    return marked.rows.set_index("row")[["labels", "chosen", "text"]]


def _run(
    job: Job, said: dict[str, Any], result: SurveyResult, started: datetime, shown: int
) -> dict[str, Any]:
    survey = job.plan.survey
    return {
        "input": said,
        "rows": result.n,
        "shown": shown,
        "masked": job.plan.mask,
        "by": list(job.attributes),
        "survey": survey.title,
        "id_column": survey.id_column,
        "questions": [
            {
                "question": r.asked.question,
                "column": r.asked.column,
                "codebook": r.asked.codebook.id,
                "codebook_content": r.asked.codebook.as_dict(),
                "codebook_sha256": r.asked.codebook.fingerprint,
                "title": r.asked.title,
                "base": r.asked.base,
                "asked": r.asked.asked and asdict(r.asked.asked),
                "durations": r.asked.durations,
                "model": r.model.name,
                "model_sha256": sha256(r.model),
                "held_out": r.fitted.card.get("held_out", {}),
                "unlearned": r.unlearned,
                "unknown_words": {"share": round(r.unknown[0], 4), "words": r.unknown[1]},
            }
            for r in result.questions
        ],
        **as_plain(survey),
        "versions": {name: version(name) for name in _VERSIONS_OF},
        "python": platform.python_version(),
        "platform": platform.platform(),
        "dictionary": dictionary(),
        "started": started.isoformat(timespec="seconds"),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
    }
