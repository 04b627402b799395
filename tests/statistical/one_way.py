"""Exact posteriors of y ~ 1 + (1 | g) by quadrature: what sampled ones are held against.

The model: y_ij = f(b + u_j), u_j ~ N(0, sd), b ~ N(0, scale). The effects u are integrated out exactly
(gaussian) or by Gauss-Hermite quadrature (bernoulli), b exactly or on a grid, what is left on a grid of
log sd with log sigma or b. Nothing of the package is used.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special, stats

Density = Callable[[np.ndarray], np.ndarray]
"""Log prior density of an sd, in natural units."""


@dataclass(frozen=True)
class Moments:
    """Posterior mean and sd of a parameter."""

    mean: float
    sd: float


def gaussian(
    y: np.ndarray,
    levels: np.ndarray,
    scale: float,
    log_prior_sd: Density,
    log_prior_sigma: Density,
    points: int = 600,
) -> dict[str, Moments]:
    """Moments of b_Intercept, sd_g__Intercept and sigma.

    The grid is even in log sd and log sigma, from far below to far above what the data can tell.
    """
    n, total, within = _sufficient(y, levels)
    kinds, kind_of = np.unique(n, return_inverse=True)
    spread = max(float(np.std(y)), 1e-3)
    log_sd = np.linspace(np.log(1e-6 * spread), np.log(300 * spread), points)
    middle = 0.5 * np.log(within / (len(y) - len(n)))
    half = 12.0 / np.sqrt(len(y) - len(n)) + 0.1
    log_sigma = np.linspace(middle - half, middle + 3 * half, points)
    sd, sigma = np.exp(log_sd)[:, None], np.exp(log_sigma)[None, :]
    precision, weighted, squares, log_det = 1 / scale**2, 0.0, 0.0, 0.0
    for k, size in enumerate(kinds):  # means of levels are N(b, sd^2 + sigma^2 / size)
        means = total[kind_of == k] / size
        variance = sd**2 + sigma**2 / size
        precision = precision + len(means) / variance
        weighted = weighted + means.sum() / variance
        squares = squares + (means**2).sum() / variance
        log_det = log_det + len(means) * np.log(variance)
    mean_b = weighted / precision
    log_p = (
        -0.5 * (log_det + squares - weighted**2 / precision + np.log(precision))
        - (len(y) - len(n)) * np.log(sigma)
        - 0.5 * within / sigma**2
        + log_prior_sd(sd)
        + log_prior_sigma(sigma)
        + np.log(sd)
        + np.log(sigma)
    )
    p = _normalised(log_p)
    return {
        "b_Intercept": _moments(p, mean_b, 1 / precision),
        "sd_g__Intercept": _moments(p, sd),
        "sigma": _moments(p, sigma),
    }


def bernoulli(
    y: np.ndarray, levels: np.ndarray, scale: float, log_prior_sd: Density, *, most: float = 4.0
) -> dict[str, Moments]:
    """Moments of b_Intercept and sd_g__Intercept with a logit link; sd is looked for up to `most`."""
    n, total, _ = _sufficient(y, levels)
    kinds, repeats = np.unique(np.column_stack([n, total]), axis=0, return_counts=True)
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    weights = weights / weights.sum()
    sd = np.linspace(most / 400, most, 400)[:, None, None]
    b = np.linspace(-3, 3, 601)[None, :, None]
    eta = b + sd * nodes
    log_p = stats.norm.logpdf(b, 0, scale)[..., 0] + log_prior_sd(sd)[..., 0]
    for (size, ones), count in zip(kinds, repeats, strict=True):
        likelihood = ones * special.log_expit(eta) + (size - ones) * special.log_expit(-eta)
        log_p = log_p + count * special.logsumexp(likelihood, b=weights, axis=2)
    p = _normalised(log_p)
    return {"b_Intercept": _moments(p, b[..., 0]), "sd_g__Intercept": _moments(p, sd[..., 0])}


def _sufficient(y: np.ndarray, levels: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Rows and sum of each level, and the sum of squares within levels."""
    _, of_row = np.unique(levels, return_inverse=True)
    n = np.bincount(of_row)
    total = np.bincount(of_row, y)
    return n, total, float(np.sum((y - (total / n)[of_row]) ** 2))


def _normalised(log_p: np.ndarray) -> np.ndarray:
    p = np.exp(log_p - np.max(log_p))
    edges = p[0].max(), p[-1].max(), p[:, 0].max(), p[:, -1].max()
    assert max(edges) < 1e-4, "the grid ends where there is posterior mass"
    return p / p.sum()


def _moments(p: np.ndarray, mean: np.ndarray, variance: np.ndarray | float = 0.0) -> Moments:
    centre = float(np.sum(p * mean))
    return Moments(centre, float(np.sqrt(np.sum(p * (variance + (mean - centre) ** 2)))))
