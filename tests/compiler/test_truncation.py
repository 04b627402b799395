"""Distributions above 1, the prior of degrees of freedom: density, draws, where the sampler starts."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from numpyro.distributions import biject_to
from scipy import stats
from scipy.integrate import quad

from bayesformula.compiler.kinds import arguments_of, kind_of
from bayesformula.compiler.sites import distribution, unconstrain
from bayesformula.priors import Prior

PRIORS = [
    (Prior("gamma", (2.0, 0.1), lower=1.0), stats.gamma(2, scale=10)),
    (Prior("normal", (3.0, 5.0), lower=1.0), stats.norm(3, 5)),
    (Prior("student_t", (3.0, 5.0, 4.0), lower=1.0), stats.t(3, 5, 4)),
    (Prior("cauchy", (2.0, 4.0), lower=1.0), stats.cauchy(2, 4)),
    (Prior("exponential", (0.1,), lower=1.0), stats.expon(scale=10)),
    (Prior("half_normal", (4.0,), lower=1.0), stats.halfnorm(scale=4)),
    (Prior("half_cauchy", (4.0,), lower=1.0), stats.halfcauchy(scale=4)),
    (Prior("inv_gamma", (2.0, 3.0), lower=1.0), stats.invgamma(2, scale=3)),
    (Prior("laplace", (2.0, 3.0), lower=1.0), stats.laplace(2, 3)),
    (Prior("half_student_t", (3.0, 3.0), lower=1.0), None),
]


def made(prior):
    return distribution(kind_of(prior), jnp.asarray([arguments_of(prior)]))


@pytest.mark.parametrize(("prior", "oracle"), PRIORS, ids=lambda value: getattr(value, "distribution", ""))
def test_density_and_draws(prior, oracle):
    """scipy's density over the mass above 1; Kolmogorov-Smirnov on 4,000 draws (fails once in 10,000)."""
    ours = made(prior)
    total = quad(lambda x: float(jnp.exp(ours.log_prob(jnp.asarray([x])))[0]), 1, np.inf, limit=400)[0]
    assert_allclose(total, 1.0, rtol=1e-5)
    draws = np.asarray(ours.sample(jax.random.PRNGKey(4), (4000,)))[:, 0]
    assert draws.min() > 1.0
    if oracle is None:
        return
    x = np.array([1.01, 2.0, 9.0, 80.0])
    expected = oracle.logpdf(x) - oracle.logsf(1.0)
    assert_allclose([float(ours.log_prob(jnp.asarray([v]))[0]) for v in x], expected, rtol=1e-8)
    cdf = lambda v: (oracle.cdf(v) - oracle.cdf(1.0)) / oracle.sf(1.0)  # noqa: E731
    assert stats.kstest(draws, cdf).pvalue > 1e-4


def test_the_coordinate_is_numpyros():
    prior = PRIORS[0][0]
    z = unconstrain(kind_of(prior), np.array([10.0]), np.array([arguments_of(prior)]))
    assert_allclose(biject_to(made(prior).support)(jnp.asarray(z)), [10.0])
