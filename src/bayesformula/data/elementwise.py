"""Transforms that look at one row at a time: functions of numbers, choices, comparisons of columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from bayesformula.data.arguments import Arguments, State
from bayesformula.data.columns import Column, logical, number
from bayesformula.data.factors import choose_level

Function = Callable[[np.ndarray], np.ndarray]
Pairwise = Callable[[np.ndarray, np.ndarray], np.ndarray]
Apply = Callable[[Arguments, State], Column]


def _plogis(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)), without overflow."""
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, small) / (1.0 + small)


def _qlogis(p: np.ndarray) -> np.ndarray:
    return np.log(p) - np.log1p(-p)


def _sinpi(x: np.ndarray) -> np.ndarray:
    """sin(pi x), exact at whole and half numbers."""
    turn = np.mod(x, 2.0)
    exact = np.select([turn % 1 == 0, turn == 0.5, turn == 1.5], [0.0, 1.0, -1.0], default=np.nan)
    return np.where(np.isnan(exact), np.sin(np.pi * turn), exact)


FUNCTIONS: Mapping[str, Function] = {
    "log2": np.log2, "log10": np.log10, "log1p": np.log1p, "exp": np.exp, "expm1": np.expm1,
    "sqrt": np.sqrt, "abs": np.abs, "sign": np.sign,
    "sin": np.sin, "cos": np.cos, "tan": np.tan, "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan,
    "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh,
    "asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh,
    "sinpi": _sinpi, "cospi": lambda x: _sinpi(x + 0.5),
    "floor": np.floor, "ceiling": np.ceil, "trunc": np.trunc,
    "plogis": _plogis, "inv_logit": _plogis, "qlogis": _qlogis, "logit": _qlogis,
}  # fmt: skip
"""Functions of one number by R's names; `logit` and `inv_logit` as brms calls them."""


def elementwise(function: Function) -> Apply:
    """A transform of one column of numbers, or of each column of a matrix, whose names stay."""

    def apply(arguments: Arguments, _: State) -> Column:
        with np.errstate(all="ignore"):
            values = function(arguments.numbers(0))
        return Column("numeric", np.asarray(values, dtype=np.float64), names=arguments.columns[0].names)

    return apply


def pairwise(function: Pairwise) -> Apply:
    """A transform of two columns of numbers."""

    def apply(arguments: Arguments, _: State) -> Column:
        return number(function(arguments.vector(0), arguments.vector(1)))

    return apply


def parallel(function: Pairwise, ignoring_missing: Pairwise) -> Apply:
    """`pmin()` and `pmax()` of any number of columns."""

    def apply(arguments: Arguments, _: State) -> Column:
        chosen = ignoring_missing if arguments.flag("na.rm", False) else function
        values = arguments.single(0)
        for place in range(1, len(arguments.columns)):
            values = chosen(values, arguments.single(place))
        return number(values)

    return apply


def identity(arguments: Arguments, _: State) -> Column:
    """The column itself."""
    return arguments.columns[0]


def log(arguments: Arguments, _: State) -> Column:
    """The natural logarithm, or that to another base."""
    with np.errstate(all="ignore"):
        values = np.log(arguments.numbers(0))
        if arguments.options.get("base") is not None:
            values = values / np.log(arguments.number_option("base", np.e))
    return Column("numeric", np.asarray(values), names=arguments.columns[0].names)


def exclusive(arguments: Arguments, _: State) -> Column:
    """Whether one of two is true and not the other."""
    left, right = arguments.vector(0), arguments.vector(1)
    return logical(np.where(np.isnan(left) | np.isnan(right), np.nan, (left != 0) != (right != 0)))


def ifelse(arguments: Arguments, _: State) -> Column:
    """One value where the test is true, another where it is false; missing where it is missing."""
    yes, no = arguments.columns[1:]
    if "factor" in (yes.kind, no.kind):
        return choose_level(arguments)
    test = arguments.single(0)
    chosen = np.where(test != 0, arguments.single(1), arguments.single(2))
    chosen = np.where(np.isnan(test), np.nan, chosen)
    return logical(chosen) if yes.kind == no.kind == "logical" else number(chosen)


def is_missing(arguments: Arguments, _: State) -> Column:
    """Whether a value is missing."""
    column = arguments.columns[0]
    missing = column.values < 0 if column.kind == "factor" else np.isnan(arguments.single(0))
    return logical(missing.astype(np.float64))


def bind(arguments: Arguments, _: State) -> Column:
    """Columns side by side, which keep the names of the variables that they are."""
    parts = [arguments.vector(place) for place in range(len(arguments.columns))]
    named = tuple(label if arguments.is_name[place] else "" for place, label in enumerate(arguments.labels))
    values = np.column_stack(parts)
    if len(parts) == 1:
        return number(values[:, 0])
    return Column("numeric", values, names=named if any(named) else ())
