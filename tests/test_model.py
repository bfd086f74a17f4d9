import json
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import comment_classifier as cc
from comment_classifier.model_file import load_model_file
from comment_classifier.scoring import logits
from comment_classifier.text import normalize


def test_a_saved_model_gives_the_same_scores_and_bytes(
    fruit_model, fruit_model_file, fruit_classifier, tmp_path
):
    again = load_model_file(fruit_model_file)
    texts = ["りんごがいい", "みかんとバナナ", ""]
    np.testing.assert_array_equal(logits(again, texts), logits(fruit_model, texts))
    fruit_classifier.save(tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == fruit_model_file.read_bytes()


def test_the_file_holds_arrays_and_json_and_no_pickle(fruit_model_file):
    with zipfile.ZipFile(fruit_model_file) as archive:
        names = set(archive.namelist())
        assert {n.rsplit(".", 1)[1] for n in names} == {"npy", "json"}
        assert json.loads(archive.read("model.json"))["format"] == 1
    np.load(fruit_model_file, allow_pickle=False)["weights"]


def test_scoring_needs_no_scikit_learn():
    code = (
        "import sys; sys.modules['sklearn'] = None\n"
        "import comment_classifier as cc\n"
        "print(cc.classify(['議事録の要約'], question='use_cases')['labels'][0])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "summary" in result.stdout


def rewritten(path, target, change):
    with zipfile.ZipFile(path) as archive:
        content = {n: archive.read(n) for n in archive.namelist()}
    change(content)
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return target


def changed_json(**values):
    def change(content):
        content["model.json"] = json.dumps(json.loads(content["model.json"]) | values).encode()

    return change


def damaged(content):
    content["weights.npy"] = content["weights.npy"][:-1] + b"\x01"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (damaged, "weights is damaged"),
        (changed_json(format=99), "newer"),
        (changed_json(codebook={"id": "x", "title": "x", "categories": []}), "no categories"),
        (changed_json(canaries=[["りんご", [9.0, 9.0, 9.0]]]), "dictionary differs"),
        (changed_json(canaries=5), "not a readable model"),
        (changed_json(canaries=[]), "no test comments"),
        (changed_json(card=[1]), "not a readable model"),
        (lambda content: content.pop("model.json"), "not a readable model"),
        (lambda content: content.update({"model.json": b"{}"}), "not a readable model"),
    ],
)
def test_a_wrong_model_file_is_refused_with_one_line(fruit_model_file, tmp_path, change, expected):
    path = rewritten(fruit_model_file, tmp_path / "wrong.npz", change)
    with pytest.raises(cc.InputError) as error:
        load_model_file(path)
    assert "wrong.npz" in str(error.value) and expected in str(error.value)


@pytest.mark.parametrize("content", [b"", b"not a model", b"PK\x05\x06" + b"\0" * 18])
def test_what_is_no_model_at_all(tmp_path, content):
    (tmp_path / "x.npz").write_bytes(content)
    with pytest.raises(cc.InputError, match="not a readable model"):
        load_model_file(tmp_path / "x.npz")


def test_every_truncation_is_noticed(fruit_model_file, tmp_path):
    whole = fruit_model_file.read_bytes()
    for size in range(0, len(whole), 97):
        (tmp_path / "x.npz").write_bytes(whole[:size])
        with pytest.raises(cc.InputError):
            load_model_file(tmp_path / "x.npz")


def test_a_model_of_another_codebook_is_refused(fruit_model_file):
    with pytest.raises(cc.InputError, match="other categories than the codebook 'tasks'"):
        load_model_file(fruit_model_file, cc.load_codebook("tasks"))


def test_the_shipped_models_belong_to_the_shipped_codebooks():
    for name in ("tasks", "improvements", "risks", "non_use"):
        model = cc.load_model(name)
        assert tuple(model.classes_) == cc.load_codebook(name).ids
        assert model.model_.card["comments"] > 0


@given(st.text(max_size=80))
@settings(max_examples=100, deadline=None)
def test_an_explanation_adds_up_to_the_score(text):
    model = cc.load_model("tasks")
    scores = logits(model.model_, [normalize(text)])[0]
    for explanation, score in zip(model.explain(text).values(), scores, strict=True):
        total = explanation.intercept + sum(word.contribution for word in explanation.words)
        assert total == pytest.approx(explanation.logit, abs=1e-9) == pytest.approx(score, abs=1e-9)


def test_an_explanation_names_words_and_where_they_stand(tasks_model):
    text = "長い議事録の要約をお願いした"
    explanation = tasks_model.explain(text)["summary"]
    strongest = max(explanation.words, key=lambda word: word.contribution)
    assert strongest.text == "要約" == text[strongest.start : strongest.end]
    assert 0.5 < explanation.score < 1


def test_a_model_of_ones_own_loads_by_its_path(fruit_model_file, fruit):
    model = cc.load_model(fruit_model_file)
    assert tuple(model.classes_) == fruit.ids and model.book.labels == fruit.labels
    assert model.book.fingerprint == fruit.fingerprint
