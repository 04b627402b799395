"""The sampler's position, and the vector of parameters that it stands for.

Most coordinates are moved and scaled. The log y of what is positive may have a long tail: of a group's sd s
whose prior has a density at 0, and of which the rows say no more than that it is small, P(log s < y) goes as
e^y, and NUTS needs many steps to the end of that tail and back. Such a coordinate moves as x,

    y = middle + x                          above the middle
    y = middle + x sqrt(1 + x^2 / 4)        below

of which the second is about -x^2 / 2 far out, so that an exponential tail of y is a Gaussian one of x; the
two meet with two derivatives. A tail above is bent likewise. It is a change of variables as that from s to
log s is: the posterior stays what it was. The other side stays straight: an exponential prior of s ends there
in a wall, which would be steeper still (14 of 4,000 draws of a model of two levels diverged).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

if TYPE_CHECKING:
    from bayesformula.compiler.inputs import Begin

Sides = tuple[int, ...]
"""On which side each of the first coordinates is bent, -1 or 1, or 0 for neither; those behind are not."""


class Path(NamedTuple):
    """How the sampler's position u stands for the vector z of parameters.

    Attributes:
        z0: (dim,) where chains start; the vector at u = 0.
        unit: (dim,) what u is multiplied by: rough posterior sds of x, or a multiple of them.
        x0: (n_bent,) of the bent coordinates x at u = 0; what it is for others is not read.
        middle: (n_bent,) where those begin to bend, likewise.
    """

    z0: Array | np.ndarray
    unit: Array | np.ndarray
    x0: Array | np.ndarray
    middle: Array | np.ndarray


def path(begin: Begin, sides: Sides, rough_sd: float, dtype: np.dtype[np.generic]) -> Path:
    """That of a run: u spreads about `rough_sd` where z spreads as `begin` expects."""
    z0, scale, middle = (np.asarray(part, float) for part in begin)
    n_bent, side = len(sides), np.array(sides, int)
    tail = np.maximum(side * (z0[:n_bent] - middle), 0.0)
    x0 = np.where(tail > 0, side * straightened(tail), z0[:n_bent] - middle)
    unit = scale / rough_sd
    unit[:n_bent] /= np.exp(log_slope(straightened(tail)))
    return Path(*(part.astype(dtype) for part in (z0, unit, x0, middle)))


def vector(way: Path, sides: Sides, u: Array) -> tuple[Array, Array]:
    """The vector (dim,) at a position, and the log of what volumes grow by on the way, but for units."""
    z = jnp.asarray(way.z0) + way.unit * u
    n_bent = len(sides)
    if not n_bent:
        return z, jnp.zeros(())
    side = np.array(sides)
    x = way.x0 + way.unit[:n_bent] * u[:n_bent]
    tail = jnp.maximum(side * x, 0.0)  # 0 where nothing bends: the slope is 1 there
    root = jnp.sqrt(1.0 + 0.25 * tail * tail)
    bent = way.middle + jnp.where(tail > 0, side * tail * root, x)
    slope = (1.0 + 0.5 * tail * tail) / root
    first = jnp.where(side != 0, bent, z[:n_bent])
    return jnp.concatenate([first, z[n_bent:]]), jnp.sum(jnp.log(slope))


def straightened(y: np.ndarray) -> np.ndarray:
    """x of y = x sqrt(1 + x^2 / 4), which is sinh(2 arsinh(x / 2))."""
    return 2.0 * np.sinh(0.5 * np.arcsinh(y))


def log_slope(x: np.ndarray) -> np.ndarray:
    """log dy/dx at x."""
    return np.log1p(0.5 * x * x) - 0.5 * np.log1p(0.25 * x * x)
