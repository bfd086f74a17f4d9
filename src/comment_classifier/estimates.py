"""Estimates: a number computed as a product of declared factors, with low and high, and every assumption."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from math import exp, isnan, log, prod, sqrt

import pandas as pd

from comment_classifier.rounding import percent, to_step
from comment_classifier.survey import FIGURES, Estimate, Factor

Ends = tuple[float, float]
_NONE = (float("nan"), float("nan"))
ASSUMED, SURVEYED = "assumed", "surveyed"


@dataclass(frozen=True)
class Estimated:
    """An estimate that was computed.

    Attributes:
        estimate: as declared.
        factors: in its order: ``label``, ``value``, ``low``, ``high`` (NaN without), ``unit``, ``source``
            in words, ``kind`` (``assumed`` or ``surveyed``), ``divide``.
        value: the product; NaN if a question has no answer, or 0 would divide.
        low: the least it may be; NaN if no factor has an interval, or one that needs it has none.
        high: the most.

    """

    estimate: Estimate
    factors: pd.DataFrame
    value: float
    low: float
    high: float

    @property
    def about(self) -> float:
        """The product, rounded half up to the declared step."""
        return to_step(self.value, self.estimate.about)


def estimated(
    estimate: Estimate, shares: Mapping[str, pd.DataFrame], savings: Mapping[str, pd.DataFrame]
) -> Estimated:
    """Compute an estimate.

    What the survey gives is not rounded first. The intervals of surveyed factors are combined by the rule
    for independent figures (MOVER) on the logarithmic scale: the squared distances from value to end add
    up. If one reaches 0 or below, which has no logarithm, their ends are multiplied instead, which is
    wider. Assumptions stand at their low or high ends altogether.

    Args:
        estimate: as declared.
        shares: by closed question, as :func:`comment_classifier.closed.chosen_table` returns it.
        savings: by question on time saved, as :func:`comment_classifier.summarise_savings` returns it.

    References:
        G. Y. Zou, A. Donner, Construction of confidence limits about effect measures: a general approach
        (2008). R. G. Newcombe, MOVER-R confidence intervals for ratios and products of two independently
        estimated quantities (2016).

    """
    known = [_known(factor, shares, savings) for factor in estimate.factors]
    rows = [
        (f.label, _float(its.value), *its.ends, f.unit, its.source, its.kind, f.divide)
        for f, its in zip(estimate.factors, known, strict=True)
    ]
    columns = ["label", "value", "low", "high", "unit", "source", "kind", "divide"]
    entering = [its.inverted() if f.divide else its for f, its in zip(estimate.factors, known, strict=True)]
    values = [its.value for its in entering if its.value is not None]
    value = prod(values, start=Fraction(1)) if len(values) == len(entering) else None
    ends = _NONE if value is None else _interval(entering)
    return Estimated(estimate, pd.DataFrame(rows, columns=columns), _float(value), *ends)


@dataclass(frozen=True)
class _Known:
    """A factor as far as it is known: its value, None without an answer, and the ends of its interval."""

    kind: str
    value: Fraction | None
    ends: Ends
    source: str = ""

    def inverted(self) -> "_Known":
        """Return it as it enters a product that it divides; what may be 0 has no interval then."""
        low, high = self.ends
        ends = _NONE if isnan(low) or low <= 0 <= high else (1 / high, 1 / low)
        return _Known(self.kind, 1 / self.value if self.value else None, ends)


def _known(factor: Factor, shares: Mapping[str, pd.DataFrame], savings: Mapping[str, pd.DataFrame]) -> _Known:
    if factor.value is not None:
        ends = _NONE if factor.low is None or factor.high is None else (factor.low, factor.high)
        return _Known(ASSUMED, _exact(factor.value), ends, factor.source)
    if factor.choice:
        table = shares[factor.question]
        row, n = table.loc[factor.choice], int(table.attrs["base_n"])
        count = int(row["count"])
        ends = (row["low"] / 100, row["high"] / 100)
        if not n:
            return _Known(SURVEYED, None, ends, f"「{factor.choice}」0 人 ÷ 回答 0 人")
        said = f"「{factor.choice}」{count:,} 人 ÷ 回答 {n:,} 人 ＝ {percent(count, n):.1f} %"
        return _Known(SURVEYED, Fraction(count, n), ends, said)
    all_ = savings[factor.question].iloc[-1]
    ends = (float(all_[f"{factor.figure}_low"]), float(all_[f"{factor.figure}_high"]))
    said = f"{FIGURES[factor.figure]}(1日あたりに直せた回答 {int(all_['with_day']):,} 件)"
    return _Known(SURVEYED, _exact(float(all_[factor.figure])), ends, said)


def _interval(factors: Sequence[_Known]) -> Ends:
    ranged = [its for its in factors if not isnan(its.ends[0])]
    fixed = [its for its in factors if isnan(its.ends[0])]
    if not ranged or any(its.kind == SURVEYED for its in fixed):
        return _NONE
    constant = float(prod((its.value or 0 for its in fixed), start=Fraction(1)))
    assumed = [its.ends for its in ranged if its.kind == ASSUMED]
    surveyed = _combined([its for its in ranged if its.kind == SURVEYED])
    return reduce(_times, assumed, _times((constant, constant), surveyed))


def _combined(factors: Sequence[_Known]) -> Ends:
    """Return the interval of the product of surveyed factors; 1 if there is none."""
    if any(its.ends[0] <= 0 for its in factors):
        return reduce(_times, [its.ends for its in factors])
    value = prod(_float(its.value) for its in factors)
    down, up = (sqrt(sum(log(its.ends[side] / _float(its.value)) ** 2 for its in factors)) for side in (0, 1))
    return value * exp(-down), value * exp(up)


def _times(one: Ends, other: Ends) -> Ends:
    products = [a * b for a in one for b in other]
    return min(products), max(products)


def _exact(value: float) -> Fraction | None:
    """Return a number as it is written in decimals, so that 3 times 0.1 is 0.3; None for NaN."""
    return None if isnan(value) else Fraction(repr(value))


def _float(value: Fraction | None) -> float:
    return float("nan") if value is None else float(value)
