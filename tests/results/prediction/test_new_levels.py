"""Levels that were never seen: their own draws of the fitted distribution, the same wherever they are met."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats

import bayesformula as bf
from bayesformula.results.prediction.draws import Picked
from bayesformula.results.prediction.new_levels import covariance_factors
from results.prediction.made import ROWS, made_fit

SLOPES = "y ~ x + (1 + x | g)"


def effects_of(fit, new, **options):
    """What groups add to the linear predictor, flattened over chains and draws, per row."""
    alone = fit.predict(new, groups="none", kind="linear")
    both = fit.predict(new, kind="linear", new_levels="sample", **options)
    return np.asarray(both - alone).reshape(-1, len(new))


def test_population_gives_the_effects_zero():
    fit = made_fit(SLOPES)
    new = pd.DataFrame({"x": [0.0, 2.0, 2.0], "g": ["new", "newer", "g1"]})
    found = fit.predict(new, new_levels="population")
    expected = fit.predict(new, groups="none")
    assert_allclose(found[..., :2], expected[..., :2])
    assert np.abs(found[..., 2] - expected[..., 2]).max() > 0.01


def test_each_new_level_has_its_own_draw_and_the_same_in_every_row():
    fit = made_fit(SLOPES)
    new = pd.DataFrame({"x": [1.0, 1.0, 1.0, 1.0], "g": ["u", "v", "u", "g2"]})
    u, v, again, known = effects_of(fit, new).T
    assert_allclose(u, again, rtol=1e-12)
    assert abs(np.corrcoef(u, v)[0, 1]) < 0.5
    r = fit.draws["r_g"][:, :, 2].reshape(-1, 2)
    assert_allclose(known, r.sum(axis=1), rtol=1e-9, atol=1e-12)


def test_a_level_keeps_its_draws_whatever_is_predicted_beside_it():
    fit = made_fit(SLOPES)
    first = effects_of(fit, pd.DataFrame({"x": [0.5, 0.5], "g": ["u", "w"]}))
    second = effects_of(fit, pd.DataFrame({"x": [0.5] * 3, "g": ["v", "g1", "u"]}))
    assert_allclose(first[:, 0], second[:, 2], rtol=1e-12)
    few = effects_of(fit, pd.DataFrame({"x": [0.5], "g": ["u"]}), draws=10)
    every = first[:, 0].reshape(2, 20)[:, np.linspace(0, 19, 5).round().astype(int)]
    assert_allclose(few[:, 0], every.ravel()[: len(few)], rtol=1e-12)
    other = effects_of(fit, pd.DataFrame({"x": [0.5], "g": ["u"]}), seed=1)
    assert np.abs(other[:, 0] - first[:, 0]).max() > 0.01


@pytest.mark.parametrize("formula", [SLOPES, "y ~ x + (1 + x | gr(g, by = half))"])
def test_draws_have_the_fitted_covariance(formula):
    """Whitened by each draw's own factor they are standard normal: chi-squared at 0.001, fixed seeds."""
    fit = made_fit(formula)
    group = fit.spec.groups[0]
    names = [f"n{i}" for i in range(40)]
    sides = ["lower" if i % 2 else "upper" for i in range(40)]
    at = [{"x": x, "g": name, "half": side} for name, side in zip(names, sides, strict=True) for x in (0, 1)]
    seen = effects_of(fit, pd.DataFrame(at)).reshape(-1, 40, 2)
    u = np.stack([seen[..., 0], seen[..., 1] - seen[..., 0]], axis=-1)
    factors = covariance_factors(fit, group, Picked(2, np.arange(20)))
    sd = fit.draws["sd_g"].reshape(-1, *factors.shape[1:3])
    assert_allclose(np.sqrt(np.einsum("sbij,sbij->sbi", factors, factors)), sd, rtol=1e-12)
    if "cor_g" in fit.draws and not group.by:
        cov = factors[:, 0] @ np.swapaxes(factors[:, 0], -1, -2)
        expected = fit.draws["cor_g"].reshape(-1, 2, 2) * sd[:, 0, :, None] * sd[:, 0, None, :]
        assert_allclose(cov, expected, rtol=1e-9, atol=1e-12)
    by = [0 if side == "lower" or not group.by else 1 for side in sides]
    z = np.linalg.solve(factors[:, by], u[..., None])[..., 0]
    total = np.sum(z**2)
    assert 0.0005 < stats.chi2(z.size).cdf(total) < 0.9995
    assert abs(np.mean(z[..., 0] * z[..., 1])) < 4 / np.sqrt(z[..., 0].size)


