"""What is done to arrays whose last axis is the levels of a grouping factor."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from bayesformula.compiler.leaves import Leaf


def dot(left: Sequence[Array], right: Sequence[Array]) -> Array:
    """Sum of products."""
    total = left[0] * right[0]
    for x, y in zip(left[1:], right[1:], strict=True):
        total = total + x * y
    return total


def sum_into(parent: Leaf, size: int, values: Array) -> Array:
    """(..., size): the last axis summed by the level of an outer factor."""
    if values.ndim == 1:
        return jax.ops.segment_sum(values, parent, size, mode="promise_in_bounds")
    return jax.vmap(lambda row: sum_into(parent, size, row))(values)


def take(values: Array, index: Leaf) -> Array:
    """Entries of the last axis; the indices are our own, and legal."""
    return values.at[..., index].get(mode="promise_in_bounds", wrap_negative_indices=False)


def log_det(pivots: Sequence[Array], counts: Array | np.ndarray | None = None) -> Array:
    """Log determinant of L L', summed over levels, each as often as it counts (J,), once unless told.

    With one logarithm a level where the matrices are small, as pivots are 1 or more.

    Args:
        pivots: the diagonal of L, q arrays (J,).
        counts: (J,).
    """
    most = 4
    logs = jnp.zeros(())
    for start in range(0, len(pivots), most):
        product = pivots[start]
        for pivot in pivots[start + 1 : start + most]:
            product = product * pivot
        logs = logs + jnp.log(product)
    return 2.0 * (jnp.sum(logs) if counts is None else jnp.sum(counts * logs))


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
