"""The scores are those of scikit-learn's own vectorizers, on whole comments and on their clauses."""

import random
import subprocess
import sys
import unicodedata

import numpy as np
import pytest
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

import comment_classifier as cc
from comment_classifier import coding, scoring
from comment_classifier.scoring import logits, many_logits
from comment_classifier.text import normalize_all
from comment_classifier.tokenizer import split_words
from conftest import EXAMPLES, ROOT

ENDS = set("。．.!！?？\n、，,・;；／/")


def clauses(text, words):
    """The clauses of a comment, one word after the other: where each stands, and which words it has."""
    found, at, open_ = [], 0, False
    for word in words:
        start = text.index(word, at)
        at = start + len(word)
        if set(word) <= ENDS:
            open_ = False
        elif open_:
            found[-1][1].append(word)
            found[-1][0][1] = at
        else:
            found.append(([start, at], [word]))
            open_ = True
    return [(text[start:end], its) for (start, end), its in found]


class ByScikitLearn:
    """The model's columns and weights, with everything else done by scikit-learn."""

    def __init__(self, model):
        features = model.features
        n = len(features.words)
        pairs = [divmod(code, n) for code in features.pairs.tolist()]
        words = [*((w,) for w in features.words), *((features.words[a], features.words[b]) for a, b in pairs)]
        base, grams = len(features.alphabet) + 1, []
        for code in features.grams.tolist():
            letters = []
            while code:
                code, letter = divmod(code, base)
                letters.append(features.alphabet[letter - 1])
            grams.append("".join(reversed(letters)))
        lengths = range(features.shortest_gram, features.longest_gram + 1)
        self.words = self.vectorizer(
            lambda its: [*((w,) for w in its), *zip(its, its[1:], strict=False)],
            words,
            features.idf[: len(words)],
        )
        self.grams = self.vectorizer(
            lambda text: [text[i : i + n] for n in lengths for i in range(len(text) - n + 1)],
            grams,
            features.idf[len(words) :],
        )
        self.model = model

    @staticmethod
    def vectorizer(analyzer, vocabulary, idf):
        made = TfidfVectorizer(analyzer=analyzer, sublinear_tf=True, vocabulary=vocabulary)
        made.idf_ = idf
        return made

    def scores(self, texts, words):
        matrix = sparse.hstack([self.words.transform(words), self.grams.transform(texts)]).tocsr()
        return matrix @ self.model.weights.astype(float) + self.model.intercepts

    def logits(self, texts):
        words = split_words(texts)
        whole = self.scores(texts, words)
        parts = [clauses(text, its) for text, its in zip(texts, words, strict=True)]
        flat = [part for its in parts for part in its]
        scores = (
            self.scores([t for t, _ in flat], [w for _, w in flat]) if flat else np.empty((0, whole.shape[1]))
        )
        best, at = whole.copy(), 0
        for row, its in enumerate(parts):
            if len(its) > 1:
                best[row] = scores[at : at + len(its)].max(axis=0)
            at += len(its)
        share = self.model.clause_weight
        return (1 - share) * whole + share * best


@pytest.fixture(params=["numpy", "numba"])
def compiled(request):
    """Whether scoring is compiled: both ways, one after the other."""
    if request.param == "numba":
        pytest.importorskip("numba")
    return request.param == "numba"


@pytest.fixture(scope="module")
def reference(tasks_model):
    return ByScikitLearn(tasks_model.model_)


def assert_equal_scores(reference, texts, compiled):
    normalized = normalize_all(texts)
    for at in range(0, len(normalized), 2000):
        part = normalized[at : at + 2000]
        mine, theirs = many_logits(reference.model, part, compiled=compiled), reference.logits(part)
        worst = np.abs(mine - theirs).max(axis=1)
        assert worst.max() <= 1e-9, (part[int(worst.argmax())], worst.max())


def test_scores_of_every_labelled_comment(reference, compiled):
    texts = cc.read_table(ROOT / "data" / "labeled" / "tasks.csv")["text"].tolist()
    assert len(texts) > 7000
    assert_equal_scores(reference, texts, compiled)


