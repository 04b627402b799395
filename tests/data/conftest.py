"""One small frame for the tests of formulas on data, and the way from text to design."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from bayesformula.data.design import build_design
from bayesformula.syntax.lower import lower
from bayesformula.syntax.parse import parse


@pytest.fixture
def frame() -> pd.DataFrame:
    """24 rows: numbers, a declared factor of 3 levels, text of 2, truth values, groups nested and crossed."""
    n = np.arange(24)
    return pd.DataFrame(
        {
            "y": np.sin(n) + n / 5,
            "x": (5 * n % 7).astype(float),
            "w": np.cos(3 * n) + 2,
            "f": pd.Categorical(
                np.array(["early", "mid", "late"])[n % 3], categories=["early", "mid", "late"]
            ),
            "s": np.array(["m", "f"])[n // 3 % 2],
            "b": n % 4 == 1,
            "g": n // 4,
            "a": np.array(["A", "B"])[n // 12],
            "k": n % 4,
        }
    )


@pytest.fixture
def build():
    """From a formula's text and a frame to schema and design."""

    def _build(text, frame, **options):
        return build_design(lower(parse(text)), frame, **options)

    return _build
