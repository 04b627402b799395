"""One model, three plans: exact parity of log densities, against each other and against dense algebra."""

from __future__ import annotations

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from numpyro.infer.util import constrain_fn, log_density
from scipy.stats import multivariate_normal

from bayesformula import api
from bayesformula.compiler import marginal
from bayesformula.compiler.emit import sample_coefficients, sample_theta, unravel
from cases import CASES, Case, panel

RTOL = 1e-9


@cache
def prepared(case: Case):
    options = {"family": None, "priors": list(case.priors), "plan": "auto", "na": "drop", "checks": None}
    return api.prepare(case.formula, panel(), **options, quiet=True)


@cache
def compiled(case: Case, plan: str):
    ready = prepared(case)
    program, data, start = api.compile_inputs(ready.model, plan, ready.design)
    return program, data, program.start(data, start)


def point(case: Case, plan: str, seed: int):
    """Constrained values of all sites of a plan at a random point near the start."""
    program, data, (z0, scale) = compiled(case, plan)
    z = z0 + 2 * scale * np.random.default_rng(seed).normal(size=z0.shape)
    return constrain_fn(program.model, (data,), {}, unravel(program.layout, jnp.asarray(z)))


def coefficients(case: Case, plan: str, values):
    """theta, and the reported (b, r) that a point of `centred` or `noncentred` stands for."""
    import numpyro.handlers as handlers

    program, data, _ = compiled(case, plan)
    with handlers.block(), handlers.seed(rng_seed=0), handlers.substitute(data=values):
        theta = sample_theta(program.structure, data.priors)
        b, r = sample_coefficients(program.structure, data, theta)
    return theta, b, r


def density(case: Case, plan: str, values) -> float:
    program, data, _ = compiled(case, plan)
    return float(log_density(program.model, (data,), {}, values)[0])


def dense(case: Case, theta):
    """Rows as dense matrices: design T of all coefficients c = (b, r_1, ...), prior mean and covariance of c.

    Coefficients with a flat prior get precision 0; those sampled or constant are fixed by the caller.
    """
    program, data, _ = compiled(case, "marginal")
    structure, rows = program.structure, data.rows
    n, p = rows.x.shape
    blocks, precisions = [rows.x], []
    to = np.asarray(data.reported.b)
    precision, mean = np.zeros(p), np.zeros(p)
    for i, kind in enumerate(structure.b_kinds):
        a = data.priors.b[i]
        if kind == "normal":
            precision[i], mean[i] = a[1] ** -2, a[0]
    back = np.linalg.inv(to)
    precisions.append(back.T @ np.diag(precision) @ back)
    means = [to @ mean]
    for k, (z, index) in enumerate(rows.groups):
        q, levels = z.shape[1], structure.n_levels[k]
        wide = np.zeros((n, levels, q))
        wide[np.arange(n), index] = z
        blocks.append(wide.reshape(n, -1))
        chol = np.asarray(data.reported.groups[k]) @ np.asarray(theta.chol_cov[k])
        precisions.append(np.kron(np.eye(levels), np.linalg.inv(chol @ chol.T)))
        means.append(np.zeros(levels * q))
    size = sum(len(m) for m in means)
    whole, at = np.zeros((size, size)), 0
    for block in precisions:
        whole[at : at + len(block), at : at + len(block)] = block
        at += len(block)
    return np.column_stack(blocks), np.concatenate(means), whole


