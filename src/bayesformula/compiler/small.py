"""Cholesky factors and solves of many tiny matrices, one for each level of a grouping factor.

Levels come last in memory, and a matrix of every level is a nested list of its entries, each an array (J,):
written out so, the recurrences are elementwise loops over levels that XLA fuses and vectorises, forwards and
backwards. A batched LAPACK call costs far more than the arithmetic of 2 x 2 matrices; above `UNROLL` rows the
matrices go there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jax.scipy.linalg import solve_triangular

UNROLL = 4

Matrix: TypeAlias = list[list[Array]]
"""Entries [row][column] of one matrix for each level, each (J,)."""


def entries(a: Array | np.ndarray) -> Matrix:
    """The entries of (q, r, J).

    Split, and so put side by side again in the reverse pass; indices would pad each entry to the size of all
    and add them up: a gradient of the marginal density, 40 levels, took 25 us of 3 slopes and 1,067 of 8, and
    takes 21 and 231.
    """
    q, r = a.shape[:2]
    parts = lax.split(jnp.reshape(a, (q * r, *a.shape[2:])), [1] * (q * r))
    return [[part[0] for part in parts[i * r : (i + 1) * r]] for i in range(q)]


def spread(a: Array, size: int) -> Matrix:
    """The entries of one matrix (q, r) for all J levels, or of (J, q, r).

    Entries of a shared matrix are spread over the levels before they are used, so that the reverse pass sums
    over levels once for each entry and not once for each use.
    """
    moved = jnp.broadcast_to(a[..., None], (*a.shape, size)) if a.ndim == 2 else jnp.moveaxis(a, 0, -1)
    return entries(moved)


def cholesky(a: Matrix) -> Matrix:
    """Lower factors; only the lower half of `a` is read, and the upper half of the factor is not there."""
    q = len(a)
    if q > UNROLL:
        found = entries(_last(jnp.linalg.cholesky(_first(mirrored(a)))))
        return [row[: i + 1] for i, row in enumerate(found)]
    rows: Matrix = []
    for i in range(q):
        row: list[Array] = []
        for j in range(i):
            row.append((a[i][j] - dot(row, rows[j][:j])) / rows[j][j] if j else a[i][0] / rows[0][0])
        row.append(jnp.sqrt(a[i][i] - dot(row, row) if row else a[i][i]))
        rows.append(row)
    return rows


def solve_lower(chol: Matrix, b: Matrix) -> Matrix:
    """L^-1 b."""
    q = len(chol)
    if q > UNROLL:
        return entries(_last(solve_triangular(_first(_full(chol)), _first(b), lower=True)))
    out: Matrix = []
    for i in range(q):
        out.append(
            [
                (x - dot(chol[i][:i], [row[j] for row in out]) if i else x) / chol[i][i]
                for j, x in enumerate(b[i])
            ]
        )
    return out


def solve_lower_transposed(chol: Matrix, b: Sequence[Array]) -> list[Array]:
    """L^-T b of one vector for each level."""
    q = len(chol)
    if q > UNROLL:
        columns = _first([[x] for x in b])
        return [
            row[0]
            for row in entries(_last(solve_triangular(_first(_full(chol)), columns, lower=True, trans=1)))
        ]
    out: dict[int, Array] = {}
    for i in reversed(range(q)):
        below = range(i + 1, q)
        rest = b[i] - dot([chol[j][i] for j in below], [out[j] for j in below]) if i + 1 < q else b[i]
        out[i] = rest / chol[i][i]
    return [out[i] for i in range(q)]


def log_det(chol: Matrix, counts: Array | np.ndarray | None = None) -> Array:
    """Log determinant of L L', summed over levels, each as often as it counts (J,), once unless told.

    With one logarithm a level, as pivots are 1 or more.
    """
    diagonal = [row[i] for i, row in enumerate(chol)]
    if len(diagonal) > UNROLL:
        logs = sum((jnp.log(pivot) for pivot in diagonal[1:]), jnp.log(diagonal[0]))
    else:
        product = diagonal[0]
        for pivot in diagonal[1:]:
            product = product * pivot
        logs = jnp.log(product)
    return 2.0 * (jnp.sum(logs) if counts is None else jnp.sum(counts * logs))


def times(a: Matrix, b: Matrix) -> Matrix:
    """a b."""
    columns = list(zip(*b, strict=True))
    return [[dot(row, column) for column in columns] for row in a]


def transposed(a: Matrix) -> Matrix:
    """a'."""
    return [list(column) for column in zip(*a, strict=True)]


def mirrored(a: Matrix) -> Matrix:
    """The symmetric matrix of which the lower half is given."""
    return [[a[max(i, j)][min(i, j)] for j in range(len(a))] for i in range(len(a))]


def dot(left: Sequence[Array], right: Sequence[Array]) -> Array:
    """Sum of products."""
    total = left[0] * right[0]
    for x, y in zip(left[1:], right[1:], strict=True):
        total = total + x * y
    return total


@jax.custom_vjp
def mix(k: Matrix, rows: list[Array]) -> list[Array]:
    """k rows: each level's matrix applied to its own columns, where row i of all levels is (m, J)."""
    if len(rows) > UNROLL:
        mixed = jnp.matmul(_first(k), jnp.stack([jnp.moveaxis(row, 0, -1) for row in rows], axis=1))
        return [jnp.moveaxis(mixed[:, i], 0, -1) for i in range(len(k))]
    return [dot(weights, rows) for weights in k]


def _mix_forwards(k: Matrix, rows: list[Array]) -> tuple[list[Array], tuple[Matrix, list[Array]]]:
    return mix(k, rows), (k, rows)


def _mix_backwards(saved: tuple[Matrix, list[Array]], out: list[Array]) -> tuple[Matrix, list[Array]]:
    """Sums over the m rows are products with ones: XLA's own took up to 30 times as long."""
    k, rows = saved
    ones = jnp.ones(rows[0].shape[0], rows[0].dtype)
    return [[ones @ (g * row) for row in rows] for g in out], mix(transposed(k), out)


mix.defvjp(_mix_forwards, _mix_backwards)


@jax.custom_vjp
def gram(rows: list[Array]) -> Array:
    """(m, m): products of the m columns of all levels, summed over q and levels."""
    total = rows[0] @ rows[0].T
    for row in rows[1:]:
        total = total + row @ row.T
    return total


def _gram_forwards(rows: list[Array]) -> tuple[Array, list[Array]]:
    return gram(rows), rows


def _gram_backwards(rows: list[Array], out: Array) -> tuple[list[Array]]:
    """One product with the symmetric part, where autodiff would make two."""
    both = out + out.T
    return ([both @ row for row in rows],)


gram.defvjp(_gram_forwards, _gram_backwards)


def _full(a: Matrix) -> Matrix:
    """The lower half with zeros above."""
    zero = jnp.zeros_like(a[0][0])
    return [[*row[: i + 1], *[zero] * (len(a) - i - 1)] for i, row in enumerate(a)]


def _first(a: Matrix) -> Array:
    """(J, q, r): levels first, as LAPACK's batches are."""
    return jnp.stack([jnp.stack(row, axis=-1) for row in a], axis=-2)


def _last(a: Array) -> Array:
    """(q, r, J)."""
    return jnp.moveaxis(a, 0, -1)
