"""A survey file in, a folder out; the outputs stand as golden files in tests/golden/.

To renew them after a wanted change: UPDATE_GOLDEN=1 python3 scripts/run_tests.py tests/test_batch.py,
and look at the difference.
"""

import hashlib
import json
import os

import openpyxl
import pandas as pd
import pytest

import comment_classifier as cc
from comment_classifier.batch import classify_file
from comment_classifier.runs import read_run
from conftest import FRUIT, ROOT

GOLDEN = ROOT / "tests" / "golden"
ROWS = [
    ("番号", "所属", "好きな果物"),
    ("001", "㈱髙島屋", "りんごがいい①"),
    ("002", "=1+1", "みかんと\nりんご"),
    ("003", "", "なし"),
    ("004", "<b>総務</b>", "<script>alert(1)</script>りんご"),
    ("005", "NA", ""),
    ("006", "ﾃｽﾄ", "ぶどう"),
]


@pytest.fixture
def survey(tmp_path, fruit_model_file):
    (tmp_path / "fruit.toml").write_text(FRUIT, encoding="utf-8")
    (tmp_path / "fruit.model.npz").write_bytes(fruit_model_file.read_bytes())
    path = tmp_path / "survey.toml"
    path.write_text(
        'title = "果物アンケート"\nid_column = "番号"\n[[question]]\ncolumn = "好きな果物"\nquestion = "best"\n'
        'codebook = "fruit.toml"\nmodel = "fruit.model.npz"\ntitle = "好きな果物"\nbase = "市民"\n',
        encoding="utf-8",
    )
    return cc.load_survey(path)


def csv_bytes(encoding):
    lines = [",".join(f'"{cell}"' if "\n" in cell else cell for cell in row) for row in ROWS]
    return ("\r\n".join(lines) + "\r\n").encode(encoding)


@pytest.fixture
def wave(tmp_path):
    path = tmp_path / "wave.csv"
    path.write_bytes(csv_bytes("utf-8"))
    return path


@pytest.fixture
def out(wave, survey, tmp_path):
    classify_file(wave, survey, tmp_path / "out")
    return tmp_path / "out"


@pytest.mark.parametrize("name", ["comments.csv", "counts.csv", "report.html"])
def test_golden_files(out, name):
    got = (out / name).read_bytes()
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        (GOLDEN / name).write_bytes(got)
    assert got == (GOLDEN / name).read_bytes(), f"{name} changed; see the top of this file"


def test_everything_is_written(out):
    names = {str(p.relative_to(out)) for p in out.rglob("*") if p.is_file()}
    assert names == {
        "comments.csv", "comments.xlsx", "counts.csv", "report.html", "report.pptx", "report.xlsx", "run.json",
        "charts/best.png", "charts/best.svg",
    }  # fmt: skip


def test_flags_are_numbers_in_excel_and_scores_as_written(out):
    book = openpyxl.load_workbook(out / "comments.xlsx")
    heading, first, *_ = book.worksheets[0].iter_rows(values_only=True)
    row = dict(zip(heading, first, strict=True))
    assert (row["best_review"], row["best_apple"], row["best_orange"]) == (0, 1, 0)
    assert row["best_score_apple"] == "0.8315"


def test_a_column_named_like_a_question_is_one_of_the_input(tmp_path, survey):
    wave = tmp_path / "named.csv"
    wave.write_text("番号,best_of,好きな果物\n1,x,りんご\n", encoding="utf-8")
    classify_file(wave, survey, tmp_path / "named")
    assert read_run(tmp_path / "named").input_table.columns.tolist() == ["番号", "best_of", "好きな果物"]


def test_every_row_and_column_survives(out):
    coded = cc.read_table(out / "comments.csv", own=True)
    assert coded.iloc[:, :3].to_numpy().tolist() == [list(row) for row in ROWS[1:]]
    assert list(coded.columns[3:7]) == ["best_labels", "best_区分", "best_review", "best_reason"]
    assert coded["best_labels"].tolist() == ["apple", "apple|orange", "none", "apple", "none", "other"]
    assert coded["best_apple"].tolist() == ["1", "1", "0", "1", "0", "0"]


