"""A distribution between bounds that are data; NumPyro truncates only those with an inverse cdf."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike
from numpyro import distributions as dist
from numpyro.distributions import constraints

from bayesformula.compiler.tail_masses import log_mass, log_tails

_HALVINGS = 70  # of the log of the distance to a bound: from 1e-300 to 1e300, to the last bits of a double
_WIDEST = 700.0


class Truncated(dist.Distribution):
    """`base` given that it lies between `low` and `high`, renormalised; None is no bound.

    `base` has no event axes and is one of those whose tails `tail_masses.log_tails` knows.
    """

    pytree_data_fields = ("base", "low", "high")

    def __init__(
        self, base: dist.Distribution, low: ArrayLike | None = None, high: ArrayLike | None = None
    ) -> None:
        self.base = base
        shape = base.batch_shape
        self.low = None if low is None else jnp.broadcast_to(jnp.asarray(low), shape)
        self.high = None if high is None else jnp.broadcast_to(jnp.asarray(high), shape)
        super().__init__(shape, (), validate_args=False)

    @constraints.dependent_property(is_discrete=False, event_dim=0)  # pyright: ignore[reportArgumentType]
    def support(self) -> constraints.Constraint:  # pyright: ignore
        if self.low is not None and self.high is not None:
            return constraints.interval(self.low, self.high)
        if self.low is not None:
            return constraints.greater_than(self.low)
        assert self.high is not None
        return constraints.less_than(self.high)

    def log_prob(self, value: Array) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        inside = jax.lax.stop_gradient(self._log_mass(self.low, self.high))
        return jnp.asarray(self.base.log_prob(value)) - inside

    def sample(self, key: Array | None, sample_shape: tuple[int, ...] = ()) -> Array:
        """By inverting the cdf, also where no double tells it from 0 or 1."""
        assert key is not None
        share = jax.random.uniform(key, (*sample_shape, *self.batch_shape), minval=1e-300)
        flat = share.reshape(-1, *self.batch_shape)
        return jax.vmap(self._quantile)(flat).reshape(share.shape)

    def _log_mass(self, low: Array | None, high: Array | None) -> Array:
        if low is not None and high is not None:
            return log_mass(self.base, low, high)
        if low is not None:
            return log_tails(self.base, low)[1]
        assert high is not None
        return log_tails(self.base, high)[0]

    def _quantile(self, share: Array) -> Array:
        """Where the mass between there and the bound (the lower one of two) is `share` of the whole."""
        target = jnp.log(share) + self._log_mass(self.low, self.high)
        is_upper = self.low is None
        bound = self.high if is_upper else self.low
        assert bound is not None
        widest = jnp.full(share.shape, _WIDEST)
        if self.low is not None and self.high is not None:
            widest = jnp.log(self.high - self.low)

        def halve(_: int, ends: tuple[Array, Array]) -> tuple[Array, Array]:
            middle = 0.5 * (ends[0] + ends[1])
            if is_upper:
                mass = log_mass(self.base, bound - jnp.exp(middle), bound)
            else:
                mass = log_mass(self.base, bound, bound + jnp.exp(middle))
            is_short = mass < target
            return jnp.where(is_short, middle, ends[0]), jnp.where(is_short, ends[1], middle)

        ends = jax.lax.fori_loop(0, _HALVINGS, halve, (jnp.full(share.shape, -_WIDEST), widest))
        distance = jnp.exp(0.5 * (ends[0] + ends[1]))
        return bound - distance if is_upper else bound + distance
