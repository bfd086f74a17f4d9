"""What holds for any comments and any tables, tried on thousands of made-up ones.

One by one and all at once, in parts and whole, in one process and in two, in any order: the figures are the
same, and they add up.
"""

import os
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import comment_classifier as cc
from comment_classifier import batch
from comment_classifier.chunk import Plan, score, with_headings
from comment_classifier.codebook import Codebook
from comment_classifier.coding import code_comments, reasons
from comment_classifier.counting import count_categories
from comment_classifier.crosstab import cross_table
from comment_classifier.duplicates import group_duplicates
from comment_classifier.no_answer import NO_ANSWER, judge, judge_all
from comment_classifier.scoring import logits
from comment_classifier.survey import single_question
from comment_classifier.tables import write_csv
from comment_classifier.text import SPELLINGS, duplicate_key, duplicate_keys, normalize, normalize_all
from comment_classifier.totals import Texts, Totals, count_totals, cross_totals, totals

MORE = int(os.environ.get("MORE_EXAMPLES", "1"))  # times as many, for a night


def tried(n):
    return settings(max_examples=n * MORE, deadline=None)


PIECES = (
    "議事録", "の", "要約", "翻訳", "エクセル", "ｴｸｾﾙ", "ﾊ", "ﾟ", "\u3099", "、", "。", "・", "／", "\n", "\r\n", " ", "　", "なし",
    "特に", "ありません", "chat", "gpt", "ＧＰＴ", "mail", "電子", "e", "-", "フォルダ", "ー", "例規", "集", "アイディ", "ア",
    "アイデア", "ビング", "チャット", "ズ", "ユーザ", "サマリ", "word", "q", "&", "a", "ー" * 12, "①", "㈱", "é", "e\u0301",
    "\u200b", "\x00", "\ud800", "\udc00", "🙂", "👨‍👩‍👧", "İ", "ß", "ﬁ", "\u1100", "\u1161", "0", "12", "!", "?",
)  # fmt: skip
ODD = st.text(st.characters(), max_size=25)  # half of a surrogate pair, too
MIXED = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)
# Wordings beside each other, whose spellings may be a wording again.
SPELT = st.lists(
    st.sampled_from(
        [*sorted({w for spelling, its in SPELLINGS for w in (spelling, *its)}), "電子", "ー", "e-", "集"]
    ),
    min_size=1,
    max_size=4,
).map("".join)
TEXT = st.one_of(MIXED, MIXED, SPELT, ODD, st.sampled_from(NO_ANSWER))
TEXTS = st.lists(TEXT, max_size=12)
BOOKS = st.sampled_from(("tasks", "improvements", "risks", "non_use")).map(cc.load_codebook)


@given(TEXTS)
@example(["電子mail", "フォルダーー", "アイディアイディア", "例規集集"])
@tried(2000)
def test_normalising_all_is_normalising_each_and_changes_nothing_the_second_time(texts):
    normalized = normalize_all(texts)
    assert normalized == [normalize(text) for text in texts]
    assert normalize_all(normalized) == normalized
    assert duplicate_keys(normalized) == [duplicate_key(text) for text in texts]


@given(TEXTS, BOOKS)
@tried(300)
def test_judging_all_is_judging_each(texts, book):
    normalized = normalize_all(texts)
    assert judge_all(normalized, book) == [judge(text, book) for text in normalized]


@given(TEXTS, st.sampled_from(("tasks", "non_use")))
@tried(150)
def test_scoring_all_is_scoring_each(texts, name):
    model = cc.load_model(name).model_
    normalized = normalize_all(texts)
    each = [logits(model, [text]) for text in normalized]
    alone = np.concatenate(each) if each else np.empty((0, len(model.codebook.learned)))
    np.testing.assert_allclose(logits(model, normalized), alone, rtol=0, atol=1e-9)


