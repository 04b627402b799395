"""Draws from the prior are those of the distributions that are listed, by both ways to have them.

Kolmogorov and Smirnov's distance from SciPy's distribution functions: with n independent draws it exceeds
2.2 / sqrt(n) once in 8,000 times; about 50 comparisons are made with fixed seeds.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import bayesformula as bf
from bayesformula import api
from bayesformula.compiler.simulate import simulate_prior
from bayesformula.model.build import refuse_flat
from bayesformula.model.spec import ModelSpec
from bayesformula.priors import PriorRow

N = 40
LIMIT = 2.2

DISTRIBUTIONS = {
    "normal": stats.norm,
    "exponential": lambda rate: stats.expon(scale=1 / rate),
    "gamma": lambda shape, rate: stats.gamma(shape, scale=1 / rate),
    "inv_gamma": lambda shape, scale: stats.invgamma(shape, scale=scale),
    "beta": stats.beta,
    "uniform": lambda low, high: stats.uniform(low, high - low),
    "student_t": stats.t,
    "cauchy": stats.cauchy,
    "lognormal": lambda mu, sigma: stats.lognorm(sigma, scale=math.exp(mu)),
    "half_cauchy": lambda scale: stats.halfcauchy(scale=scale),
}


def cdf(row: PriorRow):
    """The distribution function of a prior, truncation included."""
    whole = DISTRIBUTIONS[row.prior.distribution](*row.prior.arguments)
    low = 0.0 if row.prior.lower is None else whole.cdf(row.prior.lower)
    high = 1.0 if row.prior.upper is None else whole.cdf(row.prior.upper)
    return lambda value: (whole.cdf(value) - low) / (high - low)


def table() -> pd.DataFrame:
    """x is centred, so that what is reported is what the priors speak of."""
    rng = np.random.default_rng(4)
    x = rng.normal(size=N)
    return pd.DataFrame({
        "x": x - x.mean(), "g": [f"g{i % 5}" for i in range(N)], "count": rng.poisson(2.0, N),
        "size": rng.gamma(2.0, 1.0, N), "share": rng.uniform(0.1, 0.9, N), "y": rng.normal(300, 50, N),
        "zeros": np.where(np.arange(N) % 3, rng.gamma(2.0, 1.0, N), 0.0), "angle": rng.uniform(-1, 1, N),
        "grade": rng.integers(1, 4, N),
    })  # fmt: skip


# formula, family, stated priors
MODELS = [
    ("y ~ x + (1 | g)", "student", None),
    ("y ~ x", "skew_normal", None),
    ("y ~ x", "exgaussian", "sigma ~ half_cauchy(3) truncated to [1, 5]; b ~ student_t(3, 0, 2)"),
    ("y ~ x", "asym_laplace", "quantile ~ beta(2, 3)"),
    ("size ~ x", "shifted_lognormal", "sigma ~ normal(1, 1)"),
    ("zeros ~ x", "tweedie", None),
    ("zeros ~ x", "hurdle(inverse_gaussian)", None),
    ("count ~ x + (1 | g)", "zero_inflated(negbinomial)", "zi ~ normal(0.2, 0.3); sd ~ student_t(3, 0, 1)"),
    ("count ~ x", "generalized_poisson", None),
    (bf.formula("count ~ x", shape="~ x + (1 | g)"), "negbinomial", "shape.b ~ cauchy(0, 1)"),
    ("share ~ x", "ordered_beta", None),
    ("angle ~ x", "von_mises", "kappa ~ lognormal(0, 1)"),
    ("grade ~ x", "acat", "Intercept ~ student_t(4, 0, 2)"),
]


def prepared(formula, family, priors):
    options = {"plan": "noncentred", "na": "drop", "checks": None, "quiet": True}
    return api.prepare(formula, table(), family=family, priors=priors, **options)


def drawn(spec: ModelSpec, draws: dict[str, np.ndarray], row: PriorRow) -> np.ndarray:
    """The draws of one parameter, whatever their first axes."""
    name, at = row.kind, 0
    if row.kind == "b":
        predictor = next(p for p in spec.predictors if p.parameter == row.predictor)
        name = "b" if row.predictor == "mu" else f"b_{row.predictor}"
        at = predictor.columns.index(row.coef)
    elif row.kind == "Intercept":
        at = int(row.coef) - 1
    elif row.kind == "sd":
        (group,) = (g for g in spec.groups if g.label == row.group)
        name, at = f"sd_{row.group}", group.sd_coefs.index(row.coef)
    else:
        return np.ravel(draws[name])
    return np.ravel(draws[name][..., at])


def distance(spec: ModelSpec, draws: dict[str, np.ndarray], row: PriorRow) -> tuple[float, np.ndarray]:
    values = drawn(spec, draws, row)
    return stats.kstest(values, cdf(row)).statistic, values


@pytest.mark.parametrize("case", MODELS, ids=lambda case: f"{case[1]}: {case[2]}")
def test_independent_draws(case):
    """As `fit.prior_predictive` has them."""
    ready = prepared(*case)
    program, data, _ = api.compile_inputs(ready.model, "noncentred", ready.design)
    draws = simulate_prior(program.structure, data, 2000, seed=6)
    for row in ready.model.priors:
        found, values = distance(ready.model, draws, row)
        assert np.all(np.isfinite(values))
        assert found < LIMIT / math.sqrt(len(values)), row.statement
    assert np.all(np.isfinite(draws["y"]))


@pytest.mark.parametrize("case", [MODELS[7], MODELS[4]], ids=lambda case: case[1])
@pytest.mark.filterwarnings("ignore:the run is not healthy")
def test_chains_without_a_likelihood(case):
    """`prior_only=True`: the distance is that of as many draws as the chains are worth."""
    formula, family, priors = case
    options = {"prior_only": True, "chains": 2, "seed": 2, "progress": False}
    fit = bf.fit(formula, table(), family=family, priors=priors, **options)
    ess = fit.summary()[["ess_bulk", "ess_tail"]].min(axis=1)
    for row in fit.spec.priors:
        found, _ = distance(fit.spec, fit.draws, row)
        assert found < LIMIT / math.sqrt(ess[row.parameter]), row.statement


@pytest.mark.parametrize(
    ("formula", "family", "priors", "where"),
    [
        ("count ~ x + (1 | g)", "poisson", "sd ~ flat", "sd[g, Intercept]"),
        ("y ~ x", "student", "nu ~ flat", "nu"),
        ("grade ~ x", "cumulative", "Intercept ~ flat", "Intercept[1], Intercept[2]"),
        (bf.formula("y ~ x", sigma="~ x"), "gaussian", "sigma.b ~ flat; b ~ flat", "b[x], sigma.b[x]"),
    ],
)
def test_flat_priors_have_no_draws(formula, family, priors, where):
    with pytest.raises(bf.PriorError) as caught:
        bf.fit(formula, table(), family=family, priors=priors, prior_only=True)
    assert str(caught.value).splitlines()[0] == (
        f"a prior-only run needs proper priors, and these are flat: {where}"
    )


def test_flat_between_two_bounds_is_proper():
    ready = prepared("count ~ x", "zero_inflated(poisson)", "zi ~ flat")
    assert ready.model.priors[-1].statement == "zi ~ uniform(0, 1)"
    refuse_flat(ready.model)
