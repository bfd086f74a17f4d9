"""Two waves: chance is not called a change, a change is found, and what cannot be compared is refused."""

import json

import numpy as np
import pandas as pd
import pytest

import comment_classifier as cc
from comment_classifier.batch import classify_file
from comment_classifier.comparison import compare_runs, compare_with_published
from comment_classifier.waves import compare_waves, unknown_words
from conftest import EXAMPLES

HIT, FALSE_ALARM = 0.93, 0.01


def held_out(fruit, hit=HIT, alarm=FALSE_ALARM):
    figures = {"score_in": hit, "score_out": alarm}
    return {
        "categories": dict.fromkeys(fruit.ids, figures),
        "wobble": dict.fromkeys(fruit.ids, 0.002),
    }


def wave(rng, fruit, n, share):
    """A wave as the machine sees it: true apples with misses and false alarms."""
    truth = rng.random(n) < share
    given = np.where(truth, rng.random(n) < HIT, rng.random(n) < FALSE_ALARM)
    columns = {c: np.zeros(n, bool) for c in fruit.ids}
    frame = pd.DataFrame({**columns, "apple": given, "orange": rng.random(n) < 0.3})
    return frame.assign(**{f"score_{c}": frame[c].astype(float) for c in fruit.ids})


def test_the_same_wave_twice_shows_no_change_in_95_percent_of_trials(fruit):
    rng = np.random.default_rng(0)
    figures = held_out(fruit)
    trials = 300
    quiet = sum(
        not compare_waves(wave(rng, fruit, 500, 0.2), wave(rng, fruit, 500, 0.2), fruit, figures)[
            "changed"
        ].any()
        for _ in range(trials)
    )
    assert quiet >= 0.95 * trials


def test_a_change_of_five_points_is_found_in_80_percent_of_trials(fruit):
    rng = np.random.default_rng(1)
    found, total, trials = 0, 0.0, 200
    for _ in range(trials):
        frame = compare_waves(
            wave(rng, fruit, 1000, 0.10), wave(rng, fruit, 1000, 0.15), fruit, held_out(fruit)
        )
        found += frame.loc["apple", "changed"]
        total += frame.loc["apple", "difference"]
    assert found >= 0.8 * trials
    assert total / trials == pytest.approx(5.0, abs=0.4)  # the misses are corrected for


def test_a_category_that_the_model_cannot_tell_is_not_judged(fruit):
    rng = np.random.default_rng(2)
    blind = held_out(fruit, hit=0.25, alarm=0.1)
    frame = compare_waves(wave(rng, fruit, 100, 0.2), wave(rng, fruit, 100, 0.8), fruit, blind)
    assert frame["difference"].isna().all() and not frame["changed"].any()


def test_reading_lifts_what_the_model_cannot_tell(fruit):
    rng = np.random.default_rng(3)
    blind = held_out(fruit, hit=0.25, alarm=0.1)
    waves = [wave(rng, fruit, 400, share) for share in (0.2, 0.8)]
    read = [
        pd.DataFrame({"labels": [("apple",)] * yes + [("other",)] * (100 - yes), "chosen": "random"})
        for yes in (20, 80)
    ]
    frame = compare_waves(*waves, fruit, blind, tuple(read))
    assert frame.loc["apple", "changed"] and 40 < frame.loc["apple", "difference"] < 80
    assert (frame.attrs["first_read"], frame.attrs["second_read"]) == (100, 100)
    one_read = compare_waves(*waves, fruit, blind, (read[0], None))
    assert np.isnan(one_read.loc["apple", "difference"])  # the other wave is as untold as before


def test_all_read_is_a_test_of_two_shares(fruit):
    rng = np.random.default_rng(4)
    frame = wave(rng, fruit, 200, 0.5)
    labels = [("apple",)] * 100 + [("other",)] * 100
    read = pd.DataFrame({"labels": labels, "chosen": "random"})
    compared = compare_waves(frame, frame, fruit, held_out(fruit), (read, read))
    reach = compared.loc["apple", "high"] / 2.39  # points; 2.39 is the normal quantile for three categories
    assert compared.loc["apple", "difference"] == 0
    assert reach == pytest.approx(100 * np.sqrt(2 * 0.25 / 200), rel=0.02)


