"""Group effects integrated out, against formulas, sums on fine grids, and averages of draws."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats
from scipy.special import expit

from bayesformula.results.prediction.draws import Picked
from bayesformula.results.prediction.new_levels import covariance_factors
from results.prediction.made import ROWS, made_fit

NEW = ROWS[["x", "w", "half"]].head(3)


def spread(fit, label, columns):
    """(S, rows) sd of what a group's effects add to a row with these columns (rows, q)."""
    group = next(g for g in fit.spec.groups if g.label == label)
    factor = covariance_factors(fit, group, Picked(2, np.arange(20)))[:, 0]
    return np.sqrt(np.sum(np.einsum("nq,sqr->snr", columns, factor) ** 2, axis=-1))


def flat(values):
    return np.asarray(values).reshape(-1, values.shape[-1])


def columns_of(frame):
    return np.stack([np.ones(len(frame)), frame["x"]], axis=1)


def test_on_a_linear_scale_effects_average_to_nothing():
    fit = made_fit("y ~ x + (1 + x | g)")
    assert_allclose(fit.predict(NEW, groups="integrate"), fit.predict(NEW, groups="none"), rtol=1e-12)
    poisson = made_fit("count ~ x + (1 + x | g)", "poisson")
    same = poisson.predict(NEW, "linear", groups="integrate")
    assert_allclose(same, poisson.predict(NEW, "linear", groups="none"), rtol=0)


def test_the_mean_of_a_log_normal():
    fit = made_fit("count ~ x + (1 + x | g)", "poisson")
    sd = spread(fit, "g", columns_of(NEW))
    alone = flat(fit.predict(NEW, groups="none"))
    assert_allclose(flat(fit.predict(NEW, groups="integrate")), alone * np.exp(0.5 * sd**2), rtol=1e-11)


def test_a_probability_against_fine_sums():
    fit = made_fit("binary ~ x + (1 + x | g) + (1 | h)", "bernoulli")
    sd = np.hypot(spread(fit, "g", columns_of(NEW)), spread(fit, "h", np.ones((3, 1))))
    eta = flat(fit.predict(NEW, "linear", groups="none"))
    t = np.linspace(-10, 10, 4001)
    expected = np.sum(expit(eta[..., None] + sd[..., None] * t) * stats.norm.pdf(t), axis=-1) * (t[1] - t[0])
    assert_allclose(flat(fit.predict(NEW, groups="integrate")), expected, rtol=1e-9)


def test_student_effects_against_fine_sums():
    fit = made_fit("binary ~ x + (1 | gr(g, dist = 'student'))", "bernoulli")
    sd, df = spread(fit, "g", np.ones((3, 1))), fit.draws["df_g"].reshape(-1, 1, 1)
    eta = flat(fit.predict(NEW, "linear", groups="none"))
    t = np.tan(np.linspace(-np.pi / 2, np.pi / 2, 20001)[1:-1])
    steps = (1 + t**2) * (np.pi / 20000)
    each = expit(eta[..., None] + sd[..., None] * t) * stats.t(df).pdf(t) * steps
    assert_allclose(flat(fit.predict(NEW, groups="integrate")), each.sum(-1), rtol=2e-5)


@pytest.mark.parametrize(
    ("formula", "family"),
    [
        ("count ~ x + (1 + x | i | g); zi ~ w + (1 | i | g)", "zero_inflated_poisson"),
        ("kind ~ x + (1 | g)", "categorical"),
        ("grade ~ x + (1 + x | g)", "cumulative"),
        ("y ~ x + (1 | mm(g, h2))", "gaussian"),
        ("binary ~ x + (1 + x | gr(g, by = half))", "bernoulli"),
    ],
)
def test_it_is_the_average_over_many_new_levels(formula, family):
    """Six standard errors of the average over 4,000 new levels."""
    fit = made_fit(formula, family, draws=2)
    row = ROWS.iloc[[4]]
    found = np.asarray(fit.predict(row, groups="integrate"))[:, :, 0]
    many = pd.concat([row] * 4000, ignore_index=True)
    many = many.assign(g=[f"n{i}" for i in range(4000)], h2=[f"m{i}" for i in range(4000)])
    each = np.asarray(fit.predict(many, new_levels="sample"))
    error = each.std(axis=2, ddof=1) / np.sqrt(4000)
    assert np.all(np.abs(each.mean(axis=2) - found) < 6 * error + 1e-9)


def test_three_predictors_by_points_in_space():
    fit = made_fit("count ~ x + (1 | i | g); zi ~ 1 + (1 | i | g); shape ~ 1 + (1 | i | g)",
                   "zero_inflated_negbinomial", draws=2)  # fmt: skip
    row = ROWS.iloc[[4]]
    found = np.asarray(fit.predict(row, groups="integrate"))[:, :, 0]
    many = pd.concat([row] * 4000, ignore_index=True).assign(g=[f"n{i}" for i in range(4000)])
    each = np.asarray(fit.predict(many, new_levels="sample"))
    error = each.std(axis=2, ddof=1) / np.sqrt(4000)
    assert np.all(np.abs(each.mean(axis=2) - found) < 6 * error)


def test_responses_of_a_new_level_each():
    """The spread of draws is that of effects and noise together: chi-squared at 0.001, fixed seed."""
    fit = made_fit("y ~ x + (1 | g)", draws=20)
    rows = pd.DataFrame({"x": np.zeros(200)})
    drawn = flat(fit.predict(rows, "response", groups="integrate"))
    mean = flat(fit.predict(rows, groups="none"))
    sd = np.hypot(fit.draws["sd_g"].reshape(-1, 1), fit.draws["sigma"].reshape(-1, 1))
    z = (drawn - mean) / sd
    assert 0.0005 < stats.chi2(z.size).cdf(np.sum(z**2)) < 0.9995
