"""Student effects: normal given one scale a level, in a coordinate that hardly depends on the tails.

A t vector with df degrees of freedom is normal with its covariance divided by w ~ Gamma(df/2, df/2).
Sampled as it stands, w and df make a funnel: the larger df, the closer all w lie to 1. With c = df/2,
log w has nearly mean -1/(2c) and variance 1/c + 1/(2 c^2) (first terms of digamma and trigamma), so that

    x = (log w + 1/(2c)) / sqrt(1/c + 1/(2 c^2))

is nearly standard whatever df. The change of variables is exact for any centre and scale; that they are
approximate costs nothing but a little curvature.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpyro.distributions as dist
from jax import Array
from jax.scipy.special import gammaln
from numpyro.distributions import constraints


class LevelCoordinate(dist.Distribution):
    """The distribution of x, one for each of the levels; `half_df` is c, with batch shape ()."""

    support = constraints.real  # pyright: ignore

    def __init__(self, half_df: Array) -> None:
        self.half_df = half_df
        super().__init__(jnp.shape(half_df), (), validate_args=False)

    def log_prob(self, value: Array) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        c, (centre, scale) = self.half_df, _centre_and_scale(self.half_df)
        log_w = centre + scale * value
        return c * jnp.log(c) - gammaln(c) + c * (log_w - jnp.exp(log_w)) + jnp.log(scale)

    def sample(self, key: Array | None, sample_shape: tuple[int, ...] = ()) -> Array:
        centre, scale = _centre_and_scale(self.half_df)
        assert key is not None
        shape = (*sample_shape, *self.batch_shape)
        log_gamma = jax.random.loggamma(key, self.half_df, shape)
        return (log_gamma - jnp.log(self.half_df) - centre) / scale


def level_spread(x: Array, half_df: Array) -> Array:
    """What multiplies the normal effects of each level, w^(-1/2)."""
    centre, scale = _centre_and_scale(half_df)
    return jnp.exp(-0.5 * (centre + scale * x))


def _centre_and_scale(c: Array) -> tuple[Array, Array]:
    return -0.5 / c, jnp.sqrt(1.0 / c + 0.5 / c**2)
