"""Calls of the user's own functions, given by `transforms=`: nothing they do wrong goes unnamed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from bayesformula.data.columns import Column, number, read_column
from bayesformula.data.names import Names
from bayesformula.errors import BayesFormulaError, DataError
from bayesformula.syntax.ast import Call, Expression


def call_own(
    names: Names,
    call: Call,
    key: str,
    n: int,
    evaluate: Callable[[Expression], Column],
    constant: Callable[[Expression], object],
) -> Column:
    """The column that a function of the user's gives.

    Arguments by place are arrays, of numbers or of text for a factor; named ones are constants. The
    function gives one value a row, or one for all, or a matrix or frame with a row for each row; text
    becomes a factor. It is called again on new data and remembers nothing: what must be learnt from the
    training rows (a mean, knots) it must get as a constant, or from a transform of the table.

    Raises:
        DataError: the function raises, or gives no column.
    """
    values = [_plain(evaluate(argument.value)) for argument in call.arguments if not argument.name]
    options = {argument.name: constant(argument.value) for argument in call.arguments if argument.name}
    try:
        result = names.transforms[call.function](*values, **options)
    except BayesFormulaError:
        raise
    except Exception as fault:
        said = f": {fault}" if str(fault) else ""
        raise names.data_error(
            f"your function '{call.function}' raised {type(fault).__name__}{said}",
            call.span,
            "It got one array for each argument by place, and constants by name.",
        ) from fault
    try:
        column = _read(result, key)
    except (BayesFormulaError, ValueError, TypeError) as fault:
        raise names.data_error(
            f"what your function '{call.function}' gave cannot be a column: {fault}",
            call.span,
            "It must give one value for each row, one number, or a row of numbers for each row.",
        ) from fault
    if not column.is_scalar and len(column.values) != n:
        raise names.data_error(f"{key} gave {len(column.values)} values for {n} rows", call.span)
    return column


def _plain(column: Column) -> object:
    """An argument for a function of the user's: numbers, or text for a factor."""
    if column.kind != "factor":
        return column.values.astype(bool) if _is_truth(column) else column.values.copy()
    values = np.array([*column.levels, None], dtype=object)[column.values]
    return values


def _is_truth(column: Column) -> bool:
    return column.kind == "logical" and not bool(np.isnan(column.values).any())


def _read(result: object, key: str) -> Column:
    if result is None:
        raise DataError("it gave nothing")
    if isinstance(result, pd.DataFrame):
        names = tuple(str(name) for name in result.columns)
        if len(set(names)) < len(names):
            raise DataError("two columns of the frame have one name")
        return _matrix(result.to_numpy(dtype=np.float64, na_value=np.nan), names)
    if isinstance(result, pd.Series):
        return read_column(result.reset_index(drop=True), key)
    if isinstance(result, pd.Categorical):
        return read_column(pd.Series(result), key)
    values = np.asarray(result)
    if values.ndim == 1:
        return read_column(pd.Series(values), key)
    if values.dtype.kind not in "biuf":
        raise DataError(f"it gave {values.dtype.name} values, which are not numbers")
    return number(values) if values.ndim == 0 else _matrix(values.astype(np.float64), ())


def _matrix(values: np.ndarray, names: tuple[str, ...]) -> Column:
    if values.ndim > 2 or values.shape[-1] == 0:
        raise DataError(f"it gave an array of shape {values.shape}")
    return Column("numeric", values, names=names)
