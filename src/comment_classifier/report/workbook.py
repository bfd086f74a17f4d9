"""``report.xlsx`` with native charts, and ``comments.xlsx``: the coded table for Excel.

Everything from outside is written as text, never as a formula or a link.
"""

import math
import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from comment_classifier.cells import columns_of, excel_text
from comment_classifier.excel import EXCEL_MAX_ROWS
from comment_classifier.files import whole_file
from comment_classifier.report.figures import ComparisonFigures, Figures, Pair, sample_note
from comment_classifier.results import QuestionResult
from comment_classifier.survey import Survey

_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_CREATED = datetime(2024, 1, 1)  # fixed, so that the same run gives the same bytes
_FONT = "游ゴシック"
_FORBIDDEN_IN_NAME = re.compile(r"[\[\]:*?/\\']")
_LONGEST_NAME = 31  # of a sheet, in units of UTF-16
_PLACE = re.compile(r"!(?=\$?[A-Z]+\$?\d)")
_WIDEST_COLUMN = 48


def write_report_workbook(
    path: Path,
    table: pd.DataFrame,
    survey: Survey,
    results: list[QuestionResult],
    figures: list[Figures],
    n: int,
) -> None:
    """Write the figures with an editable chart per question, and the coded comments shown of n rows."""
    import xlsxwriter

    with whole_file(path) as temporary, xlsxwriter.Workbook(temporary, _OPTIONS) as book:
        book.set_properties({"title": excel_text(survey.title), "created": _CREATED})
        formats = _formats(book)
        _contents_sheet(book, formats, survey, figures, len(table), n)
        for number, shown in enumerate(figures, 1):
            _figures_sheet(book, formats, _sheet_name(number, shown), shown)
        for number, (result, shown) in enumerate(zip(results, figures, strict=True), 1):
            for name, cross in result.crosses.items():
                _cross_sheet(book, formats, f"{number} × {name}", shown, cross)
        _comments_sheet(book, formats, table, results)


def write_comments_workbook(path: Path, coded: pd.DataFrame) -> None:
    """Write the coded table, as ``comments.csv`` holds it, for Excel."""
    import xlsxwriter

    with (
        whole_file(path) as temporary,
        xlsxwriter.Workbook(temporary, {**_OPTIONS, "constant_memory": True}) as book,
    ):
        book.set_properties({"created": _CREATED})
        formats = _formats(book)
        rows = EXCEL_MAX_ROWS - 1
        for part in range(0, max(1, len(coded)), rows):
            sheet = book.add_worksheet("回答一覧" if part == 0 else f"回答一覧 {part // rows + 1}")
            _write_frame(sheet, formats, coded.iloc[part : part + rows])


def _formats(book: Any) -> dict[str, Any]:
    plain = {"font_name": _FONT, "font_size": 10, "valign": "top"}
    return {
        "title": book.add_format({**plain, "font_size": 14, "bold": True}),
        "head": book.add_format(
            {**plain, "bold": True, "bg_color": "#E3ECF2", "bottom": 1, "text_wrap": True}
        ),
        "number head": book.add_format(
            {**plain, "bold": True, "bg_color": "#E3ECF2", "bottom": 1, "align": "right"}
        ),
        "text": book.add_format({**plain, "text_wrap": True}),
        "line": book.add_format(plain),
        "note": book.add_format({**plain, "font_color": "#57606A"}),
        "count": book.add_format({**plain, "num_format": "#,##0"}),
        "share": book.add_format({**plain, "num_format": "0.0"}),
    }


def _sheet_name(number: int, figures: Figures | ComparisonFigures) -> str:
    return _as_sheet_name(f"{number} {figures.title}")


def _as_sheet_name(text: str, taken: Iterable[str] = ()) -> str:
    """Return a text as Excel takes it for the name of a sheet, each name once."""
    kept = " ".join(_FORBIDDEN_IN_NAME.sub("", excel_text(text)).split())
    held = {name.lower() for name in taken}
    for ending in ("", *(f" ({n})" for n in range(2, len(held) + 3))):
        room = 2 * (_LONGEST_NAME - len(ending))
        name = kept.encode("utf-16-le")[:room].decode("utf-16-le", "ignore").rstrip() + ending
        if name.lower() not in held:
            break
    return name


def _chart_title(text: str) -> str:
    """Return a text as XlsxWriter takes it for a title, not for the place of one."""
    return _PLACE.sub("！", excel_text(text))


