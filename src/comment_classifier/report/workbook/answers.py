"""「回答一覧」: the comments with their coding, one row each."""

from typing import Any

import pandas as pd

from comment_classifier.cells import columns_of, excel_text
from comment_classifier.excel import EXCEL_MAX_ROWS
from comment_classifier.report.workbook.sheet import print_on_width
from comment_classifier.results import QuestionResult

_NAME = "回答一覧"
_ROWS = EXCEL_MAX_ROWS - 1  # below the heading
_WIDEST_COLUMN = 48


def answers_sheet(
    book: Any, formats: dict[str, Any], table: pd.DataFrame, results: list[QuestionResult]
) -> None:
    """Write the rows shown, with categories, review mark and the deciding words of every question."""
    columns = {str(name): table[name] for name in table.columns}
    for result in results:
        title, codebook = result.asked.title, result.asked.codebook
        columns[f"{title}：区分"] = ["、".join(map(codebook.label, its)) for its in result.shown["labels"]]
        columns[f"{title}：要確認"] = ["要確認" if review else "" for review in result.shown["review"]]
        columns[f"{title}：決め手"] = result.reasons
    _write_frame(book.add_worksheet(_NAME), formats, pd.DataFrame(columns).iloc[:_ROWS])


def frame_sheets(book: Any, formats: dict[str, Any], frame: pd.DataFrame) -> None:
    """Write a table, on as many sheets as it needs."""
    for part in range(0, max(1, len(frame)), _ROWS):
        sheet = book.add_worksheet(_NAME if part == 0 else f"{_NAME} {part // _ROWS + 1}")
        _write_frame(sheet, formats, frame.iloc[part : part + _ROWS])


def _write_frame(sheet: Any, formats: dict[str, Any], frame: pd.DataFrame) -> None:
    for column, name in enumerate(frame.columns):
        sheet.set_column(column, column, _width(str(name), frame.iloc[:200, column]))
    for column, name in enumerate(frame.columns):
        sheet.write_string(0, column, excel_text(str(name)), formats["head"])
    for row, cells in enumerate(frame.itertuples(index=False, name=None), 1):
        for column, cell in enumerate(cells):
            if isinstance(cell, str):
                sheet.write_string(row, column, excel_text(cell), formats["text"])
            else:
                sheet.write_number(row, column, cell, formats["count"])
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    print_on_width(sheet)
    sheet.autofilter(0, 0, len(frame), max(0, len(frame.columns) - 1))


def _width(heading: str, cells: "pd.Series[object]") -> float:
    longest = max((columns_of(line) for cell in cells for line in str(cell).split("\n")), default=0)
    return min(_WIDEST_COLUMN, max(8, 0.6 * columns_of(heading), longest) + 2)
