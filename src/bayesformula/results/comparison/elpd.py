"""ArviZ's result of a comparison, and plain advice with it."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesformula.errors import BayesFormulaWarning, OptionError
from bayesformula.results.comparison.pointwise import Pointwise
from bayesformula.results.observed import NO_ROWS

if TYPE_CHECKING:
    from arviz_stats.utils import ELPDData

    from bayesformula.results.fit import Fit

SHOWN = 6
"""Rows or levels that a warning names."""


def check_comparable(fit: Fit) -> None:
    """Refuse a fit that has not seen its rows, or does not have them.

    Raises:
        OptionError: so it is.
    """
    if fit.prior_only:
        raise OptionError(
            "this fit has draws from the prior alone (prior_only=True): there are no rows to leave out\n"
            "  Fit without prior_only=True."
        )
    if fit.frame is None:
        raise OptionError(NO_ROWS)


def n_draws(fit: Fit) -> int:
    return math.prod(next(iter(fit.stats.values())).shape[:2])


def greatest_k(size: int) -> float:
    """The Pareto shape up to which weights of so many draws can be trusted.

    References: Vehtari et al. (2024), Pareto smoothed importance sampling, JMLR 25(72), section 3.2.4.
    """
    return min(1 - 1 / math.log10(size), 0.7)


def result(
    kind: str,
    found: Pointwise,
    size: int,
    *,
    dimension: str = "row",
    names: Sequence[str] | None = None,
    warning: bool = False,
    n_folds: int | None = None,
) -> ELPDData:
    """ArviZ's `ELPDData`.

    Args:
        kind: "loo", "waic" or "loo_kfold".
        found: by row or level.
        size: draws.
        dimension, names: what was left out.
        warning: whether something is not to be trusted, beside the Pareto shapes.
        n_folds: of a cross-validation.
    """
    import xarray as xr
    from arviz_stats.base.array import array_stats
    from arviz_stats.utils import ELPDData

    with np.errstate(invalid="ignore"):
        total, se, p, _ = array_stats.loo_summary(found.elpd, found.lppd - found.elpd)
    good = greatest_k(size)
    coords = {dimension: np.arange(len(found.elpd)) if names is None else list(names)}
    return ELPDData(
        kind=kind,
        elpd=float(total),
        se=float(se),
        p=float(p),
        n_samples=size,
        n_data_points=len(found.elpd),
        scale="log",
        warning=warning or (found.k is not None and bool(np.any(found.k > good))),
        good_k=good,
        elpd_i=xr.DataArray(found.elpd, coords, (dimension,), name="elpd_i"),  # pyright: ignore
        pareto_k=None if found.k is None else xr.DataArray(found.k, coords, (dimension,), name="pareto_k"),  # pyright: ignore
        n_folds=n_folds,  # pyright: ignore[reportArgumentType]
    )


def warn_of_shapes(found: ELPDData, group: str | None, *, has_groups: bool) -> None:
    """Say which rows or levels cannot be left out by weighing draws, and what to do."""
    k = np.asarray(found.pareto_k)
    bad = np.flatnonzero(k > found.good_k)
    if not len(bad):
        return
    what = f"of {len(k)} rows" if group is None else f"of {len(k)} levels of '{group}'"
    are = "is" if len(bad) == 1 else "are"
    names: list[Any] = np.asarray(found.pareto_k.coords[found.pareto_k.dims[0]])[bad].tolist()
    shown = ", ".join(str(name) for name in names[:SHOWN]) + (", ..." if len(bad) > SHOWN else "")
    advice = ["loo(reloo=True) fits again without each of them, and is exact"]
    if group is None:
        advice.append("kfold() needs 10 fits in all")
        if has_groups:
            advice.append("loo(group=...) leaves out whole levels, and asks how a new one is predicted")
    else:
        advice = [
            f"loo(group='{group}', reloo=True) fits again without each of them, and is exact",
            f"kfold(group='{group}') does so for every level",
        ]
    warnings.warn(
        f"{len(bad)} {what} {are} too influential to be left out by weighing draws (Pareto k above "
        f"{found.good_k:.2f}): {shown}. The estimate is not to be trusted there. " + "; ".join(advice) + ".",
        BayesFormulaWarning,
        stacklevel=3,
    )
