"""Does a comparison of waves call chance a change, and does it find a planted one? A real survey.

    python benchmarks/waves.py --data FOLDER/ews_waves_2018_2022.csv.gz

The model of benchmarks/counts.py (14 reasons, trained to 2020-12) codes the months of 2021 and 2022. Each
month is split at random: no change is there to be found. Then 5 points are planted: in one of two
random halves of two months' comments, 5 % are replaced by comments of one reason.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

import comment_classifier as cc
from comment_classifier.training import TrainingSettings
from comment_classifier.waves import compare_waves
from counts import codebook, wave_data

SIZE = 1000
TRIALS_PER_MONTH = 10


def main() -> None:
    """Train once, then split and plant."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, metavar="FILE")
    options = parser.parse_args()
    training, later = wave_data(options.data, 120)
    reasons = sorted(training["reason"].unique())
    book = codebook(reasons)
    labels = [(f"r{reasons.index(r)}",) for r in training["reason"]]
    labeled = pd.DataFrame({"text": training["text"], "labels": labels, "voice": training["ym"]})
    model = cc.train(labeled, book, replace(TrainingSettings(), clause_weight=0.0))
    coded = cc.classify(later["text"], model=model)
    held_out = model.model_.card["held_out"]
    rng = np.random.default_rng(0)
    months = [np.flatnonzero(later["ym"] == m) for m in sorted(later["ym"].unique())]
    quiet = []
    for rows in months:
        for _ in range(TRIALS_PER_MONTH):
            one, two = np.array_split(rng.permutation(rows), 2)
            quiet.append(not compare_waves(coded.iloc[one], coded.iloc[two], book, held_out)["changed"].any())
    print(f"random halves of a month, no change shown: {np.mean(quiet):.1%} of {len(quiet)} trials")
    for reason in (
        "来客数の動き",
        "販売量の動き",
        "お客様の様子",
        "単価の動き",
        "求人数の動き",
        "競争相手の様子",
    ):
        category = f"r{reasons.index(reason)}"
        having = np.flatnonzero(later["reason"] == reason)
        found, estimates = [], []
        for _ in range(100):
            pool = rng.permutation(len(later))[: 2 * SIZE]
            one, two = pool[:SIZE], pool[SIZE:].copy()
            without = np.flatnonzero((later["reason"].iloc[two] != reason).to_numpy())
            two[rng.choice(without, SIZE // 20, replace=False)] = rng.choice(
                having, SIZE // 20, replace=False
            )
            frame = compare_waves(coded.iloc[one], coded.iloc[two], book, held_out)
            found.append(bool(frame.loc[category, "changed"]))
            estimates.append(frame.loc[category, "difference"])
        share = (later["reason"] == reason).mean()
        told = f"found {np.mean(found):.0%}, estimated {np.nanmean(estimates):+.1f}"
        print(f"5 points planted in {reason} ({share:.1%} before): {told}")


if __name__ == "__main__":
    main()