NOT_GAUSSIAN = ("b[", "uniform(-9", "constant")
GAUSSIAN_ONLY = [case for case in CASES if not any(w in " ".join(case.priors) for w in NOT_GAUSSIAN)]
PROPER = [
    case for case in GAUSSIAN_ONLY if "flat" not in " ".join(case.priors) and "year" not in case.formula
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_centred_and_noncentred_are_one_model(case):
    """Same theta, same coefficients: the joint densities differ by the Jacobian of v -> u alone."""
    values = point(case, "noncentred", 1)
    theta, _, _ = coefficients(case, "noncentred", values)
    moved = dict(values)
    jacobian = 0.0
    structure = compiled(case, "centred")[0].structure
    for k, label in enumerate(structure.labels):
        v = moved.pop(f"v_{label}")
        name = f"r_{label}.centred" if structure.group_is_centred[k] else f"r_{label}"
        moved[name] = v @ theta.chol_cov[k].T
        jacobian += structure.n_levels[k] * float(jnp.linalg.slogdet(theta.chol_cov[k])[1])
    n = len(panel())
    expected = density(case, "noncentred", values) - jacobian
    assert_allclose(density(case, "centred", moved), expected, rtol=RTOL, atol=RTOL * n)


@pytest.mark.parametrize("case", GAUSSIAN_ONLY, ids=lambda case: case.id)
def test_marginal_times_conditional_is_the_joint(case):
    """log p(y | theta) + log p(c | y, theta) = log p(y, c | theta), the conditional from dense algebra."""
    values = point(case, "centred", 2)
    theta, b, r = coefficients(case, "centred", values)
    program, data, _ = compiled(case, "marginal")
    t, mean, precision = dense(case, theta)
    c = np.concatenate([np.asarray(b), *(np.asarray(u).ravel() for u in r)])
    weights = np.ones(len(t)) if data.rows.weights is None else data.rows.weights
    sigma2 = float(theta.sigma) ** 2
    posterior = (t.T * weights) @ t / sigma2 + precision
    rhs = (t.T * weights) @ (data.rows.y - data.rows.offset) / sigma2 + precision @ mean
    delta = c - np.linalg.solve(posterior, rhs)
    log_det = np.linalg.slogdet(posterior)[1]
    conditional = 0.5 * (log_det - delta @ posterior @ delta - len(c) * np.log(2 * np.pi))
    # densities are of prior coordinates in `centred`, of reported ones in `dense`
    volume = float(np.linalg.slogdet(data.reported.b)[1])
    for k, to in enumerate(data.reported.groups):
        volume += program.structure.n_levels[k] * float(np.linalg.slogdet(to)[1])
    seen = {site.name for site in program.layout}
    theta_values = {name: value for name, value in values.items() if name in seen}
    left = density(case, "marginal", theta_values) + conditional
    right = density(case, "centred", values) - volume
    assert_allclose(left, right, rtol=RTOL, atol=RTOL * len(t) * 10)


@pytest.mark.parametrize("case", PROPER, ids=lambda case: case.id)
def test_marginal_density_is_a_multivariate_normal(case):
    """Against scipy's dense density of the rows; rows of weight w are w rows.

    Not for years and incomes: scipy's covariance, not our factor, runs out of digits there.
    """
    program, data, _ = compiled(case, "marginal")
    values = point(case, "marginal", 3)
    import numpyro.handlers as handlers

    with handlers.block(), handlers.seed(rng_seed=0), handlers.substitute(data=values):
        theta = sample_theta(program.structure, data.priors)
    t, mean, precision = dense(case, theta)
    repeat = np.ones(len(t), int) if data.rows.weights is None else data.rows.weights.astype(int)
    t, response = np.repeat(t, repeat, axis=0), np.repeat(data.rows.y - data.rows.offset, repeat)
    covariance = float(theta.sigma) ** 2 * np.eye(len(t)) + t @ np.linalg.solve(precision, t.T)
    expected = multivariate_normal(t @ mean, covariance, allow_singular=False).logpdf(response)
    found = float(marginal.log_density(program.structure, data, theta))
    assert_allclose(found, expected, rtol=RTOL, atol=RTOL * len(t))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_marginal_of_sampled_and_constant_coefficients(case):
    """Quadrature-free check for every kind of prior: the slow path over rows equals the cross-products."""
    program, data, _ = compiled(case, "marginal")
    values = point(case, "marginal", 4)
    fast = density(case, "marginal", values)
    copied = data._replace(rows=data.rows._replace(y=data.rows.y))
    import numpyro.handlers as handlers

    with handlers.block(), handlers.seed(rng_seed=0), handlers.substitute(data=values):
        theta = sample_theta(program.structure, copied.priors)
    from bayesformula.compiler.likelihood.gaussian import MarginalNormal

    joint = MarginalNormal(program.structure, copied, theta)
    slow, quick = joint.log_prob(jnp.array(data.rows.y)), joint.log_prob(data.rows.y)
    assert_allclose(float(slow), float(quick), rtol=RTOL, atol=RTOL * len(panel()))
    assert np.isfinite(fast)


@pytest.mark.parametrize("plan", ["marginal", "noncentred", "centred"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_sampler_runs_the_emitted_model(case, plan):
    """The potential is minus NumPyro's own log density plus the log Jacobians of its transforms."""
    from numpyro.distributions import biject_to
    from numpyro.handlers import seed, substitute, trace

    program, data, (z0, scale) = compiled(case, plan)
    z = jnp.asarray(z0 + scale * np.random.default_rng(5).normal(size=z0.shape))
    free = unravel(program.layout, z)
    values = constrain_fn(program.model, (data,), {}, free)
    sites = trace(substitute(seed(program.model, 0), data=values)).get_trace(data)
    jacobian = 0.0
    for name, u in free.items():
        transform = biject_to(sites[name]["fn"].support)
        jacobian += float(jnp.sum(transform.log_abs_det_jacobian(u, transform(u))))
    expected = -(density(case, plan, values) + jacobian)
    assert_allclose(float(program.potential(z, data)), expected, rtol=RTOL, atol=1e-8)
    assert set(free) == {n for n, s in sites.items() if s["type"] == "sample" and not s["is_observed"]}
    assert np.all(np.isfinite(jax.grad(program.potential)(z, data)))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_starting_values_are_inside_every_support(case):
    """NumPy's unconstraining is the inverse of NumPyro's: the start comes back as it was meant."""
    for plan in ("marginal", "noncentred"):
        program, data, (z0, _) = compiled(case, plan)
        assert z0.shape == (program.dim,)
        values = constrain_fn(program.model, (data,), {}, unravel(program.layout, jnp.asarray(z0)))
        assert all(np.all(np.isfinite(v)) for v in values.values())
        _, _, start = api.compile_inputs(prepared(case).model, plan, prepared(case).design)
        if "sigma" in values and "uniform" not in program.structure.sigma_kind:
            assert_allclose(values["sigma"][0], start.sigma, rtol=1e-9)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_elimination_order(case):
    ready = prepared(case)
    order = compiled(case, "marginal")[0].structure.order
    labels = [g.label for g in ready.model.groups]
    assert tuple(labels[k] for k in order.chain) == case.chain
    assert tuple(labels[k] for k in order.dense) == case.dense
    assert ready.plan.name == "marginal"
