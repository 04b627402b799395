"""Response terms: truncation and censoring against SciPy's distribution functions."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats
from scipy.special import expit, logsumexp

from bayesformula.compiler.likelihood.tails import log_cdf, log_mass, log_sf
from bayesformula.families import FAMILIES
from response_cases import FAST, at_each, draws_of, log_prob, make, mean_of, slopes, strict, table_of

ETA = np.array([-1.0, 0.0, 0.8, 1.6])
MU = np.exp(ETA)
TRIALS = np.full(4, 12.0)
COUNTS = {
    "poisson": ({}, stats.poisson(MU)),
    "negbinomial": ({"shape": 1.5}, stats.nbinom(1.5, 1.5 / (1.5 + MU))),
    "negbinomial1": ({"phi": 0.6}, stats.nbinom(MU / 0.6, 1 / 1.6)),
    "geometric": ({}, stats.geom(1 / (1 + MU), loc=-1)),
    "binomial": ({"terms": {"trials": TRIALS}}, stats.binom(12, expit(ETA))),
    "beta_binomial": (
        {"terms": {"trials": TRIALS}, "phi": 3.0},
        stats.betabinom(12, 3 * expit(ETA), 3 * expit(-ETA)),
    ),
}
NUMBERS = {
    "gaussian": ({"sigma": 1.3}, stats.norm(ETA, 1.3)),
    "gamma": ({"shape": 2.0}, stats.gamma(2.0, scale=MU / 2)),
    "exponential": ({}, stats.expon(scale=MU)),
    "lognormal": ({"sigma": 0.7}, stats.lognorm(0.7, scale=MU)),
    "beta": ({"phi": 4.0}, stats.beta(4 * expit(ETA), 4 * expit(-ETA))),
}
BOTH = {**COUNTS, **NUMBERS}


def bounded(name, max_count=40, **terms):
    """A response with these terms, and SciPy's without them."""
    options, theirs = BOTH[name]
    terms = {**options.get("terms", {}), **{key: np.broadcast_to(v, 4) for key, v in terms.items()}}
    return make(name, ETA, **{**options, "terms": terms}, max_count=max_count), theirs


# ---- tails -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", COUNTS)
def test_tails_of_counts(name):
    """Both, however far out; scipy's pmf summed where its tails have no digits."""
    d, theirs = bounded(name)
    with strict():
        below = jax.jit(lambda y: log_cdf(d, y, 40), compiler_options=FAST)
        above = jax.jit(lambda y: log_sf(d, y, 40), compiler_options=FAST)
        for y in (0.0, 1.0, 4.0, 9.0, 30.0):
            at = jnp.full(4, y)
            k = np.arange(int(y) + 1, 1500)[:, None]
            with np.errstate(divide="ignore"):
                assert_allclose(below(at), theirs.logcdf(y), rtol=1e-10, atol=1e-14)
                assert_allclose(above(at), logsumexp(theirs.logpmf(k), axis=0), rtol=1e-8, atol=1e-13)


def test_a_tail_too_small_for_a_double():
    d = make("poisson", [-3.0])
    exact = logsumexp(stats.poisson(np.exp(-3.0)).logpmf(np.arange(301, 400)))
    with strict():
        assert_allclose(log_sf(d, jnp.array([300.0]), 300), exact, rtol=1e-12)


def test_an_upper_tail_that_ends_beyond_the_sum_goes_on_as_a_geometric_one():
    """A long tail of which a sum up to 2 max_count + 63 sees little."""
    d = make("negbinomial", np.log([400.0]), shape=0.02)
    theirs = stats.nbinom(0.02, 0.02 / 400.02)
    assert_allclose(log_sf(d, jnp.array([50.0]), 50), theirs.logsf(50), rtol=1e-10)
    d = make("geometric", np.log([20.0]))
    assert_allclose(log_sf(d, jnp.array([400.0]), 400), 401 * np.log(20 / 21), rtol=1e-12)


