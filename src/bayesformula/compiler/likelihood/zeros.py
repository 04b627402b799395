"""More zeros than a family has, or zeros of their own: one mechanism around any family.

Zero-inflated counts are a mixture of zeros and counts, which may be zero too; behind a hurdle they are
above zero. A continuous response has no zeros of its own, and the two are one.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpyro.distributions as dist
from jax import Array
from numpyro.distributions import constraints

from bayesformula.compiler.likelihood.distributions.gammas import log1m_exp, log_add_exp
from bayesformula.compiler.likelihood.tails import log_mass
from bayesformula.compiler.likelihood.windows import draw

_ABOVE = 0.5  # in the support of every continuous family


class _WithZeros(dist.Distribution):
    """`base` with probability 1 - z, zero with probability z; given by log(z) and log(1 - z)."""

    def __init__(self, base: dist.Distribution, log_zero: Array, log_base: Array) -> None:
        self.base, self.log_zero, self.log_base = base, log_zero, log_base
        super().__init__(jnp.broadcast_shapes(base.batch_shape, log_zero.shape), validate_args=False)

    @constraints.dependent_property
    def support(self) -> constraints.Constraint:  # pyright: ignore
        return constraints.nonnegative_integer if self.base.is_discrete else constraints.nonnegative

    def _choose(self, key: Array, other: Array) -> Array:
        """Zeros with their probability, and `other` elsewhere."""
        share = jax.random.uniform(key, other.shape)
        is_zero = jnp.log(share) < jnp.broadcast_to(self.log_zero, other.shape)
        return jnp.where(is_zero, 0.0, other)

    def _add_zero(self, low: Array | None, high: Array | None, other: Array) -> Array:
        """log P(low < Y <= high), given that of what is not added."""
        has_zero = jnp.ones(self.batch_shape, bool)
        if low is not None:
            has_zero = has_zero & (low < 0.0)
        if high is not None:
            has_zero = has_zero & (high >= 0.0)
        zero = jnp.where(has_zero, self.log_zero, -jnp.inf)
        return log_add_exp(zero, self.log_base + other)

    def _kept_share(self) -> Array:
        """What the mean of `base` is multiplied with: the probability of `base`, or what of it is kept."""
        return jnp.exp(self.log_base)

    @property
    def mean(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._kept_share() * self.base.mean

    @property
    def variance(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        base = self.base
        return self._kept_share() * (base.variance + base.mean**2) - self.mean**2


class ZeroInflated(_WithZeros):
    """A response that is zero with probability zi, and otherwise one of `base`.

    Args:
        base: whole numbers, or above zero.
        log_zero: log(zi), (n,) or ().
        log_base: log(1 - zi).
    """

    def log_prob(self, value: Array) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        is_zero = value == 0.0
        if self.base.is_discrete:
            other = self.log_base + self.base.log_prob(value)
            return jnp.where(is_zero, log_add_exp(self.log_zero, other), other)
        other = self.log_base + self.base.log_prob(jnp.where(is_zero, _ABOVE, value))
        return jnp.where(is_zero, self.log_zero, other)

    def log_mass(self, low: Array | None, high: Array | None, max_count: int) -> Array:
        """log P(low < Y <= high)."""
        return self._add_zero(low, high, _positive_mass(self.base, low, high, max_count))

    def sample(self, key: Array | None, sample_shape: tuple[int, ...] = ()) -> Array:
        assert key is not None
        of_zero, of_base = jax.random.split(key)
        other = self.base.expand(self.batch_shape).sample(of_base, sample_shape)
        return self._choose(of_zero, jnp.asarray(other, float))


class Hurdle(_WithZeros):
    """A response that is zero with probability hu, and otherwise one of `base` that is above zero.

    Args:
        base: whole numbers, of which those above zero are kept, or above zero.
        log_zero: log(hu), (n,) or ().
        log_base: log(1 - hu).
    """

    def log_prob(self, value: Array) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        is_zero = value == 0.0
        above = 1.0 if self.base.is_discrete else _ABOVE
        other = self.base.log_prob(jnp.where(is_zero, above, value)) - self._log_positive()
        return jnp.where(is_zero, self.log_zero, self.log_base + other)

    def log_mass(self, low: Array | None, high: Array | None, max_count: int) -> Array:
        """log P(low < Y <= high)."""
        if not self.base.is_discrete:
            return self._add_zero(low, high, _positive_mass(self.base, low, high, max_count))
        low_base = jnp.zeros(self.batch_shape) if low is None else jnp.maximum(low, 0.0)
        other = log_mass(self.base, low_base, high, max_count) - self._log_positive()
        return self._add_zero(low, high, other)

    def sample(self, key: Array | None, sample_shape: tuple[int, ...] = ()) -> Array:
        assert key is not None
        of_zero, of_base = jax.random.split(key)
        base = self.base.expand(self.batch_shape)
        if self.base.is_discrete:
            other = draw(base, of_base, sample_shape, jnp.zeros(self.batch_shape), None, 0)
        else:
            other = base.sample(of_base, sample_shape)
        return self._choose(of_zero, jnp.asarray(other))

    def _kept_share(self) -> Array:
        return jnp.exp(self.log_base - self._log_positive())

    def _log_positive(self) -> Array:
        """log P(base > 0)."""
        if not self.base.is_discrete:
            return jnp.zeros(())
        if hasattr(self.base, "log_positive"):  # a base whose log P(0) has no digits left where it is near 0
            return self.base.log_positive()  # pyright: ignore
        return log1m_exp(jnp.asarray(self.base.log_prob(jnp.zeros(()))))


def _positive_mass(d: dist.Distribution, low: Array | None, high: Array | None, max_count: int) -> Array:
    """log P(low < Y <= high) where a continuous `d` is above zero, and may not be asked elsewhere."""
    if d.is_discrete:
        return log_mass(d, low, high, max_count)
    if low is not None:
        low = jnp.where(low > 0.0, low, -jnp.inf)
    if high is None:
        return log_mass(d, low, high, max_count)
    inside = log_mass(d, low, jnp.where(high > 0.0, high, _ABOVE), max_count)
    return jnp.where(high > 0.0, inside, -jnp.inf)
