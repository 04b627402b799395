"""Published comparisons, reproduced. They take minutes and tables that do not come with the package.

The ozone table (benchmarks/tables.py says where to get it): 16,966 daily maxima of 12 stations in Beijing.
Published are leave-one-out estimates of -15757.7 for one slope, and -15629.4 (17.0 effective parameters) for
varying intercepts; varying slopes are better still. By hand, 4 chains of 1,000 draws, seed 1, marginal plan:

    one line              -15757.71  (se 190.5)  p  6.69  largest k 0.09
    varying intercepts    -15629.43  (se 189.5)  p 17.12  largest k 0.19
    varying slopes        -15557.16  (se 190.1)  p 29.51  largest k 0.19
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

import pandas as pd
import pytest

import bayesformula as bf
from results.fits import fit_quietly

FOLDER = os.environ.get("BAYESFORMULA_BENCHMARK_DATA", "")
TABLE = Path(FOLDER) / "ozone_daily.csv.gz"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (FOLDER and TABLE.is_file()), reason="the ozone table is not at hand"),
]

PUBLISHED = {
    "log_ozone ~ temp": (-15757.7, 6.7),
    "log_ozone ~ temp + (1 | station)": (-15629.4, 17.0),
}
SLOPES = "log_ozone ~ temp + (temp | station)"


@lru_cache(maxsize=4)
def loo_of(formula):
    frame = pd.read_csv(TABLE)
    frame["temp"] = (frame["TEMP"] - frame["TEMP"].mean()) / 10
    return fit_quietly(formula, frame, draws=1000, warmup=500, seed=1).loo()


@pytest.mark.parametrize("formula", PUBLISHED)
def test_ozone_is_as_published(formula):
    elpd, p = PUBLISHED[formula]
    found = loo_of(formula)
    assert found.elpd == pytest.approx(elpd, abs=0.7)
    assert found.p == pytest.approx(p, abs=0.7)
    assert not found.warning


def test_varying_slopes_are_better_still():
    table = bf.compare({formula: loo_of(formula) for formula in (*PUBLISHED, SLOPES)})
    assert list(table.index) == [SLOPES, *reversed(PUBLISHED)]
    assert loo_of(SLOPES).elpd == pytest.approx(-15557.2, abs=1.5)
    assert (table["elpd_diff"][1:] > 4 * table["dse"][1:]).all()
