"""Beta distributions by mean and precision: between 0 and 1, with zeros and ones, with cutpoints."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array
from numpyro.distributions import constraints

from bayesformula.compiler.elementary import log, log1p, log_sigmoid, sigmoid
from bayesformula.compiler.likelihood.distributions.base import Rowwise, within
from bayesformula.compiler.likelihood.distributions.beta_tails import log_beta_cdf
from bayesformula.compiler.likelihood.distributions.gammas import capped, log1m_exp, log_gamma_rest

_LEAST = 1e-300  # a parameter of 0 would have no draws


class Beta(Rowwise):
    """Mean p, precision phi: parameters a = p phi and b = (1 - p) phi.

    log f = a (log y - log p) + b (log(1-y) - log(1-p)) - log y - log(1-y) + r(phi) - r(a) - r(b), where r is
    `log_gamma_rest`: nothing of the size of phi is left to cancel but the misfit itself.
    """

    support = constraints.unit_interval  # pyright: ignore

    def __init__(self, log_p: Array, log_q: Array, log_phi: Array) -> None:
        self.log_p, self.log_q, self.log_phi = log_p, log_q, capped(log_phi)
        super().__init__(log_p, log_phi)

    @property
    def _logs(self) -> tuple[Array, Array]:
        """log a and log b."""
        return self.log_p + self.log_phi, self.log_q + self.log_phi

    def log_prob(self, value: Array) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        is_inside = (value > 0.0) & (value < 1.0)
        y = jnp.where(is_inside, value, 0.5)
        log_y, log1m_y = log(y), log1p(-y)
        log_a, log_b = self._logs
        misfit = jnp.exp(log_a) * (log_y - self.log_p) + jnp.exp(log_b) * (log1m_y - self.log_q)
        rest = log_gamma_rest(self.log_phi) - log_gamma_rest(log_a) - log_gamma_rest(log_b)
        return within(is_inside, misfit + rest - log_y - log1m_y)

    def log_cdf(self, value: Array) -> Array:
        """log P(Y <= value)."""
        is_inside = (value > 0.0) & (value < 1.0)
        inside = log_beta_cdf(*self._logs, jnp.where(is_inside, value, 0.5))
        return jnp.where(is_inside, inside, jnp.where(value <= 0.0, -jnp.inf, 0.0))

    def log_sf(self, value: Array) -> Array:
        """log P(Y > value)."""
        is_inside = (value > 0.0) & (value < 1.0)
        inside = log_beta_cdf(*self._logs[::-1], 1.0 - jnp.where(is_inside, value, 0.5))
        return jnp.where(is_inside, inside, jnp.where(value <= 0.0, 0.0, -jnp.inf))

    def sample(self, key: Array | None, sample_shape: tuple[int, ...] = ()) -> Array:
        """Through the logs of gamma variables, as small ones underflow; never exactly 0 or 1."""
        assert key is not None
        shape = self._shape(sample_shape)
        log_x, log_z = (
            jax.random.loggamma(part, jnp.maximum(jnp.exp(self._broadcast(log_a)), _LEAST), shape)
            for part, log_a in zip(jax.random.split(key), self._logs, strict=True)
        )
        return jnp.clip(sigmoid(log_x - log_z), _LEAST, 1.0 - 1e-16)

    @property
    def mean(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._broadcast(jnp.exp(self.log_p))

    @property
    def variance(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._broadcast(jnp.exp(self.log_p + self.log_q) / (1.0 + jnp.exp(self.log_phi)))


class BetaWithEnds(Rowwise):
    """0, 1, or a beta variable between, by the logs of the three probabilities."""

    support = constraints.unit_interval  # pyright: ignore

    def __init__(self, log_zero: Array, log_one: Array, log_between: Array, beta: Beta) -> None:
        self.log_zero, self.log_one, self.log_between, self.beta = log_zero, log_one, log_between, beta
        super().__init__(log_zero, log_one, log_between, jnp.empty(beta.batch_shape))

    def log_prob(self, value: Array) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        is_between = (value > 0.0) & (value < 1.0)
        between = self.log_between + self.beta.log_prob(jnp.where(is_between, value, 0.5))
        end = jnp.where(value == 0.0, self.log_zero, self.log_one)
        return within((value >= 0.0) & (value <= 1.0), jnp.where(is_between, between, end))

    def sample(self, key: Array | None, sample_shape: tuple[int, ...] = ()) -> Array:
        assert key is not None
        of_end, of_beta = jax.random.split(key)
        shape = self._shape(sample_shape)
        share = jax.random.uniform(of_end, shape)
        between = jnp.broadcast_to(self.beta.expand(self.batch_shape).sample(of_beta, sample_shape), shape)
        zero, one = (jnp.broadcast_to(jnp.exp(log_p), shape) for log_p in (self.log_zero, self.log_one))
        return jnp.where(share < zero, 0.0, jnp.where(share > 1.0 - one, 1.0, between))

    @property
    def mean(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._broadcast(jnp.exp(self.log_one) + jnp.exp(self.log_between) * self.beta.mean)

    @property
    def variance(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        square = jnp.exp(self.log_between) * (self.beta.variance + self.beta.mean**2)
        return jnp.exp(self.log_one) + square - self.mean**2


def cut(score: Array, first: Array, log_gap: Array) -> tuple[Array, Array, Array]:
    """Log probabilities of 0, 1 and between of a score with two cutpoints, on the logit scale.

    F(s - c) - F(s - c - g) = F(s - c) F(c + g - s) (1 - exp(-g)): no difference of two probabilities.
    """
    gap = jnp.exp(capped(log_gap))
    from_first, from_second = score - first, score - first - gap
    is_narrow = log_gap < -20.0
    log_width = jnp.where(is_narrow, log_gap, log1m_exp(jnp.where(is_narrow, -1.0, -gap)))
    zero, one = log_sigmoid(-from_first), log_sigmoid(from_second)
    between = log_sigmoid(from_first) + log_sigmoid(-from_second) + log_width
    return zero, one, between
