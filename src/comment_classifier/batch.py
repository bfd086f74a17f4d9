"""Classify a survey file: read it, code every question, write the coded table and the report."""

import json
import platform
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from comment_classifier.errors import InputError
from comment_classifier.files import sha256, whole_folder
from comment_classifier.report import write_report
from comment_classifier.results import (
    QuestionResult,
    code_question,
    coded_table,
    counts_table,
    cross_tables,
)
from comment_classifier.runs import Run
from comment_classifier.sheets import HASH, origin_of, read_sheet
from comment_classifier.survey import Survey, SurveyQuestion
from comment_classifier.tables import column, excel_text, read_table, write_csv
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
    progress: Progress = lambda step, done, of: None,
) -> list[QuestionResult]:
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
        progress: called with the step's name, how many are done, and of how many.

    Returns:
        One result per question, in the survey's order.

    Raises:
        InputError: anything wrong with the file, the survey, or the models.

    """
    path, out = Path(path), Path(out)
    started = datetime.now(UTC)
    table = read_table(path, header_row, sheet)
    answers = [column(table, asked.column, path).tolist() for asked in survey.questions]
    if survey.id_column:
        column(table, survey.id_column, path)
    attributes = {name: column(table, name, path) for name in by}
    readings = _readings(read, path, survey, answers)
    results = []
    for number, asked in enumerate(survey.questions):
        progress(asked.title, number, len(survey.questions) + 1)
        results.append(code_question(answers[number], asked, n_jobs, readings[number], attributes))
    progress("報告", len(survey.questions), len(survey.questions) + 1)
    said = {"file": path.name, "sha256": sha256(path), "header_row": header_row, "sheet": sheet}
    _write(out, table, survey, results, said, started)
    progress("", len(survey.questions) + 1, len(survey.questions) + 1)
    return results


def classify_again(run: Run, survey: Survey, readings: Mapping[str, pd.DataFrame]) -> list[QuestionResult]:
    """Classify a wave that lies in its folder anew, with the models of now and what people read.

    Args:
        run: the wave; its folder is written again.
        survey: its questions, with their models.
        readings: by question, ``labels`` and ``chosen`` by row from 0.

    Raises:
        InputError: anything wrong with the models, or the folder cannot be written to.

    """
    started = datetime.now(UTC)
    table = run.input_table
    attributes = {name: table[name] for name in run.said["by"]}
    results = [
        code_question(table[q.column].tolist(), q, 1, readings.get(q.question), attributes)
        for q in survey.questions
    ]
    _write(run.folder, table, survey, results, run.said["input"], started)
    return results


def _write(
    out: Path,
    table: pd.DataFrame,
    survey: Survey,
    results: list[QuestionResult],
    said: dict[str, Any],
    started: datetime,
) -> None:
    coded = coded_table(table, results, out)
    with whole_folder(out) as folder:
        write_csv(coded, folder / "comments.csv")
        write_csv(counts_table(results), folder / "counts.csv")
        if results[0].crosses:
            write_csv(cross_tables(results), folder / "crosstab.csv")
        write_report(folder, table, survey, results, coded)
        run = json.dumps(_run(said, survey, results, started), ensure_ascii=False, indent=1)
        (folder / "run.json").write_text(run + "\n", encoding="utf-8")


def _readings(
    read: str | Path | None, path: Path, survey: Survey, answers: list[list[str]]
) -> list[pd.DataFrame | None]:
    if read is None:
        return [None] * len(answers)
    said = origin_of(read)
    if said.get(HASH) != sha256(path):
        raise InputError(f"{read}: was drawn from another file than {path}, or that file has changed since")
    return [
        _reading(Path(read), asked, texts, said)
        for asked, texts in zip(survey.questions, answers, strict=True)
    ]


def _reading(read: Path, asked: SurveyQuestion, texts: list[str], said: dict[str, str]) -> pd.DataFrame:
    marked = read_sheet(read, asked.question, asked.codebook, said)
    if marked.refused:
        first, more = marked.refused[0], len(marked.refused) - 1
        rest = f" (and {more} more rows)" if more else ""
        raise InputError(f"{read}: sheet {asked.question!r}, row {first.row}{first.message}{rest}")
    for number, row in marked.rows["row"].items():
        if excel_text(texts[row]).strip() != marked.rows["text"][number].strip():
            raise InputError(
                f"{read}: sheet {asked.question!r}, row {number}: the text is not that of row {row + 1} of "
                "the file. Was another column drawn?"
            )
    return marked.rows.set_index("row")[["labels", "chosen"]]


def _run(
    said: dict[str, Any], survey: Survey, results: list[QuestionResult], started: datetime
) -> dict[str, Any]:
    return {
        "input": said,
        "by": list(results[0].crosses),
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
                "model": r.model.name,
                "model_sha256": sha256(r.model),
                "held_out": r.held_out,
                "unlearned": r.coded.attrs["unlearned"],
                "unknown_words": {"share": round(r.unknown[0], 4), "words": r.unknown[1]},
            }
            for r in results
        ],
        "versions": {name: version(name) for name in _VERSIONS_OF},
        "python": platform.python_version(),
        "platform": platform.platform(),
        "dictionary": dictionary(),
        "started": started.isoformat(timespec="seconds"),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
    }
