"""Features in blocks, a ridge on them, and a stack of models, for the public benchmark.

A block is one kind of feature with its own TF-IDF; every row of it has the same length, so that a
block of 200,000 columns does not outweigh one of 2,000. Besides lemmas and characters there are
blocks that a bag of words does not have: which words meet in one clause, which in one text, and
how the text ends, for the last clause tends to carry the judgement ("..., but it is not worse").
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from comment_classifier.text import ends_clause

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

REACH = 6  # words of one clause that are at most this far apart are a pair
CONNECTIVES = {"が", "けれど", "けれども", "し", "ので", "から", "ば", "と"}  # end a clause
CONTENT = {"名詞", "動詞", "形容詞", "副詞", "形状詞", "接尾辞", "代名詞", "接頭辞"}


class Word(NamedTuple):
    """A word as written, its lemma, and its part of speech."""

    surface: str
    lemma: str
    pos: str
    subclass: str


Words = list[Word]
Scorer = Callable[[Any, Any, Bools], Floats]  # train, test, which train rows have each label


@dataclass(frozen=True)
class Blocks:
    """A ridge and the lengths of a row in each of its blocks; 0 leaves a block out."""

    alpha: float
    lemmas: float = 1.0
    characters: float = 1.0
    clause_pairs: float = 0.0
    text_pairs: float = 1.0
    ending: float = 0.0
    vectors: float = 0.5
    ending_vectors: float = 0.5


def cut(texts: Iterable[str]) -> list[Words]:
    """Cut normalised texts into words with their dictionary entries."""
    import fugashi

    tagger = fugashi.Tagger()
    return [
        [
            Word(w.surface, (w.feature.lemma or w.surface).split("-")[0], w.feature.pos1, w.feature.pos2)
            for w in tagger(text)
        ]
        for text in texts
    ]


def clauses(words: Words) -> list[Words]:
    """Cut at punctuation and after connective particles; a clause has at least one word."""
    found: list[Words] = [[]]
    for word in words:
        found[-1].append(word)
        if ends_clause(word.surface) or (word.subclass == "接続助詞" and word.surface in CONNECTIVES):
            found.append([])
    return [c for c in found if any(w.pos != "補助記号" for w in c)] or [words]


def lemmas(words: Words) -> list[str]:
    """Lemmas and pairs of neighbours."""
    single = [w.lemma for w in words]
    return single + [f"{a} {b}" for a, b in zip(single, single[1:], strict=False)]


def characters(words: Words) -> list[str]:
    """Character n-grams of length 1 to 5."""
    text = "".join(w.surface for w in words)
    return [text[i : i + n] for n in range(1, 6) for i in range(len(text) - n + 1)]


def clause_pairs(words: Words) -> list[str]:
    """Lemmas near each other in one clause, in their order."""
    return [
        f"{a.lemma} {b.lemma}"
        for clause in clauses(words)
        for i, a in enumerate(clause)
        for b in clause[i + 1 : i + 1 + REACH]
    ]


def text_pairs(words: Words) -> list[str]:
    """Content words anywhere in one text, in no order."""
    content = {w.lemma for w in words if w.pos in CONTENT and w.subclass != "数詞"}
    return [f"{a} {b}" for a, b in combinations(sorted(content), 2)]


def ending(words: Words) -> list[str]:
    """Character n-grams of the last clause."""
    return characters(clauses(words)[-1])
