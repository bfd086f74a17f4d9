"""Estimates, and the intervals they are made of: against published figures, scipy, and simulated surveys."""

from math import exp, hypot, isnan, log

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from comment_classifier.closed import Chosen, chosen_table
from comment_classifier.estimates import estimated
from comment_classifier.intervals import mean_interval, median_interval, share_interval
from comment_classifier.report.figures import estimate_figures
from comment_classifier.savings import Times, savings_table
from comment_classifier.survey import ClosedQuestion, Estimate, Factor

QUESTION = ClosedQuestion(("a",), "a", ("はい", "いいえ"), "a", "全員")
STAFF, MONTHS = Factor("職員", "人", 7400), Factor("月数", "か月", 12)
HOUR = Factor("1か月の時間", "時間", 1)


def shares(**counts):
    """Tables of questions: the count of はい, of how many."""
    return {
        name: chosen_table(Chosen(n, n, 0, np.array([count, n - count]), {}), QUESTION)
        for name, (count, n) in counts.items()
    }


def share(name, **more):
    return Factor(f"割合 {name}", question=name, choice="はい", **more)


def savings(*minutes):
    day = np.array(minutes, float)
    times = Times(day, np.full(len(day), np.nan), np.ones((len(day), 1), bool), np.full(2, len(day)))
    return {"time": savings_table(times, {"x": "x"})}


def estimate(*factors, about=1.0):
    return Estimate("e", "短縮時間", "時間", factors, about)


def test_the_published_example():
    its = estimated(estimate(STAFF, share("a"), HOUR, MONTHS, about=1000), shares(a=(54, 100)), {})
    assert (its.value, its.about) == (47952.0, 48000.0)
    printed = estimate_figures(its)
    assert (printed.value, printed.exact) == ("約 48,000 時間", "47,952 時間")
    assert "「はい」54 人 ÷ 回答 100 人 ＝ 54.0 %" in printed.factors[1].source
    assert [row.sign for row in printed.factors] == ["", "×", "×", "×"]


def test_the_product_is_that_of_the_numbers_as_they_are_written():
    its = estimated(estimate(Factor("a", value=3), Factor("b", value=0.35), about=0.1), {}, {})
    assert (its.value, its.about) == (1.05, 1.1)
    third = estimated(estimate(share("a"), Factor("b", value=3)), shares(a=(1, 3)), {})
    assert third.value == 1.0


def test_a_factor_may_divide():
    halved = Factor("半分", value=2, low=1, high=4, divide=True)
    its = estimated(estimate(STAFF, halved), {}, {})
    assert (its.value, its.low, its.high) == (3700, 1850, 7400)
    ratio = estimated(estimate(share("a"), share("b", divide=True)), shares(a=(30, 100), b=(60, 100)), {})
    assert ratio.value == 0.5 and ratio.low < 0.5 < ratio.high
    assert [row.sign for row in estimate_figures(ratio).factors] == ["", "÷"]


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_one_surveyed_factor_scales_its_interval(pair):
    its = estimated(estimate(STAFF, share("a"), MONTHS), shares(a=pair), {})
    low, high = stats.binomtest(*pair).proportion_ci(method="wilson")
    assert (its.low, its.high) == pytest.approx((7400 * 12 * low, 7400 * 12 * high), rel=1e-9, abs=1e-9)


def test_a_surveyed_factor_that_divides_turns_its_interval_round():
    its = estimated(estimate(STAFF, share("a", divide=True)), shares(a=(20, 100)), {})
    low, high = share_interval(20, 100)
    assert (its.value, its.low, its.high) == pytest.approx((37000, 7400 / high, 7400 / low))


def test_two_surveyed_factors_combine_by_squares_of_logarithms():
    its = estimated(estimate(share("a"), share("b")), shares(a=(30, 100), b=(45, 60)), {})
    (low_a, high_a), (low_b, high_b) = share_interval(30, 100), share_interval(45, 60)
    assert its.low == pytest.approx(0.225 * exp(-hypot(log(low_a / 0.3), log(low_b / 0.75))))
    assert its.high == pytest.approx(0.225 * exp(hypot(log(high_a / 0.3), log(high_b / 0.75))))


