"""Whether labelling what the model picks teaches it faster than labelling at random. A real survey.

    python benchmarks/retraining.py --data FOLDER/ews_waves_2018_2022.csv.gz [--seeds 5]

A model for the 14 reason codes, as a codebook of one's own, starts from 300 comments of 2018-01. In each
month to 2019-01, 200 of the month's comments are chosen, get their true code, and the model is trained
again. After each step, 3,000 comments of 2019-02 to 2019-12 are classified: F1, and the mean absolute
error of the 14 counts in points. ``useful`` picks all 200 (``labels export``), ``half`` draws 100 at
random and picks 100.
"""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import comment_classifier as cc
from comment_classifier.codebook import Codebook
from comment_classifier.sampling import draw_sample, pick_useful
from comment_classifier.training import TrainingSettings
from counts import codebook

FIRST_MONTH, LAST_MONTH = "201801", "201901"
START, STEP, TEST = 300, 200, 3000
FIRST_SEED = 10  # the rule was chosen with seeds 0 to 3
DRAWN = {"random": STEP, "useful": 0, "half": STEP // 2}  # of each month's comments, at random
RULES = tuple(DRAWN)
FIGURES = {"micro": "micro-F1", "macro": "macro-F1", "count": "count error"}


def read(path: Path) -> tuple[pd.DataFrame, Codebook]:
    """Return all comments with their label and a voice each, and the codebook."""
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    reasons = sorted(frame["reason"].unique())
    frame["labels"] = [(f"r{reasons.index(r)}",) for r in frame["reason"]]
    frame["voice"] = [f"{month}-{row}" for row, month in enumerate(frame["ym"])]
    return frame[["ym", "text", "labels", "voice"]].assign(chosen="random"), codebook(reasons)


def choose(rule: str, model: Any, book: Codebook, texts: list[str], seed: int) -> list[int]:
    """Choose a month's comments to label."""
    drawn = draw_sample(texts, DRAWN[rule], seed)
    if len(drawn) == STEP:
        return drawn
    return drawn + pick_useful(model.model_, book, texts, STEP - len(drawn), drawn, seed)


def measure(model: Any, test: pd.DataFrame, book: Codebook) -> dict[str, float]:
    """Compare the categories that the package gives with the true codes."""
    ids = [c for c in book.ids if c.startswith("r")]
    given = cc.classify(test["text"].tolist(), model=model)[ids].to_numpy(bool)
    truth = np.array([[(c,) == labels for c in ids] for labels in test["labels"]])
    hits, marked = (given & truth).sum(axis=0), given.sum(axis=0) + truth.sum(axis=0)
    return {
        "micro": float(2 * hits.sum() / marked.sum()),
        "macro": float(np.mean(2 * hits / np.maximum(marked, 1))),
        "count": float(100 * np.abs(given.sum(axis=0) - truth.sum(axis=0)).mean() / len(test)),
    }


def curve(frame: pd.DataFrame, book: Codebook, rule: str, seed: int) -> list[dict[str, Any]]:
    """Start, then choose, label, train and measure month by month."""
    settings = replace(TrainingSettings(), clause_weight=0.0)
    test = frame[(frame["ym"] > LAST_MONTH) & (frame["ym"] <= "201912")].sample(TEST, random_state=0)
    labeled = frame[frame["ym"] == FIRST_MONTH].sample(START, random_state=seed)
    months = sorted(m for m in frame["ym"].unique() if FIRST_MONTH < m <= LAST_MONTH)
    points: list[dict[str, Any]] = []
    model: Any = None
    for step, month in enumerate([FIRST_MONTH, *months]):
        if step:
            pool = frame[frame["ym"] == month]
            chosen = choose(rule, model, book, pool["text"].tolist(), 1000 * seed + step - 1)
            how = np.where(np.arange(STEP) < DRAWN[rule], "random", "picked")
            labeled = pd.concat([labeled, pool.iloc[chosen].assign(chosen=how)])
        model = cc.train(labeled.reset_index(drop=True), book, settings)
        points.append({"rule": rule, "seed": seed, "labelled": len(labeled), **measure(model, test, book)})
    return points


def show(results: pd.DataFrame) -> None:
    """Print the curves side by side, then how many seeds each rule won against random."""
    means = results.groupby(["labelled", "rule"]).mean(numeric_only=True)
    print("| labelled | " + " | ".join(f"{FIGURES[f]}, {r}" for f in FIGURES for r in RULES) + " |")
    print("|---:|" + "---:|" * len(FIGURES) * len(RULES))
    for size in sorted(results["labelled"].unique()):
        row = [f"{means.loc[(size, r), f]:.3f}" for f in FIGURES for r in RULES]
        print(f"| {size} | " + " | ".join(row) + " |")
    for name, part in (
        ("mean of the steps", results[results["labelled"] > START]),
        ("at the end", results[results["labelled"] == results["labelled"].max()]),
    ):
        for figure, label in FIGURES.items():
            by = part.pivot_table(figure, "seed", "rule")
            for rule in RULES[1:]:
                won = by[rule] < by["random"] if figure == "count" else by[rule] > by["random"]
                difference = (by[rule] - by["random"]).mean()
                print(f"{label}, {name}: {rule} {difference:+.3f}, better in {won.sum()} of {len(by)} seeds")


def main() -> None:
    """Run all seeds and print Markdown."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, metavar="FILE")
    parser.add_argument("--seeds", type=int, default=5, metavar="N")
    options = parser.parse_args()
    frame, book = read(options.data)
    rows: list[dict[str, Any]] = []
    for seed in range(FIRST_SEED, FIRST_SEED + options.seeds):
        for rule in RULES:
            rows += curve(frame, book, rule, seed)
    show(pd.DataFrame(rows))


if __name__ == "__main__":
    main()
