"""Which columns of a design add nothing to those before them.

The answers are R's where R's can be trusted: a column goes if what the columns before it leave of it is
shorter than 1e-7 of it. R measures "of it" from zero, so that a column such as 20 000 000 + small counts as
constant. Here a column is measured from its mean where there is an intercept, and an interaction from
what the terms within it leave of it: no shift of a variable then changes what is dropped.

Rows are read a chunk at a time, and of each chunk only the triangle of its QR decomposition is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from scipy.linalg import solve_triangular

from bayesformula.data.encoded import Encoded
from bayesformula.data.learnt import DroppedColumn

RANK_TOLERANCE = 1e-7
"""A column is dependent when what the columns before it leave of it is shorter than this part of it."""

ROUNDING = 64 * float(np.finfo(np.float64).eps)
"""What is shorter than this part of a column as given is rounding error of its values."""

MATTERS = 1e-6
"""A column is named beside one that repeats it where this part of it, or more, is in there."""

BLOCK = 64
"""Columns from which those before them are taken out at once."""

CLEAR = 1e-4
"""What is longer than this part of a column beside the others is seen in products of columns too."""


@dataclass(frozen=True, slots=True)
class _Scaled:
    """Columns of length 1 as a triangle (p, p) with their products, a constant column as 0.

    `noise` says what part of each is rounding error.
    """

    triangle: np.ndarray
    noise: np.ndarray


class _Table:
    """The finite rows of a matrix, and what is known of its columns: mean, length, least and greatest."""

    def __init__(self, values: Encoded, p: int) -> None:
        self._values, self.p = values, p
        self._n, self.mean, squares = 0, np.zeros(p), np.zeros(p)
        self.low, self.high = np.full(p, np.inf), np.full(p, -np.inf)
        for chunk in self.chunks():
            self._n += len(chunk)
            if len(chunk):
                self.mean += (chunk.mean(axis=0) - self.mean) * (len(chunk) / self._n)
                self.low = np.minimum(self.low, chunk.min(axis=0))
                self.high = np.maximum(self.high, chunk.max(axis=0))
            squares += np.linalg.norm(chunk, axis=0) ** 2
        self.length = np.sqrt(squares)
        rest = np.zeros(p)  # of twenty million + small the mean of the small is rounded the second time
        for chunk in self.chunks():
            rest += (chunk - self.mean).sum(axis=0)
        self.mean += rest / max(self._n, 1)

    def chunks(self) -> Iterator[np.ndarray]:
        """The rows without infinite values, a chunk at a time."""
        for chunk in self._values.chunks():
            finite = np.isfinite(chunk)
            yield chunk if finite.all() else chunk[finite.all(axis=1)]

    def scaled(self, spanning: Sequence[int], order: Sequence[int]) -> _Scaled:
        """The columns in this order, less their means where there are columns that span these."""
        shift = self.mean.copy() if spanning else np.zeros(self.p)
        shift[list(spanning)] = 0.0
        triangle = self._by_products(shift, order) if self._n >= self.p else None
        if triangle is None:
            triangle = self._by_rotations(shift, order)
        length, given = np.linalg.norm(triangle, axis=0), self.length[order]
        constant = length <= ROUNDING * given
        safe = np.where(constant, 1.0, length)
        noise = np.empty(self.p)
        noise[order] = ROUNDING * given / safe
        return _Scaled(np.where(constant, 0.0, triangle / safe), noise)

    def _by_products(self, shift: np.ndarray, order: Sequence[int]) -> np.ndarray | None:
        """The triangle of the columns less `shift` from their products; None where these lose digits.

        Products of columns have half the digits of the columns. Where no column is near the others that is
        plenty, and a fifth of the work.
        """
        products = np.zeros((self.p, self.p))
        for chunk in self.chunks():
            rows = (chunk - shift)[:, order]
            products += rows.T @ rows
        length = np.sqrt(np.diag(products))
        if not np.all(length > 0):
            return None
        try:
            scaled = np.linalg.cholesky(products / length[:, None] / length).T
        except np.linalg.LinAlgError:
            return None
        return scaled * length if np.min(np.diag(scaled)) > CLEAR else None

    def _by_rotations(self, shift: np.ndarray, order: Sequence[int]) -> np.ndarray:
        """The same from their QR decomposition, chunk after chunk."""
        triangle, waiting = np.zeros((0, self.p)), 0
        parts: list[np.ndarray] = []
        for chunk in self.chunks():
            parts.append((chunk - shift)[:, order])
            waiting += len(chunk)
            if waiting >= self.p:  # the triangle is decomposed again each time
                triangle, parts, waiting = _triangle([triangle, *parts]), [], 0
        return _triangle([triangle, *parts]) if parts else triangle


def _triangle(parts: Sequence[np.ndarray]) -> np.ndarray:
    """The dependences of the columns of all these rows, in as many rows as columns at most."""
    return cast(np.ndarray, np.linalg.qr(np.vstack(parts), mode="r"))


def find_dependent(
    names: Sequence[str], values: Encoded, owners: Sequence[frozenset[str]], spanning: Sequence[int]
) -> tuple[DroppedColumn, ...]:
    """The columns to leave out, in order.

    Args:
        names: of the columns.
        values: (n, p) numbers; rows with infinite values are left aside.
        owners: for each column the variables of its term; none for the intercept.
        spanning: places of columns that add up to 1 in every row (the intercept, or all levels of a factor),
            empty where there are none.
    """
    if not names:
        return ()
    table, places = _Table(values, len(names)), list(range(len(names)))
    order = [*spanning, *(place for place in places if place not in set(spanning))]
    lost = _lost(table.scaled(spanning, order), owners, order)
    if lost and order != places:  # what is lost is told in R's order, the last ones going
        lost = _lost(table.scaled((), places), owners, places)
    return _described(names, table, lost, spanning) if lost else ()


def _lost(scaled: _Scaled, owners: Sequence[frozenset[str]], order: Sequence[int]) -> list[int]:
    """Places of the columns that the others span: Gram-Schmidt, twice for accuracy, in this order.

    What the columns before a block have of it is taken out of the whole block at once: of thousands of
    columns that is most of the work.
    """
    triangle = scaled.triangle
    if len(triangle) == len(order) and np.all(np.abs(np.diag(triangle)) > RANK_TOLERANCE):
        return []
    basis, kept = np.empty((len(triangle), len(order)), order="F"), 0
    lost: list[int] = []
    for start in range(0, len(order), BLOCK):
        block, before = triangle[:, start : start + BLOCK].copy(order="F"), kept
        for _ in range(2):
            block -= basis[:, :before] @ (basis[:, :before].T @ block)
        for step, rest in enumerate(block.T, start):
            for _ in range(2):
                rest -= basis[:, before:kept] @ (basis[:, before:kept].T @ rest)
            # beside a short rest the rounding of what went before is no longer small
            if np.linalg.norm(rest) < CLEAR:
                rest -= basis[:, :kept] @ (basis[:, :kept].T @ rest)
            length, place = float(np.linalg.norm(rest)), order[step]
            if length <= RANK_TOLERANCE:
                within = [i for i, other in enumerate(order[:step]) if owners[other] < owners[place]]
                if length <= scaled.noise[place] or length <= RANK_TOLERANCE * _remainder(
                    triangle[:, within], triangle[:, step]
                ):
                    lost.append(place)
                    continue
            basis[:, kept] = rest / length
            kept += 1
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
    names: Sequence[str], table: _Table, lost: Sequence[int], spanning: Sequence[int]
) -> tuple[DroppedColumn, ...]:
    """The columns that are lost, each with those before it that it repeats."""
    flat = table.high - table.low <= ROUNDING * np.maximum(np.abs(table.low), np.abs(table.high))
    constant = {place for place in lost if flat[place] or table.low[place] > table.high[place]}
    repeated = [place for place in lost if place not in constant]
    kept = sorted({*range(len(names))} - {*lost})
    # seen from zero a column shows its part in the intercept, seen from its mean its part in the others
    views = (table.scaled(view, list(range(len(names)))).triangle for view in ((), spanning))
    weights = np.max([np.abs(_weights(view, kept, repeated)) for view in views], axis=0)
    found = {place: np.flatnonzero(weights[:, j] > MATTERS) for j, place in enumerate(repeated)}
    return tuple(
        DroppedColumn(names[place], "constant-column")
        if place in constant
        else DroppedColumn(names[place], "dependent-columns", tuple(names[kept[i]] for i in found[place]))
        for place in lost
    )


def _weights(triangle: np.ndarray, kept: Sequence[int], lost: Sequence[int]) -> np.ndarray:
    """(kept, lost) What each lost column has of the kept columns before it, least squares.

    A kept column that those before it span in this view has weight 0: the constant, seen from the means.
    """
    usable = np.asarray(kept, int)
    pivots = np.abs(np.diag(np.linalg.qr(triangle[:, usable], mode="r")))
    clear = np.flatnonzero(pivots > ROUNDING)
    out, usable = np.zeros((len(kept), len(lost))), usable[clear]
    q, r = np.linalg.qr(triangle[:, usable])
    right = q.T @ triangle[:, list(lost)]
    before = np.searchsorted(usable, lost)
    for count in np.unique(before[before > 0]):
        here = np.flatnonzero(before == count)
        out[np.ix_(clear[:count], here)] = solve_triangular(r[:count, :count], right[:count, here])
    return out