@given(TEXTS, st.randoms())
@tried(80)
def test_another_order_of_rows_gives_the_same_rows_in_that_order(tasks_model, texts, draw):
    order = draw.sample(range(len(texts)), len(texts))
    model, book = tasks_model.model_, tasks_model.book
    one, two = (code_comments(model, book, its) for its in (texts, [texts[i] for i in order]))
    np.testing.assert_array_equal(one.flags[order], two.flags)
    np.testing.assert_array_equal(one.review[order], two.review)
    np.testing.assert_allclose(one.scores[order], two.scores, rtol=0, atol=1e-12)
    said, again = (
        reasons(model, book, normalize_all(t), c.flags)
        for t, c in ((texts, one), ([texts[i] for i in order], two))
    )
    assert [said[i] for i in order] == again


@given(TEXTS)
@tried(80)
def test_counts_add_up_in_any_order(tasks_model, texts):
    coded = cc.classify(texts, model=tasks_model)
    book = tasks_model.book
    counts = cc.count(coded, codebook=book)
    none = counts.loc[book.none, "count"]
    assert counts.attrs["base_n"] + none == len(texts)
    assert counts["count"].tolist() == coded[list(book.ids)].sum().tolist()
    labels = [label for its in coded["labels"] for label in its]
    assert counts["count"].sum() == len(labels) and all(coded["labels"].map(len))
    assert (counts["count"].drop(book.none) <= counts.attrs["base_n"]).all()
    backwards = cc.count(coded.iloc[::-1], codebook=book)
    pd.testing.assert_frame_equal(counts, backwards)


GROUPS = st.sampled_from(("財政課", "市民課", " 市民課 ", "", "x"))


@st.composite
def waves(draw):
    """Comments with an attribute, a coding of them, and what was read of some."""
    rows = draw(st.lists(st.tuples(TEXT, GROUPS), min_size=1, max_size=30))
    texts, groups = map(list, zip(*rows, strict=True))
    read = draw(st.sets(st.integers(0, len(rows) - 1)))
    labels = st.sampled_from([("none",), ("summary",), ("other",), ("summary", "translation")])
    chosen = st.sampled_from(["random", "random", "picked"])
    given_ = [(i, draw(labels), draw(chosen)) for i in sorted(read)]
    return texts, groups, given_


def reading(given_):
    if not given_:
        return None
    rows, labels, chosen = zip(*given_, strict=True)
    return pd.DataFrame({"labels": list(labels), "chosen": chosen}, index=list(rows))


def as_read(coded, book, read):
    known = coded[list(book.ids)].to_numpy(bool, copy=True)
    for row, labels in ({} if read is None else read["labels"]).items():
        known[row] = [c in labels for c in book.ids]
    return known


@given(waves())
@tried(80)
def test_cross_tables_add_up_to_the_counts(tasks_model, wave):
    texts, groups, _ = wave
    book, coded = tasks_model.book, cc.classify(texts, model=tasks_model)
    table = cross_table(coded, book, pd.Series(groups), group_duplicates(texts))
    counts = cc.count(coded, codebook=book)
    one_row_each = table.drop_duplicates("group")
    assert one_row_each["rows"].sum() == len(texts)
    assert one_row_each["base_n"].sum() == counts.attrs["base_n"]
    summed = table.groupby("category")["count"].sum()
    assert all(summed[c] == counts.loc[c, "count"] for c in summed.index)
    assert set(summed.index) == set(book.ids) - {book.none}


def parts_of(coding, size):
    return [slice(at, at + size) for at in range(0, len(coding.flags), size)]


