"""The argument of a marginal program, from two passes over chunks of the rows.

The first pass takes means and products of deviations: they give the internal coordinates, and least squares.
The second sums cross-products in these coordinates, of what least squares leave of the response. Nothing
that is held grows with the rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from bayesformula.compiler import elimination, starts
from bayesformula.compiler.chunks import RowSource
from bayesformula.compiler.coordinates import ColumnMoments, Coordinates, PredictorFrame, Scaling, scaling
from bayesformula.compiler.inputs import (
    GroupArrays,
    Marginal,
    ModelData,
    Reported,
    Start,
    prior_arguments,
    summed,
)
from bayesformula.compiler.leaves import Leaf
from bayesformula.compiler.structure import Structure
from bayesformula.model.spec import GroupSpec, ModelSpec

START_ROWS = 20_000
"""Rows from which the rough start is taken where there are more: it need not be better than that."""


class Measured(NamedTuple):
    """Moments of the population columns with the response less offset behind them, and of each group's."""

    mu: ColumnMoments
    groups: tuple[ColumnMoments, ...]


def integrated_data(model: ModelSpec, structure: Structure, source: RowSource) -> tuple[ModelData, Start]:
    """What a marginal program reads, no row among it, and where its chains start."""
    mu = structure.predictors[0]
    measured = _measured(structure, source)
    x = _scaling(measured.mu, _place(mu.columns), len(mu.columns))
    to_reported = np.linalg.inv(x.centring) if mu.b_is_centred else np.eye(len(mu.columns))
    group_reported = tuple(
        np.linalg.inv(centring_at(moments.mean, group, model.centred_positions(group)))
        for moments, group in zip(measured.groups, model.groups, strict=True)
    )
    reported = Reported(
        (to_reported,), group_reported, np.zeros(len(mu.columns)), np.zeros(len(model.mu.specific))
    )
    sample = source.sample(START_ROWS)
    columns = Coordinates(x.apply(np.asarray(sample.x)), x.from_reported, x.centring)
    frame = PredictorFrame(columns, to_reported, x.from_reported @ to_reported)
    begin = starts.start(model, structure, sample, (frame,), group_reported, source.used(sample))
    if "Intercept" in mu.columns and not mu.b_is_centred and _place(mu.columns) not in structure.integrated:
        # an intercept sampled at x = 0 cannot take up the shift of the others
        x = _scaling(measured.mu, None, len(mu.columns))
    marginal = _marginal(model, structure, source, measured, reported, x)
    nothing = source.take(slice(0, 0))
    return ModelData(nothing, prior_arguments(model), reported, marginal), begin


def _measured(structure: Structure, source: RowSource) -> Measured:
    """The first pass."""
    out = Measured(
        ColumnMoments(len(structure.columns) + 1), tuple(ColumnMoments(len(c)) for c in structure.coefs)
    )
    for rows in source.chunks():
        used = source.used(rows)
        at = slice(None) if used.all() else used
        out.mu.add(np.column_stack([rows.x, rows.y - rows.offset])[at])
        for moments, arrays in zip(out.groups, rows.groups, strict=True):
            moments.add(summed(arrays)[at])
    return out


def _marginal(
    model: ModelSpec,
    structure: Structure,
    source: RowSource,
    measured: Measured,
    reported: Reported,
    x: Scaling,
) -> Marginal:
    """Cross-products and maps; `x` are the coordinates of the population columns. The second pass."""
    reference = _least_squares(measured.mu, x)
    groups = [
        _scaling(moments, _place(group.coefs), group.q)
        for moments, group in zip(measured.groups, model.groups, strict=True)
    ]
    b_in, integrated = x.from_reported @ reported.b[0], structure.integrated
    assert not np.any(b_in[np.ix_(structure.sampled, integrated)]), "sampled coefficients must not mix"
    sums, n, log_errors = elimination.ProductSums(structure.order), 0.0, 0.0
    for rows in source.chunks():
        columns = x.apply(np.asarray(rows.x))
        weights = np.ones(len(rows.y)) if rows.weights is None else np.asarray(rows.weights)
        errors = np.ones(len(rows.y)) if rows.se is None else np.asarray(rows.se)
        residual = np.asarray(rows.y) - rows.offset - columns @ reference
        of_groups = [
            _group_rows(arrays, found, group.n_levels)
            for arrays, found, group in zip(rows.groups, groups, model.groups, strict=True)
        ]
        sums.add(columns, residual, of_groups, weights / errors**2)
        n, log_errors = n + float(weights.sum()), log_errors + float(weights @ np.log(errors))
    block = b_in[np.ix_(integrated, integrated)]
    total = sums.total()
    return Marginal(
        s=total,
        merged=elimination.merged(total) if _is_one_prior(structure) else None,
        n=np.asarray(n),
        log_errors=np.asarray(log_errors),
        reference=reference,
        b_in=b_in,
        b_out=np.linalg.inv(x.from_reported),
        b_in_inverse=np.linalg.inv(block),
        log_det_b_in=np.asarray(np.linalg.slogdet(block)[1]),
        group_in=tuple(c.from_reported @ r for c, r in zip(groups, reported.groups, strict=True)),
        group_out=tuple(np.linalg.inv(c.from_reported) for c in groups),
    )


def _is_one_prior(structure: Structure) -> bool:
    """Whether all levels of the innermost factor have one prior."""
    innermost = structure.order.chain[:1]
    return all(structure.n_by[k] == 1 and not structure.df_kinds[k] for k in innermost)


def _scaling(moments: ColumnMoments, intercept: int | None, m: int) -> Scaling:
    """Of the first m columns."""
    return scaling(moments.mean[:m], moments.products[:m, :m], moments.n, intercept)


def _least_squares(moments: ColumnMoments, x: Scaling) -> np.ndarray:
    """(p,) internal coefficients about which the response is taken; any would do, these lose no digits."""
    p = len(x.scale)
    into = np.eye(p + 1)
    into[:p, :p] = np.linalg.inv(x.from_reported)
    mean = moments.mean @ into
    products = into.T @ moments.products @ into + moments.n * np.outer(mean, mean)
    return np.linalg.lstsq(products[:p, :p], products[:p, p], rcond=None)[0]


def _group_rows(arrays: GroupArrays, found: Scaling, n_levels: int) -> elimination.GroupRows:
    """A group's rows in internal coordinates, one pair of index and columns for each membership."""
    index, z = np.asarray(arrays.index), np.asarray(arrays.z)
    if z.ndim == 2:
        return elimination.GroupRows(((index, found.apply(z)),), n_levels, _or_none(arrays.relation))
    to_internal = np.linalg.inv(found.from_reported)
    members = tuple((index[:, m], z[:, m] @ to_internal) for m in range(z.shape[1]))
    return elimination.GroupRows(members, n_levels, _or_none(arrays.relation))


def _or_none(leaf: Leaf | None) -> np.ndarray | None:
    return None if leaf is None else np.asarray(leaf)


def _place(names: tuple[str, ...]) -> int | None:
    return names.index("Intercept") if "Intercept" in names else None


def centring_at(means: np.ndarray, group: GroupSpec, positions: Sequence[int]) -> np.ndarray:
    """(q, q), effects at the columns' means = centring @ reported ones; the identity but for `positions`.

    A column's mean is that per weight of its intercept's column, which is 1 but under `mm(scale = FALSE)`.
    """
    out = np.eye(group.q)
    for position in positions:
        at = group.intercept_of(position)
        if at not in (None, position):
            out[at, position] = means[position] / (means[at] or 1.0)
    return out
