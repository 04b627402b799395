"""What the distributions of one response per row have in common."""

from __future__ import annotations

import jax.numpy as jnp
import numpyro.distributions as dist
from jax import Array


class Rowwise(dist.Distribution):
    """One response per row, independent given its parameters, which are (n,) or ()."""

    def __init__(self, *parameters: Array) -> None:
        shapes = [jnp.shape(parameter) for parameter in parameters]
        super().__init__(jnp.broadcast_shapes(*shapes), (), validate_args=False)

    def _shape(self, sample_shape: tuple[int, ...]) -> tuple[int, ...]:
        return (*sample_shape, *self.batch_shape)

    def _broadcast(self, values: Array) -> Array:
        return jnp.broadcast_to(values, self.batch_shape)


def within(is_inside: Array, log_density: Array) -> Array:
    """The log density where the response can be, -inf elsewhere."""
    return jnp.where(is_inside, log_density, -jnp.inf)
