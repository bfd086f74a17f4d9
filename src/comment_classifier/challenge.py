"""A new model beside the current one, on the same comments, both held out: may it take over."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from comment_classifier.codebook import Codebook
from comment_classifier.evaluation import Agreement, compare_codings

Bools = npt.NDArray[np.bool_]
WORSE = 0.005  # micro-F1 that a challenger may be behind
WORSE_COUNT = 0.5  # points of the comments that its counts may be further off
PLAUSIBLE = 0.5  # of the agreement above chance that added labels must reach
FEWEST_ADDED = 20  # rows from which added labels are judged by themselves
_RESAMPLES, _SEED = 1000, 0


@dataclass(frozen=True)
class Challenge:
    """How a challenger and the current model do on the same n comments, each held out.

    Attributes:
        comments: n.
        added: how many of them the current model was not trained on.
        current: its agreement with the labels.
        challenger: the same of the new model.
        low: of the 95 % interval of the difference in micro-F1, challenger less current: paired
            bootstrap over comments.
        high: its other end.
        count_errors: mean absolute error of the categories' counts in points of the comments: current,
            challenger.
        agreement: how well the current model agrees with the added labels: micro-F1, micro-F1 by
            chance (the labels shuffled), and its own held-out micro-F1 on the others. None for few.

    """

    comments: int
    added: int
    current: Agreement
    challenger: Agreement
    low: float
    high: float
    count_errors: tuple[float, float]
    agreement: tuple[float, float, float] | None

    @property
    def difference(self) -> float:
        """Micro-F1 of the challenger less that of the current model."""
        return self.challenger.micro_f1 - self.current.micro_f1

    def faults(self) -> list[str]:
        """Say why the challenger may not take over; nothing if it may.

        It may not if its micro-F1 is lower with 95 % confidence or by more than 0.005, if its counts are
        further off by more than 0.5 points, or if the added labels agree with the current model, above
        chance, less than half as well as labels do that it has not read.
        """
        found = []
        if self.high < 0 or self.difference < -WORSE:
            interval = f"95 % interval {self.low:+.3f} to {self.high:+.3f}"
            found.append(f"micro-F1 falls by {-self.difference:.3f} ({interval})")
        if self.count_errors[1] > self.count_errors[0] + WORSE_COUNT:
            one, two = self.count_errors
            found.append(f"counts are off by {two:.2f} points on average, {one:.2f} before")
        if self.agreement:
            got, chance, usual = self.agreement
            if got - chance < PLAUSIBLE * (usual - chance):
                found.append(
                    f"the added labels hardly fit their comments: the current model agrees with them to "
                    f"micro-F1 {got:.2f}; {chance:.2f} would be chance, {usual:.2f} is usual. Mixed-up rows?"
                )
        return found

    def lines(self) -> list[str]:
        """Render the comparison as Markdown."""
        f1s = (self.current.micro_f1, self.challenger.micro_f1)
        lines = [
            f"On the same {self.comments:,} comments ({self.added:,} of them new to the current model), each "
            f"held out: micro-F1 {f1s[0]:.3f} current, {f1s[1]:.3f} challenger, difference "
            f"{self.difference:+.3f} (95 % interval {self.low:+.3f} to {self.high:+.3f}). Counts are off by "
            f"{self.count_errors[0]:.2f} and {self.count_errors[1]:.2f} points of the comments on average.",
            "",
            "| category | n | F1 current | F1 challenger | count current | count challenger |",
            "|---|---:|---:|---:|---:|---:|",
        ]
        one, two = self.current.categories, self.challenger.categories
        for category in one.index:
            f1 = [
                "–" if pd.isna(t.loc[category, "f1"]) else f"{t.loc[category, 'f1']:.3f}" for t in (one, two)
            ]
            given = [int(t.loc[category, "given"]) for t in (one, two)]
            n = int(one.loc[category, "n"])
            lines.append(f"| {category} | {n} | {f1[0]} | {f1[1]} | {given[0]} | {given[1]} |")
        return lines


def challenge(
    truth: Bools,
    current: Bools,
    challenger: Bools,
    added: Bools,
    codebook: Codebook,
    usual: float | None = None,
) -> Challenge:
    """Set two held-out codings of the same comments beside their labels.

    Args:
        truth: (n, k) the labels, over all categories of the codebook.
        current: (n, k) by models that learned from what the current model learned from.
        challenger: (n, k) by models that learned from the added comments too.
        added: (n,) the comments that the current model was not trained on.
        codebook: the categories.
        usual: the current model's held-out micro-F1, to judge added labels by where all are added.

    """
    low, high = _bootstrap(truth, current, challenger)
    errors = [
        float(100 * np.abs(coding.sum(axis=0) - truth.sum(axis=0)).mean() / len(truth))
        for coding in (current, challenger)
    ]
    return Challenge(
        comments=len(truth),
        added=int(added.sum()),
        current=compare_codings(truth, current, codebook.ids),
        challenger=compare_codings(truth, challenger, codebook.ids),
        low=low,
        high=high,
        count_errors=(errors[0], errors[1]),
        agreement=_agreement(truth, current, added, usual),
    )


def _agreement(
    truth: Bools, current: Bools, added: Bools, usual: float | None
) -> tuple[float, float, float] | None:
    if not added.all():
        usual = _micro_f1(truth[~added], current[~added])
    if added.sum() < FEWEST_ADDED or usual is None:
        return None
    labels, coding = truth[added], current[added]
    rng = np.random.default_rng(_SEED)
    chance = [_micro_f1(labels[rng.permutation(len(labels))], coding) for _ in range(20)]
    return _micro_f1(labels, coding), float(np.mean(chance)), usual


def _micro_f1(truth: Bools, coding: Bools) -> float:
    return float(2 * (truth & coding).sum() / max(1, truth.sum() + coding.sum()))


def _bootstrap(truth: Bools, current: Bools, challenger: Bools) -> tuple[float, float]:
    """Return the 95 % interval of the difference in micro-F1, comments drawn with replacement."""
    n = len(truth)
    rng = np.random.default_rng(_SEED)
    sums = [((truth & c).sum(axis=1), truth.sum(axis=1) + c.sum(axis=1)) for c in (current, challenger)]
    differences = []
    for _ in range(_RESAMPLES):
        weights = np.bincount(rng.integers(0, n, n), minlength=n)
        one, two = (2 * (weights @ hits) / max(1, weights @ size) for hits, size in sums)
        differences.append(two - one)
    low, high = np.percentile(differences, [2.5, 97.5])
    return float(low), float(high)
