"""Combinations of predictors that separate: what proves that there is none agrees with the linear program."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import bayesformula as bf
from bayesformula.data import separation


def is_separated(x, y):
    frame = pd.DataFrame(x, columns=["a", "b", "c"]).assign(y=y)
    found = bf.explain("y ~ a + b + c", frame, family="bernoulli").findings
    return "separation" in [finding.code for finding in found]


@pytest.mark.parametrize("seed", range(40))
def test_the_quick_proof_never_contradicts_the_linear_program(seed, monkeypatch):
    """12 to 41 rows of 3 predictors, small enough that some are separated and some are nearly so."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(12, 42))
    x = rng.normal(size=(n, 3)) * [1.0, 100.0, 0.01]
    if seed % 2:
        x[:, 2] = rng.integers(0, 2, n)
    y = (x[:, 0] + x[:, 1] / 100 + rng.choice([0.0, 0.3, 2.0]) * rng.normal(size=n) > 0).astype(int)
    quick = is_separated(x, y)
    monkeypatch.setattr(separation, "_overlaps", lambda _: False)
    assert quick == is_separated(x, y)


def test_both_answers_occur_and_the_proof_is_found():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 2))
    succeeds = rng.random(60) < 0.5
    assert separation._overlaps(np.where(succeeds[:, None], x, -x))
    assert not separation._overlaps(np.where((x @ [1, -1] > 0)[:, None], x, -x))
    touching = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]])  # nothing speaks against the second column
    assert not separation._overlaps(touching)


def test_usual_tables_are_fitted_without_loading_the_linear_programs():
    code = (
        "import sys, numpy as np, bayesformula as bf\n"
        "rng = np.random.default_rng(0)\n"
        "rows = {'y': rng.integers(0, 2, 80), 'x': rng.normal(size=80), 'z': rng.normal(size=80)}\n"
        "bf.explain('y ~ x + z', rows, family='bernoulli')\n"
        "print('scipy.optimize' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"]
