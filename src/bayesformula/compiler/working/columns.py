"""The rows of all linear predictors, one after another, as one sparse matrix: T = [X, Z_1, ..., Z_K]."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import sparse

from bayesformula.compiler.elimination import GroupRows
from bayesformula.compiler.inputs import GroupArrays, Rows
from bayesformula.compiler.structure import Structure


class Columns(NamedTuple):
    """All linear predictors at once: row m n + i is row i of predictor m.

    Attributes:
        x: (M n, p) population columns, internal coordinates, zero outside the predictor's own.
        groups: per group its rows; the columns that belong to another predictor are zero.
        offset: (M n,).
    """

    x: np.ndarray
    groups: tuple[GroupRows, ...]
    offset: np.ndarray

    def matrix(self, keep: Sequence[int]) -> sparse.csr_array:
        """T with the population columns `keep` and the columns of all groups, level by level."""
        parts = [sparse.csr_array(self.x[:, list(keep)]), *(_wide(group) for group in self.groups)]
        return sparse.csr_array(sparse.hstack(parts, format="csr"))


def columns(
    structure: Structure, rows: Rows, population: Sequence[np.ndarray], effects: Sequence[np.ndarray]
) -> Columns:
    """Rows of a model with M linear predictors.

    Args:
        structure: of the model.
        rows: as the model has them.
        population: per predictor (n, p_m) columns in internal coordinates.
        effects: per group (q, q) from internal to reported coordinates.
    """
    n, count = len(rows.y), len(structure.predictors)
    x = np.zeros((count * n, sum(part.shape[1] for part in population)))
    for m, (span, part) in enumerate(zip(structure.spans, population, strict=True)):
        x[m * n : (m + 1) * n, span] = part
    groups = [
        _stacked(arrays, to_reported, owners, levels, count)
        for arrays, to_reported, owners, levels in zip(
            rows.groups, effects, structure.owners, structure.n_levels, strict=True
        )
    ]
    offset = np.concatenate([np.asarray(part.offset) for part in rows.predictors])
    return Columns(x, tuple(groups), offset)


def _stacked(
    arrays: GroupArrays, to_reported: np.ndarray, owners: Sequence[int], n_levels: int, count: int
) -> GroupRows:
    """A group's rows for each predictor, columns of other predictors' coefficients zero."""
    index, z = np.asarray(arrays.index), np.asarray(arrays.z)
    if z.ndim == 2:
        index, z = index[:, None], z[:, None]
    owned = np.array([[owner == m for owner in owners] for m in range(count)])
    z = np.concatenate([(z * owned[m]) @ to_reported for m in range(count)])
    index = np.tile(index, (count, 1))
    members = tuple(
        (np.ascontiguousarray(index[:, m]), np.ascontiguousarray(z[:, m])) for m in range(z.shape[1])
    )
    relation = None if arrays.relation is None else np.asarray(arrays.relation)
    return GroupRows(members, n_levels, relation)


def _wide(group: GroupRows) -> sparse.csr_array:
    """(rows, J q) columns of all levels, those of independent effects where levels are related."""
    q = group.q
    out = sparse.csr_array((len(group.members[0][0]), group.n_levels * q))
    for index, z in group.members:
        places = (index.astype(np.int64)[:, None] * q + np.arange(q)).ravel()
        ends = np.arange(len(index) + 1) * q
        out = out + sparse.csr_array((z.ravel(), places, ends), shape=out.shape)
    if group.relation is not None:
        out = out @ sparse.csr_array(np.kron(group.relation, np.eye(q)))
    return sparse.csr_array(out)
