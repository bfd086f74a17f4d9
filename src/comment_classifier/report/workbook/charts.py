"""What the native charts of the workbooks share."""

import re
from typing import Any

from comment_classifier.cells import excel_text
from comment_classifier.report.colours import INK
from comment_classifier.report.office import FONT

LETTERS = {"name": FONT, "size": 10}
HIDDEN = {"visible": False, "major_gridlines": {"visible": False}}  # an axis
_PLACE = re.compile(r"!(?=\$?[A-Z]+\$?\d)")


def entitle(chart: Any, title: str) -> None:
    """Set the title of a chart; what XlsxWriter would take for the place of one stays a text."""
    name = _PLACE.sub("！", excel_text(title))
    chart.set_title({"name": name, "name_font": {"name": FONT, "size": 13, "bold": False}})


def bar_chart(book: Any, title: str, size: tuple[int, int]) -> Any:
    """Begin a chart of bars from left to right, the first on top, without legend and axis of values."""
    chart = book.add_chart({"type": "bar"})
    entitle(chart, title)
    chart.set_legend({"none": True})
    chart.set_y_axis({"reverse": True, "num_font": LETTERS, "major_tick_mark": "none"})
    chart.set_x_axis({**HIDDEN, "min": 0})
    chart.set_size({"width": size[0], "height": size[1]})
    return chart


def error_bars(name: str, first: int, last: int) -> dict[str, Any]:
    """Return the intervals of bars whose reaches up and down stand in the columns G and H of a sheet."""
    return {
        "type": "custom",
        "plus_values": f"='{name}'!$G${first + 1}:$G${last + 1}",
        "minus_values": f"='{name}'!$H${first + 1}:$H${last + 1}",
        "line": {"color": INK, "width": 1.25},
    }
