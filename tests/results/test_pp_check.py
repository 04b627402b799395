"""Predictive checks: what ArviZ is given, and what our own bars show."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import bayesformula as bf
from bayesformula.results.plots.predictive import _kind
from bayesformula.results.plots.replicated import replicate
from results.fits import cafes_fit
from results.prediction.made import ROWS, made_fit


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


KINDS = [
    ("y ~ x", "gaussian", "density"),
    ("count ~ x", "poisson", "rootogram"),
    ("binary ~ x", "bernoulli", "bars"),
    ("grade ~ x", "cumulative", "bars"),
    ("kind ~ x", "categorical", "bars"),
    ("cbind(count, size, other) ~ x", "multinomial", "bars"),
    ("count | trials(size) ~ x", "binomial", "rootogram"),
]


@pytest.mark.parametrize(("formula", "family", "kind"), KINDS)
def test_the_kind_follows_the_response(formula, family, kind):
    assert _kind(made_fit(formula, family), None, is_prior=False) == kind


def test_the_tree_holds_the_replications_of_predict():
    fit = made_fit("y ~ x + (1 | g)")
    made = replicate(fit, by=None, is_prior=False, draws=10, seed=4, groups="all")
    assert_array_equal(made.draws, fit.predict(kind="response", draws=10, seed=4))
    tree = made.tree("y", "posterior_predictive")
    assert_allclose(tree["observed_data"]["y"], ROWS["y"])
    assert tree["posterior_predictive"]["y"].dims == ("chain", "draw", "row_0")


def test_a_curve_of_many_rows_is_drawn_of_some_of_them():
    """The same rows seen and replicated, of each panel."""
    fit = made_fit("y ~ x + f + (1 | g)")
    made = replicate(fit, by="f", is_prior=False, draws=4, seed=0, groups="all")
    whole, some = (made.tree("y", "posterior_predictive", most) for most in (None, 5))
    for name, rows in made.parts:
        assert len(rows) > 5
        seen = some["observed_data"][name].to_numpy()
        places = [np.flatnonzero(whole["observed_data"][name].to_numpy() == value)[0] for value in seen]
        assert len(set(places)) == 5
        drawn = whole["posterior_predictive"][name].to_numpy()[..., places]
        assert_array_equal(some["posterior_predictive"][name], drawn)


@pytest.mark.parametrize("by", ["f", "g"])
def test_by_has_a_panel_for_each_level(by):
    fit = made_fit("y ~ x + f + (1 | g)")
    made = replicate(fit, by=by, is_prior=False, draws=4, seed=0, groups="none")
    assert [name for name, _ in made.parts] == sorted(ROWS[by].unique())
    tree = made.tree("y", "posterior_predictive")
    for name, rows in made.parts:
        assert set(ROWS[by][rows]) == {name}
        assert_allclose(tree["observed_data"][name], ROWS["y"][rows])


@pytest.mark.parametrize("kind", ["density", "ecdf", "intervals", "stat", "pit", "loo_pit"])
def test_arviz_draws_it(kind):
    drawn = cafes_fit().pp_check(kind, draws=120)
    assert type(drawn).__name__ == "PlotCollection"
    assert drawn.backend == "matplotlib"


def test_bars_are_the_counts():
    fit = made_fit("grade ~ x + (1 | g)", "cumulative")
    figure = fit.pp_check(by="g")
    assert len(figure.axes) == 6
    first = figure.axes[0]
    seen = ROWS[ROWS["g"] == "g0"]["grade"].value_counts()[["low", "middle", "high"]]
    assert_allclose([bar.get_height() for bar in first.patches], seen)
    assert [text.get_text() for text in first.get_xticklabels()] == ["low", "middle", "high"]
    made = replicate(fit, by="g", is_prior=False, draws=1000, seed=0, groups="all")
    counts = (made.draws[:, :, made.parts[0][1]] == 0).sum(axis=2).ravel()
    assert_allclose(first.lines[0].get_ydata()[0], np.median(counts))


def test_counts_of_a_matrix_are_summed():
    fit = made_fit("cbind(count, size, other) ~ x", "multinomial")
    bars = fit.pp_check().axes[0].patches
    assert_allclose([bar.get_height() for bar in bars], ROWS[["count", "size", "other"]].sum())


def test_replications_from_the_prior():
    fit = cafes_fit()
    made = replicate(fit, by=None, is_prior=True, draws=30, seed=2, groups="all")
    prior = fit.prior_predictive(draws=30, seed=2)["prior_predictive"]["wait"]
    assert_array_equal(made.draws, prior)
    assert type(fit.pp_check(prior=True)).__name__ == "PlotCollection"


REFUSED = [
    ({"kind": "histogram"}, "kind='histogram' is no predictive check"),
    ({"kind": "bars"}, 'take kind="density"'),
    ({"kind": "calibration"}, "two levels"),
    ({"kind": "loo_pit", "prior": True}, "leave out prior=True"),
    ({"by": "town"}, "no column or group 'town'"),
    ({"by": "cafe"}, "20 levels"),
    ({"draws": 0}, "draws=0 must"),
    ({"kind": "loo_pit", "draws": 40}, "draws=40 must be a whole number, 100 or more"),
    ({"groups": "some"}, "groups='some'"),
]


@pytest.mark.parametrize(("options", "message"), REFUSED)
def test_what_is_refused(options, message):
    with pytest.raises(bf.OptionError, match=message):
        cafes_fit().pp_check(**options)
