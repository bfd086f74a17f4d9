"""``report.pptx``, read back: order, charts and their values, what is said, hostile texts, bytes, LibreOffice."""

import re
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from io import BytesIO

import openpyxl
import pytest
from pptx import Presentation
from pptx.enum.chart import XL_CHART_TYPE
from pptx.oxml.ns import qn

import comment_classifier as cc
from comment_classifier.batch import classify_file
from comment_classifier.report.colours import shades
from comment_classifier.report.figures import (
    QUOTES_NOTE,
    Bar,
    Choice,
    ClosedFigures,
    EstimateFigures,
    FactorRow,
    Figures,
    Quote,
    SurveyFigures,
    TimeFigures,
    TimeRow,
)
from comment_classifier.report.slides import write_slides
from conftest import EXAMPLES, needs

LONG = "あいうえおかきくけこさしすせそたちつてと" * 3
HOSTILE = ("=1+1", "+2", "@SUM(1)", "<b>&\"😀👨‍👩‍👧'", "_x0041_", LONG)


def free(labels=("要約", "翻訳"), counts=(30, 10), ends=(), **changed):
    bars = [
        Bar(f"c{at}", label, count, 1.0, low=low, high=high)
        for at, (label, count, (low, high)) in enumerate(
            zip((*labels, "その他"), (*counts, 3), [*ends, *[(None, None)] * 99], strict=False)
        )
    ]
    figures = Figures(
        question="q",
        title="利用の事例",
        text="具体的な利用事例を教えてください",
        base="利用中の職員",
        base_n=40,
        none_n=2,
        review_n=4,
        read_n=0,
        random_n=0,
        distinct_n=39,
        copies=(),
        hand_only=(),
        doubtful=(),
        bars=tuple(bars),
        asked_n=50,
        sentence="「要約」が 30 件(回答の 75.0 %)で最も多い。",
    )
    return replace(figures, **changed)


def closed(chart, labels=("はい", "いいえ", "その他"), counts=(50, 30, 20), **changed):
    n = sum(counts)
    figures = ClosedFigures(
        question="c",
        title="利用の有無",
        text="利用していますか",
        base="回答者全員",
        asked_n=n + 5,
        base_n=n,
        outside_n=1,
        several=False,
        chart=chart,
        choices=tuple(
            Choice(label, count, round(100 * count / n, 1) if n else float("nan"), 0.0, 0.0)
            for label, count in zip(labels, counts, strict=True)
        ),
        sentence="「はい」が 50.0 %(50 人)で最も多い。" if n else "回答はない。",
    )
    return replace(figures, **changed)


TIMES = TimeFigures(
    "職員一人あたり1日換算で約 30 分。",
    (TimeRow("要約", 10, 5, 3, 30.0, 90.5, 0, None), TimeRow("全体", 40, 8, 4, 25.0, 100.0, 1, 12.5)),
)
QUOTES = {
    "c0": (Quote("A-1", "会議の記録をまとめる"), Quote("A-2", "長い通知をまとめる")),
    "c2": (Quote("A-3", "=HYPERLINK"),),
}
ESTIMATE = EstimateFigures(
    "年間の短縮時間(試算)",
    "約 10,800 時間",
    "10,799.6 時間",
    "4,825～24,041 時間",
    (
        FactorRow("", "職員数", "7,400", "", "人", "報告"),
        FactorRow("×", "割合", "29.7 %", "27.9 %～31.6 %", "", "調査"),
    ),
    ("各項の積による試算。",),
)
ALL = SurveyFigures(
    "職員アンケート",
    1234,
    100,
    (closed("pie"), free(quotes=QUOTES, times=TIMES), closed("band"), closed("bar")),
    (ESTIMATE,),
)


def survey(*questions, estimates=()):
    return SurveyFigures("調査", 10, 10, questions, estimates)


def slides(path, figures):
    write_slides(path, figures)
    return list(Presentation(path).slides)


def charts(slide):
    return [shape.chart for shape in slide.shapes if shape.has_chart]


