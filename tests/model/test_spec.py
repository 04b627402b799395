"""The model as JSON, as text, and as an explanation."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from bayesformula.errors import FitFileError
from bayesformula.families import resolve_family
from bayesformula.model.describe import describe, prior_lines
from bayesformula.model.explain import Explanation, Outline, plain
from bayesformula.model.spec import from_json, prior_records, to_json
from bayesformula.syntax.ast import FormulaSpec, GroupTerm, Name, Predictor, Response, Term
from model.small import ONE, X, group, make_design, make_model, usual

PRIORS = [None, "b ~ flat; sd ~ student_t(3, 0, 2.5)", "cor[g] ~ lkj(0.1); sigma ~ uniform(0, 3)"]


@pytest.mark.parametrize("priors", PRIORS)
def test_json_both_ways_is_the_identity(priors, model_of):
    model = model_of(priors)
    text = json.dumps(to_json(model), allow_nan=False)
    assert from_json(json.loads(text)) == model
    assert from_json(to_json(model)) == model


@pytest.mark.parametrize(
    "change",
    [{"version": 99}, {"groups": [{}]}, {"predictors": 3}, {"priors": [{"x": 1}]}, {"n_rows": "many"}],
)
def test_damaged_json_is_refused(change, model_of):
    content = {**to_json(model_of()), **change}
    with pytest.raises(FitFileError):
        from_json(content)


@pytest.mark.parametrize("priors", PRIORS)
def test_what_is_listed_can_be_passed_back(priors, model_of):
    """`fit.priors`, `explain --json` and the printed lines are all legal `priors=`."""
    model = model_of(priors)
    wanted = [(row.parameter, row.prior, row.centred) for row in model.priors]
    for source in (prior_records(model), prior_lines(model), prior_lines(model, width=20), model.priors):
        assert [(row.parameter, row.prior, row.centred) for row in model_of(source).priors] == wanted


def test_a_table_of_priors_can_be_passed_back(model_of):
    import pandas as pd

    model = model_of()
    table = pd.DataFrame(prior_records(model)).set_index("parameter")
    assert [row.prior for row in model_of(table).priors] == [row.prior for row in model.priors]


DESCRIBED = """\
y ~ x + f + (1 + x | g)

  yᵢ ~ Normal(μᵢ, σ)
  μᵢ = b_Intercept + b_x × x + b_f × f + r_g[Intercept] + r_g[x] × x + r_h[Intercept] +
       r_h[x] × x + r_h[f] × f
  for each of the 3 levels of g:
    (r_g[Intercept], r_g[x]) ~ MVN(0, D R D),  D = diag(sd_g),  R = cor_g
  for each of the 3 levels of h:
    r_h[Intercept] ~ Normal(0, sd_h__Intercept)
    (r_h[x], r_h[f]) ~ MVN(0, D R D),  D = diag(sd_h),  R = cor_h

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


@pytest.mark.parametrize("width", [60, 80, 100])
def test_lines_keep_to_the_width(width):
    wide = {f"a_rather_long_column_{i}": X**i for i in range(1, 30)}
    group_columns = {"Intercept": ONE, **{f"z{i}": X + i for i in range(30)}}
    grouped = group("region:school", [" ".join(group_columns)], **group_columns)
    model = make_model(make_design(grouped, weights=ONE, offset=ONE, Intercept=ONE, **wide))
    text = describe(model, width=width)
    assert max(len(line) for line in text.splitlines()) <= width
    assert "... (19 more)" in text


def test_weights_and_offset_are_told():
    text = describe(make_model(make_design(weights=ONE, offset=ONE)))
    assert "μᵢ = offsetᵢ" in text
    assert "counts as often as its weight" in text
    assert "μᵢ = 0" in describe(make_model(make_design()))


FINDING = SimpleNamespace(code="one-level-group", severity="warn", message="the group <g> has one level")


def explained(model):
    return Explanation(
        model,
        n_dropped=2,
        response={"kind": "numeric", "mean": np.float64(1.5), "levels": ("a",), "odd": float("nan")},
        plan=("marginal", "Gaussian response"),
        findings=(FINDING,),
    )


def test_the_explanation_as_a_dict(model_of):
    content = explained(model_of("b ~ normal(0, 1)")).to_dict()
    assert json.loads(json.dumps(content, allow_nan=False)) == content
    priors = content.pop("priors")
    assert content == {
        "formula": "y ~ x + f + (1 + x | g)",
        "n_rows": 6,
        "n_dropped": 2,
        "response": {"name": "y", "kind": "numeric", "mean": 1.5, "levels": ["a"], "odd": None},
        "family": {"name": "gaussian", "links": {"mu": "identity", "sigma": "identity"}},
        "parameters": {
            "mu": {
                "fixed": ["Intercept", "x", "f"],
                "groups": [
                    {
                        "label": "g",
                        "factors": ["g"],
                        "levels": 3,
                        "coefs": ["Intercept", "x"],
                        "blocks": [["Intercept", "x"]],
                        "correlated": True,
                    },
                    {
                        "label": "h",
                        "factors": ["h"],
                        "levels": 3,
                        "coefs": ["Intercept", "x", "f"],
                        "blocks": [["Intercept"], ["x", "f"]],
                        "correlated": False,
                    },
                ],
            }
        },
        "plan": {"name": "marginal", "reason": "Gaussian response"},
        "findings": [
            {"code": "one-level-group", "severity": "warn", "message": "the group <g> has one level"}
        ],
    }
    assert len(priors) == 11
    assert priors[1] == {
        "parameter": "b_x",
        "prior": "normal(0, 1)",
        "source": "stated",
        "reason": "stated: b ~ normal(0, 1)",
        "address": "b[x]",
    }


def test_the_explanation_in_a_terminal_and_a_notebook(model_of):
    explanation = explained(model_of())
    text = str(explanation)
    assert repr(explanation) == text
    assert max(len(line) for line in text.splitlines()) <= 80
    for part in (
        "Rows      6 (2 dropped",
        "Plan      marginal: Gaussian",
        "warn one-level-group: the group <g> has",
    ):
        assert part in text
    markup = explanation._repr_html_()
    assert "the group &lt;g&gt; has one level" in markup
    assert "<g>" not in markup


def test_an_explanation_without_plan_or_findings():
    content = Explanation(make_model(usual())).to_dict()
    assert content["plan"] is None
    assert content["findings"] == []


def test_an_outline_of_a_formula_without_data():
    x = Term((Name("x"),), ("x",))
    terms = (GroupTerm((Name("g"),), "g", True, (), True), GroupTerm((Name("g"),), "g", False, (x,), True))
    spec = FormulaSpec(
        "y ~ x + (1 | g) + (0 + x | g)", Response(Name("y")), (Predictor("mu", True, (x,), (), terms),)
    )
    outline = Outline(spec, resolve_family())
    assert outline.to_dict()["parameters"]["mu"] == {
        "fixed": ["Intercept", "x"],
        "groups": [
            {
                "label": "g",
                "factors": ["g"],
                "levels": None,
                "coefs": ["Intercept", "x"],
                "blocks": [["Intercept"], ["x"]],
                "correlated": False,
            }
        ],
    }
    assert outline.to_dict().keys() == Explanation(make_model(usual())).to_dict().keys()
    assert "Terms     Intercept, x" in str(outline)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.int64(3), 3),
        (np.array([1.0, np.nan]), [1.0, None]),
        (np.bool_(True), True),
        ((1, "a"), [1, "a"]),
        ({1: float("inf")}, {"1": None}),
    ],
    ids=str,
)
def test_plain_values(value, expected):
    assert plain(value) == expected
