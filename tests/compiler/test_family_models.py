"""Whole models of every family: densities, starts, simulation, agreement of plans, what NUTS is given."""

from __future__ import annotations

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from numpyro.distributions import biject_to
from numpyro.handlers import seed, substitute, trace
from numpyro.infer.util import constrain_fn, log_density

import bayesformula as bf
from bayesformula import api
from bayesformula.compiler.emit import unravel
from bayesformula.compiler.simulate import simulate_prior
from bayesformula.data.support import check_support
from family_cases import FamilyCase, simulate
from further_cases import ALL_CASES

N, LEVELS = 60, 6
BY_ID = {case.id: case for case in ALL_CASES}


@pytest.fixture
def quick_compilation():
    """Programs that run once: compiling them well would take longer than running them."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


@cache
def prepared(case: FamilyCase):
    frame, _ = simulate(case, N, LEVELS, seed=3)
    formula = bf.formula(case.formula, **dict(case.further)) if case.further else case.formula
    options = {"family": case.family, "priors": None, "plan": "auto", "na": "drop", "checks": None}
    return api.prepare(formula, frame, **options, quiet=True)


@cache
def compiled(case: FamilyCase, plan: str):
    ready = prepared(case)
    program, data, start = api.compile_inputs(ready.model, plan, ready.design)
    return program, data, program.start(data, start)


@cache
def potential(case: FamilyCase):
    """(z, data) -> what NUTS is given, and its gradient."""
    return jax.jit(jax.value_and_grad(compiled(case, "noncentred")[0].potential))


@pytest.mark.usefixtures("quick_compilation")
@pytest.mark.parametrize("case", ALL_CASES, ids=lambda case: case.id)
def test_the_start_is_finite_and_in_every_support(case):
    """Density and gradient are finite at the start, and far from it finite or -inf, never NaN."""
    _, data, (z0, scale, _) = compiled(case, "noncentred")
    value, gradient = potential(case)(jnp.asarray(z0), data)
    assert np.isfinite(value)
    assert np.all(np.isfinite(gradient))
    rng = np.random.default_rng(1)
    for size in (1.0, 10.0, 100.0):
        value, gradient = potential(case)(jnp.asarray(z0 + size * scale * rng.normal(size=z0.shape)), data)
        assert not np.isnan(value)
        assert not np.any(np.isnan(gradient))


# ---- one model under two plans, and under NumPyro ----

STRUCTURES = [
    BY_ID[name]
    for name in (
        "gamma: y ~ x + (1 | g)",
        "cumulative: y ~ x + (1 | g); disc ~ 0 + lab",
        "acat: y ~ cs(x) + (1 | g)",
        "categorical: y ~ x + (1 | g)",
        "gaussian: y ~ x + (1 | i | g); sigma ~ x + (1 | i | g)",
        "zero_inflated(poisson): y ~ x + (1 | g); zi ~ x",
        "weibull: y | cens(censored) ~ x + (1 | g)",
    )
]
"""Every way in which predictors, thresholds and groups come together; what a family adds is its density."""


def point(case: FamilyCase, seed: int):
    """Free and constrained values of the sites of `noncentred` near the start."""
    program, data, (z0, scale, _) = compiled(case, "noncentred")
    z = jnp.asarray(z0 + scale * np.random.default_rng(seed).normal(size=z0.shape))
    return z, constrain_fn(program.model, (data,), {}, unravel(program.layout, z))


@pytest.mark.usefixtures("quick_compilation")
@pytest.mark.parametrize("case", STRUCTURES, ids=lambda case: case.id)
def test_centred_and_noncentred_are_one_model(case):
    """The same coefficients: the joint densities differ by the Jacobian of v -> u alone."""
    program, data, _ = compiled(case, "noncentred")
    other, other_data, _ = compiled(case, "centred")
    _, values = point(case, 2)
    v, sd = values["v_g"], values.get("sd_g.centred", values.get("sd_g"))
    correlations = values.get("L_g.centred", values.get("L_g", jnp.eye(len(sd))))
    root = sd[:, None] * correlations
    moved = {name: value for name, value in values.items() if name != "v_g"}
    name = next(site.name for site in other.layout if site.name.startswith("r_g"))
    moved[name] = v @ root.T
    one = log_density(program.model, (data,), {}, values)[0]
    two = log_density(other.model, (other_data,), {}, moved)[0]
    jacobian = LEVELS * jnp.sum(jnp.log(jnp.diag(root)))
    assert_allclose(one, two + jacobian, rtol=1e-9, atol=1e-9 * N)


@pytest.mark.usefixtures("quick_compilation")
@pytest.mark.parametrize("case", STRUCTURES, ids=lambda case: case.id)
def test_the_sampler_runs_the_emitted_model(case):
    """The potential is minus NumPyro's own log density plus the log Jacobians of its transforms."""
    program, data, _ = compiled(case, "noncentred")
    z, values = point(case, 5)
    free = unravel(program.layout, z)
    sites = trace(substitute(seed(program.model, 0), data=values)).get_trace(data)
    jacobian = 0.0
    for name, u in free.items():
        transform = biject_to(sites[name]["fn"].support)
        jacobian += float(jnp.sum(transform.log_abs_det_jacobian(u, transform(u))))
    density = float(log_density(program.model, (data,), {}, values)[0])
    assert_allclose(potential(case)(z, data)[0], -(density + jacobian), rtol=1e-9, atol=1e-8)
    assert set(free) == {n for n, s in sites.items() if s["type"] == "sample" and not s["is_observed"]}


