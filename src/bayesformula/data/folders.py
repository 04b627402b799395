"""Tables that lie in a folder of Parquet files: the columns that a formula names, of all files in order."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from bayesformula.data.arrow import with_signed_indices
from bayesformula.errors import DataError, MissingDependencyError, listing, nearest

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class _File:
    """One file: where it is, its name within the folder, its schema, columns that its folders name."""

    path: Path
    shown: str
    schema: pa.Schema
    parts: dict[str, str]

    @property
    def columns(self) -> list[str]:
        index = cast("dict[str, Any]", self.schema.pandas_metadata or {}).get("index_columns", [])
        names = [name for name in self.schema.names if name not in index]
        return [*names, *(name for name in self.parts if name not in names)]


def read_folder(folder: Path, wanted: Collection[str] | None) -> tuple[pd.DataFrame, list[str]]:
    """The rows of all Parquet files in a folder and the folders within it, in the order of their names.

    Of folders called `year=2020` the rows have a column `year`.

    Args:
        folder: that has `.parquet` files; those whose names begin with `.` or `_` do not count.
        wanted: columns to read; all of them where None.

    Returns:
        The frame, and the names of all columns that the files have.

    Raises:
        DataError: no files, a column that some of them do not have, or that is of different kinds.
        MissingDependencyError: pyarrow is not installed.
    """
    try:
        import pyarrow.parquet as pq
    except ImportError:
        raise MissingDependencyError(
            'reading .parquet files needs pyarrow: pip install "bayesformula[arrow]"'
        ) from None
    files = [_open(folder, path, pq) for path in _paths(folder)]
    names = list(dict.fromkeys(name for file in files for name in file.columns))
    read = [name for name in names if wanted is None or name in wanted]
    for file in files:
        _check_columns(file, files[0], read)
    types = {name: _common_type(name, files) for name in read}
    tables = [_read(file, [name for name in read if name not in file.parts], pq) for file in files]
    sizes = [table.num_rows for table in tables]
    columns: dict[str, object] = {}
    for name in read:
        if name in files[0].parts:
            columns[name] = _folder_values([file.parts[name] for file in files], sizes)
            continue
        pieces = [table.column(name) for table in tables]
        columns[name] = _joined(name, pieces, types[name], files)
    return pd.DataFrame(columns, index=pd.RangeIndex(sum(sizes))), names


# ---- which files -------------------------------------------------------------------------------------


def _paths(folder: Path) -> list[Path]:
    """The files in order; what begins with `.` or `_` was left there by the program that wrote them."""
    inside = sorted(path for path in folder.rglob("*") if path.is_file())
    seen = [path for path in inside if not _is_hidden(path.relative_to(folder))]
    found = [path for path in seen if path.name.lower().endswith(".parquet")]
    if not found:
        kinds = sorted({path.suffix.lower() for path in seen if path.suffix})
        has = f"; it has files of the kinds {listing(kinds, 5)}" if kinds else ""
        raise DataError(
            f"there is no .parquet file in the folder '{folder}'{has}\n"
            "  Pass a folder of .parquet files with the same columns, or the path of one table."
        )
    return found


def _is_hidden(path: Path) -> bool:
    return any(part.startswith((".", "_")) for part in path.parts)


def _open(folder: Path, path: Path, pq: Any) -> _File:
    inner = path.relative_to(folder)
    pairs = [part.split("=", 1) for part in inner.parts[:-1] if "=" in part]
    try:
        schema = pq.read_schema(path)
    except (OSError, ValueError) as fault:
        raise DataError(f"'{path}' cannot be read as a parquet file: {fault}") from None
    return _File(path, str(inner), schema, {name: value for name, value in pairs})


def _check_columns(file: _File, first: _File, read: Sequence[str]) -> None:
    """Refuse a file without some column that is to be read."""
    missing = [name for name in read if name not in file.columns]
    if missing:
        raise DataError(
            f"the files of the folder have different columns: '{file.shown}' has no {listing(missing)}\n"
            f"  Its columns: {listing(nearest(missing[0], file.columns))}. "
            f"The first file is '{first.shown}'."
        )
    inside = [name for name in read if (name in file.parts) != (name in first.parts)]
    if inside:
        raise DataError(
            f"'{inside[0]}' is the name of a folder of '{file.shown}', or a column within it, and in "
            f"'{first.shown}' the other; give the rows of all files this column in the same way"
        )


def _read(file: _File, columns: Sequence[str], pq: Any) -> pa.Table:
    try:
        return pq.ParquetFile(file.path).read(columns=list(columns), use_pandas_metadata=False)
    except (OSError, ValueError) as fault:
        raise DataError(f"'{file.path}' cannot be read as a parquet file: {fault}") from None


# ---- one column of all files -------------------------------------------------------------------------


def _common_type(name: str, files: Sequence[_File]) -> pa.DataType | None:
    """The type that holds the values of a column in every file; None where a folder names it.

    Whole numbers and fractions are both numbers; a column without any value is of any kind.
    """
    import pyarrow as pa

    if name in files[0].parts:
        return None
    known = files[0].schema.field(name)
    for file in files[1:]:
        field = file.schema.field(name)
        if pa.types.is_dictionary(known.type) and pa.types.is_dictionary(field.type):
            one, other = known.type, field.type
            if one.value_type == other.value_type and one.ordered == other.ordered:
                continue
        try:
            schemas = [pa.schema([pa.field(name, each.type)]) for each in (known, field)]
            known = pa.unify_schemas(schemas, promote_options="permissive").field(name)
        except (pa.ArrowTypeError, pa.ArrowInvalid):
            raise DataError(
                f"column '{name}' is {_kind(known.type)} in '{files[0].shown}' and {_kind(field.type)} in "
                f"'{file.shown}'; write all files with one kind"
            ) from None
    return known.type


def _kind(kind: pa.DataType) -> str:
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        order = "ordered categories" if kind.ordered else "categories"
        return order
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return "text"
    if pa.types.is_boolean(kind):
        return "true or false"
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "numbers"
    return f"of type {kind}"


def _joined(
    name: str, pieces: Sequence[pa.ChunkedArray], kind: pa.DataType | None, files: Sequence[_File]
) -> pd.Series:
    """The values of all files, one after another."""
    import pyarrow as pa

    assert kind is not None, "a column within the files has a type"
    if pa.types.is_dictionary(kind):
        return _categories(
            name, [with_signed_indices(piece).to_pandas() for piece in pieces], bool(kind.ordered), files
        )
    try:
        chunks = [chunk for piece in pieces for chunk in piece.cast(kind).chunks]
    except pa.ArrowInvalid as fault:
        raise DataError(f"column '{name}' does not fit one kind in all files: {fault}") from None
    return pa.chunked_array(chunks, type=kind).to_pandas()


def _categories(name: str, pieces: list[pd.Series], ordered: bool, files: Sequence[_File]) -> pd.Series:
    """Categories of all files with the levels of all, in an order that agrees with that of each file."""
    orders = [piece.cat.categories.tolist() for piece in pieces]
    levels, clash = merged_orders(orders)
    if clash is not None and ordered:
        raise DataError(
            f"the ordered column '{name}' has its levels in another order in '{files[clash].shown}' than in "
            f"the files before it\n  There: {listing(map(str, orders[clash]), 8)}. "
            f"Before: {listing(map(str, merged_orders(orders[:clash])[0]), 8)}."
        )
    codes = [piece.cat.set_categories(levels).cat.codes.to_numpy() for piece in pieces]
    dtype = pd.CategoricalDtype(levels, ordered=ordered)
    return pd.Series(pd.Categorical.from_codes(np.concatenate(codes), dtype=dtype))


def merged_orders(orders: Sequence[Sequence[object]]) -> tuple[list[object], int | None]:
    """All levels in an order that agrees with every list, those of earlier lists first where none speaks.

    Where there is no such order, the levels as they were first met, and the place of the first list that does
    not agree with those before it.

    >>> merged_orders([["lo", "hi"], ["lo", "mid", "hi"]])
    (['lo', 'mid', 'hi'], None)
    >>> merged_orders([["lo", "hi"], ["hi", "lo"]])
    (['lo', 'hi'], 1)
    """
    different = list(dict.fromkeys(map(tuple, orders)))
    merged = _sorted(different)
    if merged is not None:
        return merged, None
    first = next(k for k in range(1, len(different) + 1) if _sorted(different[:k]) is None)
    seen = dict.fromkeys(level for levels in different for level in levels)
    return list(seen), [tuple(levels) for levels in orders].index(different[first - 1])


def _sorted(orders: Sequence[tuple[object, ...]]) -> list[object] | None:
    """The levels in an order that agrees with all of these, or None."""
    levels = list(dict.fromkeys(level for order in orders for level in order))
    place = {level: at for at, level in enumerate(levels)}
    after: list[set[int]] = [set() for _ in levels]
    for order in orders:
        for one, other in pairwise(order):
            after[place[one]].add(place[other])
    waiting = np.zeros(len(levels), dtype=np.int64)
    for others in after:
        waiting[list(others)] += 1
    free = np.flatnonzero(waiting == 0).tolist()
    out: list[object] = []
    while free:
        at = heapq.heappop(free)
        out.append(levels[at])
        for other in after[at]:
            waiting[other] -= 1
            if waiting[other] == 0:
                heapq.heappush(free, other)
    return out if len(out) == len(levels) else None


def _folder_values(values: Sequence[str], sizes: Sequence[int]) -> pd.Series:
    """What the names of folders say of the rows within them: numbers where all are, else text."""
    try:
        numbers = [int(value) for value in values]
    except ValueError:
        return pd.Series(np.repeat(np.array(values, dtype=object), sizes), dtype="str")
    return pd.Series(np.repeat(numbers, sizes))
