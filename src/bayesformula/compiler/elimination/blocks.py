"""The blocks of the factors of a chain: one small matrix for each level, in one of two forms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, Self

import numpy as np
from jax import Array

from bayesformula.compiler.elimination.entries import Entries
from bayesformula.compiler.elimination.stacked import Stacked
from bayesformula.compiler.leaves import Leaf

WRITTEN_OUT = 3
"""Rows up to which matrices are written out entry by entry."""


class Blocks(Protocol):
    """One matrix (q, r) for each of J levels."""

    @classmethod
    def of(cls, a: Array | np.ndarray) -> Self:
        """Of an array (q, r, J)."""
        ...

    @classmethod
    def scale(cls, a: Array, size: int) -> Self:
        """Of one matrix (q, r) for all J levels, or of (J, q, r)."""
        ...

    @property
    def width(self) -> int:
        """Rows q."""
        ...

    @property
    def levels(self) -> int:
        """J."""
        ...

    def eliminated(self, a: Self) -> tuple[Self, Self, list[Array]]:
        """Of S = `self`: the lower Cholesky factor L of A' S A + I, L^-1 A', and the diagonal of L."""
        ...

    def transposed(self) -> Self:
        """B'."""
        ...

    def times(self, other: Self) -> Self:
        """B C."""
        ...

    def less_square(self, link: Self, parent: Leaf) -> Self:
        """This symmetric matrix less the products link' link of the levels inside."""
        ...

    def less_product(self, link: Self, further: Self, parent: Leaf) -> Self:
        """This matrix less the products link' further of the levels inside."""
        ...

    def apply(self, vectors: Sequence[Array]) -> list[Array]:
        """Of each level B x, for x as r arrays (J,)."""
        ...

    def solve_transposed(self, vectors: Sequence[Array]) -> list[Array]:
        """Of each level L^-T x, `self` being a lower factor L."""
        ...

    def mix(self, rows: list[Array]) -> list[Array]:
        """Each level's matrix applied to its own columns, where row i of all levels is (m, J)."""
        ...

    def at(self, level: Leaf) -> list[list[Array]]:
        """The entries [row][column] of the matrices that belong to some levels."""
        ...


def form(widths: Sequence[int]) -> type[Blocks]:
    """The one form of all blocks of a chain whose factors have so many coefficients."""
    return Stacked if max(widths, default=0) > WRITTEN_OUT else Entries
