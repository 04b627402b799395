"""Threads of the linear algebra library, lent to a fit and given back.

JAX factorises matrices on the CPU with the LAPACK that SciPy brings, which is OpenBLAS on most machines.
Its threads wait for each other in busy loops: where chains run side by side, or another program has the
cores, a Cholesky factor of some hundred columns can take several hundred times as long (0.6 s in place of
1 ms for 300 columns, measured on two busy cores). Chains use the cores already; one thread each is enough.
"""

from __future__ import annotations

import contextlib
import ctypes
import threading
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

NAMES = ("scipy_openblas_{}_num_threads", "openblas_{}_num_threads")
SUFFIXES = ("", "64_", "_64", "_64_")

_LOCK = threading.Lock()
_fits = 0
_before: list[int] = []


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Let OpenBLAS use one thread for the length of a fit; the last of several fits gives the others back."""
    global _fits
    with _LOCK:
        _fits += 1
        if _fits == 1:
            _before[:] = [get() for get, _ in controls()]
            for _, put in controls():
                put(1)
    try:
        yield
    finally:
        with _LOCK:
            _fits -= 1
            if _fits == 0:
                for (_, put), before in zip(controls(), _before, strict=True):
                    put(before)


@lru_cache(maxsize=1)
def controls() -> tuple[tuple[Callable[[], int], Callable[[int], object]], ...]:
    """How to read and set the threads of each OpenBLAS of NumPy and SciPy; empty where they use another."""
    found = (_control(path) for path in _libraries())
    return tuple(control for control in found if control is not None)


def _libraries() -> list[Path]:
    """The libraries inside the wheels, beside their packages: opening them again gives the same ones."""
    import numpy
    import scipy

    out: list[Path] = []
    for package in (numpy, scipy):
        home = Path(package.__path__[0])
        for folder in (home.with_name(f"{home.name}.libs"), home / ".dylibs"):
            out += sorted(folder.glob("*openblas*")) if folder.is_dir() else []
    return out


def _control(path: Path) -> tuple[Callable[[], int], Callable[[int], object]] | None:
    try:
        library = ctypes.CDLL(str(path))
    except OSError:
        return None
    for name in (pattern + suffix for pattern in NAMES for suffix in SUFFIXES):
        if hasattr(library, name.format("get")) and hasattr(library, name.format("set")):
            return getattr(library, name.format("get")), getattr(library, name.format("set"))
    return None