@given(waves(), st.integers(1, 31))
@tried(120)
def test_totals_of_parts_are_those_of_the_whole_and_count_as_all_rows_do(tasks_model, wave, size):
    texts, groups, given_ = wave
    book: Codebook = tasks_model.book
    read = reading(given_)
    numbers = pd.Index([] if read is None else read.index, dtype=np.int64)
    coding = code_comments(tasks_model.model_, book, texts)
    coded = cc.classify(texts, model=tasks_model)
    known, none = as_read(coded, book, read), coding.flags[:, book.ids.index(book.none)]
    keys = duplicate_keys(normalize_all(texts))
    distinct = {key: i for i, key in enumerate(dict.fromkeys(keys))}
    number = np.array([distinct[key] for key in keys])
    blank = np.array([not text for text in normalize_all(texts)])
    # Spread over the files as hashes are.
    hashed = np.where(
        blank, np.uint64(0), (number.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    )

    def summed(part):
        rows = pd.RangeIndex(len(texts))[part]
        its = {"所属": groups[part]}
        return totals(coding.take(np.arange(len(texts))[part]), book, rows, known[part], numbers, its)

    whole, added = summed(slice(None)), None
    for part in parts_of(coding, size):
        added = summed(part) if added is None else added + summed(part)
    assert_same_totals(whole, added)
    with TemporaryDirectory() as folder:
        seen = Texts(Path(folder) / "t", len(book.ids), ["所属"])
        for part in parts_of(coding, size):
            rows = pd.RangeIndex(len(texts))[part]
            seen.add(hashed[part], known[part], none[part], rows, {"所属": groups[part]})
        seen.finish()
    at_hand = coded.loc[numbers]
    at_hand.attrs = coded.attrs
    from_totals = count_totals(added, book, at_hand, read, seen, coded.attrs["unlearned"])
    all_rows = count_categories(coded, book, read, np.where(blank, -1, number))
    estimated = all_rows.attrs["random_n"] > 0
    exact = ["label", "read", "distinct"] + ([] if estimated else ["count", "share", "low", "high"])
    pd.testing.assert_frame_equal(from_totals[exact], all_rows[exact], check_dtype=False)
    if estimated:  # logits are binned
        np.testing.assert_allclose(from_totals["count"], all_rows["count"], atol=1)
    for name in ("read_n", "random_n", "review_n", "distinct_n", "hand_only"):
        assert from_totals.attrs[name] == all_rows.attrs[name], name
    crossed = cross_totals(added, book, seen)["所属"]
    flags = pd.DataFrame(known, columns=list(book.ids))
    expected = cross_table(flags, book, pd.Series(groups), np.where(blank, -1, number))
    compared = ["group", "rows", "base_n", "category", "count", "share", "small"]
    pd.testing.assert_frame_equal(crossed[compared], expected[compared], check_dtype=False)


def assert_same_totals(one: Totals, two: Totals):
    assert (one.review, one.unread) == (two.review, two.unread)
    for name in ("given", "by_rule", "logits"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    assert {n: set(g) for n, g in one.groups.items()} == {n: set(g) for n, g in two.groups.items()}
    for name, groups in one.groups.items():
        for group, its in groups.items():
            np.testing.assert_array_equal(its, two.groups[name][group])


@given(TEXTS)
@tried(150)
def test_duplicates_share_their_key_and_blanks_are_none(texts):
    groups = group_duplicates(texts)
    keys = [duplicate_key(text) if text.strip() else "" for text in texts]
    assert [g == -1 for g in groups] == [not key for key in keys]
    together = {}
    for key, group in zip(keys, groups.tolist(), strict=True):
        if key:
            assert together.setdefault(key, group) == group
    shown = [g for g in dict.fromkeys(groups.tolist()) if g >= 0]
    assert len(shown) <= len(together)
    np.testing.assert_array_equal(group_duplicates(texts + texts)[len(texts) :], groups)


# What a table of this program can hold.
CELL = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00\x1b\r"), max_size=12)
SIGNS = st.sampled_from(
    ("=1+1", "'=1+1", "+1", "-", "@x", "\t=1", '"', "' ", "''", "＝1", ",", "\n", "0012", "1e5")
)
HEADING = st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=6).map(str.strip)


@st.composite
def frames(draw):
    names = draw(st.lists(HEADING.filter(bool), min_size=1, max_size=4, unique=True))
    rows = draw(st.lists(st.lists(CELL | SIGNS, min_size=len(names), max_size=len(names)), max_size=6))
    return pd.DataFrame([*rows, ["末"] * len(names)], columns=names, dtype=object)


@given(frames())
@tried(200)
def test_a_table_that_is_written_reads_back(frame):
    with TemporaryDirectory() as folder:
        write_csv(frame, Path(folder) / "t.csv")
        read = cc.read_table(Path(folder) / "t.csv", own=True)
        again = Path(folder) / "again.csv"
        write_csv(read, again)
        assert again.read_bytes() == (Path(folder) / "t.csv").read_bytes()
    assert list(read.columns) == list(frame.columns)
    assert read.to_numpy().tolist() == frame.to_numpy().tolist()


# U+FFFE, U+FFFF and most controls cannot be in a workbook at all.
SHOWN = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Co", "Cn"), exclude_characters="_"), max_size=12
).filter(lambda text: not text.startswith("="))


