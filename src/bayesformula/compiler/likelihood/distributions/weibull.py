"""The Weibull and exponential distributions by their means."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array
from numpyro.distributions import constraints

from bayesformula.compiler.elementary import log
from bayesformula.compiler.likelihood.distributions.base import Rowwise, within
from bayesformula.compiler.likelihood.distributions.small_differences import log_gamma_1p
from bayesformula.compiler.links import Linked

_LARGEST = 230.0


class Weibull(Rowwise):
    """Scale exp(log_mean) / Gamma(1 + 1/shape), shape exp(log_shape): the mean is exp(log_mean)."""

    support = constraints.positive  # pyright: ignore

    def __init__(self, log_mean: Array, log_shape: Array) -> None:
        self.log_mean, self.log_shape = log_mean, jnp.clip(log_shape, -_LARGEST, _LARGEST)
        super().__init__(log_mean, log_shape)

    def log_prob(self, value: Array) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        is_inside, log_y, log_hazard = self.log_hazard(value)
        log_density = self.log_shape - log_y + log_hazard - jnp.exp(jnp.minimum(log_hazard, _LARGEST))
        return within(is_inside, log_density)

    def log_hazard(self, value: Array) -> tuple[Array, Array, Array]:
        """Whether y > 0, log y, and log of the cumulative hazard (y/scale)^shape."""
        is_inside = value > 0.0
        log_y = log(jnp.where(is_inside, value, 1.0))
        return is_inside, log_y, jnp.exp(self.log_shape) * (log_y - self._log_scale)

    @property
    def _log_scale(self) -> Array:
        return self.log_mean - log_gamma_1p(jnp.exp(-self.log_shape))

    def log_cdf(self, value: Array) -> Array:
        """log P(Y <= value)."""
        is_inside, _, log_hazard = self.log_hazard(value)
        return within(is_inside, Linked(log_hazard, "cloglog").log)

    def log_sf(self, value: Array) -> Array:
        """log P(Y > value)."""
        is_inside, _, log_hazard = self.log_hazard(value)
        return jnp.where(is_inside, Linked(log_hazard, "cloglog").log1m, 0.0)

    def sample(self, key: Array | None, sample_shape: tuple[int, ...] = ()) -> Array:
        assert key is not None
        hazard = jax.random.exponential(key, self._shape(sample_shape))
        log_y = self._log_scale + log(jnp.maximum(hazard, 1e-300)) * jnp.exp(-self.log_shape)
        return jnp.exp(jnp.clip(log_y, -700.0, 700.0))

    @property
    def mean(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._broadcast(jnp.exp(self.log_mean))

    @property
    def variance(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        inverse = jnp.exp(-self.log_shape)
        log_ratio = log_gamma_1p(2.0 * inverse) - 2.0 * log_gamma_1p(inverse)
        return self._broadcast(jnp.exp(2.0 * self.log_mean) * jnp.expm1(log_ratio))


class Exponential(Rowwise):
    """Mean exp(log_mean)."""

    support = constraints.nonnegative  # pyright: ignore

    def __init__(self, log_mean: Array) -> None:
        self.log_mean = log_mean
        super().__init__(log_mean)

    def log_prob(self, value: Array) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        rate = jnp.exp(jnp.clip(-self.log_mean, -_LARGEST, _LARGEST))
        return within(value >= 0.0, -self.log_mean - value * rate)

    def log_cdf(self, value: Array) -> Array:
        """log P(Y <= value)."""
        is_inside = value > 0.0
        log_hazard = log(jnp.where(is_inside, value, 1.0)) - self.log_mean
        return within(is_inside, Linked(log_hazard, "cloglog").log)

    def log_sf(self, value: Array) -> Array:
        """log P(Y > value)."""
        rate = jnp.exp(jnp.clip(-self.log_mean, -_LARGEST, _LARGEST))
        return -jnp.maximum(value, 0.0) * rate

    def sample(self, key: Array | None, sample_shape: tuple[int, ...] = ()) -> Array:
        assert key is not None
        return self.mean * jax.random.exponential(key, self._shape(sample_shape))

    @property
    def mean(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._broadcast(jnp.exp(self.log_mean))

    @property
    def variance(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._broadcast(jnp.exp(2.0 * self.log_mean))
