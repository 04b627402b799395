"""`round()` and `signif()` as R 4 has them."""

from __future__ import annotations

import numpy as np

from bayesformula.data.arguments import Arguments, State
from bayesformula.data.columns import Column, number

_DIGITS = 15  # decimal digits that a double surely has
_LARGEST = 300  # powers of ten that it holds


def apply_round(arguments: Arguments, _: State) -> Column:
    """The nearest number with so many decimals; of two equally near ones, the one with an even last digit."""
    digits = arguments.whole_option("digits", 0, -_LARGEST, _LARGEST)
    return number(round_half_even(arguments.numbers(0), digits))


def round_half_even(x: np.ndarray, digits: int) -> np.ndarray:
    """Of the two numbers with so many decimals around x, both as doubles, the nearer one.

    Distances are those of the doubles: 0.15 is a little below its decimal text, so its nearest is 0.1.
    """
    if digits == 0:
        return np.round(x)
    with np.errstate(all="ignore"):
        size = np.abs(x)
        scale = 10.0 ** abs(digits)
        shifted = size * scale if digits > 0 else size / scale
        below = np.floor(shifted)
        low, high = ((step / scale if digits > 0 else step * scale) for step in (below, np.ceil(shifted)))
        down, up = size - low, high - size
        nearer = np.where((down < up) | ((down == up) & (below % 2 == 0)), low, high)
        whole = digits + np.floor(np.log10(size)) >= _DIGITS  # no decimals are left to round
        return np.where(whole | ~np.isfinite(x) | (size == 0), x, np.copysign(nearer, x))


def apply_signif(arguments: Arguments, _: State) -> Column:
    """So many significant digits."""
    x = arguments.numbers(0)
    digits = arguments.whole_option("digits", 6, 1, _LARGEST)
    if digits > 22:
        return number(x)
    with np.errstate(all="ignore"):
        power = digits - 1 - np.floor(np.log10(np.abs(x)))
        scale = 10.0 ** np.abs(power)
        rounded = np.where(power > 0, np.round(x * scale) / scale, np.round(x / scale) * scale)
        return number(np.where(np.isfinite(x) & (x != 0), rounded, x))
