"""Whole levels of a group left out: the density of all rows of a level, its effects integrated out."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bayesformula.errors import BayesFormulaWarning
from bayesformula.results.comparison import exact, quadrature
from bayesformula.results.comparison.levels import GroupRows, group_rows

if TYPE_CHECKING:
    from bayesformula.results.fit import Fit

LARGE_ERROR = 0.3
"""Of a log density at the worst of some draws; of the mean over draws it is a small part."""


@dataclass(frozen=True, eq=False)
class LevelDensities:
    """Log densities of the rows of each level together.

    Attributes:
        rows: which levels, and their rows.
        values: (S, levels), one for each draw of the population parameters.
        method: how the effects were integrated out.
        error: greatest difference that a coarser rule makes to a log density; 0 of exact ones.
    """

    rows: GroupRows
    values: np.ndarray
    method: str
    error: float


def level_densities(fit: Fit, label: str, levels: Sequence[int] | None = None) -> LevelDensities:
    """The densities of all levels of a group, or of those with some codes."""
    rows = group_rows(fit, label, levels)
    if exact.is_exact(rows):
        return LevelDensities(rows, exact.densities(rows), "exact", 0.0)
    values, error = quadrature.densities(rows)
    if error > LARGE_ERROR:
        warnings.warn(
            f"the effects of some level of '{label}' could not be integrated out well: the log density of "
            f"its rows is off by up to {error:.2g} at some draws",
            BayesFormulaWarning,
            stacklevel=4,
        )
    return LevelDensities(rows, values, "adaptive quadrature", error)
