"""Which rows are used, and what may stand in them: missing values, infinities, new levels."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd

from bayesformula.data.columns import Column, as_factor, first_rows, recode
from bayesformula.data.expressions import Scope
from bayesformula.data.learnt import NaPolicy, VariableSchema
from bayesformula.data.names import walk
from bayesformula.errors import BayesFormulaError, DataError, UnseenLevelError, listing
from bayesformula.syntax.ast import Binary, Call, Expression, Name, Paren, Unary
from bayesformula.syntax.render import render_expression

NewLevels = Literal["error", "population", "sample"]
LARGEST, SMALLEST = 1e100, 1e-100
"""Numbers whose squares, and products of these, are still numbers."""
GroupPart = Literal["levels", "columns", ""]
GroupParts = Mapping[str, GroupPart] | None
"""What of the groups of a frame is read, by label: level and columns of each row, columns alone, nothing.
None reads everything of all of them."""


def group_part(groups: GroupParts, label: str) -> GroupPart:
    """What is read of one group."""
    return "levels" if groups is None else groups.get(label, "")


def used_rows(frame: pd.DataFrame, rows: np.ndarray) -> pd.DataFrame:
    """Some of the rows of a frame; nothing is copied where these are all of them."""
    return frame if len(rows) == len(frame) else frame.iloc[rows]


def complete_rows(frame: pd.DataFrame, columns: Sequence[str], na: NaPolicy) -> np.ndarray:
    """Positions of the rows that miss nothing in these columns.

    Raises:
        DataError: a value is missing and `na` is "error", or no row is complete.
    """
    missing = {name: frame[name].isna().to_numpy(dtype=bool) for name in columns}
    if na == "error":
        for name, rows in missing.items():
            if rows.any():
                raise _missing_value(f"column '{name}'", np.flatnonzero(rows))
    lost = np.zeros(len(frame), dtype=bool)
    for rows in missing.values():
        lost |= rows
    if lost.all():
        parts = [f"'{name}' is missing in {int(rows.sum())}" for name, rows in missing.items() if rows.any()]
        raise DataError(
            f"no rows are left: of {len(frame)} rows, {', '.join(parts)}\n"
            "  Fill in what is missing, or leave that column out of the formula."
        )
    return np.flatnonzero(~lost)


def _missing_value(what: str, positions: np.ndarray) -> DataError:
    count = len(positions)
    return DataError(
        f"{what} has {count} missing {'value' if count == 1 else 'values'}, in {first_rows(positions)}\n"
        '  Fill them in, or pass na="drop" to leave these rows out.'
    )


def without_level(columns: Iterable[tuple[str, Column]], rows: np.ndarray, na: NaPolicy) -> np.ndarray:
    """(n,) which rows have no level of a computed factor: `cut()` outside its breaks, `factor(levels=)`."""
    lost, without = np.zeros(len(rows), dtype=bool), ""
    for label, column in columns:
        if column.kind == "numeric":
            continue
        empty = column.values < 0 if column.kind == "factor" else np.isnan(column.values)
        if na == "error" and empty.any():
            raise _missing_value(f"'{label}'", rows[empty])
        without = label if empty.all() else without
        lost |= empty
    if lost.all():
        what = f"'{without}'" if without else "one or another computed factor"
        raise DataError(
            f"no rows are left: {what} has no level in any of them\n"
            "  Its breaks or levels must hold values that the column has."
        )
    return lost


# ---- infinities --------------------------------------------------------------------------------------


def check_finite(scope: Scope, expression: Expression, rows: np.ndarray) -> None:
    """Refuse infinities and undefined results, naming the innermost part at fault and the first rows.

    So are numbers beyond all measures, such as 1e308 for a missing value.
    """
    if not _bad_rows(scope.variable(expression)).any():
        _check_size(scope.variable(expression), expression, rows)
        return
    culprit, bad = expression, _bad_rows(scope.variable(expression))
    for part in walk(expression):
        inner = _evaluated(scope, part)
        if isinstance(part, Name) and inner is not None and not np.isinf(inner.values).any():
            continue  # missing values of a column, which `is.na()` asks about, are no fault of it
        if inner is not None and (_bad_rows(inner) & bad).any():
            culprit, bad = part, _bad_rows(inner)
            break
    raise DataError(_not_finite(scope, expression, culprit, rows[bad]))


def _check_size(column: Column, expression: Expression, rows: np.ndarray) -> None:
    """Refuse numbers whose squares are beyond what a number of 64 bits can be, or vanish."""
    if column.kind != "numeric" or column.values.size == 0:
        return
    sizes = np.abs(column.values).reshape(len(column.values), -1)
    largest = sizes.max(axis=0)
    if np.all(((largest >= SMALLEST) & (largest <= LARGEST)) | (largest == 0)):
        return
    size, text = float(largest.max()), render_expression(expression)
    units = f"easure it in other units, as I({text} / 1e{math.floor(math.log10(size))})."
    if size <= LARGEST:
        raise DataError(f"'{text}' is {size:.3g} at most: squares of such numbers vanish\n  M{units}")
    where = first_rows(rows[sizes.max(axis=1) > LARGEST])
    raise DataError(
        f"'{text}' is as large as {size:.3g} in {where}: squares of such numbers overflow\n"
        f"  Where it stands for a missing value, make it one; else m{units}"
    )


def _evaluated(scope: Scope, part: Expression) -> Column | None:
    """A part's value, where it has one by itself (the constants of `c()` have none)."""
    if not isinstance(part, Name | Binary | Unary | Paren | Call):
        return None
    try:
        return scope.variable(part)
    except BayesFormulaError:
        return None


