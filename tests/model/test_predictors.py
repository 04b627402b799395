"""Models with several linear predictors, thresholds and further parameters."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bayesformula as bf
from bayesformula.errors import PriorError
from bayesformula.model.spec import from_json, to_json
from bayesformula.pipeline import prepare

OPTIONS = {"plan": "auto", "na": "drop", "checks": None, "quiet": True}


def table() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    n = 80
    grade = rng.integers(0, 4, n)
    return pd.DataFrame(
        {
            "y": rng.normal(300.0, 50.0, n),
            "count": rng.poisson(3.0, n),
            "grade": pd.Categorical.from_codes(grade, list("abcd"), ordered=True),
            "kind": np.array(["A", "B", "C"])[rng.integers(0, 3, n)],
            "x": rng.normal(10.0, 2.0, n),
            "z": rng.integers(0, 2, n),
            "g": np.array([f"g{i}" for i in range(8)])[rng.integers(0, 8, n)],
        }
    )


def model(formula, family=None, priors=None):
    return prepare(formula, table(), family=family, priors=priors, **OPTIONS).model


def rows(formula, family=None, priors=None) -> dict[str, str]:
    return {row.parameter: row.prior.display() for row in model(formula, family, priors).priors}


DISTRIBUTIONAL = bf.formula("y ~ x + (1 + x | i | g)", sigma="~ z + (1 | i | g)")


def test_a_shared_id_is_one_block_over_two_predictors():
    spec = model(DISTRIBUTIONAL)
    (group,) = spec.groups
    assert group.coefs == ("Intercept", "x", "sigma_Intercept")
    assert group.blocks == ((0, 1, 2),)
    assert group.parameters == ("mu", "mu", "sigma")
    assert [group.column(i) for i in range(3)] == ["Intercept", "x", "Intercept"]
    assert spec.scalars == ()
    assert [p.parameter for p in spec.predictors] == ["mu", "sigma"]


def test_without_an_id_predictors_do_not_correlate():
    (group,) = model(bf.formula("y ~ x + (1 + x | g)", sigma="~ (1 + z | g)")).groups
    assert group.coefs == ("Intercept", "x", "sigma_Intercept", "sigma_z")
    assert group.blocks == ((0, 1), (2, 3))


def test_other_predictors_are_on_the_scale_of_their_links():
    sd_y, sd_x = table().y.std(), table().x.std()
    found = rows(DISTRIBUTIONAL)
    assert found["b_sigma_Intercept"] == f"normal({np.log(sd_y):.4g}, 2.5)"
    assert found["b_sigma_z"] == "normal(0, 2.5)"
    assert found["sd_g__sigma_Intercept"] == "exponential(1)"
    assert found["sd_g__x"] == f"exponential({sd_x / sd_y:.4g})"
    assert "sigma" not in found


def test_counts_have_their_mean_on_the_scale_of_the_link():
    found = rows("count ~ x + (1 | g)", "negbinomial")
    assert found["b_Intercept"] == f"normal({np.log(table()['count'].mean()):.4g}, 2.5)"
    assert found["b_x"] == f"normal(0, {2.5 / table().x.std():.4g})"
    assert found["sd_g__Intercept"] == "exponential(1)"
    assert found["shape"] == "inv_gamma(0.4, 0.3)"


def test_thresholds_stand_in_the_place_of_the_intercept():
    spec = model("grade ~ x + (1 | g)", "cumulative")
    assert spec.mu.columns == ("x",)
    assert spec.categories == ("a", "b", "c", "d")
    assert spec.n_thresholds == 3
    first = spec.priors[0]
    assert (first.parameter, first.address) == ("b_Intercept[1]", "Intercept[1, centred]")
    assert first.prior.display() == "normal(0, 2.5)"


def test_a_category_has_a_predictor_each_but_the_first():
    spec = model("kind ~ x + (1 | g)", "categorical")
    assert [p.parameter for p in spec.predictors] == ["muB", "muC"]
    (group,) = spec.groups
    assert group.coefs == ("muB_Intercept", "muC_Intercept")
    assert group.blocks == ((0,), (1,))


# formula, family, statements -> what they change
STATED = [
    (DISTRIBUTIONAL, None, "sigma.b[z] ~ normal(0, 1)", {"b_sigma_z": "normal(0, 1)"}),
    (DISTRIBUTIONAL, None, "sigma.Intercept ~ normal(4, 1)", {"b_sigma_Intercept": "normal(4, 1)"}),
    (DISTRIBUTIONAL, None, "sigma.b ~ normal(0, 3)", {"b_sigma_z": "normal(0, 3)"}),
    (DISTRIBUTIONAL, None, "b ~ normal(0, 3)", {"b_x": "normal(0, 3)"}),
    (
        DISTRIBUTIONAL,
        None,
        "sd ~ exponential(3)",
        {"sd_g__Intercept": "exponential(3)", "sd_g__x": "exponential(3)"},
    ),
    (DISTRIBUTIONAL, None, "sigma.sd ~ exponential(3)", {"sd_g__sigma_Intercept": "exponential(3)"}),
    (
        DISTRIBUTIONAL,
        None,
        "sd[g, sigma_Intercept] ~ exponential(3)",
        {"sd_g__sigma_Intercept": "exponential(3)"},
    ),
    (
        DISTRIBUTIONAL,
        None,
        "sigma.sd[g, Intercept] ~ exponential(3)",
        {"sd_g__sigma_Intercept": "exponential(3)"},
    ),
    ("count ~ x", "negbinomial", "shape ~ gamma(2, 0.1)", {"shape": "gamma(2, 0.1)"}),
    ("count ~ x", "zero_inflated(poisson)", "zi ~ normal(0, 1)", {"zi": "normal(0, 1) truncated to [0, 1]"}),
    ("y ~ x", "student", "nu ~ gamma(3, 1)", {"nu": "gamma(3, 1) truncated to [1, inf)"}),
    (
        "grade ~ x",
        "cumulative",
        "Intercept ~ normal(0, 4)",
        {f"b_Intercept[{k}]": "normal(0, 4)" for k in (1, 2, 3)},
    ),
    ("grade ~ x", "sratio", "Intercept[2] ~ normal(1, 4)", {"b_Intercept[2]": "normal(1, 4)"}),
    (
        "kind ~ x",
        "categorical",
        "b ~ normal(0, 1); muB.b[x] ~ normal(0, 2)",
        {"b_muB_x": "normal(0, 2)", "b_muC_x": "normal(0, 1)"},
    ),
    (
        "kind ~ x",
        "categorical",
        "Intercept ~ normal(0, 9)",
        {"b_muB_Intercept": "normal(0, 9)", "b_muC_Intercept": "normal(0, 9)"},
    ),
    ("y ~ x; quantile = 0.25", "asym_laplace", "b ~ normal(0, 1)", {"b_x": "normal(0, 1)"}),
]


@pytest.mark.parametrize(("formula", "family", "statements", "expected"), STATED, ids=[s[2] for s in STATED])
def test_stated_priors_reach_their_parameters(formula, family, statements, expected):
    before, after = rows(formula, family), rows(formula, family, statements)
    assert {name: text for name, text in after.items() if text != before[name]} == expected


def test_a_fixed_parameter_is_a_constant():
    assert rows("y ~ x; quantile = 0.25", "asym_laplace")["quantile"] == "constant(0.25)"


# formula, family, statement -> the first line of the message
REFUSED = [
    (DISTRIBUTIONAL, None, "sigma ~ exponential(1)", "sigma has a formula of its own; the priors of its"),
    ("y ~ x", None, "sigma.b[x] ~ normal(0, 1)", "sigma has no formula of its own in this model"),
    ("y ~ x", None, "shape ~ gamma(1, 1)", "the model has no shape: family 'gaussian' has none"),
    ("y ~ x", "weibull", "sigma ~ exponential(1)", "the model has no sigma: family 'weibull' has none"),
    ("grade ~ x", "cumulative", "disc ~ flat", "the model has no disc: without a formula of its own it is 1"),
    (
        "y | se(1 + x^2) ~ x",
        None,
        "sigma ~ flat",
        "the model has no sigma: the sd of every response is known, by se()",
    ),
    (
        "y ~ x; sigma ~ 0 + x",
        None,
        "sigma ~ flat",
        "sigma has a formula of its own; the priors of its coefficients are at sigma.b",
    ),
    (
        "y ~ x; sigma ~ x",
        None,
        "sigma ~ flat",
        "sigma has a formula of its own; the priors of its coefficients are at sigma.Intercept and sigma.b",
    ),
    (
        "grade ~ x",
        "cumulative",
        "Intercept[4] ~ normal(0, 1)",
        "the model has 3 thresholds, and no Intercept[4]",
    ),
    ("count ~ x", "zero_inflated(poisson)", "zi ~ uniform(2, 3)", "zi is between 0 and 1"),
    (
        "count ~ x",
        "generalized_poisson",
        "phi ~ uniform(0, 0.4)",
        "phi is a parameter that must be above 0.5",
    ),
    ("y ~ x", "student", "nu ~ uniform(0, 1)", "nu is the degrees of freedom, at least 1"),
    (
        "grade ~ x",
        "cumulative",
        "Intercept[1] ~ constant(0)",
        "priors of thresholds: thresholds are either all",
    ),
    (
        "y ~ x + z",
        None,
        "b[x] ~ horseshoe(1)",
        "horseshoe is a joint prior of all coefficients of a predictor",
    ),
    (
        "y ~ x + z",
        None,
        "b ~ horseshoe(1); b[z] ~ normal(0, 1)",
        "b[z] cannot have a prior of its own beside",
    ),
]


@pytest.mark.parametrize(("formula", "family", "statement", "message"), REFUSED, ids=[s[2] for s in REFUSED])
def test_statements_that_fit_nothing(formula, family, statement, message):
    with pytest.raises(PriorError) as caught:
        rows(formula, family, statement)
    assert str(caught.value).startswith(message)


FORMS = [
    (DISTRIBUTIONAL, None),
    ("grade ~ x + (1 | g)", "cumulative"),
    ("grade ~ x + cs(z)", "acat"),
    ("kind ~ x + (1 | g)", "categorical"),
    (bf.formula("count ~ x + (1 | g)", zi="~ z", shape="~ 1 + (1 | g)"), "zero_inflated(negbinomial)"),
]


@pytest.mark.parametrize(("formula", "family"), FORMS, ids=[str(f[1]) for f in FORMS])
def test_what_is_listed_gives_the_same_model(formula, family):
    """The priors of a model, passed back, and its JSON are that model."""
    spec = model(formula, family)
    assert from_json(to_json(spec)) == spec
    again = model(formula, family, [row.statement for row in spec.priors])
    assert [row.prior for row in again.priors] == [row.prior for row in spec.priors]
    assert [row.centred for row in again.priors] == [row.centred for row in spec.priors]
