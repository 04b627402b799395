"""Counts against SciPy, at their limits, by their sums and by their draws."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats
from scipy.special import expit, gammaln

from bayesformula.compiler.likelihood.distributions.gammas import (
    log_add_exp,
    log_factorial,
    log_gamma_rest,
    log_rising,
    log_sub_exp,
)
from bayesformula.families import record
from response_cases import assert_moments, at_each, draws_of, log_prob, make, slopes, table_of

ETA = np.array([-3.0, -0.5, 0.4, 1.7, 3.0])
MU = np.exp(ETA)
TRIALS = np.array([1.0, 2.0, 7.0, 20.0, 300.0])
SCIPY = {
    "poisson": (("poisson", {}), stats.poisson(MU)),
    "poisson rate": (("poisson", {"terms": {"rate": TRIALS}}), stats.poisson(MU * TRIALS)),
    "negbinomial": (("negbinomial", {"shape": 2.5}), stats.nbinom(2.5, 2.5 / (2.5 + MU))),
    "negbinomial small shape": (("negbinomial", {"shape": 1e-3}), stats.nbinom(1e-3, 1e-3 / (1e-3 + MU))),
    "negbinomial rate": (
        ("negbinomial", {"shape": 2.5, "terms": {"rate": TRIALS}}),
        stats.nbinom(2.5 * TRIALS, 2.5 / (2.5 + MU)),
    ),
    "negbinomial1": (("negbinomial1", {"phi": 0.7}), stats.nbinom(MU / 0.7, 1 / 1.7)),
    "geometric": (("geometric", {}), stats.geom(1 / (1 + MU), loc=-1)),
    "geometric rate": (("geometric", {"terms": {"rate": TRIALS}}), stats.nbinom(TRIALS, 1 / (1 + MU))),
    "generalized_poisson of phi 1": (("generalized_poisson", {"phi": 1.0}), stats.poisson(MU)),
    "bernoulli": (("bernoulli", {}), stats.bernoulli(expit(ETA))),
    "binomial": (("binomial", {"terms": {"trials": TRIALS}}), stats.binom(TRIALS, expit(ETA))),
    "beta_binomial": (
        ("beta_binomial", {"terms": {"trials": TRIALS}, "phi": 3.0}),
        stats.betabinom(TRIALS.astype(int), 3 * expit(ETA), 3 * expit(-ETA)),
    ),
}


def pair(case):
    """Our response and SciPy's."""
    (name, options), theirs = SCIPY[case]
    return make(name, ETA, **options), theirs


@pytest.mark.parametrize("case", SCIPY)
def test_density_mean_and_variance_are_scipys(case):
    ours, theirs = pair(case)
    y = np.array([0, 1, 2, 5, 17, 80])
    expected = theirs.logpmf(y[:, None])
    seen = expected > -690.0  # scipy underflows below
    assert_allclose(at_each(ours, y)[seen], expected[seen], rtol=1e-10, atol=1e-12)
    assert_allclose(ours.mean, theirs.mean(), rtol=1e-12)
    assert_allclose(ours.variance, theirs.var(), rtol=1e-11)


@pytest.mark.parametrize(
    "case", [case for case in SCIPY if "small" not in case]
)  # its tails are too heavy to count
def test_draws_have_the_mean_and_the_variance(case):
    ours, theirs = pair(case)
    drawn = assert_moments(ours, variance=theirs.var())
    assert np.all(drawn == np.round(drawn))


# ---- generalized Poisson: not in SciPy ---------------------------------------------------------------


def consul(mu, phi, y):
    theta, slope = mu / phi, 1 - 1 / phi
    return math.log(theta) + (y - 1) * math.log(theta + slope * y) - theta - slope * y - math.lgamma(y + 1)


def test_generalized_poisson_is_the_papers():
    for mu, phi in ((3.0, 1.6), (0.2, 4.0), (20.0, 0.8)):
        ours = make("generalized_poisson", [math.log(mu)], phi=phi)
        expected = [[consul(mu, phi, y)] for y in (0, 1, 4, 11)]
        assert_allclose(at_each(ours, [0, 1, 4, 11]), expected, rtol=1e-11)


PHIS = (0.52, *(pytest.param(phi, marks=pytest.mark.slow) for phi in (0.7, 0.95, 1.0, 1.3)), 2.5)


