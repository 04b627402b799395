"""Explanations of models of every kind of family: plain values, counts, LaTeX, notebooks, formulas alone."""

import json

import numpy as np
import pandas as pd
import pytest

from bayesformula.families import FAMILIES, resolve_family
from bayesformula.model.counts import counts, sampled
from bayesformula.model.describe import equations, prior_lines
from bayesformula.model.explain import Explanation, Outline
from bayesformula.model.latex import latex, latex_of_model
from bayesformula.model.sheet import sheet_of_model
from bayesformula.priors import Prior
from model.explained import explained
from model.families import MADE, Made
from model.test_explain import CONTRACT, MORE, check_markup
from model.test_explain_latex import check

BY_NAME = {made.name: made for made in MADE}
SYMBOLS = {"mu": "μ", "sigma": "σ", "phi": "φ", "nu": "ν", "kappa": "κ", "alpha": "α"}


def made_ids(made):
    return made.name


# ---- equations ---------------------------------------------------------------------------------------

FIRST_LINES = {
    "poisson": ["countᵢ ~ Poisson(μᵢ)", "log(μᵢ) = b_Intercept + b_x × xᵢ"],
    "probit": ["passedᵢ ~ Bernoulli(μᵢ)", "probit(μᵢ) = b_Intercept + b_x × xᵢ"],
    "binomial": ["incidenceᵢ ~ Binomial(sizeᵢ, μᵢ)"],
    "beta_binomial": ["sᵢ ~ BetaBinomial(sᵢ + fᵢ, μᵢ × φ, (1 − μᵢ) × φ)"],
    "negbinomial": ["countᵢ ~ NegBinomial(mean = μᵢ × daysᵢ, shape = shapeᵢ × daysᵢ)"],
    "zero_inflated": [
        "countᵢ = 0            with probability ziᵢ",
        "countᵢ ~ Poisson(μᵢ)  otherwise",
    ],
    "hurdle_counts": [
        "countᵢ = 0                                               with probability huᵢ",
        "countᵢ ~ NegBinomial(mean = μᵢ, shape) given countᵢ > 0  otherwise",
    ],
    "cumulative": ["logit(P(ratingᵢ ≤ k)) = b_Intercept[k] − μᵢ,  k = 1, 2, 3", "μᵢ = b_x × xᵢ"],
    "cratio": [
        "logit(P(ratingᵢ > k | ratingᵢ ≥ k)) = μᵢₖ − b_Intercept[k],  k = 1, 2, 3",
        "μᵢₖ = bcs_z[k] × zᵢ",
    ],
    "categorical": ["foodᵢ ~ Categorical(softmax(0, muBᵢ, muCᵢ))", "muBᵢ = b_muB_Intercept + b_muB_x × xᵢ"],
    "multinomial": ["(Aᵢ, Bᵢ, Cᵢ) ~ Multinomial(Aᵢ + Bᵢ + Cᵢ, softmax(0, muBᵢ, muCᵢ))"],
    "student": ["yᵢ ~ Student(ν, μᵢ, √(σ² + seᵢ²))"],
    "quantile": ["yᵢ ~ AsymLaplace(μᵢ, σ, quantile)", "quantile = 0.25"],
    "truncated": ["countᵢ ~ Poisson(μᵢ) given 1 ≤ countᵢ ≤ mostᵢ"],
    "shifted": ["timeᵢ − ndtᵢ ~ LogNormal(μᵢ, σ)", "μᵢ = b_Intercept + b_x × xᵢ", "log(ndtᵢ) = "],
    "links": ["yᵢ ~ Student(νᵢ, μᵢ, σᵢ)", "√μᵢ = ", "log(νᵢ − 1) = ", "log(exp(σᵢ) − 1) = "],
}


@pytest.mark.parametrize("name", FIRST_LINES)
def test_the_first_lines_of_the_equations(name):
    made = BY_NAME[name]
    lines = equations(sheet_of_model(made.model(), made.spec()), width=90).splitlines()
    for line, expected in zip(lines, FIRST_LINES[name], strict=False):
        assert line.startswith(f"  {expected}")


