"""Draws moved towards what they would be without a row, by matching moments: in place of a refit."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesformula.errors import OptionError
from bayesformula.results.comparison.elpd import greatest_k, n_draws, result
from bayesformula.results.comparison.pointwise import Pointwise, log_weights
from bayesformula.results.observed import training_design

if TYPE_CHECKING:
    import xarray as xr

    from bayesformula.results.fit import Fit

DRAWS_AT_ONCE = 64
CLOSE = 1e-6
"""How well a fit that was read from a file must know its draws again."""


def check_matchable(fit: Fit) -> None:
    """Refuse a fit whose sampler did not move the coefficients that rows depend on.

    Raises:
        OptionError: so it is.
    """
    if fit.plan.name in ("marginal", "importance"):
        raise OptionError(
            f"moment_match=True moves the sampler's own coordinates, and plan '{fit.plan.name}' has the "
            "coefficients integrated out of them\n  Pass reloo=True: of such a plan a fit without a row is "
            "quick, and exact."
        )


def matched(fit: Fit, found: Pointwise, r_eff: float) -> Pointwise:
    """The rows whose weights cannot be trusted, estimated from draws that are moved for each of them.

    Raises:
        OptionError: the coordinates of a fit from a file are not those of this version.

    References: Paananen et al. (2021), doi:10.1007/s11222-020-09982-2.
    """
    import xarray as xr
    from arviz_stats import loo_moment_match  # pyright: ignore[reportPrivateImportUsage]

    assert found.k is not None
    bad = np.flatnonzero((found.k > greatest_k(n_draws(fit))) & np.isfinite(found.elpd))
    if not len(bad):
        return found
    dims = ("chain", "draw")
    z = xr.DataArray(fit.z, dims=(*dims, "coordinate"))
    density, likelihood = _functions(fit, bad)
    whole = np.stack([likelihood(z, i).values for i in range(len(bad))], axis=-1)
    _check_known(fit, bad, whole)
    some = Pointwise(found.elpd[bad], found.lppd[bad], found.k[bad])
    # ArviZ reads which rows are bad from k: all of these are
    start = result("loo", some, n_draws(fit))
    weights, _ = log_weights(whole.reshape(-1, len(bad)).T, r_eff)
    start.log_weights = xr.DataArray(weights.T.reshape(whole.shape), dims=(*dims, "row"))
    coords = {"chain": np.arange(whole.shape[0]), "draw": np.arange(whole.shape[1])}
    values = xr.Dataset({"y": ((*dims, "row"), whole)}, {**coords, "row": np.arange(len(bad))})
    tree = xr.DataTree.from_dict({"log_likelihood": values})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is left of large k is warned of once, by us
        moved = loo_moment_match(
            tree, start, density, likelihood, upars=z.assign_coords(coords), reff=r_eff, pointwise=True
        )
    elpd, k = found.elpd.copy(), found.k.copy()
    elpd[bad], k[bad] = np.asarray(moved.elpd_i), np.asarray(moved.pareto_k)
    return replace(found, elpd=elpd, k=k)


def _functions(
    fit: Fit, bad: np.ndarray
) -> tuple[Callable[[Any], xr.DataArray], Callable[..., xr.DataArray]]:
    """Log posterior density at coordinates of the sampler, and log likelihood of one of some rows there."""
    import jax

    from bayesformula.compiler.predictions import on_cpu
    from bayesformula.compiler.response import log_likelihood
    from bayesformula.encoding import rows_of

    program, data = fit.compiled()
    design = training_design(fit)
    nothing = [None] * len(fit.spec.groups)
    rows = [rows_of(design.part(np.array([row])), fit.spec, nothing) for row in bad.tolist()]
    key = jax.random.PRNGKey(0)  # these plans recover without drawing

    @jax.jit
    def densities(flat: Any, data: Any) -> Any:
        return jax.lax.map(lambda z: -program.potential(z, data), flat, batch_size=DRAWS_AT_ONCE)

    @jax.jit
    def likelihoods(flat: Any, data: Any, row: Any) -> Any:
        def at(z: Any) -> Any:
            return log_likelihood(program.structure, row, program.recover(z, key, data))[0]

        return jax.lax.map(at, flat, batch_size=DRAWS_AT_ONCE)

    def asked(function: Callable[..., Any], z: xr.DataArray, *arguments: Any) -> xr.DataArray:
        import xarray as xr

        ordered = z.transpose("chain", "draw", ...)
        with on_cpu():
            flat = np.asarray(ordered).reshape(-1, ordered.shape[-1])
            found = np.asarray(function(flat, data, *arguments))
        coords = {name: ordered.coords[name] for name in ("chain", "draw") if name in ordered.coords}
        return xr.DataArray(found.reshape(ordered.shape[:2]), coords, ("chain", "draw"))

    return partial(asked, densities), lambda z, i: asked(likelihoods, z, rows[int(i)])


def _check_known(fit: Fit, bad: np.ndarray, values: np.ndarray) -> None:
    """The coordinates must give the draws again: those of a file may be of another version's search."""
    from bayesformula.results.prediction.predict import likelihood_answers

    assert fit.frame is not None
    for at, drawn in likelihood_answers(fit, fit.frame.iloc[bad]).chunks():
        flat = values.reshape(-1, values.shape[-1])[:, at]
        if not np.allclose(drawn, flat, rtol=CLOSE, atol=CLOSE):
            raise OptionError(
                "moment_match=True needs the sampler's coordinates, and those of this fit do not give its "
                "draws again: it was read from a file, or sampled in another precision\n"
                "  Pass reloo=True instead."
            )
