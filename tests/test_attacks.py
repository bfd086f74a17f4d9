"""Bad and hostile input: formulas, HTML, files made to break a reader, odd text. Nothing of it does harm.

The hostile tables are in ``attacks/``: small ones as files, big ones made here.
"""

import csv
import json
import os
import re
import subprocess
import sys
import time
import zipfile
from xml.etree import ElementTree

import numpy as np
import openpyxl
import pandas as pd
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

import comment_classifier as cc
from comment_classifier.batch import classify_file
from comment_classifier.cells import as_texts, excel_text
from comment_classifier.chunk import csv_lines
from comment_classifier.comparison import compare_runs
from comment_classifier.labels import add_labels, read_labels
from comment_classifier.runs import read_run
from comment_classifier.survey import Survey, single_question
from comment_classifier.tables import column, write_csv
from conftest import ROOT, needs
from test_review import Served
from test_review import name as name_coder

ATTACKS = ROOT / "tests" / "attacks"
sys.path.insert(0, str(ATTACKS))
import make  # noqa: E402  (lies beside the files that it makes)

FORMULAS = [
    "=1+1",
    '=HYPERLINK("http://198.51.100.1/","りんご")',
    "=cmd|' /C calc'!A0",
    "+1+1",
    "+81-3-1234-5678",
    "-1+1",
    "-りんご",
    "--1",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "\t=1+1",
    "\n=1+1",
    " =1+1",
    "　=1+1",
    "\u200b=1+1",
    "\ufeff=1+1",
    "'=1+1",
    "''=1+1",
    "' =1+1",
    "＝1+1",
    "＋1+1",
    "－1+1",
    "＠SUM(1)",
    "=\n1+1",
    "=1;2",
    "%0A-3+3+cmd|' /C calc'!D2",
    'DDE("cmd";"/C calc";"x")',
]
NO_FORMULAS = [
    "-5",
    "+3.2",
    "-1,234",
    "-1.5e-05",
    "－５",
    "-",
    "－",
    "－－－",
    "=",
    "＝＝",
    "+",
    "@",
    "- ",
    "りんご=1",
    "'りんご",
    "a-b",
    "",
]
SCRIPTS = [
    "<script>document.title='x'</script>",
    "<img src=x onerror=document.title='x'>",
    "\"><svg onload=document.title='x'>",
    "' onmouseover='document.title=1",
    "</title></style></textarea><script>document.title='x'</script>",
    "<!-- --!><script>document.title='x'</script>",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:document.title='x'",
    "<a href=javascript:alert(1)>りんご</a>",
    "&lt;b&gt; &#60;b&#62;",
    "<iframe srcdoc='<script>parent.document.title=1</script>'>",
    "<base href=//198.51.100.1/><meta http-equiv=refresh content=0;url=//198.51.100.1/>",
]
MARKUP = [
    *SCRIPTS,
    "$x^2$",
    "$\\frac{1}{2$",
    "100$～200$",
    "表!A1",
    "=表!$A$1",
    "It's 'りんご'",
    "a\x01b\x1fc",
    "_x0041_",
    "\ufffe",
    "[x]:*?/\\",
]


@pytest.fixture(scope="module")
def hostile_survey(tmp_path_factory, fruit_model_file, fruit_toml):
    """A survey whose titles, headings and labels attack, and what came of it."""
    folder = tmp_path_factory.mktemp("hostile")
    attack = "=1+1<script>document.title='x'</script>$\\frac{1}{2$表!A1'\x01"
    quoted = json.dumps(attack)
    headings = ["好物", "=cmd|' /C calc'!A0", "<img src=x onerror=alert(1)>"]
    (folder / "survey.toml").write_text(
        f'title = {quoted}\nid_column = "=cmd|\' /C calc\'!A0"\n[[question]]\ncolumn = "好物"\n'
        f'question = "best"\ncodebook = "{fruit_toml.as_posix()}"\nmodel = "{fruit_model_file.as_posix()}"\n'
        f"title = {quoted}\nbase = {quoted}\n",
        encoding="utf-8",
    )
    wave = folder / "<img src=x onerror=alert(1)> =1+1.csv"
    texts = [t for t in [*FORMULAS, *NO_FORMULAS, *MARKUP] for _ in range(2)]
    with wave.open("w", encoding="utf-8", newline="") as file:
        rows = ((f"{t}りんご" if t in MARKUP else t, t, t[:6]) for t in texts)
        csv.writer(file).writerows([headings, *rows])
    survey = cc.load_survey(folder / "survey.toml")
    classify_file(wave, survey, folder / "out", by=[headings[2]])
    compare_runs(folder / "out", folder / "out", folder / "compared")
    return folder


