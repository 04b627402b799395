"""The density of a quantity at one point, from draws of it, with its Monte Carlo error.

Near the point the log of the density is taken as a parabola, fitted by local likelihood to the draws in a
window about it. It has no bias for a normal density, is never negative, and needs no correction at a bound:
the window ends there, and the likelihood knows it.

Reference: Hjort and Jones (1996), Locally parametric nonparametric density estimation, Annals of Statistics
24, 1619-1647.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bayesformula.results.diagnostics import MIN_DRAWS, ess

NEEDED = 10
"""Draws that must lie close by, and on either side: beyond them a density is extrapolated."""
CLOSE = 0.25
"""Of the half-width of the window."""
ITERATIONS = 60
NODES = 80


@dataclass(frozen=True, slots=True)
class Density:
    """A density at a point.

    Attributes:
        log: of the density.
        error: Monte Carlo error of `log`, that is the relative one of the density.
        is_bound: the point lies out in a tail, where there are no draws: the density there is at most this,
            if it falls from where the draws are; `error` is then NaN.
    """

    log: float
    error: float
    is_bound: bool


def density_at(point: float, draws: np.ndarray, low: float = -math.inf, high: float = math.inf) -> Density:
    """The density at `point` of a quantity that lies between `low` and `high`.

    Args:
        point: between the bounds, or on one of them.
        draws: (chains, draws), which vary.
        low, high: bounds that the quantity can come close to.
    """
    flat = np.sort(draws, axis=None)
    needed = min(NEEDED, max(1, len(flat) // 20))
    below, above = np.searchsorted(flat, point, "left"), len(flat) - np.searchsorted(flat, point, "right")
    width = _width(point, flat)
    is_alone = bool(np.count_nonzero(np.abs(flat - point) < CLOSE * width) < needed)
    if (low < point and below < needed) or (low >= point and is_alone):
        return Density(_most(flat - point, needed), math.nan, is_bound=True)
    if (high > point and above < needed) or (high <= point and is_alone):
        return Density(_most((point - flat)[::-1], needed), math.nan, is_bound=True)
    return Density(*_fit(point, width, draws, low, high), is_bound=False)


def _most(distances: np.ndarray, needed: int) -> float:
    """The log of what the density is at most where draws in order are so far to one side.

    A density that rises from the point to where the draws are has, times the distance of the k-th of n draws,
    at most the mass up to it, k / n.
    """
    k = np.arange(1, len(distances) + 1)
    is_used = (k >= needed) & (distances > 0)
    return float(np.log(np.min(k[is_used] / len(k) / distances[is_used])))


def _width(point: float, flat: np.ndarray) -> float:
    """Half-width of the window: the distance to the k-th nearest draw.

    k / n falls as n^(-1/9), the rate at which the error of a local parabola is least.
    """
    k = math.ceil(len(flat) ** (8 / 9))
    return max(float(np.sort(np.abs(flat - point))[k - 1]), float(np.finfo(float).tiny))


def _fit(point: float, width: float, draws: np.ndarray, low: float, high: float) -> tuple[float, float]:
    """The log density at `point`, and its error.

    With t the distance in half-widths, W(t) a weight that falls to 0 at 1, P = (1, t, t^2) and log density
    P'theta (of t), this maximises mean(W P)'theta - int W exp(P'theta) dt, which is concave.
    """
    t = (draws - point) / width
    basis = np.stack([np.ones_like(t), t, t**2])
    weighted = _weight(t) * basis
    mean = weighted.mean(axis=(1, 2))
    begin, end = max(-1.0, (low - point) / width), min(1.0, (high - point) / width)
    x, step = np.polynomial.legendre.leggauss(NODES)
    nodes = begin + (x + 1) * (end - begin) / 2
    columns = np.stack([np.ones_like(nodes), nodes, nodes**2])
    weight = _weight(nodes) * step * (end - begin) / 2
    theta = np.array([math.log(mean[0] / float(np.sum(weight))), 0.0, 0.0])
    value, slope, curvature = _objective(theta, mean, columns, weight)
    for _ in range(ITERATIONS):
        move = np.linalg.solve(curvature, slope)
        if float(slope @ move) < 1e-20:
            break
        for halving in range(40):
            proposed = theta + move * 0.5**halving
            found = _objective(proposed, mean, columns, weight)
            if found[0] > value:
                theta, (value, slope, curvature) = proposed, found
                break
        else:
            break
    influence = np.tensordot(np.linalg.inv(curvature)[0], weighted - mean[:, None, None], axes=1)
    return float(theta[0]) - math.log(width), _error(influence)


def _objective(
    theta: np.ndarray, mean: np.ndarray, columns: np.ndarray, weight: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray]:
    """Local log likelihood, its gradient and minus its second derivatives."""
    with np.errstate(over="ignore", invalid="ignore"):
        density = weight * np.exp(np.clip(theta @ columns, -700, 700))
        value = float(mean @ theta - density.sum())
    return value, mean - columns @ density, (columns * density) @ columns.T


def _weight(t: np.ndarray) -> np.ndarray:
    """Tukey's (1 - |t|^3)^3 inside the window, which is nearly 1 in its middle."""
    return np.clip(1 - np.abs(t) ** 3, 0, None) ** 3


def _error(values: np.ndarray) -> float:
    """Monte Carlo error of the mean of (chains, draws) values."""
    size = float(values.size)
    if values.shape[1] >= MIN_DRAWS:
        found = float(ess(values[None])[0])
        size = found if np.isfinite(found) else size
    return float(values.std(ddof=1)) / math.sqrt(size)
