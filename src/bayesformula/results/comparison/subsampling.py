"""Leave-one-out cross-validation of a table too long to weigh every row."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from bayesformula.errors import OptionError
from bayesformula.results.comparison.elpd import n_draws, result
from bayesformula.results.comparison.pointwise import Pointwise, of_rows
from bayesformula.results.prediction.predict import likelihood_answers
from bayesformula.results.summary import check_count

if TYPE_CHECKING:
    from arviz_stats.utils import ELPDData

    from bayesformula.results.fit import Fit

LEAST_ROWS = 2


def check_subsample(count: object, n_rows: int) -> None:
    """Refuse what is no number of rows that can be drawn.

    Raises:
        OptionError: so it is.
    """
    check_count("subsample", count, least=LEAST_ROWS)
    if not isinstance(count, int | np.integer) or count >= n_rows:
        raise OptionError(f"subsample={count} must be less than the {n_rows} rows of the table; leave it out")


def subsampled(fit: Fit, count: int, r_eff: float, seed: int) -> ELPDData:
    """The difference estimator: densities at the posterior mean, summed over all rows, and put right by
    what leaving out differs from them in a simple random sample.
    """
    import xarray as xr

    assert fit.frame is not None
    approximate = _at_means(fit)
    n = len(approximate)
    at = np.sort(np.random.default_rng(seed).choice(n, count, replace=False))
    some = of_rows(likelihood_answers(fit, fit.frame.iloc[at]), r_eff)
    everywhere = Pointwise(*(np.full(n, np.nan) for _ in range(3)))
    assert everywhere.k is not None
    everywhere.elpd[at], everywhere.lppd[at], everywhere.k[at] = some.elpd, some.lppd, some.k
    elpd, error, spread = _difference(some.elpd, approximate[at], approximate)
    p, _, _ = _difference(some.lppd - some.elpd, np.zeros(count), np.zeros(n))
    found = result("loo", everywhere, n_draws(fit))
    coords = found.elpd_i.coords
    return replace(
        found,
        elpd=elpd,
        se=spread,
        p=p,
        subsampling_se=error,
        subsample_size=count,
        loo_subsample_observations=at,
        elpd_loo_approx=xr.DataArray(approximate, coords, found.elpd_i.dims),
    )


def _at_means(fit: Fit) -> np.ndarray:
    """(n,) log densities of all rows at the means of the draws."""
    draws = {name: np.mean(values, axis=(0, 1), keepdims=True) for name, values in fit.draws.items()}
    stats = {name: values[:1, :1] for name, values in fit.stats.items()}
    answers = likelihood_answers(replace(fit, draws=draws, stats=stats))
    out = np.empty(answers.target.design.n_rows)
    for at, values in answers.chunks():
        out[at] = values[0]
    return out


def _difference(
    sample: np.ndarray, approximate_sample: np.ndarray, approximate: np.ndarray
) -> tuple[float, float, float]:
    """A sum over all rows, its error from sampling them, and its standard error as of a sum over all.

    References: Magnusson et al. (2020), PMLR 108, section 3.2.
    """
    n, m = len(approximate), len(sample)
    difference = sample - approximate_sample
    total = float(n * np.mean(difference) + np.sum(approximate))
    error = float(np.sqrt(n**2 * (1 - m / n) * np.var(difference, ddof=1) / m))
    squares = n * np.mean(sample**2 - approximate_sample**2) + np.sum(approximate**2)
    spread = float(squares - (total**2 - error**2) / n)
    return total, error, math.sqrt(max(spread, 0.0))
