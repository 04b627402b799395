"""log P(Y <= y) and log P(Y > y) of continuous responses, finite far below where the probability underflows.

The formulas are methods of the distributions. Those of families without tails (skew_normal, von_mises,
tweedie, beta with ends) are not there, and such families refuse `cens` and `trunc`.
"""

from __future__ import annotations

from typing import Protocol, cast

import numpyro.distributions as dist
from jax import Array


class HasTails(Protocol):
    """What a distribution brings along for `cens` and `trunc`."""

    def log_cdf(self, value: Array) -> Array:
        """log P(Y <= value)."""
        ...

    def log_sf(self, value: Array) -> Array:
        """log P(Y > value)."""
        ...


def log_cdf(d: dist.Distribution, y: Array) -> Array:
    """log P(Y <= y)."""
    return cast("HasTails", d).log_cdf(y)


def log_sf(d: dist.Distribution, y: Array) -> Array:
    """log P(Y > y)."""
    return cast("HasTails", d).log_sf(y)
