"""A free-text question: its counts, their chart, and the time saved."""

from typing import Any

from comment_classifier.cells import excel_text
from comment_classifier.report.colours import BAR, OTHER, UNDER_LINE
from comment_classifier.report.figures import Bar, Figures, TimeFigures
from comment_classifier.report.workbook.charts import LETTERS, bar_chart, error_bars
from comment_classifier.report.workbook.sheet import Cell, new_sheet, print_on_width, write_cells, write_notes
from comment_classifier.rounding import half_up

_FIRST = 5  # row of the first category


def free_sheet(book: Any, formats: dict[str, Any], name: str, figures: Figures) -> None:
    """Write a free-text question: table, notes, time saved, and a native chart."""
    widths = (42, *[10 if figures.times is None else 13] * 7)
    said = (f"設問：{figures.text}", figures.base_line, figures.sentence)
    sheet = new_sheet(book, formats, name, widths, figures.title, said)
    sheet.set_row(3, 22)
    heads = ["区分", "回答数", "割合(%)", "異なる文面数"]
    if figures.random_n:
        heads += ["95%下限", "95%上限", "上へ", "下へ"]
    write_cells(sheet, formats, _FIRST - 1, heads, "head", "number head")
    kinds = ("line", "count", "share", "count", "count", "count", "note")
    for row, bar in enumerate(figures.bars, _FIRST):
        write_cells(sheet, formats, row, _cells(bar, figures.base_n), *kinds)
    below = write_notes(sheet, formats, _FIRST + len(figures.bars) + 1, figures.notes)
    if figures.times is not None:
        _times_block(sheet, formats, below + 1, figures.times)
    wide = figures.random_n or figures.times is not None
    sheet.insert_chart(4, 9 if wide else 5, _chart(book, name, figures))
    print_on_width(sheet, pages_high=1)


def _cells(bar: Bar, base_n: int) -> list[Cell]:
    cells: list[Cell] = [bar.label, bar.count, round(bar.share, 1) if base_n else None, bar.distinct]
    if bar.ends is None:
        return cells
    low, high = bar.ends
    # The last two are what the chart's error bars read: LibreOffice draws them from cells only.
    return [*cells, low, high, high - bar.count, bar.count - low]


def _chart(book: Any, name: str, figures: Figures) -> Any:
    first, last = _FIRST, _FIRST + len(figures.bars) - 1
    title = f"{figures.title}(件、n＝{figures.base_n:,})"
    chart = bar_chart(book, title, (760, 110 + 34 * len(figures.bars)))
    # Where there are error bars, the labels stand where none crosses them.
    inside = {"position": "inside_base"} if figures.random_n else {}
    chart.add_series(
        {
            **({"x_error_bars": error_bars(name, first, last)} if figures.random_n else {}),
            "name": [name, first - 1, 1],
            "categories": [name, first, 0, last, 0],
            "values": [name, first, 1, last, 1],
            "fill": {"color": UNDER_LINE if figures.random_n else BAR},
            "gap": 45,
            "data_labels": {"value": True, "font": LETTERS, **inside},
            "points": [None] * (last - first) + [{"fill": {"color": OTHER}}],
        }
    )
    return chart


def _times_block(sheet: Any, formats: dict[str, Any], row: int, times: TimeFigures) -> None:
    """Write the time saved by category from a row on."""
    sheet.write_string(row, 0, "短縮時間", formats["strong"])
    sheet.write_string(row + 1, 0, excel_text(times.sentence), formats["note"])
    heads = (
        "区分",
        "回答数",
        "時間を書いた回答",
        "1日あたりに直せた回答",
        "1日あたりの中央値(分)",
        "1件あたりに書いた回答",
        "1件あたりの中央値(分)",
    )
    sheet.set_row(row + 2, 32)
    write_cells(sheet, formats, row + 2, heads, "head", "wrapped head")
    kinds = ("line", "count", "count", "count", "share", "count", "share")
    for line, its in enumerate(times.rows, row + 3):
        day, case = (None if v is None else half_up(v, 1) for v in (its.median_day, its.median_case))
        cells = (its.label, its.comments, its.with_time, its.with_day, day, its.with_case, case)
        write_cells(sheet, formats, line, cells, *kinds)
    write_notes(sheet, formats, row + 4 + len(times.rows), times.notes)
