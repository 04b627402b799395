"""Draws with named dimensions, and every function of ArviZ on them."""

from __future__ import annotations

from functools import partial

import arviz_stats
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from bayesformula.model.spec import GroupSpec
from bayesformula.results import dataset
from bayesformula.results.names import scalars, variables
from results.fits import cafes_fit, plain_fit, wide_fit
from results.models import CATEGORICAL, CLASHING, MODELS, MULTINOMIAL, NOTHING, ORDINAL, fit_of, scalar


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

    mu = PredictorSpec("mu", "identity", ("Intercept",))
    spec = ModelSpec("y ~ 1", "y", resolve_family(), 4, (mu,), groups, (scalar("sigma"),))
    draws = {"b": np.full((2, 5, 1), 1.0), "sigma": np.full((2, 5), 2.0)}
    for i, g in enumerate(groups):
        draws[f"sd_{g.label}"] = np.full((2, 5, 1), 3.0 + i)
        draws[f"r_{g.label}"] = np.full((2, 5, 2, 1), 30.0 + i)
    parts = {g.label: (("u", "v"), (("u", "v"),) * len(g.factors)) for g in groups}
    return dataset.posterior(spec, parts, draws)


TAKEN = ["chain", "draw", "term", "b", "sigma", "threshold", "term_specific", "Intercept", "bcs"]


@pytest.mark.parametrize("label", TAKEN)
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


# ---- models of every kind ----

DIMENSIONS = {
    "distributional": {
        "b": "term", "b_sigma": "term_sigma",
        "sd_g": "coef_g", "cor_g": "coef_g coef2_g", "r_g": "g coef_g",
        "sd_h": "coef_h", "df_h": "", "r_h": "h coef_h", "nu": "",
    },
    "ordinal": {
        "Intercept": "threshold", "b": "term", "b_disc": "term_disc", "bcs": "term_specific threshold",
        "sd_subject": "coef_subject", "cor_subject": "coef_subject coef2_subject",
        "r_subject": "subject coef_subject",
    },
    "thresholds": {"Intercept": "threshold", "sd_g": "coef_g", "r_g": "g coef_g"},
    "categorical": {"b_muB": "term_muB", "b_muC_D": "term_muC_D", "sd_g": "coef_g", "r_g": "g coef_g"},
    "multinomial": {"b_mugreen": "term_mugreen", "b_mublue": "term_mublue"},
    "clashing": {
        "b": "term", "b_sigma": "term_sigma",
        "sd_threshold": "coef_threshold", "cor_threshold": "coef_threshold coef2_threshold",
        "r_threshold": "threshold_ coef_threshold",
        "sd_term_sigma": "coef_term_sigma", "r_term_sigma": "term_sigma_ coef_term_sigma",
        "sd_b_sigma": "coef_b_sigma", "r_b_sigma": "b_sigma_ coef_b_sigma",
    },
    "nothing": {},
}  # fmt: skip


@pytest.mark.parametrize("name", DIMENSIONS)
def test_dimensions_of_models_of_every_kind(name):
    posterior = fit_of(MODELS[name]).posterior
    found = {str(v): " ".join(map(str, posterior[v].dims[2:])) for v in posterior.data_vars}
    assert found == DIMENSIONS[name]
    assert dict(posterior.sizes)["chain"] == 4
    assert dict(posterior.sizes)["draw"] == 50
    assert set(posterior.dims) <= set(posterior.coords)


@pytest.mark.parametrize("name", MODELS)
def test_values_are_the_draws_of_models_of_every_kind(name):
    """Each array once, the empty ones left out: ArviZ cannot summarise a variable without an element."""
    fit = fit_of(MODELS[name])
    filled = [values for values in fit.draws.values() if values.size]
    assert len(fit.posterior.data_vars) == len(filled)
    for row in scalars(fit.spec):
        found = fit.posterior[variables(fit.spec)[row.variable].name].values
        assert_array_equal(found[(..., *row.at)], fit.draws_frame()[row.flat].to_numpy().reshape(4, 50))


