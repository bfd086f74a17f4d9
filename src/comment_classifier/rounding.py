"""Shares and numbers as a report prints them: halves are rounded up, and always the same way.

Python rounds halves to even, and 0.05 is a little more or less than a twentieth as a float, so that a
share is rounded from the two counts that it comes from.
"""

from decimal import ROUND_HALF_UP, Decimal


def percent(count: int, n: int) -> float:
    """Return count of n in percent, rounded half up to one decimal; NaN if n is 0."""
    return (2000 * count + n) // (2 * n) / 10 if n else float("nan")


def half_up(value: float, digits: int = 0) -> float:
    """Round a number half up, away from 0, as it is written in decimals."""
    return to_step(value, 10.0**-digits)


def short(value: float) -> str:
    """Return a number with one decimal at most, rounded half up, without a zero at its end."""
    return f"{half_up(value, 1):.10g}"


def to_step(value: float, step: float) -> float:
    """Round a number half up to a multiple of a step, both as they are written in decimals."""
    unit = Decimal(repr(float(step)))
    whole = (Decimal(repr(float(value))) / unit).to_integral_value(ROUND_HALF_UP)
    return float(whole * unit) + 0.0  # 0 has no sign in print
