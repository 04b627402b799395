"""S = T' W T: all that elimination needs to know of the rows, in one pass over chunks of them, in NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from bayesformula.compiler.elimination import cells
from bayesformula.compiler.elimination.cells import Cells
from bayesformula.compiler.leaves import Leaf
from bayesformula.compiler.order import Order


class CrossProducts(NamedTuple):
    """S = T' W T in blocks; float64, computed once from the rows.

    Attributes:
        diag: per chain factor (q, q, J), levels last as in all that has levels.
        parent: per chain factor, for each further factor of the chain, (J,) the level it lies in.
        couple: beside `parent`, (q, q of that factor, J).
        border: per chain factor (q, d, J), d = columns of the border groups + p + 1; the last p + 1 columns
            only where the others are in `cells`.
        corner: (d, d).
        cells: per chain factor the cells of the border's groups that are not empty, where these are few;
            else nothing.
        values: beside `cells`, (q, E).
        stands_for: (J,) of how many levels each of the innermost factor has the log determinant, where levels
            that are alike are merged (`alike`); else nothing.
    """

    diag: tuple[Leaf, ...]
    parent: tuple[tuple[Leaf, ...], ...]
    couple: tuple[tuple[Leaf, ...], ...]
    border: tuple[Leaf, ...]
    corner: Leaf
    cells: tuple[Cells, ...] = ()
    values: tuple[Leaf, ...] = ()
    stands_for: Leaf | tuple[()] = ()


@dataclass(frozen=True, slots=True)
class GroupRows:
    """One group's rows.

    Attributes:
        members: (index (n,), z (n, q)) the level of each row and its columns; several pairs where a row
            belongs to several levels.
        n_levels: J.
        relation: (J, J) lower Cholesky factor of the known covariance of the levels, or None.
    """

    members: tuple[tuple[np.ndarray, np.ndarray], ...]
    n_levels: int
    relation: np.ndarray | None = None

    @property
    def index(self) -> np.ndarray:
        """(n,) of a group in which each row belongs to one level."""
        ((index, _),) = self.members
        return index

    @property
    def z(self) -> np.ndarray:
        """(n, q) likewise."""
        ((_, z),) = self.members
        return z

    @property
    def q(self) -> int:
        return self.members[0][1].shape[1]


def cross_products(
    plan: Order, x: np.ndarray, r: np.ndarray, groups: Sequence[GroupRows], weights: np.ndarray
) -> CrossProducts:
    """S of rows that are all at hand.

    Args:
        plan: the elimination order.
        x: (n, p) population columns.
        r: (n,) response.
        groups: the rows of every group, in the model's order.
        weights: (n,) likelihood weights, ones if there are none.
    """
    sums = ProductSums(plan)
    sums.add(x, r, groups, weights)
    return sums.total()


Key = tuple[str | int, ...]
"""What a sum is of, "own" or "outer" say, and of which groups."""


class ProductSums:
    """S of rows that come a chunk at a time; what is held does not grow with them.

    Sums are kept with the levels last, where `np.bincount` leaves them and elimination wants them.
    """

    def __init__(self, plan: Order) -> None:
        self.plan = plan
        self._groups: Sequence[GroupRows] = ()
        self._sums: dict[Key, np.ndarray] = {}
        self._parents: dict[tuple[int, int], np.ndarray] = {}
        self._met: dict[tuple[int, int], np.ndarray] = {}

    def add(self, x: np.ndarray, r: np.ndarray, groups: Sequence[GroupRows], weights: np.ndarray) -> None:
        """Take in a chunk of rows; arguments as in `cross_products`, the same in every chunk but for rows."""
        chain, dense = self.plan.chain, self.plan.dense
        groups = [_counted(group) for group in groups]
        self._groups = groups
        xr = np.vstack([x.T, r])
        for position, k in enumerate(chain):
            inner = groups[k]
            self._put(("own", k), _products(inner, inner.z.T, weights, is_own=True))
            for j in chain[position + 1 :]:
                self._put(("outer", k, j), _products(inner, groups[j].z.T, weights))
                self._place(k, j)
            for j in dense:
                self._put(("pairs", k, j), _co_occurrence(inner, groups[j], weights))
                self._meet(k, j)
            self._put(("x", k), _products(inner, xr, weights))
        for i, k in enumerate(dense):
            self._put(("x", k), _products(groups[k], xr, weights))
            for j in dense[: i + 1]:
                self._put(("pairs", k, j), _co_occurrence(groups[k], groups[j], weights))
        self._put(("x",), (xr * weights) @ xr.T)

    def _put(self, key: Key, values: np.ndarray) -> None:
        if key in self._sums:
            self._sums[key] += values
        else:
            self._sums[key] = values

    def _place(self, k: int, j: int) -> None:
        """Note the level of group j in which each level of group k lies; 0 for levels without rows."""
        inner, outer = self._groups[k], self._groups[j]
        parent = self._parents.setdefault((k, j), np.zeros(inner.n_levels, np.int32))
        parent[inner.index] = outer.index

    def _meet(self, k: int, j: int) -> None:
        """Note which levels of two crossed groups share rows, whatever the weights: shapes go by that."""
        inner, outer = self._groups[k], self._groups[j]
        met = self._met.setdefault((k, j), np.zeros((inner.n_levels, outer.n_levels), bool))
        for index, _ in inner.members:
            for other, _ in outer.members:
                met[index, other] = True

    def total(self) -> CrossProducts:
        """S of all rows that were added; there must have been a chunk, if an empty one."""
        chain = self.plan.chain
        outer = [chain[position + 1 :] for position in range(len(chain))]
        parent = tuple(
            tuple(self._parents[k, j] for j in others) for k, others in zip(chain, outer, strict=True)
        )
        diag = tuple(self._sums["own", k] for k in chain)
        couple = tuple(
            tuple(self._sums["outer", k, j] for j in others) for k, others in zip(chain, outer, strict=True)
        )
        with_x = tuple(self._sums["x", k] for k in chain)
        corner = self._corner()
        masks = [self._mask(k) for k in chain]
        coefs = [self._groups[k].q for k in chain]
        if not self._is_related() and cells.are_few(masks, coefs, len(corner)):
            found = cells.find(masks, parent)
            values = tuple(self._wide(k)[:, at.column, at.level] for k, at in zip(chain, found, strict=True))
            return CrossProducts(diag, parent, couple, with_x, corner, found, values)
        border = tuple(np.concatenate([self._wide(k), x], axis=1) for k, x in zip(chain, with_x, strict=True))
        return CrossProducts(diag, parent, couple, border, corner)

    def _is_related(self) -> bool:
        """Whether a border group has a known covariance, which leaves no cell empty."""
        return any(self._groups[k].relation is not None for k in self.plan.dense)

    def _mask(self, k: int) -> np.ndarray:
        """(J, w): which columns of the border's groups each level of group k meets."""
        masks = [np.repeat(self._met[k, j], self._groups[j].q, axis=1) for j in self.plan.dense]
        return np.concatenate([np.zeros((self._groups[k].n_levels, 0), bool), *masks], axis=1)

    def _wide(self, k: int) -> np.ndarray:
        """(q, w, J): a chain factor's products with the border's groups."""
        none = np.zeros((self._groups[k].q, 0, self._groups[k].n_levels))
        return np.concatenate(
            [none, *(np.moveaxis(self._pairs(k, j), 0, -1) for j in self.plan.dense)], axis=1
        )

    def _by_level(self, name: str, k: int) -> np.ndarray:
        """(J, q, m) of group k."""
        return _related(self._groups[k], np.moveaxis(self._sums[name, k], -1, 0))

    def _pairs(self, k: int, j: int) -> np.ndarray:
        """(J, q, J' q') of two crossed groups, the second one's levels and coefficients in a row."""
        inner, outer = self._groups[k], self._groups[j]
        across = _related(outer, np.moveaxis(self._sums["pairs", k, j], 3, 0))  # by the levels of the second
        by_inner = _related(inner, np.moveaxis(across, 3, 0))  # (J, J', q, q')
        return np.moveaxis(by_inner, 1, 2).reshape(inner.n_levels, inner.q, -1)

    def _corner(self) -> np.ndarray:
        """(d, d): products among the border groups, the population columns and the response."""
        dense = self.plan.dense
        widths = [self._groups[k].n_levels * self._groups[k].q for k in dense]
        start = np.concatenate([[0], np.cumsum(widths)]).astype(int)
        own = self._sums[("x",)]
        out = np.zeros((int(start[-1]) + len(own),) * 2)
        out[start[-1] :, start[-1] :] = own
        for i, k in enumerate(dense):
            rows = slice(start[i], start[i + 1])
            with_x = self._by_level("x", k).reshape(widths[i], -1)
            out[rows, start[-1] :], out[start[-1] :, rows] = with_x, with_x.T
            for j in range(i + 1):
                block = self._pairs(k, dense[j]).reshape(widths[i], widths[j])
                columns = slice(start[j], start[j + 1])
                out[rows, columns], out[columns, rows] = block, block.T
        return out


