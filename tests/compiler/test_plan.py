"""The plan is a pure rule of the model's structure, with a reason; what cannot be exact or fit is refused."""

from __future__ import annotations

from dataclasses import replace

import numpyro.handlers as handlers
import pandas as pd
import pytest

from bayesformula import api
from bayesformula.compiler.plan import choose
from bayesformula.errors import OptionError
from cases import panel


def model(formula: str, frame: pd.DataFrame | None = None, **options):
    defaults = {"family": None, "priors": None, "plan": "auto", "na": "drop", "checks": None}
    return api.prepare(formula, panel() if frame is None else frame, **defaults | options, quiet=True)


def with_levels(spec, rows: int = 10**6, **levels: int):
    """The same model with other numbers of levels: what the rule says of tables too large to make."""
    groups = tuple(replace(g, n_levels=levels.get(g.label, g.n_levels)) for g in spec.groups)
    return replace(spec, groups=groups, n_rows=rows)


CROSSED = model("y ~ x + (1 + x | g) + (1 | h)").model


@pytest.mark.parametrize(
    ("levels", "plan"),
    [
        ({}, "marginal"),
        ({"g": 1_000_000}, "marginal"),  # linear in the levels of what is eliminated
        ({"g": 5000, "h": 660}, "marginal"),
        ({"g": 5000, "h": 680}, "whitened"),  # cubic in the border
        ({"g": 5000, "h": 1990, "rows": 10**8}, "marginal"),
        ({"g": 5000, "h": 2010, "rows": 10**8}, "whitened"),  # whatever the rows
        ({"g": 40_000, "h": 500, "rows": 10**7}, "whitened"),  # its blocks would not fit
        ({"g": 5000, "h": 170, "rows": 20_000}, "marginal"),
        ({"g": 5000, "h": 190, "rows": 20_000}, "whitened"),  # a pass over few rows costs little
        ({"g": 3000, "h": 1142, "rows": 73_000}, "whitened"),
        ({"g": 300, "h": 140, "rows": 310}, "marginal"),
    ],
)
def test_auto_counts_what_is_crossed(levels, plan):
    chosen = choose(with_levels(CROSSED, **levels))
    assert chosen.name == plan
    assert chosen.reason
    if plan == "whitened":
        assert "effects of h are coupled" in chosen.reason
        assert "those of g apart from those of h" in chosen.reason
        assert chosen.reason.endswith("; plan='importance' may be quicker")


@pytest.mark.parametrize(
    "changed",
    [
        {"by": ("f1", "f2", "f3", "f4")},  # (1 + x | g) has twelve sds and correlations then
        {"dist": "student"},  # and each level a scale
    ],
)
def test_importance_is_named_only_where_few_parameters_are_left(changed):
    groups = [replace(g, n_levels=5000) for g in CROSSED.groups]
    groups[0] = replace(groups[0], **changed)
    chosen = choose(replace(CROSSED, groups=tuple(groups), n_rows=20_000))
    assert chosen.name == "whitened"
    assert "importance" not in chosen.reason


COUNTS = model("w ~ x + (1 + x | g) + (1 | h)", family="poisson").model


@pytest.mark.parametrize(
    ("levels", "plan"),
    [
        ({}, "whitened"),
        ({"g": 1_000_000}, "whitened"),  # linear in the levels of what is eliminated
        ({"g": 316, "h": 24, "rows": 7584}, "whitened"),
        ({"g": 300, "h": 140, "rows": 310}, "whitened"),  # each by itself
        ({"g": 5000, "h": 1000, "rows": 100_000}, "whitened"),
    ],
)
def test_other_families_are_whitened(levels, plan):
    chosen = choose(with_levels(COUNTS, **levels))
    assert chosen.name == plan
    assert "a response of family poisson has no closed form" in chosen.reason


