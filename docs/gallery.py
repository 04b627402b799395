"""Draw every picture of a fit, for models that are hard to draw, into a folder: to be looked at.

    python docs/gallery.py FOLDER              # all of them, in two or three minutes
    python docs/gallery.py FOLDER cafes long   # those of some models

The models: two bundled tables with varying slopes, a binomial one, nested groups, forty groups with long and
odd names, three groups, none, an ordinal response, a second linear predictor.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

import bayesformula as bf
from bayesformula.results.plots import KINDS, save_plot

MODELS: dict[str, Callable[[], dict]] = {}


def model(function: Callable[[], dict]) -> Callable[[], dict]:
    """Take a function that gives the arguments of `bf.fit` into the gallery."""
    MODELS[function.__name__] = function
    return function


@model
def cafes() -> dict:
    return {"formula": "wait ~ afternoon + (1 + afternoon | cafe)", "data": bf.datasets.load("cafes")}


@model
def sleep() -> dict:
    return {"formula": "Reaction ~ Days + (Days | Subject)", "data": bf.datasets.load("sleepstudy")}


@model
def cbpp() -> dict:
    formula = "incidence | trials(size) ~ period + (1 | herd)"
    return {"formula": formula, "data": bf.datasets.load("cbpp"), "family": "binomial"}


@model
def nested() -> dict:
    return {"formula": "strength ~ 1 + (1 | batch/cask)", "data": bf.datasets.load("Pastes")}


@model
def long() -> dict:
    rng = np.random.default_rng(4)
    g = np.arange(800) % 40
    x = rng.normal(size=800)
    y = 2 + x + rng.normal(size=40)[g] + 0.5 * rng.normal(size=40)[g] * x + rng.normal(size=800)
    end = "school of St. Somebody with a very long name & daughters, upper valley"
    names = [f"The ${i}$ <b>{end}</b>" for i in range(40)]
    data = pd.DataFrame({"y": y, "x": x, "school": [names[i] for i in g]})
    return {"formula": "y ~ x + (1 + x | school)", "data": data}


@model
def three() -> dict:
    rng = np.random.default_rng(4)
    g = np.arange(60) % 3
    data = pd.DataFrame({"y": rng.normal(size=60) + g, "g": [f"g{i}" for i in g]})
    return {"formula": "y ~ 1 + (1 | g)", "data": data}


@model
def plain() -> dict:
    rng = np.random.default_rng(4)
    x = rng.normal(size=60)
    return {"formula": "y ~ x", "data": pd.DataFrame({"y": x + rng.normal(size=60), "x": x})}


@model
def ordinal() -> dict:
    rng = np.random.default_rng(4)
    judge = np.arange(300) % 12
    x = rng.normal(size=300)
    latent = x + rng.normal(size=12)[judge] + rng.logistic(size=300)
    grades = ["poor", "fair", "good", "best"]
    rating = pd.Categorical.from_codes(np.digitize(latent, [-1, 0.5, 2]), grades, ordered=True)
    data = pd.DataFrame({"rating": rating, "x": x, "judge": [f"j{i}" for i in judge]})
    return {"formula": "rating ~ x + (1 | judge)", "data": data, "family": "cumulative"}


@model
def distributional() -> dict:
    rng = np.random.default_rng(4)
    g, h = np.arange(400) % 15, (np.arange(400) // 15) % 8
    x, z = rng.normal(size=(2, 400))
    y = x + rng.normal(size=15)[g] + rng.normal(size=8)[h] + rng.normal(size=400) * np.exp(0.2 * x)
    data = pd.DataFrame({"y": y, "x": x, "z": z, "g": [f"g{i}" for i in g], "h": [f"h{i}" for i in h]})
    return {"formula": "y ~ x + z + (1 + x + z | g) + (1 | h); sigma ~ x + (1 | h)", "data": data}


def main(folder: Path, names: list[str]) -> None:
    """Fit and draw; what a model has no picture of is said."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names or list(MODELS):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", bf.BayesFormulaWarning)
            fit = bf.fit(**MODELS[name](), draws=500, warmup=500, progress=False)
        for kind in KINDS:
            try:
                save_plot(fit, kind, folder / f"{name}_{kind}.png")
            except bf.BayesFormulaError as error:
                print(f"{name}: no {kind}: {error}")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), sys.argv[2:])
