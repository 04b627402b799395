"""Which columns of a design add nothing to those before them.

The answers are R's where R's can be trusted: a column goes if what the columns before it leave of it is
shorter than 1e-7 of it. R measures "of it" from zero, so that a column such as 20 000 000 + small counts as
constant. Here a column is measured from its mean where there is an intercept, and an interaction from
what the terms within it leave of it: no shift of a variable then changes what is dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from bayesformula.data.learnt import DroppedColumn

RANK_TOLERANCE = 1e-7
"""A column is dependent when what the columns before it leave of it is shorter than this part of it."""

ROUNDING = 64 * float(np.finfo(np.float64).eps)
"""What is shorter than this part of a column as given is rounding error of its values."""


@dataclass(frozen=True, slots=True)
class _Scaled:
    """Columns of length 1, and what part of each is rounding error; a constant column is 0."""

    values: np.ndarray
    noise: np.ndarray


def find_dependent(
    names: Sequence[str], values: np.ndarray, owners: Sequence[frozenset[str]], spanning: Sequence[int]
) -> tuple[DroppedColumn, ...]:
    """The columns to leave out, in order.

    Args:
        names: of the columns.
        values: (n, p) finite numbers.
        owners: for each column the variables of its term; none for the intercept.
        spanning: places of columns that add up to 1 in every row (the intercept, or all levels of a factor),
            empty where there are none.
    """
    if not names:
        return ()
    order = [*spanning, *(place for place in range(len(names)) if place not in set(spanning))]
    scaled = _scaled(values, spanning)
    lost = _lost(scaled, owners, order)
    if not lost:
        return ()
    if order != list(range(len(names))):  # what is lost is told in R's order, the last ones going
        scaled, order = _scaled(values, ()), list(range(len(names)))
        lost = _lost(scaled, owners, order)
    return _described(names, values, lost, spanning)


def _scaled(values: np.ndarray, spanning: Sequence[int]) -> _Scaled:
    given = np.linalg.norm(values, axis=0)
    centred = values
    if spanning:
        centred = values - values.mean(axis=0)
        centred -= centred.mean(axis=0)
        centred[:, list(spanning)] = values[:, list(spanning)]
    length = np.linalg.norm(centred, axis=0)
    constant = length <= ROUNDING * given
    safe = np.where(constant, 1.0, length)
    return _Scaled(np.where(constant, 0.0, centred / safe), ROUNDING * given / safe)


def _lost(scaled: _Scaled, owners: Sequence[frozenset[str]], order: Sequence[int]) -> list[int]:
    """Places of the columns that the others span: Gram-Schmidt, twice for accuracy, in this order."""
    # the triangle has the dependences of the columns, and p rows instead of n
    triangle = cast(np.ndarray, np.linalg.qr(scaled.values[:, order], mode="r"))
    if len(triangle) == len(order) and np.all(np.abs(np.diag(triangle)) > RANK_TOLERANCE):
        return []
    basis = np.zeros((triangle.shape[0], 0))
    lost: list[int] = []
    for step, place in enumerate(order):
        rest = triangle[:, step].copy()
        for _ in range(2):
            rest -= basis @ (basis.T @ rest)
        length = float(np.linalg.norm(rest))
        if length <= RANK_TOLERANCE:
            within = [i for i, other in enumerate(order[:step]) if owners[other] < owners[place]]
            margin = RANK_TOLERANCE * _remainder(triangle[:, within], triangle[:, step])
            if length <= max(margin, scaled.noise[place]):
                lost.append(place)
                continue
        basis = np.column_stack([basis, rest / length])
    return sorted(lost)


def _remainder(columns: np.ndarray, column: np.ndarray) -> float:
    """The length of what these columns leave of a column."""
    if columns.shape[1] == 0:
        return float(np.linalg.norm(column))
    u, d, _ = np.linalg.svd(columns, full_matrices=False)
    basis = u[:, d > 1e-14 * d[0]] if d[0] > 0 else u[:, :0]
    rest = column - basis @ (basis.T @ column)
    return float(np.linalg.norm(rest - basis @ (basis.T @ rest)))


def _described(
    names: Sequence[str], values: np.ndarray, lost: Sequence[int], spanning: Sequence[int]
) -> tuple[DroppedColumn, ...]:
    """The columns that are lost, each with those before it that it repeats."""
    # seen from zero a column shows its part in the intercept, seen from its mean its part in the others
    views = [_scaled(values, ()).values, _scaled(values, spanning).values]
    triangles = [cast(np.ndarray, np.linalg.qr(view, mode="r")) for view in views]
    dropped: list[DroppedColumn] = []
    gone = set(lost)
    for place in lost:
        column = values[:, place]
        if len(column) == 0 or np.ptp(column) <= ROUNDING * np.max(np.abs(column)):
            dropped.append(DroppedColumn(names[place], "constant-column"))
            continue
        kept = [other for other in range(place) if other not in gone]
        weights = [np.linalg.lstsq(r[:, kept], r[:, place], rcond=None)[0] for r in triangles]
        matters = np.max(np.abs(weights), axis=0) > 1e-6
        among = tuple(names[kept[i]] for i in np.flatnonzero(matters))
        dropped.append(DroppedColumn(names[place], "dependent-columns", among))
    return tuple(dropped)
