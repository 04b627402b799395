"""Every family finds the truth behind data that NumPy drew, group effects included.

For each parameter the truth must lie within MAX_Z posterior sds of the posterior mean. Were posteriors
normal and the prior the law of the truth, one parameter would fail in 15,000; there are about 210, so that
another seed fails once in 70 runs. By hand `pytest -m slow tests/statistical/test_family_recovery.py` takes
a quarter of an hour; with `--junitxml=z.xml` the z of every parameter is in the file.
"""

from __future__ import annotations

import json

import pytest

import bayesformula as bf
from family_cases import simulate
from further_cases import ALL_CASES

MAX_Z = 4.0
N, LEVELS = 1200, 40


@pytest.mark.slow
@pytest.mark.parametrize("case", ALL_CASES, ids=lambda case: case.id)
@pytest.mark.filterwarnings("ignore:the run is not healthy")
def test_truth_is_recovered(case, record_property):
    frame, truth = simulate(case, N, LEVELS, seed=11)
    formula = bf.formula(case.formula, **dict(case.further)) if case.further else case.formula
    fit = bf.fit(formula, frame, family=case.family, chains=2, draws=500, warmup=500, seed=1, progress=False)
    summary = fit.summary()
    summary = summary[summary["sd"] > 0]  # a parameter with a fixed value is reported, and not found
    z = {name: (summary["mean"][name] - value) / summary["sd"][name] for name, value in truth.items()}
    record_property("z", json.dumps({name: round(float(value), 2) for name, value in z.items()}))
    record_property("r_hat", f"{summary['r_hat'].max():.3f}")
    record_property("divergences", fit.divergences)
    assert set(truth) == set(summary.index), "every reported parameter has a truth"
    assert all(abs(value) < MAX_Z for value in z.values()), z
    assert summary["r_hat"].max() < 1.05
    assert fit.divergences < 20
