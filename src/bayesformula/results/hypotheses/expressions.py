"""Steps of a calculation on draws, and on intervals, which tell between what bounds the result can lie."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import numpy as np

from bayesformula.results.hypotheses.reading import Name, Number, Operation, Step

Interval = tuple[float, float]
ALL: Interval = (-math.inf, math.inf)
Value = TypeVar("Value")


def _plogis(x: np.ndarray) -> np.ndarray:
    return 0.5 * (1.0 + np.tanh(0.5 * x))


OPERATIONS: Mapping[str, Callable[..., np.ndarray]] = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "power": np.power,
    "negate": np.negative,
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "plogis": _plogis,
}


def compute(steps: Sequence[Step], value_of: Callable[[Name], np.ndarray]) -> np.ndarray:
    """The result on draws; not finite where it has none, as the log of a negative number."""
    with np.errstate(all="ignore"):
        return _run(
            steps,
            value_of,
            lambda number: np.array(number),
            lambda step, *values: OPERATIONS[step.name](*values),
        )


def bounds(steps: Sequence[Step], bounds_of: Callable[[Name], Interval]) -> Interval:
    """An interval that holds every value of the result: as narrow as the steps one by one can tell."""
    return _run(steps, bounds_of, lambda number: (number, number), lambda step, *b: _bounds(step.name, *b))


def _run(
    steps: Sequence[Step],
    of_name: Callable[[Name], Value],
    of_number: Callable[[float], Value],
    apply: Callable[..., Value],
) -> Value:
    stack: list[Value] = []
    for step in steps:
        match step:
            case Number(value):
                stack.append(of_number(value))
            case Name():
                stack.append(of_name(step))
            case Operation():
                arguments = stack[-step.arity :]
                del stack[-step.arity :]
                stack.append(apply(step, *arguments))
    (result,) = stack
    return result


def _bounds(name: str, a: Interval, b: Interval = ALL) -> Interval:
    match name:
        case "negate":
            return -a[1], -a[0]
        case "add":
            return _ordered(a[0] + b[0], a[1] + b[1])
        case "subtract":
            return _ordered(a[0] - b[1], a[1] - b[0])
        case "multiply":
            return _hull(_product(x, y) for x in a for y in b)
        case "divide":
            if b[0] < 0 < b[1]:
                return ALL
            ends = tuple(math.copysign(math.inf, sum(b)) if y == 0 else 1 / y for y in b)
            return _hull(_product(x, y) for x in a for y in ends)
        case "power":
            return _power(a, b)
        case "abs":
            low = 0.0 if a[0] <= 0 <= a[1] else min(abs(a[0]), abs(a[1]))
            return low, max(abs(a[0]), abs(a[1]))
    if name in ("log", "sqrt"):
        a = max(a[0], 0.0), max(a[1], 0.0)
    with np.errstate(all="ignore"):  # the other functions rise
        return float(OPERATIONS[name](a[0])), float(OPERATIONS[name](a[1]))


def _power(a: Interval, b: Interval) -> Interval:
    if b[0] == b[1] and b[0] > 0 and b[0] % 2 == 0:
        a = _bounds("abs", a)
    if a[0] < 0:
        return ALL
    with np.errstate(all="ignore"):
        return _hull(float(np.power(x, y)) for x in a for y in b)


def _product(x: float, y: float) -> float:
    """Zero times an end that is never reached is zero."""
    return 0.0 if x == 0 or y == 0 else x * y


def _ordered(low: float, high: float) -> Interval:
    """An interval; all numbers where infinities cancel, as in `1e308 * 10 - x`."""
    return ALL if math.isnan(low) or math.isnan(high) else (low, high)


def _hull(values: object) -> Interval:
    ends = list(values)  # pyright: ignore[reportArgumentType, reportCallIssue]
    return ALL if any(math.isnan(end) for end in ends) else (min(ends), max(ends))
