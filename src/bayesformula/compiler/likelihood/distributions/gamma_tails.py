"""The logs of the incomplete gamma functions, with derivatives in both arguments."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from bayesformula.compiler.elementary import log1p
from bayesformula.compiler.likelihood.distributions.gammas import log1m_exp, log_gamma_rest
from bayesformula.compiler.likelihood.distributions.half_line import log_integral
from bayesformula.compiler.likelihood.distributions.small_differences import exp_excess, log_gamma_1p

_TERMS = 18


def log_gamma_tails(log_shape: Array, log_ratio: Array) -> tuple[Array, Array]:
    """log P(X <= x) and log P(X > x) of X ~ Gamma(shape, 1), given log(x / shape).

    The smaller tail is computed, the other is one minus it. Where x and the shape are below 1 it is the
    power series of the lower one. Elsewhere it is the density at x times the integral over s > 0 of

        exp(-(shape - x) s - x excess(-s))                          below, by t = x exp(-s)
        exp(-(x - shape + 1) s - (shape - 1) excess(log(1 + s)))    above, by t = x (1 + s)
    """
    log_shape, log_ratio = jnp.broadcast_arrays(log_shape, jnp.clip(log_ratio, -600.0, 230.0))
    log_x = log_ratio + log_shape
    is_small = (log_shape < 0.0) & (log_x < 0.0)
    is_low = is_small | (log_ratio < 0.0)
    series = _series(jnp.where(is_small, log_shape, -1.0), jnp.where(is_small, log_x, -1.0))
    integral = _integral(jnp.where(is_small, 0.0, log_shape), jnp.where(is_small, 0.1, log_ratio))
    tail = jnp.where(is_small, series, integral)
    other = log1m_exp(tail)
    return jnp.where(is_low, tail, other), jnp.where(is_low, other, tail)


def _series(log_shape: Array, log_x: Array) -> Array:
    """log of x^a/Gamma(1 + a) (1 + a sum over n of (-x)^n / (n! (a + n)))."""
    a, x = jnp.exp(log_shape), jnp.exp(log_x)
    total = jnp.zeros_like(x)
    for n in range(_TERMS, 0, -1):
        total = (total + (-1.0) ** n / math.factorial(n) / (a + n)) * x
    return a * log_x - log_gamma_1p(a) + log1p(a * total)


def _integral(log_shape: Array, log_ratio: Array) -> Array:
    log_x = log_ratio + log_shape
    shape, x = jnp.exp(log_shape), jnp.exp(log_x)
    is_low = log_ratio < 0.0
    away = shape * jnp.expm1(log_ratio)
    slope = jnp.where(is_low, -away, away)  # |x - shape|

    weight, rate = jnp.where(is_low, x, shape - 1.0), jnp.where(is_low, slope, slope + 1.0)

    def g(s: Array) -> Array:
        bend = exp_excess(jnp.where(is_low[..., None], -s, log1p(s)))
        return weight[..., None] * bend + rate[..., None] * s

    guess = 2.0 / (slope + jnp.sqrt(slope * slope + 2.0 * x))
    log_density = -shape * exp_excess(log_ratio) - log_gamma_rest(log_shape)
    return log_density + log_integral(g, guess)
