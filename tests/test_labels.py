"""Labelled comments are the single truth: every fault is found, nothing is lost, two writers take turns."""

from concurrent.futures import ProcessPoolExecutor

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import comment_classifier as cc
from comment_classifier.labels import (
    COLUMNS,
    add_labels,
    check_labels,
    read_labels,
    read_unchecked,
    settled_labels,
    twice_coded,
)
from conftest import ROOT


def rows(*cells):
    """Labelled comments from (id, text, labels, coder), the rest of the schema blank."""
    frame = pd.DataFrame(cells, columns=["id", "text", "labels", "coder"])
    for name in COLUMNS:
        if name not in frame.columns:
            frame[name] = ""
    return frame[list(COLUMNS)]


def test_every_fault_is_listed_with_its_row(fruit):
    frame = rows(
        ("1", "りんご", "apple", "a"),
        ("2", "みかん", "grape|none", "a"),
        ("3", "  ", "", "a"),
        ("1", "りんご", "orange", "a"),
    )
    found = [(p.rows, p.message) for p in check_labels(frame, fruit) if p.fatal]
    assert [r for r, _ in found] == [(3,), (3,), (4,), (4,), (5,)]
    said = " ".join(m for _, m in found)
    for fault in (
        "'grape' is unknown",
        "stands alone",
        "'labels': empty",
        "'text': empty",
        "stands in row 2",
    ):
        assert fault in said


def test_coders_who_differ_and_texts_coded_differently_are_listed_and_nothing_is_dropped(fruit):
    frame = rows(
        ("1", "りんご", "apple", "a"),
        ("1", "りんご", "orange", "b"),
        ("2", "みかん", "orange", "a"),
        ("2", "みかん", "orange", "b"),
        ("3", "ぶどう", "other", "a"),
        ("4", "ぶどう。", "apple", "a"),
    )
    problems = check_labels(frame, fruit)
    assert not any(p.fatal for p in problems)
    assert [p.rows for p in problems] == [(2, 3), (6, 7)]
    assert "coders differ on '1' (a apple; b orange)" in problems[0].message
    frame["labels"] = [tuple(labels.split("|")) for labels in frame["labels"]]
    settled, aside = settled_labels(frame)
    assert settled["id"].tolist() == ["2", "3", "4"] and aside == ["1"]
    assert twice_coded(frame)["id"].tolist() == ["1", "2"]
    decided = pd.concat([frame, rows(("1", "りんご", ("apple",), "settled"))], ignore_index=True)
    settled, aside = settled_labels(decided)
    assert aside == [] and dict(zip(settled["id"], settled["labels"], strict=True))["1"] == ("apple",)
    assert len(twice_coded(decided)) == 2


def test_only_id_text_and_labels_are_needed(tmp_path, fruit):
    path = tmp_path / "l.csv"
    path.write_text("id,text,labels\n1,りんご,apple\n", encoding="utf-8")
    assert read_labels(path, fruit)["voice"].tolist() == [""]
    path.write_text("id,text\n1,りんご\n", encoding="utf-8")
    with pytest.raises(cc.InputError, match="no column 'labels'"):
        read_labels(path, fruit)


def test_adding_keeps_what_was_there_to_the_byte(tmp_path):
    book = cc.load_codebook("non_use")
    path = tmp_path / "non_use.csv"
    before = (ROOT / "data" / "labeled" / "non_use.csv").read_bytes()
    path.write_bytes(before)
    assert add_labels(path, rows(("x", "時間がない", ("other",), "山田")), book).tolist() == ["added"]
    assert (
        path.read_bytes().startswith(before) and path.read_bytes().count(b"\r\n") == before.count(b"\r\n") + 1
    )


def test_a_coder_corrects_their_own_row_and_no_other(tmp_path, fruit):
    path = tmp_path / "fruit.csv"
    add_labels(path, rows(("1", "りんご", ("apple",), "a"), ("1", "りんご", ("apple",), "b")), fruit)
    assert add_labels(path, rows(("1", "りんご", ("orange",), "a")), fruit).tolist() == ["corrected"]
    held = read_labels(path, fruit)
    assert held[["coder", "labels"]].to_numpy().tolist() == [["a", ("orange",)], ["b", ("apple",)]]


def test_a_file_with_a_fault_is_not_added_to(tmp_path, fruit):
    path = tmp_path / "fruit.csv"
    path.write_text("id,text,labels\n1,りんご,grape\n", encoding="utf-8")
    before = path.read_bytes()
    with pytest.raises(cc.InputError, match="row 2, column 'labels': 'grape'"):
        add_labels(path, rows(("2", "みかん", ("orange",), "a")), fruit)
    with pytest.raises(cc.InputError, match="would not be usable"):
        add_labels(tmp_path / "new.csv", rows(("2", " ", ("orange",), "a")), fruit)
    assert path.read_bytes() == before and not (tmp_path / "new.csv").exists()


CELLS = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Co")), min_size=1, max_size=8).filter(
    str.strip
)
ADDED = st.lists(st.tuples(st.sampled_from("12345"), CELLS, st.sampled_from(["apple", "orange"])), max_size=8)


@given(ADDED, ADDED)
@settings(max_examples=30, deadline=None)
def test_adding_again_changes_nothing_and_no_comment_is_lost(tmp_path_factory, fruit, first, second):
    path = tmp_path_factory.mktemp("add") / "fruit.csv"
    for part in (first, second, second):
        unique = {i: (i, f"x{text}", (label,), "a") for i, text, label in part}
        outcome = add_labels(path, rows(*unique.values()), fruit)
    assert set(outcome) <= {"known"}
    held = (
        {}
        if not path.exists()
        else dict(zip(*(read_unchecked(path)[c] for c in ("id", "labels")), strict=True))
    )
    assert held == {i: label for i, _, label in (*first, *second)}


def _add(path, book, coder):
    for i in range(10):
        add_labels(path, rows((f"{i}", "りんご", ("apple",), coder)), book)


def test_two_writers_take_turns_and_lose_nothing(tmp_path, fruit):
    path = tmp_path / "fruit.csv"
    with ProcessPoolExecutor(3) as pool:
        for done in [pool.submit(_add, path, fruit, coder) for coder in "abc"]:
            done.result()
    assert len(read_labels(path, fruit)) == 30
