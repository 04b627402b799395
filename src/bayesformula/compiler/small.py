"""Cholesky factors and triangular solves of many tiny matrices.

A batched LAPACK call on a CPU costs far more than its arithmetic when the matrices are 2 x 2, and a
mixed model is thousands of those inside every gradient. Up to `UNROLL` columns the recurrences are
written out, which XLA fuses into a few loops over the batch; larger matrices go to LAPACK.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array
from jax.scipy.linalg import solve_triangular

UNROLL = 4


def cholesky(a: Array) -> Array:
    """Lower Cholesky factors of a batch of symmetric positive definite matrices, shape (..., q, q)."""
    q = a.shape[-1]
    if q == 0:
        return a
    if q > UNROLL:
        return jnp.linalg.cholesky(a)
    zero = jnp.zeros(a.shape[:-2], a.dtype)
    rows: list[list[Array]] = [[zero] * q for _ in range(q)]
    for j in range(q):
        pivot = jnp.sqrt(a[..., j, j] - _dot(rows[j][:j], rows[j][:j], zero))
        rows[j][j] = pivot
        for i in range(j + 1, q):
            rows[i][j] = (a[..., i, j] - _dot(rows[i][:j], rows[j][:j], zero)) / pivot
    return jnp.stack([jnp.stack(row, axis=-1) for row in rows], axis=-2)


def solve_lower(chol: Array, b: Array) -> Array:
    """L^-1 b for lower factors (..., q, q) and right-hand sides (..., q, m)."""
    q = chol.shape[-1]
    if q == 0:
        return b
    if q > UNROLL:
        return solve_triangular(chol, b, lower=True)
    rows: list[Array] = []
    for i in range(q):
        row = b[..., i, :]
        for j in range(i):
            row = row - chol[..., i, j, None] * rows[j]
        rows.append(row / chol[..., i, i, None])
    return jnp.stack(rows, axis=-2)


def solve_lower_transposed(chol: Array, b: Array) -> Array:
    """L^-T b for lower factors (..., q, q) and vectors (..., q)."""
    q = chol.shape[-1]
    if q == 0:
        return b
    if q > UNROLL:
        return solve_triangular(chol, b[..., None], lower=True, trans=1)[..., 0]
    rows: dict[int, Array] = {}
    for i in reversed(range(q)):
        row = b[..., i]
        for j in range(i + 1, q):
            row = row - chol[..., j, i] * rows[j]
        rows[i] = row / chol[..., i, i]
    return jnp.stack([rows[i] for i in range(q)], axis=-1)


def log_det(chol: Array) -> Array:
    """Log determinant of L L', summed over the batch."""
    diagonal = jnp.diagonal(chol, axis1=-2, axis2=-1)
    return 2.0 * jnp.sum(jnp.log(diagonal))


def _dot(left: list[Array], right: list[Array], zero: Array) -> Array:
    total = zero
    for x, y in zip(left, right, strict=True):
        total = total + x * y
    return total
