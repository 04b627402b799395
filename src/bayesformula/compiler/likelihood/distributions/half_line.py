"""Integrals of exp(-g(x)) over x > 0 for convex g with g(0) = 0: tails of log-concave densities.

The double exponential rule x = s exp(v - exp(-v)) (Takahasi & Mori 1974, doi:10.2977/prims/1195192451) in
equal steps of v has nodes on every scale below s and some above, so that one rule serves an exponential
tail, a normal one and what lies between. s is where g = 1; convexity makes g(x) > x/s beyond.
"""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

_V = np.linspace(-3.7, 4.1, 53)
_X = np.exp(_V - np.exp(-_V))
_LOG_WEIGHTS = _V - np.exp(-_V) + np.log1p(np.exp(-_V)) + np.log(_V[1] - _V[0])
_STEPS = 5


def log_integral(g: Callable[[Array], Array], guess: Array) -> Array:
    """log of the integral of exp(-g(x)) over x > 0, elementwise.

    Args:
        g: takes an array with one more axis than `guess`, the last; increasing, convex, zero at zero.
        guess: where g is about 1, within a factor of 1000 or so.
    """
    scale = jax.lax.stop_gradient(guess)
    for _ in range(_STEPS):  # one step would do for a parabola; each halves the error of a line
        scale = scale * jax.lax.rsqrt(jnp.maximum(g(scale[..., None])[..., 0], 1e-280))
        scale = jax.lax.stop_gradient(scale)
    front = (1,) * guess.ndim
    x = scale[..., None] * jnp.asarray(_X, guess.dtype).reshape(*front, -1)
    exponents = jnp.asarray(_LOG_WEIGHTS, guess.dtype).reshape(*front, -1) - g(x)
    return jax.nn.logsumexp(jax.lax.optimization_barrier(exponents), axis=-1) + jnp.log(scale)