@pytest.mark.parametrize("phi", PHIS)
def test_generalized_poisson_sums_to_one_and_has_the_moments_it_says(phi):
    """Below phi = 1 too, however short the support; its mean is mu where the support is not short."""
    mu = np.array([0.05, 0.4, 1.0, 3.0, 8.0, 30.0])
    ours = make("generalized_poisson", np.log(mu), phi=phi)
    p = np.exp(table_of(ours, 1500))
    k = np.arange(len(p))[:, None]
    assert_allclose(p.sum(axis=0), 1.0, rtol=1e-12)
    assert_allclose((k * p).sum(axis=0), ours.mean, rtol=1e-9, atol=1e-300)
    assert_allclose(((k - ours.mean) ** 2 * p).sum(axis=0), ours.variance, rtol=1e-9, atol=1e-300)
    is_long = mu > 15 * (1 - phi)
    assert_allclose(ours.mean[is_long], mu[is_long], rtol=1e-10)
    assert_allclose(ours.variance[is_long], mu[is_long] * phi**2, rtol=1e-9)


@pytest.mark.parametrize("phi", PHIS)
def test_draws_of_generalized_poisson(phi):
    assert_moments(make("generalized_poisson", np.log([0.4, 3.0, 30.0]), phi=phi), seed=3)


def test_draws_of_generalized_poisson_do_not_count_to_a_large_mean():
    """Moments where the draws become normal ones, and a mean that a wide prior may give."""
    for phi in (0.7, 1.5):
        assert_moments(make("generalized_poisson", np.log([900.0, 1100.0, 2e5]), phi=phi), seed=4)
        huge = make("generalized_poisson", [math.log(1e30)], phi=phi).sample(jax.random.PRNGKey(0))
        assert_allclose(huge, 1e30, rtol=1e-10)


def test_generalized_poisson_below_one_half_is_impossible():
    ours = make("generalized_poisson", [0.0, 1.0], phi=(np.log(0.4), "log"))
    assert np.all(log_prob(ours, 1) == -np.inf)
    assert np.all(np.isnan(ours.mean))
    lp, gradients = slopes("generalized_poisson", [0.0, 1.0], [1, 2], phi=(np.log(0.4), "log"))
    assert np.all(lp == -np.inf)
    assert all(np.all(np.isfinite(g)) for g in gradients)


# ---- limits ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("log_shape", [np.log(1e8), 40.0, 300.0, 700.0, 1e6])
def test_large_shape_is_poisson(log_shape):
    """To the digit, where lgamma(shape + y) - lgamma(shape) has none."""
    y = np.array([0.0, 1.0, 7.0, 30.0, 2.0])
    ours = log_prob(make("negbinomial", ETA, shape=(log_shape, "log")), y)
    correction = 0.5 * ((y - MU) ** 2 - y) / np.exp(min(log_shape, 690.0))  # of first order in 1/shape
    assert_allclose(ours, stats.poisson(MU).logpmf(y) + correction, rtol=1e-11, atol=1e-11)


def test_small_shape_and_small_phi():
    """Nearly all zeros: log p(y > 0) is log(shape) and what does not depend on it."""
    y = np.array([0.0, 1.0, 5.0])
    for log_shape in (-40.0, -300.0, -690.0):
        lp = log_prob(make("negbinomial", np.zeros(3), shape=(log_shape, "log")), y)
        assert_allclose(lp[1:], log_shape - np.log(y[1:]), rtol=1e-12)
        assert lp[0] == pytest.approx(0.0, abs=1e-14)
    lp = log_prob(make("negbinomial1", np.zeros(3), phi=(-40.0, "log")), y)
    assert_allclose(lp, stats.poisson(1.0).logpmf(y), rtol=1e-13)


def test_derivatives_in_a_large_shape_are_right():
    """d/d log(shape) is -((y - mu)^2 - y) / (2 shape) to first order."""
    y = np.array([0.0, 1.0, 7.0, 30.0, 2.0])
    for shape in (1e4, 1e6):
        _, (_, slope) = slopes("negbinomial", ETA, y, shape=(np.log(shape) + 0 * ETA, "log"))
        assert_allclose(slope, -0.5 * ((y - MU) ** 2 - y) / shape, rtol=50 / np.sqrt(shape), atol=1e-11)


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog", "cauchit"])
def test_probabilities_are_exact_at_40(link):
    latent = {
        "logit": stats.logistic,
        "probit": stats.norm,
        "cloglog": stats.gumbel_l,
        "cauchit": stats.cauchy,
    }
    eta = np.array([-40.0, 40.0])
    log_p, log_q = latent[link].logcdf(eta), latent[link].logsf(eta)
    if link == "cauchit":  # scipy loses the digits of log(1 - tiny)
        tail = np.arctan(1 / 40) / np.pi
        log_p, log_q = [np.log(tail), np.log1p(-tail)], [np.log1p(-tail), np.log(tail)]
    if link == "cloglog":
        log_p = np.array([-40.0, np.log(-np.expm1(-np.exp(40.0)))])
    d = make("bernoulli", eta, link)
    assert_allclose(log_prob(d, 1), log_p, rtol=1e-12, atol=1e-300)
    assert_allclose(log_prob(d, 0), log_q, rtol=1e-12, atol=1e-300)
    d = make("binomial", eta, link, terms={"trials": [3.0, 3.0]})
    assert_allclose(log_prob(d, 1), np.log(3) + log_p + 2 * np.asarray(log_q), rtol=1e-12)


