"""Wrote `format2*.nc.gz` and `format2.csv`, once.

With version 0.1.0, Python 3.11.7, jax 0.10.2, numpyro 0.22.0, numpy 2.4.6, pandas 3.1.1, arviz-stats 0.8.0.

Not to be run again when the format has changed: what it would write then has another.
"""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd

import bayesformula as bf

rng = np.random.default_rng(1)
n = 40
rows = np.arange(n)
frame = pd.DataFrame(
    {
        "x": rng.normal(size=n).round(2),
        "g": [f"g{i % 5}" for i in rows],
        "h": [("p/q", "ü", "h2", "h3")[i % 4] for i in rows],
        "f": pd.Categorical([("a", "b", "c")[i % 3] for i in rows], ordered=True),
        "c": rng.poisson(2, n),
    }
)
frame["y"] = (frame.x + rng.normal(size=n)).round(3)
levels = [f"g{i}" for i in range(5)]
related = pd.DataFrame(np.eye(5) + 0.2, index=levels, columns=levels)
options = {"chains": 2, "draws": 10, "warmup": 60, "seed": 3, "progress": False}
fits = {
    "format2": bf.fit("y ~ x + f + (1 + x | g)", frame, **options),
    "format2_sigma": bf.fit(
        "y ~ poly(x, 2) + (1 | g); sigma ~ x + (1 | h)", frame, keep="summary", **options
    ),
    "format2_cov": bf.fit(
        "y ~ ns(x, 3) + (1 | gr(g, cov = A))", frame, data2={"A": related}, plan="noncentred", **options
    ),
    "format2_zeros": bf.fit("c ~ x + (1 | g:h); zi ~ 1", frame, family="zero_inflated_poisson", **options),
}
for name, fit in fits.items():
    fit.save(f"{name}.nc", overwrite=True)
    Path(f"{name}.nc.gz").write_bytes(gzip.compress(Path(f"{name}.nc").read_bytes(), 9, mtime=0))
    Path(f"{name}.nc").unlink()
fits["format2"].summary().to_csv("format2.csv")
