"""Closed questions: what a cell says, who was asked, and that the parts of a file add up to it."""

import json
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import comment_classifier as cc
from comment_classifier import parts
from comment_classifier.batch import classify_again, classify_file, classify_parts
from comment_classifier.chunk import Plan
from comment_classifier.closed import asked_of, chosen_by, chosen_by_group, chosen_table, count_chosen
from comment_classifier.crosstab import MISSING
from comment_classifier.rounding import half_up, percent, to_step
from comment_classifier.runs import read_run
from comment_classifier.survey import ClosedQuestion, Group
from conftest import FRUIT

CHOICES = ("毎日", "週に1～2回", "その他")
ONE = ClosedQuestion(("頻度",), "often", CHOICES, "頻度", "回答者全員")
SEVERAL = replace(ONE, several=True, separator=";")
EACH = replace(ONE, columns=("毎日か", "週か", "他か"), several=True)
USERS = Group("users", "利用者", "利用", ("利用している",))


def frame(**columns):
    return pd.DataFrame(columns, dtype=object)


def read(question, *cells):
    """The choices that each cell of one column holds, by number."""
    chosen = chosen_by(frame(**{question.columns[0]: list(cells)}), question)
    return [np.flatnonzero(row).tolist() for row in chosen]


@pytest.mark.parametrize(
    "cell", ["週に1～2回", "週に1〜2回", "週に１~２回", " 週に 1～2 回\n", "週に1～２回　"]
)
def test_width_wave_dash_and_blanks_make_no_difference(cell):
    assert read(ONE, cell) == [[1]]


@pytest.mark.parametrize("cell", ["1-2回", "1－2回", "1−2回", "1‐2回", "１—２回"])
def test_a_dash_is_one_in_every_encoding(cell):
    assert read(replace(ONE, choices=("1-2回", "3回")), cell) == [[0]]


def test_latin_letters_in_either_case_are_one_choice():
    assert read(replace(ONE, choices=("ChatGPT", "Copilot")), "chatgpt", "ＣＯＰＩＬＯＴ") == [[0], [1]]


@pytest.mark.parametrize(
    ("cell", "chosen"),
    [
        ("毎日;週に1～2回;", [0, 1]),
        ("毎日", [0]),
        ("その他；毎日；", [0, 2]),
        ("毎日; 週に1〜2回 ;;", [0, 1]),
        ("毎日;毎日", [0]),
        (";", []),
        ("", []),
    ],
)
def test_several_choices_in_one_cell(cell, chosen):
    assert read(SEVERAL, cell) == [chosen]


@pytest.mark.parametrize("separator", ["\n", "、", ", "])
def test_other_separators(separator):
    assert read(replace(SEVERAL, separator=separator), separator.join(CHOICES[:2])) == [[0, 1]]


def test_blanks_round_a_separator_do_not_matter():
    assert read(replace(SEVERAL, separator=", "), "毎日,その他") == [[0, 2]]


def test_blanks_round_the_name_of_a_group_make_no_other_group():
    chosen = count_chosen(frame(頻度=["毎日"] * 5, 課=["甲", " 甲", "甲\u3000", " ", None]), ONE, ["課"])
    groups = chosen_by_group(chosen, ONE)["課"].drop_duplicates("group")
    assert groups[["group", "rows"]].to_numpy().tolist() == [["甲", 3], [MISSING, 2]]


def test_a_single_choice_may_hold_what_separates_others():
    assert read(replace(ONE, choices=("A;B", "C")), "Ａ；Ｂ") == [[0]]


def test_marks_in_a_column_per_choice():
    rows = frame(
        **{"毎日か": ["○", "1", "", "✔"], "週か": ["×", "週に1〜2回", "0", "TRUE"], "他か": ["", "", "", "-"]}
    )
    assert chosen_by(rows, EACH).tolist() == [
        [True, False, False], [True, True, False], [False] * 3, [True, True, False],
    ]  # fmt: skip


