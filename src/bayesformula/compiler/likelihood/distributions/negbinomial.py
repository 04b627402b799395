"""The negative binomial distribution, from nearly Poisson to nearly all zeros."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array
from numpyro.distributions import constraints

from bayesformula.compiler.elementary import log, softplus
from bayesformula.compiler.likelihood.distributions.base import Rowwise, within
from bayesformula.compiler.likelihood.distributions.gammas import capped, log_factorial, log_rising
from bayesformula.compiler.likelihood.distributions.poisson import draw_poisson


class NegativeBinomial(Rowwise):
    """A Poisson variable whose mean is gamma: mean exp(log_mean), variance mean + mean^2 / shape.

    log p = log(shape (shape+1) ... (shape+y-1)) - log y! + y log(odds) - (shape + y) log(1 + odds), where
    odds = mean / shape. No term is of the size of the shape, however large it is.

    Args:
        log_mean: (n,) or ().
        log_shape: (n,) or ().
    """

    support = constraints.nonnegative_integer  # pyright: ignore

    def __init__(self, log_mean: Array, log_shape: Array) -> None:
        self.log_mean, self.log_shape = capped(log_mean), capped(log_shape)
        self.log_odds = self.log_mean - self.log_shape
        super().__init__(log_mean, log_shape)

    def log_prob(self, value: Array) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        log_total = softplus(self.log_odds)
        exponent = value * (self.log_odds - log_total) - jnp.exp(self.log_shape) * log_total
        return within(value >= 0.0, log_rising(self.log_shape, value) - log_factorial(value) + exponent)

    def sample(self, key: Array | None, sample_shape: tuple[int, ...] = ()) -> Array:
        assert key is not None
        of_mean, of_count = jax.random.split(key)
        shape = jnp.maximum(jnp.exp(self._broadcast(self.log_shape)), 1e-300)
        log_gamma = jax.random.loggamma(of_mean, shape, self._shape(sample_shape))
        log_mean = log_gamma - log(shape) + self.log_mean
        return draw_poisson(of_count, jnp.exp(jnp.maximum(capped(log_mean), -700.0)))

    @property
    def mean(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._broadcast(jnp.exp(self.log_mean))

    @property
    def variance(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self.mean * (1.0 + jnp.exp(self.log_odds))
