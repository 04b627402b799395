"""The response and its additions: what kind of values y has, weights, trials, standard errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bayesformula.data.columns import LOGICAL_LEVELS, Column, as_factor, drop_unused, first_rows, recode
from bayesformula.data.expressions import Scope
from bayesformula.data.learnt import ResponseKind, ResponseSchema
from bayesformula.data.names import Names
from bayesformula.data.rows import unseen_levels
from bayesformula.errors import DataError, FormulaError, listing, nearest
from bayesformula.syntax.ast import Argument, Call, Expression, Index, Response
from bayesformula.syntax.render import render_expression, variables_of

ADDITIONS: Mapping[str, tuple[str, ...]] = {"weights": ("scale",), "trials": (), "se": ("sigma",)}
"""Additions by name, with the options that each takes."""

NOT_YET: Mapping[str, str] = {
    "cens": "censored responses are not available; leave the addition out only if no value is censored",
    "trunc": "truncated responses are not available",
    "rate": "write the exposure as an offset: y ~ x + offset(log(exposure))",
    "subset": "take the subset of the data before",
    "mi": "imputation is not available; rows with missing values are dropped",
    "thres": "the number of thresholds is that of the levels less one",
}


@dataclass(frozen=True, slots=True)
class ResponseValues:
    """The response of one frame: `y`, likelihood weights, further terms by name."""

    y: np.ndarray | None
    weights: np.ndarray | None
    extras: Mapping[str, np.ndarray]


def response_expressions(response: Response) -> Iterator[Expression]:
    """The expressions on the left of the tilde that need the data."""
    if pair := _cbind(response):
        yield from (argument.value for argument in pair.arguments)
    else:
        yield response.expression
    for call in response.additions:
        yield from (argument.value for argument in call.arguments if not argument.name)


def learn_response(response: Response, scope: Scope) -> ResponseSchema:
    """What the response is; values that can be no response are refused."""
    label = render_expression(response.expression)
    options: list[tuple[str, str]] = []
    for call in response.additions:
        options += _read_options(call, scope.names)
    extras = tuple(call.function for call in response.additions if call.function != "weights")
    if pair := _cbind(response):
        _check_cbind(pair, scope.names)
        if "trials" in extras:
            raise scope.names.fail("cbind() already gives the trials", pair.span)
        schema = ResponseSchema(label, "count", (), ("trials", *extras), tuple(options))
    else:
        kind, levels = _kind(response.expression, scope)
        schema = ResponseSchema(label, kind, levels, extras, tuple(options))
    encode_response(response, schema, scope)
    return schema


def _kind(expression: Expression, scope: Scope) -> tuple[ResponseKind, tuple[str, ...]]:
    column = scope.variable(expression)
    if isinstance(expression, Index):
        others = [
            level
            for level in as_factor(scope.variable(expression.operand)).levels
            if level != expression.level
        ]
        return "binary", (others[0] if len(others) == 1 else f"not {expression.level}", expression.level)
    if column.kind == "logical":
        return "binary", LOGICAL_LEVELS
    if column.kind == "factor":
        levels = drop_unused(column).levels
        return ("ordered" if column.ordered else "category" if column.declared else "text"), levels
    if column.values.ndim > 1:
        raise scope.names.fail(
            f"the response '{render_expression(expression)}' is a matrix of several columns", expression.span
        )
    whole = bool(np.all(column.values == np.round(column.values)))
    if whole and bool(np.all((column.values == 0) | (column.values == 1))):
        return "binary", ()
    return ("count" if whole and bool(np.all(column.values >= 0)) else "numeric"), ()


def encode_response(response: Response, schema: ResponseSchema, scope: Scope) -> ResponseValues:
    """The response's numbers in a frame: codes 0, 1, ... where it has levels."""
    extras = {call.function: _addition(call, scope) for call in response.additions}
    weights = extras.pop("weights", None)
    if pair := _cbind(response):
        success, failure = (_count(argument, scope) for argument in pair.arguments)
        return ResponseValues(success, weights, {"trials": success + failure, **extras})
    y = _numbers(scope.variable(response.expression), schema)
    if "trials" in extras and schema.kind != "numeric":
        over = np.flatnonzero(y > extras["trials"])
        if len(over):
            raise DataError(f"response '{schema.label}' is greater than its trials in {first_rows(over)}")
    return ResponseValues(y, weights, extras)


def spare_expressions(response: Response, frame: pd.DataFrame) -> list[Expression]:
    """What of the left-hand side new data without a response can still tell: trials, known errors.

    Only where all the columns are there and complete: nothing of it may cost a row.
    """
    calls = [call for call in response.additions if call.function != "weights"]
    if pair := _cbind(response):
        calls.append(pair)
    spare: list[Expression] = []
    for call in calls:
        placed = [argument.value for argument in call.arguments if not argument.name]
        names = [name for part in placed for name in variables_of(part)]
        if all(name in frame.columns and bool(frame[name].notna().all()) for name in names):
            spare += placed
    return spare


