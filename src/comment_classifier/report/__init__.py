"""The report of a survey: page, workbooks, slides and charts, all shown from the same figures.

``reading`` says in a sentence what figures say, ``figures`` gathers what is shown. ``colours`` are the same
everywhere, ``office`` is what workbooks and slides share, ``lettering`` how long a text is in a picture.
Above them stand ``charts``, ``page``, ``workbook`` and ``slides``, which do not know of each other.
"""

from pathlib import Path

import pandas as pd

from comment_classifier.report.charts import write_charts, write_comparison_charts
from comment_classifier.report.figures import comparison_figures, row_names, survey_figures
from comment_classifier.report.page import write_comparison_page, write_page
from comment_classifier.report.workbook import (
    write_comments_workbook,
    write_comparison_workbook,
    write_report_workbook,
)
from comment_classifier.results import SurveyResult

__all__ = ["write_comparison", "write_report"]
_TITLES = {"comparison": "二つの回の比較", "published": "公表値との比較"}


def write_report(folder: Path, table: pd.DataFrame, result: SurveyResult, coded: pd.DataFrame) -> None:
    """Write ``report.html``, ``.xlsx`` and ``.pptx``, ``comments.xlsx`` and ``charts/`` into a folder.

    Args:
        folder: exists.
        table: the rows of the input that are shown, by their number in the file from 0.
        result: the survey, read and counted.
        coded: the same rows with the columns of the coding.

    """
    from comment_classifier.report.slides import write_slides  # python-pptx is slow to import

    figures = survey_figures(result, row_names(table, result.survey.id_column))
    write_page(folder / "report.html", table, result, figures)
    write_report_workbook(folder / "report.xlsx", table, result, figures)
    write_slides(folder / "report.pptx", figures)
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
