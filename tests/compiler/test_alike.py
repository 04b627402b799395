"""Levels that are alike, merged: nothing changes but how many there are."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from bayesformula import api
from bayesformula.compiler import elimination, marginal
from bayesformula.compiler.elimination import GroupRows, alike, cross_products
from bayesformula.compiler.order import Order

RNG = np.random.default_rng(5)
VISITS = np.repeat(np.arange(40), RNG.integers(1, 4, 40))
"""The level of each row of 40 that have one to three."""


def balanced(n_levels, times, q):
    """Rows of levels that were all seen at the same times, and q powers of these."""
    index = np.repeat(np.arange(n_levels), times)
    z = np.vander(np.tile(np.linspace(-1, 1, times), n_levels), q, increasing=True)
    return index, z


def cross(index, z, outer=(), dense=(), weights=None, p=2):
    """Cross-products of one innermost factor; `outer` ones that it lies in, `dense` ones that cross it."""
    rng = np.random.default_rng(len(index))
    groups = [GroupRows(((index, z),), int(index.max()) + 1)]
    for others in (*outer, *dense):
        groups.append(GroupRows(((others, rng.normal(size=(len(index), 2))),), int(others.max()) + 1))
    chain = tuple(range(1 + len(outer)))
    plan = Order(chain, tuple(range(len(chain), len(groups))))
    x, y = rng.normal(size=(len(index), p)), rng.normal(size=len(index))
    weights = np.ones(len(index)) if weights is None else weights
    return plan, groups, cross_products(plan, x, y, groups, weights)


SMALL = balanced(60, 4, 2)
OUTER = np.repeat([0, 1, 2], 80)
TABLES: dict[str, tuple[tuple[Any, ...], int]] = {
    "one to three rows a level": (cross(VISITS, np.ones((len(VISITS), 1))), 16),
    "seen at the same times": (cross(*SMALL), 8),
    "three coefficients": (cross(*balanced(100, 5, 3)), 16),
    "six coefficients, as LAPACK has them": (cross(*balanced(200, 8, 6)), 32),
    "no population coefficients": (cross(*SMALL, p=0), 2),
    "nested": (cross(*SMALL, outer=(OUTER,)), 32),
    "nested in two": (cross(*SMALL, outer=(OUTER, OUTER // 2)), 64),
    "crossed with a small factor": (cross(*SMALL, dense=(np.arange(240) % 3,)), 32),
    "weights that come again": (cross(*SMALL, weights=np.repeat([1.0, 2.5], 120)), 16),
    "levels without rows": (cross(SMALL[0] * 2, SMALL[1]), 16),
}
"""What is in the rows, and how many levels are left, filled up to a power of two."""


@pytest.fixture
def eager(monkeypatch):
    """Merge whatever can be."""
    monkeypatch.setattr(alike, "LEAST", 0)
    monkeypatch.setattr(alike, "GAIN", 0.0)


@pytest.mark.parametrize(("table", "left"), TABLES.values(), ids=TABLES)
def test_density_and_gradient_are_those_of_all_levels(table, left, eager):
    plan, groups, s = table
    fewer = elimination.merged(s)
    assert fewer is not None
    assert fewer.diag[0].shape[-1] == left
    assert np.sum(fewer.stands_for) == s.diag[0].shape[-1]
    p = s.corner.shape[0] - 1 - sum(groups[k].n_levels * groups[k].q for k in plan.dense)
    prior = elimination.Prior(jnp.eye(p), jnp.arange(float(p)))
    n_levels = [group.n_levels for group in groups]

    def density(maps, tail, s):
        factor = elimination.eliminate(plan, s, maps, tail, prior, n_levels)
        return factor.log_det + factor.quad

    maps = [jnp.asarray(np.tril(RNG.normal(size=(group.q, group.q)))) for group in groups]
    tail = jnp.eye(p + 1) / 1.3
    expected, slopes = jax.value_and_grad(density, argnums=(0, 1))(maps, tail, s)
    got, of_fewer = jax.value_and_grad(density, argnums=(0, 1))(maps, tail, fewer)
    assert_allclose(got, expected, rtol=1e-11)
    for each, other in zip(jax.tree.leaves(of_fewer), jax.tree.leaves(slopes), strict=True):
        assert_allclose(each, other, rtol=1e-9, atol=1e-9 * float(jnp.abs(other).max()))


def table_of(n_levels, times):
    rng = np.random.default_rng(3)
    index, z = balanced(n_levels, times, 2)
    y = rng.normal(size=n_levels)[index] + z[:, 1] + rng.normal(size=len(index))
    return pd.DataFrame({"y": y, "t": z[:, 1], "x": rng.normal(size=len(index)), "g": index, "n": index % 2})


@pytest.mark.parametrize(
    ("formula", "left"),
    [
        ("y ~ t + (1 | g)", 4),
        ("y ~ t + x + (1 + t | g)", 8),
        ("y ~ t + (1 | gr(g, by = n))", None),
        ('y ~ t + (1 | gr(g, dist = "student"))', None),
        ("y ~ x + (1 + x | g)", None),
        ("y | se(x2) ~ t + (1 | g)", None),
        ("y ~ t", None),
    ],
)
def test_only_levels_of_one_prior_and_one_matrix_are_merged(formula, left):
    frame = table_of(600, 4)
    frame["x2"] = np.exp(frame["x"])
    frame["n"] = frame["n"].astype(str)
    fewer = compiled(formula, frame)[1].marginal.merged
    assert (None if fewer is None else fewer.diag[0].shape[-1]) == left


def test_few_levels_are_left_as_they_are():
    assert compiled("y ~ t + (1 | g)", table_of(alike.LEAST - 1, 3))[1].marginal.merged is None


def test_the_model_has_the_same_density_and_draws_all_effects():
    program, data, _ = compiled("y ~ t + (1 + t | g)", table_of(600, 4))
    whole = data._replace(marginal=data.marginal._replace(merged=None))
    theta = marginal.Theta(
        (jnp.asarray([[0.9, 0.0], [0.2, 0.4]]),), (None,), (None,), jnp.zeros(2), jnp.zeros(0),
        {"sigma": jnp.asarray(1.1)},
    )  # fmt: skip
    densities = [float(marginal.log_density(program.structure, d, theta)) for d in (data, whole)]
    assert_allclose(*densities, rtol=1e-12)
    draws = [
        marginal.draw_coefficients(program.structure, d, theta, jax.random.key(1)) for d in (data, whole)
    ]
    assert draws[0][1][0].shape == (600, 2)
    assert_allclose(draws[0][1][0], draws[1][1][0], rtol=1e-12)


def compiled(formula, frame):
    options = {"family": None, "priors": [], "plan": "marginal", "na": "drop", "checks": None, "data2": None}
    ready = api.prepare(formula, frame, **options, quiet=True)
    return api.compile_inputs(ready.model, "marginal", ready.design)
