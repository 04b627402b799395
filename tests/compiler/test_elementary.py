"""Logarithms and the logistic function as series: against long arithmetic, at the ends, derivatives."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from bayesformula.compiler.elementary import log, log1p, log_sigmoid, sigmoid, softplus

RNG = np.random.default_rng(0)
WIDE = np.concatenate([RNG.uniform(-700, 700, 5000), RNG.normal(size=5000), 1e-9 * RNG.normal(size=100)])
POSITIVE = np.concatenate([np.exp(WIDE), 1 + 1e-3 * RNG.normal(size=1000), [2.3e-308, 1.7e308, 0.5, 1, 2]])
ABOVE = np.concatenate([POSITIVE, -np.exp(-RNG.exponential(5, 5000)), 1e-12 * RNG.normal(size=100)])

FUNCTIONS = {
    log: (POSITIVE, np.log),
    log1p: (ABOVE[ABOVE > -1], np.log1p),
    softplus: (WIDE, lambda x: np.logaddexp(x, np.longdouble(0))),
    log_sigmoid: (WIDE, lambda x: -np.logaddexp(-x, np.longdouble(0))),
    sigmoid: (WIDE, lambda x: 1 / (1 + np.exp(-x))),
}
DERIVATIVES = {
    log: lambda x: 1 / x,
    log1p: lambda x: 1 / (1 + x),
    softplus: lambda x: 1 / (1 + np.exp(-x)),
    log_sigmoid: lambda x: 1 / (1 + np.exp(x)),
    sigmoid: lambda x: np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))) ** 2,
}
ENDS = [
    (log, [0.0, -0.0, -1.0, np.inf, np.nan, 1.0], [-np.inf, -np.inf, np.nan, np.inf, np.nan, 0.0]),
    (log1p, [-1.0, -2.0, np.inf, np.nan, 0.0], [-np.inf, np.nan, np.inf, np.nan, 0.0]),
    (softplus, [-np.inf, np.inf, np.nan, -800.0, 800.0], [0.0, np.inf, np.nan, 0.0, 800.0]),
    (log_sigmoid, [-np.inf, np.inf, np.nan, -800.0, 800.0], [-np.inf, 0.0, np.nan, -800.0, 0.0]),
    (sigmoid, [-np.inf, np.inf, np.nan, -800.0, 800.0], [0.0, 1.0, np.nan, 0.0, 1.0]),
]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_within_three_units_in_the_last_place(function):
    x, exact = FUNCTIONS[function]
    ours = np.asarray(jax.jit(function)(x))
    wanted = exact(x.astype(np.longdouble))
    counts = np.abs(wanted) > 1e-300
    units = np.abs(ours - wanted)[counts] / np.spacing(np.abs(wanted[counts]).astype(float))
    assert float(units.max()) <= 3.01


@pytest.mark.parametrize(("function", "x", "value"), ENDS, ids=lambda f: getattr(f, "__name__", None))
def test_ends(function, x, value):
    assert_array_equal(jax.jit(function)(jnp.array(x)), value)


@pytest.mark.parametrize("function", DERIVATIVES, ids=lambda f: f.__name__)
@pytest.mark.parametrize("differentiate", [jax.grad, jax.jacfwd])
def test_derivatives(function, differentiate):
    x, _ = FUNCTIONS[function]
    slope = differentiate(lambda v: jnp.sum(function(jnp.atleast_1d(v))))
    assert_allclose(jax.jit(jax.vmap(slope))(x), DERIVATIVES[function](x), rtol=1e-14, atol=1e-300)


@pytest.mark.parametrize("function", DERIVATIVES, ids=lambda f: f.__name__)
def test_second_derivatives_are_finite(function):
    """Newton steps and the metric ask for them."""
    x = jnp.array([0.5, 0.0 if function is not log else 1.0, 30.0])
    curves = jax.vmap(jax.hessian(lambda v: jnp.sum(function(jnp.atleast_1d(v)))))(x)
    assert np.all(np.isfinite(curves))


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("x", [np.float32([0.3, 2.0]), 0.3])
def test_others_are_left_to_jax(function, x):
    """Single precision, and one number."""
    theirs = {log: jnp.log, log1p: jnp.log1p}.get(function) or getattr(jax.nn, function.__name__)
    assert_array_equal(function(x), theirs(x))
    assert function(x).dtype == jnp.asarray(x).dtype
