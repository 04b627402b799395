"""The log of the incomplete beta function, with derivatives in all three arguments, which JAX lacks."""

from __future__ import annotations

from typing import TypeAlias

import jax
import jax.numpy as jnp
from jax import Array

from bayesformula.compiler.elementary import log, log1p, log_sigmoid
from bayesformula.compiler.likelihood.distributions.gammas import log1m_exp, log_gamma_rest

_MOST = 2000  # steps of the continued fraction; it takes about the square root of the precision
_TINY = 1e-290

_State: TypeAlias = tuple[Array, Array, Array, Array, Array]


def _log_cdf(log_a: Array, log_b: Array, x: Array) -> Array:
    """log P(X <= x) of a beta variable with parameters a and b, for 0 < x < 1; precise in both tails."""
    log_a, log_b, x = jnp.broadcast_arrays(log_a, log_b, x)
    a, b = jnp.exp(log_a), jnp.exp(log_b)
    is_left = x * (a + b + 2.0) < a + 1.0  # where the continued fraction of the lower tail converges
    log_c, log_d = jnp.where(is_left, log_a, log_b), jnp.where(is_left, log_b, log_a)
    tail = _tail(log_c, log_d, jnp.where(is_left, x, 1.0 - x))
    return jnp.where(is_left, tail, log1m_exp(jnp.where(is_left, -1.0, tail)))


log_beta_cdf = jax.custom_jvp(_log_cdf)


@log_beta_cdf.defjvp
def _(primals: tuple[Array, Array, Array], tangents: tuple[Array, Array, Array]) -> tuple[Array, Array]:
    """The derivatives are carried along with the steps: nothing is stored for a pass backwards."""
    point = tuple(jnp.broadcast_arrays(*primals))

    def along(direction: Array) -> Array:
        rows = tuple(jnp.broadcast_to(part, point[0].shape) for part in direction)
        return jax.jvp(_log_cdf, point, rows)[1]

    slopes = jax.vmap(along)(jnp.eye(3, dtype=point[0].dtype))
    slope = slopes[0] * tangents[0] + slopes[1] * tangents[1] + slopes[2] * tangents[2]
    return log_beta_cdf(*primals), slope


def _tail(log_a: Array, log_b: Array, x: Array) -> Array:
    """log I_x(a, b) = a log x + b log(1-x) - log a - log B(a, b) - log(fraction), for x left of the mean.

    With s = a + b the powers are a log(x / (a/s)) + b log((1-x) / (b/s)): small where x is
    near the mean.
    """
    a, b = jnp.exp(log_a), jnp.exp(log_b)
    log_s = jnp.logaddexp(log_a, log_b)
    log_p, log_q = log_sigmoid(log_a - log_b), log_sigmoid(log_b - log_a)  # of a/s and b/s
    misfit = a * (log(x) - log_p) + b * (log1p(-x) - log_q)
    rest = log_gamma_rest(log_s) - log_gamma_rest(log_a) - log_gamma_rest(log_b)
    return misfit + rest - log_a - log(_fraction(a, b, x))


def _fraction(a: Array, b: Array, x: Array) -> Array:
    """The continued fraction 1 + d1/(1 + d2/(1 + ...)) by Lentz's method, two terms a step."""

    def term(c: Array, d: Array, value: Array, numerator: Array) -> tuple[Array, Array, Array]:
        d = 1.0 / _away(1.0 + numerator * d)
        c = _away(1.0 + numerator / c)
        return c, d, value * c * d

    def step(state: _State) -> _State:
        m, c, d, value, _ = state
        before = value
        even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m))
        c, d, value = term(c, d, value, even)
        odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0))
        c, d, value = term(c, d, value, odd)
        return m + 1.0, c, d, value, jnp.abs(value - before) > 1e-15 * jnp.abs(value)

    def goes_on(state: _State) -> Array:
        return (state[0] < 10.0) | ((state[0] < _MOST) & state[4].any())

    first = _away(1.0 - (a + b) * x / (a + 1.0))
    start = (jnp.ones(()), first, jnp.ones_like(x), first, jnp.ones(x.shape, bool))
    return jax.lax.while_loop(goes_on, step, start)[3]


def _away(x: Array) -> Array:
    return jnp.where(jnp.abs(x) < _TINY, _TINY, x)
