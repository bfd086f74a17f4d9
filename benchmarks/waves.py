"""Whether a comparison of waves calls chance a change, and finds a planted one.

    python benchmarks/waves.py --data FOLDER/ews_waves_2018_2022.csv.gz [--tasks data/labeled/tasks.csv]

With --data, a real survey: a model for its 14 reasons (trained to 2020-12) codes the months of 2021 and
2022. (1) Each month is split at random: no change is there to be found. (2) 5 points are planted: in one
of two random halves of 2,000 comments, 5 % are replaced by comments of one reason. (3) Months are compared
with each other: does the interval hold the true difference of the two files? With --tasks, (1) and (2) on the
held-out coding of the composed tasks comments, drawn in the proportions of the published report.
Beside each figure stands what the same test finds when every comment is read: the ceiling.
"""

import argparse
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

import comment_classifier as cc
from comment_classifier.codebook import Codebook
from comment_classifier.counting import RANDOM
from comment_classifier.labels import label_matrix, read_labels
from comment_classifier.training import TrainingSettings
from comment_classifier.waves import compare_waves
from counts import codebook, wave_data

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
SIZE = 1000
PLANTED = 50
EVERYTHING = SIZE


@dataclass(frozen=True)
class Comments:
    """Coded comments with their true categories: (n, k) flags in the codebook's order."""

    coded: pd.DataFrame
    truth: Bools
    book: Codebook
    held_out: dict[str, Any]

    def read(self, rows: Ints, n: int, rng: np.random.Generator) -> pd.DataFrame | None:
        """Read n of the comments at these rows, at random."""
        if n == 0:
            return None
        at = rng.permutation(len(rows))[:n]
        ids = np.array(self.book.ids, dtype=object)
        labels = [tuple(ids[flags]) for flags in self.truth[rows[at]]]
        return pd.DataFrame({"labels": pd.Series(labels, index=at, dtype=object), "chosen": RANDOM})

    def compare(self, one: Ints, two: Ints, n: int, rng: np.random.Generator) -> pd.DataFrame:
        """Compare two waves given by their rows, n of each read."""
        waves = [self.coded.iloc[rows].reset_index(drop=True) for rows in (one, two)]
        reads = (self.read(one, n, rng), self.read(two, n, rng))
        return compare_waves(waves[0], waves[1], self.book, self.held_out, reads)


def real_survey(path: Path) -> tuple[Comments, list[Ints]]:
    """Return the coded months of 2021 and 2022, and the rows of each month."""
    training, later = wave_data(path, 120)
    reasons = sorted(training["reason"].unique())
    book = codebook(reasons)
    labels = [(f"r{reasons.index(r)}",) for r in training["reason"]]
    labeled = pd.DataFrame({"text": training["text"], "labels": labels, "voice": training["ym"]})
    model = cc.train(labeled, book, replace(TrainingSettings(), clause_weight=0.0))
    coded = cc.classify(later["text"], model=model).drop(columns="text")
    truth = label_matrix([(f"r{reasons.index(r)}",) for r in later["reason"]], book)
    months = [np.flatnonzero(later["ym"] == m) for m in sorted(later["ym"].unique())]
    return Comments(coded, truth, book, model.model_.card["held_out"]), months


def composed_tasks(path: Path) -> tuple[Comments, Ints]:
    """Return the held-out coding of the composed comments, and rows in the report's proportions."""
    book = cc.load_codebook("tasks")
    labeled = read_labels(path, book)
    model = cc.train(labeled, book)
    held = model.held_out_
    columns: dict[str, Any] = {}
    for k, category in enumerate(book.ids):
        columns[category] = held.coding.flags[:, k]
        columns[f"score_{category}"] = held.coding.scores[:, k]
    comments = Comments(pd.DataFrame(columns), held.flags, book, model.model_.card["held_out"])
    published = next(r.values for r in book.references if r.id == "kumamoto_2024")
    share = np.array([published.get(category, 0) for category in book.ids], float)
    share = share / share.sum() / np.maximum(held.flags.sum(axis=0), 1)
    chance = held.flags @ share
    rows = np.random.default_rng(0).choice(len(chance), 4 * SIZE, replace=False, p=chance / chance.sum())
    return comments, rows


def quiet(comments: Comments, waves: list[Ints], trials: int) -> None:
    """Split each wave at random; print how often no change is shown."""
    rng = np.random.default_rng(0)
    silent = []
    for rows in waves:
        for _ in range(trials):
            one, two = np.array_split(rng.permutation(rows), 2)
            silent.append(not comments.compare(one, two, 0, rng)["changed"].any())
    print(f"random halves, no change shown: {np.mean(silent):.1%} of {len(silent)} trials\n")


