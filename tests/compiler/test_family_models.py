"""Whole models of every family: densities, starts, simulation, agreement of plans."""

from __future__ import annotations

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from numpyro.infer.util import constrain_fn, log_density

from bayesformula import api
from bayesformula.compiler.emit import unravel
from bayesformula.compiler.simulate import simulate_prior
from family_cases import CASES, FamilyCase, simulate

N, LEVELS = 60, 6


@cache
def prepared(case: FamilyCase):
    import bayesformula as bf

    frame, _ = simulate(case, N, LEVELS, seed=3)
    formula = bf.formula(case.formula, **dict(case.further)) if case.further else case.formula
    options = {"family": case.family, "priors": None, "plan": "auto", "na": "drop", "checks": None}
    return api.prepare(formula, frame, **options, quiet=True)


@cache
def compiled(case: FamilyCase, plan: str):
    ready = prepared(case)
    program, data, start = api.compile_inputs(ready.model, plan, ready.design)
    return program, data, program.start(data, start)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_start_is_finite_and_in_every_support(case):
    """Density and gradient are finite at the start, and far from it finite or -inf, never NaN."""
    program, data, (z0, scale) = compiled(case, "noncentred")
    value_and_grad = jax.jit(jax.value_and_grad(program.potential))
    value, gradient = value_and_grad(jnp.asarray(z0), data)
    assert np.isfinite(value)
    assert np.all(np.isfinite(gradient))
    rng = np.random.default_rng(1)
    for size in (1.0, 10.0, 100.0):
        value, gradient = value_and_grad(jnp.asarray(z0 + size * scale * rng.normal(size=z0.shape)), data)
        assert not np.isnan(value)
        assert not np.any(np.isnan(gradient))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_centred_and_noncentred_are_one_model(case):
    """The same coefficients: the joint densities differ by the Jacobian of v -> u alone."""
    program, data, (z0, scale) = compiled(case, "noncentred")
    z = jnp.asarray(z0 + scale * np.random.default_rng(2).normal(size=z0.shape))
    values = constrain_fn(program.model, (data,), {}, unravel(program.layout, z))
    other, other_data, _ = compiled(case, "centred")
    sd = values.get("sd_g.centred", values.get("sd_g"))
    moved = {name: value for name, value in values.items() if name != "v_g"}
    moved["r_g"] = values["v_g"] * sd
    one = log_density(program.model, (data,), {}, values)[0]
    two = log_density(other.model, (other_data,), {}, moved)[0]
    jacobian = LEVELS * jnp.sum(jnp.log(sd))
    assert_allclose(one, two + jacobian, rtol=1e-9, atol=1e-9 * N)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_responses_of_the_prior_lie_in_the_support(case):
    """Every response that the prior gives is one that the model gives a density to."""
    ready = prepared(case)
    program, data, _ = compiled(case, "noncentred")
    drawn = simulate_prior(program.structure, data, 40, seed=1)
    assert drawn["y"].shape == (40, *np.asarray(data.rows.y).shape)
    if ready.model.family.support in ("count", "trials"):
        assert np.all(drawn["y"] == np.round(drawn["y"]))
    assert np.all(drawn["y"] >= 0) or ready.model.family.support in ("real", "angle")
    if ready.model.n_thresholds:
        assert set(np.unique(drawn["y"])) <= set(range(len(ready.model.categories)))
