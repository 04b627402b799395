"""Explanations: as plain values, in a terminal, in a notebook; with data and from the text alone."""

import json
from html.parser import HTMLParser
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bayesformula import datasets
from bayesformula.families import resolve_family
from bayesformula.model.explain import Explanation, Outline, plain
from bayesformula.model.text import visible
from bayesformula.syntax.ast import FormulaSpec, GroupTerm, Name, Predictor, Response, Term
from cases import panel
from model.explained import KEPT, explained, outlined
from model.small import make_model, usual

FINDING = SimpleNamespace(code="one-level-group", severity="warn", message="the group <g> has one level")
CONTRACT = [
    "formula", "n_rows", "n_dropped", "response", "family", "parameters", "priors", "plan", "findings",
]  # fmt: skip
MORE = ["written", "terms", "groupings", "counts", "equations"]


def by_hand(model):
    return Explanation(
        model,
        n_dropped=2,
        response={"kind": "numeric", "mean": np.float64(1.5), "levels": ("a",), "odd": float("nan")},
        plan=("marginal", "Gaussian response"),
        findings=(FINDING,),
    )


# ---- plain values ------------------------------------------------------------------------------------


def test_the_explanation_as_a_dict(model_of):
    content = by_hand(model_of("b ~ normal(0, 1)")).to_dict()
    assert json.loads(json.dumps(content, allow_nan=False)) == content
    assert list(content) == CONTRACT + MORE
    priors = content["priors"]
    assert {name: content[name] for name in CONTRACT if name != "priors"} == {
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


def test_what_is_said_beyond_the_contract():
    content = explained("y ~ f*x + I(2 * x) + offset(o) + (1 | a/b) + (1 | gr(g, by = arm))").to_dict()
    assert content["terms"] == {
        "mu": [
            {"term": "Intercept", "columns": ["Intercept"], "about": "", "dropped": []},
            {
                "term": "f",
                "columns": ["fmid", "fhi"],
                "about": "factor of 3 levels, compared with lo",
                "dropped": [],
            },
            {"term": "x", "columns": ["x"], "about": "", "dropped": []},
            {
                "term": "I(2 * x)",
                "columns": [],
                "about": "",
                "dropped": [{"column": "I(2 * x)", "reason": "a combination of x"}],
            },
            {"term": "f:x", "columns": ["fmid:x", "fhi:x"], "about": "", "dropped": []},
            {
                "term": "offset(o)",
                "columns": [],
                "about": "added as it is, without a coefficient",
                "dropped": [],
            },
        ]
    }
    alike = {
        "cov": "",
        "dist": "gaussian",
        "members": [],
        "weights": [],
        "ids": [],
        "blocks": [["Intercept"]],
    }
    no_by = {"by": "", "by_levels": [], **alike}
    assert content["groupings"] == {
        "a": {"nested_in": [], "crossed_with": ["g"], **no_by},
        "a:b": {"nested_in": ["a"], "crossed_with": ["g"], **no_by},
        "g": {
            "nested_in": [],
            "crossed_with": ["a", "a:b"],
            "by": "arm",
            "by_levels": ["armcontrol", "armtreated"],
            **alike,
        },
    }
    assert content["written"] == "y ~ f*x + I(2 * x) + offset(o) + (1 | a/b) + (1 | gr(g, by = arm))"
    assert content["counts"]["total"] == 6 + 4 + (4 + 12 + 9) + 1
    assert content["counts"]["sampled"] == 5
    assert content["equations"]["latex"].startswith("\\begin{aligned}")
    assert content["equations"]["unicode"].startswith("  yᵢ ~ Normal(μᵢ, σ)\n")


@pytest.mark.parametrize("kept", KEPT, ids=lambda kept: kept.name)
def test_strict_json_with_the_same_keys_everywhere(kept):
    content = kept.make().to_dict()
    assert json.loads(json.dumps(content, allow_nan=False)) == content
    assert list(content) == CONTRACT + MORE
    whole = explained("y ~ x + (1 | g)").to_dict()
    for section in ("counts", "equations"):
        assert list(content[section]) == list(whole[section])
    for parts in content["parameters"].values():
        assert list(parts) == ["fixed", "groups"]
        for group in parts["groups"]:
            assert list(group) == ["label", "factors", "levels", "coefs", "blocks", "correlated"]
            assert list(content["groupings"][group["label"]]) == list(whole["groupings"]["g"])


def test_a_dot_is_written_out():
    frame = pd.DataFrame({"y": [1.0, 2, 4, 3], "b": [1.0, 3, 2, 5], "c": [0.0, 1, 0, 2]})
    content = explained("y ~ . - b", frame).to_dict()
    assert (content["formula"], content["written"]) == ("y ~ c", "y ~ . - b")


def test_rows_left_out_are_counted():
    frame = panel().copy()
    frame.loc[:4, "x"] = np.nan
    assert "Data      115 rows; 5 left out for missing values" in str(explained("y ~ x", frame))


def test_without_plan_or_findings():
    content = Explanation(make_model(usual())).to_dict()
    assert content["plan"] is None
    assert content["findings"] == []
    assert content["counts"]["sampled"] is None
    assert [row["term"] for row in content["terms"]["mu"]] == ["Intercept", "x", "f"]


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


# ---- from the text alone -----------------------------------------------------------------------------


def test_an_outline_has_terms_in_the_place_of_columns():
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
    assert outline.to_dict()["family"]["name"] == "gaussian"


@pytest.mark.parametrize(
    ("formula", "label", "blocks"),
    [
        ("y ~ (x | g)", "g", [["Intercept", "x"]]),
        ("y ~ (x || g)", "g", [["Intercept"], ["x"]]),
        ("y ~ (1 | p | g) + (0 + x | p | g)", "g", [["Intercept", "x"]]),
        ("y ~ (1 | a:b) + (0 + x | b:a)", "a:b", [["Intercept"], ["x"]]),
        ("y ~ (1 | cut(x, 3):g)", "cut(x, 3):g", [["Intercept"]]),
        ("y ~ (x | mm(g1, g2))", "mmg1g2", [["Intercept", "x"]]),
    ],
)
def test_groups_of_an_outline(formula, label, blocks):
    (group,) = outlined(formula).to_dict()["parameters"]["mu"]["groups"]
    assert (group["label"], group["blocks"]) == (label, blocks)


def test_factors_are_split_by_meaning_not_by_text():
    (group,) = outlined("y ~ (1 | interaction(`a:b`, c):g)").to_dict()["parameters"]["mu"]["groups"]
    assert len(group["factors"]) == 2


def test_an_outline_and_an_explanation_say_the_same_of_groups():
    """Where there is nothing that only data can tell, but the numbers of levels."""
    formula = "y ~ x + (x | g) + (1 | h) + (0 + x | h) + (1 | a/b/c)"
    with_data = explained(formula).to_dict()
    without = outlined(formula).to_dict()
    expected = [{**group, "levels": None} for group in with_data["parameters"]["mu"]["groups"]]
    assert without["parameters"]["mu"]["groups"] == expected
    assert without["parameters"]["mu"]["fixed"] == with_data["parameters"]["mu"]["fixed"]
    assert without["formula"] == with_data["formula"]
    for label, grouping in without["groupings"].items():
        assert set(grouping["nested_in"]) <= set(with_data["groupings"][label]["nested_in"])


def test_an_effect_shared_by_predictors_is_one_vector():
    text = str(outlined("y ~ x + (x |p| g); sigma ~ 1 + (1 |p| g)"))
    assert "(r_g[j,Intercept], r_g[j,x], r_g[j,sigma_Intercept]) ~ MVN(0, D R D)" in text
    assert "log(σᵢ) = b_sigma_Intercept" in text


def test_notes_of_lowering_are_findings():
    content = outlined("y ~ (1 | a/b) + (1 | a)").to_dict()
    assert [(found["code"], found["severity"]) for found in content["findings"]] == [
        ("duplicate-term", "info")
    ]


# ---- in a terminal -----------------------------------------------------------------------------------


def test_the_explanation_in_a_terminal(model_of):
    explanation = by_hand(model_of())
    text = str(explanation)
    assert repr(explanation) == text
    assert max(len(line) for line in text.splitlines()) <= 80
    for part in (
        "Data      6 rows; 2 left out",
        "Plan      marginal: Gaussian",
        "warn one-level-group: the group <g> has",
    ):
        assert part in text


NAMES = st.text(min_size=1, max_size=100) | st.text("<>&$\\`'\" \n\x1b%_^{}", min_size=1, max_size=30)


def named(name):
    """A formula, made by hand, in which all that has a name has this one."""
    term = Term((Name(name),), (name,))
    group = GroupTerm((Name(name),), name, True, (term,), True)
    predictor = Predictor("mu", True, (term,), (Name(name),), (group,))
    return Outline(FormulaSpec(f"y ~ {name}", Response(Name(name)), (predictor,), name, (name,)))


@settings(deadline=None)
@given(NAMES)
def test_any_name_is_safe_in_a_terminal(name):
    text = str(named(name))
    assert all(char.isprintable() or char in "\n\u200c\u200d" for char in text)
    assert max(map(len, text.splitlines())) <= 80


# ---- in a notebook -----------------------------------------------------------------------------------


class Reader(HTMLParser):
    """Tags, attributes and the pieces of text between tags."""

    def __init__(self, markup):
        super().__init__()
        self.open, self.tags, self.names, self.pieces = [], set(), set(), []
        self.feed(markup)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.tags.add(tag)
        self.names.update(name for name, _ in attrs)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.pieces.append(("pre" in self.open, data))


TAGS = {"div", "table", "thead", "tbody", "tr", "td", "th", "span", "details", "summary", "pre", "p", "ul",
        "li", "code"}  # fmt: skip


def check_markup(markup):
    """Only our own tags; one piece of mathematics; no other piece in which mathematics could begin."""
    reader = Reader(markup)
    assert reader.tags <= TAGS
    assert reader.names <= {"style", "class", "title"}
    equations = [data for in_pre, data in reader.pieces if data.startswith("$$\\begin{aligned}")]
    assert len(equations) == 1
    assert equations[0].endswith("\\end{aligned}$$")
    rest = [data for in_pre, data in reader.pieces if not in_pre and data not in equations]
    assert all(data in "$\\" or not set(data) & set("$\\") for data in rest)
    return reader


@settings(deadline=None)
@given(NAMES)
def test_any_name_is_safe_in_a_notebook(name):
    reader = check_markup(named(name)._repr_html_())
    text = "".join(data for in_pre, data in reader.pieces)
    assert visible(name) in text or "\n" in name


@pytest.mark.parametrize("kept", KEPT, ids=lambda kept: kept.name)
def test_the_kept_models_in_a_notebook(kept):
    explanation = kept.make()
    reader = check_markup(explanation._repr_html_())
    text = "".join(data for _, data in reader.pieces)
    assert "Model" in text
    for finding in explanation.to_dict()["findings"]:
        assert finding["code"] in text


def test_a_script_is_text():
    frame = pd.DataFrame(
        {"y": np.arange(6.0), "<script>alert(1)</script>": [1, 5, 2, 2, 8, 9.0], "f": ["<b>", "$x$", "c"] * 2}
    )
    markup = explained("y ~ `<script>alert(1)</script>` + f", frame)._repr_html_()
    check_markup(markup)
    assert "<script" not in markup
    assert "<b>" not in markup


def test_priors_in_a_notebook_are_rounded_and_exact_in_the_title():
    explanation = explained("Reaction ~ Days + (Days | Subject)", datasets.load("sleepstudy"))
    exact = explanation.to_dict()["priors"][0]["prior"]
    markup = explanation._repr_html_()
    assert f'title="{exact}"' in markup
    assert ">normal(298.5, 140.8)<" in markup


def test_many_columns_stay_readable():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.normal(size=(400, 301)), columns=["y", *(f"column_{i}" for i in range(300))])
    explanation = explained("y ~ .", frame)
    text = str(explanation)
    assert len(text.splitlines()) < 120
    assert max(map(len, text.splitlines())) <= 80
    assert "more terms)" in text
    assert "(278 more)" in text
    assert explanation._repr_html_().count("<tr>") < 150
    assert len(explanation.to_dict()["priors"]) == 302
