"""Transforms that make factors, say how one is coded, or turn one into numbers: entries of the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import numpy as np

from bayesformula.data.arguments import Arguments, State
from bayesformula.data.columns import Column, as_factor, drop_unused, level_texts, number, recode
from bayesformula.data.contrasts import unknown_level
from bayesformula.data.joined import refuse_long, refuse_many
from bayesformula.data.text_values import as_text
from bayesformula.errors import UnseenLevelError, listing


def learn_factor(arguments: Arguments) -> State:
    """The levels found, where `labels` rename them: new data must get the same names."""
    if arguments.options.get("labels") is None or arguments.options.get("levels") is not None:
        return {}
    return {"levels": drop_unused(as_factor(arguments.columns[0].spread(arguments.n))).levels}


def apply_factor(arguments: Arguments, state: State) -> Column:
    """The column as a factor, with the levels given or those found, renamed by `labels`."""
    column = as_factor(arguments.columns[0].spread(arguments.n))
    ordered = arguments.flag("ordered", column.ordered)
    found = _factor_levels(arguments, column, state)
    left_out = level_texts(arguments.vector_option("exclude") or ())
    found = tuple(level for level in found if level not in left_out)
    codes = recode(column, found).values
    labels = arguments.vector_option("labels")
    if labels is None:
        return Column("factor", codes, found, declared=True, ordered=ordered)
    names = _labels(arguments, found, level_texts(labels))
    levels = tuple(dict.fromkeys(names))  # levels that get one label become one level
    table = np.array([*(levels.index(name) for name in names), -1], dtype=np.int64)
    return Column("factor", table[codes], levels, declared=True, ordered=ordered)


def _factor_levels(arguments: Arguments, column: Column, state: State) -> tuple[str, ...]:
    if "levels" in state:
        known = cast("tuple[str, ...]", state["levels"])
        _refuse_unseen(arguments, drop_unused(column).levels, known)
        return known
    given = arguments.vector_option("levels")
    if given is None:
        return drop_unused(column).levels
    levels = level_texts(given)
    if len(set(levels)) < len(levels):
        raise arguments.fail(f"{arguments.call}: a level is given twice")
    return levels


def _refuse_unseen(arguments: Arguments, levels: Sequence[str], known: Sequence[str]) -> None:
    unseen = [level for level in levels if level not in known]
    if unseen:
        raise UnseenLevelError(
            f"{arguments.call} meets levels that were not in the training data: {listing(unseen)}"
        )


def _labels(arguments: Arguments, levels: tuple[str, ...], labels: tuple[str, ...]) -> tuple[str, ...]:
    """A label for each level; one label is a stem, as in R."""
    if len(labels) == 1 and len(levels) != 1:
        return tuple(f"{labels[0]}{step}" for step in range(1, len(levels) + 1))
    if len(labels) != len(levels):
        raise arguments.fail(
            f"{arguments.call}: {len(labels)} labels for {len(levels)} levels",
            f"Its levels are {listing(levels)}; give as many labels, or one as a stem.",
        )
    return labels


def apply_ordered(arguments: Arguments, state: State) -> Column:
    """A factor whose levels are in order."""
    return replace(apply_factor(arguments, state), ordered=True)


def apply_character(arguments: Arguments, _: State) -> Column:
    """The column as text: levels in alphabetical order, whatever was declared."""
    return as_text(arguments.columns[0].spread(arguments.n))


def apply_unused(arguments: Arguments, _: State) -> Column:
    """The factor without the levels that no row has."""
    return drop_unused(as_factor(arguments.columns[0].spread(arguments.n)))


def learn_relevel(arguments: Arguments) -> State:
    """The level that goes first, by its name or by its place."""
    ref = arguments.vector_option("ref") or ()
    levels = as_factor(arguments.columns[0].spread(arguments.n)).levels
    if len(ref) != 1:
        raise arguments.fail(f"{arguments.call}: 'ref' must be one level")
    name, place = level_texts(ref)[0], ref[0]
    if name in levels:
        return {"ref": name}
    if isinstance(place, float) and 1 <= place <= len(levels) and place == int(place):
        return {"ref": levels[int(place) - 1]}
    raise unknown_level(arguments, place, levels, "to go first")


def apply_relevel(arguments: Arguments, state: State) -> Column:
    """The factor with another first level."""
    ref = str(state["ref"])
    column = as_factor(arguments.columns[0].spread(arguments.n))
    moved = recode(column, (ref, *(level for level in column.levels if level != ref)))
    return Column("factor", moved.values, moved.levels, declared=True, ordered=column.ordered)


def apply_interaction(arguments: Arguments, _: State) -> Column:
    """The observed combinations of factors, the first varying fastest unless `lex.order = TRUE`."""
    separator = arguments.options.get("sep", ".")
    arguments.flag("drop", True)  # levels without rows have no column either way
    if not isinstance(separator, str):
        raise arguments.fail(f"{arguments.call}: 'sep' must be a string")
    for place, column in enumerate(arguments.columns):
        if column.kind == "numeric":
            arguments.vector(place)  # a matrix is refused
    columns = [drop_unused(as_factor(column)) for column in arguments.spread()]
    return combine_levels(arguments, columns, separator, last_fastest=arguments.flag("lex.order", False))


def combine_levels(
    arguments: Arguments, columns: Sequence[Column], separator: str, *, last_fastest: bool
) -> Column:
    """The observed combinations of levels as one factor."""
    refuse_many(len(columns), arguments.call)
    combined = Column("factor", columns[0].values, columns[0].levels, declared=True)
    for other in columns[1:]:
        inner, outer = (other, combined) if last_fastest else (combined, other)
        width = max(1, len(inner.levels))
        missing = (inner.values < 0) | (outer.values < 0)
        keys = np.where(missing, -1, inner.values + width * outer.values)
        found, inverse = np.unique(keys, return_inverse=True)
        shift = int(len(found) > 0 and found[0] == -1)
        parts = ((inner.levels, found[shift:] % width), (outer.levels, found[shift:] // width))
        refuse_long(parts, separator, arguments.call)
        pairs = [(inner.levels[key % width], outer.levels[key // width]) for key in found[shift:].tolist()]
        levels = tuple(separator.join(pair[::-1] if last_fastest else pair) for pair in pairs)
        if len(set(levels)) < len(levels):
            raise arguments.fail(
                f"{arguments.call}: two combinations of levels read the same",
                'Rename a level, or write another separator: sep = "/".',
            )
        combined = Column("factor", inverse.astype(np.int64) - shift, levels, declared=True)
    return combined


def choose_level(arguments: Arguments) -> Column:
    """`ifelse()` between texts: a factor with its levels in alphabetical order."""
    test = arguments.single(0)
    for place in (1, 2):
        if arguments.columns[place].declared:  # R gives the numbers of its levels then
            raise arguments.fail(
                f"{arguments.call}: '{arguments.labels[place]}' is a factor, not text",
                f"Write as.character({arguments.labels[place]}).",
            )
    yes, no = (as_factor(column) for column in arguments.columns[1:3])
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
    _refuse_unseen(arguments, [column.levels[code] for code in lost.tolist()], moved.levels)
    return number(np.where(moved.values < 0, np.nan, moved.values + 1.0))


def _parsed(arguments: Arguments, column: Column) -> Column:
    try:
        table = np.array([*(float(level) for level in column.levels), np.nan])
    except ValueError:
        raise arguments.refuse_data(
            f"the text of '{arguments.labels[0]}' is not all numbers",
            f"Write as.numeric(factor({arguments.labels[0]})) for the positions of its levels.",
        ) from None
    return number(table[column.values])


def apply_integers(arguments: Arguments, state: State) -> Column:
    """As `as.numeric()`, cut to whole numbers."""
    return number(np.trunc(apply_codes(arguments, state).values))
