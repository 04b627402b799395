"""The table that fuzzed formulas meet, and the way from formula and table to a model."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from bayesformula.pipeline import Prepared, prepare


@cache
def small_table() -> pd.DataFrame:
    """A dozen rows with a column of each type."""
    rows = np.arange(12)
    return pd.DataFrame({
        "y": np.sin(rows) + 2.0,
        "n": rows % 4,
        "k": rows % 2,
        "x": np.cos(3.0 * rows),
        "z": np.where(rows == 5, np.nan, rows / 3.0),
        "w": 1.0 + rows % 3,
        "f": pd.Categorical.from_codes(rows % 3, ["low", "mid", "high"], ordered=True),
        "g": [("a", "b b", "c/d", "é")[row % 4] for row in rows],
        "h": [f"h{row // 2}" for row in rows],
        "ok": rows % 5 == 0,
        "when": pd.date_range("2020-01-01", periods=12),
        "a b": rows * 1.0,
    })  # fmt: skip


def prepared(formula: str, data: Any, **options: Any) -> Prepared:
    """All that `fit` does before it compiles."""
    usual: dict[str, Any] = {"family": None, "priors": None, "plan": "auto", "na": "drop", "checks": None}
    return prepare(formula, data, **{**usual, **options, "quiet": True})
