"""Rough posterior sds of sds and correlations: what each level's rows say of them, and near the truth."""

from __future__ import annotations

from functools import lru_cache

import jax
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from bayesformula.compiler import spreads
from bayesformula.pipeline import compile_inputs, prepare
from bayesformula.runner import importance

FORMULAS = (
    "y ~ x + (1 + x | g)",
    "y ~ x + (1 | g) + (1 + x | h)",
    "y ~ x + (1 + x | g) + (1 + x || h) + (1 | k)",
    "y ~ x + (1 | k / g) + (x | h)",
    "y ~ 1 + (1 | gr(g, by=half))",
)


@lru_cache(maxsize=16)
def compiled(formula, plan="marginal"):
    """120 levels of g within 12 of k, crossed with 40 of h."""
    rng = np.random.default_rng(1)
    n = 1500
    g, h = rng.integers(0, 120, n), rng.integers(0, 40, n)
    x = rng.normal(3.0, 2.0, n)
    u = rng.multivariate_normal([0, 0], [[1.0, 0.2], [0.2, 0.3]], 120)
    y = 5.0 + x + u[g, 0] + u[g, 1] * x + 0.7 * rng.normal(size=40)[h] + rng.normal(size=12)[g // 10]
    y = y + 1.3 * rng.normal(size=n)
    frame = pd.DataFrame({"y": y, "x": x, "g": g, "h": h, "k": g // 10, "half": np.where(g % 2, "a", "b")})
    frame = frame.astype({name: "category" for name in "ghk"})
    ready = prepare(formula, frame, family=None, priors=None, plan=plan, na="drop", checks=None, quiet=True)
    return compile_inputs(ready.model, plan, ready.design)


def sizes(program, data, rough):
    """Rough sds by site."""
    ends = np.cumsum([site.size for site in program.layout])
    parts = np.split(program.start(data, rough).scale, ends[:-1])
    return {site.name: part for site, part in zip(program.layout, parts, strict=True)}


@pytest.mark.parametrize("plan", ["marginal", "whitened"])
@pytest.mark.parametrize("formula", FORMULAS)
def test_they_are_what_each_level_s_rows_say(formula, plan):
    program, data, rough = compiled(formula, plan)
    structure, found = program.structure, sizes(program, data, rough)
    for k, label in enumerate(structure.labels):
        group, q, n_by = data.rows.groups[k], len(structure.coefs[k]), structure.n_by[k]
        z = np.asarray(group.z) @ data.reported.groups[k]
        variance = np.mean(np.reshape(rough.sd[k], (n_by, q)) ** 2, axis=0)
        squares = np.zeros((structure.n_levels[k], q))
        for level in range(structure.n_levels[k]):
            precision = np.sum(z[group.index == level] ** 2, axis=0) / rough.scalars["sigma"] ** 2
            squares[level] = (1.0 - 1.0 / (1.0 + variance * precision)) ** 2
        information = 2.0 * squares.sum(axis=0) / n_by
        sds = np.concatenate([found[name] for name in found if name.split(".")[0] == f"sd_{label}"])
        assert_allclose(sds, np.tile(np.minimum(0.3, 1.5 / np.sqrt(information)), n_by), rtol=1e-9)
    assert_allclose(found["sigma"], 1.5 / np.sqrt(1500 * (2 if plan == "marginal" else 1)))


@pytest.mark.parametrize("plan", ["marginal", "whitened"])
@pytest.mark.parametrize("formula", FORMULAS)
def test_they_are_near_the_curvature_at_the_mode(formula, plan):
    """Between two fifths of it and three times."""
    program, data, rough = compiled(formula, plan)
    z0, scale, _ = program.start(data, rough)
    slope = jax.jit(jax.value_and_grad(program.potential))

    def target(z):
        value, gradient = slope(z, data)
        return float(value), np.asarray(gradient)

    root = importance.about_the_mode(target, z0, scale, 1).root
    ratio = scale / np.sqrt(np.sum(root**2, axis=1))
    assert np.all(ratio > 0.4), ratio
    assert np.all(ratio < 3.0), ratio


def test_nothing_is_known_of_other_plans():
    program, data, rough = compiled(FORMULAS[0])
    found = sizes(program, data._replace(marginal=None), rough)
    assert {name: set(part) for name, part in found.items()} == {
        "sd_g.centred": {0.3},
        "L_g.centred": {0.5},
        "sigma": {0.3},
    }


# ---- where tails are bent ----


def middles(program, begin):
    """Where bent coordinates begin to bend, by site."""
    ends = np.cumsum([site.size for site in program.layout])
    is_bent = np.array([*program.sides, *(0,) * (program.dim - len(program.sides))]) != 0
    whole = np.append(begin.middle, np.zeros(program.dim - len(begin.middle)))
    parts = zip(program.layout, np.split(is_bent, ends[:-1]), np.split(whole, ends[:-1]), strict=True)
    return {site.name: about for site, bent, about in parts if bent.all()}


@pytest.mark.parametrize("plan", ["marginal", "whitened"])
@pytest.mark.parametrize("formula", FORMULAS)
def test_sds_are_bent_below_four_times_the_least_that_can_be_told_from_none(formula, plan):
    program, data, rough = compiled(formula, plan)
    structure, found = program.structure, middles(program, program.start(data, rough))
    assert {name.split(".")[0] for name in found} == {f"sd_{label}" for label in structure.labels}
    for k, label in enumerate(structure.labels):
        group, n_by = data.rows.groups[k], structure.n_by[k]
        z = np.asarray(group.z) @ data.reported.groups[k]
        told = np.zeros((structure.n_levels[k], len(structure.coefs[k])))
        np.add.at(told, group.index, z**2 / rough.scalars["sigma"] ** 2)
        expected = 4.0 * (np.sum(told**2, axis=0) / 2.0 / n_by) ** -0.25
        name = next(name for name in found if name.split(".")[0] == f"sd_{label}")
        assert_allclose(np.exp(found[name]), np.tile(expected, n_by), rtol=1e-9)


def options(**more):
    return {"family": None, "priors": None, "na": "drop", "checks": None, "quiet": True, **more}


@pytest.mark.parametrize("plan", ["noncentred", "centred"])
def test_where_rows_are_not_looked_at_twice_the_rough_sd_is_the_middle_or_there_is_none(plan):
    program, data, rough = compiled("y ~ x + (1 + x | g)", plan)
    begin = program.start(data, rough)
    if plan == "centred":  # as a bent neck of that funnel is no better than a straight one
        assert program.sides == ()
        assert begin.middle.shape == (0,)
    else:
        assert_allclose(np.exp(middles(program, begin)["sd_g.centred"]), 2.0 * rough.sd[0])


def test_a_prior_only_run_has_finite_middles():
    frame = pd.DataFrame({"y": np.arange(12.0), "g": list("abcd") * 3})
    for plan in ("marginal", "whitened", "noncentred"):
        ready = prepare("y ~ 1 + (1 | g)", frame, plan=plan, **options())
        program, data, rough = compile_inputs(ready.model, plan, ready.design, prior_only=True)
        begin = program.start(data, rough)
        assert np.all(np.isfinite(begin.middle))
        assert program.sides == (-1,)


@pytest.mark.parametrize("precision", [0.0, 1e-200, 1.0, 1e200])
def test_middles_are_finite_and_positive_whatever_the_rows_tell(precision):
    found = spreads._middle(1, np.full((5, 2), precision), np.array([0.3, 3.0]))
    assert np.all(found > 0)
    assert np.all(np.isfinite(found))


@pytest.mark.parametrize(
    ("prior", "bends"),
    [
        ("sd ~ exponential(1)", True),
        ("sd ~ half_normal(1)", True),
        ("sd ~ lognormal(0, 1)", False),
        ("sd ~ inv_gamma(2, 1)", False),
        ("sd ~ gamma(2, 1)", True),
        ("sd ~ normal(1, 1) truncated to [0.1, inf)", True),
        ("sd ~ uniform(0, 3)", False),
        ("sd ~ normal(0, 1) truncated to [0, 2]", False),
        ("sd ~ constant(0.7)", False),
    ],
)
def test_sds_are_bent_whose_logarithms_have_an_exponential_tail(prior, bends):
    frame = pd.DataFrame({"y": np.arange(12.0), "g": list("abcd") * 3})
    ready = prepare("y ~ 1 + (1 | g)", frame, plan="marginal", **options(priors=prior))
    program, data, rough = compile_inputs(ready.model, "marginal", ready.design)
    begin = program.start(data, rough)
    assert bool(middles(program, begin)) is bends
    assert begin.middle.shape == (len(program.sides),)


def test_a_shape_is_bent_above_twice_its_rough_value_and_a_residual_sd_is_not():
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"y": rng.poisson(3.0, 60), "g": np.arange(60) % 6})
    for family, expected in (("negbinomial", {"sd_g", "shape"}), ("gaussian", {"sd_g"})):
        ready = prepare("y ~ 1 + (1 | g)", frame, plan="noncentred", **options(family=family))
        program, data, rough = compile_inputs(ready.model, "noncentred", ready.design)
        found = middles(program, program.start(data, rough))
        assert set(found) == expected
        if "shape" in found:
            assert_allclose(np.exp(found["shape"]), 2.0 * rough.scalars["shape"])
            assert program.sides == (-1, 1)
    light = options(family="negbinomial", priors="shape ~ exponential(1)")
    ready = prepare("y ~ 1 + (1 | g)", frame, plan="noncentred", **light)
    program, _, _ = compile_inputs(ready.model, "noncentred", ready.design)
    assert program.sides == (-1,)  # that prior has no long tail above
