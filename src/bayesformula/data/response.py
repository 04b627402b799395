"""The response: what kind of values y has, its numbers, and with them what its additions say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from bayesformula.data.additions import (
    addition,
    call_columns,
    check_additions,
    read_measure,
    read_weights,
    unbounded_expressions,
)
from bayesformula.data.censoring import check_bounds, read_bound, read_censoring, read_upper
from bayesformula.data.columns import LOGICAL_LEVELS, Column, as_factor, drop_unused, first_rows, recode
from bayesformula.data.expressions import Scope
from bayesformula.data.learnt import ResponseKind, ResponseSchema
from bayesformula.data.names import Names
from bayesformula.data.rows import unseen_levels
from bayesformula.errors import DataError
from bayesformula.syntax.ast import Argument, Call, Expression, Index, Response
from bayesformula.syntax.render import render_expression, variables_of

MOST_CATEGORIES = 200
"""With more different values a response of numbers has no categories."""
LARGEST_CODE = 2.0**53
"""Beyond it not every whole number is a float64."""


@dataclass(frozen=True, slots=True)
class ResponseValues:
    """The response of one frame: `y`, (n, K) of a matrix, likelihood weights, further terms by name."""

    y: np.ndarray | None
    weights: np.ndarray | None
    extras: Mapping[str, np.ndarray]


def response_expressions(response: Response) -> Iterator[Expression]:
    """The expressions on the left of the tilde that need the data."""
    if call := _cbind(response):
        yield from (argument.value for argument in call.arguments)
    else:
        yield response.expression
    for call in response.additions:
        yield from call_columns(call).values()


def finite_expressions(response: Response) -> Iterator[Expression]:
    """Those of them that must be finite numbers, or levels, in every row."""
    others = unbounded_expressions(response)
    for part in response_expressions(response):
        if not any(part is other for other in others):
            yield part


def learn_response(response: Response, scope: Scope, rows: np.ndarray) -> ResponseSchema:
    """What the response is; values that can be no response are refused.

    Args:
        response: the left-hand side.
        scope: the training rows.
        rows: their positions in the user's frame, for messages.
    """
    label = render_expression(response.expression)
    options = check_additions(response, scope.names)
    if call := _cbind(response):
        schema = _learn_cbind(call, response, scope.names)
    else:
        kind, levels = _kind(response.expression, scope)
        schema = ResponseSchema(label, kind, levels, unused=_unused(response.expression, levels, scope))
    _check_numeric(response, schema.levels, scope.names)
    values = encode_response(response, schema, scope, rows)
    numbers = () if schema.levels or values.y is None else _few_numbers(values.y)
    return replace(schema, extras=tuple(values.extras), options=options, numbers=numbers)


def _learn_cbind(call: Call, response: Response, names: Names) -> ResponseSchema:
    """Successes and failures, or counts of three categories or more, which are a matrix."""
    _check_cbind(call, names)
    label = render_expression(call)
    if len(call.arguments) > 2:
        columns = tuple(render_expression(argument.value) for argument in call.arguments)
        return ResponseSchema(label, "matrix", columns=columns)
    if clash := addition(response, "trials"):
        raise names.fail("cbind() already gives the trials", clash.span)
    return ResponseSchema(label, "count")


def _unused(expression: Expression, levels: Sequence[str], scope: Scope) -> tuple[str, ...]:
    """Declared levels that no row has."""
    column = scope.variable(expression)
    if column.kind != "factor" or not column.declared or isinstance(expression, Index):
        return ()
    return tuple(level for level in column.levels if level not in levels)


def _few_numbers(y: np.ndarray) -> tuple[int, ...]:
    """The values, if they are whole and not too many to be categories."""
    if y.ndim > 1 or not np.all(y == np.round(y)) or np.max(np.abs(y), initial=0.0) > LARGEST_CODE:
        return ()
    found = np.unique(y)
    return tuple(int(value) for value in found.tolist()) if len(found) <= MOST_CATEGORIES else ()


def _check_numeric(response: Response, levels: Sequence[str], names: Names) -> None:
    """Refuse censoring, bounds and exposure of what is no number."""
    for call in response.additions:
        if call.function not in ("cens", "trunc", "rate"):
            continue
        if levels:
            raise names.fail(
                f"{call.function}() needs a numeric response, and this one has the levels "
                f"{', '.join(levels[:5])}",
                call.span,
            )
        if _cbind(response):
            raise names.fail(
                f"{call.function}() cannot stand with cbind(): counts of trials have no such thing",
                call.span,
            )


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


def encode_response(
    response: Response, schema: ResponseSchema, scope: Scope, rows: np.ndarray
) -> ResponseValues:
    """The response's numbers in a frame: codes 0, 1, ... where it has levels."""
    call = addition(response, "weights")
    weights = None if call is None else read_weights(call, scope, rows)
    if call := _cbind(response):
        counts = np.stack([_count(argument, scope, rows) for argument in call.arguments], axis=1)
        y = counts if schema.kind == "matrix" else counts[:, 0]
        extras = _extras(response, response.additions, y, scope, rows)
        totals = counts.sum(axis=1)
        if "trials" in extras:
            _check_totals(totals, extras["trials"], schema.label, rows)
        return ResponseValues(y, weights, {"trials": totals, **extras})
    y = _numbers(scope.variable(response.expression), schema)
    extras = _extras(response, response.additions, y, scope, rows)
    if "trials" in extras:
        over = y > extras["trials"]
        if over.any():
            raise DataError(
                f"response '{schema.label}' is greater than its trials in {first_rows(rows[over])}"
            )
    return ResponseValues(y, weights, extras)


