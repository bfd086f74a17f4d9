"""The one door for tables: CSV, TSV and Excel files in, CSV and Excel files out.

Everything is text. Nothing is guessed silently: a file that does not decode, a row with one cell
too many, a heading that stands twice ends in an :class:`InputError` that names the row.
"""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import chain, islice
from pathlib import Path

import pandas as pd

from comment_classifier.cells import REFUSED, as_texts, texts_marked, unmarked
from comment_classifier.errors import InputError
from comment_classifier.excel import LOCKED, OLE, ZIP, excel_rows, most_rows
from comment_classifier.files import whole_file

MAX_COLUMNS = 1000
_BLOCK = 1 << 20  # bytes that are decoded at a time
_QUOTED = 30  # characters of a heading, and headings, that a message shows

_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_PRIVATE = re.compile("[\ue000-\uf8ff]")
_SEPARATOR_LINE = re.compile("sep=.?", re.IGNORECASE)
_BLANK = re.compile("[\\s\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
# Two UTF-8 kana in a row, read as CP932.
_MOJIBAKE = re.compile("[縺繧繝].{1,3}[縺繧繝]", re.DOTALL)


def read_table(
    path: str | Path, header_row: int = 1, sheet: str | None = None, *, own: bool = False
) -> pd.DataFrame:
    r"""Read a CSV, TSV or .xlsx file as a table of texts.

    Args:
        path: the file. ``.xlsx`` and ``.xlsm`` are read as Excel, everything else as CSV or TSV in
            UTF-8 (with or without mark), CP932 or UTF-16 (with mark), in this order, strictly.
        header_row: the row that holds the headings, counted from 1. Rows above it are left out.
        sheet: the sheet of an Excel file; the first visible one if not given.
        own: the file is one that :func:`write_csv` wrote: cells that it marked as texts lose the mark.

    Returns:
        A frame of str, one row per row of the file, in order. A blank cell is "". Line ends within
        cells are ``\n``. Rows that are blank throughout at the end of the file are left out. A
        heading that stands again gets a number behind it, a blank one is named 列N; ``column`` refuses
        to choose between equal headings.

    Raises:
        InputError: names file, row or column, and the remedy.

    """
    table = open_table(path, header_row, sheet, own=own)
    return next(table.chunks())


def open_table(
    path: str | Path, header_row: int = 1, sheet: str | None = None, *, own: bool = False
) -> "OpenTable":
    """Open a table that is read piece by piece, so that it need not fit into memory.

    Args and Raises: as :func:`read_table`. What is wrong in a row is raised when the row is reached.
    """
    path = Path(path)
    if header_row < 1:
        raise InputError(f"--header-row {header_row}: rows are counted from 1")
    if not path.is_file():
        raise InputError(f"{path}: not found. Check the path")
    rows: Iterator[list[str]]
    lines: int | None
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        rows, lines = excel_rows(path, sheet), None
    elif path.suffix.lower() in (".xls", ".ods", ".pdf", ".docx", ".doc"):
        raise InputError(f"{path}: {path.suffix} files are not read. Save it as .xlsx or .csv")
    elif sheet is not None:
        raise InputError(f"{path}: --sheet goes with an Excel file")
    else:
        rows, lines = _csv_rows(path, header_row)
        if own:
            rows = map(unmarked, rows)
    above = [next(rows, None) for _ in range(header_row)]
    headings = above[-1]
    if not _holds_text(row for row in above if row) and (headings is None or not _holds_text(rows)):
        raise InputError(f"{path}: the file is empty. It needs a row of headings and rows of answers")
    if headings is None:
        n = sum(row is not None for row in above)
        raise InputError(f"{path}: has only {n} rows, no headings in row {header_row}. Correct --header-row")
    names, doubled = _headings(path, headings, header_row)
    return OpenTable(path, sheet, names, doubled, header_row, rows, lines)


def _holds_text(rows: Iterable[list[str]]) -> bool:
    return any(any(map(str.strip, row)) for row in rows)


@dataclass(frozen=True)
class OpenTable:
    """A table that is being read.

    Attributes:
        path: its file.
        sheet: of an Excel file, None for the first visible one.
        columns: a name per column, as :func:`read_table` gives it.
        doubled: the headings that stand more than once.
        header_row: the row that holds the headings, counted from 1.
        rows: the rows below it; they come once.
        lines: of the file, None for Excel.

    """

    path: Path
    sheet: str | None
    columns: list[str]
    doubled: set[str]
    header_row: int
    rows: Iterator[list[str]]
    lines: int | None

    @cached_property
    def at_most(self) -> int:
        """A bound of the number of rows; the marks of an Excel file are counted for it."""
        return most_rows(self.path, self.sheet) if self.lines is None else self.lines

    def empty(self) -> pd.DataFrame:
        """Return a frame with the columns and no row."""
        frame = pd.DataFrame(columns=self.columns, index=pd.RangeIndex(0), dtype=object)
        frame.attrs["doubled"] = sorted(self.doubled)
        return frame

    def chunks(self, size: int | None = None) -> Iterator[pd.DataFrame]:
        """Yield the rows as frames of at most ``size``, indexed from 0; all in one if None.

        Raises:
            InputError: there are no rows, or one has too many cells.

        """
        body, done = self._body(), 0
        while part := list(islice(body, size)):
            frame = pd.DataFrame(part, columns=self.columns, dtype=object)
            frame.index = pd.RangeIndex(done, done + len(part))
            frame.attrs["doubled"] = sorted(self.doubled)
            done += len(part)
            yield frame
        if done == 0:
            raise InputError(f"{self.path}: no rows below the headings in row {self.header_row}")

    def _body(self) -> Iterator[list[str]]:
        """Yield the rows, each as wide as the headings; blank ones at the end are left out."""
        width = len(self.columns)
        blank: list[tuple[list[str], int]] = []  # a row, and how often it follows itself
        for number, row in enumerate(self.rows, self.header_row + 1):
            if len(row) > width and any(map(str.strip, row[width:])):
                raise InputError(
                    f"{self.path}: row {number} has {len(row)} cells for the {width} headings of row "
                    f"{self.header_row}. Look for a comma or quotation mark too many, or correct --header-row"
                )
            if len(row) != width:
                row[width:] = []
                row.extend([""] * (width - len(row)))
            if any(map(str.strip, row)):
                for held, times in blank:
                    yield from (list(held) for _ in range(times))
                blank.clear()
                yield row
            elif blank and blank[-1][0] == row:
                blank[-1] = (row, blank[-1][1] + 1)
            else:
                blank.append((row, 1))


def csv_heading(headings: Iterable[str]) -> bytes:
    """Return the mark and the first line of a CSV file as :func:`write_csv` writes it."""
    line = io.StringIO(newline="")
    csv.writer(line, lineterminator="\r\n").writerow(as_texts([str(heading) for heading in headings]))
    return line.getvalue().encode("utf-8-sig")


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV: UTF-8 with mark (so that Excel reads it), CRLF line ends.

    A text that a spreadsheet would take for a formula gets an apostrophe in front; see :func:`as_texts`.
    """
    columns = [frame.iloc[:, i].tolist() for i in range(frame.shape[1])]
    with whole_file(path) as temporary, temporary.open("wb") as file:
        file.write(csv_heading(frame.columns))
        with io.TextIOWrapper(file, encoding="utf-8", newline="") as lines:
            writer = csv.writer(lines, lineterminator="\r\n")
            writer.writerows(zip(*(texts_marked(cells) for cells in columns), strict=True))


def _headings(path: Path, row: Sequence[str], number: int) -> tuple[list[str], set[str]]:
    """Return a name per column, each only once, and the headings that stand more than once."""
    given = [cell.replace("\ufeff", "").strip() for cell in row]  # byte order marks too many
    while given and not given[-1]:
        given.pop()
    if not given:
        raise InputError(f"{path}: row {number} holds no headings. Give the right one with --header-row")
    if len(given) > MAX_COLUMNS:
        raise InputError(
            f"{path}: {len(given)} columns; at most {MAX_COLUMNS} are read. Is this the right sheet?"
        )
    times, names = Counter(given), dict[str, None]()
    copies: dict[str, int] = {}
    for position, heading in enumerate(given, 1):
        wanted = heading or f"列{position}"
        name = wanted
        while name in names or (name != heading and name in times):
            copies[wanted] = copies.get(wanted, 1) + 1
            name = f"{wanted} ({copies[wanted]})"
        names[name] = None
    return list(names), {heading for heading, n in times.items() if heading and n > 1}


def _csv_rows(path: Path, header_row: int) -> tuple[Iterator[list[str]], int]:
    encoding, lines = _encoding(path)
    with path.open(encoding=encoding) as file:
        first = file.readline(8).rstrip("\n")
    if _SEPARATOR_LINE.fullmatch(first):
        raise InputError(
            f"{path}: line 1 is {first!r}, a hint to Excel. Delete it, and save the table with commas"
        )
    if path.suffix.lower() == ".tsv":
        return _parsed(path, encoding, "\t"), lines
    # Whichever mark gives more headings parts the cells; headings that are broken under one mark may
    # be whole under the other.
    found: dict[str, int] = {}
    for delimiter in (",", "\t"):
        with suppress(InputError):
            rows = _parsed(path, encoding, delimiter)
            found[delimiter] = len(next(islice(rows, header_row - 1, None), ()))
            rows.close()
    return _parsed(path, encoding, max(found, key=lambda mark: found[mark], default=",")), lines


def _parsed(path: Path, encoding: str, delimiter: str) -> Generator[list[str], None, None]:
    previous = csv.field_size_limit(1 << 28)
    # Without newline="": line ends within cells become \n.
    with path.open(encoding=encoding) as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        try:
            yield from reader
        except csv.Error as error:
            whole = _whole_lines(path, encoding, delimiter)
            raise InputError(
                f"{path}: line {reader.line_num} is not valid CSV ({error}); its row begins in line "
                f"{whole + 1}. Look for a stray quotation mark there"
            ) from None
        finally:
            csv.field_size_limit(previous)


def _whole_lines(path: Path, encoding: str, delimiter: str) -> int:
    """Count the lines before the first row of a file that is not valid CSV."""
    lines = 0
    with path.open(encoding=encoding) as file, suppress(csv.Error):
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        for _ in reader:
            lines = reader.line_num
    return lines


def _encoding(path: Path) -> tuple[str, int]:
    """Tell the first encoding that decodes a text file whole and leaves nothing odd; count the lines."""
    with path.open("rb") as file:
        start = file.read(4)
    if start == OLE:
        raise InputError(f"{path}: {LOCKED}")
    if start == ZIP:
        raise InputError(f"{path}: is an Excel file by its content. Rename it to .xlsx")
    failures = []
    for encoding in ["utf-16"] if start.startswith(_UTF16_MARKS) else ["utf-8-sig", "cp932"]:
        lines = _lines(path, encoding)
        if isinstance(lines, int):
            return encoding, lines
        failures.append(lines)
    raise InputError(
        f"{path}: not a text table: {', '.join(failures)}. Save it from Excel as 'CSV UTF-8' or as .xlsx"
    )


def _lines(path: Path, encoding: str) -> int | str:
    """Count the lines of a file in an encoding, or say why it is not text in it."""
    name, line = encoding.removesuffix("-sig").upper(), 1
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        for block in chain(iter(partial(file.read, _BLOCK), b""), (b"",)):
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                read = bytes(error.object[: error.start]).decode(encoding, "replace")
                return f"not {name} (line {line + _line_breaks(read)})"
            odd = REFUSED.search(text) or (_PRIVATE.search(text) if encoding == "cp932" else None)
            if odd is not None:
                line += _line_breaks(text[: odd.start()])
                return f"as {name} it holds U+{ord(odd.group()):04X} (line {line})"
            broken = _MOJIBAKE.search(text) if encoding == "cp932" else None
            if broken is not None:
                return f"not {name} but partly UTF-8 (line {line + _line_breaks(text[: broken.start()])})"
            line += _line_breaks(text)
    return line


def _line_breaks(text: str) -> int:
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def column(frame: pd.DataFrame, name: str, path: Path) -> pd.Series:
    """Return a column by its heading; blanks, line breaks and what does not show do not matter.

    Raises:
        InputError: there is none, or more than one; the message lists the headings.

    """
    squeezed = _BLANK.sub("", name)
    found = [h for h in frame.columns if _BLANK.sub("", str(h)) == squeezed]
    exact = name if name in frame.columns else found[0] if len(found) == 1 else None
    if exact in frame.attrs.get("doubled", ()) or (exact is None and len(found) > 1):
        raise InputError(f"{path}: the heading {name!r} stands twice. Rename one of them")
    if exact is None:
        headings = ", ".join(_BLANK.sub("", str(h)[:_QUOTED]) for h in frame.columns[:_QUOTED])
        more = f" and {len(frame.columns) - _QUOTED} more" if len(frame.columns) > _QUOTED else ""
        raise InputError(f"{path}: no column {name!r}. Its headings are: {headings}{more}")
    return frame[exact]
