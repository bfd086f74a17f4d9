"""Hostile tables: the small ones lie in ``files/``, the big ones are made when a test asks for them.

To renew the small ones: ``python tests/attacks/make.py``. What must come of each stands in
``tests/test_attacks.py``.
"""

import io
import struct
import warnings
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from xml.sax.saxutils import escape

FILES = Path(__file__).resolve().parent / "files"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_BOMB = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
LAUGHS = f'<!DOCTYPE x [<!ENTITY e0 "笑">{_BOMB}]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY e9 SYSTEM "file:///etc/passwd">]>'


def cell(place: str, text: str, kind: str = "inlineStr", more: str = "") -> str:
    """Return a cell; ``place`` is blank to leave its address out."""
    at = f' r="{place}"' if place else ""
    if kind == "inlineStr":
        return f'<c{at} t="inlineStr"><is><t>{text}</t></is></c>'
    return f'<c{at} t="{kind}"{more}><v>{text}</v></c>'


def row(number: int, *cells: str) -> str:
    """Return a row of cells."""
    return f'<row r="{number}">{"".join(cells)}</row>'


HEADING = row(1, cell("A1", "回答"))
ANSWER = row(2, cell("A2", "りんご"))


def sheet(rows: str, before: str = "", top: str = "", after: str = "") -> str:
    """Return a sheet; ``top`` stands before its root."""
    return (
        f'{_HEAD}{top}<worksheet xmlns="{_MAIN}" xmlns:r="{_REL}">{before}<sheetData>{rows}</sheetData>{after}'
        "</worksheet>"
    )


def strings(items: str, top: str = "") -> str:
    """Return the part that holds the texts of a workbook."""
    return f'{_HEAD}{top}<sst xmlns="{_MAIN}">{items}</sst>'


def parts(first: str, shared: str = "", states: tuple[str, ...] = ("visible",)) -> dict[str, str]:
    """Return the parts of a workbook; its last sheet is ``first``, those before hold a secret."""
    names = [f"xl/worksheets/sheet{n}.xml" for n in range(1, len(states) + 1)]
    kinds = "".join(f'<Override PartName="/{n}" ContentType="{_OFFICE}.worksheet+xml"/>' for n in names)
    listed = "".join(
        f'<sheet name="表{n}" sheetId="{n}" state="{state}" r:id="rId{n}"/>'
        for n, state in enumerate(states, 1)
    )
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{_REL}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(states) + 1)
    )
    secret = sheet(row(1, cell("A1", "秘密")) + row(2, cell("A2", "秘密の答")))
    texts = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_OFFICE}.sharedStrings+xml"/>' * bool(
        shared
    )
    found = {
        "[Content_Types].xml": f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_OFFICE}.sheet.main+xml"/>{kinds}'
        f"{texts}"
        f'<Override PartName="/xl/styles.xml" ContentType="{_OFFICE}.styles+xml"/></Types>',
        "_rels/.rels": f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_REL}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{links}'
        f'<Relationship Id="rId98" Type="{_REL}/sharedStrings" Target="sharedStrings.xml"/>'
        f'<Relationship Id="rId99" Type="{_REL}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'{_HEAD}<styleSheet xmlns="{_MAIN}"><fonts><font/></fonts>'
        "<fills><fill><patternFill/></fill></fills><borders><border/></borders><cellStyleXfs><xf/></cellStyleXfs>"
        '<cellXfs><xf/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>',
    }
    if shared:
        found["xl/sharedStrings.xml"] = shared
    return found | dict.fromkeys(names[:-1], secret) | {names[-1]: first}


