"""Truncated priors: density and draws against scipy, far tails, and where the sampler starts."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from numpyro import handlers
from numpyro.distributions import biject_to
from numpyro.infer.util import potential_energy
from scipy import stats

from bayesformula.compiler.kinds import N_ARGUMENTS, arguments_of, kind_of
from bayesformula.compiler.sites import distribution, members, sample_vector, unconstrain
from bayesformula.compiler.tail_masses import log_tails
from bayesformula.priors import Prior

# prior -> scipy's distribution before truncation
WHOLE = {
    Prior("normal", (0.5, 2.0)): stats.norm(0.5, 2),
    Prior("student_t", (3.0, 1.0, 2.0)): stats.t(3, 1, 2),
    Prior("cauchy", (1.0, 2.0)): stats.cauchy(1, 2),
    Prior("laplace", (1.0, 2.0)): stats.laplace(1, 2),
    Prior("logistic", (1.0, 2.0)): stats.logistic(1, 2),
    Prior("half_normal", (2.0,)): stats.halfnorm(scale=2),
    Prior("half_cauchy", (2.0,)): stats.halfcauchy(scale=2),
    Prior("half_student_t", (3.0, 2.0)): None,
    Prior("exponential", (0.5,)): stats.expon(scale=2),
    Prior("gamma", (2.0, 0.5)): stats.gamma(2, scale=2),
    Prior("inv_gamma", (3.0, 2.0)): stats.invgamma(3, scale=2),
    Prior("lognormal", (0.5, 1.5)): stats.lognorm(1.5, scale=np.exp(0.5)),
    Prior("beta", (2.0, 3.0)): stats.beta(2, 3),
    Prior("uniform", (-1.0, 3.0)): stats.uniform(-1, 4),
}
BOUNDS = [
    (None, None),
    (0.0, None),
    (1.0, None),
    (0.0, 1.0),
    (0.25, 0.75),
    (1.0, 2.0),
    (None, 0.5),
    (None, -1.0),
]


class FoldedT:
    """The half of a t distribution, which scipy does not have."""

    def __init__(self, whole):
        self.whole = whole

    def logpdf(self, x):
        return np.where(np.asarray(x) < 0, -np.inf, np.log(2) + self.whole.logpdf(x))

    def cdf(self, x):
        return np.maximum(2 * self.whole.cdf(x) - 1, 0)


def oracle(prior):
    return FoldedT(stats.t(3, 0, 2)) if WHOLE[prior] is None else WHOLE[prior]


def cases():
    for prior in WHOLE:
        for low, high in BOUNDS:
            try:
                truncated = prior.truncated_to(low, high)
            except ValueError:  # no mass is left
                continue
            if (low, high) == (None, None) or truncated != prior:
                yield prior, low, high


def made(*priors):
    (kind,) = {kind_of(prior) for prior in priors}
    return distribution(kind, jnp.asarray([arguments_of(prior) for prior in priors]))


def by_kind(names=tuple({prior.distribution for prior in WHOLE})):
    """The cases of each kind, which are one batch: (prior, prior truncated)."""
    out = {}
    for prior, low, high in cases():
        if prior.distribution in names:
            truncated = prior.truncated_to(low, high)
            out.setdefault(kind_of(truncated), []).append((prior, truncated))
    return sorted(out.items())


def kind_only(value):
    return value if isinstance(value, str) else ""


def mass_between(prior, low, high):
    """The whole's mass below the lower bound and between the bounds."""
    whole = oracle(prior)
    below = whole.cdf(low) if np.isfinite(low) else 0.0
    return below, (whole.cdf(high) if np.isfinite(high) else 1.0) - below


