"""The Tweedie density: a high-precision oracle, total probability, moments, draws."""

from __future__ import annotations

import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from bayesformula.compiler.likelihood.distributions import tweedie_series
from continuous_cases import QUICK, made, sampler

ORACLE = np.array(json.loads((Path(__file__).parent / "tweedie_oracle.json").read_text()))
POINTS = [
    (1.0, 1.0, 1.5),
    (4.0, 0.3, 1.1),
    (0.5, 3.0, 1.9),
    (20.0, 0.05, 1.6),
    (2.0, 1.0, 1.02),
    (3.0, 0.5, 1.98),
]
"""mu, phi and power."""

LOG_Y = np.linspace(-400.0, 9.0, 200_001)
"""Near zero the density is a power of y just above -1: a hundredth of its mass can lie below exp(-40)."""


@pytest.fixture(scope="module")
def log_density():
    """(y, {mu, phi, power}) -> log densities of many responses, in one program."""
    return jax.jit(lambda y, p: made("tweedie", p).log_prob(y))


def named(mu: float, phi: float, power: float) -> dict[str, float]:
    return {"mu": mu, "phi": phi, "power": power}


def test_density_and_derivatives_equal_sums_of_fifty_digits():
    """phi from 0.01 to 100, y/mu from 1e-3 to 1e3, power from 1.01 to 1.99."""
    y, mu, phi, power, expected, *slopes = ORACLE.T

    def one(at: dict[str, jax.Array], y: jax.Array) -> jax.Array:
        return made("tweedie", at).log_prob(y)

    value, found = jax.jit(jax.vmap(jax.value_and_grad(one)), compiler_options=QUICK)(
        {"mu": mu, "phi": phi, "power": power}, y
    )
    assert_allclose(value, expected, rtol=2e-13, atol=2e-13)
    for name, slope, tolerance in zip(("mu", "phi", "power"), slopes, (1e-13, 1e-11, 1e-9), strict=True):
        # beside the terms that make it up, as a derivative can be 0
        size = np.abs(slope) + 1e-2 * np.abs(slope).min(initial=1.0) + 1e-2
        assert (np.abs(found[name] - slope) <= tolerance * size).all(), name


@pytest.mark.parametrize("point", POINTS, ids=str)
def test_probability_mean_and_variance_add_up(point, log_density):
    """The point mass at zero and an integral over log y."""
    mu, phi, power = point
    zero = np.exp(log_density(jnp.zeros(len(LOG_Y)), named(*point))[0])
    assert_allclose(zero, np.exp(-(mu ** (2 - power)) / (phi * (2 - power))), rtol=1e-12)
    y = np.exp(LOG_Y)
    mass = np.exp(np.asarray(log_density(jnp.asarray(y), named(*point))) + LOG_Y) * (LOG_Y[1] - LOG_Y[0])
    assert_allclose(zero + mass.sum(), 1.0, atol=1e-9)
    mean = (y * mass).sum()
    assert_allclose(mean, mu, rtol=1e-9)
    assert_allclose((y**2 * mass).sum() - mean**2, phi * mu**power, rtol=1e-8)
    d = made("tweedie", named(*point))
    assert_allclose(d.mean, mu, rtol=1e-14)
    assert_allclose(d.variance, phi * mu**power, rtol=1e-14)


@pytest.mark.parametrize("point", POINTS, ids=str)
def test_draws_follow_the_density(point, log_density):
    """The share of zeros within five standard errors; the rest by Kolmogorov-Smirnov (1 in 100,000)."""
    draws = np.asarray(sampler("tweedie", 4000)(jax.random.PRNGKey(3), named(*point)))
    zero = np.exp(log_density(jnp.zeros(len(LOG_Y)), named(*point))[0])
    assert abs((draws == 0).mean() - zero) < 5 * np.sqrt(zero * (1 - zero) / 4000) + 1e-12
    mass = np.exp(np.asarray(log_density(jnp.exp(jnp.asarray(LOG_Y)), named(*point))) + LOG_Y)
    cdf = np.cumsum(mass) / mass.sum()
    positive = np.log(draws[draws > 0])
    assert stats.kstest(positive, lambda x: np.interp(x, LOG_Y, cdf)).pvalue > 1e-5


def test_the_two_ways_to_add_the_series_up_agree_where_they_meet():
    """At (1 + a) t just below and above 80, for powers from 1.001 to 1.999."""
    log_a = np.log(np.array([1e-3, 0.05, 0.3, 1.0, 3.0, 20.0, 1e3]))
    log_t = np.log(79.0) - np.logaddexp(log_a, 0.0)

    def both(log_t: jax.Array, log_a: jax.Array) -> jax.Array:
        ways = (tweedie_series._polynomial, tweedie_series._window)
        return jnp.stack([way(log_t, log_a) for way in ways])

    ways = jax.jit(both, compiler_options=QUICK)(jnp.asarray(log_t), jnp.asarray(log_a))
    assert_allclose(ways[0], ways[1], rtol=1e-12, atol=1e-12)
    slopes = jax.jit(jax.vmap(jax.jacfwd(both, argnums=(0, 1))), compiler_options=QUICK)(
        jnp.asarray(log_t), jnp.asarray(log_a)
    )
    for slope in slopes:
        assert_allclose(slope[:, 0], slope[:, 1], rtol=1e-9, atol=1e-9)


def test_the_power_is_read_from_either_link():
    """logitm1 of 1.3 is log(0.3/0.7)."""
    y, p = jnp.array([0.0, 0.4, 9.0]), {"mu": 2.0, "phi": 0.7}

    def by(value: float, link: str) -> jax.Array:
        return jax.jit(lambda at: made("tweedie", p | {"power": at}, {"power": link}).log_prob(y))(value)

    assert_allclose(by(np.log(0.3 / 0.7), "logitm1"), by(1.3, "identity"), rtol=1e-12)


def test_a_power_of_almost_two_is_a_gamma_and_small_dispersions_are_normal():
    y = jnp.array([0.5, 1.0, 2.5])
    gamma = stats.gamma(1 / 0.3, scale=2.0 * 0.3).logpdf(y)
    assert_allclose(
        made("tweedie", named(2.0, 0.3, 30.0), {"power": "logitm1"}).log_prob(y), gamma, atol=1e-7
    )
    near = 4.0 + 1e-8 * jnp.array([-1.0, 0.5, 2.0])
    normal = stats.norm(4.0, 1e-8 * 4.0**0.75).logpdf(near)
    assert_allclose(made("tweedie", named(4.0, 1e-16, 1.5)).log_prob(near), normal, atol=1e-6)
