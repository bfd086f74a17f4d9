"""The one door for tables: CSV, TSV and Excel files in, CSV and Excel files out.

Everything is text. Nothing is guessed silently: a file that does not decode, a row with one cell
too many, a heading that stands twice ends in an :class:`InputError` that names the row.
"""

import csv
import datetime
import io
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from comment_classifier.errors import InputError
from comment_classifier.files import whole_file

MAX_UNPACKED_BYTES = 1 << 30  # of an .xlsx, which is a zip archive
MAX_COLUMNS = 1000
EXCEL_MAX_ROWS = 1_048_576
EXCEL_MAX_CELL = 32_767

_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_REFUSED = re.compile("[\x00\x1b\ud800-\udfff]")
_PRIVATE = re.compile("[\ue000-\uf8ff]")
_BAD_IN_EXCEL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_EXCEL_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")


def read_table(path: str | Path, header_row: int = 1, sheet: str | None = None) -> pd.DataFrame:
    r"""Read a CSV, TSV or .xlsx file as a table of texts.

    Args:
        path: the file. ``.xlsx`` and ``.xlsm`` are read as Excel, everything else as CSV or TSV in
            UTF-8 (with or without mark), CP932 or UTF-16 (with mark), in this order, strictly.
        header_row: the row that holds the headings, counted from 1. Rows above it are left out.
        sheet: the sheet of an Excel file; the first visible one if not given.

    Returns:
        A frame of str, one row per row of the file, in order. A blank cell is "". Line ends within
        cells are ``\n``. Rows that are blank throughout at the end of the file are left out. A
        heading that stands again gets a number behind it, a blank one is named 列N; ``column`` refuses
        to choose between equal headings.

    Raises:
        InputError: names file, row or column, and the remedy.

    """
    path = Path(path)
    if header_row < 1:
        raise InputError(f"--header-row {header_row}: rows are counted from 1")
    if not path.is_file():
        raise InputError(f"{path}: not found. Check the path")
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        rows = _excel_rows(path, sheet)
    elif path.suffix.lower() in (".xls", ".ods", ".pdf", ".docx", ".doc"):
        raise InputError(f"{path}: {path.suffix} files are not read. Save it as .xlsx or .csv")
    elif sheet is not None:
        raise InputError(f"{path}: --sheet goes with an Excel file")
    else:
        rows = _csv_rows(path, header_row)
    return _frame(path, rows, header_row)


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV: UTF-8 with mark (so that Excel reads it), CRLF line ends."""
    with whole_file(path) as temporary, temporary.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(frame.columns)
        writer.writerows(frame.itertuples(index=False, name=None))


def excel_text(text: str) -> str:
    """Return the text as an Excel cell can hold it: at most 32,767 characters, no controls."""
    text = _BAD_IN_EXCEL.sub("", text)
    return text if len(text) <= EXCEL_MAX_CELL else text[: EXCEL_MAX_CELL - 1] + "…"


def columns_of(text: str) -> int:
    """Return the width of a text in Excel's columns: a Japanese character takes two."""
    return sum(1 if ord(char) < 256 else 2 for char in text)


def _frame(path: Path, rows: list[list[str]], header_row: int) -> pd.DataFrame:
    while rows and not any(cell.strip() for cell in rows[-1]):
        rows.pop()
    if not rows:
        raise InputError(f"{path}: the file is empty. It needs a row of headings and rows of answers")
    if len(rows) < header_row:
        raise InputError(
            f"{path}: has only {len(rows)} rows, no headings in row {header_row}. Correct --header-row"
        )
    headings, doubled = _headings(path, rows[header_row - 1], header_row)
    body = rows[header_row:]
    if not body:
        raise InputError(f"{path}: no rows below the headings in row {header_row}")
    width = len(headings)
    for number, row in enumerate(body, header_row + 1):
        if any(cell.strip() for cell in row[width:]):
            raise InputError(
                f"{path}: row {number} has {len(row)} cells for the {width} headings of row {header_row}. "
                "Look for a comma or quotation mark too many, or correct --header-row"
            )
        row[width:] = []
        row.extend([""] * (width - len(row)))
    frame = pd.DataFrame(body, columns=headings, dtype=object)
    frame.attrs["doubled"] = doubled
    return frame


def _headings(path: Path, row: Sequence[str], number: int) -> tuple[list[str], set[str]]:
    """Return a name per column, each only once, and the headings that stand more than once."""
    given = [cell.strip() for cell in row]
    while given and not given[-1]:
        given.pop()
    if not given:
        raise InputError(f"{path}: row {number} holds no headings. Give the right one with --header-row")
    if len(given) > MAX_COLUMNS:
        raise InputError(
            f"{path}: {len(given)} columns; at most {MAX_COLUMNS} are read. Is this the right sheet?"
        )
    names: list[str] = []
    for position, heading in enumerate(given, 1):
        wanted = heading or f"列{position}"
        name, copy = wanted, 2
        while name in names or (name != heading and name in given):
            name, copy = f"{wanted} ({copy})", copy + 1
        names.append(name)
    return names, {heading for heading in given if heading and given.count(heading) > 1}


def _csv_rows(path: Path, header_row: int) -> list[list[str]]:
    text = _decode(path, path.read_bytes())
    if path.suffix.lower() == ".tsv":
        return _parsed(path, text, "\t")
    # Whichever mark gives more headings parts the cells; a file that is broken under one mark may
    # be whole under the other.
    tables: list[list[list[str]]] = []
    failures: list[InputError] = []
    for delimiter in (",", "\t"):
        try:
            tables.append(_parsed(path, text, delimiter))
        except InputError as error:
            failures.append(error)

    def headings(table: list[list[str]]) -> int:
        return len(table[header_row - 1]) if len(table) >= header_row else 0

    best = max(tables, key=headings, default=[])
    if failures and headings(best) < 2:
        raise failures[0]
    return best


