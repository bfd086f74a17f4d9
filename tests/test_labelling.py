"""A coder's round with Excel: a sheet out, filled in Excel or LibreOffice, its labels in."""

import shutil
import subprocess
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import comment_classifier as cc
from comment_classifier.cli import main
from comment_classifier.labelling import export_sheet, import_sheet
from comment_classifier.labels import read_labels
from comment_classifier.survey import single_question
from conftest import ROOT, needs

TEXTS = ["りんごが好き", "みかん", "バナナ", "なし", "", "りんごとみかん", "みかん", "桃もいい"]
LETTERS = {"apple": "C", "orange": "D", "other": "E", "none": "F", "read": "G", "coder": "H", "note": "I"}


@pytest.fixture
def wave(tmp_path, fruit_toml, fruit_model_file):
    path = tmp_path / "wave.csv"
    pd.DataFrame({"好物": TEXTS}).to_csv(path, index=False)
    return path, single_question("好物", "best", str(fruit_toml), fruit_model_file)


def fill(sheet, coder="山田", marks=None):
    """Mark categories by text, as a person would in Excel."""
    book = openpyxl.load_workbook(sheet)
    page = book["best"]
    for row in range(2, page.max_row + 1):
        text = page[f"B{row}"].value
        for category in (marks or {"りんごが好き": ["apple"], "りんごとみかん": ["apple", "orange"]}).get(
            text, ()
        ):
            page[f"{LETTERS[category]}{row}"].value = "○"
            page[f"H{row}"].value = coder
    book.save(sheet)


def row_of(sheet, text):
    page = openpyxl.load_workbook(sheet)["best"]
    return next(row for row in range(2, page.max_row + 1) if page[f"B{row}"].value == text)


def change(sheet, cell, value):
    book = openpyxl.load_workbook(sheet)
    book["best"][cell].value = value
    book.save(sheet)


def test_a_sheet_has_guess_and_reason_and_locks_what_a_coder_must_not_change(wave, tmp_path):
    path, survey = wave
    numbers = export_sheet(path, survey, tmp_path / "s.xlsx", useful=3, random=2)
    assert numbers == {"best": (2, 3)}
    page = openpyxl.load_workbook(tmp_path / "s.xlsx")["best"]
    head = [cell.value for cell in page[1]]
    assert head[6:] == ["確認済", "読んだ人", "メモ", "選び方", "機械の区分", "機械の根拠", "照合"]
    assert [row[9].value for row in page.iter_rows(min_row=2)] == ["無作為"] * 2 + ["選んだ回答"] * 3
    texts = [row[1].value for row in page.iter_rows(min_row=2)]
    assert len(set(texts)) == len(texts) and None not in texts
    assert page.protection.sheet and page["B2"].protection.locked and not page["C2"].protection.locked
    assert page.column_dimensions["M"].hidden
    assert any("「" in str(row[11].value) for row in page.iter_rows(min_row=2))


def test_a_codebook_without_a_model_gets_a_random_sample(wave, tmp_path, fruit_toml):
    path, _ = wave
    survey = single_question("好物", "best", str(fruit_toml), tmp_path / "none.npz")
    assert export_sheet(path, survey, tmp_path / "s.xlsx", useful=4, random=1) == {"best": (5, 0)}


def test_labels_come_in_know_where_they_are_from_and_come_in_once(wave, tmp_path, fruit):
    path, survey = wave
    sheet, folder = tmp_path / "s.xlsx", tmp_path / "labeled"
    export_sheet(path, survey, sheet, useful=0, random=8)
    fill(sheet)
    assert {t.outcome for t in import_sheet(sheet, folder)} == {"added"}
    before = (folder / "fruit.csv").read_bytes()
    held = read_labels(folder / "fruit.csv", fruit)
    assert sorted(held["labels"]) == [("apple",), ("apple", "orange")]
    assert set(held["coder"]) == {"山田"} and set(held["source"]) == {"wave.csv"}
    assert set(held["chosen"]) == {"random"} and held["date"].str.fullmatch(r"\d{4}-\d\d-\d\d").all()
    assert {t.outcome for t in import_sheet(sheet, folder)} == {"known"}
    assert (folder / "fruit.csv").read_bytes() == before
    change(sheet, f"D{row_of(sheet, 'りんごが好き')}", "○")
    assert sorted(t.outcome for t in import_sheet(sheet, folder)) == ["corrected", "known"]
    fill(sheet, coder="佐藤")
    assert {t.outcome for t in import_sheet(sheet, folder)} == {"added"}
    assert len(read_labels(folder / "fruit.csv", fruit)) == 4


