"""Densities of whole levels: dense normal distributions, and sums over fine grids of the level's effects."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats
from scipy.special import logsumexp

import bayesformula as bf
from bayesformula.results.comparison import exact, quadrature
from bayesformula.results.comparison.groups import over_levels
from bayesformula.results.comparison.levels import group_rows
from bayesformula.results.prediction.draws import Picked
from bayesformula.results.prediction.new_levels import covariance_factors
from results.fits import cafes_fit, wide_fit
from results.prediction.made import ROWS, made_fit

pytestmark = pytest.mark.filterwarnings("ignore::bayesformula.BayesFormulaWarning")


def level_densities(fit, label, levels=None):
    """Everything that is known of the levels, (S, levels) densities among it."""
    found = over_levels(fit, label, lambda values: (values.T,), levels)
    return SimpleNamespace(**{**vars(found), "values": found.found[0].T})


# ---- Gaussian responses: closed form ----


def covariance_of(fit, group, levels, s):
    """(n, n) covariance of the rows by the effects of a group, at one draw."""
    factor = covariance_factors(fit, group, Picked(2, np.arange(20)))[s]
    cov = factor @ np.swapaxes(factor, 1, 2)
    by = np.zeros(len(levels.levels), int) if levels.by_index is None else levels.by_index
    z, index = levels.z, levels.index
    same = index[:, None] == index[None, :]
    return same * np.einsum("ni,nij,mj->nm", z, cov[by[index]], z)


GAUSSIAN = [
    ("y ~ x + (1 | g)", "g", ()),
    ("y ~ x + (1 + x | g) + (1 | b)", "g", ()),
    ("y ~ x + (1 + x | g) + (1 | h)", "g", ("h",)),  # a level of h has rows of one level of g alone
    ("y ~ x + (1 + x || g) + (0 + w | g) + (1 + x | b)", "b", ()),
    ("y ~ x + (1 + x | a/b)", "a", ("a:b",)),
    ("y ~ x + (1 | a/b)", "a:b", ()),
    ("y ~ x + (1 + x | gr(g, by = half)) + (1 | b)", "g", ()),
    ("y ~ x + (x | g); sigma ~ w + (1 | b)", "g", ()),
    ("y | se(s) ~ x + (1 | g)", "g", ()),
    ("y | se(s, sigma = TRUE) ~ x + (1 | g)", "g", ()),
]


@pytest.mark.parametrize(("formula", "label", "nested"), GAUSSIAN, ids=lambda value: str(value))
def test_gaussian_levels_are_dense_normals(formula, label, nested):
    fit = made_fit(formula)
    found = level_densities(fit, label)
    assert (found.method, found.error) == ("exact", 0.0)
    design = bf.design(formula, ROWS)
    kept = [g.label for g in fit.spec.groups if g.label not in (label, *nested)]
    mean = np.asarray(fit.predict(kind="linear", groups=kept)).reshape(-1, len(ROWS))
    variance = np.zeros((len(mean), len(ROWS)))
    if "sigma" in fit.family.parameters and fit.spec.known_error != "alone":
        variance += np.asarray(fit.predict(parameter="sigma")).reshape(-1, len(ROWS)) ** 2
    if fit.spec.known_error:
        variance += ROWS["s"].to_numpy() ** 2
    index = design.groups[label].index
    assert found.rows.names == list(design.groups[label].levels)
    for s in (0, 23, 39):
        cov = np.diag(variance[s])
        for group in fit.spec.groups:
            if group.label in (label, *nested):
                cov = cov + covariance_of(fit, group, design.groups[group.label], s)
        for level in np.unique(index):
            at = np.flatnonzero(index == level)
            dense = stats.multivariate_normal.logpdf(ROWS["y"][at], mean[s, at], cov[np.ix_(at, at)])
            assert found.values[s, level] == pytest.approx(dense, rel=1e-9)


def test_weights_count_rows():
    """A row of weight 2 is two rows; `wide_fit` has weights 1 to 3."""
    fit = wide_fit()
    found = level_densities(fit, "h")
    design = bf.design(fit.formula, fit.frame)
    kept = [g.label for g in fit.spec.groups if g.label != "h"]
    mean = np.asarray(fit.predict(kind="linear", groups=kept)).reshape(-1, fit.spec.n_rows)
    group = next(g for g in fit.spec.groups if g.label == "h")
    factor = covariance_factors(fit, group, Picked(4, np.arange(200)))[:, 0]
    sigma = fit.draws["sigma"].ravel()
    for s, level in [(0, 0), (401, 3), (799, 7)]:
        at = np.flatnonzero(design.groups["h"].index == level)
        copies = np.repeat(at, design.weights[at].astype(int))
        load = design.groups["h"].z[copies] @ factor[s]
        cov = load @ load.T + sigma[s] ** 2 * np.eye(len(copies))
        dense = stats.multivariate_normal.logpdf(fit.frame["y"].to_numpy()[copies], mean[s, copies], cov)
        assert found.values[s, level] == pytest.approx(dense, rel=1e-9)


def test_pieces_of_levels_add_up(monkeypatch):
    whole = level_densities(cafes_fit(), "cafe").values
    monkeypatch.setattr("bayesformula.results.prediction.answers.CHUNK_VALUES", 800 * 4)
    assert_allclose(level_densities(cafes_fit(), "cafe").values, whole, rtol=1e-10)
    monkeypatch.setattr("bayesformula.results.comparison.exact.CHUNK_VALUES", 4 * 17)
    assert_allclose(level_densities(cafes_fit(), "cafe").values, whole, rtol=1e-10)


@pytest.mark.parametrize("formula", ["y ~ x + (1 + x | g) + (1 | h)", "y ~ x + (1 | g); sigma ~ (1 | g)"])
def test_some_levels_at_a_time_change_nothing(formula, monkeypatch):
    whole = level_densities(made_fit(formula), "g")
    monkeypatch.setattr("bayesformula.results.comparison.groups.CHUNK_VALUES", 40 * 4)
    assert_allclose(level_densities(made_fit(formula), "g").values, whole.values, rtol=1e-10)


def test_some_levels_alone():
    whole, some = level_densities(cafes_fit(), "cafe"), level_densities(cafes_fit(), "cafe", [3, 17])
    assert some.rows.names == ["c04", "c18"]
    assert_allclose(some.values, whole.values[:, [3, 17]], rtol=1e-12)


@pytest.mark.parametrize(
    ("formula", "tolerance"),
    [("y ~ x + (1 | g)", 1e-9), ("y ~ x + (1 + x | g)", 1e-9), ("y ~ x + (1 + x | a/b)", 0.05)],
)
def test_quadrature_gives_what_the_closed_form_gives(formula, tolerance):
    """One and two effects by nodes that are exact here; ten effects, nested ones among them, by points."""
    rows = group_rows(made_fit(formula), formula[-2] if "/" not in formula else "a")
    values, error = quadrature.densities(rows)
    assert_allclose(values, exact.densities(rows), rtol=0, atol=tolerance)
    assert error < 2 * tolerance


# ---- any response ----


def at_effects(fit, label, s, effects, names):
    """(K, levels) log densities of the rows of each level at K values (K, q) of its effects, at one draw."""
    code = [g.label for g in fit.spec.groups].index(label)
    at = np.divmod(s, fit.draws[f"sd_{label}"].shape[1])
    draws = {
        key: np.broadcast_to(values[at], (1, len(effects), *values.shape[2:]))
        for key, values in fit.draws.items()
    }
    n_levels = fit.spec.groups[code].n_levels
    draws[f"r_{label}"] = np.broadcast_to(
        effects[None, :, None, :], (1, len(effects), n_levels, effects.shape[1])
    )
    stats_ = {key: np.zeros((1, len(effects))) for key in fit.stats}
    each = np.asarray(replace(fit, draws=draws, stats=stats_).log_likelihood())[0]
    level = fit.frame[label].to_numpy()
    return np.stack([each[:, level == name].sum(axis=1) for name in names], axis=1)


ANY = [
    ("binary | weights(w) ~ x + (1 | g) + (1 | b)", "bernoulli"),
    ("count | rate(w) ~ x + (1 + x || g) + (1 | b)", "poisson"),
    ("count ~ x + (1 | g); zi ~ (1 | g)", "zero_inflated_poisson"),
    ("y ~ x + (1 | i | g); sigma ~ x + (1 | i | g)", "gaussian"),
    ("grade ~ cs(x) + (1 | g)", "sratio"),
    ("kind ~ x + (1 | g)", "categorical"),
]


@pytest.mark.parametrize(("formula", "family"), ANY, ids=lambda value: value)
def test_other_levels_are_sums_over_grids(formula, family):
    fit = made_fit(formula, family)
    found = level_densities(fit, "g")
    assert found.method == "adaptive quadrature"
    assert found.error < 0.02
    group = next(g for g in fit.spec.groups if g.label == "g")
    factor = covariance_factors(fit, group, Picked(2, np.arange(20)))[:, 0]
    line = np.linspace(-8, 8, 3001 if group.q == 1 else 201)
    nodes = np.stack([axis.ravel() for axis in np.meshgrid(*[line] * group.q)], axis=1)
    log_weights = stats.norm.logpdf(nodes).sum(axis=1) + group.q * np.log(line[1] - line[0])
    for s in (0, 31):
        values = at_effects(fit, "g", s, nodes @ factor[s].T, found.rows.names)
        expected = logsumexp(values + log_weights[:, None], axis=0)
        assert_allclose(found.values[s], expected, rtol=0, atol=2e-3)


def test_student_levels_are_sums_over_a_t():
    fit = made_fit("binary ~ x + (1 | gr(g, dist = 'student'))", "bernoulli")
    found = level_densities(fit, "g")
    sd, df = fit.draws["sd_g"].reshape(-1), fit.draws["df_g"].reshape(-1)
    line = np.linspace(-60, 60, 12001)
    for s in (0, 31):
        values = at_effects(fit, "g", s, line[:, None] * sd[s], found.rows.names)
        log_weights = stats.t.logpdf(line, df[s]) + np.log(line[1] - line[0])
        assert_allclose(found.values[s], logsumexp(values + log_weights[:, None], axis=0), rtol=0, atol=5e-3)


# ---- what cannot be left out ----

ERRORS = [
    ("y ~ x + (1 | g)", "gg", "no group 'gg' in this model: the groups are 'g'"),
    ("y ~ x", "g", "no group 'g' in this model: the model has none"),
    (
        "y ~ x + (1 | mm(g, h2))",
        "mmgh2",
        "a row of 'mmgh2' belongs to several levels: leaving one out does not part the rows\n"
        "  Write kfold(folds=...) with a fold for each row.",
    ),
    (
        "count ~ x + (1 + x + w | a/b)",
        "a",
        "a level of 'a' has 15 effects, those of the levels nested in it among them: more than the 8 that "
        "can be integrated out\n  Write kfold(group='a'), which fits again without each level, or without a "
        "few of them at a time with k=10.",
    ),
]


@pytest.mark.parametrize(("formula", "label", "message"), ERRORS, ids=lambda value: value[:20])
def test_what_cannot_be_left_out(formula, label, message, monkeypatch):
    monkeypatch.setattr(quadrature, "MOST_EFFECTS", 8)
    fit = made_fit(formula, "poisson" if formula.startswith("count") else "gaussian")
    with pytest.raises(bf.OptionError) as caught:
        fit.loo(group=label)
    assert str(caught.value) == message
