"""Whole levels of a group left out: the density of all rows of a level, its effects integrated out."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bayesformula.errors import BayesFormulaWarning
from bayesformula.results.comparison import exact, quadrature
from bayesformula.results.comparison.levels import GroupRows, group_rows
from bayesformula.results.comparison.pointwise import log_mean

if TYPE_CHECKING:
    from bayesformula.results.fit import Fit

CHUNK_VALUES = 2**24
"""Densities of some levels at all draws that are held at a time; 128 MiB."""
LARGE_ERROR = 0.3
"""Of a log density at the worst of some draws; of the mean over draws it is a small part."""


@dataclass(frozen=True, eq=False)
class OverLevels:
    """What was made of the densities of each level.

    Attributes:
        rows: which levels, and their rows.
        found: (levels,) arrays.
        method: how the effects were integrated out.
        error: greatest difference that another rule makes to a log density; 0 of exact ones.
    """

    rows: GroupRows
    found: tuple[np.ndarray, ...]
    method: str
    error: float


def over_levels(
    fit: Fit,
    label: str,
    reduced: Callable[[np.ndarray], tuple[np.ndarray, ...]],
    levels: Sequence[int] | None = None,
) -> OverLevels:
    """Log densities of the rows of each level together, at every draw of the population parameters.

    Args:
        fit: whose draws.
        label: the group.
        reduced: what is kept of (S, levels) densities of some levels, arrays (levels, ...).
        levels: codes of some of them.
    """
    rows = group_rows(fit, label, levels)
    knows = exact.is_exact(rows)
    step, parts, error = max(1, CHUNK_VALUES // rows.picked.size), [], 0.0
    for first in range(0, len(rows.levels), step):
        some = rows.part(first, first + step)
        values, off = (exact.densities(some), 0.0) if knows else quadrature.densities(some)
        error = max(error, off)
        parts.append(reduced(values))
    if error > LARGE_ERROR:
        warnings.warn(
            f"the effects of some level of '{label}' could not be integrated out well: the log density of "
            f"its rows is off by up to {error:.2g} at some draws",
            BayesFormulaWarning,
            stacklevel=4,
        )
    found = tuple(np.concatenate(each) for each in zip(*parts, strict=True))
    return OverLevels(rows, found, "exact" if knows else "adaptive quadrature", error)


def level_means(fit: Fit, label: str, levels: Sequence[int] | None = None) -> OverLevels:
    """(levels,) logs of the densities' means over the draws."""
    return over_levels(fit, label, lambda values: (log_mean(values, axis=0),), levels)
