"""One computed variable: numbers, truth values, or a factor; and how a column of a frame becomes one.

Levels are text from here on, whatever the frame held: `3`, `3.0` and `"3"` are one level, so that new
data read from another kind of file still find their groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, cast

import numpy as np
import pandas as pd

from bayesformula.errors import DataError

Kind = Literal["numeric", "logical", "factor"]
EXACT = 2.0**53
"""Whole numbers below are all different as numbers of 64 bits; above, some read the same."""
LOGICAL_LEVELS = ("FALSE", "TRUE")


@dataclass(frozen=True, slots=True)
class Contrast:
    """How a factor is coded where it is not coded in full.

    `base` is a level, "" for the first; `how_many` of the contrasts are kept, 0 for all. Columns of a
    treatment coding are named by levels, or, where R has no levels to name them by, `is_numbered`.
    """

    kind: Literal["treatment", "sum", "helmert", "poly"] = "treatment"
    base: str = ""
    how_many: int = 0
    is_numbered: bool = False


TREATMENT = Contrast()


@dataclass(frozen=True, slots=True)
class Column:
    """A variable with one value a row, or one value for all rows (then `values` has no axis).

    Attributes:
        kind: truth values are numbers 0 and 1 that become a factor when they stand as a variable.
        values: float64 (n,), or (n, k) for a matrix such as `poly(x, k)`; int64 codes of a factor, -1
            where it is missing.
        levels: of a factor.
        names: what a matrix's columns add to its name.
        declared: whether the order of levels was declared and not found by sorting.
        ordered: whether the factor was declared as ordered.
        contrast: a coding asked for by `C()`.
    """

    kind: Kind
    values: np.ndarray
    levels: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    declared: bool = False
    ordered: bool = False
    contrast: Contrast | None = None

    @property
    def is_scalar(self) -> bool:
        return self.values.ndim == 0

    def at(self, rows: slice | np.ndarray) -> Column:
        """The same variable in some of the rows."""
        return replace(self, values=self.values[rows])

    def spread(self, n: int) -> Column:
        """The same variable with one value a row."""
        if not self.is_scalar:
            return self
        values = np.full(n, self.values)
        return Column(self.kind, values, self.levels, (), self.declared, self.ordered, self.contrast)


def number(values: np.ndarray | float) -> Column:
    """A numeric column of these values."""
    return Column("numeric", np.asarray(values, dtype=np.float64))


def logical(values: np.ndarray | bool) -> Column:
    """A column of truth values; NaN is missing."""
    return Column("logical", np.asarray(values, dtype=np.float64))


def text(value: str) -> Column:
    """A string constant."""
    return Column("factor", np.asarray(0), (value,))


def format_number(value: float) -> str:
    """A number as the name of a level: `3`, not `3.0`; otherwise with 15 digits, as in R."""
    if abs(value) < EXACT and value == int(value):
        return str(int(value))
    return f"{value:.15g}".replace("inf", "Inf")


def level_texts(values: Sequence[object]) -> tuple[str, ...]:
    """Constants as names of levels."""
    return tuple(_level_text(value) for value in values)


def as_factor(column: Column, label: str = "") -> Column:
    """The column as a factor: numbers in numeric order, truth values as FALSE < TRUE.

    Raises:
        DataError: a matrix, or numbers so long that two labels may have become one; `label` names them.
    """
    if column.kind == "factor":
        return column
    if column.kind == "logical":
        codes = np.where(np.isnan(column.values), -1, column.values).astype(np.int64)
        return Column("factor", codes, LOGICAL_LEVELS)
    if column.values.ndim > 1:
        raise DataError("a matrix of several columns cannot be a factor")
    codes, found = _number_codes(np.atleast_1d(column.values))
    _refuse_long_labels(found, label)
    texts = [format_number(value) for value in found.tolist()]
    levels = tuple(dict.fromkeys(texts))
    if len(levels) < len(texts):  # numbers that differ in the last digit only read the same
        places = {level: place for place, level in enumerate(levels)}
        codes = np.array([*(places[text] for text in texts), -1], dtype=np.int64)[codes]
    return Column("factor", codes.reshape(column.values.shape), levels)


def _refuse_long_labels(found: np.ndarray, label: str) -> None:
    """Ids of 17 digits: numbers of 64 bits round them, and two people become one."""
    long = found[np.isfinite(found) & (np.abs(found) >= EXACT)]
    if len(long):
        name = f"'{label}'" if label else "a factor"
        column = label if label.isidentifier() else "id"
        raise DataError(
            f"{name} has labels of more than 15 digits, such as {long[0]:.0f}, that are held as rounded "
            "numbers: some that differ may have become the same\n"
            f'  Make them text: frame["{column}"].astype(str) of whole numbers, or, reading a file, '
            f'pd.read_csv(path, dtype={{"{column}": str}}), or write a letter before each in the file.'
        )


def _number_codes(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which of the numbers found each value is, -1 for a missing one; and these numbers in order.

    Whole numbers close together are counted, as ids are; others are hashed and the few that differ sorted.
    To sort ten million takes a second.
    """
    low, high = (float(np.min(values)), float(np.max(values))) if len(values) else (np.nan, np.nan)
    if high - low <= 2 * len(values) and max(abs(low), abs(high)) < 2.0**53:  # neither missing nor infinite
        places = (values - low).astype(np.int64)
        if np.array_equal(places + low, values):
            seen = np.zeros(int(high - low) + 1, dtype=bool)
            seen[places] = True
            return (np.cumsum(seen) - 1)[places], np.flatnonzero(seen) + low
    codes, found = pd.factorize(values, sort=True, use_na_sentinel=True)
    return codes, np.asarray(found)


