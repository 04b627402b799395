"""Simulation-based calibration: parameters from the prior, data from them, a fit, the rank of the truth.

Where the fit samples the posterior of the model that the data came from, the rank of each true parameter
among independent draws is uniform (Talts et al. 2018, arXiv:1804.06788). Parameters and data are drawn here
with NumPy, densities are SciPy's: of the package only `bf.fit` takes part.

By hand, 200 simulations of each model, a line of JSON each, added to a file:

    python tests/statistical/sbc.py ranks.jsonl --simulations 200

and all lines of the file as one table, which docs/calibration/figures.py draws:

    python tests/statistical/sbc.py ranks.jsonl --collect docs/calibration/ranks.json
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import expit

import bayesformula as bf
from bayesformula.environment import versions
from bayesformula.runner.executables import traces

FORMULA = "y ~ x + (1 + x | g)"
ROWS, LEVELS = 72, 9
RANKED = 99
"""Draws among which the truth has a rank: 0 to 99."""
ATTEMPTS = (("", 8, 400), ("", 16, 400), ("centred", 16, 1000), ("centred", 64, 1000))
"""Plan (of the model where it is ""), one draw in how many is kept, warmup: in turn, until the chain is good.
Where the rows say much of each level `noncentred` hardly moves; the posterior is the same under all plans."""
LEAST_ESS = 150
"""Of a good chain. At 99 * 8 draws a chain of autocorrelation r^t has this ESS at r = 0.68, and every eighth
draw of it a correlation of 0.05."""

PRIORS = {
    "Intercept": "normal(0, 1)",
    "b": "normal(0, 0.5)",
    "sd": "exponential(2)",
    "cor": "lkj(2)",
}
Parameters = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Model:
    """A family with the priors that its parameters are drawn from.

    Attributes:
        name: under which its ranks are recorded.
        family, plan: as for `bf.fit`.
        response: (rng, eta, theta) -> y.
        log_density: (y, eta, theta) -> of each row.
        scalars: by name its prior as a statement, and the same prior as a draw.
        thresholds: how many, of an ordinal response.
    """

    name: str
    family: str
    response: Callable[[np.random.Generator, np.ndarray, Parameters], np.ndarray]
    log_density: Callable[[np.ndarray, np.ndarray, Parameters], np.ndarray]
    plan: str = "noncentred"
    scalars: Mapping[str, tuple[str, Callable[[np.random.Generator], float]]] = field(default_factory=dict)
    thresholds: int = 0

    @property
    def priors(self) -> dict[str, str]:
        """Statements by address."""
        return {**PRIORS, **{name: text for name, (text, _) in self.scalars.items()}}


def _negbinomial(y: np.ndarray, eta: np.ndarray, theta: Parameters) -> np.ndarray:
    return stats.nbinom.logpmf(y, theta["shape"], theta["shape"] / (theta["shape"] + np.exp(eta)))


def _levels(rng: np.random.Generator, eta: np.ndarray, theta: Parameters) -> np.ndarray:
    below = expit(theta["Intercept"] - eta[:, None])
    return (rng.uniform(size=len(eta))[:, None] > below).sum(axis=1)


def _level_density(y: np.ndarray, eta: np.ndarray, theta: Parameters) -> np.ndarray:
    below = expit(theta["Intercept"] - eta[:, None])
    ends = np.column_stack([np.zeros(len(eta)), below, np.ones(len(eta))])
    rows = np.arange(len(eta))
    return np.log(ends[rows, y + 1] - ends[rows, y])


_SIGMA = {"sigma": ("exponential(1)", lambda rng: rng.exponential())}
_GAUSSIAN: dict[str, Any] = {
    "family": "gaussian",
    "response": lambda rng, eta, theta: rng.normal(eta, theta["sigma"]),
    "log_density": lambda y, eta, theta: stats.norm.logpdf(y, eta, theta["sigma"]),
    "scalars": _SIGMA,
}

MODELS = (
    Model("gaussian, marginal", plan="marginal", **_GAUSSIAN),
    Model("gaussian, noncentred", **_GAUSSIAN),
    Model(
        "bernoulli",
        "bernoulli",
        lambda rng, eta, theta: rng.binomial(1, expit(eta)),
        lambda y, eta, theta: -np.logaddexp(0, np.where(y == 1, -eta, eta)),
    ),
    Model(
        "poisson",
        "poisson",
        lambda rng, eta, theta: rng.poisson(np.exp(eta)),
        lambda y, eta, theta: stats.poisson.logpmf(y, np.exp(eta)),
    ),
    Model(
        "negbinomial",
        "negbinomial",
        lambda rng, eta, theta: rng.poisson(rng.gamma(theta["shape"], np.exp(eta) / theta["shape"])),
        _negbinomial,
        scalars={"shape": ("gamma(4, 1)", lambda rng: rng.gamma(4.0))},
    ),
    Model("cumulative", "cumulative", _levels, _level_density, thresholds=3),
)


@dataclass(frozen=True, eq=False)
class Mutant:
    """A model that is fitted to what another one gave: what a fault in ours would look like.

    Attributes:
        name: under which its ranks are recorded.
        model: that is fitted.
        truth: that parameters and data are drawn from.
        priors: of the fit, where they are not those of the truth.
        tables: how many show the fault; a wrong prior hides behind what each table says.
    """

    name: str
    model: Model
    truth: Model
    priors: Mapping[str, str] = field(default_factory=dict)
    tables: int = 60


_MARGINAL, _POISSON = MODELS[0], MODELS[3]
MUTANTS = (
    Mutant("prior of sd four times too wide", _MARGINAL, _MARGINAL, {"sd": "exponential(0.5)"}, tables=200),
    Mutant(
        "sigma a quarter larger in the data",
        _MARGINAL,
        replace(_MARGINAL, response=lambda rng, eta, theta: rng.normal(eta, 1.25 * theta["sigma"])),
    ),
    Mutant(
        "clustered counts fitted as poisson",
        _POISSON,
        replace(_POISSON, response=lambda rng, eta, theta: rng.poisson(rng.gamma(4.0, np.exp(eta) / 4.0))),
    ),
)


def draw_parameters(model: Model, rng: np.random.Generator) -> Parameters:
    """From the prior: under the names of a fit's draws, Cholesky factors and centring nowhere in sight."""
    sd = rng.exponential(1 / 2, size=2)
    cor = 2 * rng.beta(2.0, 2.0) - 1  # LKJ(2) of two: density (1 - cor^2)
    covariance = np.array([[sd[0] ** 2, cor * sd[0] * sd[1]], [cor * sd[0] * sd[1], sd[1] ** 2]])
    theta: Parameters = {
        "sd_g": sd,
        "cor_g": np.array([[1.0, cor], [cor, 1.0]]),
        "r_g": rng.multivariate_normal(np.zeros(2), covariance, size=LEVELS),
    }
    slope = rng.normal(0.0, 0.5)
    if model.thresholds:  # independent normals, given that they increase
        theta |= {"b": np.array([slope]), "Intercept": np.sort(rng.normal(0.0, 1.0, model.thresholds))}
    else:
        theta["b"] = np.array([rng.normal(0.0, 1.0), slope])
    return theta | {name: draw(rng) for name, (_, draw) in model.scalars.items()}


