"""`poly()`: R's orthogonal polynomials of one variable or of several, and raw powers."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from bayesformula.data.arguments import Arguments, State, state_number, state_numbers
from bayesformula.data.columns import Column, number

MAX_DEGREE = 200
MAX_COLUMNS = 10_000


def learn_poly(arguments: Arguments) -> State:
    """Coefficients of the three-term recurrence of R's orthogonal polynomials, of each variable."""
    constants = [
        label for label, column in zip(arguments.labels, arguments.columns, strict=True) if column.is_scalar
    ]
    if constants:
        raise arguments.fail(
            f"{arguments.call}: '{constants[0]}' is a constant, not a variable",
            f"The degree for several variables needs its name: degree = {constants[0]}.",
        )
    degree = arguments.whole_option("degree", 1, 1, MAX_DEGREE)
    count = math.comb(degree + len(arguments.columns), degree) - 1
    if count > MAX_COLUMNS:
        raise arguments.fail(
            f"{arguments.call}: {count} columns are too many, at most {MAX_COLUMNS} are made"
        )
    state: dict[str, float | tuple[float, ...]] = {"degree": float(degree)}
    if arguments.flag("raw", False):
        return state
    for place in range(len(arguments.columns)):
        alpha, norm2 = _recurrence_of(arguments, place, degree)
        state |= {f"alpha{_suffix(place)}": alpha, f"norm2{_suffix(place)}": norm2}
    return state


def _suffix(place: int) -> str:
    return "" if place == 0 else str(place + 1)


def _recurrence_of(
    arguments: Arguments, place: int, degree: int
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    x = arguments.vector(place)
    n_unique = len(np.unique(x))
    if degree >= n_unique:
        raise arguments.fail(
            f"{arguments.call}: degree {degree} needs more than {degree} different values, "
            f"'{arguments.labels[place]}' has {n_unique}"
        )
    middle, span = float(np.mean(x)), float(np.ptp(x))
    q, r = np.linalg.qr(np.vander((x - middle) / span, degree + 1, increasing=True))
    raw = q * (np.diag(r) * span ** np.arange(degree + 1))
    norms = np.sum(raw**2, axis=0)
    alpha = (x @ raw**2) / norms
    return tuple(alpha[:degree].tolist()), (1.0, *norms.tolist())


def apply_poly(arguments: Arguments, state: State) -> Column:
    """Powers of x, orthogonal over the training rows unless `raw = TRUE`; products of several variables."""
    degree = arguments.whole_option("degree", 1, 1, MAX_DEGREE)
    count = len(arguments.columns)
    if degree != state_number(state, "degree") or math.comb(degree + count, degree) > MAX_COLUMNS + 1:
        raise arguments.fail(f"{arguments.call}: what was learnt is of another degree")
    powers = [_powers(arguments.vector(place), degree, state, _suffix(place)) for place in range(count)]
    if count > 1:
        return _products(powers, degree)
    if degree == 1:  # R adds no number to the name then
        return number(powers[0][:, 1])
    return Column("numeric", powers[0][:, 1:], names=tuple(str(power) for power in range(1, degree + 1)))


def _products(powers: list[np.ndarray], degree: int) -> Column:
    """Every product of powers with a total up to the degree, the first variable varying fastest: `1.0`."""
    kept = [exponents[::-1] for exponents in _exponents(len(powers), degree) if any(exponents)]
    columns = [
        np.prod([power[:, step] for power, step in zip(powers, exponents, strict=True)], axis=0)
        for exponents in kept
    ]
    names = tuple(".".join(str(step) for step in exponents) for exponents in kept)
    return Column("numeric", np.column_stack(columns), names=names)


def _exponents(count: int, total: int) -> Iterator[tuple[int, ...]]:
    """Tuples of whole numbers with a sum up to a total, the last varying fastest."""
    if count == 0:
        yield ()
        return
    for first in range(total + 1):
        yield from ((first, *rest) for rest in _exponents(count - 1, total - first))


def _powers(x: np.ndarray, degree: int, state: State, suffix: str) -> np.ndarray:
    """(n, degree + 1), the power 0 first."""
    if f"alpha{suffix}" not in state:
        return np.vander(x, degree + 1, increasing=True)
    alpha, norm2 = state_numbers(state, f"alpha{suffix}"), state_numbers(state, f"norm2{suffix}")
    z = np.ones((len(x), degree + 1))
    z[:, 1] = x - alpha[0]
    for k in range(1, degree):
        z[:, k + 1] = (x - alpha[k]) * z[:, k] - norm2[k + 1] / norm2[k] * z[:, k - 1]
    z[:, 1:] /= np.sqrt(norm2[2:])
    return z