def drop_unused(column: Column) -> Column:
    """A factor without the levels that no row has."""
    used = np.flatnonzero(np.bincount(column.values[column.values >= 0], minlength=len(column.levels)))
    if len(used) == len(column.levels):
        return column
    levels = tuple(column.levels[code] for code in used.tolist())
    return recode(column, levels)


def recode(column: Column, levels: Sequence[str]) -> Column:
    """The factor with its codes counted in `levels`; a level that is not among them becomes missing."""
    target = tuple(levels)
    if target == column.levels:
        return column
    moved = np.full(len(column.levels) + 1, -1, dtype=np.int64)  # the last place serves code -1
    moved[:-1] = pd.Index(target, dtype=object).get_indexer(pd.Index(column.levels, dtype=object))
    codes = moved[column.values]
    return Column("factor", codes, target, (), column.declared, column.ordered, column.contrast)


def first_rows(positions: np.ndarray, limit: int = 5) -> str:
    """Positions for a message, the count of the others at the end; rows are counted from 0."""
    shown = ", ".join(str(int(row)) for row in positions[:limit])
    rest = len(positions) - limit
    more = f" and {rest} more" if rest > 0 else ""
    return f"{'row' if len(positions) == 1 else 'rows'} {shown}{more} (counted from 0)"


def read_named(frame: pd.DataFrame, name: str) -> Column:
    """What the column of this name is."""
    return read_column(cast(pd.Series, frame[name]), name)


def read_column(series: pd.Series, name: str) -> Column:
    """What a column of a frame is: text, bool and categorical columns are factors, numbers numbers."""
    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _read_categorical(series, dtype, name)
    if pd.api.types.is_bool_dtype(dtype):
        return logical(series.to_numpy(dtype=np.float64, na_value=np.nan))
    if pd.api.types.is_complex_dtype(dtype):
        raise DataError(f"column '{name}' holds complex numbers; use its real or imaginary part")
    if pd.api.types.is_numeric_dtype(dtype):
        return number(series.to_numpy(dtype=np.float64, na_value=np.nan))
    if pd.api.types.is_datetime64_any_dtype(dtype) or pd.api.types.is_timedelta64_dtype(dtype):
        raise DataError(
            f"column '{name}' holds dates or times\n"
            f"  For a trend make it a number first: (frame['{name}'] - frame['{name}'].min()).dt.days;\n"
            f"  for a grouping factor make it text: frame['{name}'].astype(str)."
        )
    return _read_objects(series, name)


