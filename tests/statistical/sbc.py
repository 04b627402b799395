"""Simulation-based calibration: parameters from the prior, data from them, a fit, the rank of the truth.

Where the fit samples the posterior of the model that the data came from, the rank of each true parameter
among independent draws is uniform (Talts et al. 2018, arXiv:1804.06788). Parameters and data are drawn here
with NumPy, densities are SciPy's: of the package only `bf.fit` takes part.

By hand, from the folder tests, 200 simulations of each model, a line of JSON each, added to a file:

    python -m statistical.sbc ranks.jsonl --simulations 200

and all lines of the file as one table, which docs/calibration/figures.py draws:

    python -m statistical.sbc ranks.jsonl --collect ../docs/calibration/ranks.json

Every plan on three structures of groups, in another file: with --plans in both calls.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import bayesformula as bf
from bayesformula.environment import versions
from bayesformula.runner.executables import traces
from statistical.sbc_models import (
    MODELS,
    MUTANTS,
    PLANS,
    ROWS,
    SLOPES,
    Model,
    Mutant,
    Parameters,
    as_response,
    draw_parameters,
    draw_rows,
    is_legal,
    predictor,
    quantities,
)

RANKED = 99
"""Draws among which the truth has a rank: 0 to 99."""
ATTEMPTS = (("", 8, 400), ("", 16, 400), ("resort", 16, 1000), ("resort", 64, 1000))
"""Plan (of the model where it is "", else its resort), one draw in how many is kept, warmup: in turn, until
the chain is good. Where the rows say much of each level `noncentred` hardly moves; where they say little
`centred` does not; the posterior is the same under all plans."""
LEAST_ESS = 150
"""Of a good chain. At 99 * 8 draws a chain of autocorrelation r^t has this ESS at r = 0.68, and every eighth
draw of it a correlation of 0.05."""


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
        theta, rows = draw_parameters(truth, rng), draw_rows(truth, rng)
        y = truth.response(rng, predictor(truth, rows, theta), theta)
        if is_legal(model, y):
            break
    began, before = time.perf_counter(), sum(traces.values())
    frame = rows.assign(y=as_response(model, y))
    priors = {**model.priors, **stated}
    for which, thin, warmup in ATTEMPTS:
        plan = model.resort if which else model.plan
        fit = _fit(model, frame, priors, plan, thin, warmup, seed=int(rng.integers(2**32)))
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
            model.groups.formula,
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
        "formula": SLOPES.formula,
        "rows": ROWS,
        "levels": len(SLOPES.terms[0].labels),
        "ranked": RANKED,
        "attempts": [f"{which or 'plan of the model'}, {thin}" for which, thin, _ in ATTEMPTS],
        **models,
    }


def collect_plans(lines: Iterable[str], seed: int) -> dict[str, Any]:
    """Simulations of `PLANS`, shorter: of each quantity how many simulations had each rank.

    In all of them, and in those whose chain was good. Whether it was good is seen in the table and in the
    chain alone, so that ranks are uniform among these too where their draws are right.
    """
    done, plans = [json.loads(line) for line in lines], {}
    for model in PLANS:
        own = [one for one in done if one["model"] == model.name]
        if not own:
            continue
        good = [one for one in own if not one["divergences"] and one["least_ess"] >= LEAST_ESS]
        plans[model.name] = {
            "formula": model.groups.formula,
            "family": model.family,
            "priors": model.priors,
            "simulations": len(own),
            "first_attempt": sum((one["plan"], one["thin"]) == (model.plan, ATTEMPTS[0][1]) for one in own),
            "own_plan": sum(one["plan"] == model.plan for one in own),
            "median_least_ess": round(float(np.median([one["least_ess"] for one in own]))),
            "poor": sum(one["least_ess"] < LEAST_ESS for one in own),
            "with_divergence": sum(one["divergences"] > 0 for one in own),
            "counts": _counts(own),
            "good": {"simulations": len(good), "counts": _counts(good)},
        }
    return {
        "script": "tests/statistical/sbc.py",
        "seed": seed,
        "versions": versions(),
        "ranked": RANKED,
        "plans": plans,
    }


def _counts(simulations: list[dict[str, Any]]) -> dict[str, list[int]]:
    """How many had each rank, by quantity."""
    return {
        name: np.bincount([one["ranks"][name] for one in simulations], minlength=RANKED + 1).tolist()
        for name in simulations[0]["ranks"]
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("lines", type=Path)
    parser.add_argument("--collect", type=Path)
    parser.add_argument("--simulations", type=int, default=200)
    parser.add_argument("--seed", type=int, default=20180418)
    parser.add_argument("--models", nargs="*", help="names (all without mutants, unless given)")
    parser.add_argument("--plans", action="store_true", help="every plan on three structures of groups")
    given = parser.parse_args()
    if given.collect:
        table = (collect_plans if given.plans else collect)(given.lines.read_text().splitlines(), given.seed)
        given.collect.write_text(json.dumps(table, indent=1).replace("\n     ", " ") + "\n")
        return
    done = set()
    if given.lines.exists():
        done = {(r["model"], r["number"]) for r in map(json.loads, given.lines.read_text().splitlines())}
    known = PLANS if given.plans else (*MODELS, *MUTANTS)
    names = given.models or [model.name for model in (PLANS if given.plans else MODELS)]
    chosen = [model for model in known if model.name in names]
    for number in range(given.simulations):  # all models side by side: what is there at any time is balanced
        for model in chosen:
            if (model.name, number) not in done:
                with given.lines.open("a") as lines:
                    lines.write(json.dumps(vars(simulate(model, number, given.seed))) + "\n")


if __name__ == "__main__":
    main()
