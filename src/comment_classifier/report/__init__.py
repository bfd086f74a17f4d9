"""The report of a survey: page, workbooks and charts, all shown from the same figures."""

from pathlib import Path

import pandas as pd

from comment_classifier.report.charts import write_charts, write_comparison_charts, write_published_charts
from comment_classifier.report.figures import question_figures
from comment_classifier.report.page import write_page
from comment_classifier.report.workbook import write_comments_workbook, write_report_workbook
from comment_classifier.results import QuestionResult
from comment_classifier.survey import Survey

__all__ = ["write_comparison_charts", "write_published_charts", "write_report"]


def write_report(
    folder: Path, table: pd.DataFrame, survey: Survey, results: list[QuestionResult], coded: pd.DataFrame
) -> None:
    """Write ``report.html``, ``report.xlsx``, ``comments.xlsx`` and ``charts/`` into a folder.

    Args:
        folder: exists.
        table: the input.
        survey: its questions.
        results: their coding, in the same order.
        coded: the input with the columns of the coding.

    """
    figures = [question_figures(result) for result in results]
    write_page(folder / "report.html", table, survey, results, figures)
    write_report_workbook(folder / "report.xlsx", table, survey, results, figures)
    write_comments_workbook(folder / "comments.xlsx", coded)
    write_charts(folder / "charts", figures)