@pytest.mark.parametrize(("p", "q", "n"), [(0.54, 0.7, 100), (0.2, 0.5, 60), (0.9, 0.3, 400)])
@pytest.mark.parametrize("divide", [False, True])
def test_the_interval_of_two_surveyed_factors_covers_as_often_as_it_says(p, q, n, divide):
    rng = np.random.default_rng(20260)
    first, second = rng.binomial(n, p, 2000), rng.binomial(n, q, 2000)
    product = estimate(share("a"), share("b", divide=divide))
    true, held = p / q if divide else p * q, 0
    for a, b in zip(first.tolist(), second.tolist(), strict=True):
        its = estimated(product, shares(a=(a, n), b=(b, n)), {})
        held += its.low <= true <= its.high
    assert 0.92 <= held / 2000 <= 0.98


def test_assumed_ranges_multiply_fully():
    hours = Factor("時間", value=1, low=0.5, high=2)
    staff = Factor("職員", value=100, low=80, high=110)
    its = estimated(estimate(hours, staff, MONTHS), {}, {})
    assert (its.value, its.low, its.high) == pytest.approx((1200, 480, 2640))
    alone = estimated(estimate(share("a")), shares(a=(54, 100)), {})
    both = estimated(estimate(hours, staff, share("a")), shares(a=(54, 100)), {})
    assert (both.low, both.high) == pytest.approx((40 * alone.low, 220 * alone.high))
    printed = estimate_figures(both)
    assert printed.interval and "95% 区間、前提の項は示した下限と上限による" in printed.notes[1]


def test_given_numbers_alone_have_no_interval():
    its = estimated(estimate(STAFF, MONTHS), {}, {})
    assert its.value == 88800 and isnan(its.low) and isnan(its.high)
    assert estimate_figures(its).interval == ""


def test_missing_answers_are_said():
    its = estimated(estimate(STAFF, share("a"), Factor("x", value=1, low=0, high=2)), shares(a=(0, 0)), {})
    assert isnan(its.value) and isnan(its.low) and isnan(its.high) and isnan(its.about)
    printed = estimate_figures(its)
    assert printed.value == "算出できない(割合 a：回答がない)" and printed.exact == printed.interval == ""
    assert printed.factors[1].value == "–" and "nan" not in str(printed)
    nobody = estimated(estimate(Factor("分", question="time", figure="mean_day")), {}, savings())
    assert isnan(nobody.value) and "nan" not in str(estimate_figures(nobody))


def test_nobody_who_chose_it_still_has_a_high_end():
    its = estimated(estimate(STAFF, share("a"), share("b")), shares(a=(0, 50), b=(20, 50)), {})
    assert its.value == its.low == 0
    assert its.high == pytest.approx(7400 * share_interval(0, 50)[1] * share_interval(20, 50)[1])


def test_division_by_a_share_of_0_gives_no_number():
    its = estimated(estimate(STAFF, share("a", divide=True)), shares(a=(0, 50)), {})
    assert isnan(its.value) and isnan(its.low)


def test_time_saved_as_a_factor():
    minutes = [10, 20, 20, 30, 30, 40, 60, 60, 90, 120]
    table = savings(*minutes)
    median, mean = (Factor("分", "分", question="time", figure=f"{name}_day") for name in ("median", "mean"))
    its = estimated(estimate(median, Factor("日", value=240)), {}, table)
    assert (its.value, its.low, its.high) == pytest.approx((35 * 240, 20 * 240, 90 * 240))
    assert (
        estimate_figures(its).factors[0].source == "1日あたりの短縮時間の中央値(1日あたりに直せた回答 10 件)"
    )
    its = estimated(estimate(mean, Factor("日", value=240)), {}, table)
    assert its.value == pytest.approx(48 * 240)
    assert (its.low, its.high) == pytest.approx(tuple(240 * end for end in mean_interval(np.array(minutes))))


