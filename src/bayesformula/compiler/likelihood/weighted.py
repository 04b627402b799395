"""Likelihood weights around any response distribution."""

from __future__ import annotations

import numpyro.distributions as dist
from jax import Array
from numpyro.distributions import constraints


class Weighted(dist.Distribution):
    """Each row's log density times its weight; a row of weight zero is not there.

    NumPyro's `scale` handler refuses zeros, which K-fold and prior-only runs need. Draws ignore the
    weights: they describe a likelihood, not a way to generate data.
    """

    def __init__(self, base: dist.Distribution, weights: Array) -> None:
        self.base, self.weights = base, weights
        super().__init__(base.batch_shape, base.event_shape, validate_args=False)

    @constraints.dependent_property
    def support(self) -> constraints.Constraint | None:  # pyright: ignore
        return self.base.support

    def log_prob(self, value: Array) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self.weights * self.base.log_prob(value)

    def sample(self, key: Array | None, sample_shape: tuple[int, ...] = ()) -> Array:
        return self.base.sample(key, sample_shape)  # pyright: ignore[reportReturnType]
