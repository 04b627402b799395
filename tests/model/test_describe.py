"""A model in Unicode equations and prior statements."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bayesformula.model.counts import counts, sampled
from bayesformula.model.describe import describe, equations, prior_lines
from bayesformula.model.sheet import sheet_of_model
from bayesformula.model.text import MAX_FORMULA, fold, formula_text, visible
from cases import CASES
from model.explained import KEPT, explained, outlined
from model.small import ONE, X, group, make_design, make_model, usual

DESCRIBED = """\
y ~ x + f + (1 + x | g)

  yᵢ ~ Normal(μᵢ, σ)
  μᵢ = b_Intercept + b_x × xᵢ + b_f × fᵢ
     + r_g[j,Intercept] + r_g[j,x] × xᵢ
     + r_h[k,Intercept] + r_h[k,x] × xᵢ + r_h[k,f] × fᵢ
  where row i lies in level j of g, k of h

  for each of the 3 levels j of g:
    (r_g[j,Intercept], r_g[j,x]) ~ MVN(0, D R D)
    D = diag(sd_g__Intercept, sd_g__x),  R = cor_g

  for each of the 3 levels k of h:
    r_h[k,Intercept] ~ Normal(0, sd_h__Intercept)
    (r_h[k,x], r_h[k,f]) ~ MVN(0, D R D)
    D = diag(sd_h__x, sd_h__f),  R = cor_h

  Intercept ~ normal(0, 1)  # stated: Intercept ~ normal(0, 1)
  b[x] ~ normal(0, 1)  # stated: b ~ normal(0, 1)
  b[f] ~ normal(0, 1)  # stated: b ~ normal(0, 1)
  sd[g, Intercept] ~ exponential(1)  # stated: sd ~ exponential(1)
  sd[g, x] ~ exponential(1)  # stated: sd ~ exponential(1)
  sd[h, Intercept] ~ exponential(1)  # stated: sd ~ exponential(1)
  sd[h, x] ~ exponential(1)  # stated: sd ~ exponential(1)
  sd[h, f] ~ exponential(1)  # stated: sd ~ exponential(1)
  cor[g] ~ lkj(2)  # default: weakly away from -1 and 1
  cor[h] ~ lkj(2)  # default: weakly away from -1 and 1
  sigma ~ normal(0, 1) truncated to [0, inf)  # stated: sigma ~ normal(0, 1)"""


def test_a_description_in_full(model_of):
    priors = "Intercept ~ normal(0, 1); b ~ normal(0, 1); sd ~ exponential(1); sigma ~ normal(0, 1)"
    assert describe(model_of(priors), width=90) == DESCRIBED


def wide(width=30):
    columns = {f"a_rather_long_column_{i}": X**i for i in range(1, width)}
    group_columns = {"Intercept": ONE, **{f"z{i}": X + i for i in range(width)}}
    grouped = group("region:school", [" ".join(group_columns)], **group_columns)
    return make_design(grouped, weights=ONE, offset=ONE, Intercept=ONE, **columns)


@pytest.mark.parametrize("width", [60, 80, 100])
def test_lines_keep_to_the_width(width):
    text = describe(make_model(wide()), width=width)
    assert max(len(line) for line in text.splitlines()) <= width
    assert "... (19 more)" in text


def test_weights_and_offset_are_told():
    text = describe(make_model(make_design(weights=ONE, offset=ONE)))
    assert "μᵢ = offsetᵢ" in text
    assert "weights: the log density of a row counts as often as its weight." in text
    assert "μᵢ = 0" in describe(make_model(make_design()))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_equations_name_every_parameter(case):
    """Each parameter with a prior stands in the equations under its flat name; sigma as σ."""
    explanation = explained(case.formula, priors=list(case.priors) or None)
    text = equations(sheet_of_model(explanation.model, explanation.schema.spec), width=10_000)
    names = {row.parameter for row in explanation.model.priors} - {"sigma"}
    assert {name for name in names if name not in text} == set()
    assert ("σ" in text) == (explanation.model.known_error != "alone")


@pytest.mark.parametrize("kept", [kept for kept in KEPT if kept.table], ids=lambda kept: kept.name)
def test_the_equations_of_the_kept_models_name_every_parameter(kept):
    model = kept.make().model
    text = equations(sheet_of_model(model), width=10_000)
    assert {row.parameter for row in model.priors if row.parameter not in text} - {"sigma"} == set()


# ---- priors of many parameters -----------------------------------------------------------------------

MANY = [
    None,
    "b ~ normal(0, 1)",
    "b ~ normal(0, 1); b[a_rather_long_column_3] ~ flat; sd ~ exponential(1); cor ~ lkj(3)",
    "sd[region:school, z3, centred] ~ exponential(2)",
    "b[a_rather_long_column_3] ~ flat",
]


@pytest.mark.parametrize("priors", MANY)
def test_shortened_priors_passed_back_give_the_same_model(priors):
    design = wide()
    model = make_model(design, priors)
    text = prior_lines(model, width=80)
    assert len(text.splitlines()) < 60
    again = make_model(design, text)
    assert [(row.parameter, row.prior, row.centred) for row in again.priors] == [
        (row.parameter, row.prior, row.centred) for row in model.priors
    ]


