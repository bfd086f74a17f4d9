"""Classify a survey file: read it, code every question, write the coded table and the report."""

import json
import platform
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import compress
from pathlib import Path
from typing import Any

import pandas as pd

from comment_classifier.codebook import Codebook, load_codebook, shipped_codebooks
from comment_classifier.coding import code_comments
from comment_classifier.errors import InputError
from comment_classifier.files import sha256, whole_folder
from comment_classifier.reading import (
    Drawn,
    draw_sample,
    expected_half_widths,
    origin_of,
    read_sheet,
    write_sheet,
)
from comment_classifier.report import write_comparison_charts, write_published_charts, write_report
from comment_classifier.results import (
    QuestionResult,
    classifier_of,
    code_question,
    coded_table,
    counts_table,
    cross_tables,
)
from comment_classifier.survey import Survey
from comment_classifier.tables import column, read_table, write_csv
from comment_classifier.tokenizer import dictionary
from comment_classifier.waves import beside_published, compare_waves

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
        read: the sheet of :func:`sample_file`, filled; what was read counts exactly, and the unread are
            estimated with an interval.
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
    coded = coded_table(table, results, path)
    with whole_folder(out) as folder:
        write_csv(coded, folder / "comments.csv")
        write_csv(counts_table(results), folder / "counts.csv")
        if by:
            write_csv(cross_tables(results), folder / "crosstab.csv")
        write_report(folder, table, survey, results, coded)
        run = _run(path, survey, results, header_row, sheet, started)
        (folder / "run.json").write_text(
            json.dumps(run, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )
    progress("", len(survey.questions) + 1, len(survey.questions) + 1)
    return results


def sample_file(
    path: str | Path,
    survey: Survey,
    out: str | Path,
    *,
    n: int = 100,
    seed: int = 0,
    show_guess: bool = False,
    header_row: int = 1,
    sheet: str | None = None,
    sizes: tuple[int, ...] = (50, 100, 200),
) -> dict[str, pd.DataFrame]:
    """Draw a random sample of each question's comments and write the sheet for people to read.

    Args:
        path: the survey file.
        survey: its questions.
        out: the .xlsx file to write.
        n: comments per question; all, if there are fewer.
        seed: of the draw; the same seed draws the same comments.
        show_guess: show the model's categories to the reader. Hidden, they cannot sway.
        header_row: of the file, from 1.
        sheet: of an Excel file.
        sizes: numbers of comments read for which the width of the intervals is foretold.

    Returns:
        By question, the expected half-width of the interval per category (rows) and number read (columns).

    Raises:
        InputError: anything wrong with the file, the survey, or the models.

    """
    path = Path(path)
    table = read_table(path, header_row, sheet)
    drawn, foretold = [], {}
    for asked in survey.questions:
        texts = column(table, asked.column, path).tolist()
        classifier, _ = classifier_of(asked)
        rows = draw_sample(texts, n, seed)
        chosen = [texts[row] for row in rows]
        coding = code_comments(classifier.model_, asked.codebook, chosen)
        guesses = ["、".join(compress(asked.codebook.labels, flags)) for flags in coding.flags.tolist()]
        drawn.append(Drawn(asked, rows, chosen, guesses))
        foretold[asked.question] = expected_half_widths(classifier.model_, asked.codebook, texts, sizes, seed)
    origin = {"ファイル": path.name, "sha256": sha256(path), "抽出": f"無作為 {n} 件、種 {seed}"}
    write_sheet(Path(out), survey, drawn, origin, show_guess)
    return foretold


def compare_runs(first: str | Path, second: str | Path, out: str | Path) -> dict[str, pd.DataFrame]:
    """Compare two waves that were classified into folders, question by question.

    Args:
        first: the earlier wave's folder, as :func:`classify_file` wrote it.
        second: the later wave's folder.
        out: the folder to write ``comparison.csv`` and ``charts/comparison_<question>.png`` / ``.svg`` into.

    Returns:
        By question, what :func:`comment_classifier.waves.compare_waves` returns, with the share of
        unknown words of both waves in ``attrs``.

    Raises:
        InputError: a folder holds no run, the waves share no question, or they were coded by another
            codebook or model: then it says what changed and how to re-score.

    """
    runs = [_run_of(Path(folder)) for folder in (first, second)]
    asked = [{q["question"]: q for q in run["questions"]} for run in runs]
    common = [name for name in asked[0] if name in asked[1]]
    if not common:
        raise InputError(f"{first} and {second} share no question")
    tables = [read_table(Path(folder) / "comments.csv") for folder in (first, second)]
    compared = {}
    for name in common:
        one, two = asked[0][name], asked[1][name]
        for key, what in (("codebook_sha256", "codebook"), ("model_sha256", "model")):
            if one[key] != two[key]:
                raise InputError(
                    f"question {name!r}: the two waves were coded by another {what} ({one['model']}, "
                    f"{two['model']}). Classify the earlier wave's file again with the current one first"
                )
        book = Codebook.from_dict(one["codebook_content"])
        for folder, table in zip((first, second), tables, strict=True):
            for category in book.ids:
                column(table, f"{name}_{category}", Path(folder) / "comments.csv")
        coded = [pd.DataFrame({c: t[f"{name}_{c}"] == "1" for c in book.ids}) for t in tables]
        frame = compare_waves(coded[0], coded[1], book, one["held_out"])
        frame.attrs.update(title=one["title"], base=one["base"])
        frame.attrs["unknown"] = [one["unknown_words"], two["unknown_words"]]
        compared[name] = frame
    with whole_folder(Path(out)) as folder:
        parts = [frame.reset_index().assign(question=name) for name, frame in compared.items()]
        table = pd.concat(parts, ignore_index=True).round(4)
        first_columns = ["question", *(c for c in table.columns if c != "question")]
        write_csv(table[first_columns].astype(str), folder / "comparison.csv")
        write_comparison_charts(folder / "charts", compared)
    return compared


def compare_with_published(reference: str, folder: str | Path, out: str | Path) -> dict[str, pd.DataFrame]:
    """Set a classified wave beside published figures that come with a codebook, such as ``kumamoto_2024``.

    Args:
        reference: the id of the published figures.
        folder: the wave's folder, as :func:`classify_file` wrote it.
        out: the folder to write ``published.csv`` and charts into; a chart only where values were published.

    Returns:
        By question, what :func:`comment_classifier.waves.beside_published` returns.

    Raises:
        InputError: no such reference for the questions of the wave.

    """
    run = _run_of(Path(folder))
    counts = read_table(Path(folder) / "counts.csv")
    compared = {}
    for asked in run["questions"]:
        if asked["codebook"] not in shipped_codebooks():
            continue
        book = load_codebook(asked["codebook"])
        for published in book.references:
            if published.id == reference and published.question == asked["question"]:
                rows = counts[counts["question"] == asked["question"]].set_index("category")
                frame = beside_published(rows["count"].astype(int), book, published)
                frame.attrs.update(title=asked["title"], base=asked["base"], reference=published.title)
                compared[asked["question"]] = frame
    if not compared:
        known = sorted({r.id for name in shipped_codebooks() for r in load_codebook(name).references})
        raise InputError(
            f"{reference}: neither a folder nor published figures of this wave's questions. "
            f"Known: {', '.join(known)}"
        )
    with whole_folder(Path(out)) as target:
        parts = [frame.reset_index().assign(question=name) for name, frame in compared.items()]
        write_csv(pd.concat(parts, ignore_index=True).round(2).astype(str), target / "published.csv")
        valued = {name: frame for name, frame in compared.items() if frame["first"].notna().all()}
        write_published_charts(target / "charts", valued)
    return compared


def _run_of(folder: Path) -> dict[str, Any]:
    try:
        run: dict[str, Any] = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        known = all(isinstance(q["question"], str) and q["held_out"] for q in run["questions"])
    except (OSError, ValueError, KeyError, TypeError):
        known = False
    if not known:
        raise InputError(f"{folder}: holds no usable run.json. Give a folder that 'classify' wrote")
    return run


def _readings(
    read: str | Path | None, path: Path, survey: Survey, answers: list[list[str]]
) -> list[pd.DataFrame | None]:
    if read is None:
        return [None] * len(answers)
    origin = origin_of(read)
    if origin.get("sha256") != sha256(path):
        raise InputError(f"{read}: was drawn from another file than {path}, or that file has changed since")
    return [
        read_sheet(read, asked, texts, origin) for asked, texts in zip(survey.questions, answers, strict=True)
    ]


def _run(
    path: Path,
    survey: Survey,
    results: list[QuestionResult],
    header_row: int,
    sheet: str | None,
    started: datetime,
) -> dict[str, Any]:
    return {
        "input": {"file": path.name, "sha256": sha256(path), "header_row": header_row, "sheet": sheet},
        "survey": survey.title,
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