def _counted(group: GroupRows) -> GroupRows:
    """The group with its levels as NumPy counts them: `np.bincount` would turn them over at every call."""
    members = tuple((index.astype(np.intp, copy=False), z) for index, z in group.members)
    return GroupRows(members, group.n_levels, group.relation)


def _products(
    group: GroupRows, columns: np.ndarray, weights: np.ndarray, *, is_own: bool = False
) -> np.ndarray:
    """(q, m, J): for each level the weighted products of its z columns with the m rows of `columns`.

    Where these `is_own` z, half of them are computed and the others are the same.
    """
    q, m = group.q, len(columns)
    out = np.zeros((q, m, group.n_levels))
    for index, z in group.members:
        for a in range(q):
            weighted = weights * z[:, a]
            for b in range(a if is_own else 0, m):
                out[a, b] += np.bincount(index, weighted * columns[b], group.n_levels)
                if is_own and b > a:
                    out[b, a] = out[a, b]
    return out


def _co_occurrence(inner: GroupRows, outer: GroupRows, weights: np.ndarray) -> np.ndarray:
    """(q, q', J, J'): products of two crossed groups."""
    q, m = inner.q, outer.q
    out = np.zeros((q, m, inner.n_levels, outer.n_levels))
    for index, z in inner.members:
        for other_index, other_z in outer.members:
            pair = index * outer.n_levels + other_index
            for a in range(q):
                weighted = weights * z[:, a]
                for b in range(m):
                    counts = np.bincount(pair, weighted * other_z[:, b], inner.n_levels * outer.n_levels)
                    out[a, b] += counts.reshape(inner.n_levels, outer.n_levels)
    return out


def _related(group: GroupRows, products: np.ndarray) -> np.ndarray:
    """Products by level, (J, ...), as those of the independent effects v of u = relation v."""
    return products if group.relation is None else np.tensordot(group.relation.T, products, axes=1)
