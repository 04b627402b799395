"""Rows a chunk at a time: what a program that never reads them is assembled from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bayesformula.compiler.inputs import Rows

At = slice | np.ndarray
"""Which rows: some in a row, or those at these places."""


@dataclass(frozen=True)
class RowSource:
    """All rows of a table, made when they are asked for.

    Attributes:
        n_rows: how many there are.
        size: of a chunk.
        take: the rows at some places.
        ignores_weights: rows of weight 0 count like others in means and scales, as none has any weight.
    """

    n_rows: int
    size: int
    take: Callable[[At], Rows]
    ignores_weights: bool = False

    @cached_property
    def whole(self) -> Rows:
        """All rows, for programs that read them at every step: row by row in memory, as these want them."""
        rows = self.take(slice(0, self.n_rows))
        return rows._replace(
            predictors=tuple(
                part._replace(
                    x=np.ascontiguousarray(part.x),
                    specific=None if part.specific is None else np.ascontiguousarray(part.specific),
                )
                for part in rows.predictors
            ),
            groups=tuple(group._replace(z=np.ascontiguousarray(group.z)) for group in rows.groups),
        )

    def chunks(self) -> Iterator[Rows]:
        """All rows, one chunk after another, column by column in memory."""
        for start in range(0, self.n_rows, self.size):
            yield self.take(slice(start, min(start + self.size, self.n_rows)))

    def sample(self, most: int) -> Rows:
        """All rows, or so many of them at places that are random and the same at every call."""
        if self.n_rows <= most:
            return self.whole
        places = np.random.default_rng(0).choice(self.n_rows, most, replace=False)
        return self.take(np.sort(places))

    def used(self, rows: Rows) -> np.ndarray:
        """(rows,) which of some rows count in means and scales."""
        if rows.weights is None or self.ignores_weights:
            return np.ones(len(rows.y), bool)
        return np.asarray(rows.weights) > 0
