"""log P(Y <= y) and log P(Y > y) of continuous families: scipy's, far out, and their derivatives."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import special, stats

from bayesformula.compiler.likelihood.distributions.gamma_tails import log_gamma_tails
from bayesformula.compiler.likelihood.distributions.half_line import log_integral
from bayesformula.families import FAMILIES
from continuous_cases import NAMES, TAILED, Case, evaluate

SIDES = ("log_cdf", "log_sf")


def scipys(case: Case, form: str, y: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        return (case.scipy.logcdf if form == "log_cdf" else case.scipy.logsf)(y)


def is_good(case: Case, expected: np.ndarray) -> np.ndarray:
    """Where scipy's own value has its digits: it is finite, and the probability neither rounds to 0 nor 1."""
    return np.isfinite(expected) & (expected > -650) & (expected < -1e-12)


@pytest.mark.parametrize("form", SIDES)
@pytest.mark.parametrize("case", TAILED, ids=str)
def test_tails_are_scipys(case, form):
    y = case.response
    ours, slopes = evaluate(case, form, y)
    expected = scipys(case, form, y)
    good = is_good(case, expected)
    assert good.sum() > 10
    assert_allclose(ours[good], expected[good], rtol=2e-9, atol=1e-11)
    assert not np.isnan(ours).any()
    assert (ours <= 0).all()
    assert all(np.isfinite(slope).all() for slope in slopes.values())


@pytest.mark.parametrize("case", TAILED, ids=str)
def test_the_two_tails_add_up_to_one(case):
    y = case.scipy.ppf(np.linspace(0.001, 0.999, 48))
    total = np.exp(evaluate(case, "log_cdf", y)[0]) + np.exp(evaluate(case, "log_sf", y)[0])
    assert_allclose(total, 1.0, atol=5e-12)


@pytest.mark.parametrize("form", SIDES)
@pytest.mark.parametrize("case", [case for case in TAILED if 1e-3 < case.parameters[-1][1] < 1e4], ids=str)
def test_derivatives_are_those_of_the_tails(case, form):
    """Central differences of our own values, which are scipy's by the test above."""
    y = case.scipy.ppf(np.concatenate([np.geomspace(1e-9, 0.5, 24), 1 - np.geomspace(1e-9, 0.4, 24)]))
    y = np.where(np.isfinite(y) & (np.abs(y) > 1e-300), y, case.scipy.ppf(0.5))
    _, slopes = evaluate(case, form, y)
    at = dict(case.parameters)
    for name, value in at.items():
        step = 1e-5 * min(abs(value), at.get("sigma", np.inf))
        up, down = (
            evaluate(Case(case.family, tuple({**at, name: value + sign * step}.items())), form, y)[0]
            for sign in (1, -1)
        )
        difference = (up - down) / (2 * step)
        rounding = 1e-14 * (np.abs(up) + 1e-3) / step
        assert (np.abs(slopes[name] - difference) <= 1e-5 * np.abs(difference) + 1e4 * rounding).all(), name


# (family, parameters, y, log P(Y <= y), log P(Y > y)) from 40 digits of mpmath; None: not compared
FAR = [
    ("gaussian", (0.0, 1.0), -38.0, -726.5572160188201, 0.0),
    ("student", (0.0, 1.0, 2.0), 1e100, 0.0, -461.21016577936908),
    ("student", (0.0, 1.0, 1.0), -1e250, -576.79100313436082, 0.0),
    ("student", (0.0, 1.0, 1e6), -37.0, None, None),
    ("exgaussian", (0.0, 1.0, 1.0), 690.0, None, -690.5),
    ("asym_laplace", (0.0, 1.0, 0.25), -900.0, np.log(0.25) - 675, None),
    ("lognormal", (0.0, 1.0), np.exp(-37.0), stats.norm.logcdf(-37), None),
    ("gamma", (1.0, 1.0), 690.0, None, -690.0),
    ("gamma", (0.5, 0.5), 600.0, None, special.log_ndtr(-np.sqrt(1200.0)) + np.log(2)),
    ("gamma", (1.0, 1e-9), 1e-300, None, None),
    ("inverse_gaussian", (1.0, 1.0), 1400.0, None, None),
    ("weibull", (1.0, 1.0), 700.0, None, -700.0),
    ("weibull", (1.0, 1.0), 1e-290, -290 * np.log(10), None),
    ("exponential", (1.0,), 1e-290, -290 * np.log(10), None),
    ("exponential", (1.0,), 700.0, None, -700.0),
]


