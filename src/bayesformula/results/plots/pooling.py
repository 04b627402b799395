"""What each level of a group would be estimated as alone, together with the others, and as one with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bayesformula.errors import OptionError
from bayesformula.results.names import population
from bayesformula.results.plots.chosen import effect_draws

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bayesformula.model.spec import GroupSpec
    from bayesformula.results.fit import Fit

STEPS = 40
LONGEST_STEP = 2.0
"""Of a linear predictor on another scale than the response: a log or logit that moves further overshoots."""
SETTLED = 1e-6
LEAST_INFORMATION = 1e-8
"""Of a coefficient, as a share of what the rows tell of it at the population's value."""


@dataclass(frozen=True)
class Pooling:
    """Estimates of the coefficients of the levels of a group.

    Attributes:
        alone: (levels, q) of largest likelihood given the level's own rows; NaN where these do not settle it.
        partial: (levels, q) posterior means, population plus effect.
        complete: (q,) of largest likelihood given all rows, the same for all levels.
        population: (q,) posterior means; 0 where the population has no such coefficient.
        covariance: (K, q, q) posterior mean of the effects', for each level of `gr(by = )`.
    """

    alone: np.ndarray
    partial: np.ndarray
    complete: np.ndarray
    population: np.ndarray
    covariance: np.ndarray


def pooling(fit: Fit, group: GroupSpec, positions: Sequence[int]) -> Pooling:
    """Estimates of some coefficients of a group, all of one linear predictor.

    Alone and complete are estimates of largest likelihood by the model's own family and link (least squares
    for a Gaussian response), everything else held at its posterior mean: other coefficients, parameters of
    the family, effects of other groups; effects of groups nested in this one are left out.

    Raises:
        OptionError: levels without rows of their own (`mm()`), or `cs()` in the model.
    """
    q = list(positions)
    effects = effect_draws(fit, group)[..., q].mean(axis=(0, 1))
    centre = _population(fit, group, q)
    alone, complete = _likeliest(fit, group, q)
    cov = fit.varcorr()[group.label].draws.mean(axis=(0, 1))
    each = [[k * group.q + i for i in q] for k in range(max(1, len(group.by)))]
    return Pooling(
        alone=centre + alone,
        partial=centre + effects,
        complete=centre + complete,
        population=centre,
        covariance=np.stack([cov[np.ix_(at, at)] for at in each]),
    )


def _population(fit: Fit, group: GroupSpec, positions: Sequence[int]) -> np.ndarray:
    """(q,) posterior means of the population coefficients that the effects deviate from; of thresholds 0."""
    rows = {(row.owner, row.column): row for row in population(fit.spec) if row.variable != "Intercept"}
    out = np.zeros(len(positions))
    for i, position in enumerate(positions):
        row = rows.get((group.owner(position), group.column(position)))
        if row is not None:
            out[i] = fit.draws[row.variable][(slice(None), slice(None), *row.at)].mean()
    return out


