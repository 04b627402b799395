"""The Cholesky factor of the border's dense matrix, with a reverse pass that costs as little as itself.

Differentiating through two triangular solves with n right-hand sides, as JAX does, takes some eight times
the factor's own time at n = 1,100. The recursion here differentiates the factor of a 2 x 2 block matrix
block by block, which is nearly all products of halves.

References: Murray (2016), arXiv:1602.07527.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

LEAF = 384
"""Columns up to which a block is differentiated as a whole."""


class Corner(NamedTuple):
    """Cross-products of the border with itself, or what is left of them; a symmetric matrix in blocks.

    Attributes:
        wide: (w, w) of the crossed groups; only the lower half is what it says.
        across: (t, w) of the population columns and the response with those.
        own: (t, t) of the population columns and the response.
    """

    wide: Array
    across: Array
    own: Array


def blocks(a: Array, t: int) -> Corner:
    """Of a symmetric matrix, the last t columns being those of the population and the response."""
    w = a.shape[0] - t
    return Corner(a[:w, :w], a[w:, :w], a[w:, w:])


@jax.custom_vjp
def cholesky(a: Array) -> Array:
    """Lower factor of one symmetric positive definite matrix (n, n), of which the lower half is read."""
    return lax.linalg.cholesky(a, symmetrize_input=False)


def _forwards(a: Array) -> tuple[Array, Array]:
    lower = cholesky(a)
    return lower, lower


def _backwards(lower: Array, out: Array) -> tuple[Array]:
    return (_reverse(lower, jnp.tril(out)),)


cholesky.defvjp(_forwards, _backwards)


def _reverse(lower: Array, out: Array) -> Array:
    """The derivative with respect to the lower half of L L', given that with respect to L, both (n, n)."""
    n = lower.shape[0]
    if n <= LEAF:
        inner = _half_lower(lower.T @ out)
        right = lax.linalg.triangular_solve(lower, inner, left_side=False, lower=True)
        both = lax.linalg.triangular_solve(lower, right, left_side=True, lower=True, transpose_a=True)
        return _half_lower(both + both.T)
    # L21 = A21 L11^-T and L22 L22' = A22 - L21 L21', differentiated from the last block to the first
    h = n // 2
    first, across, last = lower[:h, :h], lower[h:, :h], lower[h:, h:]
    of_last = _reverse(last, out[h:, h:])
    of_across = out[h:, :h] - (of_last + of_last.T) @ across
    below = lax.linalg.triangular_solve(first, of_across, left_side=False, lower=True)
    of_first = _reverse(first, out[:h, :h] - jnp.tril(below.T @ across))
    return jnp.block([[of_first, jnp.zeros((h, n - h), lower.dtype)], [below, of_last]])


def _half_lower(a: Array) -> Array:
    """The lower half of `a`, its diagonal halved."""
    return jnp.tril(a) - 0.5 * jnp.diag(jnp.diagonal(a))


def solve_transposed(lower: Array, b: Array) -> Array:
    """L^-T b for one vector (n,)."""
    if b.shape[0] == 0:
        return b
    return lax.linalg.triangular_solve(lower, b[:, None], left_side=True, lower=True, transpose_a=True)[:, 0]
