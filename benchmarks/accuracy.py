"""Every candidate model on voices held out whole, the learning curve, and the checks.

    python benchmarks/accuracy.py                              # all candidates, codebook tasks
    python benchmarks/accuracy.py --codebooks risks --candidates "words and characters"
    python benchmarks/accuracy.py --figures                    # only the shipped models' figures
    python benchmarks/accuracy.py --figures --check FILE.jsonl # and on labelled comments from elsewhere

``--check`` reads JSON lines with question, text, labels. Checks are for looking at: no setting,
threshold or comment is chosen by them. Word vectors are a candidate only where they are installed
(pip install spacy; pip install --no-deps ja-ginza).
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.svm import LinearSVC

import comment_classifier as cc
from comment_classifier.codebook import Codebook, find_question
from comment_classifier.evaluation import Agreement, compare_codings
from comment_classifier.features import FeatureSettings, find_occurrences, learn_features, tfidf
from comment_classifier.labels import label_matrix, read_labels
from comment_classifier.scoring import logits
from comment_classifier.tokenizer import split_words
from comment_classifier.training import (
    Rows,
    TrainingSettings,
    deal_folds,
    fit_rows,
    held_out_coding,
    out_of_fold,
    prepare,
)
from public import word_vectors

ROOT = Path(__file__).resolve().parent.parent
LABELED = ROOT / "data" / "labeled"
RELEASE = ROOT / "data" / "release"
DEFAULT = TrainingSettings()
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Splitter = Callable[[Sequence[str]], list[list[str]]]
Fit = Callable[[Any, Bools], tuple[Floats, float]]


@dataclass(frozen=True)
class Data:
    """Labelled comments of one codebook."""

    book: Codebook
    rows: Rows
    flags: Bools
    questions: list[str]


def load(name: str) -> Data:
    """Read the labelled comments of a codebook."""
    book = cc.load_codebook(name)
    frame = read_labels(LABELED / f"{name}.csv", book)
    flags = label_matrix(list(frame["labels"]), book)
    rows = prepare(frame["text"].tolist(), flags, frame["voice"].tolist(), book)
    return Data(book, rows, flags, frame["question"].tolist())


# How to cut into words.


@lru_cache(maxsize=1)
def _nodes() -> Any:
    import fugashi

    return fugashi.Tagger()


def lemmas(texts: Sequence[str]) -> list[list[str]]:
    """Cut into dictionary forms in place of surfaces."""
    return [[n.feature.lemma or n.surface for n in _nodes()(t[:2000])] for t in texts]


def content_words(texts: Sequence[str]) -> list[list[str]]:
    """Surfaces without particles, auxiliaries and marks."""
    dropped = ("助詞", "助動詞", "補助記号", "空白")
    return [[n.surface for n in _nodes()(t[:2000]) if n.feature.pos1 not in dropped] for t in texts]


def lemmas_with_pos(texts: Sequence[str]) -> list[list[str]]:
    """Cut into dictionary forms with their part of speech."""
    return [[f"{n.feature.lemma or n.surface}/{n.feature.pos1}" for n in _nodes()(t[:2000])] for t in texts]


# How to fit one category.


def logistic(c: float, weight: str | None = "balanced") -> Fit:
    """Logistic regression."""

    def fit(matrix: Any, target: Bools) -> tuple[Floats, float]:
        model = LogisticRegression(
            C=c, class_weight=weight, solver="liblinear", random_state=0, max_iter=1000
        )
        model.fit(matrix, target)
        return model.coef_[0], float(model.intercept_[0])

    return fit


def svm(c: float) -> Fit:
    """Linear support vector machine."""

    def fit(matrix: Any, target: Bools) -> tuple[Floats, float]:
        model = LinearSVC(C=c, class_weight="balanced", random_state=0, max_iter=5000).fit(matrix, target)
        return model.coef_[0], float(model.intercept_[0])

    return fit


def ridge(alpha: float) -> Fit:
    """Ridge regression on ±1."""

    def fit(matrix: Any, target: Bools) -> tuple[Floats, float]:
        model = RidgeClassifier(alpha=alpha, class_weight="balanced").fit(matrix, target)
        return np.ravel(model.coef_), float(np.ravel(model.intercept_)[0])

    return fit


def naive_bayes_weighted(c: float) -> Fit:
    """Logistic regression on features scaled by their log-count ratio (Wang & Manning 2012)."""

    def fit(matrix: Any, target: Bools) -> tuple[Floats, float]:
        yes = np.asarray(matrix[target].sum(axis=0)).ravel() + 1
        no = np.asarray(matrix[~target].sum(axis=0)).ravel() + 1
        ratio = np.abs(np.log((yes / yes.sum()) / (no / no.sum())))
        weights, intercept = logistic(c)(matrix.multiply(ratio).tocsr(), target)
        return weights * ratio, intercept

    return fit


# Candidates: each scores the rows of one mask after fitting on the rows of another.

Scorer = Callable[[Data, Bools, Bools], Floats]


def by_settings(settings: TrainingSettings) -> Scorer:
    """Score by the package's own training and scoring."""

    def score(data: Data, train: Bools, test: Bools) -> Floats:
        model = fit_rows(data.rows, train, data.book, settings)
        return logits(model, [t for t, inside in zip(data.rows.normalized, test, strict=True) if inside])

    return score


