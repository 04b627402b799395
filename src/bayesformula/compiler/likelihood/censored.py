"""A response of which only bounds are known, in some rows."""

from __future__ import annotations

import jax.numpy as jnp
import numpyro.distributions as dist
from jax import Array
from numpyro.distributions import constraints

from bayesformula.compiler.leaves import Leaf
from bayesformula.compiler.likelihood.tails import log_mass

_HARMLESS = 0.5  # in the support of every family, or of finite density all the same


class Censored(dist.Distribution):
    """The likelihood of rows that are seen (0), at most y (-1), above y (1), or in (y, upper] (2).

    Draws and means are of the response itself: what would have been seen without censoring.

    Args:
        base: of the response.
        code: (n,), one of -1, 0, 1, 2.
        upper: (n,), read where the code is 2; None where none is.
        max_count: of whole numbers: no bound is greater.
    """

    def __init__(self, base: dist.Distribution, code: Leaf, upper: Leaf | None, max_count: int) -> None:
        self.base, self.max_count = base, max_count
        self.code = jnp.asarray(code)
        self.upper = None if upper is None else jnp.asarray(upper, float)
        super().__init__(base.batch_shape, validate_args=False)

    @constraints.dependent_property
    def support(self) -> constraints.Constraint | None:  # pyright: ignore
        return self.base.support

    def log_prob(self, value: Array) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        is_seen = self.code == 0
        low = jnp.where((self.code == 1) | (self.code == 2), value, -jnp.inf)
        high = jnp.where(self.code == -1, value, jnp.inf)
        if self.upper is not None:
            high = jnp.where(self.code == 2, self.upper, high)
        seen = self.base.log_prob(jnp.where(is_seen, value, _HARMLESS))
        return jnp.where(is_seen, seen, log_mass(self.base, low, high, self.max_count))

    def sample(self, key: Array | None, sample_shape: tuple[int, ...] = ()) -> Array:
        return self.base.sample(key, sample_shape)  # pyright: ignore[reportReturnType]

    @property
    def mean(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self.base.mean