def _parsed(path: Path, text: str, delimiter: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    previous = csv.field_size_limit(1 << 28)
    try:
        return [[_line_ends(cell) for cell in row] for row in reader]
    except csv.Error as error:
        raise InputError(
            f"{path}: line {reader.line_num} is not valid CSV ({error}). Look for a stray quotation mark"
        ) from None
    finally:
        csv.field_size_limit(previous)


def _decode(path: Path, content: bytes) -> str:
    if content.startswith(b"PK\x03\x04"):
        raise InputError(f"{path}: is an Excel file by its content. Rename it to .xlsx")
    encodings = ["utf-16"] if content.startswith(_UTF16_MARKS) else ["utf-8-sig", "cp932"]
    failures = []
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            failures.append(f"not {encoding.removesuffix('-sig').upper()} (line {line})")
            continue
        refused = _REFUSED.search(text) or (_PRIVATE.search(text) if encoding == "cp932" else None)
        if refused is None:
            return text
        line = text.count("\n", 0, refused.start()) + 1
        failures.append(
            f"as {encoding.removesuffix('-sig').upper()} it holds U+{ord(refused.group()):04X} (line {line})"
        )
    raise InputError(
        f"{path}: not a text table: {', '.join(failures)}. Save it from Excel as 'CSV UTF-8' or as .xlsx"
    )


def _line_ends(cell: str) -> str:
    return cell.replace("\r\n", "\n").replace("\r", "\n")


def _excel_rows(path: Path, sheet: str | None) -> list[list[str]]:
    import openpyxl

    _check_archive(path)
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
    except Exception as error:  # openpyxl raises whatever its parts raise on a broken file
        raise InputError(
            f"{path}: not a readable Excel file ({type(error).__name__}). Open and save it in Excel"
        ) from None
    try:
        chosen = _sheet(path, book, sheet)
        _refuse_unstored_formulas(path, chosen.title)
        chosen.reset_dimensions()  # the stored size may be wrong and lose rows
        rows = []
        for number, cells in enumerate(chosen.iter_rows(values_only=True), 1):
            if len(cells) > 16_384:
                raise InputError(f"{path}: row {number} has {len(cells)} cells. Is this the right sheet?")
            rows.append(_trimmed([_cell(value) for value in cells]))
        _refuse_odd(path, rows)
        return rows
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            f"{path}: not a readable Excel file ({type(error).__name__}). Open and save it in Excel"
        ) from None
    finally:
        book.close()


def _check_archive(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError):
        raise InputError(f"{path}: not an Excel file. Save it in Excel as .xlsx") from None
    if unpacked > MAX_UNPACKED_BYTES:
        raise InputError(
            f"{path}: unpacks to {unpacked >> 20} MB; at most {MAX_UNPACKED_BYTES >> 20} MB are read"
        )


def _refuse_unstored_formulas(path: Path, sheet: str) -> None:
    """Refuse formulas whose result the file does not hold: they would be read as blank."""
    import openpyxl

    with zipfile.ZipFile(path) as archive:
        sheets = (archive.read(n) for n in archive.namelist() if n.startswith("xl/worksheets/"))
        if not any(b"<f>" in content or b"<f " in content for content in sheets):
            return
    formulas = openpyxl.load_workbook(path, read_only=True, keep_links=False)
    results = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
    try:
        pairs = zip(formulas[sheet].iter_rows(), results[sheet].iter_rows(), strict=False)
        for number, (written, stored) in enumerate(pairs, 1):
            for cell, result in zip(written, stored, strict=False):
                if cell.data_type == "f" and result.value is None:
                    raise InputError(
                        f"{path}: row {number}, column {cell.column} holds a formula whose result is not "
                        "stored. Open and save the file in Excel"
                    )
    finally:
        formulas.close()
        results.close()


def _sheet(path: Path, book: Any, name: str | None) -> Any:
    if name is not None:
        if name not in book.sheetnames:
            raise InputError(f"{path}: no sheet {name!r}. It has {', '.join(map(repr, book.sheetnames))}")
        if not hasattr(book[name], "iter_rows"):
            raise InputError(f"{path}: the sheet {name!r} is a chart. Name a sheet with answers")
        return book[name]
    visible = [s for s in book.worksheets if s.sheet_state == "visible"]
    if not visible:
        raise InputError(f"{path}: no visible sheet. Name one with --sheet")
    return visible[0]


def _refuse_odd(path: Path, rows: list[list[str]]) -> None:
    for number, row in enumerate(rows, 1):
        for position, cell in enumerate(row, 1):
            found = _REFUSED.search(cell)
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
    text = _EXCEL_ESCAPE.sub(lambda m: chr(int(m.group(1), 16)), str(value))
    return _line_ends(text)


def column(frame: pd.DataFrame, name: str, path: Path) -> pd.Series:
    """Return a column by its heading; blanks and line breaks in the heading do not matter.

    Raises:
        InputError: there is none, or more than one; the message lists the headings.

    """
    squeezed = "".join(name.split())
    found = [h for h in frame.columns if "".join(str(h).split()) == squeezed]
    exact = name if name in frame.columns else found[0] if len(found) == 1 else None
    if exact in frame.attrs.get("doubled", ()) or (exact is None and len(found) > 1):
        raise InputError(f"{path}: the heading {name!r} stands twice. Rename one of them")
    if exact is None:
        headings = ", ".join("".join(str(h).split()) for h in frame.columns)
        raise InputError(f"{path}: no column {name!r}. Its headings are: {headings}")
    return frame[exact]
