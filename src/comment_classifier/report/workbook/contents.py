"""「はじめに」: the questions with links to their sheets, and how to read them."""

from typing import Any

from comment_classifier.cells import excel_text
from comment_classifier.report.figures import ClosedFigures, Figures, SurveyFigures, free_figures, sample_note
from comment_classifier.report.workbook.estimates import ESTIMATES
from comment_classifier.report.workbook.quotes import QUOTES, has_quotes
from comment_classifier.report.workbook.sheet import (
    new_sheet,
    print_on_width,
    sheet_name,
    write_cells,
    write_lines,
)

_FIRST = 3  # row of the first question


def contents_sheet(book: Any, formats: dict[str, Any], figures: SurveyFigures) -> None:
    """Write the contents of the report's workbook."""
    sheet = new_sheet(book, formats, "はじめに", (6, 52, 12, 12, 12), figures.title)
    heads = ("番号", "設問", "種類", "回答数", "要確認")
    write_cells(sheet, formats, _FIRST - 1, heads, "head", "beside head", "head", "number head")
    for number, shown in enumerate(figures.questions, 1):
        row = _FIRST + number - 1
        _link(sheet, formats, row, sheet_name(f"{number} {shown.title}"), shown.title)
        kind = "選択" if isinstance(shown, ClosedFigures) else "自由記述"
        review_n = shown.review_n if isinstance(shown, Figures) else None
        cells = (number, None, kind, shown.base_n, review_n)
        write_cells(sheet, formats, row, cells, "count", "line", "line", "count")
    row = _FIRST + len(figures.questions)
    more = {ESTIMATES: bool(figures.estimates), QUOTES: has_quotes(figures)}
    for name in (name for name, there in more.items() if there):
        _link(sheet, formats, row, name, name)
        row += 1
    write_lines(sheet, formats, row + 1, _notes(figures))
    print_on_width(sheet)


def _link(sheet: Any, formats: dict[str, Any], row: int, name: str, said: str) -> None:
    sheet.write_url(row, 1, f"internal:'{name}'!A1", formats["beside"], excel_text(said))


def _notes(figures: SurveyFigures) -> list[str]:
    free, notes = free_figures(figures), []
    if len(free) < len(figures.questions):
        notes.append("選択の設問の割合は、その設問に回答した人に対するものです。")
    if free:
        read_n = sum(shown.read_n for shown in free)
        sure = f"人が読んだ回答は {read_n:,} 件です。" if read_n else "人による確認はまだ行われていません。"
        notes += [
            f"自由記述の件数は、回答の文章を機械が読んで数えたものです。{sure}",
            "自由記述は一つの回答を複数の区分に数えるため、合計は回答数と一致しません。",
            "「回答一覧」シートには、回答ごとの区分と、判断の決め手となった語があります。要確認の回答から見てください。",
        ]
    if figures.shown_n < figures.n:
        notes.append(sample_note(figures.shown_n, figures.n))
    return notes