@given(st.lists(st.tuples(SHOWN, SHOWN), max_size=6))
@tried(60)
def test_a_workbook_reads_as_the_same_table_as_a_csv(rows):
    with TemporaryDirectory() as folder:
        book = openpyxl.Workbook()
        for number, row in enumerate([("甲", "乙"), *rows, ("末", "末")], 1):
            for column, text in enumerate(row, 1):
                if text:
                    cell = book.active.cell(number, column, text)
                    cell.data_type = "s"
        book.save(Path(folder) / "t.xlsx")
        read = cc.read_table(Path(folder) / "t.xlsx")
    assert read.to_numpy().tolist() == [list(row) for row in (*rows, ("末", "末"))]


SURVEY = single_question("回答", "use_cases")
WRITTEN = ("comments.csv", "counts.csv", "crosstab.csv")
COMMENT = st.text(
    st.characters(exclude_categories=("Cs", "Co"), exclude_characters="\x00\x1b\r"), max_size=12
)
WAVE = st.lists(
    st.tuples(
        st.one_of(MIXED.map(lambda t: "".join(c for c in t if c not in "\x00\ud800\udc00\r")), COMMENT),
        GROUPS,
    ),
    min_size=1,
    max_size=25,
)


def written(folder, rows):
    table = pd.DataFrame([*rows, ("要約", "末")], columns=["回答", "所属"], dtype=object)
    write_csv(table, folder / "wave.csv")
    return folder / "wave.csv"


@given(WAVE, st.integers(1, 26))
@tried(25)
def test_chunks_of_any_size_give_the_same_bytes(rows, size):
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        wave = written(Path(folder), rows)
        table = cc.read_table(wave)
        plan = Plan(with_headings(SURVEY, table, wave))
        lines = []
        for step in (len(table), size):
            its = (score(table.iloc[at : at + step], plan).rows for at in range(0, len(table), step))
            lines.append(b"".join(batch.csv_lines(part, SURVEY) for part in its))
        assert lines[0] == lines[1]
        patch.setattr(batch, "write_report", lambda *_: None)
        outputs = []
        for step in (20_000, size):
            patch.setattr(batch, "ROWS", step)
            batch.classify_file(wave, SURVEY, Path(folder) / str(step), by=["所属"])
            outputs.append([(Path(folder) / str(step) / name).read_bytes() for name in WRITTEN])
        assert outputs[0] == outputs[1]


def test_two_processes_give_the_same_bytes(tmp_path, monkeypatch):
    draw = Random(2)
    pieces = [p for p in PIECES if not set(p) & set("\x00\ud800\udc00\r")]
    rows = [("".join(draw.choices(pieces, k=draw.randrange(9))), draw.choice("甲乙 ")) for _ in range(200)]
    wave = written(tmp_path, rows)
    monkeypatch.setattr(batch, "write_report", lambda *_: None)
    outputs = []
    for rows_of_a_chunk, n_jobs in ((20_000, 1), (7, 2), (64, 2)):
        monkeypatch.setattr(batch, "ROWS", rows_of_a_chunk)
        out = tmp_path / str(rows_of_a_chunk)
        batch.classify_file(wave, SURVEY, out, by=["所属"], n_jobs=n_jobs)
        outputs.append([(out / name).read_bytes() for name in WRITTEN])
    assert outputs[0] == outputs[1] == outputs[2]
