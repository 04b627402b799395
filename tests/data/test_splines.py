"""`ns()` and `bs()`: the basis against scipy, its properties, knots, and what lies outside the boundary.

Their columns are compared with those of R in test_columns_against_r.py.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from numpy.testing import assert_allclose
from scipy.interpolate import BSpline

from bayesformula.data.design import encode
from bayesformula.data.saving import schema_from_json, schema_to_json
from bayesformula.data.splines import full_knots, natural_basis, spline_basis, spline_derivative
from bayesformula.errors import BayesFormulaWarning

BOUNDARY = np.array([0.0, 10.0])
inner_knots = some.lists(some.floats(0.1, 9.9), max_size=6, unique_by=lambda knot: round(knot, 2))


@settings(max_examples=40, deadline=None)
@given(
    inner=inner_knots, degree=some.integers(1, 5), x=some.lists(some.floats(-5, 15), min_size=1, max_size=20)
)
def test_the_basis_is_that_of_scipy(inner, degree, x):
    """Outside the knots too, where both go on with the outermost polynomials."""
    knots = full_knots(np.array(inner), BOUNDARY, degree)
    x = np.array(x)
    for order in range(degree):
        expected = np.column_stack(
            [
                BSpline(knots, coefficients, degree, extrapolate=True).derivative(order)(x)
                if order
                else BSpline(knots, coefficients, degree, extrapolate=True)(x)
                for coefficients in np.eye(len(knots) - degree - 1)
            ]
        )
        found = spline_derivative(x, knots, degree, order)
        assert_allclose(found, expected, atol=1e-8 * max(1.0, np.abs(expected).max()))


@settings(max_examples=30, deadline=None)
@given(inner=inner_knots, degree=some.integers(1, 4))
def test_the_basis_adds_up_to_one(inner, degree):
    """At the knots and between them."""
    knots = full_knots(np.array(inner), BOUNDARY, degree)
    x = np.concatenate([np.linspace(0, 10, 101), inner])
    basis = spline_basis(x, knots, degree)
    assert_allclose(basis.sum(axis=1), 1.0)
    assert basis.min() >= 0


@settings(max_examples=30, deadline=None)
@given(inner=inner_knots, intercept=some.booleans())
def test_natural_splines_are_straight_outside(inner, intercept):
    """Second differences are 0 from the boundary knots on, and there is no kink at them."""
    inner = np.array(sorted(inner))
    step = 0.5
    outside = np.concatenate([BOUNDARY[0] - step * np.arange(5), BOUNDARY[1] + step * np.arange(5)])
    values = natural_basis(outside, inner, BOUNDARY, intercept=intercept)
    assert values.shape[1] == len(inner) + 1 + intercept
    for part in (values[:5], values[5:]):
        assert_allclose(np.diff(part, 2, axis=0), 0, atol=1e-9 * max(1.0, np.abs(values).max()))
    near = natural_basis(BOUNDARY + 1e-7 * np.array([1, -1]), inner, BOUNDARY, intercept=intercept)
    slope = (natural_basis(BOUNDARY, inner, BOUNDARY, intercept=intercept) - near) / 1e-7
    outer = (values[[1, 6]] - values[[0, 5]]) / step
    assert_allclose(slope, outer, atol=1e-5 * max(1.0, np.abs(outer).max()))


def frame(n=40, seed=1):
    rng = np.random.default_rng(seed)
    return pd.DataFrame({"y": rng.normal(size=n), "x": rng.gamma(2, 2, size=n)})


TERMS = ["ns(x, 4)", "ns(x, knots = c(2, 4))", "bs(x, df = 5)", "bs(x, degree = 2, knots = median(x))"]


@pytest.mark.parametrize("term", TERMS)
def test_knots_are_learnt_once(build, term):
    """Rows of new data get the columns that they have in training, alone or in company, and after saving."""
    data = frame()
    schema, design = build(f"y ~ {term}", data)
    few = encode(schema_from_json(schema_to_json(schema)), data.iloc[[3, 17]])
    assert_allclose(few.fixed, design.fixed.iloc[[3, 17]], rtol=0, atol=0)


def test_knots_lie_at_quantiles_inside_the_boundary(build):
    """R's quantiles of type 7, of the values within the boundary knots alone."""
    data = pd.DataFrame({"y": range(11), "x": [0.0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 100]})
    schema, _ = build("y ~ ns(x, df = 3, Boundary.knots = c(0, 9))", data)
    learnt = {item.name: item.value for item in schema.states}
    assert_allclose(learnt["knots"], np.quantile(np.arange(10.0), [1 / 3, 2 / 3]))
    assert learnt["boundary"] == (0.0, 9.0)


def test_b_splines_warn_outside_the_boundary(build):
    """The polynomial at the end goes on, which is seldom meant; natural splines need no warning."""
    data = frame()
    new = pd.DataFrame({"x": [data.x.max() + 5]})
    schema, _ = build("y ~ bs(x, 4)", data)
    with pytest.warns(BayesFormulaWarning, match=r"bs\(x, 4\): 1 value lies outside the boundary knots"):
        encode(schema, new)
    schema, _ = build("y ~ ns(x, 4)", data)
    encode(schema, new)


def test_a_shift_and_a_scale_move_the_knots_only(build):
    """The columns do not depend on the unit of x."""
    data = frame()
    _, design = build("y ~ ns(x, 4) + bs(x, 5)", data)
    _, moved = build("y ~ ns(x, 4) + bs(x, 5)", data.assign(x=1000 * data.x - 300))
    assert_allclose(moved.fixed, design.fixed, atol=1e-9)
