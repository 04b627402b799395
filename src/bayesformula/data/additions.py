"""What is known of each value of the response: weights, trials, errors, censoring, bounds, exposure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from bayesformula.data.censoring import read_censoring
from bayesformula.data.columns import first_rows
from bayesformula.data.expressions import Scope
from bayesformula.data.names import Names
from bayesformula.errors import DataError, FormulaError, listing, nearest
from bayesformula.syntax.ast import NOWHERE, Argument, Call, Expression, FormulaSpec, Name, Response
from bayesformula.syntax.render import render_expression


@dataclass(frozen=True, slots=True)
class Addition:
    """One addition: names of its columns in order, of its TRUE/FALSE options, how it is written."""

    columns: tuple[str, ...]
    form: str
    flags: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()


ADDITIONS: Mapping[str, Addition] = {
    "weights": Addition(("weights",), "weights(w)", ("scale",)),
    "trials": Addition(("trials",), "trials(n)", (), ("trials",)),
    "se": Addition(("se",), "se(s)", ("sigma",), ("se",)),
    "cens": Addition(("censored", "y2"), "cens(c), or cens(c, y2)", (), ("cens", "cens_upper")),
    "trunc": Addition(("lb", "ub"), "trunc(lb = 0), or trunc(lb = 0, ub = 10)", (), ("lower", "upper")),
    "rate": Addition(("denom",), "rate(d)", (), ("rate",)),
}
"""Additions by name, and the entries of `Design.extras` that each makes."""

_TRUTHS = ("TRUE", "FALSE", "T", "F")
_DEFAULTS = (Name("NULL"), Name("Inf"))


def call_columns(call: Call) -> dict[str, Expression]:
    """The columns of an addition by R's rule: by name, then by place. What is too many is left out.

    R's defaults `y2 = NULL` and `ub = Inf` stand for none.
    """
    first, *_ = ADDITIONS[call.function].columns
    return {name: part for name, part in _bound(call).items() if part not in _DEFAULTS or name == first}


def _bound(call: Call) -> dict[str, Expression]:
    formals = ADDITIONS[call.function].columns
    named = {argument.name: argument.value for argument in call.arguments if argument.name in formals}
    free = [name for name in formals if name not in named]
    placed = [argument.value for argument in call.arguments if not argument.name]
    return named | dict(zip(free, placed, strict=False))


def addition(response: Response, function: str) -> Call | None:
    """The addition of this name."""
    return next((call for call in response.additions if call.function == function), None)


def unbounded_expressions(response: Response) -> tuple[Expression, ...]:
    """Parts that need not be finite: `Inf` is no bound, and upper ends of intervals may be missing."""
    bounds = addition(response, "trunc")
    return (*(call_columns(bounds).values() if bounds else ()), *upper_expressions(response))


def upper_expressions(response: Response) -> tuple[Expression, ...]:
    """The upper ends in `cens(c, y2)`, which only rows that are interval-censored must have."""
    call = addition(response, "cens")
    upper = call_columns(call).get("y2") if call else None
    return () if upper is None else (upper,)


def without_upper(response: Response, scope: Scope, rows: np.ndarray, *, refuse: bool) -> np.ndarray:
    """(n,) which rows are interval-censored and miss the upper end.

    Raises:
        DataError: there are such rows, and they are to be refused; or no row is left.
    """
    call = addition(response, "cens")
    parts = upper_expressions(response)
    if call is None or not parts:
        return np.zeros(len(rows), dtype=bool)
    upper = scope.variable(parts[0])
    codes = read_censoring(call, call_columns(call)["censored"], scope, rows)
    empty = upper.values < 0 if upper.kind == "factor" else np.isnan(upper.values)
    lost = (codes == 2) & empty
    if lost.any() and (refuse or lost.all()):
        remedy = "Fill it in" if lost.all() else 'Fill it in, or pass na="drop" to leave these rows out'
        raise DataError(
            f"'{render_expression(parts[0])}' is missing where the response is interval-censored, in "
            f"{first_rows(rows[lost])}\n  {remedy}."
        )
    return lost


def check_additions(response: Response, names: Names) -> tuple[tuple[str, str], ...]:
    """Refuse wrong arguments; the options of all additions as text: `("se.sigma", "TRUE")`.

    Raises:
        FormulaError: an argument that the addition has not, or too many or too few.
    """
    return tuple(option for call in response.additions for option in _options(call, names))


def _with_flags(call: Call) -> list[Argument]:
    """The arguments, a TRUE or FALSE after the columns named as the option that it is: `se(s, TRUE)`."""
    record = ADDITIONS[call.function]
    named = {argument.name for argument in call.arguments}
    columns = [name for name in record.columns if name not in named]
    flags = [name for name in record.flags if name not in named]
    arguments: list[Argument] = []
    for argument in call.arguments:
        if argument.name:
            arguments.append(argument)
        elif columns:
            columns.pop(0)
            arguments.append(argument)
        else:
            is_flag = flags and isinstance(argument.value, Name) and argument.value.text in _TRUTHS
            arguments.append(replace(argument, name=flags.pop(0)) if is_flag else argument)
    return arguments


def _options(call: Call, names: Names) -> list[tuple[str, str]]:
    record = ADDITIONS[call.function]
    options: list[tuple[str, str]] = []
    for argument in _with_flags(call):
        if argument.name and argument.name not in (*record.columns, *record.flags):
            legal = (*record.flags, *record.columns[call.function != "trunc" :])
            hint = f"Its options are {listing(nearest(argument.name, legal))}." if legal else "It has none."
            raise names.fail(f"{call.function}() has no option '{argument.name}'", call.span, hint=hint)
        if argument.name in record.flags:
            text = render_expression(argument.value)
            if not isinstance(argument.value, Name) or text not in _TRUTHS:
                raise names.fail(f"{call.function}(): '{argument.name}' must be TRUE or FALSE", call.span)
            options.append((f"{call.function}.{argument.name}", "TRUE" if text[0] == "T" else "FALSE"))
    found = _bound(call)
    count = len(call.arguments) - len(options)
    first = record.columns[0]
    if len(found) < count or (first not in found and call.function != "trunc") or not found:
        some = "one column" if len(record.columns) == 1 else "one column or two"
        raise names.fail(f"{call.function}() takes {some}", call.span, hint=f"Write {record.form}.")
    return options


def numbers(call: Call, expression: Expression, scope: Scope) -> np.ndarray:
    """One number a row; a factor or a matrix is refused."""
    column = scope.variable(expression)
    if column.kind == "factor" or column.values.ndim > 1:
        raise scope.names.fail(f"{call.function}({render_expression(expression)}) must be numbers", call.span)
    return np.array(column.values, dtype=np.float64)


def read_weights(call: Call, scope: Scope, rows: np.ndarray) -> np.ndarray:
    """Likelihood weights; with `scale = TRUE` of mean 1.

    Raises:
        DataError: one is negative, or none is above 0.
    """
    (expression,) = call_columns(call).values()
    values = numbers(call, expression, scope)
    _require(values >= 0, call, expression, "0 or more", rows)
    if not values.any():
        raise DataError(f"weights({render_expression(expression)}) are 0 in all rows")
    flags = dict(_options(call, scope.names))
    return values / np.mean(values) if flags.get("weights.scale") == "TRUE" else values


def read_measure(call: Call, scope: Scope, rows: np.ndarray) -> np.ndarray:
    """The values of `trials(n)`, `se(s)` or `rate(d)`.

    Raises:
        DataError: a value that is none, with the first rows.
    """
    (expression,) = call_columns(call).values()
    values = numbers(call, expression, scope)
    if call.function == "trials":
        legal = (values >= 0) & (values == np.round(values))
        _require(legal, call, expression, "whole numbers, 0 or more", rows)
    else:
        _require(values > 0, call, expression, "above 0", rows)
    return values


def _require(legal: np.ndarray, call: Call, expression: Expression, what: str, rows: np.ndarray) -> None:
    if not legal.all():
        text = render_expression(expression)
        raise DataError(f"{call.function}({text}) must be {what}; not so in {first_rows(rows[~legal])}")


def call_of(response: Response, extra: str) -> Call | None:
    """The call that made an entry of `Design.extras`."""
    for call in response.additions:
        if extra in ADDITIONS[call.function].extras:
            return call
    expression = response.expression
    return expression if extra == "trials" and isinstance(expression, Call) else None


def refuse_extra(spec: FormulaSpec, extra: str, hint: str = "") -> FormulaError:
    """The error for an entry of `Design.extras` that no likelihood takes yet, its place shown."""
    call = call_of(spec.response, extra)
    shown = extra if call is None else call.function
    known = call is not None and bool(spec.source) and call.span != NOWHERE
    return FormulaError(
        f"{shown}() is not available in this version",
        text=spec.source if known else None,
        span=call.span if known and call else None,
        hint=hint,
    )
