"""The report as its reader meets it: in a real browser, in LibreOffice, as pictures."""

import re
import struct
import subprocess
import zlib

import openpyxl
import pytest

import comment_classifier as cc
from comment_classifier.batch import classify_file
from comment_classifier.comparison import compare_runs
from comment_classifier.labelling import sample_file
from comment_classifier.survey import single_question
from conftest import EXAMPLES, needs


@pytest.fixture(scope="session")
def example_out(tmp_path_factory):
    out = tmp_path_factory.mktemp("example")
    survey = cc.load_survey(EXAMPLES / "staff_survey_2024.toml")
    return out, classify_file(EXAMPLES / "staff_survey_2024.csv", survey, out)


@pytest.fixture
def page(browser, example_out):
    context = browser.new_context(offline=True, viewport={"width": 1366, "height": 768})
    page = context.new_page()
    page.requests, page.errors = [], []
    page.on("request", lambda request: page.requests.append(request.url))
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", lambda message: page.errors.append(message.text) if message.type == "error" else None)
    page.goto((example_out[0] / "report.html").as_uri())
    yield page
    context.close()


@needs("chromium")
def test_the_page_shows_all_bars_without_a_network(page, example_out):
    for result in example_out[1].questions:
        section = page.locator(f"section#{result.asked.question}")
        names = section.locator("summary .name").all_inner_texts()
        values = [
            int(re.sub(r"\D", "", v.split("(")[0]))
            for v in section.locator("summary .value").all_inner_texts()
        ]
        expected = dict(zip(result.counts["label"], result.counts["count"], strict=True))
        assert dict(zip(names, values, strict=True)) == {k: v for k, v in expected.items() if k != "記載なし"}
        named = [v for n, v in zip(names, values, strict=True) if n != "その他"]
        assert named == sorted(named, reverse=True)
        widths = [box.bounding_box()["width"] for box in section.locator(".bar").all()]
        assert widths[0] > 300 and max(widths) < 900
    assert all(url.startswith(("file:", "data:")) for url in page.requests) and not page.errors


@needs("chromium")
def test_a_click_on_a_bar_shows_its_comments_with_marks(page, example_out):
    result = example_out[1].questions[0]
    bar = page.locator("section#use_cases details[data-category=summary]")
    assert not bar.locator("li").first.is_visible()
    bar.locator("summary").click()
    assert bar.locator("li").first.is_visible()
    assert bar.locator("li").count() == result.counts.loc["summary", "count"]
    assert bar.locator("mark").count() > 0
    shown = bar.locator(".said").first.inner_text()
    row = result.shown.index[result.shown["summary"]][0]
    assert shown == result.shown.loc[row, "text"]


@needs("chromium")
def test_a_bar_opens_by_keyboard_and_says_base_and_unit(page):
    page.locator("section#risks summary").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("section#risks details").first.get_attribute("open") is not None
    text = page.locator("section#risks").inner_text()
    for said in ("対象：利用中の職員", "回答数 n＝", "単位：件", "合計は回答数と一致しない", "未確認"):
        assert said in text


@needs("chromium")
def test_the_page_prints(page, tmp_path):
    page.pdf(path=tmp_path / "report.pdf", format="A4")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")


@needs("chromium")
def test_hostile_comments_stay_text(browser, tmp_path, fruit_toml, fruit_model_file):
    from comment_classifier.survey import single_question

    path = tmp_path / "wave.csv"
    path.write_text(
        '好物\n<script>document.title="x"</script>りんご\n"<img src=x onerror=alert(1)>りんご"\n',
        encoding="utf-8",
    )
    classify_file(path, single_question("好物", "best", fruit_toml, fruit_model_file), tmp_path / "out")
    page = browser.new_context(offline=True).new_page()
    page.goto((tmp_path / "out" / "report.html").as_uri())
    page.locator("summary").first.click()
    assert page.title() == "好きな果物" and page.locator("img, script").count() == 0
    assert page.locator(".said").first.inner_text() == '<script>document.title="x"</script>りんご'


def test_the_page_is_one_file_without_script_or_request(example_out):
    html = (example_out[0] / "report.html").read_text(encoding="utf-8")
    assert "<script" not in html and "http://" not in html and "https://" not in html
    assert "default-src 'none'" in html


