"""The density of all rows of one level of a group together, its effects integrated out: any family.

The effects are u = L v with v standard normal, D of them, and one more coordinate for each level whose
effects are Student. Newton's method finds the mode m of p(rows | v) p(v) at every draw, M = R R' is minus
its second derivative there, and the integral is taken over e in v = m + c R'^-1 e by a rule of nodes and
weights for standard normal e: an adaptive rule, right for any m and M, and accurate where they are.

References: Pinheiro and Bates (1995), doi:10.1080/10618600.1995.10474663; of the use for leaving levels
    out, Merkle, Furr and Rabe-Hesketh (2019), doi:10.1007/s11336-019-09679-0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from bayesformula.compiler.blocks import coefficients_of
from bayesformula.compiler.inputs import Rows
from bayesformula.compiler.kept import compiled
from bayesformula.compiler.leaves import Leaf
from bayesformula.compiler.response import response_at, terms_of
from bayesformula.compiler.structure import Structure
from bayesformula.compiler.student import LevelCoordinate, level_spread

LOG_2PI = math.log(2 * math.pi)
NEWTON_STEPS, CONVERGED, STUCK = 40, 1e-10, 1e8
"""Most steps; the promised gain in log density that is none any more; damping with which nothing moves."""
LINE_NODES = (9, 15, 31)
PLANE_NODES = (7, 11, 21)
SPACE_POINTS = (256, 1024, 4096)
"""Nodes in one dimension, along each of two, and points in all of more, of coarser and finer rules."""
INFLATION = 1.2
"""Of the sds of the points in more than two dimensions, whose weights are then bounded in practice."""


class Rule(NamedTuple):
    """How e is integrated out: the first `count` of (K, D) nodes and (K,) log weights, a factor of the
    spread of v. Rules of one dimension have as many rows, so that one program serves them.
    """

    nodes: Leaf
    log_weights: Leaf
    count: Leaf
    spread: Leaf


@lru_cache(maxsize=16)
def rules(dimension: int) -> tuple[Rule, ...]:
    """Gauss-Hermite nodes in one or two dimensions, scrambled Sobol points in more; the coarsest first."""
    if dimension > 2:
        found = [_space(dimension, count) for count in SPACE_POINTS]
    else:
        found = [_product(dimension, count) for count in (LINE_NODES if dimension == 1 else PLANE_NODES)]
    most = len(found[-1][1])
    spread = np.array(INFLATION if dimension > 2 else 1.0)
    out = []
    for nodes, log_weights in found:
        short = most - len(log_weights)
        filled = np.concatenate([nodes, np.zeros((short, dimension))])
        out.append(Rule(filled, np.append(log_weights, np.zeros(short)), np.array(len(nodes)), spread))
    return tuple(out)


def _space(dimension: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    from scipy.special import ndtri
    from scipy.stats import qmc

    sobol = qmc.Sobol(dimension, seed=np.random.default_rng(count))  # pyright: ignore[reportCallIssue]
    return ndtri(sobol.random(count)), np.full(count, -math.log(count))


def _product(dimension: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    x, w = np.polynomial.hermite_e.hermegauss(count)
    log_w = np.log(w / w.sum())
    if dimension == 1:
        return x[:, None], log_w
    return np.stack([np.repeat(x, count), np.tile(x, count)], axis=1), np.add.outer(log_w, log_w).ravel()


class LevelRows(NamedTuple):
    """The rows of a level, filled up with rows of weight 0.

    Attributes:
        rows: their response and what is known of them; groups and predictors are not read.
        weights: (n,) of the likelihood.
        etas: by parameter (S, n) linear predictors without the effects of the level.
        z: (n, D) columns of the effects.
        chol: (S, D, D) factors of their covariance.
        half_df: (S, T) half the degrees of freedom of each Student level.
    """

    rows: Rows
    weights: Leaf
    etas: dict[str, Leaf]
    z: Leaf
    chol: Leaf
    half_df: Leaf

    def axes(self) -> LevelRows:
        """Where the draws lie, as `vmap` wants to know it."""
        along = dict.fromkeys(self.etas, 0)
        return LevelRows(None, None, along, None, 0, 0)  # pyright: ignore[reportArgumentType]


@lru_cache(maxsize=32)
def level_density(
    structure: Structure, owners: tuple[str, ...], tails: tuple[int, ...]
) -> Callable[[LevelRows, Mapping[str, Leaf], Rule], Array]:
    """(level, values, rule) -> (S,) log densities, compiled.

    Args:
        structure: without groups.
        owners: the predictor that each of the D effects enters.
        tails: for each effect which Student level it belongs to, -1 for a Gaussian one.

    `values` are S draws of the parameters by name, (S, ...) each.
    """

    def one(level: LevelRows, values: Mapping[str, Array], rule: Rule) -> Array:
        return _integrated(lambda v: _log_joint(structure, owners, tails, level, values, v), level, rule)

    def every(level: LevelRows, values: Mapping[str, Array], rule: Rule) -> Array:
        return jax.vmap(one, in_axes=(level.axes(), 0, None))(level, values, rule)

    return compiled(every)


def _log_joint(
    structure: Structure,
    owners: tuple[str, ...],
    tails: tuple[int, ...],
    level: LevelRows,
    values: Mapping[str, Array],
    v: Array,
) -> Array:
    """log p(rows | v) + log p(v) at one draw."""
    width = len(owners)
    half_df = jnp.asarray(level.half_df)
    x = v[width:]
    effects = jnp.asarray(level.chol) @ v[:width]
    log_prior = -0.5 * jnp.sum(v[:width] ** 2 + LOG_2PI)
    if half_df.shape[0]:
        spreads = jnp.append(level_spread(x, half_df), 1.0)  # the last is that of Gaussian effects
        effects = effects * spreads[np.array(tails)]
        log_prior = log_prior + jnp.sum(LevelCoordinate(half_df).log_prob(x))
    moved = {}
    for name, eta in level.etas.items():
        mine = np.array([owner == name for owner in owners], float)
        moved[name] = eta + jnp.asarray(level.z) @ (effects * mine)
    scalars = {name: jnp.asarray(values[name]) for name, _ in structure.scalars}
    terms = terms_of(level.rows, coefficients_of(structure, values))
    each = jnp.asarray(response_at(structure, moved, scalars, terms).log_prob(jnp.asarray(level.rows.y)))
    weights = jnp.asarray(level.weights)
    return log_prior + jnp.sum(jnp.where(weights > 0, weights * each, 0.0))


def _integrated(log_joint: Callable[[Array], Array], level: LevelRows, rule: Rule) -> Array:
    """log of the integral of exp(log_joint)."""
    size = jnp.asarray(rule.nodes).shape[1]
    mode, chol, ok = _mode(log_joint, size)
    centre, factor = jnp.where(ok, mode, 0.0), jnp.where(ok, chol, jnp.eye(size))
    # v = m + s R'^-1 e: the map of all nodes is one matrix
    turned = jnp.asarray(rule.spread) * _upper_inverse(factor)
    log_det = jnp.sum(jnp.log(jnp.abs(jnp.diagonal(turned))))

    nodes, log_weights = jnp.asarray(rule.nodes), jnp.asarray(rule.log_weights)

    def add(place: Array, total: Array) -> Array:
        e = nodes[place]
        term = log_joint(centre + turned @ e) + 0.5 * jnp.sum(e**2 + LOG_2PI) + log_weights[place]
        return jnp.logaddexp(total, jnp.where(jnp.isnan(term), -jnp.inf, term))

    found = jax.lax.fori_loop(0, rule.count, add, jnp.full((), -jnp.inf))
    return found + log_det


def _mode(log_joint: Callable[[Array], Array], size: int) -> tuple[Array, Array, Array]:
    """The mode, R with R R' minus the second derivative there, and whether that is positive definite.

    Levenberg's damping: a step that does not climb is taken back, and the next is shorter.
    """
    slope, curvature = jax.grad(log_joint), jax.hessian(log_joint)

    def goes_on(state: tuple[Array, ...]) -> Array:
        count, _, _, damping, gain = state
        return (count < NEWTON_STEPS) & (gain > CONVERGED) & (damping < STUCK)

    def step(state: tuple[Array, ...]) -> tuple[Array, ...]:
        count, v, value, damping, gain = state
        inverse = _upper_inverse(_cholesky(-curvature(v) + damping * jnp.eye(size)))
        turned = inverse.T @ slope(v)
        trial = v + inverse @ turned
        new = log_joint(trial)
        climbs = new >= value  # False of NaN
        gain = jnp.where(climbs, jnp.sum(turned**2), gain)
        damping = jnp.where(climbs, damping / 8, jnp.maximum(8 * damping, 0.5))
        return count + 1, jnp.where(climbs, trial, v), jnp.where(climbs, new, value), damping, gain

    zero = jnp.zeros(size)
    start = (jnp.zeros((), int), zero, log_joint(zero), jnp.zeros(()), jnp.full((), jnp.inf))
    _, v, *_ = jax.lax.while_loop(goes_on, step, start)
    chol = _cholesky(-curvature(v))
    return v, chol, jnp.all(jnp.isfinite(chol)) & jnp.all(jnp.isfinite(v))


# ---- tiny matrices: written out, as batched LAPACK calls cost more than their arithmetic ----


def _cholesky(a: Array) -> Array:
    if a.shape[0] > 2:
        return jnp.linalg.cholesky(a)
    first = jnp.sqrt(a[0, 0])
    if a.shape[0] == 1:
        return first[None, None]
    cross = a[1, 0] / first
    return jnp.array([[first, jnp.zeros(())], [cross, jnp.sqrt(a[1, 1] - cross**2)]])


def _upper_inverse(chol: Array) -> Array:
    """R'^-1 of a lower factor R."""
    if chol.shape[0] > 2:
        eye = jnp.eye(chol.shape[0])
        return jax.scipy.linalg.solve_triangular(chol, eye, lower=True, trans=1)
    if chol.shape[0] == 1:
        return 1.0 / chol
    a, b, c = chol[0, 0], chol[1, 0], chol[1, 1]
    return jnp.array([[1 / a, -b / (a * c)], [jnp.zeros(()), 1 / c]])
