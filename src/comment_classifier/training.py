"""Training: fit, calibrate, set thresholds, and judge by voices that were held out.

Everything that the model file holds besides the weights comes from out-of-fold logits: each
comment is scored by a model that has not read its voice, nor its text from another voice.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import logit

from comment_classifier.codebook import Codebook
from comment_classifier.coding import Coding, Limits, decide
from comment_classifier.duplicates import group_duplicates
from comment_classifier.errors import InputError
from comment_classifier.evaluation import Agreement, ReviewMark, compare_codings, judge_review
from comment_classifier.features import FeatureSettings, find_occurrences, learn_features, tfidf
from comment_classifier.model import Model
from comment_classifier.no_answer import Verdict, judge_all
from comment_classifier.scoring import logits
from comment_classifier.text import normalize_all
from comment_classifier.tokenizer import split_words

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
FEWEST_EXAMPLES = 5
ENOUGH_DRAWN = 10  # examples of a category from which calibration can do without picked comments
RARE = 0.05


@dataclass(frozen=True)
class TrainingSettings:
    """How a model is fitted; the defaults are the choice of docs/accuracy.md.

    ``review_recall`` is the share of held-out wrong comments that the review mark has to catch.
    """

    features: FeatureSettings = field(default_factory=FeatureSettings)
    c: float = 10.0
    clause_weight: float = 0.3
    floor: float = 0.3
    folds: int = 5
    review_recall: float = 0.8
    seed: int = 0


@dataclass(frozen=True)
class HeldOut:
    """What a model does on voices it has not read: labels, coding, and how the two compare."""

    flags: Bools
    coding: Coding
    agreement: Agreement
    review: ReviewMark


@dataclass(frozen=True)
class Rows:
    """Labelled comments prepared for fitting: n comments, k learned categories."""

    normalized: list[str]
    groups: Ints  # of equal or nearly equal texts
    answered: Bools
    unclear: Bools
    flags: Bools  # (n, k) over the learned categories
    voices: npt.NDArray[np.str_]


def train_model(
    texts: Sequence[str],
    flags: Bools,
    voices: Sequence[object],
    codebook: Codebook,
    settings: TrainingSettings,
    representative: Bools | None = None,
) -> tuple[Model, HeldOut]:
    """Fit a model and judge it on held-out voices.

    Args:
        texts: n comments.
        flags: (n, k) over all categories of the codebook.
        voices: (n,) the kind of respondent, or any group that must not be on both sides of a split.
        codebook: the categories.
        settings: how to fit.
        representative: (n,) comments whose categories are as frequent as in a survey; calibration and
            thresholds rest on them, where a category has enough of them. All, if None.

    Raises:
        InputError: too few answers, or only one voice.

    Returns:
        The model, with its card, and the held-out coding behind the card's figures. Thresholds and
        calibration of each held-out voice come from the other voices.

    """
    rows = prepare(texts, flags, voices, codebook)
    if rows.answered.sum() < 2 * FEWEST_EXAMPLES:
        raise InputError(
            f"{int(rows.answered.sum())} of the labelled comments are answers; "
            f"at least {2 * FEWEST_EXAMPLES} are needed"
        )
    if len(np.unique(rows.voices)) < 2:
        raise InputError("all labelled comments are of one voice; a second is needed, to hold one out")
    every = np.ones(len(texts), bool)
    representative = every if representative is None else representative
    fold_of, raw = _held_out_logits(rows, codebook, settings, every)
    margin = 0.0
    coding, distance = held_out_coding(rows, fold_of, raw, codebook, settings.floor, margin, representative)
    wrong = (coding.flags != flags).any(axis=1)
    margin = _review_margin(distance, wrong & ~coding.review, wrong, settings.review_recall)
    coding, _ = held_out_coding(rows, fold_of, raw, codebook, settings.floor, margin, representative)
    held_out = HeldOut(
        flags, coding, compare_codings(flags, coding.flags, codebook.ids), judge_review(wrong, coding.review)
    )
    answered = rows.answered
    slope, offset, thresholds = _calibrate(raw[answered], rows.flags[answered], representative[answered])
    model = fit_rows(rows, every, codebook, settings)
    model = replace(
        model,
        weights=(model.weights * slope).astype(np.float32),
        intercepts=model.intercepts * slope + offset,
        thresholds=thresholds,
        review_margin=margin,
        card=_card(rows, codebook, settings, held_out),
    )
    return model, held_out


def held_out_flags(
    texts: Sequence[str],
    flags: Bools,
    voices: Sequence[object],
    codebook: Codebook,
    settings: TrainingSettings,
    usable: Bools,
    representative: Bools | None = None,
) -> Bools:
    """Return the (n, k) held-out coding of all comments by models that learn from a part of them only.

    Args:
        texts: n comments.
        flags: (n, k) over all categories of the codebook.
        voices: (n,), held out whole in the folds that :func:`train_model` deals for the same comments.
        codebook: the categories.
        settings: how to fit.
        usable: (n,) which comments may be learned from.
        representative: as for :func:`train_model`.

    """
    rows = prepare(texts, flags, voices, codebook)
    fold_of, raw = _held_out_logits(rows, codebook, settings, usable)
    coding, _ = held_out_coding(rows, fold_of, raw, codebook, settings.floor, 0.0, representative, usable)
    return coding.flags


def _held_out_logits(
    rows: Rows, codebook: Codebook, settings: TrainingSettings, usable: Bools
) -> tuple[Ints, Floats]:
    """Deal the folds; return each comment's, and its logits by a model of the usable others."""
    fold_of = deal_folds(rows.voices, settings.folds)

    def fit_and_score(train: Bools, test: Bools) -> Floats:
        model = fit_rows(rows, train & usable, codebook, settings)
        return logits(model, [t for t, inside in zip(rows.normalized, test, strict=True) if inside])

    return fold_of, out_of_fold(rows, fold_of, fit_and_score)


