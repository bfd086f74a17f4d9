"""A closed question: its table, and a native chart as a band, a pie or bars."""

import math
from typing import Any

from comment_classifier.cells import columns_of, excel_text
from comment_classifier.report.colours import BAR, drawn_as, shades
from comment_classifier.report.figures import Choice, ClosedFigures
from comment_classifier.report.office import PERCENT
from comment_classifier.report.workbook.charts import HIDDEN, LETTERS, bar_chart, entitle
from comment_classifier.report.workbook.sheet import (
    Cell,
    fit_row,
    new_sheet,
    print_on_width,
    write_cells,
    write_notes,
)
from comment_classifier.rounding import half_up

_LEAST_LABELLED = 7.0  # percent; a narrower piece has no room for its label in Excel
_FIRST = 5  # row of the first choice
_WIDTHS = (42, 10, 10, 10, 10, 30)  # of columns, the last one for the legend
_MOST_ON_A_PAGE = 12  # choices
_CHART_WIDTH = 760
_LABELS = {"value": True, "num_format": PERCENT}
_EDGE = {"color": "#FFFFFF", "width": 1}


def closed_sheet(book: Any, formats: dict[str, Any], name: str, figures: ClosedFigures) -> None:
    """Write a closed question: table, notes, and a native chart."""
    said = (f"設問：{figures.text}", figures.base_line)
    sheet = new_sheet(book, formats, name, _WIDTHS, figures.title, said)
    sheet.set_row(3, 22)
    fit_row(sheet, 3, [figures.sentence], [sum(_WIDTHS)])
    sheet.merge_range(3, 0, 3, 5, "", formats["wrapped note"])
    sheet.write_string(3, 0, excel_text(figures.sentence), formats["wrapped note"])
    heads = ("選択肢", "人数", "割合(%)", "95%下限", "95%上限")
    write_cells(sheet, formats, _FIRST - 1, heads, "head", "number head")
    for row, choice in enumerate(figures.choices, _FIRST):
        fit_row(sheet, row, [choice.label], [_WIDTHS[0]])
        write_cells(sheet, formats, row, _cells(choice, figures.base_n), "text", "count", "share")
    if drawn_as(figures) != "bar":
        _write_key(sheet, formats, figures)
    below = write_notes(sheet, formats, _FIRST + len(figures.choices) + 1, _notes(figures))
    if figures.base_n:
        # Not beside the table: a page would be too wide to read.
        draw = {"bar": _bars, "band": _band, "pie": _pie}[drawn_as(figures)]
        title = f"{figures.title}(%、n＝{figures.base_n:,})"
        sheet.insert_chart(below + 1, 0, draw(book, name, title, figures))
    sheet.repeat_rows(_FIRST - 1)
    print_on_width(sheet, pages_high=1 if len(figures.choices) <= _MOST_ON_A_PAGE else 0)


def _cells(choice: Choice, base_n: int) -> list[Cell]:
    if not base_n:
        return [choice.label, choice.count]
    return [choice.label, choice.count, choice.share, half_up(choice.low, 1), half_up(choice.high, 1)]


def _notes(figures: ClosedFigures) -> list[str]:
    notes = list(figures.notes)
    if figures.base_n:
        notes.append("95%下限・上限は、回答した人を無作為標本とみたときの割合の区間。")
    if drawn_as(figures) != "bar" and any(choice.share < _LEAST_LABELLED for choice in figures.choices):
        notes.append(f"グラフでは {_LEAST_LABELLED:.0f} % に満たない割合を凡例に示す。")
    return notes


def _write_key(sheet: Any, formats: dict[str, Any], figures: ClosedFigures) -> None:
    """Write what the legend of the chart says, a formula, so that it follows when a cell is changed."""
    sheet.write_string(_FIRST - 1, 5, "グラフの凡例", formats["beside head"])
    for row, choice in enumerate(figures.choices, _FIRST):
        label, share = f"A{row + 1}", f"C{row + 1}"
        formula = f'={label}&"　"&TEXT({share},"0.0")&" %"'
        said = f"{excel_text(choice.label)}　{choice.share:.1f} %"
        fit_row(sheet, row, [choice.label, said], [_WIDTHS[0], _WIDTHS[5] - 2])
        sheet.write_formula(row, 5, formula, formats["beside"], said)


def _bars(book: Any, name: str, title: str, figures: ClosedFigures) -> Any:
    last = _FIRST + len(figures.choices) - 1
    longest = max(columns_of(choice.label) for choice in figures.choices)
    pitch = 34 + 14 * (longest // 40)  # a long label is wrapped
    chart = bar_chart(book, title, (_CHART_WIDTH, 110 + pitch * len(figures.choices)))
    chart.add_series(
        {
            "name": [name, _FIRST - 1, 2],
            "categories": [name, _FIRST, 0, last, 0],
            "values": [name, _FIRST, 2, last, 2],
            "fill": {"color": BAR},
            "gap": 45,
            "data_labels": {**_LABELS, "font": LETTERS},
        }
    )
    return chart


def _band(book: Any, name: str, title: str, figures: ClosedFigures) -> Any:
    chart = book.add_chart({"type": "bar", "subtype": "percent_stacked"})
    entitle(chart, title)
    colours = shades(len(figures.choices))
    for row, ((colour, ink), choice) in enumerate(zip(colours, figures.choices, strict=True), _FIRST):
        labels = {**_LABELS, "position": "center", "font": {**LETTERS, "color": ink}}
        chart.add_series(
            {
                "name": [name, row, 5],
                "values": [name, row, 2, row, 2],
                "fill": {"color": colour},
                "border": _EDGE,
                "gap": 30,
                **({"data_labels": labels} if choice.share >= _LEAST_LABELLED else {}),
            }
        )
    chart.set_legend({"position": "bottom", "font": LETTERS})
    chart.set_y_axis(HIDDEN)
    chart.set_x_axis({**HIDDEN, "min": 0, "max": 1})
    chart.set_size({"width": _CHART_WIDTH, "height": 210 + 22 * _legend_rows(figures)})
    return chart


def _legend_rows(figures: ClosedFigures) -> int:
    """Estimate the rows of a legend below a chart: it has a column for the longest of its entries."""
    longest = 14 + max(columns_of(choice.label) for choice in figures.choices)
    columns = max(1, 100 // longest)
    return math.ceil(len(figures.choices) / columns) * (1 + longest // 100)


def _pie(book: Any, name: str, title: str, figures: ClosedFigures) -> Any:
    last = _FIRST + len(figures.choices) - 1
    chart = book.add_chart({"type": "pie"})
    entitle(chart, title)
    hidden = [None if choice.share >= _LEAST_LABELLED else {"delete": True} for choice in figures.choices]
    chart.add_series(
        {
            "name": [name, _FIRST - 1, 2],
            "categories": [name, _FIRST, 5, last, 5],
            "values": [name, _FIRST, 2, last, 2],
            "points": [
                {"fill": {"color": colour}, "border": _EDGE} for colour, _ in shades(len(figures.choices))
            ],
            "data_labels": {**_LABELS, "position": "outside_end", "font": LETTERS, "custom": hidden},
        }
    )
    chart.set_legend({"position": "right", "font": LETTERS})
    chart.set_size({"width": _CHART_WIDTH, "height": max(380, 120 + 40 * len(figures.choices))})
    return chart
