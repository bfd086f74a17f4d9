"""Counts with intervals: what was read is exact, the unread are estimated, and nothing pretends."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

import comment_classifier as cc
from comment_classifier.intervals import binned, sample_estimate, shift_estimates, stratified_estimate


def made_up(rng, n=800, shift=0.0):
    """Scores of n comments and truths that follow them, but for a shift."""
    logits = rng.normal(-2.5, 2, n)
    return logits, rng.random(n) < expit(logits + shift)


def shift_estimate(read_logits, read_flags, unread_logits):
    (estimate,) = shift_estimates(read_logits[:, None], read_flags[:, None], [binned(unread_logits)])
    return estimate


@pytest.mark.parametrize("shift", [-1.0, 0.0, 1.0])
def test_intervals_hold_the_truth_as_often_as_they_say(shift):
    rng = np.random.default_rng(1)
    covered, widths, alone = 0, 0.0, 0.0
    for _ in range(200):
        logits, truth = made_up(rng, shift=shift)
        read, unread = np.split(rng.permutation(len(logits)), [100])
        estimate = shift_estimate(logits[read], truth[read], logits[unread])
        covered += estimate.low <= truth[unread].sum() <= estimate.high
        widths += estimate.high - estimate.low
        by_hand = sample_estimate(truth[read], len(unread))
        alone += by_hand.high - by_hand.low
    assert covered >= 184  # 95 % of 200 less three standard deviations
    assert widths < 0.9 * alone


def test_the_cross_check_covers_too():
    rng = np.random.default_rng(2)
    covered = 0
    for _ in range(200):
        logits, truth = made_up(rng, shift=0.5)
        read, unread = np.split(rng.permutation(len(logits)), [100])
        estimate = stratified_estimate(
            logits[read] > 0, truth[read], int((logits[unread] > 0).sum()), int((logits[unread] <= 0).sum())
        )
        covered += estimate.low <= truth[unread].sum() <= estimate.high
    assert covered >= 184


@given(st.integers(0, 2**32 - 1), st.integers(0, 60))
@settings(max_examples=40, deadline=None)
def test_estimates_stay_within_what_is_possible(seed, size):
    rng = np.random.default_rng(seed)
    logits, truth = made_up(rng, 60)
    read, unread = np.split(rng.permutation(60), [size])
    estimate = shift_estimate(logits[read], truth[read], logits[unread])
    assert 0 <= estimate.low <= estimate.high <= len(unread)
    assert 0 <= estimate.expected <= len(unread)


def test_a_rare_category_can_be_none_at_all():
    estimate = shift_estimate(np.full(100, -6.0), np.zeros(100, bool), np.full(500, -6.0))
    assert estimate.low == 0 and estimate.high <= 10


@pytest.fixture
def coded(fruit_classifier):
    return cc.classify(["りんご", "りんごとみかん", "なし", "バナナ"] * 25, model=fruit_classifier)


def reading(rows, labels, chosen="random"):
    return pd.DataFrame({"labels": labels, "chosen": chosen}, index=rows)


def test_without_reading_there_is_no_interval(coded, fruit):
    counts = cc.count(coded, codebook=fruit)
    assert counts.loc["apple", "count"] == 50 and counts[["low", "high"]].isna().all(axis=None)
    assert counts.attrs["random_n"] == 0


def test_what_was_read_counts_as_read(coded, fruit):
    everything = reading(coded.index, [("orange",)] * 100)
    counts = cc.count(coded, codebook=fruit, read=everything)
    assert counts["count"].tolist() == [0, 100, 0, 0]
    assert counts["low"].tolist() == counts["high"].tolist() == counts["count"].tolist()
    assert counts["read"].tolist() == [0, 100, 0, 0] and counts.attrs["base_n"] == 100


def test_picked_comments_count_once_read_and_speak_for_no_other(coded, fruit):
    picked = reading([0, 4], [("orange",)] * 2, "picked")
    counts = cc.count(coded, codebook=fruit, read=picked)
    assert counts.loc["apple", "count"] == 48 and counts.loc["orange", "count"] == 27
    assert counts["low"].isna().all() and counts.attrs["read_n"] == 2


def test_a_random_sample_gives_an_interval_round_the_count(coded, fruit):
    labels = [tuple(coded.loc[i, "labels"]) for i in range(40)]
    counts = cc.count(coded, codebook=fruit, read=reading(range(40), labels))
    assert ((counts["low"] <= counts["count"]) & (counts["count"] <= counts["high"])).all()
    assert counts.loc["apple", "low"] >= 20 and counts.loc["apple", "high"] <= 60
    assert counts.loc["apple", "read"] == 20


def test_a_category_that_was_never_learned_is_counted_by_hand_only(coded, fruit):
    coded.attrs["unlearned"] = ["orange"]
    counts = cc.count(coded, codebook=fruit, read=reading([0, 1], [("apple",), ("orange",)]))
    assert counts.loc["orange", "count"] == 1 and np.isnan(counts.loc["orange", "low"])
    assert counts.attrs["hand_only"] == ["orange"]


def test_a_disagreeing_cross_check_is_reported(fruit):
    scores = np.r_[np.full(50, 0.9), np.full(450, 0.001)]
    frame = pd.DataFrame({"apple": scores > 0.5, "score_apple": scores})
    for name in ("orange", "other", "none"):
        frame[name], frame[f"score_{name}"] = False, 0.01
    rows = list(range(40, 140))  # the sample finds apples everywhere, against all scores
    counts = cc.count(frame, codebook=fruit, read=reading(rows, [("apple",)] * 60 + [("orange",)] * 40))
    assert isinstance(counts.attrs["doubtful"], list)


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        (pd.DataFrame({"labels": [("apple",)]}, index=[0]), "no column 'chosen'"),
        (reading([999], [("apple",)]), "999 is not among"),
        (reading([0, 0], [("apple",)] * 2), "stands twice"),
        (reading([0], [("apple",)], "guess"), "chosen is 'guess'"),
        (reading([0], [("grape",)]), "'grape' is no category"),
    ],
)
def test_a_wrong_reading_is_refused(coded, fruit, read, expected):
    with pytest.raises(cc.InputError, match=expected):
        cc.count(coded, codebook=fruit, read=read)


def test_blank_comments_are_not_estimated(tasks_model):
    coded = cc.classify(["議事録の要約"] * 50 + [None] * 50, question="use_cases")
    read = reading(range(20), [("writing",)] * 20)  # against all that the model says
    counts = cc.count(coded, question="use_cases", read=read)
    assert counts.attrs["base_n"] <= 50 and counts.loc["none", "count"] >= 50
    assert (counts["high"].drop("none") <= 50).all() and (counts["share"].dropna() <= 100).all()


@pytest.mark.parametrize("labels", [("none", "apple"), ()])
def test_a_reading_that_no_sheet_could_hold_is_refused(coded, fruit, labels):
    with pytest.raises(cc.InputError, match="at least one category"):
        cc.count(coded, codebook=fruit, read=reading([3], [labels]))