@pytest.mark.parametrize(("family", "parameters", "y", "lower", "upper"), FAR)
def test_far_tails_are_finite_and_right(family, parameters, y, lower, upper):
    case = Case(family, tuple(zip(NAMES[family].split(), parameters, strict=True)))
    responses = np.full(48, y)
    for form, expected in (("log_cdf", lower), ("log_sf", upper)):
        ours, slopes = evaluate(case, form, responses)
        assert -1500 < ours[0] <= 0.0
        assert all(np.isfinite(slope).all() for slope in slopes.values())
        if expected is not None:
            assert_allclose(ours[0], expected, rtol=1e-9, atol=1e-200)


def test_the_tail_of_an_inverse_gaussian_far_out_is_its_density_over_the_hazard():
    """sf -> f / (shape / (2 mu^2)) as y grows, with a correction of the order of 1/y."""
    case = Case("inverse_gaussian", (("mu", 1.0), ("shape", 1.0)))
    y = np.full(48, 1200.0)
    log_density, log_sf = evaluate(case, "log_prob", y)[0][0], evaluate(case, "log_sf", y)[0][0]
    assert_allclose(log_sf, log_density + np.log(2.0) - 3 / 1200, atol=3e-5)


def test_at_the_median_the_derivative_is_not_lost():
    """|z| at z = 0 has the derivative 0 in JAX, and the cdf of a t does not."""
    for case in (
        Case("student", (("mu", 0.5), ("sigma", 1.1), ("nu", 3.0))),
        Case("gaussian", (("mu", 0.5), ("sigma", 1.1))),
        Case("asym_laplace", (("mu", 0.5), ("sigma", 1.1), ("quantile", 0.5))),
        Case("gamma", (("mu", 0.5), ("shape", 3.0))),
    ):
        y = np.full(48, 0.5)
        for form, sign in (("log_cdf", -1), ("log_sf", 1)):
            log_tail, slopes = evaluate(case, form, y)
            log_density = evaluate(case, "log_prob", y)[0]
            expected = sign * np.exp(log_density - log_tail)  # a location; gamma is scaled by its mean
            assert_allclose(slopes["mu"], expected, rtol=1e-9)


def test_below_a_positive_support_nothing_lies():
    for case in TAILED:
        if FAMILIES[case.family].family.support == "positive":
            y = np.full(48, -1.0)
            lower, slopes = evaluate(case, "log_cdf", y)
            upper, _ = evaluate(case, "log_sf", y)
            assert (lower == -np.inf).all()
            assert (upper == 0.0).all()
            assert all((slope == 0.0).all() for slope in slopes.values())


@pytest.mark.parametrize("shape", [1e-12, 1e-3, 0.5, 1.0, 20.0, 1e8, 1e15])
def test_incomplete_gamma_functions_for_any_shape(shape):
    """scipy's, where it has its digits."""
    # scipy 1.17 is wrong itself from 4.5 standard deviations on, where the shape is large
    reach = np.linspace(-4.4, 4.4, 41) / np.sqrt(max(shape, 30.0))
    ratio = np.concatenate([1 + reach, np.geomspace(1e-9, 0.09, 7)])
    ours = jax.jit(log_gamma_tails)(jnp.full(48, np.log(shape)), jnp.log(jnp.asarray(ratio)))
    with np.errstate(divide="ignore"):
        expected = np.log([special.gammainc(shape, shape * ratio), special.gammaincc(shape, shape * ratio)])
    for log_tail, other in zip(ours, expected, strict=True):
        good = np.isfinite(other) & (other < -1e-6) & (other > -600)
        assert_allclose(np.asarray(log_tail)[good], other[good], rtol=1e-7 if shape > 1e6 else 1e-10)


def test_half_line_integrals_of_every_kind_of_decay():
    """Exponential, normal, and between; scales from 1e-30 to 1e30."""
    for scale in (1e-30, 1.0, 1e30):
        rate = 1.0 / scale
        exponential = log_integral(lambda x, r=rate: r * x, jnp.asarray(scale))
        assert_allclose(exponential, np.log(scale), atol=1e-13)
        normal = log_integral(lambda x, r=rate: 0.5 * (r * x) ** 2, jnp.asarray(scale))
        assert_allclose(normal, np.log(scale * np.sqrt(np.pi / 2)), atol=1e-13)
    both = log_integral(lambda x: 3.0 * x + 0.5 * x**2, jnp.asarray(0.3))
    assert_allclose(both, np.log(special.erfcx(3 / np.sqrt(2)) * np.sqrt(np.pi / 2)), atol=1e-13)
