"""Continuous families: densities against scipy, draws and moments, links and parameters far out."""

from __future__ import annotations

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import special, stats

from bayesformula.compiler.likelihood.distributions.small_differences import exp_excess, log_gamma_1p
from bayesformula.compiler.likelihood.distributions.von_mises import log_i0e
from bayesformula.compiler.links import Linked
from bayesformula.families import FAMILIES, record
from continuous_cases import CASES, NAMES, Case, evaluate, made, program, sampler

# ---- densities ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_density_is_scipys(case):
    y = case.response
    ours, slopes = evaluate(case, "log_prob", y)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        expected = case.scipy.logpdf(y)
    size = 1e-10 * (1 + dict(case.parameters).get("shape", 1.0) * 1e-2)  # what scipy's own sums cancel
    assert_allclose(ours[np.isfinite(expected)], expected[np.isfinite(expected)], rtol=1e-10, atol=size)
    assert (ours[expected == -np.inf] == -np.inf).all()
    assert all(np.isfinite(slope).all() for slope in slopes.values())


@pytest.mark.parametrize("case", [case for case in CASES if case.parameters[-1][1] < 1e4], ids=str)
def test_derivatives_are_those_of_scipys_density(case):
    """Central differences of scipy's log density: eight digits are left of sixteen."""
    y = case.scipy.ppf(np.linspace(0.05, 0.95, 48))
    _, slopes = evaluate(case, "log_prob", y)
    at = dict(case.parameters)
    for name, value in at.items():
        step = 1e-5 * (abs(value) or 0.01)
        up, down = (
            Case(case.family, tuple({**at, name: value + sign * step}.items())).scipy.logpdf(y)
            for sign in (1, -1)
        )
        expected = (up - down) / (2 * step)
        if case.family == "asym_laplace" and name == "mu":
            continue  # a kink at y = mu
        rounding = 1e-12 * (np.abs(up).max() + 1.0) / step
        assert_allclose(slopes[name], expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max() + rounding)


def test_the_slope_of_an_asymmetric_laplace_is_the_quantile_or_one_minus_it():
    y = np.array([-3.0, 5.0] * 24)
    case = Case("asym_laplace", (("mu", 0.5), ("sigma", 2.0), ("quantile", 0.3)))
    _, slopes = evaluate(case, "log_prob", y)
    assert_allclose(slopes["mu"], np.where(y < 0.5, -0.7, 0.3) / 2.0, rtol=1e-14)


LIMITS = [
    ("student", {"mu": 0.3, "sigma": 1.1, "nu": 1e17}, stats.norm(0.3, 1.1)),
    ("skew_normal", {"mu": 0.3, "sigma": 1.1, "alpha": 1e-12}, stats.norm(0.3, 1.1)),
    ("exgaussian", {"mu": 0.3, "sigma": 1.1, "beta": 1e-12}, stats.norm(0.3, 1.1)),
    ("exgaussian", {"mu": 0.3, "sigma": 1e-12, "beta": 2.0}, stats.expon(-1.7, 2.0)),
    ("gamma", {"mu": 1e9, "shape": 1e18}, stats.norm(1e9, 1.0)),
    ("inverse_gaussian", {"mu": 1e9, "shape": 1e27}, stats.norm(1e9, 1.0)),
    ("von_mises", {"mu": 0.3, "kappa": 1e16}, stats.norm(0.3, 1e-8)),
]


@pytest.mark.parametrize(("family", "parameters", "limit"), LIMITS, ids=lambda x: str(x)[:30])
def test_limits_keep_their_digits(family, parameters, limit):
    """Shapes at which a difference of two lgammas has no digit left."""
    y = limit.ppf(np.linspace(0.1, 0.9, 9))
    assert_allclose(made(family, parameters).log_prob(jnp.asarray(y)), limit.logpdf(y), atol=3e-6)


# ---- far out -----------------------------------------------------------------------------------------

