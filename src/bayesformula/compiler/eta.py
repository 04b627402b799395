"""The linear predictor, and nothing else: the one place where coefficients meet rows.

The emitted model and every prediction call this function, so that the predicted mean on the training
rows is the model's own mean exactly.
"""

from __future__ import annotations

from collections.abc import Sequence

import jax.numpy as jnp
from jax import Array

from bayesformula.compiler.inputs import GroupArrays
from bayesformula.compiler.leaves import Leaf


def linear_predictor(
    x: Leaf, offset: Leaf, b: Array, groups: Sequence[GroupArrays], r: Sequence[Array]
) -> Array:
    """eta = offset + X b + sum_k Z_k r_k, shape (n,).

    Args:
        x: (n, p) population columns.
        offset: (n,).
        b: (p,) population coefficients, reported coordinates.
        groups: per group its columns z (n, q) and the level (n,) of each row; (n, M, q) and (n, M) where a
            row belongs to M levels.
        r: per group its effects (J, q), reported coordinates.
    """
    out = offset + x @ b
    for group, effects in zip(groups, r, strict=True):
        z, index = jnp.asarray(group.z), jnp.asarray(group.index)
        # One coefficient after another: sums over a short last axis are slow. Gradients of 20,000 rows, both
        # ways in turn: 205 in place of 323 us with two coefficients, 181 in place of 275 us with three.
        for k in range(z.shape[-1]):
            each = z[..., k] * effects[:, k][index]
            out = out + (each if each.ndim == 1 else jnp.sum(each, axis=1))
    return out