@pytest.mark.parametrize("made", MADE, ids=made_ids)
def test_the_equations_name_every_parameter(made):
    """Coefficients under their flat names, with `[k]` for a threshold; scalars by their symbols."""
    model = made.model()
    text = equations(sheet_of_model(model, made.spec()), width=10_000)
    for row in model.priors:
        match row.kind:
            case "Intercept":
                assert "b_Intercept[k]" in text
            case "bcs":
                assert f"bcs_{row.coef.split('[')[0]}[k]" in text
            case "b" | "sd" | "cor":
                assert row.parameter in text
            case _:
                assert SYMBOLS.get(row.kind, row.kind) in text


@pytest.mark.parametrize("made", MADE, ids=made_ids)
def test_without_the_formula_the_terms_of_the_response_have_their_own_names(made):
    text = equations(sheet_of_model(made.model()), width=10_000)
    for name in {"trials", "rate", "lower", "upper"} & set(made.terms):
        assert f"{name}ᵢ" in text
    for name in {"trials", "rate", "cens"} & set(made.terms):
        assert f"  {name}: " in text


def test_one_matrix_of_correlations_for_predictors_that_share_an_id():
    made = BY_NAME["shared"]
    text = equations(sheet_of_model(made.model(), made.spec()))
    assert "(r_g[j,Intercept], r_g[j,sigma_Intercept]) ~ MVN(0, D R D)" in text
    assert "D = diag(sd_g__Intercept, sd_g__sigma_Intercept),  R = cor_g" in text
    assert "log(σᵢ) = b_sigma_Intercept + b_sigma_x × xᵢ\n          + r_g[j,sigma_Intercept]" in text


def test_a_level_is_never_counted_by_the_letter_of_the_categories():
    """k counts categories and thresholds; a second group would have had that letter."""
    formula = "rating ~ x + (1 | g) + (1 | h)"
    text = equations(
        Outline(Made("", formula, "cumulative", {}).spec(), resolve_family("cumulative"))._sheet()
    )
    assert "where row i lies in level j of g, l of h" in text


# ---- plain values ------------------------------------------------------------------------------------

LINKS = {
    "negbinomial": {"mu": "log", "shape": "log"},
    "hurdle": {"mu": "log", "shape": "identity", "hu": "identity"},
    "cumulative": {"mu": "logit", "disc": "identity"},
    "sratio": {"mu": "cloglog", "disc": "log"},
    "categorical": {"muB": "logit", "muC": "logit"},
    "quantile": {"mu": "identity", "sigma": "identity", "quantile": "identity"},
    "links": {"mu": "sqrt", "sigma": "softplus", "nu": "logm1"},
}


@pytest.mark.parametrize("name", LINKS)
def test_a_parameter_without_a_formula_has_the_link_identity(name):
    content = Explanation(BY_NAME[name].model()).to_dict()
    assert content["family"] == {"name": BY_NAME[name].model().family.name, "links": LINKS[name]}
    assert set(content["parameters"]) <= set(content["family"]["links"])


def test_groups_of_each_parameter_under_the_names_of_their_columns():
    content = Explanation(BY_NAME["shared"].model()).to_dict()
    alike = {"label": "g", "factors": ["g"], "levels": 10, "coefs": ["Intercept"], "blocks": [["Intercept"]],
             "correlated": False}  # fmt: skip
    assert content["parameters"] == {
        "mu": {"fixed": ["Intercept", "x"], "groups": [alike]},
        "sigma": {"fixed": ["Intercept", "x"], "groups": [alike]},
    }
    assert content["groupings"]["g"]["blocks"] == [["Intercept", "sigma_Intercept"]]


def test_thresholds_stand_in_the_place_of_the_intercept():
    content = Explanation(BY_NAME["sratio"].model()).to_dict()
    assert content["parameters"]["mu"]["fixed"] == ["x"]
    assert [(row["term"], row["columns"], row["about"]) for row in content["terms"]["mu"]] == [
        ("Intercept", [], "thresholds in its place: Intercept[1], Intercept[2]"),
        ("x", ["x"], ""),
        ("cs(z)", ["z"], "a coefficient for each threshold"),
    ]


@pytest.mark.parametrize("made", MADE, ids=made_ids)
def test_strict_json_of_a_model_and_of_its_formula_with_the_same_keys(made):
    model = made.model()
    content = Explanation(model).to_dict()
    outline = Outline(made.spec(), model.family).to_dict()
    for each in (content, outline):
        assert json.loads(json.dumps(each, allow_nan=False)) == each
        assert list(each) == CONTRACT + MORE
    assert list(content["counts"]) == list(outline["counts"])
    if "mu" in content["parameters"]:
        assert outline["family"] == content["family"]
        assert list(outline["parameters"]) == list(content["parameters"])
        for name, parts in outline["parameters"].items():
            assert parts["fixed"] == content["parameters"][name]["fixed"]


