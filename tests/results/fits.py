"""Fits that the tests of results, runner and command line share, made once a session."""

from __future__ import annotations

import warnings
from functools import lru_cache

import numpy as np
import pandas as pd

import bayesformula as bf

CAFES = "wait ~ afternoon + (1 + afternoon | cafe)"
WIDE = "y | weights(w) ~ x + f + ok + (1 + x | h) + (0 + k | h) + (1 | a) + (1 + x || a:b)"
SHORT = {"draws": 200, "warmup": 300, "progress": False}


def fit_quietly(formula, data, **options):
    """A short fit whose findings and health are somebody else's test."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", bf.BayesFormulaWarning)
        return bf.fit(formula, data, **{**SHORT, **options})


@lru_cache(maxsize=1)
def cafes_fit():
    return fit_quietly(CAFES, bf.datasets.load("cafes"))


OUTLYING = 57
"""A row that cannot be left out by weighing draws, whatever their last digits are."""


@lru_cache(maxsize=1)
def outlying_fit() -> bf.Fit:
    """`cafes_fit` with that row far from the others."""
    table = bf.datasets.load("cafes")
    table.loc[OUTLYING, "wait"] += 8.0
    return fit_quietly(CAFES, table)


@lru_cache(maxsize=1)
def wide_data():
    """96 rows of every type of column: text, numbers as groups, bool, ordered category, missing values."""
    rng = np.random.default_rng(11)
    n = 96
    a, b, h = np.arange(n) % 4, (np.arange(n) // 4) % 3, rng.integers(0, 8, n)
    x = rng.normal(size=n)
    k = rng.integers(-3, 4, n)
    y = 2 + x + rng.normal(size=4)[a] + rng.normal(size=8)[h] + 0.4 * rng.normal(size=8)[h] * k
    frame = pd.DataFrame(
        {
            "y": y + rng.normal(scale=0.5, size=n),
            "x": x,
            "k": k,
            "w": rng.integers(1, 4, n),
            "f": pd.Categorical.from_codes(rng.integers(0, 3, n), ["low", "middle", "high"], ordered=True),
            "ok": rng.integers(0, 2, n).astype(bool),
            "a": [f"a{i}" for i in a],
            "b": [("ä b", "ü", "c/d")[i] for i in b],
            "h": 100 + h,
            "unused": ["never read"] * n,
        }
    )
    frame.loc[[3, 50], "y"] = np.nan
    frame.loc[[7, 11, 90], "x"] = np.nan
    return frame


@lru_cache(maxsize=1)
def wide_fit():
    return fit_quietly(WIDE, wide_data())


@lru_cache(maxsize=1)
def plain_fit():
    """Without groups, with names that HTML must not read as its own and no line can hold."""
    rng = np.random.default_rng(5)
    long = "a_predictor_with_a_name_that_is_longer_than_any_line_of_a_terminal_of_eighty_columns_is"
    frame = pd.DataFrame({"<script>alert(1)</script>": rng.normal(size=40), long: rng.normal(size=40)})
    frame["y"] = 1e9 * (frame.sum(axis=1) + rng.normal(size=40))
    return fit_quietly(f"y ~ `<script>alert(1)</script>` + {long}", frame, chains=2)
