"""Categories that pyarrow below 23 cannot hand to pandas: of unsigned indices, as polars 1.0 writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    import pyarrow as pa


def with_signed_indices(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The same categories, their levels in the same order, by signed indices; another column as it is."""
    import pyarrow as pa

    kind = column.type
    if not (pa.types.is_dictionary(kind) and pa.types.is_unsigned_integer(kind.index_type)):
        return column
    return column.cast(pa.dictionary(pa.int64(), kind.value_type, kind.ordered))


def frame_of(table: pa.Table) -> pd.DataFrame:
    """The frame of a table, categories with their levels."""
    for at, name in enumerate(table.column_names):
        table = table.set_column(at, name, with_signed_indices(table.column(at)))
    return table.to_pandas()
