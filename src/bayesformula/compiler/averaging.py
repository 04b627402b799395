"""Means over the group effects of a level that nobody has seen: by quadrature, to many digits.

The effects of all integrated groups move the d linear predictors that they enter by a normal vector, whose
covariance is that of the groups at the row's columns. One predictor takes Gauss-Hermite nodes, two a product
of them, more a fixed set of scrambled Sobol points. Student effects are normal given one scale a level, which
adds a dimension each, in the coordinate of `student`, where it is nearly standard normal.
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

from bayesformula.compiler.leaves import Leaf
from bayesformula.compiler.student import LevelCoordinate, level_spread

LINE_NODES = 48
PLANE_NODES = 24
SPACE_POINTS = 2048
"""Nodes in one dimension, along each of two, and in all of more."""
LOG_2PI = math.log(2 * math.pi)


class Averaged(NamedTuple):
    """A group whose effects are integrated out.

    Attributes:
        z: (n, M, q) columns of its effects, M = 1 but for `mm()`.
        chol: (B, q, q) Cholesky factors of the covariance of its effects at one draw, one for each level of
            `gr(by = )`.
        by: (n,) which of them a row has, or None where B = 1.
        df: () degrees of freedom of Student effects, or None.
    """

    z: Leaf
    chol: Leaf
    by: Leaf | None
    df: Leaf | None

    def axes(self) -> Averaged:
        """Where the draws lie, as `vmap` wants to know it."""
        return Averaged(None, 0, None, None if self.df is None else 0)  # pyright: ignore[reportArgumentType]


Owners = tuple[tuple[int, ...], ...]


def nodes(
    averaged: tuple[Averaged, ...],
    owners: Owners,
    etas: Mapping[str, Array],
    at: Callable[[Mapping[str, Array]], Array],
) -> Array:
    """E[at(etas + z u)] over u, one node after another."""
    places = _places(owners)
    heavy = [group for group in averaged if group.df is not None]
    points, weights = map(jnp.asarray, _points(len(heavy) + len(places)))
    loads = _loads(averaged, owners, places)

    def step(total: Array, node: tuple[Array, Array]) -> tuple[Array, None]:
        point, weight = node
        spreads, log_ratio = _spreads(averaged, point[: len(heavy)])
        moved = _moved(etas, places, _chol(loads, spreads), point[len(heavy) :])
        return total + weight * jnp.exp(log_ratio) * at(moved), None

    zero = jnp.zeros_like(at(etas))
    mass = jnp.sum(weights * jnp.exp(jax.vmap(lambda p: _spreads(averaged, p[: len(heavy)])[1])(points)))
    return jax.lax.scan(step, zero, (points, weights))[0] / mass


def shifts(
    averaged: tuple[Averaged, ...], owners: Owners, etas: Mapping[str, Array], key: Array
) -> dict[str, Array]:
    """The linear predictors moved by effects drawn for each row."""
    places = _places(owners)
    of_scale, of_effect = jax.random.split(key)
    n = next(iter(etas.values())).shape[0]
    spreads: list[Array | float] = []
    for group, one in zip(averaged, jax.random.split(of_scale, len(averaged)), strict=True):
        if group.df is None:
            spreads.append(1.0)
            continue
        half = 0.5 * jnp.asarray(group.df)
        spreads.append(level_spread(LevelCoordinate(half).sample(one, (n,)), half))
    e = jax.random.normal(of_effect, (n, len(places)))
    return _moved(etas, places, _chol(_loads(averaged, owners, places), spreads), e)


# ---- the normal vector ----


def _places(owners: Owners) -> list[int]:
    """The linear predictors that some effect enters."""
    return sorted({place for group in owners for place in group})


def _loads(averaged: tuple[Averaged, ...], owners: Owners, places: list[int]) -> list[Array]:
    """Per group (n, d, M q): by what its independent standard normals move each predictor of a row."""
    out = []
    for group, own in zip(averaged, owners, strict=True):
        entering = np.array([[place == owner for owner in own] for place in places], float)  # (d, q)
        chol = jnp.asarray(group.chol)
        each = chol[jnp.asarray(group.by)] if group.by is not None else chol[0][None]  # (n or 1, q, q)
        z = jnp.asarray(group.z)[:, :, None, :] * entering  # (n, M, d, q)
        moved = jnp.einsum("nmdq,nqr->ndmr", z, jnp.broadcast_to(each, (z.shape[0], *each.shape[1:])))
        out.append(moved.reshape(*moved.shape[:2], -1))
    return out


def _chol(loads: list[Array], spreads: list[Array | float]) -> Array:
    """(n, d, d) a factor of the covariance of the vector that moves the predictors."""
    covariance = 0.0
    for load, spread in zip(loads, spreads, strict=True):
        scale = jnp.asarray(spread)[..., None, None] ** 2
        covariance = covariance + scale * jnp.einsum("ndi,nei->nde", load, load)
    d = loads[0].shape[1]
    if d == 1:
        return jnp.sqrt(covariance)
    # effects may leave a predictor alone: a part in 1e12 keeps the factor real
    tiny = 1e-12 * jnp.trace(covariance, axis1=1, axis2=2)[:, None, None] + 1e-300
    return jnp.linalg.cholesky(covariance + tiny * jnp.eye(d))


def _moved(etas: Mapping[str, Array], places: list[int], chol: Array, e: Array) -> dict[str, Array]:
    """The predictors moved by chol @ e; e is (d,) or (n, d)."""
    by = chol @ e if e.ndim == 1 else jnp.einsum("nde,ne->nd", chol, e)
    names = list(etas)
    return {**etas, **{names[place]: etas[names[place]] + by[:, i] for i, place in enumerate(places)}}


def _spreads(averaged: tuple[Averaged, ...], x: Array) -> tuple[list[Array | float], Array]:
    """Per group the scale at a node, and the log density of the node over that of a standard normal."""
    out: list[Array | float] = []
    log_ratio, used = jnp.zeros(()), 0
    for group in averaged:
        if group.df is None:
            out.append(1.0)
            continue
        half = 0.5 * jnp.asarray(group.df)
        point, used = x[used], used + 1
        out.append(level_spread(point, half))
        log_ratio = log_ratio + LevelCoordinate(half).log_prob(point) + 0.5 * (point**2 + LOG_2PI)
    return out, log_ratio


# ---- nodes ----


@lru_cache(maxsize=8)
def _points(d: int) -> tuple[np.ndarray, np.ndarray]:
    """(K, d) nodes and (K,) weights of a standard normal."""
    if d > 2:
        from scipy.special import ndtri
        from scipy.stats import qmc

        points = qmc.Sobol(d, seed=np.random.default_rng(0))  # pyright: ignore[reportCallIssue]
        uniform = points.random(SPACE_POINTS)
        return ndtri(uniform), np.full(SPACE_POINTS, 1 / SPACE_POINTS)
    x, w = np.polynomial.hermite_e.hermegauss(LINE_NODES if d == 1 else PLANE_NODES)
    w = w / w.sum()
    if d == 1:
        return x[:, None], w
    return np.stack([np.repeat(x, len(x)), np.tile(x, len(x))], axis=1), np.outer(w, w).ravel()
