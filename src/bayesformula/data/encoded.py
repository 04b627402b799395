"""Numbers of all rows that are made when they are asked for, a chunk of rows at a time.

A table of ten million rows and thirty columns of a design would take 2.4 GB; the columns that it is made
of are at hand already. What has at most `CHUNK_ROWS` rows is one chunk, made once and kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

CHUNK_ROWS = 500_000
"""Rows that are made at a time."""

At = slice | np.ndarray
"""Which rows: some in a row, or those at these places."""


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """(n, ...) float64 numbers.

    Attributes:
        n_rows: n.
        make: gives the numbers of some rows.
    """

    n_rows: int
    make: Callable[[At], np.ndarray]

    @property
    def whole(self) -> np.ndarray:
        """Of all rows: made anew at every call where they are many."""
        return self.make(slice(0, self.n_rows))

    def chunks(self) -> Iterator[np.ndarray]:
        """Of all rows, one chunk after another."""
        for rows in row_slices(self.n_rows):
            yield self.make(rows)

    def part(self, at: At) -> Encoded:
        """Of some rows, made now."""
        return held(self.make(at))

    @property
    def are_finite(self) -> bool:
        """Whether no number is infinite or missing."""
        return all(bool(np.all(np.isfinite(chunk))) for chunk in self.chunks())


def row_slices(n_rows: int) -> Iterator[slice]:
    """Chunks of so many rows; one, if an empty one, of none."""
    for start in range(0, max(n_rows, 1), CHUNK_ROWS):
        yield slice(start, min(start + CHUNK_ROWS, n_rows))


def held(values: np.ndarray) -> Encoded:
    """Numbers that are at hand."""
    return Encoded(len(values), lambda at: values[at])


def made(n_rows: int, make: Callable[[At], np.ndarray]) -> Encoded:
    """Numbers that `make` gives; those of one chunk are made once."""
    if n_rows <= CHUNK_ROWS:
        return held(make(slice(0, n_rows)))
    return Encoded(n_rows, make)


def beside(parts: Sequence[Encoded]) -> Encoded:
    """The columns of several, side by side."""
    if len(parts) == 1:
        return parts[0]
    # with the columns first the numbers of each column stay together in memory
    return made(
        parts[0].n_rows,
        lambda at: np.moveaxis(np.concatenate([np.moveaxis(p.make(at), -1, 0) for p in parts]), 0, -1),
    )


def count(at: At, n_rows: int) -> int:
    """How many rows these are."""
    return len(range(*at.indices(n_rows))) if isinstance(at, slice) else len(at)
