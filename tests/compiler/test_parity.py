"""One model, three plans: exact parity of log densities, against each other and against dense algebra."""

from __future__ import annotations

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from numpyro.infer.util import constrain_fn, log_density
from scipy.linalg import block_diag
from scipy.stats import multivariate_normal

from bayesformula import api
from bayesformula.compiler import marginal, sites
from bayesformula.compiler.blocks import sample_coefficients, sample_theta
from bayesformula.compiler.emit import unravel
from bayesformula.compiler.likelihood.marginal_normal import MarginalNormal
from cases import CASES, Case, matrices, panel

RTOL = 1e-9


@cache
def prepared(case: Case):
    options = {"family": None, "priors": list(case.priors), "plan": "auto", "na": "drop", "checks": None}
    return api.prepare(case.formula, panel(), **options, data2=matrices(), quiet=True)


@cache
def compiled(case: Case, plan: str):
    ready = prepared(case)
    program, data, start = api.compile_inputs(ready.model, plan, ready.design)
    return program, data, program.start(data, start)


def point(case: Case, plan: str, seed: int):
    """Constrained values of all sites of a plan at a random point near the start."""
    program, data, (z0, scale, _) = compiled(case, plan)
    z = z0 + 2 * scale * np.random.default_rng(seed).normal(size=z0.shape)
    return constrain_fn(program.model, (data,), {}, unravel(program.layout, jnp.asarray(z)))


def coefficients(case: Case, plan: str, values):
    """theta, and the reported (b, r) that a point of `centred` or `noncentred` stands for."""
    import numpyro.handlers as handlers

    program, data, _ = compiled(case, plan)
    with handlers.block(), handlers.seed(rng_seed=0), handlers.substitute(data=values):
        theta = sample_theta(program.structure, data.priors)
        found = sample_coefficients(program.structure, data, theta)
    return theta, found.b[0], found.r


def density(case: Case, plan: str, values) -> float:
    program, data, _ = compiled(case, plan)
    return float(log_density(program.model, (data,), {}, values)[0])


def dense(case: Case, theta, b):
    """The rows in dense form, prior coordinates throughout.

    Returns the columns T of all integrated coefficients (b, then groups level by level), their prior mean
    and precision (0 if flat), and the response less offset and less what sampled coefficients `b` explain.
    """
    program, data, _ = compiled(case, "marginal")
    structure, rows = program.structure, data.rows
    x = rows.x @ data.reported.b[0]
    integrated, sampled = structure.integrated, structure.sampled
    precision, mean = np.zeros(len(integrated)), np.zeros(len(integrated))
    for at, i in enumerate(integrated):
        if structure.b_kinds[i] == "normal":
            mean[at], precision[at] = data.priors.b[0][i, 0], data.priors.b[0][i, 1] ** -2
    columns, means, precisions = [x[:, integrated]], [mean], [np.diag(precision)]
    for k, group in enumerate(rows.groups):
        z, index = group.z.reshape(len(x), -1, group.z.shape[-1]), group.index.reshape(len(x), -1)
        q, levels = z.shape[2], structure.n_levels[k]
        wide = np.zeros((len(x), levels, q))
        for member in range(z.shape[1]):
            np.add.at(wide, (np.arange(len(x)), index[:, member]), z[:, member] @ data.reported.groups[k])
        columns.append(wide.reshape(len(x), -1))
        precisions.append(np.linalg.inv(effect_covariance(group, theta, k, levels)))
        means.append(np.zeros(levels * q))
    response = rows.y - rows.offset - x[:, sampled] @ np.asarray(b)[sampled]
    return np.column_stack(columns), np.concatenate(means), block_diag(*precisions), response


def effect_covariance(group, theta, k, levels):
    """(J q, J q) covariance of all effects of a group in prior coordinates, written out level by level."""
    chol = np.asarray(theta.chol_cov[k])
    roots = [chol if group.by is None else chol[group.by[j]] for j in range(levels)]
    if theta.spread[k] is not None:
        roots = [np.asarray(theta.spread[k])[j] * root for j, root in enumerate(roots)]
    if group.relation is not None:
        return np.kron(group.relation @ group.relation.T, roots[0] @ roots[0].T)
    return block_diag(*[root @ root.T for root in roots])


