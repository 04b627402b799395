"""Closed forms: with sigma known there is nothing to sample, and the posterior is Gaussian."""

from __future__ import annotations

import numpy as np
import pytest

import bayesformula as bf
from cases import panel


def test_known_sigma_and_normal_priors():
    """Posterior precision X'X / sigma^2 + prior; 40,000 independent draws: 4 standard errors are 0.02 sd."""
    frame = panel()
    priors = ["Intercept ~ normal(1, 2)", "b ~ normal(0, 0.5)", "sigma ~ constant(1.5)"]
    fit = bf.fit("y ~ x + z", frame, priors=priors, draws=10_000, warmup=10)
    x = np.column_stack([np.ones(len(frame)), frame["x"], frame["z"]])
    prior = np.diag([1 / 4, 1 / 0.25, 1 / 0.25])
    precision = x.T @ x / 1.5**2 + prior
    mean = np.linalg.solve(precision, x.T @ frame["y"] / 1.5**2 + prior @ [1, 0, 0])
    sd = np.sqrt(np.diag(np.linalg.inv(precision)))
    table = fit.fixed()
    assert np.all(np.abs(table["mean"] - mean) < 0.02 * sd)
    assert np.all(np.abs(table["sd"] / sd - 1) < 0.02)
    assert fit.health.is_healthy
    assert np.all(fit.stats["n_steps"] == 0)


@pytest.mark.parametrize("plan", ["marginal", "noncentred"])
def test_a_constant_intercept_at_the_means_leaves_the_slope_to_the_rest(plan):
    """x'(y - 20) / x'x with x centred, where the mean of x is 10 and the intercept at 0 is something else."""
    rng = np.random.default_rng(1)
    x = rng.normal(10, 1, 60)
    y = 3 + 2 * x + rng.normal(0, 1, 60)
    priors = ["Intercept[centred] ~ constant(20)", "b ~ flat", "sigma ~ uniform(0.9999, 1.0001)"]
    fit = bf.fit("y ~ x", {"x": x, "y": y}, priors=priors, plan=plan, draws=1000, warmup=500)
    centred = x - x.mean()
    expected, sd = centred @ (y - 20) / (centred @ centred), (centred @ centred) ** -0.5
    assert abs(fit.fixed()["mean"]["x"] - expected) < 0.15 * sd
    assert abs(fit.fixed()["sd"]["x"] / sd - 1) < 0.1


def test_prior_only_draws_are_from_the_prior():
    """Exponential sds have mean 1 / rate; intercept and slope their stated normals. 4,000 draws, 5 errors."""
    priors = [
        "Intercept ~ normal(5, 2)",
        "b ~ normal(-1, 0.5)",
        "sd ~ exponential(2)",
        "sigma ~ exponential(1)",
    ]
    fit = bf.fit("y ~ x + (1 | g)", panel(), priors=priors, prior_only=True)
    table = fit.summary()
    for name, mean, sd in (
        ("b_Intercept", 5, 2),
        ("b_x", -1, 0.5),
        ("sd_g__Intercept", 0.5, 0.5),
        ("sigma", 1, 1),
    ):
        assert abs(table["mean"][name] - mean) < 5 * sd / np.sqrt(table["ess_bulk"][name]), name
        assert abs(table["sd"][name] / sd - 1) < 0.15, name
    with pytest.raises(bf.PriorError, match="flat"):
        bf.fit("y ~ x", panel(), priors=["b ~ flat"], prior_only=True)


@pytest.mark.filterwarnings("ignore:the run is not healthy")
def test_what_fit_priors_prints_gives_the_same_fit():
    first = bf.fit("y ~ z + (1 + z | g)", panel(), draws=100, warmup=200, seed=4)
    again = bf.fit("y ~ z + (1 + z | g)", panel(), draws=100, warmup=200, seed=4, priors=first.priors)
    assert np.array_equal(first.draws["b"], again.draws["b"])


@pytest.mark.parametrize(
    ("init", "message"),
    [
        ({"b_Intercept": "a"}, "init: the starting value of b_Intercept must be a finite number, not 'a'"),
        ({"sigma": -3}, "init: the starting value of sigma must be a number above 0, not -3"),
        ({"sigma": float("nan")}, "init: the starting value of sigma must be a number above 0, not nan"),
        ({"sgima": 1.0}, "init names no parameter 'sgima': the nearest are sigma"),
    ],
)
def test_starting_values_are_checked(init, message):
    with pytest.raises(bf.OptionError) as caught:
        bf.fit("y ~ x", panel(), init=init)
    assert str(caught.value).startswith(message)