def _extras(
    response: Response, calls: Sequence[Call], y: np.ndarray | None, scope: Scope, rows: np.ndarray
) -> dict[str, np.ndarray]:
    """What these additions say of each row, by the names of `Design.extras`."""
    extras: dict[str, np.ndarray] = {}
    for call in calls:
        columns = call_columns(call)
        match call.function:
            case "weights":
                continue
            case "cens":
                extras["cens"] = read_censoring(call, columns["censored"], scope, rows)
                if y is not None:
                    upper = read_upper(call, columns.get("y2"), extras["cens"], y, scope, rows)
                    extras |= {} if upper is None else {"cens_upper": upper}
            case "trunc":
                bounds = {"lower": columns.get("lb"), "upper": columns.get("ub")}
                found = {
                    name: read_bound(call, part, scope, rows)
                    for name, part in bounds.items()
                    if part is not None
                }
                label = render_expression(response.expression)
                check_bounds(found.get("lower"), found.get("upper"), y, label, rows)
                extras |= found
            case name:
                extras[name] = read_measure(call, scope, rows)
    return extras


def spare_expressions(response: Response, frame: pd.DataFrame) -> list[Expression]:
    """What of the left-hand side new data without a response can still tell: trials, known errors,
    exposure, bounds.

    Only where all the columns are there and complete: nothing of it may cost a row.
    """
    spare: list[Expression] = []
    for call in [*response.additions, *filter(None, [_cbind(response)])]:
        if call.function in ("weights", "cens"):
            continue
        parts = [argument.value for argument in call.arguments] if call.function == "cbind" else []
        parts = parts or list(call_columns(call).values())
        names = [name for part in parts for name in variables_of(part)]
        if all(name in frame.columns and bool(frame[name].notna().all()) for name in names):
            spare += parts
    return spare


def encode_extras(
    response: Response, scope: Scope, spare: Sequence[Expression], rows: np.ndarray
) -> ResponseValues:
    """The additions that `spare_expressions` found, without a response."""
    calls = [
        call
        for call in response.additions
        if any(part is found for part in call_columns(call).values() for found in spare)
    ]
    extras = _extras(response, calls, None, scope, rows)
    call = _cbind(response)
    if call and "trials" not in extras and all(argument.value in spare for argument in call.arguments):
        extras["trials"] = np.sum([_count(argument, scope, rows) for argument in call.arguments], axis=0)
    return ResponseValues(None, None, extras)


def _cbind(response: Response) -> Call | None:
    """The call `cbind(successes, failures)`, or `cbind(a, b, c)`, if that is the response."""
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
    if len(call.arguments) < 2 or any(argument.name for argument in call.arguments):
        raise names.fail(
            "cbind() as a response takes successes and failures, or counts of three categories or more",
            call.span,
            hint="Write cbind(successes, failures) ~ x, or cbind(a, b, c) ~ x. "
            "Several responses are several formulas.",
        )
    seen: set[Expression] = set()
    for argument in call.arguments:
        if argument.value in seen:
            text = render_expression(argument.value)
            raise names.fail(f"cbind() has the column {text} twice", argument.value.span)
        seen.add(argument.value)


def _check_totals(totals: np.ndarray, trials: np.ndarray, label: str, rows: np.ndarray) -> None:
    """Refuse trials that are not the sum of the counts: some fell into a category that is not there."""
    wrong = totals != trials
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        raise DataError(
            f"the counts of '{label}' must add up to their trials; not so in {first_rows(rows[wrong])}, the "
            f"first with {totals[at]:g} and {trials[at]:g}\n"
            "  Leave trials() out: it is the sum. For what is in none of the columns, add a column."
        )


def _count(argument: Argument, scope: Scope, rows: np.ndarray) -> np.ndarray:
    column = scope.variable(argument.value)
    label = render_expression(argument.value)
    if column.kind == "factor" or column.values.ndim > 1:
        raise scope.names.fail(f"cbind(): '{label}' is not a column of counts", argument.value.span)
    bad = (column.values < 0) | (column.values != np.round(column.values))
    if bad.any():
        raise DataError(
            f"cbind(): '{label}' must be counts, integer and not negative; not so in {first_rows(rows[bad])}"
        )
    return column.values