def residual_variance(rows, theta):
    """(n,) known errors squared, or sigma squared."""
    return np.full(len(rows.y), float(theta.sigma) ** 2) if rows.se is None else rows.se**2


def in_prior(case: Case, b, r):
    """Reported coefficients in prior coordinates."""
    data = compiled(case, "marginal")[1]
    b = np.linalg.solve(data.reported.b[0], np.asarray(b))
    return b, [np.asarray(u) @ np.linalg.inv(to).T for u, to in zip(r, data.reported.groups, strict=True)]


def marginal_values(case: Case, values, b):
    """The sites of `marginal` at a point of `centred`, its sampled coefficients taken from `b`."""
    program, _, _ = compiled(case, "marginal")
    kinds = [program.structure.b_kinds[i] for i in program.structure.sampled]
    out = {name: value for name, value in values.items() if name in {site.name for site in program.layout}}
    for member in sites.members("b", kinds):
        out[member.name] = jnp.asarray(b)[np.array(program.structure.sampled)[list(member.positions)]]
    return out


MIXED = [case for case in CASES if "b[x] ~ student_t" in " ".join(case.priors)]
EXACT = [case for case in CASES if case not in MIXED]
PROPER = [case for case in EXACT if "flat" not in " ".join(case.priors) and "year" not in case.formula]


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
        group, levels = compiled(case, "centred")[1].rows.groups[k], structure.n_levels[k]
        root = jnp.linalg.cholesky(effect_covariance(group, theta, k, levels))
        moved[name] = (root @ v.ravel()).reshape(v.shape)
        jacobian += float(jnp.linalg.slogdet(root)[1])
    n = len(panel())
    expected = density(case, "noncentred", values) - jacobian
    assert_allclose(density(case, "centred", moved), expected, rtol=RTOL, atol=RTOL * n)


@pytest.mark.parametrize("case", EXACT, ids=lambda case: case.id)
def test_marginal_times_conditional_is_the_joint(case):
    """log p(y | theta) + log p(c | y, theta) = log p(y, c | theta), the conditional from dense algebra."""
    values = point(case, "centred", 2)
    theta, b, r = coefficients(case, "centred", values)
    program, data, _ = compiled(case, "marginal")
    b, r = in_prior(case, b, r)
    t, mean, precision, response = dense(case, theta, b)
    c = np.concatenate([b[program.structure.integrated], *(u.ravel() for u in r)])
    weights = np.ones(len(t)) if data.rows.weights is None else data.rows.weights
    weights = weights / residual_variance(data.rows, theta)
    posterior = (t.T * weights) @ t + precision
    rhs = (t.T * weights) @ response + precision @ mean
    delta = c - np.linalg.solve(posterior, rhs)
    log_det = np.linalg.slogdet(posterior)[1] if len(c) else 0.0
    conditional = 0.5 * (log_det - delta @ posterior @ delta - len(c) * np.log(2 * np.pi))
    left = density(case, "marginal", marginal_values(case, values, b)) + conditional
    assert_allclose(left, density(case, "centred", values), rtol=RTOL, atol=RTOL * len(t) * 10)


@pytest.mark.parametrize("case", PROPER, ids=lambda case: case.id)
def test_marginal_density_is_a_multivariate_normal(case):
    """Against scipy's dense density of the rows; rows of weight w are w rows.

    Not for years and incomes: scipy's covariance, not our factor, runs out of digits there.
    """
    program, data, _ = compiled(case, "marginal")
    values = point(case, "centred", 3)
    theta, b, r = coefficients(case, "centred", values)
    b, _ = in_prior(case, b, r)
    t, mean, precision, response = dense(case, theta, b)
    repeat = np.ones(len(t), int) if data.rows.weights is None else data.rows.weights.astype(int)
    t, response = np.repeat(t, repeat, axis=0), np.repeat(response, repeat)
    covariance = np.diag(np.repeat(residual_variance(data.rows, theta), repeat)) + t @ np.linalg.solve(
        precision, t.T
    )
    expected = multivariate_normal(t @ mean, covariance).logpdf(response)
    found = float(marginal.log_density(program.structure, data, theta._replace(b=jnp.asarray(b))))
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

    joint = MarginalNormal(program.structure, copied, theta)
    slow, quick = joint.log_prob(jnp.array(data.rows.y)), joint.log_prob(data.rows.y)
    assert_allclose(float(slow), float(quick), rtol=RTOL, atol=RTOL * len(panel()))
    assert np.isfinite(fast)


