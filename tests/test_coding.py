"""classify and count, through the public door."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import comment_classifier as cc
from comment_classifier.coding import code_comments, reasons
from comment_classifier.counting import bars
from comment_classifier.explaining import deciding_words
from comment_classifier.themes import find_themes

QUESTIONS = ("use_cases", "time_saved", "quality", "burden", "improvements", "risks", "non_use")


def test_the_frame_is_as_promised():
    texts = pd.Series(["議事録の要約", None, "英文メールの翻訳"], index=[7, 3, 5])
    coded = cc.classify(texts, question="use_cases")
    book = cc.load_codebook("tasks")
    assert list(coded.index) == [7, 3, 5]
    assert list(coded.columns[:3]) == ["text", "labels", "review"]
    assert set(coded.columns[3:]) == {*book.ids, *(f"score_{i}" for i in book.ids)}
    assert coded["labels"].tolist() == [("summary",), ("none",), ("translation",)]
    assert coded["review"].dtype == bool and coded["summary"].dtype == bool
    assert coded["score_summary"].dtype == float
    assert pd.isna(coded.loc[3, "text"])


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_question_has_a_model(question):
    coded = cc.classify(["なし", "情報が古くて使えない"], question=question)
    assert coded["labels"][0] == ("none",) and coded["labels"][1]


def test_no_answer_is_decided_by_rule_with_certainty():
    coded = cc.classify(
        ["", None, float("nan"), "特になし", "  ", "まだ使っていません"], question="use_cases"
    )
    assert coded["none"].all() and (coded["score_none"] == 1).all() and not coded["review"].any()
    assert (coded.filter(like="score_").drop(columns="score_none").to_numpy() == 0).all()


def test_what_fits_nothing_becomes_other_and_is_marked(fruit_classifier):
    coded = cc.classify(["ぶどう", "りんごとみかん"], model=fruit_classifier)
    assert coded["labels"].tolist() == [("other",), ("apple", "orange")]
    assert coded["review"].tolist() == [True, False]


def test_a_score_near_its_threshold_is_marked(fruit_classifier):
    coded = cc.classify(["りんごバナナみかん"], model=fruit_classifier)
    # Three equal words: 6 / √3 - 3 = 0.46, nearer than 0.75 to the threshold.
    assert coded["labels"][0] == ("apple", "orange", "other") and coded["review"][0]


def test_counts_have_shares_of_the_answers(fruit, fruit_classifier):
    coded = cc.classify(["りんご", "りんごとみかん", "なし", "バナナ"], model=fruit_classifier)
    counts = cc.count(coded, codebook=fruit)
    assert counts["count"].tolist() == [2, 1, 1, 1] and counts.attrs["base_n"] == 3
    assert counts["share"].round(1).tolist()[:3] == [66.7, 33.3, 33.3] and np.isnan(
        counts.loc["none", "share"]
    )
    assert list(counts.columns) == ["label", "count", "share", "low", "high", "read", "distinct"]
    assert counts.index.name == "category" and counts["low"].isna().all() and (counts["read"] == 0).all()


def test_counting_nothing(fruit, fruit_classifier):
    counts = cc.count(cc.classify([], model=fruit_classifier), codebook=fruit)
    assert counts["count"].sum() == 0 and counts.attrs["base_n"] == 0


def test_bars_are_largest_first_ties_in_the_reports_order(fruit, fruit_classifier):
    coded = cc.classify(["みかん", "りんご", "みかん", "バナナ", "バナナ", "バナナ"], model=fruit_classifier)
    assert list(bars(cc.count(coded, codebook=fruit), fruit).index) == ["orange", "apple", "other"]
    tied = cc.classify(["みかん", "りんご"], model=fruit_classifier)
    assert list(bars(cc.count(tied, codebook=fruit), fruit).index) == ["apple", "orange", "other"]


@given(
    st.lists(
        st.sampled_from(["りんご", "みかん", "バナナ", "ぶどう", "なし", "りんごとみかん"]), max_size=20
    ),
    st.randoms(),
)
@settings(max_examples=50, deadline=None)
def test_counts_do_not_depend_on_the_order_of_rows(fruit, fruit_classifier, texts, random):
    shuffled = random.sample(texts, len(texts))
    one = cc.count(cc.classify(texts, model=fruit_classifier), codebook=fruit)
    two = cc.count(cc.classify(shuffled, model=fruit_classifier), codebook=fruit)
    pd.testing.assert_frame_equal(one, two)
    assert one.attrs["base_n"] + one.loc["none", "count"] == len(texts)


@given(st.lists(st.text(max_size=20), max_size=10))
@settings(max_examples=50, deadline=None)
def test_every_row_gets_at_least_one_category(tasks_model, texts):
    flags = tasks_model.predict(texts)
    assert flags.shape == (len(texts), len(tasks_model.classes_)) and flags.any(axis=1).all()
    none = list(tasks_model.classes_).index("none")
    assert not (flags[:, none] & (flags.sum(axis=1) > 1)).any()


def test_many_processes_give_the_same(tasks_model, monkeypatch):
    monkeypatch.setattr("comment_classifier.coding.PIECE", 5)
    texts = [f"議事録{i}の要約" for i in range(12)] + ["なし"] * 3
    book = cc.load_codebook("tasks")
    one, two = (code_comments(tasks_model.model_, book, texts, n_jobs) for n_jobs in (1, 2))
    np.testing.assert_array_equal(one.scores, two.scores)
    np.testing.assert_array_equal(one.flags, two.flags)


def test_reasons_name_the_deciding_words(fruit, fruit_classifier):
    book, model = fruit, fruit_classifier.model_
    texts = ["りんごがいい", "なし", "ぶどう"]
    coding = code_comments(model, book, texts)
    said = reasons(model, book, texts, coding.flags)
    assert said[0].startswith("りんご: 「りんご」+4.2") and "回答なしの規則" in said[1]
    assert said[2] == "その他: 決め手となる語なし"


def test_repeated_words_count_together(fruit_classifier):
    apple = np.array([fruit_classifier.book.learned.index("apple")])
    (((word, weight), *_),) = deciding_words(
        fruit_classifier.model_, ["りんごとりんごとりんご"], np.zeros(1, np.int64), apple
    )
    assert word == "りんご" and weight == pytest.approx(6.0)


def test_wrong_calls_say_what_is_wrong(fruit):
    with pytest.raises(cc.InputError, match=r"Use one of .*use_cases"):
        cc.classify(["a"], question="usecases")
    with pytest.raises(cc.InputError, match="list"):
        cc.classify("議事録", question="use_cases")
    with pytest.raises(cc.InputError, match="which question"):
        cc.classify(["a"])
    with pytest.raises(cc.InputError, match="no column 'apple'"):
        cc.count(pd.DataFrame({"text": []}), codebook=fruit)


def test_odd_values_do_not_stop_it():
    odd = ["\x00", "\ud800", "あ" * 1_000_000, "\u202e逆", "🙂" * 50, 3, ["list"], "\n\n", "‮" * 20]
    coded = cc.classify(odd, question="use_cases")
    assert len(coded) == len(odd) and coded["labels"].map(len).min() >= 1


def test_themes_gather_like_comments_and_need_enough_of_them(tasks_model):
    music = [
        f"{x}の作曲をしてもらった"
        for x in ("園歌", "祭り", "式典", "運動会", "番組", "劇", "朝礼", "催し", "動画", "放送", "歌")
    ]
    pictures = [
        f"{x}のイラストの生成" for x in ("猫", "犬", "花", "山", "川", "城", "鳥", "魚", "虫", "木", "空")
    ]
    themes = find_themes(tasks_model.model_, music + pictures + pictures)
    assert [t.size for t in themes] == [11, 11]  # each text once
    assert any("イラスト" in t.words and "イラスト" in t.quotes[0] for t in themes)
    assert find_themes(tasks_model.model_, music) == []
