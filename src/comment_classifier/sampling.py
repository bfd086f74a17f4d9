"""Which comments people read: at random, or those that teach the model most; and what reading will tell."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from comment_classifier.codebook import Codebook
from comment_classifier.coding import expit
from comment_classifier.duplicates import group_duplicates
from comment_classifier.intervals import binned, shift_estimates
from comment_classifier.model import Model
from comment_classifier.no_answer import Verdict, judge_all
from comment_classifier.scoring import logits
from comment_classifier.text import normalize_all

_SIMULATIONS = 12
_CHOICE = 3  # comments looked at per comment picked


def draw_sample(texts: list[str], n: int, seed: int) -> list[int]:
    """Draw n rows at random among those that hold any text.

    They come in the order of the draw, so that whoever stops half-way has read a random sample too.
    """
    filled = [i for i, text in enumerate(texts) if text.strip()]
    return [filled[i] for i in np.random.default_rng(seed).permutation(len(filled))[:n].tolist()]


def pick_unsure(model: Model, codebook: Codebook, texts: list[str], n: int, drawn: list[int]) -> list[int]:
    """Pick the n comments that the model is least sure of, equal texts once, none of those drawn already.

    Unsure is a comment with a category whose logit is near its threshold.
    """
    groups = group_duplicates(texts)
    normalized, answers = _open_answers(codebook, texts, groups, drawn)
    scored = logits(model, [normalized[i] for i in answers])
    distance = np.abs(scored - model.thresholds).min(axis=1, initial=np.inf)
    taken: set[int] = set()
    picked: list[int] = []
    for at in np.argsort(distance, kind="stable").tolist():
        group = int(groups[answers[at]])
        if len(picked) < n and group not in taken:
            picked.append(answers[at])
            taken.add(group)
    return picked


def expected_half_widths(
    model: Model, codebook: Codebook, texts: list[str], sizes: tuple[int, ...], seed: int = 0
) -> pd.DataFrame:
    """Say how wide the intervals will be, before anybody has read anything.

    Truths are drawn from the model's own scores, samples from the comments; the half-widths of the
    resulting intervals are averaged.

    Returns:
        By category id, a column per number of comments read: the half-width in comments.

    """
    normalized = normalize_all(texts)
    verdicts = judge_all(normalized, codebook)
    answers = [n for n, v in zip(normalized, verdicts, strict=True) if v is not Verdict.NO_ANSWER]
    scored = logits(model, answers)
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(0.0, index=pd.Index(codebook.learned, name="category"), columns=list(sizes))
    for size in sizes:
        for _ in range(_SIMULATIONS):
            order = rng.permutation(len(answers))
            read, unread = order[:size], order[size:]
            truth = rng.random((len(read), scored.shape[1])) < expit(scored[read])
            estimates = shift_estimates(scored[read], truth, [binned(its) for its in scored[unread].T])
            table[size] += np.array([(e.high - e.low) / 2 for e in estimates]) / _SIMULATIONS
    return table


def pick_useful(
    model: Model,
    codebook: Codebook,
    texts: list[str],
    n: int,
    drawn: list[int],
    seed: int = 0,
    groups: npt.NDArray[np.int64] | None = None,
) -> list[int]:
    """Pick the n comments that teach the model most, the most useful first, none of those drawn already.

    Useful is a comment of which the model does not know whose it is: its scores, made to add up to 1,
    spread over many categories (entropy). The n are picked among three times as many drawn at random,
    equal texts once, so that they are not the strangest of the wave only. ``groups`` are those of
    :func:`group_duplicates`, if known.
    """
    groups = group_duplicates(texts) if groups is None else groups
    normalized, answers = _open_answers(codebook, texts, groups, drawn)
    first = {int(groups[i]): i for i in reversed(answers)}
    candidates = np.random.default_rng(seed).permutation(np.array(sorted(first.values()), np.int64))
    candidates = candidates[: _CHOICE * n]
    scores = expit(logits(model, [normalized[i] for i in candidates]))
    parts = scores / scores.sum(axis=1, keepdims=True)
    entropy = -(parts * np.log(parts.clip(1e-12))).sum(axis=1)
    picked: list[int] = candidates[np.argsort(-entropy, kind="stable")[:n]].tolist()
    return picked


def _open_answers(
    codebook: Codebook, texts: list[str], groups: npt.NDArray[np.int64], drawn: list[int]
) -> tuple[list[str], list[int]]:
    """Return all comments normalised, and the rows of answers whose text was not drawn yet."""
    normalized = normalize_all(texts)
    taken = set(groups[drawn].tolist())
    return normalized, [
        i
        for i, verdict in enumerate(judge_all(normalized, codebook))
        if groups[i] not in taken and verdict is not Verdict.NO_ANSWER
    ]