def custom(
    fit: Fit,
    split: Splitter = split_words,
    features: FeatureSettings = DEFAULT.features,
    extra: Callable[[Data, list[int], list[list[str]]], Any] | None = None,
    plain_counts: bool = False,
) -> Scorer:
    """Score whole comments by any words, features and estimator."""

    def score(data: Data, train: Bools, test: Bools) -> Floats:
        fitted_on = np.flatnonzero(train & data.rows.answered).tolist()
        texts = [data.rows.normalized[i] for i in fitted_on]
        known = learn_features(texts, split(texts), data.rows.voices[fitted_on].tolist(), features)

        def matrix(indices: list[int]) -> Any:
            of = [data.rows.normalized[i] for i in indices]
            words = split(of)
            found = tfidf(known, find_occurrences(known, of, words), len(of))
            if plain_counts:
                found = _linear_tf(known, of, words)
            return found if extra is None else sparse.hstack([found, extra(data, indices, words)]).tocsr()

        fitted, scored = matrix(fitted_on), matrix(np.flatnonzero(test).tolist())
        columns = []
        for k in range(data.rows.flags.shape[1]):
            weights, intercept = fit(fitted, data.rows.flags[fitted_on, k])
            columns.append(scored @ weights + intercept)
        return np.stack(columns, axis=1)

    return score


def _linear_tf(known: Any, texts: list[str], words: list[list[str]]) -> Any:
    found = find_occurrences(known, texts, words)
    shape = (len(texts), len(known))
    counts = sparse.coo_matrix((np.ones(len(found.row)), (found.row, found.column)), shape=shape).tocsr()
    weighted = counts.multiply(known.idf).tocsr()
    norms = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
    return sparse.diags(np.sqrt(2) / np.maximum(norms, 1e-12)) @ weighted


def question_columns(data: Data, indices: list[int], words: list[list[str]]) -> Any:
    """Which question was asked, as 0/1 columns."""
    names = sorted(set(data.questions))
    asked = np.array([[data.questions[i] == n for n in names] for i in indices], float)
    return sparse.csr_matrix(asked)


def mean_vectors(data: Data, indices: list[int], words: list[list[str]]) -> Any:
    """Mean of the pretrained word vectors, scaled to length 0.7."""
    row_of, table = word_vectors()
    means = np.zeros((len(words), table.shape[1]))
    for row, its_words in enumerate(words):
        known = [row_of[w] for w in its_words if w in row_of]
        if known:
            total = table[known].sum(axis=0)
            means[row] = 0.7 * total / max(float(np.linalg.norm(total)), 1e-9)
    return sparse.csr_matrix(means)


def _with(**changes: Any) -> TrainingSettings:
    return replace(DEFAULT, **changes)


def _features(**changes: Any) -> FeatureSettings:
    return replace(DEFAULT.features, **changes)


NO_GRAMS = _features(shortest_gram=0, longest_gram=0)
CANDIDATES: dict[str, Scorer] = {
    "default": by_settings(DEFAULT),
    "clause weight 0": by_settings(_with(clause_weight=0.0)),
    "clause weight 0.15": by_settings(_with(clause_weight=0.15)),
    "clause weight 0.5": by_settings(_with(clause_weight=0.5)),
    "clause weight 1": by_settings(_with(clause_weight=1.0)),
    "C 1": by_settings(_with(c=1.0)),
    "C 3": by_settings(_with(c=3.0)),
    "C 30": by_settings(_with(c=30.0)),
    "characters 1-3": by_settings(_with(features=_features(longest_gram=3))),
    "characters 1-5": by_settings(_with(features=_features(longest_gram=5))),
    "characters 2-4": by_settings(_with(features=_features(shortest_gram=2))),
    "no word pairs": by_settings(_with(features=_features(pairs=False))),
    "features of 1 voice": by_settings(_with(features=_features(min_writers=1, min_comments=1))),
    "features of 5 voices": by_settings(_with(features=_features(min_writers=5, min_comments=5))),
    "whole: words and characters": custom(logistic(10)),
    "whole: words, surface": custom(logistic(10), split_words, NO_GRAMS),
    "whole: words, lemma": custom(logistic(10), lemmas, NO_GRAMS),
    "whole: words, lemma/POS": custom(logistic(10), lemmas_with_pos, NO_GRAMS),
    "whole: content words": custom(logistic(10), content_words, NO_GRAMS),
    "whole: lemma and characters": custom(logistic(10), lemmas),
    "whole: linear TF": custom(logistic(10), plain_counts=True),
    "whole: no class weights": custom(logistic(10, None)),
    "whole: linear SVM": custom(svm(0.5)),
    "whole: ridge": custom(ridge(1.0)),
    "whole: NB-weighted": custom(naive_bayes_weighted(3)),
    "whole: question as a feature": custom(logistic(10), extra=question_columns),
}
if find_spec("ja_ginza"):
    CANDIDATES["whole: with word vectors"] = custom(logistic(10), extra=mean_vectors)


