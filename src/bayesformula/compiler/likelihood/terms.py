"""What the formula's response part says of each row, and the type of a family's one function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

import numpyro.distributions as dist

from bayesformula.compiler.leaves import Leaf
from bayesformula.compiler.links import Linked


class Terms(NamedTuple):
    """Response terms; None where the formula has none. A pytree: arrays of (n,) but for the last two.

    Attributes:
        trials: the number of trials of a binomial kind.
        rate: the exposure d of `rate(d)`; the response is the sum over d units.
        se: known standard errors.
        cens: -1 the response is at most y, 0 it is y, 1 it is above y, 2 it is above y and at most
            `cens_upper`.
        cens_upper: the upper end where `cens` is 2; any number elsewhere.
        lower, upper: only responses from `lower` to `upper`, both included, could be seen; infinite
            where a row has no such bound.
        thresholds: (K - 1,) of an ordered response.
        specific: (n, K - 1), what each threshold adds to eta.
    """

    trials: Leaf | None = None
    rate: Leaf | None = None
    se: Leaf | None = None
    cens: Leaf | None = None
    cens_upper: Leaf | None = None
    lower: Leaf | None = None
    upper: Leaf | None = None
    thresholds: Leaf | None = None
    specific: Leaf | None = None


Likelihood: TypeAlias = Callable[[Mapping[str, Linked], Terms], dist.Distribution]
"""What a family means: its parameters and terms -> the distribution of n responses."""