# ---- counts ------------------------------------------------------------------------------------------

COUNTS = {
    "poisson": {"population": 2, "sds": 1, "group_effects": 10, "total": 13},
    "hurdle": {"population": 2, "sds": 1, "group_effects": 10, "family": 2, "total": 15},
    "shared": {"population": 4, "sds": 2, "correlations": 1, "group_effects": 20, "total": 27},
    "cumulative": {"thresholds": 3, "population": 1, "sds": 1, "group_effects": 10, "total": 15},
    "sratio": {"thresholds": 2, "population": 3, "specific": 2, "total": 7},
    "cratio": {"thresholds": 3, "specific": 3, "total": 6},
    "categorical": {"population": 4, "sds": 2, "group_effects": 20, "total": 26},
    "quantile": {"population": 2, "family": 2, "total": 4, "constant": 1},
}


@pytest.mark.parametrize("name", COUNTS)
def test_counts_of_parameters(name):
    found = {kind: number for kind, number in counts(BY_NAME[name].model()).items() if number}
    assert found == COUNTS[name]


@pytest.mark.parametrize("plan", ["noncentred", "centred"])
@pytest.mark.parametrize("made", MADE, ids=made_ids)
def test_the_dimensions_are_those_of_the_program(made, plan):
    from bayesformula.compiler.emit import emit
    from bayesformula.compiler.structure import structure

    model = made.model()
    assert sampled(model, plan) == emit(structure(model, plan)).dim


@pytest.mark.parametrize("prior", ["horseshoe(2)", "r2d2(0.4)"])
def test_joint_priors_are_written_once_and_counted(prior):
    from bayesformula.compiler.emit import emit
    from bayesformula.compiler.structure import structure

    explanation = explained(
        "y ~ x + z + w + (1 | g); sigma ~ x", priors=f"b ~ {prior}; sigma.b ~ horseshoe()"
    )
    model = explanation.model
    text = prior_lines(model)
    assert text.count(prior.split("(")[0]) == 1 + (prior == "horseshoe(2)")
    assert "# stated, for 3 parameters together" in text
    again = explained("y ~ x + z + w + (1 | g); sigma ~ x", priors=text).model
    assert [row.prior for row in again.priors] == [row.prior for row in model.priors]
    assert sampled(model, "noncentred") == emit(structure(model, "noncentred")).dim
    rows = [row for row in explanation.latex(priors=True).split(" \\\\\n") if row.startswith("(")]
    assert [row.split(" &")[0] for row in rows] == [
        r"(\beta_{x},\, \beta_{z},\, \beta_{w})", r"(\beta^{\sigma}_{x})",
    ]  # fmt: skip
    check(explanation.latex(priors=True))


def test_parameters_of_the_family_are_named_where_they_are_counted():
    assert "   2  parameters of the family: shape, hu" in str(Explanation(BY_NAME["hurdle"].model()))
    assert "  1  parameter of the family: phi" in str(Explanation(BY_NAME["beta_binomial"].model()))
    assert "residual standard deviation, sigma" in str(explained("y ~ x"))


# ---- LaTeX and notebooks -----------------------------------------------------------------------------


@pytest.mark.parametrize("made", MADE, ids=made_ids)
def test_latex_and_markup_are_whole(made):
    model = made.model()
    check(latex_of_model(sheet_of_model(model, made.spec()), model, priors=True))
    check(latex(sheet_of_model(model)))
    check_markup(Explanation(model)._repr_html_())
    outline = Outline(made.spec(), model.family)
    check(outline.latex())
    check_markup(outline._repr_html_())
    assert max(map(len, str(outline).splitlines())) <= 80


