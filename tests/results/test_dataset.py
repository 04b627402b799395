"""Draws with named dimensions, and every function of ArviZ on them."""

from __future__ import annotations

import arviz_stats
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from bayesformula.model.spec import GroupSpec
from bayesformula.results import dataset
from results.fits import cafes_fit, plain_fit, wide_fit


def test_dimensions_and_coordinates_are_those_of_the_contract():
    posterior = wide_fit().posterior
    dims = {str(name): tuple(map(str, variable.dims)) for name, variable in posterior.data_vars.items()}
    lead = ("chain", "draw")
    assert dims == {
        "b": (*lead, "term"),
        "sd_h": (*lead, "coef_h"),
        "cor_h": (*lead, "coef_h", "coef2_h"),
        "r_h": (*lead, "h", "coef_h"),
        "sd_a": (*lead, "coef_a"),
        "r_a": (*lead, "a", "coef_a"),
        "sd_a:b": (*lead, "coef_a:b"),
        "r_a:b": (*lead, "a:b", "coef_a:b"),
        "sigma": lead,
    }
    assert posterior["term"].values.tolist() == ["Intercept", "x", "fmiddle", "fhigh", "okTRUE"]
    assert posterior["coef_h"].values.tolist() == ["Intercept", "x", "k"]
    assert posterior["h"].values.tolist() == [str(100 + i) for i in range(8)]


def test_the_parts_of_a_combination_are_coordinates_of_its_own_dimension():
    posterior = wide_fit().posterior
    assert posterior["a:b.a"].dims == posterior["a:b.b"].dims == ("a:b",)
    names = [f"{a}:{b}" for a, b in zip(posterior["a:b.a"].values, posterior["a:b.b"].values, strict=True)]
    assert names == posterior["a:b"].values.tolist()
    assert len(set(names)) == 12
    assert "b" not in posterior.coords  # the outer factor's own dimension is a; b is a variable
    assert "a:b.a" not in posterior["r_a"].coords


def test_values_are_the_draws():
    fit = wide_fit()
    for name, values in fit.draws.items():
        assert_array_equal(fit.posterior[name].values, values)


def group(label, *factors):
    return GroupSpec(label, factors or (label,), 2, ("Intercept",), ((0,),))


def posterior_of(*groups):
    from bayesformula.families import resolve_family
    from bayesformula.model.spec import ModelSpec, PredictorSpec

    spec = ModelSpec(
        "y ~ 1", "y", resolve_family(), 4, (PredictorSpec("mu", "identity", ("Intercept",)),), groups, ()
    )
    draws = {"b": np.full((2, 5, 1), 1.0), "sigma": np.full((2, 5), 2.0)}
    for i, g in enumerate(groups):
        draws[f"sd_{g.label}"] = np.full((2, 5, 1), 3.0 + i)
        draws[f"r_{g.label}"] = np.full((2, 5, 2, 1), 30.0 + i)
    parts = {g.label: (("u", "v"), (("u", "v"),) * len(g.factors)) for g in groups}
    return dataset.posterior(spec, parts, draws)


@pytest.mark.parametrize("label", ["chain", "draw", "term", "b", "sigma"])
def test_a_factor_with_the_name_of_something_else_gets_a_trailing_underscore(label):
    posterior = posterior_of(group(label))
    assert posterior[f"r_{label}"].dims == ("chain", "draw", f"{label}_", f"coef_{label}")
    assert posterior[f"{label}_"].values.tolist() == ["u", "v"]
    assert posterior["b"].values.max() == 1.0
    assert posterior["sigma"].values.max() == 2.0
    assert posterior.sizes["chain"] == 2


def test_a_factor_with_the_name_of_another_groups_variable():
    posterior = posterior_of(group("g"), group("sd_g"), group("r_sd_g"))
    assert posterior["sd_g"].values.max() == 3.0
    assert posterior["r_sd_g"].dims == ("chain", "draw", "sd_g_", "coef_sd_g")
    assert posterior["r_r_sd_g"].dims == ("chain", "draw", "r_sd_g_", "coef_r_sd_g")


def test_a_slash_in_a_name_is_stored_as_an_underscore():
    posterior = posterior_of(group("`a/b`"), group("`a/b`:c", "`a/b`", "c"))
    assert {"sd_`a_b`", "r_`a_b`", "sd_`a_b`:c"} <= set(posterior.data_vars)
    assert {"`a_b`:c.`a_b`", "`a_b`:c.c"} <= set(posterior.coords)
    assert not any("/" in str(name) for name in [*posterior.variables, *posterior.dims])


@pytest.mark.parametrize(("response", "name"), [("y", "y"), ("log(y/2)", "log(y_2)"), ("row", "row_")])
def test_observed_data(response, name):
    y = np.arange(4.0)
    tree = dataset.data_tree(posterior_of(group("g")), {"lp": np.zeros((2, 5))}, y, response)
    assert tree["observed_data"][name].values.tolist() == y.tolist()
    assert tree["observed_data"][name].dims == ("row",)


# ---- ArviZ ----


def test_data_tree_has_the_groups_that_arviz_knows():
    fit = wide_fit()
    tree = fit.data_tree
    assert list(tree.children) == ["posterior", "sample_stats", "observed_data"]
    assert_array_equal(tree["observed_data"]["y"].values, fit.frame["y"])
    stats = tree["sample_stats"]
    assert {"lp", "energy", "diverging", "n_steps", "acceptance_rate", "reached_max_treedepth"} <= set(
        stats.data_vars
    )
    assert stats["diverging"].dtype == bool
    assert stats["diverging"].dims == ("chain", "draw")


@pytest.mark.parametrize("fit", [cafes_fit, wide_fit, plain_fit])
def test_the_summary_of_arviz_is_ours(fit):
    fit = fit()
    table = arviz_stats.summary(fit.data_tree, var_names=["b", "sigma"], round_to="none", ci_prob=0.95)
    ours = fit.summary().loc[[*(f"b_{c}" for c in fit.spec.mu.columns), "sigma"]]
    np.testing.assert_allclose(table["mean"].astype(float), ours["mean"], rtol=1e-12)
    np.testing.assert_allclose(table["sd"].astype(float), ours["sd"], rtol=1e-2)  # ArviZ divides by n
    np.testing.assert_allclose(table["ess_bulk"].astype(float), ours["ess_bulk"], rtol=1e-12)


def test_the_plots_of_arviz_read_the_tree():
    import matplotlib as mpl

    mpl.use("Agg")
    import arviz_plots
    import matplotlib.pyplot as plt

    try:
        assert arviz_plots.plot_trace(cafes_fit().data_tree, var_names=["b", "sigma"]) is not None
        assert arviz_plots.plot_energy(cafes_fit().data_tree) is not None
    finally:
        plt.close("all")


def test_groups_that_differ_by_a_slash_alone_stay_apart():
    """`a/b` and `a_b` are both a_b in a file; `chain` and `chain_` both want the dimension chain_."""
    from dataclasses import replace

    from bayesformula.results.names import group_names

    spec = cafes_fit().spec
    group = spec.groups[0]
    labels = ("a/b", "a_b", "chain", "chain_")
    model = replace(spec, groups=tuple(replace(group, label=label) for label in labels))
    called = group_names(model)
    assert len({c.name for c in called.values()}) == 4
    assert len({c.dimension for c in called.values()}) == 4
    assert called["a_b"].name == "a_b_"
