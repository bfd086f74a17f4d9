"""The measures of a slide, how high a text will be on it, and setting a text.

All lengths are points on a slide of 960 × 540. Lines are set at an exact height, so that how high a text
will be is known before it is drawn, whichever font stands in for ours: what does not fit goes on to
another slide, and nothing is cut off.
"""

import math
import re
from typing import Any

from pptx.dml.color import RGBColor
from pptx.enum.text import MSO_ANCHOR, MSO_AUTO_SIZE, PP_ALIGN
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn
from pptx.util import Pt

from comment_classifier.cells import excel_text
from comment_classifier.report.colours import INK
from comment_classifier.report.office import FONT

WIDTH, HEIGHT, MARGIN = 960.0, 540.0, 40.0
INNER = WIDTH - 2 * MARGIN
TOP, BOTTOM = 24.0, 508.0  # of what a slide shows; the slide's number stands below
SMALLEST = 10  # letters
LEADING = 1.35  # height of a line by the size of its letters
_BLANKS = re.compile(r"[^\S\u3000]+")  # the blank of full width stays, it is set on purpose


def one_line(text: str) -> str:
    """Return a text on one line, without what no file may hold."""
    return _BLANKS.sub(" ", excel_text(text)).strip()


def ems(text: str) -> float:
    """Return about how wide a text is, by the size of its letters; rather too much than too little."""
    return sum(0.62 if ord(char) < 256 else 1.03 for char in text)


def lines_of(text: str, width: float, size: float) -> int:
    """Return how many lines a text takes."""
    # A line may end a letter early, since no line begins with a full stop.
    full = max(1.0, width / size - 1)
    return sum(1 if ems(line) <= full + 1 else math.ceil(ems(line) / full) for line in text.split("\n"))


def height_of(text: str, width: float, size: float) -> float:
    """Return how high a text will be."""
    return lines_of(text, width, size) * size * LEADING


def set_text(
    frame: Any, text: str, size: float, *, bold: bool = False, colour: str = INK, right: bool = False
) -> None:
    """Set a text into a shape or a cell, a paragraph per line."""
    frame.word_wrap, frame.auto_size, frame.vertical_anchor = True, MSO_AUTO_SIZE.NONE, MSO_ANCHOR.TOP
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    for number, line in enumerate(text.split("\n")):
        paragraph = frame.add_paragraph() if number else frame.paragraphs[0]
        paragraph.line_spacing, paragraph.space_before = Pt(size * LEADING), Pt(0)
        paragraph.alignment = PP_ALIGN.RIGHT if right else PP_ALIGN.LEFT
        run = paragraph.add_run()
        run.text = one_line(line)
        set_font(run.font, size, colour, bold)


def set_font(font: Any, size: float, colour: str = INK, bold: bool = False) -> None:
    """Set the letters of a run or of a chart's labels."""
    font.size, font.bold, font.name = Pt(size), bold, FONT
    font.color.rgb = rgb(colour)
    properties = font._element
    properties.set("lang", "ja-JP")  # line ends by the rules of Japanese
    latin = properties.find(qn("a:latin"))
    latin.addnext(properties.makeelement(qn("a:ea"), {"typeface": FONT}))


def fill(its: Any, colour: str, edge: str = "") -> None:
    """Fill a shape, a cell or a piece of a chart with a colour."""
    its.fill.solid()
    its.fill.fore_color.rgb = rgb(colour)
    if edge:
        its.line.color.rgb = rgb(edge)


def rgb(colour: str) -> Any:
    """Return a colour, #RRGGBB, as python-pptx takes it."""
    return RGBColor.from_string(colour[1:])


def element(text: str) -> Any:
    """Return an element of a shape or a chart from its XML."""
    return parse_xml(f"<c:chart {nsdecls('c', 'a')}>{text}</c:chart>")[0]
