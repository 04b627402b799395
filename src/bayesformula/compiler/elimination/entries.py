"""Matrices of a few rows, one for each level of a grouping factor, written out entry by entry.

Levels come last in memory, and a matrix of every level is a nested list of its entries, each an array (J,):
written out so, the recurrences are elementwise loops over levels that XLA fuses and vectorises, forwards and
backwards. A batched LAPACK call costs far more than the arithmetic of 2 x 2 matrices.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from bayesformula.compiler.elimination.levels import dot, sum_into, take
from bayesformula.compiler.leaves import Leaf

Rows = list[list[Array]]
"""Entries [row][column], each (J,)."""


class Entries(NamedTuple):
    """One matrix (q, r) for each level, as its entries [row][column], each (J,)."""

    rows: Rows

    @classmethod
    def of(cls, a: Array | np.ndarray) -> Entries:
        """Of an array (q, r, J).

        Split, and so put side by side again in the reverse pass; indices would pad each entry to the size of
        all and add them up: a gradient of the marginal density, 40 levels, took 25 us of 3 slopes and 21 so.
        """
        q, r = a.shape[:2]
        parts = lax.split(jnp.reshape(a, (q * r, *a.shape[2:])), [1] * (q * r))
        return cls([[part[0] for part in parts[i * r : (i + 1) * r]] for i in range(q)])

    @classmethod
    def scale(cls, a: Array, size: int) -> Entries:
        """Of one matrix (q, r) for all J levels, or of (J, q, r).

        Entries of a shared matrix are spread over the levels before they are used, so that the reverse pass
        sums over levels once for each entry and not once for each use.
        """
        if a.ndim == 2:
            return cls.of(jnp.broadcast_to(a[..., None], (*a.shape, size)))
        return cls.of(jnp.moveaxis(a, 0, -1))

    @property
    def width(self) -> int:
        """Rows q."""
        return len(self.rows)

    @property
    def levels(self) -> int:
        """J."""
        return self.rows[0][0].shape[0]

    def eliminated(self, a: Entries) -> tuple[Entries, Entries, list[Array]]:
        """Of S = `self`: the lower Cholesky factor L of A' S A + I, L^-1 A', and the diagonal of L."""
        across = a.transposed()
        scaled = self.times(a).rows
        inner = [
            [dot(across.rows[i], [row[j] for row in scaled]) + float(i == j) for j in range(i + 1)]
            for i in range(len(a.rows))
        ]
        lower = _cholesky(inner)
        return Entries(lower), Entries(_solve_lower(lower, across.rows)), [row[-1] for row in lower]

    def transposed(self) -> Entries:
        """B'."""
        return Entries([list(column) for column in zip(*self.rows, strict=True)])

    def times(self, other: Entries) -> Entries:
        """B C."""
        columns = list(zip(*other.rows, strict=True))
        return Entries([[dot(row, column) for column in columns] for row in self.rows])

    def less_square(self, link: Entries, parent: Leaf) -> Entries:
        """This symmetric matrix less the products link' link of the levels inside."""
        back, q = link.transposed().rows, len(self.rows)
        half = [
            [_less(self.rows[i][j], parent, dot(back[i], back[j])) for j in range(i + 1)] for i in range(q)
        ]
        return Entries([[half[max(i, j)][min(i, j)] for j in range(q)] for i in range(q)])

    def less_product(self, link: Entries, further: Entries, parent: Leaf) -> Entries:
        """This matrix less the products link' further of the levels inside."""
        fill = link.transposed().times(further).rows
        return Entries(
            [
                [_less(x, parent, c) for x, c in zip(row, changes, strict=True)]
                for row, changes in zip(self.rows, fill, strict=True)
            ]
        )

    def apply(self, vectors: Sequence[Array]) -> list[Array]:
        """Of each level B x, for x as r arrays (J,)."""
        return [dot(row, vectors) for row in self.rows]

    def solve_transposed(self, vectors: Sequence[Array]) -> list[Array]:
        """Of each level L^-T x, `self` being a lower factor L."""
        q = len(self.rows)
        out: dict[int, Array] = {}
        for i in reversed(range(q)):
            below = range(i + 1, q)
            rest = vectors[i]
            if i + 1 < q:
                rest = rest - dot([self.rows[j][i] for j in below], [out[j] for j in below])
            out[i] = rest / self.rows[i][i]
        return [out[i] for i in range(q)]

    def mix(self, rows: list[Array]) -> list[Array]:
        """Each level's matrix applied to its own columns, where row i of all levels is (m, J)."""
        return _mix(self.rows, rows)

    def at(self, level: Leaf) -> Rows:
        """The entries of the matrices that belong to some levels."""
        return [[take(entry, level) for entry in row] for row in self.rows]


def _less(x: Array, parent: Leaf, change: Array) -> Array:
    return x - sum_into(parent, x.shape[0], change)


def _cholesky(a: Rows) -> Rows:
    """Lower factors; the upper half is neither read nor made."""
    rows: Rows = []
    for i in range(len(a)):
        row: list[Array] = []
        for j in range(i):
            row.append((a[i][j] - dot(row, rows[j][:j])) / rows[j][j] if j else a[i][0] / rows[0][0])
        row.append(jnp.sqrt(a[i][i] - dot(row, row) if row else a[i][i]))
        rows.append(row)
    return rows


def _solve_lower(chol: Rows, b: Rows) -> Rows:
    """L^-1 b."""
    out: Rows = []
    for i, own in enumerate(chol):
        out.append(
            [(x - dot(own[:i], [row[j] for row in out]) if i else x) / own[i] for j, x in enumerate(b[i])]
        )
    return out


@jax.custom_vjp
def _mix(k: Rows, rows: list[Array]) -> list[Array]:
    return [dot(weights, rows) for weights in k]


def _mix_forwards(k: Rows, rows: list[Array]) -> tuple[list[Array], tuple[Rows, list[Array]]]:
    return _mix(k, rows), (k, rows)


def _mix_backwards(saved: tuple[Rows, list[Array]], out: list[Array]) -> tuple[Rows, list[Array]]:
    """Sums over the m rows are products with ones: XLA's own took up to 30 times as long."""
    k, rows = saved
    ones = jnp.ones(rows[0].shape[0], rows[0].dtype)
    back = [list(column) for column in zip(*k, strict=True)]
    return [[ones @ (g * row) for row in rows] for g in out], _mix(back, out)


_mix.defvjp(_mix_forwards, _mix_backwards)
