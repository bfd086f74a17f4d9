"""Closed questions, time saved, quotes and estimates in report.xlsx and charts/, read back from the files."""

import subprocess
from itertools import combinations, pairwise
from math import exp, log, sqrt

import numpy as np
import openpyxl
import pandas as pd
import pytest

import comment_classifier as cc
from comment_classifier.batch import classify_file
from comment_classifier.closed import count_chosen
from comment_classifier.report.charts import _CLOSED, write_charts
from comment_classifier.report.colours import drawn_as, shades
from comment_classifier.report.figures import (
    QUOTES_NOTE,
    Bar,
    Figures,
    SurveyFigures,
    TimeFigures,
    TimeRow,
    closed_figures,
    free_figures,
    row_names,
    survey_figures,
)
from comment_classifier.report.lettering import japanese_font, printable, spread
from comment_classifier.report.workbook import write_report_workbook
from comment_classifier.results import SurveyResult, closed_result, estimated_all
from comment_classifier.survey import ClosedQuestion, Estimate, Factor, Survey
from conftest import EXAMPLES, needs

SIXTY = "庁内の手続きや関係する部署との調整に時間がかかるため、業務で利用することがまだできていないと考えているから(一部)です"
HOSTILE = ("=1+1", SIXTY, "😀[x]", "@SUM(A1)'!A1", "$100～$200$", "<b>&amp;</b>")


def asked(question, choices, chart="band", **more):
    title = more.pop("title", f"題 {question}")
    return ClosedQuestion((question,), question, tuple(choices), title, "回答者全員", chart=chart, **more)


def answers(**counts):
    """A table with a column per question in which each choice comes as often as said; blanks below."""
    columns = {q: [c for c, n in its.items() for _ in range(n)] for q, its in counts.items()}
    longest = max([1, *map(len, columns.values())])
    return pd.DataFrame({q: cells + [""] * (longest - len(cells)) for q, cells in columns.items()})


def surveyed(table, questions, estimates=(), title="調査"):
    """Count closed questions, as the batch does."""
    survey = Survey(title, (), closed=tuple(questions), estimates=tuple(estimates))
    closed = [closed_result(q, count_chosen(table, q, [])) for q in questions]
    result = SurveyResult(survey, len(table), [], closed, estimated_all(survey, [], closed))
    return result, survey_figures(result, row_names(table, ""))


def written(folder, table, questions, estimates=()):
    """The workbook of closed questions, and its figures."""
    result, figures = surveyed(table, questions, estimates)
    write_report_workbook(folder / "report.xlsx", table, result, figures)
    return openpyxl.load_workbook(folder / "report.xlsx"), figures


