"""A question by an attribute of the respondents."""

from typing import Any

import pandas as pd

from comment_classifier.cells import excel_text
from comment_classifier.report.figures import ClosedFigures, Figures
from comment_classifier.report.workbook.sheet import (
    fit_row,
    new_sheet,
    print_on_width,
    sheet_name,
    write_notes,
)


def cross_sheet(
    book: Any,
    formats: dict[str, Any],
    number: int,
    attribute: str,
    figures: Figures | ClosedFigures,
    cross: pd.DataFrame,
) -> None:
    """Write the groups of respondents by categories or choices: counts, shares, different texts."""
    name = sheet_name(f"{number} × {attribute}", [sheet.name for sheet in book.worksheets()])
    widths = (28, *[10] * (2 + cross["label"].nunique()))
    title = f"{figures.title}：{attribute} 別"
    sheet = new_sheet(book, formats, name, widths, title, [figures.base_line])
    closed = isinstance(figures, ClosedFigures)
    blocks = [
        ("回答した人(人)" if closed else "回答数(件)", "count", "count"),
        ("その層の回答数に対する割合(%)", "share", "share"),
        *([] if closed else [("異なる文面数", "distinct", "count")]),
    ]
    line = 3
    for heading, values, kind in blocks:
        line = _block(sheet, formats, line, heading, cross, values, kind)
    small = "層の名の後の ※ は回答数が 10 未満の層。割合は参考にとどめる。"
    write_notes(sheet, formats, line, [*_notes(figures), small])
    print_on_width(sheet)


def _notes(figures: Figures | ClosedFigures) -> list[str]:
    if isinstance(figures, ClosedFigures):
        several = ["複数回答のため、割合の合計は 100 % を超える。"] if figures.several else []
        return ["行数は対象の人数、回答数は回答した人数。", *several]
    sure = "人が読んだ回答は読んだとおりに、ほかは機械による分類(未確認)で数えた。"
    return [
        "一つの回答を複数の区分に数えるため、合計は回答数と一致しない。",
        sure if figures.read_n else "件数は機械による分類(未確認)。",
    ]


def _block(
    sheet: Any,
    formats: dict[str, Any],
    line: int,
    heading: str,
    cross: pd.DataFrame,
    values: str,
    kind: str,
) -> int:
    """Write one table of groups by categories; return the line after it."""
    headings = [heading, "行数", "回答数", *dict.fromkeys(cross["label"])]
    fit_row(sheet, line, headings, [28, *[10] * (len(headings) - 1)], least=3)
    for column, name in enumerate(headings):
        sheet.write_string(line, column, excel_text(name), formats["head"])
    for group, part in cross.groupby("group", sort=False):
        line += 1
        small = "※" if part["small"].any() else ""
        sheet.write_string(line, 0, excel_text(f"{group}{small}"), formats["line"])
        sheet.write_number(line, 1, int(part["rows"].iloc[0]), formats["count"])
        sheet.write_number(line, 2, int(part["base_n"].iloc[0]), formats["count"])
        for column, value in enumerate(part[values], 3):
            if pd.notna(value):
                sheet.write_number(line, column, round(float(value), 1), formats[kind])
    return line + 2
