"""Transforms that remember what they learnt: the longer entries of the table.

A state holds numbers and text only, so that it is saved as JSON and replayed without the training data.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import cast

import numpy as np

from bayesformula.data.arguments import Arguments, State
from bayesformula.data.columns import (
    Column,
    number,
)
from bayesformula.errors import DataError


def state_number(state: State, name: str) -> float:
    """A number that was learnt."""
    return float(cast(float, state[name]))


def state_numbers(state: State, name: str) -> np.ndarray:
    """A vector that was learnt."""
    return np.asarray(state[name], dtype=np.float64)


# ---- centring and scaling ----------------------------------------------------------------------------


def learn_scale(arguments: Arguments) -> State:
    """Mean and sd, or what stands in their place: `scale(x, center = 5, scale = FALSE)`."""
    values = arguments.vector()
    center, scale = arguments.options.get("center", True), arguments.options.get("scale", True)
    shift = float(np.mean(values)) if center is True else 0.0
    if center is not True and center is not False:
        shift = arguments.number_option("center", 0.0)
    if scale is False:
        return {"center": shift, "scale": 1.0}
    if scale is not True:
        return {"center": shift, "scale": arguments.number_option("scale", 1.0)}
    rest = values - shift
    constant = len(values) < 2 or np.ptp(values) == 0
    root = float(np.sqrt(np.sum(rest**2) / max(1, len(values) - 1)))  # the sd where `center` is TRUE, as in R
    if (constant and center is True) or root == 0 or not np.isfinite(root):
        raise DataError(
            f"{arguments.call}: the standard deviation of '{arguments.labels[0]}' is not a positive number "
            "(the column is constant in the rows used); leave it out"
        )
    return {"center": shift, "scale": root}


def learn_center(arguments: Arguments) -> State:
    """The mean."""
    return {"center": float(np.mean(arguments.vector())), "scale": 1.0}


def apply_scale(arguments: Arguments, state: State) -> Column:
    """(x - center) / scale."""
    return number((arguments.vector() - state_number(state, "center")) / state_number(state, "scale"))


# ---- polynomials -------------------------------------------------------------------------------------


def learn_poly(arguments: Arguments) -> State:
    """Coefficients of the three-term recurrence of R's orthogonal polynomials."""
    x = arguments.vector()
    degree = int(arguments.number_option("degree", 1))
    if degree < 1 or degree != arguments.number_option("degree", 1):
        raise arguments.fail(f"{arguments.call}: the degree must be a whole number from 1")
    if arguments.flag("raw", False):
        return {"degree": float(degree)}
    n_unique = len(np.unique(x))
    if degree >= n_unique:
        raise arguments.fail(
            f"{arguments.call}: degree {degree} needs more than {degree} different values, "
            f"'{arguments.labels[0]}' has {n_unique}"
        )
    middle = float(np.mean(x))
    q, r = np.linalg.qr(np.vander(x - middle, degree + 1, increasing=True))
    raw = q * np.diag(r)
    norms = np.sum(raw**2, axis=0)
    alpha = (x @ raw**2) / norms
    return {
        "degree": float(degree),
        "alpha": tuple(alpha[:degree].tolist()),
        "norm2": (1.0, *norms.tolist()),
    }


def apply_poly(arguments: Arguments, state: State) -> Column:
    """Powers of x, orthogonal over the training rows unless `raw = TRUE`."""
    x = arguments.vector()
    degree = int(state_number(state, "degree"))
    powers = _recurrence(x, degree, state) if "alpha" in state else np.vander(x, degree + 1, increasing=True)
    values = powers[:, 1:]
    if degree == 1:  # R adds no number to the name then
        return number(values[:, 0])
    return Column("numeric", values, names=tuple(str(power) for power in range(1, degree + 1)))


def _recurrence(x: np.ndarray, degree: int, state: State) -> np.ndarray:
    alpha, norm2 = state_numbers(state, "alpha"), state_numbers(state, "norm2")
    z = np.ones((len(x), degree + 1))
    z[:, 1] = x - alpha[0]
    for k in range(1, degree):
        z[:, k + 1] = (x - alpha[k]) * z[:, k] - norm2[k + 1] / norm2[k] * z[:, k - 1]
    return z / np.sqrt(norm2[1:])


# ---- intervals ---------------------------------------------------------------------------------------


def learn_cut(arguments: Arguments) -> State:
    """Break points, and the names of the intervals between them."""
    given = arguments.vector_option("breaks") or ()
    if not given or not all(isinstance(value, float | int) for value in given):
        raise arguments.fail(f"{arguments.call}: breaks must be numbers, as c(0, 5, 10)")
    numbers = [float(cast(float, value)) for value in given]
    breaks = sorted(numbers) if len(numbers) > 1 else _equal_breaks(arguments, int(numbers[0]))
    if len(set(breaks)) < len(breaks):
        raise arguments.fail(f"{arguments.call}: two breaks are the same number")
    labels = arguments.vector_option("labels")
    if labels is not None and (len(labels) != len(breaks) - 1 or not all(isinstance(v, str) for v in labels)):
        raise arguments.fail(f"{arguments.call}: labels must be {len(breaks) - 1} strings")
    names = (
        tuple(str(label) for label in labels) if labels is not None else _interval_names(arguments, breaks)
    )
    return {"breaks": tuple(breaks), "labels": names}


def _equal_breaks(arguments: Arguments, count: int) -> list[float]:
    if count < 2:
        raise arguments.fail(f"{arguments.call}: the number of intervals must be 2 or more")
    x = arguments.vector()
    low, high = float(np.min(x)), float(np.max(x))
    width = (high - low) or abs(low) or 1.0
    breaks = np.linspace(low, high, count + 1)
    breaks[[0, -1]] = low - width / 1000, high + width / 1000  # as R: the extremes lie inside
    return breaks.tolist()


def _interval_names(arguments: Arguments, breaks: Sequence[float]) -> tuple[str, ...]:
    right, lowest = arguments.flag("right", True), arguments.flag("include.lowest", False)
    shown: list[str] = []
    for digits in range(3, 16):  # as few digits as tell the breaks apart
        shown = [f"{value:.{digits}g}".replace("inf", "Inf") for value in breaks]
        if len(set(shown)) == len(shown):
            break
    opening, closing = ("(", "]") if right else ("[", ")")
    names = [f"{opening}{low},{high}{closing}" for low, high in pairwise(shown)]
    if lowest and right:
        names[0] = "[" + names[0][1:]
    elif lowest:
        names[-1] = names[-1][:-1] + "]"
    return tuple(names)


def apply_cut(arguments: Arguments, state: State) -> Column:
    """The interval that each value falls in; values outside are missing."""
    x, breaks = arguments.vector(), state_numbers(state, "breaks")
    right = arguments.flag("right", True)
    codes = np.searchsorted(breaks, x, side="left" if right else "right") - 1
    codes[(codes < 0) | (codes >= len(breaks) - 1)] = -1
    if arguments.flag("include.lowest", False):
        edge, code = (breaks[0], 0) if right else (breaks[-1], len(breaks) - 2)
        codes[x == edge] = code
    return Column("factor", codes.astype(np.int64), cast("tuple[str, ...]", state["labels"]), declared=True)
