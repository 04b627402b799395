"""Responses that the model gives in place of those that were seen, as ArviZ's functions take them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesformula.errors import OptionError, listing, nearest
from bayesformula.families import record
from bayesformula.results.names import safe
from bayesformula.results.observed import response, training_design

if TYPE_CHECKING:
    import xarray as xr

    from bayesformula.results.fit import Fit

MOST_PANELS = 12


@dataclass(frozen=True, eq=False)
class Replicated:
    """Observed and replicated responses of the training rows.

    Attributes:
        y: (n,) observed; classes as 0, 1, ...; (n, K) of counts in K categories.
        draws: (chains, draws, n) or (chains, draws, n, K) replicated.
        categories: names of the classes or columns, or ().
        is_discrete: whole numbers.
        parts: (name, rows) of each panel; one unnamed panel of all rows without `by`.
    """

    y: np.ndarray
    draws: np.ndarray
    categories: tuple[str, ...]
    is_discrete: bool
    parts: tuple[tuple[str, np.ndarray], ...]

    def tree(self, name: str, group: str, most: int | None = None) -> xr.DataTree:
        """An ArviZ DataTree with a variable for each panel, of at most so many rows, drawn at random."""
        import xarray as xr

        seen, made = {}, {}
        kind = int if self.is_discrete else float
        for place, (label, every) in enumerate(self.parts):
            rows = every
            if most is not None and len(every) > most:
                rows = np.sort(np.random.default_rng(0).choice(every, most, replace=False))
            variable = safe(label or name)
            dims = (f"row_{place}",)
            seen[variable] = (dims, self.y[rows].astype(kind))
            made[variable] = (("chain", "draw", *dims), self.draws[:, :, rows].astype(kind))
        return xr.DataTree.from_dict({group: xr.Dataset(made), "observed_data": xr.Dataset(seen)})


def replicate(fit: Fit, *, by: str | None, is_prior: bool, draws: int, seed: int, groups: Any) -> Replicated:
    """Draws of the responses of the training rows, from the posterior or from the prior.

    Raises:
        OptionError: no such column; or the rows were not kept.
    """
    y = response(fit)
    if is_prior:
        tree: Any = fit.prior_predictive(draws=draws, seed=seed)
        made = np.asarray(next(iter(tree["prior_predictive"].data_vars.values())))
    else:
        made = np.asarray(fit.predict(None, "response", draws=draws, seed=seed, groups=groups))
    family = fit.family
    categories = fit.spec.categories if family.support in ("category", "ordered", "matrix") else ()
    if family.support == "binary":
        categories = _two_levels(fit)
    return Replicated(y, made, categories, record(family.name).is_discrete, _parts(fit, by, len(y)))


def _two_levels(fit: Fit) -> tuple[str, ...]:
    levels = fit.schema.response.levels
    return levels if len(levels) == 2 else ("0", "1")


def _parts(fit: Fit, by: str | None, n: int) -> tuple[tuple[str, np.ndarray], ...]:
    """Rows of each panel: of each level of a column or of a group."""
    if by is None:
        return (("", np.arange(n)),)
    groups = training_design(fit).groups
    if by in groups and not groups[by].is_membership:
        names, codes = groups[by].levels, groups[by].index
    else:
        names, codes = _column_levels(fit, by)
    if len(names) > MOST_PANELS:
        raise OptionError(
            f"by={by!r} has {len(names)} levels, and a picture holds {MOST_PANELS}: take another column"
        )
    return tuple((str(name), np.flatnonzero(codes == k)) for k, name in enumerate(names))


def _column_levels(fit: Fit, by: str) -> tuple[list[str], np.ndarray]:
    import pandas as pd

    assert fit.frame is not None, "the response was read from it"
    if by not in fit.frame:
        legal = [*fit.frame.columns, *(group.label for group in fit.spec.groups)]
        raise OptionError(f"by: no column or group {by!r}; there are {listing(nearest(by, legal))}")
    codes, names = pd.factorize(fit.frame[by], sort=True)
    return [str(name) for name in names], codes
