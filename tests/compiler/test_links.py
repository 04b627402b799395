"""Links: values, logarithms, derivatives, from the middle to where a probability rounds to 0 or 1."""

from __future__ import annotations

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import special, stats

from bayesformula.compiler.links import Linked
from bayesformula.compiler.normal_tail import erfcx, inverse_mills, log_erfcx_difference, log_ndtr
from continuous_cases import QUICK

MILD = np.linspace(-4.0, 4.0, 17) + 0.01
FAR = np.array([-1e6, -700.0, -175.5, -40.0, -1e-8, 1e-8, 40.0, 175.5, 700.0, 1e6])
UNIT = ("logit", "probit", "cloglog", "cauchit")
HALF_PI = np.pi / 2

VALUES = {
    "identity": (MILD, lambda eta: eta),
    "log": (MILD, np.exp),
    "logit": (MILD, special.expit),
    "probit": (MILD, stats.norm.cdf),
    "cloglog": (MILD, lambda eta: 1 - np.exp(-np.exp(eta))),
    "cauchit": (MILD, stats.cauchy.cdf),
    "inverse": (MILD, lambda eta: 1 / eta),
    "inverse_squared": (np.abs(MILD), lambda eta: 1 / np.sqrt(eta)),
    "sqrt": (np.abs(MILD), lambda eta: eta**2),
    "softplus": (MILD, lambda eta: np.log1p(np.exp(eta))),
    "logm1": (MILD, lambda eta: 1 + np.exp(eta)),
    "logitm1": (MILD, lambda eta: 1 + special.expit(eta)),
    "tan_half": (MILD, lambda eta: 2 * np.arctan(eta)),
}


@functools.cache
def forms(link: str):
    """eta (32,) -> each form's values and derivatives, in one program a link."""
    names = ["value"]
    names += [] if link == "tan_half" else ["log"]
    names += ["log1m", "logit"] if link in (*UNIT, "log", "identity") else []

    def compute(eta: jax.Array):
        return {
            name: jax.vmap(jax.value_and_grad(lambda x, name=name: getattr(Linked(x, link), name)))(eta)
            for name in names
        }

    return jax.jit(compute, compiler_options=QUICK)


def values(link, form, eta, slope=False):
    eta = np.atleast_1d(eta)
    padded = np.concatenate([eta, np.full(32 - len(eta), eta[0])])
    return np.asarray(forms(link)(jnp.asarray(padded))[form][int(slope)])[: len(eta)]


def linked(eta: float | np.ndarray, link: str) -> Linked:
    return Linked(jnp.asarray(eta), link)


@pytest.mark.parametrize("link", VALUES)
def test_the_value_is_the_inverse_link(link):
    eta, inverse = VALUES[link]
    assert_allclose(values(link, "value", eta), inverse(eta), rtol=1e-13)


@pytest.mark.parametrize("link", [link for link in VALUES if link not in ("identity", "inverse", "tan_half")])
def test_log_is_the_log_of_the_value(link):
    eta, inverse = VALUES[link]
    assert_allclose(values(link, "log", eta), np.log(inverse(eta)), rtol=1e-12, atol=2e-16)


@pytest.mark.parametrize("link", ["identity", "inverse"])
def test_log_of_links_that_can_leave_the_support(link):
    eta = np.array([0.3, 0.8])
    assert_allclose(linked(eta, link).log, np.log(values(link, "value", eta)), rtol=1e-14)


@pytest.mark.parametrize("link", UNIT)
def test_log1m_and_logit_in_the_middle(link):
    p = VALUES[link][1](MILD)
    some = p < 1 - 1e-6  # beyond, the expected value itself has lost its digits
    assert_allclose(values(link, "log1m", MILD)[some], np.log1p(-p[some]), rtol=1e-9)
    assert_allclose(values(link, "logit", MILD)[some], special.logit(p[some]), rtol=1e-9, atol=1e-14)


