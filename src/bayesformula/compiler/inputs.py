"""From a `ModelSpec` and a design to the arrays that programs take as arguments.

Three systems of coordinates are in play, for the population coefficients and for each group:

* *reported*: coefficients of the columns as the user wrote them, at x = 0;
* *prior*: what the priors speak of; the reported ones when a prior was stated, those at the
  predictors' means for the defaults;
* *internal*: coefficients of columns centred and scaled, in which the cross-products are well
  conditioned whatever the units.

The linear maps between them are data, so that a program does not depend on them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from bayesformula.compiler import elimination
from bayesformula.compiler.kinds import N_ARGUMENTS, arguments_of
from bayesformula.compiler.leaves import Leaf
from bayesformula.compiler.structure import Structure
from bayesformula.model.spec import GroupSpec, ModelSpec
from bayesformula.priors import PriorRow

ROUGH_DF = 10.0
"""Degrees of freedom at which chains of Student effects start."""


class GroupArrays(NamedTuple):
    """Rows and levels of one group.

    Attributes:
        z: (n, q) columns; (n, M, q) where a row belongs to M levels.
        index: (n,) int32 level of each row; (n, M).
        by: (J,) int32, which level of `gr(by = )` each level lies in, or None.
        relation: (J, J) lower Cholesky factor of the known covariance of the levels, or None.
    """

    z: Leaf
    index: Leaf
    by: Leaf | None = None
    relation: Leaf | None = None


class Rows(NamedTuple):
    """Everything with one entry a row.

    Attributes:
        y: (n,) response.
        offset: (n,).
        weights: (n,) likelihood weights, or None.
        x: (n, p) population columns.
        groups: one for each group.
        se: (n,) known standard errors, or None.
    """

    y: Leaf
    offset: Leaf
    weights: Leaf | None
    x: Leaf
    groups: tuple[GroupArrays, ...]
    se: Leaf | None = None


class PriorArguments(NamedTuple):
    """The numbers of the priors.

    Attributes:
        b: (p, 3).
        sd: per group (n_by q, 3).
        cor: per group, (number of correlated blocks,) LKJ concentrations.
        df: per group (1, 3), or (0, 3) for Gaussian effects.
        sigma: (1, 3).
    """

    b: Leaf
    sd: tuple[Leaf, ...]
    cor: tuple[Leaf, ...]
    df: tuple[Leaf, ...]
    sigma: Leaf


class Reported(NamedTuple):
    """Maps from prior to reported coordinates: `b` (p, p), `groups` (q, q) each."""

    b: Leaf
    groups: tuple[Leaf, ...]


class Marginal(NamedTuple):
    """What the marginal plan needs beside the rows.

    Attributes:
        s: cross-products in internal coordinates, of y less offset and reference fit.
        n: sum of the likelihood weights.
        log_errors: sum of the logs of known standard errors, each as often as its weight; 0 without any.
        reference: (p,) internal coefficients of the least-squares fit, taken out of y.
        b_in: (p, p) from prior to internal coordinates; `b_out` from internal to reported.
        b_in_inverse: (m, m) inverse of `b_in` over the m integrated coefficients.
        log_det_b_in: log |det| of the same block of `b_in`.
        group_in: per group (q, q) from prior to internal; `group_out` from internal to reported.
    """

    s: elimination.CrossProducts
    n: Leaf
    log_errors: Leaf
    reference: Leaf
    b_in: Leaf
    b_out: Leaf
    b_in_inverse: Leaf
    log_det_b_in: Leaf
    group_in: tuple[Leaf, ...]
    group_out: tuple[Leaf, ...]


class Start(NamedTuple):
    """Rough values in prior coordinates.

    `b` (p,) and its errors; per group `sd` (n_by q,) and `df` (1,), which counts for Student effects only;
    `sigma` ().
    """

    b: Leaf
    b_errors: Leaf
    sd: tuple[Leaf, ...]
    df: tuple[Leaf, ...]
    sigma: Leaf


class ModelData(NamedTuple):
    """The argument of every emitted model: a pytree of arrays."""

    rows: Rows
    priors: PriorArguments
    reported: Reported
    marginal: Marginal | None


def prior_arguments(model: ModelSpec) -> PriorArguments:
    """The numbers of all priors of `model`, in the order of its parameters."""
    return PriorArguments(
        b=_table(model.prior_rows("b")),
        sd=tuple(_table(model.prior_rows("sd", g.label)) for g in model.groups),
        cor=tuple(
            np.array([row.prior.arguments[0] for row in model.prior_rows("cor", g.label)])
            for g in model.groups
        ),
        df=tuple(_table(model.prior_rows("df", g.label)) for g in model.groups),
        sigma=_table(model.prior_rows("sigma")),
    )


def _table(rows: Sequence[PriorRow]) -> np.ndarray:
    return np.array([arguments_of(row.prior) for row in rows]).reshape(-1, N_ARGUMENTS)


class Coordinates(NamedTuple):
    """One set of columns in internal coordinates.

    Attributes:
        columns: (n, m) centred and scaled.
        from_reported: (m, m), internal = from_reported @ reported coefficients.
        centring: (m, m), coefficients at the columns' means = centring @ reported coefficients.
    """

    columns: np.ndarray
    from_reported: np.ndarray
    centring: np.ndarray


def coordinates(columns: np.ndarray, intercept: int | None, used: np.ndarray) -> Coordinates:
    """Centre (where there is an intercept to take up the shift) and scale by the rows that are `used`.

    An intercept's column is 1, but under `mm(scale = FALSE)` a row's weights: a shift of the other columns
    shifts them by so much, and the means are those per weight.
    """
    m = columns.shape[1]
    mean, shifted = np.zeros(m), columns
    if intercept is not None:
        one = columns[:, intercept]
        mean = columns[used].mean(axis=0) / (one[used].mean() or 1.0)
        mean[intercept] = 0.0
        shifted = columns - one[:, None] * mean
    scale = np.sqrt(np.mean(shifted[used] ** 2, axis=0))
    scale = np.where(scale > 0, scale, 1.0)
    centring = np.eye(m)
    if intercept is not None:
        scale[intercept] = 1.0
        centring[intercept] += mean
    return Coordinates(shifted / scale, np.diag(scale) @ centring, centring)


def assemble(model: ModelSpec, structure: Structure, rows: Rows) -> tuple[ModelData, Start]:
    """Everything a program of this structure needs, and where its chains start."""
    prior_rows = model.prior_rows("b")
    columns = [row.coef for row in prior_rows]
    at = columns.index("Intercept") if "Intercept" in columns else None
    used = used_rows(rows)
    x = coordinates(rows.x, at, used)
    b_reported = np.linalg.inv(x.centring) if structure.b_is_centred else np.eye(len(columns))
    groups = [
        coordinates(summed(arrays), _intercept(g), used)
        for arrays, g in zip(rows.groups, model.groups, strict=True)
    ]
    group_reported = tuple(
        np.linalg.inv(_only(c.centring, model.centred_positions(g)))
        for c, g in zip(groups, model.groups, strict=True)
    )
    reported = Reported(b_reported, group_reported)
    integrated = structure.integrated
    if at is not None and at not in integrated and not structure.b_is_centred:
        x = coordinates(
            rows.x, None, used
        )  # an intercept sampled at x = 0 cannot take up the shift of the others
    weights = np.ones(len(rows.y)) if rows.weights is None else rows.weights
    errors = np.ones(len(rows.y)) if rows.se is None else np.asarray(rows.se)
    response = rows.y - rows.offset
    reference = np.linalg.lstsq(x.columns[used], response[used], rcond=None)[0]
    residual = response - x.columns @ reference
    b_in = x.from_reported @ b_reported
    assert not np.any(b_in[np.ix_(structure.sampled, integrated)]), "sampled coefficients must not mix"
    start = _start(x.columns[used], reference, residual[used], b_in, rows, group_reported)
    marginal = None
    if structure.plan == "marginal":
        group_rows = [
            _group_rows(a, c, g.n_levels) for a, c, g in zip(rows.groups, groups, model.groups, strict=True)
        ]
        block = b_in[np.ix_(integrated, integrated)]
        marginal = Marginal(
            s=elimination.cross_products(
                structure.order, x.columns, residual, group_rows, weights / errors**2
            ),
            n=np.asarray(weights.sum()),
            log_errors=np.asarray(weights @ np.log(errors)),
            reference=reference,
            b_in=b_in,
            b_out=np.linalg.inv(x.from_reported),
            b_in_inverse=np.linalg.inv(block),
            log_det_b_in=np.asarray(np.linalg.slogdet(block)[1]),
            group_in=tuple(c.from_reported @ r for c, r in zip(groups, group_reported, strict=True)),
            group_out=tuple(np.linalg.inv(c.from_reported) for c in groups),
        )
    return ModelData(rows, prior_arguments(model), reported, marginal), start


def summed(arrays: GroupArrays) -> np.ndarray:
    """(n, q) the columns of a group, those of several memberships added up."""
    z = np.asarray(arrays.z)
    return z.sum(axis=1) if z.ndim == 3 else z


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


def _only(centring: np.ndarray, positions: Sequence[int]) -> np.ndarray:
    """The centring of some coefficients, the others left as they are."""
    out = np.eye(len(centring))
    at = np.ix_(positions, positions)
    out[at] = centring[at]
    return out


def _intercept(group: GroupSpec) -> int | None:
    return group.coefs.index("Intercept") if "Intercept" in group.coefs else None


def used_rows(rows: Rows) -> np.ndarray:
    """(n,) rows with weight; all of them where none has any (a prior-only run)."""
    if rows.weights is None or not np.any(rows.weights > 0):
        return np.ones(len(rows.y), bool)
    return rows.weights > 0


def _start(
    columns: np.ndarray,
    reference: np.ndarray,
    residual: np.ndarray,
    b_in: np.ndarray,
    rows: Rows,
    group_reported: Sequence[np.ndarray],
) -> Start:
    """Least squares for the coefficients and their errors, its residual sd shared out among the sds."""
    fitted = columns @ reference
    floor = 1e-3 * float(np.std(fitted + residual)) or 1e-3
    spread = max(float(np.std(residual)), floor)
    to_prior = np.linalg.inv(b_in)
    errors = to_prior @ np.linalg.pinv(columns.T @ columns) @ to_prior.T
    sds = []
    for arrays, to_reported in zip(rows.groups, group_reported, strict=True):
        at_prior = summed(arrays) @ to_reported
        size = np.sqrt(np.mean(at_prior**2, axis=0))
        n_by = 1 if arrays.by is None else int(np.max(arrays.by)) + 1
        sds.append(np.tile(0.5 * spread / np.where(size > 0, size, 1.0), n_by))
    b_errors = spread * np.sqrt(np.maximum(np.diag(errors), 1e-16 * np.max(np.diag(errors), initial=1e-300)))
    dfs = tuple(np.full(1, ROUGH_DF) for _ in rows.groups)
    return Start(to_prior @ reference, b_errors, tuple(sds), dfs, np.asarray(0.8 * spread))
