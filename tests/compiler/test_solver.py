"""The sparse systems of the working model: dense solutions, and no more fill than there must be."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from bayesformula.compiler.working.solver import ByParts, Whole, elimination_order, factorised

RNG = np.random.default_rng(4)


def precision(rows, *levels, slopes=1):
    """T' T + 1 for `slopes` + 1 columns without zeros and indicators of the levels of each factor."""
    parts = [sparse.csr_array(np.column_stack([np.ones(rows), RNG.normal(size=(rows, slopes))]))]
    for n in levels:
        at = (np.arange(rows), RNG.integers(0, n, rows))
        parts.append(sparse.csr_array((np.ones(rows), at), shape=(rows, n)))
    t = sparse.hstack(parts, format="csr")
    return sparse.csc_array(t.T @ t + sparse.eye_array(t.shape[1]))


@pytest.mark.parametrize("levels", [(), (3,), (500,), (2000, 40), (300, 200, 5)])
@pytest.mark.parametrize("shape", [(), (3,)])
def test_solutions_are_those_of_the_dense_matrix(levels, shape):
    matrix = precision(4000, *levels)
    b = RNG.normal(size=(matrix.shape[0], *shape))
    order = elimination_order(matrix)
    assert_array_equal(np.sort(order), np.arange(matrix.shape[0]))
    assert_allclose(
        factorised(matrix, order).solve(b), np.linalg.solve(matrix.toarray(), b), rtol=1e-8, atol=1e-12
    )


def test_what_meets_every_level_comes_last_and_fills_nothing():
    """20,000 levels, an intercept and a slope: L has a diagonal, two rows, and one number where they meet."""
    n = 20_000
    matrix = precision(4 * n, n)
    order = elimination_order(matrix)
    assert sorted(order[-2:]) == [0, 1]
    met = matrix[:, [0]].nnz - 2  # levels without rows meet nothing
    assert factorised(matrix, order).factor.L.nnz == (n + 2) + 2 * met + 1


def test_an_order_serves_other_numbers_in_the_same_places():
    matrix = precision(4000, 500)
    other = matrix.copy()
    other.data *= RNG.uniform(0.9, 1.0)
    b = RNG.normal(size=matrix.shape[0])
    found = factorised(other, elimination_order(matrix)).solve(b)
    assert_allclose(other @ found, b, atol=1e-8)


def test_a_singular_matrix_is_noticed():
    matrix = sparse.csc_array(np.array([[1.0, 1.0], [1.0, 1.0]]))
    with pytest.raises(RuntimeError):
        factorised(matrix, elimination_order(matrix))


@pytest.mark.parametrize("shape", [(), (3,)])
def test_conjugate_gradients_come_as_near_as_newton_asks_for(shape):
    """Crossed factors apart: 300 x 200 levels that meet in 4,000 rows, and 30 x 20 that all meet."""
    for levels in ((300, 200, 5), (30, 20)):
        matrix = precision(4000, *levels)
        labels = np.repeat(np.arange(1 + len(levels)), (2, *levels))
        b = RNG.normal(size=(matrix.shape[0], *shape))
        found, exact = ByParts(labels).of(matrix).solve(b), Whole().of(matrix).solve(b)
        off = np.sum((found - exact) * (matrix @ (found - exact)), axis=0)
        assert np.all(off < 1e-6 * np.sum(exact * (matrix @ exact), axis=0))


def test_conjugate_gradients_of_nothing_are_nothing():
    matrix = precision(400, 30, 20)
    solver = ByParts(np.repeat([0, 1, 2], (2, 30, 20))).of(matrix)
    assert_array_equal(solver.solve(np.zeros((52, 2))), 0.0)


def test_a_singular_part_is_noticed():
    matrix = sparse.csc_array(np.array([[1.0, 1.0, 0.5], [1.0, 1.0, 0.5], [0.5, 0.5, 2.0]]))
    with pytest.raises(RuntimeError):
        ByParts(np.array([0, 0, 1])).of(matrix)
