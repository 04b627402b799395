"""THE table of families: for each one data drawn by NumPy and SciPy alone, with the truth behind them.

`simulate(name, n, levels, seed)` gives a table with `y`, `x` and `g`, and the true parameters under their
flat names. Nothing of the package takes part in the drawing, so that recovery tests the package.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import expit, gamma

Draw = Callable[..., object]


class Rows(NamedTuple):
    """What a draw may need beside eta: x, the level of each row, the effect of each level in units of sd."""

    x: np.ndarray
    g: np.ndarray
    v: np.ndarray


USUAL = ("b_Intercept", "b_x", "sd_g__Intercept")
SLOPE_AND_SD = ("b_x", "sd_g__Intercept")


@dataclass(frozen=True, eq=False)
class FamilyCase:
    """A family on simulated rows.

    Attributes:
        family: as a user writes it.
        draw: (rng, eta) -> response, or a dict of columns that holds it as "y"; (rng, eta, rows) with
            `takes_rows`.
        truth: of parameters beside intercept, slope and group sd.
        intercept, slope, sd: those.
        formula: of the model.
        further: formulas of other parameters, or their value.
        reports: which of intercept, slope and sd the model reports under their usual names.
        takes_rows: the draw has predictors of its own.
    """

    family: str
    draw: Draw
    truth: dict[str, float]
    intercept: float = 0.3
    slope: float = 0.5
    sd: float = 0.4
    formula: str = "y ~ x + (1 | g)"
    further: tuple[tuple[str, str | float], ...] = ()
    reports: tuple[str, ...] = USUAL
    takes_rows: bool = False

    @property
    def id(self) -> str:
        return f"{self.family}: {self.formula}" + "".join(f"; {name} {text}" for name, text in self.further)


def _gamma(shape):
    return lambda rng, eta: rng.gamma(shape, np.exp(eta) / shape)


def _skew_normal(rng, eta, sigma=0.8, alpha=3.0):
    delta = alpha / np.sqrt(1 + alpha**2)
    scale = sigma / np.sqrt(1 - 2 * delta**2 / np.pi)
    return stats.skewnorm.rvs(
        alpha, eta - scale * delta * np.sqrt(2 / np.pi), scale, size=len(eta), random_state=rng
    )


def _asym_laplace(rng, eta, sigma=0.5, q=0.25):
    u = rng.uniform(size=len(eta))
    below = sigma / (1 - q) * np.log(u / q)
    above = -sigma / q * np.log((1 - u) / (1 - q))
    return eta + np.where(u < q, below, above)


def _tweedie(rng, eta, phi=0.8, p=1.5):
    mu = np.exp(eta)
    counts = rng.poisson(mu ** (2 - p) / (phi * (2 - p)))
    scale = phi * (p - 1) * mu ** (p - 1)
    shape = counts * (2 - p) / (p - 1)
    return np.where(counts > 0, rng.gamma(np.maximum(shape, 1e-9), scale), 0.0)


def draw_negbinomial(rng, mu, shape):
    return rng.poisson(rng.gamma(shape, mu / shape))


def _beta(rng, eta, phi=8.0):
    mu = expit(eta)
    return np.clip(rng.beta(mu * phi, (1 - mu) * phi), 1e-9, 1 - 1e-9)


def _zoib(rng, eta):
    y = _beta(rng, eta)
    edge = rng.uniform(size=len(eta)) < 0.25
    return np.where(edge, (rng.uniform(size=len(eta)) < 0.4).astype(float), y)


def _ordered_beta(rng, eta):
    low, high = expit(eta + 1.5), expit(eta - 2.0)
    u = rng.uniform(size=len(eta))
    return np.where(u > low, 0.0, np.where(u < high, 1.0, _beta(rng, eta)))


def _trials(draw):
    def columns(rng, eta):
        n = rng.integers(1, 15, len(eta))
        return {"y": draw(rng, n, eta), "n": n}

    return columns


def _beta_binomial(rng, n, eta, phi=6.0):
    mu = expit(eta)
    return rng.binomial(n, rng.beta(mu * phi, (1 - mu) * phi))


def _zero_inflated_poisson(rng, eta):
    return np.where(rng.uniform(size=len(eta)) < 0.3, 0, rng.poisson(np.exp(eta + 0.5)))


def _hurdle_gamma(rng, eta):
    return np.where(rng.uniform(size=len(eta)) < 0.3, 0.0, _gamma(3.0)(rng, eta))


def _hurdle_negbinomial(rng, eta):
    mu, shape = np.exp(eta + 0.5), 2.0
    p0 = stats.nbinom.pmf(0, shape, shape / (shape + mu))
    y = stats.nbinom.ppf(p0 + (1 - p0) * rng.uniform(size=len(eta)), shape, shape / (shape + mu))
    return np.where(rng.uniform(size=len(eta)) < 0.3, 0.0, y)


THRESHOLDS = np.array([-1.0, 0.2, 1.4])


def _cumulative(inverse):
    return lambda rng, eta: levels_of(rng, inverse(THRESHOLDS - eta[:, None]))


def levels_of(rng, below):
    """Codes 0, 1, ... as ordered levels, from P(Y <= k)."""
    codes = (rng.uniform(size=len(below))[:, None] > below).sum(axis=1)
    return pd.Categorical.from_codes(codes, ["low", "fair", "good", "best"], ordered=True)


def _sequential(rng, eta, *, stops):
    chance = expit(THRESHOLDS - eta[:, None])
    go_on = 1 - chance if stops else expit(eta[:, None] - THRESHOLDS)
    return levels_of(rng, 1 - np.cumprod(go_on, axis=1))


def _acat(rng, eta):
    scores = np.concatenate([np.zeros((len(eta), 1)), np.cumsum(eta[:, None] - THRESHOLDS, axis=1)], axis=1)
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    return levels_of(rng, np.cumsum(p / p.sum(axis=1, keepdims=True), axis=1)[:, :-1])


ORDINAL_TRUTH = {f"b_Intercept[{k + 1}]": tau for k, tau in enumerate(THRESHOLDS)}


CASES = (
    FamilyCase("gaussian", lambda rng, eta: rng.normal(eta, 0.8), {"sigma": 0.8}),
    FamilyCase(
        "student", lambda rng, eta: eta + 0.6 * rng.standard_t(4.0, len(eta)), {"sigma": 0.6, "nu": 4.0}
    ),
    FamilyCase("skew_normal", _skew_normal, {"sigma": 0.8, "alpha": 3.0}),
    FamilyCase(
        "exgaussian",
        lambda rng, eta: rng.normal(eta - 0.9, 0.5) + rng.exponential(0.9, len(eta)),
        {"sigma": 0.5, "beta": 0.9},
    ),
    FamilyCase("asym_laplace", _asym_laplace, {"sigma": 0.5, "quantile": 0.25}),
    FamilyCase(
        "von_mises",
        lambda rng, eta: rng.vonmises(2 * np.arctan(eta), 3.0),
        {"kappa": 3.0},
        intercept=0.1,
        slope=0.3,
        sd=0.2,
    ),
    FamilyCase("lognormal", lambda rng, eta: np.exp(rng.normal(eta, 0.7)), {"sigma": 0.7}),
    FamilyCase(
        "shifted_lognormal",
        lambda rng, eta: 0.4 + np.exp(rng.normal(eta, 0.7)),
        {"sigma": 0.7, "ndt": 0.4},
    ),
    FamilyCase("gamma", _gamma(3.0), {"shape": 3.0}),
    FamilyCase("inverse_gaussian", lambda rng, eta: rng.wald(np.exp(eta), 4.0), {"shape": 4.0}),
    FamilyCase(
        "weibull",
        lambda rng, eta: np.exp(eta) / gamma(1 + 1 / 1.7) * rng.weibull(1.7, len(eta)),
        {"shape": 1.7},
    ),
    FamilyCase("exponential", lambda rng, eta: rng.exponential(np.exp(eta)), {}),
    FamilyCase("tweedie", _tweedie, {"phi": 0.8, "power": 1.5}),
    FamilyCase("beta", _beta, {"phi": 8.0}),
    FamilyCase("zero_one_inflated_beta", _zoib, {"phi": 8.0, "zoi": 0.25, "coi": 0.4}),
    FamilyCase("ordered_beta", _ordered_beta, {"phi": 8.0, "cutzero": -1.5, "cutgap": 3.5}),
    FamilyCase("bernoulli", lambda rng, eta: rng.binomial(1, expit(eta)), {}),
    FamilyCase("bernoulli(probit)", lambda rng, eta: rng.binomial(1, stats.norm.cdf(eta)), {}),
    FamilyCase("bernoulli(cloglog)", lambda rng, eta: rng.binomial(1, -np.expm1(-np.exp(eta))), {}),
    FamilyCase(
        "binomial",
        _trials(lambda rng, n, eta: rng.binomial(n, expit(eta))),
        {},
        formula="y | trials(n) ~ x + (1 | g)",
    ),
    FamilyCase("beta_binomial", _trials(_beta_binomial), {"phi": 6.0}, formula="y | trials(n) ~ x + (1 | g)"),
    FamilyCase("poisson", lambda rng, eta: rng.poisson(np.exp(eta)), {}),
    FamilyCase("negbinomial", lambda rng, eta: draw_negbinomial(rng, np.exp(eta), 2.5), {"shape": 2.5}),
    FamilyCase(
        "negbinomial1", lambda rng, eta: draw_negbinomial(rng, np.exp(eta), np.exp(eta) / 0.8), {"phi": 0.8}
    ),
    FamilyCase("geometric", lambda rng, eta: draw_negbinomial(rng, np.exp(eta), 1.0), {}),
    FamilyCase("zero_inflated(poisson)", _zero_inflated_poisson, {"zi": 0.3, "b_Intercept": 0.8}),
    FamilyCase("hurdle(gamma)", _hurdle_gamma, {"shape": 3.0, "hu": 0.3}),
    FamilyCase("hurdle(negbinomial)", _hurdle_negbinomial, {"shape": 2.0, "hu": 0.3, "b_Intercept": 0.8}),
    FamilyCase("cumulative", _cumulative(expit), ORDINAL_TRUTH, intercept=0.0, reports=SLOPE_AND_SD),
    FamilyCase(
        "cumulative(probit)", _cumulative(stats.norm.cdf), ORDINAL_TRUTH, intercept=0.0, reports=SLOPE_AND_SD
    ),
    FamilyCase(
        "sratio",
        lambda rng, eta: _sequential(rng, eta, stops=True),
        ORDINAL_TRUTH,
        intercept=0.0,
        reports=SLOPE_AND_SD,
    ),
    FamilyCase(
        "cratio(cloglog)",
        lambda rng, eta: levels_of(
            rng, 1 - np.cumprod(-np.expm1(-np.exp(eta[:, None] - THRESHOLDS)), axis=1)
        ),
        ORDINAL_TRUTH,
        intercept=0.0,
        reports=SLOPE_AND_SD,
    ),
    FamilyCase("acat", _acat, ORDINAL_TRUTH, intercept=0.0, reports=SLOPE_AND_SD),
)
"""One row a family, each with a group effect."""


def simulate(case: FamilyCase, n: int, levels: int, seed: int) -> tuple[pd.DataFrame, dict[str, float]]:
    """Rows and truth."""
    rng = np.random.default_rng(seed)
    x, g = rng.normal(size=n), rng.integers(0, levels, n)
    v = rng.normal(size=levels)
    eta = case.intercept + case.slope * x + case.sd * v[g]
    drawn = case.draw(rng, eta, Rows(x, g, v)) if case.takes_rows else case.draw(rng, eta)
    columns = drawn if isinstance(drawn, dict) else {"y": drawn}
    frame = pd.DataFrame({**columns, "x": x, "g": [f"g{i:02d}" for i in g]})
    usual = dict(zip(USUAL, (case.intercept, case.slope, case.sd), strict=True))
    return frame, {**{name: usual[name] for name in case.reports}, **case.truth}
