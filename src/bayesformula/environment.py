"""Versions, devices, cores, cache and a self-test: what made the numbers, what to send with a question."""

from __future__ import annotations

import contextlib
import importlib.metadata
import platform
from functools import lru_cache
from pathlib import Path
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
    """Versions, devices, cores, cache, and whether a fit comes out right: what to send with a question."""
    from bayesformula.runner import cache, config
    from bayesformula.runner import device as devices
    from bayesformula.self_test import self_test

    choices: dict[str, Any] = {}
    for requested in ("auto", "gpu"):
        try:
            found = devices.choose(requested)
            choices[requested] = f"{found.kind}: {found.name} ({found.reason})"
        except BayesFormulaError as error:
            choices[requested] = f"none: {str(error).split('. ')[0]}"
    tested = self_test()
    folder = cache.folder()
    obstacle = "it is off" if folder is None else cache.obstacle(folder)
    sizes = [] if folder is None or obstacle else _sizes(folder)
    return {
        "versions": versions(),
        "machine": {"system": platform.platform(), "cores": config.available_cores()},
        "device": choices,
        "cache": {
            "folder": "off" if folder is None else str(folder),
            "writable": not obstacle,
            "obstacle": obstacle or None,
            "files": len(sizes),
            "megabytes": round(sum(sizes) / 2**20, 1),
        },
        "self_test": tested,
    }


def _sizes(folder: Path) -> list[int]:
    """Bytes of the files in a folder; another process may take one away meanwhile."""
    out = []
    for path in folder.glob("*"):
        with contextlib.suppress(OSError):
            if path.is_file():
                out.append(path.stat().st_size)
    return out
