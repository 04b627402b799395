"""From a `ModelSpec` and rows to the argument of a program: coordinates, cross-products, starting values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bayesformula.compiler import elimination, starts
from bayesformula.compiler.coordinates import Coordinates, PredictorFrame, coordinates
from bayesformula.compiler.inputs import (
    GroupArrays,
    Marginal,
    ModelData,
    PredictorRows,
    Reported,
    Rows,
    Start,
    prior_arguments,
    summed,
    used_rows,
)
from bayesformula.compiler.leaves import Leaf
from bayesformula.compiler.structure import PredictorStructure, Structure
from bayesformula.model.spec import GroupSpec, ModelSpec


def assemble(model: ModelSpec, structure: Structure, rows: Rows) -> tuple[ModelData, Start]:
    """Everything a program of this structure needs, and where its chains start."""
    used = used_rows(rows)
    frames = tuple(
        _predictor_frame(predictor, part, used, has_thresholds=bool(model.n_thresholds) and not place)
        for place, (predictor, part) in enumerate(zip(structure.predictors, rows.predictors, strict=True))
    )
    group_reported = tuple(
        np.linalg.inv(_centring(summed(arrays), g, used, model.centred_positions(g)))
        for arrays, g in zip(rows.groups, model.groups, strict=True)
    )
    mu = structure.predictors[0]
    means, specific_means = np.zeros(len(mu.columns)), np.zeros(len(model.mu.specific))
    if model.n_thresholds and mu.b_is_centred:
        means = np.asarray(rows.x)[used].mean(axis=0)
        if rows.predictors[0].specific is not None:
            specific_means = np.asarray(rows.predictors[0].specific)[used].mean(axis=0)
    reported = Reported(tuple(f.to_reported for f in frames), group_reported, means, specific_means)
    begin = starts.start(model, structure, rows, frames, group_reported, used)
    marginal = None
    if structure.plan == "marginal":
        marginal = _marginal(model, structure, rows, used, reported, frames[0].x)
    return ModelData(rows, prior_arguments(model), reported, marginal), begin


def _predictor_frame(
    predictor: PredictorStructure, rows: PredictorRows, used: np.ndarray, *, has_thresholds: bool
) -> PredictorFrame:
    """Coordinates of one predictor's coefficients; thresholds take up shifts as an intercept does."""
    at = predictor.columns.index("Intercept") if "Intercept" in predictor.columns else None
    x = coordinates(np.asarray(rows.x), at, used)
    is_centred = predictor.b_is_centred and not has_thresholds
    to_reported = np.linalg.inv(x.centring) if is_centred else np.eye(len(predictor.columns))
    return PredictorFrame(x, to_reported, x.from_reported @ to_reported)


def _marginal(
    model: ModelSpec,
    structure: Structure,
    rows: Rows,
    used: np.ndarray,
    reported: Reported,
    x: Coordinates,
) -> Marginal:
    """Cross-products and maps of the marginal plan; `x` are its columns centred and scaled."""
    mu, integrated = structure.predictors[0], structure.integrated
    if "Intercept" in mu.columns and not mu.b_is_centred and mu.columns.index("Intercept") not in integrated:
        # an intercept sampled at x = 0 cannot take up the shift of the others
        x = coordinates(np.asarray(rows.x), None, used)
    weights = np.ones(len(rows.y)) if rows.weights is None else rows.weights
    errors = np.ones(len(rows.y)) if rows.se is None else np.asarray(rows.se)
    response = rows.y - rows.offset
    reference = np.linalg.lstsq(x.columns[used], response[used], rcond=None)[0]
    residual = response - x.columns @ reference
    b_in = x.from_reported @ reported.b[0]
    assert not np.any(b_in[np.ix_(structure.sampled, integrated)]), "sampled coefficients must not mix"
    groups = [
        coordinates(summed(arrays), _intercept(g), used)
        for arrays, g in zip(rows.groups, model.groups, strict=True)
    ]
    group_rows = [
        _group_rows(a, c, g.n_levels) for a, c, g in zip(rows.groups, groups, model.groups, strict=True)
    ]
    block = b_in[np.ix_(integrated, integrated)]
    return Marginal(
        s=elimination.cross_products(structure.order, x.columns, residual, group_rows, weights / errors**2),
        n=np.asarray(weights.sum()),
        log_errors=np.asarray(weights @ np.log(errors)),
        reference=reference,
        b_in=b_in,
        b_out=np.linalg.inv(x.from_reported),
        b_in_inverse=np.linalg.inv(block),
        log_det_b_in=np.asarray(np.linalg.slogdet(block)[1]),
        group_in=tuple(c.from_reported @ r for c, r in zip(groups, reported.groups, strict=True)),
        group_out=tuple(np.linalg.inv(c.from_reported) for c in groups),
    )


def _group_rows(arrays: GroupArrays, c: Coordinates, n_levels: int) -> elimination.GroupRows:
    """A group's rows in internal coordinates, one pair of index and columns for each membership."""
    index, z = np.asarray(arrays.index), np.asarray(arrays.z)
    if z.ndim == 2:
        return elimination.GroupRows(((index, c.columns),), n_levels, _or_none(arrays.relation))
    to_internal = np.linalg.inv(c.from_reported)
    members = tuple((index[:, m], z[:, m] @ to_internal) for m in range(z.shape[1]))
    return elimination.GroupRows(members, n_levels, _or_none(arrays.relation))


def _or_none(leaf: Leaf | None) -> np.ndarray | None:
    return None if leaf is None else np.asarray(leaf)


def _centring(
    columns: np.ndarray, group: GroupSpec, used: np.ndarray, positions: Sequence[int]
) -> np.ndarray:
    """(q, q), effects at the columns' means = centring @ reported ones; the identity but for `positions`.

    A column's mean is that per weight of its intercept's column, which is 1 but under `mm(scale = FALSE)`.
    """
    out = np.eye(group.q)
    for position in positions:
        at = group.intercept_of(position)
        if at not in (None, position):
            one = columns[used, at]
            out[at, position] = columns[used, position].mean() / (one.mean() or 1.0)
    return out


def _intercept(group: GroupSpec) -> int | None:
    return group.coefs.index("Intercept") if "Intercept" in group.coefs else None