@pytest.mark.parametrize(
    ("model", "dimension", "names"),
    [
        (ORDINAL, "threshold", ["1", "2"]),
        (ORDINAL, "term", ["treat"]),
        (ORDINAL, "term_disc", ["lab"]),
        (ORDINAL, "term_specific", ["period"]),
        (CATEGORICAL, "term_muC_D", ["Intercept", "x"]),
        (CATEGORICAL, "coef_g", ["muB_Intercept", "muC/D_Intercept"]),
        (CLASHING, "coef_threshold", ["sigma_x", "sigma_x_"]),
        (CLASHING, "coef2_threshold", ["sigma_x", "sigma_x_"]),
    ],
)
def test_names_along_dimensions(model, dimension, names):
    assert fit_of(model).posterior[dimension].values.tolist() == names


def arviz_labels(fit):
    """Label and draws of every element of the posterior, as ArviZ should have them."""
    for name, variable in fit.posterior.data_vars.items():
        dims = variable.dims[2:]
        for at in np.ndindex(*variable.shape[2:]):
            parts = [str(variable[dim].values[i]) for dim, i in zip(dims, at, strict=True)]
            yield f"{name}[{', '.join(parts)}]" if parts else str(name), variable.values[(..., *at)]


NAMED = {name: partial(fit_of, model) for name, model in MODELS.items() if name != "nothing"}


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")  # ArviZ's, of the diagonals of cor_
@pytest.mark.parametrize("fit", [*NAMED.values(), wide_fit], ids=[*NAMED, "wide"])
def test_the_summary_of_arviz_labels_every_element_right(fit):
    """It stacks by dimensions in order of appearance, and once gave an effect on x the name of another."""
    fit = fit()
    table = arviz_stats.summary(fit.data_tree, round_to="none")
    expected = dict(arviz_labels(fit))
    assert set(table.index) == set(expected)
    for label, draws in expected.items():
        np.testing.assert_allclose(float(table.loc[label, "mean"]), draws.mean(), rtol=1e-9, atol=1e-12)


def test_the_parts_of_levels_are_not_in_the_tree():
    """ArviZ's summary cannot join variables of which some alone have a further coordinate."""
    fit = wide_fit()
    assert {"a:b.a", "a:b.b"} <= set(fit.posterior.coords)
    assert set(fit.data_tree["posterior"].coords) == set(fit.posterior.coords) - {"a:b.a", "a:b.b"}


def test_a_model_without_a_parameter_has_a_tree():
    tree = fit_of(NOTHING).data_tree
    assert list(tree["posterior"].data_vars) == []
    assert tree["sample_stats"].sizes["draw"] == 50


def test_a_response_of_several_columns():
    y = np.arange(15.0).reshape(5, 3)
    fit = fit_of(MULTINOMIAL)
    tree = dataset.data_tree(fit.posterior, fit.stats, y, fit.spec.response, fit.spec.categories)
    found = tree["observed_data"]["cbind(red, green, blue)"]
    assert found.dims == ("row", "category")
    assert found.sel(category="green").values.tolist() == [1.0, 4.0, 7.0, 10.0, 13.0]


def test_classes_are_positions_and_their_names_are_kept():
    y = np.array([0.0, 2.0, 1.0])
    fit = fit_of(ORDINAL)
    tree = dataset.data_tree(fit.posterior, fit.stats, y, fit.spec.response, fit.spec.categories)
    found = tree["observed_data"]["rating"]
    assert found.dims == ("row",)
    assert [found.attrs["categories"][int(k)] for k in found.values] == ["low", "high", "middle"]


@pytest.mark.parametrize(("response", "name"), [("row", "row_"), ("category", "category_")])
def test_a_response_with_the_name_of_a_dimension(response, name):
    tree = dataset.data_tree(posterior_of(), {}, np.ones((4, 2)), response, ("u", "v"))
    assert tree["observed_data"][name].dims == ("row", "category")


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
    computed = ["log_likelihood", "posterior_predictive"]
    assert list(tree.children) == ["posterior", "sample_stats", "observed_data", *computed]
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
