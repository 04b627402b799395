"""The shape of the mass matrix: full for the first coordinates of the sampler's vector, else diagonal.

NumPyro takes a metric of both kinds only for a position that is a dict of blocks; where there is one kind the
position stays the vector itself, and the program as small as it was.
"""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp
from jax import Array

FULL, DIAGONAL = "full", "diagonal"
SHRINKAGE = 1e-3
"""Variance that NumPyro, as Stan, shrinks an adapted metric towards."""
FIRST_WINDOW = 25
"""Draws that the first adapted metric is made of. A full metric of more coordinates is the shrinkage alone in
directions that the draws do not span."""


def is_mixed(n_dense: int, dim: int) -> bool:
    """Some coordinates have a full metric, and some a diagonal one."""
    return 0 < n_dense < dim


def position(vector: Array, n_dense: int) -> Any:
    """The sampler's vector (dim,) as the position that NumPyro moves."""
    if not is_mixed(n_dense, vector.shape[0]):
        return vector
    return {FULL: vector[:n_dense], DIAGONAL: vector[n_dense:]}


def vector(position: Any) -> Array:
    """The sampler's vector (dim,) of a position."""
    return jnp.concatenate([position[FULL], position[DIAGONAL]]) if isinstance(position, dict) else position


def rough_sd(n_dense: int) -> float:
    """What the rough posterior sds are in units of the position.

    One, unless the first window has fewer draws than the full metric coordinates: then such that NumPyro
    shrinks towards the rough variances themselves, and not towards a thousandth of them, by which trees grew
    to 1,023 steps. Steps a transition of warmup before and after: eight correlated slopes (37 coordinates) 44
    and 12; 40 predictors of a Bernoulli, gamma and Weibull response 64 and 19, 68 and 25, 72 and 42. With 20
    predictors it made no difference, or, where a rough sd is thirty times too large, a small loss.
    """
    return math.sqrt(SHRINKAGE) if n_dense > FIRST_WINDOW else 1.0


def dense_mass(n_dense: int, dim: int) -> Any:
    """Which blocks have a full matrix, as NumPyro's `dense_mass` takes it."""
    return [(FULL,)] if is_mixed(n_dense, dim) else n_dense > 0


def first(n_dense: int, dim: int) -> Any:
    """The inverse mass matrix that adaptation starts from, as NumPyro takes it."""
    rough = jnp.full(dim, rough_sd(n_dense) ** 2)
    if is_mixed(n_dense, dim):
        return {(FULL,): jnp.diag(rough[:n_dense]), (DIAGONAL,): rough[n_dense:]}
    return jnp.diag(rough) if n_dense else rough
