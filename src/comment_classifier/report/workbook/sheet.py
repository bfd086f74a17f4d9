"""What all sheets share: how cells look, how a sheet begins and is printed, its name.

``formats`` are those of the workbook, by name. Everything from outside is written as text, never as a
formula or a link.
"""

import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

from comment_classifier.cells import columns_of, excel_text
from comment_classifier.report.colours import FAINT, HEAD
from comment_classifier.report.office import FONT

PLAIN = {"font_name": FONT, "font_size": 10, "valign": "top"}
_FORBIDDEN_IN_NAME = re.compile(r"[\[\]:*?/\\']")
_LONGEST_NAME = 31  # of a sheet, in units of UTF-16
_A4 = 9

Cell = str | float | None


def formats_of(book: Any) -> dict[str, Any]:
    """Return the kinds of cells of a workbook."""
    head = {**PLAIN, "bold": True, "bg_color": HEAD, "bottom": 1}
    note = {**PLAIN, "font_color": FAINT}
    kinds = {
        "title": {**PLAIN, "font_size": 14, "bold": True},
        "head": {**head, "text_wrap": True},
        "number head": {**head, "align": "right"},
        "wrapped head": {**head, "align": "right", "text_wrap": True},
        "beside head": {**head, "align": "left", "indent": 1},
        "text": {**PLAIN, "text_wrap": True},
        "line": PLAIN,
        "right": {**PLAIN, "align": "right"},
        "beside": {**PLAIN, "align": "left", "indent": 1, "text_wrap": True},  # right of numbers
        "strong": {**PLAIN, "bold": True},
        "note": note,
        "wrapped note": {**note, "text_wrap": True},
        "count": {**PLAIN, "num_format": "#,##0"},
        "share": {**PLAIN, "num_format": "0.0"},
    }
    return {name: book.add_format(kind) for name, kind in kinds.items()}


def sheet_name(text: str, taken: Iterable[str] = ()) -> str:
    """Return a text as Excel takes it for the name of a sheet, each name once."""
    kept = " ".join(_FORBIDDEN_IN_NAME.sub("", excel_text(text)).split())
    held = {name.lower() for name in taken}
    for ending in ("", *(f" ({n})" for n in range(2, len(held) + 3))):
        room = 2 * (_LONGEST_NAME - len(ending))
        name = kept.encode("utf-16-le")[:room].decode("utf-16-le", "ignore").rstrip() + ending
        if name.lower() not in held:
            break
    return name


def new_sheet(
    book: Any,
    formats: dict[str, Any],
    name: str,
    widths: Sequence[float],
    title: str,
    said: Sequence[str] = (),
) -> Any:
    """Add a sheet of some columns that begins with a title, and what is said below it."""
    sheet = book.add_worksheet(name)
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    sheet.set_row(0, 26)
    sheet.write_string(0, 0, excel_text(title), formats["title"])
    write_lines(sheet, formats, 1, said)
    return sheet


def write_cells(sheet: Any, formats: dict[str, Any], row: int, cells: Sequence[Cell], *kinds: str) -> None:
    """Write a row of cells, each in its kind, or the last one; None and blank texts are left out."""
    for column, cell in enumerate(cells):
        kind = formats[kinds[min(column, len(kinds) - 1)]]
        if isinstance(cell, str):
            if cell:
                sheet.write_string(row, column, excel_text(cell), kind)
        elif cell is not None:
            sheet.write_number(row, column, cell, kind)


def write_lines(sheet: Any, formats: dict[str, Any], row: int, lines: Sequence[str]) -> int:
    """Write lines of small weight one below the other; return the row after them."""
    for at, line in enumerate(lines, row):
        sheet.write_string(at, 0, excel_text(line), formats["note"])
    return row + len(lines)


def write_notes(sheet: Any, formats: dict[str, Any], row: int, notes: Sequence[str]) -> int:
    """Write notes one below the other; return the row after them."""
    return write_lines(sheet, formats, row, [f"※ {note}" for note in notes])


def fit_row(sheet: Any, row: int, cells: Sequence[Cell], widths: Sequence[float], least: int = 1) -> None:
    """Make a row as high as its longest text needs: LibreOffice does not do so by itself."""
    lines = [
        sum(max(1, math.ceil(columns_of(line) / (0.95 * width))) for line in str(cell).split("\n"))
        for cell, width in zip(cells, widths, strict=True)
    ]
    if (most := max(least, *lines)) > 1:
        sheet.set_row(row, min(400, 15 * most))  # 409 is the most that Excel takes


def print_on_width(sheet: Any, pages_high: int = 0) -> None:
    """Print a sheet on A4, as wide as the paper."""
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, pages_high)
