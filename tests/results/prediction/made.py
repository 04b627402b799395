"""Fits that never ran: a formula, a table, and draws made up for every parameter."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pandas as pd

from bayesformula.pipeline import prepare
from results.models import draws_of, fit_of

_N = np.arange(60)
ROWS = pd.DataFrame(
    {
        "y": np.sin(_N * 1.7),
        "positive": 1.5 + np.sin(_N * 1.7),
        "share": 0.5 + 0.4 * np.sin(_N * 1.7),
        "binary": (_N * 7) % 2,
        "count": _N % 5,
        "size": _N % 5 + _N % 3 + 1,
        "other": 1 + _N % 2,
        "x": np.cos(_N * 0.9),
        "w": 0.5 + (_N % 4) / 4,
        "s": 0.2 + (_N % 3) / 5,
        "g": [f"g{i % 6}" for i in _N],
        "a": [f"a{i % 3}" for i in _N],
        "b": [f"b{i % 4}" for i in _N],
        "h": [f"h{(i * 5 + 1) % 6}" for i in _N],
        "half": ["lower" if i % 6 < 3 else "upper" for i in _N],
        "f": [("p", "q", "r")[i % 3] for i in _N],
        "grade": pd.Categorical.from_codes(_N % 3, ["low", "middle", "high"], ordered=True),
        "kind": np.array(["A", "B", "C"])[_N % 3],
        "h2": [f"g{(i * 5 + 2) % 6}" for i in _N],
    }
)  # fmt: skip


@lru_cache(maxsize=64)
def made_fit(formula, family="gaussian", *, chains=2, draws=20, priors=None):
    """A fit of `formula` to `ROWS` whose draws are small random numbers, scalars between 0 and 1 or so."""
    ready = prepare(
        formula, ROWS, family=family, priors=priors, plan="noncentred", na="drop", checks=None, quiet=True
    )
    return replace(
        fit_of(ready.model, chains=chains, draws=draws),
        draws=legal_draws(ready.model, chains, draws),
        plan=ready.plan,
        schema=ready.schema,
        frame=ready.frame[list(ready.schema.columns)],
        levels={label: (g.levels, g.parts) for label, g in ready.design.groups.items()},
    )


def legal_draws(model, chains, draws):
    """Made-up draws that are legal: scalars inside (0, 1), sds near 0.5, correlations that are some."""
    rng = np.random.default_rng(3)
    out = {name: 0.3 * values for name, values in draws_of(model, chains, draws).items()}
    for name in model.scalars:
        support = model.family.support_of(name)
        out[name] = 0.2 + 0.6 * rng.uniform(size=(chains, draws)) + (support in ("above one", "power"))
    if "Intercept" in out:
        out["Intercept"] = np.sort(out["Intercept"], axis=-1) + 0.5 * np.arange(out["Intercept"].shape[-1])
    for group in model.groups:
        out[f"sd_{group.label}"] = 0.3 + 0.4 * rng.uniform(size=out[f"sd_{group.label}"].shape)
        if group.dist == "student":
            out[f"df_{group.label}"] = 4 + 4 * rng.uniform(size=(chains, draws))
        if f"cor_{group.label}" in out:
            out[f"cor_{group.label}"] = _correlations(rng, group, chains, draws)
    return out


def _correlations(rng, group, chains, draws):
    """Correlation matrices within blocks, 0 between them."""
    size = len(group.sd_coefs)
    root = rng.normal(size=(chains, draws, size, 2 * size))
    cov = root @ np.swapaxes(root, -1, -2)
    sd = np.sqrt(np.diagonal(cov, axis1=-2, axis2=-1))
    mask = np.eye(size)
    for block in group.sd_blocks:
        for i in block:
            for j in block:
                mask[i, j] = 1
    return cov / sd[..., :, None] / sd[..., None, :] * mask
