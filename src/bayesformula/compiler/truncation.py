"""A distribution above a bound; NumPyro truncates only those that have an inverse cdf of their own."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpyro.distributions as dist
from jax import Array
from numpyro.distributions import constraints

_STEPS = 100  # doublings, then halvings: to the last bit of a double


class Above(dist.Distribution):
    """`base` given that it is above `low`, renormalised; `base` must have a cdf and no event axes."""

    def __init__(self, base: dist.Distribution, low: float) -> None:
        self.base, self.low = base, low
        super().__init__(base.batch_shape, (), validate_args=False)

    @constraints.dependent_property
    def support(self) -> constraints.Constraint:  # pyright: ignore
        return constraints.greater_than(self.low)

    def log_prob(self, value: Array) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        return jnp.asarray(self.base.log_prob(value)) - jnp.log1p(-self.base.cdf(jnp.asarray(self.low)))

    def sample(self, key: Array | None, sample_shape: tuple[int, ...] = ()) -> Array:
        """By inverting the cdf: the bound is doubled until it is high enough, then bisected."""
        assert key is not None
        below = self.base.cdf(jnp.asarray(self.low))
        share = jax.random.uniform(key, (*sample_shape, *self.batch_shape))
        target = below + share * (1.0 - below)
        low = jnp.full(target.shape, self.low)

        def double(_: int, high: Array) -> Array:
            return jnp.where(self.base.cdf(high) < target, self.low + 2.0 * (high - self.low), high)

        def halve(_: int, ends: tuple[Array, Array]) -> tuple[Array, Array]:
            middle = 0.5 * (ends[0] + ends[1])
            is_low = self.base.cdf(middle) < target
            return jnp.where(is_low, middle, ends[0]), jnp.where(is_low, ends[1], middle)

        high = jax.lax.fori_loop(0, _STEPS, double, low + 1.0)
        low, high = jax.lax.fori_loop(0, _STEPS, halve, (low, high))
        return 0.5 * (low + high)
