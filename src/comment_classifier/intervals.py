"""Intervals for the count of a category in a fixed file, of which a part was read at random.

What is read is known. Only the unread comments are estimated, so that the intervals speak of this
file: they need no assumption about a larger population, and vanish when everything is read.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import bdtr, betainc, expit, log_softmax, logsumexp, ndtr, ndtri, softmax, stdtrit

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

LEVEL = 0.95
MOST_EXTREME_LOGIT = 8.0
# How far a survey may be from the training data: scale of the intercept's prior, and standard
# deviation of the slope's, round 1. Which pair fits is learned from all categories together.
_DISTANCES = np.array(
    [(shift, slope) for shift in (0.05, 0.1, 0.2, 0.4, 0.8, 1.6) for slope in (0.1, 0.2, 0.4)]
)
_ALONE = np.array([[0.8, 0.25]])  # of a category that is off by itself, whatever the others are
_ALONE_CHANCE = 0.5
_GRID_SHIFTS, _GRID_SLOPES = (
    axis.ravel() for axis in np.meshgrid(np.linspace(-6, 6, 121), np.linspace(0.1, 1.9, 37), indexing="ij")
)


def _log_prior(distances: Floats, freedom: int) -> Floats:
    """Return (distances, grid points) the log prior of intercept (Student's t) and slope (normal)."""
    from scipy import stats

    shift = stats.t.logpdf(_GRID_SHIFTS / distances[:, :1], freedom)
    slope = -0.5 * ((_GRID_SLOPES - 1) / distances[:, 1:]) ** 2
    prior: Floats = log_softmax(shift + slope, axis=1)
    return prior


@cache
def _mixed_prior() -> Floats:
    """Return (distances, grid points) the log prior of a category: as far off as the others, or by itself."""
    together, by_itself = _log_prior(_DISTANCES, 4), _log_prior(_ALONE, 2)
    prior: Floats = np.logaddexp(np.log(1 - _ALONE_CHANCE) + together, np.log(_ALONE_CHANCE) + by_itself)
    return prior


_BINS = 200
_NEGLIGIBLE = 1e-7
# How the 5 % outside may be divided; equal tails first, which win among equally short intervals.
_LOWER_TAILS = tuple((1 - LEVEL) / 2 * (1 + part / 5) for part in (0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5))


@dataclass(frozen=True)
class Estimate:
    """The number of unread comments in a category: expected, and the ends of a 95 % interval."""

    expected: float
    low: int
    high: int


def shift_estimates(
    read_logits: Floats, read_flags: Bools, unread: Sequence[tuple[Floats, Floats]]
) -> list[Estimate]:
    """Estimate k categories by logit P = a + b · logit, fitted to the comments read at random.

    With an even chance a category is as far from the training data as this survey is: a has the
    prior s · t₄, b the prior normal round 1 with standard deviation d, where the pair s, d is one for
    all categories and learned from them together (0.05 to 1.6 and 0.1 to 0.4, eighteen pairs, equally
    likely before). Else it is off by itself: a has the prior 0.8 · t₂, b normal(1, 0.25²). The
    posterior is summed over a grid. Given a and b the unread count is a sum of independent yes/no, whose
    distribution is taken as the binomial (small counts) or normal of the same mean and variance.

    Args:
        read_logits: (r, k) calibrated logits of the comments read at random.
        read_flags: (r, k) what was read.
        unread: per category the logits of the comments that nobody read, as :func:`binned` sums them up.

    """
    k = len(unread)
    u = round(unread[0][1].sum()) if k else 0
    if u == 0:
        return [Estimate(0.0, 0, 0)] * k
    read_logits = np.clip(read_logits, -MOST_EXTREME_LOGIT, MOST_EXTREME_LOGIT)
    joint = [_log_joint(read_logits[:, i], read_flags[:, i]) for i in range(k)]
    evidence = np.array([logsumexp(its, axis=1) for its in joint])
    of_distance = softmax(evidence.sum(axis=0))
    estimates = []
    for i in range(k):
        weights = of_distance @ np.exp(joint[i] - evidence[i][:, None])
        kept = weights > _NEGLIGIBLE
        weights = weights[kept] / weights[kept].sum()
        centres, sizes = unread[i]
        chance = expit(_GRID_SHIFTS[kept, None] + _GRID_SLOPES[kept, None] * centres)
        mean = chance @ sizes
        variance = (chance * (1 - chance)) @ sizes
        low, high = _quantiles(weights, mean, variance, u)
        estimates.append(Estimate(float(weights @ mean), low, high))
    return estimates


def binned(logits: Floats) -> tuple[Floats, Floats]:
    """Represent many logits by the means of equally filled bins: values, and how many each stands for."""
    logits = np.clip(logits, -MOST_EXTREME_LOGIT, MOST_EXTREME_LOGIT)
    if len(logits) <= _BINS:
        return logits, np.ones(len(logits))
    parts = np.array_split(np.sort(logits), _BINS)
    return np.array([p.mean() for p in parts]), np.array([float(len(p)) for p in parts])


def stratified_estimate(
    read_given: Bools, read_flags: Bools, unread_given: int, unread_other: int, prior: float = 0.5
) -> Estimate:
    """Estimate by the read share among comments to which the model gave the category, and among the rest.

    Each stratum's unread count is beta-binomial with a Jeffreys prior. A cross-check that uses the
    model's yes and no but not its scores.

    Args:
        read_given: (r,) to which of the comments read the model gave the category.
        read_flags: (r,) which of them a person gave it.
        unread_given: unread comments to which the model gave it.
        unread_other: unread comments to which it did not.
        prior: pseudo-count of either answer.

    """
    from scipy import stats

    parts = []
    for given, unread in ((True, unread_given), (False, unread_other)):
        read = read_given == given
        yes, n = int(read_flags[read].sum()), int(read.sum())
        parts.append(stats.betabinom(unread, yes + prior, n - yes + prior))
    mean = float(sum(p.mean() for p in parts))
    low, high = _sum_quantiles(parts, [unread_given, unread_other])
    return Estimate(mean, low, high)


def sample_estimate(read_flags: Bools, unread: int) -> Estimate:
    """Estimate from the random sample alone, without any model: beta-binomial with a Jeffreys prior."""
    from scipy import stats

    yes, n = int(read_flags.sum()), len(read_flags)
    predicted = stats.betabinom(unread, yes + 0.5, n - yes + 0.5)
    tail = (1 - LEVEL) / 2
    return Estimate(float(predicted.mean()), int(predicted.ppf(tail)), int(predicted.ppf(1 - tail)))


def _log_joint(logits: Floats, flags: Bools) -> Floats:
    """Return (distances, grid points) log prior times likelihood of one category."""
    linear = _GRID_SHIFTS[:, None] + _GRID_SLOPES[:, None] * logits
    said = _GRID_SHIFTS * flags.sum() + _GRID_SLOPES * logits[flags].sum()
    log_likelihood = said - np.log1p(np.exp(linear)).sum(axis=1)
    joint: Floats = _mixed_prior() + log_likelihood
    return joint


def _quantiles(weights: Floats, mean: Floats, variance: Floats, most: int) -> tuple[int, int]:
    """Return the ends of the shortest interval that holds the level of the mixture's mid-distribution.

    The mid-distribution (F(k) + F(k - 1)) / 2 keeps the interval of a count from being wider than its
    level asks for; so does not asking for equal tails, where a count is near 0 and has only one.
    """
    cdf = _mixed_cdf(weights, mean, variance)

    def middle(count: int) -> float:
        return (cdf(count) + cdf(count - 1)) / 2

    ends = []
    for below in _LOWER_TAILS:
        low = _first(lambda k, below=below: middle(k) >= below, most)  # type: ignore[misc]
        high = _first(lambda k, below=below: k == most or middle(k + 1) > LEVEL + below, most)  # type: ignore[misc]
        ends.append((low, max(low, high)))
    return min(ends, key=lambda end: end[1] - end[0])


def _first(holds: Callable[[int], bool], most: int) -> int:
    """Return the smallest count from 0 to ``most`` from which the condition holds, by bisection."""
    low, high = 0, most
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low


def share_interval(count: int, n: int, level: float = LEVEL) -> tuple[float, float]:
    """Return the interval of a share of which count of n were seen, of 95 % by default; NaN if n is 0.

    References:
        E. B. Wilson, Probable inference, the law of succession, and statistical inference (1927).

    """
    if n == 0:
        return float("nan"), float("nan")
    z = float(ndtri(1 - (1 - level) / 2))
    middle = (count + z * z / 2) / (n + z * z)
    reach = z / (n + z * z) * float(np.sqrt(count * (n - count) / n + z * z / 4))
    return max(0.0, middle - reach) if count else 0.0, min(1.0, middle + reach) if count < n else 1.0


def difference_interval(
    first: tuple[int, int], second: tuple[int, int], level: float = LEVEL
) -> tuple[float, float]:
    """Return the interval of the second share less the first, each seen as count of n; NaN if an n is 0.

    References:
        R. G. Newcombe, Interval estimation for the difference between independent proportions (1998),
        method 10.

    """
    if not first[1] or not second[1]:
        return float("nan"), float("nan")
    one, two = first[0] / first[1], second[0] / second[1]
    (low1, high1), (low2, high2) = share_interval(*first, level), share_interval(*second, level)
    down, up = np.hypot(two - low2, high1 - one), np.hypot(high2 - two, one - low1)
    return two - one - float(down), two - one + float(up)


def median_interval(values: Floats) -> tuple[float, float]:
    """Return the 95 % interval of the median of which values were seen, by order statistics.

    Where n is under 6 no two values hold it: NaN.

    References:
        H. A. David, H. N. Nagaraja, Order statistics (2003), 7.1.

    """
    n, ordered = len(values), np.sort(values)
    # The interval from the k-th smallest to the k-th largest misses if fewer than k lie on one side.
    k = int((2 * bdtr(np.arange(n // 2), n, 0.5) <= 1 - LEVEL).sum())
    return (float(ordered[k - 1]), float(ordered[n - k])) if k else (float("nan"), float("nan"))


def mean_interval(values: Floats) -> tuple[float, float]:
    """Return the 95 % interval of the mean of which values were seen (Student's t); NaN under 2."""
    n = len(values)
    if n < 2:
        return float("nan"), float("nan")
    reach = float(stdtrit(n - 1, 1 - (1 - LEVEL) / 2) * values.std(ddof=1) / np.sqrt(n))
    return float(values.mean()) - reach, float(values.mean()) + reach


def _mixed_cdf(weights: Floats, mean: Floats, variance: Floats) -> Callable[[int], float]:
    """Return the distribution function of the mixture, which keeps what it has been asked."""
    many = variance > 25
    deviation = np.sqrt(variance[many])
    p = np.clip(1 - variance[~many] / np.maximum(mean[~many], 1e-12), 1e-9, 1.0)
    trials = mean[~many] / p

    @cache
    def cdf(count: int) -> float:
        if count < 0:
            return 0.0
        normal = ndtr((count + 0.5 - mean[many]) / deviation)
        binomial = np.ones(len(trials))
        inside = trials - count > 1e-9
        binomial[inside] = betainc(trials[inside] - count, count + 1.0, 1 - p[inside])
        return float(weights[many] @ normal + weights[~many] @ binomial)

    return cdf


def _sum_quantiles(parts: list[Any], sizes: list[int]) -> tuple[int, int]:
    tail = (1 - LEVEL) / 2
    if sum(sizes) <= 4000:
        pmf = np.ones(1)
        for part, size in zip(parts, sizes, strict=True):
            pmf = np.convolve(pmf, part.pmf(np.arange(size + 1)))
        cdf = np.cumsum(pmf)
        return int(np.searchsorted(cdf, tail)), int(np.searchsorted(cdf, 1 - tail))
    mean, deviation = sum(p.mean() for p in parts), np.sqrt(sum(p.var() for p in parts))
    reach = ndtri(1 - tail) * deviation
    return max(0, round(mean - reach)), min(sum(sizes), round(mean + reach))