def tables(slide):
    return [
        [[cell.text for cell in row.cells] for row in shape.table.rows]
        for shape in slide.shapes
        if shape.has_table
    ]


def said(slide):
    return "\n".join(shape.text_frame.text for shape in slide.shapes if shape.has_text_frame)


def values(chart):
    return {
        series.name: dict(zip(chart.plots[0].categories, series.values, strict=True))
        for series in chart.series
    }


def sheet(chart):
    return openpyxl.load_workbook(BytesIO(chart.part.chart_workbook.xlsx_part.blob)).active


def read_out(slide):
    (frame,) = [shape for shape in slide.shapes if shape.has_chart]
    return frame._element.nvGraphicFramePr.cNvPr.get("descr")


def elements(slide, name):
    return [e for shape in slide.shapes if shape.has_chart for e in shape.chart._chartSpace.iter(qn(name))]


def test_the_slides_follow_the_survey(tmp_path):
    shown = slides(tmp_path / "report.pptx", ALL)
    assert [slide.shapes.title.text_frame.text for slide in shown] == [
        "職員アンケート",
        "問1　利用の有無",
        "問2　利用の事例",
        "問2　利用の事例：代表的な回答",
        "問2　利用の事例：短縮された時間",
        "問3　利用の有無",
        "問4　利用の有無",
        "年間の短縮時間(試算)",
    ]
    assert "回答者 n＝1,234 人" in said(shown[0]) and "機械による分類(未確認)" in said(shown[0])
    deck = Presentation(tmp_path / "report.pptx")
    assert deck.slide_width / deck.slide_height == pytest.approx(16 / 9)
    assert deck.core_properties.title == "職員アンケート"


def test_every_value_of_every_chart_is_that_of_the_figures(tmp_path):
    shown = slides(tmp_path / "report.pptx", ALL)
    drawn = {at: charts(slide) for at, slide in enumerate(shown) if charts(slide)}
    assert {at: [chart.chart_type for chart in its] for at, its in drawn.items()} == {
        1: [XL_CHART_TYPE.PIE],
        2: [XL_CHART_TYPE.BAR_CLUSTERED],
        5: [XL_CHART_TYPE.BAR_STACKED_100],
        6: [XL_CHART_TYPE.BAR_CLUSTERED],
    }
    shares = {"はい": 50.0, "いいえ": 30.0, "その他": 20.0}
    assert values(drawn[1][0]) == values(drawn[6][0]) == {"%": shares}
    assert values(drawn[2][0]) == {"件": {"要約": 30, "翻訳": 10, "その他": 3}}
    assert values(drawn[5][0]) == {name: {"利用の有無": share} for name, share in shares.items()}
    assert [[c.value for c in row] for row in sheet(drawn[2][0]).rows] == [
        ["", "件"],
        ["要約", 30],
        ["翻訳", 10],
        ["その他", 3],
    ]
    assert [row[0].value for row in sheet(drawn[1][0]).rows] == ["", *shares]


def test_base_sentence_and_notes_stand_on_the_slide_and_the_notes_are_for_the_speaker(tmp_path):
    shown = slides(tmp_path / "report.pptx", ALL)
    for at, figures in ((1, ALL.questions[0]), (2, ALL.questions[1]), (5, ALL.questions[2])):
        speaker = shown[at].notes_slide.notes_text_frame.text
        assert f"設問：{figures.text}" in speaker
        for text in (figures.base_line, figures.sentence, *figures.notes):
            assert text in said(shown[at])
        assert all(note in speaker for note in figures.notes)


