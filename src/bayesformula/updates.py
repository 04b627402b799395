"""A fit made again with something changed: other data, priors, formula, options, or weights of its rows."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import fields, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from bayesformula.encoding import row_source
from bayesformula.errors import OptionError, listing
from bayesformula.pipeline import formula_spec, planned_inputs
from bayesformula.results.observed import NO_ROWS, training_design
from bayesformula.runner.options import explain_option

if TYPE_CHECKING:
    import numpy as np

    from bayesformula.results.fit import Fit


def update(fit: Fit, changes: Mapping[str, Any]) -> Fit:
    """The fit again, with `changes` to the arguments of `bf.fit` by name, everything else as it was.

    Raises:
        OptionError: no such argument; rows or columns are needed that the fit does not keep.
        BayesFormulaError: as `bf.fit` would.
    """
    from bayesformula import api

    legal = list(inspect.signature(api.fit).parameters)
    for name, value in changes.items():
        if name not in legal:
            raise OptionError(f"update() has no option '{name}': {explain_option(name, legal, value)}")
    if "data" not in changes:
        _check_columns(fit, changes.get("formula", fit.formula))
    options = {**_options(fit), **changes}
    again = api.fit(options.pop("formula"), options.pop("data"), **options)
    kept = changes.keys().isdisjoint({"data", "formula"})
    return replace(again, n_dropped=fit.n_dropped) if kept else again


def _options(fit: Fit) -> dict[str, Any]:
    """All arguments of `bf.fit` that give this fit again."""
    config = fit.config
    names = ("chains", "draws", "warmup", "thin", "seed", "target_accept", "max_tree_depth")
    return {
        "formula": fit.formula,
        "data": fit.frame,
        "family": fit.family,
        "prior_only": fit.prior_only,
        **{name: getattr(config, name) for name in names},
        **{each.name: getattr(fit.asked, each.name) for each in fields(fit.asked)},
    }


def _check_columns(fit: Fit, formula: Any) -> None:
    """A fit keeps the columns that it used; a new formula may need others."""
    from bayesformula.data.dots import mentioned

    if fit.frame is None:
        raise OptionError(f"{NO_ROWS}\n  Pass data= as well.")
    named = mentioned(formula_spec(formula))
    missing = [name for name in sorted(named or ()) if name not in fit.frame.columns]
    if missing:
        raise OptionError(
            f"the new formula needs {listing(missing)}, and a fit keeps only the columns that it used: "
            f"{listing([str(name) for name in fit.frame.columns])}\n  Pass data= as well."
        )


def reweighted(fit: Fit, weights: np.ndarray, *, seed: int | None = None) -> Fit:
    """The fit with other likelihood weights of its rows, on top of its own; a row of weight 0 is not there.

    Priors and plan are those of the whole table, and so are the shapes: refits with any weights share one
    program. This is what cross-validation calls for each fold.

    Args:
        fit: with its rows.
        weights: (n,) 0 or more.
        seed: of the run; the fit's own when it is not given.
    """
    import numpy as np

    from bayesformula.runner import blas, cache, device, samplers

    design = training_design(fit)
    given = np.asarray(weights, float)
    if given.shape != (design.n_rows,) or not np.all(np.isfinite(given)) or np.any(given < 0):
        raise OptionError(f"weights must be {design.n_rows} finite numbers, 0 or more")
    design = replace(design, weights=given if design.weights is None else given * design.weights)
    source = row_source(design, fit.spec, prior_only=fit.prior_only)
    config = fit.config if seed is None else replace(fit.config, seed=seed)
    where = device.choose("gpu" if fit.timing.get("device") == "gpu" else "cpu")
    summarised = frozenset(fit.moments)
    with cache.lent(), blas.one_thread():
        plan, program, data, start = planned_inputs(fit.spec, fit.plan, source)
        begin = program.start(data, start)
        raw = samplers.run(plan.name, program, data, begin, config, where, None, summarised)
    return replace(
        fit,
        plan=plan,
        config=config,
        draws=raw.recovered,
        moments=raw.moments,
        stats=raw.stats,
        z=raw.z,
        timing={**fit.timing, **raw.seconds},
        importance=raw.importance,
        compiled=lru_cache(maxsize=1)(lambda: (program, data._replace(rows=source.whole))),
    )