@pytest.mark.parametrize(
    ("prior", "written"),
    [
        (
            Prior("normal", (0.0, 1.0), 0.0, 1.0),
            r"\operatorname{Normal}(0,\, 1)\text{ from }0\text{ up to }1",
        ),
        (Prior("normal", (0.0, 1.0), 0.0), r"\operatorname{Normal}^{+}(0,\, 1)"),
        (Prior("gamma", (2.0, 0.1), 1.0), r"\operatorname{Gamma}(2,\, 0.1)\text{ from }1"),
        (Prior("normal", (0.0, 1.0), None, 2.0), r"\operatorname{Normal}(0,\, 1)\text{ up to }2"),
    ],
    ids=str,
)
def test_truncated_priors_in_latex(prior, written):
    made = Made("", "count ~ x", "hurdle_poisson", {"mu": "Intercept"}, scalars={"hu": prior})
    assert latex_of_model(sheet_of_model(made.model()), made.model(), priors=True).endswith(
        rf"{{\text{{hu}}}} &\sim {written}" + "\n\\end{aligned}"
    )


# ---- very many levels --------------------------------------------------------------------------------

FOODS = pd.DataFrame(
    {
        "food": [f"food{i % 30:02d}" for i in range(120)],
        "x": np.linspace(-1, 1, 120),
        "g": np.tile(list("abcdef"), 20),
    }
)


def test_of_very_many_levels_the_first_are_written():
    explanation = explained("food ~ x + (1 | g)", FOODS, family="categorical")
    text = str(explanation)
    assert max(map(len, text.splitlines())) <= 80
    assert len(text.splitlines()) < 150
    assert "  mufood11ᵢ = b_mufood11_Intercept" in text
    assert "mufood12ᵢ = " not in text
    assert "\n  ... (18 more)\n" in text
    check(explanation.latex(priors=True))
    assert explanation.latex().count(" more)}") == 3


def test_priors_of_very_many_levels_can_be_passed_back():
    priors = ["mufood03.b ~ normal(0, 1)", "sd ~ exponential(2)"]
    model = explained("food ~ x + (1 | g)", FOODS, family="categorical", priors=priors).model
    text = prior_lines(model)
    assert "  # ... (46 more defaults of this kind)" in text.splitlines()
    assert "  sd ~ exponential(2)  # stated, for 29 parameters" in text.splitlines()
    again = explained("food ~ x + (1 | g)", FOODS, family="categorical", priors=text).model
    assert [row.prior for row in again.priors] == [row.prior for row in model.priors]


@pytest.mark.parametrize(
    ("levels", "said"),
    [
        (("1", "2", "3"), "in order: 1, 2, 3."),
        (("0", "1", "2"), "in order: 0 (1), 1 (2), 2 (3)."),
        (("low", "high"), "in order: low (1), high (2)."),
    ],
    ids=str,
)
def test_levels_of_an_ordinal_response_are_numbered(levels, said):
    made = Made("", "rating ~ x", "cumulative", {"mu": "x"}, categories=levels)
    assert f"k counts the levels of the response {said}" in equations(sheet_of_model(made.model()))


# ---- from the text alone -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", FAMILIES)
def test_a_formula_alone_with_any_family(name):
    outline = Outline(Made("", "y ~ x + (1 + x | g)", name, {}).spec(), resolve_family(name))
    check(outline.latex())
    assert "Family(" not in str(outline)
    assert outline.to_dict()["family"]["name"] == name


def test_levels_that_only_data_can_tell():
    outline = Outline(Made("", "food ~ x", "categorical", {}).spec(), resolve_family("categorical"))
    text = str(outline)
    assert "foodᵢ ~ Categorical(softmax(0, mu[2]ᵢ, ..., mu[K]ᵢ))\n  mu[k]ᵢ = b_mu[k]_Intercept" in text
    ordinal = Outline(Made("", "rating ~ x", "cumulative", {}).spec(), resolve_family("cumulative"))
    assert "k = 1, ..., K − 1\n" in str(ordinal)


@pytest.mark.parametrize(
    ("formula", "line"),
    [
        ("y ~ x; sigma = 2", "yᵢ ~ Normal(μᵢ, σ)"),
        ("y ~ x; quantile = 0.25", "yᵢ ~ Family(μᵢ)"),
        ("y ~ cs(x)", "yᵢ ~ Family(μᵢₖ)"),
        ("y ~ x; zi ~ x", "yᵢ ~ Family(μᵢ, ziᵢ)"),
        ("y['yes'] ~ x", '[y["yes"]]ᵢ ~ Family(μᵢ)'),
    ],
)
def test_a_formula_that_speaks_against_a_gaussian_response_has_no_family(formula, line):
    outline = Outline(Made("", formula, "", {}).spec())
    assert equations(outline._sheet()).splitlines()[0] == f"  {line}"
