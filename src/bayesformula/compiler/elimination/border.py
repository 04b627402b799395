"""The border of a chain factor: its cross-products with what is not in the chain.

Rows of the border belong to the levels of the chain factor, columns to the groups crossed with it, the
population coefficients and the response. Two forms give the same numbers. `DenseBorder` holds every column
of every level; where few levels of a crossed factor meet each level, as in 73,421 ratings of 1,128 lecturers
by 2,972 students, `SparseBorder` holds those columns as a list of the cells that are not empty.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from bayesformula.compiler import small
from bayesformula.compiler.elimination.cells import Cells
from bayesformula.compiler.leaves import Leaf
from bayesformula.compiler.small import Matrix


class DenseBorder(NamedTuple):
    """All columns of all levels: q arrays (d, J)."""

    rows: tuple[Array, ...]

    def mixed(self, k: Matrix) -> DenseBorder:
        """Each level's rows multiplied with its own matrix."""
        return DenseBorder(tuple(small.mix(k, list(self.rows))))

    def out_of(self, corner: Array) -> Array:
        """`corner` less the products of all columns."""
        return corner - small.gram(list(self.rows))

    def less(self, link: Matrix, parent: Array, inner: Border, _: int) -> DenseBorder:
        """This border once the levels inside are eliminated: less link' inner, summed by parent."""
        assert isinstance(inner, DenseBorder)
        change = small.mix(small.transposed(link), list(inner.rows))
        return DenseBorder(
            tuple(r - sum_into(parent, r.shape[-1], c) for r, c in zip(self.rows, change, strict=True))
        )

    def times(self, x: Array) -> list[Array]:
        """Each level's rows applied to the border's coefficients (d,)."""
        return [x @ row for row in self.rows]


class SparseBorder(NamedTuple):
    """The columns of crossed groups cell by cell, q arrays (E,); the last t ones whole, q arrays (t, J)."""

    cells: Cells
    values: tuple[Array, ...]
    narrow: tuple[Array, ...]

    def mixed(self, k: Matrix) -> SparseBorder:
        """Each level's rows multiplied with its own matrix."""
        at = [[_take(entry, self.cells.level) for entry in row] for row in k]
        values = tuple(small.dot(row, self.values) for row in at)
        return self._replace(values=values, narrow=tuple(small.mix(k, list(self.narrow))))

    def out_of(self, corner: Array) -> Array:
        """`corner` less the products of all columns: those of two cells of a level, pair by pair."""
        cells, d = self.cells, corner.shape[0]
        t = self.narrow[0].shape[0]
        pairs = small.dot(
            [_take(v, cells.first) for v in self.values], [_take(v, cells.second) for v in self.values]
        )
        beside = [v * _take(n, cells.level) for v, n in zip(self.values, self.narrow, strict=True)]
        across = sum_into(cells.column, d - t, sum(beside[1:], beside[0]))
        own = jnp.tril(small.gram(list(self.narrow)))
        lower = _add(jnp.zeros(d * d, pairs.dtype), cells.place, pairs).reshape(d, d)
        lower = lower.at[d - t :].set(jnp.concatenate([across, own], axis=1))
        return corner - lower - jnp.tril(lower, -1).T

    def less(self, link: Matrix, parent: Array, inner: Border, i: int) -> SparseBorder:
        """As of a dense border; `i` is this factor's place among those outside of `inner`."""
        assert isinstance(inner, SparseBorder)
        by_outer = small.transposed(link)
        at = [[_take(entry, inner.cells.level) for entry in row] for row in by_outer]
        values = [
            _add(v, inner.cells.up[i], -small.dot(row, inner.values))
            for v, row in zip(self.values, at, strict=True)
        ]
        change = small.mix(by_outer, list(inner.narrow))
        narrow = [n - sum_into(parent, n.shape[-1], c) for n, c in zip(self.narrow, change, strict=True)]
        return self._replace(values=tuple(values), narrow=tuple(narrow))

    def times(self, x: Array) -> list[Array]:
        """Each level's rows applied to the border's coefficients (d,)."""
        t, size = self.narrow[0].shape
        wide = _take(x, self.cells.column)
        return [
            x[x.shape[0] - t :] @ n + sum_into(self.cells.level, size, v * wide)
            for v, n in zip(self.values, self.narrow, strict=True)
        ]


Border = DenseBorder | SparseBorder


def sum_into(parent: Array | Leaf, size: int, values: Array) -> Array:
    """(..., size): the last axis summed by the level of an outer factor."""
    if values.ndim == 1:
        return jax.ops.segment_sum(values, parent, size, mode="promise_in_bounds")
    return jax.vmap(lambda row: sum_into(parent, size, row))(values)


def _take(values: Array, index: Leaf) -> Array:
    """Entries of the last axis; the indices are our own, and legal."""
    return values.at[..., index].get(mode="promise_in_bounds", wrap_negative_indices=False)


def _add(values: Array, index: Leaf, change: Array) -> Array:
    return values.at[index].add(change, mode="promise_in_bounds", wrap_negative_indices=False)
