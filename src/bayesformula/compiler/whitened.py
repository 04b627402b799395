"""Coefficients as a map of standard normals that follows the data: the same model, an easy posterior.

A Gaussian working model (`working`) stands near the likelihood. For every value of the variance parameters
it gives the coefficients c = (b, u) a Gaussian posterior with mean m and precision P = L L', and c is sampled
as

    c = m(theta) + L(theta)^-T z

where z is standard normal a posteriori as far as the working model is right. The change of variables is
exact whatever the working model; it decides only how round the posterior of z is. A level with many rows is
centred by it, one with few is not, each by as much as its rows say.

Where crossed factors would be dear to eliminate together, the working model knows of two of them only what
both have in common with the border (the population's columns and small factors): S_12 is S_1t C^-1 S_t2, with
C the border's own precision. Of balanced factors that is all there is. Such a posterior splits: with
g = t + C^-1 S_t2 (u_2 - u_2*) in place of the border's coefficients t, (u_1, g) does not depend on u_2, and
u_2 has the posterior that it has beside a border of its own. So each chain is eliminated by itself, and the
normals of t that are left when u_2 is known serve for the next chain.

References: Kleppe (2019), arXiv:1806.02068; Osmundsen, Kleppe and Liesenfeld (2021),
doi:10.1080/10618600.2021.1923519; Papaspiliopoulos, Roberts and Zanella (2020), arXiv:1803.09460, for what
balanced crossed factors have in common.
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
        spare: (0,) or (1,) what became of normals to spare: normal again, and independent of all others.
        log_jacobian: log |d(b, v, spare) / dz|, () .
    """

    b: Array
    v: tuple[Array, ...]
    spare: Array
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

    Chain by chain: the normals of the border become its coefficients beside that chain, and what these are
    given its effects is handed on, as normals again, to the next one.

    Args:
        structure: of the model.
        data: its argument.
        theta: variance parameters.
        b: (p,) coefficients in prior coordinates, of which only those that are not whitened are read.
        thresholds: (K - 1,) in prior coordinates, or None.
        z_b: (w,) for the whitened coefficients, and those to spare.
        z: per group (J, q).
    """
    part, (*others, last) = _part(data), structure.parts
    free, held = np.array(structure.whitened, int), np.array(structure.unwhitened, int)
    spare = structure.n_spare
    working = _working(structure, data, theta, b, thresholds)
    shared = _with_location(structure, working) if spare else working
    carried = jnp.concatenate([*(z[k].ravel() for k in last.dense), z_b])
    moved, log_jacobian = jnp.zeros(carried.shape), -jnp.asarray(part.log_det_b_in)
    v: dict[int, Array] = {}
    for order, s, at in zip(others, part.s, part.at_mode, strict=False):
        factor = elimination.eliminate(order, s, *shared, structure.n_levels)
        chain, border = elimination.draw(order, s, factor, [z[k] for k in order.chain], carried)
        v |= dict(zip(order.chain, chain, strict=True))
        log_jacobian = log_jacobian - 0.5 * factor.log_det
        if carried.shape[0]:
            given = elimination.given_chain(s, factor, shared.prior, chain, jnp.asarray(at))
            carried = given.root.T @ border - given.half
            moved = moved + given.moved
            log_jacobian = log_jacobian + jnp.sum(jnp.log(jnp.diagonal(given.root)))
    size = carried.shape[0] - spare
    if thresholds is not None and spare:
        working = _working(structure, data, theta, b, thresholds - moved[size])
    factor = elimination.eliminate(last, part.s[-1], *working, structure.n_levels)
    chain, border = elimination.draw(last, part.s[-1], factor, [z[k] for k in last.chain], carried[:size])
    v |= dict(zip(last.chain, chain, strict=True))
    border, start = border + moved[:size], 0
    for k in last.dense:
        v[k] = border[start : start + z[k].size].reshape(z[k].shape)
        start += z[k].size
    internal = jnp.asarray(part.reference)[free] + border[start:]
    of_held = jnp.asarray(part.b_in)[np.ix_(free, held)] @ b[held]
    b = b.at[free].set(part.b_in_inverse @ (internal - of_held))
    effects = tuple(v[k] for k in range(len(z)))
    return Mapped(b, effects, carried[size:], log_jacobian - 0.5 * factor.log_det)


def _part(data: ModelData) -> Whitened:
    """The working model of `data`; programs of this plan always have it."""
    assert data.whitened is not None
    return data.whitened


class _Working(NamedTuple):
    """The working model for one value of the variance parameters, as `eliminate` takes it."""

    maps: list[Array]
    tail: Array
    prior: elimination.Prior


def _working(
    structure: Structure, data: ModelData, theta: Theta, b: Array, thresholds: Array | None
) -> _Working:
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
    maps = [into @ level_chol(data, theta, k) / scale for k, into in enumerate(part.group_in)]
    return _Working(maps, tail / scale, prior)


LOCATION_PRECISION = 1e-2
"""Of a normal prior of the thresholds' location on the scale of a link: rows say far more, where there are
any."""


def _with_location(structure: Structure, working: _Working) -> _Working:
    """The working model with a coefficient that moves all thresholds."""
    p, m = len(structure.whitened) + len(structure.unwhitened), len(structure.threshold_kinds)
    location = jnp.zeros(p + m + 1).at[p : p + m].set(1.0) * working.tail[p + m, -1]
    tail = jnp.column_stack([working.tail[:, :-1], location, working.tail[:, -1]])
    w = working.prior.mean.shape[0]
    precision = jnp.zeros((w + 1, w + 1)).at[:w, :w].set(working.prior.precision)
    precision = precision.at[w, w].set(LOCATION_PRECISION)
    return _Working(working.maps, tail, elimination.Prior(precision, jnp.append(working.prior.mean, 0.0)))
