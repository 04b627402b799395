"""Proportions against SciPy, with their ends, their tails and their draws."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats
from scipy.special import expit

from bayesformula.compiler.likelihood.distributions.beta_tails import log_beta_cdf
from response_cases import assert_moments, at_each, log_prob, make, slopes, strict

ETA = np.array([-4.0, -0.5, 0.0, 1.7, 5.0])
P = expit(ETA)
Y = (1e-12, 0.01, 0.3, 0.5, 0.9, 1 - 1e-9)


@pytest.mark.parametrize("phi", [0.05, 2.0, 30.0, 1e4])
def test_beta_is_scipys(phi):
    d = make("beta", ETA, phi=phi)
    theirs = stats.beta(P * phi, (1 - P) * phi)
    assert_allclose(at_each(d, Y), theirs.logpdf(np.array(Y)[:, None]), rtol=1e-10, atol=1e-10)
    assert_allclose(d.mean, P, rtol=1e-14)
    assert_allclose(d.variance, theirs.var(), rtol=1e-11)


def test_beta_at_a_large_precision_is_normal():
    """The error of the normal approximation falls as 1/sqrt(phi); terms of the size of phi lose 1e-6."""
    phi = 1e9
    sd = np.sqrt(0.3 * 0.7 / (1 + phi))
    for z in (-2.0, 0.0, 1.5):
        y = 0.3 + z * sd
        ours = log_prob(make("beta", [0.3], "identity", phi=phi), y)
        assert_allclose(ours, stats.norm.logpdf(y, 0.3, sd), rtol=5e-6)


def test_beta_in_a_corner():
    """At eta = -40 a is e^-40 phi: f is about a / y where b = phi is 1."""
    d = make("beta", [-40.0, -690.0], phi=1.0)
    assert_allclose(log_prob(d, 0.2), np.array([-40.0, -690.0]) - np.log(0.2), rtol=1e-13)


def test_tails_of_beta_are_scipys():
    for a, b in ((0.1, 0.5), (2.5, 200.0), (30.0, 7.0), (1000.0, 1.0), (0.1, 1e6), (1e5, 1e4)):
        theirs = stats.beta(a, b)
        x = theirs.ppf([1e-100, 1e-12, 1e-4, 0.1, 0.5, 0.9, 1 - 1e-6])
        x = x[(x > 1e-280) & (x < 1 - 1e-12)]
        logs = jnp.full(x.shape, np.log(a)), jnp.full(x.shape, np.log(b))
        with strict():
            ours = jax.jit(log_beta_cdf)(*logs, jnp.asarray(x))
        assert_allclose(ours, theirs.logcdf(x), rtol=1e-10, atol=1e-14)


def test_derivatives_of_the_tails_of_beta():
    """In x the density; in a and b against differences."""
    a, b, h = np.array([0.3, 4.0, 50.0, 4.0]), np.array([2.0, 0.5, 70.0, 400.0]), 1e-5
    x = np.array([0.2, 0.999, 0.3, 0.03])

    def ours(log_a, log_b, x):
        return log_beta_cdf(jnp.asarray(log_a), jnp.asarray(log_b), jnp.asarray(x))

    with strict():
        slopes = jax.grad(lambda *point: ours(*point).sum(), argnums=(0, 1, 2))
        in_a, in_b, in_x = jax.jit(slopes)(jnp.log(a), jnp.log(b), jnp.asarray(x))
    theirs = stats.beta(a, b)
    assert_allclose(in_x, np.exp(theirs.logpdf(x) - theirs.logcdf(x)), rtol=1e-9)
    la, lb = np.log(a), np.log(b)
    assert_allclose(in_a, (ours(la + h, lb, x) - ours(la - h, lb, x)) / (2 * h), rtol=1e-6, atol=1e-8)
    assert_allclose(in_b, (ours(la, lb + h, x) - ours(la, lb - h, x)) / (2 * h), rtol=1e-6, atol=1e-8)


def test_ends_have_the_probabilities_they_are_given():
    """brms's zoi is the probability of an end, coi that of one at an end."""
    d = make("zero_one_inflated_beta", ETA, phi=5.0, zoi=0.3, coi=0.2)
    assert_allclose(log_prob(d, 0.0), np.log(0.3 * 0.8), rtol=1e-13)
    assert_allclose(log_prob(d, 1.0), np.log(0.3 * 0.2), rtol=1e-13)
    inside = stats.beta(5 * P, 5 * (1 - P)).logpdf(0.4)
    assert_allclose(log_prob(d, 0.4), np.log(0.7) + inside, rtol=1e-12)
    assert_allclose(d.mean, 0.3 * 0.2 + 0.7 * P, rtol=1e-13)
    assert np.all(log_prob(d, 1.5) == -np.inf)


