"""The Tweedie distribution for powers between 1 and 2: a sum of gamma variables, Poisson many.

With b = power - 1, c = 2 - power and a = c/b, there are N ~ Poisson(lambda) gamma variables of shape a,
lambda = mu^c / (phi c); y = 0 where there are none. For y > 0 the density is a series over N,

    log f(y; mu) = log f(y; y) - d(y, mu)/(2 phi)                                  (an exponential family)
    f(y; y)      = 1/y sum_j exp(-r(a j) - r(j) - log j - (1 + a) j excess(log(t/j)))
    t            = y^c / (phi c)

with excess(u) = exp(u) - 1 - u and r(x) = lgamma(x) - x log x + x: no term is larger than the sum, and
nothing cancels. `tweedie_series` adds it up.

Accuracy against sums of 50 digits (`tests/compiler/likelihood/tweedie_oracle.py`), for phi from 0.01 to
100, y/mu from 1e-3 to 1e3 and power from 1.01 to 1.99: log density 2e-14, derivatives in mu 4e-15, in phi
4e-13 and in power 4e-10 (median 1e-15), relative to the value or to 0.01 where it is smaller.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array
from numpyro.distributions import constraints

from bayesformula.compiler.elementary import log, log_sigmoid
from bayesformula.compiler.likelihood.distributions.base import Rowwise, within
from bayesformula.compiler.likelihood.distributions.poisson import not_denormal
from bayesformula.compiler.likelihood.distributions.small_differences import exp_excess
from bayesformula.compiler.likelihood.distributions.tweedie_series import log_series
from bayesformula.compiler.links import Linked

_LARGEST = 230.0
_MANY = 1e9  # jumps from which their number is drawn as normal


class Tweedie(Rowwise):
    """Mean exp(log_mean), variance phi mean^power.

    Args:
        log_mean: (n,) or ().
        log_phi: log of the dispersion.
        power: above 1 and below 2, on the link logitm1 or identity.
    """

    support = constraints.nonnegative  # pyright: ignore

    def __init__(self, log_mean: Array, log_phi: Array, power: Linked) -> None:
        self.log_mean, self.log_phi, self.power = log_mean, log_phi, power
        share = power.eta if power.link == "logitm1" else Linked(power.eta - 1.0, "identity").logit
        self.log_b, self.log_c = log_sigmoid(share), log_sigmoid(-share)
        self.b, self.c = jnp.exp(self.log_b), jnp.exp(self.log_c)
        self.log_a = self._held(self.log_c - self.log_b)
        super().__init__(log_mean, log_phi, power.eta)

    def log_prob(self, value: Array) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        is_positive = value > 0.0
        log_y = log(jnp.where(is_positive, value, 1.0))
        log_t = self._held(self.c * log_y - self.log_phi - self.log_c)
        away = self.log_mean - log_y
        deviance = exp_excess(self.c * away) + exp_excess(-self.b * away) * jnp.exp(self.log_a)
        positive = log_series(log_t, self.log_a) - log_y - jnp.exp(log_t) * deviance
        zero = -jnp.exp(self.log_rate)
        return within(value >= 0.0, jnp.where(is_positive, positive, zero))

    @property
    def log_rate(self) -> Array:
        """log of the mean number of jumps; P(Y = 0) is exp(-rate)."""
        return self._held(self.c * self.log_mean - self.log_phi - self.log_c)

    @staticmethod
    def _held(log_x: Array) -> Array:
        return jnp.clip(log_x, -_LARGEST, _LARGEST)

    def sample(self, key: Array | None, sample_shape: tuple[int, ...] = ()) -> Array:
        """N jumps of shape a sum to one gamma variable of shape N a."""
        assert key is not None
        key_few, key_many, key_size = jax.random.split(key, 3)
        shape = self._shape(sample_shape)
        rate = jnp.broadcast_to(jnp.exp(self.log_rate), shape)
        few = jax.random.poisson(key_few, jnp.minimum(not_denormal(rate), _MANY), shape).astype(rate.dtype)
        many = rate + jnp.sqrt(rate) * jax.random.normal(key_many, shape)
        jumps = jnp.where(rate < _MANY, few, many)
        gamma_shape = jnp.maximum(jumps, 1.0) * jnp.exp(self.log_a)
        log_size = jax.random.loggamma(key_size, gamma_shape, shape)
        log_scale = self.log_phi + self.log_b + self.b * self.log_mean
        return jnp.where(jumps > 0.0, jnp.exp(jnp.maximum(log_size + log_scale, -700.0)), 0.0)

    @property
    def mean(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._broadcast(jnp.exp(self.log_mean))

    @property
    def variance(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._broadcast(jnp.exp(self.log_phi + (1.0 + self.b) * self.log_mean))