def test_through_the_public_door():
    first = cc.classify(["議事録の要約"] * 60 + ["英文メールの翻訳"] * 60, question="use_cases")
    second = cc.classify(["議事録の要約"] * 110 + ["英文メールの翻訳"] * 10, question="use_cases")
    frame = cc.compare(first, second, question="use_cases")
    assert frame.loc["translation", "changed"] and frame.loc["translation", "difference"] < -30
    assert not frame.loc["excel", "changed"]


def test_unknown_words_are_counted_and_rare_ones_stay_out(tasks_model):
    share, words = unknown_words(
        tasks_model.model_, ["議事録の要約"] * 3 + ["ヌルハチの冊封"] * 3 + ["ホンタイジ"]
    )
    assert 0.3 < share < 1 and "冊封" in words and "ホンタイジ" not in words


def test_folders_are_compared_and_charted(tmp_path):
    survey = cc.load_survey(EXAMPLES / "staff_survey_2024.toml")
    classify_file(EXAMPLES / "staff_survey_2024.csv", survey, tmp_path / "a")
    compared = compare_runs(tmp_path / "a", tmp_path / "a", tmp_path / "out")
    assert list(compared) == list(survey.order)
    assert all((frame["difference"] == 0).all() and not frame["changed"].any() for frame in compared.values())
    assert (tmp_path / "out" / "comparison.csv").exists()
    assert (tmp_path / "out" / "charts" / "comparison_risks.png").stat().st_size > 10_000


def test_waves_of_another_model_or_codebook_are_refused(tmp_path):
    survey = cc.load_survey(EXAMPLES / "staff_survey_2024.toml")
    classify_file(EXAMPLES / "staff_survey_2024.csv", survey, tmp_path / "a")
    for key, what in (("model_sha256", "another model"), ("codebook_sha256", "another codebook")):
        (tmp_path / what).mkdir()
        for name in ("run.json", "comments.csv", "closed.csv"):
            (tmp_path / what / name).write_bytes((tmp_path / "a" / name).read_bytes())
        run = json.loads((tmp_path / what / "run.json").read_text(encoding="utf-8"))
        run["questions"][0][key] = "0" * 64
        (tmp_path / what / "run.json").write_text(json.dumps(run), encoding="utf-8")
        with pytest.raises(cc.InputError, match=f"{what} .* Classify the earlier wave's file again"):
            compare_runs(tmp_path / "a", tmp_path / what, tmp_path / "out")
    with pytest.raises(cc.InputError, match=r"holds no usable run\.json"):
        compare_runs(tmp_path / "a", tmp_path, tmp_path / "out")


def test_a_wave_stands_beside_published_figures(tmp_path):
    survey = cc.load_survey(EXAMPLES / "staff_survey_2024.toml")
    classify_file(EXAMPLES / "staff_survey_2024.csv", survey, tmp_path / "a")
    compared = compare_with_published("kumamoto_2024", tmp_path / "a", tmp_path / "out")
    assert set(compared) == {"use_cases", "risks", "non_use"}
    uses = compared["use_cases"]
    assert uses["first"].sum() == pytest.approx(100) == uses["second"].sum()
    assert uses.loc["search", "first"] == pytest.approx(100 * 177 / 596)
    assert (uses["first"] - uses["second"]).abs().max() < 2  # the example wave's true counts are these
    assert (tmp_path / "out" / "charts" / "published_use_cases.svg").exists()
    trial = compare_with_published("kumamoto_2023_trial", tmp_path / "a", tmp_path / "out")["use_cases"]
    assert trial["first"].isna().all() and trial["first_rank"].tolist() == list(range(1, 9))
    with pytest.raises(cc.InputError, match="Known: kumamoto_2023_trial, kumamoto_2024"):
        compare_with_published("atlantis", tmp_path / "a", tmp_path / "out")
