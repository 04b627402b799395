"""Versions, devices, cores and cache: what made the numbers, and what to send with a question."""

from __future__ import annotations

import importlib.metadata
import platform
from typing import Any

from bayesformula.errors import BayesFormulaError

PACKAGES = (
    "bayesformula",
    "jax",
    "jaxlib",
    "numpyro",
    "numpy",
    "pandas",
    "formulaic",
    "arviz-base",
    "arviz-stats",
)


def versions() -> dict[str, str]:
    """Versions of the packages that make the numbers."""
    out = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            out[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:  # run from a source tree
            out[name] = "not installed"
    return out


def doctor() -> dict[str, dict[str, Any]]:
    """Versions, devices, cores and cache: what to send with a question."""
    from bayesformula.runner import cache, config
    from bayesformula.runner import device as devices

    choices: dict[str, Any] = {}
    for requested in ("auto", "gpu"):
        try:
            found = devices.choose(requested)
            choices[requested] = f"{found.kind}: {found.name} ({found.reason})"
        except BayesFormulaError as error:
            choices[requested] = f"none: {str(error).split('. ')[0]}"
    folder = cache.folder()
    files = list(folder.glob("*")) if folder is not None and folder.is_dir() else []
    return {
        "versions": versions(),
        "machine": {"system": platform.platform(), "cores": config.available_cores()},
        "device": choices,
        "cache": {
            "folder": "off" if folder is None else str(folder),
            "files": len(files),
            "megabytes": round(sum(f.stat().st_size for f in files if f.is_file()) / 2**20, 1),
        },
    }