def _read_categorical(series: pd.Series, dtype: pd.CategoricalDtype, name: str) -> Column:
    codes = series.cat.codes.to_numpy(dtype=np.int64)
    levels = tuple(_level_text(value) for value in dtype.categories.tolist())
    if len(set(levels)) < len(levels):
        text = next(level for place, level in enumerate(levels) if level in levels[:place])
        raise DataError(
            f"column '{name}' has two categories that read the same as text, '{text}'\n"
            f'  If they are one, write frame["{name}"].astype(str); else rename one of them.'
        )
    return Column("factor", codes, levels, (), True, bool(dtype.ordered))


def _level_text(value: object) -> str:
    if isinstance(value, bool | np.bool_):
        return LOGICAL_LEVELS[int(value)]
    if isinstance(value, int | np.integer):
        return str(int(value))
    if isinstance(value, float | np.number):
        return format_number(float(value))
    return str(value)


def _read_objects(series: pd.Series, name: str) -> Column:
    """Text, or Python objects: numbers and truth values with missing ones among them."""
    try:
        codes, found = pd.factorize(series, use_na_sentinel=True)
    except TypeError:
        raise DataError(f"column '{name}' holds lists or other containers; give it one value a row") from None
    values = list(found)
    if all(isinstance(value, str) for value in values):
        return _sorted_factor(codes, values)
    if all(isinstance(value, bool | np.bool_) for value in values):
        table = np.array([*(float(value) for value in values), np.nan])
        return logical(table[codes])
    if all(isinstance(value, int | float | np.number) for value in values):
        try:
            table = np.array([*(float(value) for value in values), np.nan])
        except OverflowError:
            raise DataError(
                f"column '{name}' holds whole numbers of more than 300 digits\n"
                f'  For labels write frame["{name}"].astype(str); a number so large can be no amount.'
            ) from None
        return number(table[codes])
    raise DataError(_of_kinds(name, codes, values))


def _of_kinds(name: str, codes: np.ndarray, values: list[object]) -> str:
    """The message for a column of several kinds, or of one that is none of ours."""
    texts = [place for place, value in enumerate(values) if isinstance(value, str)]
    numbers = [place for place, value in enumerate(values) if isinstance(value, int | float | np.number)]
    if texts and len(texts) + len(numbers) == len(values):
        fewer, rest = (
            (texts, "text among its numbers")
            if len(texts) <= len(numbers)
            else (numbers, "numbers among its text")
        )
        rows = np.flatnonzero(np.isin(codes, fewer))
        shown = values[fewer[0]]
        return (
            f"column '{name}' mixes values: it holds {rest}, {shown!r} in {first_rows(rows)}\n"
            f'  For numbers write pd.to_numeric(frame["{name}"], errors="coerce"), and text is missing;\n'
            f'  for labels frame["{name}"].astype(str).'
        )
    kinds = sorted({type(value).__name__ for value in values})
    if kinds == ["bytes"]:
        return f'column \'{name}\' holds bytes and not text; write frame["{name}"].str.decode("utf-8")'
    what = (
        f"holds values of type {kinds[0]}"
        if len(kinds) == 1
        else f"mixes values of the types {', '.join(kinds)}"
    )
    return (
        f"column '{name}' {what}: a column is text, numbers or truth values\n"
        f'  For labels write frame["{name}"].astype(str).'
    )


def _sorted_factor(codes: np.ndarray, values: list[str]) -> Column:
    order = sorted(range(len(values)), key=values.__getitem__)  # by code point: the same on every machine
    rank = np.full(len(values) + 1, -1, dtype=np.int64)
    rank[order] = np.arange(len(values))
    return Column("factor", rank[codes], tuple(values[place] for place in order))