def test_a_prior_stated_for_many_is_written_once():
    text = prior_lines(make_model(wide(), "b ~ normal(0, 1)"))
    assert "  b ~ normal(0, 1)  # stated, for 29 parameters" in text.splitlines()
    assert "  # ... (20 more defaults of this kind)" in text.splitlines()


# ---- counts ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("plan", ["marginal", "noncentred", "centred"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_dimensions_are_those_of_the_program(case, plan):
    from bayesformula.compiler.emit import emit
    from bayesformula.compiler.structure import structure

    model = explained(case.formula, priors=list(case.priors) or None).model
    assert sampled(model, plan) == emit(structure(model, plan)).dim


@pytest.mark.parametrize("plan", ["marginal", "noncentred"])
@pytest.mark.parametrize("kept", [kept for kept in KEPT if kept.table], ids=lambda kept: kept.name)
def test_the_dimensions_of_the_kept_models(kept, plan):
    from bayesformula.compiler.emit import emit
    from bayesformula.compiler.structure import structure

    model = kept.make().model
    assert sampled(model, plan) == emit(structure(model, plan)).dim


def test_counts(model_of):
    assert counts(model_of("b[x] ~ constant(1); sigma ~ constant(2)")) == {
        "thresholds": 0,
        "population": 3,
        "specific": 0,
        "sds": 5,
        "correlations": 2,
        "degrees_of_freedom": 0,
        "group_effects": 15,
        "family": 1,
        "total": 26,
        "constant": 2,
    }


def test_counts_of_a_grouping_with_by():
    content = counts(explained("y ~ x + (1 + x + z | gr(g, by = arm))").model)
    assert (content["sds"], content["correlations"], content["group_effects"]) == (6, 6, 27)


# ---- terms -------------------------------------------------------------------------------------------

FORMULAS = [case.formula for case in CASES] + [kept.formula for kept in KEPT if kept.table == "panel"]
FORMULAS += [
    "y ~ f:x + arm:f",
    "y ~ 0 + f:arm + z",
    "y ~ C(f, helmert)*x + C(arm, treatment('treated'))",
    "y ~ C(f, poly) + poly(x, 3):arm + ns(z, df = 3)",
    "y ~ x + I(x + 0) + factor(g):arm",
]


@pytest.mark.parametrize("formula", dict.fromkeys(FORMULAS))
def test_every_column_belongs_to_one_term(formula):
    explanation = explained(formula)
    rows = explanation.to_dict()["terms"]["mu"]
    parameter = explanation.schema.mu
    assert [column for row in rows for column in row["columns"]] == list(parameter.columns)
    lost = [lost["column"] for row in rows for lost in row["dropped"]]
    assert sorted(lost) == sorted(column.name for column in parameter.dropped)


def test_student_effects_of_several_blocks_share_one_scale():
    """One multivariate t for a level, whatever is correlated within it."""
    explanation = explained(
        "y ~ x + z + (1 + x | gr(g, dist = 'student')) + (0 + z | gr(g, dist = 'student'))"
    )
    assert "R = blocks(cor_g, 1)" in explanation.to_dict()["equations"]["unicode"]
    assert r"D_{g}\, \operatorname{blocks}(R_{g}, 1)\, D_{g}" in explanation.latex()


# ---- text --------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.text())
def test_nothing_unseen_reaches_a_terminal(text):
    shown = visible(text)
    assert "\x1b" not in shown
    assert "\n" not in shown
    assert visible(shown) == shown


@settings(deadline=None)
@given(st.text("ab +~`\"'()|\\;-", max_size=60))
def test_a_formula_keeps_its_text(text):
    assert formula_text(text).replace("\0", " ") == text


def test_a_long_formula_is_cut_between_terms():
    terms = [f"column_{i}" for i in range(300)]
    shown = fold(formula_text("y ~ " + " + ".join(terms)), 80)
    assert len(shown) < MAX_FORMULA + 100
    assert shown.endswith("more terms)")
    kept = shown.replace("\n", "").split(" + ")
    assert int(kept[-1].split("(")[1].split()[0]) == 300 - (len(shown.split("column_")) - 1)


def test_hidden_characters_of_names_are_escaped():
    frame = pd.DataFrame({"y": np.arange(6.0), "x\x1b[31m\u202e": [1, 5, 2, 2, 8, 9.0]})
    text = str(explained("y ~ .", frame))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert r"x\x1b[31m\u202e" in text


def test_a_formula_of_twelve_terms_fits_into_eighty_columns():
    terms = " + ".join(f"quite_a_long_name_{i}" for i in range(12))
    text = str(outlined(f"y ~ {terms} + (1 + quite_a_long_name_1 | a_group_with_a_long_name/another_one)"))
    assert max(map(len, text.splitlines())) <= 80
    assert "... (" in text


def test_usual_design_is_what_these_tests_take_it_for():
    assert make_model(usual()).groups[1].blocks == ((0,), (1, 2))
