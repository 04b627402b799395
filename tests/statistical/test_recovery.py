"""Simulated truth comes back, and the check would notice if the model were wrong.

A recovery test that passes for a wrong model is worth nothing: three mutants of the model (sigma doubled,
the sign of a column flipped, two group columns swapped) must each fail the check that the model passes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpyro.distributions as dist
import pandas as pd
import pytest

import bayesformula as bf
from bayesformula import encoding
from bayesformula.compiler import emit, marginal, response

TRUTH = {
    "b_Intercept": 3.5,
    "b_x": -1.0,
    "sd_g__Intercept": 1.0,
    "sd_g__x": 0.4,
    "cor_g__Intercept__x": -0.6,
    "sigma": 0.5,
}
MAX_Z = 4.0
"""Posterior sds between estimate and truth: six parameters fail by chance once in 2,600 tables; the seed is
fixed, so once and for all."""


@dataclass(frozen=True)
class Simulated:
    frame: pd.DataFrame
    effects: np.ndarray


def simulate(seed: int = 3, levels: int = 80, each: int = 12) -> Simulated:
    rng = np.random.default_rng(seed)
    sd = np.array([TRUTH["sd_g__Intercept"], TRUTH["sd_g__x"]])
    cor = np.array([[1.0, TRUTH["cor_g__Intercept__x"]], [TRUTH["cor_g__Intercept__x"], 1.0]])
    effects = rng.multivariate_normal([0.0, 0.0], np.diag(sd) @ cor @ np.diag(sd), size=levels)
    g = np.repeat(np.arange(levels), each)
    x = rng.normal(size=len(g))
    mean = TRUTH["b_Intercept"] + effects[g, 0] + (TRUTH["b_x"] + effects[g, 1]) * x
    frame = pd.DataFrame({"y": mean + rng.normal(scale=TRUTH["sigma"], size=len(g)), "x": x})
    frame["g"] = [f"g{i:02d}" for i in g]
    return Simulated(frame, effects)


SIMULATED = simulate()


def misses(plan: str) -> list[str]:
    """Parameters whose truth does not come back; `effects` if those of the groups do not."""
    fit = bf.fit(
        "y ~ x + (1 + x | g)",
        SIMULATED.frame,
        plan=plan,
        draws=400,
        warmup=400,
        chains=2,
        seed=5,
        keep="draws",
    )
    summary = fit.summary()
    out = [n for n, t in TRUTH.items() if abs(summary["mean"][n] - t) > MAX_Z * summary["sd"][n]]
    table = fit.groups("g")
    estimate = table["mean"].to_numpy().reshape(-1, 2)
    sd = table["sd"].to_numpy().reshape(-1, 2)
    z = (estimate - SIMULATED.effects) / sd
    if not 0.7 < np.sqrt(np.mean(z**2)) < 1.3:
        out.append("effects")
    return out


def flip_sign(rows):
    mu = rows.predictors[0]
    return rows._replace(predictors=(mu._replace(x=mu.x * np.array([1.0, -1.0])),))


def swap_columns(rows):
    return rows._replace(groups=tuple(g._replace(z=g.z[:, ::-1].copy()) for g in rows.groups))


@pytest.fixture
def fresh_programs():
    """Programs with a mutant inside must not be kept, nor kept ones be used."""
    emit.emit.cache_clear()
    yield
    emit.emit.cache_clear()


@pytest.mark.parametrize("plan", ["marginal", "noncentred"])
def test_truth_is_recovered(plan):
    assert misses(plan) == []


@pytest.mark.parametrize("plan", ["marginal", "noncentred"])
@pytest.mark.parametrize("mutant", [flip_sign, swap_columns], ids=["sign flipped", "group columns swapped"])
@pytest.mark.filterwarnings("ignore:the run is not healthy")
def test_a_mutant_of_the_rows_is_noticed(plan, mutant, monkeypatch):
    original = encoding.rows_of
    monkeypatch.setattr(encoding, "rows_of", lambda *given: mutant(original(*given)))
    assert misses(plan) != []


@pytest.mark.filterwarnings("ignore:the run is not healthy")
def test_sigma_doubled_is_noticed_row_by_row(monkeypatch, fresh_programs):
    monkeypatch.setattr(
        response, "response", lambda family, p, *_, **__: dist.Normal(p["mu"].value, 2 * p["sigma"].value)
    )
    assert "sigma" in misses("noncentred")


@pytest.mark.filterwarnings("ignore:the run is not healthy")
def test_sigma_doubled_is_noticed_when_integrated(monkeypatch, fresh_programs):
    log_density, draw = marginal.log_density, marginal.draw_coefficients

    def doubled(theta):
        return theta._replace(scalars={"sigma": 2 * theta.sigma})

    monkeypatch.setattr(marginal, "log_density", lambda s, d, t, c=None: log_density(s, d, doubled(t), c))
    monkeypatch.setattr(marginal, "draw_coefficients", lambda s, d, t, k: draw(s, d, doubled(t), k))
    assert "sigma" in misses("marginal")
