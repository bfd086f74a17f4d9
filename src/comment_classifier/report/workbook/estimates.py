"""「試算」: the estimates with live formulas, so that an assumption can be changed."""

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from comment_classifier.cells import excel_text
from comment_classifier.estimates import ASSUMED, SURVEYED, Estimated
from comment_classifier.report.figures import EstimateFigures
from comment_classifier.report.workbook.sheet import (
    PLAIN,
    fit_row,
    new_sheet,
    print_on_width,
    write_cells,
    write_notes,
)

ESTIMATES = "試算"  # name of the sheet
_WIDTHS = (6, 38, 14, 12, 12, 10, 58)
_TO_CHANGE = {"bg_color": "#FFF6CC", "border": 1, "border_color": "#C9B458"}
_HINT = "枠のある黄色の欄は前提。書きかえると、積と幅が計算し直される。"


def estimates_sheet(
    book: Any, formats: dict[str, Any], estimates: Sequence[Estimated], figures: Sequence[EstimateFigures]
) -> None:
    """Write every estimate: its factors, their product and its interval."""
    sheet = new_sheet(book, formats, ESTIMATES, _WIDTHS, ESTIMATES)
    row = write_notes(sheet, formats, 1, [_HINT]) + 1
    for its, shown in zip(estimates, figures, strict=True):
        row = _estimate_block(book, sheet, formats, row, its, shown) + 2
    print_on_width(sheet)


def _estimate_block(
    book: Any, sheet: Any, formats: dict[str, Any], row: int, its: Estimated, shown: EstimateFigures
) -> int:
    """Write an estimate from a row on; return the row after it."""
    sheet.write_string(row, 0, excel_text(shown.title), formats["strong"])
    kinds = ("head", "head", "number head", "number head", "number head", "beside head", "head")
    write_cells(sheet, formats, row + 1, ("符号", "項", "値", "下限", "上限", "単位", "出典"), *kinds)
    first = row + 2
    records = its.factors.to_dict("records")
    for line, (factor, printed) in enumerate(zip(records, shown.factors, strict=True), first):
        cells = (printed.sign, printed.label, None, None, None, printed.unit, printed.source)
        fit_row(sheet, line, cells, _WIDTHS)
        write_cells(sheet, formats, line, cells, "line", "text", "line", "line", "line", "beside", "text")
        for column, name in enumerate(("value", "low", "high"), 2):
            _write_factor(book, sheet, formats, (line, column), factor, factor[name])
    after = _write_product(book, sheet, formats, first + len(records), its, shown)
    return write_notes(sheet, formats, after + 1, shown.notes)


def _write_factor(
    book: Any, sheet: Any, formats: dict[str, Any], at: tuple[int, int], factor: dict[Any, Any], value: float
) -> None:
    if math.isnan(value):
        if at[1] == 2:
            sheet.write_string(*at, "–", formats["right"])
        return
    as_share = factor["kind"] == SURVEYED and not factor["unit"]
    shown = "0.0%" if as_share else "#,##0" if value == int(value) else "General"
    fill = _TO_CHANGE if factor["kind"] == ASSUMED else {}
    sheet.write_number(*at, value, book.add_format({**PLAIN, "num_format": shown, **fill}))


def _write_product(
    book: Any, sheet: Any, formats: dict[str, Any], row: int, its: Estimated, shown: EstimateFigures
) -> int:
    """Write the product, its interval and the rounded value as formulas; return the row after them."""
    step, unit = its.estimate.about, excel_text(its.estimate.unit)
    if math.isnan(its.value):
        sheet.write_string(row, 1, "積", formats["strong"])
        sheet.write_string(row, 2, excel_text(shown.value), formats["line"])
        return row + 1
    digits = max(0, -int(Decimal(repr(float(step))).normalize().as_tuple().exponent))
    shown_as = "#,##0" + ("." + "0" * digits if digits else "")
    number = book.add_format({**PLAIN, "bold": True, "num_format": shown_as})
    first = row - len(its.factors)
    sheet.write_string(row, 1, "積", formats["strong"])
    sheet.write_formula(row, 2, _product_formula(its, first), number, its.value)
    if not math.isnan(its.low):
        sheet.write_formula(row, 3, _end_formula(its, first, "low"), number, its.low)
        sheet.write_formula(row, 4, _end_formula(its, first, "high"), number, its.high)
    sheet.write_string(row, 5, unit, formats["beside"])
    rounded = f"試算値(約。{step:,.10g} {unit}の単位に四捨五入)"
    sheet.write_string(row + 1, 1, excel_text(rounded), formats["strong"])
    sheet.write_formula(row + 1, 2, f"=ROUND(C{row + 1}/{step:.10g},0)*{step:.10g}", number, its.about)
    sheet.write_string(row + 1, 5, unit, formats["beside"])
    return row + 2


def _product_formula(its: Estimated, first: int) -> str:
    """Return the formula of the product; the values stand in column C, from a row on."""
    signs = ["/" if divide else "*" for divide in its.factors["divide"]]
    product = "".join(f"{sign}C{row}" for row, sign in enumerate(signs, first + 1))
    return f"=1{product}" if signs[0] == "/" else f"={product[1:]}"


def _end_formula(its: Estimated, first: int, end: str) -> str:
    """Return the formula of an end of the interval, as :func:`comment_classifier.estimates.estimated`.

    An assumption stands at its end altogether; the distances of surveyed factors add up as squares of
    logarithms. An end at 0, of which there is no logarithm, gives 0.
    """
    ends, sign = {"low": ("D", "E"), "high": ("E", "D")}[end], "-" if end == "low" else ""
    formula, squares = f"C{first + len(its.factors) + 1}", []
    for row, factor in enumerate(its.factors.to_dict("records"), first + 1):
        if math.isnan(factor["high" if factor["divide"] else "low"]) or not factor["value"] > 0:
            continue
        ratio = f"C{row}/{ends[1]}{row}" if factor["divide"] else f"{ends[0]}{row}/C{row}"
        if factor["kind"] == ASSUMED:
            formula += f"*({ratio})"
        else:
            squares.append(f"LN({ratio})^2")
    if squares:
        formula += f"*EXP({sign}SQRT({'+'.join(squares)}))"
    return f"=IFERROR({formula},0)"