def test_a_surveyed_factor_without_an_interval_leaves_the_whole_without():
    few = estimated(
        estimate(share("a"), Factor("分", question="time", figure="median_day")),
        shares(a=(54, 100)),
        savings(10, 20),
    )
    assert few.value == pytest.approx(8.1) and isnan(few.low) and isnan(few.high)


def test_time_lost_has_an_interval_below_0():
    its = estimated(
        estimate(Factor("分", question="time", figure="mean_day"), STAFF), {}, savings(-30, 10, -10, 20, -40)
    )
    assert its.value == -74000 and its.low < its.value < its.high
    low, high = mean_interval(np.array([-30, 10, -10, 20, -40]))
    assert (its.low, its.high) == pytest.approx((7400 * low, 7400 * high))
    per = estimated(
        estimate(STAFF, Factor("分", question="time", figure="mean_day", divide=True)),
        {},
        savings(-30, 40, 20),
    )
    assert per.value == pytest.approx(740) and isnan(per.low)  # it may be divided by 0


@pytest.mark.parametrize("n", [1, 2, 7, 54, 100, 1476, 5000])
def test_shares_have_the_interval_of_wilson(n):
    for count in range(0, n + 1, max(1, n // 50)):
        ends = stats.binomtest(count, n).proportion_ci(method="wilson")
        assert share_interval(count, n) == pytest.approx(tuple(ends), abs=1e-12)
    assert share_interval(0, n)[0] == 0.0 and share_interval(n, n)[1] == 1.0


def test_nobody_has_no_interval():
    for ends in (share_interval(0, 0), median_interval(np.array([])), mean_interval(np.array([3.0]))):
        assert isnan(ends[0]) and isnan(ends[1])
    assert isnan(median_interval(np.arange(5.0))[0])
    assert median_interval(np.array([5.0, 3, 1, 2, 6, 4])) == (1, 6)


@pytest.mark.parametrize("n", [6, 9, 17, 40, 101, 500])
def test_the_interval_of_the_median_covers_as_often_as_it_says(n):
    rng = np.random.default_rng(n)
    held = [low <= log(2) <= high for low, high in map(median_interval, rng.exponential(size=(4000, n)))]
    exact = [stats.binom.cdf(k - 1, n, 0.5) for k in range(1, n // 2 + 1)]
    promised = 1 - 2 * max(tail for tail in exact if 2 * tail <= 0.05)
    assert promised >= 0.95 and np.mean(held) == pytest.approx(promised, abs=0.012)


@pytest.mark.parametrize("n", [2, 3, 30, 1000])
def test_the_mean_has_the_interval_of_student(n):
    values = np.random.default_rng(n).gamma(2, 20, n)
    ends = stats.t.interval(0.95, n - 1, values.mean(), stats.sem(values))
    assert mean_interval(values) == pytest.approx(tuple(ends))


def test_intervals_of_a_million_values_are_found():
    values = np.random.default_rng(1).permutation(1_000_001).astype(float)
    low, high = median_interval(values)
    assert low == pytest.approx(500_000 - 980, abs=2) and high == pytest.approx(500_000 + 980, abs=2)


def test_a_frame_of_factors_says_what_is_assumed():
    its = estimated(
        estimate(Factor("職員", "人", 7400, source="人事課"), share("a")), shares(a=(54, 100)), {}
    )
    assert its.factors["kind"].tolist() == ["assumed", "surveyed"]
    assert its.factors["source"].tolist() == ["人事課", "「はい」54 人 ÷ 回答 100 人 ＝ 54.0 %"]
    assert pd.isna(its.factors["low"][0]) and its.factors["low"][1] == pytest.approx(0.4426, abs=1e-4)
