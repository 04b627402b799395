"""How much of a prior lies below and above a number, in logs that neither under- nor overflow.

JAX's incomplete gamma and beta functions become 0 far out, where their leading terms are exact: a prior
may be truncated to where it has next to nothing, and what is left must still add up to 1. Only
values are needed, never derivatives: neither bounds nor numbers of priors are parameters.
"""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
from jax import Array
from jax.scipy import special

from bayesformula.compiler.normal_tail import log_ndtr

_LEAST = 1e-290  # below it an incomplete gamma or beta function has lost digits
_TERMS = 200  # of the series that stand in there, and levels of the continued fraction
_NARROW = 1e-3  # relative difference of two tails below which their difference has lost digits
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(10)


def log_tails(base: dist.Distribution, x: Array) -> tuple[Array, Array]:
    """log P(X < x) and log P(X > x), for `x` of the batch shape of `base`."""
    its: Any = base  # numpyro leaves the types of its arguments open
    match base:
        case dist.Normal():
            t = _standard(its, x)
            return log_ndtr(t), log_ndtr(-t)
        case dist.LogNormal():
            t = _standard(its, jnp.log(jnp.maximum(x, 0.0)))
            return log_ndtr(t), log_ndtr(-t)
        case dist.Logistic():
            t = _standard(its, x)
            return -jax.nn.softplus(-t), -jax.nn.softplus(t)
        case dist.Laplace():
            t = _standard(its, x)
            far = -jnp.abs(t) - math.log(2.0)
            near = jnp.log1p(-jnp.exp(far))
            return jnp.where(t < 0, far, near), jnp.where(t < 0, near, far)
        case dist.Cauchy():
            t = _standard(its, x)
            one = jnp.ones_like(t)
            return jnp.log(jnp.arctan2(one, -t) / math.pi), jnp.log(jnp.arctan2(one, t) / math.pi)
        case dist.StudentT():
            t = _standard(its, x)
            far = _log_student(its.df * jnp.ones_like(t), t)
            near = jnp.log1p(-jnp.exp(far))
            return jnp.where(t < 0, far, near), jnp.where(t < 0, near, far)
        case dist.Exponential():
            mean = jnp.asarray(its.rate * jnp.maximum(x, 0.0))
            return log1mexp(mean), -mean
        case dist.InverseGamma():
            below, above = _log_gamma(its.concentration, its.rate / jnp.maximum(x, 1e-300))
            return above, below
        case dist.Gamma():
            return _log_gamma(its.concentration, its.rate * jnp.maximum(x, 0.0))
        case dist.Beta():
            a, b = its.concentration1 * jnp.ones_like(x), its.concentration0 * jnp.ones_like(x)
            x = jnp.clip(x, 0.0, 1.0)
            both = _log_beta(jnp.stack([a, b]), jnp.stack([b, a]), jnp.stack([jnp.log(x), jnp.log1p(-x)]))
            return both[0], both[1]
    raise AssertionError(f"no tails of {type(base).__name__}")


def _standard(its: Any, x: Array) -> Array:
    return jnp.asarray((x - its.loc) / its.scale)


def log_mass(base: dist.Distribution, low: Array, high: Array) -> Array:
    """log P(low < X < high), from the two tails on the side of the median where the interval lies."""
    (below_low, below_high), (above_low, above_high) = jax.vmap(lambda x: log_tails(base, x))(
        jnp.stack([low, high])
    )
    is_upper = above_low < below_low
    larger = jnp.where(is_upper, above_low, below_high)
    gap = larger - jnp.where(is_upper, above_high, below_low)
    is_wide = gap > _NARROW  # also false for NaN
    return jnp.where(is_wide, larger + log1mexp(jnp.where(is_wide, gap, 1.0)), _quadrature(base, low, high))


def log1mexp(x: Array) -> Array:
    """log(1 - exp(-x)) for x >= 0."""
    return jnp.where(x < math.log(2.0), jnp.log(-jnp.expm1(-x)), jnp.log1p(-jnp.exp(-x)))


def _quadrature(base: dist.Distribution, low: Array, high: Array) -> Array:
    """log P(low < X < high) over an interval on which the density hardly changes."""
    half = 0.5 * (high - low)
    nodes = low[None] + half[None] * (1.0 + _NODES).reshape((-1,) + (1,) * low.ndim)
    values = jnp.asarray(jax.vmap(base.log_prob)(nodes))
    weights = np.log(_WEIGHTS).reshape((-1,) + (1,) * low.ndim)
    return jnp.log(half) + special.logsumexp(values + weights, axis=0)


def _log_gamma(a: Array, x: Array) -> tuple[Array, Array]:
    """Logs of the lower and upper regularised incomplete gamma functions."""
    a = a * jnp.ones_like(x)
    lower, upper = special.gammainc(a, x), special.gammaincc(a, x)
    leading = a * jnp.log(x) - x - special.gammaln(a)
    series = jnp.log(_hypergeometric(a + 1.0, jnp.zeros_like(a), x)) - jnp.log(a)
    fraction = jnp.zeros_like(x)
    for_far = jnp.maximum(x, a + 1.0)
    for n in range(20, 0, -1):  # far above a, where alone it is used, it converges at once
        fraction = n * (n - a) / (for_far + (2 * n + 1) - a - fraction)
    tail = -jnp.log(for_far + 1.0 - a - fraction)
    return (
        jnp.where(lower > _LEAST, jnp.log(lower), leading + series),
        jnp.where(upper > _LEAST, jnp.log(upper), leading + tail),
    )


def _log_student(df: Array, t: Array) -> Array:
    """log P(T > |t|) of the standard t: a beta in df / (df + t^2), or in what that leaves to 1."""
    log_ratio, half = 2.0 * jnp.log(jnp.abs(t)) - jnp.log(df), 0.5 * jnp.ones_like(t)
    log_x = jnp.stack([-jax.nn.softplus(log_ratio), -jax.nn.softplus(-log_ratio)])
    both = _log_beta(jnp.stack([0.5 * df, half]), jnp.stack([half, 0.5 * df]), log_x)
    outside, inside = both[0], both[1]
    return jnp.where(inside < -math.log(2.0), jnp.log1p(-jnp.exp(inside)), outside) - math.log(2.0)


def _log_beta(a: Array, b: Array, log_x: Array) -> Array:
    """Log of the regularised incomplete beta function at exp(log_x)."""
    x = jnp.exp(log_x)
    value = special.betainc(a, b, x)
    series = jnp.log(_hypergeometric(a + 1.0, a + b, x))
    leading = a * log_x + b * jnp.log1p(-x) - jnp.log(a) - special.betaln(a, b)
    return jnp.where(value > _LEAST, jnp.log(value), leading + series)


def _hypergeometric(c: Array, d: Array, x: Array) -> Array:
    """1 + (d)_1/(c)_1 x + (d)_2/(c)_2 x^2 + ..., with powers of x alone where d is 0."""

    def add(n: Array, sums: tuple[Array, Array]) -> tuple[Array, Array]:
        term = sums[0] * jnp.where(d == 0.0, 1.0, d + n) / (c + n) * x
        return term, sums[1] + term

    one = jnp.ones_like(x)
    return jax.lax.fori_loop(0, _TERMS, add, (one, one))[1]
