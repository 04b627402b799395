"""The linear predictor, and nothing else: the one place where coefficients meet rows.

The emitted model and every prediction call this function, so that the predicted mean on the training
rows is the model's own mean exactly.
"""

from __future__ import annotations

from collections.abc import Sequence

import jax.numpy as jnp
from jax import Array


def linear_predictor(
    x: Array, offset: Array, b: Array, groups: Sequence[tuple[Array, Array]], r: Sequence[Array]
) -> Array:
    """eta = offset + X b + sum_k Z_k r_k, shape (n,).

    Args:
        x: (n, p) population columns.
        offset: (n,).
        b: (p,) population coefficients, reported coordinates.
        groups: per group its columns z (n, q) and the level (n,) of each row.
        r: per group its effects (J, q), reported coordinates.
    """
    out = offset + x @ b
    for (z, index), effects in zip(groups, r, strict=True):
        out = out + jnp.sum(z * effects[index], axis=1)
    return out