def balanced_threshold(scores: Floats, truth: Bools) -> float:
    """Return the threshold at which as many scores lie above it as there are true ones.

    False positives and false negatives are then equally many, which is what a count needs.
    Infinity if nothing is true.
    """
    positives = int(truth.sum())
    if positives == 0:
        return float("inf")
    ordered = np.sort(scores)[::-1]
    if positives == len(ordered):
        return float(ordered[-1])
    return float((ordered[positives - 1] + ordered[positives]) / 2)


def other_stands_alone(flags: Bools, codebook: Codebook) -> bool:
    """Tell whether coders hardly ever give ``other`` beside a named category: (n, k) learned flags."""
    other = flags[:, codebook.learned.index(codebook.other)]
    beside = other & (flags.sum(axis=1) > 1)
    return bool(beside.sum() <= RARE * other.sum())


def prepare(texts: Sequence[str], flags: Bools, voices: Sequence[object], codebook: Codebook) -> Rows:
    """Prepare n comments with (n, all categories) flags and (n,) voices."""
    normalized = normalize_all(texts)
    verdicts = judge_all(normalized, codebook)
    learned = [codebook.ids.index(c) for c in codebook.learned]
    return Rows(
        normalized=normalized,
        groups=group_duplicates(normalized),
        answered=np.array([v is not Verdict.NO_ANSWER for v in verdicts], bool),
        unclear=np.array([v is Verdict.UNCLEAR for v in verdicts], bool),
        flags=flags[:, learned],
        voices=np.array([str(v) for v in voices]),
    )


def deal_folds(voices: npt.NDArray[np.str_], folds: int) -> Ints:
    """Deal whole voices to folds, the largest first, each to the fold that holds least."""
    names, sizes = np.unique(voices, return_counts=True)
    load = np.zeros(min(folds, len(names)))
    fold = {}
    for i in np.lexsort((names, -sizes)):
        fold[names[i]] = int(load.argmin())
        load[load.argmin()] += sizes[i]
    return np.array([fold[v] for v in voices], np.int64)


