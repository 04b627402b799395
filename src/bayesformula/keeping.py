"""Which draws a fit keeps, and of what only means and sds."""

from __future__ import annotations

import contextlib
import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bayesformula.errors import BayesFormulaWarning, OptionError

if TYPE_CHECKING:
    from bayesformula.model.spec import ModelSpec
    from bayesformula.runner.config import RunConfig

KEEP_BYTES = 2**30
"""Of the draws of group effects, up to which all are kept unless something else is asked for."""

STATISTICS = 8
"""Numbers that the sampler says of each draw."""


@dataclass(frozen=True, eq=False, slots=True)
class Moments:
    """Mean and sd over all draws of the effects of a group, (levels, coefficients) each."""

    mean: np.ndarray
    sd: np.ndarray


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


def check_memory(model: ModelSpec, config: RunConfig, summarised: frozenset[str]) -> None:
    """Refuse draws that no memory of this machine can hold, before an hour was spent on them.

    Raises:
        OptionError: with their size.
    """
    numbers = STATISTICS + sum(len(predictor.columns) for predictor in model.predictors)
    for group in model.groups:
        numbers += len(group.sd_coefs) + sum(len(block) * (len(block) - 1) // 2 for block in group.blocks)
        numbers += 0 if f"r_{group.label}" in summarised else group.n_levels * group.q
    size, there = 8 * numbers * config.chains * config.draws, memory_bytes()
    if there is not None and size > there:
        remedy = "fewer draws, or a larger thin="
        if any(f"r_{group.label}" not in summarised for group in model.groups):
            remedy += ', or keep="summary" for means and sds of the group effects'
        raise OptionError(
            f"chains={config.chains} and draws={config.draws} of {numbers} numbers each take "
            f"{size / 2**30:,.0f} GiB, and this machine has {there / 2**30:,.0f} GiB\n  Ask for {remedy}."
        )


def memory_bytes() -> int | None:
    """Memory that this process may use at most; None where the system does not say."""
    try:
        found = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    except (AttributeError, ValueError, OSError):  # Windows has no such call
        return None
    with contextlib.suppress(OSError, ValueError):  # "max" where a container has no limit
        found.append(int(Path("/sys/fs/cgroup/memory.max").read_text()))
    known = [size for size in found if size > 0]  # -1 where the system has no answer
    return min(known) if known else None
