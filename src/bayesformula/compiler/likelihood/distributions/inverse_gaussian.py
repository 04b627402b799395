"""The inverse Gaussian (Wald) distribution by its mean and shape."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array
from numpyro.distributions import constraints

from bayesformula.compiler.elementary import log
from bayesformula.compiler.likelihood.distributions.base import Rowwise, within
from bayesformula.compiler.likelihood.distributions.gammas import log1m_exp
from bayesformula.compiler.normal_tail import erfcx, log_erfcx_difference, log_ndtr

_LARGEST = 100.0  # y/mean up to 1e43: its square times a shape of 1e100 is finite


class InverseGaussian(Rowwise):
    """Mean exp(log_mean), variance mean^3 / exp(log_shape)."""

    support = constraints.positive  # pyright: ignore

    def __init__(self, log_mean: Array, log_shape: Array) -> None:
        self.log_mean, self.log_shape = log_mean, jnp.clip(log_shape, -230.0, 230.0)
        super().__init__(log_mean, log_shape)

    def log_prob(self, value: Array) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        is_inside = value > 0.0
        y = jnp.where(is_inside, value, 1.0)
        log_y = log(y)
        away = jnp.expm1(jnp.minimum(log_y - self.log_mean, _LARGEST))
        exponent = -0.5 * jnp.exp(self.log_shape) * away * away / y
        return within(is_inside, 0.5 * (self.log_shape - math.log(2.0 * math.pi)) - 1.5 * log_y + exponent)

    def log_cdf(self, value: Array) -> Array:
        """log P(Y <= value): Phi(a) + exp(-a^2/2) erfcx(b / sqrt 2) / 2, both positive."""
        is_inside, a, b = self._roots(value)
        reflected = -0.5 * a * a + log(0.5 * erfcx(b * math.sqrt(0.5)))
        return within(is_inside, jnp.logaddexp(log_ndtr(a), reflected))

    def log_sf(self, value: Array) -> Array:
        """log P(Y > value): exp(-a^2/2) (erfcx(a / sqrt 2) - erfcx(b / sqrt 2)) / 2, but far below."""
        is_inside, a, _ = self._roots(value)
        is_low = a < -1.0
        high = jnp.where(is_low, 0.0, a)
        width = 2.0 * jnp.exp(0.5 * (self.log_shape - log(jnp.where(is_inside, value, 1.0))))
        gap = log_erfcx_difference(
            high * math.sqrt(0.5), width * math.sqrt(0.5)
        )  # b - a would cancel far out
        upper = math.log(0.5) - 0.5 * high * high + gap
        lower = log1m_exp(jnp.where(is_low & is_inside, self.log_cdf(value), -1.0))
        return jnp.where(is_inside, jnp.where(is_low, lower, upper), 0.0)

    def _roots(self, value: Array) -> tuple[Array, Array, Array]:
        """a, b = sqrt(shape/y) (y/mean -+ 1): the cdf is Phi(a) + exp(2 shape/mean) Phi(-b)."""
        is_inside = value > 0.0
        log_y = log(jnp.where(is_inside, value, 1.0))
        root = jnp.exp(0.5 * (self.log_shape - log_y))
        log_ratio = jnp.minimum(log_y - self.log_mean, _LARGEST)
        return is_inside, root * jnp.expm1(log_ratio), root * (jnp.exp(log_ratio) + 1.0)

    def sample(self, key: Array | None, sample_shape: tuple[int, ...] = ()) -> Array:
        """Michael, Schucany & Haas (1976), doi:10.2307/2683801, the smaller root without cancellation."""
        assert key is not None
        key_normal, key_choice = jax.random.split(key)
        normal = jax.random.normal(key_normal, self._shape(sample_shape))
        w = 0.5 * normal**2 * jnp.exp(jnp.clip(self.log_mean - self.log_shape, -_LARGEST, _LARGEST))
        lower = 1.0 / (1.0 + w + jnp.sqrt(w * (2.0 + w)))  # root of (x - 1)^2 = 2 w x below the mean 1
        u = jax.random.uniform(key_choice, self._shape(sample_shape))
        return jnp.exp(self.log_mean) * jnp.where(u * (1.0 + lower) <= 1.0, lower, 1.0 / lower)

    @property
    def mean(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._broadcast(jnp.exp(self.log_mean))

    @property
    def variance(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._broadcast(jnp.exp(3.0 * self.log_mean - self.log_shape))
