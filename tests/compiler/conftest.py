"""Memory: what one module compiled is of no use to the next."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module", autouse=True)
def forget_programs():
    """Hundreds of compiled programs would stay in memory until the end of the suite."""
    yield
    import jax

    jax.clear_caches()
