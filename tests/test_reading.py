"""The sheet for readers: drawn, filled by Excel's and by LibreOffice's way of saving, and read back."""

import subprocess

import openpyxl
import pandas as pd
import pytest

import comment_classifier as cc
from comment_classifier.batch import classify_file
from comment_classifier.labelling import sample_file
from conftest import EXAMPLES, FRUIT, needs

TEXTS = ["りんごがいい", "みかん", "", "バナナ", "=1+1", "ぶどう\n二行", "りんごとみかん", "なし"]


@pytest.fixture
def wave(tmp_path, fruit_model_file):
    (tmp_path / "fruit.toml").write_text(FRUIT, encoding="utf-8")
    path = tmp_path / "wave.csv"
    pd.DataFrame({"好物": TEXTS}).to_csv(path, index=False)
    (tmp_path / "survey.toml").write_text(
        'title = "t"\n[[question]]\ncolumn = "好物"\nquestion = "best"\ncodebook = "fruit.toml"\n'
        f'model = "{fruit_model_file.as_posix()}"\n',
        encoding="utf-8",
    )
    survey = cc.load_survey(tmp_path / "survey.toml")
    return path, survey, tmp_path / "sheet.xlsx"


def fill(sheet, marks):
    """Mark categories by text, as a person would in Excel."""
    book = openpyxl.load_workbook(sheet)
    page = book["best"]
    head = [c.value for c in page[1]]
    for row in page.iter_rows(min_row=2):
        for label in marks.get(row[1].value, ()):
            row[head.index(label)].value = "○"
    book.save(sheet)


def counts_of(path, survey, out, read):
    classify_file(path, survey, out, read=read)
    return pd.read_csv(out / "counts.csv", encoding="utf-8-sig").set_index("category")


def test_the_sheet_has_dropdowns_rules_and_no_guess_unless_asked(wave):
    path, survey, sheet = wave
    sample_file(path, survey, sheet, n=5)
    book = openpyxl.load_workbook(sheet)
    assert book.sheetnames == ["best", "コーディング基準", "記録"]
    head = [c.value for c in book["best"][1]]
    assert head == [
        "行",
        "回答",
        "りんご",
        "みかん",
        "その他",
        "記載なし",
        "確認済",
        "読んだ人",
        "メモ",
        "選び方",
        "照合",
    ]
    assert book["best"].max_row == 6 and book["best"].data_validations.dataValidation[0].formula1 == '"○"'
    sample_file(path, survey, sheet, n=5, show_guess=True)
    assert openpyxl.load_workbook(sheet)["best"].cell(1, 11).value == "機械の区分"


def test_the_same_seed_draws_the_same_and_another_seed_others(wave):
    path, survey, sheet = wave
    drawn = []
    for seed in (0, 0, 1, 2):
        sample_file(path, survey, sheet, n=3, seed=seed)
        drawn.append(sheet.read_bytes())
    assert drawn[0] == drawn[1] and len(set(drawn)) > 1


def test_a_filled_sheet_comes_back_and_counts(wave, tmp_path):
    path, survey, sheet = wave
    sample_file(path, survey, sheet, n=8)
    fill(
        sheet,
        {"りんごがいい": ["りんご"], "=1+1": ["みかん"], "ぶどう\n二行": ["その他"], "なし": ["記載なし"]},
    )
    counts = counts_of(path, survey, tmp_path / "out", sheet)
    assert counts["read"].tolist() == [1, 1, 1, 1]
    assert (counts["low"] <= counts["count"]).all() and (counts["count"] <= counts["high"]).all()
    coded = cc.read_table(tmp_path / "out" / "comments.csv")
    assert coded["best_read"].tolist() == ["apple", "", "", "", "orange", "other", "", "none"]
    assert set(coded["best_chosen"]) == {"random", ""}