def test_cp932_utf8_and_excel_give_byte_equal_comments(tmp_path, survey):
    outputs = []
    for name, content in (
        ("a.csv", csv_bytes("utf-8-sig")),
        ("b.csv", csv_bytes("cp932")),
        ("c.csv", csv_bytes("utf-16")),
    ):
        (tmp_path / name).write_bytes(content)
        classify_file(tmp_path / name, survey, tmp_path / name[0])
        outputs.append((tmp_path / name[0] / "comments.csv").read_bytes())
    book = openpyxl.Workbook()
    for number, row in enumerate(ROWS, 1):
        for column, text in enumerate(row, 1):
            if text:
                cell = book.active.cell(number, column, text)
                cell.data_type = "s"  # "=1+1" is a text here, not a formula
    book.save(tmp_path / "d.xlsx")
    classify_file(tmp_path / "d.xlsx", survey, tmp_path / "d")
    outputs.append((tmp_path / "d" / "comments.csv").read_bytes())
    assert len(set(outputs)) == 1


def test_the_same_input_gives_the_same_bytes(wave, survey, tmp_path):
    for name in ("one", "two"):
        classify_file(wave, survey, tmp_path / name, n_jobs=1 if name == "one" else 2)
    for path in sorted(p for p in (tmp_path / "one").rglob("*") if p.is_file() and p.name != "run.json"):
        same = tmp_path / "two" / path.relative_to(tmp_path / "one")
        assert path.read_bytes() == same.read_bytes(), path.name


def test_run_json_holds_what_a_second_person_needs(out, wave):
    run = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert run["input"]["sha256"] == hashlib.sha256(wave.read_bytes()).hexdigest()
    assert len(run["questions"][0]["model_sha256"]) == 64 and run["versions"]["unidic-lite"]


def test_an_error_leaves_nothing_behind(wave, survey, tmp_path, monkeypatch):
    def fail(*_):
        raise RuntimeError("disk full")

    monkeypatch.setattr("comment_classifier.batch.write_report", fail)
    with pytest.raises(RuntimeError):
        classify_file(wave, survey, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_heading_that_the_result_needs_is_refused(tmp_path, survey):
    path = tmp_path / "w.csv"
    path.write_text("番号,好きな果物,best_labels\n1,りんご,x\n", encoding="utf-8")
    with pytest.raises(cc.InputError, match="'best_labels' is needed"):
        classify_file(path, survey, tmp_path / "o")


def test_counts_csv_has_the_columns_of_the_promise(out):
    counts = pd.read_csv(out / "counts.csv", encoding="utf-8-sig", keep_default_na=False)
    assert list(counts.columns) == [
        "question",
        "category",
        "label",
        "count",
        "share",
        "base_n",
        "low",
        "high",
        "read",
        "distinct",
    ]
    assert counts["count"].tolist() == [3, 1, 1, 2] and counts["base_n"].tolist() == [4] * 4
    assert counts["share"].tolist() == ["75.0", "25.0", "25.0", ""]


def test_cross_tables_lose_no_row(wave, survey, tmp_path):
    (result,) = classify_file(wave, survey, tmp_path / "out", by=["所属"]).questions
    cross = pd.read_csv(tmp_path / "out" / "crosstab.csv", encoding="utf-8-sig", keep_default_na=False)
    groups = cross.drop_duplicates("group")
    assert groups["rows"].sum() == len(ROWS) - 1 and "(記載なし)" in set(groups["group"])
    totals = cross.groupby("category")["count"].sum()
    assert totals.to_dict() == result.counts["count"].drop("none").to_dict()
    assert set(cross["small"]) == {1}
    book = openpyxl.load_workbook(tmp_path / "out" / "report.xlsx")
    assert "1 × 所属" in book.sheetnames
    assert "所属 別の表" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_an_unknown_attribute_is_refused(wave, survey, tmp_path):
    with pytest.raises(cc.InputError, match="no column '年代'"):
        classify_file(wave, survey, tmp_path / "out", by=["年代"])
