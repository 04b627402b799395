"""Transforms that make factors, say how one is coded, or turn one into numbers: entries of the table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np

from bayesformula.data.arguments import Arguments, ContrastCall, State
from bayesformula.data.columns import (
    Column,
    Contrast,
    as_factor,
    drop_unused,
    format_number,
    number,
    recode,
)
from bayesformula.errors import DataError, UnseenLevelError, listing, nearest


def level_texts(values: Sequence[object]) -> tuple[str, ...]:
    """Constants as names of levels."""
    return tuple(v if isinstance(v, str) else format_number(float(cast(float, v))) for v in values)


def apply_factor(arguments: Arguments, _: State) -> Column:
    """The column as a factor, with the levels given or those found."""
    column = as_factor(arguments.columns[0].spread(arguments.n))
    if arguments.options.get("labels") is not None:
        raise arguments.fail(f"{arguments.call}: labels are not available; rename the values in the data")
    levels = arguments.vector_option("levels")
    if levels is None:
        column = drop_unused(column)
        levels_found = column.levels
    else:
        levels_found = level_texts(levels)
        if len(set(levels_found)) < len(levels_found):
            raise arguments.fail(f"{arguments.call}: a level is given twice")
    moved = recode(column, levels_found)
    return Column("factor", moved.values, moved.levels, declared=True, ordered=column.ordered)


def apply_ordered(arguments: Arguments, state: State) -> Column:
    """A factor whose levels are in order."""
    column = apply_factor(arguments, state)
    return Column("factor", column.values, column.levels, declared=True, ordered=True)


def apply_character(arguments: Arguments, _: State) -> Column:
    """The column as text: levels in alphabetical order, whatever was declared."""
    column = drop_unused(as_factor(arguments.columns[0].spread(arguments.n)))
    moved = recode(column, sorted(column.levels))
    return Column("factor", moved.values, moved.levels)


def apply_relevel(arguments: Arguments, _: State) -> Column:
    """The factor with another first level."""
    ref = level_texts(arguments.vector_option("ref") or ())
    column = as_factor(arguments.columns[0].spread(arguments.n))
    if len(ref) != 1:
        raise arguments.fail(f"{arguments.call}: 'ref' must be one level")
    moved = recode(column, (*ref, *(level for level in column.levels if level != ref[0])))
    return Column("factor", moved.values, moved.levels, declared=True, ordered=column.ordered)


def combine_levels(columns: Sequence[Column]) -> Column:
    """The observed combinations of factors, the first varying fastest, named `a.b`."""
    combined = columns[0]
    for other in columns[1:]:
        width = len(combined.levels)
        missing = (combined.values < 0) | (other.values < 0)
        keys = np.where(missing, -1, combined.values + width * other.values)
        found, inverse = np.unique(keys, return_inverse=True)
        shift = int(len(found) > 0 and found[0] == -1)
        levels = tuple(
            f"{combined.levels[key % width]}.{other.levels[key // width]}" for key in found[shift:].tolist()
        )
        if len(set(levels)) < len(levels):
            raise DataError("interaction(): two combinations of levels read the same; rename a level")
        combined = Column("factor", inverse.astype(np.int64) - shift, levels, declared=True)
    return combined


def choose_level(test: np.ndarray, yes: Column, no: Column) -> Column:
    """`ifelse()` between strings: a factor with its levels in alphabetical order."""
    yes, no = as_factor(yes), as_factor(no)
    levels = tuple(sorted({*yes.levels, *no.levels}))
    codes = np.where(test != 0, recode(yes, levels).values, recode(no, levels).values)
    return Column("factor", np.where(np.isnan(test), -1, codes), levels)


def learn_codes(arguments: Arguments) -> State:
    """The levels whose positions `as.numeric()` gives; of text, which is read as numbers, nothing."""
    column = arguments.columns[0]
    return {"levels": column.levels} if column.kind == "factor" and column.declared else {}


def apply_codes(arguments: Arguments, state: State) -> Column:
    """Numbers: positions of a factor's levels from 1, text read as numbers, TRUE as 1."""
    column = arguments.columns[0]
    if column.kind != "factor":
        return number(column.values)
    if "levels" not in state:
        return _parsed(arguments, column)
    moved = recode(column, cast("tuple[str, ...]", state["levels"]))
    lost = np.unique(column.values[(moved.values < 0) & (column.values >= 0)])
    if len(lost):
        raise UnseenLevelError(
            f"{arguments.call} meets levels that were not in the training data: "
            + listing(column.levels[code] for code in lost.tolist())
        )
    return number(np.where(moved.values < 0, np.nan, moved.values + 1.0))


def _parsed(arguments: Arguments, column: Column) -> Column:
    try:
        table = np.array([*(float(level) for level in column.levels), np.nan])
    except ValueError:
        raise DataError(
            f"{arguments.call}: the text of '{arguments.labels[0]}' is not all numbers; "
            "write as.numeric(factor(...)) for the positions of its levels"
        ) from None
    return number(table[column.values])


def apply_integers(arguments: Arguments, state: State) -> Column:
    """As `as.numeric()`, cut to whole numbers."""
    return number(np.trunc(apply_codes(arguments, state).values))


_CONTRASTS = ("treatment", "sum", "helmert", "poly")


def learn_contrast(arguments: Arguments) -> State:
    """Which coding `C()` asks for, its base named as a level."""
    given = arguments.options.get("contr")
    call = given if isinstance(given, ContrastCall) else ContrastCall("treatment")
    name = call.name.lower().removeprefix("contr.")
    levels = drop_unused(as_factor(arguments.columns[0].spread(arguments.n))).levels
    base: object = next((arguments.options[key] for key in ("base", "ref") if key in arguments.options), None)
    base = call.arguments[0] if call.arguments and base is None else base
    if name == "sas":
        name, base = "treatment", levels[-1] if levels else None
    if name not in _CONTRASTS:
        raise arguments.fail(
            f"{arguments.call}: there are no contrasts '{call.name}'",
            f"Legal ones are {listing(nearest(name, _CONTRASTS))}.",
        )
    return {"kind": name, "base": _base_level(arguments, base, levels)}


def _base_level(arguments: Arguments, base: object, levels: tuple[str, ...]) -> str:
    if base is None:
        return ""
    if isinstance(base, str) and base in levels:
        return base
    if isinstance(base, float | int) and base == int(base) and 1 <= base <= len(levels):
        return levels[int(base) - 1]
    shown = f"'{base}'" if isinstance(base, str) else format_number(float(cast(float, base)))
    raise arguments.fail(
        f"{arguments.call}: '{arguments.labels[0]}' has no level {shown} to compare with",
        f"Its levels are {listing(nearest(str(base), levels))}.",
    )


def apply_contrast(arguments: Arguments, state: State) -> Column:
    """The factor, marked with the coding that it asks for."""
    column = as_factor(arguments.columns[0].spread(arguments.n))
    contrast = Contrast(state["kind"], state["base"])  # type: ignore[arg-type]
    return Column("factor", column.values, column.levels, (), column.declared, column.ordered, contrast)