def test_quotes_times_and_estimates_are_tables(tmp_path):
    shown = slides(tmp_path / "report.pptx", ALL)
    assert tables(shown[3]) == [
        [
            ["区分", "件数", "回答の例"],
            ["要約", "30", "「会議の記録をまとめる」\n「長い通知をまとめる」"],
            ["その他", "3", "「=HYPERLINK」"],
        ]
    ]
    assert QUOTES_NOTE in said(shown[3]) and "A-1" not in said(shown[3])
    assert tables(shown[4])[0][1:] == [
        ["要約", "10", "5", "3", "30", "90.5", "0", "–"],
        ["全体", "40", "8", "4", "25", "100", "1", "12.5"],
    ]
    assert TIMES.sentence in said(shown[4])
    for text in ("約 10,800 時間", "4,825～24,041 時間", "10,799.6 時間", "各項の積による試算。"):
        assert text in said(shown[7])
    assert tables(shown[7])[0][2] == ["×", "割合", "29.7 %", "", "27.9 %～31.6 %", "調査"]


def test_intervals_are_error_bars_and_only_where_they_exist(tmp_path):
    read = free(ends=[(25, 36), (8, 13), (1, 5)], random_n=20, read_n=20)
    title, with_ends, without = slides(tmp_path / "report.pptx", survey(read, free()))
    (bars,) = elements(with_ends, "c:errBars")
    reach = {
        side: [float(v.text) for v in bars.find(qn(f"c:{side}")).iter(qn("c:v"))]
        for side in ("plus", "minus")
    }
    assert reach == {"plus": [6, 3, 2], "minus": [5, 2, 2]}
    assert [c.value for c in next(sheet(charts(with_ends)[0]).iter_cols(3, 3))] == ["上へ", 6, 3, 2]
    assert "要約 30 件(25～36)" in read_out(with_ends)
    assert not elements(without, "c:errBars") and len(sheet(charts(without)[0])["1"]) == 2
    assert "未確認" in said(title)


def test_the_state_of_the_counts_stands_on_the_title_slide(tmp_path):
    def first(*questions):
        return said(slides(tmp_path / "report.pptx", survey(*questions))[0])

    read = free(random_n=20, read_n=20)
    assert "残りを推定したもの" in first(read)
    assert "(未確認)を含む" in first(read, free())
    assert "自由記述" not in first(closed("pie"))


def test_a_chart_is_read_out_and_other_is_grey(tmp_path):
    for at, slide in enumerate(
        slides(tmp_path / "report.pptx", survey(free(), *map(closed, ("pie", "band"))))[1:]
    ):
        text = read_out(slide)
        assert text.startswith(("横棒グラフ：問1", "円グラフ：問2", "帯グラフ：問3")[at])
        assert ("要約 30 件" if at == 0 else "いいえ 30.0 %(30 人)") in text
    bars = slides(tmp_path / "report.pptx", survey(free()))[1]
    series = charts(bars)[0].series[0]
    assert series.points[2].format.fill.fore_color.rgb != series.format.fill.fore_color.rgb


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8])
def test_colours_differ_in_grey(tmp_path, n):
    figures = closed("pie", [f"選択{at}" for at in range(n - 1)] + ["その他"], [10] * n)
    (chart,) = charts(slides(tmp_path / "report.pptx", survey(figures))[1])
    fills = [chart.series[0].points[at].format.fill.fore_color.rgb for at in range(n)]
    grey = [0.299 * red + 0.587 * green + 0.114 * blue for red, green, blue in fills]
    assert all(lighter - darker > 18 for darker, lighter in zip(grey, grey[1:], strict=False))
    assert max(grey) < 230  # seen on white
    assert [f"#{fill}" for fill in fills] == [colour for colour, _ in shades(n)]  # as in the charts