def _contents_sheet(
    book: Any, formats: dict[str, Any], survey: Survey, figures: list[Figures], shown_n: int, n: int
) -> None:
    sheet = book.add_worksheet("はじめに")
    sheet.set_column(0, 0, 6)
    sheet.set_column(1, 1, 44)
    sheet.set_column(2, 3, 12)
    sheet.set_row(0, 26)
    sheet.write_string(0, 0, excel_text(survey.title), formats["title"])
    for column, heading in enumerate(("番号", "設問", "回答数", "要確認")):
        sheet.write_string(2, column, heading, formats["head"])
    for row, shown in enumerate(figures, 3):
        sheet.write_number(row, 0, row - 2, formats["count"])
        sheet.write_url(
            row, 1, f"internal:'{_sheet_name(row - 2, shown)}'!A1", formats["line"], excel_text(shown.title)
        )
        sheet.write_number(row, 2, shown.base_n, formats["count"])
        sheet.write_number(row, 3, shown.review_n, formats["count"])
    read_n = sum(shown.read_n for shown in figures)
    confirmed = f"人が読んだ回答は {read_n:,} 件です。" if read_n else "人による確認はまだ行われていません。"
    notes = [
        f"件数は、回答の文章を機械が読んで数えたものです。{confirmed}",
        "一つの回答を複数の区分に数えるため、合計は回答数と一致しません。",
        "「回答一覧」シートには、回答ごとの区分と、判断の決め手となった語があります。要確認の回答から見てください。",
    ]
    if shown_n < n:
        notes.append(sample_note(shown_n, n))
    for line, note in enumerate(notes, len(figures) + 4):
        sheet.write_string(line, 0, note, formats["note"])
    _print_on_width(sheet)


def _figures_sheet(book: Any, formats: dict[str, Any], name: str, figures: Figures) -> None:
    sheet = book.add_worksheet(name)
    sheet.set_column(0, 0, 42)
    sheet.set_column(1, 7, 10)
    sheet.set_row(0, 26)
    sheet.write_string(0, 0, excel_text(figures.title), formats["title"])
    sheet.write_string(1, 0, excel_text(f"設問：{figures.text}"), formats["note"])
    sheet.write_string(2, 0, excel_text(figures.base_line), formats["note"])
    headings = ["区分", "回答数", "割合(%)", "異なる文面数"]
    if figures.random_n:
        headings += ["95%下限", "95%上限", "上へ", "下へ"]
    for column, heading in enumerate(headings):
        sheet.write_string(4, column, heading, formats["head" if column == 0 else "number head"])
    first = 5
    for row, bar in enumerate(figures.bars, first):
        sheet.write_string(row, 0, excel_text(bar.label), formats["line"])
        sheet.write_number(row, 1, bar.count, formats["count"])
        if figures.base_n:
            sheet.write_number(row, 2, round(bar.share, 1), formats["share"])
        sheet.write_number(row, 3, bar.distinct, formats["count"])
        if bar.low is not None and bar.high is not None:
            sheet.write_number(row, 4, bar.low, formats["count"])
            sheet.write_number(row, 5, bar.high, formats["count"])
            # What the chart's error bars read: LibreOffice draws them from cells only.
            sheet.write_number(row, 6, bar.high - bar.count, formats["note"])
            sheet.write_number(row, 7, bar.count - bar.low, formats["note"])
    last = first + len(figures.bars) - 1
    for line, note in enumerate(figures.notes, last + 2):
        sheet.write_string(line, 0, excel_text(f"※ {note}"), formats["note"])
    sheet.insert_chart(4, 9 if figures.random_n else 5, _bar_chart(book, name, figures, first, last))
    _print_on_width(sheet, pages_high=1)


def _cross_sheet(
    book: Any, formats: dict[str, Any], name: str, figures: Figures, cross: pd.DataFrame
) -> None:
    sheet = book.add_worksheet(_as_sheet_name(name, [sheet.name for sheet in book.worksheets()]))
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 2 + cross["label"].nunique(), 10)
    sheet.set_row(0, 26)
    sheet.write_string(0, 0, excel_text(f"{figures.title}：{name.partition(' × ')[2]} 別"), formats["title"])
    sheet.write_string(1, 0, excel_text(figures.base_line), formats["note"])
    line = 3
    for heading, values, kind in (
        ("回答数(件)", "count", "count"),
        ("その層の回答数に対する割合(%)", "share", "share"),
        ("異なる文面数", "distinct", "count"),
    ):
        line = _cross_block(sheet, formats, line, heading, cross, values, kind)
    sure = "人が読んだ回答は読んだとおりに、ほかは機械による分類(未確認)で数えた。"
    notes = (
        "一つの回答を複数の区分に数えるため、合計は回答数と一致しない。",
        sure if figures.read_n else "件数は機械による分類(未確認)。",
        "層の名の後の ※ は回答数が 10 未満の層。割合は参考にとどめる。",
    )
    for offset, note in enumerate(notes):
        sheet.write_string(line + offset, 0, excel_text(f"※ {note}"), formats["note"])
    _print_on_width(sheet)


