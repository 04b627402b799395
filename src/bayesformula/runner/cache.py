"""JAX's persistent compilation cache, lent to one fit and given back.

A second fit of the same structure in another process then compiles nothing. The folder is the user's
cache folder (`BAYESFORMULA_CACHE` names another; the word `off` turns it off); what the user has set in
JAX is left alone; a folder that cannot be written costs a warning, never a fit.
"""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

from bayesformula.errors import BayesFormulaWarning

VARIABLE = "BAYESFORMULA_CACHE"
FOLDER = "jax_compilation_cache_dir"
THRESHOLD = "jax_persistent_cache_min_compile_time_secs"


def folder() -> Path | None:
    """The folder of compiled programs, or None when the cache is off or there is no home folder."""
    named = os.environ.get(VARIABLE, "")
    if named.lower() == "off":
        return None
    if named:
        return Path(os.path.expanduser(named))
    with contextlib.suppress(RuntimeError, KeyError):
        if sys.platform == "darwin":
            return Path.home() / "Library" / "Caches" / "bayesformula"
        if sys.platform == "win32":
            return Path(os.environ["LOCALAPPDATA"]) / "bayesformula" / "cache"
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        return Path(base) / "bayesformula"
    return None


@contextlib.contextmanager
def lent() -> Iterator[None]:
    """Point JAX at the cache for the length of one fit, where the user has not pointed it anywhere."""
    import jax

    where = folder()
    if where is None or getattr(jax.config, FOLDER) is not None or not _usable(where):
        yield
        return
    kept = getattr(jax.config, THRESHOLD)
    _point(str(where), 0.2)
    try:
        yield
    finally:
        _point(None, kept)


def _point(where: str | None, threshold: float) -> None:
    """Set JAX's folder; JAX keeps the first that it opens for the life of the process, so close that one."""
    import jax
    from jax.experimental.compilation_cache import compilation_cache

    jax.config.update(FOLDER, where)
    jax.config.update(THRESHOLD, threshold)
    compilation_cache.reset_cache()


def obstacle(where: Path) -> str:
    """Why nothing can be kept in a folder, or nothing; it is made where it is not there yet."""
    try:
        where.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        return f"{where} cannot be made ({getattr(error, 'strerror', None) or error})"
    return "" if os.access(where, os.W_OK | os.X_OK) else f"{where} cannot be written"


def _usable(where: Path) -> bool:
    reason = obstacle(where)
    if reason:
        warnings.warn(
            f"compiled programs are not kept: {reason}. "
            f"Set {VARIABLE} to a folder that can be written, or to 'off'.",
            BayesFormulaWarning,
            stacklevel=7,
        )
    return not reason
