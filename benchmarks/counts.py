"""Are the counts and their intervals honest? A real monthly survey with known true counts.

    python benchmarks/counts.py --data FOLDER/ews_waves_2018_2022.csv.gz [--quick]

A model for the 14 reason codes is trained on comments up to 2020-12. Then each month of 2021 and 2022
is a new wave: its counts are estimated with 0, 50, 100 and 200 comments read at random, by the package
(shift model), its cross-check (stratified), the random sample alone, prediction-powered inference
(PPI++), and the textbook corrections of QuaPy (ACC, PACC, SLD; without reading), if installed.
Coverage is of the file's own true count by the 95 % interval; errors are in percentage points.
"""

import argparse
import time
from collections import defaultdict
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

import comment_classifier as cc
from comment_classifier.codebook import Category, Codebook
from comment_classifier.intervals import (
    Estimate,
    binned,
    sample_estimate,
    shift_estimates,
    stratified_estimate,
)
from comment_classifier.scoring import logits
from comment_classifier.text import normalize
from comment_classifier.training import TrainingSettings

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
LAST_TRAINING_MONTH = "202012"
RARE = 20


def codebook(reasons: list[str]) -> Codebook:
    """Build a codebook of one's own from the survey's reason codes."""
    named = [Category(f"r{i}", label) for i, label in enumerate(reasons)]
    roles = [Category("other", "(その他)", role="other"), Category("none", "記載なし", role="none")]
    return Codebook("reasons", "判断の理由", (*named, *roles))


def ppi(read_scores: Floats, read_flags: Bools, unread_scores: Floats) -> Estimate:
    """Prediction-powered inference with the power-tuned weight, for the unread count.

    References:
        Angelopoulos, Duchi, Zrnic, PPI++: Efficient prediction-powered inference (2023).

    """
    n, total = len(read_flags), len(unread_scores)
    truth = read_flags.astype(float)
    spread = np.var(read_scores) * (1 + n / total)
    weight = np.clip(np.cov(truth, read_scores, bias=True)[0, 1] / max(spread, 1e-12), 0, 1)
    mean = weight * unread_scores.mean() + (truth - weight * read_scores).mean()
    variance = weight**2 * np.var(unread_scores) / total + np.var(truth - weight * read_scores) / n
    reach = 1.96 * np.sqrt(variance)
    low, high = (int(np.clip(round(total * (mean + s * reach)), 0, total)) for s in (-1, 1))
    return Estimate(total * float(mean), low, high)


