"""The normal distribution, NumPyro's with both tails."""

from __future__ import annotations

import jax.numpy as jnp
import numpyro.distributions as dist
from jax import Array

from bayesformula.compiler.normal_tail import log_ndtr


class Gaussian(dist.Normal):
    """Mean loc, standard deviation scale."""

    def __init__(self, loc: Array, scale: Array) -> None:
        super().__init__(loc, scale, validate_args=False)

    def _z(self, value: Array) -> Array:
        return (value - jnp.asarray(self.loc)) / jnp.asarray(self.scale)

    def log_cdf(self, value: Array) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        """log P(Y <= value)."""
        return log_ndtr(self._z(value))

    def log_sf(self, value: Array) -> Array:
        """log P(Y > value)."""
        return log_ndtr(-self._z(value))
