"""Coefficients as a map of standard normals that follows the data: the same model, an easy posterior.

A Gaussian working model (`working`) stands near the likelihood. For every value of the variance parameters
it gives the coefficients c = (b, u) a Gaussian posterior with mean m and precision P = L L', and c is sampled
as

    c = m(theta) + L(theta)^-T z

where z is standard normal a posteriori as far as the working model is right. The change of variables is
exact whatever the working model; it decides only how round the posterior of z is. A level with many rows is
centred by it, one with few is not, each by as much as its rows say.

References: Kleppe (2019), arXiv:1806.02068; Osmundsen, Kleppe and Liesenfeld (2021),
doi:10.1080/10618600.2021.1923519.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

from bayesformula.compiler import elimination
from bayesformula.compiler.inputs import ModelData, Whitened
from bayesformula.compiler.marginal import Theta, level_chol
from bayesformula.compiler.structure import Structure


class Mapped(NamedTuple):
    """Coefficients made of standard normals.

    Attributes:
        b: (p,) of all predictors, prior coordinates.
        v: per group (J, q) unit-scale effects.
        log_jacobian: log |d(b, v) / dz|, () .
    """

    b: Array
    v: tuple[Array, ...]
    log_jacobian: Array


def transform(
    structure: Structure,
    data: ModelData,
    theta: Theta,
    b: Array,
    thresholds: Array | None,
    z_b: Array,
    z: Sequence[Array],
) -> Mapped:
    """Map standard normals to coefficients.

    Args:
        structure: of the model.
        data: its argument.
        theta: variance parameters.
        b: (p,) coefficients in prior coordinates, of which only those that are not whitened are read.
        thresholds: (K - 1,) in prior coordinates, or None.
        z_b: (w,) for the whitened coefficients.
        z: per group (J, q).
    """
    part = _part(data)
    free, held = np.array(structure.whitened, int), np.array(structure.unwhitened, int)
    factor = _factorise(structure, data, theta, b, thresholds)
    pieces = [z[k] for k in structure.order.chain]
    corner = jnp.concatenate([*(z[k].ravel() for k in structure.order.dense), z_b])
    chain, border = elimination.draw(structure.order, part.s, factor, pieces, corner)
    v: dict[int, Array] = dict(zip(structure.order.chain, chain, strict=True))
    start = 0
    for k in structure.order.dense:
        v[k] = border[start : start + z[k].size].reshape(z[k].shape)
        start += z[k].size
    internal = jnp.asarray(part.reference)[free] + border[start:]
    moved = jnp.asarray(part.b_in)[np.ix_(free, held)] @ b[held]
    b = b.at[free].set(part.b_in_inverse @ (internal - moved))
    log_jacobian = -0.5 * factor.log_det - part.log_det_b_in
    return Mapped(b, tuple(v[k] for k in range(len(z))), log_jacobian)


def _part(data: ModelData) -> Whitened:
    """The working model of `data`; programs of this plan always have it."""
    assert data.whitened is not None
    return data.whitened


def _factorise(
    structure: Structure, data: ModelData, theta: Theta, b: Array, thresholds: Array | None
) -> elimination.Factor:
    """The factor of the working model's posterior, for one theta."""
    part = _part(data)
    free, held = np.array(structure.whitened, int), np.array(structure.unwhitened, int)
    p, m = len(free) + len(held), len(structure.threshold_kinds)
    into = jnp.asarray(part.b_in)
    centre = into[np.ix_(free, free)] @ part.mean + into[np.ix_(free, held)] @ b[held] - part.reference[free]
    precision = jnp.asarray(part.precision)
    prior = elimination.Prior(part.b_in_inverse.T @ (precision[:, None] * part.b_in_inverse), centre)
    residual = jnp.zeros(p + m + 1).at[p + m].set(1.0)
    residual = residual.at[held].set(part.reference[held] - into[np.ix_(held, held)] @ b[held])
    if thresholds is not None:
        residual = residual.at[p : p + m].set(part.thresholds - thresholds)
    # The working weights of a family with a residual sd are in units of its reference value.
    scale = theta.scalars["sigma"] / part.sigma if "sigma" in theta.scalars else jnp.ones(())
    tail = jnp.column_stack([jnp.eye(p + m + 1)[:, free], residual])
    return elimination.eliminate(
        structure.order,
        part.s,
        [into @ level_chol(data, theta, k) / scale for k, into in enumerate(part.group_in)],
        tail / scale,
        prior,
        structure.n_levels,
    )
