"""The fitted model of one codebook: arrays, scores, explanations, and a file without code.

A model is a linear classifier per category over TF-IDF features, already calibrated: the logit it
gives is ``X · weights + intercepts`` and the score is the logistic function of it, to be read as a
probability. Loading and scoring need NumPy and SciPy only.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from comment_classifier.codebook import Codebook
from comment_classifier.errors import InputError
from comment_classifier.features import Features, Floats, Ints, find_occurrences, tfidf
from comment_classifier.files import whole_file
from comment_classifier.text import ends_clause, normalize
from comment_classifier.tokenizer import dictionary, split_words

FORMAT = 1
MAX_UNPACKED_BYTES = 1 << 29
_ARRAYS = ("pairs", "grams", "idf", "weights", "intercepts", "thresholds")
_CANARY_TOLERANCE = 1e-4


@dataclass(frozen=True)
class Model:
    """A fitted model.

    Attributes:
        codebook: what it was trained for; it scores the k categories of ``codebook.learned``.
        features: the columns.
        weights: (len(features), k) float32.
        intercepts: (k,) logits of a comment without any known feature.
        thresholds: (k,) logits from which a category is given.
        review_margin: a comment is marked for review where a logit is nearer than this to its
            threshold.
        clause_weight: the share of the best clause in a comment's logit; the rest is of the whole.
        floor: the probability that a category below its threshold needs to be given at all.
        other_alone: ``other`` is given only where no named category is.
        card: what it was trained on and how well it does, as JSON; see docs/models.md.

    """

    codebook: Codebook
    features: Features
    weights: npt.NDArray[np.float32]
    intercepts: Floats
    thresholds: Floats
    review_margin: float
    clause_weight: float
    floor: float
    other_alone: bool
    card: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def exact_weights(self) -> Floats:
        """The weights in double precision, in which scores are summed."""
        return self.weights.astype(np.float64)


@dataclass(frozen=True)
class Word:
    """A word of a comment and what it adds to the logit of a category.

    ``start`` and ``end`` are positions in the normalised comment.
    """

    text: str
    start: int
    end: int
    contribution: float


@dataclass(frozen=True)
class Explanation:
    """Why a category got its score: ``intercept`` plus the words' contributions is the ``logit``."""

    category: str
    logit: float
    intercept: float
    words: tuple[Word, ...]

    @property
    def score(self) -> float:
        """The logit as a probability."""
        return float(1 / (1 + np.exp(-self.logit)))


@dataclass(frozen=True)
class _Parts:
    """The texts that are scored for n comments: each comment whole, followed by its clauses.

    ``starts`` (n,) is the index of each whole comment, ``offsets`` where each part begins in it.
    """

    texts: list[str]
    words: list[list[str]]
    starts: Ints
    offsets: list[int]


def logits(model: Model, normalized: Sequence[str]) -> Floats:
    """Score n normalised comments.

    Returns:
        (n, k) logits, calibrated: the logistic function of them is the probability.

    """
    if not normalized:
        return np.empty((0, len(model.codebook.learned)))
    parts = _parts(normalized, clauses_too=model.clause_weight > 0)
    occurrences = find_occurrences(model.features, parts.texts, parts.words)
    matrix = tfidf(model.features, occurrences, len(parts.texts))
    scores: Floats = np.asarray(matrix @ model.exact_weights) + model.intercepts
    whole = scores[parts.starts]
    if model.clause_weight == 0:
        return whole
    ends = np.append(parts.starts[1:], len(scores))
    scores[parts.starts[ends - parts.starts > 1]] = -np.inf  # the clauses only, where there are any
    best = np.maximum.reduceat(scores, parts.starts, axis=0)
    return (1 - model.clause_weight) * whole + model.clause_weight * best


def explain(model: Model, text: str) -> dict[str, Explanation]:
    """Say per category which words gave a comment its score; see :func:`explain_many`."""
    return explain_many(model, [text])[0]


def explain_many(
    model: Model, texts: Sequence[str], wanted: Sequence[Collection[str]] | None = None
) -> list[dict[str, Explanation]]:
    """Say for n comments which words gave them their scores.

    The contribution of a word pair or a character n-gram is divided among the characters that it
    covers, and each word of the comment gets what its characters got, so that the words'
    contributions and the intercept add up to the logit.

    Args:
        model: whose scores.
        texts: the comments.
        wanted: (n,) the categories of each that are explained; all if None.

    """
    if not texts:
        return []
    normalized = [normalize(text if isinstance(text, str) else "") for text in texts]
    parts = _parts(normalized, clauses_too=model.clause_weight > 0)
    spread = _spread(model, parts)
    ends = np.cumsum([0, *map(len, parts.texts)])
    last = np.append(parts.starts[1:], len(parts.texts))
    learned = model.codebook.learned
    explained = []
    for i, (text, first, end) in enumerate(zip(normalized, parts.starts, last, strict=True)):
        pieces = [spread[ends[at] : ends[at + 1]] for at in range(first, end)]
        letters = _letters(model, pieces, parts.offsets[first:end])
        spans = _spans(text, parts.words[first])
        bounds = [start for start, _ in spans]
        summed = np.add.reduceat(letters, bounds, axis=0) if bounds else np.zeros((0, len(learned)))
        chosen = learned if wanted is None else [c for c in learned if c in wanted[i]]
        explained.append({c: _explanation(model, c, text, spans, summed) for c in chosen})
    return explained