def _cross_block(
    sheet: Any,
    formats: dict[str, Any],
    line: int,
    heading: str,
    cross: pd.DataFrame,
    values: str,
    kind: str,
) -> int:
    """Write one table of groups by categories; return the line after it."""
    labels = list(dict.fromkeys(cross["label"]))
    sheet.set_row(line, 42)
    for column, name in enumerate([heading, "行数", "回答数", *labels]):
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


def _bar_chart(book: Any, name: str, figures: Figures, first: int, last: int) -> Any:
    chart = book.add_chart({"type": "bar"})
    errors: dict[str, Any] = {}
    labels: dict[str, Any] = {"value": True, "font": {"name": _FONT, "size": 10}}
    if figures.random_n:
        labels["position"] = "inside_base"  # where no error bar crosses it
        errors["x_error_bars"] = {
            "type": "custom",
            "plus_values": f"='{name}'!$G${first + 1}:$G${last + 1}",
            "minus_values": f"='{name}'!$H${first + 1}:$H${last + 1}",
            "line": {"color": "#222222", "width": 1.25},
        }
    chart.add_series(
        {
            **errors,
            "name": [name, 4, 1],
            "categories": [name, first, 0, last, 0],
            "values": [name, first, 1, last, 1],
            "fill": {"color": "#9CC3E0" if figures.random_n else "#2F6F9F"},
            "gap": 45,
            "data_labels": labels,
            "points": [None] * (last - first) + [{"fill": {"color": "#9AA5AD"}}],
        }
    )
    chart.set_title(
        {
            "name": _chart_title(f"{figures.title}(件、n＝{figures.base_n:,})"),
            "name_font": {"name": _FONT, "size": 13, "bold": False},
        }
    )
    chart.set_legend({"none": True})
    chart.set_y_axis({"reverse": True, "num_font": {"name": _FONT, "size": 10}, "major_tick_mark": "none"})
    chart.set_x_axis({"visible": False, "major_gridlines": {"visible": False}, "min": 0})
    chart.set_size({"width": 760, "height": 110 + 34 * len(figures.bars)})
    return chart


def write_comparison_workbook(path: Path, title: str, figures: list[ComparisonFigures]) -> None:
    """Write two waves side by side, an editable chart per question."""
    import xlsxwriter

    with whole_file(path) as temporary, xlsxwriter.Workbook(temporary, _OPTIONS) as book:
        book.set_properties({"title": title, "created": _CREATED})
        formats = _formats(book)
        for number, shown in enumerate(figures, 1):
            _pairs_sheet(book, formats, _sheet_name(number, shown), shown)


def _pairs_sheet(book: Any, formats: dict[str, Any], name: str, figures: ComparisonFigures) -> None:
    sheet = book.add_worksheet(name)
    sheet.set_column(0, 0, 42)
    sheet.set_column(1, 8, 11)
    sheet.set_row(0, 26)
    sheet.set_row(3, 30)
    sheet.write_string(0, 0, excel_text(figures.title), formats["title"])
    sheet.write_string(1, 0, excel_text(figures.base_line), formats["note"])
    one, two = figures.names
    headings = ["区分", f"{one}(%)", f"{two}(%)"]
    if figures.tested:
        headings += ["差(ポイント)", "95%下限", "95%上限", "上へ", "下へ", "変化"]
        headings += [f"{one} 異なる文面数", f"{two} 異なる文面数"]
    else:
        headings += [f"{one} 順位", f"{two} 順位"]
    for column, heading in enumerate(headings):
        sheet.write_string(3, column, excel_text(heading), formats["head"])
    for row, pair in enumerate(figures.pairs, 4):
        for column, cell in enumerate([pair.label, *_pair_cells(pair, figures.tested)]):
            if isinstance(cell, str):
                sheet.write_string(row, column, excel_text(cell), formats["line"])
            elif isinstance(cell, int):
                sheet.write_number(row, column, cell, formats["count"])
            elif cell is not None:
                sheet.write_number(row, column, round(cell, 1), formats["share"])
    last = 3 + len(figures.pairs)
    for line, note in enumerate(figures.notes, last + 2):
        sheet.write_string(line, 0, excel_text(f"※ {note}"), formats["note"])
    below = last + len(figures.notes) + 3
    if all(pair.first is not None for pair in figures.pairs):
        sheet.insert_chart(below, 0, _pair_chart(book, name, figures, 4, last))
    if any(pair.difference is not None for pair in figures.pairs):
        sheet.insert_chart(below, 7, _difference_chart(book, name, figures, 4, last))
    _print_on_width(sheet, pages_high=1)


