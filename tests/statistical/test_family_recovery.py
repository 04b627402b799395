"""Every family finds the truth behind data that NumPy drew, group effects included.

For each parameter the truth must lie within MAX_Z posterior sds of the posterior mean. Were posteriors
normal and the prior the law of the truth, one parameter would fail in 15,000; there are about 160. By hand:
`pytest -m slow tests/statistical/test_family_recovery.py` takes a quarter of an hour.
"""

from __future__ import annotations

import pytest

import bayesformula as bf
from family_cases import CASES, simulate

MAX_Z = 4.0
N, LEVELS = 1200, 40


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
@pytest.mark.filterwarnings("ignore:the run is not healthy")
def test_truth_is_recovered(case):
    frame, truth = simulate(case, N, LEVELS, seed=11)
    formula = bf.formula(case.formula, **dict(case.further)) if case.further else case.formula
    fit = bf.fit(formula, frame, family=case.family, chains=2, draws=500, warmup=500, seed=1, progress=False)
    summary = fit.summary()
    z = {name: (summary["mean"][name] - value) / summary["sd"][name] for name, value in truth.items()}
    assert set(truth) == set(summary.index), "every reported parameter has a truth"
    assert all(abs(value) < MAX_Z for value in z.values()), z
    assert summary["r_hat"].max() < 1.05
    assert fit.divergences < 20