# ---- simulation ----

SIMULATED = [
    BY_ID[name]
    for name in (
        "von_mises: y ~ x + (1 | g)",
        "shifted_lognormal: y ~ x + (1 | g)",
        "tweedie: y ~ x + (1 | g)",
        "ordered_beta: y ~ x + (1 | g)",
        "beta_binomial: y | trials(n) ~ x + (1 | g)",
        "bernoulli(cloglog): y ~ x + (1 | g)",
        "generalized_poisson: y ~ x + (1 | g)",
        "hurdle(gamma): y ~ x + (1 | g)",
        "multinomial: cbind(A, B, C) ~ x + (1 | g)",
        "categorical: y ~ x + (1 | g)",
        "cumulative: y ~ x + (1 | g); disc ~ 0 + lab",
        "acat: y ~ cs(x) + (1 | g)",
        "weibull: y | cens(censored) ~ x + (1 | g)",
        "poisson: y | trunc(lb = 1, ub = 9) ~ x + (1 | g)",
        "negbinomial: y | rate(time) ~ x + (1 | g)",
    )
]
"""A case of each support, wrapper and response term; draws of single families are tested with them."""


@pytest.mark.usefixtures("quick_compilation")
@pytest.mark.parametrize("case", SIMULATED, ids=lambda case: case.id)
def test_responses_of_the_prior_lie_in_the_support(case):
    """What the prior gives is what the model takes from a user, response terms included."""
    ready = prepared(case)
    program, data, _ = compiled(case, "noncentred")
    y = simulate_prior(program.structure, data, 40, seed=1)["y"]
    terms, family = data.rows.terms, ready.model.family
    assert y.shape == (40, *np.asarray(data.rows.y).shape)
    flat = y.reshape(-1) if y.ndim == 2 else y
    trials = None if terms.trials is None else np.tile(np.asarray(terms.trials), 40)
    assert np.all(np.isfinite(y))
    if y.ndim == 3:
        assert np.all((y >= 0) & (y == np.round(y)))
        assert np.all(y.sum(axis=2) == np.asarray(terms.trials))
    else:
        assert check_support(family.name, flat, trials, "y") == ""
    if ready.model.categories and y.ndim == 2:
        assert set(np.unique(y)) <= set(range(len(ready.model.categories)))
    if terms.lower is not None:
        assert np.all((y >= np.asarray(terms.lower)) & (y <= np.asarray(terms.upper)))


def test_prior_predictive_draws_and_prior_only_fits_have_one_law():
    """Independent draws against a Markov chain: defaults at the means, ordered thresholds, correlations.

    Shares of the first below five quantiles of the second, for eight parameters: 40 z values, of which one is
    beyond 4.5 by chance once in 3,600 runs.
    """
    frame, _ = simulate(BY_ID["cumulative: y ~ x + (1 | g)"], 80, 8, seed=5)
    frame = frame.assign(x=frame["x"] + 2.0)
    fit = bf.fit(
        "y ~ x + (1 + x | g)",
        frame,
        family="cumulative",
        prior_only=True,
        chains=2,
        draws=2000,
        warmup=500,
        seed=2,
        progress=False,
    )
    drawn = fit.prior_predictive(draws=4000, seed=1)["prior"].to_dataset()
    chain = fit.posterior
    ess = float(fit.summary()["ess_bulk"].min())
    assert ess > 500

    def parameters(draws):
        yield from (draws["Intercept"].isel(threshold=k) for k in range(3))
        yield draws["b"].isel(term=0)
        yield from (draws["sd_g"].isel(coef_g=k) for k in range(2))
        yield draws["cor_g"].isel(coef_g=0, coef2_g=1)
        yield draws["r_g"].isel(g=0, coef_g=1)

    for one, other in zip(parameters(drawn), parameters(chain), strict=True):
        for share in (0.1, 0.25, 0.5, 0.75, 0.9):
            below = float(np.mean(one.to_numpy() < np.quantile(other.to_numpy(), share)))
            error = np.sqrt(share * (1 - share) * (1 / 4000 + 1 / ess))
            assert abs(below - share) < 4.5 * error, (one.name, share, below)
