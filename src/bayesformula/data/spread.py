"""Mean, sd and extremes of columns, in one pass over chunks of rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Spread:
    """What is known of columns.

    Attributes:
        n: rows.
        mean: (m,).
        squares: (m,) sums of squares about the mean.
        low, high: (m,) extremes.
        has_two: (m,) whether no value but these two occurs.
    """

    n: int
    mean: np.ndarray
    squares: np.ndarray
    low: np.ndarray
    high: np.ndarray
    has_two: np.ndarray

    @property
    def sd(self) -> np.ndarray:
        """(m,) with n; see `sd_of_sample`."""
        return np.sqrt(self.squares / max(self.n, 1))

    @property
    def sd_of_sample(self) -> np.ndarray:
        """(m,) with n - 1."""
        return np.sqrt(self.squares / max(self.n - 1, 1))


def column_spread(chunks: Iterable[np.ndarray], m: int) -> Spread:
    """Of the rows of all chunks, (rows, m) each; means and squares are joined by Chan's update."""
    out = Spread(0, np.zeros(m), np.zeros(m), np.full(m, np.inf), np.full(m, -np.inf), np.ones(m, dtype=bool))
    for chunk in chunks:
        if len(chunk):
            out = _joined(out, _of_chunk(chunk))
    return out


def _of_chunk(chunk: np.ndarray) -> Spread:
    mean, low, high = chunk.mean(axis=0), chunk.min(axis=0), chunk.max(axis=0)
    two = np.all((chunk == low) | (chunk == high), axis=0)
    return Spread(len(chunk), mean, ((chunk - mean) ** 2).sum(axis=0), low, high, two)


def _joined(one: Spread, other: Spread) -> Spread:
    n = one.n + other.n
    delta = other.mean - one.mean
    low, high = np.minimum(one.low, other.low), np.maximum(one.high, other.high)
    two = np.ones(len(low), dtype=bool)
    for part in (one, other):
        inside = [(end == low) | (end == high) for end in (part.low, part.high)]
        two &= (part.has_two & inside[0] & inside[1]) | (part.n == 0)
    return Spread(
        n,
        one.mean + delta * (other.n / n),
        one.squares + other.squares + delta**2 * (one.n * other.n / n),
        low,
        high,
        two,
    )
