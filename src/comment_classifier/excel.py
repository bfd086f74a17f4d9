"""Reading .xlsx: cell by cell as they are stored, in bounded memory, whatever the file claims."""

import datetime
import re
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from comment_classifier.cells import EXCEL_MAX_CELL, REFUSED, line_ends
from comment_classifier.errors import InputError

EXCEL_MAX_ROWS = 1_048_576
MAX_UNPACKED_BYTES = 1 << 30  # of an .xlsx, which is a zip archive
MAX_RATIO = 150  # of a part's unpacked to its packed size; a sheet of one text 20,000 times has 103
EXCEL_MAX_COLUMNS = 16_384
_EXCEL_EXACT = 10**15  # Excel keeps 15 digits of a number
_SMALL = 1 << 20  # bytes that a part of an .xlsx may unpack to, whatever the ratio
LOCKED = (
    "is protected by a password, or an old Excel file. Open it in Excel, and save it as .xlsx without one"
)
OLE, ZIP = b"\xd0\xcf\x11\xe0", b"PK\x03\x04"
_ROW = re.compile(rb'<(?:\w+:)?row(?=[\s/>])(?:[^>]*?\sr="(\d{1,9})")?')
_BLOCK = 1 << 20
_SAVE_AGAIN = "Open and save it in Excel"
_EXCEL_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
_TAG = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def excel_rows(path: Path, sheet: str | None) -> Iterator[list[str]]:
    """Yield the rows of a sheet (the first visible one if None) as texts, without blank cells at their ends.

    Raises:
        InputError: names file, row or column, and the remedy.

    """
    with _opened(path) as book:
        last = 0
        for number, row in _stored_rows(path, book, _sheet_part(path, book.sheets(), sheet)):
            # Rows that are blank throughout are not stored.
            yield from ([] for _ in range(number - last - 1))
            last = number
            _refuse_odd(path, number, row)
            yield _trimmed(row)


def most_rows(path: Path, sheet: str | None) -> int:
    """Return a bound of the rows of a sheet, from the marks of rows alone: quick, and in bounded memory.

    Raises:
        InputError: the file cannot be read.

    """
    with _opened(path) as book:
        counted = highest = 0
        before = b""
        with book.archive.open(_sheet_part(path, book.sheets(), sheet)) as source:
            while block := source.read(_BLOCK):
                # What a mark that is cut in two begins with is looked at again.
                cut = max(block.rfind(b"<"), 0) if len(block) == _BLOCK else len(block)
                for mark in _ROW.finditer(before + block[:cut]):
                    counted += 1
                    highest = max(highest, int(mark[1] or 0))
                before = block[cut:]
        return min(max(counted, highest), EXCEL_MAX_ROWS)


@contextmanager
def _opened(path: Path) -> Iterator["_Workbook"]:
    _check_archive(path)
    try:
        with closing(_Workbook(path)) as book:
            yield book
    except (InputError, GeneratorExit):
        raise
    except Exception as error:  # openpyxl raises whatever its parts raise on a broken file
        raise _unreadable(path, error) from None


class _Workbook:
    """An Excel file: its sheets, the texts that cells share, and what the styles make of numbers.

    openpyxl reads what is about the whole; cells are read here, since openpyxl drops rows and cells that
    are out of order, cannot tell a formula's blank result from none, and is slower.
    """

    def __init__(self, path: Path) -> None:
        from openpyxl.reader.excel import ExcelReader
        from openpyxl.styles.stylesheet import apply_stylesheet

        self._reader: Any = ExcelReader(path, read_only=True, data_only=True, keep_links=False)
        self.archive: zipfile.ZipFile = self._reader.archive
        try:
            self._reader.read_manifest()
            self._reader.read_workbook()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of styles that do not matter here
                apply_stylesheet(self.archive, self._reader.wb)
        except BaseException:
            self.close()
            raise
        calculation = self._reader.wb.calculation
        self.uncalculated = bool(calculation and calculation.fullCalcOnLoad)

    def close(self) -> None:
        """Close the file."""
        self.archive.close()

    def sheets(self) -> dict[str, tuple[str, str, bool]]:
        """Return by the name of a sheet its state, its part of the archive, and whether it is a chart."""
        return {
            sheet.name: (sheet.state, link.target, "chartsheet" in link.Type)
            for sheet, link in self._reader.parser.find_sheets()
        }

    def number(self, stored: str, style: int) -> object:
        """Return a number, or the date or time that its style makes of it."""
        from openpyxl.utils.datetime import from_excel

        value = float(stored) if any(mark in stored for mark in ".eE") else int(stored)
        book = self._reader.wb
        if style in book._date_formats:
            with suppress(OverflowError, ValueError):  # a date that Excel shows as ####
                return from_excel(value, book.epoch, timedelta=style in book._timedelta_formats)
        return value

    @cached_property
    def texts(self) -> list[str]:
        """The texts that cells share."""
        from openpyxl.xml.constants import SHARED_STRINGS

        part = self._reader.package.find(SHARED_STRINGS)
        if part is None:
            return []
        with self.archive.open(part.PartName[1:]) as source:
            return [_text_in(element) for element in _elements(source, "si", "r", EXCEL_MAX_CELL)]


