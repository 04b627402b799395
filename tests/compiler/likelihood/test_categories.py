"""Unordered categories: softmax with the first as reference, and counts of trials."""

from __future__ import annotations

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import special, stats

from bayesformula.compiler.likelihood import categories
from bayesformula.compiler.likelihood.terms import Terms
from bayesformula.compiler.links import Linked

ETAS = {"mub": np.array([0.5, -1.0, 0.0, 40.0, -40.0]), "mua level": np.array([1.0, 2.0, -0.3, -40.0, 700.0])}
SCORES = np.stack([np.zeros(5), *ETAS.values()], axis=1)
EXPECTED = SCORES - special.logsumexp(SCORES, axis=1, keepdims=True)


def predictors(etas):
    return {name: Linked(jnp.asarray(eta), "identity") for name, eta in etas.items()}


def categorical(etas):
    return categories.categorical(predictors(etas), Terms())


def multinomial(etas, trials):
    return categories.multinomial(predictors(etas), Terms(trials=jnp.asarray(trials)))


def test_probabilities():
    """Predictors in the order given, the first category at 0, up to eta = 700."""
    d = categorical(ETAS)
    ours = np.stack([d.log_prob(jnp.full(5, float(k))) for k in range(3)], axis=1)
    assert_allclose(ours, EXPECTED, rtol=1e-14)
    assert_allclose(d.probs, np.exp(EXPECTED), rtol=1e-13, atol=1e-300)
    assert_allclose(d.mean, np.exp(EXPECTED) @ [0, 1, 2], rtol=1e-13)
    assert_array_equal(d.log_prob(jnp.array([-1.0, 3.0, 0.5, np.nan, np.inf])), -np.inf)


def test_two_categories_are_logistic():
    d = categorical({"mub": np.array([-40.0, 0.3, 40.0])})
    assert_allclose(
        d.log_prob(jnp.ones(3)), stats.logistic.logcdf([-40.0, 0.3, 40.0]), rtol=1e-14, atol=1e-16
    )


def test_one_predictor_for_all_rows_is_spread_over_them():
    d = categorical({"mub": np.array([0.5, -1.0]), "muc": np.array(0.25)})
    same = categorical({"mub": np.array([0.5, -1.0]), "muc": np.full(2, 0.25)})
    assert_array_equal(d.probs, same.probs)


def test_gradients_are_finite():
    def total(k, etas):
        return jnp.sum(categorical(etas).log_prob(jnp.full(5, float(k))))

    for k in range(3):
        for gradient in jax.grad(total, argnums=1)(k, {n: jnp.asarray(e) for n, e in ETAS.items()}).values():
            assert np.all(np.isfinite(gradient))


def test_draws_have_the_probabilities():
    """Chi-square of 20,000 draws; fails once in 10,000 seeds."""
    d = categorical({name: eta[:2] for name, eta in ETAS.items()})
    drawn = np.asarray(d.sample(jax.random.PRNGKey(3), (20_000,)))
    assert drawn.dtype == np.float64
    for row in range(2):
        counts = np.bincount(drawn[:, row].astype(int), minlength=3)
        assert stats.chisquare(counts, 20_000 * np.exp(EXPECTED[row])).pvalue > 1e-4


# ---- counts ------------------------------------------------------------------------------------------


def outcomes(trials):
    """All ways to put so many into three categories."""
    return np.array([y for y in itertools.product(range(trials + 1), repeat=3) if sum(y) == trials], float)


@pytest.mark.parametrize("trials", [0, 1, 4])
def test_counts_have_the_density_of_scipy(trials):
    """All outcomes, which together have probability 1."""
    d = multinomial({name: eta[:1] for name, eta in ETAS.items()}, [float(trials)])
    assert (d.batch_shape, d.event_shape) == ((1,), (3,))
    ys = outcomes(trials)
    ours = np.array([float(d.log_prob(jnp.asarray(y)[None, :])[0]) for y in ys])
    assert_allclose(ours, stats.multinomial.logpmf(ys, trials, np.exp(EXPECTED[0])), rtol=1e-12, atol=1e-14)
    assert_allclose(np.exp(ours).sum(), 1.0, rtol=1e-13)


def test_one_trial_is_a_category():
    d, one = multinomial(ETAS, np.ones(5)), categorical(ETAS)
    for k in range(3):
        y = jnp.zeros((5, 3)).at[:, k].set(1.0)
        assert_allclose(d.log_prob(y), one.log_prob(jnp.full(5, float(k))), rtol=1e-13)


def test_moments_of_counts():
    trials = np.array([3.0, 0.0, 10.0, 7.0, 2.0])
    d = multinomial(ETAS, trials)
    probs = np.exp(EXPECTED)
    assert_allclose(d.mean, trials[:, None] * probs, rtol=1e-13, atol=1e-300)
    assert_allclose(d.variance, trials[:, None] * probs * (1 - probs), rtol=1e-10, atol=1e-300)


def test_counts_far_out_are_finite():
    """Counts of a category whose probability underflows, and their gradients."""

    def total(etas):
        return jnp.sum(
            multinomial(etas, np.full(5, 6.0)).log_prob(jnp.tile(jnp.array([1.0, 2.0, 3.0]), (5, 1)))
        )

    value, gradients = jax.value_and_grad(total)({n: jnp.asarray(e) for n, e in ETAS.items()})
    assert np.isfinite(value)
    assert all(np.all(np.isfinite(gradient)) for gradient in gradients.values())


def test_draws_of_counts():
    """They add up to the trials of their row; outcomes of 4 trials by chi-square (fails once in 10,000)."""
    trials = np.array([4.0, 9.0, 0.0])
    d = multinomial({name: eta[:3] for name, eta in ETAS.items()}, trials)
    drawn = np.asarray(jax.jit(lambda key: d.sample(key, (20_000,)))(jax.random.PRNGKey(11)))
    assert drawn.shape == (20_000, 3, 3)
    assert drawn.dtype == np.float64
    assert np.all(drawn >= 0)
    assert_array_equal(drawn.sum(axis=-1), np.broadcast_to(trials, (20_000, 3)))
    ys = outcomes(4)
    counts = np.array([np.sum(np.all(drawn[:, 0] == y, axis=1)) for y in ys])
    expected = 20_000 * stats.multinomial.pmf(ys, 4, np.exp(EXPECTED[0]))
    assert stats.chisquare(counts, expected * (counts.sum() / expected.sum())).pvalue > 1e-4
    nine = 20_000 * stats.binom.pmf(np.arange(10), 9, np.exp(EXPECTED[1, 2]))
    seen = np.bincount(drawn[:, 1, 2].astype(int), minlength=10)
    many = nine > 5  # the rare ones together
    pooled = [*seen[many], seen[~many].sum()], [*nine[many], nine[~many].sum()]
    assert stats.chisquare(*pooled).pvalue > 1e-4
