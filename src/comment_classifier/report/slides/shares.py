"""The shares of a closed question as a band or a pie, with a table of its choices for a key."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from pptx.enum.chart import XL_LABEL_POSITION
from pptx.oxml.ns import qn

from comment_classifier.report.colours import shades
from comment_classifier.report.figures import ClosedFigures
from comment_classifier.report.office import PERCENT
from comment_classifier.report.slides.charts import Column, add_chart, hide_values, place_plot, set_labels
from comment_classifier.report.slides.layout import INNER, MARGIN, SMALLEST, element, ems, fill, one_line
from comment_classifier.report.slides.page import Page, add_slide
from comment_classifier.report.slides.tables import SIDE, Table, draw_table

_LETTERS = 14  # size of the labels in a band or beside a pie
_NAMED_BESIDE, _NAMED = 9.0, 12.0  # most letters and least share, in percent, of pieces named beside a pie
_LABELLED = 5.0  # least share of a labelled piece
_BAND = 120.0  # height
_PIE_WIDTH, _LEAST_PIE, _LARGEST_PIE = 400.0, 160.0, 380.0  # width; heights, with its labels
_GAP = 30.0  # between a pie and its key
_EDGE = "#FFFFFF"


def pie_slide(deck: Any, page: Page, shown: ClosedFigures) -> bool:
    """Draw a pie beside a table of its choices; tell if there was room."""
    key = _key(shown, INNER - _PIE_WIDTH - _GAP, page.room)
    if key is None or page.room < _LEAST_PIE:
        return False
    slide, high = add_slide(deck, page), min(page.room, _LARGEST_PIE)
    labels, shares = [one_line(c.label) for c in shown.choices], [c.share for c in shown.choices]
    columns: list[Column] = [["", *labels], ["%", *shares]]
    frame = (MARGIN, page.top, _PIE_WIDTH, high)
    chart = add_chart(slide, "PIE", frame, columns, PERCENT, _alternative("円グラフ", page, shown))
    across = min(high - 70, _PIE_WIDTH - 170)
    wide, deep = across / _PIE_WIDTH, across / high
    place_plot(chart, (1 - wide) / 2, (1 - deep) / 2, wide, deep)
    for point, (colour, _) in enumerate(shades(len(shares))):
        fill(chart.plots[0].series[0].points[point].format, colour, _EDGE)
    _label_pie(chart.plots[0], labels, shares)
    left, top = MARGIN + _PIE_WIDTH + _GAP, page.top + max(0.0, (high - key.height) / 2)
    _draw_key(slide, left, top, key)
    return True


def band_slide(deck: Any, page: Page, shown: ClosedFigures) -> bool:
    """Draw a band above a table of its choices; tell if there was room."""
    key = _key(shown, INNER, page.room - _BAND - 12)
    if key is None:
        return False
    slide = add_slide(deck, page)
    columns: list[Column] = [["", one_line(shown.title)]]
    columns += [[one_line(choice.label), choice.share] for choice in shown.choices]
    frame, alternative = (MARGIN, page.top, INNER, _BAND), _alternative("帯グラフ", page, shown)
    chart = add_chart(slide, "BAR_STACKED_100", frame, columns, PERCENT, alternative)
    plot = chart.plots[0]
    plot.gap_width, plot.overlap = 12, 100
    chart.category_axis.visible = False
    hide_values(chart)
    place_plot(chart, 0.0, 0.0, 1.0, 1.0)
    colours = shades(len(shown.choices))
    for series, choice, (colour, ink) in zip(plot.series, shown.choices, colours, strict=True):
        fill(series.format, colour, _EDGE)
        _label_segment(series, choice.label, choice.share / 100 * INNER, ink)
    _draw_key(slide, MARGIN, page.top + _BAND + 12, key)
    return True


def _label_pie(plot: Any, labels: Sequence[str], shares: Sequence[float]) -> None:
    """Write the shares beside the pieces, with the names where all are short."""
    plot.has_data_labels = True
    plot.data_labels.position = XL_LABEL_POSITION.OUTSIDE_END
    plot.data_labels.show_category_name = max(map(ems, labels)) <= _NAMED_BESIDE and min(shares) >= _NAMED
    set_labels(plot.data_labels, _LETTERS)
    _drop_labels(plot.series[0], [at for at, share in enumerate(shares) if share < _LABELLED])


def _drop_labels(series: Any, points: Sequence[int]) -> None:
    """Take away labels that would lie on those beside them; the table has their shares."""
    if points:
        of_chart = series._element.getparent().find(qn("c:dLbls"))
        series._element.find(qn("c:cat")).addprevious(own := deepcopy(of_chart))
        for place, point in enumerate(points):
            own.insert(place, element(f"<c:dLbl><c:idx val='{point}'/><c:delete val='1'/></c:dLbl>"))


def _label_segment(series: Any, label: str, wide: float, ink: str) -> None:
    """Write share and name into a segment of the band, so far as there is room; the table has them all."""
    if wide >= 3.6 * _LETTERS:
        series.data_labels.show_series_name = (ems(one_line(label)) + 1) * _LETTERS <= wide
        set_labels(series.data_labels, _LETTERS, ink)


def _alternative(kind: str, page: Page, shown: ClosedFigures) -> str:
    said = "、".join(f"{one_line(c.label)} {c.share:.1f} %({c.count:,} 人)" for c in shown.choices)
    return f"{kind}：{page.title}。{said}"


def _key(shown: ClosedFigures, wide: float, room: float) -> Table | None:
    """Lay out a table of the choices with their colours, None if it does not fit."""
    rows = [("", one_line(c.label), f"{c.count:,}", f"{c.share:.1f}") for c in shown.choices]
    rows.insert(0, ("", "選択肢", "回答(人)", "割合(%)"))
    for size in (16, 14, 12, SMALLEST):
        others = (1.6 * size, 6.0 * size, 6.0 * size)
        named = min(wide - sum(others), max(ems(row[1]) for row in rows) * size + 2 * SIDE + 2 * size)
        table = Table(tuple(rows), (others[0], named, *others[1:]), frozenset({2, 3}), size)
        if table.height <= room:
            return table
    return None


def _draw_key(slide: Any, left: float, top: float, key: Table) -> None:
    drawn = draw_table(slide, left, top, key)
    for row, (colour, _) in enumerate(shades(len(key.rows) - 1), 1):
        fill(drawn.cell(row, 0), colour)
