"""Typical comments: which may be quoted, and that the middle of a category comes first."""

import pandas as pd
import pytest

import comment_classifier as cc
from comment_classifier.codebook import load_codebook
from comment_classifier.masking import mask
from comment_classifier.typical import LONGEST, SHORTEST, typical_comments
from conftest import EXAMPLES

TEXTS = [
    "会議の議事録の要約に使っています",
    "長い資料の要約に使っています。",
    "会議の議事録の要約",
    "議事録の要約と文字起こしの整形",
    "英文メールの翻訳",
    "英語の資料の翻訳に使いました",
    "なし",
    "",
]


@pytest.fixture(scope="module")
def example():
    """All comments of the example wave on what is done with it."""
    table = cc.read_table(EXAMPLES / "staff_survey_2024.csv")
    coded = cc.classify(table["具体的な利用事例を教えてください"], question="use_cases")
    return coded.reset_index(drop=True)


@pytest.fixture(scope="module")
def book():
    return load_codebook("tasks")


@pytest.fixture(scope="module")
def chosen(example, book, tasks_model):
    return typical_comments(tasks_model.model_, book, example)


def coded_as(category, texts, book, **more):
    """Comments that all have one category and no review mark."""
    flags = {name: [name == category] * len(texts) for name in book.ids}
    return pd.DataFrame({"text": texts, "review": [False] * len(texts), **flags, **more})


def test_every_category_but_no_answer_has_its_list(chosen, book):
    assert list(chosen) == [c.id for c in book.categories if c.role != "none"]
    assert all(len(rows) <= 3 for rows in chosen.values()) and len(chosen["search"]) == 3


def test_the_comments_chosen_keep_the_rule(chosen, example):
    for category, rows in chosen.items():
        for row in rows:
            text = example.at[row, "text"]
            assert example.at[row, category] and not example.at[row, "review"], text
            assert SHORTEST <= len(text) <= LONGEST and mask(text) == text
        assert len({example.at[row, "text"] for row in rows}) == len(rows)


def test_the_same_comments_give_the_same_choice(chosen, example, book, tasks_model):
    assert typical_comments(tasks_model.model_, book, example) == chosen
    one = typical_comments(tasks_model.model_, book, example, n=1)
    assert one == {category: rows[:1] for category, rows in chosen.items()}


def test_what_a_person_should_look_at_is_not_quoted(book, tasks_model):
    coded = coded_as("summary", TEXTS[:4], book)
    coded["review"] = [True, True, False, True]
    assert typical_comments(tasks_model.model_, book, coded)["summary"] == [2]


@pytest.mark.parametrize(
    "personal",
    [
        "田中太郎さんの会議の議事録の要約",
        "議事録の要約(090-1234-5678)",
        "議事録の要約 taro@example.jp へ送る",
    ],
)
def test_personal_data_are_not_quoted(personal, book, tasks_model):
    assert mask(personal) != personal
    coded = coded_as("summary", [personal, "会議の議事録の要約に使う"], book)
    assert typical_comments(tasks_model.model_, book, coded)["summary"] == [1]


def test_line_breaks_and_full_width_letters_are_no_personal_data(book, tasks_model):
    coded = coded_as("summary", ["議事録の要約。\n資料の要約！ＡＩで\r\nすぐ終わる"], book)
    assert typical_comments(tasks_model.model_, book, coded)["summary"] == [0]


def test_lengths_at_the_edges(book, tasks_model):
    texts = ["要" * (SHORTEST - 1), "議事録の要約する" + "る" * (LONGEST - SHORTEST + 1), "議事録の要約する"]
    assert [len(text) for text in texts] == [SHORTEST - 1, LONGEST + 1, SHORTEST]
    assert typical_comments(tasks_model.model_, book, coded_as("summary", texts, book))["summary"] == [2]


def test_one_wording_is_quoted_once(book, tasks_model):
    texts = ["会議の議事録の要約"] * 50 + ["会議の議事録の要約。", "英文メールの翻訳", "関数を調べる用途"]
    rows = typical_comments(tasks_model.model_, book, coded_as("summary", texts, book))["summary"]
    assert sorted(texts[row] for row in rows) == sorted([texts[0], texts[51], texts[52]]) and 0 in rows


def test_one_wording_is_quoted_once_though_the_model_knows_no_word_of_it(fruit, fruit_model):
    coded = coded_as("other", ["ぶどう、メロン、すいか", "ぶどう・メロン・すいか。"], fruit)
    assert typical_comments(fruit_model, fruit, coded)["other"] == [0]


def test_the_middle_comes_first_and_what_is_much_like_it_not_again(book, tasks_model):
    texts = ["英文メールの翻訳に使う", *TEXTS[:4], "会議の議事録の要約をする"]
    rows = typical_comments(tasks_model.model_, book, coded_as("summary", texts, book))["summary"]
    assert "議事録の要約" in texts[rows[0]]
    assert rows[-1] == 0  # far from the middle, but unlike the rest


def test_copies_do_not_hide_the_others(book, tasks_model):
    """Of 5,000 comments 300 are looked at, and they are 300 different ones."""
    texts = ["会議の議事録の要約"] * 4998 + ["英文メールの翻訳", "関数を調べる用途"]
    rows = typical_comments(tasks_model.model_, book, coded_as("summary", texts, book))["summary"]
    assert sorted(rows) == [0, 4998, 4999]


def test_no_comments_give_empty_lists(book, tasks_model):
    none = cc.classify([], question="use_cases")
    blank = cc.classify(["", "なし"], question="use_cases")
    for coded in (none, blank, coded_as("summary", [], book)):
        found = typical_comments(tasks_model.model_, book, coded)
        assert set(map(tuple, found.values())) == {()} and len(found) == len(book.ids) - 1