def recalculated(path, folder):
    """The workbook as LibreOffice computes it: openpyxl keeps no results, so that none can be old."""
    convert = ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless"]
    convert += ["--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(folder / "lo"), str(path)]
    subprocess.run(convert, check=True, capture_output=True, timeout=180)
    return openpyxl.load_workbook(folder / "lo" / path.name, data_only=True)


def cells_of(sheet):
    return [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]


def row_of(sheet, text, column=1):
    return next(r for r in range(1, sheet.max_row + 1) if sheet.cell(r, column).value == text)


def wilson(count, n):
    z = 1.959963984540054
    middle, reach = count + z * z / 2, z * sqrt(count * (n - count) / n + z * z / 4)
    return [round(100 * (middle + side * reach) / (n + z * z), 1) for side in (-1, 1)]


FREQUENCY = {"毎日": 24, "週に3～5回": 85, "月に数回": 572}
USE = {"利用している": 681, "利用していない": 1613}
REASONS = {"時間がない": 3, "不安がある": 1, "=1+1": 0}


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    """A band, a pie and bars of a question with several answers."""
    table = answers(frequency=FREQUENCY, use=USE)
    table["why"] = ["時間がない;不安がある", "時間がない", "時間がない", *[""] * (len(table) - 3)]
    questions = [
        asked("frequency", FREQUENCY),
        asked("use", USE, "pie"),
        asked("why", REASONS, "bar", several=True, separator=";"),
    ]
    folder = tmp_path_factory.mktemp("three")
    return *written(folder, table, questions), folder


def table_of(sheet):
    assert [c.value for c in sheet[5]][:5] == ["選択肢", "人数", "割合(%)", "95%下限", "95%上限"]
    rows = sheet.iter_rows(min_row=6, max_col=5, values_only=True)
    table = {}
    for label, *numbers in rows:
        if numbers[0] is None:
            break
        table[label] = numbers
    return table


@pytest.mark.parametrize(("place", "counts", "n"), [(1, FREQUENCY, 681), (2, USE, 2294), (3, REASONS, 3)])
def test_every_number_of_a_closed_sheet(three, place, counts, n):
    sheet = three[0].worksheets[place]
    table = table_of(sheet)
    assert list(table) == list(counts)
    for label, count in counts.items():
        people, share, low, high = table[label]
        assert (people, share) == (count, int(1000 * count / n + 0.5) / 10)
        expected = wilson(count, n)
        assert low == pytest.approx(expected[0] if count else 0.0, abs=0.051)
        assert high == pytest.approx(expected[1] if count < n else 100.0, abs=0.051)


def test_a_closed_sheet_says_what_it_must(three):
    book, figures, _ = three
    for sheet, shown in zip(book.worksheets[1:], figures.questions, strict=False):
        said = [str(cell.value) for cell in cells_of(sheet)]
        assert said[0] == shown.title and said[1] == f"設問：{shown.text}"
        assert said[2] == shown.base_line and said[3] == shown.sentence
        assert {f"※ {note}" for note in shown.notes} <= set(said)
        assert any("無作為標本とみたとき" in line for line in said)
    assert any("100 % を超える" in str(cell.value) for cell in cells_of(book.worksheets[3]))
    assert sheet_says(book.worksheets[1], "7 % に満たない割合を凡例")
    assert not sheet_says(book.worksheets[2], "7 % に満たない割合を凡例")


def sheet_says(sheet, text):
    return any(text in str(cell.value) for cell in cells_of(sheet))


def test_the_native_charts_refer_to_the_table_in_grey_safe_colours(three):
    band, pie, bars = (sheet._charts[0] for sheet in three[0].worksheets[1:4])
    names = [sheet.title for sheet in three[0].worksheets[1:4]]

    assert (band.tagname, band.grouping, band.barDir) == ("barChart", "percentStacked", "bar")
    assert [s.val.numRef.f for s in band.series] == [f"'{names[0]}'!$C${row}" for row in (6, 7, 8)]
    assert [s.tx.strRef.f for s in band.series] == [f"'{names[0]}'!$F${row}" for row in (6, 7, 8)]
    fills = [s.spPr.solidFill.srgbClr for s in band.series]
    assert [f"#{fill}" for fill in fills] == [colour for colour, _ in shades(3)]
    labelled = [s.dLbls is not None and s.dLbls.showVal for s in band.series]
    assert labelled == [False, True, True]  # 3.5 % has no room; the legend says it
    assert band.series[1].dLbls.numFmt == '0.0" %"'

    assert pie.tagname == "pieChart"
    assert pie.series[0].val.numRef.f == f"'{names[1]}'!$C$6:$C$7"
    assert pie.series[0].cat.strRef.f == f"'{names[1]}'!$F$6:$F$7"
    assert [f"#{p.spPr.solidFill.srgbClr}" for p in pie.series[0].dPt] == [c for c, _ in shades(2)]
    assert pie.series[0].dLbls.showVal and pie.series[0].dLbls.numFmt == '0.0" %"'

    assert (bars.tagname, bars.grouping, bars.barDir) == ("barChart", "clustered", "bar")
    assert bars.series[0].val.numRef.f == f"'{names[2]}'!$C$6:$C$8"
    assert bars.series[0].cat.strRef.f == f"'{names[2]}'!$A$6:$A$8"
    assert bars.y_axis.scaling.min == 0 and bars.series[0].dLbls.showVal


def test_the_legend_follows_the_cells_and_holds_narrow_shares(three):
    book, _, folder = three
    assert book.worksheets[1]["F6"].value == '=A6&"　"&TEXT(C6,"0.0")&" %"'
    results = openpyxl.load_workbook(folder / "report.xlsx", data_only=True)
    assert [results.worksheets[1][f"F{row}"].value for row in (6, 7, 8)] == [
        "毎日　3.5 %",
        "週に3～5回　12.5 %",
        "月に数回　84.0 %",
    ]
    assert all(c.data_type != "f" for c in cells_of(book.worksheets[3]))  # bars need no legend


def test_contents_list_all_questions_with_links(three):
    book, figures, _ = three
    sheet = book["はじめに"]
    assert [c.value for c in sheet[3]] == ["番号", "設問", "種類", "回答数", "要確認"]
    for row, shown in enumerate(figures.questions, 4):
        number, title, kind, n, review = (cell.value for cell in sheet[row])
        assert (number, title, kind, n, review) == (row - 3, shown.title, "選択", shown.base_n, None)
        assert sheet.cell(row, 2).hyperlink.location == f"'{book.sheetnames[row - 3]}'!A1"
    assert not sheet_says(sheet, "機械が読んで") and book.sheetnames[-1] == "回答一覧"
    assert len(book.sheetnames) == 5  # no estimate, no quotes


def test_hostile_labels_stay_text(tmp_path):
    counts = dict(zip(HOSTILE, (2, 300, 200, 40, 5, 1), strict=True))
    table = answers(band=counts, pie=counts, bar=counts)
    questions = [asked(kind, HOSTILE, kind, title=f"{kind} {SIXTY}") for kind in ("band", "pie", "bar")]
    given = Factor("=1+1", unit="[x]", value=2.0, source="@SUM(1)")
    estimate = Estimate("e", "=HYPERLINK()", "😀", (given, Factor("割合", question="band", choice="=1+1")))
    book, figures = written(tmp_path, table, questions, [estimate])
    for sheet in book.worksheets[1:4]:
        assert list(table_of(sheet)) == list(HOSTILE) and len(sheet.title.encode("utf-16-le")) <= 62
    formulas = [c.value for sheet in book.worksheets for c in cells_of(sheet) if c.data_type == "f"]
    own = ("=A", "=ROUND(", "=IFERROR(", "=C")
    assert formulas and all(formula.startswith(own) for formula in formulas)
    for text in (*HOSTILE, "=HYPERLINK()", "@SUM(1)", "[x]"):
        assert any(c.value == text and c.data_type == "s" for s in book.worksheets for c in cells_of(s)), text
    write_charts(tmp_path / "charts", figures)
    assert len(list((tmp_path / "charts").glob("*.png"))) == 3


@pytest.mark.parametrize("chart", ["band", "pie", "bar"])
def test_no_answers_at_all(tmp_path, chart):
    questions = [asked("q", ("はい", "いいえ"), chart)]
    estimate = Estimate("e", "試算", "人", (Factor("割合", question="q", choice="はい"),))
    book, figures = written(tmp_path, answers(q={}), questions, [estimate])
    assert table_of(book.worksheets[1]) == {"はい": [0, None, None, None], "いいえ": [0, None, None, None]}
    assert sheet_says(book.worksheets[1], "回答はない。") and not book.worksheets[1]._charts
    assert sheet_says(book["試算"], "算出できない(割合：回答がない)")
    assert [c.value for s in book.worksheets for c in cells_of(s) if c.data_type == "f"] == []
    write_charts(tmp_path / "charts", figures)
    assert (tmp_path / "charts" / "q.svg").exists()


@pytest.mark.parametrize("chart", ["band", "pie", "bar"])
def test_thirty_choices_become_bars(tmp_path, chart):
    labels = [f"{number} {SIXTY}"[:60] for number in range(30)]
    questions = [asked("q", labels, chart)]
    book, figures = written(tmp_path, answers(q=dict.fromkeys(labels, 2)), questions)
    assert list(table_of(book.worksheets[1])) == labels
    (native,) = book.worksheets[1]._charts
    assert native.grouping == "clustered" and drawn_as(figures.questions[0]) == "bar"
    assert overlaps(figures.questions[0]) == []


# What an estimate says.

RANGED = Factor("1人1か月の時間", unit="時間", value=1.5, low=0.5, high=2.0, source="仮定")
STAFF = Factor("職員数", unit="人", value=7400.0, source="公表資料")
SHARE = Factor("利用している割合", question="use", choice="利用している")
ESTIMATES = (
    Estimate("a", "年間の時間", "時間", (STAFF, SHARE, RANGED, Factor("月", value=12.0)), about=100.0),
    Estimate(
        "b", "一人あたり", "時間", (Factor("割る", value=4.0, low=2.0, high=8.0, divide=True), SHARE), 0.01
    ),
    Estimate("c", "前提だけ", "件", (STAFF, Factor("半分", value=2.0, divide=True))),
)


@pytest.fixture(scope="module")
def estimated_book(tmp_path_factory):
    folder = tmp_path_factory.mktemp("estimates")
    book, figures = written(folder, answers(use=USE), [asked("use", USE, "pie")], ESTIMATES)
    return folder, book, figures


def test_an_estimate_lists_every_factor_with_its_numbers(estimated_book):
    _, book, figures = estimated_book
    sheet = book["試算"]
    first = row_of(sheet, "年間の時間") + 2
    assert [c.value for c in sheet[first - 1]] == ["符号", "項", "値", "下限", "上限", "単位", "出典"]
    rows = [[c.value for c in sheet[row]] for row in range(first, first + 4)]
    p = 681 / 2294
    assert rows[0] == [None, "職員数", 7400, None, None, "人", "公表資料"]
    assert rows[1][:3] == ["×", "利用している割合", pytest.approx(p)]
    assert [round(100 * end, 1) for end in rows[1][3:5]] == wilson(681, 2294)
    assert rows[1][6] == "「利用している」681 人 ÷ 回答 2,294 人 ＝ 29.7 %"
    assert rows[2] == ["×", "1人1か月の時間", 1.5, 0.5, 2, "時間", "仮定"]
    assert sheet.cell(first + 1, 3).number_format == "0.0%"
    assert sheet.cell(first, 3).fill.fgColor.rgb == "FFFFF6CC" != sheet.cell(first + 1, 3).fill.fgColor.rgb
    assert sheet.cell(row_of(sheet, "一人あたり") + 2, 1).value == "÷"
    said = {str(cell.value) for cell in cells_of(sheet)}
    assert {f"※ {note}" for its in figures.estimates for note in its.notes} <= said


def products(sheet):
    """By title: the product, its low and high, and the rounded value."""
    found = {}
    for its in ESTIMATES:
        row = row_of(sheet, its.title) + 2 + len(its.factors)
        found[its.id] = [sheet.cell(row, column).value for column in (3, 4, 5)]
        found[its.id].append(sheet.cell(row + 1, 3).value)
    return found


def test_the_results_beside_the_formulas_are_those_of_the_report(estimated_book):
    folder, _, figures = estimated_book
    found = products(openpyxl.load_workbook(folder / "report.xlsx", data_only=True)["試算"])
    value, p = 7400 * 681 / 2294 * 1.5 * 12, 681 / 2294
    low, high = (end / 100 for end in wilson(681, 2294))
    assert found["a"][0] == pytest.approx(value) and found["a"][3] == 39500
    assert found["a"][1] == pytest.approx(value / 3 * exp(-abs(log(low / p))), rel=0.002)
    assert found["a"][2] == pytest.approx(value / 0.75 * exp(log(high / p)), rel=0.002)
    shown = figures.estimates[0]
    assert shown.value == f"約 {found['a'][3]:,.0f} 時間" and shown.exact == f"{found['a'][0]:,.0f} 時間"
    assert shown.interval == f"{found['a'][1]:,.0f}～{found['a'][2]:,.0f} 時間"
    assert found["b"][0] == pytest.approx(p / 4) and found["b"][3] == pytest.approx(0.07)
    assert found["c"] == [3700, None, None, 3700]


@needs("soffice")
def test_libreoffice_computes_what_is_printed_and_follows_a_changed_assumption(estimated_book, tmp_path):
    folder, book, _ = estimated_book
    printed = products(openpyxl.load_workbook(folder / "report.xlsx", data_only=True)["試算"])
    book.save(tmp_path / "same.xlsx")
    computed = products(recalculated(tmp_path / "same.xlsx", tmp_path)["試算"])
    for name, expected in printed.items():
        assert computed[name] == [None if v is None else pytest.approx(v, rel=1e-12) for v in expected]

    sheet = book["試算"]
    staff = sheet.cell(row_of(sheet, "年間の時間") + 2, 3)
    staff.value = 14800
    book.save(tmp_path / "changed.xlsx")
    changed = products(recalculated(tmp_path / "changed.xlsx", tmp_path)["試算"])["a"]
    assert changed[:3] == pytest.approx([2 * value for value in printed["a"][:3]])
    staff.value = 0
    book.save(tmp_path / "zero.xlsx")
    assert products(recalculated(tmp_path / "zero.xlsx", tmp_path)["試算"])["a"] == [0, 0, 0, 0]
    staff.value = 7400


# Charts.


def figures_of(counts, chart, labels=None):
    labels = labels or [f"選択肢{number}" for number in range(len(counts))]
    question = asked("q", labels, chart)
    table = answers(q=dict(zip(labels, counts, strict=True)))
    return closed_figures(closed_result(question, count_chosen(table, question, [])))


def drawn(chart):
    """Every visible text of a chart with its box in inches, and the size of the chart."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Text

    renderer = FigureCanvasAgg(chart).get_renderer()
    chart.canvas.draw()
    texts = [text for text in chart.findobj(Text) if text.get_visible() and text.get_text().strip()]
    texts = [t for t in texts if t.axes is None or t.axes.axison or t in t.axes.texts]
    return [(t.get_text(), t.get_window_extent(renderer)) for t in texts], chart.bbox


def overlaps(figures):
    """Pairs of texts of a chart that lie on each other, and texts that are cut off."""
    import matplotlib as mpl

    with mpl.rc_context({"font.family": japanese_font(), "text.parse_math": False}):
        texts, page = drawn(_CLOSED[drawn_as(figures)](figures))
    shown = [(text, box) for text, box in texts if not text.replace(".", "").isdigit()]  # hidden ticks
    bad = [(one, two) for (one, a), (two, b) in combinations(shown, 2) if a.padded(-1).overlaps(b.padded(-1))]
    cut = [t for t, box in shown if box.x0 < 0 or box.y0 < 0 or box.x1 > page.width or box.y1 > page.height]
    return bad + cut


TINY = [
    [2, 3, 700, 1, 2, 292],
    [500, 490, 3, 2, 1, 4, 1, 1],
    [1, 2, 3, 4, 5, 6, 7, 900],
    [347, 2, 332],
    [1, 999],
    [0, 10, 0],
    [125] * 8,
]


@pytest.mark.parametrize("chart", ["band", "pie"])
@pytest.mark.parametrize("counts", TINY)
def test_labels_of_tiny_slices_never_overlap_nor_leave_the_page(counts, chart):
    figures = figures_of(counts, chart)
    assert drawn_as(figures) == chart
    assert overlaps(figures) == []


@pytest.mark.parametrize("chart", ["band", "pie", "bar"])
def test_long_labels_are_wrapped_not_cut(chart):
    assert overlaps(figures_of([300, 2, 200], chart, [SIXTY, SIXTY[::-1], "短い"])) == []


@pytest.mark.parametrize("chart", ["band", "pie"])
def test_every_share_above_nothing_stands_in_its_chart(chart):
    from matplotlib.text import Text

    figures = figures_of([347, 2, 332, 0], chart)
    texts = {text.get_text() for text in _CLOSED[chart](figures).findobj(Text)}
    assert {"51.0 %", "0.3 %", "48.8 %"} <= texts and "0.0 %" not in texts
    assert "選択肢3 (0 人)" in texts  # the legend tells that nobody chose it


def test_bars_say_shares(tmp_path):
    from matplotlib.text import Text

    texts = {text.get_text() for text in _CLOSED["bar"](figures_of([41, 59], "bar")).findobj(Text)}
    assert {"41.0 %", "59.0 %", "選択肢0", "選択肢1"} <= texts


def test_shades_are_told_apart_in_grey():
    def lightness(colour):
        parts = np.array(list(bytes.fromhex(colour[1:]))) / 255
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return 116 * float(linear @ [0.2126, 0.7152, 0.0722]) ** (1 / 3) - 16

    for n in range(1, 9):
        steps = [lightness(colour) for colour, _ in shades(n)]
        assert all(b - a >= 8.9 for a, b in pairwise(steps)) and steps[-1] < 90, n
        for (colour, ink), its in zip(shades(n), steps, strict=True):
            assert abs(lightness(ink) - its) > 40, colour


@pytest.mark.parametrize("wanted", [[1.0, 1.0, 1.0], [0.0, 0.1, 5.0], [9.9, 9.9, 9.95, 10.0], [5.0], []])
def test_places_are_spread_within_bounds(wanted):
    places = spread(wanted, 0.5, 0.0, 10.0)
    assert all(b - a >= 0.5 - 1e-9 for a, b in pairwise(places))
    assert all(-1e-9 <= place <= 10 + 1e-9 for place in places)


def timed(label, with_day, median, comments=20):
    return TimeRow(label, comments, max(1, with_day), with_day, median, 0.0, 0, None)


def with_times(rows):
    bars = tuple(Bar(name, name, n, n / 0.4) for name, n in (("情報検索", 20), ("校正", 15), ("その他", 5)))
    times = TimeFigures("職員一人あたり…", tuple(rows))
    return Figures("q", "題", "設問", "", 40, 0, 0, 0, 0, 40, (), (), (), bars, times=times)


def test_the_chart_of_times_leaves_out_who_has_none(tmp_path):
    from matplotlib.text import Text

    from comment_classifier.report.charts import _time_chart

    rows = [
        timed("校正", 12, 30.0),
        timed("その他", 0, None),
        timed("情報検索", 2, -7.25),
        timed("全体", 14, 20.0),
    ]
    shown = with_times(rows)
    chart = _time_chart(shown, shown.times)
    texts = [text.get_text() for text in chart.findobj(Text)]
    labels = [label.get_text() for label in chart.axes[-1].get_yticklabels()]
    assert labels == ["情報検索", "校正", "全体"]  # in the order of the question's chart
    assert {"30 分  (n＝12)", "-7.3 分  (n＝2)", "20 分  (n＝14)"} <= set(texts)
    assert any("薄い棒は回答が 10 件未満" in text for text in texts)
    write_charts(tmp_path, SurveyFigures("t", 40, 40, (shown,), ()))
    assert {path.name for path in tmp_path.iterdir()} == {"q.png", "q.svg", "q_time.png", "q_time.svg"}


def test_no_chart_of_times_where_none_comes_to_a_day(tmp_path):
    shown = with_times([timed("校正", 0, None), timed("全体", 0, None)])
    write_charts(tmp_path, SurveyFigures("t", 40, 40, (shown,), ()))
    assert {path.name for path in tmp_path.iterdir()} == {"q.png", "q.svg"}


# The example survey as a whole.


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    out = tmp_path_factory.mktemp("example")
    survey = cc.load_survey(EXAMPLES / "staff_survey_2024.toml")
    result = classify_file(EXAMPLES / "staff_survey_2024.csv", survey, out, by=["年代"])
    return out, survey, result, openpyxl.load_workbook(out / "report.xlsx")


def test_sheets_are_in_the_order_of_the_survey(example):
    _, survey, _, book = example
    titles = {q.question: q.title for q in (*survey.questions, *survey.closed)}
    n = len(survey.order)
    assert book.sheetnames[0] == "はじめに"
    expected = [f"{number} {titles[question]}"[:31] for number, question in enumerate(survey.order, 1)]
    assert book.sheetnames[1 : n + 1] == expected
    assert book.sheetnames[n + 1 : n + 3] == ["試算", "代表的な回答"]
    assert book.sheetnames[n + 3 : -1] == [f"{number} × 年代" for number in range(1, n + 1)]
    assert book.sheetnames[-1] == "回答一覧"


def test_contents_tell_kinds_and_what_to_check(example):
    _, survey, _, book = example
    sheet = book["はじめに"]
    free = {q.question for q in survey.questions}
    for row, question in enumerate(survey.order, 4):
        kind, n, review = (sheet.cell(row, column).value for column in (3, 4, 5))
        assert kind == ("自由記述" if question in free else "選択") and n > 0
        assert (review is not None) == (question in free)
    links = [sheet.cell(row, 2).hyperlink.location for row in range(4, 6 + len(survey.order))]
    assert links == [f"'{name}'!A1" for name in book.sheetnames[1 : len(survey.order) + 3]]


def test_the_block_of_times_holds_the_numbers_of_savings_csv(example):
    out, survey, _, book = example
    savings = pd.read_csv(out / "savings.csv").set_index("category")
    sheet = book.worksheets[1 + survey.order.index("time_saved")]
    row = row_of(sheet, "短縮時間")
    assert "1日換算で約" in sheet.cell(row + 1, 1).value
    heads = [cell.value for cell in sheet[row + 2]][:7]
    assert heads == [
        "区分", "回答数", "時間を書いた回答", "1日あたりに直せた回答", "1日あたりの中央値(分)",
        "1件あたりに書いた回答", "1件あたりの中央値(分)",
    ]  # fmt: skip
    shown = savings[(savings["with_time"] > 0) | (savings.index == "all")]
    columns = ["comments", "with_time", "with_day", "median_day", "with_case", "median_case"]
    for line, (_, its) in enumerate(shown.iterrows(), row + 3):
        cells = [cell.value for cell in sheet[line]][:7]
        assert cells[0] == (its["label"] if isinstance(its["label"], str) else "全体")
        assert cells[1:] == [None if pd.isna(its[name]) else its[name] for name in columns]
    assert sheet_says(sheet, "機械が読み取ったもの(未確認)")


def test_typical_comments_stand_with_category_count_and_respondent(example):
    _, survey, result, book = example
    sheet = book["代表的な回答"]
    heads = row_of(sheet, "設問")
    assert [cell.value for cell in sheet[heads]] == ["設問", "区分", "件数", "回答者", "回答"]
    above = "".join(str(sheet.cell(row, 1).value or "")[2:] for row in range(2, heads))
    assert above == QUOTES_NOTE
    found = [list(row) for row in sheet.iter_rows(min_row=heads + 1, max_col=5, values_only=True)]
    table = cc.read_table(EXAMPLES / "staff_survey_2024.csv")
    expected = [
        [shown.title, bar.label, bar.count, quote.row, quote.text]
        for shown in free_figures(survey_figures(result, row_names(table, survey.id_column)))
        for bar in shown.bars
        for quote in shown.quotes.get(bar.category, ())
    ]
    assert found == expected and len(found) > 50
    said = table.set_index("回答ID")
    assert all(text in set(said.loc[who]) for _, _, _, who, text in found)


def test_cross_sheets_of_closed_questions(example):
    _, survey, _, book = example
    number = 1 + survey.order.index("in_use")
    sheet = book[f"{number} × 年代"]
    assert [c.value for c in sheet[4]] == [
        "回答した人(人)",
        "行数",
        "回答数",
        "利用している",
        "利用していない",
    ]
    table = cc.read_table(EXAMPLES / "staff_survey_2024.csv")
    for row in range(5, 5 + table["年代"].nunique()):
        group, rows, n, one, two = (cell.value for cell in sheet[row])
        those = table[table["年代"] == group]["業務での利用"]
        assert (rows, n, one) == (len(those), len(those), int((those == "利用している").sum()))
        assert one + two == n
    assert not sheet_says(sheet, "異なる文面数") and not sheet_says(sheet, "未確認")


def test_charts_of_the_example(example, recwarn, tmp_path):
    out, survey, _, _ = example
    names = {path.stem for path in (out / "charts").glob("*.png")}
    assert names == {path.stem for path in (out / "charts").glob("*.svg")}
    assert names == {*survey.order, "time_saved_time"}
    for text in ("～", "－", "–", "※", "÷", "×"):
        assert "〓" not in printable(text)
    assert not [w for w in recwarn if "Glyph" in str(w.message)]


def test_a_second_run_gives_the_same_bytes(tmp_path):
    table = answers(frequency=FREQUENCY, use=USE)
    questions = [asked("frequency", FREQUENCY), asked("use", USE, "pie")]
    runs = []
    for name in ("one", "two"):
        (tmp_path / name / "charts").mkdir(parents=True)
        _, figures = written(tmp_path / name, table, questions, ESTIMATES)
        write_charts(tmp_path / name / "charts", figures)
        paths = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
        runs.append({path.name: path.read_bytes() for path in paths})
    assert len(runs[0]) == 5 and runs[0] == runs[1]


@needs("soffice")
@needs("pdftotext")
def test_libreoffice_prints_every_label_and_share(tmp_path):
    counts = dict(zip(HOSTILE, (2, 300, 200, 40, 5, 1), strict=True))
    table = answers(band=counts, pie=counts, bar=counts)
    written(tmp_path, table, [asked(kind, HOSTILE, kind) for kind in ("band", "pie", "bar")])
    convert = ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to"]
    convert += ["pdf", "--outdir", str(tmp_path), str(tmp_path / "report.xlsx")]
    subprocess.run(convert, check=True, capture_output=True, timeout=180)
    for page in ("2", "3", "4"):
        command = ["pdftotext", "-f", page, "-l", page, "-layout", str(tmp_path / "report.pdf"), "-"]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert "54.7" in text and "=1+1" in text and "[x]" in text
        assert text.count("54.7 %") >= 2  # in the sentence, and in the chart
