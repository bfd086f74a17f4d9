"""The example wave against its known truth: every bar, and the report's order."""

import pandas as pd
import pytest

import comment_classifier as cc
from comment_classifier.labels import read_labels
from comment_classifier.no_answer import Verdict, judge
from comment_classifier.text import duplicate_key, normalize
from conftest import EXAMPLES, ROOT

WAVE = cc.read_table(EXAMPLES / "staff_survey_2024.csv")
TRUTH = cc.read_table(EXAMPLES / "staff_survey_2024_truth.csv")
SURVEY = cc.load_survey(EXAMPLES / "staff_survey_2024.toml")


def true_counts(question):
    labels = TRUTH.loc[TRUTH["question"] == question, "labels"].str.split("|").explode()
    return labels.value_counts()


def asked(question):
    return next(q for q in SURVEY.questions if q.question == question)


@pytest.fixture(scope="module")
def counted():
    return {
        q.question: cc.count(cc.classify(WAVE[q.column], question=q.question), question=q.question)["count"]
        for q in SURVEY.questions
    }


def test_the_truth_is_exactly_the_reports_counts():
    for question, book in (("use_cases", "tasks"), ("risks", "risks")):
        published = cc.load_codebook(book).reference(question).values
        assert {c: int(true_counts(question)[c]) for c in published} == published
    answers = (WAVE[asked("use_cases").column] != "").sum()
    assert 450 <= answers <= 700


def test_the_nine_bars_stand_in_the_reports_order(counted, capsys):
    truth = cc.load_codebook("tasks").reference("use_cases").values
    found = counted["use_cases"][list(truth)]
    error = sum(abs(int(found[c]) - truth[c]) for c in truth)
    with capsys.disabled():
        bars = ", ".join(f"{c} {int(found[c])}/{truth[c]}" for c in truth)
        print(f"\nexample wave: sum of absolute errors {error} of {sum(truth.values())} ({bars})")
    assert list(found) == sorted(found, reverse=True), "another order than the report's"
    assert error <= 0.06 * sum(truth.values())


def test_the_first_risk_is_the_reports_first(counted):
    truth = cc.load_codebook("risks").reference("risks").values
    found = counted["risks"][list(truth)]
    assert found.idxmax() == "incorrect" and found.idxmin() == "ethics"
    assert sum(abs(int(found[c]) - truth[c]) for c in truth) <= 0.12 * sum(truth.values())


def test_no_answer_of_the_wave_is_in_the_labelled_data():
    names = ("tasks", "improvements", "risks", "non_use")
    labelled = pd.concat(
        [read_labels(ROOT / "data" / "labeled" / f"{n}.csv", cc.load_codebook(n)) for n in names]
    )
    known = set(map(duplicate_key, labelled["text"]))
    for question in SURVEY.questions:
        for answer in WAVE[question.column]:
            # 「なし」 and the like are everybody's.
            if judge(normalize(answer), question.codebook) is not Verdict.NO_ANSWER:
                assert duplicate_key(answer) not in known, answer
    assert not set(labelled["voice"]) & set(TRUTH["voice"])