def test_the_workbook_has_native_charts_and_all_comments(example_out):
    out, results = example_out
    book = openpyxl.load_workbook(out / "report.xlsx")
    assert book.sheetnames[0] == "はじめに" and book.sheetnames[-1] == "回答一覧"
    for result in results.questions:
        sheet = next(s for s in book.worksheets if s["A1"].value == result.asked.title)
        (chart,) = sheet._charts
        assert chart.barDir == "bar" and chart.y_axis.scaling.min == 0
        table = {
            r[0]: r[1]
            for r in sheet.iter_rows(
                min_row=6, max_row=5 + len(result.counts) - 1, max_col=2, values_only=True
            )
        }
        expected = dict(zip(result.counts["label"], result.counts["count"], strict=True))
        assert table == {k: v for k, v in expected.items() if k != "記載なし"}
    assert book.worksheets[-1].max_row == results.n + 1


def test_comments_xlsx_equals_comments_csv(example_out):
    out, _ = example_out
    one, two = cc.read_table(out / "comments.csv", own=True), cc.read_table(out / "comments.xlsx")
    assert list(one.columns) == list(two.columns)
    assert one.to_numpy().tolist() == two.to_numpy().tolist()


def test_formulas_stay_text_in_the_workbook(tmp_path, fruit_toml, fruit_model_file):
    from comment_classifier.survey import single_question

    path = tmp_path / "wave.csv"
    path.write_text('好物\n"=HYPERLINK(""http://x"",""りんご"")"\n@SUM(1)りんご\n', encoding="utf-8")
    classify_file(path, single_question("好物", "best", fruit_toml, fruit_model_file), tmp_path / "out")
    for name in ("comments.xlsx", "report.xlsx"):
        cells = [
            c for s in openpyxl.load_workbook(tmp_path / "out" / name) for row in s.iter_rows() for c in row
        ]
        assert not [c for c in cells if c.data_type == "f"]
        assert '=HYPERLINK("http://x","りんご")' in [c.value for c in cells]


