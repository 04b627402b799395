"""Reading what the user hands over as data: a frame of some library, a dict of columns, or a path."""

from __future__ import annotations

import datetime
import os
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol, cast, runtime_checkable

import narwhals as nw
import numpy as np
import pandas as pd

from bayesformula.data.arrow import frame_of
from bayesformula.data.folders import read_folder
from bayesformula.data.text_files import read_text, refuse_duplicates
from bayesformula.errors import DataError, MissingDependencyError, shortened

SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".parquet", ".feather")

READERS: Mapping[str, str] = {
    ".xlsx": "pd.read_excel(path)",
    ".xls": "pd.read_excel(path)",
    ".ods": "pd.read_excel(path)",
    ".txt": 'pd.read_csv(path, sep="\\t")',
    ".dat": 'pd.read_csv(path, sep=r"\\s+")',
    ".json": "pd.read_json(path)",
    ".dta": "pd.read_stata(path)",
    ".sav": "pd.read_spss(path)",
    ".sas7bdat": "pd.read_sas(path)",
    ".pkl": "pd.read_pickle(path)",
    ".rds": "a file that write.csv() made in R",
    ".rdata": "a file that write.csv() made in R",
    ".rda": "a file that write.csv() made in R",
}
"""What to pass instead of the path of a table of another kind."""


@runtime_checkable
class HasToPandas(Protocol):
    """A polars frame, an Arrow table, and their like."""

    def to_pandas(self) -> pd.DataFrame: ...


R_MISSING = -(2**31)
"""What R's missing integer is to reticulate."""

FrameLike = pd.DataFrame | Mapping[str, object] | HasToPandas | str | Path


@dataclass(frozen=True, slots=True)
class Table:
    """What was read of the user's data: a frame, and the names of all columns that there are."""

    frame: pd.DataFrame
    columns: list[str]


def as_table(data: FrameLike, wanted: Collection[str] | None = None) -> Table:
    """The data, of Parquet and Feather files only the columns that are wanted.

    Args:
        data: as for `as_frame`.
        wanted: names that the formula has, some of which may be columns; None for all columns.
    """
    match data:
        case pd.DataFrame():
            frame = _with_missing_of_r(data)
        case str() | Path():
            frame, columns = read_columns(data, wanted)
            return Table(_without_objects(_checked(frame, columns)), columns)
        case Mapping():
            frame = _from_columns(data)
        case _:
            frame = _from_foreign(data)
    frame = _without_objects(_checked(frame, frame.columns))
    return Table(frame, frame.columns.tolist())


def as_frame(data: FrameLike) -> pd.DataFrame:
    """The data as a pandas frame with text column names, each once.

    Args:
        data: a pandas frame, a dict of columns, a polars or Arrow frame, or a path that ends in one of
            .csv, .csv.gz, .tsv, .tsv.gz, .parquet, .feather; `-` reads CSV from standard input. A folder
            stands for the .parquet files in it.

    Returns:
        A frame; the user's own is never changed. Decimal numbers become floats.

    Raises:
        DataError: nothing that can be read as a table, or an empty one.
        MissingDependencyError: a file or frame that needs pyarrow.

    >>> as_frame({"y": [1.0, 2.0]}).shape
    (2, 1)
    """
    return as_table(data).frame


def read_table(path: str | Path) -> pd.DataFrame:
    """The table in a file, by its ending, or in a folder; `-` is standard input."""
    return read_columns(path, None)[0]


def read_columns(path: str | Path, wanted: Collection[str] | None) -> tuple[pd.DataFrame, list[str]]:
    """Those columns of a table that are wanted, and the names of all; text is read whole."""
    if str(path) == "-":
        return read_text(_standard_input(), "standard input", ",", wanted)
    if not str(path).strip() or "\0" in str(path):
        raise DataError(f"{str(path)!r} is not the path of a table; write for example 'data.csv'")
    file = Path(os.path.expanduser(path))
    try:
        if file.is_dir():
            return read_folder(file, wanted)
        is_there = file.is_file()
    except OSError as error:  # a name that is too long
        raise DataError(f"{shortened(str(path))!r} cannot be read: {error.strerror}") from None
    name = file.name.lower()
    if not name.endswith(SUFFIXES):
        other = READERS.get(file.suffix.lower())
        hint = f"\n  Pass {other} instead." if other else ""
        raise DataError(
            f"cannot tell what kind of table '{path}' is; names may end in {', '.join(SUFFIXES)}{hint}"
        )
    if not is_there:
        raise DataError(f"there is no file '{file}'")
    if name.endswith((".parquet", ".feather")):
        return _read_arrow(file, name.rsplit(".", 1)[1], wanted)
    return read_text(file, f"'{file}'", "\t" if ".tsv" in name else ",", wanted)


def _standard_input() -> bytes:
    """All of it, whatever encoding the terminal has."""
    buffer = getattr(sys.stdin, "buffer", None)
    return buffer.read() if buffer is not None else sys.stdin.read().encode()


def _read_arrow(file: Path, kind: str, wanted: Collection[str] | None) -> tuple[pd.DataFrame, list[str]]:
    """Only what is wanted is read from the file."""
    try:
        names = _arrow_names(file, kind)
        read = [name for name in names if wanted is None or name in wanted]
        if read == names:
            read = None
        frame = _arrow_frame(file, kind, read)
        return frame, names if read is not None else frame.columns.tolist()
    except ImportError:
        raise MissingDependencyError(
            f'reading .{kind} files needs pyarrow: pip install "bayesformula[arrow]"'
        ) from None
    except (OSError, ValueError) as fault:
        raise DataError(f"'{file}' cannot be read as a {kind} file: {fault}") from None