def _pair_cells(pair: Pair, tested: bool) -> list[float | int | str | None]:
    if not tested:
        return [pair.first, pair.second, *(pair.ranks or ())]
    distinct = pair.distinct or ()
    if pair.difference is None or pair.low is None or pair.high is None:
        return [pair.first, pair.second, None, None, None, None, None, "判定できない", *distinct]
    # What the chart's error bars read: LibreOffice draws them from cells only.
    reach = (pair.high - pair.difference, pair.difference - pair.low)
    star = "★" if pair.changed else ""
    return [pair.first, pair.second, pair.difference, pair.low, pair.high, *reach, star, *distinct]


def _difference_chart(book: Any, name: str, figures: ComparisonFigures, first: int, last: int) -> Any:
    chart = book.add_chart({"type": "bar"})
    chart.add_series(
        {
            "name": [name, 3, 3],
            "categories": [name, first, 0, last, 0],
            "values": [name, first, 3, last, 3],
            "fill": {"color": "#9CC3E0"},
            "gap": 60,
            "x_error_bars": {
                "type": "custom",
                "plus_values": f"='{name}'!$G${first + 1}:$G${last + 1}",
                "minus_values": f"='{name}'!$H${first + 1}:$H${last + 1}",
                "line": {"color": "#222222", "width": 1.25},
            },
        }
    )
    title = f"差(ポイント、{figures.names[1]}－{figures.names[0]})と 95% 区間"
    chart.set_title({"name": _chart_title(title), "name_font": {"name": _FONT, "size": 13, "bold": False}})
    chart.set_legend({"none": True})
    font = {"name": _FONT, "size": 10}
    chart.set_y_axis({"reverse": True, "num_font": font, "label_position": "low", "major_tick_mark": "none"})
    ends = [abs(end) for pair in figures.pairs for end in (pair.low, pair.high) if end is not None]
    room = 5 * math.ceil(max(ends) / 5)
    grid = {"visible": True, "line": {"color": "#E3ECF2"}}
    chart.set_x_axis({"num_font": font, "major_gridlines": grid, "min": -room, "max": room})
    chart.set_size({"width": 640, "height": 140 + 52 * len(figures.pairs)})
    return chart


def _pair_chart(book: Any, name: str, figures: ComparisonFigures, first: int, last: int) -> Any:
    chart = book.add_chart({"type": "bar"})
    for column, colour in ((1, "#9AA5AD"), (2, "#2F6F9F")):
        chart.add_series(
            {
                "name": [name, 3, column],
                "categories": [name, first, 0, last, 0],
                "values": [name, first, column, last, column],
                "fill": {"color": colour},
                "gap": 45,
                "data_labels": {"value": True, "num_format": "0.0", "font": {"name": _FONT, "size": 9}},
            }
        )
    title = _chart_title(figures.title)
    chart.set_title({"name": title, "name_font": {"name": _FONT, "size": 13, "bold": False}})
    chart.set_legend({"position": "bottom", "font": {"name": _FONT, "size": 10}})
    chart.set_y_axis({"reverse": True, "num_font": {"name": _FONT, "size": 10}, "major_tick_mark": "none"})
    room = 1.15 * max(1.0, *(pair.largest for pair in figures.pairs))
    chart.set_x_axis({"visible": False, "major_gridlines": {"visible": False}, "min": 0, "max": room})
    chart.set_size({"width": 800, "height": 140 + 52 * len(figures.pairs)})
    return chart


def _comments_sheet(
    book: Any, formats: dict[str, Any], table: pd.DataFrame, results: list[QuestionResult]
) -> None:
    columns = {str(name): table[name] for name in table.columns}
    for result in results:
        title, category_book = result.asked.title, result.asked.codebook
        columns[f"{title}：区分"] = [
            "、".join(map(category_book.label, labels)) for labels in result.shown["labels"]
        ]
        columns[f"{title}：要確認"] = ["要確認" if review else "" for review in result.shown["review"]]
        columns[f"{title}：決め手"] = result.reasons
    _write_frame(book.add_worksheet("回答一覧"), formats, pd.DataFrame(columns).iloc[: EXCEL_MAX_ROWS - 1])


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
    _print_on_width(sheet)
    sheet.autofilter(0, 0, len(frame), max(0, len(frame.columns) - 1))


def _print_on_width(sheet: Any, pages_high: int = 0) -> None:
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, pages_high)


def _width(heading: str, cells: "pd.Series[object]") -> float:
    longest = max((columns_of(line) for cell in cells for line in str(cell).split("\n")), default=0)
    return min(_WIDEST_COLUMN, max(8, 0.6 * columns_of(heading), longest) + 2)
