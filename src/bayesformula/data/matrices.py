"""Named matrices passed beside the data: how the levels of a grouping factor are related."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd

from bayesformula.data.columns import format_number, level_texts
from bayesformula.data.tables import HasToPandas, as_frame, read_table
from bayesformula.errors import DataError, OptionError, listing

Matrices = Mapping[str, object]
"""What the user passed as `data2`, by the names that the formula uses."""

SYMMETRY = 1e-8
"""Largest difference between a matrix and its transpose, as a part of its largest entry."""


@dataclass(frozen=True, slots=True)
class NamedMatrix:
    """A square matrix whose rows and columns have the same names; `values` is (m, m)."""

    names: tuple[str, ...]
    values: np.ndarray


def check_matrices(data2: object) -> Matrices:
    """The matrices by name; refuses what is no dict.

    Raises:
        OptionError: not a dict with names as keys.
    """
    if data2 is None:
        return {}
    if isinstance(data2, Mapping):
        strange = [name for name in cast("Mapping[object, object]", data2) if not isinstance(name, str)]
        if strange:
            raise OptionError(
                f"data2: the name of a matrix must be text, as in the formula, and not {strange[0]!r}: "
                'write data2={"A": matrix} for gr(g, cov = A)'
            )
    else:
        raise OptionError(
            f"data2 must be a dict of matrices by name, not {type(data2).__name__}: "
            'write data2={"A": matrix} for gr(g, cov = A)'
        )
    return cast("Matrices", data2)


def read_matrix(name: str, value: object) -> NamedMatrix:
    """A matrix with names: a frame whose index and columns are names of levels.

    A frame of another library or the path of a table, its names in the first column, and a dict of dicts
    will do too.

    Raises:
        DataError: no names, not square, not numbers, or not symmetric.
    """
    frame = _with_names(_as_table(name, value))
    rows, columns = _names(frame)
    _check_names(name, rows, columns)
    places = {column: place for place, column in enumerate(columns)}
    values = _numbers(name, frame)[:, [places[row] for row in rows]]
    if not np.all(np.isfinite(values)):
        raise DataError(f"data2['{name}'] holds missing or infinite values")
    gap = np.abs(values - values.T)
    if np.any(gap > SYMMETRY * max(float(np.max(np.abs(values))), 1e-300)):
        i, j = np.unravel_index(int(np.argmax(gap)), gap.shape)
        raise DataError(
            f"data2['{name}'] is not symmetric: the entry of '{rows[i]}' and '{rows[j]}' is {values[i, j]:g} "
            f"one way and {values[j, i]:g} the other"
        )
    return NamedMatrix(rows, 0.5 * (values + values.T))


def _as_table(name: str, value: object) -> pd.DataFrame:
    if isinstance(value, str | Path):
        return read_table(value)
    if isinstance(value, pd.DataFrame):
        return value
    if isinstance(value, Mapping):
        try:
            return pd.DataFrame(dict(cast("Mapping[str, object]", value)))
        except (TypeError, ValueError) as fault:
            raise DataError(f"data2['{name}'] is a dict that does not make a table: {fault}") from None
    if isinstance(value, HasToPandas):
        return as_frame(value)
    raise DataError(
        f"data2['{name}'] must be a pandas frame whose index and columns are the names of the levels, "
        f"not {type(value).__name__}: write pd.DataFrame(matrix, index=levels, columns=levels)"
    )


def _with_names(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with its names as its index, should they stand in the first column."""
    is_counted = isinstance(frame.index, pd.RangeIndex)
    if is_counted and frame.shape[1] == frame.shape[0] + 1:
        return frame.set_index(frame.columns[0])
    return frame


def _names(frame: pd.DataFrame) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of rows and columns as levels are read: 3 and 3.0 are `3`, a truth value is `TRUE`.

    In a file the names of columns are text, `01`, where those of rows were read as numbers, 1.
    """
    rows, columns = level_texts(frame.index.tolist()), level_texts(frame.columns.tolist())
    if set(rows) != set(columns) and pd.api.types.is_numeric_dtype(frame.index.dtype):
        with contextlib.suppress(ValueError):
            columns = tuple(format_number(float(column)) for column in columns)
    return rows, columns


def _numbers(name: str, frame: pd.DataFrame) -> np.ndarray:
    if any(pd.api.types.is_complex_dtype(dtype) for dtype in frame.dtypes):
        raise DataError(f"data2['{name}'] holds complex numbers")
    try:
        return frame.to_numpy(dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError(f"data2['{name}'] holds values that are not numbers") from None


def _check_names(name: str, rows: tuple[str, ...], columns: tuple[str, ...]) -> None:
    if not rows:
        raise DataError(f"data2['{name}'] is empty")
    if len(rows) != len(columns):
        raise DataError(f"data2['{name}'] has {len(rows)} rows and {len(columns)} columns: it must be square")
    if len(set(rows)) < len(rows):
        twice = [row for row, count in Counter(rows).items() if count > 1]
        raise DataError(f"data2['{name}'] names {listing(twice, 5)} twice")
    known = set(columns)
    if set(rows) != known:
        strange = [row for row in rows if row not in known]
        raise DataError(
            f"data2['{name}']: its rows and columns must have the same names; no column is called "
            f"{listing(strange, 5)}"
        )


def align(matrix: NamedMatrix, name: str, label: str, levels: Sequence[str]) -> np.ndarray:
    """(J, J) the matrix of these levels, in their order.

    Raises:
        DataError: a level is not in the matrix, or the matrix is not positive definite.
    """
    places = {level: place for place, level in enumerate(matrix.names)}
    missing = [level for level in levels if level not in places]
    if missing:
        raise DataError(
            f"data2['{name}'] has no row for {len(missing)} of the {len(levels)} levels of '{label}': "
            f"{listing(missing, 5)}\n  Its names: {listing(matrix.names, 5)}."
        )
    at = [places[level] for level in levels]
    values = matrix.values[np.ix_(at, at)]
    if not _is_positive_definite(values):
        smallest = float(np.linalg.eigvalsh(values)[0])
        raise DataError(
            f"data2['{name}'] is not positive definite: its smallest eigenvalue is {smallest:.3g}\n"
            "  Two levels may have the same row; else add a little to the diagonal, as A + 1e-6 * identity."
        )
    return values


def _is_positive_definite(values: np.ndarray) -> bool:
    """By its Cholesky factor, whose pivots are no smaller than the eigenvalues and cost a tenth of them."""
    try:
        pivots = np.diagonal(np.linalg.cholesky(values)) ** 2
    except np.linalg.LinAlgError:
        return False
    return bool(np.min(pivots) > 1e-12 * np.max(np.abs(values)))
