"""Models side by side: by how much one predicts better than another, and how sure that is."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from bayesformula.errors import BayesFormulaWarning, OptionError, listing, nearest
from bayesformula.results.comparison import kfold, loo, waic
from bayesformula.results.comparison.elpd import check_comparable
from bayesformula.results.fit import Fit
from bayesformula.results.observed import training_design

if TYPE_CHECKING:
    import pandas as pd
    from arviz_stats.utils import ELPDData

Criterion = Literal["loo", "kfold", "waic"]
Weighting = Literal["stacking", "bb-pseudo-bma", "pseudo-bma"]


def compare(
    models: Mapping[str, Any],
    ic: Criterion = "loo",
    *,
    method: Weighting = "stacking",
    group: str | None = None,
    reloo: bool = False,
    seed: int = 0,
) -> pd.DataFrame:
    """Compare fits of the same rows by how well each would predict new ones; the best comes first.

    Args:
        models: fits by name, or what their `loo()`, `waic()` or `kfold()` returned.
        ic: "loo" (without refits), "kfold" (10 random folds, the same for all models) or "waic".
        method: of the weights: "stacking" gives the mixture of the models that predicts best.
        group: leave out whole levels of this group, in place of rows: how new levels are predicted.
        reloo: with "loo", fit again without what cannot be left out by weighing draws.
        seed: of folds and refits.

    Returns:
        ArviZ's table, best model first: `elpd` and its error `se`, `p` effective parameters, `elpd_diff` to
        the best and its error `dse` (a difference of a few `dse` is one), `weight`, `warning` where Pareto
        shapes are too large. Printed, it fits 80 columns; arviz_plots.plot_compare takes it.

    Raises:
        OptionError: fits of other rows or responses, or criteria that do not go together.

    Example:
        >>> bf.compare({"slopes": fit1, "intercepts": fit2})  # doctest: +SKIP

    References: Vehtari, Gelman and Gabry (2017), doi:10.1007/s11222-016-9696-4; Yao et al. (2018),
        doi:10.1214/17-BA1091.
    """
    named = _check_models(models, ic, method)
    fits = {name: model for name, model in named.items() if isinstance(model, Fit)}
    for name, fit in fits.items():
        _check_kept(name, fit)
    _check_rows(fits)
    options = _options(ic, group, seed, reloo=reloo)
    found = {
        name: _elpd(model, ic, options) if isinstance(model, Fit) else model for name, model in named.items()
    }
    _check_alike(found)
    from arviz_stats import compare as arviz_compare  # pyright: ignore[reportPrivateImportUsage]

    from bayesformula.results.comparison.table import Comparison

    return Comparison(arviz_compare(_near_zero(found) if method == "stacking" else found, method=method))


def _near_zero(found: Mapping[str, ELPDData]) -> dict[str, ELPDData]:
    """The same with the best of each row at 0 in `elpd_i`: weights and differences stay, and exponentials of
    whole levels, which ArviZ takes, do not underflow. Rows outside a subsample say nothing of weights.
    """
    rows = np.stack([np.asarray(each.elpd_i, float) for each in found.values()])
    best = np.where(np.isfinite(rows.max(axis=0)), rows.max(axis=0), 0.0)
    return {
        name: replace(each, elpd_i=each.elpd_i.copy(data=np.nan_to_num(row - best, nan=0.0, neginf=-np.inf)))
        for (name, each), row in zip(found.items(), rows, strict=True)
    }


def _options(ic: str, group: str | None, seed: int, *, reloo: bool) -> dict[str, Any]:
    if ic != "loo" and reloo:
        raise OptionError(f"reloo=True belongs to ic='loo', not to ic='{ic}'")
    if ic == "waic":
        if group is not None:
            raise OptionError("ic='waic' leaves out rows alone: for levels of a group write ic='loo'")
        return {}
    options: dict[str, Any] = {"group": group, "seed": seed}
    if ic == "kfold":
        return {**options, "joint": group is not None}
    return {**options, "reloo": reloo}


def _elpd(fit: Fit, ic: str, options: Mapping[str, Any]) -> ELPDData:
    return {"loo": loo.loo, "kfold": kfold.kfold, "waic": waic.waic}[ic](fit, **options)


# ---- what can be compared ----


def _check_models(models: object, ic: str, method: str) -> dict[str, Any]:
    from arviz_stats.utils import ELPDData

    if not isinstance(models, Mapping) or len(models) < 2:
        raise OptionError('compare takes two models or more by name: bf.compare({"a": fit1, "b": fit2})')
    if ic not in get_args(Criterion):
        raise OptionError(
            f"ic={ic!r} is not known: legal are {listing(nearest(str(ic), get_args(Criterion)))}"
        )
    if method not in get_args(Weighting):
        legal = listing(nearest(str(method), get_args(Weighting)))
        raise OptionError(f"method={method!r} is not known: legal are {legal}")
    named = {str(name): model for name, model in models.items()}
    for name, model in named.items():
        if not isinstance(model, Fit | ELPDData):
            raise OptionError(
                f"'{name}' is a {type(model).__name__}: write a fit, or the result of its loo() or kfold()"
            )
    return named


def _check_kept(name: str, fit: Fit) -> None:
    try:
        check_comparable(fit)
    except OptionError as error:
        raise OptionError(f"'{name}': {error}") from None


def _check_rows(fits: Mapping[str, Fit]) -> None:
    """Refuse fits of other rows, of another response or with other weights of the rows."""
    if len(fits) < 2:
        return
    first, *others = fits
    rows = {name: training_design(fit) for name, fit in fits.items()}
    for other in others:
        a, b = fits[first].spec, fits[other].spec
        if a.n_rows != b.n_rows:
            raise OptionError(
                f"'{first}' was fitted to {a.n_rows} rows and '{other}' to {b.n_rows}: only predictions of "
                "the same rows can be compared\n  Rows with missing values may have been dropped for one of "
                "them: fit all to the rows that are complete for each."
            )
        if a.response != b.response:
            raise OptionError(
                f"the response of '{first}' is {a.response} and that of '{other}' is {b.response}: their "
                "densities are on different scales\n  Fit both to the same response; a lognormal family is a "
                "model of y that is normal for log(y)."
            )
        y, w = (np.asarray(rows[name].y) for name in (first, other))
        if y.shape != w.shape or not np.array_equal(y, w):
            raise OptionError(_other_response(first, other, y, w, a.response))
        _check_weights(first, other, rows[first].weights, rows[other].weights)
    _warn_of_scales(fits)


def _other_response(first: str, other: str, y: np.ndarray, w: np.ndarray, response: str) -> str:
    if y.shape != w.shape:
        return f"the responses of '{first}' and '{other}' have different shapes, {y.shape} and {w.shape}"
    place = int(np.flatnonzero(np.any(np.atleast_2d((y != w).T), axis=0))[0])
    what = (
        "the same values in another order" if np.array_equal(np.sort(y, 0), np.sort(w, 0)) else "other values"
    )
    return (
        f"'{first}' and '{other}' were fitted to other rows: {response} has {what}, first in row {place}: "
        f"{y[place]} and {w[place]}\n  Fit both to the same table, rows in the same order."
    )


def _check_weights(first: str, other: str, a: Any, b: Any) -> None:
    one, two = (np.ones(1) if w is None else np.asarray(w) for w in (a, b))
    if not np.all(one == two):
        raise OptionError(
            f"the likelihood weights of '{first}' and '{other}' differ, and so does what is counted"
            "\n  Fit both with the same weights()."
        )


def _warn_of_scales(fits: Mapping[str, Fit]) -> None:
    """A probability and a density are no more comparable than a length and an area."""
    from bayesformula.families import record

    kinds = {name: record(fit.family.name).is_discrete for name, fit in fits.items()}
    if len(set(kinds.values())) > 1:
        discrete = [name for name, is_discrete in kinds.items() if is_discrete]
        rest = [name for name in kinds if name not in discrete]
        warnings.warn(
            f"{listing(discrete)} give probabilities of counts and {listing(rest)} densities of numbers: "
            "these compare only where the response is whole numbers one apart, and then roughly",
            BayesFormulaWarning,
            stacklevel=4,
        )


def _check_alike(found: Mapping[str, ELPDData]) -> None:
    """Refuse estimates of different things."""
    first, *others = found
    for other in others:
        a, b = found[first], found[other]
        if a.kind != b.kind and {a.kind, b.kind} != {"loo", "loo_kfold"}:
            raise OptionError(
                f"'{first}' is of kind {a.kind} and '{other}' of kind {b.kind}: use one for all"
            )
        dims = tuple(each.elpd_i.dims for each in (a, b))
        if dims[0] != dims[1]:
            raise OptionError(
                f"'{first}' leaves out one {dims[0][0]} at a time and '{other}' one {dims[1][0]}: these are "
                "different questions"
            )
        one, two = (each.loo_subsample_observations for each in (a, b))
        if not np.array_equal([] if one is None else one, [] if two is None else two):
            raise OptionError(
                f"'{first}' and '{other}' weigh different rows: pass the same subsample= and seed= to loo()"
            )
        if a.n_data_points != b.n_data_points:
            raise OptionError(
                f"'{first}' has {a.n_data_points} of '{dims[0][0]}' and '{other}' {b.n_data_points}: only "
                "predictions of the same ones can be compared"
            )
