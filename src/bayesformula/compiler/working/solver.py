"""Sparse symmetric systems some of whose unknowns meet nearly all others, as an intercept meets every level.

Minimum degree looks at all neighbours of such an unknown again after each elimination, which takes a time
that grows with the square of their number: 23 s for 100,000 levels with an intercept and a slope, where 0.1 s
are enough. Such unknowns are left out of the search and come last, where it would have put them.

References: Hestenes and Stiefel (1952), Journal of Research of the National Bureau of Standards 49, 409.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

DENSE = 10.0
"""Neighbours, in square roots of the number of unknowns, from which on an unknown comes last; that of AMD:
Amestoy, Davis and Duff (2004), doi:10.1145/1024074.1024081."""
SYMMETRIC = {"diag_pivot_thresh": 0.0, "options": {"SymmetricMode": True}}


class Solver(Protocol):
    """A symmetric positive definite matrix that can be solved for."""

    def solve(self, b: np.ndarray) -> np.ndarray:
        """(m,) or (m, k) solutions."""
        ...


@dataclass
class Whole:
    """Factorises matrices of one pattern; its order is found once."""

    order: np.ndarray | None = None

    def of(self, matrix: sparse.csc_array) -> Solver:
        """The matrix factorised; `RuntimeError` where it is singular."""
        self.order = elimination_order(matrix) if self.order is None else self.order
        return factorised(matrix, self.order)


@dataclass
class ByParts:
    """Solves matrices of one pattern by conjugate gradients, part by part exactly.

    Where crossed factors meet, factorising fills in all pairs of levels; between parts a few dozen products
    with the matrix do as well.

    Attributes:
        labels: (m,) the part of each unknown.
    """

    labels: np.ndarray
    near: Whole = field(default_factory=Whole)

    def of(self, matrix: sparse.csc_array) -> Solver:
        """The matrix with its diagonal parts factorised; `RuntimeError` where one is singular."""
        entries = matrix.tocoo()
        is_own = self.labels[entries.row] == self.labels[entries.col]
        own = (entries.data[is_own], (entries.row[is_own], entries.col[is_own]))
        return Iterative(matrix, self.near.of(sparse.csc_array(own, shape=matrix.shape)))


@dataclass(frozen=True)
class Iterative:
    """Conjugate gradients for a matrix, preconditioned by one that is near it."""

    matrix: sparse.csc_array
    near: Solver

    def solve(self, b: np.ndarray) -> np.ndarray:
        """(m,) or (m, k) solutions, all columns at once, up to `TOLERANCE` or `MOST_STEPS`."""
        rest = b.reshape(len(b), -1).copy()
        x, direction = np.zeros_like(rest), np.zeros_like(rest)
        before = np.ones(rest.shape[1])
        first = None
        for _ in range(MOST_STEPS):
            nearly = self.near.solve(rest)
            size = np.sum(rest * nearly, axis=0)
            first = size if first is None else first
            if np.all(size <= TOLERANCE**2 * first):
                break
            direction = nearly + direction * (size / before)
            along = self.matrix @ direction
            curvature = np.sum(direction * along, axis=0)
            step = np.divide(size, curvature, out=np.zeros_like(size), where=curvature > 0)
            x, rest = x + step * direction, rest - step * along
            before = np.where(size > 0, size, 1.0)
        return x.reshape(b.shape)


TOLERANCE = 1e-4
"""Of the error relative to the solution, in the norm of the matrix near it: Newton's steps and the few draws
that variances are moved by ask for no more."""
MOST_STEPS = 500


@dataclass(frozen=True)
class Factorised:
    """A factorised matrix."""

    factor: Any
    order: np.ndarray

    def solve(self, b: np.ndarray) -> np.ndarray:
        """(m,) or (m, k) solutions."""
        out = np.empty_like(b)
        out[self.order] = self.factor.solve(b[self.order])
        return out


def elimination_order(matrix: sparse.csc_array) -> np.ndarray:
    """(m,) unknowns in an order that fills little: minimum degree, those that meet very many at the end."""
    m = len(matrix.indptr) - 1
    degree = np.diff(matrix.indptr)
    is_dense = degree > max(16.0, DENSE * np.sqrt(m))
    others = np.flatnonzero(~is_dense)
    # The pattern alone decides; a diagonal that dominates lets no pivot be small.
    ones = sparse.csc_array((np.ones(matrix.nnz), matrix.indices, matrix.indptr), shape=(m, m))
    pattern = sparse.csc_array(ones + sparse.diags_array(degree.astype(float)))
    if len(others):
        found = splu(_among(pattern, others), permc_spec="MMD_AT_PLUS_A", **SYMMETRIC)
        others = others[np.argsort(found.perm_c)]
    dense = np.flatnonzero(is_dense)
    return np.concatenate([others, dense[np.argsort(degree[dense], kind="stable")]])


def factorised(matrix: sparse.csc_array, order: np.ndarray) -> Factorised:
    """The matrix factorised in an order.

    Raises:
        RuntimeError: it is singular.
    """
    return Factorised(splu(_among(matrix, order), permc_spec="NATURAL", **SYMMETRIC), order)


def _among(matrix: sparse.csc_array, which: np.ndarray) -> sparse.csc_array:
    """Rows and columns of the unknowns `which`, in their order."""
    rows: Any = matrix[:, which].tocsr()
    return sparse.csc_array(rows[which])