def draw_rows(rng: np.random.Generator) -> pd.DataFrame:
    """x, whose mean is not 0, and g: of another table in every simulation, and of one shape."""
    levels = [f"g{j}" for j in range(LEVELS)]
    return pd.DataFrame({"x": rng.uniform(-0.5, 1.5, ROWS), "g": np.repeat(levels, ROWS // LEVELS)})


def predictor(rows: pd.DataFrame, theta: Parameters) -> np.ndarray:
    """eta of each row."""
    x, r = rows["x"].to_numpy(), np.repeat(theta["r_g"], ROWS // LEVELS, axis=0)
    intercept = theta["b"][0] if len(theta["b"]) == 2 else 0.0
    return intercept + r[:, 0] + (theta["b"][-1] + r[:, 1]) * x


def quantities(model: Model, rows: pd.DataFrame, y: np.ndarray, theta: Parameters) -> dict[str, float]:
    """What is ranked: every parameter, two effects of the first level, and the log likelihood.

    The last depends on the data too and sees a wrong likelihood, and relations between parameters, that no
    single parameter shows (Modrak et al. 2023, doi:10.1214/23-BA1404).
    """
    out = {f"b_Intercept[{k + 1}]": float(value) for k, value in enumerate(theta.get("Intercept", ()))}
    if not model.thresholds:
        out["b_Intercept"] = float(theta["b"][0])
    out["b_x"] = float(theta["b"][-1])
    out |= {f"sd_g__{coef}": float(theta["sd_g"][k]) for k, coef in enumerate(("Intercept", "x"))}
    out["cor_g__Intercept__x"] = float(theta["cor_g"][0, 1])
    out |= {name: float(theta[name]) for name in model.scalars}
    out |= {f"r_g[g0,{coef}]": float(theta["r_g"][0, k]) for k, coef in enumerate(("Intercept", "x"))}
    out["log_lik"] = float(np.sum(model.log_density(y, predictor(rows, theta), theta)))
    return out


def as_response(model: Model, y: np.ndarray) -> Any:
    """As a user would have it in a table."""
    if not model.thresholds:
        return y
    return pd.Categorical.from_codes(y, [f"level{k}" for k in range(model.thresholds + 1)], ordered=True)


def is_legal(model: Model, y: np.ndarray) -> bool:
    """Whether the response has every category: one without rows is none of a fit's.

    A rule on y alone: the posterior given y stays what it is, and ranks stay uniform.
    """
    return not model.thresholds or len(np.unique(y)) == model.thresholds + 1


@dataclass(frozen=True)
class Simulation:
    """One simulation; the fields are the JSON."""

    model: str
    number: int
    ranks: dict[str, int]
    plan: str
    thin: int
    least_ess: float
    divergences: int
    refused: int
    traces: int
    seconds: float


def simulate(model: Model | Mutant, number: int, seed: int) -> Simulation:
    """One table from the prior, its fit, and ranks.

    Args:
        model: or mutant.
        number: of the simulation; its random numbers depend on it, the model's name and the seed.
        seed: of the series.
    """
    name, stated, truth = model.name, {}, model
    if isinstance(model, Mutant):
        model, stated, truth = model.model, model.priors, model.truth
    rng = np.random.default_rng([seed, number, *name.encode()])
    refused = -1
    while True:
        refused += 1
        theta, rows = draw_parameters(truth, rng), draw_rows(rng)
        y = truth.response(rng, predictor(rows, theta), theta)
        if is_legal(model, y):
            break
    began, before = time.perf_counter(), sum(traces.values())
    frame = rows.assign(y=as_response(model, y))
    priors = {**model.priors, **stated}
    for plan, thin, warmup in ATTEMPTS:
        fit = _fit(model, frame, priors, plan or model.plan, thin, warmup, seed=int(rng.integers(2**32)))
        least = float(np.min(fit.summary()["ess_bulk"]))
        if least >= LEAST_ESS:
            break
    true = quantities(model, rows, y, theta)
    drawn = [quantities(model, rows, y, one) for one in _thinned(fit.draws, thin)]
    return Simulation(
        name,
        number,
        {name: int(sum(one[name] < value for one in drawn)) for name, value in true.items()},
        fit.plan.name,
        thin,
        least,
        fit.divergences,
        refused,
        sum(traces.values()) - before,
        time.perf_counter() - began,
    )


def _fit(
    model: Model,
    frame: pd.DataFrame,
    priors: Mapping[str, str],
    plan: str,
    thin: int,
    warmup: int,
    *,
    seed: int,
) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", bf.BayesFormulaWarning)  # one short chain is not judged healthy
        return bf.fit(
            FORMULA,
            frame,
            family=model.family,
            plan=plan,
            priors=dict(priors),
            chains=1,
            draws=RANKED * thin,
            warmup=warmup,
            seed=seed,
            device="cpu",
            progress=False,
        )


def _thinned(draws: Mapping[str, np.ndarray], thin: int) -> Iterable[Parameters]:
    """Every thin-th draw of the one chain, its parameters by name."""
    kept = {name: values[0, thin - 1 :: thin] for name, values in draws.items()}
    for i in range(RANKED):
        yield {name: values[i] for name, values in kept.items()}


def collect(lines: Iterable[str], seed: int) -> dict[str, Any]:
    """Simulations as one table a model, with what is needed to make them again."""
    done = sorted((json.loads(line) for line in lines), key=lambda one: one["number"])
    models: dict[str, dict[str, Any]] = {"models": {}, "mutants": {}}
    for kind, model in [*(("models", m) for m in MODELS), *(("mutants", m) for m in MUTANTS)]:
        own = [one for one in done if one["model"] == model.name]
        fitted = model.model if isinstance(model, Mutant) else model
        if own:
            models[kind][model.name] = {
                "family": fitted.family,
                "plan": fitted.plan,
                "priors": fitted.priors | (dict(model.priors) if isinstance(model, Mutant) else {}),
                "ranks": {name: [one["ranks"][name] for one in own] for name in own[0]["ranks"]},
                "used": [f"{one['plan']}, {one['thin']}" for one in own],
                "least_ess": [round(one["least_ess"]) for one in own],
                "divergences": [one["divergences"] for one in own],
                "refused": sum(one["refused"] for one in own),
                "traced": [one["number"] for one in own if one["traces"]],
            }
    return {
        "script": "tests/statistical/sbc.py",
        "seed": seed,
        "versions": versions(),
        "formula": FORMULA,
        "rows": ROWS,
        "levels": LEVELS,
        "ranked": RANKED,
        "attempts": [f"{plan or 'plan of the model'}, {thin}" for plan, thin, _ in ATTEMPTS],
        **models,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("lines", type=Path)
    parser.add_argument("--collect", type=Path)
    parser.add_argument("--simulations", type=int, default=200)
    parser.add_argument("--seed", type=int, default=20180418)
    parser.add_argument("--models", nargs="*", default=[model.name for model in MODELS])
    given = parser.parse_args()
    if given.collect:
        table = collect(given.lines.read_text().splitlines(), given.seed)
        given.collect.write_text(json.dumps(table, indent=1).replace("\n     ", " ") + "\n")
        return
    done = set()
    if given.lines.exists():
        done = {(r["model"], r["number"]) for r in map(json.loads, given.lines.read_text().splitlines())}
    chosen = [model for model in (*MODELS, *MUTANTS) if model.name in given.models]
    for number in range(given.simulations):  # all models side by side: what is there at any time is balanced
        for model in chosen:
            if (model.name, number) not in done:
                with given.lines.open("a") as lines:
                    lines.write(json.dumps(vars(simulate(model, number, given.seed))) + "\n")


if __name__ == "__main__":
    main()
