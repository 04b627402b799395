"""Wrote `format1.nc.gz` and `format1.csv`, once.

With version 0.1.0, Python 3.11.7, jax 0.10.2, numpyro 0.22.0, numpy 2.4.6, pandas 3.1.1, arviz-stats 0.8.0.

Not to be run again: what it would write now has another format.
"""

import numpy as np
import pandas as pd

import bayesformula as bf

rng = np.random.default_rng(1)
n = 24
a, b = np.arange(n) % 4, (np.arange(n) // 4) % 2
frame = pd.DataFrame(
    {
        "x": rng.normal(size=n).round(2),
        "w": rng.integers(1, 4, n),
        "a": [f"a{i}" for i in a],
        "threshold": [("p/q", "ü")[i] for i in b],
        "ok": rng.integers(0, 2, n).astype(bool),
    }
)
frame["y"] = (1 + frame.x + rng.normal(size=4)[a] + rng.normal(size=n) * 0.5).round(3)
frame.loc[3, "x"] = np.nan
fit = bf.fit(
    "y | weights(w) ~ x + ok + (1 + x | a) + (1 | a:threshold) + (1 | threshold)",
    frame,
    chains=2,
    draws=12,
    warmup=60,
    seed=3,
    progress=False,
)
fit.save("format1.nc")  # then gzip -9
fit.summary().to_csv("format1.csv")