def _likeliest(fit: Fit, group: GroupSpec, positions: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Deviations (levels, q) from the population that suit each level's rows best, and those (q,) for all."""
    from bayesformula.compiler.working.derivatives import derivatives_of

    program, data = fit.compiled()
    structure, rows = program.structure, data.rows
    place = [g.label for g in fit.spec.groups].index(group.label)
    if group.members:
        raise OptionError(
            f"the levels of '{group.label}' share rows with each other, so that none can be estimated alone"
        )
    if any(predictor.specific for predictor in fit.spec.predictors):
        raise OptionError(
            "estimates of levels alone are not defined beside cs(): leave it out of the formula"
        )
    names = [predictor.parameter for predictor in fit.spec.predictors]
    owner = names.index(group.owner(positions[0]))
    z = np.asarray(rows.groups[place].z)[:, list(positions)]
    index = np.asarray(rows.groups[place].index)
    etas = _etas(fit, group, owner, positions)
    scalars = {name: fit.draws[name].mean() for name in fit.spec.scalars}
    thresholds = np.zeros(0)
    if fit.spec.n_thresholds:
        thresholds = fit.draws["Intercept"].mean(axis=(0, 1))
    derivatives = derivatives_of(structure, rows, scalars, thresholds)

    def at(eta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        found = derivatives(np.concatenate([etas[:owner], eta[None], etas[owner + 1 :]]))
        return found.score[owner], found.curvature[owner]

    is_free = fit.spec.predictors[owner].link == "identity"
    longest = np.inf if is_free else LONGEST_STEP
    alone = newton(at, etas[owner], z, index, group.n_levels, longest)
    complete = newton(at, etas[owner], z, np.zeros_like(index), 1, longest)
    return alone, complete[0]


def _etas(fit: Fit, group: GroupSpec, owner: int, positions: Sequence[int]) -> np.ndarray:
    """(predictors, n) linear predictors at the posterior mean, the group's own coefficients left out of one.

    Effects of groups nested in this one are left out everywhere: the level's rows are to speak for it.
    """
    from bayesformula.compiler.inputs import GroupArrays
    from bayesformula.results.names import coefficients

    _, data = fit.compiled()
    out = []
    for k, (predictor, part) in enumerate(zip(fit.spec.predictors, data.rows.predictors, strict=True)):
        eta = np.asarray(part.offset, float) + np.zeros(len(data.rows.y))
        if predictor.columns:
            b = fit.draws[coefficients(predictor.parameter)].mean(axis=(0, 1))
            eta = eta + np.asarray(part.x) @ b
        for other, arrays in zip(fit.spec.groups, data.rows.groups, strict=True):
            if group.label in other.nested_in:
                continue
            kept = [i for i in range(other.q) if other.owner(i) == predictor.parameter]
            if other.label == group.label and k == owner:
                kept = [i for i in kept if i not in positions]
            effects = effect_draws(fit, other).mean(axis=(0, 1))
            own: GroupArrays = arrays
            each = np.asarray(own.z)[..., kept] * effects[np.asarray(own.index)][..., kept]
            eta = eta + each.reshape(len(eta), -1).sum(axis=1)
        out.append(eta)
    return np.stack(out)


def newton(
    derivatives: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]],
    base: np.ndarray,
    z: np.ndarray,
    index: np.ndarray,
    n_levels: int,
    longest: float,
) -> np.ndarray:
    """(levels, q) coefficients of largest likelihood, level by level, all at once.

    Args:
        derivatives: score and curvature (n,) of each row's log likelihood at linear predictors (n,).
        base: (n,) linear predictors without the coefficients.
        z: (n, q) their columns.
        index: (n,) level of each row.
        n_levels: how many.
        longest: step of a linear predictor.

    Returns:
        NaN where the rows of a level do not tell its coefficients apart, or the likelihood has no top (all
        successes, all zeros).
    """
    q = z.shape[1]
    out = np.zeros((n_levels, q))
    known = _full_rank(z, index, n_levels)
    settled = np.zeros(n_levels, bool)
    first = None
    for _ in range(STEPS):
        score, curvature = derivatives(base + np.sum(z * out[index], axis=1))
        # where a density is not log-concave (far from a Student's centre) a row still pulls the right way
        weight = np.maximum(curvature, 1e-3 * np.abs(curvature).max(initial=0.0) * (curvature < 0))
        gradient = _sums(z * score[:, None], index, n_levels)
        hessian = _sums((weight[:, None] * z)[:, :, None] * z[:, None, :], index, n_levels)
        hessian[~known] = np.eye(q)
        scale = np.sqrt(np.maximum(np.einsum("jqq->jq", hessian), 1e-300))
        scaled = hessian / scale[:, :, None] / scale[:, None, :] + 1e-12 * np.eye(q)
        step = np.linalg.solve(scaled, (gradient / scale)[..., None])[..., 0] / scale
        reach = np.zeros(n_levels)
        np.maximum.at(reach, index, np.abs(np.sum(z * step[index], axis=1)))
        out += step * np.minimum(1.0, longest / np.maximum(reach, 1e-300))[:, None]
        size = np.zeros(n_levels)
        np.maximum.at(size, index, np.abs(np.sum(z * out[index], axis=1)))
        # all successes: what is known of a logit dwindles as it goes on to infinity, until nothing moves
        first = scale if first is None else first
        settled = np.all(scale > LEAST_INFORMATION**0.5 * first, axis=1)
        settled &= reach <= SETTLED * (size + (1.0 if np.isfinite(longest) else 1e-6))
        if np.all(settled | ~known):
            break
    return np.where((known & settled)[:, None], out, np.nan)


def _sums(values: np.ndarray, index: np.ndarray, n_levels: int) -> np.ndarray:
    out = np.zeros((n_levels, *values.shape[1:]))
    np.add.at(out, index, values)
    return out


def _full_rank(z: np.ndarray, index: np.ndarray, n_levels: int) -> np.ndarray:
    """(levels,) whether the rows of a level tell its coefficients apart."""
    gram = _sums(z[:, :, None] * z[:, None, :], index, n_levels)
    size = np.sqrt(np.einsum("jqq->jq", gram))
    is_there = np.all(size > 0, axis=1)
    size[~is_there] = 1.0
    least = np.linalg.eigvalsh(gram / size[:, :, None] / size[:, None, :])[:, 0]
    return is_there & (least > 1e-10)
