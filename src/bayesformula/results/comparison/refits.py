"""Fits without some rows: what weighing draws only estimates, and cross-validation does throughout."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from bayesformula.errors import BayesFormulaWarning
from bayesformula.results.comparison.groups import level_means
from bayesformula.results.comparison.pointwise import log_mean
from bayesformula.results.observed import training_design
from bayesformula.results.prediction.predict import likelihood_answers

if TYPE_CHECKING:
    from bayesformula.results.fit import Fit

GREATEST_R_HAT = 1.05


def refits(fit: Fit, left_out: Iterable[np.ndarray], seed: int) -> Iterator[tuple[np.ndarray, Fit]]:
    """The fit without each of some sets of rows. Afterwards warns of those that did not converge."""
    from bayesformula.updates import reweighted

    n, poor, count = training_design(fit).n_rows, [], 0
    for count, rows in enumerate(left_out, start=1):
        weights = np.ones(n)
        weights[rows] = 0.0
        again = reweighted(fit, weights, seed=seed + count)
        if not _is_healthy(again):
            poor.append(count)
        yield rows, again
    if poor:
        shown = ", ".join(map(str, poor[:6])) + (", ..." if len(poor) > 6 else "")
        warnings.warn(
            f"{len(poor)} of {count} fits without some rows did not converge or had divergences (number "
            f"{shown}): what they say is not to be trusted; fit with more warmup, or a higher target_accept",
            BayesFormulaWarning,
            stacklevel=5,
        )


def _is_healthy(fit: Fit) -> bool:
    r_hat = fit._quality["r_hat"]  # of the scalars alone: effects by the thousand are another's question
    finite = r_hat[np.isfinite(r_hat)]
    return not fit.divergences and bool(np.all(finite < GREATEST_R_HAT))


def held_out_rows(fit: Fit, rows: np.ndarray) -> np.ndarray:
    """(rows,) log predictive densities of some rows of the fit's table, each alone."""
    assert fit.frame is not None
    out = np.empty(len(rows))
    for at, values in likelihood_answers(fit, fit.frame.iloc[rows]).chunks():
        out[at] = log_mean(values, axis=0)
    return out


def held_out_levels(fit: Fit, label: str, codes: np.ndarray) -> np.ndarray:
    """(levels,) log predictive densities of all rows of some levels, each level together."""
    return level_means(fit, label, codes.tolist()).found[0]