def wave_data(path: Path, per_month: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the training comments (a part of each month, to save time) and the later months."""
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    early = frame[frame["ym"] <= LAST_TRAINING_MONTH]
    training = early.groupby("ym", group_keys=False).sample(per_month, random_state=0)
    return training.reset_index(drop=True), frame[frame["ym"] > LAST_TRAINING_MONTH].reset_index(drop=True)


def quapy_corrections(train_scores: Floats, train_flags: Bools, scores: Floats) -> dict[str, float]:
    """Return ACC, PACC and SLD prevalences by QuaPy's definitions, from held-out and new probabilities."""
    from quapy.functional import solve_adjustment_binary
    from quapy.method.aggregative import EMQ

    yes = train_scores >= 0.5
    tpr, fpr = yes[train_flags].mean(), yes[~train_flags].mean()
    soft_tpr, soft_fpr = train_scores[train_flags].mean(), train_scores[~train_flags].mean()
    both = np.stack([1 - scores, scores], axis=1)
    prior = np.array([1 - train_flags.mean(), train_flags.mean()])
    sld, _ = EMQ.EM(prior, both)
    return {
        "ACC": float(solve_adjustment_binary((scores >= 0.5).mean(), tpr, fpr)),
        "PACC": float(solve_adjustment_binary(scores.mean(), soft_tpr, soft_fpr)),
        "SLD": float(sld[1]),
    }


def main() -> None:
    """Train once, then count month by month."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, metavar="FILE")
    parser.add_argument("--quick", action="store_true", help="fewer training comments and one draw per month")
    options = parser.parse_args()
    training, later = wave_data(options.data, 120 if options.quick else 360)
    reasons = sorted(training["reason"].unique())
    book = codebook(reasons)
    begun = time.perf_counter()
    labeled = pd.DataFrame(
        {
            "text": training["text"],
            "labels": [(f"r{reasons.index(r)}",) for r in training["reason"]],
            "voice": training["ym"],
        }
    )
    settings = replace(TrainingSettings(), clause_weight=0.0)
    model = cc.train(labeled, book, settings)
    held = model.held_out_.agreement
    print(f"{len(training)} training comments to {LAST_TRAINING_MONTH}, {time.perf_counter() - begun:.0f} s;")
    print(f"held-out months: micro-F1 {held.micro_f1:.3f}\n")
    results = run(model, later, reasons, draws=1 if options.quick else 4)
    show(results)


def run(model: Any, later: pd.DataFrame, reasons: list[str], draws: int) -> pd.DataFrame:
    """Estimate every month, reason, method and number read; one row each."""
    rng = np.random.default_rng(0)
    thresholds = model.model_.thresholds
    rows: list[dict[str, Any]] = []
    for month, wave in later.groupby("ym"):
        scored = logits(model.model_, [normalize(t) for t in wave["text"]])[:, : len(reasons)]
        truth = np.array([[given == reason for reason in reasons] for given in wave["reason"]])
        given = scored >= thresholds[: len(reasons)]
        bases = [
            {"month": month, "reason": reason, "true": int(truth[:, r].sum()), "n": len(wave)}
            for r, reason in enumerate(reasons)
        ]
        unread_counts = {"classify and count at .5": (scored >= 0).sum(axis=0)}
        unread_counts["balanced thresholds (未確認)"] = given.sum(axis=0)
        unread_counts |= _corrected_counts(model, scored)
        for method, counts in unread_counts.items():
            rows += [
                {**base, "method": method, "read": 0, "count": count}
                for base, count in zip(bases, counts, strict=True)
            ]
        for size in (50, 100, 200):
            for _ in range(draws):
                order = rng.permutation(len(wave))
                read, unread = order[:size], order[size:]
                seen = truth[read].sum(axis=0)
                for method, estimates in _estimates(scored, given, truth, read, unread).items():
                    rows += [
                        {**base, "method": method, "read": size, **_bounds(e, s)}
                        for base, e, s in zip(bases, estimates, seen.tolist(), strict=True)
                    ]
    return pd.DataFrame(rows)


def _bounds(estimate: Estimate, seen: int) -> dict[str, float]:
    return {"low": seen + estimate.low, "high": seen + estimate.high, "count": seen + estimate.expected}


def _estimates(
    scored: Floats, given: Bools, truth: Bools, read: Ints, unread: Ints
) -> dict[str, list[Estimate]]:
    reasons = range(truth.shape[1])
    chances = 1 / (1 + np.exp(-scored))
    return {
        "package (shift model)": shift_estimates(
            scored[read], truth[read], [binned(its) for its in scored[unread].T]
        ),
        "cross-check (stratified)": [
            stratified_estimate(
                given[read, r], truth[read, r], int(given[unread, r].sum()), int((~given[unread, r]).sum())
            )
            for r in reasons
        ],
        "sample alone": [sample_estimate(truth[read, r], len(unread)) for r in reasons],
        "PPI++": [ppi(chances[read, r], truth[read, r], chances[unread, r]) for r in reasons],
    }


def _corrected_counts(model: Any, scored: Floats) -> dict[str, list[float]]:
    if not find_spec("quapy"):
        return {}
    held_scores, held_flags = _held_out(model)
    chances = 1 / (1 + np.exp(-scored))
    per_reason = [
        quapy_corrections(held_scores[:, r], held_flags[:, r], chances[:, r]) for r in range(scored.shape[1])
    ]
    return {f"QuaPy {name}": [len(scored) * shares[name] for shares in per_reason] for name in per_reason[0]}


def _held_out(model: Any) -> tuple[Floats, Bools]:
    coding = model.held_out_.coding
    ids = [i for i, c in enumerate(model.book.ids) if c.startswith("r")]
    return coding.scores[:, ids], model.held_out_.flags[:, ids]


def show(results: pd.DataFrame) -> None:
    """Print coverage, width and error per method and number read."""
    results["error"] = 100 * (results["count"] - results["true"]).abs() / results["n"]
    results["covered"] = (results["low"] <= results["true"]) & (results["true"] <= results["high"])
    results["width"] = results["high"] - results["low"]
    print("| method | read | coverage | counts under 20 | mean width | against sample | mean error, points |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    sample = results[results["method"] == "sample alone"].groupby("read")["width"].mean()
    order = defaultdict(int, {"classify and count at .5": -2, "balanced thresholds (未確認)": -1})
    keys = sorted(results.groupby(["read", "method"]).groups, key=lambda k: (k[0], order[k[1]], k[1]))
    for size, method in keys:
        part = results[(results["read"] == size) & (results["method"] == method)]
        if size == 0:
            print(f"| {method} | 0 | – | – | – | – | {part['error'].mean():.2f} |")
            continue
        rare = part[part["true"] < RARE]
        ratio = part["width"].mean() / sample[size]
        print(
            f"| {method} | {size} | {part['covered'].mean():.1%} | {rare['covered'].mean():.1%} "
            f"| {part['width'].mean():.1f} | {ratio - 1:+.0%} | {part['error'].mean():.2f} |"
        )


if __name__ == "__main__":
    main()
