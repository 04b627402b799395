"""Columns centred and scaled: the coordinates in which numbers are well conditioned whatever the units."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


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