MILD = {"mu": 0.4, "sigma": 1.1, "nu": 3.0, "alpha": -1.5, "beta": 0.8, "quantile": 0.3, "kappa": 2.0,
        "ndt": 0.1, "shape": 1.7, "phi": 1.3, "power": 1.5}  # fmt: skip
ETA = np.array([-700.0, -230.0, -40.0, -1.0, 0.6, 1.4, 40.0, 700.0])
Y = np.array([-1.0, 1e-8, 0.3, 1.0, 2.5, 30.0, 1e6])
FAR = list(itertools.product(ETA, Y))
USUAL = {"student": {"nu": "logm1"}, "asym_laplace": {"quantile": "logit"}, "tweedie": {"power": "logitm1"},
         "von_mises": {"mu": "tan_half"}}  # fmt: skip
LINKED = [
    (family, name, link)
    for family, names in NAMES.items()
    for name in names.split()
    for link in dict(record(family).legal_links)[name]
]


def usual_links(family: str) -> tuple[tuple[str, str], ...]:
    positive = {"sigma", "beta", "kappa", "ndt", "shape", "phi"}
    if FAMILIES[family].family.support in ("positive", "nonnegative") and "lognormal" not in family:
        positive.add("mu")
    names = NAMES[family].split()
    return tuple(
        (name, USUAL.get(family, {}).get(name, "log" if name in positive else "identity")) for name in names
    )


def check_no_nan(family: str, links: tuple[tuple[str, str], ...], p: dict, y: np.ndarray) -> None:
    if family == "von_mises":
        y = np.remainder(y, np.pi)
    value, slopes = program(family, "log_prob", links)(p, y)
    assert not np.isnan(value).any()
    assert (value < np.inf).all()
    for name, slope in slopes.items():
        bad = ~np.isfinite(slope)
        assert not bad.any(), (name, {other: at[bad] for other, at in p.items()}, y[bad])
    if FAMILIES[family].family.support in ("positive", "nonnegative"):
        assert (value[y < 0] == -np.inf).all()
        assert all((slope[y < 0] == 0.0).all() for slope in slopes.values())


@pytest.mark.parametrize("family", NAMES)
def test_predictors_far_out_give_no_nan(family):
    """Each parameter in turn at eta = +-40 and beyond: -inf at worst, every derivative finite."""
    names, (eta, y) = NAMES[family].split(), np.array(FAR).T
    mild = np.full(len(eta), 0.3)
    rows = [{name: eta if name == far else mild for name in names} for far in names]
    p = {name: np.concatenate([row[name] for row in rows]) for name in names}
    check_no_nan(family, usual_links(family), p, np.tile(y, len(names)))


@pytest.mark.slow
@pytest.mark.parametrize(("family", "name", "link"), LINKED)
def test_no_legal_link_gives_a_nan(family, name, link):
    """Every link of every parameter, where it is legal; a program each."""
    eta, y = np.array(FAR).T
    predictor, support = Linked(jnp.asarray(eta), link), record(family).family.support_of(name)
    p = {other: np.full(len(y), MILD[other]) for other in NAMES[family].split()}
    p[name] = np.asarray(predictor.made_legal(support).eta)
    check_no_nan(family, ((name, link),), p, y)


# ---- draws -------------------------------------------------------------------------------------------

DRAWN = [case for case in CASES if case.family != "von_mises"]


