"""Parameters that are none, as the identity link of a positive mean can give."""

from __future__ import annotations

import jax.numpy as jnp
import numpyro.distributions as dist
from jax import Array
from numpyro.distributions import constraints

from bayesformula.compiler.likelihood.tails import log_mass


class Legal(dist.Distribution):
    """`base`, with probability 0 for every response where a parameter is illegal.

    `base` is made with harmless parameters there, so that its derivatives are finite. Such a row has no
    mean and no draw: both are NaN. A sampler never gets there; a prediction for new data can.
    """

    def __init__(self, base: dist.Distribution, is_legal: Array) -> None:
        self.base, self.is_legal = base, is_legal
        super().__init__(base.batch_shape, (), validate_args=False)

    @constraints.dependent_property
    def support(self) -> constraints.Constraint | None:  # pyright: ignore
        return self.base.support

    def log_prob(self, value: Array) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._or(self.base.log_prob(value), -jnp.inf)

    def log_mass(self, low: Array | None, high: Array | None, max_count: int) -> Array:
        """log P(low < Y <= high)."""
        return self._or(log_mass(self.base, low, high, max_count), -jnp.inf)

    def sample(self, key: Array | None, sample_shape: tuple[int, ...] = ()) -> Array:
        return self._or(self.base.sample(key, sample_shape), jnp.nan)

    @property
    def mean(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._or(self.base.mean, jnp.nan)

    @property
    def variance(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._or(self.base.variance, jnp.nan)

    def _or(self, values: object, otherwise: float) -> Array:
        out = jnp.asarray(values)
        return jnp.where(jnp.broadcast_to(self.is_legal, out.shape), out, otherwise)
