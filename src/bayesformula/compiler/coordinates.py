"""Columns centred and scaled: the coordinates in which numbers are well conditioned whatever the units."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

ROUNDING = 64 * float(np.finfo(np.float64).eps)
"""A column that varies by less than this part of its size does not vary."""


class ColumnMoments:
    """Means of columns (m,), and sums of products of their deviations (m, m), of rows that come in chunks.

    Chunks are joined by Chan's update: no large sum of squares is ever taken, so that years and incomes keep
    their digits.
    """

    def __init__(self, m: int) -> None:
        self.n, self.mean, self.products = 0, np.zeros(m), np.zeros((m, m))

    def add(self, columns: np.ndarray) -> None:
        """Take in a chunk of rows, (rows, m)."""
        n = len(columns)
        if n == 0:
            return
        mean = columns.mean(axis=0)
        rest = columns - mean
        delta, total = mean - self.mean, self.n + n
        self.products += rest.T @ rest + np.outer(delta, delta) * (self.n * n / total)
        self.mean += delta * (n / total)
        self.n = total


class PredictorFrame(NamedTuple):
    """One predictor's coordinates.

    Attributes:
        x: its columns in internal ones.
        to_reported: (p, p) from prior coordinates.
        from_prior: (p, p) internal = from_prior @ prior ones.
    """

    x: Coordinates
    to_reported: np.ndarray
    from_prior: np.ndarray


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


class Scaling(NamedTuple):
    """How columns become internal coordinates.

    Attributes:
        shift: (m,) what is taken from each column, in units of the intercept's.
        intercept: place of that column, or None; without it nothing is taken.
        scale: (m,) what each column is divided by.
        from_reported, centring: as in `Coordinates`.
    """

    shift: np.ndarray
    intercept: int | None
    scale: np.ndarray
    from_reported: np.ndarray
    centring: np.ndarray

    def apply(self, columns: np.ndarray) -> np.ndarray:
        """(rows, m) columns, centred and scaled."""
        if self.intercept is None:
            return columns / self.scale
        return (columns - columns[:, self.intercept, None] * self.shift) / self.scale


def scaling(mean: np.ndarray, products: np.ndarray, n: int, intercept: int | None) -> Scaling:
    """Centre (where there is an intercept to take up the shift) and scale columns with these moments.

    An intercept's column is 1, but under `mm(scale = FALSE)` a row's weights: a shift of the other columns
    shifts them by so much, and the means are those per weight.
    """
    m = len(mean)
    shift, rest, square = np.zeros(m), mean, np.diag(products) / max(n, 1)
    if intercept is not None:
        shift = mean / (mean[intercept] or 1.0)
        shift[intercept] = 0.0
        rest = mean - mean[intercept] * shift
        with_one = products[intercept] / max(n, 1)
        square = square - 2 * shift * with_one + shift**2 * with_one[intercept]
    scale = np.sqrt(np.maximum(square, 0.0) + rest**2)
    scale = np.where(scale > ROUNDING * np.abs(mean), scale, 1.0)
    centring = np.eye(m)
    if intercept is not None:
        scale[intercept] = 1.0
        centring[intercept] += shift
    return Scaling(shift, intercept, scale, np.diag(scale) @ centring, centring)


def coordinates(columns: np.ndarray, intercept: int | None, used: np.ndarray) -> Coordinates:
    """The internal coordinates of columns that are at hand in all rows, by those that are `used`."""
    moments = ColumnMoments(columns.shape[1])
    moments.add(columns[used])
    found = scaling(moments.mean, moments.products, moments.n, intercept)
    return Coordinates(found.apply(columns), found.from_reported, found.centring)
