"""Rough posterior sds of sds and correlations: what each level's rows say of them, and near the truth."""

from __future__ import annotations

from functools import lru_cache

import jax
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

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
    parts = np.split(program.start(data, rough)[1], ends[:-1])
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
    z0, scale = program.start(data, rough)
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
