"""Leaving rows and levels out with and without refits: the same questions asked in two ways."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import logsumexp

import bayesformula as bf
from bayesformula.results.comparison.groups import level_means
from bayesformula.runner import executables
from bayesformula.updates import reweighted
from results.fits import CAFES, OUTLYING, cafes_fit, fit_quietly, outlying_fit, plain_fit, wide_fit

pytestmark = pytest.mark.filterwarnings("ignore::bayesformula.BayesFormulaWarning")


def log_mean(values):
    return logsumexp(values, axis=0) - np.log(len(values))


def without(fit, rows, seed):
    weights = np.ones(fit.spec.n_rows)
    weights[rows] = 0
    return reweighted(fit, weights, seed=seed)


def test_reloo_is_a_fit_without_the_row():
    fit = outlying_fit()
    before, found = fit.loo(), fit.loo(reloo=True, seed=4)
    bad = np.flatnonzero(before.pareto_k > before.good_k)
    assert OUTLYING in bad
    for number, row in enumerate(bad, start=1):
        again = np.asarray(without(fit, row, 4 + number).log_likelihood())
        assert float(found.elpd_i[row]) == pytest.approx(log_mean(again[:, :, row].ravel()), rel=1e-10)
    rest = np.setdiff1d(np.arange(200), bad)
    assert_array_equal(found.elpd_i[rest], before.elpd_i[rest])
    assert_array_equal(found.pareto_k[bad], 0)
    assert not found.warning


def test_levels_left_out_by_weights_are_those_left_out_by_refits():
    """One program for all refits; and twenty exact refits are what weighing draws estimates."""
    fit = cafes_fit()
    estimated = fit.loo(group="cafe")
    before = dict(executables.traces)
    exact = fit.kfold(group="cafe", joint=True)
    assert all(count - before.get(name, 0) <= 1 for name, count in executables.traces.items())
    assert estimated.elpd_i.dims == exact.elpd_i.dims == ("cafe",)
    assert exact.n_folds == 20
    good = np.asarray(estimated.pareto_k < 0.5)
    assert good.sum() > 12
    assert_allclose(estimated.elpd_i[good], exact.elpd_i[good], atol=0.15)
    assert estimated.elpd == pytest.approx(exact.elpd, abs=1.0)
    assert estimated.elpd_i.attrs == {"integration": "exact", "integration_error": 0.0}


def test_reloo_of_levels():
    """One of the cafes is so far from the others that it cannot be left out by weights."""
    table = bf.datasets.load("cafes")
    table["wait"] = table["wait"] + 30.0 * (table["cafe"] == "c07")
    fit = fit_quietly(CAFES, table, chains=2)
    before, found = fit.loo(group="cafe"), fit.loo(group="cafe", reloo=True, seed=2)
    bad = np.flatnonzero(before.pareto_k > before.good_k)
    assert float(before.pareto_k.sel(cafe="c07")) > 1.5 * before.good_k  # whatever the last digits are
    level = fit.frame["cafe"].to_numpy() == str(found.elpd_i["cafe"][bad[0]].item())
    again = without(fit, np.flatnonzero(level), 3)
    expected = level_means(again, "cafe", [int(bad[0])]).found[0][0]
    assert float(found.elpd_i[bad[0]]) == pytest.approx(expected, rel=1e-10)


def test_levels_of_a_whitened_fit():
    """A response that is not Gaussian, by quadrature; every level once by refits."""
    table = bf.datasets.load("cbpp")
    fit = fit_quietly("incidence | trials(size) ~ period + (1 | herd)", table, family="binomial", chains=2)
    found, exact = fit.loo(group="herd"), fit.kfold(group="herd", joint=True)
    assert found.elpd_i.attrs["integration"] == "adaptive quadrature"
    assert found.elpd_i.attrs["integration_error"] < 1e-3
    assert found.elpd == pytest.approx(exact.elpd, abs=1.0)
    assert_array_equal(found.elpd_i["herd"], exact.elpd_i["herd"])


# ---- moved draws ----


@lru_cache(maxsize=1)
def outlier_fit():
    rng = np.random.default_rng(2)
    x = rng.normal(size=30)
    y = rng.poisson(np.exp(0.5 + 0.4 * x))
    x[3], y[3] = 2.5, 45
    return fit_quietly("y ~ x", pd.DataFrame({"x": x, "y": y}), family="poisson")


def test_moved_draws_do_what_a_refit_does():
    fit = outlier_fit()
    before, moved, exact = fit.loo(), fit.loo(moment_match=True), fit.loo(reloo=True)
    assert float(before.pareto_k[3]) > before.good_k
    assert float(moved.pareto_k[3]) < float(before.pareto_k[3])
    off = [abs(float(each.elpd_i[3] - exact.elpd_i[3])) for each in (before, moved)]
    assert off[1] < 0.5 * off[0]
    rest = np.asarray(before.pareto_k) < before.good_k
    assert_array_equal(moved.elpd_i[rest], before.elpd_i[rest])


def test_coordinates_that_are_not_the_draws_are_refused():
    fit = outlier_fit()
    with pytest.raises(bf.OptionError, match=r"do not give its draws again.*\n  Pass reloo=True instead"):
        replace(fit, z=fit.z + 0.1).loo(moment_match=True)


# ---- some rows ----


def test_a_subsample_estimates_the_whole():
    fit = wide_fit()
    whole, some = fit.loo(), fit.loo(subsample=60, seed=1)
    at = some.loo_subsample_observations
    assert (some.subsample_size, len(at), some.n_data_points) == (60, 60, fit.spec.n_rows)
    assert_allclose(some.elpd_i[at], whole.elpd_i[at], rtol=1e-10)
    assert int(np.isnan(some.elpd_i).sum()) == fit.spec.n_rows - 60
    assert abs(some.elpd - whole.elpd) < 4 * some.subsampling_se
    assert some.subsampling_se < 0.5 * whole.se
    assert "60 subsampled" in str(some)


def test_the_estimator_is_right_on_average():
    """Over many samples the difference estimator has no bias, and its error is as it says."""
    from bayesformula.results.comparison.subsampling import _difference

    rng = np.random.default_rng(0)
    approximate = rng.normal(-1, 1, 200)
    values = approximate - rng.exponential(0.2, 200)
    samples = [rng.choice(200, 50, replace=False) for _ in range(4000)]
    found = np.array([_difference(values[at], approximate[at], approximate) for at in samples])
    assert found[:, 0].mean() == pytest.approx(values.sum(), abs=4 * found[:, 0].std() / np.sqrt(4000))
    assert found[:, 1].mean() == pytest.approx(found[:, 0].std(), rel=0.05)
    assert found[:, 2].mean() == pytest.approx(np.sqrt(200) * values.std(), rel=0.05)


ERRORS = [
    (plain_fit, {"reff": 0}, "reff=0 must be a positive number: effective draws a draw, usually near 1"),
    (plain_fit, {"seed": -1}, "seed=-1 must be a whole number, 0 or more"),
    (plain_fit, {"subsample": 1}, "subsample=1 must be a whole number, 2 or more"),
    (plain_fit, {"subsample": 40}, "subsample=40 must be less than the 40 rows of the table; leave it out"),
    (
        cafes_fit,
        {"subsample": 40, "group": "cafe"},
        "subsample= weighs some rows alone, and group= needs all: leave out one of them",
    ),
    (
        cafes_fit,
        {"moment_match": True},
        "moment_match=True moves the sampler's own coordinates, and plan 'marginal' has the coefficients "
        "integrated out of them\n  Pass reloo=True: of such a plan a fit without a row is quick, and exact.",
    ),
    (
        lambda: replace(cafes_fit(), prior_only=True),
        {},
        "this fit has draws from the prior alone (prior_only=True): there are no rows to leave out\n"
        "  Fit without prior_only=True.",
    ),
    (
        lambda: replace(cafes_fit(), frame=None),
        {},
        "this fit was saved without its rows (data=False): what you asked for needs them",
    ),
    (
        lambda: replace(cafes_fit(), stats={"diverging": np.zeros((2, 10))}),
        {},
        "20 draws are too few to weigh: leaving rows out takes 25 or more, and 1,000 to be of use\n"
        "  Fit again with more draws.",
    ),
]


@pytest.mark.parametrize(("fit", "options", "message"), ERRORS, ids=range(len(ERRORS)))
def test_what_cannot_be_asked(fit, options, message):
    with pytest.raises(bf.OptionError) as caught:
        fit().loo(**options)
    assert str(caught.value) == message
