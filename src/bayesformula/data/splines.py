"""`bs()` and `ns()`: B-splines and natural cubic splines with the columns of R's package splines.

Knots and boundary knots are learnt from the training rows. Beyond the boundary knots a B-spline goes on
as the polynomial of its last interval, a natural spline as a straight line.

References: de Boor (1978), A Practical Guide to Splines; Hyndman and Fan (1996), doi:10.2307/2684934
(quantiles of type 7, at which knots are put).
"""

from __future__ import annotations

import math
import warnings

import numpy as np

from bayesformula.data.arguments import Arguments, State, state_numbers
from bayesformula.data.columns import Column, number
from bayesformula.errors import BayesFormulaWarning

CUBIC = 3
MAX_DEGREE = 30
MAX_KNOTS = 1_000
"""The constraints of a natural spline are taken out with a matrix of knots by knots."""


# ---- the basis ---------------------------------------------------------------------------------------


def spline_basis(x: np.ndarray, knots: np.ndarray, degree: int) -> np.ndarray:
    """All B-splines of a degree at x: (n, len(knots) - degree - 1), by the recurrence of Cox and de Boor.

    The interval of each value is fixed first, the outermost ones reaching to infinity, so that outside
    the knots the same recurrence goes on with the polynomial of the outermost interval.
    """
    low = int(np.searchsorted(knots, knots[0], side="right")) - 1
    high = int(np.searchsorted(knots, knots[-1], side="left")) - 1
    interval = np.clip(np.searchsorted(knots, x, side="right") - 1, low, high)
    local = np.ones((len(x), 1))  # the splines that are not 0 in the interval of each value
    for order in range(1, degree + 1):
        grown = np.zeros((len(x), order + 1))
        for step in range(order):
            left = knots[interval + step + 1 - order]
            right = knots[interval + step + 1]
            share = local[:, step] / (right - left)
            grown[:, step] += share * (right - x)
            grown[:, step + 1] += share * (x - left)
        local = grown
    basis = np.zeros((len(x), len(knots) - degree - 1))
    basis[np.arange(len(x))[:, None], interval[:, None] - degree + np.arange(degree + 1)] = local
    return basis


def spline_derivative(x: np.ndarray, knots: np.ndarray, degree: int, order: int) -> np.ndarray:
    """A derivative of all B-splines at x, from the splines of lower degree."""
    if order == 0:
        return spline_basis(x, knots, degree)
    lower = spline_derivative(x, knots, degree - 1, order - 1)
    width = knots[degree:] - knots[:-degree]
    scaled = np.divide(degree * lower, width, out=np.zeros_like(lower), where=width > 0)
    return scaled[:, :-1] - scaled[:, 1:]


def full_knots(inner: np.ndarray, boundary: np.ndarray, degree: int) -> np.ndarray:
    """Inner knots with the boundary knots, these `degree + 1` times each."""
    return np.sort(np.concatenate([np.repeat(boundary, degree + 1), inner]))


def natural_basis(x: np.ndarray, inner: np.ndarray, boundary: np.ndarray, *, intercept: bool) -> np.ndarray:
    """Cubic splines whose second derivative is 0 at the boundary knots, straight lines beyond them.

    The constraints are taken out by the full QR factor of their transpose, as R does, so that the columns
    and not only their span are those of R.
    """
    knots = full_knots(inner, boundary, CUBIC)
    basis = spline_basis(np.clip(x, *boundary), knots, CUBIC)
    slopes = spline_derivative(boundary, knots, CUBIC, 1)
    basis += np.minimum(x - boundary[0], 0.0)[:, None] * slopes[0]
    basis += np.maximum(x - boundary[1], 0.0)[:, None] * slopes[1]
    bends = spline_derivative(boundary, knots, CUBIC, 2)
    if not intercept:
        basis, bends = basis[:, 1:], bends[:, 1:]
    rotation = np.linalg.qr(bends.T, mode="complete")[0]
    return (basis @ rotation)[:, 2:]


# ---- learning ----------------------------------------------------------------------------------------


def learn_bs(arguments: Arguments) -> State:
    """Inner and boundary knots of a B-spline."""
    degree = arguments.whole_option("degree", CUBIC, 1, MAX_DEGREE)
    return _learn_knots(arguments, degree + int(arguments.flag("intercept", False)), degree)


def learn_ns(arguments: Arguments) -> State:
    """Inner and boundary knots of a natural cubic spline."""
    return _learn_knots(arguments, 1 + int(arguments.flag("intercept", False)), CUBIC)


