"""Every published figure that the example survey can give, with the report's rounding; and what changed."""

import sys

import pytest

import comment_classifier as cc
from comment_classifier.comparison import compare_runs
from comment_classifier.report.figures import comparison_figures
from comment_classifier.toml_reader import parse_toml
from conftest import EXAMPLES, ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))
from kumamoto import PUBLISHED, WAVES, classified, rows

PRINTED = {wave: parse_toml(PUBLISHED / f"{wave}.toml")["figure"] for wave in WAVES}
CASES = [(wave, f["question"], label) for wave in WAVES for f in PRINTED[wave] for label in f["values"]]
FREE = {"use_cases", "risks"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("kumamoto")


@pytest.fixture(scope="module")
def results(folder):
    return {wave: classified(wave, folder / wave) for wave in WAVES}


@pytest.fixture(scope="module")
def beside(results):
    return {(w, r.question, r.label): r for w in WAVES for r in rows(w, results[w])}


@pytest.fixture(scope="module")
def compared(results, folder):
    return compare_runs(folder / WAVES[0], folder / WAVES[1], folder / "compared")


@pytest.mark.parametrize(("wave", "question", "label"), CASES)
def test_a_published_figure_comes_out_of_the_example(beside, wave, question, label):
    row = beside[wave, question, label]
    if question in FREE:  # read by the machine: the labels are as published, the reading is near them
        assert row.true == row.published
        assert abs(row.found - row.published) <= (1 if row.unit == "順位" else 0.12 * row.published + 3)
    else:
        assert row.found == row.published


def test_the_shares_that_miss_100_say_so(results):
    from comment_classifier.report.figures import closed_figures

    burden = next(r for r in results[WAVES[1]].closed if r.asked.question == "burden_change")
    assert sum(choice.share for choice in closed_figures(burden).choices) == pytest.approx(100.1)
    assert "合計は 100.1 % になる" in closed_figures(burden).notes[0]


def test_the_estimate_is_the_published_one_to_the_hour(results):
    from comment_classifier.report.figures import estimate_figures

    (hours,) = results[WAVES[0]].estimates
    shown = estimate_figures(hours)
    assert hours.value == pytest.approx(47_952, abs=1e-6) and hours.low < 47_952 < hours.high
    assert shown.value == "約 48,000 時間" and shown.exact == "47,952 時間"
    assert [factor.label for factor in shown.factors] == [f.label for f in hours.estimate.factors]


@pytest.mark.parametrize("question", ["time_shortened", "quality_up", "burden_change"])
def test_effects_are_lower_than_in_the_trial(compared, question):
    shown = comparison_figures(question, compared[question])
    assert "は前の回より低下している" in shown.sentences[0] and shown.pairs[0].changed


def test_the_time_saved_is_half_an_hour_a_day_with_its_base(results):
    (asked,) = [r for r in results[WAVES[1]].questions if r.savings is not None]
    row = asked.savings.loc["all"]
    assert row["median_day"] == 30 and row["median_day_low"] <= 30 <= row["median_day_high"]
    assert 40 <= row["with_day"] < row["with_time"] < row["comments"] == asked.counts.attrs["base_n"]


def test_the_trial_has_100_participants_and_its_labels_the_published_order(results):
    assert results[WAVES[0]].n == 100 and results[WAVES[1]].n == 2294
    truth = cc.read_table(EXAMPLES / "trial_2023_truth.csv")
    labels = truth.loc[truth["question"] == "use_cases", "labels"].str.split("|").explode().value_counts()
    book = cc.load_codebook("tasks")
    published = next(r.order for r in book.references if r.id == "kumamoto_2023_trial")
    counts = [int(labels[category]) for category in published]
    assert counts == sorted(counts, reverse=True) and len(set(counts)) == len(counts) and counts[0] <= 35
