"""Densities of whole levels of a Gaussian response, their effects integrated out in closed form.

With r the residuals of a level without its effects, P their precisions, Z the columns of the effects and
L L' their covariance, the rows are normal with covariance P^-1 + Z L L' Z', and

    log p = -1/2 (sum log(2 pi / P) + log |M| + r' P r - b' M^-1 b),   M = I + L' Z' P Z L,   b = L' Z' P r.

Sums over rows are all that is kept of them, so that a level may have any number.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bayesformula.results.comparison.levels import GroupRows, Level

if TYPE_CHECKING:
    from bayesformula.results.prediction.request import Request

CHUNK_VALUES = 2**22
"""Numbers of the matrices of some draws."""
LOG_2PI = math.log(2 * math.pi)


def is_exact(rows: GroupRows) -> bool:
    """Whether given all else the rows of a level are normal."""
    spec = rows.fit.spec
    links = dict(spec.family.links)
    return (
        spec.family.name == "gaussian"
        and links["mu"] == "identity"
        and not spec.terms
        and all(group.dist == "gaussian" for group in rows.groups)
        and set(rows.owners) == {"mu"}
    )


@dataclass
class Sums:
    """Of the rows of one level seen so far, at all S draws.

    Attributes:
        logs: (S,) sum of w log(2 pi sd^2).
        rr: (S,) r' P r.
        zr: (S, D) Z' P r.
        zz: (S, D, D) Z' P Z; (1, D, D) without the residual variance where it is the same for all rows.
    """

    logs: np.ndarray
    rr: np.ndarray
    zr: np.ndarray
    zz: np.ndarray


def densities(rows: GroupRows) -> np.ndarray:
    """(S, levels) log densities of the rows of each level given the population parameters."""
    size = rows.picked.size
    out = np.empty((size, len(rows.levels)))
    design = rows.target.design
    assert design.y is not None
    weights = np.ones(design.n_rows) if design.weights is None else design.weights
    place, level, sums, shared = -1, None, None, _shared_variance(rows)
    for at_level, at, found in rows.values(**_questions(rows)):
        if at_level != place:
            if level is not None and sums is not None:
                out[:, place] = _density(rows, level, sums, shared)
            place, level = at_level, rows.level(at_level)
            width = level.z.shape[1]
            count = size if shared is None else 1
            sums = Sums(
                np.zeros(size), np.zeros(size), np.zeros((size, width)), np.zeros((count, width, width))
            )
        assert level is not None
        assert sums is not None
        z = level.z[at.start - level.at.start : at.stop - level.at.start]
        variance = _variance(rows, at, found) if shared is None else np.ones((1, 1))
        _add(sums, z, design.y[at] - found["mu"], weights[at], variance)
    if level is not None and sums is not None:
        out[:, place] = _density(rows, level, sums, shared)
    return out


def _add(sums: Sums, z: np.ndarray, r: np.ndarray, weights: np.ndarray, variance: np.ndarray) -> None:
    """More rows of a level."""
    precision = weights / variance
    pr = precision * r
    sums.logs += np.sum(weights * (LOG_2PI + np.log(variance)), axis=1)
    sums.rr += np.sum(pr * r, axis=1)
    sums.zr += pr @ z
    for column in range(z.shape[1]):  # all at once would be an array of rows x D x D
        sums.zz[:, column] += (precision * z[:, column]) @ z


def _density(rows: GroupRows, level: Level, sums: Sums, shared: np.ndarray | None) -> np.ndarray:
    """(S,) from the sums over all rows, some draws at a time."""
    size, width = sums.zr.shape
    out = np.empty(size)
    step = max(1, CHUNK_VALUES // width**2)
    total = float(np.sum(_weights(rows, level)))
    for first in range(0, size, step):
        at = slice(first, min(first + step, size))
        chol = rows.chol(level, at)
        turned = np.swapaxes(chol, 1, 2)
        variance = np.ones(1) if shared is None else shared[at]
        zz = (sums.zz[at] if shared is None else sums.zz) / variance[:, None, None]
        m = np.eye(width) + turned @ zz @ chol
        b = np.einsum("sde,sd->se", chol, sums.zr[at] / variance[:, None])
        factor = np.linalg.cholesky(m)
        half = np.linalg.solve(factor, b[:, :, None])[:, :, 0]
        log_det = 2 * np.sum(np.log(np.diagonal(factor, axis1=1, axis2=2)), axis=1)
        logs = sums.logs[at] + (0.0 if shared is None else total * np.log(variance))
        out[at] = -0.5 * (logs + log_det + sums.rr[at] / variance - np.sum(half**2, axis=1))
    return out


def _weights(rows: GroupRows, level: Level) -> np.ndarray:
    weights = rows.target.design.weights
    return np.ones(level.at.stop - level.at.start) if weights is None else weights[level.at]


# ---- the residual variance ----


def _questions(rows: GroupRows) -> dict[str, Request]:
    asked = {"mu": rows.question("linear", "mu")}
    if "sigma" in [predictor.parameter for predictor in rows.fit.spec.predictors]:
        asked["sigma"] = rows.question("mean", "sigma")
    return asked


def _shared_variance(rows: GroupRows) -> np.ndarray | None:
    """(S,) where all rows have the same, else None."""
    if rows.fit.spec.known_error or "sigma" not in rows.fit.spec.scalars:
        return None
    return rows.picked.flat(rows.fit.draws["sigma"]) ** 2


def _variance(rows: GroupRows, at: slice, found: dict[str, np.ndarray]) -> np.ndarray:
    """(S, rows), or (1, rows) of known errors alone."""
    known = 0.0
    if rows.fit.spec.known_error:
        known = rows.target.design.extras["se"][at] ** 2
        if rows.fit.spec.known_error == "alone":
            return np.atleast_2d(known)
    if "sigma" in found:
        return found["sigma"] ** 2 + known
    return rows.picked.flat(rows.fit.draws["sigma"])[:, None] ** 2 + known
