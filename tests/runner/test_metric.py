"""The mass matrix: full, diagonal, or full for the first coordinates only; the same posterior under each."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

import bayesformula as bf
from bayesformula.pipeline import compile_inputs, prepare
from bayesformula.runner import device, metric, nuts
from bayesformula.runner.config import RunConfig

DIM = 7


@pytest.mark.parametrize("n_dense", [0, 3, DIM])
def test_a_vector_comes_back_from_its_position(n_dense):
    z = jnp.arange(float(DIM))
    there = metric.position(z, n_dense)
    assert_array_equal(metric.vector(there), z)
    assert isinstance(there, dict) is (n_dense == 3)


@pytest.mark.parametrize(
    ("n_dense", "dense_mass", "shapes"),
    [
        (0, False, (DIM,)),
        (DIM, True, (DIM, DIM)),
        (3, [("full",)], {("full",): (3, 3), ("diagonal",): (4,)}),
    ],
)
def test_the_blocks_are_what_numpyro_takes(n_dense, dense_mass, shapes):
    assert metric.dense_mass(n_dense, DIM) == dense_mass
    found = metric.first(n_dense, DIM)
    blocks = found if isinstance(found, dict) else {(): found}
    assert {k: v.shape for k, v in blocks.items()} == (shapes if isinstance(shapes, dict) else {(): shapes})
    for matrix in blocks.values():
        assert_array_equal(matrix, np.eye(len(matrix)) if matrix.ndim == 2 else np.ones(len(matrix)))


@pytest.mark.parametrize(("n_dense", "rough"), [(0, 1.0), (25, 1.0), (26, np.sqrt(1e-3))])
def test_a_metric_wider_than_its_first_window_is_shrunk_towards_the_rough_one(n_dense, rough):
    assert metric.rough_sd(n_dense) == rough
    found = metric.first(n_dense, 40)
    for matrix in found.values() if isinstance(found, dict) else [found]:
        assert_array_equal(
            np.diagonal(matrix) if matrix.ndim == 2 else matrix, np.full(len(matrix), rough**2)
        )


@lru_cache(maxsize=1)
def grants():
    """A binomial response under the noncentred plan: sd of the groups, 4 coefficients, 15 effects."""
    ready = prepare(
        "incidence | trials(size) ~ period + (1 | herd)", bf.datasets.load("cbpp"),
        family="binomial", priors=None, plan="noncentred", na="drop", checks=None, quiet=True,
    )  # fmt: skip
    program, data, start = compile_inputs(ready.model, ready.plan.name, ready.design)
    return program, data, program.start(data, start)


@lru_cache(maxsize=3)
def run(n_dense):
    program, data, start = grants()
    made = replace(program, n_dense=n_dense)
    return nuts.run(made, data, start, RunConfig(draws=250, warmup=300), device.choose("cpu"))


def test_small_programs_have_a_full_metric():
    program, _, _ = grants()
    assert program.n_dense == program.dim == 20


@pytest.mark.parametrize("n_dense", [0, 5])
def test_every_metric_gives_the_same_posterior(n_dense):
    full, other = run(20), run(n_dense)
    assert not np.any(other.stats["diverging"])
    for name, values in full.recovered.items():
        one, two = (v.reshape(1000, -1) for v in (values, other.recovered[name]))
        error = np.sqrt((one.var(axis=0) + two.var(axis=0)) / 200)  # a fifth of the draws count
        assert np.all(np.abs(one.mean(axis=0) - two.mean(axis=0)) < 4 * error), name
        assert np.all(np.abs(np.log(one.std(axis=0) / two.std(axis=0))) < 0.4), name


def test_a_metric_of_both_kinds_is_no_worse_where_it_matters():
    """The full block is that of sd and the coefficients, which are correlated."""
    assert run(5).stats["n_steps"].mean() <= 1.2 * run(0).stats["n_steps"].mean()


def test_many_predictors_do_not_make_the_trees_of_warmup_explode():
    """With 41 coordinates and a first window of 25 draws they took 267 steps a transition; now 45."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 40)) + rng.normal(size=(300, 1))
    frame = pd.DataFrame(x, columns=[f"x{k}" for k in range(40)])
    frame["y"] = (rng.random(300) < 0.5).astype(int)
    ready = prepare(
        "y ~ " + " + ".join(frame.columns[:-1]), frame,
        family="bernoulli", priors=None, plan="noncentred", na="drop", checks=None, quiet=True,
    )  # fmt: skip
    program, data, start = compile_inputs(ready.model, ready.plan.name, ready.design)
    config = RunConfig(draws=50, warmup=200, chains=2)
    found = nuts.run(program, data, program.start(data, start), config, device.choose("cpu"))
    assert found.warmup_steps.mean() / config.warmup < 100
