"""A tiny codebook, a tiny model made by hand, and the example wave."""

import shutil
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

import comment_classifier as cc
from comment_classifier.classifier import CommentClassifier
from comment_classifier.codebook import load_codebook
from comment_classifier.features import Features
from comment_classifier.labelling import export_sheet
from comment_classifier.model import Model

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "data" / "examples"

FRUIT = (ROOT / "tests" / "data" / "fruit.toml").read_text(encoding="utf-8")

# What a word adds to the logits of apple, orange, other.
WEIGHTS = {
    "りんご": (6.0, 0.0, 0.0),
    "みかん": (0.0, 6.0, 0.0),
    "バナナ": (0.0, 0.0, 6.0),
    "が": (0.5, 0.5, 0.0),
}
HELD_OUT = {
    "categories": {c: {"score_in": 0.9, "score_out": 0.05} for c in ("apple", "orange", "other", "none")},
    "wobble": dict.fromkeys(("apple", "orange", "other", "none"), 0.005),
}


def needs(program):
    """Skip a test, saying so, where a Debian package is missing."""
    reason = f"the program {program!r} is not installed; scripts/run_tests.py installs it as root on Debian"
    return pytest.mark.skipif(shutil.which(program) is None, reason=reason)


@pytest.fixture(scope="session")
def browser():
    """Debian's Chromium, one for all tests; a test that uses it says ``@needs("chromium")``."""
    from playwright.sync_api import sync_playwright

    quiet = ("--disable-background-networking", "--no-first-run", "--disable-sync")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu", *quiet]
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def fruit_toml(tmp_path_factory):
    path = tmp_path_factory.mktemp("codebook") / "fruit.toml"
    path.write_text(FRUIT, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def fruit(fruit_toml):
    return load_codebook(fruit_toml)


@pytest.fixture(scope="session")
def fruit_model(fruit):
    """A model of four words whose weights were set by hand, so that golden files never change."""
    features = Features(
        words=tuple(WEIGHTS),
        pairs=np.empty(0, np.int64),
        alphabet="",
        grams=np.empty(0, np.int64),
        idf=np.ones(len(WEIGHTS)),
        shortest_gram=0,
        longest_gram=0,
    )
    return Model(
        codebook=fruit,
        features=features,
        weights=np.array(list(WEIGHTS.values()), np.float32),
        intercepts=np.array([-3.0, -3.0, -3.0]),
        thresholds=np.array([0.0, 0.0, 0.0]),
        review_margin=0.75,
        clause_weight=0.0,
        floor=0.15,
        other_alone=False,
        card={"comments": 0, "held_out": HELD_OUT},
    )


@pytest.fixture(scope="session")
def fruit_classifier(fruit, fruit_model):
    return CommentClassifier.of(fruit_model, fruit)


@pytest.fixture(scope="session")
def fruit_model_file(fruit_classifier, tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "fruit.model.npz"
    fruit_classifier.save(path)
    return path


@pytest.fixture(scope="session")
def tasks_model():
    return cc.load_model("tasks")


@pytest.fixture
def two_codebooks(tmp_path, fruit_toml, fruit_model_file):
    """A filled sheet with two questions of two codebooks."""
    wave = tmp_path / "wave.csv"
    pd.DataFrame({"好物": ["りんご"] * 5, "嫌い": ["みかん"] * 5}).to_csv(wave, index=False)
    other = fruit_toml.read_text(encoding="utf-8").replace('id = "fruit"', 'id = "dislike"', 1)
    (tmp_path / "dislike.toml").write_text(other, encoding="utf-8")
    (tmp_path / "survey.toml").write_text(
        'title = "t"\n'
        f'[[question]]\ncolumn = "好物"\nquestion = "best"\ncodebook = "{fruit_toml.as_posix()}"\n'
        '[[question]]\ncolumn = "嫌い"\nquestion = "worst"\ncodebook = "dislike.toml"\n',
        encoding="utf-8",
    )
    sheet = tmp_path / "two.xlsx"
    export_sheet(wave, cc.load_survey(tmp_path / "survey.toml"), sheet, useful=0, random=5)
    book = openpyxl.load_workbook(sheet)
    for question in ("best", "worst"):
        book[question]["C2"].value, book[question]["H2"].value = "○", "山田"
    book.save(sheet)
    return sheet, tmp_path / "labeled"
