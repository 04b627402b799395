"""Successes among trials, with the same chance or with chances that vary by a beta distribution."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array
from numpyro.distributions import constraints

from bayesformula.compiler.elementary import sigmoid
from bayesformula.compiler.likelihood.distributions.base import Rowwise, within
from bayesformula.compiler.likelihood.distributions.gammas import (
    capped,
    log1m_exp,
    log_choose,
    log_rising,
)
from bayesformula.compiler.links import Linked

_NODE = math.sqrt(0.6)
_LEAST = 1e-300  # a parameter of 0 would have no draws


class Bernoulli(Rowwise):
    """1 with probability `chance`, else 0."""

    support = constraints.boolean  # pyright: ignore

    def __init__(self, chance: Linked) -> None:
        self.chance = chance
        super().__init__(chance.eta)

    def log_prob(self, value: Array) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        return within((value == 0.0) | (value == 1.0), self.chance.log_where(value == 1.0))

    def sample(self, key: Array | None, sample_shape: tuple[int, ...] = ()) -> Array:
        assert key is not None
        share = jax.random.uniform(key, self._shape(sample_shape))
        return (share < jnp.broadcast_to(self.mean, share.shape)).astype(share.dtype)

    @property
    def mean(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        return jnp.exp(self.chance.log)

    @property
    def variance(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        return jnp.exp(self.chance.log + self.chance.log1m)


class Binomial(Rowwise):
    """Successes of `trials`, each with probability p; by log(p) and log(1 - p)."""

    support = constraints.nonnegative_integer  # pyright: ignore

    def __init__(self, trials: Array, log_p: Array, log_q: Array) -> None:
        self.trials, self.log_p, self.log_q = trials, log_p, log_q
        super().__init__(trials, log_p)

    def log_prob(self, value: Array) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        is_inside = (value >= 0.0) & (value <= self.trials)
        y = jnp.where(is_inside, value, 0.0)
        failures = self.trials - y
        return within(is_inside, y * self.log_p + failures * self.log_q + log_choose(self.trials, y))

    def sample(self, key: Array | None, sample_shape: tuple[int, ...] = ()) -> Array:
        assert key is not None
        return draw_binomial(
            key, self.trials, jnp.broadcast_to(jnp.exp(self.log_p), self._shape(sample_shape))
        )

    @property
    def mean(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self.trials * jnp.exp(self.log_p)

    @property
    def variance(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self.trials * jnp.exp(self.log_p + self.log_q)


class BetaBinomial(Rowwise):
    """Successes of `trials`, their chance beta with parameters p phi and (1 - p) phi."""

    support = constraints.nonnegative_integer  # pyright: ignore

    def __init__(self, trials: Array, log_p: Array, log_q: Array, log_phi: Array) -> None:
        self.trials, self.log_p, self.log_q, self.log_phi = trials, log_p, log_q, capped(log_phi)
        super().__init__(trials, log_p, log_phi)

    def log_prob(self, value: Array) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        is_inside = (value >= 0.0) & (value <= self.trials)
        y = jnp.where(is_inside, value, 0.0)
        some = log_rising(self.log_p + self.log_phi, y) + log_rising(
            self.log_q + self.log_phi, self.trials - y
        )
        return within(is_inside, some - log_rising(self.log_phi, self.trials) + log_choose(self.trials, y))

    def sample(self, key: Array | None, sample_shape: tuple[int, ...] = ()) -> Array:
        assert key is not None
        of_p, of_q, of_count = jax.random.split(key, 3)
        shape = self._shape(sample_shape)
        logs = [
            jax.random.loggamma(
                part, jnp.maximum(jnp.exp(self._broadcast(log_a + self.log_phi)), _LEAST), shape
            )
            for part, log_a in ((of_p, self.log_p), (of_q, self.log_q))
        ]
        return draw_binomial(of_count, self.trials, sigmoid(logs[0] - logs[1]))

    @property
    def mean(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self.trials * jnp.exp(self.log_p)

    @property
    def variance(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        phi = jnp.exp(self.log_phi)
        return self.trials * jnp.exp(self.log_p + self.log_q) * (1.0 + (self.trials - 1.0) / (1.0 + phi))

    def log_positive(self) -> Array:
        """log P(Y > 0), with all its digits where nearly every chance is nearly zero.

        log P(Y = 0) = f(log phi + log q) - f(log phi), where f(log s) = log(s (s+1) ... (s+n-1)); for small
        log q the difference is the integral of f', here by Gauss and Legendre's rule with three points.
        """
        is_near = self.log_q > -0.1
        near, far = jnp.where(is_near, self.log_q, -0.1), jnp.where(is_near, -0.1, self.log_q)

        def slope(log_s: Array) -> Array:
            one = jnp.ones_like(log_s)
            return jax.jvp(lambda at: log_rising(at, self.trials), (log_s,), (one,))[1]

        slopes = [slope(self._broadcast(self.log_phi + 0.5 * (1.0 + x) * near)) for x in (-_NODE, 0.0, _NODE)]
        by_slope = near * (5.0 * slopes[0] + 8.0 * slopes[1] + 5.0 * slopes[2]) / 18.0
        by_sums = log_rising(self.log_phi + far, self.trials) - log_rising(self.log_phi, self.trials)
        return log1m_exp(jnp.where(is_near, by_slope, by_sums))


def draw_binomial(key: Array, trials: Array, p: Array) -> Array:
    """Whole numbers as float64; of the smaller of p and 1 - p, as the sampler of JAX wants it."""
    is_common = p > 0.5
    trials = jnp.broadcast_to(trials, p.shape)
    rare = jax.random.binomial(key, trials, jnp.where(is_common, 1.0 - p, p), dtype=p.dtype)
    return jnp.where(is_common, trials - rare, rare)
