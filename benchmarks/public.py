"""The same engine on public Japanese data with labels by others, beside published figures.

    python benchmarks/public.py --data FOLDER            # the chosen settings, on the test sets
    python benchmarks/public.py --data FOLDER --cv       # the same on folds of train and dev only
    python benchmarks/public.py --data FOLDER --select   # candidates, on train and dev only

The folder holds ews_domain, ews_horizon, ews_sentiment, medweb_ja and chabsa as .csv.gz; the data
are not part of this project. The engine is the package's words, n-grams and TF-IDF with a linear
model; for ews_domain and ews_sentiment a stack with the features of blocks.py. What differs between
the sets (weights, lengths, estimator) is chosen on train and dev.
Word vectors are used where the setting asks for them and they are installed (pip install spacy;
pip install --no-deps ja-ginza); else the line says so.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from sklearn.metrics import f1_score
from sklearn.model_selection import GroupKFold, KFold
from sklearn.svm import LinearSVC

from blocks import (
    Blocks,
    Scores,
    Word,
    block_matrices,
    cut,
    held_out_scores,
    inner_products,
    left_out_ridge,
    pairwise_svm,
    ridge_scores,
    stacked,
)
from comment_classifier.features import FeatureSettings, find_occurrences, learn_features, tfidf
from comment_classifier.text import duplicate_key, normalize
from comment_classifier.tokenizer import split_words

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

PUBLISHED = {
    "ews_domain": "fastText 77.1, Tohoku BERT 73.6, best TF-IDF 79.1, best embedding 80.6 (macro-F1)",
    "ews_horizon": "fastText 81.2, Tohoku BERT 82.0, best TF-IDF 83.5, best embedding 84.5 (macro-F1)",
    "ews_sentiment": "fastText 47.4, Tohoku BERT 51.3, best TF-IDF 51.7, best embedding 57.5 (macro-F1)",
    "medweb_ja": "fastText 85.0, word and character SVM 87.2 (micro-F1)",
    "chabsa": "fastText 48.4, word SVM 56.1, published bag of words 46.1 (micro-F1)",
}


@dataclass(frozen=True)
class Settings:
    """How one data set is learned."""

    c: float = 0.3
    grams: tuple[int, int] = (1, 5)
    lemmas: bool = False
    naive_bayes: bool = False
    vectors: float = 0.0  # length of the mean word vector beside the TF-IDF blocks of length 1


@dataclass(frozen=True)
class Stack:
    """A ridge on blocks of features and any number of the machines above, weighed by their scores."""

    blocks: Blocks
    machines: tuple[Settings, ...] = ()
    pairwise: float = 0.0  # C of a machine per pair of labels on the same blocks; 0: none

    @property
    def vectors(self) -> float:
        """Length of the mean word vector among the blocks."""
        return self.blocks.vectors


CHOSEN: dict[str, Settings | Stack] = {
    "ews_domain": Stack(
        Blocks(alpha=8, vectors=1),
        (Settings(lemmas=True, naive_bayes=True), Settings(c=0.05, lemmas=True)),
    ),
    "ews_horizon": Settings(lemmas=True, naive_bayes=True),
    "ews_sentiment": Stack(
        Blocks(
            alpha=7,
            clause_pairs=1.3,
            ending=0.6,
            ending_pairs=0.6,
            opening=0.6,
            closing_pairs=0.6,
            qualities=0.6,
            like_clauses=1.4,
        ),
        (Settings(c=0.05, lemmas=True, naive_bayes=True),),
        pairwise=0.05,
    ),
    "medweb_ja": Settings(grams=(1, 4)),
    "chabsa": Settings(grams=(3, 5), vectors=1.5),
}
CANDIDATES = [
    Settings(),
    Settings(c=0.1),
    Settings(c=0.05, lemmas=True),
    Settings(c=0.1, lemmas=True),
    Settings(lemmas=True),
    Settings(naive_bayes=True),
    Settings(lemmas=True, naive_bayes=True),
    Settings(grams=(1, 4)),
    Settings(grams=(3, 5)),
    Settings(c=0.05, lemmas=True, vectors=0.8),
    Settings(grams=(3, 5), vectors=1.5),
]


@dataclass(frozen=True)
class Texts:
    """n texts, normalised, as words, lemmas, dictionary entries, and (if wanted) mean word vectors."""

    texts: list[str]
    words: list[list[str]]
    lemmas: list[list[str]]
    entries: list[list[Word]]
    vectors: Floats | None

    def at(self, rows: Ints) -> "Texts":
        """Return the given rows."""
        pick = rows.tolist()
        return Texts(
            [self.texts[i] for i in pick],
            [self.words[i] for i in pick],
            [self.lemmas[i] for i in pick],
            [self.entries[i] for i in pick],
            None if self.vectors is None else self.vectors[rows],
        )


def prepare(texts: Sequence[str], with_vectors: bool) -> Texts:
    """Cut texts once for all folds."""
    normalized = [normalize(t) for t in texts]
    entries = cut(normalized)
    lemmas = [[w.lemma for w in its] for its in entries]
    words = split_words(normalized)
    return Texts(normalized, words, lemmas, entries, _mean_vectors(words, lemmas) if with_vectors else None)


@lru_cache(maxsize=1)
def word_vectors() -> tuple[dict[str, int], Floats]:
    """Read the table of word vectors out of the package ja_ginza: row per word, rows of length 1."""
    from spacy.strings import StringStore
    from spacy.vectors import Vectors

    (package,) = find_spec("ja_ginza").submodule_search_locations  # type: ignore[union-attr,misc]
    (vocab,) = Path(package).glob("*/vocab")
    vectors, strings = Vectors(), StringStore().from_disk(vocab / "strings.json")
    vectors.from_disk(vocab)
    rows = {strings[key]: row for key, row in vectors.key2row.items() if key in strings}
    table = np.asarray(vectors.data, np.float64)
    return rows, table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-9)


def _mean_vectors(words: list[list[str]], lemmas: list[list[str]]) -> Floats | None:
    if not find_spec("ja_ginza"):
        return None
    row_of, table = word_vectors()
    means: Floats = np.zeros((len(words), table.shape[1]))
    seen = pd.Series([w for its in words for w in set(its)]).value_counts()
    for row, (its_words, its_lemmas) in enumerate(zip(words, lemmas, strict=True)):
        for word, lemma in zip(its_words, its_lemmas, strict=False):
            known = row_of.get(word, row_of.get(lemma))
            if known is not None:
                means[row] += float(np.log(len(words) / seen[word]) + 1) * table[known]
    scaled: Floats = means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-9)
    return scaled


def matrices(train: Texts, test: Texts, settings: Settings) -> tuple[Any, Any]:
    """Learn the features on train; return both matrices."""
    lengths = FeatureSettings(True, *settings.grams, min_writers=2, min_comments=2)
    blocks = [(lengths, "words")]
    if settings.lemmas:
        blocks.append((replace(lengths, shortest_gram=0, longest_gram=0), "lemmas"))
    columns: tuple[list[Any], list[Any]] = ([], [])
    for feature_settings, kind in blocks:
        cut = getattr(train, kind)
        known = learn_features(train.texts, cut, range(len(cut)), feature_settings)
        for side, part in zip(columns, (train, test), strict=True):
            found = find_occurrences(known, part.texts, getattr(part, kind))
            side.append(tfidf(known, found, len(part.texts)))
    for side, part in zip(columns, (train, test), strict=True):
        if settings.vectors and part.vectors is not None:
            side.append(sparse.csr_matrix(settings.vectors * part.vectors))
    return sparse.hstack(columns[0]).tocsr(), sparse.hstack(columns[1]).tocsr()


def scores(train: Any, test: Any, flags: Bools, settings: Settings) -> Floats:
    """Fit one linear model per column of ``flags``; return the decision values on test."""
    values = np.full((test.shape[0], flags.shape[1]), -1.0)
    for k in range(flags.shape[1]):
        target = flags[:, k]
        if target.sum() < 2:
            continue
        weight = _log_count_ratio(train, target) if settings.naive_bayes else None
        fitted = train if weight is None else train.multiply(weight).tocsr()
        scored = test if weight is None else test.multiply(weight).tocsr()
        svm = LinearSVC(C=settings.c, class_weight="balanced", random_state=0, max_iter=5000)
        values[:, k] = svm.fit(fitted, target).decision_function(scored)
    return values


def _log_count_ratio(matrix: Any, target: Bools) -> Floats:
    # Wang & Manning, Baselines and Bigrams (2012)
    yes = np.asarray(matrix[target].sum(axis=0)).ravel() + 1
    no = np.asarray(matrix[~target].sum(axis=0)).ravel() + 1
    ratio: Floats = np.abs(np.log((yes / yes.sum()) / (no / no.sum())))
    return ratio


def one_of(
    train: Texts, test: Texts, labels: Sequence[str], truth: Sequence[str], settings: Settings | Stack
) -> float:
    """Macro-F1 in percent of one label per text."""
    names = np.unique(labels)
    flags = np.asarray(labels)[:, np.newaxis] == names
    if isinstance(settings, Stack):
        machines = [
            held_out_scores(*matrices(train, test, m), flags, partial(scores, settings=m))
            for m in settings.machines
        ]
        decided = stacked([*_block_scores(train, test, labels, flags, settings), *machines], labels)
    else:
        values = scores(*matrices(train, test, settings), flags, settings)
        decided = names[values.argmax(axis=1)].tolist()
    return 100 * float(f1_score(truth, decided, average="macro"))


def _block_scores(
    train: Texts, test: Texts, labels: Sequence[str], flags: Bools, settings: Stack
) -> list[Scores]:
    blocks = settings.blocks
    table = word_vectors() if settings.vectors and find_spec("ja_ginza") else None
    if not settings.pairwise:
        known, new = block_matrices(train.entries, test.entries, blocks, table)
        return [held_out_scores(known, new, flags, partial(ridge_scores, alpha=blocks.alpha))]
    known, new = inner_products(train.entries, test.entries, blocks, table)
    ridge = left_out_ridge(known, new, flags, blocks.alpha)
    return [ridge, pairwise_svm(known, new, labels, settings.pairwise)]


def any_of(train: Texts, test: Texts, flags: Bools, truth: Bools, settings: Settings) -> float:
    """Micro-F1 in percent of any number of labels per text."""
    given = scores(*matrices(train, test, settings), flags, settings) >= 0
    return 200 * float((given & truth).sum() / (given.sum() + truth.sum()))


def run_single(frame: pd.DataFrame, settings: Settings | Stack, select: bool) -> list[float]:
    """One label: train+dev to test, or folds of train+dev for selecting, duplicates in one fold."""
    if select:
        frame = frame[frame["split"] != "test"].reset_index(drop=True)
        folds = GroupKFold(5, shuffle=True, random_state=0)
        splits = list(folds.split(frame, groups=frame["text"].map(duplicate_key)))
    else:
        held_out = (frame["split"] == "test").to_numpy()
        splits = [(np.flatnonzero(~held_out), np.flatnonzero(held_out))]
    texts = prepare(frame["text"], isinstance(settings, Settings) and settings.vectors > 0)
    labels = frame["label"].to_numpy()
    return [
        one_of(texts.at(a), texts.at(b), labels[a].tolist(), labels[b].tolist(), settings) for a, b in splits
    ]


def run_multi(name: str, frame: pd.DataFrame, settings: Settings, select: bool) -> list[float]:
    """Any labels: 5 folds, or 5 random splits 80/20; other seeds for selecting than for the figure."""
    given = [set(labels.split("|")) - {""} for labels in frame["labels"]]
    names = sorted(set().union(*given))
    flags = np.array([[n in labels for n in names] for labels in given])
    texts = prepare(frame["text"], settings.vectors > 0)
    seed = 100 if select else 0
    if name == "chabsa":
        rng = np.random.default_rng(seed)
        shuffled = [rng.permutation(len(frame)) for _ in range(5)]
        cut = round(0.8 * len(frame))
        splits = [(order[:cut], order[cut:]) for order in shuffled]
    else:
        splits = list(KFold(5, shuffle=True, random_state=seed).split(frame))
    return [any_of(texts.at(a), texts.at(b), flags[a], flags[b], settings) for a, b in splits]


def main() -> None:
    """Run the data sets."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--sets", nargs="*", default=list(PUBLISHED), choices=list(PUBLISHED), metavar="NAME")
    without_test = parser.add_mutually_exclusive_group()
    without_test.add_argument(
        "--cv",
        action="store_true",
        help="the chosen settings on folds of train and dev; no test set is scored",
    )
    without_test.add_argument(
        "--select", action="store_true", help="compare candidates on the same folds; no test set is scored"
    )
    options = parser.parse_args()
    in_folds = options.cv or options.select
    for name in options.sets:
        frame = pd.read_csv(options.data / f"{name}.csv.gz", dtype=str, keep_default_na=False)
        chosen = CHOSEN[name]
        others = [s for s in CANDIDATES if s != chosen] if options.select else []
        for settings in [*others, chosen]:
            begun = time.perf_counter()
            if isinstance(settings, Stack) or name.startswith("ews"):
                values = run_single(frame, settings, in_folds)
            else:
                values = run_multi(name, frame, settings, in_folds)
            without = "" if not settings.vectors or find_spec("ja_ginza") else " (word vectors not installed)"
            took = time.perf_counter() - begun
            figure = f"{np.mean(values):6.2f}" + (f" (sd {np.std(values):.2f})" if in_folds else "")
            print(f"{name:14s} {figure}  {took:4.0f} s  {settings}{without}", flush=True)
        if not in_folds:
            print(f"{'':14s} published: {PUBLISHED[name]}")


if __name__ == "__main__":
    main()
