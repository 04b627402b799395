"""Ordered categories cut out of a latent variable by ordered thresholds."""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpyro.distributions as dist
from jax import Array
from numpyro.distributions import constraints

from bayesformula.compiler.elementary import log, log_sigmoid, softplus
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
        inner = ~(is_first | is_last)
        below, above = jnp.maximum(code - 1, 0), jnp.minimum(code, last - 1)
        lower = self.disc * (self.thresholds[below] - self.eta)
        upper = self.disc * (self.thresholds[above] - self.eta)
        # not upper - lower, which has lost its digits where eta is far away
        steps = jnp.diff(self.thresholds, append=self.thresholds[-1:])
        width = self.disc * steps[below]
        if self.disc.ndim == 0:  # one gap for each category, not for each row
            gap = _gap(jnp.where(steps > 0.0, self.disc * steps, 1.0))[below]
        else:
            gap = _gap(jnp.where(inner & (width > 0.0), width, 1.0))
        legal = is_code(value, last + 1) & (~inner | (width > 0.0))
        if self.link == "logit":
            # F(b) - F(a) = F(b) (1 - F(a)) (1 - exp(a - b))
            first, second = log_sigmoid(upper), -softplus(lower)
            found = jnp.where(is_last, 0.0, first) + jnp.where(is_first, 0.0, second)
            found = found + jnp.where(inner, gap, 0.0)
        else:
            between = _log_between(self.link, lower, upper, jnp.where(inner & legal, width, 1.0), gap)
            end = Linked(jnp.where(is_first, upper, lower), self.link).log_where(is_first)
            found = jnp.where(inner, between, end)
        return jnp.where(legal, found, -jnp.inf)

    def sample(self, key: Array | None, sample_shape: tuple[int, ...] = ()) -> Array:
        return self.categories.sample(key, sample_shape)


def _gap(width: Array) -> Array:
    """log(1 - exp(-width))."""
    return Linked(-width, "log").log1m


def _log_between(link: str, lower: Array, upper: Array, width: Array, gap: Array) -> Array:
    """log(F(upper) - F(lower)) with `upper` = `lower` + `width`, `width` > 0, to full relative precision.

    No difference of two rounded probabilities is formed: far in a tail both round to 0 or to 1.
    """
    match link:
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
            return log(jnp.arctan2(width, 1.0 + lower * upper) * (1.0 / math.pi))
        case _:
            raise ValueError(f"cumulative has no link {link!r}")