# log, log1m and logit; `exp(-exp(40))` and the like are beyond any double, and their logarithms are not
EXTREMES = [
    ("logit", -40.0, -40.0, -np.exp(-40), -40.0),
    ("logit", 40.0, -np.exp(-40), -40.0, 40.0),
    ("logit", -700.0, -700.0, -np.exp(-700), -700.0),
    ("logit", 1e6, 0.0, -1e6, 1e6),
    ("probit", -40.0, stats.norm.logcdf(-40), 0.0, stats.norm.logcdf(-40)),
    ("probit", 40.0, 0.0, stats.norm.logcdf(-40), -stats.norm.logcdf(-40)),
    ("probit", -700.0, stats.norm.logcdf(-700), 0.0, stats.norm.logcdf(-700)),
    ("cloglog", -40.0, -40.0, -np.exp(-40), -40.0),
    ("cloglog", -700.0, -700.0, 0.0, -700.0),
    ("cloglog", 4.0, np.log1p(-np.exp(-np.exp(4))), -np.exp(4), np.exp(4)),
    ("cloglog", 40.0, 0.0, -np.exp(40), np.exp(40)),
    ("cloglog", 700.0, 0.0, -np.exp(175), np.exp(175)),
    ("cauchit", -40.0, np.log(np.arctan(1 / 40) / np.pi), np.log1p(-np.arctan(1 / 40) / np.pi), None),
    ("cauchit", -1e9, np.log(1e-9 / np.pi), np.log1p(-1e-9 / np.pi), np.log(1e-9 / np.pi)),
    ("cauchit", 1e9, np.log1p(-1e-9 / np.pi), np.log(1e-9 / np.pi), -np.log(1e-9 / np.pi)),
    ("log", -40.0, -40.0, -np.exp(-40), -40.0),
    ("log", -1e-12, -1e-12, np.log(1e-12), -np.log(1e-12)),
    ("identity", 1e-300, np.log(1e-300), -1e-300, np.log(1e-300)),
]


@pytest.mark.parametrize(("link", "eta", "log", "log1m", "logit"), EXTREMES)
def test_probabilities_next_to_zero_and_one(link, eta, log, log1m, logit):
    assert_allclose(values(link, "log", eta)[0], log, rtol=1e-11, atol=1e-75)
    assert_allclose(values(link, "log1m", eta)[0], log1m, rtol=1e-11, atol=1e-75)
    if logit is not None:
        assert_allclose(values(link, "logit", eta)[0], logit, rtol=1e-9)


@pytest.mark.parametrize(
    ("link", "eta", "log"),
    [
        ("log", 700.0, 700.0),
        ("log", -1e6, -1e6),
        ("softplus", -700.0, -700.0),
        ("softplus", 1e6, np.log(1e6)),
        ("sqrt", 1e-150, 2 * np.log(1e-150)),
        ("inverse", 1e-200, 200 * np.log(10)),
        ("inverse_squared", 1e-200, 100 * np.log(10)),
        ("logm1", -40.0, np.exp(-40)),
        ("logm1", 700.0, 700.0),
        ("logitm1", 700.0, np.log(2)),
    ],
)
def test_positive_values_next_to_zero_and_infinity(link, eta, log):
    assert_allclose(values(link, "log", eta)[0], log, rtol=1e-13)


@pytest.mark.parametrize("link", VALUES)
def test_everything_is_finite_far_out_and_so_are_the_derivatives(link):
    """Where eta is legal; NaN nowhere."""
    legal = FAR[FAR > 0] if link in ("inverse", "inverse_squared", "sqrt") else FAR
    for form, (value, slope) in forms(link)(jnp.asarray(np.resize(legal, 32))).items():
        if link in ("identity", "log") and form != ("value" if link == "identity" else "log"):
            continue  # of a positive value or a probability, which these are not
        assert np.isfinite(value).all(), (form, value)
        assert np.isfinite(slope).all(), (form, slope)


@pytest.mark.parametrize("link", [*UNIT, "softplus", "logm1", "logitm1"])
def test_derivatives_of_the_logarithms_are_those_of_the_formulas(link):
    """d log / d eta = value' / value, and both are known in closed form or by a fine difference."""
    eta, step = np.linspace(-6.0, 3.0, 19), 1e-5
    for form in ("log", "log1m", "logit") if link in UNIT else ("log",):
        difference = (values(link, form, eta + step) - values(link, form, eta - step)) / (2 * step)
        assert_allclose(values(link, form, eta, slope=True), difference, rtol=1e-6, atol=1e-9)


