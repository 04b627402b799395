"""Numbers that sum up a column: learnt from the training rows, the same for any other frame."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bayesformula.data.arguments import Arguments, State, state_numbers
from bayesformula.data.columns import Column, as_factor, drop_unused, number

Aggregate = Callable[[np.ndarray], float]


def _sd(values: np.ndarray) -> float:
    return float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")


def _mad(values: np.ndarray) -> float:
    """The median distance from the median, scaled to be the sd of a normal distribution."""
    return 1.4826 * float(np.median(np.abs(values - np.median(values))))


def _iqr(values: np.ndarray) -> float:
    low, high = _quantiles(values, np.array([0.25, 0.75]))
    return float(high - low)


def _quantiles(values: np.ndarray, probs: np.ndarray) -> np.ndarray:
    """R's type 7 to the last bit: the labels of `cut(x, quantile(x))` round them, and rows lie on them."""
    if not len(values) or np.isnan(values).any():
        return np.full(len(probs), np.nan)
    place = (len(values) - 1) * probs
    low, high = np.floor(place).astype(int), np.ceil(place).astype(int)
    ordered, share = np.sort(values), place - low
    between = (1 - share) * ordered[low] + share * ordered[high]
    return np.where(ordered[low] == ordered[high], ordered[low], between)


OF_ONE: dict[str, Aggregate] = {
    "mean": lambda values: float(np.mean(values)),
    "sd": _sd,
    "var": lambda values: _sd(values) ** 2,
    "median": lambda values: float(np.median(values)),
    "mad": _mad,
    "IQR": _iqr,
}
"""Aggregates of one column."""

OF_SEVERAL: dict[str, Aggregate] = {
    "min": lambda values: float(np.min(values)),
    "max": lambda values: float(np.max(values)),
    "sum": lambda values: float(np.sum(values)),
}
"""Aggregates of any number of columns."""


def _values(arguments: Arguments) -> np.ndarray:
    columns = [np.atleast_1d(arguments.numbers(place)) for place in range(len(arguments.columns))]
    values = np.concatenate([column.ravel() for column in columns])
    return values[~np.isnan(values)] if arguments.flag("na.rm", False) else values


def learner(function: Aggregate) -> Callable[[Arguments], State]:
    """Learns one number."""

    def learn(arguments: Arguments) -> State:
        values = _values(arguments)
        if len(values) == 0:
            raise arguments.fail(f"{arguments.call}: there are no values")
        return {"value": (function(values),)}

    return learn


def learn_range(arguments: Arguments) -> State:
    """The smallest and the largest value."""
    values = _values(arguments)
    return {"value": (float(np.min(values)), float(np.max(values)))}


def learn_quantile(arguments: Arguments) -> State:
    """Quantiles of R's type 7; the quartiles with the extremes unless `probs` says otherwise."""
    probs = arguments.vector_option("probs") or (0.0, 0.25, 0.5, 0.75, 1.0)
    if not all(isinstance(p, float | int) and 0 <= p <= 1 for p in probs):
        raise arguments.fail(f"{arguments.call}: 'probs' must be numbers from 0 to 1")
    if arguments.number_option("type", 7) != 7:
        raise arguments.fail(f"{arguments.call}: only quantiles of type 7 are available")
    values = _quantiles(_values(arguments), np.array(probs, dtype=np.float64))
    return {"value": tuple(values.tolist())}


def learn_levels(arguments: Arguments) -> State:
    """The levels of a factor, in order."""
    column = arguments.columns[0]
    if column.kind != "factor" or not column.declared:
        raise arguments.fail(
            f"{arguments.call}: '{arguments.labels[0]}' is no factor",
            f"Write levels(factor({arguments.labels[0]})).",
        )
    return {"value": column.levels}


def learn_unique(arguments: Arguments) -> State:
    """The different values in the order in which they come."""
    column = arguments.columns[0].spread(arguments.n)
    if column.kind != "factor":
        values, first = np.unique(arguments.vector(), return_index=True)
        return {"value": tuple(values[np.argsort(first)].tolist())}
    column = drop_unused(as_factor(column))
    _, first = np.unique(column.values, return_index=True)
    return {"value": tuple(column.levels[code] for code in column.values[np.sort(first)].tolist())}


def replay(arguments: Arguments, state: State) -> Column:
    """What was learnt, where it is one number; several stand only as a constant argument."""
    value = state["value"]
    if not isinstance(value, tuple) or len(value) != 1 or isinstance(value[0], str):
        count = len(value) if isinstance(value, tuple) else 1
        raise arguments.fail(
            f"{arguments.call} gives {count} values, not one for each row",
            "It may stand as an argument: cut(x, quantile(x)), factor(f, levels = rev(levels(f))).",
        )
    return number(state_numbers(state, "value")[0])
