"""Which draws a fit keeps, and of what only means and sds."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from bayesformula.errors import BayesFormulaWarning

if TYPE_CHECKING:
    from bayesformula.model.spec import ModelSpec
    from bayesformula.runner.config import RunConfig

KEEP_BYTES = 2**30
"""Of the draws of group effects, up to which all are kept unless something else is asked for."""


def summarised_effects(model: ModelSpec, config: RunConfig, keep: str | None) -> frozenset[str]:
    """Names of the group effects of which only means and sds are kept."""
    numbers = sum(g.n_levels * g.q for g in model.groups)
    size = 8 * numbers * config.chains * config.draws
    if keep == "draws" or (keep is None and size <= KEEP_BYTES):
        return frozenset()
    if keep is None:
        warnings.warn(
            f"the draws of {numbers} group effects would take {size / 2**30:.1f} GiB: only their means "
            'and sds are kept. Pass keep="draws" to keep them all, keep="summary" to silence this.',
            BayesFormulaWarning,
            stacklevel=5,
        )
    return frozenset(f"r_{g.label}" for g in model.groups)
