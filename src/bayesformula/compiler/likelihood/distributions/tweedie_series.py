"""The series of the Tweedie density at its own mean, as a function of two numbers.

    S(t, a) = sum over j = 1, 2, ... of exp(-r(a j) - r(j) - log j - (1 + a) j excess(log(t/j)))

with excess(u) = exp(u) - 1 - u and r(x) = lgamma(x) - x log x + x. The exponent has its maximum near
j = t and falls off as a Poisson log density of mean m = (1 + a) t does, in units of 1/(1 + a).

* m < 80: the first 172 terms are a polynomial in t^(1 + a); all others are below 1e-15 of the sum.
* m >= 80: only a window around t counts. Where the bump is wider than 1.4 (s = sqrt(t/(1 + a))), the sum
  over whole j equals the integral over j (Poisson summation: the difference is exp(-2 pi^2 s^2)), and
  for the same reason the integral equals a sum in steps of s/1.4: 26 nodes do for any width.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import jax
import jax.numpy as jnp
from jax import Array

from bayesformula.compiler.elementary import log, log1p
from bayesformula.compiler.likelihood.distributions.gammas import log_gamma_rest
from bayesformula.compiler.likelihood.distributions.small_differences import exp_excess

_FEW = 80.0
_FIRST = 172
_NODES = 26
_REACH = 18.0  # widths that the nodes cover
_SKEW = 10.0  # by how much the upper tail is the longer one
_Three: TypeAlias = tuple[Array, Array, Array]
_STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360)


def log_series(log_t: Array, log_a: Array) -> Array:
    """log S(t, a), with derivatives in both; log_a is () or of the shape of log_t."""
    log_mean = log_t + jnp.logaddexp(log_a, 0.0)
    is_few = log_mean < math.log(_FEW)
    few = _polynomial(jnp.where(is_few, log_t, 0.0), log_a)

    def add_windows() -> Array:
        wide = jnp.broadcast_to(log_a, log_t.shape)
        return jnp.where(is_few, few, _window(jnp.where(is_few, math.log(_FEW), log_t), wide))

    return jax.lax.cond(jnp.all(is_few), lambda: few, add_windows)  # a window costs fifty polynomials


def _polynomial(log_t: Array, log_a: Array) -> Array:
    """The first terms, c_1 w (1 + c_2/c_1 w + ...) with w = t^(1 + a), times exp(-(1 + a) t)."""
    one_plus_a = 1.0 + jnp.exp(log_a)
    first = one_plus_a - log_gamma_rest(_capped(log_a)) - log_gamma_rest(jnp.zeros_like(log_a))
    log_w = one_plus_a * log_t
    return first + log_w - one_plus_a * jnp.exp(log_t) + _log_tail(jnp.minimum(log_w, 30.0), log_a)


@jax.custom_jvp
def _log_tail(log_w: Array, log_a: Array) -> Array:
    """log(1 + sum over j > 1 of c_j/c_1 w^(j - 1))."""
    w = jnp.exp(log_w)

    def step(total: Array, c: Array) -> tuple[Array, None]:
        return (total + c) * w, None

    return log1p(jax.lax.scan(step, jnp.zeros_like(w), _coefficients(log_a))[0])


@_log_tail.defjvp
def _(primals: tuple[Array, Array], tangents: tuple[Array, Array]) -> tuple[Array, Array]:
    """Sum and both derivatives in one pass, as reverse mode would store every partial sum."""
    log_w, log_a = primals
    w = jnp.exp(log_w)
    c, c_slope = jax.jvp(_coefficients, (log_a,), (jnp.ones_like(log_a),))

    def step(totals: _Three, c: tuple[Array, Array]) -> tuple[_Three, None]:
        total, in_w, in_a = totals
        return ((total + c[0]) * w, (in_w + total + c[0]) * w, (in_a + c[1]) * w), None

    zero = jnp.zeros_like(w)
    (total, in_w, in_a), _ = jax.lax.scan(step, (zero, zero, zero), (c, c_slope))
    d_log_w, d_log_a = tangents
    return log1p(total), (in_w * d_log_w + in_a * d_log_a) / (1.0 + total)


def _coefficients(log_a: Array) -> Array:
    """c_j/c_1 for j from _FIRST down to 2, along a new first axis."""
    j = jnp.arange(_FIRST, 0, -1, dtype=log_a.dtype).reshape((_FIRST,) + (1,) * log_a.ndim)
    log_j = log(j)
    log_a = log_a[None]
    rest = log_gamma_rest(_capped(log_a + log_j)) + log_gamma_rest(log_j) + log_j
    log_c = (1.0 + jnp.exp(log_a)) * (j - j * log_j) - rest
    return jnp.exp(log_c - log_c[-1:])[:-1]


@jax.custom_jvp
def _window(log_t: Array, log_a: Array) -> Array:
    """The sum around its largest term, at whole j while the bump is narrow, else in equal steps."""
    log_step, away = _nodes(log_t, log_a)
    return jax.nn.logsumexp(_exponents(log_t, log_a, away), axis=-1) + log_step


@_window.defjvp
def _(primals: tuple[Array, Array], tangents: tuple[Array, Array]) -> tuple[Array, Array]:
    """Means over the nodes, in one pass: reverse mode through every node took ten times as long."""
    log_t, log_a = primals
    log_step, away = _nodes(log_t, log_a)
    exponents = _exponents(log_t, log_a, away)
    total = jax.nn.logsumexp(exponents, axis=-1)
    shares = jnp.exp(exponents - total[..., None])
    a, log_ratio = jnp.exp(log_a)[..., None], log1p(away)
    j = jnp.exp(log_t)[..., None] * (1.0 + away)
    log_x = _capped(jnp.broadcast_to(log_a[..., None] + log_t[..., None] + log_ratio, j.shape))
    _, rest_slope = jax.jvp(_rest, (log_x,), (jnp.ones_like(log_x),))
    in_t = jnp.sum(shares * (1.0 + a) * j * -jnp.expm1(-log_ratio), axis=-1)
    in_a = jnp.sum(shares * (-rest_slope - a * j * exp_excess(-log_ratio)), axis=-1)
    return total + log_step, in_t * tangents[0] + in_a * tangents[1]


def _nodes(log_t: Array, log_a: Array) -> tuple[Array, Array]:
    """log of the step, and (j - t)/t of every j, which is not formed as a difference; -1 of no j."""
    t, one_plus_a = jnp.exp(log_t), 1.0 + jnp.exp(log_a)
    step = jnp.maximum(1.0, jnp.sqrt(t / one_plus_a) * (_REACH / _NODES))
    centre = _SKEW / one_plus_a  # from t
    centre = jnp.where(step > 1.0, centre, jnp.round(t + centre) - t)
    k = jnp.arange(-(_NODES // 2), _NODES // 2, dtype=log_t.dtype).reshape((1,) * log_t.ndim + (_NODES,))
    away = (centre[..., None] + k * step[..., None]) / t[..., None]
    return log(step), jnp.maximum(away, -1.0 + 0.5 / t[..., None])


def _exponents(log_t: Array, log_a: Array, away: Array) -> Array:
    a, log_ratio = jnp.exp(log_a)[..., None], log1p(away)  # the latter is log(j/t)
    log_j = log_t[..., None] + log_ratio
    j = jnp.exp(log_t)[..., None] * (1.0 + away)
    rest = _rest(_capped(log_a[..., None] + log_j)) + _rest(log_j) + log_j
    exponents = -rest - (1.0 + a) * j * exp_excess(-log_ratio)
    # held, as XLA would form them anew for the maximum, the sum and the shares
    return jax.lax.optimization_barrier(jnp.where(j > 0.6, exponents, -jnp.inf))


def _rest(log_x: Array) -> Array:
    """r(x), given log x: `log_gamma_rest` in fewer logarithms, as there are 52 a row."""
    x = jnp.exp(log_x)
    near = jnp.minimum(x, 10.0)
    z = near + 10.0
    product = near
    for k in range(1, 10):
        product = product * (near + k)
    shifted = (z - 0.5) * log(z) - log(product) - near * jnp.minimum(log_x, 3.0) - 10.0
    inverse = 1.0 / jnp.where(x < 10.0, z, x)
    square = inverse * inverse
    series = jnp.full_like(inverse, _STIRLING[-1])
    for coefficient in _STIRLING[-2::-1]:
        series = series * square + coefficient
    return jnp.where(x < 10.0, shifted, -0.5 * log_x) + series * inverse + 0.5 * math.log(2.0 * math.pi)


def _capped(log_x: Array) -> Array:
    return jnp.minimum(log_x, 690.0)
