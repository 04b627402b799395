"""Effective sizes and means of the draws of any method, by the same code: ArviZ's."""

import json
from pathlib import Path

import numpy as np

MAIN = 60
"""Parameters, not counting group effects, whose means are recorded."""


def judge(path):
    """Effective sizes over all reported parameters; means and sds of those that are not group effects."""
    from arviz_stats.base import array_stats

    facts = json.loads(Path(f"{path}.json").read_text(encoding="utf-8"))
    draws = np.fromfile(f"{path}.f64", "<f8").reshape(facts["shape"])
    names = facts["names"]
    moving = [k for k in range(len(names)) if np.ptp(draws[k]) > 0]
    values = np.moveaxis(draws[moving], 0, -1)  # chains, draws, parameters
    axes = {"chain_axis": 0, "draw_axis": 1}
    bulk = array_stats.ess(values, method="bulk", **axes)
    tail = array_stats.ess(values, method="tail", prob=(0.05, 0.95), **axes)
    r_hat = array_stats.rhat(values, method="rank", **axes)
    moved = [names[k] for k in moving]
    main = [k for k, name in enumerate(names) if not name.startswith("r_")][:MAIN]
    return {
        "n_parameters": len(names) - sum(n.startswith("r_") for n in names) + facts["n_effects"],
        "effects_counted": sum(n.startswith("r_") for n in names),
        "n_draws": int(np.prod(draws.shape[1:])),
        "ess_bulk": round(float(np.min(bulk)), 1),
        "ess_bulk_of": moved[int(np.argmin(bulk))],
        "ess_tail": round(float(np.min(tail)), 1),
        "ess_tail_of": moved[int(np.argmin(tail))],
        "r_hat": round(float(np.max(r_hat)), 4),
        "means": {names[k]: _rounded(draws[k].mean()) for k in main},
        "sds": {names[k]: _rounded(draws[k].std()) for k in main},
    }


def _rounded(value):
    return float(f"{value:.6g}")
