"""Features in blocks, a ridge on them, and a stack of models, for the public benchmark.

A block is one kind of feature with its own TF-IDF; its rows have the same length, so that a block
of 200,000 columns does not outweigh one of 2,000. Besides lemmas and characters there are blocks
for what a bag of words misses: which words meet in one clause, which in one text, and how the
text ends, for the last clause tends to carry the judgement ("..., but it is no worse than before").

The ridge reads columns, or, where two models share the blocks, the inner products of the texts: these
are computed once, and there also clauses can be compared, which would be too many columns.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, combinations, pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, normalize
from sklearn.svm import SVC
from sklearn.utils.extmath import safe_sparse_dot

from comment_classifier.text import ends_clause

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Table = tuple[dict[str, int], Floats]  # the row of each word, and the word vectors
Scorer = Callable[[Any, Any, Bools], Floats]  # (train, test, the labels of train) -> scores of test
Scores = tuple[Floats, Floats]  # of train, each text held out of the fit; of test

CONNECTIVES = {"が", "けれど", "けれども", "ものの", "し", "ので", "から", "ば", "と"}  # they end a clause
EMPTY = {"助詞", "補助記号", "記号", "空白"}  # parts of speech that say little beside another word
QUALITIES = {"副詞", "形状詞", "形容詞"}  # parts of speech that say how, and how much
REACH = 6  # words of one clause at most this far apart make a pair
CLOSING = 3  # the last words of a text, which its other words are paired with
CHUNK = 400  # texts whose clauses are compared with all others at a time, for the memory
FOLDS = KFold(5, shuffle=True, random_state=1)


class Word(NamedTuple):
    """A word as the dictionary of MeCab has it."""

    surface: str
    lemma: str
    pos: str
    subclass: str


@dataclass(frozen=True)
class Blocks:
    """How long the rows of each block are (0: no such block), and how strict the ridge is."""

    alpha: float
    lemmas: float = 1.0
    characters: float = 1.0
    text_pairs: float = 1.0
    clause_pairs: float = 0.0
    ending: float = 0.0
    ending_pairs: float = 0.0
    opening: float = 0.0
    closing_pairs: float = 0.0
    qualities: float = 0.0
    vectors: float = 0.5
    ending_vectors: float = 0.5
    like_clauses: float = 0.0  # only among inner products


def cut(texts: Iterable[str]) -> list[list[Word]]:
    """Cut normalised texts into words."""
    import fugashi

    tagger = fugashi.Tagger()
    return [
        [Word(w.surface, w.feature.lemma or w.surface, w.feature.pos1, w.feature.pos2) for w in tagger(text)]
        for text in texts
    ]


def clauses(words: list[Word]) -> list[list[Word]]:
    """Cut a text behind punctuation and connective particles."""
    found: list[list[Word]] = [[]]
    for word in words:
        found[-1].append(word)
        if ends_clause(word.surface) or (word.subclass == "接続助詞" and word.surface in CONNECTIVES):
            found.append([])
    return [c for c in found if any(w.pos != "補助記号" for w in c)] or [words]


def last_clause(words: list[Word]) -> list[Word]:
    """Return the clause that a text ends with."""
    return clauses(words)[-1]


def lemmas(words: list[Word]) -> list[str]:
    """Lemmas, and pairs of neighbours."""
    single = [w.lemma for w in words]
    return single + [f"{a} {b}" for a, b in pairwise(single)]


def characters(words: list[Word]) -> list[str]:
    """Character n-grams of length 1 to 5."""
    text = "".join(w.surface for w in words)
    return [text[at : at + n] for n in range(1, 6) for at in range(len(text) - n + 1)]


def text_pairs(words: list[Word]) -> list[str]:
    """Pairs of lemmas anywhere in one text, in no order, without particles and numerals."""
    full = {w.lemma for w in words if _is_full(w)}
    return [f"{a} {b}" for a, b in combinations(sorted(full), 2)]


def clause_pairs(words: list[Word]) -> list[str]:
    """Pairs of lemmas near each other in one clause, in their order."""
    return [
        f"{first.lemma} {second.lemma}"
        for clause in clauses(words)
        for at, first in enumerate(clause)
        for second in clause[at + 1 : at + 1 + REACH]
    ]


def ending(words: list[Word]) -> list[str]:
    """Character n-grams of the last clause."""
    return characters(last_clause(words))


def ending_pairs(words: list[Word]) -> list[str]:
    """Pairs of lemmas near each other in the last clause."""
    return clause_pairs(last_clause(words))


def opening(words: list[Word]) -> list[str]:
    """Lemmas of the first sentence, and pairs of neighbours: what the text is about."""
    stop = next((at for at, word in enumerate(words) if word.surface in {"。", "\n"}), len(words))
    return lemmas(words[:stop])


def closing_pairs(words: list[Word]) -> list[str]:
    """Pairs of any lemma with one of the last: what is judged, however far from the judgement."""
    full = [w.lemma for w in words if _is_full(w)]
    return [f"{a} {b}" for a in dict.fromkeys(full) for b in full[-CLOSING:] if a != b]


def qualities(words: list[Word]) -> list[str]:
    """Adverbs and adjectives with each other word of their clause: how much of what."""
    full = [[w for w in clause if _is_full(w)] for clause in clauses(words)]
    return [f"{a.lemma} {b.lemma}" for c in full for a in c if a.pos in QUALITIES for b in c if b is not a]


def _is_full(word: Word) -> bool:
    return word.pos not in EMPTY and word.subclass != "数詞"


WORD_BLOCKS = (
    lemmas,
    characters,
    text_pairs,
    clause_pairs,
    ending,
    ending_pairs,
    opening,
    closing_pairs,
    qualities,
)


def block_matrices(
    train: Sequence[list[Word]], test: Sequence[list[Word]], blocks: Blocks, table: Table | None
) -> tuple[Any, Any]:
    """Learn the blocks on train; return both matrices. Without a table there are no word vectors."""
    columns = _columns(train, test, blocks, table)
    sides = zip(*columns, strict=True)
    known, new = (sparse.hstack([sparse.csr_matrix(part) for part in side]).tocsr() for side in sides)
    return known, new


def _columns(
    train: Sequence[list[Word]], test: Sequence[list[Word]], blocks: Blocks, table: Table | None
) -> list[tuple[Any, Any]]:
    columns: list[tuple[Any, Any]] = []
    for features in WORD_BLOCKS:
        if length := getattr(blocks, features.__name__):
            tfidf = TfidfVectorizer(analyzer=features, min_df=2, sublinear_tf=True)
            columns.append((length * tfidf.fit_transform(train), length * tfidf.transform(test)))
    if table:
        tfidf = _fit_known(train, table)
        for length, part in ((blocks.vectors, list), (blocks.ending_vectors, last_clause)):
            means = [_mean_vectors(tfidf, [part(words) for words in texts], table) for texts in (train, test)]
            centre = means[0].mean(axis=0)
            columns.append((length * normalize(means[0] - centre), length * normalize(means[1] - centre)))
    return columns


def inner_products(
    train: Sequence[list[Word]], test: Sequence[list[Word]], blocks: Blocks, table: Table | None
) -> tuple[Any, Any]:
    """Learn the blocks on train; return the inner products of train, and those of test, with train."""
    products = like_clauses(train, test, table)
    products *= blocks.like_clauses**2
    for known, new in _columns(train, test, blocks, table):
        products[: len(train)] += safe_sparse_dot(known, known.T, dense_output=True)
        products[len(train) :] += safe_sparse_dot(new, known.T, dense_output=True)
    return products[: len(train)], products[len(train) :]


def like_clauses(train: Sequence[list[Word]], test: Sequence[list[Word]], table: Table | None) -> Any:
    """Tell how alike the clauses of each text (train, then test) are to those of each text of train.

    Two clauses are as alike as their words and half their mean vectors, squared: it counts that
    several things agree within one clause. The last clause counts half as much again.
    """
    texts = [clauses(words) for words in (*train, *test)]
    first = np.cumsum([0, *map(len, texts)])
    weights = np.ones(first[-1], np.float32)
    weights[first[1:] - 1] = 1.5
    share = sparse.csr_matrix((weights, np.arange(first[-1]), first))
    words, means = _clause_features(texts, len(train), table)
    alike = np.empty((len(texts), len(texts)), np.float32)
    for at in range(0, len(texts), CHUNK):
        rows = slice(first[at], first[min(at + CHUNK, len(texts))])
        squares = np.square((words[rows] @ words.T).toarray() + means[rows] @ means.T / 2)
        alike[at : at + CHUNK] = share[at : at + CHUNK, rows] @ (share @ squares.T).T
    length = np.sqrt(np.maximum(alike.diagonal(), 1e-9))
    return alike[:, : len(train)] / length[:, np.newaxis] / length[: len(train)]


def _clause_features(texts: list[list[list[Word]]], known: int, table: Table | None) -> tuple[Any, Any]:
    # of all clauses, learned on those of the first ``known`` texts
    flat = list(chain.from_iterable(texts))
    learned = sum(map(len, texts[:known]))
    tfidf = TfidfVectorizer(analyzer=_plain_lemmas, min_df=2, sublinear_tf=True, dtype=np.float32)
    words = tfidf.fit(flat[:learned]).transform(flat)
    if not table:
        return words, np.zeros((len(flat), 1), np.float32)
    full = [[w for w in clause if w.pos not in EMPTY] for clause in flat]
    means = _mean_vectors(_fit_known(full[:learned], table), full, table)
    return words, normalize(means - means[:learned].mean(axis=0)).astype(np.float32)


def _plain_lemmas(words: list[Word]) -> list[str]:
    return [w.lemma for w in words]


def _fit_known(texts: Sequence[list[Word]], table: Table) -> Any:
    """Learn TF-IDF of the words that have a vector, looked up by lemma, else as written."""

    def known(words: list[Word]) -> list[str]:
        keys = (w.lemma if w.lemma in table[0] else w.surface for w in words)
        return [key for key in keys if key in table[0]]

    return TfidfVectorizer(analyzer=known, norm=None, sublinear_tf=True).fit(texts)


def _mean_vectors(tfidf: Any, texts: Sequence[list[Word]], table: Table) -> Floats:
    rows = [table[0][key] for key in tfidf.get_feature_names_out()]
    sums: Floats = tfidf.transform(texts) @ table[1][rows]
    return sums


def ridge_scores(train: Any, test: Any, flags: Bools, alpha: float) -> Floats:
    """Fit a ridge regression on the indicators of the labels."""
    ridge = Ridge(alpha=alpha, solver="sparse_cg").fit(train, flags)
    predicted: Floats = ridge.predict(test)
    return predicted


def left_out_ridge(products: Any, new: Any, flags: Bools, alpha: float) -> Scores:
    """Fit a ridge regression on inner products; score each text of train by the fit on all the others.

    This needs no folds: what a text's own label adds to its score is read off the inverse (PRESS).
    """
    inverse = np.linalg.inv(products + alpha * np.eye(len(products), dtype=products.dtype))
    mean = flags.mean(axis=0)
    weights = inverse @ (flags - mean)
    return flags - weights / inverse.diagonal()[:, np.newaxis], new @ weights + mean


def pairwise_svm(products: Any, new: Any, labels: Sequence[str], c: float) -> Scores:
    """Fit a support vector machine per pair of labels on inner products.

    It sees the texts of two labels only. So it finds what tells neighbouring grades apart, which a
    fit of one grade against all others, most of them far away, does not look for.
    """
    known = np.asarray(labels)
    svm = SVC(kernel="precomputed", C=c, decision_function_shape="ovo")
    held_out = np.empty((len(known), math.comb(len(np.unique(known)), 2)))
    for a, b in FOLDS.split(known):
        held_out[b] = svm.fit(products[np.ix_(a, a)], known[a]).decision_function(products[np.ix_(b, a)])
    return held_out, svm.fit(products, known).decision_function(new)


def held_out_scores(train: Any, test: Any, flags: Bools, score: Scorer) -> Scores:
    """Score each text of train by a fit on four fifths without it, and test by a fit on all of train."""
    held_out = np.empty(flags.shape)
    for a, b in FOLDS.split(flags):
        held_out[b] = score(train[a], train[b], flags[a])
    return held_out, score(train, test, flags)


def stacked(models: Sequence[Scores], labels: Sequence[str]) -> list[str]:
    """Let a logistic regression decide by the scores of some models (Wolpert, Stacked Generalization, 1992).

    It learns from scores that each model gave to texts it had not been fitted on. This also sets
    the thresholds between the labels, which the models fit one by one.

    Args:
        models: the scores of each.
        labels: the labels of train.

    Returns:
        The labels of test.

    """
    judge = make_pipeline(StandardScaler(), LogisticRegression(max_iter=3000))
    judge.fit(np.hstack([seen for seen, _ in models]), labels)
    decided: list[str] = judge.predict(np.hstack([unseen for _, unseen in models])).tolist()
    return decided
