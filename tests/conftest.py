"""Strict numerics, and one folder of compiled programs for the whole suite."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

os.environ.setdefault("BAYESFORMULA_CACHE", str(Path(tempfile.gettempdir()) / "bayesformula-test-cache"))


@pytest.fixture(scope="session", autouse=True)
def strict_numerics():
    """Exact tests compute in float64 and never let an array grow a dimension in silence."""
    import jax

    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", False)
