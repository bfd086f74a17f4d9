"""A model file may come from anywhere: it is data, read in bounded memory, and whatever is odd is refused.

Nothing on the way of a file into the program can run code, and nothing that one person wrote alone comes
out of a model.
"""

import ast
import hashlib
import io
import json
import pickle
import random
import re
import struct
import time
import tracemalloc
import zipfile

import joblib
import numpy as np
import pandas as pd
import pytest

import comment_classifier as cc
from comment_classifier.cards import card_text
from comment_classifier.features import FeatureSettings
from comment_classifier.labels import voices_of
from comment_classifier.model_file import MAX_UNPACKED_BYTES, load_model_file
from comment_classifier.scoring import logits
from comment_classifier.text import normalize
from comment_classifier.training import TrainingSettings
from conftest import ROOT

TEXTS = ["りんごがいい", "みかんとバナナ", "りんご、みかん。バナナ", ""]
SECONDS, MEGABYTES = 10, 300  # that any file may take


def refused(path):
    """Load a file that has to be refused: in one line, soon, and in little memory."""
    tracemalloc.start()
    begun = time.monotonic()
    with pytest.raises(cc.InputError) as error:
        load_model_file(path)
    assert time.monotonic() - begun < SECONDS
    assert tracemalloc.get_traced_memory()[1] < MEGABYTES << 20
    tracemalloc.stop()
    said = str(error.value)
    assert path.name in said and "\n" not in said and len(said) < len(str(path)) + 500
    return said


