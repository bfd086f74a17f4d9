import csv
import io

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import comment_classifier as cc
from comment_classifier.tables import column, write_csv

TOWN_HALL = 'ID,所属,回答\r\n0012,総務課,"①議事録の要約\n②メール"\r\nNA,㈱との契約,髙橋さんへの文面\r\n3,,ｴｸｾﾙの関数\r\n'
ROWS = [
    ["0012", "総務課", "①議事録の要約\n②メール"],
    ["NA", "㈱との契約", "髙橋さんへの文面"],
    ["3", "", "ｴｸｾﾙの関数"],
]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
def test_encodings_of_a_town_hall(tmp_path, encoding):
    path = tmp_path / "t.csv"
    path.write_bytes(TOWN_HALL.encode(encoding))
    table = cc.read_table(path)
    assert list(table.columns) == ["ID", "所属", "回答"] and table.to_numpy().tolist() == ROWS


def test_tsv_and_tabs_in_a_csv(tmp_path):
    for name in ("t.tsv", "t.csv"):
        path = tmp_path / name
        path.write_text("a\tb\n1,5\t2\n", encoding="utf-8")
        assert cc.read_table(path).to_numpy().tolist() == [["1,5", "2"]]


def make_xlsx(path, rows, title="回答"):
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    book.save(path)


def test_excel_gives_the_same_table(tmp_path):
    path = tmp_path / "t.xlsx"
    make_xlsx(path, [["ID", "所属", "回答"], *[[c or None for c in row] for row in ROWS]])
    assert cc.read_table(path).to_numpy().tolist() == ROWS


def test_numbers_dates_and_truth_in_excel_become_their_text(tmp_path):
    import datetime

    path = tmp_path / "t.xlsx"
    make_xlsx(path, [["n", "f", "d", "b"], [3.0, 2.5, datetime.datetime(2024, 1, 11), True]])
    assert cc.read_table(path).to_numpy().tolist() == [["3", "2.5", "2024-01-11", "TRUE"]]


def test_headings_below_a_title_and_a_second_sheet(tmp_path):
    path = tmp_path / "t.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["調査結果"])
    second = book.create_sheet("第2")
    for row in (["調査結果"], [], ["回答"], ["要約"]):
        second.append(row)
    book.save(path)
    assert cc.read_table(path, header_row=3, sheet="第2")["回答"].tolist() == ["要約"]


def test_a_hidden_first_sheet_is_passed_over(tmp_path):
    path = tmp_path / "t.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["秘密"])
    shown = book.create_sheet("表")
    shown.append(["回答"])
    shown.append(["要約"])
    book.active.sheet_state = "hidden"
    book.save(path)
    assert list(cc.read_table(path).columns) == ["回答"]


def test_blank_rows_within_stay_and_at_the_end_go(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,2\n,\n3,4\n,\n\n", encoding="utf-8")
    assert cc.read_table(path)["a"].tolist() == ["1", "", "3"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        ("回答\n".encode(), "no rows below"),
        (b"a,b\n1,2,3\n", "row 2 has 3 cells for the 2 headings"),
        (b'a,b\n1,"2\n3,4\n', "not valid CSV"),
        ("回答\n議事録".encode("euc_jp"), "not a text table"),
        ("回答\n要約\x1b$B".encode(), "U+001B"),
        ("回答\n要約\x00".encode(), "U+0000"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "not a text table"),
        (b"PK\x03\x04 something", "Rename it to .xlsx"),
    ],
)
def test_wrong_files_are_refused_with_one_clear_line(tmp_path, content, expected):
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(cc.InputError) as error:
        cc.read_table(path)
    assert "t.csv" in str(error.value) and expected in str(error.value)


@pytest.mark.parametrize("content", [b"not a zip", b"PK\x03\x04broken"])
def test_a_broken_workbook_is_refused(tmp_path, content):
    path = tmp_path / "t.xlsx"
    path.write_bytes(content)
    with pytest.raises(cc.InputError, match=r"t\.xlsx: not .*Excel file"):
        cc.read_table(path)


