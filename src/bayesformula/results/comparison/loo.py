"""Leave-one-out cross-validation, of rows or of whole levels of a group, without fitting again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from bayesformula.errors import OptionError
from bayesformula.results.comparison import moments, subsampling
from bayesformula.results.comparison.elpd import (
    check_comparable,
    greatest_k,
    n_draws,
    result,
    warn_of_shapes,
)
from bayesformula.results.comparison.groups import over_levels
from bayesformula.results.comparison.levels import GroupRows
from bayesformula.results.comparison.pointwise import Pointwise, check_r_eff, of_rows, smoothed
from bayesformula.results.comparison.refits import held_out_levels, held_out_rows, refits
from bayesformula.results.names import group_names
from bayesformula.results.prediction.predict import likelihood_answers
from bayesformula.results.summary import check_count

if TYPE_CHECKING:
    from arviz_stats.utils import ELPDData

    from bayesformula.results.fit import Fit


def loo(
    fit: Fit,
    *,
    group: str | None = None,
    reloo: bool = False,
    moment_match: bool = False,
    subsample: int | None = None,
    reff: float | None = None,
    seed: int = 0,
) -> ELPDData:
    """How well rows that the model has not seen would be predicted: each left out in turn, without refits.

    Draws are weighed by one over the density of what is left out, and the largest weights smoothed by a
    Pareto distribution, whose shape k says whether that is allowed. A row is predicted given its groups:
    new rows of old levels.

    With `group="school"` whole levels are left out, and new schools are predicted: the density is that of
    all rows of a level together, with its effects, and those of levels nested in it, integrated out; effects
    of other groups are taken as they are drawn. Exact for Gaussian responses; else by adaptive quadrature
    around the mode of each level at each draw (Gauss-Hermite for one or two effects a level, quasi-Monte
    Carlo for more); `.elpd_i.attrs` says which, and by how much a coarser rule differs.

    Memory does not grow with rows times draws.

    Args:
        group: leave out whole levels of it, in place of rows.
        reloo: fit again without each row (or level) whose k is too large, and take its exact density; k is
            then 0. Each takes as long as sampling did; nothing is compiled anew.
        moment_match: for each such row move the draws to where they would be without it. Quicker than a refit
            where sampling is slow, and not always enough; not for plans "marginal" and "importance".
        subsample: weigh so many rows, drawn at random, and estimate the sum over all rows from them and from
            the density of every row at the posterior mean. For tables of a million rows.
        reff: effective draws a draw; estimated when it is not given, as ArviZ does.
        seed: of refits and subsample.

    Returns:
        ArviZ's ELPDData: `.elpd` (greater is better), `.se`, `.p` the effective number of parameters, and by
        row or level `.elpd_i` and `.pareto_k`. `arviz_stats.compare` and `bf.compare` take it.

    Raises:
        OptionError: an option is not legal; rows or draws of group effects were not kept; levels that cannot
            be left out one at a time.

    Example:
        >>> fit.loo()  # doctest: +SKIP

    References: Vehtari, Gelman and Gabry (2017), doi:10.1007/s11222-016-9696-4; Vehtari et al. (2024), Pareto
        smoothed importance sampling, JMLR 25(72); of moments Paananen et al. (2021),
        doi:10.1007/s11222-020-09982-2; of whole levels Merkle, Furr and Rabe-Hesketh (2019),
        doi:10.1007/s11336-019-09679-0; of subsamples Magnusson et al. (2020), Leave-one-out cross-validation
        for Bayesian model comparison in large data, PMLR 108.
    """
    check_comparable(fit)
    check_count("seed", seed, least=0)
    _check_together(fit, group, subsample, reloo=reloo, moment_match=moment_match)
    r_eff = check_r_eff(fit, reff)
    if subsample is not None:
        found = subsampling.subsampled(fit, subsample, r_eff, seed)
    elif group is not None:
        found = _of_levels(fit, group, r_eff, seed, reloo=reloo)
    else:
        rows = of_rows(likelihood_answers(fit), r_eff)
        rows = moments.matched(fit, rows, r_eff) if moment_match else rows
        found = result("loo", _exact_rows(fit, rows, seed) if reloo else rows, n_draws(fit))
    warn_of_shapes(found, group, has_groups=bool(fit.spec.groups))
    return found


def _check_together(
    fit: Fit, group: str | None, subsample: int | None, *, reloo: bool, moment_match: bool
) -> None:
    if subsample is not None:
        if group is not None or reloo or moment_match:
            other = "group=" if group is not None else "reloo=True" if reloo else "moment_match=True"
            raise OptionError(
                f"subsample= weighs some rows alone, and {other} needs all: leave out one of them"
            )
        subsampling.check_subsample(subsample, fit.spec.n_rows)
    if moment_match:
        if group is not None:
            raise OptionError("moment_match=True moves draws for single rows; with group= pass reloo=True")
        moments.check_matchable(fit)


def _of_levels(fit: Fit, label: str, r_eff: float, seed: int, *, reloo: bool) -> ELPDData:
    def weighed(values: np.ndarray) -> tuple[np.ndarray, ...]:
        some = smoothed(values, r_eff)
        assert some.k is not None
        return some.elpd, some.lppd, some.k

    every = over_levels(fit, label, weighed)
    found = Pointwise(*every.found)
    if reloo:
        found = _exact_levels(fit, found, every.rows, seed)
    dimension = group_names(fit.spec)[label].dimension
    out = result("loo", found, n_draws(fit), dimension=dimension, names=every.rows.names)
    out.elpd_i.attrs.update(integration=every.method, integration_error=every.error)
    return out


# ---- refits of what cannot be weighed ----


def _too_large(fit: Fit, found: Pointwise) -> np.ndarray:
    assert found.k is not None
    return np.flatnonzero(found.k > greatest_k(n_draws(fit)))


def _exact_rows(fit: Fit, found: Pointwise, seed: int) -> Pointwise:
    bad = _too_large(fit, found)
    exact = [held_out_rows(again, rows)[0] for rows, again in refits(fit, bad[:, None], seed)]
    return _replaced(found, bad, exact)


def _exact_levels(fit: Fit, found: Pointwise, rows: GroupRows, seed: int) -> Pointwise:
    bad = _too_large(fit, found)
    order = rows.target.design.rows
    left_out = [order[rows.starts[place] : rows.starts[place + 1]] for place in bad.tolist()]
    exact = [
        held_out_levels(again, rows.groups[0].label, rows.levels[[place]])[0]
        for place, (_, again) in zip(bad.tolist(), refits(fit, left_out, seed), strict=True)
    ]
    return _replaced(found, bad, exact)


def _replaced(found: Pointwise, at: np.ndarray, exact: list[float]) -> Pointwise:
    elpd, k = found.elpd.copy(), np.array(found.k)
    elpd[at], k[at] = exact, 0.0
    return replace(found, elpd=elpd, k=k)