@pytest.mark.parametrize("case", DRAWN, ids=str)
def test_mean_and_variance_are_scipys(case):
    d, expected = made(case.family, dict(case.parameters)), case.scipy
    with np.errstate(all="ignore"):
        mean, variance = expected.stats("mv")
    if np.isfinite(mean) and (case.family, "shape", 0.01) != (case.family, *case.parameters[-1]):
        assert_allclose(d.mean, mean, rtol=1e-9)
    if np.isfinite(variance) and np.isfinite(mean):
        assert_allclose(d.variance, variance, rtol=1e-7)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_draws_follow_the_distribution(case):
    """4,000 draws with a fixed seed: Kolmogorov-Smirnov, which a true distribution fails once in 100,000,
    and mean and variance within five standard errors of scipy's.
    """
    expected = case.scipy
    draws = np.asarray(sampler(case.family, 4000)(jax.random.PRNGKey(11), dict(case.parameters)))
    assert draws.shape == (4000,)
    if case.family == "von_mises":  # scipy's cdf runs from mu - pi, draws are between -pi and pi
        assert (np.abs(draws) <= np.pi).all()
        mu = case.parameters[0][1]
        assert (
            stats.kstest(mu + np.remainder(draws - mu + np.pi, 2 * np.pi) - np.pi, expected.cdf).pvalue > 1e-5
        )
        return
    assert stats.kstest(draws, expected.cdf).pvalue > 1e-5
    low, high = expected.support()
    assert (draws >= low).all()
    assert (draws <= high).all()
    mean, variance, kurtosis = expected.stats("mvk")
    if np.isfinite(kurtosis) and abs(kurtosis) < 100:  # beyond, the standard error is itself no guide
        assert abs(draws.mean() - mean) < 5 * np.sqrt(variance / draws.size)
        assert abs(draws.var() - variance) < 5 * variance * np.sqrt((kurtosis + 2) / draws.size)


def test_rows_and_draws_are_shaped_by_broadcasting():
    for family, names in NAMES.items():
        p = {name: np.float64(MILD[name]) for name in names.split()} | {"mu": np.array([0.5, 0.6, 0.7])}

        def shapes(p: dict = p, family: str = family):
            d, key = made(family, p), jax.random.PRNGKey(0)
            assert d.batch_shape == (3,)
            assert d.event_shape == ()
            return d.sample(key, (5,)), d.sample(key), d.mean, d.variance, d.log_prob(jnp.full(3, 0.8))

        assert [out.shape for out in jax.eval_shape(shapes)] == [(5, 3), (3,), (3,), (3,), (3,)]


def test_a_delayed_response_is_never_before_its_delay():
    d = made("shifted_lognormal", {"mu": -9.0, "sigma": 3.0, "ndt": 0.25})
    assert (np.asarray(d.sample(jax.random.PRNGKey(1), (1000,))) >= 0.25).all()
    assert (np.asarray(d.log_prob(jnp.array([0.0, 0.25]))) == -np.inf).all()


# ---- the functions below -----------------------------------------------------------------------------


def test_exp_excess_keeps_its_digits():
    """Against the series, near zero; against the formula, elsewhere."""
    u = np.array([1e-12, 1e-5, -1e-5, 0.01, -0.3])
    series = sum(u**k / special.factorial(k) for k in range(2, 25))
    assert_allclose(exp_excess(jnp.asarray(u)), series, rtol=1e-15)
    far = np.array([-700.0, -3.0, -0.36, 0.36, 3.0, 200.0])
    assert_allclose(exp_excess(jnp.asarray(far)), np.expm1(far) - far, rtol=1e-14)


def test_log_gamma_1p_keeps_its_digits():
    x = np.concatenate([np.geomspace(1e-3, 1e6, 60), [0.4, 1.0]])
    assert_allclose(jax.jit(log_gamma_1p)(jnp.asarray(x)), special.gammaln(1 + x), rtol=1e-12, atol=3e-15)
    tiny = np.array([1e-20, 1e-9])
    assert_allclose(jax.jit(log_gamma_1p)(jnp.asarray(tiny)), -np.euler_gamma * tiny, rtol=1e-8)


def test_the_derivative_of_the_bessel_function_does_not_cancel():
    """It tends to -1/(2 kappa) (1 + 1/(4 kappa)), where the difference of the ratio and 1 has no digits."""
    kappa = np.array([1e-9, 0.5, 20.0, 499.0, 501.0, 1e12])
    slope = jax.vmap(jax.grad(log_i0e))(jnp.asarray(kappa))
    expected = special.i1e(kappa) / special.i0e(kappa) - 1
    expected[-1] = -0.5e-12
    assert_allclose(slope, expected, rtol=1e-10)
