"""How much the draws speak for a hypothesis: odds of one side, or the Savage-Dickey ratio of a point."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bayesformula.results.diagnostics import MIN_DRAWS, ess
from bayesformula.results.hypotheses.density import density_at
from bayesformula.results.hypotheses.expressions import Interval

ROUGH = 0.2
"""Relative Monte Carlo error beyond which a ratio is no more than an order of magnitude."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """How much the draws speak for a hypothesis.

    Attributes:
        ratio: the odds, or posterior over prior density of a point.
        error: its Monte Carlo error.
        bound: ">" or "<" where the draws tell no more than that the ratio is above or below `ratio`; else "".
        note: on the limits of the number, or "".
    """

    ratio: float
    error: float
    bound: str = ""
    note: str = ""

    @property
    def probability(self) -> float:
        """Of the hypothesis; of a point, given that it was as probable as not beforehand."""
        return self.ratio / (1 + self.ratio) if math.isfinite(self.ratio) else math.nan


def one_sided(values: np.ndarray, relation: str) -> Evidence:
    """The posterior odds of a side, from (chains, draws) values of left minus right.

    Where no draw lies on one side, the odds are beyond what so many draws can tell.
    """
    holds = (values < 0 if relation == "<" else values > 0).astype(float)
    size, count = holds.size, int(holds.sum())
    if count in (0, size):
        side = "for" if count == 0 else "against"
        bound = "<" if count == 0 else ">"
        most = max(size - 1, 1)
        note = f"no draw of {size} speaks {side} it"
        return Evidence(1 / most if count == 0 else float(most), math.nan, bound, note)
    share = count / size
    effective = float(ess(holds[None])[0]) if values.shape[1] >= MIN_DRAWS else float(size)
    effective = effective if math.isfinite(effective) else float(size)
    error = math.sqrt(share * (1 - share) / effective) / (1 - share) ** 2
    return Evidence(share / (1 - share), error)


def at_point(posterior: np.ndarray, prior: np.ndarray, bounds: Interval) -> Evidence:
    """The Savage-Dickey ratio at 0: posterior density over prior density of left minus right.

    Args:
        posterior, prior: (chains, draws) values each.
        bounds: that the difference lies between, 0 among them.

    It compares with a model in which the difference is 0 and all else has the priors given that it is 0.

    References: Heck (2019), doi:10.1111/bmsp.12150.
    """
    after, before = density_at(0.0, posterior, *bounds), density_at(0.0, prior, *bounds)
    if after.is_bound and before.is_bound:
        note = "0 lies beyond the draws of the posterior and of the prior: neither density is known"
        return Evidence(math.nan, math.nan, note=note)
    ratio = math.exp(after.log - before.log)
    if after.is_bound:
        note = "0 lies out in the tail of the posterior, where there are no draws: they give a bound alone"
        return Evidence(ratio, math.nan, "<", note)
    if before.is_bound:
        note = "0 lies out in the tail of the prior, where there are no draws: they give a bound alone"
        return Evidence(ratio, math.nan, ">", note)
    relative = math.hypot(after.error, before.error)
    note = ""
    if relative > ROUGH:
        note = f"few draws lie near 0: the ratio is known to {100 * relative:.0f} %; more draws help"
    return Evidence(ratio, ratio * relative, "", note)
