"""Responses known in part: `cens(c, y2)`, and responses seen between bounds only: `trunc(lb, ub)`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bayesformula.data.columns import Column, first_rows
from bayesformula.data.expressions import Scope
from bayesformula.errors import DataError
from bayesformula.syntax.ast import Call, Expression
from bayesformula.syntax.render import render_expression

CENSORING: Mapping[str, int] = {"none": 0, "left": -1, "right": 1, "interval": 2}
"""Kinds of censoring and their codes, which are brms's."""

_CODES = {**CENSORING, "-1": -1, "0": 0, "1": 1, "2": 2, "FALSE": 0, "TRUE": 1}
_UNKNOWN = 9


def read_censoring(call: Call, expression: Expression, scope: Scope, rows: np.ndarray) -> np.ndarray:
    """(n,) codes: 0 not censored, 1 the value is above y, -1 below y, 2 between y and y2.

    Words may be shortened (`r`), numbers are codes, and TRUE is right-censored.

    Raises:
        DataError: a value that is no kind of censoring, with the first rows.
    """
    column = scope.variable(expression)
    if column.values.ndim > 1:
        raise scope.names.fail(f"cens({render_expression(expression)}) must be one column", call.span)
    codes = _codes(column)
    bad = ~np.isin(codes, (-1, 0, 1, 2))
    if bad.any():
        at = int(np.flatnonzero(bad)[0])
        is_factor = column.kind == "factor"
        shown = f"'{column.levels[int(column.values[at])]}'" if is_factor else f"{column.values[at]:g}"
        raise DataError(
            f"cens({render_expression(expression)}): {shown} is no kind of censoring, in "
            f"{first_rows(rows[bad])}\n"
            "  Legal are none, left, right and interval, or 0, -1, 1 and 2; TRUE is right-censored."
        )
    return codes


def _codes(column: Column) -> np.ndarray:
    if column.kind != "factor":
        return np.asarray(column.values, dtype=np.float64)
    table = np.array([*(_word(level) for level in column.levels), _UNKNOWN], dtype=np.float64)
    return table[column.values]


def _word(level: str) -> int:
    """The code of a word, which may be shortened as in brms."""
    if level in _CODES:
        return _CODES[level]
    meant = [code for word, code in CENSORING.items() if level and word.startswith(level.lower())]
    return meant[0] if meant else _UNKNOWN


def read_upper(
    call: Call, upper: Expression | None, codes: np.ndarray, y: np.ndarray, scope: Scope, rows: np.ndarray
) -> np.ndarray | None:
    """(n,) upper ends of interval-censored values, NaN in other rows; None where there is no such column.

    Raises:
        FormulaError: some rows are interval-censored, and there is none.
        DataError: an upper end that is not above the response, with the first rows.
    """
    inside = codes == 2
    if upper is None:
        if inside.any():
            raise scope.names.fail(
                f"the response is interval-censored in {first_rows(rows[inside])}, and its upper end is "
                "not given",
                call.span,
                hint=f"Write cens({render_expression(call.arguments[0].value)}, y2), where y2 is the column "
                "of upper ends.",
            )
        return None
    column, label = scope.variable(upper), render_expression(upper)
    if column.kind == "factor" or column.values.ndim > 1:
        raise scope.names.fail(f"cens(): the upper ends '{label}' must be numbers", call.span)
    values = np.where(inside, column.values, np.nan)
    bad = inside & ~np.isfinite(values)
    if bad.any():
        raise DataError(
            f"cens(): '{label}' is not a finite number in {first_rows(rows[bad])}, where the response is "
            "interval-censored\n  A response without an upper end is right-censored: code 1."
        )
    bad = inside & ~(values > y)
    if bad.any():
        raise DataError(
            f"cens(): the upper end '{label}' must be above the response; not so in {first_rows(rows[bad])}"
        )
    return values


def read_bound(call: Call, bound: Expression, scope: Scope, rows: np.ndarray) -> np.ndarray:
    """(n,) a bound of `trunc()`, infinite where there is none.

    Raises:
        DataError: it is not a number, with the first rows.
    """
    column, label = scope.variable(bound), render_expression(bound)
    if column.kind == "factor" or column.values.ndim > 1:
        raise scope.names.fail(f"trunc(): the bound '{label}' must be a number or a column of numbers",
                               call.span)  # fmt: skip
    bad = np.isnan(column.values)
    if bad.any():
        raise DataError(f"trunc(): the bound '{label}' is not a number in {first_rows(rows[bad])}")
    return np.array(column.values, dtype=np.float64)


def check_bounds(
    lower: np.ndarray | None, upper: np.ndarray | None, y: np.ndarray | None, label: str, rows: np.ndarray
) -> None:
    """Refuse bounds that leave no room, and responses outside them.

    Raises:
        DataError: naming the first rows.
    """
    if lower is not None and upper is not None and not np.all(lower < upper):
        bad = ~(lower < upper)
        raise DataError(
            f"trunc(): the lower bound must be below the upper; not so in {first_rows(rows[bad])}"
        )
    if y is None:
        return
    for bound, side, outside in ((lower, "below its lower", np.less), (upper, "above its upper", np.greater)):
        bad = outside(y, bound) if bound is not None else np.zeros(len(y), dtype=bool)
        if bad.any():
            raise DataError(
                f"response '{label}' is {side} bound in {first_rows(rows[bad])}\n"
                "  A truncated response is seen only between its bounds: correct one, or leave the rows out."
            )