LEGAL = [
    ("identity", "real", [-1.0, 0.0, 3.0], None),
    ("identity", "positive", [-1.0, 0.0, 3.0], [False, False, True]),
    ("identity", "delay", [-1.0, 0.0, 3.0], [False, True, True]),
    ("identity", "above one", [0.0, 1.0, 1.5], [False, False, True]),
    ("identity", "unit", [-0.1, 0.5, 1.0], [False, True, False]),
    ("identity", "power", [1.0, 1.5, 2.0], [False, True, False]),
    ("log", "positive", [-9.0, 9.0], None),
    ("log", "unit", [-1.0, 0.0, 1.0], [True, False, False]),
    ("inverse", "positive", [-1.0, 0.0, 2.0], [False, False, True]),
    ("inverse", "real", [-1.0, 0.0, 2.0], [True, False, True]),
    ("inverse_squared", "positive", [-1.0, 0.0, 2.0], [False, False, True]),
    ("sqrt", "positive", [-1.0, 0.0, 2.0], [False, False, True]),
    ("sqrt", "real", [-1.0, 0.0, 2.0], [False, False, True]),
    ("softplus", "positive", [-9.0, 9.0], None),
    ("logit", "unit", [-9.0, 9.0], None),
    ("cauchit", "unit", [-9.0, 9.0], None),
    ("logm1", "above one", [-9.0, 9.0], None),
    ("logitm1", "power", [-9.0, 9.0], None),
    ("tan_half", "real", [-9.0, 9.0], None),
]


@pytest.mark.parametrize(("link", "support", "eta", "expected"), LEGAL)
def test_where_a_link_gives_a_legal_value(link, support, eta, expected):
    p = linked(np.array(eta), link)
    legal = p.is_legal(support)
    if expected is None:
        assert legal is None
        assert p.made_legal(support) is p
    else:
        assert legal.tolist() == expected
        harmless = p.made_legal(support)
        assert harmless.is_legal(support).all()
        assert_allclose(harmless.eta[legal], p.eta[legal])


def test_a_row_made_legal_takes_no_part_in_the_derivative():
    slope = jax.grad(lambda eta: Linked(eta, "identity").made_legal("positive").log.sum())
    assert_allclose(slope(jnp.array([2.0, -1.0])), [0.5, 0.0])


def test_a_linked_parameter_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        linked(0.0, "log").eta = jnp.zeros(())


# ---- the tail of the normal distribution -------------------------------------------------------------


def test_erfcx_and_log_ndtr_equal_scipys():
    x = np.concatenate([np.linspace(-20.0, 30.0, 401), [1e3, 1e8, 1e100]])
    assert_allclose(jax.jit(erfcx)(jnp.asarray(x)), special.erfcx(x), rtol=5e-14)
    z = np.concatenate([np.linspace(-38.0, 38.0, 401), [-1e3, -1e8]])
    assert_allclose(jax.jit(log_ndtr)(jnp.asarray(z)), special.log_ndtr(z), rtol=5e-14, atol=1e-300)


def test_derivatives_of_the_tail_equal_their_formulas():
    """erfcx' = 2 x erfcx - 2/sqrt(pi), which cancel for large x: there -(1 - 1.5/x^2)/(sqrt(pi) x^2)."""
    x = np.linspace(-5.0, 5.0, 41)
    slope = jax.jit(jax.vmap(jax.grad(erfcx)))
    assert_allclose(slope(jnp.asarray(x)), 2 * x * special.erfcx(x) - 2 / np.sqrt(np.pi), rtol=1e-11)
    far = np.array([1e3, 1e6, 1e9])
    expected = -1 / np.sqrt(np.pi) / far**2 * (1 - 1.5 / far**2)
    assert_allclose(slope(jnp.asarray(far)), expected, rtol=1e-11)
    z = np.array([-1e100, -1e8, -30.0, -1.0, 0.0, 2.0, 30.0])
    mills = np.sqrt(2 / np.pi) / special.erfcx(-z / np.sqrt(2))
    assert_allclose(jax.jit(inverse_mills)(jnp.asarray(z)), mills, rtol=1e-12)
    assert_allclose(jax.jit(jax.vmap(jax.grad(log_ndtr)))(jnp.asarray(z)), mills, rtol=1e-12)


@pytest.mark.parametrize("x", [-1.0, 0.0, 3.0, 25.0, 1e4])
def test_a_difference_of_erfcx_for_any_step(x):
    """A short step against the derivative in its middle, a long one against scipy."""
    ours = jax.jit(log_erfcx_difference)
    for step in (1e-9, 1e-4):
        middle = special.erfcx(x + step / 2)
        slope = 2 / np.sqrt(np.pi) - 2 * (x + step / 2) * middle
        if x > 10:
            m = x + step / 2
            slope = 1 / np.sqrt(np.pi) / m**2 * (1 - 1.5 / m**2 + 3.75 / m**4 - 13.125 / m**6)
        assert_allclose(ours(jnp.asarray(x), jnp.asarray(step)), np.log(slope * step), rtol=1e-8)
    for step in (1.0 * (1 + abs(x)), 1e6):
        expected = np.log(special.erfcx(x) - special.erfcx(x + step))
        assert_allclose(ours(jnp.asarray(x), jnp.asarray(step)), expected, rtol=1e-13)