def test_student_effects_have_heavy_tails():
    fit = made_fit("y ~ x + (1 | gr(g, dist = 'student'))", draws=200)
    new = pd.DataFrame({"x": 0.0, "g": [f"n{i}" for i in range(50)]})
    u = effects_of(fit, new)
    scaled = u / fit.draws["sd_g"].reshape(-1, 1)
    df = np.repeat(fit.draws["df_g"].ravel(), 50)
    uniform = stats.t(df).cdf(scaled.ravel())
    assert stats.kstest(uniform, "uniform").pvalue > 1e-3


def test_nested_levels_each_have_their_own():
    fit = made_fit("y ~ x + (1 + x || g) + (1 | a/b)")
    new = ROWS.head(3).assign(a=["a0", "a0", "new"], b=["new", "new", "b1"], g="g0")
    found = np.asarray(fit.predict(new, kind="linear", new_levels="sample")).reshape(-1, 3)
    fixed = np.asarray(fit.predict(new, kind="linear", groups=["g"])).reshape(-1, 3)
    added = found - fixed
    known = fit.draws["r_a"][:, :, 0, 0].ravel()
    inner = added[:, 0] - known
    assert_allclose(inner, added[:, 1] - known, rtol=1e-10, atol=1e-12)  # a0:new is one level, in two rows
    sd = fit.draws["sd_a:b"].ravel()
    assert stats.kstest(inner / sd, "norm").pvalue > 1e-3
    # a new a and a new a:b, added up
    both = np.sqrt(fit.draws["sd_a"].ravel() ** 2 + sd**2)
    assert stats.kstest(added[:, 2] / both, "norm").pvalue > 1e-3


def test_members_of_several_levels_may_be_new():
    fit = made_fit("y ~ x + (1 | mm(g, h2))")
    new = pd.DataFrame({"x": 0.0, "g": ["g1", "u", "u"], "h2": ["u", "u", "v"]})
    one, two, three = effects_of(fit, new).T
    known = fit.draws["r_mmgh2"][:, :, 1, 0].ravel()
    assert_allclose(one, 0.5 * known + 0.5 * two, rtol=1e-9, atol=1e-12)
    assert np.abs(three - two).max() > 0.01


def test_related_levels_have_no_new_one():
    from results.fits import fit_quietly

    names = sorted(ROWS["g"].unique())
    matrix = pd.DataFrame(np.eye(6) + 0.2, index=names, columns=names)
    fit = fit_quietly(
        "y ~ x + (1 | gr(g, cov = A))", ROWS, data2={"A": matrix}, draws=20, warmup=50, chains=2
    )
    new = {"x": [0.0], "g": ["new"]}
    with pytest.raises(bf.OptionError, match="knows no new level"):
        fit.predict(new, new_levels="sample")
    with pytest.raises(bf.OptionError, match="knows no new level"):
        fit.predict(new, groups="integrate")
    assert fit.predict(new, new_levels="population").shape == (2, 20, 1)


def test_a_new_level_must_lie_in_a_known_level_of_by():
    fit = made_fit("y ~ x + (1 + x | gr(g, by = half))")
    with pytest.raises(bf.BayesFormulaError, match="'half' has 1 level"):
        fit.predict({"x": [0.0], "g": ["new"], "half": ["middle"]}, new_levels="sample")
