"""The order of the rows and the names of the levels are nobody's business: groups with known structure."""

from __future__ import annotations

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from bayesformula import api

N, J = 24, 6
LEVELS = [f"s{i}" for i in range(J)]
FORMULAS = (
    "y ~ x + (1 + x | gr(g, by = arm))",
    "y ~ x + (1 + x | gr(g, cov = A))",
    "y ~ x + (1 + x | gr(g, dist = 'student'))",
    "y ~ x + (1 + mmc(x, x2) | mm(g, g2, weights = cbind(w1, w2)))",
    "y ~ x + (1 | gr(g, cov = A)) + (0 + x | mm(g, g2)) + (1 | gr(g2, by = arm2, dist = 'student'))",
)


def rows() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    g = np.arange(N) % J
    g2 = rng.permutation(g)
    return pd.DataFrame(
        {
            "y": rng.normal(size=N),
            "x": rng.normal(2.0, 1.0, size=N),
            "x2": rng.normal(size=N),
            "g": [LEVELS[i] for i in g],
            "g2": [LEVELS[i] for i in g2],
            "arm": np.array(["u", "v"])[g % 2],
            "arm2": np.array(["u", "v"])[g2 // 3],
            "w1": rng.uniform(size=N),
            "w2": rng.uniform(size=N),
        }
    )


def known() -> pd.DataFrame:
    root = np.random.default_rng(12).normal(size=(J, J))
    return pd.DataFrame(root @ root.T + np.eye(J), LEVELS, LEVELS)


def prepared(formula: str, frame: pd.DataFrame, matrix: pd.DataFrame):
    options = {"family": None, "priors": None, "plan": "marginal", "na": "drop", "checks": None}
    return api.prepare(formula, frame, **options, data2={"A": matrix}, quiet=True)


@cache
def compiled(program):
    return jax.jit(program.potential)


def potential(ready, z: dict[str, np.ndarray]) -> float:
    """Minus the log density of theta, coefficients integrated out, at unconstrained values by site."""
    program, data, _ = api.compile_inputs(ready.model, "marginal", ready.design)
    return float(compiled(program)(jnp.concatenate([z[site.name] for site in program.layout]), data))


def point(ready, seed: int) -> dict[str, np.ndarray]:
    program, _, _ = api.compile_inputs(ready.model, "marginal", ready.design)
    rng = np.random.default_rng(seed)
    return {site.name: 0.5 * rng.normal(size=site.size) for site in program.layout}


@pytest.mark.parametrize("formula", FORMULAS)
@settings(max_examples=10, deadline=None)
@given(order=st.permutations(range(N)), seed=st.integers(0, 2**16))
def test_the_order_of_the_rows(formula, order, seed):
    frame = rows()
    one, other = prepared(formula, frame, known()), prepared(formula, frame.iloc[list(order)], known())
    for label, group in one.design.groups.items():
        moved = other.design.groups[label]
        assert_array_equal(moved.index, group.index[list(order)])
        assert_array_equal(moved.z, group.z[list(order)])
        assert (moved.levels, moved.coefs, moved.by) == (group.levels, group.coefs, group.by)
        assert_array_equal(moved.by_index, group.by_index)
        assert_array_equal(moved.cov, group.cov)
    z = point(one, seed)
    assert_allclose(potential(other, z), potential(one, z), rtol=1e-9)


@pytest.mark.parametrize("formula", FORMULAS)
@settings(max_examples=10, deadline=None)
@given(names=st.permutations(LEVELS), seed=st.integers(0, 2**16))
def test_the_names_of_the_levels(formula, names, seed):
    """Level i takes the i-th of `names`; levels are sorted by name, so that their places change."""
    frame, renamed = rows(), dict(zip(LEVELS, names, strict=True))
    changed = frame.assign(g=frame.g.map(renamed), g2=frame.g2.map(renamed))
    one = prepared(formula, frame, known())
    other = prepared(formula, changed, known().rename(index=renamed, columns=renamed))
    place = np.array([LEVELS.index(name) for name in names])  # of each old level among the new ones
    for label, group in one.design.groups.items():
        moved = other.design.groups[label]
        assert_array_equal(moved.index, place[group.index])
        assert_array_equal(moved.z, group.z)
        if group.by_index is not None:
            assert_array_equal(moved.by_index[place], group.by_index)
        if group.cov is not None:
            assert_array_equal(moved.cov[np.ix_(place, place)], group.cov)
    z = point(one, seed)
    there = {name: value.copy() for name, value in z.items()}
    for name in [name for name in z if name.startswith("tail_")]:
        there[name][place] = z[name]
    assert_allclose(potential(other, there), potential(one, z), rtol=1e-9)