RUNS = [(case, "marginal") for case in CASES]
RUNS += [(case, plan) for case in CASES[::4] for plan in ("noncentred", "centred")]


@pytest.mark.parametrize(("case", "plan"), RUNS, ids=lambda each: getattr(each, "id", each))
def test_the_sampler_runs_the_emitted_model(case, plan):
    """The potential is minus NumPyro's own log density plus the log Jacobians of its transforms."""
    from numpyro.distributions import biject_to
    from numpyro.handlers import seed, substitute, trace

    program, data, (z0, scale, _) = compiled(case, plan)
    z = jnp.asarray(z0 + scale * np.random.default_rng(5).normal(size=z0.shape))
    free = unravel(program.layout, z)
    values = constrain_fn(program.model, (data,), {}, free)
    sites = trace(substitute(seed(program.model, 0), data=values)).get_trace(data)
    jacobian = 0.0
    for name, u in free.items():
        transform = biject_to(sites[name]["fn"].support)
        jacobian += float(jnp.sum(transform.log_abs_det_jacobian(u, transform(u))))
    expected = -(density(case, plan, values) + jacobian)
    found, gradient = jax.jit(jax.value_and_grad(program.potential))(z, data)
    assert_allclose(float(found), expected, rtol=RTOL, atol=1e-8)
    assert set(free) == {n for n, s in sites.items() if s["type"] == "sample" and not s["is_observed"]}
    assert np.all(np.isfinite(gradient))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_starting_values_are_inside_every_support(case):
    """NumPy's unconstraining is the inverse of NumPyro's: the start comes back as it was meant."""
    for plan in ("marginal", "noncentred"):
        program, data, (z0, *_) = compiled(case, plan)
        assert z0.shape == (program.dim,)
        values = constrain_fn(program.model, (data,), {}, unravel(program.layout, jnp.asarray(z0)))
        assert all(np.all(np.isfinite(v)) for v in values.values())
        _, _, start = api.compile_inputs(prepared(case).model, plan, prepared(case).design)
        if "sigma" in values and "uniform" not in dict(program.structure.scalars)["sigma"]:
            assert_allclose(values["sigma"], start.scalars["sigma"], rtol=1e-9)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_elimination_order(case):
    ready = prepared(case)
    order = compiled(case, "marginal")[0].structure.order
    labels = [g.label for g in ready.model.groups]
    assert tuple(labels[k] for k in order.chain) == case.chain
    assert tuple(labels[k] for k in order.dense) == case.dense
    assert ready.plan.name == "marginal"


SIMULATED = [case for case in PROPER if any(part in case.formula for part in ("gr(", "mm(", "se("))]


@pytest.mark.parametrize("case", [PROPER[0], *SIMULATED[::2]], ids=lambda case: case.id)
def test_simulated_responses_have_the_moments_of_the_model(case):
    """Variances of three fixed contrasts over 4,000 responses within 5 standard errors (1 in 10^6 each)."""
    values = point(case, "centred", 5)
    theta, b, _ = coefficients(case, "centred", values)
    program, data, _ = compiled(case, "marginal")
    t, mean, precision, _ = dense(case, theta, b)
    cov = t @ np.linalg.solve(precision, t.T) + np.diag(residual_variance(data.rows, theta))
    key, draws = jax.random.PRNGKey(8), 4000
    y = MarginalNormal(program.structure, data, theta).sample(key, (draws,))
    contrasts = np.random.default_rng(2).normal(size=(len(t), 3))
    expected = np.diag(contrasts.T @ cov @ contrasts)
    assert_allclose(np.var(y @ contrasts, axis=0), expected, rtol=5 * np.sqrt(2 / draws))
    error = (np.mean(y, axis=0) - data.rows.offset - t @ mean) @ contrasts
    assert np.all(np.abs(error) < 5 * np.sqrt(expected / draws))