@pytest.fixture
def content(fruit_model_file):
    with zipfile.ZipFile(fruit_model_file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def written(tmp_path):
    """Write entries as a model file; the checksums are made to fit, as whoever forges one would."""

    def write(content, **said):
        description = json.loads(content["model.json"])
        for name in [name for name in content if name.endswith(".npy")]:
            description["sha256"][name] = hashlib.sha256(content[name]).hexdigest()
        text = json.dumps(description | said).encode()
        with zipfile.ZipFile(tmp_path / "x.npz", "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in (content | {"model.json": text}).items():
                archive.writestr(name, data)
        return tmp_path / "x.npz"

    return write


def npy(array, **how):
    file = io.BytesIO()
    np.lib.format.write_array(file, array, **how)
    return file.getvalue()


def headed(shape, descr="<f4"):
    """A .npy file whose heading promises more than follows."""
    text = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode() + b"\0" * 48


def test_a_forger_who_changes_nothing_is_let_through(content, written, fruit_model):
    np.testing.assert_array_equal(
        logits(load_model_file(written(content)), TEXTS), logits(fruit_model, TEXTS)
    )


def test_a_file_that_is_cut_off_anywhere_is_refused(fruit_model_file, tmp_path):
    whole = fruit_model_file.read_bytes()
    for part in range(50):
        (tmp_path / "x.npz").write_bytes(whole[: len(whole) * part // 50])
        refused(tmp_path / "x.npz")
    (tmp_path / "x.npz").write_bytes(whole[:-1])
    refused(tmp_path / "x.npz")


@pytest.mark.parametrize("name", ["fruit", "non_use"])
def test_a_flipped_bit_is_noticed_or_harmless(name, fruit_model_file, tmp_path):
    source = fruit_model_file if name == "fruit" else ROOT / "models" / "non_use.model.npz"
    whole, path, noticed = source.read_bytes(), tmp_path / "x.npz", 0
    texts = [
        normalize(text) for text in ("使い方がわからないから", "業務で使う機会がない、情報漏洩が心配", *TEXTS)
    ]
    scores = logits(load_model_file(source), texts)
    draw = random.Random(8)
    for _ in range(2000 if name == "fruit" else 100):
        at = draw.randrange(8 * len(whole))
        changed = bytearray(whole)
        changed[at // 8] ^= 1 << at % 8
        path.write_bytes(changed)
        try:
            model = load_model_file(path)
        except cc.InputError as error:
            assert "\n" not in str(error)
            noticed += 1
        else:
            np.testing.assert_array_equal(logits(model, texts), scores)
    assert noticed > (1000 if name == "fruit" else 95)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"format": 2}, "format 2 is newer than this program reads. Update"),
        ({"format": "1"}, "format"),
        ({"format": True}, "format"),
        ({"words": ["りんご"] * 4}, "twice"),
        ({"words": ["りんご", "みかん", "バナナ", 4]}, "TypeError"),
        ({"words": ["りんご", "みかん", "バナナ", "\ud800"]}, "surrogates"),
        ({"words": ["りんご"]}, "idf has shape"),
        ({"alphabet": "aa"}, "twice"),
        ({"alphabet": "\udfff"}, "surrogates"),
        ({"alphabet": ["a"]}, "TypeError"),
        ({"longest_gram": 10**9}, "lengths"),
        ({"longest_gram": 1.0}, "lengths"),
        ({"shortest_gram": -1}, "lengths"),
        ({"review_margin": float("nan")}, "no number"),
        ({"floor": float("inf")}, "no number"),
        ({"clause_weight": 1e308}, "no number"),
        ({"clause_weight": "x" * 10_000}, "not a readable model"),
        ({"card": 5}, "not a readable model"),
        ({"canaries": [["りんご", ["a", "b", "c"]]]}, "not a readable model"),
        ({"canaries": [["りんご", [1.0]]]}, "not a readable model"),
        ({"canaries": [[5, [1.0, 1.0, 1.0]]]}, "not a readable model"),
        ({"canaries": [["\ud800", [1.0, 1.0, 1.0]]]}, "not a readable model"),
        ({"canaries": [["りんご" * 400_000, [1.0, 1.0, 1.0]]]}, "too many"),
        ({"canaries": [["", [1.0, 1.0, 1.0]]] * 2000}, "too many"),
        ({"canaries": [["", [float("nan")] * 3]]}, "score differently"),
    ],
)
def test_a_description_that_cannot_be_is_refused(content, written, said, expected):
    assert expected in refused(written(content, **said))


def changed_category(**values):
    def change(book):
        book["categories"][0] |= values

    return change


@pytest.mark.parametrize(
    "change",
    [
        lambda book: book["categories"].clear(),
        lambda book: book["categories"].pop(),
        lambda book: book.pop("title"),
        lambda book: book.update(id=3),
        changed_category(role="other"),
        changed_category(role="king"),
        changed_category(id="orange"),
        changed_category(label=["a"]),
        changed_category(phrases=[1]),
        changed_category(phrases=5),
        changed_category(was=["a"]),
        changed_category(more=1),
    ],
)
def test_a_codebook_that_cannot_be_is_refused(content, written, change):
    book = json.loads(content["model.json"])["codebook"]
    change(book)
    refused(written(content, codebook=book))


def test_every_key_of_the_description_is_needed(content, written, tmp_path):
    description = json.loads(content["model.json"])
    for name in set(description) - {"dictionary"}:
        text = json.dumps({key: value for key, value in description.items() if key != name}).encode()
        with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
            for entry, data in (content | {"model.json": text}).items():
                archive.writestr(entry, data)
        assert repr(name) in refused(tmp_path / "x.npz")


class Bomb:
    def __reduce__(self):
        return (pytest.fail, ("code of the file ran",))


WEIGHTS = np.zeros((4, 3), np.float32)


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("weights", npy(np.array([Bomb()], object), allow_pickle=True), "holds object"),
        ("weights", pickle.dumps(Bomb()), "magic string"),
        ("weights", npy(WEIGHTS.astype(">f4")), "holds >f4"),
        ("weights", npy(WEIGHTS.astype(np.float64)), "holds float64"),
        ("weights", npy(np.asfortranarray(WEIGHTS)), "holds float32"),
        ("weights", npy(WEIGHTS.astype("U5")), "holds <U5"),
        ("weights", npy(WEIGHTS.astype([("a", "<f4")])), "holds"),
        ("weights", npy(WEIGHTS, version=(2, 0)), "version"),
        ("weights", npy(WEIGHTS.reshape(3, 4)), "has shape (3, 4), not (4, 3)"),
        ("weights", npy(WEIGHTS.reshape(-1)), "has shape (12,), not (4, 3)"),
        ("weights", npy(WEIGHTS) + b"\0", "not what follows"),
        ("weights", headed((1 << 40, 3)), "not what follows"),
        ("weights", headed((1 << 62, 1 << 62)), "not what follows"),
        ("weights", headed((-4, -3)), "not what follows"),
        ("weights", headed("(" * 90), "not a readable model"),
        ("weights", npy(np.full((4, 3), np.nan, np.float32)), "no number"),
        ("weights", npy(np.full((4, 3), np.inf, np.float32)), "no number"),
        ("idf", npy(np.array([1, 1, np.nan, 1.0])), "no number"),
        ("idf", npy(np.array([1, 1, 1e308, 1.0])), "no number"),
        ("idf", npy(np.zeros(4)), "less than 1"),
        ("intercepts", npy(np.array([0, np.inf, 0.0])), "no number"),
        ("thresholds", npy(np.array([0, np.nan, 0.0])), "no number"),
        ("thresholds", npy(np.zeros((3, 1))), "has shape"),
        ("pairs", npy(np.array([99])), "not in order"),
        ("pairs", npy(np.array([-1])), "not in order"),
        ("pairs", npy(np.array([3, 3])), "not in order"),
        ("pairs", npy(np.array([[3]])), "has shape"),
        ("grams", npy(np.array([7])), "not in order"),
        ("idf", b"", "not a readable model"),
    ],
)
def test_an_array_that_cannot_be_is_refused(content, written, name, data, expected):
    assert expected in refused(written(content | {f"{name}.npy": data}))


