"""Strict numerics, and one folder of compiled programs for the whole suite."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

QUICK = "--xla_cpu_use_fusion_emitters=false"
"""XLA's older way to make code, with which hundreds of small programs compile in little more than half the
time. Fits of small models have it anyway; the examples and the documentation run without."""
if "XLA_FLAGS" not in os.environ:  # workers have it from the first process
    probe = [sys.executable, "-c", "import jax; jax.devices('cpu')"]
    known = subprocess.run(probe, env={**os.environ, "XLA_FLAGS": QUICK}, capture_output=True, check=False)
    os.environ["XLA_FLAGS"] = "" if known.returncode else QUICK  # an unknown flag ends a process

os.environ.setdefault("BAYESFORMULA_CACHE", str(Path(tempfile.gettempdir()) / "bayesformula-test-cache"))


@pytest.fixture(scope="session", autouse=True)
def strict_numerics():
    """Exact tests compute in float64 and never let an array grow a dimension in silence."""
    import jax

    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", False)
