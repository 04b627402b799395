"""Sparse symmetric systems some of whose unknowns meet nearly all others, as an intercept meets every level.

Minimum degree looks at all neighbours of such an unknown again after each elimination, which takes a time
that grows with the square of their number: 23 s for 100,000 levels with an intercept and a slope, where 0.1 s
are enough. Such unknowns are left out of the search and come last, where it would have put them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

DENSE = 10.0
"""Neighbours, in square roots of the number of unknowns, from which on an unknown comes last; that of AMD:
Amestoy, Davis and Duff (2004), doi:10.1145/1024074.1024081."""
SYMMETRIC = {"diag_pivot_thresh": 0.0, "options": {"SymmetricMode": True}}


@dataclass(frozen=True)
class Solver:
    """A factorised matrix; raises `RuntimeError` where it is singular."""

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


def factorised(matrix: sparse.csc_array, order: np.ndarray) -> Solver:
    """The matrix factorised in an order.

    Raises:
        RuntimeError: it is singular.
    """
    return Solver(splu(_among(matrix, order), permc_spec="NATURAL", **SYMMETRIC), order)


def _among(matrix: sparse.csc_array, which: np.ndarray) -> sparse.csc_array:
    """Rows and columns of the unknowns `which`, in their order."""
    rows: Any = matrix[:, which].tocsr()
    return sparse.csc_array(rows[which])
