"""What is left of gamma functions when their large parts have cancelled on paper.

lgamma(10^8 + y) - lgamma(10^8) loses eight digits as it stands. All counts and proportions here are written
with `log_gamma_rest`, which is small wherever its argument is large, and with logarithms of their
parameters, so that a shape of e^700 or e^-700 is as good as any.
"""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np
from jax import Array

from bayesformula.compiler.elementary import log, log1p, softplus

_SHIFT = 8  # Stirling's series has 16 digits from there on
_LARGEST = 700.0  # exp(700) = 1e304
_SERIES = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400)

_LOG_FACTORIALS = np.array([math.log(math.factorial(k)) for k in range(256)])


def capped(log_x: Array) -> Array:
    """A logarithm whose exponential is finite: beyond e^700 every limit has been reached long ago."""
    return jnp.minimum(log_x, _LARGEST)


def log_gamma_rest(log_x: Array) -> Array:
    """lgamma(x) - x log x + x, given log x of at most 700; about log(2 pi / x) / 2 for large x.

    With z = x + 8 Stirling's series gives lgamma(z), and lgamma(x) is that less log(x (x+1) ... (x+7)).
    """
    x = jnp.exp(log_x)
    z = x + _SHIFT
    inverse = 1.0 / z
    square = inverse * inverse
    series = jnp.full_like(z, _SERIES[-1])
    for coefficient in _SERIES[-2::-1]:
        series = series * square + coefficient
    product = jnp.ones_like(z)
    for j in range(1, _SHIFT):
        product = product * (1.0 - (_SHIFT - j) * inverse)  # (x + j) / z
    ratio = softplus(math.log(_SHIFT) - log_x)  # log(z / x)
    constant = 0.5 * math.log(2.0 * math.pi) - _SHIFT
    return (x + 1.0) * ratio - 0.5 * log(z) - log(product) + series * inverse + constant


def log_rising(log_s: Array, y: Array) -> Array:
    """lgamma(s + y) - lgamma(s), the log of s (s+1) ... (s+y-1), for whole y >= 0; exactly 0 at y = 0."""
    log_s = capped(log_s)
    s = jnp.exp(log_s)
    is_some = y > 0.0
    some = jnp.where(is_some, y, 1.0)
    log_sum = log(s + some)
    rest = log_gamma_rest(log_sum) - log_gamma_rest(log_s)
    # s log(1 + y/s) vanishes with s; the floor keeps y/s from overflowing
    growth = some * (log_sum - 1.0) + s * log1p(some / jnp.maximum(s, 1e-100))
    return jnp.where(is_some, rest + growth, 0.0)


def log_factorial(y: Array) -> Array:
    """log y! of whole y >= 0: out of a table below 256, by Stirling's series from there on.

    It depends on data only and is computed all the same in every step, so it is kept cheap: a third of
    the time of lgamma, which was most of a Poisson density.
    """
    is_small = y < len(_LOG_FACTORIALS)
    listed = jnp.asarray(_LOG_FACTORIALS, y.dtype)[jnp.where(is_small, y, 0.0).astype(int)]
    z = jnp.where(is_small, 256.0, y) + 1.0
    inverse = 1.0 / z
    stirling = (z - 0.5) * jnp.log(z) - z + 0.5 * math.log(2.0 * math.pi)
    return jnp.where(is_small, listed, stirling + inverse * (1 / 12 - inverse * inverse / 360))


def log_choose(n: Array, y: Array) -> Array:
    """log of n over y, for 0 <= y <= n."""
    return log_factorial(n) - log_factorial(y) - log_factorial(n - y)


def log1m_exp(x: Array) -> Array:
    """log(1 - exp(x)) for x < 0; x is held below 0, and the result above log(1e-300)."""
    x = jnp.minimum(x, -1e-300)
    is_near = x > -math.log(2.0)
    near = log(-jnp.expm1(jnp.where(is_near, x, -1.0)))
    far = log1p(-jnp.exp(jnp.where(is_near, -1.0, x)))
    return jnp.where(is_near, near, far)


def log_sub_exp(a: Array, b: Array) -> Array:
    """log(exp(a) - exp(b)) for a >= b, -inf where they are equal; finite derivatives wherever a is finite."""
    is_more = (a > b) & (a > -jnp.inf)
    finite_a = jnp.where(is_more, a, 0.0)
    gap = jnp.where(is_more & (b > -jnp.inf), b, finite_a - 1e3) - finite_a
    return jnp.where(is_more, finite_a + log1m_exp(gap), -jnp.inf)


def log_add_exp(a: Array, b: Array) -> Array:
    """log(exp(a) + exp(b)); unlike NumPy's, with derivatives that are finite where either is -inf."""
    a, b = jnp.broadcast_arrays(a, b)
    is_a, is_b = a > -jnp.inf, b > -jnp.inf
    finite_a, finite_b = jnp.where(is_a, a, 0.0), jnp.where(is_b, b, 0.0)
    both = jnp.logaddexp(finite_a, finite_b)
    return jnp.where(is_a & is_b, both, jnp.where(is_a, a, b))