def test_ordered_beta_is_kubinecs():
    first, gap = -1.0, 2.5
    d = make("ordered_beta", ETA, phi=5.0, cutzero=first, cutgap=gap)
    low, high = expit(ETA - first), expit(ETA - first - gap)
    assert_allclose(log_prob(d, 0.0), np.log1p(-low), rtol=1e-12)
    assert_allclose(log_prob(d, 1.0), np.log(high), rtol=1e-12)
    inside = stats.beta(5 * P, 5 * (1 - P)).logpdf(0.4)
    assert_allclose(log_prob(d, 0.4), np.log(low - high) + inside, rtol=1e-11)
    assert_allclose(d.mean, high + (low - high) * P, rtol=1e-12)


def test_a_narrow_gap_keeps_its_probability():
    d = make("ordered_beta", [0.3], phi=5.0, cutzero=0.0, cutgap=(-300.0, "log"))
    beta = stats.beta(5 * expit(0.3), 5 * expit(-0.3)).logpdf(0.4)
    expected = -300.0 + np.log(expit(0.3) * expit(-0.3)) + beta
    assert_allclose(log_prob(d, 0.4), expected, rtol=1e-13)


@pytest.mark.parametrize(
    ("name", "others"),
    [
        ("beta", {"phi": 0.4}),
        pytest.param("beta", {"phi": 20.0}, marks=pytest.mark.slow),
        pytest.param("zero_one_inflated_beta", {"phi": 3.0, "zoi": 0.3, "coi": 0.8}, marks=pytest.mark.slow),
        ("ordered_beta", {"phi": 3.0, "cutzero": -1.0, "cutgap": 2.5}),
    ],
)
def test_draws(name, others):
    drawn = assert_moments(make(name, ETA, **others), draws=4000)
    if name == "beta":
        assert np.all((drawn > 0) & (drawn < 1))
    else:
        assert 0.5 * np.exp(log_prob(make(name, ETA, **others), 0.0)[1]) < np.mean(drawn[:, 1] == 0.0)


FAR = [-700.0, -40.0, 40.0, 700.0]
CASES = [
    ("beta", ("logit", "probit", "cloglog", "cauchit", "identity", "log"), {"phi": "log"}),
    ("zero_one_inflated_beta", ("logit", "cauchit"), {"phi": "log", "zoi": "logit", "coi": "probit"}),
    ("ordered_beta", ("logit",), {"phi": "log", "cutzero": "identity", "cutgap": "log"}),
]


@pytest.mark.parametrize(
    ("name", "link", "others"), [(name, link, others) for name, links, others in CASES for link in links]
)
def test_nothing_is_nan_however_far_out(name, link, others):
    eta, second, y = (part.ravel() for part in np.meshgrid(FAR, FAR, [0.0, 1e-9, 0.5, 1.0]))
    y = np.clip(y, 1e-12, 1 - 1e-12) if name == "beta" else y
    lp, gradients = slopes(name, eta, y, link, **{key: (second, its) for key, its in others.items()})
    assert not np.any(np.isnan(lp))
    assert np.all(lp < np.inf)
    assert all(np.all(np.isfinite(g)) for g in gradients), gradients
