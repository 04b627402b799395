"""R-squared and intraclass correlations against sums written out."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import polygamma

import bayesformula as bf
from results.prediction.made import ROWS, made_fit


def column(table, name):
    return table[name].to_numpy()


def parts(fit, columns):
    """V_f, V_r of (1 + x | g) with these rows, by loops over draws."""
    b = fit.draws["b"].reshape(-1, fit.draws["b"].shape[-1])
    sd = fit.draws["sd_g"].reshape(len(b), -1)
    cor = fit.draws.get("cor_g", np.ones((1, 1, 1, 1))).reshape(-1, *sd.shape[1:] * 2)
    x = np.stack([np.ones(60), ROWS["x"]], axis=1)
    fixed = np.array([np.var(x @ one, ddof=1) for one in b])
    between = []
    for s, c in zip(sd, np.broadcast_to(cor, (len(b), *cor.shape[1:])), strict=True):
        cov = c * np.outer(s, s)
        between.append(np.mean([z @ cov @ z for z in x[:, :columns]]))
    return fixed, np.array(between)


def test_a_gaussian_model_with_slopes_that_vary():
    fit = made_fit("y ~ x + (1 + x | g)")
    fixed, between = parts(fit, 2)
    rest = fit.draws["sigma"].ravel() ** 2
    found = fit.r2(summary=False)
    assert_allclose(column(found, "marginal"), fixed / (fixed + between + rest), rtol=1e-10)
    assert_allclose(column(found, "conditional"), (fixed + between) / (fixed + between + rest), rtol=1e-10)
    assert_allclose(column(fit.icc(summary=False), "g"), between / (between + rest), rtol=1e-10)
    mu = np.asarray(fit.predict()).reshape(-1, 60)
    left = np.var(ROWS["y"].to_numpy() - mu, axis=1, ddof=1)
    explained = np.var(mu, axis=1, ddof=1)
    assert_allclose(column(found, "bayesian"), explained / (explained + left), rtol=1e-10)


LATENT = [
    ("binary ~ x + (1 | g)", "bernoulli", lambda fit, mean: np.pi**2 / 3),
    ("binary ~ x + (1 | g)", "bernoulli(probit)", lambda fit, mean: 1.0),
    ("grade ~ x + (1 | g)", "cumulative(cloglog)", lambda fit, mean: np.pi**2 / 6),
    ("count ~ x + (1 | g)", "poisson", lambda fit, mean: np.log1p(1 / mean)),
    ("positive ~ x + (1 | g)", "gamma", lambda fit, mean: polygamma(1, fit.draws["shape"].ravel())),
    (
        "count ~ x + (1 | g)",
        "negbinomial",
        lambda fit, mean: polygamma(1, 1 / (1 / mean + 1 / fit.draws["shape"].ravel())),
    ),
]


@pytest.mark.parametrize(("formula", "family", "residual"), LATENT)
def test_residual_variances_of_other_families(formula, family, residual):
    fit = made_fit(formula, family)
    eta = np.asarray(fit.predict(kind="linear", groups="none")).reshape(-1, 60)
    fixed, between = np.var(eta, axis=1, ddof=1), fit.draws["sd_g"].ravel() ** 2
    rest = residual(fit, np.exp(eta.mean(1) + 0.5 * (fixed + between)))
    found = fit.r2(summary=False)
    assert_allclose(column(found, "marginal"), fixed / (fixed + between + rest), rtol=1e-10)
    assert ("bayesian" in found) == ("grade" not in formula)


def test_several_groups_share_the_rest():
    fit = made_fit("y ~ x + (1 + x || g) + (1 | a/b)")
    table = fit.icc(summary=False)
    assert_allclose(table[["g", "a", "a:b"]].sum(axis=1), table["all"])
    assert fit.icc().index.tolist() == ["g", "a", "a:b", "all"]


def test_by_and_members():
    by = made_fit("y ~ x + (1 | gr(g, by = half))").icc(summary=False)["all"].to_numpy()
    draws = made_fit("y ~ x + (1 | gr(g, by = half))").draws
    between = (draws["sd_g"] ** 2).mean(-1).ravel()
    assert_allclose(by, between / (between + draws["sigma"].ravel() ** 2), rtol=1e-10)
    fit = made_fit("y ~ x + (1 | mm(g, h2))")
    between = 0.5 * fit.draws["sd_mmgh2"].ravel() ** 2
    found = fit.icc(summary=False)["all"]
    assert_allclose(found, between / (between + fit.draws["sigma"].ravel() ** 2), rtol=1e-10)


def test_variances_of_many_chunks_are_those_of_one(monkeypatch):
    from bayesformula.results.prediction import answers

    fit = made_fit("y ~ x + (1 + x | g); sigma ~ w")
    whole = fit.r2(summary=False)
    monkeypatch.setattr(answers, "CHUNK_VALUES", 8 * 40)
    assert_allclose(fit.r2(summary=False), whole, rtol=1e-12)


def test_what_is_refused():
    with pytest.raises(bf.OptionError, match="has no R-squared"):
        made_fit("kind ~ x + (1 | g)", "categorical").r2()
    with pytest.raises(bf.OptionError, match="the model has no groups"):
        made_fit("y ~ x").icc()
    only = made_fit("count ~ x; zi ~ w", "zero_inflated_poisson").r2()
    assert only.index.tolist() == ["bayesian"]