def _arrow_frame(file: Path, kind: str, read: list[str] | None) -> pd.DataFrame:
    try:
        return (
            pd.read_parquet(file, columns=read) if kind == "parquet" else pd.read_feather(file, columns=read)
        )
    except TypeError:  # categories that pyarrow cannot hand over
        from pyarrow import feather, parquet

        reader = parquet.read_table if kind == "parquet" else feather.read_table
        return frame_of(reader(file, columns=read))


def _arrow_names(file: Path, kind: str) -> list[str]:
    """Names of the columns, what pandas saved as the index left out."""
    if kind == "parquet":
        from pyarrow.parquet import read_schema

        schema = read_schema(file)
    else:
        from pyarrow import ipc

        with ipc.open_file(file) as reader:
            schema = reader.schema
    index = cast("dict[str, Any]", schema.pandas_metadata or {}).get("index_columns", [])
    return [name for name in schema.names if name not in index]


def _from_columns(columns: Mapping[str, object]) -> pd.DataFrame:
    """Columns side by side, by position: pandas would align series by their indexes and fill the gaps."""
    series = {name: column for name, column in columns.items() if isinstance(column, pd.Series)}
    for name, column in list(series.items())[1:]:
        first = next(iter(series))
        if not column.index.equals(series[first].index):
            raise DataError(
                f"the columns '{first}' and '{name}' are series with different indexes, and it is not said "
                "which rows belong together; pass .to_numpy() of each, or one frame"
            )
    if columns and all(isinstance(column, int | float | str) for column in columns.values()):
        name = next(iter(columns))
        raise DataError(f"the dict has single values where columns belong; write {{'{name}': [...]}}")
    try:
        return pd.DataFrame(dict(columns))
    except (ValueError, TypeError) as fault:
        raise DataError(f"the dict of columns does not make a table: {fault}") from None


def _from_foreign(data: object) -> pd.DataFrame:
    """Frames of other libraries; column by column where their own way would need pyarrow."""
    native = nw.from_native(data, pass_through=True, allow_series=True)
    if isinstance(native, nw.LazyFrame):
        raise DataError("the data are a lazy frame, nothing of it computed yet; pass data.collect()")
    if isinstance(native, nw.DataFrame):
        return _from_narwhals(native)
    if isinstance(native, nw.Series) or not isinstance(data, HasToPandas):
        hint = "; pd.DataFrame(data) may make it one" if isinstance(data, list | np.ndarray) else ""
        raise DataError(
            f"data of type {type(data).__name__} are not a table: pass a pandas, polars or Arrow frame, "
            f"a dict of columns, or a path{hint}"
        )
    try:
        return data.to_pandas()
    except ImportError:
        raise MissingDependencyError(
            'this kind of frame needs pyarrow: pip install "bayesformula[arrow]"'
        ) from None


def _from_narwhals(native: nw.DataFrame[Any]) -> pd.DataFrame:
    try:
        return native.to_pandas()
    except TypeError:  # categories that pyarrow cannot hand over
        return frame_of(native.to_arrow())
    except ImportError:  # of pyarrow, which polars goes through
        return pd.DataFrame({name: _without_pyarrow(native[name]) for name in native.columns})


def _without_pyarrow(column: nw.Series[Any]) -> list[object] | pd.Categorical:
    """The values; of polars' categories with their levels, in the order in which pyarrow hands them over.

    narwhals 1.17 does not know the levels of an `Enum`, its later versions only by another name: polars does.
    """
    values = column.to_list()
    if column.dtype == nw.Enum:
        return pd.Categorical(values, categories=list(column.to_native().dtype.categories), ordered=True)
    if column.dtype == nw.Categorical:
        return pd.Categorical(values, categories=[one for one in dict.fromkeys(values) if one is not None])
    return values


def _with_missing_of_r(frame: pd.DataFrame) -> pd.DataFrame:
    """R's missing integers as missing: reticulate hands them over as the least number of 32 bits."""
    out = frame
    for place, kind in enumerate(frame.dtypes):
        if kind in (np.dtype(np.int32), np.dtype(np.int64)) and len(frame):
            column = frame.iloc[:, place]
            if int(column.to_numpy().min()) == R_MISSING:
                out = frame.copy(deep=False) if out is frame else out
                out.isetitem(place, column.where(column != R_MISSING))
    return out


def _without_objects(frame: pd.DataFrame) -> pd.DataFrame:
    """Decimal numbers as floats, and dates as the dates of pandas, where a column holds Python's own."""
    changed: dict[str, pd.Series] = {}
    for name in frame.columns[frame.dtypes == np.dtype(object)].tolist():
        column = cast(pd.Series, frame[name])
        present = column.notna().to_numpy()
        value = column.iloc[int(np.argmax(present))] if present.any() else None
        try:
            if isinstance(value, Decimal):
                changed[name] = column.astype(np.float64)
            elif isinstance(value, datetime.date):
                changed[name] = pd.to_datetime(column)
        except (TypeError, ValueError, ArithmeticError):
            continue  # of several kinds: what reads the column says so, should the formula use it
    return frame.assign(**changed) if changed else frame


def _checked(frame: pd.DataFrame, names: Collection[Any]) -> pd.DataFrame:
    """The frame with text column names; `names` are those of all columns, read or not."""
    if isinstance(frame.columns, pd.MultiIndex):
        raise DataError("the columns of the data have several header rows; give each column one name")
    if not all(isinstance(name, str) for name in frame.columns):
        frame = frame.set_axis([str(name) for name in frame.columns], axis=1)
    refuse_duplicates(frame.columns.tolist())
    if len(names) == 0:
        raise DataError("the data are empty: there are no columns")
    if len(frame) == 0 and len(frame.columns):  # of which none may be wanted: the formula then says why
        raise DataError("the data are empty: there are columns but 0 rows")
    return frame
