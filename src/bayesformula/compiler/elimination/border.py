"""The border of a chain factor: its cross-products with what is not in the chain.

Rows of the border belong to the levels of the chain factor, columns to the groups crossed with it, the
population coefficients and the response. Two forms give the same numbers. `DenseBorder` holds every column
of every level; where few levels of a crossed factor meet each level, as in 73,421 ratings of 1,128 lecturers
by 2,972 students, `SparseBorder` holds those columns as a list of the cells that are not empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

from bayesformula.compiler.elimination.blocks import Blocks
from bayesformula.compiler.elimination.cells import Cells, Pairs
from bayesformula.compiler.elimination.corner import Corner, blocks
from bayesformula.compiler.elimination.levels import dot, gram, sum_into, take
from bayesformula.compiler.leaves import Leaf


class DenseBorder(NamedTuple):
    """All columns of all levels: q arrays (d, J)."""

    rows: tuple[Array, ...]

    def mixed(self, k: Blocks) -> DenseBorder:
        """Each level's rows multiplied with its own matrix."""
        return DenseBorder(tuple(k.mix(list(self.rows))))

    def out_of(self, corner: Corner) -> Corner:
        """`corner` less the products of all columns."""
        taken = blocks(gram(list(self.rows)), corner.own.shape[0])
        return Corner(*(have - less for have, less in zip(corner, taken, strict=True)))

    def less(self, link: Blocks, parent: Array, inner: Border, _: int) -> DenseBorder:
        """This border once the levels inside are eliminated: less link' inner, summed by parent."""
        assert isinstance(inner, DenseBorder)
        change = link.transposed().mix(list(inner.rows))
        return DenseBorder(
            tuple(r - sum_into(parent, r.shape[-1], c) for r, c in zip(self.rows, change, strict=True))
        )

    def times(self, x: Array) -> list[Array]:
        """Each level's rows applied to the border's coefficients (d,)."""
        return [x @ row for row in self.rows]

    def pull(self, u: Sequence[Array], _: int) -> Array:
        """(d,) what the effects of all levels, q arrays (J,), make of the border."""
        return sum((row @ each for row, each in zip(self.rows, u, strict=True)), jnp.zeros(()))


class SparseBorder(NamedTuple):
    """The columns of crossed groups cell by cell, q arrays (E,); the last t ones whole, q arrays (t, J)."""

    cells: Cells
    values: tuple[Array, ...]
    narrow: tuple[Array, ...]

    def mixed(self, k: Blocks) -> SparseBorder:
        """Each level's rows multiplied with its own matrix."""
        values = tuple(dot(row, self.values) for row in k.at(self.cells.level))
        return self._replace(values=values, narrow=tuple(k.mix(list(self.narrow))))

    def out_of(self, corner: Corner) -> Corner:
        """`corner` less the products of all columns, in the lower half of the wide ones."""
        beside = [v * take(n, self.cells.level) for v, n in zip(self.values, self.narrow, strict=True)]
        across = sum_into(self.cells.column, corner.wide.shape[0], sum(beside[1:], beside[0]))
        return Corner(
            _less_pairs(corner.wide, self.values, self.cells),
            corner.across - across,
            corner.own - gram(list(self.narrow)),
        )

    def less(self, link: Blocks, parent: Array, inner: Border, i: int) -> SparseBorder:
        """As of a dense border; `i` is this factor's place among those outside of `inner`."""
        assert isinstance(inner, SparseBorder)
        by_outer = link.transposed()
        at = by_outer.at(inner.cells.level)
        values = [
            _add(v, inner.cells.up[i], -dot(row, inner.values))
            for v, row in zip(self.values, at, strict=True)
        ]
        change = by_outer.mix(list(inner.narrow))
        narrow = [n - sum_into(parent, n.shape[-1], c) for n, c in zip(self.narrow, change, strict=True)]
        return self._replace(values=tuple(values), narrow=tuple(narrow))

    def times(self, x: Array) -> list[Array]:
        """Each level's rows applied to the border's coefficients (d,)."""
        t, size = self.narrow[0].shape
        wide = take(x, self.cells.column)
        return [
            x[x.shape[0] - t :] @ n + sum_into(self.cells.level, size, v * wide)
            for v, n in zip(self.values, self.narrow, strict=True)
        ]

    def pull(self, u: Sequence[Array], width: int) -> Array:
        """(width,) what the effects of all levels, q arrays (J,), make of the border."""
        wide, narrow = jnp.zeros(()), jnp.zeros(())
        for v, n, each in zip(self.values, self.narrow, u, strict=True):
            wide = wide + v * take(each, self.cells.level)
            narrow = narrow + n @ each
        return jnp.concatenate([sum_into(self.cells.column, width - narrow.shape[0], wide), narrow])


Border = DenseBorder | SparseBorder


@jax.custom_vjp
def _less_pairs(wide: Array, values: tuple[Array, ...], cells: Cells) -> Array:
    """`wide` (w, w) less the products of two cells of a level, pair by pair, in its lower half.

    A part of the pairs at a time, so that what is gathered stays in the processor's cache.
    """
    values = _with_empty(values)

    def take_out(flat: Array, part: Pairs) -> tuple[Array, None]:
        first, second = ([take(v, cell) for v in values] for cell in part[:2])
        return _add(flat, part.place, -dot(first, second)), None

    return lax.scan(take_out, wide.ravel(), cells.pairs)[0].reshape(wide.shape)


def _less_pairs_forwards(
    wide: Array, values: tuple[Array, ...], cells: Cells
) -> tuple[Array, tuple[Any, Cells]]:
    return _less_pairs(wide, values, cells), (values, cells)


def _less_pairs_backwards(saved: tuple[Any, Cells], out: Array) -> tuple[Array, tuple[Array, ...], None]:
    """Each cell gets the values of its partners, weighted by what their place in the corner is worth."""
    values, cells = _with_empty(saved[0]), saved[1]
    flat = -out.ravel()

    def weigh(sums: tuple[Array, ...], part: Pairs) -> tuple[tuple[Array, ...], None]:
        weight = take(flat, part.place)

        def weighed(x: Array, v: Array) -> Array:
            x = _add(x, part.first, weight * take(v, part.second))
            return _add(x, part.second, weight * take(v, part.first))

        return tuple(weighed(x, v) for x, v in zip(sums, values, strict=True)), None

    sums, _ = lax.scan(weigh, tuple(jnp.zeros_like(v) for v in values), cells.pairs)
    return out, tuple(x[:-1] for x in sums), None


def _with_empty(values: tuple[Array, ...]) -> tuple[Array, ...]:
    """The cells' values and that of an empty one, for the pairs that fill up the last part."""
    return tuple(jnp.append(v, 0.0) for v in values)


_less_pairs.defvjp(_less_pairs_forwards, _less_pairs_backwards)


def _add(values: Array, index: Leaf, change: Array) -> Array:
    return values.at[index].add(change, mode="promise_in_bounds", wrap_negative_indices=False)