def test_hostile_texts_are_texts(tmp_path):
    path = tmp_path / "report.pptx"
    figures = survey(
        free(HOSTILE, [9] * 6, title="=cmd|' /C calc'!A0", quotes={"c0": (Quote("1", "\x01=1+1\n😀<i>"),)}),
        *(closed(chart, HOSTILE, [9] * 6, title="<&>") for chart in ("pie", "band", "bar")),
    )
    shown = slides(path, replace(figures, title="=1+1" + LONG * 5 + "\x07"))
    assert shown[1].shapes.title.text_frame.text == "問1　=cmd|' /C calc'!A0"
    assert tables(shown[2])[0][1] == ["=1+1", "9", "「=1+1 😀<i>」"]
    assert list(charts(shown[1])[0].plots[0].categories) == [*HOSTILE, "その他"]
    assert list(charts(shown[3])[0].plots[0].categories) == list(HOSTILE)
    assert [series.name for series in charts(shown[4])[0].series] == list(HOSTILE)
    for slide in shown:
        for chart in charts(slide):
            cells = [cell for row in sheet(chart).rows for cell in row]
            assert all(cell.data_type in "sn" and cell.hyperlink is None for cell in cells)
    assert [c.value for c in sheet(charts(shown[1])[0])["A"]] == ["", *HOSTILE, "その他"]


def test_long_and_many_labels_are_all_there(tmp_path):
    labels = [f"{at:02}{LONG}"[:60] for at in range(29)]
    counts = list(range(60, 2, -2))
    path = tmp_path / "report.pptx"
    shown = slides(
        path,
        survey(
            free(labels, counts, quotes={f"c{at}": (Quote("", LONG * 2),) * 3 for at in range(9)}),
            closed("pie", labels, counts),  # more than colours can tell apart
        ),
    )
    drawn = [slide for slide in shown if charts(slide)]
    assert len(drawn) > 2
    free_values, closed_values = {}, {}
    for slide in drawn:
        (chart,) = charts(slide)
        kept = free_values if slide.shapes.title.text_frame.text.startswith("問1") else closed_values
        kept |= dict(zip(chart.plots[0].categories, chart.series[0].values, strict=True))
    assert free_values == dict(zip([*labels, "その他"], [*counts, 3], strict=True))
    assert list(closed_values) == labels
    assert len({chart.value_axis.maximum_scale for slide in drawn[:2] for chart in charts(slide)}) == 1
    quoted = [row for slide in shown for table in tables(slide) for row in table[1:]]
    assert sum(row[2].count(LONG * 2) for row in quoted) == 27
    assert all(chart._chartSpace.xpath(".//c:tickLblSkip[@val='1']") for s in drawn for chart in charts(s))


def test_nothing_leaves_the_slide_or_is_smaller_than_10_points(tmp_path):
    labels = [f"{at:02}{LONG}"[:60] for at in range(29)]
    many = free(
        labels,
        [5] * 29,
        quotes={"c0": (Quote("", "ゐ" * 3000),) * 2},
        title=LONG,
        copies=((LONG, 3),) * 3,
        times=replace(TIMES, rows=TIMES.rows * 20),
    )
    figures = survey(many, *ALL.questions, estimates=(replace(ESTIMATE, factors=ESTIMATE.factors * 12),))
    write_slides(tmp_path / "report.pptx", figures)
    deck = Presentation(tmp_path / "report.pptx")
    for slide in deck.slides:
        for shape in slide.shapes:
            assert shape.left >= 0 and shape.left + shape.width <= deck.slide_width + 1
            assert shape.top >= 0 and shape.top + shape.height <= deck.slide_height
        ids = [e.get("id") for e in slide.shapes._spTree.iter(qn("p:cNvPr"))]
        assert len(ids) == len(set(ids))
        for name in ("a:rPr", "a:defRPr"):
            parts = [slide.shapes._spTree, *(chart._chartSpace for chart in charts(slide))]
            for font in (font for part in parts for font in part.iter(qn(name))):
                if font.getparent().tag != qn("a:fld"):  # the number of the slide
                    assert int(font.get("sz")) >= 1000
                    faces = [font.find(qn(face)).get("typeface") for face in ("a:latin", "a:ea")]
                    assert faces == ["游ゴシック", "游ゴシック"]
    cells = [row[2] for slide in deck.slides for table in tables(slide) for row in table if len(row) == 3]
    assert "".join(cells).count("ゐ") == 6000


