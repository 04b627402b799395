"""Groups of a DataTree that are computed when something reads them, and then kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesformula.results.names import safe

if TYPE_CHECKING:
    import xarray as xr

    from bayesformula.results.fit import Fit

MOST_BYTES = 2**32
"""Of a group of draws x rows; a larger one is left out of the tree."""


def lazy_variable(
    dims: tuple[str, ...],
    shape: tuple[int, ...],
    dtype: Any,
    compute: Callable[[], np.ndarray],
    attrs: dict[str, Any] | None = None,
) -> xr.Variable:
    """A variable of a dataset whose numbers are computed at their first use, as those of a file are read."""
    import xarray as xr
    from xarray.backends import BackendArray
    from xarray.core import indexing

    class Computed(BackendArray):
        """An array that knows its shape before its numbers."""

        def __init__(self) -> None:
            self.shape, self.dtype = shape, np.dtype(dtype)

        def __getitem__(self, key: Any) -> Any:
            support = indexing.IndexingSupport.BASIC
            return indexing.explicit_indexing_adapter(key, self.shape, support, lambda at: compute()[at])

    array = indexing.MemoryCachedArray(indexing.LazilyIndexedArray(Computed()))
    return xr.Variable(dims, array, attrs)


def predictive_groups(fit: Fit, n_rows: int) -> dict[str, xr.Dataset]:
    """log_likelihood and posterior_predictive of the training rows, not computed yet.

    Left out where the draws of group effects were not kept, or where a group would take more than 4 GiB.
    """
    import xarray as xr

    chains, draws = next(iter(fit.stats.values())).shape[:2]
    has_effects = all(f"r_{group.label}" in fit.draws for group in fit.spec.groups)
    is_matrix = fit.family.support == "matrix"
    width = (len(fit.spec.categories),) if is_matrix else ()
    if not has_effects or 8 * chains * draws * n_rows * max(1, *width, 1) > MOST_BYTES:
        return {}
    coords: dict[str, Any] = {
        "chain": np.arange(chains),
        "draw": np.arange(draws),
        "row": np.arange(n_rows),
    }
    name = safe(fit.spec.response)
    name = f"{name}_" if name in (*coords, "category") else name
    shape = (chains, draws, n_rows)
    likelihood = lazy_variable(tuple(coords), shape, float, lambda: fit.log_likelihood().to_numpy())
    attrs = {"categories": list(fit.spec.categories)} if fit.spec.categories and not is_matrix else {}
    predictive = lazy_variable(
        (*coords, *(["category"] if is_matrix else [])),
        (*shape, *width),
        float,
        lambda: np.asarray(fit.predict(kind="response")),
        attrs,
    )
    columns = {"category": list(fit.spec.categories)} if is_matrix else {}
    return {
        "log_likelihood": xr.Dataset({name: likelihood}, coords),
        "posterior_predictive": xr.Dataset({name: predictive}, {**coords, **columns}),
    }