def evaluate(data: Data, scorer: Scorer, floor: float = DEFAULT.floor) -> Agreement:
    """Code every voice by a model that has not read it, and compare with the labels."""
    fold_of = deal_folds(data.rows.voices, DEFAULT.folds)
    raw = out_of_fold(data.rows, fold_of, lambda train, test: scorer(data, train, test))
    coding, _ = held_out_coding(data.rows, fold_of, raw, data.book, floor, 0.0)
    return compare_codings(data.flags, coding.flags, data.book.ids)


def show(name: str, agreement: Agreement, seconds: float | None = None) -> None:
    """Print one line of figures."""
    took = f"{seconds:7.0f} s" if seconds is not None else ""
    print(
        f"{name:34s} micro-F1 {agreement.micro_f1:.4f}  macro-F1 {agreement.macro_f1:.4f}"
        f"  exact {agreement.exact:.4f}{took}",
        flush=True,
    )


def compare_candidates(data: Data, chosen: str) -> None:
    """Print every candidate whose name contains ``chosen``."""
    print(f"\n{data.book.id}: {len(data.flags)} comments, {len(set(data.rows.voices))} voices")
    for name, scorer in CANDIDATES.items():
        if chosen in name:
            begun = time.perf_counter()
            show(name, evaluate(data, scorer), time.perf_counter() - begun)
    for floor in (0.0, 0.05, 0.1, 0.2, 0.3, 1.0):
        if chosen in f"default, floor {floor}":
            show(f"default, floor {floor}", evaluate(data, CANDIDATES["default"], floor))


def learning_curve(data: Data) -> None:
    """Print figures by number of voices (all their comments), and by comments (of all voices)."""
    scorer, rng = CANDIDATES["default"], np.random.default_rng(0)
    names = rng.permutation(np.unique(data.rows.voices))
    print(f"\n{data.book.id}: learning curve; the test voices are the same in every line")
    fold_of = deal_folds(data.rows.voices, DEFAULT.folds)

    def within(kept: Bools) -> Agreement:
        def score(train: Bools, test: Bools) -> Floats:
            return scorer(data, train & kept, test)

        coding, _ = held_out_coding(
            data.rows, fold_of, out_of_fold(data.rows, fold_of, score), data.book, DEFAULT.floor, 0.0
        )
        return compare_codings(data.flags, coding.flags, data.book.ids)

    for n in (5, 10, 20, 40, len(names)):
        if n <= len(names):
            show(f"{n} voices", within(np.isin(data.rows.voices, names[:n])))
    for share in (0.1, 0.2, 0.4, 0.7):
        kept = rng.random(len(data.flags)) < share
        show(f"{int(kept.sum())} comments of all voices", within(kept))


def figures(checks: list[Path]) -> None:
    """Print the shipped models' figures: held out, on the release check, and on checks from elsewhere."""
    for name in ("tasks", "improvements", "risks", "non_use"):
        held_out = cc.load_model(name).model_.card["held_out"]
        print(
            f"{name + ': held-out voices':34s} micro-F1 {held_out['micro_f1']:.4f}"
            f"  macro-F1 {held_out['macro_f1']:.4f}  exact {held_out['exact']:.4f}"
        )
    if RELEASE.is_dir():
        for name in ("tasks", "improvements", "risks", "non_use"):
            frame = read_labels(RELEASE / f"{name}.csv", cc.load_codebook(name))
            show(f"{name}: release check, n {len(frame)}", check(frame, name))
    for path in checks:
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        frame = pd.DataFrame(lines)
        books = frame["question"].map(lambda q: find_question(q).codebook)
        for name, part in frame.groupby(books):
            show(f"{name}: {path.name}, n {len(part)}", check(part, str(name)))


def check(frame: pd.DataFrame, name: str) -> Agreement:
    """Compare a shipped model with labels that it was not trained on."""
    book = cc.load_codebook(name)
    truth = label_matrix([tuple(labels) for labels in frame["labels"]], book)
    return compare_codings(truth, cc.load_model(name).predict(frame["text"].tolist()), book.ids)


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--codebooks", nargs="*", default=["tasks"], metavar="NAME")
    parser.add_argument("--candidates", default="", metavar="TEXT", help="only those whose name contains it")
    parser.add_argument("--curve", action="store_true", help="also the learning curve")
    parser.add_argument("--figures", action="store_true", help="only the shipped models' figures")
    parser.add_argument(
        "--check", nargs="*", type=Path, default=[], metavar="FILE", help="JSON lines to check on"
    )
    options = parser.parse_args()
    if not options.figures:
        for name in options.codebooks:
            data = load(name)
            compare_candidates(data, options.candidates)
            if options.curve:
                learning_curve(data)
    figures(options.check)


if __name__ == "__main__":
    main()
