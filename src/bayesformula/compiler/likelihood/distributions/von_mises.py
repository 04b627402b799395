"""The von Mises distribution, for any concentration."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpyro.distributions as dist
from jax import Array
from jax.scipy.special import i0e, i1e

_FAR = 500.0
_SERIES = (1 / 2, 1 / 8, 1 / 8, 25 / 128, 13 / 32, 1073 / 1024)  # 1 - I1/I0 in powers of 1/kappa


class VonMises(dist.VonMises):
    """exp(kappa cos(y - loc)) / (2 pi I0(kappa)): NumPyro's, with a density of full precision.

    kappa (cos(d) - 1) is -2 kappa sin^2(d/2), and the derivative of log(I0(kappa) exp(-kappa)), which
    tends to -1/(2 kappa), is no difference of ratios near 1.
    """

    def __init__(self, loc: Array, concentration: Array) -> None:
        super().__init__(loc, concentration, validate_args=False)

    def log_prob(self, value: Array) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        half_sine = jnp.sin(0.5 * (value - jnp.asarray(self.loc)))
        kappa = jnp.asarray(self.concentration)
        return -math.log(2.0 * math.pi) - log_i0e(kappa) - 2.0 * kappa * half_sine * half_sine


@jax.custom_jvp
def log_i0e(kappa: Array) -> Array:
    """log(I0(kappa) exp(-kappa)) for kappa >= 0."""
    return jnp.log(i0e(kappa))


@log_i0e.defjvp
def _(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (kappa,), (change,) = primals, tangents
    near, inverse = jnp.minimum(kappa, _FAR), 1.0 / jnp.maximum(kappa, _FAR)
    series = jnp.zeros_like(inverse)
    for coefficient in reversed(_SERIES):
        series = inverse * (coefficient + series)
    slope = jnp.where(kappa < _FAR, i1e(near) / i0e(near) - 1.0, -series)
    return log_i0e(kappa), slope * change
