"""The report of a survey: page, workbooks and charts, all shown from the same figures."""

from pathlib import Path

import pandas as pd

from comment_classifier.report.charts import write_charts, write_comparison_charts
from comment_classifier.report.figures import comparison_figures, question_figures
from comment_classifier.report.page import write_comparison_page, write_page
from comment_classifier.report.workbook import (
    write_comments_workbook,
    write_comparison_workbook,
    write_report_workbook,
)
from comment_classifier.results import QuestionResult
from comment_classifier.survey import Survey

__all__ = ["write_comparison", "write_report"]
_TITLES = {"comparison": "二つの回の比較", "published": "公表値との比較"}


def write_report(
    folder: Path,
    table: pd.DataFrame,
    survey: Survey,
    results: list[QuestionResult],
    coded: pd.DataFrame,
    n: int,
) -> None:
    """Write ``report.html``, ``report.xlsx``, ``comments.xlsx`` and ``charts/`` into a folder.

    Args:
        folder: exists.
        table: the rows of the input that are shown, by their number in the file from 0.
        survey: its questions.
        results: their coding, in the same order.
        coded: the same rows with the columns of the coding.
        n: the rows of the file; more than are shown if it is large.

    """
    figures = [question_figures(r.asked, r.counts) for r in results]
    write_page(folder / "report.html", table, survey, results, figures, n)
    write_report_workbook(folder / "report.xlsx", table, survey, results, figures, n)
    write_comments_workbook(folder / "comments.xlsx", coded)
    write_charts(folder / "charts", figures)


def write_comparison(folder: Path, name: str, compared: dict[str, pd.DataFrame]) -> None:
    """Write ``<name>.html``, ``<name>.xlsx`` and ``charts/<name>_<question>`` into a folder.

    Args:
        folder: exists.
        name: ``comparison`` of two waves, or ``published`` for one beside published figures.
        compared: by question, as :mod:`comment_classifier.waves` returns it, with ``title`` and ``base``
            in ``attrs``.

    """
    figures = [comparison_figures(question, frame) for question, frame in compared.items()]
    write_comparison_page(folder / f"{name}.html", _TITLES[name], figures)
    write_comparison_workbook(folder / f"{name}.xlsx", _TITLES[name], figures)
    write_comparison_charts(folder / "charts", name, figures)
