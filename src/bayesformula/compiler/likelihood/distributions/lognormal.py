"""A response whose logarithm is normal, possibly after a delay."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array
from numpyro.distributions import constraints

from bayesformula.compiler.elementary import log
from bayesformula.compiler.likelihood.distributions.base import Rowwise, within
from bayesformula.compiler.normal_tail import log_ndtr

_LARGEST = 230.0


class LogNormal(Rowwise):
    """delay + exp(Normal(loc, scale)); the delay is 0 unless it is given."""

    def __init__(self, loc: Array, scale: Array, delay: Array | None = None) -> None:
        self.loc, self.scale = loc, scale
        self.delay = jnp.zeros((), jnp.result_type(loc)) if delay is None else delay
        super().__init__(loc, scale, self.delay)

    @constraints.dependent_property
    def support(self) -> constraints.Constraint:  # pyright: ignore
        return constraints.greater_than(self.delay)

    def log_prob(self, value: Array) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        is_inside, log_y = self.log_time(value)
        z = (log_y - self.loc) / self.scale
        constant = 0.5 * math.log(2.0 * math.pi)
        return within(is_inside, -0.5 * z * z - log_y - log(self.scale) - constant)

    def log_time(self, value: Array) -> tuple[Array, Array]:
        """Whether the response is above the delay, and the log of what it is above (0 where it is not)."""
        time = value - self.delay
        is_inside = time > 0.0
        return is_inside, log(jnp.where(is_inside, time, 1.0))

    def log_cdf(self, value: Array) -> Array:
        """log P(Y <= value)."""
        is_inside, log_y = self.log_time(value)
        return within(is_inside, log_ndtr((log_y - self.loc) / self.scale))

    def log_sf(self, value: Array) -> Array:
        """log P(Y > value)."""
        is_inside, log_y = self.log_time(value)
        return jnp.where(is_inside, log_ndtr((self.loc - log_y) / self.scale), 0.0)

    def sample(self, key: Array | None, sample_shape: tuple[int, ...] = ()) -> Array:
        assert key is not None
        z = jax.random.normal(key, self._shape(sample_shape))
        return self.delay + jnp.exp(jnp.clip(self.loc + self.scale * z, -_LARGEST, _LARGEST))

    @property
    def mean(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._broadcast(self.delay + jnp.exp(self.loc + 0.5 * self.scale**2))

    @property
    def variance(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        variance = self.scale**2
        return self._broadcast(jnp.expm1(variance) * jnp.exp(2.0 * self.loc + variance))