def test_mass_between_bounds_of_which_some_are_open():
    d = make("gaussian", np.zeros(6), sigma=1.0)
    low = np.array([-np.inf, -np.inf, 9.0, 9.0, -10.0, 2.0])
    high = np.array([np.inf, -9.0, np.inf, 10.0, -9.0, 2.0])
    expected = [
        0,
        stats.norm.logcdf(-9),
        stats.norm.logsf(9),
        *[np.log(stats.norm.sf(9) - stats.norm.sf(10))] * 2,
    ]
    with strict():
        ours = log_mass(d, jnp.asarray(low), jnp.asarray(high), 0)
    assert_allclose(ours[:5], expected, rtol=1e-12)
    assert ours[5] == -np.inf


# ---- truncation --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.slow] * ("beta" in name or "1" in name)) for name in COUNTS],
)
def test_truncated_counts(name):
    """Bounds are included; the three kinds of windows, and their means."""
    k = np.arange(1500)[:, None]
    with np.errstate(divide="ignore"):
        p = BOTH[name][1].pmf(k)
    for terms in (
        {"lower": 1.0},
        {"upper": 5.0},
        {"lower": [1.0, 2, -np.inf, 3], "upper": [4.0, np.inf, 6, 3]},
    ):
        d, _ = bounded(name, max_count=6, **terms)
        inside = (k >= terms.get("lower", -np.inf)) & (k <= terms.get("upper", np.inf))
        share = np.where(inside, p, 0.0) / np.where(inside, p, 0.0).sum(axis=0)
        with np.errstate(divide="ignore"):
            assert_allclose(table_of(d, 5), np.log(share[:6]), rtol=1e-9, atol=1e-13)
        assert_allclose(mean_of(d), (k * share).sum(axis=0), rtol=1e-8, atol=1e-13)


@pytest.mark.parametrize("name", NUMBERS)
def test_truncated_numbers(name):
    theirs = BOTH[name][1]
    for terms in ({"lower": 0.3}, {"upper": 0.9}, {"lower": 0.3, "upper": 0.9}):
        d, _ = bounded(name, **terms)
        low, high = terms.get("lower", -np.inf), terms.get("upper", np.inf)
        total = np.log(theirs.cdf(high) - theirs.cdf(low))
        y = np.array([[0.31], [0.6], [0.89], [0.95 if "upper" in terms else 0.2]])
        ours = at_each(d, y[:, 0])
        assert_allclose(ours[:3], theirs.logpdf(y)[:3] - total, rtol=1e-9, atol=1e-12)
        assert np.all(ours[3] == -np.inf)


def test_truncated_far_out_in_a_tail():
    """Ten standard deviations out: log_sf, not the logarithm of a difference."""
    d = make("gaussian", [0.0], sigma=1.0, terms={"lower": [10.0]})
    assert_allclose(log_prob(d, 10.2), stats.norm.logpdf(10.2) - stats.norm.logsf(10), rtol=1e-12)
    drawn = draws_of(d, 0, 500)
    mean = np.exp(stats.norm.logpdf(10) - stats.norm.logsf(10))
    assert np.all(drawn >= 10)
    assert drawn.mean() == pytest.approx(mean, abs=5 * 0.1 / np.sqrt(500))
    assert_allclose(mean_of(d), mean, rtol=1e-7)


def test_means_of_truncated_numbers():
    d, _ = bounded("gaussian", lower=0.3, upper=0.9)
    a, b = (0.3 - ETA) / 1.3, (0.9 - ETA) / 1.3
    assert_allclose(mean_of(d), stats.truncnorm(a, b, loc=ETA, scale=1.3).mean(), rtol=1e-8)
    d, _ = bounded("exponential", lower=0.5)
    assert_allclose(mean_of(d), 0.5 + MU, rtol=1e-7)


@pytest.mark.parametrize(
    ("name", "terms"),
    [
        ("poisson", {"lower": 9.0}),  # few plain draws are inside: mostly by counting
        pytest.param("negbinomial", {"lower": 1.0, "upper": 4.0}, marks=pytest.mark.slow),
        ("gaussian", {"lower": 3.0, "upper": 3.5}),
        ("exponential", {"upper": 0.01}),
    ],
)
def test_draws_are_inside_and_have_the_mean(name, terms):
    d, _ = bounded(name, max_count=9, **terms)
    drawn = draws_of(d, 5, 3000)
    assert np.all(drawn >= terms.get("lower", -np.inf))
    assert np.all(drawn <= terms.get("upper", np.inf))
    assert np.all(np.abs(drawn.mean(axis=0) - mean_of(d)) < 5 * drawn.std(axis=0) / np.sqrt(3000))


