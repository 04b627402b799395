"""How much may be joined into one factor: columns, and characters of the names of its levels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bayesformula.errors import DataError, shortened

MAX_JOINED = 100
"""Columns in one `interaction()`, `paste()` or `(1 | a:b)`: each joins names that grow with every step."""

MAX_MEMBERS = 1_000
"""Columns in one `mm()`."""

MAX_CHARACTERS = 100_000_000
"""Of the names of all levels of one factor together."""


def refuse_many(count: int, what: str, most: int = MAX_JOINED) -> None:
    """Refuse more columns in one factor than are joined.

    Raises:
        DataError: with their count.
    """
    if count > most:
        raise DataError(f"{shortened(what)} joins {count:,} columns; at most {most:,} make one factor")


def refuse_long(parts: Sequence[tuple[Sequence[str], np.ndarray]], separator: str, what: str) -> None:
    """Refuse names of combined levels that would fill the memory, before they are made.

    Args:
        parts: for each factor its levels, and which of them each combination has.
        separator: between the names of the parts.
        what: the factor, for the message.

    Raises:
        DataError: with the length of the names.
    """
    total = 0
    for place, (levels, codes) in enumerate(parts):
        lengths = np.fromiter(map(len, levels), dtype=np.int64, count=len(levels))
        total += int(lengths[codes].sum()) + len(separator) * len(codes) * (place > 0)
    if total > MAX_CHARACTERS:
        raise DataError(
            f"the names of the levels of {shortened(what)} would have {total:,} characters together; at most "
            f"{MAX_CHARACTERS:,} are made"
        )
