"""What each row, or each level of a group, says of a model: Pareto-smoothed weights of the draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bayesformula.errors import OptionError

if TYPE_CHECKING:
    from bayesformula.results.fit import Fit
    from bayesformula.results.prediction.answers import Answers

LEAST_DRAWS = 25
"""Fewer leave no tail to fit."""
MAX_EFFECTS = 2000
"""Group effects whose effective draws are counted; beyond that the first of each group."""
FLAT = 1e-10
"""A log density that differs by less over the draws is the same at all of them: nothing to be weighed."""


@dataclass(frozen=True, eq=False)
class Pointwise:
    """Estimates by row, or by level.

    Attributes:
        elpd: (n,) log predictive density of what was left out.
        lppd: (n,) the same where nothing was left out.
        k: (n,) Pareto shapes, or None where no weights were used.
    """

    elpd: np.ndarray
    lppd: np.ndarray
    k: np.ndarray | None = None


def smoothed(log_density: np.ndarray, r_eff: float) -> Pointwise:
    """Leave each column out of (S, n) log densities, by Pareto-smoothed importance sampling.

    Where the density is the same at every draw there is nothing to weigh: k is 0. Where it is 0 at some draw,
    or the tail cannot be fitted, k is infinite.
    """
    values = np.ascontiguousarray(log_density.T)
    lppd = log_mean(values, axis=1)
    elpd, k = lppd.copy(), np.zeros(len(values))
    is_finite = np.all(np.isfinite(values), axis=1)
    elpd[~is_finite], k[~is_finite] = -np.inf, np.inf
    uneven = np.flatnonzero(is_finite & (np.ptp(np.where(is_finite[:, None], values, 0), axis=1) > FLAT))
    weights, shape = log_weights(values[uneven], r_eff)
    elpd[uneven] = log_sum(weights + values[uneven], axis=1)
    k[uneven] = np.where(np.isnan(shape), np.inf, shape)
    return Pointwise(elpd, lppd, k)


def log_weights(values: np.ndarray, r_eff: float) -> tuple[np.ndarray, np.ndarray]:
    """(n, S) smoothed log weights, which add up to 1, and (n,) Pareto shapes, of (n, S) log densities.

    Where the tail of a row is one value it cannot be smoothed: the weights are as they are, k is infinite.
    """
    with np.errstate(all="ignore"):
        try:
            return _psis(values, r_eff)
        except ValueError:  # of some row: one after another
            weights, shape = -values, np.full(len(values), np.inf)
            weights -= log_sum(weights, axis=1)[:, None]
            for place, row in enumerate(values):
                try:
                    weights[place], shape[place] = _psis(row, r_eff)
                except ValueError:
                    continue
    return weights, shape


def _psis(values: np.ndarray, r_eff: float) -> tuple[np.ndarray, np.ndarray]:
    from arviz_stats.base.array import array_stats

    weights, shape = array_stats.psislw(values, r_eff=r_eff, axis=-1)  # pyright: ignore
    return weights, shape


def of_rows(answers: Answers, r_eff: float) -> Pointwise:
    """Every row left out in turn, a chunk of rows at a time: no array of all rows and draws is made."""
    n = answers.target.design.n_rows
    out = Pointwise(np.empty(n), np.empty(n), np.empty(n))
    assert out.k is not None
    for at, values in answers.chunks():
        some = smoothed(values, r_eff)
        out.elpd[at], out.lppd[at], out.k[at] = some.elpd, some.lppd, some.k
    return out


def log_mean(values: np.ndarray, axis: int) -> np.ndarray:
    """Log of the mean of exponentials."""
    return log_sum(values, axis) - np.log(values.shape[axis])


def log_sum(values: np.ndarray, axis: int) -> np.ndarray:
    """Log of the sum of exponentials; -inf of zeros alone."""
    top = np.max(values, axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0.0)
    with np.errstate(divide="ignore"):
        return np.log(np.sum(np.exp(values - top), axis=axis)) + np.squeeze(top, axis=axis)


def relative_ess(fit: Fit) -> float:
    """Effective draws a draw, the mean over all parameters: what ArviZ takes where nothing is given."""
    from arviz_stats.base.array import array_stats

    if next(iter(fit.stats.values())).shape[0] == 1:
        return 1.0
    found = []
    for values in fit.draws.values():
        flat = values.reshape(*values.shape[:2], -1)[:, :, :MAX_EFFECTS]
        if flat.shape[2]:
            ess = array_stats.ess(flat, chain_axis=0, draw_axis=1, method="mean")
            found.append(np.ravel(ess) / (flat.shape[0] * flat.shape[1]))
    return float(np.mean(np.concatenate(found))) if found else 1.0


def check_r_eff(fit: Fit, r_eff: float | None) -> float:
    """The stated relative effective sample size, or that of the fit.

    Raises:
        OptionError: it is no positive number; or there are too few draws to fit a tail to.
    """
    size = int(np.prod(next(iter(fit.stats.values())).shape[:2]))
    if size < LEAST_DRAWS:
        raise OptionError(
            f"{size} draws are too few to weigh: leaving rows out takes {LEAST_DRAWS} or more, and 1,000 to "
            "be of use\n  Fit again with more draws."
        )
    if r_eff is None:
        return relative_ess(fit)
    if isinstance(r_eff, bool) or not isinstance(r_eff, int | float | np.number) or not 0 < r_eff < np.inf:
        raise OptionError(f"reff={r_eff!r} must be a positive number: effective draws a draw, usually near 1")
    return float(r_eff)