def cells_of(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [cell for row in csv.reader(file) for cell in row]


def test_what_a_csv_holds_is_no_formula(hostile_survey):
    files = [*(hostile_survey / "out").glob("*.csv"), hostile_survey / "compared" / "comparison.csv"]
    assert {f.name for f in files} == {"comments.csv", "counts.csv", "crosstab.csv", "comparison.csv"}
    for path in files:
        live = [c for c in cells_of(path) if re.match(r"[\s\u200b\ufeff]*[=+\-@＝＋－＠]", c)]
        assert not [c for c in live if c not in NO_FORMULAS and not re.fullmatch(r"-[\d.]+", c)], path.name


def test_a_run_reads_back_what_was_written(hostile_survey):
    (wave,) = hostile_survey.glob("*.csv")
    given, run = cc.read_table(wave), read_run(hostile_survey / "out")
    assert run.input_table.equals(given) and run.coded("best")["text"].tolist() == given["好物"].tolist()


CELL = st.text(
    st.one_of(
        st.sampled_from("'=+-@＝＋－＠ \t\n\u3000\u200b\ufeff1,."),
        st.characters(exclude_categories=("Cs", "Co")),
    ).filter(lambda c: c not in "\0\x1b\r"),
    max_size=6,
)


@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=8))
@settings(max_examples=300, deadline=None)
def test_the_mark_goes_away_again(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("t") / "t.csv"
    frame = pd.DataFrame([*rows, ("end", "end")], columns=["a", "b"], dtype=object)
    write_csv(frame, path)
    assert cc.read_table(path, own=True).to_numpy().tolist() == frame.to_numpy().tolist()
    assert not [c for c in cells_of(path) if re.match(r"[=+\-@＝＋－＠]+[^=+\-@＝＋－＠\s\d]", c)]


@pytest.mark.parametrize("cell", FORMULAS[:-2])
def test_a_formula_gets_one_apostrophe(cell):
    assert as_texts(["x", cell]) == ["x", f"'{cell}"]


@pytest.mark.parametrize("cell", NO_FORMULAS)
def test_what_is_no_formula_stays_as_it_is(cell):
    assert as_texts([cell]) == [cell]


def test_a_foreign_file_is_read_as_it_is(tmp_path):
    (tmp_path / "t.csv").write_text("回答\n'=1+1\n'りんご\n", encoding="utf-8")
    assert cc.read_table(tmp_path / "t.csv")["回答"].tolist() == ["'=1+1", "'りんご"]
    assert cc.read_table(tmp_path / "t.csv", own=True)["回答"].tolist() == ["=1+1", "'りんご"]


def test_chunks_and_tables_are_written_alike(tmp_path):
    frame = pd.DataFrame({"a": [*FORMULAS, *NO_FORMULAS], "b": [*NO_FORMULAS, *FORMULAS]}, dtype=object)
    write_csv(frame, tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_bytes() == b"\xef\xbb\xbfa,b\r\n" + csv_lines(frame, Survey("t", ()))


def test_the_mark_costs_less_than_a_microsecond_per_row():
    chunk = [f"議事録の要約に使っています {n}" for n in range(50_000)]
    for cells in (chunk, ["=1+1", *chunk]):
        begun = time.process_time()
        as_texts(cells)
        assert time.process_time() - begun < 1e-6 * len(cells)


def test_labels_keep_formulas(tmp_path, fruit):
    columns = ["id", "question", "text", "labels", "voice", "source", "note", "coder", "date", "chosen"]
    rows = pd.DataFrame(
        [(f"=i{n}", "best", t, ("apple",), "", "=s", t, "@山田", "", "") for n, t in enumerate(FORMULAS)],
        columns=columns,
    )
    path = tmp_path / "fruit.csv"
    assert set(add_labels(path, rows, fruit)) == {"added"} and set(add_labels(path, rows, fruit)) == {"known"}
    assert read_labels(path, fruit)["text"].tolist() == FORMULAS
    assert not [c for c in cells_of(path) if c.startswith(("=", "@"))]


def test_the_labelled_data_hold_no_mark():
    for path in (ROOT / "data").rglob("*.csv"):
        assert cc.read_table(path).equals(cc.read_table(path, own=True)), path.name


def parts_of(path):
    with zipfile.ZipFile(path) as archive:
        return {n: archive.read(n) for n in archive.namelist()}


def test_workbooks_hold_texts_only(hostile_survey):
    books = [*(hostile_survey / "out").glob("*.xlsx"), hostile_survey / "compared" / "comparison.xlsx"]
    assert len(books) == 3
    for path in books:
        for name, content in parts_of(path).items():
            root = ElementTree.fromstring(content)  # well-formed
            if name.startswith("xl/worksheets/sheet"):
                assert not [e for e in root.iter() if e.tag.endswith("}f")], name
            if name.startswith("xl/charts/chart"):
                title = next(e for e in root.iter() if e.tag.endswith("}title"))
                assert not [e for e in title.iter() if e.tag.endswith("}f")], "a title is no formula"
            assert b'TargetMode="External"' not in content
        cells = [c for s in openpyxl.load_workbook(path) for row in s.iter_rows() for c in row]
        assert not [c for c in cells if c.data_type == "f"]
    shown = cc.read_table(hostile_survey / "out" / "comments.xlsx")
    (wave,) = hostile_survey.glob("*.csv")
    given = cc.read_table(wave)
    wanted = [re.sub("[\x01\x1f\ufffe]", "", t) for t in given["好物"]]
    assert shown["好物"].tolist() == wanted


@needs("soffice")
def test_libreoffice_shows_texts(hostile_survey, tmp_path):
    raw = tmp_path / "raw.csv"
    raw.write_text("果物\nりんご\n=1+1\n", encoding="utf-8-sig")
    out = hostile_survey / "out"
    # Of a CSV: comma, double quotes, UTF-8, from line 1, columns as they come; formulas are worked out.
    reads = ["--infilter=CSV:44,34,76,1,,0,false,true,false,false,0,true"]
    live = {}
    for source, more in ((raw, reads), (out / "comments.csv", reads), (out / "report.xlsx", [])):
        profile = f"-env:UserInstallation=file://{tmp_path}/profile"
        command = [
            "soffice",
            profile,
            "--headless",
            *more,
            "--convert-to",
            "fods",
            "--outdir",
            tmp_path,
            source,
        ]
        subprocess.run(list(map(str, command)), check=True, capture_output=True, timeout=180)
        shown = (tmp_path / f"{source.stem}.fods").read_text(encoding="utf-8")
        assert "りんご" in shown
        live[source.name] = shown.count("table:formula")
    assert live == {"raw.csv": 1, "comments.csv": 0, "report.xlsx": 0}


def test_charts_are_well_formed(hostile_survey):
    for path in hostile_survey.rglob("*.svg"):
        ElementTree.parse(path)


@needs("chromium")
def test_pages_show_attacks_as_text(hostile_survey, browser):
    for path in (hostile_survey / "out" / "report.html", hostile_survey / "compared" / "comparison.html"):
        page = browser.new_context(offline=True).new_page()
        asked, said = [], []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.on("dialog", lambda dialog, said=said: said.append(dialog.message))
        page.goto(path.as_uri())
        title = page.title()
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert (
            page.locator("script, img, svg, iframe, base, a[href^=javascript], [onload], [onerror]").count()
            == 0
        )
        assert page.title() == title and title != "x" and not said
        assert all(url.startswith(("file:", "data:")) for url in asked)
        if path.name == "report.html":
            shown = page.locator(".said").all_inner_texts()
            assert all(any(s in text for text in shown) for s in SCRIPTS)


@pytest.fixture
def served(hostile_survey, fruit_model_file):
    """The review page of the hostile survey."""
    started = Served(hostile_survey / "out", "--model", fruit_model_file)
    yield started
    started.kill()


@needs("chromium")
def test_the_review_page_shows_attacks_as_text(served, browser):
    page = browser.new_context().new_page()
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.goto(served.address)
    name_coder(page, "<img src=x onerror=alert(1)>")
    for address in ("/", "/q/best/", "/q/best/comments", "/q/best/comments?page=3", "/q/best/read?row=60"):
        page.goto(served.base + address)
        assert page.locator("img, svg, iframe, base, a[href^=javascript], [onload], [onerror]").count() == 0
        assert page.locator("script").count() == 1 and page.title() not in ("x", "1")
    assert not said and all(url.startswith((served.base, "data:")) for url in asked)


@needs("chromium")
def test_a_comment_that_turns_the_writing_turns_nothing_else(tmp_path, browser, fruit_toml, fruit_model_file):
    (tmp_path / "w.csv").write_text("好物\n\u202eりんご\n", encoding="utf-8")
    survey = single_question("好物", "best", fruit_toml, fruit_model_file)
    classify_file(tmp_path / "w.csv", survey, tmp_path / "out")
    page = browser.new_context(offline=True).new_page()
    page.goto((tmp_path / "out" / "report.html").as_uri())
    how = page.locator(".said").first.evaluate("e => getComputedStyle(e).unicodeBidi")
    assert how == "isolate" and page.locator(".said").first.text_content() == "\u202eりんご"


# What the tables in attacks/ hold; the others are refused, in these words.
LINE = r"not a text table: .*line \d"
READ = {
    "a cell of 10 MB.csv": (2, 2),
    "200,000 empty rows.csv": (200_002, 1),
    "5,000,000 empty rows.csv": (1, 1),
    "50,000 parts.xlsx": [["りんご"]],
    "a date that is none.xlsx": [["99999999"]],
    "a heading of 10 MB.csv": [["1", "2"]],
    "a thousand equal headings.csv": (1, 1000),
    "cells missing.csv": [["1", ""], ["2", "みかん"]],
    "cells without addresses.xlsx": [["りんご"]],
    "cr only.csv": [["1", "りんご"], ["2", "みかん"]],
    "dates.xlsx": [["2024-01-11"], ["2024-01-11 12:00:00"], ["2024-01-11"]],
    "error cell.xlsx": [["#DIV/0!"]],
    "escaped carriage return.xlsx": [["りんご\nみかん\n"]],
    "escaped escape in the cell.xlsx": [["型番_x000D_とB"]],
    "escaped escape.xlsx": [["型番_x0041_とB"]],
    "external links.xlsx": [["りんご"]],
    "far row.xlsx": (1_048_575, 1),
    "formula with a blank result.xlsx": [["りんご"], [""], ["終"]],
    "formula with a result.xlsx": [["りんご"]],
    "headings doubled and blank.csv": [["1", "2", "3", "4", "5"]],
    "hidden first sheet.xlsx": [["りんご"]],
    "line ends mixed.csv": [["1", "り\nん\nご"], ["2", "みかん"]],
    "macros.xlsm": [["りんご"]],
    "mark twice.csv": [["議事録の要約に使っています"], ["翻訳"]],
    "merged cells.xlsx": [["総務", "りんご"], ["", "みかん"]],
    "paths outside.xlsx": [["りんご"]],
    "plain.xlsx": [["りんご"]],
    "readings of kanji in rich text.xlsx": [["林檎"]],
    "readings of kanji in the cell.xlsx": [["林檎"]],
    "readings of kanji.xlsx": [["林檎"]],
    "rich text.xlsx": [["りん ご"]],
    "semicolons.csv": [["1;りんご"]],
    "size that is none.xlsx": [["りんご"]],
    "size too large.xlsx": [["りんご"]],
    "size too small.xlsx": [["りんご"], ["みかん"]],
    "truth.xlsx": [["TRUE"], ["FALSE"]],
    "two million cells.xlsx": (99_999, 20),
    "vertical tabs.csv": [["り\x0bん\x0cご\x1cに\x85\u2028と\u2029"], ["終"]],
    "very hidden first sheet.xlsx": [["りんご"]],
    "zero width in headings.csv": [["1", "りんご"]],
}
REFUSED = {
    "a cell of 3,000,000 characters.xlsx": "as no table does. Copy the answers",
    "a million columns.csv": "1000000 columns; at most 1000",
    "a part twice by case.xlsx": "holds .* 2 times",
    "a part twice.xlsx": "holds .* 2 times",
    "a row of a million cells.csv": "row 2 has 1000001 cells for the 1 headings",
    "a row of a million cells.xlsx": r"not a readable Excel file \(ValueError\)",
    "a row twice.xlsx": "row 2 stands after row 2",
    "a text that is none of the strings.xlsx": "not a readable Excel file",
    "an open quote before 10 MB.csv": "not valid CSV .*its row begins in line 2",
    "binary.csv": LINE,
    "bomb of strings.xlsx": "to 123 MB, as no table does",
    "bomb that says it is small.xlsx": "not an Excel file, or not a whole one",
    "bomb.xlsx": "to 300 MB, as no table does",
    "cells out of order.xlsx": "row 2 holds a cell of column 1 after 2",
    "column beyond excel.xlsx": "row 2 holds a cell of column 18278",
    "cp932 then utf-8.csv": LINE,
    "csv by content.xlsx": "not an Excel file.*rename it",
    "cut off.xlsx": "not an Excel file, or not a whole one",
    "damaged within.xlsx": "not an Excel file, or not a whole one",
    "escaped nul.xlsx": r"row 2, column 1 holds U\+0000",
    "euc.csv": LINE,
    "excel by content.csv": "Rename it to .xlsx",
    "far cell below.xlsx": "row 3 has 16384 cells",
    "far column.xlsx": "16384 columns",
    "file outside in the sheet.xlsx": "declares entities",
    "file outside in the strings.xlsx": "declares entities",
    "formula with a result of 0 that was never worked out.xlsx": "row 2, column 1 holds a formula",
    "formula without a result.xlsx": "row 2, column 1 holds a formula",
    "half utf-8.csv": LINE,
    "html.csv": "no rows below the headings",
    "jis.csv": LINE,
    "laughs in the sheet.xlsx": "declares entities",
    "laughs in the strings.xlsx": "declares entities",
    "laughs in the workbook.xlsx": "declares entities",
    "laughs in utf-16.xlsx": "declares entities",
    "nested archives.xlsx": "not a readable Excel file",
    "no parts.xlsx": "not a readable Excel file",
    "nothing.xlsx": "not an Excel file",
    "nul.csv": LINE,
    "number of 20 digits 0.xlsx": "row 2, column 1 holds a number of more than 15 digits",
    "number of 20 digits 1.xlsx": "row 2, column 1 holds a number of more than 15 digits",
    "number of 20 digits 2.xlsx": "row 2, column 1 holds a number of more than 15 digits",
    "old excel by content.csv": "password, or an old Excel file",
    "one byte short.csv": LINE,
    "one comma too many.csv": "row 3 has 3 cells for the 2 headings",
    "only a mark.csv": "the file is empty",
    "only hidden sheets.xlsx": "no visible sheet",
    "only quotes.csv": "the file is empty",
    "overlong.csv": LINE,
    "password.xlsx": "password, or an old Excel file",
    "pdf.csv": LINE,
    "quote that stays open.csv": "its row begins in line 3",
    "quote within.csv": "its row begins in line 3",
    "row beyond excel.xlsx": "row 999999999 stands after row 2",
    "rows out of order.xlsx": "row 2 stands after row 3",
    "says it is a gigabyte.xlsx": "at most 1024 MB are read",
    "sep.csv": "line 1 is 'sep=;'",
    "sheet that breaks off.xlsx": "not a readable Excel file",
    "sheet that is no xml.xlsx": "not a readable Excel file",
    "surrogates.csv": LINE,
    "utf-16 big without mark.csv": LINE,
    "utf-16 cut off.csv": LINE,
    "utf-16 little without mark.csv": LINE,
    "utf-32.csv": LINE,
    "utf-8 then cp932.csv": LINE,
}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """What came of every hostile table, each read with 1.5 GB and 20 seconds of a processor."""
    big = tmp_path_factory.mktemp("big")
    for name, write in make.BIG.items():
        write(big / name)
    files = [*sorted((ATTACKS / "files").iterdir()), *sorted(big.iterdir())]
    command = [sys.executable, str(ATTACKS / "bounded.py"), *map(str, files)]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return {found["file"]: found for found in map(json.loads, said.splitlines())}


def test_every_hostile_table_is_tried(outcomes):
    assert set(outcomes) == set(READ) | set(REFUSED) and not set(READ) & set(REFUSED)


@pytest.mark.parametrize("name", sorted(READ))
def test_a_hostile_table_is_read_rightly(outcomes, name):
    found = outcomes[name]
    assert (tuple(found["shape"]) if isinstance(READ[name], tuple) else found["first"]) == READ[name]


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_hostile_table_is_refused_in_one_clear_line(outcomes, name):
    said = outcomes[name]["refused"]
    assert re.search(REFUSED[name], said) and name in said and "\n" not in said and len(said) < 500


def test_hostile_tables_take_little_memory(outcomes):
    assert max(found["megabytes"] for found in outcomes.values()) < 800


def test_the_small_files_are_as_made():
    made = make.small_workbooks() | make.small_texts()
    assert {p.name: p.read_bytes() for p in (ATTACKS / "files").iterdir()} == made


@pytest.mark.parametrize("heading", ["番号", "回答"])
def test_what_does_not_show_in_a_heading_does_not_matter(heading):
    path = ATTACKS / "files" / "zero width in headings.csv"
    assert column(cc.read_table(path), heading, path).tolist() == [{"番号": "1", "回答": "りんご"}[heading]]


def test_a_message_about_headings_stays_short(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(",".join("見" * 1000 + str(n) for n in range(900)) + "\n1\n", encoding="utf-8")
    with pytest.raises(cc.InputError, match=r"no column '回答'.* and 870 more") as error:
        column(cc.read_table(path), "回答", path)
    assert len(str(error.value)) < 2000


ODD = [
    "a\u200b\u202eb",
    "\u202eりんご\u202c",
    "葛\U000e0100飾",
    "辻\ufe00",
    "👨\u200d👩\u200d👧りんご",
    "\U0001f1ef\U0001f1f5",
    "　",
    " \t ",
    "\n\n",
    "\ufdd0\ufffe\U0010ffff\ue000",
    "\x01\x02\x7f\x85\u2028",
    "か\u3099",
    "e\u0301\u0323" * 50,
    "\u0301\u0323" * 20_000,
    "NaN",
    "None",
    "null",
    "TRUE",
    "0012",
    "1e5",
    "[1, 2]",
    "b'x'",
    "$\\frac{$",
    "り\u00adんご",
    "\ufeffりんご",
    "\u3164\u115f",
    "𠮷野家",
    "ﷺ",
    "①㈱㍻",
    "ﾘﾝｺﾞ",
    "り\x0bん\x0cご",
    "&amp;<b>",
    "\u0e33\u0f77",
    "x" * 32_767,
    *FORMULAS,
    *MARKUP,
]
VALUES = [
    "りんご\ud800",
    "\udfff",
    float("nan"),
    None,
    pd.NA,
    pd.NaT,
    3,
    2.5,
    True,
    np.int64(4),
    np.str_("りんご"),
]
VALUES += [
    [1, "りんご"],
    [],
    ["a", "b"],
    (),
    {"a": 1},
    b"\x81\x40",
    np.array([1, 2]),
    object(),
    "\0",
    "り\0んご",
]


def classify_by_command(path, out, toml, model):
    command = [
        sys.executable,
        "-m",
        "comment_classifier",
        "classify",
        path,
        "--question",
        "best",
        "--column",
        "好物",
    ]
    more = ["--codebook", toml, "--model", model, "--out", out]
    begun = time.monotonic()
    done = subprocess.run(list(map(str, [*command, *more])), capture_output=True, text=True, check=False)
    assert done.returncode == 0 and not done.stderr.strip(), done.stderr
    return time.monotonic() - begun


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_odd_comments_come_out_in_order(tmp_path, fruit_toml, fruit_model_file, ending):
    path, texts = tmp_path / f"wave.{ending}", [text for text in ODD for _ in range(2)]
    if ending == "csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([["好物", "番号"], *([t, n] for n, t in enumerate(texts))])
    else:
        texts = [excel_text(text) for text in texts]
        with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as book:
            sheet = book.add_worksheet()
            for line, cells in enumerate([("好物", "番号"), *((t, str(n)) for n, t in enumerate(texts))]):
                for place, cell in enumerate(cells):
                    sheet.write_string(line, place, cell)
    classify_by_command(path, tmp_path / "out", fruit_toml, fruit_model_file)
    table = cc.read_table(tmp_path / "out" / "comments.csv", own=True)
    assert table["番号"].tolist() == list(map(str, range(len(texts))))
    assert table["好物"].tolist() == texts
    ElementTree.parse(tmp_path / "out" / "charts" / "best.svg")


def test_odd_values_in_a_list_are_coded_in_order(fruit_classifier):
    for values in (VALUES, [*VALUES[:2], "みかん"], list(reversed(VALUES))):
        coded = cc.classify(values, model=fruit_classifier)
        assert len(coded) == len(values)
        for given_value, kept in zip(values, coded["text"], strict=True):
            assert kept is given_value or kept == given_value or pd.isna(kept)
        assert cc.count(coded, codebook=fruit_classifier.book)["count"].sum() >= len(values)
    assert list(cc.classify(VALUES, model=fruit_classifier)["labels"])[:6] == [("apple",), *[("none",)] * 5]


UNITS = [
    "あ",
    "漢",
    "a",
    " ",
    "\n",
    "、",
    "りんごがいい。",
    "りんごとみかん",
    "か\u3099",
    "\u0301\u0323",
    "\u200b",
    "👨\u200d👩\u200d👧",
]
UNITS += [
    "葛\U000e0100",
    "\u202ea\u202c",
    "ｶﾞ",
    "0123456789",
    "(",
    "ﷺ",
    "excel",
    "xxxxxxxxxxxy",
    "q & a ",
    "なし",
]


@pytest.mark.parametrize("unit", UNITS)
def test_four_times_the_length_takes_no_eight_times_the_time(fruit_classifier, unit):
    def seconds(length):
        text = (unit * (length // len(unit) + 1))[:length]
        begun = time.process_time()
        assert len(cc.classify([text, "りんご"], model=fruit_classifier)) == 2
        return time.process_time() - begun

    once = seconds(60_000)
    assert seconds(240_000) < max(8 * once, 0.2)


def test_a_comment_of_10_mb_is_coded_whole(fruit_classifier):
    texts = ["りんご", "みかんがいいと思います。" * 290_000, "みかん"]
    coded = cc.classify(texts, model=fruit_classifier)
    assert list(coded["text"]) == texts
    assert list(coded["labels"]) == [("apple",), ("orange",), ("orange",)]


def test_a_million_letters_are_classified_by_command(tmp_path, fruit_toml, fruit_model_file):
    path, text = tmp_path / "wave.csv", "あ" * 1_000_000
    path.write_text(f"好物\nりんご\n{text}\nみかん\n", encoding="utf-8")
    classify_by_command(path, tmp_path / "out", fruit_toml, fruit_model_file)
    assert read_run(tmp_path / "out").coded("best")["text"].tolist() == ["りんご", text, "みかん"]


def test_a_file_name_that_is_no_text_does_not_matter(tmp_path, fruit_toml, fruit_model_file):
    path = tmp_path / os.fsdecode(b"\xff\xfe.csv")
    try:
        path.write_text("好物\nりんご\n", encoding="utf-8")
    except OSError:
        pytest.skip("this file system takes no such name")
    survey = single_question("好物", "best", fruit_toml, fruit_model_file)
    classify_file(path, survey, tmp_path / "out")
    assert read_run(tmp_path / "out").said["input"]["file"] == path.name


def test_sheets_of_like_names_stand_side_by_side(tmp_path, fruit_toml, fruit_model_file):
    headings = [f"{'所属している部署の名前' * 4}{n}" for n in range(2)] + ["A/B", "AB", "😢" * 30]
    path = tmp_path / "w.csv"
    path.write_text(",".join(["好物", *headings]) + "\nりんご,a,b,c,d,e\n", encoding="utf-8")
    survey = single_question("好物", "best", fruit_toml, fruit_model_file)
    classify_file(path, survey, tmp_path / "out", by=headings)
    names = openpyxl.load_workbook(tmp_path / "out" / "report.xlsx").sheetnames
    assert len(set(map(str.lower, names))) == 2 + 1 + len(headings)


def test_titles_on_the_terminal_are_no_markup(tmp_path, fruit_toml, fruit_model_file):
    (tmp_path / "w.csv").write_text("好物\nりんご\n", encoding="utf-8")
    (tmp_path / "s.toml").write_text(
        'title = "[/b]"\n[[question]]\ncolumn = "好物"\nquestion = "best"\ntitle = "[/b][red]りんご"\n'
        f'codebook = "{fruit_toml.as_posix()}"\nmodel = "{fruit_model_file.as_posix()}"\nbase = "[/i]"\n',
        encoding="utf-8",
    )
    command = [
        sys.executable,
        "-m",
        "comment_classifier",
        "classify",
        "w.csv",
        "--survey",
        "s.toml",
        "--out",
        "o",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "[/b][red]りんご" in done.stdout, done.stderr
