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
        each = jnp.asarray(group.z) * effects[jnp.asarray(group.index)]
        out = out + jnp.sum(each, axis=tuple(range(1, each.ndim)))
    return out