FAR = [-700.0, -40.0, 40.0, 700.0]
OTHER = {
    "poisson": "",
    "geometric": "",
    "negbinomial": "shape",
    "negbinomial1": "phi",
    "generalized_poisson": "phi",
    "bernoulli": "",
    "binomial": "",
    "beta_binomial": "phi",
}


@pytest.mark.parametrize(
    ("name", "link"),
    [
        pytest.param(name, link, marks=[pytest.mark.slow] * (link != record(name).family.link("mu")))
        for name in OTHER
        for link in dict(record(name).legal_links)["mu"]
    ],
)
def test_nothing_is_nan_however_far_out(name, link):
    """Values finite or -inf and derivatives finite, for mu and the other parameter at every extreme."""
    eta, second, y = (part.ravel() for part in np.meshgrid(FAR, FAR, [0.0, 1.0, 3.0]))
    options = {OTHER[name]: (second, "log")} if OTHER[name] else {}
    if name in ("binomial", "beta_binomial"):
        options["terms"] = {"trials": np.full(48, 5.0)}
    y = np.minimum(y, 1.0) if name == "bernoulli" else y
    lp, gradients = slopes(name, eta, y, link, **options)
    assert not np.any(np.isnan(lp))
    assert np.all(lp < np.inf)
    assert all(np.all(np.isfinite(g)) for g in gradients), gradients


def test_what_is_no_count_has_no_probability():
    for case in SCIPY:
        assert np.all(log_prob(pair(case)[0], -1) == -np.inf)
    assert np.all(log_prob(pair("binomial")[0], 301) == -np.inf)
    assert np.all(log_prob(pair("bernoulli")[0], 2) == -np.inf)


def test_draws_with_huge_means_are_numbers():
    for name, others in {"poisson": {}, "negbinomial": {"shape": 1e-3}, "negbinomial1": {"phi": 5.0}}.items():
        drawn = draws_of(make(name, [20.0, 60.0, 600.0, -600.0], **others), 1, 1)
        assert np.all(np.isfinite(drawn))
        assert np.all(drawn >= 0)


# ---- gamma functions ---------------------------------------------------------------------------------


def test_gamma_functions():
    x = np.geomspace(1e-12, 50.0, 60)
    assert_allclose(log_gamma_rest(jnp.log(x)), gammaln(x) - x * np.log(x) + x, rtol=1e-12, atol=1e-12)
    assert log_gamma_rest(jnp.array(600.0)) == pytest.approx(0.5 * (math.log(2 * math.pi) - 600.0))
    y = np.array([0.0, 1, 2, 17, 255, 256, 257, 1e3, 1e6, 1e12])
    assert_allclose(log_factorial(jnp.asarray(y)), gammaln(y + 1), rtol=1e-14)
    for s in (1e-8, 0.3, 5.0, 1e4, 1e8, 1e100):
        for y in (0.0, 1.0, 2.0, 100.0, 5000.0):
            exact = math.fsum(math.log(s + i) for i in range(int(y)))
            assert_allclose(log_rising(jnp.log(s), jnp.array(y)), exact, rtol=2e-13, atol=1e-14)


def test_sums_and_differences_of_logarithms():
    a = jnp.array([0.0, -1.0, -np.inf, -np.inf, -700.0])
    b = jnp.array([-1.0, -1.0, -1.0, -np.inf, -np.inf])
    with np.errstate(all="ignore"):
        assert_allclose(log_add_exp(a, b), np.logaddexp(a, b), rtol=1e-14)
        assert_allclose(log_sub_exp(a, b)[:2], [np.log(1 - np.exp(-1)), -np.inf], rtol=1e-14)
    assert log_sub_exp(a, b)[4] == -700.0


def test_draws_of_a_mean_next_to_nothing_are_zeros():
    """JAX draws -1 where a mean is denormal in float32."""
    from bayesformula.compiler.likelihood.distributions.poisson import draw_poisson

    means = jnp.asarray([0.0, 1e-310, 1e-300, 1e-44, 1e-40, 1e-38, 1e-20])
    drawn = draw_poisson(jax.random.PRNGKey(0), jnp.broadcast_to(means, (200, len(means))))
    assert_allclose(drawn, 0.0)