def test_texts_of_ones_own_count_as_other():
    assert read(replace(ONE, other="その他"), "気が向いたら", "毎日", "") == [[2], [0], []]
    assert read(replace(SEVERAL, other="その他"), "毎日;気が向いたら;") == [[0, 2]]
    rows = frame(**{"毎日か": ["", "○"], "週か": ["", ""], "他か": ["気が向いたら", "0"]})
    chosen = chosen_by(rows, replace(EACH, other="その他"))
    assert chosen.tolist() == [[False, False, True], [True, False, False]]


def test_cells_that_are_no_texts_are_read_all_the_same():
    ratings = replace(ONE, choices=("1", "2"))
    assert read(ratings, 1, 2.0, np.nan, None, pd.NA, "２") == [[0], [1], [], [], [], [1]]
    rows = frame(**{"毎日か": [1.0, np.nan], "週か": [True, False], "他か": [0, None]})
    assert chosen_by(rows, EACH).tolist() == [[True, True, False], [False, False, False]]


@pytest.mark.parametrize(
    ("question", "cells", "said"),
    [
        (
            ONE,
            ["毎日", "", "毎週"],
            ["answer 3 (row 4", "'頻度'", "'毎週'", "choices of 'often'", "Add it to choices"],
        ),
        (SEVERAL, ["毎日;毎週;"], ["answer 1 (row 2", "'毎日;毎週;'", 'other = "..."']),
        (EACH, ["たまに"], ["answer 1", "'毎日か'", "'たまに'", "(1, ○)", "Correct the cell"]),
        (ONE, [3.5], ["'3.5'"]),
    ],
)
def test_an_unlisted_text_is_named_with_answer_column_and_remedy(question, cells, said):
    rows = frame(**dict.fromkeys(question.columns, cells))
    with pytest.raises(cc.InputError) as error:
        chosen_by(rows, question)
    assert [piece for piece in said if piece not in str(error.value)] == []


def test_all_unlisted_texts_are_named_at_once_but_for_a_multitude():
    with pytest.raises(cc.InputError, match=r"answer 2 .*'甲'.*\(nor '乙'\)"):
        read(ONE, "毎日", "甲", "乙", "甲")
    with pytest.raises(cc.InputError, match=r"'a0'.*\(nor 'a1', 'a2', 'a3', …\)"):
        read(ONE, *(f"a{i}" for i in range(50)))


def test_blank_cells_are_no_answer():
    chosen = count_chosen(frame(頻度=["毎日", "", " ", "　", "その他"]), ONE, [])
    table = chosen_table(chosen, ONE)
    assert table["count"].tolist() == [1, 0, 1]
    assert table["share"].tolist() == [50.0, 0.0, 50.0]
    assert [table.attrs[n] for n in ("asked_n", "base_n", "missing_n", "outside_n")] == [5, 2, 3, 0]


def test_a_question_that_nobody_answered_has_no_share():
    table = chosen_table(count_chosen(frame(頻度=["", ""]), ONE, []), ONE)
    assert table["count"].tolist() == [0, 0, 0] and table[["share", "low", "high"]].isna().all(axis=None)


def test_answers_from_outside_a_group_count_nowhere():
    rows = frame(
        利用=["利用している", "利用 している", "していない", "していない", ""],
        頻度=["毎日", "", "毎日", "", "その他"],
        課=list("甲甲甲乙乙"),
    )
    asked = replace(ONE, asked=USERS)
    chosen = count_chosen(rows, asked, ["課"])
    table = chosen_table(chosen, asked)
    assert table["count"].tolist() == [1, 0, 0]
    assert [table.attrs[n] for n in ("asked_n", "base_n", "missing_n", "outside_n")] == [2, 1, 1, 2]
    assert set(chosen_by_group(chosen, asked)["課"]["group"]) == {"甲"}  # nobody of 乙 was asked


def test_a_group_finds_its_answer_among_several():
    rows = frame(利用=["要約;翻訳;", "翻訳", "要約", "", None])
    assert asked_of(rows, Group("g", "g", "利用", ("要約",))).tolist() == [True, False, True, False, False]
    rows = frame(利用=["要約、翻訳", "要約;翻訳"])
    assert asked_of(rows, Group("g", "g", "利用", ("翻訳",), "、")).tolist() == [True, False]
    assert asked_of(rows, Group("g", "g", "利用", ("要約;翻訳",))).tolist() == [False, True]