def _elements(source: Any, name: str, piece: str, most: int) -> Iterator[ElementTree.Element]:
    """Yield the elements of a name; each is emptied before the next one comes.

    Raises:
        ValueError: one has more pieces than it may, so that it would fill the memory.

    """
    tag, piece_tag, pieces = _TAG + name, _TAG + piece, 0
    for _, element in ElementTree.iterparse(source):
        if element.tag == piece_tag:
            pieces += 1
            if pieces > most:
                raise ValueError(f"more than {most} pieces in {name!r}")
        elif element.tag == tag:
            yield element
            element.clear()
            pieces = 0


def _text_in(element: ElementTree.Element) -> str:
    """Return a text, its pieces joined; how kanji are read stands beside it, and is left out."""
    if len(element) == 1 and element[0].tag == f"{_TAG}t":
        return _decoded(element[0].text or "")
    pieces = element.findall(f"{_TAG}t") + element.findall(f"{_TAG}r/{_TAG}t")
    return _decoded("".join(piece.text or "" for piece in pieces))


def _decoded(text: str) -> str:
    if "_x" in text:
        text = _EXCEL_ESCAPE.sub(lambda m: chr(int(m.group(1), 16)), text)
    return line_ends(text) if "\r" in text else text


def _stored_rows(path: Path, book: _Workbook, part: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that a sheet stores, with their numbers."""
    number = 0
    with book.archive.open(part) as source:
        for element in _elements(source, "row", "c", EXCEL_MAX_COLUMNS):
            before, number = number, int(element.get("r") or number + 1)
            if not before < number <= EXCEL_MAX_ROWS:
                raise InputError(f"{path}: row {number} stands after row {before}. {_SAVE_AGAIN}")
            yield number, _stored_cells(path, number, element, book)


def _stored_cells(path: Path, number: int, row: ElementTree.Element, book: _Workbook) -> list[str]:
    cells: list[str] = []
    for element in row.iterfind(f"{_TAG}c"):
        place = element.get("r")  # like B12; a cell without follows the one before
        column = len(cells) + 1 if place is None else _column_number(place.rstrip("0123456789"))
        value = _value(element, book)
        if not len(cells) < column <= EXCEL_MAX_COLUMNS:
            raise InputError(
                f"{path}: row {number} holds a cell of column {column} after {len(cells)}. {_SAVE_AGAIN}"
            )
        if value is None and element.find(f"{_TAG}f") is not None:
            raise InputError(
                f"{path}: row {number}, column {column} holds a formula whose result is not stored. "
                f"{_SAVE_AGAIN}"
            )
        if isinstance(value, int | float) and abs(value) >= _EXCEL_EXACT:
            raise InputError(
                f"{path}: row {number}, column {column} holds a number of more than 15 digits, of which "
                "Excel keeps 15. Get the column as text, from where its digits are whole"
            )
        cells += [""] * (column - len(cells) - 1)
        cells.append(value if isinstance(value, str) else _cell(value))
    return cells


@lru_cache(maxsize=EXCEL_MAX_COLUMNS)
def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - 64
    return number


def _value(element: ElementTree.Element, book: _Workbook) -> object:
    """Return what a cell holds; None if nothing, as of a formula without a result."""
    kind = element.get("t", "n")
    if kind == "inlineStr":
        inline = element.find(f"{_TAG}is")
        return None if inline is None else _text_in(inline)
    stored = element.findtext(f"{_TAG}v")
    if not stored:
        return "" if kind == "str" else None
    match kind:
        case "s":
            return book.texts[int(stored)]
        case "n":
            value = book.number(stored, int(element.get("s", 0)))
            # A program that cannot work formulas out writes 0, and bids Excel do it.
            unknown = value == 0 and book.uncalculated and element.find(f"{_TAG}f") is not None
            return None if unknown else value
        case "b":
            return stored.strip() == "1"
        case "d":
            from openpyxl.utils.datetime import from_ISO8601

            return from_ISO8601(stored)
    return _decoded(stored)


def _unreadable(path: Path, error: Exception) -> InputError:
    kind = type(error).__name__
    return InputError(f"{path}: not a readable Excel file ({kind}). {_SAVE_AGAIN}")


def _check_archive(path: Path) -> None:
    """Refuse what no Excel writes, and what would take all memory, before anything is unpacked."""
    with path.open("rb") as file:
        start = file.read(4)
    if start == OLE:
        raise InputError(f"{path}: {LOCKED}")
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            _check_sizes(path, parts)
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    _refuse_declarations(path, archive, part)
    except InputError:
        raise
    except Exception as error:  # zipfile raises struct.error, NotImplementedError and others, too
        kind = "" if isinstance(error, zipfile.BadZipFile | OSError) else f" ({type(error).__name__})"
        raise InputError(
            f"{path}: not an Excel file, or not a whole one{kind}. Save it in Excel as .xlsx; if it is a CSV "
            "file, rename it"
        ) from None


def _check_sizes(path: Path, parts: Sequence[zipfile.ZipInfo]) -> None:
    unpacked = sum(part.file_size for part in parts)
    if unpacked > MAX_UNPACKED_BYTES:
        raise InputError(
            f"{path}: unpacks to {unpacked >> 20} MB; at most {MAX_UNPACKED_BYTES >> 20} MB are read"
        )
    for part in parts:
        if part.file_size > max(_SMALL, MAX_RATIO * part.compress_size):
            raise InputError(
                f"{path}: {part.filename!r} in it unpacks from {part.compress_size >> 10} KB to "
                f"{part.file_size >> 20} MB, as no table does. Copy the answers into a new Excel file"
            )
    for name, times in Counter(part.filename.lower() for part in parts).items():
        if times > 1:
            raise InputError(f"{path}: holds {name!r} {times} times. {_SAVE_AGAIN}")


def _refuse_declarations(path: Path, archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Refuse a part with a document type: its entities grow without bound, or name other files."""
    from xml.parsers import expat

    parser, begun = expat.ParserCreate(), []

    def refuse(*_: object) -> None:
        raise InputError(f"{path}: {part.filename!r} in it declares entities. {_SAVE_AGAIN}")

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = lambda *_: begun.append(True)
    with archive.open(part) as file, suppress(expat.ExpatError):
        while not begun and (block := file.read(1 << 12)):
            parser.Parse(block)


def _sheet_part(path: Path, sheets: dict[str, tuple[str, str, bool]], name: str | None) -> str:
    """Return the part of a sheet; of the first visible one if none is named."""
    if name is None:
        visible = [part for state, part, chart in sheets.values() if state == "visible" and not chart]
        if not visible:
            raise InputError(f"{path}: no visible sheet. Name one with --sheet")
        return visible[0]
    if name not in sheets:
        raise InputError(f"{path}: no sheet {name!r}. It has {', '.join(map(repr, sheets))}")
    _, part, chart = sheets[name]
    if chart:
        raise InputError(f"{path}: the sheet {name!r} is a chart. Name a sheet with answers")
    return part


def _refuse_odd(path: Path, number: int, row: list[str]) -> None:
    if not REFUSED.search("".join(row)):
        return
    for position, cell in enumerate(row, 1):
        found = REFUSED.search(cell)
        if found:
            raise InputError(
                f"{path}: row {number}, column {position} holds U+{ord(found.group()):04X}, which is no "
                "character of a text. Delete it"
            )


def _trimmed(cells: list[str]) -> list[str]:
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case datetime.timedelta():
            seconds = round(value.total_seconds())
            return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
        case float() if value.is_integer():
            return str(int(value))
        case datetime.datetime() if value.time() == datetime.time():
            return value.date().isoformat()
        case datetime.datetime():
            return value.isoformat(sep=" ")
    return str(value)
