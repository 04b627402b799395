"""Which cells of a wide border are not empty, found once in NumPy, and whether to use that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from bayesformula.compiler.leaves import Leaf

PAIR_COST = 130
"""Multiplications of a dense product that take the time of one pair of cells, gathered and scattered: on
gradients for 300 to 3,000 levels and 60 to 1,100 columns the two forms met at some 60 to 190."""

PART = 16_384
"""Pairs that are looked at together."""


class Pairs(NamedTuple):
    """All pairs of cells of one level, of a cell with itself too, in parts of equal size.

    The last part is filled up with pairs of the cell E, which is empty, with itself.

    Attributes:
        first, second: (parts, size) the cells; `first` is not before `second`.
        place: likewise, where in the corner's wide block their product belongs, row by row; never above the
            diagonal.
    """

    first: Leaf
    second: Leaf
    place: Leaf


class Cells(NamedTuple):
    """Where the wide part of one chain factor's border is not empty.

    Attributes:
        level: (E,) the level of each cell, in order.
        column: (E,) its column.
        pairs: those of one level.
        up: for each further factor of the chain (E,) the cell of the same column in the level that the
            cell's level lies in.
    """

    level: Leaf
    column: Leaf
    pairs: Pairs
    up: tuple[Leaf, ...]


def are_few(masks: Sequence[np.ndarray], n_coefs: Sequence[int], width: int) -> bool:
    """Whether going by cells is faster than by whole columns: `PAIR_COST` for each pair of cells of a level.

    Args:
        masks: per chain factor (J, w), which columns of crossed groups its levels meet.
        n_coefs: per chain factor q.
        width: columns of the border in all.
    """
    met = [mask.sum(axis=1, dtype=np.int64) for mask in masks]
    pairs = sum(q * int(np.sum(n * (n + 1) // 2)) for n, q in zip(met, n_coefs, strict=True))
    dense = sum(q * len(mask) * width**2 for mask, q in zip(masks, n_coefs, strict=True))
    return 0 < PAIR_COST * pairs < dense


def find(masks: Sequence[np.ndarray], parents: Sequence[Sequence[np.ndarray]]) -> tuple[Cells, ...]:
    """The cells of all chain factors; `parents` as in `CrossProducts`, `masks` as in `are_few`.

    What a level meets its outer levels meet too, so that eliminating it fills no empty cell.
    """
    numbers = [np.cumsum(mask.ravel()).reshape(mask.shape) - 1 for mask in masks]
    out = []
    for position, (mask, outer) in enumerate(zip(masks, parents, strict=True)):
        level, column = np.nonzero(mask)
        first, second = _pairs(mask.sum(axis=1))
        place = column[first] * mask.shape[1] + column[second]
        pairs = Pairs(_parts(first, len(level)), _parts(second, len(level)), _parts(place, 0))
        up = tuple(_small(numbers[position + 1 + i][parent[level], column]) for i, parent in enumerate(outer))
        out.append(Cells(_small(level), _small(column), pairs, up))
    return tuple(out)


def _pairs(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All pairs within runs of so many numbers, the larger number first."""
    start = np.cumsum(counts) - counts
    rank = np.arange(counts.sum()) - np.repeat(start, counts)
    first = np.repeat(np.arange(len(rank)), rank + 1)
    before = np.arange(len(first)) - np.repeat(np.cumsum(rank + 1) - rank - 1, rank + 1)
    return first, first - rank[first] + before


def _parts(index: np.ndarray, empty: int) -> np.ndarray:
    """In rows of `PART` or fewer, the last one filled up."""
    size = max(1, min(PART, len(index)))
    missing = -len(index) % size
    return np.append(_small(index), np.full(missing, empty, np.int32)).reshape(-1, size)


def _small(index: np.ndarray) -> np.ndarray:
    return index.astype(np.int32)
