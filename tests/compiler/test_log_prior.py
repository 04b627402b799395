"""The log prior of reported parameters is that of the sites of the emitted model."""

from __future__ import annotations

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from numpyro.distributions import LKJCholesky
from numpyro.handlers import seed, substitute, trace
from numpyro.infer.util import constrain_fn

import bayesformula as bf
from bayesformula import api
from bayesformula.compiler.emit import unravel
from bayesformula.compiler.log_prior import log_prior
from cases import Case, matrices, panel
from family_cases import simulate
from further_cases import ALL_CASES

CHOSEN = (
    Case("y ~ year + income + (1 + year | g)"),
    Case("y ~ x + z + (1 | g)", ("b ~ flat", "Intercept ~ flat", "sd ~ uniform(0, 100)")),
    Case("y ~ z + x + (1 | g)", ("Intercept[centred] ~ laplace(2, 1)", "b[x] ~ exponential(1)")),
    Case("y ~ x + (1 + x | g)", ("sd[g, x] ~ constant(0.5)", "sigma ~ normal(1, 1)", "cor ~ lkj(3)")),
    Case("y ~ x + (1 + z | gr(g, by = arm)) + (1 | h)"),
    Case("y ~ x + (1 | gr(g, dist = 'student'))", ("df ~ gamma(4, 1)",)),
)
"""Kinds and coordinates of priors, each once."""
FAMILIES = tuple(
    case
    for case in ALL_CASES
    if case.formula == "y ~ cs(x) + (1 | g)" or (case.family == "cumulative" and case.further)
)


@cache
def compiled(case, plan="noncentred"):
    if case in ALL_CASES:
        frame, _ = simulate(case, 60, 6, seed=3)
        formula = bf.formula(case.formula, **dict(case.further)) if case.further else case.formula
        family, priors, data2 = case.family, None, None
    else:
        frame, formula, family, priors, data2 = panel(), case.formula, None, list(case.priors), matrices()
    options = {"family": family, "priors": priors, "plan": "auto", "na": "drop", "checks": None}
    ready = api.prepare(formula, frame, **options, data2=data2, quiet=True)
    program, data, start = api.compile_inputs(ready.model, plan, ready.design)
    return program, data, program.start(data, start)


def by_sites(program, data, z) -> float:
    """Of every site but those of the group effects and the response; of correlations as of a matrix."""
    values = constrain_fn(program.model, (data,), {}, unravel(program.layout, z))
    sites = trace(substitute(seed(program.model, 0), data=values)).get_trace(data)
    out = 0.0
    for name, site in sites.items():
        if site["type"] != "sample" or name == "y" or name.startswith(("v_", "tail_")):
            continue
        density = site["fn"].log_prob(site["value"])
        if name.startswith("L_"):
            lkj = site["fn"]
            while not isinstance(lkj, LKJCholesky):
                lkj = lkj.base_dist
            diagonal = jnp.diagonal(site["value"], axis1=-2, axis2=-1)
            density = 2 * (lkj.concentration - 1) * jnp.log(diagonal).sum(-1)  # det(R)^(eta - 1)
        out += float(jnp.sum(density))
    return out


@pytest.fixture
def quick_compilation():
    """Programs that run once: compiling them well would take longer than running them."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


@pytest.mark.usefixtures("quick_compilation")
@pytest.mark.parametrize("case", [*CHOSEN, *FAMILIES], ids=lambda case: case.id)
def test_it_is_that_of_the_sites_of_the_model(case):
    """Between two points, as constants are left out; in the priors' own coordinates there is no Jacobian."""
    program, data, (z0, scale, _) = compiled(case)
    rng = np.random.default_rng(1)
    theirs, ours = [], []
    for _ in range(2):
        z = jnp.asarray(z0 + scale * rng.normal(size=z0.shape))
        theirs.append(by_sites(program, data, z))
        reported = program.recover(z, jax.random.PRNGKey(0), data)
        ours.append(float(log_prior(program.structure, data.priors, data.reported, reported)))
    assert abs(theirs[0] - theirs[1]) > 1e-3
    assert_allclose(ours[0] - ours[1], theirs[0] - theirs[1], rtol=1e-9, atol=1e-9)