def test_a_category_that_was_never_learned_may_have_an_infinite_threshold(content, written):
    path = written(content | {"thresholds.npy": npy(np.array([0.0, np.inf, 0.0]))})
    assert np.isinf(load_model_file(path).thresholds[1])


def test_other_entries_are_refused(content, tmp_path):
    for name in ("more.npy", "../weights.npy", "/etc/passwd", "weights.pkl", "model.json"):
        path = tmp_path / "x.npz"
        with zipfile.ZipFile(path, "w") as archive:
            for entry, data in content.items():
                archive.writestr(entry, data)
            with pytest.warns() if name == "model.json" else pytest.MonkeyPatch.context():
                archive.writestr(name, content["model.json"])
        assert "entries are not those of a model" in refused(path)
        assert sorted(p.name for p in tmp_path.rglob("*")) == ["x.npz"]


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_ways_of_packing_are_refused(content, tmp_path, method):
    with zipfile.ZipFile(tmp_path / "x.npz", "w", method) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    assert "packed in another way" in refused(tmp_path / "x.npz")


def test_a_file_that_unpacks_to_too_much_is_refused(content, tmp_path):
    with zipfile.ZipFile(tmp_path / "x.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
        with archive.open("bomb.npy", "w") as file:
            for _ in range(MAX_UNPACKED_BYTES >> 24):
                file.write(bytes(1 << 24))
    assert "unpacks to more than a model can be" in refused(tmp_path / "x.npz")


def test_a_bomb_that_lies_about_its_size_unpacks_to_no_more_than_it_says(content, tmp_path):
    path = tmp_path / "x.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in (content | {"weights.npy": bytes(1 << 29)}).items():
            archive.writestr(name, data)
        packed = struct.pack("<LL", archive.getinfo("weights.npy").compress_size, 1 << 29)
    data = path.read_bytes()
    assert data.count(packed) == 2  # beside the entry, and in the list of entries
    path.write_bytes(data.replace(packed, packed[:4] + struct.pack("<L", 1000)))
    refused(path)


def test_a_long_or_deep_description_is_refused(content, written, tmp_path):
    assert "model.json is longer" in refused(written(content, card={"a": "b" * 100_000_000}))
    for text in (b"[" * 10_000_000, b'{"format": ' + b"9" * 10_000 + b"}", b"\xff\xfe", b"null", b"[]"):
        with zipfile.ZipFile(tmp_path / "x.npz", "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in (content | {"model.json": text}).items():
                archive.writestr(name, data)
        refused(tmp_path / "x.npz")


def test_pickled_models_by_another_name_are_refused_and_do_not_run(tmp_path):
    path = tmp_path / "x.npz"
    path.write_bytes(pickle.dumps(Bomb()))
    refused(path)
    joblib.dump({"model": Bomb()}, path)
    refused(path)
    np.savez(path, model=np.array([Bomb()], object))
    refused(path)
    refused(tmp_path)


RUNS_CODE = re.compile(
    r"\b(c?pickle|cloudpickle|read_pickle|dill|joblib\.load|marshal|shelve|eval|exec|compile|__import__|np\.load|numpy\.load)\b"
)


def names_that_run_code(path):
    """Calls and imports that could make code of data."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        named = []
        if isinstance(node, ast.Import):
            named = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            named = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            named = [called] if called != "re.compile" else []
            # Only a plain False is surely no pickle.
            loose = [
                k.value for k in node.keywords if k.arg == "allow_pickle" and ast.unparse(k.value) != "False"
            ]
            yield from (f"allow_pickle={ast.unparse(value)}" for value in loose)
        yield from filter(RUNS_CODE.search, named)


def test_nothing_in_the_package_makes_code_of_data():
    found = [
        (path.name, name)
        for path in sorted((ROOT / "src").rglob("*.py"))
        for name in names_that_run_code(path)
    ]
    assert found == []


def test_that_test_would_notice(tmp_path):
    lines = (
        "import pickle", "from joblib import load", "import joblib\njoblib.load(f)", "eval('1')", "exec('1')",
        "np.load(f)", "read(f, allow_pickle=True)", "read(f, allow_pickle=x)", "import marshal",
        "from pickle import loads", "import dill as d", "builtins.eval('1')",
    )  # fmt: skip
    for line in lines:
        (tmp_path / "x.py").write_text(line)
        assert list(names_that_run_code(tmp_path / "x.py")), line
    (tmp_path / "x.py").write_text("re.compile('a')\nread(f, allow_pickle=False)\nmodel.evaluate()\n")
    assert not list(names_that_run_code(tmp_path / "x.py"))


SECRET_NAME, SECRET_NUMBER = "纐纈鷽太郎", "0968-39-5172"
USES = (
    "議事録の要約", "会議録の要約と整理", "通知文の作成", "挨拶文のたたき台の作成", "英文メールの翻訳",
    "外国語のチラシの翻訳", "エクセルの関数を調べる", "関数の書き方を質問", "アイデア出し", "企画案のアイデア",
)  # fmt: skip
LABELS = (
    "summary",
    "summary",
    "writing",
    "writing",
    "translation",
    "translation",
    "excel",
    "excel",
    "ideas",
    "ideas",
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A model of many writers, the first of whom signs every comment with name and number."""
    rows = [
        (f"w{writer}", text, label) for writer in range(8) for text, label in zip(USES, LABELS, strict=True)
    ]
    signed = [
        ("secret", f"{text}。担当は{SECRET_NAME}、電話{SECRET_NUMBER}", label)
        for text, label in zip(USES, LABELS, strict=True)
    ]
    labeled = pd.DataFrame(signed + rows, columns=["voice", "text", "labels"])
    labeled["id"] = [f"{voice}-{i}" for i, voice in enumerate(labeled["voice"])]
    settings = TrainingSettings(features=FeatureSettings(min_writers=3, min_comments=3))
    model = cc.train(labeled, "tasks", settings)
    path = tmp_path_factory.mktemp("trained") / "x.npz"
    model.save(path)
    return labeled, model, path


def pieces(text, shortest=3, longest=12):
    return {text[i : i + n] for n in range(shortest, longest + 1) for i in range(len(text) - n + 1)}


def features_of(model):
    """Every word, pair and n-gram of a model, spelled out."""
    features = model.features
    pairs = [divmod(int(code), len(features.words)) for code in features.pairs]
    base, grams = len(features.alphabet) + 1, []
    for code in features.grams.tolist():
        letters = ""
        while code:
            code, letter = divmod(code, base)
            letters = features.alphabet[letter - 1] + letters
        grams.append(letters)
    return [*features.words, *(features.words[a] + features.words[b] for a, b in pairs), *grams]


def test_what_one_person_wrote_alone_is_nowhere_in_the_model(trained):
    labeled, model, path = trained
    loaded = load_model_file(path)
    others = "\n".join(normalize(t) for t in labeled.loc[labeled["voice"] != "secret", "text"])
    alone = normalize(f"担当は{SECRET_NAME}、電話{SECRET_NUMBER}")
    letters = set(alone) - set(others)
    own = {piece for piece in pieces(alone) if piece not in others}
    assert {"纐", "鷽", "9"} <= letters and "0968" in own
    with zipfile.ZipFile(path) as archive:
        said = json.loads(archive.read("model.json"))
    del said["codebook"]
    plain = json.dumps(said, ensure_ascii=False)
    canaries = [text for text, _ in said["canaries"]]
    assert features_of(loaded) and set(features_of(loaded)) >= {"要約", "翻訳", "の要約"}
    for spelled in (*features_of(loaded), *canaries, card_text(model.model_.card, model.book)):
        assert not own & pieces(spelled, 3, 4), spelled
    # A digit may stand in a figure of the card, a letter of this writer alone nowhere.
    assert not letters & set(loaded.features.alphabet)
    assert not {c for c in letters if not c.isascii()} & set(plain)
    assert SECRET_NUMBER not in plain and "secret" not in plain


def test_the_order_of_the_words_does_not_tell_a_comment(trained):
    # In the order in which they first came, the words of the first comment stood one behind the other.
    _, model, _ = trained
    assert list(model.model_.features.words) == sorted(model.model_.features.words)


def test_who_answers_several_questions_is_one_writer():
    ids = ["0a1b2c3d-use_cases-7", "0a1b2c3d-quality-7", "0a1b2c3d-quality-8", "own", "v01"]
    questions = ["use_cases", "quality", "quality", "", "use_cases"]
    frame = pd.DataFrame({"id": ids, "question": questions, "voice": ["", "", "", "", "v01"]})
    voices = voices_of(frame)
    assert voices[0] == voices[1] and len(set(voices)) == 4 and voices[4] == "v01"
