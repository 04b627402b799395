"""Increasing thresholds under one prior each: density, draws, coordinates."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from numpyro import handlers
from numpyro.distributions import biject_to
from scipy import stats

from bayesformula.compiler.kinds import arguments_of, kind_of
from bayesformula.compiler.sites import sample_ordered, unconstrain_ordered
from bayesformula.prior_text import parse_priors

ALIKE = ["normal(0, 2)"] * 4
MIXED = ["normal(-1, 1)", "student_t(3, 0, 1)", "logistic(0, 0.5)"]
REVERSED = ["normal(1, 1)", "normal(0, 1)", "normal(-1, 1)"]


def read(texts):
    priors = [parse_priors(f"Intercept ~ {text}")[0].prior for text in texts]
    return tuple(map(kind_of, priors)), jnp.asarray([arguments_of(prior) for prior in priors])


def site(texts):
    known = {"Intercept": jnp.arange(float(len(texts)))}
    with handlers.substitute(data=known), handlers.trace() as trace:
        sample_ordered("Intercept", *read(texts))
    return trace["Intercept"]["fn"]


X = np.array([-1.5, -0.2, 0.7, 3.0])


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (ALIKE, stats.norm.logpdf(X, 0, 2).sum() + np.log(24)),
        (["cauchy(1, 2)"], stats.cauchy.logpdf(X[:1], 1, 2).sum()),
        (MIXED, stats.norm.logpdf(X[0], -1) + stats.t.logpdf(X[1], 3) + stats.logistic.logpdf(X[2], 0, 0.5)),
        (["normal(0, 1)", "normal(0, 2)"], stats.norm.logpdf(X[0]) + stats.norm.logpdf(X[1], 0, 2)),
        (["flat", "normal(0, 2)", "flat"], stats.norm.logpdf(X[1], 0, 2)),
    ],
    ids=str,
)
def test_the_density_is_the_product_of_the_priors_renormalised_where_they_are_one(texts, expected):
    ours = site(texts)
    value = X[: len(texts)]
    assert_allclose(ours.log_prob(jnp.asarray(value)), expected, rtol=1e-12)
    assert_allclose(ours.log_prob(jnp.asarray([value] * 3)), [expected] * 3, rtol=1e-12)


def test_order_statistics_have_density_one():
    """The factor m! makes it so: by the trapezium rule over the plane x1 < x2."""
    grid = np.linspace(-12.0, 12.0, 401)
    first, second = np.meshgrid(grid, grid, indexing="ij")
    points = jnp.asarray(np.stack([first.ravel(), second.ravel()], axis=1))
    density = np.where(second > first, np.exp(site(ALIKE[:2]).log_prob(points)).reshape(first.shape), 0.0)
    density += np.diag(0.5 * np.exp(site(ALIKE[:2]).log_prob(jnp.asarray(np.stack([grid, grid], axis=1)))))
    assert_allclose(density.sum() * (grid[1] - grid[0]) ** 2, 1.0, rtol=1e-6)


@pytest.mark.parametrize("texts", [ALIKE, MIXED, REVERSED], ids=str)
def test_draws_are_those_kept_by_rejection(texts):
    """Two-sample Kolmogorov-Smirnov of each threshold (fails once in 3,000)."""
    ours = np.asarray(site(texts).sample(jax.random.PRNGKey(5), (1500,)))
    assert np.all(np.diff(ours, axis=1) > 0)
    rng, n = np.random.default_rng(4), 400_000
    draw = {
        "normal": lambda a: rng.normal(a[0], a[1], n),
        "student_t": lambda a: a[1] + a[2] * rng.standard_t(a[0], n),
        "logistic": lambda a: rng.logistic(a[0], a[1], n),
    }
    kinds, arguments = read(texts)
    free = np.stack([draw[kind](np.asarray(a)) for kind, a in zip(kinds, arguments, strict=True)], axis=1)
    kept = free[np.all(np.diff(free, axis=1) > 0, axis=1)]
    assert len(kept) > 1000
    for column in range(len(texts)):
        assert stats.ks_2samp(ours[:, column], kept[:, column]).pvalue > 1e-4


def test_shapes_of_draws():
    one = site(REVERSED)
    assert one.sample(jax.random.PRNGKey(0)).shape == (3,)
    assert one.sample(jax.random.PRNGKey(0), (2, 5)).shape == (2, 5, 3)


def test_priors_against_the_order_still_give_draws_in_order():
    draws = site(["normal(50, 1)", "normal(-50, 1)"]).sample(jax.random.PRNGKey(0), (3,))
    assert np.all(np.diff(draws, axis=1) > 0)


def test_constant_thresholds_are_no_site():
    with handlers.seed(rng_seed=0), handlers.trace() as trace:
        value = sample_ordered("Intercept", *read(["constant(-1)", "constant(0.5)"]))
    assert value.tolist() == [-1.0, 0.5]
    assert not trace


def test_the_coordinate_is_numpyros():
    assert_allclose(biject_to(site(ALIKE).support)(jnp.asarray(unconstrain_ordered(X))), X, rtol=1e-12)


def test_which_of_the_priors_are_alike_is_data():
    """Other numbers, alike or not, are no other program."""
    traces = []

    @jax.jit
    def log_prob(arguments):
        traces.append(1)
        known = {"Intercept": jnp.arange(2.0)}
        with handlers.substitute(data=known), handlers.trace() as trace:
            sample_ordered("Intercept", ("normal", "normal"), arguments)
        return trace["Intercept"]["fn"].log_prob(jnp.asarray(X[:2]))

    alike, other = read(["normal(0, 1)"] * 2)[1], read(["normal(0, 1)", "normal(0, 1.5)"])[1]
    plain = stats.norm.logpdf(X[:2]).sum()
    assert_allclose(log_prob(alike), plain + np.log(2), rtol=1e-12)
    assert_allclose(log_prob(other), stats.norm.logpdf(X[0]) + stats.norm.logpdf(X[1], 0, 1.5), rtol=1e-12)
    assert len(traces) == 1
