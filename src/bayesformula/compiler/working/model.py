"""The working model frozen at the mode: cross-products, and where chains start."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.linalg import block_diag

from bayesformula.compiler import elimination
from bayesformula.compiler.coordinates import Coordinates
from bayesformula.compiler.elimination import GroupRows
from bayesformula.compiler.inputs import PriorArguments, Rows, Start, Whitened
from bayesformula.compiler.kinds import REAL
from bayesformula.compiler.order import Order
from bayesformula.compiler.structure import Structure
from bayesformula.compiler.working.columns import Columns, columns
from bayesformula.compiler.working.derivatives import Derivatives, derivatives_of
from bayesformula.compiler.working.newton import Mode, Search, WorkingModelError, find_mode, floored
from bayesformula.compiler.working.variances import Effects

__all__ = ["WorkingModelError", "working_model"]


def working_model(
    structure: Structure,
    rows: Rows,
    priors: PriorArguments,
    population: Sequence[Coordinates],
    b_maps: Sequence[np.ndarray],
    effects: Sequence[Coordinates],
    group_maps: Sequence[np.ndarray],
    start: Start,
    ahead: Callable[[Whitened], None] | None = None,
) -> tuple[Whitened, Start]:
    """Find the mode and freeze a Gaussian likelihood there.

    Args:
        structure: of the model.
        rows: with at least one row of positive weight, or all of them with weight zero (prior-only).
        priors: the numbers of the priors.
        population: per predictor its columns in internal coordinates.
        b_maps: per predictor (p_m, p_m) from prior to internal coordinates.
        effects: per group its coordinates.
        group_maps: per group (q, q) from prior to internal coordinates.
        start: rough values, prior coordinates.
        ahead: called with arrays of the same shapes before the mode is searched.

    Returns:
        The working model, and the start with sds as they are near the mode.

    Raises:
        WorkingModelError: there is no such mode.
    """
    free, held = structure.whitened, structure.unwhitened
    b_in = np.asarray(block_diag(*b_maps))
    assert not np.any(b_in[np.ix_(held, free)]), "coefficients that are held must not mix"
    inverse = np.linalg.inv(b_in[np.ix_(free, free)])
    precision, mean = _normal_priors(structure, priors)
    stacked = columns(
        structure, rows, [c.columns for c in population], [np.linalg.inv(c.from_reported) for c in effects]
    )
    reference = b_in @ np.concatenate([*start.b, np.zeros(0)])
    search = Search(
        t=stacked.matrix(free),
        offset=stacked.offset + stacked.x[:, held] @ reference[held],
        root=inverse.T * np.sqrt(precision),
        centre=b_in[np.ix_(free, free)] @ mean + b_in[np.ix_(free, held)] @ np.concatenate(start.b)[held],
        groups=[_effects(structure, rows, k, start, into) for k, into in enumerate(group_maps)],
        at=derivatives_of(structure, rows, start.scalars, start.thresholds),
        n_predictors=len(structure.predictors),
        chains=tuple(order.chain for order in structure.parts),
    )
    still = Whitened(
        s=(),
        at_mode=(),
        reference=reference,
        thresholds=start.thresholds,
        sigma=np.asarray(float(np.ravel(start.scalars["sigma"])[0]) if "sigma" in start.scalars else 1.0),
        precision=precision,
        mean=mean,
        b_in=b_in,
        b_in_inverse=inverse,
        log_det_b_in=np.asarray(np.linalg.slogdet(b_in[np.ix_(free, free)])[1]),
        group_in=tuple(group_maps),
    )

    def frozen(mode: Mode) -> Whitened:
        return _frozen(structure, stacked, search, still, mode)

    first = np.concatenate([reference[free], np.zeros(search.n_coefficients - len(free))])
    mode = _nothing(search, first, len(structure.threshold_kinds))
    if rows.weights is None or bool(np.any(np.asarray(rows.weights) > 0)):
        if ahead is not None:
            ahead(frozen(mode))
        mode = find_mode(search, first)
    return frozen(mode), start._replace(sd=tuple(sd.ravel() for sd in mode.sds))


def _frozen(structure: Structure, stacked: Columns, search: Search, still: Whitened, mode: Mode) -> Whitened:
    """A Gaussian likelihood that has the score and the curvature of the rows at a mode."""
    free = structure.whitened
    reference = np.array(still.reference)
    reference[free] = mode.coefficients[: len(free)]
    weights = floored(mode.derivatives)
    positive = np.where(weights > 0, weights, 1.0)
    rest = mode.derivatives.score.ravel() / positive
    n = mode.derivatives.moves.shape[1]
    moves = np.zeros((len(stacked.offset), len(structure.threshold_kinds)))
    moves[:n] = -(mode.derivatives.moves / positive[:n]).T
    x = np.column_stack([stacked.x, moves])
    s, at_mode = _by_chain(structure.parts, search, mode, x, rest, stacked.groups, weights)
    return still._replace(s=s, at_mode=at_mode, reference=reference)


def _by_chain(
    chains: Sequence[Order],
    search: Search,
    mode: Mode,
    x: np.ndarray,
    rest: np.ndarray,
    groups: Sequence[GroupRows],
    weights: np.ndarray,
) -> tuple[tuple[elimination.CrossProducts, ...], tuple[np.ndarray, ...]]:
    """Cross-products of each chain with what other chains leave to it; those of its mode with the border."""
    s, at_mode = [], []
    for order in chains:
        own = search.predicted(mode.coefficients, order.chain)
        response = rest + own + search.predicted(mode.coefficients, order.dense)
        s.append(elimination.cross_products(order, x, response, groups, weights))
        if order is not chains[-1]:
            border = elimination.cross_products(Order((), order.dense), x, own, groups, weights)
            at_mode.append(border.corner[:, -1])
    return tuple(s), tuple(at_mode)


def _nothing(search: Search, first: np.ndarray, n_thresholds: int) -> Mode:
    """In a prior-only run the working model says nothing, and coefficients are standard normals scaled."""
    shape = (search.n_predictors, len(search.offset) // search.n_predictors)
    zeros = Derivatives(0.0, np.zeros(shape), np.zeros(shape), np.zeros((n_thresholds, shape[1])))
    return Mode(first, tuple(group.sds for group in search.groups), zeros)


def _effects(structure: Structure, rows: Rows, k: int, start: Start, into: np.ndarray) -> Effects:
    q, n_levels, by = len(structure.coefs[k]), structure.n_levels[k], rows.groups[k].by
    sds = np.asarray(start.sd[k]).reshape(structure.n_by[k], q)
    by = np.zeros(n_levels, int) if by is None else np.asarray(by)
    return Effects(n_levels, q, structure.blocks[k], np.linalg.inv(into), by, sds)


def _normal_priors(structure: Structure, priors: PriorArguments) -> tuple[np.ndarray, np.ndarray]:
    """(w,) precisions and means of normal distributions as wide as the priors of whitened coefficients."""
    precision, mean = [], []
    for predictor, table in zip(structure.predictors, priors.b, strict=True):
        for kind, (first, second, third, *_) in zip(predictor.b_kinds, np.asarray(table), strict=True):
            if kind not in REAL:
                continue
            match kind:
                case "normal":
                    centre, sd = first, second
                case "student_t":
                    centre, sd = second, third * np.sqrt(first / (first - 2.0) if first > 3.0 else 3.0)
                case "cauchy":
                    centre, sd = first, 3.0 * second
                case "laplace":
                    centre, sd = first, np.sqrt(2.0) * second
                case "logistic":
                    centre, sd = first, np.pi / np.sqrt(3.0) * second
                case _:
                    centre, sd = 0.0, np.inf
            precision.append(sd**-2.0)
            mean.append(centre)
    return np.array(precision), np.array(mean)
