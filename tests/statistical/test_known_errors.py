"""Meta-analysis: `se()` against the exact posterior by quadrature over the one standard deviation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import bayesformula as bf
from bayesformula import api

SCHOOLS = pd.DataFrame(  # Rubin (1981), doi:10.3102/10769986006004377, table 1
    {
        "effect": [28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0],
        "s": [15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0],
        "school": list("ABCDEFGH"),
    }
)
PRIORS = ["Intercept ~ normal(0, 20)", "sd ~ half_cauchy(5)"]


def exact() -> dict[str, tuple[float, float]]:
    """Means and sds of the mean effect and of tau, on a grid of tau fine and wide enough for 4 digits."""
    y, s = SCHOOLS["effect"].to_numpy(), SCHOOLS["s"].to_numpy()
    tau = np.concatenate([np.linspace(1e-4, 60, 12_000), np.geomspace(60.01, 1e5, 4_000)])
    width = np.gradient(tau)
    weight, mean, variance = (np.empty(len(tau)) for _ in range(3))
    for i, t in enumerate(tau):
        v = s**2 + t**2
        precision = np.sum(1 / v) + 1 / 400
        mean[i], variance[i] = np.sum(y / v) / precision, 1 / precision
        density = stats.multivariate_normal(np.zeros(8), np.diag(v) + 400.0).pdf(y)
        weight[i] = density * stats.halfcauchy(scale=5).pdf(t) * width[i]
    weight /= weight.sum()
    mu = float(weight @ mean)
    scale = float(weight @ tau)
    return {
        "b_Intercept": (mu, float(np.sqrt(weight @ (variance + mean**2) - mu**2))),
        "sd_school__Intercept": (scale, float(np.sqrt(weight @ tau**2 - scale**2))),
    }


@pytest.mark.parametrize("plan", ["marginal", "noncentred"])
def test_eight_schools(plan):
    """Means within 5 standard errors, sds within 8 %: 16,000 draws, at least 3,000 of them effective."""
    fit = bf.fit(
        "effect | se(s) ~ 1 + (1 | school)",
        SCHOOLS,
        priors=PRIORS,
        plan=plan,
        draws=4000,
        target_accept=0.95,
    )
    summary = fit.summary()
    assert list(summary.index) == ["b_Intercept", "sd_school__Intercept"]
    for name, (mean, sd) in exact().items():
        assert abs(summary["mean"][name] - mean) < 5 * sd / np.sqrt(summary["ess_bulk"][name])
        assert abs(summary["sd"][name] / sd - 1) < 0.08
    assert "sigma" not in fit.posterior
    assert fit.varcorr().sigma is None


def test_errors_that_vary_not_and_sigma_held_constant_are_one_model():
    """`se(s)` with s = 2 everywhere is sigma = 2, density for density."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {"y": rng.normal(size=40), "x": rng.normal(size=40), "g": np.arange(40) % 8, "two": 2.0}
    )
    options = {"family": None, "plan": "marginal", "na": "drop", "checks": None, "quiet": True}
    densities = []
    for formula, more in (("y | se(two) ~ x + (1 | g)", []), ("y ~ x + (1 | g)", ["sigma ~ constant(2)"])):
        ready = api.prepare(formula, frame, priors=["sd ~ exponential(1)", *more], **options)
        program, data, start = api.compile_inputs(ready.model, "marginal", ready.design)
        z = program.start(data, start).z
        densities.append([float(program.potential(z + step, data)) for step in (-1.0, 0.0, 0.7)])
    assert densities[0] == pytest.approx(densities[1], rel=1e-12)


def test_sigma_beside_known_errors():
    """Where the errors say all there is, sigma is near 0; where they say half, it is the other half."""
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"s": rng.uniform(0.5, 1.5, 400)})
    frame["y"] = 1.0 + frame["s"] * rng.normal(size=400) + rng.normal(scale=1.0, size=400)
    summary = bf.fit("y | se(s, sigma = TRUE) ~ 1", frame).summary()
    assert summary["lower"]["sigma"] < 1.0 < summary["upper"]["sigma"]
    assert summary["lower"]["b_Intercept"] < 1.0 < summary["upper"]["b_Intercept"]


def test_a_fixed_effect_meta_analysis_is_the_weighted_mean():
    """No parameter is left to the sampler: the draws are exact."""
    fit = bf.fit("effect | se(s) ~ 1", SCHOOLS, priors=["Intercept ~ flat"], draws=4000)
    weight = 1 / SCHOOLS["s"] ** 2
    mean, sd = float((weight * SCHOOLS["effect"]).sum() / weight.sum()), float(weight.sum() ** -0.5)
    row = fit.summary().loc["b_Intercept"]
    assert abs(row["mean"] - mean) < 5 * sd / np.sqrt(16_000)
    assert abs(row["sd"] / sd - 1) < 5 / np.sqrt(2 * 16_000)