def out_of_fold(rows: Rows, fold_of: Ints, fit_and_score: Callable[[Bools, Bools], Floats]) -> Floats:
    """Score every comment by a model that has not read its voice, nor its text from another voice.

    Args:
        rows: n comments.
        fold_of: (n,) from :func:`deal_folds`.
        fit_and_score: called with two (n,) masks, rows to fit on and rows to score; returns the
            (scored rows, k) logits.

    Returns:
        (n, k) logits.

    """
    raw = np.zeros(rows.flags.shape)
    for fold in range(fold_of.max() + 1):
        test = fold_of == fold
        train = ~test & ~np.isin(rows.groups, rows.groups[test])
        raw[test] = fit_and_score(train if train.any() else ~test, test)
    return raw


def fit_rows(rows: Rows, chosen: Bools, codebook: Codebook, settings: TrainingSettings) -> Model:
    """Fit the uncalibrated model on the chosen rows that are an answer."""
    from sklearn.linear_model import LogisticRegression

    at = np.flatnonzero(chosen & rows.answered)
    texts = [rows.normalized[i] for i in at]
    words = split_words(texts)
    features = learn_features(texts, words, rows.voices[at].tolist(), settings.features)
    matrix = tfidf(features, find_occurrences(features, texts, words), len(texts))
    weights = np.zeros((len(features), rows.flags.shape[1]), np.float32)
    intercepts = np.full(rows.flags.shape[1], logit(0.5 / (len(at) + 1)))
    for k in range(rows.flags.shape[1]):
        target = rows.flags[at, k]
        if min(target.sum(), (~target).sum()) < FEWEST_EXAMPLES:
            continue  # too few to learn from: never given by the model
        fitted = LogisticRegression(
            C=settings.c,
            class_weight="balanced",
            solver="liblinear",
            random_state=settings.seed,
            max_iter=1000,
        ).fit(matrix, target)
        weights[:, k] = fitted.coef_[0]
        intercepts[k] = fitted.intercept_[0]
    return Model(
        codebook=codebook,
        features=features,
        weights=weights,
        intercepts=intercepts,
        thresholds=np.zeros(len(codebook.learned)),
        other_alone=other_stands_alone(rows.flags, codebook),
        review_margin=0.0,
        clause_weight=settings.clause_weight,
        floor=settings.floor,
    )


def _calibrate(
    raw: Floats, truth: Bools, representative: Bools | None = None
) -> tuple[Floats, Floats, Floats]:
    """Platt's slope and offset per category, and the threshold on the calibrated logit.

    They rest on the representative comments, of which categories are as frequent as in a survey, wherever
    these hold enough of a category; comments picked for learning would shift both.

    References:
        J. Platt, Probabilistic outputs for support vector machines (1999).

    """
    from sklearn.linear_model import LogisticRegression

    k = raw.shape[1]
    slope, offset, thresholds = np.ones(k), np.zeros(k), np.full(k, np.inf)
    for i in range(k):
        scores, flags = raw[:, i], truth[:, i]
        if representative is not None:
            drawn = flags[representative]
            if min(drawn.sum(), (~drawn).sum()) >= ENOUGH_DRAWN:
                scores, flags = scores[representative], drawn
        positives = int(flags.sum())
        if min(positives, len(flags) - positives) < FEWEST_EXAMPLES or np.ptp(scores) == 0:
            continue
        platt = LogisticRegression(C=1e6, solver="lbfgs", max_iter=1000).fit(scores[:, None], flags)
        # A slope of 0 or less would mean that the scores say nothing; keep their order.
        slope[i], offset[i] = max(float(platt.coef_[0, 0]), 1e-3), float(platt.intercept_[0])
        thresholds[i] = balanced_threshold(scores * slope[i] + offset[i], flags)
    return slope, offset, thresholds