def _letters(model: Model, pieces: list[Floats], offsets: list[int]) -> Floats:
    """Add what the best clause of each category gave to what the whole comment gave: (characters, k)."""
    clauses = pieces[1:] or pieces
    best = np.array([piece.sum(axis=0) for piece in clauses]).argmax(axis=0) + (len(pieces) > 1)
    letters: Floats = (1 - model.clause_weight) * pieces[0]
    for k, at in enumerate(best):
        letters[offsets[at] : offsets[at] + len(pieces[at]), k] += model.clause_weight * pieces[at][:, k]
    return letters


def _explanation(
    model: Model, category: str, text: str, spans: list[tuple[int, int]], summed: Floats
) -> Explanation:
    k = model.codebook.learned.index(category)
    values = summed[:, k].tolist()
    words = tuple(
        Word(text[start:end], start, end, value) for (start, end), value in zip(spans, values, strict=True)
    )
    intercept = float(model.intercepts[k])
    return Explanation(category, intercept + float(summed[:, k].sum()), intercept, words)


def save_model(model: Model, path: Path) -> None:
    """Write a model as one zip archive of .npy arrays and JSON; the same model gives the same bytes."""
    content: dict[str, bytes] = {}
    for name in _ARRAYS:
        owner = model.features if hasattr(model.features, name) else model
        buffer = io.BytesIO()
        np.lib.format.write_array(buffer, np.ascontiguousarray(getattr(owner, name)), allow_pickle=False)
        content[f"{name}.npy"] = buffer.getvalue()
    description = {
        "format": FORMAT,
        "codebook": model.codebook.as_dict(),
        "words": model.features.words,
        "alphabet": model.features.alphabet,
        "shortest_gram": model.features.shortest_gram,
        "longest_gram": model.features.longest_gram,
        "review_margin": model.review_margin,
        "clause_weight": model.clause_weight,
        "floor": model.floor,
        "other_alone": model.other_alone,
        "dictionary": dictionary(),
        "canaries": _canaries(model),
        "sha256": {name: hashlib.sha256(data).hexdigest() for name, data in content.items()},
        "card": model.card,
    }
    content["model.json"] = json.dumps(description, ensure_ascii=False, indent=1).encode()
    with (
        whole_file(path) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
    ):
        for name in sorted(content):
            archive.writestr(
                zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content[name], zipfile.ZIP_DEFLATED
            )


def load_model_file(path: Path, codebook: Codebook | None = None) -> Model:
    """Read a model file and check it: checksums, shapes, codebook, and its canary comments' scores.

    Raises:
        InputError: not a model, damaged, of a newer format, of another codebook, or the words of
            this machine's dictionary are not those it was trained with.

    """
    try:
        description, arrays = _read_archive(path)
        model = _assemble(description, arrays)
        canaries = [(str(text), [float(x) for x in row]) for text, row in description["canaries"]]
        if not canaries:
            raise ValueError("it has no test comments")
    except FileNotFoundError:
        raise InputError(f"{path}: no such model file. Train one with: comment-classifier train") from None
    except (OSError, zipfile.BadZipFile, ValueError, KeyError, TypeError, AttributeError, EOFError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"{path}: not a readable model file ({error}). Restore it from a copy or train again"
        ) from None
    if codebook is not None and model.codebook.digest != codebook.digest:
        raise InputError(
            f"{path}: was trained for other categories than the codebook {codebook.id!r} has now. "
            "Train again with this codebook"
        )
    _check_canaries(path, model, canaries)
    return model


def _parts(normalized: Sequence[str], clauses_too: bool) -> _Parts:
    all_words = split_words(normalized)
    if not clauses_too:
        return _Parts(list(normalized), all_words, np.arange(len(normalized)), [0] * len(normalized))
    texts: list[str] = []
    words: list[list[str]] = []
    offsets: list[int] = []
    starts = np.empty(len(normalized), np.int64)
    for i, (text, its_words) in enumerate(zip(normalized, all_words, strict=True)):
        starts[i] = len(texts)
        texts.append(text)
        words.append(its_words)
        offsets.append(0)
        clauses = _clauses(text, its_words)
        if len(clauses) > 1:
            for start, end, clause_words in clauses:
                texts.append(text[start:end])
                words.append(clause_words)
                offsets.append(start)
    return _Parts(texts, words, starts, offsets)


def _clauses(text: str, words: list[str]) -> list[tuple[int, int, list[str]]]:
    """Group the words of a comment into clauses: start, end, words."""
    clauses: list[tuple[int, int, list[str]]] = []
    open_clause = False
    for (start, end), word in zip(_spans(text, words), words, strict=True):
        if ends_clause(word):
            open_clause = False
        elif open_clause:
            begun, _, its_words = clauses[-1]
            its_words.append(word)
            clauses[-1] = (begun, end, its_words)
        else:
            clauses.append((start, end, [word]))
            open_clause = True
    return clauses


