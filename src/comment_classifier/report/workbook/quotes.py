"""「代表的な回答」: the typical comments of all questions."""

from typing import Any

from comment_classifier.report.figures import QUOTES_NOTE, Figures, SurveyFigures, free_figures
from comment_classifier.report.workbook.sheet import (
    Cell,
    fit_row,
    new_sheet,
    print_on_width,
    write_cells,
    write_notes,
)

QUOTES = "代表的な回答"  # name of the sheet
_WIDTHS = (30, 30, 8, 13, 90)


def has_quotes(figures: SurveyFigures) -> bool:
    """Tell whether any question has a typical comment."""
    return any(quotes for shown in free_figures(figures) for quotes in shown.quotes.values())


def quotes_sheet(book: Any, formats: dict[str, Any], figures: SurveyFigures) -> None:
    """Write the typical comments of all questions."""
    sheet = new_sheet(book, formats, QUOTES, _WIDTHS, QUOTES)
    notes = [f"{sentence}。" for sentence in QUOTES_NOTE.split("。") if sentence]
    head = write_notes(sheet, formats, 1, notes) + 1
    kinds = ("head", "head", "number head", "beside head", "head")
    write_cells(sheet, formats, head, ("設問", "区分", "件数", "回答者", "回答"), *kinds)
    rows = [row for shown in free_figures(figures) for row in _quoted(shown)]
    for line, cells in enumerate(rows, head + 1):
        fit_row(sheet, line, cells, _WIDTHS)
        write_cells(sheet, formats, line, cells, "text", "text", "count", "beside", "text")
    sheet.freeze_panes(head + 1, 0)
    sheet.repeat_rows(head)
    print_on_width(sheet)


def _quoted(figures: Figures) -> list[list[Cell]]:
    return [
        [figures.title, bar.label, bar.count, quote.row, quote.text]
        for bar in figures.bars
        for quote in figures.quotes.get(bar.category, ())
    ]
