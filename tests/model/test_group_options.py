"""Sds of every level of `by`, degrees of freedom of Student effects, known covariances, memberships."""

from dataclasses import replace

import numpy as np
import pytest

from bayesformula.data.encoded import held
from bayesformula.errors import PriorError
from bayesformula.model.spec import from_json, to_json
from model.small import ONE, F, X, group, make_design, make_model


def arms():
    """(1 + x | gr(g, by = arm)), arm constant within the levels u, v, w of g."""
    g = group("g", ["Intercept x"], Intercept=ONE, x=X)
    g = replace(g, by=("armA", "armB"), by_index=np.array([0, 1, 0], np.int32))
    return make_design(g, Intercept=ONE, x=X)


def heavy():
    """(1 | gr(g, dist = "student")) + (1 | h)."""
    g = replace(group("g", ["Intercept"], Intercept=ONE), dist="student")
    return make_design(g, group("h", ["Intercept"], Intercept=ONE), Intercept=ONE)


def test_every_level_of_by_has_its_own_sds():
    model = make_model(arms())
    names = ("Intercept:armA", "x:armA", "Intercept:armB", "x:armB")
    (spec,) = model.groups
    assert spec.coefs == ("Intercept", "x")
    assert spec.sd_coefs == names
    assert spec.sd_blocks == ((0, 1), (2, 3))
    assert [row.parameter for row in model.prior_rows("sd", "g")] == [f"sd_g__{name}" for name in names]
    first, second = (model.prior_rows("sd", "g")[i : i + 2] for i in (0, 2))
    assert [row.prior for row in first] == [
        row.prior for row in second
    ]  # the scales are those of the columns
    assert len(model.prior_rows("cor", "g")) == 1


def test_default_priors_of_by_are_at_the_predictors_means_in_all_levels_or_in_none():
    assert all(row.centred for row in make_model(arms()).prior_rows("sd", "g"))
    assert make_model(arms()).centred_positions(make_model(arms()).groups[0]) == (0, 1)
    stated = make_model(arms(), ["sd[g, Intercept:armB] ~ exponential(3)"])
    assert not any(row.centred for row in stated.prior_rows("sd", "g"))
    changed = [row.parameter for row in stated.priors if not row.is_default]
    assert changed == ["sd_g__Intercept:armB"]


def test_degrees_of_freedom_have_a_prior_of_their_own():
    model = make_model(heavy())
    statements = [row.statement for row in model.priors if row.kind == "df"]
    assert statements == ["df[g] ~ gamma(2, 0.1) truncated to [1, inf)"]
    assert [row.kind for row in model.priors][-2:] == ["df", "sigma"]


@pytest.mark.parametrize("address", ["df", "df[g]"])
def test_addresses_of_degrees_of_freedom(address):
    model = make_model(heavy(), [f"{address} ~ exponential(0.1)"])
    statements = [row.statement for row in model.priors if row.kind == "df"]
    assert statements == ["df[g] ~ exponential(0.1) truncated to [1, inf)"]


def test_the_more_specific_address_wins():
    model = make_model(heavy(), ["df[g] ~ constant(4)", "df ~ exponential(0.1)"])
    assert [row.statement for row in model.priors if row.kind == "df"] == ["df[g] ~ constant(4)"]


def test_a_distribution_wider_than_its_support_is_truncated():
    (row,) = make_model(heavy(), ["df ~ normal(5, 10)"]).prior_rows("df", "g")
    assert row.prior.render() == "normal(5, 10) truncated to [1, inf)"


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("df[h] ~ gamma(2, 0.1)", "the model has no group 'h'"),
        ("df ~ constant(-1)", "df is the degrees of freedom, at least 1"),
        ("df ~ lkj(2)", "Write df ~ gamma(2, 0.1)"),
        ("sd[g, Intercept:armA] ~ exponential(1)", "the group 'g' has no coefficient 'Intercept:armA'"),
    ],
)
def test_statements_that_fit_nothing(statement, message):
    with pytest.raises(PriorError) as error:
        make_model(heavy(), [statement])
    assert message in str(error.value)


def test_a_model_without_student_effects_has_no_df():
    with pytest.raises(PriorError, match="the model has no Student effects"):
        make_model(arms(), ["df ~ gamma(2, 0.1)"])


def test_members_and_covariances_are_in_the_spec_and_its_json():
    mm = group("mmgh", ["Intercept f"], Intercept=ONE, f=F)
    mm = replace(mm, factors=("g", "h"), index=np.stack([mm.index] * 2, 1))
    mm = replace(mm, values=held(np.stack([mm.z / 2] * 2, 1)))
    known = replace(group("k", ["Intercept"], Intercept=ONE), cov_name="A", cov=np.eye(3))
    model = make_model(make_design(mm, known, Intercept=ONE))
    assert model.groups[0].members == ("g", "h")
    assert model.groups[1].cov == "A"
    assert from_json(to_json(model)) == model
    # the columns of the members are added up: halves of a dummy have the scale of the dummy
    assert model.prior_rows("sd", "mmgh")[0].prior == model.prior_rows("sd", "k")[0].prior


def test_known_errors_leave_no_sigma_or_stand_beside_it():
    design = make_design(group("g", ["Intercept"], Intercept=ONE), extras={"se": ONE}, Intercept=ONE)
    model = make_model(design)
    assert model.known_error == "alone"
    assert not model.prior_rows("sigma")
    assert from_json(to_json(model)) == model
    with pytest.raises(PriorError, match=r"the sd of every response is known, by se\(\)"):
        make_model(design, ["sigma ~ exponential(1)"])


def test_a_model_saved_before_these_options_is_read():
    saved = to_json(make_model(make_design(group("g", ["Intercept"], Intercept=ONE), Intercept=ONE)))
    for entry in saved["groups"]:
        for name in ("by", "dist", "cov", "members"):
            del entry[name]
    assert from_json(saved).groups[0].dist == "gaussian"