def encode_extras(response: Response, scope: Scope, spare: Sequence[Expression]) -> ResponseValues:
    """The additions that `spare_expressions` found, without a response."""
    extras = {
        call.function: _addition(call, scope)
        for call in response.additions
        if any(argument.value in spare for argument in call.arguments)
    }
    pair = _cbind(response)
    if pair and all(argument.value in spare for argument in pair.arguments):
        success, failure = (_count(argument, scope) for argument in pair.arguments)
        extras["trials"] = success + failure
    return ResponseValues(None, None, extras)


def _cbind(response: Response) -> Call | None:
    """The call `cbind(successes, failures)` if that is the response."""
    expression = response.expression
    return expression if isinstance(expression, Call) and expression.function == "cbind" else None


def _numbers(column: Column, schema: ResponseSchema) -> np.ndarray:
    if column.kind != "factor":
        return np.ascontiguousarray(column.values)
    moved = recode(column, schema.levels)
    lost = np.unique(column.values[moved.values < 0])
    if len(lost):
        names = [column.levels[code] for code in lost.tolist()]
        raise unseen_levels("response", schema.label, names, schema.levels, is_group=False)
    return moved.values.astype(np.float64)


def _check_cbind(call: Call, names: Names) -> None:
    if len(call.arguments) != 2 or any(argument.name for argument in call.arguments):
        raise names.fail(
            "cbind() as a response takes successes and failures, two columns",
            call.span,
            hint="Write cbind(successes, failures) ~ x. Several responses are several formulas.",
        )


def _count(argument: Argument, scope: Scope) -> np.ndarray:
    column = scope.variable(argument.value)
    label = render_expression(argument.value)
    if column.kind == "factor" or column.values.ndim > 1:
        raise DataError(f"cbind(): '{label}' is not a column of counts")
    bad = np.flatnonzero((column.values < 0) | (column.values != np.round(column.values)))
    if len(bad):
        raise DataError(
            f"cbind(): '{label}' must be counts, integer and not negative; not so in {first_rows(bad)}"
        )
    return column.values


def _addition(call: Call, scope: Scope) -> np.ndarray:
    """The values of `weights(w)`, `trials(n)` or `se(s)`, checked."""
    placed = [argument.value for argument in call.arguments if not argument.name]
    if len(placed) != 1:
        raise scope.names.fail(
            f"{call.function}() takes one column", call.span, hint=f"Write {call.function}(w)."
        )
    column, label = scope.variable(placed[0]), render_expression(placed[0])
    if column.kind == "factor" or column.values.ndim > 1:
        raise scope.names.fail(f"{call.function}({label}) must be numbers", call.span)
    values = column.values
    match call.function:
        case "weights":
            bad, legal = values < 0, "0 or more"
        case "trials":
            bad, legal = (values < 0) | (values != np.round(values)), "whole numbers, 0 or more"
        case _:
            bad, legal = values <= 0, "above 0"
    if bad.any():
        raise DataError(
            f"{call.function}({label}) must be {legal}; not so in {first_rows(np.flatnonzero(bad))}"
        )
    if call.function == "weights" and not values.any():
        raise DataError(f"weights({label}) are 0 in all rows")
    if call.function == "weights" and _is_scaled(call, scope):
        values = values / np.mean(values)
    return np.array(values, dtype=np.float64)


def _is_scaled(call: Call, scope: Scope) -> bool:
    return any(
        argument.name == "scale" and scope.literal(argument.value) is True for argument in call.arguments
    )


def _read_options(call: Call, names: Names) -> list[tuple[str, str]]:
    """Options of an addition as text: `("se.sigma", "TRUE")`."""
    name = call.function
    if name in NOT_YET:
        raise names.fail(f"{name}() is not available in this version", call.span, hint=NOT_YET[name] + ".")
    if name not in ADDITIONS:
        raise names.fail(
            f"unknown addition '{name}' to the response",
            call.span,
            hint=f"Additions: {listing(nearest(name, ADDITIONS))}.",
        )
    named = [argument for argument in call.arguments if argument.name]
    for argument in named:
        if argument.name not in ADDITIONS[name]:
            raise _unknown_option(call, argument, names)
    return [(f"{name}.{argument.name}", render_expression(argument.value)) for argument in named]


def _unknown_option(call: Call, argument: Argument, names: Names) -> FormulaError:
    legal = ADDITIONS[call.function]
    hint = f"Its options are {listing(legal)}." if legal else "It has none."
    return names.fail(f"{call.function}() has no option '{argument.name}'", call.span, hint=hint)