def pack(contents: Iterable[tuple[str, str | bytes]]) -> bytes:
    """Return a zip archive, the same bytes each time."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the same name twice
        for name, content in contents:
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def book(rows: str, more: dict[str, str] | None = None, **options: str) -> bytes:
    """Return a workbook of one sheet, with further parts."""
    return pack((parts(sheet(rows, **options)) | (more or {})).items())


def shared(items: str, top: str = "") -> bytes:
    """Return a workbook whose second row is the first of the shared texts."""
    rows = HEADING + row(2, cell("A2", "0", "s"))
    return pack(parts(sheet(rows), strings(items, top)).items())


def small_workbooks() -> dict[str, bytes]:
    """Return the small Excel files by name."""
    plain = parts(sheet(HEADING + ANSWER))
    external = {
        "xl/externalLinks/externalLink1.xml": f'{_HEAD}<externalLink xmlns="{_MAIN}" xmlns:r="{_REL}">'
        '<externalBook r:id="rId1"/></externalLink>',
        "xl/externalLinks/_rels/externalLink1.xml.rels": f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_REL}/externalLinkPath" Target="http://198.51.100.1/x.xlsx" '
        'TargetMode="External"/></Relationships>',
        "xl/workbook.xml": plain["xl/workbook.xml"].replace(
            "</sheets>", '</sheets><externalReferences><externalReference r:id="rId50"/></externalReferences>'
        ),
        "xl/_rels/workbook.xml.rels": plain["xl/_rels/workbook.xml.rels"].replace(
            "</Relationships>",
            f'<Relationship Id="rId50" Type="{_REL}/externalLink" Target="externalLinks/externalLink1.xml"/>'
            "</Relationships>",
        ),
    }
    formula = '<c r="A2" t="str"><f>"り"&amp;"んご"</f>{}</c>'
    nested = pack(plain.items())
    for depth in range(40):
        nested = pack([(f"inner{depth}.xlsx", nested)])
    calculated = plain["xl/workbook.xml"].replace("</workbook>", '<calcPr fullCalcOnLoad="1"/></workbook>')
    ids = ("12345678901234567890", "1.23456789012346E+19", "1234567890123450")
    whole = pack(plain.items())
    found = {
        "plain": whole,
        "laughs in the sheet": book(HEADING + row(2, cell("A2", "&e9;")), top=LAUGHS),
        "laughs in the strings": shared("<si><t>&e9;</t></si>", LAUGHS),
        "laughs in the workbook": pack(
            (plain | {"xl/workbook.xml": LAUGHS + plain["xl/workbook.xml"].removeprefix(_HEAD)}).items()
        ),
        "laughs in utf-16": pack(
            [
                *((n, c) for n, c in plain.items() if "sheet1" not in n),
                (
                    "xl/worksheets/sheet1.xml",
                    sheet(HEADING + row(2, cell("A2", "&e9;")), top=LAUGHS)
                    .replace("UTF-8", "UTF-16")
                    .encode("utf-16"),
                ),
            ]
        ),
        "file outside in the sheet": book(HEADING + row(2, cell("A2", "&e9;")), top=OUTSIDE),
        "file outside in the strings": shared("<si><t>&e9;</t></si>", OUTSIDE),
        "external links": pack((plain | external).items()),
        "far row": book(HEADING + ANSWER + row(1_048_576, cell("A1048576", "遠い"))),
        "far column": book(row(1, cell("A1", "回答"), cell("XFD1", "遠い")) + ANSWER),
        "far cell below": book(HEADING + ANSWER + row(3, cell("XFD3", "遠い"))),
        "row beyond excel": book(HEADING + ANSWER + row(999_999_999, cell("", "遠い"))),
        "column beyond excel": book(HEADING + row(2, cell("ZZZ2", "遠い"))),
        "size too small": book(
            HEADING + ANSWER + row(3, cell("A3", "みかん")), before='<dimension ref="A1:A2"/>'
        ),
        "size too large": book(HEADING + ANSWER, before='<dimension ref="A1:XFD1048576"/>'),
        "size that is none": book(HEADING + ANSWER, before='<dimension ref="りんご"/>'),
        "rows out of order": book(HEADING + row(3, cell("A3", "みかん")) + ANSWER),
        "a row twice": book(HEADING + ANSWER + row(2, cell("A2", "みかん"))),
        "cells out of order": book(
            row(1, cell("A1", "番号"), cell("B1", "回答")) + row(2, cell("B2", "りんご"), cell("A2", "1"))
        ),
        "cells without addresses": book("<row><c t='inlineStr'><is><t>回答</t></is></c></row>" + ANSWER),
        "nested archives": nested,
        "a part twice": pack([*plain.items(), ("xl/worksheets/sheet1.xml", sheet(HEADING + ANSWER))]),
        "a part twice by case": pack([*plain.items(), ("xl/Worksheets/Sheet1.xml", sheet(HEADING + ANSWER))]),
        "paths outside": pack([("../../../tmp/outside", "x"), *plain.items(), ("/etc/outside", "x")]),
        "hidden first sheet": pack(parts(sheet(HEADING + ANSWER), states=("hidden", "visible")).items()),
        "very hidden first sheet": pack(
            parts(sheet(HEADING + ANSWER), states=("veryHidden", "visible")).items()
        ),
        "only hidden sheets": pack(parts(sheet(HEADING + ANSWER), states=("hidden", "veryHidden")).items()),
        "merged cells": book(
            row(1, cell("A1", "課"), cell("B1", "回答"))
            + row(2, cell("A2", "総務"), cell("B2", "りんご"))
            + row(3, cell("B3", "みかん")),
            after='<mergeCells count="1"><mergeCell ref="A2:A3"/></mergeCells>',
        ),
        "formula with a result": book(HEADING + row(2, formula.format("<v>りんご</v>"))),
        "formula with a blank result": book(
            HEADING + ANSWER + row(3, formula.format("<v></v>")) + row(4, cell("A4", "終"))
        ),
        "formula without a result": book(HEADING + row(2, '<c r="A2"><f>A1</f></c>')),
        "formula with a result of 0 that was never worked out": pack(
            (
                parts(sheet(HEADING + row(2, '<c r="A2"><f>A1</f><v>0</v></c>')))
                | {"xl/workbook.xml": calculated}
            ).items()
        ),
        "error cell": book(HEADING + row(2, cell("A2", "#DIV/0!", "e"))),
        "dates": book(
            HEADING
            + row(2, cell("A2", "45302", "n", ' s="1"'))
            + row(3, cell("A3", "45302.5", "n", ' s="1"'))
            + row(4, cell("A4", "2024-01-11T00:00:00", "d"))
        ),
        "a date that is none": book(HEADING + row(2, cell("A2", "99999999", "n", ' s="1"'))),
        "truth": book(HEADING + row(2, cell("A2", "1", "b")) + row(3, cell("A3", "0", "b"))),
        "rich text": shared(
            '<si><r><t>り</t></r><r><rPr><b/></rPr><t xml:space="preserve">ん </t></r><r><t>ご</t></r></si>'
        ),
        "readings of kanji": shared(
            '<si><t>林檎</t><rPh sb="0" eb="2"><t>リンゴ</t></rPh><phoneticPr fontId="1"/></si>'
        ),
        "readings of kanji in rich text": shared(
            '<si><r><t>林</t></r><r><t>檎</t></r><rPh sb="0" eb="2"><t>リンゴ</t></rPh></si>'
        ),
        "readings of kanji in the cell": book(
            HEADING
            + row(2, '<c r="A2" t="inlineStr"><is><t>林檎</t><rPh sb="0" eb="2"><t>リンゴ</t></rPh></is></c>')
        ),
        "escaped carriage return": shared("<si><t>りんご_x000D_\nみかん_x000D_</t></si>"),
        "escaped escape": shared("<si><t>型番_x005F_x0041_と_x0042_</t></si>"),
        "escaped escape in the cell": book(HEADING + row(2, cell("A2", "型番_x005F_x000D_と_x0042_"))),
        "escaped nul": shared("<si><t>りんご_x0000_</t></si>"),
        "macros": pack([*plain.items(), ("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0" + b"\0" * 60)]),
        "a text that is none of the strings": shared(""),
        "sheet that is no xml": pack((plain | {"xl/worksheets/sheet1.xml": "りんご"}).items()),
        "sheet that breaks off": pack(
            (plain | {"xl/worksheets/sheet1.xml": sheet(HEADING + ANSWER)[:-40]}).items()
        ),
        "no parts": pack([]),
        "cut off": whole[: len(whole) // 2],
        "damaged within": whole.replace(whole[300:304], b"\xff\xff\xff\xff", 1),
        "password": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + b"\0" * 504
        + "EncryptedPackage".encode("utf-16-le"),
        "csv by content": "回答\r\nりんご\r\n".encode("utf-8-sig"),
        "nothing": b"",
    }
    found |= {
        f"number of 20 digits {n}": book(HEADING + row(2, cell("A2", text, "n")))
        for n, text in enumerate(ids)
    }
    ending = {"macros": ".xlsm"}
    return {f"{name}{ending.get(name, '.xlsx')}": content for name, content in found.items()}


def small_texts() -> dict[str, bytes]:
    """Return the small text files by name."""
    kana = "回答\r\n議事録の要約に使っています\r\n翻訳\r\n"
    return {
        "nul.csv": "回答\nりん\0ご\n".encode(),
        "surrogates.csv": "回答\n".encode() + b"\xed\xa0\xbd\xed\xb8\x80\n",
        "half utf-8.csv": kana.encode()[:30] + b"\xff" + kana.encode()[30:],
        "one byte short.csv": kana.encode()[:29] + kana.encode()[30:],
        "utf-8 then cp932.csv": kana.encode() + "終わり\r\n".encode("cp932"),
        "cp932 then utf-8.csv": kana.encode("cp932") + "終わりです\r\n".encode(),
        "overlong.csv": "回答\n".encode() + b"\xc0\xbcscript\n",
        "utf-16 little without mark.csv": kana.encode("utf-16-le"),
        "utf-16 big without mark.csv": kana.encode("utf-16-be"),
        "utf-16 cut off.csv": kana.encode("utf-16")[:-1],
        "utf-32.csv": kana.encode("utf-32"),
        "euc.csv": kana.encode("euc_jp"),
        "jis.csv": kana.encode("iso2022_jp"),
        "mark twice.csv": b"\xef\xbb\xbf\xef\xbb\xbf" + kana.encode(),
        "quote that stays open.csv": '番号,回答\n1,りんご\n2,"みかん\n3,なし\n'.encode(),
        "quote within.csv": '番号,回答\n1,りんご\n2,"み"かん\n'.encode(),
        "one comma too many.csv": "番号,回答\n1,りんご\n2,みかん,なし\n".encode(),
        "cells missing.csv": "番号,回答\n1\n2,みかん\n".encode(),
        "cr only.csv": "番号,回答\r1,りんご\r2,みかん\r".encode(),
        "line ends mixed.csv": '番号,回答\r\n1,"り\rん\r\nご"\r2,みかん\n'.encode(),
        "headings doubled and blank.csv": "回答,回答,, ,回答\n1,2,3,4,5\n".encode(),
        "zero width in headings.csv": "番\u200b号,\u2060回\ufeff答\u202c\n1,りんご\n".encode(),
        "sep.csv": "sep=;\n番号;回答\n1;りんご\n".encode(),
        "semicolons.csv": "番号;回答\n1;りんご\n".encode(),
        "binary.csv": bytes(range(256)) * 4,
        "only a mark.csv": b"\xef\xbb\xbf",
        "only quotes.csv": b'""\n""\n',
        "pdf.csv": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\nstream\nx\x9c\x00\xff\n",
        "html.csv": "<html><body><table><tr><td>回答</td></tr></table></body></html>\n".encode(),
        "excel by content.csv": pack(parts(sheet(HEADING + ANSWER)).items()),
        "old excel by content.csv": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504,
        "vertical tabs.csv": "回答\nり\x0bん\x0cご\x1cに\x85\u2028と\u2029\n終\n".encode(),
    }


def _zip_with(path: Path, name: str, pieces: Iterable[bytes], more: dict[str, str]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for other, content in more.items():
            if other != name:
                archive.writestr(other, content)
        with archive.open(name, "w", force_zip64=True) as part:
            for piece in pieces:
                part.write(piece)


def _sheet_of(rows: Iterable[str]) -> Iterable[bytes]:
    start, end = sheet("\0").split("\0")
    yield start.encode()
    for piece in rows:
        yield piece.encode()
    yield end.encode()


def _bomb(path: Path) -> None:
    blanks = (b" " * (1 << 20) for _ in range(300))
    _zip_with(path, "xl/worksheets/sheet1.xml", blanks, parts(sheet(HEADING + ANSWER)))


def _bomb_of_strings(path: Path) -> None:
    start, end = strings("\0").split("\0")
    items = (b"<si><t/></si>" * 100_000 for _ in range(100))
    shared_too = parts(sheet(HEADING + ANSWER), strings(""))
    _zip_with(path, "xl/sharedStrings.xml", (start.encode(), *items, end.encode()), shared_too)


def _sizes_that_lie(path: Path) -> None:
    """A bomb whose directory says that it is small."""
    _bomb(path)
    content = bytearray(path.read_bytes())
    at = content.rindex(b"PK\x01\x02", 0, content.rindex(b"xl/worksheets/sheet1.xml"))
    content[at + 24 : at + 28] = struct.pack("<I", 1000)
    path.write_bytes(content)


def _a_gigabyte(path: Path) -> None:
    content = bytearray(pack(parts(sheet(HEADING + ANSWER)).items()))
    at = content.rindex(b"PK\x01\x02")
    content[at + 24 : at + 28] = struct.pack("<I", (1 << 30) + 1)
    path.write_bytes(content)


def _many_cells(path: Path) -> None:
    """Two million cells, each of its own text."""
    rows = [
        row(n, *(cell(f"{chr(65 + c)}{n}", f"{n * 7919 % 1_000_003}-{c}") for c in range(20)))
        for n in range(2, 100_001)
    ]
    heading = row(1, *(cell(f"{chr(65 + c)}1", f"列{c}") for c in range(20)))
    size = '<dimension ref="A1:T100000"/><sheetData>'
    pieces = (p.replace(b"<sheetData>", size.encode()) for p in _sheet_of([heading, *rows]))
    _zip_with(path, "xl/worksheets/sheet1.xml", pieces, parts(sheet("")))


def _wide_row(path: Path) -> None:
    pieces = (f"<c><v>{n * 7919 % 1_000_003}</v></c>" for n in range(1_000_000))
    _zip_with(
        path, "xl/worksheets/sheet1.xml", _sheet_of([HEADING, "<row>", *pieces, "</row>"]), parts(sheet(""))
    )


def _many_parts(path: Path) -> None:
    path.write_bytes(
        pack([*parts(sheet(HEADING + ANSWER)).items(), *((f"x/{n}.bin", b"") for n in range(50_000))])
    )


def _long_text(path: Path) -> None:
    path.write_bytes(book(HEADING + row(2, cell("A2", escape("りんご" * 1_000_000)))))


BIG: dict[str, Callable[[Path], object]] = {
    "bomb.xlsx": _bomb,
    "bomb of strings.xlsx": _bomb_of_strings,
    "bomb that says it is small.xlsx": _sizes_that_lie,
    "says it is a gigabyte.xlsx": _a_gigabyte,
    "two million cells.xlsx": _many_cells,
    "a row of a million cells.xlsx": _wide_row,
    "50,000 parts.xlsx": _many_parts,
    "a cell of 3,000,000 characters.xlsx": _long_text,
    "a million columns.csv": lambda p: p.write_text(
        ",".join(f"列{n}" for n in range(1_000_000)) + "\n1\n", "utf-8"
    ),
    "a row of a million cells.csv": lambda p: p.write_text("回答\n" + "x," * 1_000_000 + "\n", "utf-8"),
    "a cell of 10 MB.csv": lambda p: p.write_text(
        f'番号,回答\n1,"{"りんご" * 1_150_000}"\n2,みかん\n', "utf-8"
    ),
    "an open quote before 10 MB.csv": lambda p: p.write_text('回答\n"' + "りんご\n" * 1_000_000, "utf-8"),
    "200,000 empty rows.csv": lambda p: p.write_text("回答\nりんご\n" + "\n" * 200_000 + "みかん\n", "utf-8"),
    "5,000,000 empty rows.csv": lambda p: p.write_text("回答\nりんご\n" + "\n" * 5_000_000, "utf-8"),
    "a thousand equal headings.csv": lambda p: p.write_text(",".join(["回答"] * 1000) + "\n1\n", "utf-8"),
    "a heading of 10 MB.csv": lambda p: p.write_text(f"{'見' * 3_400_000},番号\n1,2\n", "utf-8"),
}


def main() -> None:
    """Write the small files anew."""
    FILES.mkdir(exist_ok=True)
    for name, content in (small_workbooks() | small_texts()).items():
        (FILES / name).write_bytes(content)


if __name__ == "__main__":
    main()
