"""Bars with their values, and the intervals of these, on as many slides as they need."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pptx.enum.chart import XL_LABEL_POSITION, XL_TICK_LABEL_POSITION, XL_TICK_MARK
from pptx.oxml.ns import qn

from comment_classifier.report.colours import BAR, FAINT, INK, OTHER, UNDER_LINE
from comment_classifier.report.office import PERCENT
from comment_classifier.report.slides.charts import Column, add_chart, hide_values, place_plot, set_labels
from comment_classifier.report.slides.layout import (
    INNER,
    LEADING,
    MARGIN,
    SMALLEST,
    element,
    ems,
    fill,
    height_of,
    one_line,
    rgb,
    set_font,
)
from comment_classifier.report.slides.page import Page, add_slide

_FORMATS = {"件": "#,##0", "%": PERCENT}
_BESIDE = 16.0  # between a label and the bars
_LABEL_ROOM = 84.0  # right of the longest bar, for its value
_WIDEST_PITCH = 52.0  # from bar to bar
_NO_LEADERS = (  # LibreOffice draws lines to labels that were moved
    "<c:extLst><c:ext uri='{CE6537A1-D6FC-4f65-9D91-7224C49458BB}' "
    "xmlns:c15='http://schemas.microsoft.com/office/drawing/2012/chart'>"
    "<c15:showLeaderLines val='0'/></c:ext></c:extLst>"
)


@dataclass(frozen=True)
class Row:
    """A bar to be drawn: its value, the ends of its interval if it has one; ``rest`` is drawn in grey."""

    label: str
    value: float
    ends: tuple[float, float] | None = None
    rest: bool = False

    @property
    def reach(self) -> tuple[float, float]:
        """How far its interval reaches above and below its value."""
        if self.ends is None:
            return 0, 0
        return max(0, self.ends[1] - self.value), max(0, self.value - self.ends[0])

    def said(self, unit: str) -> str:
        """Return what is read out of it."""
        if unit == "%":
            return f"{one_line(self.label)} {self.value:.1f} %"
        ends = f"({self.ends[0]:,}～{self.ends[1]:,})" if self.ends else ""
        return f"{one_line(self.label)} {self.value:,} 件{ends}"


def bar_slides(deck: Any, page: Page, rows: Sequence[Row], unit: str) -> None:
    """Draw bars of numbers (件) or shares (%), all to the same scale; without bars, only what is said."""
    if not rows:
        add_slide(deck, page)
        return
    size, left, needed = _layout([row.label for row in rows], page.room)
    of = math.ceil(len(rows) / max(1, int(page.room / needed)))
    each = math.ceil(len(rows) / of)
    pitch = max(needed, min(_WIDEST_PITCH, page.room / each))
    largest = max(row.value + row.reach[0] for row in rows) or 1.0
    wide = INNER - left
    for number in range(of):
        part = rows[number * each : (number + 1) * each]
        frame = (MARGIN, page.top, INNER, pitch * len(part))
        chart = _chart(add_slide(deck, page, number + 1, of), frame, page.title, part, unit)
        _style_bars(chart, part, size)
        _style_axes(chart, size)
        chart.value_axis.maximum_scale = largest * wide / (wide - _LABEL_ROOM)
        place_plot(chart, left / INNER, 0.0, wide / INNER, 1.0)
        if any(row.ends for row in rows):
            _add_intervals(chart, part, size, (wide - _LABEL_ROOM) / largest / INNER)


def _layout(labels: Sequence[str], room: float) -> tuple[int, float, float]:
    """Choose the size of labels, the room left of the bars, and the height that a bar needs.

    Labels stand on one line as long as they can: LibreOffice squeezes a chart rather than break them.
    """
    longest = max(map(ems, labels))
    for size in (14, 12, 11, SMALLEST):
        left, needed = longest * size + _BESIDE, size * LEADING + 3
        if left <= 0.55 * INNER and needed * len(labels) <= room:
            return size, left, needed
    left = min(left, 0.74 * INNER)
    return size, left, max(height_of(label, left - _BESIDE + 1, size) for label in labels) + 3


def _chart(slide: Any, frame: Sequence[float], title: str, rows: Sequence[Row], unit: str) -> Any:
    columns: list[Column] = [["", *(one_line(row.label) for row in rows)], [unit, *(r.value for r in rows)]]
    above, below = zip(*(row.reach for row in rows), strict=True)
    aside: list[Column] = [["上へ", *above], ["下へ", *below]]
    kept = aside if any(row.ends for row in rows) else []
    alternative = f"横棒グラフ：{title}。{'、'.join(row.said(unit) for row in rows)}"
    return add_chart(slide, "BAR_CLUSTERED", frame, columns, _FORMATS[unit], alternative, kept)


def _style_bars(chart: Any, rows: Sequence[Row], size: int) -> None:
    plot, series = chart.plots[0], chart.plots[0].series[0]
    plot.gap_width = 45
    fill(series.format, UNDER_LINE if any(row.ends for row in rows) else BAR)
    for point, row in enumerate(rows):
        if row.rest:
            fill(series.points[point].format, OTHER)
    plot.has_data_labels = True
    plot.data_labels.position = XL_LABEL_POSITION.OUTSIDE_END
    set_labels(plot.data_labels, size)


def _style_axes(chart: Any, size: int) -> None:
    axis = chart.category_axis
    axis.reverse_order, axis.major_tick_mark = True, XL_TICK_MARK.NONE
    axis.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    axis.format.line.color.rgb = rgb(FAINT)
    set_font(axis.tick_labels.font, size)
    every = element("<c:tickLblSkip val='1'/>")  # a label for every bar
    axis._element.find(qn("c:noMultiLvlLbl")).addprevious(every)
    hide_values(chart)


def _add_intervals(chart: Any, rows: Sequence[Row], size: int, wide: float) -> None:
    """Draw the intervals as error bars, and move the labels behind their ends.

    Args:
        chart: of the bars.
        rows: with their intervals.
        size: of the labels.
        wide: what 1 of the value is, by the width of the chart.

    """
    series = chart.plots[0].series[0]
    for at, row in enumerate(rows):
        label = series.points[at].data_label
        label.position = XL_LABEL_POSITION.OUTSIDE_END
        set_font(label.font, size)
        moved = f"<c:x val='{row.reach[0] * wide + 4 / INNER:.5f}'/><c:y val='0'/>"
        layout = element(f"<c:layout><c:manualLayout>{moved}</c:manualLayout></c:layout>")
        label._dLbl.find(qn("c:idx")).addnext(layout)
    series._element.find(qn("c:cat")).addprevious(_error_bars(rows))
    series._element.find(qn("c:dLbls")).append(element(_NO_LEADERS))


def _error_bars(rows: Sequence[Row]) -> Any:
    above, below = zip(*(row.reach for row in rows), strict=True)
    sides = "".join(
        f"<c:{side}><c:numRef><c:f>Sheet1!${column}$2:${column}${len(rows) + 1}</c:f><c:numCache>"
        f"<c:formatCode>General</c:formatCode><c:ptCount val='{len(rows)}'/>"
        + "".join(f"<c:pt idx='{at}'><c:v>{value}</c:v></c:pt>" for at, value in enumerate(values))
        + f"</c:numCache></c:numRef></c:{side}>"
        for side, column, values in (("plus", "C", above), ("minus", "D", below))
    )
    return element(
        f"<c:errBars><c:errBarType val='both'/><c:errValType val='cust'/><c:noEndCap val='0'/>{sides}"
        f"<c:spPr><a:ln w='15875'><a:solidFill><a:srgbClr val='{INK[1:]}'/></a:solidFill></a:ln></c:spPr>"
        "</c:errBars>"
    )
