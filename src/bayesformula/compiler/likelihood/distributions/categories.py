"""One of K categories, by their log probabilities; counts of n trials that fall into them."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpyro.distributions as dist
from jax import Array
from jax.scipy.special import gammaln
from numpyro.distributions import constraints


class Categories(dist.Distribution):
    """A response that is one of the codes 0, ..., K - 1, held as float64.

    `log_probs` is (n, K), each row normalised. What is no code has density 0.
    """

    support = constraints.nonnegative_integer  # pyright: ignore

    def __init__(self, log_probs: Array) -> None:
        self.log_probs = log_probs
        super().__init__(log_probs.shape[:-1], validate_args=False)

    @property
    def probs(self) -> Array:
        """(n, K) probabilities of the categories."""
        return jnp.exp(self.log_probs)

    @property
    def mean(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        """(n,) the expected code; of unordered categories it means nothing, use `probs`."""
        return self.probs @ jnp.arange(self.log_probs.shape[-1], dtype=self.log_probs.dtype)

    @property
    def variance(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        """(n,) the variance of the code."""
        codes = jnp.arange(self.log_probs.shape[-1], dtype=self.log_probs.dtype)
        apart = jnp.expand_dims(codes, tuple(range(self.mean.ndim))) - self.mean[..., None]
        return jnp.sum(self.probs * apart**2, axis=-1)

    def log_prob(self, value: Array) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        count = self.log_probs.shape[-1]
        codes = code_of(value, count)
        shape = (*jnp.broadcast_shapes(codes.shape, self.batch_shape), 1)
        each = jnp.broadcast_to(self.log_probs, (*shape[:-1], count))
        found = jnp.take_along_axis(each, jnp.broadcast_to(codes[..., None], shape), axis=-1)[..., 0]
        return jnp.where(is_code(value, count), found, -jnp.inf)

    def sample(self, key: Array | None, sample_shape: tuple[int, ...] = ()) -> Array:
        assert key is not None
        drawn = jax.random.categorical(key, self.log_probs, shape=sample_shape + self.batch_shape)
        return drawn.astype(self.log_probs.dtype)


class Counts(dist.Distribution):
    """How many of n trials fall into each of K categories: a multinomial, `log_probs` normalised.

    Draws go category by category, each binomial given those before it: `trials` need not be known when
    the program is compiled.
    """

    support = constraints.independent(constraints.nonnegative_integer, 1)  # pyright: ignore

    def __init__(self, log_probs: Array, trials: Array) -> None:
        self.log_probs, self.trials = log_probs, trials
        super().__init__(log_probs.shape[:-1], log_probs.shape[-1:], validate_args=False)

    @property
    def probs(self) -> Array:
        """(n, K) probabilities of the categories."""
        return jnp.exp(self.log_probs)

    @property
    def mean(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self.trials[..., None] * self.probs

    @property
    def variance(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self.mean * (1.0 - self.probs)

    def log_prob(self, value: Array) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        shape = jnp.broadcast_shapes(value.shape, self.log_probs.shape)
        log_probs = jnp.broadcast_to(self.log_probs, shape)
        ways = gammaln(self.trials + 1.0) - jnp.sum(gammaln(value + 1.0), axis=-1)
        return ways + jnp.sum(value * log_probs, axis=-1)

    def sample(self, key: Array | None, sample_shape: tuple[int, ...] = ()) -> Array:
        assert key is not None
        shape = sample_shape + self.batch_shape
        rest = jnp.broadcast_to(self.trials, shape)
        # log P(category k or a later one), from the last to the first
        later = jax.lax.cumlogsumexp(self.log_probs, axis=self.log_probs.ndim - 1, reverse=True)
        drawn: list[Array] = []
        for k, now in enumerate(jax.random.split(key, self.log_probs.shape[-1] - 1)):
            chance = jnp.exp(jnp.minimum(self.log_probs[..., k] - later[..., k], 0.0))
            drawn.append(jax.random.binomial(now, rest, jnp.broadcast_to(chance, shape)))
            rest = rest - drawn[-1]
        return jnp.stack([*drawn, rest], axis=-1)


def code_of(value: Array, count: int) -> Array:
    """A response as an index into `count` categories, held inside them."""
    return jnp.clip(value, 0, count - 1).astype(jnp.int32)


def is_code(value: Array, count: int) -> Array:
    """Whether a response is one of 0, ..., count - 1."""
    return (value >= 0) & (value <= count - 1) & (value == jnp.round(value))
