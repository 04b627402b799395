"""Versions, devices, cores and cache: what made the numbers, and what to send with a question."""

from __future__ import annotations

import importlib.metadata
import platform
from functools import lru_cache
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
    return {"python": platform.python_version(), **{name: _version(name) for name in PACKAGES}}


@lru_cache(maxsize=len(PACKAGES))
def _version(name: str) -> str:
    """Read once: the metadata of all packages take 8 ms, every time."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:  # run from a source tree
        return "not installed"


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