def strings(draw, n):
    """Random strings: of all planes, of what is special, of what the model knows, and of their mixture."""
    special = "\ud800\udc00\udfff\x00\x01\x1b\r\n\t \u3000\u0301\u3099\u309a\u200b\u200d\u202e\ufe0f\ufeff🙂👨‍👩‍👧ﾊﾟｶﾞ①㈱"
    known = "議事録の要約と、翻訳。エクセルの関数・調べもの／アイデア出し,chatgpt!?の 使い方"
    classes = {}
    for code in range(sys.maxunicode + 1):
        classes.setdefault(unicodedata.category(chr(code)), []).append(code)
    # Unassigned and private ones are most of the planes, and would be most of the strings.
    kinds = [classes[name] for name in sorted(classes)]
    yield from ("", " ", "\n", "。", "。。", "、要約、", " 要約 ", "\ud800", "要約\x00翻訳", "。\n、")
    for _ in range(n - 10):
        how, size = draw.randrange(5), draw.randrange(30)
        if how == 0:
            yield "".join(chr(draw.randrange(sys.maxunicode + 1)) for _ in range(size))
        elif how == 1:
            yield "".join(chr(draw.choice(draw.choice(kinds))) for _ in range(size))
        elif how == 2:
            yield "".join(draw.choice(known + special) for _ in range(size))
        else:
            pieces = (known[draw.randrange(40) :][: draw.randrange(12)] for _ in range(4))
            yield draw.choice(special + "。、 ").join(pieces)


def test_scores_of_random_strings(reference, compiled):
    assert_equal_scores(reference, list(strings(random.Random(5), 10_000)), compiled)


def test_the_other_models_too(compiled):
    for name in ("improvements", "risks", "non_use"):
        texts = cc.read_table(ROOT / "data" / "labeled" / f"{name}.csv")["text"].tolist()[::10]
        assert_equal_scores(ByScikitLearn(cc.load_model(name).model_), texts, compiled)


def test_both_ways_give_the_same_categories(monkeypatch):
    pytest.importorskip("numba")
    wave = cc.read_table(EXAMPLES / "staff_survey_2024.csv")
    survey = cc.load_survey(EXAMPLES / "staff_survey_2024.toml")
    texts = {q.codebook.id: wave[q.column].tolist() for q in survey.questions}
    for name in ("tasks", "improvements", "risks", "non_use"):
        model = cc.load_model(name)
        some = texts.get(name, []) + cc.read_table(ROOT / "data" / "labeled" / f"{name}.csv")["text"].tolist()
        codings = []
        for many in (1, sys.maxsize):
            monkeypatch.setattr(coding, "MANY", many)
            codings.append(coding.code_comments(model.model_, model.book, some))
        one, other = codings
        assert (one.flags == other.flags).all() and (one.review == other.review).all()
        assert np.abs(one.scores - other.scores).max() <= 1e-9


def test_a_comment_scores_the_same_to_the_bit_in_any_company(reference, compiled):
    texts = normalize_all([*strings(random.Random(3), 300), "要約、翻訳。" * 3000, *["調べもの"] * 200])
    together = many_logits(reference.model, texts, compiled=compiled)
    for some in (slice(None, None, -1), slice(7, 250), slice(40, 41)):
        assert (many_logits(reference.model, texts[some], compiled=compiled) == together[some]).all()


@pytest.mark.parametrize("reason", [ImportError, RuntimeError])
def test_without_numba_or_a_folder_for_its_code_numpy_scores(reference, monkeypatch, reason):
    class Fails:
        def find_spec(self, name, *_):
            if name == "comment_classifier.compiled":
                raise reason

    monkeypatch.delitem(sys.modules, "comment_classifier.compiled", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Fails(), *sys.meta_path])
    scoring._compiled.cache_clear()
    try:
        texts = ["議事録の要約", "翻訳、エクセルの関数"]
        assert (many_logits(reference.model, texts, compiled=True) == logits(reference.model, texts)).all()
        assert scoring._compiled() is None
    finally:
        scoring._compiled.cache_clear()


def test_few_comments_do_not_wait_for_numba():
    few = "import sys, comment_classifier as cc; cc.classify(['要約'] * 100, 'use_cases'); sys.exit('numba' in sys.modules)"
    subprocess.run([sys.executable, "-c", few], check=True)
