"""Survey files: groups, closed questions and estimates; a fault names file, table, key and remedy."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import comment_classifier as cc
from comment_classifier.survey import ClosedQuestion as Closed
from comment_classifier.survey import (
    Estimate,
    Factor,
    Group,
    Survey,
    as_plain,
    folded,
    from_plain,
    pieces,
    single_question,
)
from conftest import EXAMPLES

GROUP = '[[group]]\nid = "users"\nlabel = "利用者"\ncolumn = "利用"\nanswers = ["はい"]\n'
IN_USE = '[[question]]\ncolumn = "利用"\nquestion = "in_use"\ntitle = "利用"\nchoices = ["はい", "いいえ"]\n'
OFTEN = (
    '[[question]]\ncolumn = "頻度"\nquestion = "often"\ntitle = "頻度"\nasked = "users"\n'
    'choices = ["毎日", "その他"]\nother = "その他"\n'
)
SAVED = '[[question]]\ncolumn = "時間"\nquestion = "time_saved"\nasked = "users"\ndurations = true\n'
HOURS = '[[estimate]]\nid = "hours"\ntitle = "時間"\nunit = "時間"\nabout = 1000\n'
STAFF = '[[estimate.factor]]\nlabel = "職員"\nvalue = 7400\nsource = "人事課"\n'
SHARE = '[[estimate.factor]]\nlabel = "割合"\nquestion = "in_use"\nchoice = "はい"\n'
TIME = '[[estimate.factor]]\nlabel = "分"\nquestion = "time_saved"\nfigure = "median_day"\n'
WHOLE = 'title = "調査"\n' + GROUP + IN_USE + OFTEN + SAVED + HOURS + STAFF + SHARE + TIME


def load(folder, text):
    (folder / "survey.toml").write_text(text, encoding="utf-8")
    return cc.load_survey(folder / "survey.toml")


def test_a_whole_survey(tmp_path):
    survey = load(tmp_path, WHOLE)
    users = Group("users", "利用者", "利用", ("はい",))
    assert survey.closed == (
        Closed(("利用",), "in_use", ("はい", "いいえ"), "利用", "回答者全員"),
        Closed(("頻度",), "often", ("毎日", "その他"), "頻度", "利用者", users, other="その他"),
    )
    assert survey.questions[0].asked == users and survey.questions[0].base == "利用者"
    assert survey.questions[0].durations
    assert survey.order == ("in_use", "often", "time_saved")
    (hours,) = survey.estimates
    assert (hours.unit, hours.about, len(hours.factors)) == ("時間", 1000, 3)
    assert hours.factors[1] == Factor("割合", question="in_use", choice="はい")


def test_the_chart_follows_the_choices_unless_the_survey_says_it(tmp_path):
    def chart(old, new):
        return load(tmp_path, 'title = "t"\n' + IN_USE.replace(old, new)).closed[0].chart

    seven = ", ".join(f'"{n}"' for n in range(7))
    assert chart("", "") == "band" and chart('["はい", "いいえ"]', f"[{seven}]") == "bar"
    assert chart('question = "in_use"', 'question = "in_use"\nseveral = true') == "bar"
    assert chart('question = "in_use"', 'question = "in_use"\nchart = "pie"') == "pie"


def test_several_choices_in_one_cell_or_in_columns(tmp_path):
    several = IN_USE + "several = true\n"
    (one,) = load(tmp_path, 'title = "t"\n' + several).closed
    assert (one.separator, one.column_each) == (";", False)
    (one,) = load(tmp_path, 'title = "t"\n' + several + 'separator = "、"\n').closed
    assert one.separator == "、"
    (one,) = load(
        tmp_path, 'title = "t"\n' + IN_USE.replace('column = "利用"', 'columns = ["a", "b"]')
    ).closed
    assert (one.columns, one.several, one.separator, one.column_each) == (("a", "b"), True, "", True)


CHOICES = 'choices = ["はい", "いいえ"]'
COLUMN = 'column = "利用"\nquestion'
VALUE = "value = 7400"
# What is replaced in the whole survey, by what; table, key and a piece of the remedy.
FAULTS = [
    ('answers = ["はい"]', "", "[[group]] no. 1", "answers", 'answers = ["..."]'),
    ('answers = ["はい"]', 'answers = ["はい", " "]', "[[group]] no. 1", "answers", "one is blank"),
    ('answers = ["はい"]', 'answers = "はい"', "[[group]] no. 1", "answers", 'answers = ["...", "..."]'),
    ('answers = ["はい"]', 'answers = ["ハイ"]', "[[group]] 'users'", "answers", "use some of はい, いいえ"),
    ('label = "利用者"\n', "", "[[group]] no. 1", "label", 'add label = "..."'),
    ('id = "users"', 'id = "利用者"', "[[group]] no. 1", "id", "small letters"),
    ('id = "users"', 'ids = "users"', "[[group]] no. 1", "ids", "use id, label"),
    (IN_USE, GROUP + IN_USE, "[[group]]", "id", "'users' stands twice. Give each its own"),
    ('asked = "users"\nchoices', 'asked = "user"\nchoices', "[[question]] no. 2", "asked", "(there is users)"),
    ('asked = "users"\ndurations', 'asked = "user"\ndurations', "[[question]] no. 3", "asked", "[[group]]"),
    (CHOICES, "choices = []", "[[question]] no. 1", "choices", "give each choice once"),
    (CHOICES, 'choices = ["はい", "はい"]', "[[question]] no. 1", "choices", "give each choice once"),
    (CHOICES, 'choices = ["はい", "は い"]', "[[question]] no. 1", "choices", "differ in width"),
    (CHOICES, 'choices = ["はい", ""]', "[[question]] no. 1", "choices", "a blank one"),
    (CHOICES, "choices = [1, 2]", "[[question]] no. 1", "choices", 'choices = ["...", "..."]'),
    (CHOICES, CHOICES + "\nchoice = 1", "[[question]] no. 1", "choice", "use column"),
    ('title = "利用"\n', "", "[[question]] no. 1", "title", 'add title = "..."'),
    (COLUMN, "question", "[[question]] no. 1", "column", 'add column = "..."'),
    (COLUMN, 'columns = []\nquestion', "[[question]] no. 1", "columns", "0 columns for 2 choices"),
    (COLUMN, 'columns = ["a"]\nquestion', "[[question]] no. 1", "columns", "1 columns for 2 choices"),
    (COLUMN, 'columns = ["a", "a "]\nquestion', "[[question]] no. 1", "columns", "a column of its own"),
    (COLUMN, 'columns = ["a", ""]\nquestion', "[[question]] no. 1", "columns", "one is blank"),
    (COLUMN, 'column = "a"\ncolumns = ["a", "b"]\nquestion', "[[question]] no. 1", "column", "beside columns"),
    (COLUMN, 'column = "頻度"\nquestion', "[[question]]", "column", "'頻度' stands twice"),
    ('question = "in_use"\ntitle', 'question = "often"\ntitle', "[[question]]", "question", "'often' stands twice"),
    ('question = "in_use"\ntitle', 'question = "time_saved"\ntitle', "[[question]]", "question", "stands twice"),
    ('question = "in_use"\ntitle', 'question = "In use"\ntitle', "[[question]] no. 1", "question", "small letters"),
    (CHOICES, CHOICES + '\nchart = "line"', "[[question]] no. 1", "chart", "band, pie, bar"),
    (CHOICES, CHOICES + '\nchart = "pie"\nseveral = true', "[[question]] no. 1", "chart", "use bar where several"),
    (CHOICES, CHOICES + '\nother = "ほか"', "[[question]] no. 1", "other", "name the choice that stands for others"),
    (CHOICES, CHOICES + '\nseparator = ";"', "[[question]] no. 1", "separator", "add several = true"),
    (CHOICES, CHOICES + '\nseveral = true\nseparator = ""', "[[question]] no. 1", "separator", 'separator = ";"'),
    (CHOICES, CHOICES + '\nseveral = true\nseparator = "い"', "[[question]] no. 1", "separator", "within the choice"),
    (CHOICES, CHOICES + '\nseveral = "yes"', "[[question]] no. 1", "several", "several = true"),
    ("durations = true", "durations = 1", "[[question]] no. 3", "durations", "durations = true"),
    ('question = "time_saved"\nasked', 'question = "saved"\nasked', "[[question]] no. 3", "question", "choices ="),
    ('id = "hours"\n', "", "[[estimate]] no. 1", "id", 'add id = "..."'),
    ('unit = "時間"\n', "", "[[estimate]] no. 1", "unit", 'add unit = "..."'),
    ("about = 1000", "about = 0", "[[estimate]] no. 1", "about", "about = 1000"),
    ("about = 1000", 'about = "1000"', "[[estimate]] no. 1", "about", "is not a number"),
    ("about = 1000", "about = nan", "[[estimate]] no. 1", "about", "is not a number"),
    (STAFF + SHARE + TIME, "", "[[estimate]] no. 1", "factor", "[[estimate.factor]]"),
    (STAFF, STAFF + HOURS + STAFF, "[[estimate]]", "id", "'hours' stands twice"),
    (VALUE, "", "[[estimate]] no. 1 [[factor]] no. 1", "value", "missing, and so is question"),
    (VALUE, "value = true", "[[estimate]] no. 1 [[factor]] no. 1", "value", "is not a number"),
    (VALUE, "value = -1", "[[estimate]] no. 1 [[factor]] no. 1", "value", "a number not below 0"),
    (VALUE, "value = 0\ndivide = true", "[[estimate]] no. 1 [[factor]] no. 1", "value", "above 0, since it divides"),
    (VALUE, VALUE + '\nquestion = "in_use"', "[[factor]] no. 1", "value", "stands beside question"),
    (VALUE, VALUE + '\nchoice = "はい"', "[[factor]] no. 1", "choice", "goes with a question"),
    (VALUE, VALUE + '\nfigure = "mean_day"', "[[factor]] no. 1", "figure", "goes with a question"),
    (VALUE, VALUE + "\nlow = 1", "[[factor]] no. 1", "low", "give low and high"),
    (VALUE, VALUE + "\nhigh = 9999", "[[factor]] no. 1", "high", "give low and high"),
    (VALUE, VALUE + "\nlow = 8000\nhigh = 9000", "[[factor]] no. 1", "low", "0 <= low <= value <= high"),
    (VALUE, VALUE + "\nlow = -1\nhigh = 9000", "[[factor]] no. 1", "low", "0 <= low <= value <= high"),
    (VALUE, VALUE + "\nlow = 0\nhigh = 9000\ndivide = true", "[[factor]] no. 1", "low", "above 0"),
    (VALUE, VALUE + "\nmost = 3", "[[factor]] no. 1", "most", "use label"),
    ('choice = "はい"\n', 'choice = "ハイ"\n', "[[factor]] no. 2", "choice", "use one of はい, いいえ"),
    ('choice = "はい"\n', "", "[[factor]] no. 2", "choice", "use one of はい, いいえ"),
    ('choice = "はい"\n', 'choice = "はい"\nlow = 1\nhigh = 2\n', "[[factor]] no. 2", "question", "leave low, high"),
    ('figure = "median_day"', 'figure = "median"', "[[factor]] no. 3", "figure", "median_day, mean_day"),
    ('question = "time_saved"\nfigure', 'question = "risks"\nfigure', "[[factor]] no. 3", "question", "in_use, often, time_saved"),
    (STAFF + SHARE + TIME, "factor = 3\n", "[[estimate]] no. 1", "factor", "write [[factor]] above each"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "where", "key", "remedy"), FAULTS)
def test_a_fault_names_file_table_key_and_remedy(tmp_path, old, new, where, key, remedy):
    assert old in WHOLE
    with pytest.raises(cc.InputError) as error:
        load(tmp_path, WHOLE.replace(old, new, 1))
    said = str(error.value)
    assert [piece for piece in ("survey.toml", where, f"key '{key}'", remedy) if piece not in said] == [], (
        said
    )


def test_a_group_may_look_at_any_other_column(tmp_path):
    load(
        tmp_path,
        WHOLE.replace('column = "利用"\nanswers = ["はい"]', 'column = "所属"\nanswers = ["財政課"]'),
    )
    other = WHOLE.replace(CHOICES, CHOICES + '\nother = "いいえ"').replace(
        'answers = ["はい"]', 'answers = ["少し"]'
    )
    assert load(tmp_path, other).closed[1].asked.answers == ("少し",)  # a text of one's own


def test_a_closed_question_may_share_its_column_with_the_texts_in_it(tmp_path):
    free = SAVED.replace('column = "時間"', 'column = "頻度"')
    assert len(load(tmp_path, WHOLE.replace(SAVED, free)).order) == 3


def test_every_example_loads():
    for path in sorted(EXAMPLES.glob("*.toml")):
        survey = cc.load_survey(path)
        assert set(survey.order) == {q.question for q in (*survey.questions, *survey.closed)}, path


FREE = single_question("時間", "time_saved").questions
TEXT = st.text(st.characters(codec="utf-8"), max_size=8)
TEXTS = st.lists(TEXT, max_size=3).map(tuple)
NUMBERS = st.none() | st.integers(0, 10**6) | st.floats(0, 1e9)
GROUPS = st.none() | st.builds(Group, TEXT, TEXT, TEXT, TEXTS, TEXT)
CLOSED = st.builds(Closed, TEXTS, TEXT, TEXTS, TEXT, TEXT, GROUPS, st.booleans(), TEXT, TEXT, TEXT)
FACTORS = st.builds(Factor, TEXT, TEXT, NUMBERS, NUMBERS, NUMBERS, TEXT, TEXT, TEXT, TEXT, st.booleans())
ESTIMATES = st.builds(
    Estimate, TEXT, TEXT, TEXT, st.lists(FACTORS, max_size=3).map(tuple), st.floats(0.1, 1e6)
)
SURVEYS = st.builds(
    Survey, TEXT, st.just(FREE), st.just(""), st.lists(CLOSED, max_size=3).map(tuple),
    st.lists(ESTIMATES, max_size=2).map(tuple), TEXTS,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(SURVEYS)
def test_a_survey_goes_through_json_and_back(survey):
    said = json.loads(json.dumps(as_plain(survey)))
    assert from_plain(survey.title, survey.questions, said) == survey


def test_a_run_from_before_closed_questions_is_read():
    assert from_plain("t", FREE, {}) == Survey("t", FREE, order=("time_saved",))


@settings(max_examples=1000, deadline=None)
@given(st.text())
def test_blanks_round_an_answer_never_matter(text):
    once = folded(text)
    assert folded(f"\n {text}\u3000") == once
    assert pieces(text, "") == ([once] if once else [])
