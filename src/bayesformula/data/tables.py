"""Reading what the user hands over as data: a frame of some library, a dict of columns, or a path."""

from __future__ import annotations

import io
import sys
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import narwhals as nw
import pandas as pd

from bayesformula.errors import DataError, MissingDependencyError, listing

SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".parquet", ".feather")


@runtime_checkable
class HasToPandas(Protocol):
    """A polars frame, an Arrow table, and their like."""

    def to_pandas(self) -> pd.DataFrame: ...


FrameLike = pd.DataFrame | Mapping[str, object] | HasToPandas | str | Path


def as_frame(data: FrameLike) -> pd.DataFrame:
    """The data as a pandas frame with text column names, each once.

    Args:
        data: a pandas frame, a dict of columns, a polars or Arrow frame, or a path that ends in one of
            .csv, .csv.gz, .tsv, .tsv.gz, .parquet, .feather; `-` reads CSV from standard input.

    Returns:
        A frame; the user's own is never changed.

    Raises:
        DataError: nothing that can be read as a table, or an empty one.
        MissingDependencyError: a file or frame that needs pyarrow.

    >>> as_frame({"y": [1.0, 2.0]}).shape
    (2, 1)
    """
    match data:
        case pd.DataFrame():
            frame = data
        case str() | Path():
            frame = read_table(data)
        case Mapping():
            frame = _from_columns(data)
        case _:
            frame = _from_foreign(data)
    return _checked(frame)


def read_table(path: str | Path) -> pd.DataFrame:
    """The table in a file, by its ending; `-` is standard input."""
    if str(path) == "-":
        return _read_text(io.StringIO(sys.stdin.read().removeprefix("\ufeff")), "standard input", ",")
    file = Path(path).expanduser()
    name = file.name.lower()
    if not name.endswith(SUFFIXES):
        raise DataError(f"cannot tell what kind of table '{file}' is; names may end in {', '.join(SUFFIXES)}")
    if not file.is_file():
        raise DataError(f"there is no file '{file}'")
    if name.endswith((".parquet", ".feather")):
        return _read_arrow(file, name.rsplit(".", 1)[1])
    return _read_text(file, f"'{file}'", "\t" if ".tsv" in name else ",")


def _read_text(source: Path | io.StringIO, shown: str, separator: str) -> pd.DataFrame:
    try:
        # pandas renames a second `x` to `x.1`; the header is read by itself to refuse it instead
        head = pd.read_csv(source, sep=separator, encoding="utf-8-sig", header=None, nrows=1, dtype=str)
        _refuse_duplicates([str(name) for name in head.iloc[0] if isinstance(name, str)])
        if isinstance(source, io.StringIO):
            source.seek(0)
        return pd.read_csv(source, sep=separator, encoding="utf-8-sig", low_memory=False)
    except pd.errors.EmptyDataError:
        raise DataError(f"{shown} is empty") from None
    except UnicodeDecodeError as fault:
        raise DataError(f"{shown} is not UTF-8 text (byte {fault.start}); save it as UTF-8") from None
    except (pd.errors.ParserError, OSError, EOFError, zlib.error) as fault:
        raise DataError(f"{shown} cannot be read as a table: {fault}") from None


def _read_arrow(file: Path, kind: str) -> pd.DataFrame:
    try:
        return pd.read_parquet(file) if kind == "parquet" else pd.read_feather(file)
    except ImportError:
        raise MissingDependencyError(
            f'reading .{kind} files needs pyarrow: pip install "bayesformula[arrow]"'
        ) from None
    except (OSError, ValueError) as fault:
        raise DataError(f"'{file}' cannot be read as a {kind} file: {fault}") from None


def _from_columns(columns: Mapping[str, object]) -> pd.DataFrame:
    try:
        return pd.DataFrame(dict(columns))
    except (ValueError, TypeError) as fault:
        raise DataError(f"the dict of columns does not make a table: {fault}") from None


def _from_foreign(data: object) -> pd.DataFrame:
    """Frames of other libraries; column by column where their own way would need pyarrow."""
    native = nw.from_native(data, eager_only=True, pass_through=True)
    if isinstance(native, nw.DataFrame):
        return _from_narwhals(native)
    if not isinstance(data, HasToPandas):
        raise DataError(
            f"data of type {type(data).__name__} are not a table: pass a pandas, polars or Arrow frame, "
            "a dict of columns, or a path"
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
    except ImportError:  # polars goes through pyarrow; its columns as lists need nothing
        return pd.DataFrame({name: native[name].to_list() for name in native.columns})


def _checked(frame: pd.DataFrame) -> pd.DataFrame:
    if isinstance(frame.columns, pd.MultiIndex):
        raise DataError("the columns of the data have several header rows; give each column one name")
    if not all(isinstance(name, str) for name in frame.columns):
        frame = frame.set_axis([str(name) for name in frame.columns], axis=1)
    _refuse_duplicates(frame.columns.tolist())
    if len(frame.columns) == 0:
        raise DataError("the data are empty: there are no columns")
    if len(frame) == 0:
        raise DataError("the data are empty: there are columns but 0 rows")
    return frame


def _refuse_duplicates(names: list[str]) -> None:
    seen: set[str] = set()
    twice = [name for name in names if name in seen or seen.add(name)]  # type: ignore[func-returns-value]
    if twice:
        raise DataError(
            f"two columns have the same name: {listing(dict.fromkeys(twice))}; rename one of them"
        )
