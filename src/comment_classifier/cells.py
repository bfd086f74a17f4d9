"""One cell of a table: what no file may hold, what a spreadsheet takes for a formula, what Excel can hold."""

import re
from typing import Any

EXCEL_MAX_CELL = 32_767
REFUSED = re.compile("[\x00\x1b\ud800-\udfff]")
_BAD_IN_EXCEL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
# What a spreadsheet takes for a formula, after blanks that it drops; signs alone and numbers are none.
_BEFORE = "['\\s\x01-\x1f\u200b-\u200f\u2060\ufeff]*"
_SIGNS = "=+\\-@＝＋－＠"  # Excel in Japanese takes the full-width ones, too
_FORMULA = re.compile(f"{_BEFORE}[{_SIGNS}]")
_NO_FORMULA = re.compile(rf"[{_SIGNS}\s]*|[+\-＋－]\d[\d,]*(\.\d+)?(e[+\-]?\d+)?\s*", re.IGNORECASE)
_CELL_END = "\0"  # stands in no cell that was read
_FORMULA_BEHIND = re.compile(f"{_CELL_END}{_BEFORE}[{_SIGNS}]")


def as_texts(cells: list[str]) -> list[str]:
    """Return the cells of a column with an apostrophe before each that a spreadsheet takes for a formula.

    Such a cell begins with = + - @, also in full width, and is neither a number nor signs alone. Blanks
    and apostrophes before it do not matter, so that the apostrophe can be taken away again:
    ``read_table(..., own=True)``.
    """
    # One search over all cells: a chunk seldom holds such a cell.
    if not _FORMULA_BEHIND.search(_CELL_END + _CELL_END.join(cells)):
        return cells
    return [f"'{cell}" if _is_formula(cell) else cell for cell in cells]


def excel_text(text: str) -> str:
    """Return the text as an Excel cell can hold it: at most 32,767 characters, no controls."""
    text = _BAD_IN_EXCEL.sub("", text)
    return text if len(text) <= EXCEL_MAX_CELL else text[: EXCEL_MAX_CELL - 1] + "…"


def texts_marked(cells: list[Any]) -> list[Any]:
    """Mark as :func:`as_texts` does; cells that are no text stay as they are."""
    return [f"'{cell}" if isinstance(cell, str) and _is_formula(cell) else cell for cell in cells]


def unmarked(row: list[str]) -> list[str]:
    """Take the marks of :func:`as_texts` away again."""
    return [cell[1:] if cell[:1] == "'" and _is_formula(cell) else cell for cell in row]


def _is_formula(cell: str) -> bool:
    found = _FORMULA.match(cell)
    return found is not None and not _NO_FORMULA.fullmatch(cell, found.end() - 1)


def columns_of(text: str) -> int:
    """Return the width of a text in Excel's columns: a Japanese character takes two."""
    return sum(1 if ord(char) < 256 else 2 for char in text)


def line_ends(cell: str) -> str:
    """Return the cell with every line end as a newline."""
    return cell.replace("\r\n", "\n").replace("\r", "\n")
