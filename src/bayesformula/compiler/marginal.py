"""The marginal plan: population coefficients and group effects integrated out of a Gaussian model.

    y | theta ~ N(offset + X m0, sigma^2 W^-1 + X B0 X' + sum_k Z_k (I (x) Sigma_k) Z_k')

The sampler sees theta = (sds, correlations, sigma) only; the coefficients are drawn exactly given each
draw of theta. After one pass over the rows nothing depends on their number.

References: Bates et al. (2015), doi:10.18637/jss.v067.i01, section 3.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from bayesformula.compiler import elimination
from bayesformula.compiler.inputs import Marginal, ModelData
from bayesformula.compiler.structure import Structure

LOG_2PI = math.log(2.0 * math.pi)


class Theta(NamedTuple):
    """What the sampler sees.

    Attributes:
        chol_cov: per group (q, q), lower factor of the covariance in prior coordinates; (K, q, q), one for
            each level of `gr(by = )`, where there is one.
        spread: per group (J,), what multiplies the effects of each level of a group with Student effects;
            None for Gaussian ones.
        df: per group degrees of freedom (), None likewise.
        b: (p,) population coefficients in prior coordinates; only the sampled ones are read.
        mixing: (m,) one precision factor for each coefficient with a scale-mixture prior.
        scalars: parameters of the family that are one number for all rows, by name.
    """

    chol_cov: tuple[Array, ...]
    spread: tuple[Array | None, ...]
    df: tuple[Array | None, ...]
    b: Array
    mixing: Array
    scalars: dict[str, Array]

    @property
    def sigma(self) -> Array:
        """Residual sd; 1, in units of the known errors, where `se()` stands alone."""
        return self.scalars.get("sigma", jnp.ones(()))


def level_chol(data: ModelData, theta: Theta, k: int) -> Array:
    """What makes the effects of group k of unit-scale ones: (q, q), or (J, q, q) one for each level."""
    chol, spread, by = theta.chol_cov[k], theta.spread[k], data.rows.groups[k].by
    if by is not None:
        chol = chol[jnp.asarray(by)]
    return chol if spread is None else spread[:, None, None] * chol


def apply_chol(chol: Array, v: Array) -> Array:
    """(J, q) effects of unit-scale ones v (J, q)."""
    return v @ chol.T if chol.ndim == 2 else jnp.einsum("jab,jb->ja", chol, v)


def relate(data: ModelData, k: int, u: Array) -> Array:
    """Effects (J, q) with the known covariance of the levels, of effects independent between levels."""
    relation = data.rows.groups[k].relation
    return u if relation is None else jnp.asarray(relation) @ u


def marginal(data: ModelData) -> Marginal:
    """The marginal part of `data`; programs of this plan always have it."""
    assert data.marginal is not None
    return data.marginal


def prior_precision(structure: Structure, data: ModelData, theta: Theta) -> tuple[Array, Array]:
    """Precision and mean (m,) of the integrated coefficients, prior coordinates; 0 precision if flat."""
    arguments = data.priors.b[0]
    mixed = structure.mixed
    precision, mean = [], []
    for i in structure.integrated:
        match structure.b_kinds[i]:
            case "normal":
                mean.append(arguments[i, 0])
                precision.append(arguments[i, 1] ** -2)
            case "student_t":
                mean.append(arguments[i, 1])
                precision.append(theta.mixing[mixed.index(i)] * arguments[i, 2] ** -2)
            case "cauchy":
                mean.append(arguments[i, 0])
                precision.append(theta.mixing[mixed.index(i)] * arguments[i, 1] ** -2)
            case _:
                mean.append(jnp.zeros(()))
                precision.append(jnp.zeros(()))
    if not mean:
        return jnp.zeros(0), jnp.zeros(0)
    return jnp.stack(precision), jnp.stack(mean)


def factorise(
    structure: Structure, data: ModelData, theta: Theta, s: elimination.CrossProducts | None = None
) -> elimination.Factor:
    """Eliminate all coefficients for one theta; `s` other than the training cross-products, if given."""
    part = marginal(data)
    integrated, sampled = np.array(structure.integrated, int), np.array(structure.sampled, int)
    precision, mean = prior_precision(structure, data, theta)
    fixed = part.b_in[np.ix_(sampled, sampled)] @ theta.b[sampled]
    centre = (
        part.b_in[np.ix_(integrated, integrated)] @ mean
        + part.b_in[np.ix_(integrated, sampled)] @ theta.b[sampled]
        - part.reference[integrated]
    )
    prior = elimination.Prior(part.b_in_inverse.T @ (precision[:, None] * part.b_in_inverse), centre)
    p = len(structure.columns)
    residual = jnp.zeros(p + 1).at[sampled].set(part.reference[sampled] - fixed).at[p].set(1.0)
    tail = jnp.column_stack([jnp.eye(p + 1)[:, integrated], residual])
    return elimination.eliminate(
        structure.order,
        part.s if s is None else s,
        [into @ level_chol(data, theta, k) / theta.sigma for k, into in enumerate(part.group_in)],
        tail / theta.sigma,
        prior,
        structure.n_levels,
    )


def log_density(
    structure: Structure, data: ModelData, theta: Theta, s: elimination.CrossProducts | None = None
) -> Array:
    """log p(y | theta), exact; a flat prior counts as density 1."""
    part = marginal(data)
    factor = factorise(structure, data, theta, part.merged if s is None else s)
    precision, _ = prior_precision(structure, data, theta)
    proper = np.array([structure.b_kinds[i] != "flat" for i in structure.integrated], bool)
    log_prior = 0.5 * jnp.sum(jnp.log(precision[proper])) + 0.5 * LOG_2PI * np.sum(~proper)
    return (
        -part.n * (jnp.log(theta.sigma) + 0.5 * LOG_2PI)
        - part.log_errors
        - 0.5 * (factor.log_det + factor.quad)
        + log_prior
        - part.log_det_b_in
    )


def draw_coefficients(
    structure: Structure, data: ModelData, theta: Theta, key: Array
) -> tuple[Array, tuple[Array, ...]]:
    """One exact draw of (b, r) given theta and y, reported coordinates: (p,) and (J, q) per group."""
    part = marginal(data)
    factor = factorise(structure, data, theta)
    z = jax.random.normal(key, (sum(size * q for size, q in factor.shapes) + factor.corner.shape[0],))
    pieces, start = [], 0
    for size, q in factor.shapes:
        pieces.append(z[start : start + size * q].reshape(size, q))
        start += size * q
    chain, border = elimination.draw(structure.order, part.s, factor, pieces, z[start:])
    effects: dict[int, Array] = dict(zip(structure.order.chain, chain, strict=True))
    start = 0
    for k in structure.order.dense:
        shape = (structure.n_levels[k], len(structure.coefs[k]))
        effects[k] = border[start : start + shape[0] * shape[1]].reshape(shape)
        start += shape[0] * shape[1]
    integrated, sampled = np.array(structure.integrated, int), np.array(structure.sampled, int)
    internal = part.reference
    internal = jnp.asarray(internal).at[integrated].add(border[start:])
    internal = internal.at[sampled].set(part.b_in[np.ix_(sampled, sampled)] @ theta.b[sampled])
    r = []
    for k in range(len(effects)):
        chol = part.group_out[k] @ part.group_in[k] @ level_chol(data, theta, k)
        r.append(relate(data, k, apply_chol(chol, effects[k])))
    return part.b_out @ internal, tuple(r)


def with_response(structure: Structure, data: ModelData, y: Array) -> elimination.CrossProducts:
    """The cross-products of another response on the same rows: O(n), for checks and simulation."""
    part, rows = marginal(data), data.rows
    x = rows.x @ part.b_out
    weights = jnp.ones_like(y) if rows.weights is None else jnp.asarray(rows.weights)
    weights = weights if rows.se is None else weights / jnp.asarray(rows.se) ** 2
    residual = y - rows.offset - x @ part.reference

    def products(k: int) -> Array:
        group = rows.groups[k]
        z = jnp.asarray(group.z)
        weighted = jnp.reshape(weights * residual, (-1,) + (1,) * (z.ndim - 1))
        columns = ((z @ part.group_out[k]) * weighted).reshape(-1, z.shape[-1])
        out = jax.ops.segment_sum(columns, jnp.ravel(group.index), num_segments=structure.n_levels[k])
        return out if group.relation is None else jnp.asarray(group.relation).T @ out

    border = tuple(
        jnp.asarray(b).at[:, -1].set(products(k).T)
        for k, b in zip(structure.order.chain, part.s.border, strict=True)
    )
    last = [products(k).ravel() for k in structure.order.dense]
    column = jnp.concatenate([*last, x.T @ (weights * residual), (weights @ residual**2)[None]])
    corner = jnp.asarray(part.s.corner).at[:, -1].set(column).at[-1, :].set(column)
    return part.s._replace(border=border, corner=corner)
