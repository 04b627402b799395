"""Power-scaling sensitivity: ArviZ's numbers, of our own log priors and likelihoods."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from numpy.testing import assert_allclose
from scipy import stats

import bayesformula as bf
from bayesformula.results import sensitivity
from results.fits import cafes_fit, fit_quietly, wide_fit

pytestmark = pytest.mark.filterwarnings("ignore::bayesformula.BayesFormulaWarning")

WORDS = {sensitivity.CONFLICT, sensitivity.STRONG, sensitivity.SETTLED, sensitivity.NEITHER}
PRIORS = ["Intercept ~ normal(0, 2)", "b ~ normal(3, 0.2)", "sigma ~ gamma(3, 2)"]


@lru_cache(maxsize=4)
def line_fit(*priors: str):
    rng = np.random.default_rng(8)
    x = rng.normal(size=25)
    frame = pd.DataFrame({"x": x, "y": 0.3 + 0.25 * x + rng.normal(size=25)})
    return fit_quietly("y ~ x", frame, priors=list(priors) or None, draws=500)


def test_log_priors_are_those_of_scipy():
    """Of stated priors, up to a constant."""
    fit = line_fit(*PRIORS)
    draws = fit.draws_frame()
    expected = stats.norm.logpdf(draws["b_Intercept"], 0, 2) + stats.norm.logpdf(draws["b_x"], 3, 0.2)
    expected += stats.gamma.logpdf(draws["sigma"], 3, scale=1 / 2)
    assert_allclose(sensitivity.log_priors(fit).ravel(), expected, rtol=1e-10)


def test_log_priors_of_correlated_groups_with_defaults():
    """Defaults hold at the mean of the predictor, 0.5: the other way round, in NumPy."""
    fit = cafes_fit()
    draws, prior = fit.draws, {row.parameter: row.prior.arguments for row in fit.spec.priors}
    to = np.array([[1.0, 0.5], [0.0, 1.0]])  # coefficients at the mean of those at x = 0
    b = draws["b"] @ to.T
    scale = draws["sd_cafe"][..., None] * np.eye(2)
    covariance = to @ scale @ draws["cor_cafe"] @ scale @ to.T
    sd = np.sqrt(np.diagonal(covariance, axis1=-2, axis2=-1))
    cor = covariance[..., 0, 1] / sd.prod(axis=-1)
    expected = (prior["cor_cafe"][0] - 1) * np.log1p(-(cor**2)) - prior["sigma"][0] * draws["sigma"]
    for i, name in enumerate(("Intercept", "afternoon")):
        expected = expected + stats.norm.logpdf(b[..., i], *prior[f"b_{name}"])
        expected = expected - prior[f"sd_cafe__{name}"][0] * sd[..., i]
    found = sensitivity.log_priors(fit)
    assert_allclose(found - found.mean(), expected - expected.mean(), atol=1e-9)


@pytest.mark.parametrize("fit", [cafes_fit, wide_fit, line_fit])
def test_the_numbers_are_those_of_arviz(fit):
    fit = fit()
    from arviz_stats import psense_summary

    flat = {name: (("chain", "draw"), values) for name, values in _scalars(fit).items()}
    priors = xr.Dataset({"all": (("chain", "draw"), sensitivity.log_priors(fit))})
    likelihood = xr.Dataset({"y": fit.log_likelihood()})
    groups = {"posterior": xr.Dataset(flat), "log_prior": priors, "log_likelihood": likelihood}
    expected = psense_summary(xr.DataTree.from_dict(groups), round_to=12)
    found = fit.prior_sensitivity()
    assert list(found.index) == list(fit.summary().index)
    assert_allclose(found["prior"], expected.loc[found.index, "prior"].astype(float), rtol=1e-6)
    assert_allclose(found["likelihood"], expected.loc[found.index, "likelihood"].astype(float), rtol=1e-6)
    assert set(found["diagnosis"]) <= WORDS


def _scalars(fit):
    frame = fit.draws_frame(effects=False)
    chains = fit.config.chains
    return {name: frame[name].to_numpy().reshape(chains, -1) for name in frame}


def test_a_prior_far_from_the_data_is_found_and_a_wide_one_is_not():
    far = line_fit(*PRIORS).prior_sensitivity()
    assert far.loc["b_x", "diagnosis"] == sensitivity.CONFLICT
    wide = line_fit("Intercept ~ normal(0, 50)", "b ~ normal(0, 50)", "sigma ~ exponential(0.01)")
    assert (wide.prior_sensitivity()["diagnosis"] == sensitivity.SETTLED).all()
    strong = line_fit("Intercept ~ normal(0, 50)", "b ~ normal(0.25, 0.01)", "sigma ~ exponential(0.01)")
    assert strong.prior_sensitivity().loc["b_x", "diagnosis"] == sensitivity.STRONG


def test_units_and_origin_of_a_predictor_change_nothing():
    """Default priors move with the columns, and their coordinates are not those of x = 0."""
    frame = bf.datasets.load("cafes")
    moved = frame.assign(afternoon=100 + 10 * frame["afternoon"])
    one = cafes_fit().prior_sensitivity()
    draws = dict(cafes_fit().draws)
    other = fit_quietly("wait ~ afternoon + (1 + afternoon | cafe)", moved, warmup=20)
    to = np.array([[1.0, -10.0], [0.0, 0.1]])  # the same draws in the coordinates of the other columns
    scale = draws["sd_cafe"][..., None] * np.eye(2)
    covariance = to @ scale @ draws["cor_cafe"] @ scale @ to.T
    sd = np.sqrt(np.diagonal(covariance, axis1=-2, axis2=-1))
    draws |= {"b": draws["b"] @ to.T, "r_cafe": draws["r_cafe"] @ to.T, "sd_cafe": sd}
    draws["cor_cafe"] = covariance / sd[..., :, None] / sd[..., None, :]
    two = replace(other, draws=draws).prior_sensitivity()
    stay = ["b_afternoon", "sd_cafe__afternoon", "sigma"]
    assert_allclose(two.loc[stay, ["prior", "likelihood"]], one.loc[stay, ["prior", "likelihood"]], rtol=1e-4)


REFUSED = [
    ({"threshold": 0}, "threshold=0 must be a number above 0"),
    ({"alphas": (1.1, 1.2)}, "must be a power below 1 and one above"),
]


@pytest.mark.parametrize(("options", "message"), REFUSED, ids=str)
def test_options_are_checked(options, message):
    with pytest.raises(bf.OptionError, match=message):
        line_fit().prior_sensitivity(**options)


def test_what_has_no_answer_is_refused():
    short = {"draws": 20, "warmup": 50, "chains": 1}
    frame = line_fit().frame
    with pytest.raises(bf.OptionError, match="this fit is of the prior alone"):
        replace(line_fit(), prior_only=True).prior_sensitivity()
    flat = fit_quietly("y ~ x", frame, priors=["b ~ flat", "Intercept ~ flat", "sigma ~ flat"], **short)
    with pytest.raises(bf.OptionError, match="needs a prior that is not flat"):
        flat.prior_sensitivity()
    joint = fit_quietly("y ~ x", frame, priors="b ~ horseshoe(1)", **short)
    with pytest.raises(bf.OptionError, match="knows no power of b ~ horseshoe"):
        joint.prior_sensitivity()


def test_what_is_constant_does_not_vary():
    fit = line_fit()
    held = replace(fit, draws={**fit.draws, "sigma": np.full_like(fit.draws["sigma"], 1.0)})
    row = held.prior_sensitivity().loc["sigma"]
    assert np.isnan(row["prior"])
    assert row["diagnosis"] == sensitivity.CONSTANT