CELLS = st.sampled_from(["", " ", *CHOICES, "週に１〜２回", "毎日;その他;"])
ANSWERS = st.lists(
    st.tuples(CELLS, st.sampled_from(["利用している", "いない", ""]), st.sampled_from(["甲", "乙", " ", ""]))
)


def plain(chosen):
    groups = {n: {g: its.tolist() for g, its in groups.items()} for n, groups in chosen.groups.items()}
    return chosen.asked, chosen.answered, chosen.outside, chosen.counts.tolist(), groups


@settings(max_examples=300, deadline=None)
@given(ANSWERS, st.lists(st.integers(0, 30), max_size=5))
def test_any_split_of_the_rows_adds_up_to_the_whole(answers, cuts):
    asked = replace(SEVERAL, asked=USERS)
    rows = pd.DataFrame(answers, columns=["頻度", "利用", "課"], dtype=object)
    edges = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    split = [count_chosen(rows.iloc[a:b], asked, ["課"]) for a, b in zip(edges, edges[1:], strict=False)]
    total = split[0]
    for part in split[1:]:
        total = total + part
    assert plain(total) == plain(count_chosen(rows, asked, ["課"]))


@settings(max_examples=200, deadline=None)
@given(ANSWERS)
def test_what_is_counted_by_group_adds_up_to_the_question(answers):
    rows = pd.DataFrame(answers, columns=["頻度", "利用", "課"], dtype=object)
    asked = replace(SEVERAL, asked=USERS)
    chosen = count_chosen(rows, asked, ["課"])
    cross = chosen_by_group(chosen, asked)["課"]
    assert cross.groupby("label", sort=False)["count"].sum().tolist() == (
        chosen.counts.tolist() if len(cross) else []
    )
    by_group = cross.drop_duplicates("group")
    assert (by_group["rows"].sum(), by_group["base_n"].sum()) == (chosen.asked, chosen.answered)
    assert MISSING not in by_group["group"].tolist()[:-1]
    assert (
        sum(not answer[0].strip() for answer in answers if answer[1] == "利用している")
        == chosen.asked - chosen.answered
    )


def exactly(count, n):
    return float((Decimal(100 * count) / Decimal(n)).quantize(Decimal("0.1"), ROUND_HALF_UP))


@settings(max_examples=2000, deadline=None)
@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_shares_are_rounded_half_up(pair):
    assert percent(*pair) == exactly(*pair)


def test_shares_in_the_middle_of_two_decimals_are_rounded_up():
    middles = [
        (count, n) for n in range(2000, 5001, 400) for count in range(1, n) if 2000 * count % (2 * n) == n
    ]
    assert len(middles) > 1000 and all(percent(*pair) == exactly(*pair) for pair in middles)
    assert (percent(1, 2000), percent(1, 16), percent(0, 0)) == (0.1, 6.3, pytest.approx(np.nan, nan_ok=True))


def test_numbers_are_rounded_half_up_as_they_are_written():
    assert [half_up(0.5), half_up(2.5), half_up(-0.5), half_up(1.005, 2), half_up(1e300)] == [
        1,
        3,
        -1,
        1.01,
        1e300,
    ]
    assert [to_step(1.05, 0.1), to_step(1500, 1000), to_step(47952, 1000)] == [1.1, 2000, 48000]
    assert str(half_up(-0.2)) == "0.0" and np.isnan(half_up(float("nan")))


# The whole way: a file in, a folder out.

