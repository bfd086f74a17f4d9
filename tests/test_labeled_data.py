"""The labelled data stay honest: as varied, as untidy and as little copied as people's comments.

Figures of real comments stand in benchmarks/data_honesty.py; the bands here are wide, since
composed comments are compared with a small sample, and one-sided where only one side is a fault.
"""

import sys

import pytest

import comment_classifier as cc
from comment_classifier.text import duplicate_key
from conftest import ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))
import data_honesty as honesty

FRAME = honesty.labelled()
LEAST = {"tasks": 5000, "improvements": 1500, "risks": 1200, "non_use": 1000}
RARE = ("proofreading", "translation", "programming", "analysis", "excel")


@pytest.mark.parametrize("name", LEAST)
def test_there_are_enough_comments_and_voices(name):
    part = FRAME[FRAME["codebook"] == name]
    assert len(part) >= LEAST[name] and part["voice"].nunique() >= 40


@pytest.mark.parametrize("category", RARE)
def test_rare_categories_have_enough_comments(category):
    assert FRAME["labels"].map(lambda labels: category in labels).sum() >= 250


def test_every_category_of_every_codebook_has_examples():
    for name in LEAST:
        for category in cc.load_codebook(name).ids:
            part = FRAME[FRAME["codebook"] == name]
            assert part["labels"].map(lambda labels, c=category: c in labels).sum() >= 50, (name, category)


def test_questions_belong_to_the_codebook():
    for name in LEAST:
        asked = {q.id for q in cc.load_codebook(name).questions}
        assert set(FRAME.loc[FRAME["codebook"] == name, "question"]) == asked


def test_every_voice_is_described_and_kept_apart():
    voices = cc.read_table(ROOT / "data" / "voices.csv").set_index("voice")
    assert set(FRAME["voice"]) == set(voices.index[voices["used_in"] == "labeled"])
    assert (voices[["job", "age", "temper", "typing"]] != "").all(axis=None)
    assert voices["job"].is_unique and voices["typing"].is_unique


def test_all_comments_are_called_composed():
    assert set(FRAME["source"]) == {"composed"}


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("length, median", 22, 42),
        ("length, 90th percentile", 85, 140),
        ("100 characters or longer", 0.09, 0.20),
        ("12 characters or shorter", 0.04, 0.20),
        ("です・ます", 0.15, 0.45),
        ("ends in 。", 0.10, 0.40),
        ("spoken fillers", 0.09, 0.35),
        ("hedges", 0.07, 0.25),
        ("tasks: two or more categories", 0.20, 0.40),
        ("tasks stated without any task word", 0.15, 0.50),
    ],
)
def test_style_is_that_of_people(name, low, high):
    assert low <= honesty.style(FRAME)[name] <= high


def test_categories_are_named_by_some_and_described_by_others():
    for category, share in honesty.literal_share(FRAME).items():
        assert 0.1 <= share <= 0.95, category


def test_no_text_is_another_voices_text_varied():
    assert honesty.near_duplicates(FRAME) == []


def test_only_short_answers_repeat():
    by_key = FRAME.assign(key=FRAME["text"].map(duplicate_key)).groupby("key")
    repeated = by_key.filter(lambda rows: rows["voice"].nunique() > 1)
    assert repeated["key"].str.len().max() < 20
    answers = repeated[repeated["labels"].map(lambda labels: "none" not in labels)]  # 「なし」 is everybody's
    assert len(answers) < 0.05 * len(FRAME)


def test_voices_have_a_vocabulary_of_their_own():
    # A frame filled again and again stays far below; the voice of the plainest words has 298.
    assert honesty.vocabulary(FRAME).min() >= 280


def test_hard_cases_are_tagged():
    notes = FRAME["note"].str.split("|").explode().value_counts()
    for tag in (
        "search-analysis",
        "writing-proofreading",
        "summary-writing",
        "ideas-writing",
        "formula-macro",
        "denial",
        "passing",
        "list",
        "spoken",
    ):
        assert notes.get(tag, 0) >= 50, tag
    known = {"search-analysis", "writing-proofreading", "summary-writing", "ideas-writing", "formula-macro"}
    assert set(notes.index) - {""} <= known | {"denial", "passing", "list", "spoken", "hedge", "off"}
