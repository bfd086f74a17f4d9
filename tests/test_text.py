import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import comment_classifier as cc
from comment_classifier.explaining import Explanation, Word
from comment_classifier.no_answer import Verdict, judge
from comment_classifier.report.marks import marked
from comment_classifier.text import align, duplicate_key, ends_clause, normalize


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("ＶＢＡ", "vba"),
        ("ｴｸｾﾙ", "エクセル"),
        ("EXCELの関数", "エクセルの関数"),
        ("アイディア", "アイデア"),
        ("チャットGPT", "chatgpt"),
        ("ＣｈａｔＧＰＴ", "chatgpt"),
        ("コパイロット", "copilot"),
        ("ﾊﾟﾜﾎﾟ", "パワーポイント"),
        ("要約\u200bする", "要約する"),
        ("あああああああああああああああ", "あ" * 10),
        ("一行目\r\n二行目\r三行目", "一行目\n二行目\n三行目"),
        ("全角　空白\t と", "全角 空白 と"),
        ("excellent", "excellent"),
    ],
)
def test_normalize(written, read):
    assert normalize(written) == read


@given(st.text())
@settings(max_examples=300)
def test_normalize_is_stable_and_harmless(text):
    once = normalize(text)
    assert "\x00" not in once and "\r" not in once
    assert once == unicodedata.normalize("NFKC", once)
    once.encode("utf-8")


def test_what_ends_a_clause():
    assert all(map(ends_clause, "。、・/\n")) and ends_clause("、、") and not ends_clause("要約")


@pytest.mark.parametrize(
    "text",
    ["", " ", "-", "なし", "特になし。", "特にありません", "ー", "N/A", "…", "該当なし"],
)
@pytest.mark.parametrize("book", ["tasks", "improvements", "risks", "non_use"])
def test_no_answer_to_any_question(text, book):
    assert judge(normalize(text), cc.load_codebook(book)) is Verdict.NO_ANSWER


def test_not_knowing_is_an_answer_to_why_not_and_to_nothing_else():
    assert judge(normalize("使い方がわからない"), cc.load_codebook("non_use")) is Verdict.ANSWER
    assert judge(normalize("わかりません"), cc.load_codebook("non_use")) is Verdict.ANSWER
    assert judge(normalize("わかりません"), cc.load_codebook("risks")) is Verdict.NO_ANSWER


@pytest.mark.parametrize(
    "text",
    [
        "まだ使っていない",
        "業務では使用したことがありません。",
        "ほとんど利用していないです",
        "まだ活用できていません",
        "未使用",
    ],
)
def test_not_used_is_no_answer_to_what_for(text):
    assert judge(normalize(text), cc.load_codebook("tasks")) is Verdict.NO_ANSWER


@pytest.mark.parametrize(
    "text",
    [
        "要約",
        "議事録",
        "翻訳には使っていない。主に要約",
        "なしのつぶての相手への督促文",
        "使っていないシステムの調べもの",
        "関数",
        "特になしとは言えない",
    ],
)
def test_answers_are_answers(text):
    assert judge(normalize(text), cc.load_codebook("tasks")) is Verdict.ANSWER


@pytest.mark.parametrize(
    "text", ["要約。特になし", "翻訳、なし", "なし(要約は使った)", "使っていない。翻訳だけは試した"]
)
def test_an_answer_beside_a_no_is_not_lost(text):
    assert judge(normalize(text), cc.load_codebook("tasks")) is Verdict.UNCLEAR
    coded = cc.classify([text], question="use_cases")
    assert coded["labels"][0] in {("summary",), ("translation",)} and coded["review"][0]


@pytest.mark.parametrize(
    "text",
    [
        "未回答",
        "空欄",
        "0",
        "ﾄｸﾆﾅｼ",
        "なしなし",
        "ノーコメント",
        "特にありませーん",
        "前問と同じ",
        "なかったです",
    ],
)
def test_odd_ways_of_saying_nothing(text):
    assert judge(normalize(text), cc.load_codebook("risks")) is Verdict.NO_ANSWER


@pytest.mark.parametrize("text", ["業務でない", "機会がない", "必要ない", "わからない", "思いつかない"])
def test_reasons_are_answers_to_why_not(text):
    assert judge(normalize(text), cc.load_codebook("non_use")) is Verdict.ANSWER


def test_duplicate_key_ignores_width_case_blanks_and_punctuation():
    assert duplicate_key("議事録の作成。") == duplicate_key("議事録の 作成") != duplicate_key("議事録作成")
    assert duplicate_key("。") == "。"


@given(st.text(alphabet="あ漢ｶﾞｱﾞＡaB １2①㈱。、 \n髙é", max_size=30))
def test_align_gives_positions_in_order(text):
    normalized = normalize(text)
    offsets = align(text, normalized)
    assert len(offsets) == len(normalized)
    assert offsets == sorted(offsets) and all(0 <= o < len(text) for o in offsets)


def explanation(text, word):
    start = normalize(text).index(word)
    return Explanation("x", 1.0, 0.0, (Word(word, start, start + len(word), 2.0),))


@pytest.mark.parametrize(
    ("text", "word", "shown"),
    [
        ("議事録のｻﾏﾘｰを作る", "サマリー", "ｻﾏﾘｰ"),
        ("ＶＢＡを書く", "vba", "ＶＢＡ"),
        ("ｸﾞﾗﾌを作る", "グラフ", "ｸﾞﾗﾌ"),
        ("エクセルの 関数", "関数", "関数"),
    ],
)
def test_marks_stand_in_the_comment_as_it_was_written(text, word, shown):
    segments = marked(text, explanation(text, word))
    assert [s.text for s in segments if s.weight] == [shown]
    assert "".join(s.text for s in segments) == text


@given(st.text(max_size=40), st.text(max_size=40))
def test_marked_segments_are_the_whole_comment(before, after):
    text = f"{before}要約{after}"
    if "要約" in normalize(text):
        assert "".join(s.text for s in marked(text, explanation(text, "要約"))) == text