def test_old_formats_missing_files_and_sheets(tmp_path):
    (tmp_path / "t.xls").write_bytes(b"x")
    make_xlsx(tmp_path / "t.xlsx", [["a"], ["1"]])
    for path, sheet, expected in (
        ("t.xls", None, r"as \.xlsx"),
        ("no.csv", None, "not found"),
        ("t.xlsx", "x", "'回答'"),
    ):
        with pytest.raises(cc.InputError, match=expected):
            cc.read_table(tmp_path / path, sheet=sheet)


CELL = st.text(st.characters(exclude_categories=("Cs", "Co"), exclude_characters="\x00\x1b\r"), max_size=12)


@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=8))
@settings(max_examples=100)
def test_what_is_written_reads_back(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("t") / "t.csv"
    frame = pd.DataFrame([*rows, ("end", "end")], columns=["a", "b"], dtype=object)
    write_csv(frame, path)
    assert cc.read_table(path, own=True).to_numpy().tolist() == frame.to_numpy().tolist()


def test_written_csv_has_a_mark_and_crlf(tmp_path):
    write_csv(pd.DataFrame({"a": ["1"]}), tmp_path / "t.csv")
    content = (tmp_path / "t.csv").read_bytes()
    assert content == b"\xef\xbb\xbfa\r\n1\r\n"
    assert list(csv.reader(io.StringIO(content.decode("utf-8-sig")))) == [["a"], ["1"]]


def test_doubled_and_blank_headings_get_names_and_are_not_chosen(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(
        "備考,備考,,利用\n事例\n".replace("利用\n事例", '"利用\n事例"') + "1,2,3,要約\n", encoding="utf-8"
    )
    table = cc.read_table(path)
    assert list(table.columns) == ["備考", "備考 (2)", "列3", "利用\n事例"]
    assert column(table, "利用事例", path).tolist() == ["要約"]
    with pytest.raises(cc.InputError, match="'備考' stands twice"):
        column(table, "備考", path)


def test_a_title_above_a_tab_table_is_no_obstacle(tmp_path):
    path = tmp_path / "t.txt"
    path.write_text("アンケート, 令和6年\nID\t利用事例\n1\t要約\n", encoding="utf-16")
    assert cc.read_table(path, header_row=2)["利用事例"].tolist() == ["要約"]


def test_a_private_character_passes_in_utf8_and_is_named_in_cp932(tmp_path):
    (tmp_path / "u.csv").write_text("回答\n\ue000さん\n", encoding="utf-8")
    assert cc.read_table(tmp_path / "u.csv")["回答"].tolist() == ["\ue000さん"]
    (tmp_path / "c.csv").write_bytes("回答\n".encode("cp932") + b"\xf0\x40\n")
    with pytest.raises(cc.InputError, match="U\\+E000"):
        cc.read_table(tmp_path / "c.csv")


def test_a_formula_without_a_stored_result_is_refused(tmp_path):
    make_xlsx(tmp_path / "t.xlsx", [["回答"], ["=1+1"]])
    with pytest.raises(cc.InputError, match="row 2, column 1 holds a formula"):
        cc.read_table(tmp_path / "t.xlsx")


def test_what_no_text_holds_is_refused_in_excel_too(tmp_path):
    make_xlsx(tmp_path / "t.xlsx", [["回答"], ["_x0000_要約"]])
    with pytest.raises(cc.InputError, match="row 2, column 1 holds U\\+0000"):
        cc.read_table(tmp_path / "t.xlsx")


def test_a_sheet_of_a_csv_is_refused(tmp_path):
    (tmp_path / "t.csv").write_text("a\n1\n", encoding="utf-8")
    with pytest.raises(cc.InputError, match="--sheet goes with an Excel file"):
        cc.read_table(tmp_path / "t.csv", sheet="x")
