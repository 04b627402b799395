"""Draws as xarray: named dimensions, an ArviZ DataTree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesformula.results.names import GroupNames, group_names, safe

if TYPE_CHECKING:
    import xarray as xr

    from bayesformula.model.spec import GroupSpec, ModelSpec


Levels = Mapping[str, tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]]
"""Per group its level names and, factor by factor, the parts of the levels."""


def posterior(model: ModelSpec, levels: Levels, draws: Mapping[str, np.ndarray]) -> xr.Dataset:
    """The posterior of every reported parameter.

    Variables `b(term)`, and for each group g `sd_g(coef_g)`, `cor_g(coef_g, coef2_g)`, `r_g(g, coef_g)`;
    `sigma`. Under `gr(g, by = f)` sds and correlations have dimensions of their own, `coef_by_g` and
    `coef2_by_g`, with one entry for each coefficient and level of f; Student effects add `df_g`. The parts
    of the levels of `a:b` are the coordinates `a:b.a` and `a:b.b`.
    """
    import xarray as xr

    first = next(iter(draws.values()))
    coords: dict[str, Any] = {
        "chain": np.arange(first.shape[0]),
        "draw": np.arange(first.shape[1]),
        "term": list(model.mu.columns),
    }
    variables: dict[str, Any] = {"b": (("chain", "draw", "term"), draws["b"])}
    for group in model.groups:
        _add_group(group, group_names(model)[group.label], levels[group.label], draws, variables, coords)
    if "sigma" in draws:
        variables["sigma"] = (("chain", "draw"), draws["sigma"])
    return xr.Dataset(variables, coords)


def _add_group(
    group: GroupSpec,
    called: GroupNames,
    levels: tuple[tuple[str, ...], tuple[tuple[str, ...], ...]],
    draws: Mapping[str, np.ndarray],
    variables: dict[str, Any],
    coords: dict[str, Any],
) -> None:
    name, dimension, coef = called.name, called.dimension, called.coef
    sd_coef, sd_coef2 = called.sd_coef(has_by=bool(group.by))
    names, parts = levels
    coords[coef], coords[sd_coef] = list(group.coefs), list(group.sd_coefs)
    coords[dimension] = list(names)
    if len(parts) > 1:
        for factor, part in zip(group.factors, parts, strict=True):
            coords[f"{dimension}.{safe(factor)}"] = (dimension, list(part))
    leading = ("chain", "draw")
    variables[f"sd_{name}"] = ((*leading, sd_coef), draws[f"sd_{group.label}"])
    if f"cor_{group.label}" in draws:
        coords[sd_coef2] = list(group.sd_coefs)
        variables[f"cor_{name}"] = ((*leading, sd_coef, sd_coef2), draws[f"cor_{group.label}"])
    if f"df_{group.label}" in draws:
        variables[f"df_{name}"] = (leading, draws[f"df_{group.label}"])
    if f"r_{group.label}" in draws:
        variables[f"r_{name}"] = ((*leading, dimension, coef), draws[f"r_{group.label}"])


def data_tree(
    posterior: xr.Dataset, stats: Mapping[str, np.ndarray], y: np.ndarray | None, response: str
) -> xr.DataTree:
    """posterior, sample_stats and, where the rows are at hand, observed_data."""
    import xarray as xr

    coords = {"chain": posterior["chain"].values, "draw": posterior["draw"].values}
    groups: dict[str, Any] = {
        "posterior": posterior,
        "sample_stats": xr.Dataset({k: (("chain", "draw"), v) for k, v in stats.items()}, coords),
    }
    if y is not None:
        name = safe(response) if response != "row" else "row_"
        groups["observed_data"] = xr.Dataset({name: (("row",), y)}, {"row": np.arange(len(y))})
    return xr.DataTree.from_dict(groups)
