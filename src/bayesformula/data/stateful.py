"""Transforms that remember what they learnt: the longer entries of the table.

A state holds numbers and text only, so that it is saved as JSON and replayed without the training data.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import cast

import numpy as np

from bayesformula.data.arguments import Arguments, State, state_number, state_numbers
from bayesformula.data.columns import Column, level_texts, number

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
        raise arguments.refuse_data(
            f"the standard deviation of '{arguments.labels[0]}' is not a positive number",
            "The column is constant in the rows used; leave it out.",
        )
    return {"center": shift, "scale": root}


def learn_center(arguments: Arguments) -> State:
    """The mean."""
    return {"center": float(np.mean(arguments.vector())), "scale": 1.0}


def apply_scale(arguments: Arguments, state: State) -> Column:
    """(x - center) / scale."""
    return number((arguments.vector() - state_number(state, "center")) / state_number(state, "scale"))


# ---- intervals ---------------------------------------------------------------------------------------


def learn_cut(arguments: Arguments) -> State:
    """Break points, and the names of the intervals between them."""
    given = arguments.vector_option("breaks") or ()
    numeric = all(isinstance(value, float | int) and value == value for value in given)
    if not given or not numeric:
        raise arguments.fail(f"{arguments.call}: breaks must be numbers, as c(0, 5, 10)")
    numbers = [float(cast(float, value)) for value in given]
    breaks = sorted(numbers) if len(numbers) > 1 else _equal_breaks(arguments, numbers[0])
    if len(set(breaks)) < len(breaks):
        raise arguments.fail(f"{arguments.call}: two breaks are the same number")
    labels = arguments.vector_option("labels")
    if labels is None or labels == (False,):
        return {"breaks": tuple(breaks), "labels": _interval_names(arguments, breaks)}
    if len(labels) != len(breaks) - 1 or any(isinstance(label, bool) for label in labels):
        raise arguments.fail(
            f"{arguments.call}: labels must be {len(breaks) - 1} strings, or FALSE for the numbers of the "
            "intervals"
        )
    return {"breaks": tuple(breaks), "labels": level_texts(labels)}


def _equal_breaks(arguments: Arguments, count: float) -> list[float]:
    if not 2 <= count < 10_000:
        raise arguments.fail(f"{arguments.call}: the number of intervals must be from 2 to 9999")
    x = arguments.vector()
    low, high = float(np.min(x)), float(np.max(x))
    width = high - low
    if width == 0:
        width = abs(low) or 1.0
        return np.linspace(low - width / 1000, high + width / 1000, int(count) + 1).tolist()
    breaks = np.linspace(low, high, int(count) + 1)
    breaks[[0, -1]] = low - width / 1000, high + width / 1000  # as R: the extremes lie inside
    return breaks.tolist()


def _interval_names(arguments: Arguments, breaks: Sequence[float]) -> tuple[str, ...]:
    right, lowest = arguments.flag("right", True), arguments.flag("include.lowest", False)
    least = arguments.whole_option("dig.lab", 3, 1, 22)
    shown: list[str] = []
    for digits in range(least, max(12, least) + 1):  # as few digits as tell the breaks apart
        shown = [f"{value:.{digits}g}" for value in breaks]
        if len(set(shown)) == len(shown):
            break
    else:
        return tuple(f"Range_{step}" for step in range(1, len(breaks)))
    both = "-inf" in shown and "inf" in shown  # R gives the two infinities one width
    shown = [" Inf" if both and text == "inf" else text.replace("inf", "Inf") for text in shown]
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
    if arguments.options.get("labels") is False:
        return number(np.where(codes < 0, np.nan, codes + 1.0))
    labels = cast("tuple[str, ...]", state["labels"])
    levels = tuple(dict.fromkeys(labels))  # labels may repeat: their intervals are then one level
    table = np.array([*(levels.index(label) for label in labels), -1], dtype=np.int64)
    ordered = arguments.flag("ordered_result", False)
    return Column("factor", table[codes], levels, declared=True, ordered=ordered)