SURVEY = """
title = "果物アンケート"
id_column = "番号"
[[group]]
id = "eaters"
label = "食べる人"
column = "食べる"
answers = ["はい"]
[[question]]
column = "食べる"
question = "eats"
title = "食べるか"
choices = ["はい", "いいえ"]
[[question]]
column = "場所"
question = "where"
title = "食べる場所"
asked = "eaters"
several = true
choices = ["家", "職場", "ほか"]
other = "ほか"
[[question]]
columns = ["朝", "昼"]
question = "when"
title = "いつ"
choices = ["朝食", "昼食"]
"""
FREE = """
[[question]]
column = "好物"
question = "best"
codebook = "fruit.toml"
model = "fruit.model.npz"
title = "好物"
asked = "eaters"
durations = true
"""
ESTIMATE = """
[[estimate]]
id = "people"
title = "食べる人(試算)"
unit = "人"
about = 100
[[estimate.factor]]
label = "人口"
value = 7400
[[estimate.factor]]
label = "食べる割合"
question = "eats"
choice = "はい"
"""
HEADINGS = ["番号", "課", "食べる", "場所", "朝", "昼", "好物"]
ROWS = [
    ("1", "甲", "はい", "家;職場;", "○", "", "りんごで1日30分短縮"),
    ("2", "甲", "はい", "庭;", "", "", "みかん。1件あたり10分〜20分の時短"),
    ("3", "乙", "はい", "", "", "1", "なし"),
    ("4", "乙", "いいえ", "家;", "○", "○", "りんごで週に1時間以上短縮"),
    ("5", "", "", "", "", "", ""),
]


@pytest.fixture
def folder(tmp_path, fruit_model_file):
    (tmp_path / "fruit.toml").write_text(FRUIT, encoding="utf-8")
    (tmp_path / "fruit.model.npz").write_bytes(fruit_model_file.read_bytes())
    return tmp_path


def survey_of(folder, *texts):
    (folder / "survey.toml").write_text("".join(texts), encoding="utf-8")
    return cc.load_survey(folder / "survey.toml")


def wave_of(folder, rows=ROWS):
    pd.DataFrame(rows, columns=HEADINGS).to_csv(folder / "wave.csv", index=False)
    return folder / "wave.csv"


def table(out, name):
    return cc.read_table(out / name, own=True)


def test_the_files_of_a_run(folder):
    result = classify_file(
        wave_of(folder), survey_of(folder, SURVEY, FREE, ESTIMATE), folder / "out", by=["課"]
    )
    closed = table(folder / "out", "closed.csv")
    columns = [
        "question",
        "choice",
        "count",
        "share",
        "low",
        "high",
        "base_n",
        "asked_n",
        "missing_n",
        "outside_n",
    ]
    assert closed.columns.tolist() == columns
    assert closed[["low", "high"]].iloc[0].tolist() == ["30.1", "95.4"]
    figures = closed[["question", "choice", "count", "share", "base_n", "asked_n", "missing_n", "outside_n"]]
    assert figures.to_numpy().tolist() == [
        ["eats", "はい", "3", "75.0", "4", "5", "1", "0"],
        ["eats", "いいえ", "1", "25.0", "4", "5", "1", "0"],
        ["where", "家", "1", "50.0", "2", "3", "1", "1"],
        ["where", "職場", "1", "50.0", "2", "3", "1", "1"],
        ["where", "ほか", "1", "50.0", "2", "3", "1", "1"],
        ["when", "朝食", "2", "66.7", "3", "5", "2", "0"],
        ["when", "昼食", "2", "66.7", "3", "5", "2", "0"],
    ]
    assert [r.asked.question for r in result.in_order] == ["eats", "where", "when", "best"]
    assert result.questions[0].reach.asked == 3 and result.questions[0].reach.outside == 1
    cross = table(folder / "out", "crosstab.csv")
    assert set(cross["question"]) == {"eats", "where", "when", "best"}
    eats = cross[(cross["question"] == "eats") & (cross["category"] == "はい")]
    assert eats[["group", "rows", "base_n", "count", "share"]].to_numpy().tolist() == [
        ["乙", "2", "2", "1", "50.0"], ["甲", "2", "2", "2", "100.0"], [MISSING, "1", "0", "0", ""],
    ]  # fmt: skip
    people = table(folder / "out", "estimates.csv").iloc[-1]
    assert people[["estimate", "label", "value", "unit", "kind"]].tolist() == [
        "people",
        "食べる人(試算)",
        "5550",
        "人",
        "product",
    ]


