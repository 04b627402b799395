"""The sum of a normal and an exponential variable, by its mean."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array
from numpyro.distributions import constraints

from bayesformula.compiler.elementary import log
from bayesformula.compiler.likelihood.distributions.base import Rowwise
from bayesformula.compiler.likelihood.distributions.gammas import log1m_exp
from bayesformula.compiler.normal_tail import erfcx, log_erfcx_difference, log_ndtr, ndtr_rise


class ExGaussian(Rowwise):
    """Normal(loc - beta, scale) plus an exponential variable of mean beta: the mean is loc."""

    support = constraints.real  # pyright: ignore

    def __init__(self, loc: Array, scale: Array, beta: Array) -> None:
        self.loc, self.scale, self.beta = loc, scale, beta
        super().__init__(loc, scale, beta)

    def log_prob(self, value: Array) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        u, v = self.standardised(value)
        return log_exponential_part(u, v) - log(self.beta)

    def standardised(self, value: Array) -> tuple[Array, Array]:
        """The response on the scale of the normal part, and that part's sd in units of beta."""
        return (value - self.loc + self.beta) / self.scale, self.scale / self.beta

    def log_cdf(self, value: Array) -> Array:
        """log P(Y <= value); three forms, none of which takes a difference of nearly equal numbers."""
        u, v = self.standardised(value)
        is_low = u < 1.0
        low = jnp.where(is_low, u, 0.0)  # the whole lower tail
        gap = log_erfcx_difference(low * -math.sqrt(0.5), v * math.sqrt(0.5))
        lower = math.log(0.5) - 0.5 * low * low + gap
        high, short = jnp.where(is_low, 2.0, u), jnp.where(v < 0.5, v, 0.25)  # nearly exponential
        exponent = short * (0.5 * short - high)
        rise = ndtr_rise(high, short)
        slow = log(jnp.exp(exponent) * rise - jnp.expm1(exponent) * jnp.exp(log_ndtr(high)))
        upper = jnp.where(v < 0.5, slow, log1m_exp(self.log_sf(value)))
        return jnp.where(is_low, lower, upper)

    def log_sf(self, value: Array) -> Array:
        """log P(Y > value)."""
        u, v = self.standardised(value)
        return jnp.logaddexp(log_ndtr(-u), log_exponential_part(u, v))

    def sample(self, key: Array | None, sample_shape: tuple[int, ...] = ()) -> Array:
        assert key is not None
        key_normal, key_exponential = jax.random.split(key)
        shape = self._shape(sample_shape)
        normal, exponential = (
            jax.random.normal(key_normal, shape),
            jax.random.exponential(key_exponential, shape),
        )
        return self.loc + self.scale * normal + self.beta * (exponential - 1.0)

    @property
    def mean(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._broadcast(self.loc)

    @property
    def variance(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._broadcast(self.scale**2 + self.beta**2)


def log_exponential_part(u: Array, v: Array) -> Array:
    """v^2/2 - u v + log Phi(u - v): the log density times beta, and the second term of the tails.

    Below u = v the three terms cancel; there Phi(u - v) = exp(-(u - v)^2/2) erfcx((v - u)/sqrt 2)/2 and
    what is left is -u^2/2 + log(erfcx / 2).
    """
    is_low = u < v
    gap = jnp.where(is_low, v - u, 0.0)
    low = -0.5 * u * u + log(0.5 * erfcx(gap * math.sqrt(0.5)))
    safe_u, safe_v = jnp.where(is_low, 0.0, u), jnp.where(is_low, 0.0, v)
    high = safe_v * (0.5 * safe_v - safe_u) + log_ndtr(safe_u - safe_v)
    return jnp.where(is_low, low, high)