@needs("soffice")
@needs("pdftoppm")
def test_libreoffice_opens_the_workbook_and_draws_it(example_out, tmp_path):
    out, results = example_out
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    convert = [
        "soffice",
        profile,
        "--headless",
        "--convert-to",
        "pdf",
        "--outdir",
        str(tmp_path),
        str(out / "report.xlsx"),
    ]
    subprocess.run(convert, check=True, capture_output=True, timeout=180)
    text = subprocess.run(
        ["pdftotext", "-l", "40", str(tmp_path / "report.pdf"), "-"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for result in results.in_order:
        assert result.asked.title in text
    subprocess.run(
        [
            "pdftoppm",
            "-r",
            "40",
            "-png",
            "-f",
            "2",
            "-l",
            "2",
            str(tmp_path / "report.pdf"),
            str(tmp_path / "p"),
        ],
        check=True,
    )
    assert next(tmp_path.glob("p-*.png")).stat().st_size > 3000


def picture(path):
    """Width, height and the number of distinct rows of pixels of a PNG."""
    data = path.read_bytes()
    width, height = struct.unpack(">II", data[16:24])
    pixels, at = b"", 8
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        if data[at + 4 : at + 8] == b"IDAT":
            pixels += data[at + 8 : at + 8 + length]
        at += 12 + length
    raw = zlib.decompress(pixels)
    step = len(raw) // height
    return width, height, len({raw[i : i + step] for i in range(0, len(raw), step)})


def test_charts_are_pictures_with_japanese_text(example_out):
    for result in example_out[1].questions:
        width, height, rows = picture(example_out[0] / "charts" / f"{result.asked.question}.png")
        assert width == 1440 and height > 500 and rows > 50
        svg = (example_out[0] / "charts" / f"{result.asked.question}.svg").read_text(encoding="utf-8")
        assert svg.count("<use ") > 30 and "<text" not in svg  # letters are drawn, so no font is needed


def test_charts_draw_every_letter(recwarn, example_out, tmp_path):
    from comment_classifier.report.charts import write_charts
    from comment_classifier.report.figures import Figures, survey_figures
    from comment_classifier.report.lettering import printable

    result = example_out[1]
    figures = survey_figures(result, ["T"] * result.n)
    write_charts(tmp_path, figures)
    assert not [w for w in recwarn if "Glyph" in str(w.message)]
    texts = [t for f in figures.questions for t in (f.title, f.base_line, f.sentence, *f.notes)]
    for shown in figures.questions:
        marks = shown.bars if isinstance(shown, Figures) else shown.choices
        texts += [mark.label for mark in marks]
    assert [t for t in texts if "〓" in printable(t)] == []  # the mark for a letter that the font lacks


@pytest.fixture(scope="module")
def read_wave(tmp_path_factory, fruit_toml, fruit_model_file):
    """A small wave with cross tables, of which a part was read at random; and a folder of comparisons."""
    folder = tmp_path_factory.mktemp("read")
    wave, sheet = folder / "wave.csv", folder / "sheet.xlsx"
    rows = [
        f"{text},{office}" for office in ("本庁", "") for text in ("りんご", "みかんが好き", "なし", "バナナ")
    ]
    wave.write_text("好物,所属\n" + "\n".join(rows * 5) + "\n", encoding="utf-8")
    survey = single_question("好物", "best", str(fruit_toml), fruit_model_file)
    classify_file(wave, survey, folder / "unread", by=["所属"])
    sample_file(wave, survey, sheet, n=30)
    book = openpyxl.load_workbook(sheet)
    for row in range(2, book["best"].max_row + 1):
        book["best"].cell(row, 3, "○")
    book.save(sheet)
    classify_file(wave, survey, folder / "read", by=["所属"], read=sheet)
    compare_runs(folder / "unread", folder / "read", folder / "compared")
    return folder


SAID = ("n＝", "単位：", "一つの回答を複数の区分に数える")


@pytest.mark.parametrize(("name", "sure"), [("unread", "未確認"), ("read", "無作為に選んだ 30 件を人が読み")])
def test_every_table_of_a_report_says_what_it_must(read_wave, name, sure):
    page = (read_wave / name / "report.html").read_text(encoding="utf-8")
    for said in (*SAID, sure, "異なる文面数"):
        assert said in page
    assert page.count("<caption>") == page.count("<table>") == 2
    book = openpyxl.load_workbook(read_wave / name / "report.xlsx")
    for sheet in book.worksheets[1:-1]:
        text = "".join(
            str(cell) for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None
        )
        assert all(said in text for said in (*SAID, "異なる文面数")), sheet.title
        assert "未確認" in text or "無作為" in text, sheet.title


def test_every_table_of_a_comparison_says_what_it_must(read_wave):
    page = (read_wave / "compared" / "comparison.html").read_text(encoding="utf-8")
    book = openpyxl.load_workbook(read_wave / "compared" / "comparison.xlsx")
    cells = [str(c) for row in book.worksheets[0].iter_rows(values_only=True) for c in row if c is not None]
    for text in (page, "".join(cells)):
        assert all(said in text for said in SAID)
        assert "前の回は機械による分類(未確認)" in text and "異なる文面" in text


@pytest.mark.parametrize("distinct", [None, (3, 4)])
def test_a_compared_question_begins_with_what_changed(tmp_path, distinct):
    from comment_classifier.report.figures import ComparisonFigures, Pair
    from comment_classifier.report.workbook import write_comparison_workbook

    said = ("「=1」は前の回より上昇している。", "「二」は前の回より低下している。")
    pairs = tuple(
        Pair(label, 40.0, 50.0, None, distinct, points, points - 5, points + 5, True)
        for label, points in (("=1", 10.0), ("二", -10.0))
    )
    figures = ComparisonFigures("q", "題", ("前の回", "今の回"), "回答数", True, ("注",), pairs, said)
    write_comparison_workbook(tmp_path / "c.xlsx", "比較", [figures])
    (sheet,) = openpyxl.load_workbook(tmp_path / "c.xlsx").worksheets
    rows = [[cell for cell in row if cell is not None] for row in sheet.iter_rows(values_only=True)]
    assert rows[:5] == [["題"], ["回答数"], [said[0]], [said[1]], []]
    heads = [head for head in rows[5] if "異なる文面数" in head]
    assert len(heads) == (2 if distinct else 0)
    assert rows[6] == ["=1", 40, 50, 10, 5, 15, 5, 5, "★", *(distinct or ())]
    shares, difference = sheet._charts
    assert [s.val.numRef.f for s in shares.series] == ["'1 題'!$B$7:$B$8", "'1 題'!$C$7:$C$8"]
    assert difference.series[0].val.numRef.f == "'1 題'!$D$7:$D$8"
    assert difference.series[0].errBars.plus.numRef.f == "'1 題'!$G$7:$G$8"


def test_a_chart_of_a_comparison_says_what_changed_if_that_is_little():
    from matplotlib.text import Text

    from comment_classifier.report.charts import _pairs
    from comment_classifier.report.figures import ComparisonFigures, Pair

    for n, there in ((4, True), (5, False)):
        said = tuple(f"変化その{k}" for k in range(n))
        pairs = (Pair("一", 40.0, 50.0, difference=10.0, low=5.0, high=15.0, changed=True),)
        shown = ComparisonFigures("q", "題", ("前の回", "今の回"), "回答数", True, (), pairs, said)
        texts = {text.get_text() for text in _pairs(shown).findobj(Text)}
        assert (set(said) <= texts) == there


def test_charts_hold_the_same_notes(read_wave):
    svg = (read_wave / "compared" / "charts" / "comparison_best.svg").read_text(encoding="utf-8")
    assert svg.count('<g id="text_') >= 8 + 3  # labels, shares, title, line and at least three notes