def held_out_coding(
    rows: Rows,
    fold_of: Ints,
    raw: Floats,
    codebook: Codebook,
    floor: float,
    margin: float,
    representative: Bools | None = None,
    usable: Bools | None = None,
) -> tuple[Coding, Floats]:
    """Code each fold with calibration and thresholds of the other folds' usable comments (all if None).

    Returns the coding, and (n, k) the distance of each logit from its threshold.
    """
    parts: dict[str, Any] = {}
    other_alone = other_stands_alone(rows.flags, codebook)
    distance = np.zeros(raw.shape)
    for fold in range(fold_of.max() + 1):
        test = fold_of == fold
        others = (~test if (~test).any() else test) & rows.answered
        if usable is not None:
            others &= usable
        slope, offset, thresholds = _calibrate(
            raw[others], rows.flags[others], None if representative is None else representative[others]
        )
        scored = raw[test] * slope + offset
        coding = decide(
            codebook,
            scored,
            rows.answered[test],
            rows.unclear[test],
            Limits(thresholds, floor, other_alone, margin),
        )
        distance[test] = np.where(rows.answered[test, None], np.abs(scored - thresholds), np.inf)
        for name in ("flags", "scores", "review"):
            part = getattr(coding, name)
            parts.setdefault(name, np.zeros((len(raw), *part.shape[1:]), part.dtype))[test] = part
    return Coding(**parts), distance


def _review_margin(distance: Floats, unmarked: Bools, wrong: Bools, recall: float) -> float:
    """Return the smallest margin with which enough of the wrong comments are marked."""
    missing = int(np.ceil(recall * wrong.sum())) - int((wrong & ~unmarked).sum())
    nearest = np.sort(distance[unmarked].min(axis=1))
    nearest = nearest[np.isfinite(nearest)]
    if missing <= 0 or not len(nearest):
        return 0.0
    return float(np.nextafter(nearest[min(missing, len(nearest)) - 1], np.inf))


def _wobble(rows: Rows, folds: int, held_out: HeldOut) -> Floats:
    """Return (k,) the standard deviation of the error in a share, between groups of voices.

    The error is the mean held-out score less the true share. Its variance between voices, less what
    sampling of each voice's comments explains, is divided by the voices of a group, which is as
    large as a fold.
    """
    answered = rows.answered
    errors = held_out.coding.scores[answered] - held_out.flags[answered]
    voices = rows.voices[answered]
    means, noise = [], []
    for voice in np.unique(voices):
        its = errors[voices == voice]
        means.append(its.mean(axis=0))
        noise.append(its.var(axis=0) / len(its))
    if len(means) < 2:
        return np.zeros(errors.shape[1])
    between = np.var(means, axis=0, ddof=1) - np.mean(noise, axis=0)
    spread: Floats = np.sqrt(np.maximum(between, 0.0) / max(1.0, len(means) / folds))
    return spread


def _score_means(rows: Rows, held_out: HeldOut) -> list[dict[str, float | None]]:
    """Return per category the mean held-out score of answers in it and out of it; None if there are none."""
    scores, flags = held_out.coding.scores[rows.answered], held_out.flags[rows.answered]
    return [
        {
            name: round(float(scores[part, k].mean()), 4) if part.any() else None
            for name, part in (("score_in", flags[:, k]), ("score_out", ~flags[:, k]))
        }
        for k in range(flags.shape[1])
    ]


def _card(rows: Rows, codebook: Codebook, settings: TrainingSettings, held_out: HeldOut) -> dict[str, Any]:
    agreement = held_out.agreement
    wobble = _wobble(rows, settings.folds, held_out)
    table = agreement.categories
    totals = held_out.flags.sum(axis=0)
    return {
        "comments": len(rows.normalized),
        "voices": len(set(rows.voices.tolist())),
        "labels": {c: int(n) for c, n in zip(codebook.ids, totals, strict=True)},
        "settings": asdict(settings),
        "held_out": {
            "comments": agreement.comments,
            "micro_f1": round(agreement.micro_f1, 4),
            "macro_f1": round(agreement.macro_f1, 4),
            "exact": round(agreement.exact, 4),
            "review": {name: round(value, 4) for name, value in asdict(held_out.review).items()},
            "wobble": {c: round(float(w), 5) for c, w in zip(codebook.ids, wobble, strict=True)},
            "categories": {
                c: {name: None if np.isnan(v) else round(float(v), 4) for name, v in table.loc[c].items()}
                | means
                for c, means in zip(codebook.ids, _score_means(rows, held_out), strict=True)
            },
        },
    }