@pytest.mark.parametrize(("schools", "plan"), [(100, "whitened"), (500, "noncentred")])
def test_memberships_of_many_levels_are_too_dear_to_whiten(schools, plan):
    spec = model("w ~ x + (1 | mm(s1, s2)) + (1 | g)", members(), family="poisson").model
    label = next(g.label for g in spec.groups if g.members)
    chosen = choose(with_levels(spec, rows=2000, **{label: schools, "g": 150}))
    assert chosen.name == plan
    if plan == "noncentred":
        assert f"following the rows in {label} would cost more than it saves" in chosen.reason


def members():
    return panel().assign(s1=panel()["g"], s2=panel()["h"])


APART = "those of {} apart from those of {}"


@pytest.mark.parametrize(
    ("levels", "apart"),
    [
        ({"g": 316, "h": 24, "rows": 10_000}, False),  # 0.43 million multiplications, 43 a row
        ({"g": 316, "h": 24, "rows": 2000}, True),
        ({"g": 100, "h": 30, "rows": 500}, False),  # few enough whatever the rows
        ({"g": 400, "h": 100, "rows": 20_000}, True),
        ({"g": 400, "h": 100, "rows": 200_000}, False),
    ],
)
def test_crossed_factors_are_whitened_apart_where_together_is_dear(levels, apart):
    chosen = choose(with_levels(COUNTS, **levels))
    assert chosen.name == "whitened"
    assert (APART.format("g", "h") in chosen.reason) is apart


@pytest.mark.parametrize(
    ("formula", "options", "plan"),
    [
        ("y ~ x; sigma ~ x + (1 | g)", {}, "whitened"),
        ("y ~ x + (1 | g)", {"family": "student"}, "whitened"),
        ("w ~ x", {"family": "poisson"}, "noncentred"),  # no groups: nothing moves with their sds
        ("y ~ x + (1 | g)", {"family": "asym_laplace"}, "noncentred"),
        ("y ~ x + z + (1 | g)", {"priors": "b ~ horseshoe()"}, "whitened"),
    ],
)
def test_plans_of_what_cannot_be_integrated_out(formula, options, plan):
    assert choose(model(formula, **options).model).name == plan


def test_nested_groups_are_linear_at_every_depth():
    nested = model("y ~ x + (1 + x | a/b/c)").model
    many = {"a": 1000, "a:b": 100_000, "a:b:c": 1_000_000}
    assert choose(with_levels(nested, **many)).name == "marginal"


@pytest.mark.parametrize(
    "spelling", ["noncentred", "noncentered", "centred", "centered", "marginal", "marginalized"]
)
def test_both_spellings(spelling):
    assert choose(CROSSED, spelling).reason == "asked for"


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (
            "fast",
            "plan='fast' is not a plan: "
            "write 'auto', 'marginal', 'importance', 'whitened', 'noncentred' or 'centred'",
        ),
    ],
)
def test_what_is_no_plan_here(plan, message):
    with pytest.raises(OptionError) as caught:
        choose(CROSSED, plan)
    assert message in str(caught.value)


def test_marginal_is_refused_where_it_could_not_fit_in_memory():
    with pytest.raises(
        OptionError, match=r"blocks of 1[0-9]+ GiB, as the effects of h are coupled .*: write plan='auto'"
    ):
        choose(with_levels(CROSSED, g=100_000, h=10_000), "marginal")


@pytest.mark.parametrize("plan", ["marginal", "noncentred", "centred"])
@pytest.mark.parametrize("name", ["y", "sigma", "b", "rows", "row", "sd_g"])
def test_a_group_may_have_the_name_of_a_site(name, plan):
    frame = panel()[["y", "x"]].rename(columns={"y": "response"}).assign(**{name: panel()["g"]})
    ready = model(f"response ~ x + (1 | {name})", frame)
    program, data, _ = api.compile_inputs(ready.model, plan, ready.design)
    trace = handlers.trace(handlers.seed(program.model, 0)).get_trace(data)
    assert trace["y"]["is_observed"]