def test_without_answers_there_is_no_chart(tmp_path):
    questions = [free((), (), base_n=0, sentence="回答はない。", bars=(Bar("o", "その他", 0, float("nan")),))]
    questions += [closed(chart, counts=(0, 0, 0)) for chart in ("pie", "band", "bar")]
    shown = slides(tmp_path / "report.pptx", survey(*questions))
    assert len(shown) == 5 and not any(charts(slide) for slide in shown)
    assert all("回答はない。" in said(slide) for slide in shown[1:])


def test_counts_of_nothing_are_drawn(tmp_path):
    shown = slides(tmp_path / "report.pptx", survey(free(counts=(0, 0)), closed("bar", counts=(0, 0, 1))))
    assert values(charts(shown[1])[0]) == {"件": {"要約": 0, "翻訳": 0, "その他": 3}}


@pytest.mark.parametrize("chart", ["pie", "band", "bar"])
def test_a_survey_of_closed_questions_alone(tmp_path, chart):
    shown = slides(tmp_path / "report.pptx", survey(closed(chart)))
    assert len(shown) == 2 and values(charts(shown[1])[0])


def test_the_same_figures_give_the_same_bytes_on_another_day(tmp_path, monkeypatch):
    write_slides(tmp_path / "a.pptx", ALL)
    time.sleep(2.1)  # zip archives hold even seconds
    later = time.time() + 400 * 86_400
    real = time.localtime
    monkeypatch.setattr(time, "time", lambda: later)
    monkeypatch.setattr(time, "localtime", lambda seconds=later: real(seconds))
    write_slides(tmp_path / "b.pptx", ALL)
    assert (tmp_path / "a.pptx").read_bytes() == (tmp_path / "b.pptx").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.pptx") as book:
        assert {entry.date_time[0] for entry in book.infolist()} == {1980}
        embedded = [name for name in book.namelist() if name.endswith(".xlsx")]
        assert len(embedded) == 4
        for name in embedded:
            with zipfile.ZipFile(BytesIO(book.read(name))) as inner:
                assert b"2024-01-01T00:00:00Z" in inner.read("docProps/core.xml")


def test_python_pptx_is_not_imported_before_it_is_used():
    script = "import sys, comment_classifier.report; sys.exit('pptx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script]).returncode == 0


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    out = tmp_path_factory.mktemp("slides")
    classify_file(
        EXAMPLES / "staff_survey_2024.csv", cc.load_survey(EXAMPLES / "staff_survey_2024.toml"), out
    )
    return out


def test_the_example_has_a_slide_per_question_and_estimate(example):
    titles = [s.shapes.title.text_frame.text for s in Presentation(example / "report.pptx").slides]
    asked = cc.load_survey(EXAMPLES / "staff_survey_2024.toml")
    numbers = dict.fromkeys(int(m[1]) for title in titles if (m := re.match(r"問(\d+)　", title)))
    assert list(numbers) == list(range(1, len(asked.order) + 1))
    assert titles[0] == asked.title and titles[-1] == asked.estimates[-1].title


@needs("loimpress")
def test_libreoffice_shows_every_slide(tmp_path, example):
    write_slides(tmp_path / "all.pptx", ALL)
    hostile = survey(free(HOSTILE, [9] * 6, ends=[(5, 12)] * 7, random_n=9), closed("pie", HOSTILE, [9] * 6))
    write_slides(tmp_path / "hostile.pptx", hostile)
    files = [tmp_path / "all.pptx", tmp_path / "hostile.pptx", example / "report.pptx"]
    subprocess.run(
        [
            "soffice",
            f"-env:UserInstallation=file://{tmp_path}/profile",
            "--headless",
            "--convert-to",
            "pdf",
            "--outdir",
            str(tmp_path),
            *map(str, files),
        ],
        check=True,
        timeout=240,
        capture_output=True,
    )
    for file in files:
        pdf = (tmp_path / f"{file.stem}.pdf").read_bytes()
        pages = len(re.findall(rb"/Type\s*/Page\b", pdf))
        assert pages == len(Presentation(file).slides)
