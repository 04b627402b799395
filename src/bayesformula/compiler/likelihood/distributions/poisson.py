"""The Poisson distribution by the log of its mean."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array
from numpyro.distributions import constraints

from bayesformula.compiler.likelihood.distributions.base import Rowwise, within
from bayesformula.compiler.likelihood.distributions.gammas import capped, log_factorial

_LARGE = 1e9  # a Poisson variable is normal there, to the digits that draws can show


def draw_poisson(key: Array, mean: Array) -> Array:
    """Whole numbers as float64; means beyond the range of integers too."""
    of_small, of_large = jax.random.split(key)
    small = jax.random.poisson(of_small, jnp.minimum(not_denormal(mean), _LARGE)).astype(mean.dtype)
    large = jnp.round(mean + jnp.sqrt(mean) * jax.random.normal(of_large, mean.shape, mean.dtype))
    return jnp.where(mean < _LARGE, small, large)


def not_denormal(mean: Array) -> Array:
    """Means so small that nothing ever happens made 0: of a denormal one JAX draws -1."""
    return jnp.where(mean < 1e-30, 0.0, mean)


class Poisson(Rowwise):
    """Mean and variance exp(log_mean)."""

    support = constraints.nonnegative_integer  # pyright: ignore

    def __init__(self, log_mean: Array) -> None:
        self.log_mean = capped(log_mean)
        super().__init__(log_mean)

    def log_prob(self, value: Array) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        return within(value >= 0.0, value * self.log_mean - jnp.exp(self.log_mean) - log_factorial(value))

    def sample(self, key: Array | None, sample_shape: tuple[int, ...] = ()) -> Array:
        assert key is not None
        return draw_poisson(key, jnp.broadcast_to(self.mean, self._shape(sample_shape)))

    @property
    def mean(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        return jnp.exp(self.log_mean)

    @property
    def variance(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self.mean