def test_the_time_that_comments_name(folder):
    classify_file(wave_of(folder), survey_of(folder, SURVEY, FREE), folder / "out")
    comments = table(folder / "out", "comments.csv")
    assert comments[["best_time", "best_minutes_a_day", "best_minutes_a_case"]].to_numpy().tolist() == [
        ["1日30分", "30", ""], ["1件あたり10分〜20分", "", "10～20"], ["", "", ""], ["週に1時間以上", "12～", ""], ["", "", ""],
    ]  # fmt: skip
    savings, counts = table(folder / "out", "savings.csv"), table(folder / "out", "counts.csv")
    all_ = savings[savings["category"] == "all"].iloc[0]
    assert all_["comments"] == counts["base_n"][0] == "3"  # blanks and 「なし」 are no comments
    assert all_[["with_time", "with_day", "median_day", "total_day", "with_case", "median_case"]].tolist() == [
        "3", "2", "21", "42", "1", "15",
    ]  # fmt: skip
    assert savings["category"].tolist() == ["apple", "orange", "other", "all"]


def test_a_survey_of_closed_questions_only(folder):
    result = classify_file(wave_of(folder), survey_of(folder, SURVEY), folder / "out", by=["課"])
    assert result.questions == [] and len(result.closed) == 3
    assert table(folder / "out", "comments.csv").columns.tolist() == HEADINGS
    assert not (folder / "out" / "counts.csv").exists() and not (folder / "out" / "savings.csv").exists()
    assert read_run(folder / "out").survey().order == ("eats", "where", "when")


def test_a_faulty_answer_leaves_nothing_behind(folder):
    wave = wave_of(folder, [*ROWS, ("6", "", "たぶん", "", "", "", "")])
    with pytest.raises(cc.InputError, match=r"answer 6 \(row 7 .*'食べる'.*'たぶん'"):
        classify_file(wave, survey_of(folder, SURVEY), folder / "out")
    assert not (folder / "out").exists() or not list((folder / "out").iterdir())


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('column = "食べる"\nanswers', 'column = "食べた"\nanswers', "no column '食べた'"),
        ('columns = ["朝", "昼"]', 'columns = ["朝", "夜"]', "no column '夜'"),
        ('column = "場所"', 'column = "場 所 "', ""),
    ],
)
def test_headings_are_looked_up_in_the_file(folder, old, new, said):
    survey = survey_of(folder, SURVEY.replace(old, new))
    if not said:
        classify_file(wave_of(folder), survey, folder / "out")
        return
    with pytest.raises(cc.InputError, match=said):
        classify_file(wave_of(folder), survey, folder / "out")


def test_a_heading_that_stands_twice_is_refused(folder):
    wave = folder / "wave.csv"
    pd.DataFrame(ROWS, columns=[*HEADINGS[:3], "食べる", *HEADINGS[4:]]).to_csv(wave, index=False)
    with pytest.raises(cc.InputError, match="'食べる' stands twice"):
        classify_file(wave, survey_of(folder, SURVEY), folder / "out")


def test_a_question_may_be_called_like_a_file_or_a_column(folder):
    text = SURVEY.replace('"eats"', '"comments"').replace('"where"', '"closed"').replace('"when"', '"run"')
    classify_file(
        wave_of(folder), survey_of(folder, text, FREE.replace('"best"', '"report"')), folder / "out"
    )
    assert set(table(folder / "out", "closed.csv")["question"]) == {"comments", "closed", "run"}


def test_two_columns_of_the_result_never_have_one_name(folder):
    (folder / "fruit.toml").write_text(FRUIT.replace('id = "orange"', 'id = "time"'), encoding="utf-8")
    with pytest.raises(cc.InputError, match="two columns 'best_time'"):
        classify_file(wave_of(folder), survey_of(folder, SURVEY, FREE), folder / "out")


FIGURES = ("closed.csv", "savings.csv", "estimates.csv", "counts.csv", "crosstab.csv")


def figures_of(out):
    return {name: (out / name).read_bytes() for name in FIGURES}


