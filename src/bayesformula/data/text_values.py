"""Transforms of text: `paste()`, `nchar()`, `substr()`, ...; what they give is a factor, or a number."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from bayesformula.data.arguments import Arguments, State
from bayesformula.data.columns import Column, as_factor, drop_unused, number, recode
from bayesformula.data.joined import refuse_long, refuse_many

_LONGEST = 1_000_000_000


def text_factor(codes: np.ndarray, texts: Sequence[str]) -> Column:
    """Codes of texts, some of them perhaps equal, as a factor with its levels in alphabetical order."""
    levels = tuple(sorted(set(texts)))
    places = {level: place for place, level in enumerate(levels)}
    table = np.array([*(places[text] for text in texts), -1], dtype=np.int64)  # the last serves code -1
    return Column("factor", table[codes], levels)


def apply_paste(arguments: Arguments, _: State) -> Column:
    """The values of several columns joined as text, those found being the levels."""
    return _pasted(arguments, str(arguments.options.get("sep", " ")))


def apply_paste0(arguments: Arguments, _: State) -> Column:
    """As `paste()`, with nothing between."""
    return _pasted(arguments, "")


def _pasted(arguments: Arguments, separator: str) -> Column:
    refuse_many(len(arguments.columns), arguments.call)
    first, *others = (drop_unused(as_factor(column)) for column in arguments.spread())
    joined = text_factor(first.values, first.levels)
    for other in others:
        width = max(1, len(joined.levels))
        missing = (joined.values < 0) | (other.values < 0)
        found, inverse = np.unique(
            np.where(missing, -1, joined.values + width * other.values), return_inverse=True
        )
        shift = int(len(found) > 0 and found[0] == -1)
        parts = ((joined.levels, found[shift:] % width), (other.levels, found[shift:] // width))
        refuse_long(parts, separator, arguments.call)
        texts = [
            f"{joined.levels[key % width]}{separator}{other.levels[key // width]}"
            for key in found[shift:].tolist()
        ]
        joined = text_factor(inverse.astype(np.int64) - shift, texts)
    return joined


def each_level(function: Callable[[str], str]) -> Callable[[Arguments, State], Column]:
    """A transform that changes each text by itself."""

    def apply(arguments: Arguments, _: State) -> Column:
        column = drop_unused(as_factor(arguments.columns[0].spread(arguments.n)))
        return text_factor(column.values, [function(level) for level in column.levels])

    return apply


def apply_substr(arguments: Arguments, state: State) -> Column:
    """The characters from `start` to `stop`, counted from 1."""
    start = arguments.whole_option("start", 1, 0, _LONGEST)
    stop = arguments.whole_option("stop", _LONGEST, 0, _LONGEST)
    return each_level(lambda text: text[max(0, start - 1) : max(0, stop)])(arguments, state)


def apply_nchar(arguments: Arguments, _: State) -> Column:
    """How many characters the text has."""
    column = as_factor(arguments.columns[0].spread(arguments.n))
    return number(np.array([*(float(len(level)) for level in column.levels), np.nan])[column.values])


def apply_logical(arguments: Arguments, _: State) -> Column:
    """Truth values of numbers, and of the texts that R reads as such."""
    column = arguments.columns[0]
    if column.kind != "factor":
        values = arguments.single(0)
        return Column("logical", np.where(np.isnan(values), np.nan, values != 0))
    truth = {
        **dict.fromkeys(("TRUE", "T", "True", "true"), 1.0),
        **dict.fromkeys(("FALSE", "F", "False", "false"), 0.0),
    }
    strange = [level for level in drop_unused(column).levels if level not in truth]
    if strange:
        raise arguments.fail(
            f"{arguments.call}: the text '{strange[0]}' is neither TRUE nor FALSE",
            f'Write {arguments.labels[0]} == "{strange[0]}".',
        )
    table = np.array([*(truth.get(level, np.nan) for level in column.levels), np.nan])
    return Column("logical", table[column.values])


def as_text(column: Column) -> Column:
    """The levels that are there, in alphabetical order, whatever was declared."""
    used = drop_unused(as_factor(column))
    moved = recode(used, sorted(used.levels))
    return Column("factor", moved.values, moved.levels)