def _bad_rows(column: Column) -> np.ndarray:
    if column.kind != "numeric":
        return np.zeros(len(column.values), dtype=bool)
    bad = ~np.isfinite(column.values)
    return np.any(bad, axis=1) if bad.ndim == 2 else np.asarray(bad)


def _not_finite(scope: Scope, whole: Expression, part: Expression, positions: np.ndarray) -> str:
    name, where = render_expression(part), first_rows(positions)
    if isinstance(part, Name):
        count = len(positions)
        return f"column '{part.text}' has {count} infinite {'value' if count == 1 else 'values'}, in {where}"
    inside = "" if part == whole else f" in {render_expression(whole)}"
    return (
        f"{name}{inside} is not a finite number in {where}\n"
        f"  Change the values there, or guard it, as log(x + 1) or ifelse(x > 0, log(x), 0)."
    )


# ---- levels ------------------------------------------------------------------------------------------


def in_schema_levels(column: Column, schema: VariableSchema) -> Column:
    """A variable of new data as the schema knows it: a factor's codes counted in the learnt levels.

    Raises:
        UnseenLevelError: it holds a level that the training data did not.
        DataError: it is text where the training data had numbers.
    """
    if schema.kind == "numeric":
        if column.kind == "factor":
            raise DataError(
                f"'{schema.label}' was numeric in the training data and is text or a category here\n"
                f'  Make it numbers first: pd.to_numeric(frame["{schema.label}"]).'
            )
        return column
    factor = as_factor(column)
    moved = recode(factor, schema.levels)
    lost = np.unique(factor.values[(moved.values < 0) & (factor.values >= 0)])
    if len(lost):
        names = [factor.levels[code] for code in lost.tolist()]
        raise unseen_levels("column", schema.label, names, schema.levels, is_group=False)
    return moved


def unseen_levels(
    what: str, label: str, names: Sequence[str], known: Sequence[str], *, is_group: bool
) -> UnseenLevelError:
    """The error for levels that were not in the training data."""
    count = f"{len(names)} level that was" if len(names) == 1 else f"{len(names)} levels that were"
    ends = f"'{known[0]}' ... '{known[-1]}'" if len(known) > 5 else listing(known)
    remedy = (
        'Pass new_levels="population" to set their effects to 0,\n'
        '  or new_levels="sample" to draw them from the fitted distribution.'
        if is_group
        else "A level without data has no population effect; leave these rows out."
    )
    return UnseenLevelError(
        f"{what} '{label}' has {count} not in the training data: {listing(names, 5)}\n"
        f"  Trained on {len(known)} {'level' if len(known) == 1 else 'levels'} ({ends}). {remedy}"
    )
