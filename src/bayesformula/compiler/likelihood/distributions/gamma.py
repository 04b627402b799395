"""The gamma distribution by its mean and shape."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array
from numpyro.distributions import constraints

from bayesformula.compiler.elementary import log
from bayesformula.compiler.likelihood.distributions.base import Rowwise, within
from bayesformula.compiler.likelihood.distributions.gamma_tails import log_gamma_tails
from bayesformula.compiler.likelihood.distributions.gammas import log_gamma_rest
from bayesformula.compiler.likelihood.distributions.small_differences import exp_excess

_LARGEST = 230.0


class Gamma(Rowwise):
    """Mean exp(log_mean), variance mean^2 / exp(log_shape).

    log f = -log y - shape (y/m - 1 - log(y/m)) - (lgamma(shape) - shape log shape + shape): whatever the
    shape, nothing large is left to cancel.
    """

    support = constraints.positive  # pyright: ignore

    def __init__(self, log_mean: Array, log_shape: Array) -> None:
        self.log_mean, self.log_shape = log_mean, jnp.clip(log_shape, -_LARGEST, _LARGEST)
        super().__init__(log_mean, log_shape)

    def log_prob(self, value: Array) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        is_inside = value > 0.0
        log_y = log(jnp.where(is_inside, value, 1.0))
        exponent = jnp.exp(self.log_shape) * exp_excess(log_y - self.log_mean)
        return within(is_inside, -log_y - log_gamma_rest(self.log_shape) - exponent)

    def log_cdf(self, value: Array) -> Array:
        """log P(Y <= value)."""
        is_inside, (lower, _) = self._log_tails(value)
        return within(is_inside, lower)

    def log_sf(self, value: Array) -> Array:
        """log P(Y > value)."""
        is_inside, (_, upper) = self._log_tails(value)
        return jnp.where(is_inside, upper, 0.0)

    def _log_tails(self, value: Array) -> tuple[Array, tuple[Array, Array]]:
        is_inside = value > 0.0
        log_y = log(jnp.where(is_inside, value, 1.0))
        return is_inside, log_gamma_tails(self.log_shape, log_y - self.log_mean)

    def sample(self, key: Array | None, sample_shape: tuple[int, ...] = ()) -> Array:
        """Through the log of a standard gamma variable, as small shapes underflow; never exactly 0."""
        assert key is not None
        shape = jnp.exp(self._broadcast(self.log_shape))
        log_gamma = jax.random.loggamma(key, shape, self._shape(sample_shape))
        return jnp.exp(jnp.maximum(log_gamma - self.log_shape + self.log_mean, -700.0))

    @property
    def mean(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._broadcast(jnp.exp(self.log_mean))

    @property
    def variance(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._broadcast(jnp.exp(2.0 * self.log_mean - self.log_shape))
