import json
import subprocess
import sys

import pytest

import comment_classifier as cc
from comment_classifier.codebook import shipped_codebooks
from comment_classifier.survey import single_question
from conftest import EXAMPLES, FRUIT

REPORT_USES = [
    ("search", "情報検索", 177),
    ("writing", "文書作成", 158),
    ("ideas", "企画立案（アイデア出し）", 93),
    ("summary", "文章要約", 65),
    ("analysis", "調査・分析", 41),
    ("excel", "エクセル関数", 32),
    ("programming", "プログラミング", 13),
    ("translation", "文章翻訳", 12),
    ("proofreading", "校正", 5),
]


def test_tasks_has_the_reports_labels_order_and_counts():
    book = cc.load_codebook("tasks")
    assert list(zip(book.ids, book.labels, strict=True))[:9] == [(i, label) for i, label, _ in REPORT_USES]
    assert book.ids[9:] == ("other", "none")
    assert dict(book.reference("use_cases").values) == {i: n for i, _, n in REPORT_USES}


def test_risks_and_non_use_have_the_reports_figures():
    risks = cc.load_codebook("risks").reference("risks")
    assert list(risks.values.values()) == [206, 90, 88, 80, 23]
    assert cc.load_codebook("non_use").reference("non_use").values["no_task"] == 44.4


def test_the_trial_of_2023_has_an_order_and_no_values():
    trial = next(r for r in cc.load_codebook("tasks").references if not r.values)
    assert trial.order[:3] == ("ideas", "writing", "summary")


def test_every_shipped_codebook_has_definitions_and_a_question():
    for name in shipped_codebooks():
        book = cc.load_codebook(name)
        assert book.questions and all(c.definition for c in book.categories)
        assert {book.other, book.none} <= set(book.ids) and book.none not in book.learned


@pytest.mark.parametrize(
    ("broken", "key", "remedy"),
    [
        ("id = ", "not valid TOML", "Correct"),
        (FRUIT.replace('label = "みかん"', ""), "'label': missing", 'add label = "..."'),
        (FRUIT.replace('id = "orange"', 'id = "Orange!"'), "'id'", "small letters"),
        (FRUIT.replace('id = "orange"', 'id = "apple"'), "'apple' stands twice", "its own"),
        (FRUIT.replace('role = "other"', ""), 'role = "other"', "exactly one"),
        (FRUIT.replace('role = "none"', 'role = "nothing"'), "'role'", "use one of"),
        (FRUIT.replace("definition", "defintion"), "'defintion': unknown key", "use id"),
        (FRUIT.replace('phrases = ["好きではない"]', "phrases = 3"), "'phrases'", "write phrases"),
        ('id = "x"\ntitle = "y"\n', "'category': missing", "[[category]]"),
    ],
)
def test_a_faulty_codebook_names_file_key_and_remedy(tmp_path, broken, key, remedy):
    path = tmp_path / "mine.toml"
    path.write_text(broken, encoding="utf-8")
    with pytest.raises(cc.InputError) as error:
        cc.load_codebook(path)
    assert "mine.toml" in str(error.value) and key in str(error.value) and remedy in str(error.value)


def test_a_codebook_saved_by_notepad_with_a_mark_loads(tmp_path):
    path = tmp_path / "fruit.toml"
    path.write_text(FRUIT, encoding="utf-8-sig")
    assert cc.load_codebook(path).ids == ("apple", "orange", "other", "none")


def test_unknown_codebook_lists_the_shipped_ones():
    with pytest.raises(cc.InputError, match="improvements, non_use, risks, tasks"):
        cc.load_codebook("taskz")


def test_survey_takes_title_and_base_from_the_codebook_or_from_itself(tmp_path, fruit_toml):
    (tmp_path / "fruit.toml").write_text(FRUIT, encoding="utf-8")
    path = tmp_path / "survey.toml"
    path.write_text(
        'title = "調査"\n[[question]]\ncolumn = "A"\nquestion = "use_cases"\n'
        '[[question]]\ncolumn = "B"\nquestion = "best_fruit"\ncodebook = "fruit.toml"\ntitle = "果物"\nbase = "市民"\n',
        encoding="utf-8",
    )
    first, second = cc.load_survey(path).questions
    assert (first.codebook.id, first.title, first.base) == ("tasks", "生成AIの利用事例", "利用中の職員")
    assert (second.codebook.id, second.title, second.base) == ("fruit", "果物", "市民")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('title = "t"\n', "'question': missing"),
        ('title = "t"\n[[question]]\nquestion = "use_cases"\n', "'column': missing"),
        ('title = "t"\n[[question]]\ncolumn = "A"\nquestion = "usecases"\n', "'usecases': unknown"),
        ('title = "t"\n[[question]]\ncolumn = "A"\nquestion = "x"\ncodebook = "no.toml"\n', "'codebook'"),
        ('title = "t"\n' + '[[question]]\ncolumn = "A"\nquestion = "risks"\n' * 2, "stands twice"),
    ],
)
def test_a_faulty_survey_names_file_and_key(tmp_path, text, expected):
    path = tmp_path / "survey.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(cc.InputError) as error:
        cc.load_survey(path)
    assert "survey.toml" in str(error.value) and expected in str(error.value)


def test_one_question_needs_no_survey_file():
    (asked,) = single_question("答え", "risks").questions
    assert (asked.column, asked.codebook.id) == ("答え", "risks")


def test_importing_the_package_loads_nothing_heavy():
    code = (
        "import sys, json, comment_classifier, comment_classifier.cli;"
        "print(json.dumps([m for m in ('numpy', 'pandas', 'sklearn', 'scipy', 'fugashi', 'rich') if m in sys.modules]))"
    )
    assert (
        json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout) == []
    )


def test_the_example_survey_loads():
    survey = cc.load_survey(EXAMPLES / "staff_survey_2024.toml")
    assert (len(survey.questions), len(survey.closed), len(survey.estimates)) == (7, 8, 1)
