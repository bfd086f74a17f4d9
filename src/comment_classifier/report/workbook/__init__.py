"""``report.xlsx`` and the workbook of a comparison, with native charts; ``comments.xlsx`` for Excel."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from comment_classifier.cells import excel_text
from comment_classifier.files import whole_file
from comment_classifier.report.figures import ClosedFigures, ComparisonFigures, SurveyFigures
from comment_classifier.report.office import AS_TEXT, CREATED
from comment_classifier.report.workbook.answers import answers_sheet, frame_sheets
from comment_classifier.report.workbook.closed import closed_sheet
from comment_classifier.report.workbook.comparison import pairs_sheet
from comment_classifier.report.workbook.contents import contents_sheet
from comment_classifier.report.workbook.crosses import cross_sheet
from comment_classifier.report.workbook.estimates import estimates_sheet
from comment_classifier.report.workbook.free import free_sheet
from comment_classifier.report.workbook.quotes import has_quotes, quotes_sheet
from comment_classifier.report.workbook.sheet import formats_of, sheet_name
from comment_classifier.results import SurveyResult


def write_report_workbook(
    path: Path, table: pd.DataFrame, result: SurveyResult, figures: SurveyFigures
) -> None:
    """Write the figures with an editable chart per question, and the coded comments shown."""
    with _workbook(path, figures.title) as (book, formats):
        contents_sheet(book, formats, figures)
        for number, shown in enumerate(figures.questions, 1):
            name = sheet_name(f"{number} {shown.title}")
            if isinstance(shown, ClosedFigures):
                closed_sheet(book, formats, name, shown)
            else:
                free_sheet(book, formats, name, shown)
        if figures.estimates:
            estimates_sheet(book, formats, result.estimates, figures.estimates)
        if has_quotes(figures):
            quotes_sheet(book, formats, figures)
        for number, (its, shown) in enumerate(zip(result.in_order, figures.questions, strict=True), 1):
            for attribute, cross in its.crosses.items():
                cross_sheet(book, formats, number, attribute, shown, cross)
        answers_sheet(book, formats, table, result.questions)


def write_comparison_workbook(path: Path, title: str, figures: list[ComparisonFigures]) -> None:
    """Write two waves side by side, an editable chart per question."""
    with _workbook(path, title) as (book, formats):
        for number, shown in enumerate(figures, 1):
            pairs_sheet(book, formats, sheet_name(f"{number} {shown.title}"), shown)


def write_comments_workbook(path: Path, coded: pd.DataFrame) -> None:
    """Write the coded table, as ``comments.csv`` holds it, for Excel."""
    with _workbook(path, constant_memory=True) as (book, formats):
        frame_sheets(book, formats, coded)


@contextmanager
def _workbook(path: Path, title: str = "", **options: bool) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Write a workbook whole or not at all; give it and its formats."""
    import xlsxwriter

    with whole_file(path) as temporary, xlsxwriter.Workbook(temporary, {**AS_TEXT, **options}) as book:
        book.set_properties({"created": CREATED, **({"title": excel_text(title)} if title else {})})
        yield book, formats_of(book)
