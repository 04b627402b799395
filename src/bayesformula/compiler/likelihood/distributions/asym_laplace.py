"""The asymmetric Laplace distribution of quantile regression."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array
from numpyro.distributions import constraints

from bayesformula.compiler.elementary import log, log1p
from bayesformula.compiler.likelihood.distributions.base import Rowwise


class AsymLaplace(Rowwise):
    """Density q (1 - q)/scale exp(-z (q - [z < 0])) at z = (y - loc)/scale: P(Y <= loc) = q.

    Args:
        log_q, log1m_q: logarithms of the quantile and of one minus it, so that neither rounds to 0.
    """

    support = constraints.real  # pyright: ignore

    def __init__(self, loc: Array, scale: Array, log_q: Array, log1m_q: Array) -> None:
        self.loc, self.scale, self.log_q, self.log1m_q = loc, scale, log_q, log1m_q
        super().__init__(loc, scale, log_q)

    def log_prob(self, value: Array) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        z = (value - self.loc) / self.scale
        return self.log_q + self.log1m_q - log(self.scale) - self.cost(z)

    def cost(self, z: Array) -> Array:
        """The tilted absolute value: q z above, (1 - q) |z| below."""
        return jnp.where(z < 0.0, -jnp.exp(self.log1m_q), jnp.exp(self.log_q)) * z

    def log_cdf(self, value: Array) -> Array:
        """log P(Y <= value)."""
        return _log_tail((value - self.loc) / self.scale, self.log_q, self.log1m_q)

    def log_sf(self, value: Array) -> Array:
        """log P(Y > value)."""
        return _log_tail((self.loc - value) / self.scale, self.log1m_q, self.log_q)

    def sample(self, key: Array | None, sample_shape: tuple[int, ...] = ()) -> Array:
        """A difference of two exponential variables of means 1/q and 1/(1 - q)."""
        assert key is not None
        up, down = jax.random.exponential(key, (2, *self._shape(sample_shape)))
        return self.loc + self.scale * (up * _inverse(self.log_q) - down * _inverse(self.log1m_q))

    @property
    def mean(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._broadcast(self.loc + self.scale * (_inverse(self.log_q) - _inverse(self.log1m_q)))

    @property
    def variance(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._broadcast(self.scale**2 * (_inverse(self.log_q) ** 2 + _inverse(self.log1m_q) ** 2))


def _inverse(log_q: Array) -> Array:
    return jnp.exp(-jnp.maximum(log_q, -230.0))


def _log_tail(z: Array, log_q: Array, log1m_q: Array) -> Array:
    """log P(Z <= z): log q + (1 - q) z below 0; above, one minus the other tail as a sum of two parts."""
    is_below = z < 0.0
    below, above = jnp.where(is_below, z, -1.0), jnp.where(is_below, 1.0, z)
    fall = jnp.exp(log_q) * above
    other = jnp.exp(log1m_q - fall)
    is_most = other < 0.5
    most = log1p(-jnp.where(is_most, other, 0.5))
    upper = jnp.where(is_most, most, log(jnp.exp(log_q - fall) - jnp.expm1(-fall)))
    return jnp.where(is_below, log_q + jnp.exp(log1m_q) * below, upper)