@pytest.fixture
def long_wave(folder):
    """A wave of 3,000 answers, and its figures with every row at hand."""
    rng = np.random.default_rng(7)
    rows = [ROWS[i] for i in rng.integers(len(ROWS), size=3000)]
    wave, survey = wave_of(folder, rows), survey_of(folder, SURVEY, FREE, ESTIMATE)
    classify_file(wave, survey, folder / "small", by=["課"])
    return wave, survey, figures_of(folder / "small")


def test_a_large_file_and_processes_give_the_same_figures(long_wave, folder, monkeypatch):
    wave, survey, small = long_wave
    monkeypatch.setattr(parts, "LARGE", 1000)
    monkeypatch.setattr(parts, "SAMPLE", 200)
    monkeypatch.setattr("comment_classifier.batch.LARGE", 1000)
    monkeypatch.setattr("comment_classifier.batch.ROWS", 700)
    for n_jobs in (1, 2):
        large = classify_file(wave, survey, folder / f"large{n_jobs}", by=["課"], n_jobs=n_jobs)
        assert len(large.questions[0].shown) < 300
        assert figures_of(folder / f"large{n_jobs}") == small


def test_processes_give_the_same_figures(long_wave, folder, monkeypatch):
    wave, survey, small = long_wave
    monkeypatch.setattr("comment_classifier.batch.ROWS", 700)
    classify_file(wave, survey, folder / "two", by=["課"], n_jobs=2)
    assert figures_of(folder / "two") == small


def test_parts_that_are_merged_are_the_part_of_all_their_rows(folder):
    wave, survey = wave_of(folder), survey_of(folder, SURVEY, FREE)
    answers = cc.read_table(wave)
    job = parts.job_of(Plan(survey), ["課"], len(answers))
    whole = parts.work(job, lambda rows: b"", answers)
    pieces = parts.merged([parts.work(job, lambda rows: b"", answers.iloc[a:b]) for a, b in ((0, 2), (2, 5))])
    assert {q: plain(its) for q, its in pieces.chosen.items()} == {
        q: plain(its) for q, its in whole.chosen.items()
    }
    assert pieces.reached == whole.reached and whole.reached["best"].outside == 1
    assert pieces.times["best"].day.tolist() == pytest.approx(whole.times["best"].day.tolist(), nan_ok=True)


def test_a_cluster_gives_the_same_figures_from_parts_of_any_size(long_wave, folder):
    wave, survey, small = long_wave
    answers = cc.read_table(wave)
    answers["昼"] = answers["昼"].map({"": np.nan, "1": 1.0, "○": 1.0})  # numbers, as Parquet may hold them
    (folder / "parts").mkdir()
    for number, (begin, end) in enumerate([(0, 10), (10, 10), (10, 2000), (2000, 3000)]):
        answers.iloc[begin:end].to_parquet(folder / "parts" / f"{number}.parquet")
    classify_parts(folder / "parts", survey, folder / "out", n_jobs=2, by=["課"])
    assert figures_of(folder / "out") == small


def test_classifying_again_keeps_closed_questions_and_estimates(long_wave, folder):
    _, survey, small = long_wave
    run = read_run(folder / "small")
    asked = [replace(q, model=survey.questions[0].model) for q in run.survey().questions]
    read = pd.DataFrame({"labels": [("orange",)], "chosen": ["picked"]}, index=[0])
    again = classify_again(run, replace(run.survey(), questions=tuple(asked)), {"best": read})
    assert [r.asked for r in again.closed] == list(survey.closed)
    assert again.questions[0].asked.asked == survey.questions[0].asked and again.questions[0].reach.outside
    figures = figures_of(folder / "small")
    changed = {name for name in FIGURES if figures[name] != small[name]}
    assert changed == {"counts.csv", "crosstab.csv", "savings.csv"}  # by the one comment that was read
    said = json.loads((folder / "small" / "run.json").read_text(encoding="utf-8"))
    assert said["order"] == ["eats", "where", "when", "best"] and said["estimates"][0]["id"] == "people"
