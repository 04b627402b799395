"""Draws as xarray: named dimensions, an ArviZ DataTree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesformula.results.names import (
    SPECIFIC,
    THRESHOLD,
    GroupNames,
    coefficients,
    coefs,
    group_names,
    population_variables,
    safe,
    sd_coefs,
    variables,
)

if TYPE_CHECKING:
    import xarray as xr

    from bayesformula.model.spec import GroupSpec, ModelSpec


Levels = Mapping[str, tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]]
"""Per group its level names and, factor by factor, the parts of the levels."""


def posterior(model: ModelSpec, levels: Levels, draws: Mapping[str, np.ndarray]) -> xr.Dataset:
    """The posterior of every reported parameter.

    Variables `b(term)`, and for a further parameter with a formula `b_sigma(term_sigma)`; of an ordinal
    response `Intercept(threshold)` and, with `cs()`, `bcs(term_specific, threshold)`. For each group g
    `sd_g(coef_g)`, `cor_g(coef_g, coef2_g)`, `r_g(g, coef_g)`; under `gr(g, by = f)` sds and correlations
    have dimensions of their own, `coef_by_g` and `coef2_by_g`, with one entry for each coefficient and level
    of f; Student effects add `df_g`. Then the parameters that are one number, `sigma`. The parts of the
    levels of `a:b` are the coordinates `a:b.a` and `a:b.b`. A variable without an element is left out.
    """
    import xarray as xr

    names = {key: variable for key, variable in variables(model).items() if key in draws}
    leading = ("chain", "draw")
    n_chains, n_draws = draws[next(iter(names or draws))].shape[:2]
    coords: dict[str, Any] = {"chain": np.arange(n_chains), "draw": np.arange(n_draws)}
    coords |= _population_coords(model)
    called = group_names(model)
    for group in model.groups:
        has_cor = f"cor_{group.label}" in names
        coords |= _group_coords(group, called[group.label], levels[group.label], has_cor=has_cor)
    return xr.Dataset({v.name: ((*leading, *v.dims), draws[key]) for key, v in names.items()}, coords)


def _population_coords(model: ModelSpec) -> dict[str, list[str]]:
    """Names along the dimensions of thresholds and population coefficients."""
    names = population_variables(model)
    out: dict[str, list[str]] = {}
    for predictor in model.predictors:
        if predictor.columns:
            out[names[coefficients(predictor.parameter)].dims[0]] = list(predictor.columns)
    if "Intercept" in names:
        out[THRESHOLD] = [str(k + 1) for k in range(model.n_thresholds)]
    if "bcs" in names:
        out[SPECIFIC] = [column for predictor in model.predictors for column in predictor.specific]
    return out


def _group_coords(
    group: GroupSpec,
    called: GroupNames,
    levels: tuple[tuple[str, ...], tuple[tuple[str, ...], ...]],
    *,
    has_cor: bool,
) -> dict[str, Any]:
    names, parts = levels
    first, second = called.sd_coef(has_by=bool(group.by))
    out: dict[str, Any] = {called.coef: coefs(group), first: sd_coefs(group), called.dimension: list(names)}
    if has_cor:
        out[second] = sd_coefs(group)
    if len(parts) > 1:
        for factor, part in zip(group.factors, parts, strict=True):
            out[f"{called.dimension}.{safe(factor)}"] = (called.dimension, list(part))
    return out


def data_tree(
    posterior: xr.Dataset,
    stats: Mapping[str, np.ndarray],
    y: np.ndarray | None,
    response: str,
    categories: tuple[str, ...] = (),
    more: Mapping[str, xr.Dataset] | None = None,
) -> xr.DataTree:
    """posterior, sample_stats, where the rows are at hand observed_data, and `more` groups.

    The posterior is without the parts of levels: ArviZ's `summary` cannot join variables of which some alone
    have a further coordinate.

    A response of several columns has the dimensions `row` and `category`; one of ordered or plain classes
    holds their positions, and the attribute `categories` their names.
    """
    import xarray as xr

    draws = {"chain": posterior["chain"].values, "draw": posterior["draw"].values}
    groups: dict[str, Any] = {
        "posterior": posterior.drop_vars(set(posterior.coords) - set(posterior.dims)),
        "sample_stats": xr.Dataset({k: (("chain", "draw"), v) for k, v in stats.items()}, draws),
    }
    if y is not None:
        groups["observed_data"] = responses(y, response, categories)
    groups |= more or {}
    return xr.DataTree.from_dict(groups)


def responses(
    y: np.ndarray, response: str, categories: tuple[str, ...] = (), leading: tuple[str, ...] = ()
) -> xr.Dataset:
    """Responses (..., row) or (..., row, category) under the name of the response.

    Args:
        y: the responses; of classes their positions in `categories`.
        response: its name.
        categories: names of the classes or of the columns, if there are any.
        leading: names of the dimensions before that of the rows.
    """
    import xarray as xr

    own = ("row", "category")[: y.ndim - len(leading)]
    name = f"{safe(response)}_" if response in (*leading, *own) else safe(response)
    coords: dict[str, Any] = {
        dim: np.arange(size) for dim, size in zip((*leading, "row"), y.shape, strict=False)
    }
    if len(own) > 1:
        coords["category"] = list(categories)
    attrs = {"categories": list(categories)} if categories and len(own) == 1 else {}
    return xr.Dataset({name: ((*leading, *own), y, attrs)}, coords)


def prior_tree(
    model: ModelSpec, levels: Levels, draws: Mapping[str, np.ndarray], y: np.ndarray
) -> xr.DataTree:
    """An ArviZ DataTree of draws from the prior: prior, prior_predictive and observed_data.

    Args:
        model: of the draws.
        levels: names of the levels of its groups.
        draws: parameters by name and the responses as "y", (draws, ...) each.
        y: the response that was observed.
    """
    import xarray as xr

    chain = {name: values[None] for name, values in draws.items()}
    simulated = chain.pop("y")
    prior = posterior(model, levels, chain)
    return xr.DataTree.from_dict(
        {
            "prior": prior.drop_vars(set(prior.coords) - set(prior.dims)),
            "prior_predictive": responses(
                simulated, model.response, model.categories, leading=("chain", "draw")
            ),
            "observed_data": responses(y, model.response, model.categories),
        }
    )
