"""A question in two waves, or in one beside published figures."""

import math
from typing import Any

from comment_classifier.report.colours import BAR, HEAD, OTHER, UNDER_LINE
from comment_classifier.report.figures import ComparisonFigures, Pair
from comment_classifier.report.office import FONT
from comment_classifier.report.workbook.charts import LETTERS, bar_chart, error_bars
from comment_classifier.report.workbook.sheet import Cell, new_sheet, print_on_width, write_cells, write_notes

_TESTED = ("line", "share", "share", "share", "share", "share", "share", "share", "line", "count")
_RANKED = ("line", "share", "share", "count")


def pairs_sheet(book: Any, formats: dict[str, Any], name: str, figures: ComparisonFigures) -> None:
    """Write a question: what changed, table, notes, and native charts of the shares and differences."""
    said = (figures.base_line, *figures.sentences)
    sheet = new_sheet(book, formats, name, (42, *[11] * 8), figures.title, said)
    first = len(said) + 3
    sheet.set_row(first - 1, 30)
    write_cells(sheet, formats, first - 1, _headings(figures), "head")
    for row, pair in enumerate(figures.pairs, first):
        cells = [pair.label, *_cells(pair, figures.tested)]
        write_cells(sheet, formats, row, cells, *(_TESTED if figures.tested else _RANKED))
    last = first + len(figures.pairs) - 1
    below = write_notes(sheet, formats, last + 2, figures.notes) + 1
    if all(pair.first is not None for pair in figures.pairs):
        sheet.insert_chart(below, 0, _share_chart(book, name, figures, first, last))
    if any(pair.difference is not None for pair in figures.pairs):
        sheet.insert_chart(below, 7, _difference_chart(book, name, figures, first, last))
    print_on_width(sheet, pages_high=1)


def _headings(figures: ComparisonFigures) -> list[str]:
    def of_both(what: str) -> list[str]:
        return [f"{name}{what}" for name in figures.names]

    headings = ["区分", *of_both("(%)")]
    if not figures.tested:
        return [*headings, *of_both(" 順位")]
    headings += ["差(ポイント)", "95%下限", "95%上限", "上へ", "下へ", "変化"]
    with_texts = any(pair.distinct for pair in figures.pairs)
    return [*headings, *(of_both(" 異なる文面数") if with_texts else [])]


def _cells(pair: Pair, tested: bool) -> list[Cell]:
    shares = [None if share is None else round(share, 1) for share in (pair.first, pair.second)]
    if not tested:
        return [*shares, *(pair.ranks or ())]
    distinct = pair.distinct or ()
    if pair.difference is None or pair.low is None or pair.high is None:
        return [*shares, *[None] * 5, "判定できない", *distinct]
    # The last two are what the chart's error bars read: LibreOffice draws them from cells only.
    reach = (pair.high - pair.difference, pair.difference - pair.low)
    points = [round(its, 1) for its in (pair.difference, pair.low, pair.high, *reach)]
    return [*shares, *points, "★" if pair.changed else "", *distinct]


def _share_chart(book: Any, name: str, figures: ComparisonFigures, first: int, last: int) -> Any:
    chart = bar_chart(book, figures.title, (800, 140 + 52 * len(figures.pairs)))
    for column, colour in ((1, OTHER), (2, BAR)):
        chart.add_series(
            {
                "name": [name, first - 1, column],
                "categories": [name, first, 0, last, 0],
                "values": [name, first, column, last, column],
                "fill": {"color": colour},
                "gap": 45,
                "data_labels": {"value": True, "num_format": "0.0", "font": {"name": FONT, "size": 9}},
            }
        )
    chart.set_legend({"position": "bottom", "font": LETTERS})
    room = 1.15 * max(1.0, *(pair.largest for pair in figures.pairs))
    chart.set_x_axis({"visible": False, "major_gridlines": {"visible": False}, "min": 0, "max": room})
    return chart


def _difference_chart(book: Any, name: str, figures: ComparisonFigures, first: int, last: int) -> Any:
    title = f"差(ポイント、{figures.names[1]}－{figures.names[0]})と 95% 区間"
    chart = bar_chart(book, title, (640, 140 + 52 * len(figures.pairs)))
    chart.add_series(
        {
            "name": [name, first - 1, 3],
            "categories": [name, first, 0, last, 0],
            "values": [name, first, 3, last, 3],
            "fill": {"color": UNDER_LINE},
            "gap": 60,
            "x_error_bars": error_bars(name, first, last),
        }
    )
    chart.set_y_axis(
        {"reverse": True, "num_font": LETTERS, "label_position": "low", "major_tick_mark": "none"}
    )
    ends = [abs(end) for pair in figures.pairs for end in (pair.low, pair.high) if end is not None]
    room = 5 * math.ceil(max(ends) / 5)
    grid = {"visible": True, "line": {"color": HEAD}}
    chart.set_x_axis({"num_font": LETTERS, "major_gridlines": grid, "min": -room, "max": room})
    return chart
