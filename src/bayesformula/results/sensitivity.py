"""How much the posterior moves with the prior and with the data: power-scaling sensitivity."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesformula.errors import OptionError
from bayesformula.priors import SHRINKAGE
from bayesformula.results.names import scalars
from bayesformula.results.prediction.predict import likelihood_answers
from bayesformula.results.summary import stack

if TYPE_CHECKING:
    import pandas as pd

    from bayesformula.compiler.structure import Structure
    from bayesformula.results.fit import Fit

CONFLICT = "prior and data may disagree"
STRONG = "prior decides, data say little"
SETTLED = "data decide"
NEITHER = "moves with neither"
CONSTANT = "does not vary"


def prior_sensitivity(
    fit: Fit, *, threshold: float = 0.05, alphas: tuple[float, float] = (0.99, 1.01)
) -> pd.DataFrame:
    """How much each posterior moves when all priors, or the likelihood, count a little less or more.

    Priors (or likelihood) are raised to powers near 1 by reweighting the draws: nothing is fitted again.
    A number is how fast the posterior of a parameter moves, as the cumulative Jensen-Shannon distance over
    the log of the power.

    Scaled are the priors that `fit.priors` lists, each in the coordinates of its statement: a default for the
    intercept, or for the sds of a correlated term, at the predictors' means, everything else as reported.
    Shifting or rescaling a predictor therefore changes no number. Powers of a density do depend on its
    coordinates; these are the ones in which a statement would be made wider or narrower. The distribution of
    group effects given their sds is a part of the model, not scaled; the likelihood is that of the rows given
    their groups.

    Args:
        threshold: above it a posterior counts as moving.
        alphas: the powers, one below 1 and one above.

    Returns:
        Columns prior, likelihood and diagnosis, by flat name:

        * prior and likelihood both above: prior and data may disagree, the prior pulls the estimate;
        * prior alone: it decides, and the data say little;
        * likelihood alone: the data decide, as one would wish;
        * none: as of an intercept that the rows tell of only through the group effects around it.

    Raises:
        OptionError: a joint prior (horseshoe, r2d2), whose powers are no such thing; only flat priors; draws
            from the prior alone; or rows or draws of group effects that were not kept.

    Example:
        >>> fit.prior_sensitivity()  # doctest: +SKIP

    References: Kallioinen, Paananen, Buerkner and Vehtari (2024), doi:10.1007/s11222-023-10366-5.
    """
    import pandas as pd
    from arviz_stats.base.array import array_stats

    _check(fit, threshold, alphas)
    rows = scalars(fit.spec)
    values = stack(fit.draws, rows)
    table = {}
    for name, log_density in (("prior", log_priors(fit)), ("likelihood", _log_likelihoods(fit))):
        weights = [_weights(array_stats, log_density, alpha) for alpha in alphas]
        table[name] = [_sensitivity(array_stats, values[:, :, i], weights, alphas) for i in range(len(rows))]
    out = pd.DataFrame(table, index=pd.Index([row.flat for row in rows], name="parameter"))
    out["diagnosis"] = [
        _diagnosis(float(prior), float(likelihood), threshold)
        for prior, likelihood in zip(out["prior"], out["likelihood"], strict=True)
    ]
    return out


def log_priors(fit: Fit) -> np.ndarray:
    """(chains, draws) log prior densities of the parameters, up to a constant."""
    from bayesformula.compiler.predictions import on_cpu

    program, data = fit.compiled()
    wanted = {name: values for name, values in fit.draws.items() if not name.startswith("r_")}
    shape = next(iter(wanted.values())).shape[:2]
    flat = {name: values.reshape(-1, *values.shape[2:]) for name, values in wanted.items()}
    with on_cpu():
        found = _compiled(program.structure)((data.priors, data.reported), flat)
        return np.asarray(found).reshape(shape)


@lru_cache(maxsize=8)
def _compiled(structure: Structure) -> Callable[[Any, Mapping[str, np.ndarray]], Any]:
    """(priors and maps, draws) -> a log prior density a draw."""
    import jax

    from bayesformula.compiler.kept import compiled
    from bayesformula.compiler.log_prior import log_prior

    def one(arguments: Any, values: Mapping[str, Any]) -> Any:
        priors, reported = arguments
        return log_prior(structure, priors, reported, values)

    return compiled(jax.vmap(one, in_axes=(None, 0)))


def _log_likelihoods(fit: Fit) -> np.ndarray:
    """(chains, draws) log likelihoods of all rows, a chunk of rows at a time."""
    chains, draws = next(iter(fit.draws.values())).shape[:2]
    total = np.zeros(chains * draws)
    for _, values in likelihood_answers(fit).chunks():
        total += values.sum(axis=1)
    return total.reshape(chains, draws)


def _weights(array_stats: Any, log_density: np.ndarray, alpha: float) -> np.ndarray:
    """(chains, draws) weights that turn the draws into those of the scaled posterior, tails smoothed."""
    log = np.asarray(array_stats.power_scale_lw(log_density, alpha=alpha, axis=(0, 1)))
    weights = np.exp(log - log.max())
    return weights / weights.sum()


def _sensitivity(
    array_stats: Any, values: np.ndarray, weights: Sequence[np.ndarray], alphas: tuple[float, float]
) -> float:
    if np.ptp(values) == 0:
        return float("nan")
    (lower, upper), (low, high) = weights, alphas
    return float(array_stats.power_scale_sense(values, lower, upper, lower_alpha=low, upper_alpha=high))


def _diagnosis(prior: float, likelihood: float, threshold: float) -> str:
    if prior != prior:
        return CONSTANT
    if prior >= threshold:
        return CONFLICT if likelihood >= threshold else STRONG
    return SETTLED if likelihood >= threshold else NEITHER


def _check(fit: Fit, threshold: object, alphas: object) -> None:
    """Refuse what has no answer, before anything is computed."""
    if isinstance(threshold, bool) or not isinstance(threshold, int | float) or not threshold > 0:
        raise OptionError(f"threshold={threshold!r} must be a number above 0, for example 0.05")
    if not (isinstance(alphas, tuple | list) and len(alphas) == 2 and 0 < alphas[0] < 1 < alphas[1]):
        raise OptionError(
            f"alphas={alphas!r} must be a power below 1 and one above, for example (0.99, 1.01)"
        )
    if fit.prior_only:
        raise OptionError("prior_sensitivity() compares prior and data, and this fit is of the prior alone")
    joint = [row for row in fit.spec.priors if row.prior.distribution in SHRINKAGE]
    if joint:
        raise OptionError(
            f"prior_sensitivity() knows no power of {joint[0].statement}: fit again with a prior for each "
            "coefficient, for example b ~ normal(0, 1)"
        )
    if all(row.prior.distribution in ("flat", "constant") for row in fit.spec.priors):
        raise OptionError(
            "prior_sensitivity() needs a prior that is not flat: any power of a flat one is itself"
        )