@pytest.mark.parametrize(("kind", "members"), by_kind(), ids=kind_only)
def test_the_density_is_scipys_over_the_mass_between_the_bounds(kind, members):
    batch = made(*(truncated for _, truncated in members))
    values, expected = [], []
    for prior, truncated in members:
        low, high = (float(np.clip(end, -30.0, 30.0)) for end in truncated.support())
        points = low + (high - low) * np.array([0.001, 0.1, 0.4, 0.8, 0.999])
        values.append(points)
        expected.append(oracle(prior).logpdf(points) - np.log(mass_between(prior, *truncated.support())[1]))
    ours = jax.jit(jax.vmap(batch.log_prob))(jnp.asarray(values).T)
    assert_allclose(ours.T, expected, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize(("kind", "members"), by_kind(("normal", "gamma", "beta")), ids=kind_only)
def test_draws_follow_the_density(kind, members):
    """Kolmogorov-Smirnov on 1,000 draws (fails once in 10,000)."""
    batch = made(*(truncated for _, truncated in members))
    draws = np.asarray(jax.jit(lambda key: batch.sample(key, (1000,)))(jax.random.PRNGKey(4)))
    for (prior, truncated), column in zip(members, draws.T, strict=True):
        low, high = truncated.support()
        assert low <= column.min()
        assert column.max() <= high
        below, inside = mass_between(prior, low, high)
        assert stats.kstest(column, lambda x, p=prior: (oracle(p).cdf(x) - below) / inside).pvalue > 1e-4  # noqa: B023


FAR = [
    (Prior("normal", (0.0, 1.0)), 40.0, None),
    (Prior("normal", (0.0, 1.0)), None, -1e5),
    (Prior("normal", (50.0, 0.01)), 0.0, 1.0),
    (Prior("normal", (0.0, 1.0)), 0.5, 0.5 + 1e-9),
    (Prior("student_t", (200.0, 0.0, 1.0)), 1e4, None),
    (Prior("student_t", (4.0, 1e8, 1e-3)), 0.0, 1.0),
    (Prior("cauchy", (1e100, 1.0)), 0.0, 1.0),
    (Prior("laplace", (2000.0, 1.0)), 0.0, 1.0),
    (Prior("logistic", (-3000.0, 1.0)), 1.0, 2.0),
    (Prior("exponential", (5e3,)), 1.0, 2.0),
    (Prior("gamma", (2.0, 1e3)), 1.0, 2.0),
    (Prior("gamma", (3e3, 1.0)), 0.0, 1.0),
    (Prior("inv_gamma", (300.0, 1.0)), 1.0, 1e3),
    (Prior("inv_gamma", (2.0, 1e4)), 0.0, 1.0),
    (Prior("lognormal", (90.0, 1.0)), 0.0, 1.0),
    (Prior("beta", (500.0, 2.0)), 0.0, 0.01),
    (Prior("beta", (2.0, 400.0)), 0.999, None),
    (Prior("half_normal", (1e-3,)), 1.0, 2.0),
    (Prior("half_cauchy", (1e-3,)), 1e9, None),
]
"""Where the mass between the bounds is next to nothing, mostly below the least double."""


@pytest.mark.parametrize(("prior", "low", "high"), FAR, ids=str)
def test_next_to_no_mass_is_still_a_distribution(prior, low, high):
    """The density adds up to 1 over the log of the distance to the bound where it is."""
    ours = made(prior.truncated_to(low, high))
    lower, upper = prior.truncated_to(low, high).support()
    log_prob = jax.jit(lambda x: jax.vmap(ours.log_prob)(x[:, None])[:, 0])
    bound, widest, side = lower, 690.0, 1
    if np.isfinite(lower) and np.isfinite(upper):
        near = log_prob(jnp.asarray([0.999 * lower + 0.001 * upper, 0.001 * lower + 0.999 * upper]))
        bound, side = (lower, 1) if near[0] > near[1] else (upper, -1)
        widest = np.log(upper - lower)
    elif np.isfinite(upper):
        bound, side = upper, -1
    s = np.linspace(-690.0, widest, 40_001)
    log_density = np.asarray(log_prob(jnp.asarray(bound + side * np.exp(s))))
    assert not np.any(np.isnan(log_density))
    assert_allclose(np.trapezoid(np.exp(log_density + s), s), 1.0, rtol=1e-3)


def test_draws_from_where_no_double_tells_the_cdf_from_one():
    """A normal beyond 40 is 40 and an exponential variable of rate 40, nearly."""
    draws = np.asarray(made(Prior("normal", (0.0, 1.0), lower=40.0)).sample(jax.random.PRNGKey(2), (2000,)))
    assert stats.kstest(draws[:, 0] - 40.0, stats.expon(scale=1 / 40.025).cdf).pvalue > 1e-4


@pytest.mark.parametrize("name", ["normal", "student_t", "gamma", "inv_gamma", "beta", "lognormal"])
def test_tails_are_scipys(name):
    """Both tails, in logs, wherever scipy's own do not underflow."""
    for prior in (p for p in WHOLE if p.distribution == name):
        whole = WHOLE[prior]
        x = whole.ppf([1e-12, 1e-6, 0.1, 0.499, 0.501, 0.9, 1 - 1e-6, 1 - 1e-12])
        base = distribution(name, jnp.tile(jnp.asarray([arguments_of(prior)]), (len(x), 1)))
        below, above = log_tails(base, jnp.asarray(x))
        assert_allclose(below, whole.logcdf(x), rtol=1e-11, atol=1e-14)
        assert_allclose(above, whole.logsf(x), rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize(("prior", "low", "high"), list(cases()), ids=str)
def test_the_coordinate_is_numpyros(prior, low, high):
    truncated = prior.truncated_to(low, high)
    lower, upper = truncated.support()
    value = np.array([0.4 * max(lower, -5.0) + 0.6 * min(upper, 5.0)])
    z = unconstrain(kind_of(truncated), value, np.array([arguments_of(truncated)]))
    assert_allclose(biject_to(made(truncated).support)(jnp.asarray(z)), value, rtol=1e-12)


def test_bounds_are_data():
    """One program for all bounds, with finite gradients for the sampler."""
    prior = [
        Prior("normal", (0.0, 1.0)),
        Prior("gamma", (2.0, 0.1), 1.0),
        Prior("beta", (1.0, 1.0)),
        Prior("flat", ()),
    ]
    priors = [
        prior[0].truncated_to(0.2, 0.8),
        prior[1],
        prior[2],
        prior[0].truncated_to(None, 3.0),
        prior[3].truncated_to(2),
    ]
    kinds = tuple(map(kind_of, priors))
    assert kinds == ("normal[]", "gamma>", "beta", "normal<", "flat>")
    traces = []

    @jax.jit
    def energy(z, arguments):
        traces.append(1)
        model = lambda: sample_vector("b", kinds, arguments)  # noqa: E731
        return potential_energy(
            model, (), {}, {m.name: z[np.array(m.positions)] for m in members("b", kinds)}
        )

    table = np.array([arguments_of(p) for p in priors])
    assert table.shape == (5, N_ARGUMENTS)
    for shift in (0.0, 0.1):
        for z in (-40.0, 0.0, 5.0):
            gradient = jax.grad(energy)(
                jnp.full(5, z), jnp.asarray(table + np.array([0, 0, 0, shift, shift]))
            )
            assert np.all(np.isfinite(gradient))
    assert len(traces) == 1


def test_flat_between_two_bounds_is_uniform_and_above_one_has_no_draws():
    assert str(Prior("flat", ()).truncated_to(0, 2)) == "uniform(0, 2)"
    with pytest.raises(NotImplementedError), handlers.seed(rng_seed=0):
        made(Prior("flat", ()).truncated_to(1)).sample(jax.random.PRNGKey(0))
