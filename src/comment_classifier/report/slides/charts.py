"""Native charts, each with its figures in a workbook of its own."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.oxml.ns import qn
from pptx.util import Pt

from comment_classifier.report.colours import INK
from comment_classifier.report.office import AS_TEXT, CREATED
from comment_classifier.report.slides.layout import element, one_line, set_font

Column = list[str | float]  # heading first


def add_chart(
    slide: Any,
    kind: str,
    frame: Sequence[float],
    columns: Sequence[Column],
    number_format: str,
    alternative: str,
    aside: Sequence[Column] = (),
) -> Any:
    """Add a chart without title and legend.

    Args:
        slide: that it is added to.
        kind: of chart, by its name in python-pptx.
        frame: left, top, width and height.
        columns: of its workbook: the labels, then the values of each series.
        number_format: of the values.
        alternative: what is read out in its place.
        aside: further columns of its workbook.

    """
    data = CategoryChartData(number_format=number_format)
    data.categories = columns[0][1:]
    for name, *values in columns[1:]:
        data.add_series(name, values)
    drawn = slide.shapes.add_chart(XL_CHART_TYPE[kind], *map(Pt, frame), data)
    drawn._element.nvGraphicFramePr.cNvPr.set("descr", one_line(alternative))
    chart = drawn.chart
    chart.has_title = chart.has_legend = False
    set_font(chart.font, 12)
    chart.part.chart_workbook.update_from_xlsx_blob(_workbook([*columns, *aside]))
    return chart


def place_plot(chart: Any, *frame: float) -> None:
    """Set left, top, width and height of what is plotted, by those of the chart; labels have the rest."""
    plot = chart._chartSpace.chart.plotArea
    for old in plot.findall(qn("c:layout")):
        plot.remove(old)
    sides = "".join(f"<c:{name} val='{value:.5f}'/>" for name, value in zip("xywh", frame, strict=True))
    inner = "<c:layoutTarget val='inner'/><c:xMode val='edge'/><c:yMode val='edge'/>"
    plot.insert(0, element(f"<c:layout><c:manualLayout>{inner}{sides}</c:manualLayout></c:layout>"))


def set_labels(labels: Any, size: float, colour: str = INK) -> None:
    """Show values, below the names if these are shown, and break neither into lines."""
    labels.show_value, labels.show_percentage = True, False
    labels._element.find(qn("c:showBubbleSize")).addnext(element("<c:separator>\n</c:separator>"))
    set_font(labels.font, size, colour)
    labels._element.find(qn("c:txPr")).find(qn("a:bodyPr")).set("wrap", "none")


def hide_values(chart: Any) -> None:
    """Take away the axis of the values, which begin at 0: they stand as labels."""
    axis = chart.value_axis
    axis.visible, axis.has_major_gridlines, axis.minimum_scale = False, False, 0


def _workbook(columns: Sequence[Column]) -> bytes:
    """Return the workbook of a chart; python-pptx makes one with formulas, and with the time of day."""
    import xlsxwriter

    made = BytesIO()
    with xlsxwriter.Workbook(made, {**AS_TEXT, "in_memory": True}) as book:
        book.set_properties({"created": CREATED})
        sheet = book.add_worksheet("Sheet1")
        for column, cells in enumerate(columns):
            for row, cell in enumerate(cells):
                if isinstance(cell, str):
                    sheet.write_string(row, column, cell)
                else:
                    sheet.write_number(row, column, cell)
    return made.getvalue()
