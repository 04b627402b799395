"""Flat names of every kind of model, in the order of the priors, each once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bayesformula.results.names import distinct, population, scalars, variables
from results.models import (
    CATEGORICAL,
    CLASHING,
    DISTRIBUTIONAL,
    FORMULAS,
    INFLATED,
    MODELS,
    MULTINOMIAL,
    NOTHING,
    ORDINAL,
    THRESHOLDS,
    predictor,
    prepared,
    scalar,
)

FLAT = {
    "distributional": (
        DISTRIBUTIONAL,
        """b_Intercept b_x b_sigma_Intercept b_sigma_x
        sd_g__Intercept sd_g__x sd_g__sigma_Intercept
        cor_g__Intercept__x cor_g__Intercept__sigma_Intercept cor_g__x__sigma_Intercept
        sd_h__sigma_Intercept df_h nu""",
    ),
    "ordinal": (
        ORDINAL,
        """b_Intercept[1] b_Intercept[2] b_treat b_disc_lab bcs_period[1] bcs_period[2]
        sd_subject__Intercept sd_subject__period sd_subject__dose
        cor_subject__Intercept__period cor_subject__Intercept__dose cor_subject__period__dose""",
    ),
    "thresholds": (THRESHOLDS, "b_Intercept[1] b_Intercept[2] b_Intercept[3] sd_g__Intercept"),
    "categorical": (
        CATEGORICAL,
        """b_muB_Intercept b_muB_x b_muC/D_Intercept b_muC/D_x sd_g__muB_Intercept sd_g__muC/D_Intercept""",
    ),
    "inflated": (
        INFLATED,
        """b_Intercept b_child b_zi_Intercept b_zi_child sd_camp__Intercept sd_camp__child
        cor_camp__Intercept__child sd_lake__Intercept sd_lake:pond__Intercept shape""",
    ),
    "multinomial": (MULTINOMIAL, "b_mugreen_Intercept b_mugreen_x b_mublue_Intercept b_mublue_x"),
    "clashing": (
        CLASHING,
        """b_sigma_x b_sigma_x_ sd_threshold__sigma_x sd_threshold__sigma_x_
        cor_threshold__sigma_x__sigma_x_ sd_term_sigma__Intercept sd_b_sigma__Intercept""",
    ),
    "nothing": (NOTHING, ""),
}

SECTIONS = {
    "distributional": [
        "Population effects",
        "Population effects: sigma (log link)",
        "Group effects: g (3 levels)",
        "Group effects: h (2 levels)",
        "Family parameters",
    ],
    "ordinal": [
        "Thresholds",
        "Population effects",
        "Population effects: disc (log link)",
        "Category-specific effects",
        "Group effects: subject (4 levels)",
    ],
    "categorical": [
        "Population effects: muB (logit link)",
        "Population effects: muC/D (logit link)",
        "Group effects: g (3 levels)",
    ],
    "nothing": [],
}


@pytest.mark.parametrize("name", FLAT)
def test_flat_names_and_their_order(name):
    model, expected = FLAT[name]
    assert [row.flat for row in scalars(model)] == expected.split()


@pytest.mark.parametrize(("formula", "family"), FORMULAS)
def test_the_summary_has_the_names_and_the_order_of_the_priors(formula, family):
    model = prepared(formula, family).model
    rows = [row.parameter for row in model.priors if row.kind != "cor"]
    assert [row.flat for row in scalars(model) if not row.flat.startswith("cor_")] == rows


@pytest.mark.parametrize("name", SECTIONS)
def test_sections(name):
    assert list(dict.fromkeys(row.section for row in scalars(MODELS[name]))) == SECTIONS[name]


@pytest.mark.parametrize("family", ["gaussian", "student", "gamma"])
def test_the_sd_of_a_gaussian_response_is_its_residual(family):
    model = replace(
        DISTRIBUTIONAL,
        family=replace(DISTRIBUTIONAL.family, name=family),
        priors=(scalar("sigma"), scalar("shape")),
    )
    expected = "Residual" if family == "gaussian" else "Family parameters"
    assert [(row.section, row.label) for row in scalars(model)][-2:] == [
        (expected, "sigma"),
        (expected, "shape"),
    ]


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_every_name_stands_once(model):
    flats = [row.flat for row in scalars(model)]
    assert len(set(flats)) == len(flats)
    names = [variable.name for variable in variables(model).values()]
    assert len(set(names)) == len(names)
    assert not any("/" in part for v in variables(model).values() for part in (v.name, *v.dims))


@pytest.mark.parametrize(
    ("variable", "owner", "column", "term"),
    [
        ("Intercept", "mu", "Intercept", "Intercept[2]"),
        ("b", "mu", "treat", "treat"),
        ("b_disc", "disc", "lab", "disc_lab"),
        ("bcs", "mu", "period", "period[2]"),
    ],
)
def test_a_population_coefficient_knows_its_predictor_and_column(variable, owner, column, term):
    row = [row for row in population(ORDINAL) if row.variable == variable][-1]
    assert (row.owner, row.column, row.term) == (owner, column, term)


@pytest.mark.parametrize("column", ["b_x", "bcs_x", "_", "`my var`", "x[1]"])
def test_a_term_is_its_column_whatever_that_is_called(column):
    model = replace(NOTHING, predictors=(replace(predictor("mu", "logit"), columns=(column,)),))
    assert [row.term for row in population(model)] == [column]


def test_parameters_that_differ_by_a_slash_alone_have_variables_of_their_own():
    model = replace(
        CATEGORICAL,
        predictors=tuple(predictor(name, "logit", "x") for name in ("mua/b", "mua_b")),
        categories=("0", "a/b", "a_b"),
        groups=(),
    )
    assert [(v.name, v.dims) for v in variables(model).values()] == [
        ("b_mua_b", ("term_mua_b",)),
        ("b_mua_b_", ("term_mua_b_",)),
    ]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], []),
        (["a", "b"], ["a", "b"]),
        (["a", "a", "a"], ["a", "a_", "a__"]),
        (["a", "a", "a_"], ["a", "a_", "a__"]),
        (["a_", "a", "a"], ["a_", "a", "a__"]),
    ],
)
def test_distinct(names, expected):
    assert distinct(names) == expected