def _spread(model: Model, parts: _Parts) -> Floats:
    """Divide the contributions of all parts' features among their characters: (characters of all, k)."""
    from scipy import sparse

    found = find_occurrences(model.features, parts.texts, parts.words)
    matrix = tfidf(model.features, found, len(parts.texts))
    # The matrix is sorted by row and column, as the distinct pairs of the occurrences are.
    _, place, times = np.unique(
        found.row * len(model.features) + found.column, return_inverse=True, return_counts=True
    )
    share = (matrix.data / times)[place] / found.length
    of_word = found.column < model.features.n_word_columns
    n_words, n_letters = sum(map(len, parts.words)), sum(map(len, parts.texts))

    def divided(chosen: npt.NDArray[np.bool_], units: int) -> Any:
        """Return (units, k): what the chosen occurrences give to the words or characters they cover."""
        start, length = found.start[chosen], found.length[chosen]
        occurrence = np.repeat(np.arange(len(start)), length)
        unit = (
            np.repeat(start, length)
            + np.arange(len(occurrence))
            - np.repeat(np.cumsum(length) - length, length)
        )
        shape = (units, len(start))
        covers = sparse.csr_matrix((share[chosen][occurrence], (unit, occurrence)), shape=shape)
        return covers @ model.exact_weights[found.column[chosen]]

    letters: Floats = divided(~of_word, n_letters)
    words = divided(of_word, n_words)
    ends = np.cumsum([0, *map(len, parts.texts)])
    spans = [
        (ends[at] + start, ends[at] + end)
        for at, (text, its) in enumerate(zip(parts.texts, parts.words, strict=True))
        for start, end in _spans(text, its)
    ]
    lengths = np.array([end - start for start, end in spans], np.int64)
    word = np.repeat(np.arange(n_words), lengths)
    at = np.concatenate([np.arange(start, end) for start, end in spans]) if spans else np.empty(0, np.int64)
    letters[at] += words[word] / lengths[word][:, None]
    return letters


def _spans(text: str, words: list[str]) -> list[tuple[int, int]]:
    """Find where each word stands in the text."""
    spans, at = [], 0
    for word in words:
        start = text.find(word, at)
        at = start + len(word)
        spans.append((start, at))
    return spans


def _canaries(model: Model) -> list[list[Any]]:
    """Comments made of the model's own words, with their logits, to notice a changed dictionary."""
    words = [w for w in model.features.words if len(w) > 1]
    step = max(1, len(words) // 80)
    texts = ["".join(words[i : i + 4 * step : step]) for i in range(0, 20 * 4 * step, 4 * step)]
    return [[t, np.round(row, 6).tolist()] for t, row in zip(texts, logits(model, texts), strict=True)]


def _check_canaries(path: Path, model: Model, canaries: list[tuple[str, list[float]]]) -> None:
    scores = logits(model, [text for text, _ in canaries])
    expected = np.array([row for _, row in canaries]).reshape(scores.shape)
    if not np.allclose(scores, expected, atol=_CANARY_TOLERANCE, rtol=0):
        raise InputError(
            f"{path}: its test comments score differently here, so the dictionary differs "
            f"({dictionary()} here). Install the locked versions or train again"
        )


def _read_archive(path: Path) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    with zipfile.ZipFile(path) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED_BYTES:
            raise ValueError("unpacks to more than a model can be")
        description = json.loads(archive.read("model.json"))
        if description["format"] > FORMAT:
            raise InputError(
                f"{path}: format {description['format']} is newer than this program reads. Update the program"
            )
        arrays = {}
        for name in _ARRAYS:
            data = archive.read(f"{name}.npy")
            if hashlib.sha256(data).hexdigest() != description["sha256"][f"{name}.npy"]:
                raise ValueError(f"{name} is damaged")
            arrays[name] = np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
    return description, arrays


def _assemble(description: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]) -> Model:
    features = Features(
        words=tuple(description["words"]),
        pairs=arrays["pairs"],
        alphabet=description["alphabet"],
        grams=arrays["grams"],
        idf=arrays["idf"],
        shortest_gram=description["shortest_gram"],
        longest_gram=description["longest_gram"],
    )
    codebook = Codebook.from_dict(description["codebook"])
    k = len(codebook.learned)
    shapes = {"idf": (len(features),), "weights": (len(features), k), "intercepts": (k,), "thresholds": (k,)}
    for name, shape in shapes.items():
        if arrays[name].shape != shape:
            raise ValueError(f"{name} has shape {arrays[name].shape}, not {shape}")
    return Model(
        codebook=codebook,
        features=features,
        weights=arrays["weights"],
        intercepts=arrays["intercepts"],
        thresholds=arrays["thresholds"],
        review_margin=float(description["review_margin"]),
        clause_weight=float(description["clause_weight"]),
        floor=float(description["floor"]),
        other_alone=bool(description["other_alone"]),
        card=dict(description["card"]),
    )
