"""report.html as its readers meet it: on a wide and a narrow screen, by keyboard, and printed."""

import csv
import re
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

import comment_classifier as cc
from comment_classifier.batch import classify_file
from comment_classifier.report.figures import QUOTES_NOTE, ClosedFigures, Figures, row_names, survey_figures
from comment_classifier.report.lettering import spread
from comment_classifier.report.page import band, pie
from comment_classifier.report.reading import printed
from conftest import EXAMPLES, needs

LONG = "庁内の規程や個人情報の取扱いについての不安があるために、まだ業務では利用していないと答えたもの"
HOSTILE = '"><img src=x onerror=alert(1)>'


def figures_of(result, table):
    return survey_figures(result, row_names(table, result.survey.id_column))


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    out, path = tmp_path_factory.mktemp("page"), EXAMPLES / "staff_survey_2024.csv"
    result = classify_file(path, cc.load_survey(path.with_suffix(".toml")), out, by=["所属"])
    return out / "report.html", result, figures_of(result, cc.read_table(path))


@pytest.fixture
def opened(browser):
    """Open a page without a network; what it asks for, and what goes wrong, is kept."""
    contexts = []

    def open_page(path, width=1200):
        contexts.append(browser.new_context(offline=True, viewport={"width": width, "height": 800}))
        page = contexts[-1].new_page()
        page.asked, page.faults = [], []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on("console", lambda said: page.faults.append(said.text) if said.type == "error" else None)
        page.goto(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def survey(tmp_path, fruit_toml, fruit_model_file):
    """Write the report of a survey whose questions are given as TOML; return page, result and figures."""

    def write(columns, *questions, by=()):
        csv_file, toml = tmp_path / "wave.csv", tmp_path / "survey.toml"
        with csv_file.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([list(columns), *zip(*columns.values(), strict=True)])
        toml.write_text('title = "果物<b>の調査"\n' + "\n".join(questions), encoding="utf-8")
        result = classify_file(csv_file, cc.load_survey(toml), tmp_path / "out", by=list(by))
        return tmp_path / "out" / "report.html", result, figures_of(result, cc.read_table(csv_file))

    return write


@pytest.fixture
def free(fruit_toml, fruit_model_file):
    return (
        f'[[question]]\ncolumn = "好物"\nquestion = "best"\ncodebook = "{fruit_toml.as_posix()}"\n'
        f'model = "{fruit_model_file.as_posix()}"\ntitle = "好きな果物"'
    )


def closed(column, choices, chart):
    quoted = ", ".join(f"'{choice}'" for choice in choices)
    return (
        f'[[question]]\ncolumn = "{column}"\nquestion = "{column}"\ntitle = "題 {column}"\n'
        f'choices = [{quoted}]\nchart = "{chart}"'
    )


def squeezed(text):
    return "".join(text.split())


def printed_pages(page, path):
    page.pdf(path=path, prefer_css_page_size=True)
    run = subprocess.run(["pdftotext", str(path), "-"], capture_output=True, text=True, check=True)
    return [squeezed(text) for text in run.stdout.split("\f")[:-1]]


@needs("chromium")
def test_sections_stand_in_the_order_of_the_survey_then_the_estimates(example, opened):
    path, result, figures = example
    page = opened(path)
    ids = page.eval_on_selector_all("section", "all => all.map(one => one.id)")
    assert ids == [*result.survey.order, "estimate-1"]
    titles = page.locator("h2").all_inner_texts()
    assert titles == [
        *(f"{number} {shown.title}" for number, shown in enumerate(figures.questions, 1)),
        figures.estimates[0].title,
    ]
    assert page.locator("nav a").all_inner_texts() == [re.sub(r"^\d+ ", "", title) for title in titles]
    assert page.locator("h1").inner_text() == figures.title
    assert f"回答者 {figures.n:,} 人" in page.locator("header").inner_text()


@needs("chromium")
def test_every_figure_of_a_closed_question_stands_in_the_page(example, opened):
    page = opened(example[0])
    for shown in (its for its in example[2].questions if isinstance(its, ClosedFigures)):
        section = page.locator(f"section#{shown.question}")
        chart = squeezed(section.locator("figure").inner_text())
        spoken = section.locator("svg[role=img]").get_attribute("aria-label") if shown.chart != "bar" else ""
        section.locator("summary", has_text="数値の表").click()
        rows = section.locator("details[open] tbody tr").all_inner_texts()
        for choice, row in zip(shown.choices, rows, strict=True):
            assert f"{choice.share:.1f}%({choice.count:,}人)" in chart and squeezed(choice.label) in chart
            assert not spoken or f"{choice.label} {choice.share:.1f} %({choice.count:,} 人)" in spoken
            expected = [f"{choice.count:,}", f"{choice.share:.1f}", f"{choice.low:.1f}～{choice.high:.1f}"]
            assert row.split("\t") == [choice.label, *expected]


@needs("chromium")
def test_bases_sentences_and_notes_stand_with_every_question(example, opened):
    page = opened(example[0])
    for shown in example[2].questions:
        text = squeezed(page.locator(f"section#{shown.question}").inner_text())
        for said in (shown.base_line, shown.sentence, *shown.notes):
            assert squeezed(said) in text


@needs("chromium")
def test_quotes_times_and_estimates_are_shown(example, opened):
    page = opened(example[0])
    for shown in (its for its in example[2].questions if isinstance(its, Figures)):
        section = page.locator(f"section#{shown.question}")
        quotes = [quote for its in shown.quotes.values() for quote in its]
        given = [squeezed(text) for text in section.locator(".quotes dd").all_inner_texts()]
        assert sorted(given) == sorted(squeezed(f"「{q.text}」{q.row}") for q in quotes)
        assert squeezed(section.inner_text()).count(squeezed(QUOTES_NOTE)) == (1 if quotes else 0)
        assert section.locator("h3", has_text="短縮された時間").count() == (1 if shown.times else 0)
        if shown.times:
            text = squeezed(section.inner_text())
            last = shown.times.rows[-1]
            assert all(squeezed(said) in text for said in (shown.times.sentence, *shown.times.notes))
            assert (
                f"{last.label}{last.comments:,}{last.with_time:,}{last.with_day:,}{printed(last.median_day)}"
                in text
            )
    (estimate,) = example[2].estimates
    text = squeezed(page.locator("#estimate-1").inner_text())
    for factor in estimate.factors:
        parts = (factor.sign, factor.label, factor.value, factor.interval, factor.unit, factor.source)
        assert squeezed("".join(parts)) in text
    assert all(squeezed(said) in text for said in (estimate.value, estimate.interval, *estimate.notes))


@needs("chromium")
def test_cross_tables_of_closed_questions_hold_their_counts(example, opened):
    page = opened(example[0])
    for result in example[1].closed:
        section = page.locator(f"section#{result.asked.question}")
        section.locator("summary", has_text="所属 別の表").click()
        rows = section.locator("details[open] tbody tr").all()
        for (group, cells), row in zip(
            result.crosses["所属"].groupby("group", sort=False), rows, strict=True
        ):
            texts = row.locator("th, td").all_inner_texts()
            assert texts[0].rstrip("※") == group and (texts[0] != group) == bool(cells["small"].any())
            counts = [int(text.split()[0].replace(",", "")) for text in texts[1:]]
            assert counts == [cells["base_n"].iloc[0], *cells["count"]]


@needs("chromium")
def test_the_page_asks_for_nothing_and_runs_nothing(example, opened):
    page = opened(example[0])
    assert [url for url in page.asked if not url.startswith(("file:", "data:"))] == [] and not page.faults
    assert page.locator("script, link[rel=stylesheet], img, iframe").count() == 0
    html = example[0].read_text(encoding="utf-8")
    assert "default-src 'none'; style-src 'unsafe-inline'" in html
    assert html.count("<table") == html.count("<caption>") and html.count("<figure") == html.count(
        "<figcaption"
    )


@needs("chromium")
def test_a_table_opens_by_keyboard(example, opened):
    page = opened(example[0])
    page.locator("nav a").first.focus()
    for _ in range(page.locator("nav a").count()):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator("section#awareness details.cross").first.get_attribute("open") is not None


@needs("chromium")
@needs("pdftotext")
def test_every_chart_is_printed_whole_with_its_title_and_sentence(example, opened, tmp_path):
    pages = printed_pages(opened(example[0]), tmp_path / "report.pdf")
    figures = example[2]
    for number, shown in enumerate(figures.questions, 1):
        (place,) = [text for text in pages if squeezed(f"{number}{shown.title}") in text]
        assert squeezed(shown.base_line) in place and squeezed(shown.sentence) in place
        labels = shown.bars if isinstance(shown, Figures) else shown.choices
        assert all(squeezed(its.label) in place for its in labels)
    (place,) = [text for text in pages if squeezed(figures.estimates[0].title) in text]
    assert squeezed(figures.estimates[0].value) in place
    assert all(f"{number}/{len(pages)}" in text for number, text in enumerate(pages, 1))
    together = "".join(pages)
    free = [its for its in figures.questions if isinstance(its, Figures)]
    assert all(q.row in together for its in free for quotes in its.quotes.values() for q in quotes)
    assert "異なる文面数" not in together and "すべての回答はreport.xlsxにある" in together


@needs("chromium")
@needs("pdftotext")
def test_comments_are_printed_only_if_they_were_opened(example, opened, tmp_path):
    page = opened(example[0])
    bar = page.locator("section#risks details[data-category=ethics]")
    quoted = {squeezed(text.strip("「」")) for text in page.locator(".quotes .said").all_inner_texts()}
    comment = max(
        (squeezed(text) for text in bar.locator(".said").all_text_contents()),
        key=lambda t: (t not in quoted, len(t)),
    )
    assert comment not in "".join(printed_pages(page, tmp_path / "closed.pdf"))
    bar.locator("summary").click()
    assert comment in "".join(printed_pages(page, tmp_path / "open.pdf"))


# Some shapes that are hard to draw: tiny pieces, the whole, long and hostile labels, many choices, no answer.
SHAPES = {
    "tiny": (["大半", "わずか", "少し", "皆無"], [195, 1, 4, 0]),
    "whole": (["はい", "いいえ"], [200, 0]),
    "eight": ([f"選択肢その{k}" for k in range(8)], [193, 1, 1, 1, 1, 1, 1, 1]),
    "long": ([LONG, LONG[::-1], "W" * 80, HOSTILE], [80, 60, 40, 20]),
    "thirty": ([f"選択肢その{k}" for k in range(30)], [171, *[1] * 29]),
    "silent": (["はい", "いいえ"], [0, 0]),
}


@pytest.fixture
def shapes(survey):
    """Write the report of all shapes drawn in one manner."""

    def write(chart):
        columns = {}
        for name, (choices, counts) in SHAPES.items():
            cells = [choice for choice, n in zip(choices, counts, strict=True) for _ in range(n)]
            columns[name] = cells + [""] * (200 - len(cells))
        columns["層<b>"] = [HOSTILE, "支所"] * 100
        return survey(
            columns, *(closed(n, choices, chart) for n, (choices, _) in SHAPES.items()), by=["層<b>"]
        )

    return write


@needs("chromium")
@pytest.mark.parametrize("chart", ["band", "pie", "bar"])
def test_hard_shapes_are_whole_and_legible(shapes, opened, chart):
    path, _, figures = shapes(chart)
    for width in (400, 700, 1200):
        page = opened(path, width)
        assert not page.faults and page.locator("img, script").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for shown in figures.questions:
            check_shape(page.locator(f"section#{shown.question}"), shown)


def check_shape(section, shown):
    text = squeezed(section.inner_text())
    assert squeezed(shown.sentence) in text and "nan" not in text
    assert not shown.base_n or all(squeezed(choice.label) in text for choice in shown.choices)
    # Labels stay inside of the section, and none lies upon another.
    frame = section.bounding_box()
    boxes = [its.bounding_box() for its in section.locator("svg[role=img] text, .value").all()]
    for number, box in enumerate(boxes):
        assert box["x"] >= frame["x"] and box["x"] + box["width"] <= frame["x"] + frame["width"]
        assert not any(overlap(box, other) for other in boxes[:number]), shown.question


def overlap(one, two):
    across = min(one["x"] + one["width"], two["x"] + two["width"]) - max(one["x"], two["x"])
    down = min(one["y"] + one["height"], two["y"] + two["height"]) - max(one["y"], two["y"])
    return across > 1 and down > 3  # lines of text share the room above and below their letters


@needs("chromium")
def test_hostile_labels_stay_text(shapes, opened):
    path, _, _ = shapes("pie")
    page = opened(path)
    assert page.title() == page.locator("h1").inner_text() == "果物<b>の調査"
    assert HOSTILE in page.locator("section#long .legend").inner_text()
    assert HOSTILE in page.locator("section#long svg[role=img]").get_attribute("aria-label")
    assert (
        page.locator("section#long .cross").last.locator("tbody th").first.text_content().strip("※")
        == HOSTILE
    )


@needs("chromium")
@needs("pdftotext")
def test_a_survey_of_closed_questions_only(survey, opened, tmp_path):
    path, _, _ = survey({"q": ["はい", "いいえ", "はい"]}, closed("q", ["はい", "いいえ"], "band"))
    page = opened(path)
    assert page.locator("section").count() == 1 and page.locator("nav, .hint, .quotes").count() == 0
    assert "題q" in printed_pages(page, tmp_path / "p.pdf")[0]


@needs("chromium")
def test_a_survey_of_free_text_only(survey, opened, free):
    path, result, _ = survey({"好物": ["りんごが好き", "みかん", "なし"]}, free)
    page = opened(path)
    assert page.locator("section").count() == 1 and page.locator("svg").count() == 0
    page.locator("summary").first.click()
    assert page.locator("details[open] .said").count() == result.questions[0].counts["count"].iloc[0]


@needs("chromium")
def test_a_survey_without_an_answer(survey, opened, free):
    estimate = (
        '[[estimate]]\nid = "e"\ntitle = "試算"\nunit = "人"\n[[estimate.factor]]\nlabel = "割合"\n'
        'question = "q"\nchoice = "はい"'
    )
    columns = {"q": [""] * 3, "好物": ["", "なし", ""]}
    path, _, figures = survey(columns, closed("q", ["はい", "いいえ"], "pie"), free, estimate)
    page = opened(path)
    text = page.locator("main").inner_text()
    assert text.count("回答はない。") == 2 and "nan" not in text and not page.faults
    assert figures.estimates[0].value in text
    page.locator("section#q summary").click()
    assert page.locator("section#q tbody tr").first.inner_text().split("\t") == ["はい", "0", "–", "–"]


@given(st.lists(st.floats(-90, 90), max_size=8).map(sorted))
def test_labels_are_spread_in_order_and_no_further_than_needed(wanted):
    free, bound = spread(wanted, 11), spread(wanted, 11, -50, 50)
    for places in (free, bound):
        assert all(two - one > 11 - 1e-6 for one, two in zip(places, places[1:], strict=False))
    assert all(-50 - 1e-6 <= place <= 50 + 1e-6 for place in bound)
    if all(two - one >= 11 for one, two in zip(wanted, wanted[1:], strict=False)):
        assert free == pytest.approx(wanted)


def test_bands_and_pies_leave_out_choices_that_nobody_made(example):
    for shown in (its for its in example[2].questions if isinstance(its, ClosedFigures)):
        chosen = [choice for choice in shown.choices if choice.count]
        pieces, slices = band(shown.choices), pie(shown.choices)
        assert [piece.choice for piece in pieces] == [its.choice for its in slices] == chosen
        assert sum(piece.width for piece in pieces) == pytest.approx(100)
        assert [piece.fill for piece in pieces] == [its.fill for its in slices]
