"""Two functions that are small differences: exp(u) - 1 - u, and log Gamma(1 + x) near x = 0.

A Gamma(k) density at y with mean m has the exponent -k (y/m - 1 - log(y/m)): for a shape of 10^8 the
terms are 10^8 and their sum is near 1. With u = log(y/m) it is -k exp_excess(u), to the last digit.
A Weibull of shape k has its scale at mean / Gamma(1 + 1/k), to the power of k.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from bayesformula.compiler.elementary import log1p
from bayesformula.compiler.likelihood.distributions.gammas import log_gamma_rest

_NEAR = 0.35
_TERMS = 13
_LARGEST = 230.0  # exp(230) = 1e100


@jax.custom_jvp
def exp_excess(u: Array) -> Array:
    """exp(u) - 1 - u, at most 1e100."""
    u = jnp.minimum(u, _LARGEST)
    near = jnp.clip(u, -_NEAR, _NEAR)
    series = jnp.ones_like(near)
    for k in range(_TERMS, 2, -1):  # u^2/2 (1 + u/3 (1 + u/4 (...)))
        series = 1.0 + near * (1.0 / k) * series
    return jnp.where(jnp.abs(u) < _NEAR, 0.5 * near * near * series, jnp.expm1(u) - u)


@exp_excess.defjvp
def _(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (u,), (du,) = primals, tangents
    return exp_excess(u), jnp.where(u < _LARGEST, jnp.expm1(jnp.minimum(u, _LARGEST)), 0.0) * du


_EULER = 0.5772156649015329
# (-1)^n (zeta(n) - 1) / n for n = 2, 3, ...
_ZETA = (
    0.3224670334241132,
    -0.0673523010531981,
    0.020580808427784546,
    -0.007385551028673986,
    0.0028905103307415234,
    -0.001192753911703261,
    0.0005096695247430425,
    -0.00022315475845357939,
    9.945751278180853e-05,
    -4.492623673813314e-05,
    2.050721277567069e-05,
    -9.439488275268397e-06,
    4.374866789907488e-06,
    -2.039215753801366e-06,
    9.55141213040742e-07,
    -4.492469198764566e-07,
    2.1207184805554665e-07,
    -1.0043224823968099e-07,
    4.7698101693639804e-08,
    -2.2711094608943164e-08,
    1.0838659214896955e-08,
    -5.183475041970047e-09,
    2.4836745438024785e-09,
)


def log_gamma_1p(x: Array) -> Array:
    """log Gamma(1 + x) for x >= 0, relatively accurate down to x = 0 (about -0.577 x)."""
    is_near = x < 0.4
    near = jnp.where(is_near, x, 0.2)
    series = jnp.zeros_like(near)
    for coefficient in reversed(_ZETA):
        series = series * near + coefficient
    small = near * (1.0 - _EULER) - log1p(near) + near * near * series
    log_z = log1p(jnp.where(is_near, 1.0, x))
    return jnp.where(is_near, small, log_gamma_rest(log_z) + jnp.exp(log_z) * (log_z - 1.0))
