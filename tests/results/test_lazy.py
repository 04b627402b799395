"""Predictive groups of the DataTree: there at once, computed once, and enough for ArviZ."""

from __future__ import annotations

import pytest
from numpy.testing import assert_array_equal

import bayesformula as bf
from bayesformula.results import lazy
from bayesformula.results.fit import Fit
from results.fits import cafes_fit, fit_quietly
from results.prediction.made import made_fit


def test_nothing_is_computed_before_it_is_read(monkeypatch):
    fit = made_fit("y ~ x + (1 | g)")
    calls = []
    original = Fit.log_likelihood
    monkeypatch.setattr(Fit, "log_likelihood", lambda self: calls.append(1) or original(self))
    group = lazy.predictive_groups(fit, 60)["log_likelihood"]
    assert group.sizes == {"chain": 2, "draw": 20, "row": 60}
    assert repr(group)
    assert calls == []
    part = group["y"][0, 3].to_numpy()
    assert_array_equal(part, original(fit)[0, 3])
    assert_array_equal(group["y"], original(fit))
    assert group["y"].sum() == original(fit).sum()
    assert len(calls) <= 2


@pytest.mark.filterwarnings("ignore:Estimated shape parameter")
def test_arviz_takes_the_tree():
    import arviz_stats

    fit = cafes_fit()
    found = arviz_stats.loo(fit.data_tree)
    assert found.n_data_points == 200
    assert_array_equal(fit.data_tree["posterior_predictive"]["wait"], fit.predict(kind="response"))


def test_categories_and_matrices():
    fit = made_fit("cbind(count, size, other) ~ x", "multinomial")
    groups = lazy.predictive_groups(fit, 60)
    made = groups["posterior_predictive"]["cbind(count, size, other)"]
    assert made.dims == ("chain", "draw", "row", "category")
    assert_array_equal(made, fit.predict(kind="response"))
    grades = lazy.predictive_groups(made_fit("grade ~ x", "cumulative"), 60)["posterior_predictive"]["grade"]
    assert grades.attrs["categories"] == ["low", "middle", "high"]


@pytest.mark.parametrize("reason", ["summarised", "large"])
def test_groups_that_cannot_be_are_left_out(reason, monkeypatch):
    if reason == "large":
        monkeypatch.setattr(lazy, "MOST_BYTES", 100)
        assert lazy.predictive_groups(made_fit("y ~ x"), 60) == {}
        return
    fit = fit_quietly("wait ~ afternoon + (1 | cafe)", bf.datasets.load("cafes"), keep="summary")
    assert sorted(fit.data_tree.children) == ["observed_data", "posterior", "sample_stats"]
