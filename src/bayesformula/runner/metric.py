"""The shape of the mass matrix: full for the first coordinates of the sampler's vector, else diagonal.

NumPyro takes a metric of both kinds only for a position that is a dict of blocks; where there is one kind the
position stays the vector itself, and the program as small as it was.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array

FULL, DIAGONAL = "full", "diagonal"


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


def dense_mass(n_dense: int, dim: int) -> Any:
    """Which blocks have a full matrix, as NumPyro's `dense_mass` takes it."""
    return [(FULL,)] if is_mixed(n_dense, dim) else n_dense > 0


def identity(n_dense: int, dim: int) -> Any:
    """The inverse mass matrix that adaptation starts from, as NumPyro takes it."""
    if is_mixed(n_dense, dim):
        return {(FULL,): jnp.eye(n_dense), (DIAGONAL,): jnp.ones(dim - n_dense)}
    return jnp.diag(jnp.ones(dim)) if n_dense else jnp.ones(dim)
