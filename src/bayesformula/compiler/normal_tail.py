"""The tail of the normal distribution: erfcx and log_ndtr, with derivatives that never cancel.

JAX has no erfcx; its own log_ndtr loses half the digits of the derivative around -20 and all of them
far below, where the derivative is the difference of two exponents of the size of x^2.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from bayesformula.compiler.elementary import log, log1p

_SWITCH = 10.0  # exp(x^2) erfc(x) has lost 2 digits there; the asymptotic series has all of them
_TERMS = 12
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(12)
_GAUSS = (0.5 + 0.5 * _NODES, 0.5 * _WEIGHTS)  # on (0, 1)


@jax.custom_jvp
def erfcx(x: Array) -> Array:
    """exp(x^2) erfc(x), without underflow for large x (infinite below -26.6, as the function is)."""
    near = jnp.clip(x, -30.0, _SWITCH)
    far = jnp.maximum(x, _SWITCH)
    inverse = 1.0 / far**2
    series = jnp.ones_like(far)
    for k in range(_TERMS, 0, -1):  # Horner: 1 - t/2 (1 - 3t/2 (1 - 5t/2 (...))) with t = 1/x^2
        series = 1.0 - (k - 0.5) * inverse * series
    return jnp.where(
        x < _SWITCH, jnp.exp(near**2) * jax.lax.erfc(near), series / far * (1.0 / math.sqrt(math.pi))
    )


@erfcx.defjvp
def _(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    return erfcx(*primals), _erfcx_slope(*primals) * tangents[0]


def _erfcx_slope(x: Array) -> Array:
    """2 x erfcx(x) - 2/sqrt(pi); for large x from the series, as the two cancel."""
    near, far = jnp.minimum(x, _SWITCH), jnp.maximum(x, _SWITCH)
    inverse = 1.0 / far**2
    series = jnp.ones_like(far)
    for k in range(_TERMS, 1, -1):
        series = 1.0 - (k - 0.5) * inverse * series
    low = 2.0 * near * erfcx(near) - 2.0 / math.sqrt(math.pi)
    return jnp.where(x < _SWITCH, low, -series * inverse * (1.0 / math.sqrt(math.pi)))


@jax.custom_jvp
def log_ndtr(x: Array) -> Array:
    """log P(Z <= x) of a standard normal Z: full precision in both tails."""
    below, above = jnp.minimum(x, 0.0), jnp.maximum(x, 0.0)
    low = -0.5 * below**2 + log(0.5 * erfcx(below * -math.sqrt(0.5)))
    return jnp.where(x < 0.0, low, log1p(-0.5 * jax.lax.erfc(above * math.sqrt(0.5))))


@log_ndtr.defjvp
def _(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (x,), (dx,) = primals, tangents
    return log_ndtr(x), inverse_mills(x) * dx


def inverse_mills(x: Array) -> Array:
    """phi(x) / Phi(x), the derivative of log_ndtr."""
    below, above = jnp.minimum(x, 0.0), jnp.maximum(x, 0.0)
    low = math.sqrt(2.0 / math.pi) / erfcx(below * -math.sqrt(0.5))
    high = jnp.exp(-0.5 * above**2) / (
        math.sqrt(2.0 * math.pi) * (1.0 - 0.5 * jax.lax.erfc(above * math.sqrt(0.5)))
    )
    return jnp.where(x < 0.0, low, high)


@jax.custom_jvp
def log_erfcx_difference(x: Array, step: Array) -> Array:
    """log(erfcx(x) - erfcx(x + step)) for x >= -1 and step > 0, without cancellation.

    A step that is short beside the scale of erfcx at x, 1 + |x|, is an integral of the derivative.
    """
    scale = 1.0 + jnp.abs(x)
    is_short = step < 0.5 * scale
    short = jnp.where(is_short, step, 0.5 * scale)
    slope = _average(_erfcx_slope, x, short)
    direct = log(erfcx(x) - erfcx(x + jnp.where(is_short, scale, step)))
    return jnp.where(is_short, log(step) + log(-slope), direct)


@log_erfcx_difference.defjvp
def _(primals: tuple[Array, Array], tangents: tuple[Array, Array]) -> tuple[Array, Array]:
    """With D the difference, dD/dx = 2 x D - 2 step erfcx(x + step), as erfcx' = 2 x erfcx - 2/sqrt(pi)."""
    x, step = primals
    log_difference = log_erfcx_difference(x, step)
    end, step_share = x + step, jnp.exp(log(step) - log_difference)
    in_x = 2.0 * x - 2.0 * step_share * erfcx(end)
    in_step = -_erfcx_slope(end) * jnp.exp(-log_difference)
    return log_difference, in_x * tangents[0] + in_step * tangents[1]


@jax.custom_jvp
def ndtr_rise(x: Array, step: Array) -> Array:
    """Phi(x) - Phi(x - step) for 0 < step < 1."""
    return step * _average(_phi, x, -step)


@ndtr_rise.defjvp
def _(primals: tuple[Array, Array], tangents: tuple[Array, Array]) -> tuple[Array, Array]:
    x, step = primals
    in_x = -_phi(x) * jnp.expm1(step * (x - 0.5 * step))  # phi(x) - phi(x - step)
    return ndtr_rise(x, step), in_x * tangents[0] + _phi(x - step) * tangents[1]


def _phi(x: Array) -> Array:
    return jnp.exp(-0.5 * x * x) * (1.0 / math.sqrt(2.0 * math.pi))


def _average(f: Callable[[Array], Array], x: Array, step: Array) -> Array:
    """The mean of f between x and x + step, by Gauss and Legendre."""
    x, step = jnp.broadcast_arrays(x, step)
    at, weights = (jnp.asarray(part, x.dtype).reshape((1,) * x.ndim + (-1,)) for part in _GAUSS)
    return jnp.sum(weights * f(x[..., None] + step[..., None] * at), axis=-1)
