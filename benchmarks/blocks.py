"""Features in blocks, a ridge on them, and a stack of models, for the public benchmark.

A block is one kind of feature with its own TF-IDF; its rows have the same length, so that a block
of 200,000 columns does not outweigh one of 2,000. Besides lemmas and characters there are blocks
for what a bag of words misses: which words meet in one clause, which in one text, and how the
text ends, for the last clause tends to carry the judgement ("..., but it is no worse than before").
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, normalize

from comment_classifier.text import ends_clause

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Table = tuple[dict[str, int], Floats]  # the row of each word, and the word vectors
Scorer = Callable[[Any, Any, Bools], Floats]  # (train, test, the labels of train) -> scores of test

CONNECTIVES = {"が", "けれど", "けれども", "ものの", "し", "ので", "から", "ば", "と"}  # they end a clause
EMPTY = {"助詞", "補助記号", "記号", "空白"}  # parts of speech that say little beside another word
REACH = 6  # words of one clause at most this far apart make a pair


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
    vectors: float = 0.5
    ending_vectors: float = 0.5


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
    full = {w.lemma for w in words if w.pos not in EMPTY and w.subclass != "数詞"}
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


def block_matrices(
    train: Sequence[list[Word]], test: Sequence[list[Word]], blocks: Blocks, table: Table | None
) -> tuple[Any, Any]:
    """Learn the blocks on train; return both matrices. Without a table there are no word vectors."""
    columns = []
    for features in (lemmas, characters, text_pairs, clause_pairs, ending):
        if length := getattr(blocks, features.__name__):
            tfidf = TfidfVectorizer(analyzer=features, min_df=2, sublinear_tf=True)
            columns.append((length * tfidf.fit_transform(train), length * tfidf.transform(test)))
    if table:
        tfidf = _fit_known(train, table)
        for length, part in ((blocks.vectors, list), (blocks.ending_vectors, last_clause)):
            means = [_mean_vectors(tfidf, [part(words) for words in texts], table) for texts in (train, test)]
            centre = means[0].mean(axis=0)
            columns.append(tuple(sparse.csr_matrix(length * normalize(m - centre)) for m in means))
    return sparse.hstack([a for a, _ in columns]).tocsr(), sparse.hstack([b for _, b in columns]).tocsr()


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


def stacked(models: Sequence[tuple[Any, Any, Scorer]], labels: Sequence[str]) -> list[str]:
    """Let a logistic regression decide by the scores of some models (Wolpert, Stacked Generalization, 1992).

    It learns from scores that each model gave to texts it had not been fitted on. This also sets
    the thresholds between the labels, which the models fit one by one.

    Args:
        models: for each the matrices of train and test, and how to score.
        labels: the labels of train.

    Returns:
        The labels of test.

    """
    flags = np.asarray(labels)[:, np.newaxis] == np.unique(labels)
    seen, unseen = [], []
    for train, test, score in models:
        held_out = np.empty(flags.shape)
        for a, b in KFold(5, shuffle=True, random_state=1).split(flags):
            held_out[b] = score(train[a], train[b], flags[a])
        seen.append(held_out)
        unseen.append(score(train, test, flags))
    judge = make_pipeline(StandardScaler(), LogisticRegression(max_iter=3000))
    judge.fit(np.hstack(seen), labels)
    decided: list[str] = judge.predict(np.hstack(unseen)).tolist()
    return decided
