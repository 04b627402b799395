"""Cross-validation: each fold is a refit of the same program, and its rows are predicted from it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.special import logsumexp

import bayesformula as bf
from bayesformula.runner import executables
from bayesformula.updates import reweighted
from results.fits import CAFES, cafes_fit, fit_quietly, plain_fit

pytestmark = pytest.mark.filterwarnings("ignore::bayesformula.BayesFormulaWarning")


def test_folds_are_refits_of_one_program():
    fit, fold = cafes_fit(), np.arange(200) % 3
    reweighted(fit, np.ones(200))  # weights are another program than none, and all weights one
    before = dict(executables.traces)
    found = fit.kfold(folds=fold, seed=5)
    assert executables.traces == before
    assert (found.kind, found.n_folds, found.n_data_points) == ("loo_kfold", 3, 200)
    for number in range(3):
        again = reweighted(fit, (fold != number).astype(float), seed=6 + number)
        values = np.asarray(again.log_likelihood()).reshape(-1, 200)[:, fold == number]
        expected = logsumexp(values, axis=0) - np.log(len(values))
        np.testing.assert_allclose(found.elpd_i[fold == number], expected, rtol=1e-10)
    values = np.asarray(fit.log_likelihood()).reshape(-1, 200)
    assert found.p == pytest.approx(np.sum(logsumexp(values, axis=0) - np.log(len(values))) - found.elpd)
    assert "3-fold" in str(found)


def test_it_is_near_leave_one_out():
    fit = plain_fit()
    assert fit.kfold(20).elpd == pytest.approx(fit.loo().elpd, abs=1.5)


def test_rows_of_a_level_left_out_have_the_density_of_a_new_level():
    """By Monte Carlo over the effects that the sampler draws; in closed form from the same refit.

    Of 100 errors in units of their standard errors one exceeds 4.5 in one run of a thousand.
    """
    fit = fit_quietly(CAFES, bf.datasets.load("cafes"), draws=1000)
    found = fit.kfold(group="cafe", k=2, seed=3)
    fold = fit.kfold(group="cafe", k=2, seed=3, joint=True)
    assert fold.n_data_points == 20
    assert found.n_data_points == 200
    level = np.random.default_rng(3)  # the folds that this seed deals
    from bayesformula.results.comparison.folds import level_folds

    index = np.unique(fit.frame["cafe"], return_inverse=True)[1]
    at = np.flatnonzero(level_folds(index, 2, "cafe", level) == 0)
    weights = np.ones(200)
    weights[at] = 0
    again = reweighted(fit, weights, seed=4)
    draws = {name: values.reshape(-1, *values.shape[2:]) for name, values in again.draws.items()}
    x = np.stack([np.ones(200), fit.frame["afternoon"]], axis=1)[at]
    sd, cor = draws["sd_cafe"], draws["cor_cafe"]
    cov = sd[:, :, None] * cor * sd[:, None, :]
    between, sigma = np.einsum("ni,sij,nj->sn", x, cov, x), draws["sigma"][:, None]
    y, mean = fit.frame["wait"].to_numpy()[at], draws["b"] @ x.T
    exact = stats.norm.pdf(y, mean, np.sqrt(between + sigma**2))
    # the square of a normal density is one of half the variance, divided by 2 sigma sqrt(pi)
    square = stats.norm.pdf(y, mean, np.sqrt(between + sigma**2 / 2)) / (2 * sigma * np.sqrt(np.pi))
    error = np.sqrt(np.sum(square - exact**2, axis=0)) / len(exact)
    assert np.max(np.abs(np.exp(found.elpd_i[at]) - exact.mean(axis=0)) / error) < 4.5
    assert float(found.elpd_i[at].sum()) == pytest.approx(np.log(exact.mean(axis=0)).sum(), abs=1.0)


ERRORS = [
    ({"joint": True}, "joint=True gives one density for each level: say of which group, group=..."),
    (
        {"group": "cafe", "by": "cafe"},
        "group='cafe' says what is left out together: leave out folds= and by=",
    ),
    ({"group": "coffee"}, "no group 'coffee' in this model: the groups are 'cafe'"),
    ({"group": "cafe", "k": 21}, "k=21 folds of the 20 levels of 'cafe': k must be from 2 to 20"),
]


@pytest.mark.parametrize(("options", "message"), ERRORS, ids=lambda value: str(value)[:20])
def test_what_cannot_be_asked(options, message):
    with pytest.raises(bf.OptionError) as caught:
        cafes_fit().kfold(**options)
    assert str(caught.value) == message


@pytest.mark.filterwarnings("default::bayesformula.BayesFormulaWarning")
def test_fits_that_did_not_converge_are_told():
    fit = fit_quietly("wait ~ afternoon", bf.datasets.load("cafes"), draws=7, warmup=10)
    with pytest.warns(bf.BayesFormulaWarning, match=r"^\d of 2 fits without some rows did not converge"):
        fit.kfold(2)
