"""The command line as a person meets it: output, exit status, and one clear line when the input is wrong."""

import re
import subprocess
import sys

import pytest

from comment_classifier.cli import main
from conftest import EXAMPLES, FRUIT, ROOT

WAVE = EXAMPLES / "staff_survey_2024.csv"


def run(*arguments, cwd=None):
    command = [sys.executable, "-m", "comment_classifier", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", cwd=cwd)


def test_classify_prints_bars_and_says_where_the_report_is(tmp_path):
    result = run(
        "classify",
        WAVE,
        "--question",
        "use_cases",
        "--column",
        "具体的な利用事例を教えてください",
        "--out",
        tmp_path / "o",
    )
    assert result.returncode == 0 and result.stderr == ""
    assert "■" in result.stdout and "情報検索" in result.stdout and "n＝" in result.stdout
    assert "report.html" in result.stdout and (tmp_path / "o" / "report.html").exists()


@pytest.fixture
def faulty(tmp_path):
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "picture.csv").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00")
    (tmp_path / "broken.toml").write_text('title = "x\n', encoding="utf-8")
    (tmp_path / "wave.csv").write_text("回答\n要約\n", encoding="utf-8")
    (tmp_path / "fruit.toml").write_text(FRUIT, encoding="utf-8")
    (tmp_path / "bad.npz").write_bytes(b"not a model")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("wave.csv --question use_cases --column 無い", "no column '無い'. Its headings are: 回答"),
        ("empty.csv --question use_cases --column 回答", "the file is empty"),
        ("picture.csv --question use_cases --column 回答", "not a text table"),
        ("no.csv --question use_cases --column 回答", "no.csv: not found"),
        ("wave.csv --question usecases --column 回答", "question 'usecases': unknown. Use one of"),
        ("wave.csv --survey broken.toml", "not valid TOML"),
        ("wave.csv --survey no.toml", "no.toml: not found"),
        (
            "wave.csv --question q --column 回答 --codebook fruit.toml --model bad.npz",
            "not a readable model file",
        ),
        ("wave.csv --question q --column 回答 --codebook fruit.toml", "no such model file"),
        ("wave.csv --question use_cases --column 回答 --header-row 9", "has only 2 rows"),
        (
            "wave.csv --question ../evil --column 回答 --codebook fruit.toml --model bad.npz",
            "question '../evil'",
        ),
    ],
)
def test_wrong_input_ends_with_one_line_status_1_and_no_output(faulty, arguments, expected):
    result = run("classify", *arguments.split(), "--out", "out", cwd=faulty)
    assert result.returncode == 1 and result.stdout == ""
    assert (
        result.stderr.count("\n") == 1 and result.stderr.startswith("error: ") and expected in result.stderr
    )
    assert not (faulty / "out").exists()
    assert not [p for p in faulty.rglob("*") if p.name.startswith(".")]


@pytest.mark.parametrize(
    "arguments",
    ["", "classify", "classify w.csv --out o", "classify w.csv --question risks --out o", "nonsense", "classify w.csv --question risks --column c --out o --jobs 0",
     "classify w.csv --survey s.toml --question risks --column c --out o"],
)  # fmt: skip
def test_wrong_usage_ends_with_status_2(arguments):
    assert run(*arguments.split()).returncode == 2


def test_an_unwritable_place_is_one_line(faulty):
    (faulty / "file").write_text("x")
    result = run(
        "classify", "wave.csv", "--question", "risks", "--column", "回答", "--out", "file", cwd=faulty
    )
    assert result.returncode == 1 and "is a file, not a folder" in result.stderr


def test_help_teaches():
    text = run("--help").stdout + run("classify", "--help").stdout
    for word in ("examples:", "exit status", "survey.toml", "report.html", "[[question]]", "header-row"):
        assert word in text


def test_version():
    assert re.fullmatch(r"comment-classifier \d+\.\d+\.\d+\n", run("--version").stdout)


def test_train_writes_a_model_and_prints_held_out_figures(tmp_path, capsys):
    out = tmp_path / "m.npz"
    labels = ROOT / "data" / "labeled" / "non_use.csv"
    assert main(["train", "non_use", "--labels", str(labels), "--out", str(out)]) == 0
    assert "micro-F1" in capsys.readouterr().out and out.stat().st_size > 10_000


def test_a_console_in_cp932_is_no_obstacle(tmp_path):
    (tmp_path / "fruit.toml").write_text(FRUIT.replace("みかん", "みかん🍊"), encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "comment_classifier",
        "train",
        "fruit.toml",
        "--labels",
        "🍎.csv",
        "--out",
        "m",
    ]
    import os

    environment = {**os.environ, "PYTHONIOENCODING": "cp932"}
    result = subprocess.run(command, capture_output=True, cwd=tmp_path, env=environment)
    assert result.returncode == 1 and b"not found" in result.stderr


def test_scripts_are_thin_and_work(tmp_path):
    script = [sys.executable, ROOT / "scripts" / "classify_wave.py"]
    survey = ["--survey", EXAMPLES / "staff_survey_2024.toml", "--out", tmp_path, "--jobs", "1"]
    result = subprocess.run([*script, WAVE, tmp_path / "no.csv", *survey], capture_output=True, text=True)
    assert result.returncode == 1 and "no.csv: not found" in result.stderr
    assert (tmp_path / "staff_survey_2024" / "report.xlsx").exists()
    retrain = [sys.executable, ROOT / "scripts" / "retrain.py", "non_use", "--out", tmp_path]
    result = subprocess.run(retrain, capture_output=True, text=True, check=True)
    assert "held-out micro-F1" in result.stdout and (tmp_path / "non_use.model.npz").exists()


def test_agreement_prints_coders_beside_the_model(capsys):
    labels = ROOT / "data" / "labeled" / "non_use.csv"
    second = ROOT / "data" / "second_coding.csv"
    assert main(["agreement", "non_use", "--labels", str(labels), "--second", str(second)]) == 0
    printed = capsys.readouterr().out
    assert "F1 coder–coder" in printed and "α coder–model" in printed and "| anxiety |" in printed


@pytest.mark.parametrize(
    "content",
    [
        "id,回答\n1,秘密の話,秘密の話\n",
        'id,回答\n1,"秘密の話\n2,秘密の話\n',
        "id,回答\n1,秘密の話\x00\n",
        "id,回答,回答\n1,秘密の話,秘密の話\n",
    ],
)
def test_errors_say_where_and_do_not_quote_what_people_wrote(tmp_path, capsys, content):
    wave = tmp_path / "wave.csv"
    wave.write_text(content, encoding="utf-8")
    question = ["--question", "use_cases", "--column", "回答", "--out", str(tmp_path / "out")]
    assert main(["classify", str(wave), *question]) == 1
    said = capsys.readouterr()
    assert "秘密" not in said.err + said.out and str(wave) in said.err