@needs("soffice")
def test_libreoffice_saves_the_same(wave, tmp_path):
    path, survey, sheet = wave
    sample_file(path, survey, sheet, n=8)
    fill(sheet, {"みかん": ["みかん"], "りんごとみかん": ["りんご", "みかん"]})
    (tmp_path / "lo").mkdir()
    convert = [
        "soffice",
        f"-env:UserInstallation=file://{tmp_path}/profile",
        "--headless",
        "--convert-to",
        "xlsx",
    ]
    subprocess.run([*convert, "--outdir", str(tmp_path / "lo"), str(sheet)], check=True, capture_output=True)
    one = counts_of(path, survey, tmp_path / "a", sheet)
    two = counts_of(path, survey, tmp_path / "b", tmp_path / "lo" / "sheet.xlsx")
    pd.testing.assert_frame_equal(one, two)


def test_what_is_missing_from_the_sheet_is_noticed(wave, tmp_path):
    path, survey, sheet = wave
    for change, expected in (
        (lambda p: p.delete_cols(4), "has no column 'みかん'"),
        (lambda p: p.delete_cols(1), "has no column '行'"),
        (lambda p: p.delete_rows(3), "6 comments, 7 were drawn"),
    ):
        sample_file(path, survey, sheet, n=8)
        book = openpyxl.load_workbook(sheet)
        change(book["best"])
        book.save(sheet)
        with pytest.raises(cc.InputError, match=expected):
            classify_file(path, survey, tmp_path / "out", read=sheet)


def test_what_is_no_sheet_is_said_to_be_none(wave, tmp_path):
    path, survey, _ = wave
    with pytest.raises(cc.InputError, match="is no sheet that this program wrote"):
        classify_file(path, survey, tmp_path / "out", read=path)
    with pytest.raises(cc.InputError, match=r"ends in \.xlsx"):
        sample_file(path, survey, tmp_path / "s.txt")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda p: p.cell(2, 3, "x"), "'x' is no mark"),
        (lambda p: p.cell(2, 7, "○"), "確認済 is marked but no category"),
        (lambda p: (p.cell(2, 3, "○"), p.cell(2, 6, "○")), "stands alone"),
        (lambda p: (p.cell(2, 3, "○"), p.cell(2, 2, "別の文")), "was changed"),
        (lambda p: (p.cell(2, 3, "○"), p.cell(2, 1, 99)), "was changed"),
        (lambda p: (p.cell(2, 3, "○"), p.cell(2, 10, "好み")), "was changed"),
    ],
)
def test_what_cannot_be_taken_is_said_with_its_row(wave, tmp_path, change, expected):
    path, survey, sheet = wave
    sample_file(path, survey, sheet, n=8)
    book = openpyxl.load_workbook(sheet)
    change(book["best"])
    book.save(sheet)
    with pytest.raises(cc.InputError, match=expected) as error:
        classify_file(path, survey, tmp_path / "out", read=sheet)
    assert "row 2" in str(error.value) and not (tmp_path / "out").exists()


def test_a_sheet_of_another_file_is_refused(wave, tmp_path):
    path, survey, sheet = wave
    sample_file(path, survey, sheet)
    path.write_text("好物\nりんご\n", encoding="utf-8")
    with pytest.raises(cc.InputError, match="drawn from another file"):
        classify_file(path, survey, tmp_path / "out", read=sheet)


def test_more_reading_is_foretold_to_narrow_the_interval(tmp_path):
    survey = cc.load_survey(EXAMPLES / "staff_survey_2024.toml")
    foretold = sample_file(EXAMPLES / "staff_survey_2024.csv", survey, tmp_path / "s.xlsx", sizes=(50, 200))
    widths = foretold["use_cases"]
    assert (widths[200] < widths[50]).all() and widths.loc["search", 50] < 40


def test_comments_the_model_is_unsure_of_are_added_once_each_and_known_as_picked(wave, tmp_path):
    path, survey, sheet = wave
    sample_file(path, survey, sheet, n=2, unsure=3)
    rows = list(openpyxl.load_workbook(sheet)["best"].iter_rows(min_row=2, values_only=True))
    assert [row[-2] for row in rows] == ["無作為"] * 2 + ["選んだ回答"] * (len(rows) - 2)
    assert 2 < len(rows) <= 5 and len({row[1] for row in rows}) == len(rows)
