"""Ordered categories cut out of a latent variable by ordered thresholds."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpyro.distributions as dist
from jax import Array
from numpyro.distributions import constraints

from bayesformula.compiler.likelihood.distributions.categories import Categories, code_of, is_code
from bayesformula.compiler.links import Linked


class Cumulative(dist.Distribution):
    """P(Y <= k) = F(disc * (threshold_k - eta)), F the inverse of `link`; codes 0, ..., K - 1.

    The density of a row looks at its two thresholds only, whatever K is. Where thresholds are out of
    order a category between them has density 0.
    """

    support = constraints.nonnegative_integer  # pyright: ignore

    def __init__(self, eta: Array, thresholds: Array, disc: Array, link: str) -> None:
        self.eta, self.thresholds, self.disc, self.link = eta, thresholds, disc, link
        super().__init__(jnp.broadcast_shapes(eta.shape, disc.shape), validate_args=False)

    @property
    def categories(self) -> Categories:
        """The same distribution with all K log probabilities formed."""
        count = self.thresholds.shape[-1] + 1
        codes = jnp.arange(count, dtype=self.eta.dtype)
        each = [self.log_prob(jnp.broadcast_to(codes[k], self.batch_shape)) for k in range(count)]
        return Categories(jnp.stack(each, axis=-1))

    @property
    def probs(self) -> Array:
        """(n, K) probabilities of the categories."""
        return self.categories.probs

    @property
    def mean(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        """(n,) the expected code."""
        return self.categories.mean

    @property
    def variance(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self.categories.variance

    def log_prob(self, value: Array) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        last = self.thresholds.shape[-1]
        code = code_of(value, last + 1)
        is_first, is_last = code == 0, code == last
        below = self.thresholds[jnp.maximum(code - 1, 0)]
        above = self.thresholds[jnp.minimum(code, last - 1)]
        lower, upper = self.disc * (below - self.eta), self.disc * (above - self.eta)
        # not upper - lower, which has lost its digits where eta is far away
        width = self.disc * (above - below)
        inner = ~(is_first | is_last)
        legal = is_code(value, last + 1) & (~inner | (width > 0.0))
        between = log_between(self.link, lower, upper, jnp.where(inner & legal, width, 1.0))
        ends = jnp.where(is_first, Linked(upper, self.link).log, Linked(lower, self.link).log1m)
        return jnp.where(legal, jnp.where(inner, between, ends), -jnp.inf)

    def sample(self, key: Array | None, sample_shape: tuple[int, ...] = ()) -> Array:
        return self.categories.sample(key, sample_shape)


def log_between(link: str, lower: Array, upper: Array, width: Array) -> Array:
    """log(F(upper) - F(lower)) with `upper` = `lower` + `width`, `width` > 0, to full relative precision.

    No difference of two rounded probabilities is formed: far in a tail both round to 0 or to 1.
    """
    gap = Linked(-width, "log").log1m  # log(1 - exp(-width))
    match link:
        case "logit":
            # F(b) - F(a) = F(b) (1 - F(a)) (1 - exp(a - b))
            return jax.nn.log_sigmoid(upper) + jax.nn.log_sigmoid(-lower) + gap
        case "cloglog":
            # exp(-e^a) - exp(-e^b) = exp(-e^a) (1 - exp(-(e^b - e^a))), with log(e^b - e^a) = b + gap
            return Linked(lower, link).log1m + Linked(upper + gap, link).log
        case "probit":
            # in the lower tail, where the larger of the two is far from 1
            flip = lower + upper > 0.0
            near, far = jnp.where(flip, -lower, upper), jnp.where(flip, -upper, lower)
            log_near = Linked(near, link).log
            return log_near + Linked(Linked(far, link).log - log_near, "log").log1m
        case "cauchit":
            # atan(b) - atan(a) as one angle
            return jnp.log(jnp.arctan2(width, 1.0 + lower * upper) * (1.0 / math.pi))
        case _:
            raise ValueError(f"cumulative has no link {link!r}")