def test_every_row_that_cannot_be_taken_is_named_and_then_none_is_taken(wave, tmp_path, capsys):
    path, survey = wave
    sheet, folder = tmp_path / "s.xlsx", tmp_path / "labeled"
    export_sheet(path, survey, sheet, useful=0, random=8)
    fill(sheet)
    change(sheet, f"E{row_of(sheet, 'バナナ')}", "?")
    change(sheet, f"F{row_of(sheet, 'りんごが好き')}", "○")
    change(sheet, f"G{row_of(sheet, '桃もいい')}", "○")
    change(sheet, f"E{row_of(sheet, 'なし')}", "○")
    row = row_of(sheet, "りんごとみかん")
    change(sheet, f"B{row}", "りんごと柿")
    refused = import_sheet(sheet, folder)
    assert {t.outcome for t in refused} == {"refused"} and not folder.exists()
    said = {t.row: t.message for t in refused}
    assert len(said) == 5 and "回答 or 選び方 was changed" in said[row]
    for part in ("'?' is no mark", "stands alone", "no category is", "column '読んだ人': blank"):
        assert any(part in message for message in said.values())
    assert main(["labels", "import", str(sheet), "--labels", str(folder)]) == 1
    out, err = capsys.readouterr()
    assert out.count("\n") == 5 and "5 rows cannot be taken; nothing was taken" in err


def test_rows_without_a_name_take_the_one_given(wave, tmp_path, fruit):
    path, survey = wave
    sheet = tmp_path / "s.xlsx"
    export_sheet(path, survey, sheet, useful=0, random=8)
    fill(sheet, coder="")
    assert {t.outcome for t in import_sheet(sheet, tmp_path / "l", coder="山田")} == {"added"}
    assert set(read_labels(tmp_path / "l" / "fruit.csv", fruit)["coder"]) == {"山田"}


@needs("soffice")
def test_a_sheet_filled_in_libreoffice_comes_back_as_one_filled_by_openpyxl(wave, tmp_path, fruit):
    office = Path("/usr/bin/python3")
    if not office.exists() or subprocess.run([office, "-c", "import uno"], capture_output=True).returncode:
        pytest.skip("python3-uno is not installed; scripts/run_tests.py installs it as root on Debian")
    path, survey = wave
    one, two = tmp_path / "one.xlsx", tmp_path / "two.xlsx"
    export_sheet(path, survey, one, useful=2, random=4)
    shutil.copy(one, two)
    marks = {text: ["apple"] for text in TEXTS[:3]} | {"りんごとみかん": ["apple", "orange"]}
    fill(one, marks=marks)
    cells = []
    for text, categories in marks.items():
        page = openpyxl.load_workbook(two)["best"]
        for row in [r for r in range(2, page.max_row + 1) if page[f"B{r}"].value == text]:
            cells += [f"{ord(LETTERS[c]) - 65},{row - 1}=○" for c in categories]
            cells.append(f"{ord(LETTERS['coder']) - 65},{row - 1}=山田")
    pipe = f"fill{tmp_path.name}"
    command = ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--norestore"]
    running = subprocess.Popen([*command, f"--accept=pipe,name={pipe};urp;"])
    try:
        script = ROOT / "tests" / "fill_in_libreoffice.py"
        subprocess.run([office, script, pipe, two, "best", *cells], check=True, timeout=120)
    finally:
        running.terminate()
        running.wait(60)
    for sheet, folder in ((one, "a"), (two, "b")):
        assert {t.outcome for t in import_sheet(sheet, tmp_path / folder)} == {"added"}
    held = [read_labels(tmp_path / folder / "fruit.csv", fruit) for folder in "ab"]
    assert len(held[0]) >= 3
    pd.testing.assert_frame_equal(held[0], held[1])


def test_a_sample_sheet_teaches_too(wave, tmp_path):
    path, survey = wave
    cc_sheet = tmp_path / "s.xlsx"
    from comment_classifier.labelling import sample_file

    sample_file(path, survey, cc_sheet, n=8)
    fill(cc_sheet)
    assert {t.outcome for t in import_sheet(cc_sheet, tmp_path / "l")} == {"added"}


def test_what_is_no_sheet_is_said_to_be_none(tmp_path):
    book = openpyxl.Workbook()
    book.save(tmp_path / "x.xlsx")
    with pytest.raises(cc.InputError, match="is no sheet that this program wrote"):
        import_sheet(tmp_path / "x.xlsx", tmp_path)


def test_labels_of_two_codebooks_come_in_together_or_not_at_all(two_codebooks):
    sheet, folder = two_codebooks
    folder.mkdir()
    (folder / "dislike.csv").write_text("id,text,labels\n1,柿,grape\n", encoding="utf-8")
    with pytest.raises(cc.InputError, match="'grape' is unknown"):
        import_sheet(sheet, folder)
    assert not (folder / "fruit.csv").exists()
    (folder / "dislike.csv").unlink()
    assert [t.outcome for t in import_sheet(sheet, folder)] == ["added"] * 2
    assert {p.name for p in folder.glob("*.csv")} == {"fruit.csv", "dislike.csv"}
    assert not [p for p in folder.iterdir() if p.is_dir()]
