"""Tables, cut where a slide ends."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pptx.oxml.ns import qn
from pptx.util import Pt

from comment_classifier.report.colours import HEAD, OTHER
from comment_classifier.report.slides.layout import (
    LEADING,
    MARGIN,
    element,
    fill,
    height_of,
    lines_of,
    set_text,
)
from comment_classifier.report.slides.page import Page, add_slide

PAD, SIDE = 4.0, 8.0  # above and below, left and right of the text of a cell
_NO_GRID = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"  # PowerPoint's table style "no style, no grid"
_LINE = f"<a:lnB w='6350'><a:solidFill><a:srgbClr val='{OTHER[1:]}'/></a:solidFill></a:lnB>"

Row = tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """Cells, headings first, and how they are set: ``right`` are columns set to the right."""

    rows: tuple[Row, ...]
    widths: tuple[float, ...]
    right: frozenset[int]
    size: int

    def height_of(self, row: Row) -> float:
        """How high a row is."""
        inner = (wide - 2 * SIDE for wide in self.widths)
        return max(height_of(cell, wide, self.size) for cell, wide in zip(row, inner, strict=True)) + 2 * PAD

    @property
    def height(self) -> float:
        """How high it is."""
        return sum(map(self.height_of, self.rows))


def table_slides(
    deck: Any, page: Page, rows: Sequence[Row], widths: Sequence[float], right: Iterable[int]
) -> None:
    """Draw a table, on as many slides as it needs, its headings on each.

    Args:
        deck: the presentation.
        page: what else the slides say.
        rows: the cells, headings first; a cell of several lines has several paragraphs.
        widths: of the columns.
        right: columns that are set to the right.

    """
    whole = Table(tuple(rows), tuple(widths), frozenset(right), 12)
    parts = list(_parts(whole, page.room))
    for number, part in enumerate(parts, 1):
        draw_table(add_slide(deck, page, number, len(parts)), MARGIN, page.top, part)


def draw_table(slide: Any, left: float, top: float, its: Table) -> Any:
    """Draw a table on a slide."""
    size = (len(its.rows), len(its.widths))
    wide, heights = sum(its.widths), [its.height_of(row) for row in its.rows]
    drawn = slide.shapes.add_table(*size, *map(Pt, (left, top, wide, sum(heights)))).table
    drawn._tbl.tblPr.find(qn("a:tableStyleId")).text = _NO_GRID
    drawn.horz_banding = False
    for column, width in enumerate(its.widths):
        drawn.columns[column].width = Pt(width)
    for number, (row, height) in enumerate(zip(its.rows, heights, strict=True)):
        drawn.rows[number].height = Pt(height)
        for column, text in enumerate(row):
            _fill_cell(drawn.cell(number, column), text, its.size, column in its.right, head=number == 0)
    return drawn


def _fill_cell(cell: Any, text: str, size: int, right: bool, head: bool) -> None:
    set_text(cell.text_frame, text, size, bold=head, right=right)
    cell.margin_left = cell.margin_right = Pt(SIDE)
    cell.margin_top = cell.margin_bottom = Pt(PAD)
    if head:
        fill(cell, HEAD)
    cell._tc.get_or_add_tcPr().insert(0, element(_LINE))


def _parts(table: Table, room: float) -> Iterator[Table]:
    """Cut a table into such that fit into a height."""
    head, *rows = table.rows
    left = room - table.height_of(head)
    part: list[Row] = []
    waiting, used = rows[::-1], 0.0
    while waiting:
        row = waiting.pop()
        if table.height_of(row) > left:
            row, rest = _cut(table, row, left)
            if any(rest):
                waiting.append(rest)
        if used + table.height_of(row) > left:
            yield replace(table, rows=(head, *part))
            part, used = [], 0.0
        part.append(row)
        used += table.height_of(row)
    yield replace(table, rows=(head, *part))


def _cut(table: Table, row: Row, room: float) -> tuple[Row, Row]:
    """Cut a row that is higher than a slide into one that fits, and what is left of its cells."""
    lines = max(1, int((room - 2 * PAD) / (table.size * LEADING)))
    pairs = zip(row, table.widths, strict=True)
    ends = [_fitting(cell, wide - 2 * SIDE, table.size, lines) for cell, wide in pairs]
    cut = list(zip(row, ends, strict=True))
    return tuple(cell[:end] for cell, end in cut), tuple(cell[end:].lstrip("\n") for cell, end in cut)


def _fitting(text: str, width: float, size: float, lines: int) -> int:
    """Return how many letters of a text take no more than some lines, one at least."""
    lengths = range(1, len(text) + 1)
    return max(1, bisect_right(lengths, lines, key=lambda n: lines_of(text[:n], width, size)))