# ---- censoring ---------------------------------------------------------------------------------------

CODE = np.array([-1.0, 0.0, 1.0, 2.0])


@pytest.mark.parametrize("name", BOTH)
def test_censored(name):
    d, theirs = bounded(name, cens=CODE, cens_upper=0.9 if name in NUMBERS else 7.0)
    y, upper = (0.4, 0.9) if name in NUMBERS else (2.0, 7.0)
    seen = theirs.logpdf(y) if name in NUMBERS else theirs.logpmf(y)
    between = np.log(theirs.cdf(upper) - theirs.cdf(y))
    expected = [theirs.logcdf(y)[0], seen[1], theirs.logsf(y)[2], between[3]]
    assert_allclose(log_prob(d, y), expected, rtol=1e-9)
    assert_allclose(mean_of(d), theirs.mean(), rtol=1e-9)


def test_censored_and_truncated():
    """What is known of Y, given that it is within the window."""
    d, theirs = bounded("poisson", cens=CODE, cens_upper=7.0, lower=1.0, upper=9.0)
    total = theirs.cdf(9) - theirs.cdf(0)
    below, above = theirs.cdf(2) - theirs.cdf(0), theirs.cdf(9) - theirs.cdf(2)
    between = theirs.cdf(7) - theirs.cdf(2)
    expected = np.log([below[0], theirs.pmf(2)[1], above[2], between[3]]) - np.log(total)
    assert_allclose(log_prob(d, 2.0), expected, rtol=1e-10)


@pytest.mark.parametrize(("wrapper", "zero"), [("zero_inflated", "zi"), ("hurdle", "hu")])
@pytest.mark.parametrize("base", ["poisson", "gamma"])
def test_tails_with_zeros(wrapper, zero, base):
    options = {**BOTH[base][0], zero: 0.3}
    d = make(f"{wrapper}_{base}", ETA, **options)
    theirs = BOTH[base][1]
    p_zero = theirs.cdf(0) if wrapper == "hurdle" else 0.0
    tails = jax.jit(lambda y: (log_cdf(d, y, 3), log_sf(d, y, 3)), compiler_options=FAST)
    for y in (0.0, 3.0):
        below = 0.3 + 0.7 * (theirs.cdf(y) - p_zero) / (1 - p_zero)
        ours = tails(jnp.full(4, y))
        assert_allclose(ours[0], np.log(below), rtol=1e-10)
        assert_allclose(ours[1], np.log1p(-below), rtol=1e-9)
    assert_allclose(tails(jnp.full(4, -1.0))[0], -np.inf)


FAR = [-700.0, -40.0, 40.0, 700.0]


QUICK = ("poisson", "negbinomial", "gaussian", "lognormal")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.slow] * (name not in QUICK))
        for name, row in FAMILIES.items()
        if "cens" in row.terms
    ],
)
def test_nothing_is_nan_however_far_out(name):
    """Every family with tails, censored in every way within a window."""
    eta, code = (part.ravel() for part in np.meshgrid(FAR, CODE))
    others = {"shape": 1.7, "phi": 1.3, "sigma": 0.8, "ndt": 0.1, "nu": 4.0, "beta": 0.6, "quantile": 0.3}
    family = FAMILIES[name].family
    options = {key: value for key, value in others.items() if key in family.parameters}
    y, upper, window = (2.0, 4.0, 6.0) if FAMILIES[name].is_discrete else (0.4, 0.6, 0.9)
    terms = {
        "cens": code,
        "cens_upper": np.full(16, upper),
        "lower": np.full(16, 0.2),
        "upper": np.full(16, window),
    }
    if "trials" in FAMILIES[name].terms:
        terms["trials"] = np.full(16, 9.0)
    link = family.link("mu")
    lp, gradients = slopes(name, eta, np.full(16, y), link, terms=terms, max_count=9, **options)
    assert not np.any(np.isnan(lp))
    assert np.all(lp < np.inf)
    assert all(np.all(np.isfinite(g)) for g in gradients), gradients