def planted(comments: Comments, rows: Ints, sizes: tuple[int, ...], trials: int) -> None:
    """Plant 5 points in each category in turn; print how often it is found, and what is estimated."""
    heads = [f"{n} read" if n else "not read" for n in sizes]
    print(f"| category | share before | {' | '.join(heads)} | all read | estimated, not read |")
    print("|---|---:|" + "---:|" * (len(sizes) + 2))
    found_by_size: dict[int, list[float]] = {n: [] for n in (*sizes, EVERYTHING)}
    for k, category in enumerate(comments.book.ids):
        having = rows[comments.truth[rows, k]]
        if category == comments.book.none or len(having) < PLANTED:
            continue
        rng = np.random.default_rng(k)
        found: dict[int, list[bool]] = {n: [] for n in found_by_size}
        estimates = []
        for _ in range(trials):
            pool = rng.permutation(rows)[: 2 * SIZE]
            one, two = pool[:SIZE], pool[SIZE:].copy()
            without = np.flatnonzero(~comments.truth[two, k])
            two[rng.choice(without, PLANTED, replace=False)] = rng.choice(having, PLANTED, replace=False)
            for n in found:
                frame = comments.compare(one, two, n, rng)
                found[n].append(bool(frame.loc[category, "changed"]))
                if n == 0:
                    estimates.append(frame.loc[category, "difference"])
        for n, hits in found.items():
            found_by_size[n].append(float(np.mean(hits)))
        cells = [f"{np.mean(found[n]):.0%}" for n in (*sizes, EVERYTHING)]
        told = "cannot be told" if np.isnan(estimates).all() else f"{np.nanmean(estimates):+.1f}"
        share = comments.truth[rows, k].mean()
        print(f"| {comments.book.label(category)} | {share:.1%} | {' | '.join(cells)} | {told} |", flush=True)
    means = [f"{np.mean(found_by_size[n]):.0%}" for n in (*sizes, EVERYTHING)]
    print(f"| mean | | {' | '.join(means)} | |\n")


def true_differences(comments: Comments, months: list[Ints], sizes: tuple[int, ...], pairs: int) -> None:
    """Compare months; print how often the interval holds the true difference of the two files."""
    rng = np.random.default_rng(1)
    every = list(combinations(range(len(months)), 2))
    chosen = [every[i] for i in rng.permutation(len(every))[:pairs]]
    for n in sizes:
        held, together, widths = [], [], []
        for a, b in chosen:
            frame = comments.compare(months[a], months[b], n, rng)
            shares = [
                dict(zip(comments.book.ids, comments.truth[months[m]].mean(axis=0), strict=True))
                for m in (a, b)
            ]
            true = np.array([100 * (shares[1][c] - shares[0][c]) for c in frame.index])
            told = frame["difference"].notna().to_numpy()
            inside = (frame["low"] <= true) & (true <= frame["high"])
            held += inside[told].tolist()
            together.append(bool(inside[told].all()))
            widths += ((frame["high"] - frame["low"]) / 2)[told].tolist()
        print(
            f"months against months, {n} of each read: interval holds the true difference in "
            f"{np.mean(held):.1%} of {len(held)}; all told categories of a pair together in "
            f"{np.mean(together):.0%} of {len(together)}; mean half-width {np.mean(widths):.1f} points"
        )


def main() -> None:
    """Run on the real survey, on the composed comments, or on both."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, metavar="FILE")
    parser.add_argument("--tasks", type=Path, metavar="CSV")
    parser.add_argument("--trials", type=int, default=50, metavar="N", help="per category (default: 50)")
    options = parser.parse_args()
    if options.tasks:
        tasks, rows = composed_tasks(options.tasks)
        print("composed tasks comments, held-out coding, proportions of the report")
        quiet(tasks, [rows[:2000], rows[2000:]], 100)
        planted(tasks, rows, (0, 100), options.trials)
    if options.data:
        survey, months = real_survey(options.data)
        print(f"real survey, held-out micro-F1 {survey.held_out['micro_f1']:.2f}")
        quiet(survey, months, 10)
        planted(survey, np.arange(len(survey.truth)), (0, 100, 300), options.trials)
        true_differences(survey, months, (0, 100), 60)


if __name__ == "__main__":
    main()
