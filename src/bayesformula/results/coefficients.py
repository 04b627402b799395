"""Population coefficients, group effects and their covariances, as tables or as draws: what users call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bayesformula.errors import OptionError
from bayesformula.results import tables
from bayesformula.results.names import coefs, distinct, population
from bayesformula.results.summary import check_interval, stack

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from bayesformula.model.spec import GroupSpec
    from bayesformula.results.fit import Fit


def fixed(
    fit: Fit, *, summary: bool = True, ci: float = 0.95, kind: str = "eti"
) -> pd.DataFrame | xr.DataArray:
    """Population coefficients by term (lme4's `fixef`).

    Terms of mu have the names of the columns; those of a further parameter follow with its name before
    them, `sigma_x`, as in brms. An ordinal response has thresholds `Intercept[1]`, `cs(x)` has `x[1]`.

    Args:
        summary: a table of mean, sd, lower, upper; without it the draws, dimensions chain, draw, term.
        ci, kind: probability and kind ("eti", "hdi") of the interval.
    """
    check_interval(ci, kind)
    if summary:
        return tables.fixed(fit, ci, kind)
    rows = population(fit.spec)
    return _array(stack(fit.draws, rows), {"term": distinct(row.term for row in rows)})


def groups(
    fit: Fit, group: str | None = None, *, summary: bool = True, ci: float = 0.95, kind: str = "eti"
) -> pd.DataFrame | xr.DataArray | dict[str, xr.DataArray]:
    """Group effects, deviations from the population (lme4's `ranef`), by group, level and coefficient.

    Those on a further parameter are on the scale of its linear predictor: `sigma_Intercept` on log sigma.

    Args:
        group: a grouping factor; all of them when it is not given.
        summary: a table; without it draws with dimensions chain, draw, level, coef, in a dict by group where
            no group is named.
        ci, kind: of the interval.
    """
    check_interval(ci, kind)
    return _effects(fit, group, ci, kind, summary=summary, total=False)


def coef(
    fit: Fit, group: str | None = None, *, summary: bool = True, ci: float = 0.95, kind: str = "eti"
) -> pd.DataFrame | xr.DataArray | dict[str, xr.DataArray]:
    """Coefficients of each level: population plus group effect, by group, level and coefficient.

    Of an ordinal response each level has its own thresholds: those of the population minus its effect on
    the intercept, as an effect that raises the predictor lowers what it has to pass. (brms gives them
    with the opposite sign for `cratio` and `acat`.)

    Args:
        group, summary, ci, kind: as for `groups`.
    """
    check_interval(ci, kind)
    return _effects(fit, group, ci, kind, summary=summary, total=True)


def varcorr(fit: Fit, *, ci: float = 0.95, kind: str = "eti") -> tables.VarCorr:
    """Sds, correlations and covariance matrices of the group effects, by group: summaries and draws."""
    check_interval(ci, kind)
    return tables.varcorr(fit, ci, kind)


def _effects(fit: Fit, group: str | None, ci: float, kind: str, *, summary: bool, total: bool) -> Any:
    if summary:
        return tables.effects(fit, group, ci, kind, total=total)
    found = {each.label: _draws(fit, each, total=total) for each in tables.pick_groups(fit, group)}
    return found if group is None else found[group]


def _draws(fit: Fit, group: GroupSpec, *, total: bool) -> xr.DataArray:
    """(chain, draw, level, coef) effects, or coefficients."""
    r = fit.draws.get(f"r_{group.label}")
    if r is None:
        raise OptionError(
            f"the draws of the effects of '{group.label}' were not kept, only their means and sds: "
            'fit again with keep="draws"'
        )
    values, names = r, coefs(group)
    if total:
        parts = tables.parts_of(group, population(fit.spec))
        values = np.stack([part.draws(fit.draws, r) for part in parts], axis=-1)
        names = distinct(part.name for part in parts)
    return _array(values, {"level": list(fit.levels[group.label][0]), "coef": names})


def _array(values: np.ndarray, names: dict[str, list[str]]) -> xr.DataArray:
    import xarray as xr

    leading = {"chain": np.arange(values.shape[0]), "draw": np.arange(values.shape[1])}
    return xr.DataArray(values, {**leading, **names}, ("chain", "draw", *names))
