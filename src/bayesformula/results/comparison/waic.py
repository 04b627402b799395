"""The widely applicable information criterion."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from bayesformula.errors import BayesFormulaWarning
from bayesformula.results.comparison.elpd import check_comparable, n_draws, result
from bayesformula.results.comparison.pointwise import Pointwise, log_mean
from bayesformula.results.prediction.predict import likelihood_answers

if TYPE_CHECKING:
    from arviz_stats.utils import ELPDData

    from bayesformula.results.fit import Fit

MOST = 0.4
"""Variance of a row's log density beyond which the expansion behind the criterion fails."""


def waic(fit: Fit) -> ELPDData:
    """How well new rows would be predicted, by the widely applicable information criterion.

    Of each row the log of its mean density over the draws, less the variance of its log density, which
    counts parameters. `loo()` estimates the same and knows where it fails; this is for comparison with
    published numbers.

    Returns:
        ArviZ's ELPDData of kind "waic", on the log scale: `.elpd`, `.se`, `.p`, `.elpd_i` by row; -2 `.elpd`
        is what some books call WAIC.

    Raises:
        OptionError: the rows or the draws of the group effects were not kept; the draws are from the prior.

    References: Watanabe (2010), JMLR 11, 3571-3594; Vehtari, Gelman and Gabry (2017),
        doi:10.1007/s11222-016-9696-4.
    """
    check_comparable(fit)
    answers = likelihood_answers(fit)
    n = answers.target.design.n_rows
    lppd, variance = np.empty(n), np.empty(n)
    for at, values in answers.chunks():
        lppd[at], variance[at] = log_mean(values, axis=0), np.var(values, axis=0, ddof=1)
    many = int(np.sum(~(variance <= MOST)))
    if many:
        warnings.warn(
            f"waic is not to be trusted: the log density of {many} of {n} rows varies too much over the "
            f"draws (variance above {MOST}); use loo(), which says where it fails",
            BayesFormulaWarning,
            stacklevel=2,
        )
    return result("waic", Pointwise(lppd - variance, lppd), n_draws(fit), warning=many > 0)
