"""The rows that were fitted, in a file: columns as plain arrays, their names and types as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


def rows_of(frame: pd.DataFrame) -> Any:
    """The used columns, numbered; their names and types as JSON."""
    import pandas as pd
    import xarray as xr

    kinds: list[dict[str, Any]] = []
    variables: dict[str, Any] = {}
    for i, column in enumerate(frame.columns):
        values = _plain(frame[column])
        kind: dict[str, Any] = {"name": str(column), "dtype": str(values.dtype)}
        if isinstance(values.dtype, pd.CategoricalDtype):
            kind |= {"dtype": "category", "ordered": bool(values.dtype.ordered)}
            kind["categories"] = [_scalar(c) for c in values.dtype.categories]
            array = values.cat.codes.to_numpy(np.int32)
        elif pd.api.types.is_bool_dtype(values.dtype):
            kind["dtype"] = "bool"
            array = values.to_numpy(np.int8)
        elif pd.api.types.is_integer_dtype(values.dtype):
            kind["dtype"] = "int64"
            array = values.to_numpy(np.int64)
        elif pd.api.types.is_numeric_dtype(values.dtype):
            kind["dtype"] = "float64"
            array = values.to_numpy(np.float64)
        else:
            kind["dtype"] = "text"
            array = values.astype(str).to_numpy(object)
        variables[f"column_{i}"] = (("row",), array)
        kinds.append(kind)
    variables["columns"] = ((), json.dumps(kinds))
    return xr.Dataset(variables)


def _plain(values: Any) -> Any:
    """Python objects that are all truth values or all numbers as such, the way the schema reads them."""
    if values.dtype != object:
        return values
    if all(isinstance(value, bool | np.bool_) for value in values):
        return values.astype(bool)
    if all(isinstance(value, int | float | np.number) for value in values):
        return values.astype(np.float64)
    return values


def _scalar(value: Any) -> Any:
    """A category as JSON: text, number or truth value; an interval or a date as the text of its level."""
    plain = value.item() if isinstance(value, np.generic) else value
    return plain if isinstance(plain, bool | int | float | str) else str(plain)


def frame_of(rows: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """The frame that `rows_of` saved.

    Raises:
        ValueError: the rows of no frame.
    """
    import pandas as pd

    columns: dict[str, Any] = {}
    for i, kind in enumerate(json.loads(str(rows["columns"][()]))):
        values, name = rows[f"column_{i}"], kind["name"]
        if not isinstance(name, str) or name in columns or values.ndim != 1:
            raise ValueError(f"column {i} of its rows is none")
        match kind["dtype"]:
            case "category":
                columns[name] = pd.Categorical.from_codes(values, kind["categories"], bool(kind["ordered"]))
            case "bool":
                columns[name] = values.astype(bool)
            case "text":
                columns[name] = values.astype(str).astype(object)
            case _:
                columns[name] = values
    return pd.DataFrame(columns)