def _learn_knots(arguments: Arguments, least: int, degree: int) -> State:
    """`df` columns need `df - least` inner knots, put at quantiles of the values inside the boundary."""
    x = arguments.vector()
    boundary = _boundary(arguments, x)
    given = arguments.options.get("knots")
    if given is not None:
        inner = _numbers(arguments, "knots")
        outside = inner[(inner <= boundary[0]) | (inner >= boundary[1])]
        if len(outside):
            raise arguments.fail(
                f"{arguments.call}: the knot {outside[0]:.6g} does not lie inside the boundary knots "
                f"{boundary[0]:.6g} and {boundary[1]:.6g}",
                "Inner knots must lie between the smallest and the largest value, or give Boundary.knots.",
            )
        if len(inner) > MAX_KNOTS:
            raise arguments.fail(
                f"{arguments.call}: {len(inner):,} knots are too many, at most {MAX_KNOTS:,} are used"
            )
        return _state(np.sort(inner), boundary)
    most = least + min(len(np.unique(x)), MAX_KNOTS)
    df = least
    if arguments.options.get("df") is not None:
        df = arguments.whole_option("df", least, 1, most)
    if df < least:
        raise arguments.fail(
            f"{arguments.call}: df = {df} is too small, {least} is the least here",
            f"Write df = {least} for no inner knot.",
        )
    count = df - least
    within = x[(x >= boundary[0]) & (x <= boundary[1])]
    inner = np.quantile(within, np.linspace(0, 1, count + 2)[1:-1]) if len(within) else np.empty(0)
    tied = count and (inner[0] <= boundary[0] or inner[-1] >= boundary[1])
    repeats = max((int(np.sum(inner == knot)) for knot in inner), default=0)
    if tied or repeats > degree:
        raise arguments.fail(
            f"{arguments.call}: '{arguments.labels[0]}' has too many equal values for {count} knots at "
            "quantiles",
            f"It has {len(np.unique(x))} different values. Write fewer df, or give the knots: "
            "knots = c(2, 5).",
        )
    return _state(inner, boundary)


def _state(inner: np.ndarray, boundary: np.ndarray) -> State:
    return {"knots": tuple(inner.tolist()), "boundary": tuple(boundary.tolist())}


def _boundary(arguments: Arguments, x: np.ndarray) -> np.ndarray:
    if arguments.options.get("Boundary.knots") is None:
        boundary = np.array([np.min(x), np.max(x)])
        if not boundary[0] < boundary[1]:
            raise arguments.fail(
                f"{arguments.call}: '{arguments.labels[0]}' is constant in the rows used; leave it out"
            )
        return boundary
    boundary = np.sort(_numbers(arguments, "Boundary.knots"))
    if len(boundary) != 2 or boundary[0] == boundary[1]:
        raise arguments.fail(f"{arguments.call}: 'Boundary.knots' must be two different numbers, as c(0, 10)")
    return boundary


def _numbers(arguments: Arguments, name: str) -> np.ndarray:
    values = arguments.vector_option(name) or ()
    if not all(isinstance(value, float | int) and math.isfinite(value) for value in values):
        raise arguments.fail(f"{arguments.call}: '{name}' must be numbers, as c(2, 5)")
    return np.array(values, dtype=np.float64)


# ---- columns -----------------------------------------------------------------------------------------


def apply_bs(arguments: Arguments, state: State) -> Column:
    """B-splines with the knots learnt; values outside the boundary knots are extrapolated with a warning."""
    x, degree = arguments.vector(), arguments.whole_option("degree", CUBIC, 1, MAX_DEGREE)
    inner, boundary = state_numbers(state, "knots"), state_numbers(state, "boundary")
    outside = int(np.sum((x < boundary[0]) | (x > boundary[1])))
    if outside:
        warnings.warn(
            f"{arguments.call}: {outside} {'value lies' if outside == 1 else 'values lie'} outside the "
            f"boundary knots {boundary[0]:.6g} and {boundary[1]:.6g}, where the polynomial at the end goes "
            "on; ns() goes on as a straight line",
            BayesFormulaWarning,
            stacklevel=2,
        )
    basis = spline_basis(x, full_knots(inner, boundary, degree), degree)
    return _named(basis if arguments.flag("intercept", False) else basis[:, 1:])


def apply_ns(arguments: Arguments, state: State) -> Column:
    """Natural cubic splines with the knots learnt."""
    inner, boundary = state_numbers(state, "knots"), state_numbers(state, "boundary")
    intercept = arguments.flag("intercept", False)
    return _named(natural_basis(arguments.vector(), inner, boundary, intercept=intercept))


def _named(values: np.ndarray) -> Column:
    if values.shape[1] == 1:  # R adds no number to the name then
        return number(values[:, 0])
    names = tuple(str(step) for step in range(1, values.shape[1] + 1))
    return Column("numeric", values, names=names)
