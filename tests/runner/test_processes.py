"""The same seed gives the same draws in another process, whatever its cores and however it shows progress."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

SCRIPT = """
import hashlib
import os
import sys
import warnings

if os.environ.get("ONE_CORE"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

import numpy as np
import pandas as pd
import bayesformula as bf

warnings.simplefilter("ignore", bf.BayesFormulaWarning)  # short runs
rng = np.random.default_rng(1)
n = 30_000
frame = pd.DataFrame({"x": rng.normal(size=n), "g": rng.integers(0, 300, n), "h": rng.integers(0, 40, n)})
frame["y"] = rng.poisson(np.exp(0.3 * frame.x + rng.normal(size=300)[frame.g]))
frame["g"], frame["h"] = frame.g.astype(str), frame.h.astype(str)
for formula, family, plan in (
    ("y ~ x + (1 + x | g)", "gaussian", "marginal"),
    ("y ~ x + (1 | g) + (1 | h)", "gaussian", "marginal"),
    ("y ~ x + (1 + x | g)", "poisson", "whitened"),
    ("y ~ x + (1 | g) + (1 | h)", "poisson", "noncentred"),
):
    fit = bf.fit(
        formula, frame, family=family, plan=plan, chains=2, draws=10, warmup=10, seed=7,
        progress=bool(os.environ.get("PROGRESS")), max_tree_depth=4,
    )
    digest = hashlib.sha256()
    for name in sorted(fit.draws):
        digest.update(np.ascontiguousarray(fit.draws[name]).tobytes())
    print(formula, family, plan, digest.hexdigest())
"""


def digests(cache, **variables: str) -> str:
    """What a process of its own prints; nothing compiled is shared unless the cache is."""
    environment = {**os.environ, "BAYESFORMULA_CACHE": str(cache), **variables}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_draws_are_the_same_bit_for_bit_in_every_process(tmp_path):
    """Each compiles by itself: with all cores, with one, told of 16 (XLA's threads), with a progress bar.

    30,000 rows, so that sums are long enough to be worth a thread to whoever would split them.
    """
    usual = digests(tmp_path / "usual")
    assert usual.count("\n") == 4
    others = {
        "again, from the cache": digests(tmp_path / "usual"),
        "again, compiled anew": digests(tmp_path / "anew"),
        "one core": digests(tmp_path / "one", ONE_CORE="1", NPROC="1"),
        "sixteen threads": digests(tmp_path / "sixteen", NPROC="16"),
        "progress": digests(tmp_path / "usual", PROGRESS="1"),
    }
    assert {name: text for name, text in others.items() if text != usual} == {}
