"""S = T' W T: all that elimination needs to know of the rows, in one pass, in NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from bayesformula.compiler.leaves import Leaf
from bayesformula.compiler.order import Order


class CrossProducts(NamedTuple):
    """S = T' W T in blocks; float64, computed once from the rows.

    Attributes:
        diag: per chain factor (J, q, q).
        parent: per chain factor, for each further factor of the chain, (J,) the level it lies in.
        couple: beside `parent`, (J, q, q of that factor).
        border: per chain factor (J, q, d), d = columns of the border groups + p + 1.
        corner: (d, d).
    """

    diag: tuple[Leaf, ...]
    parent: tuple[tuple[Leaf, ...], ...]
    couple: tuple[tuple[Leaf, ...], ...]
    border: tuple[Leaf, ...]
    corner: Leaf


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
    """Accumulate S over the rows.

    Args:
        plan: the elimination order.
        x: (n, p) population columns.
        r: (n,) response.
        groups: the rows of every group, in the model's order.
        weights: (n,) likelihood weights, ones if there are none.
    """
    xr = np.column_stack([x, r])
    diag, parent, couple, border = [], [], [], []
    for position, k in enumerate(plan.chain):
        inner = groups[k]
        diag.append(_products(inner, inner.z, weights))
        outer = [groups[j] for j in plan.chain[position + 1 :]]
        parent.append(tuple(_parent(inner, g) for g in outer))
        couple.append(tuple(_products(inner, g.z, weights) for g in outer))
        wide = [_co_occurrence(inner, groups[j], weights) for j in plan.dense]
        border.append(np.concatenate([*wide, _products(inner, xr, weights)], axis=2))
    corner = _corner([groups[k] for k in plan.dense], xr, weights)
    return CrossProducts(tuple(diag), tuple(parent), tuple(couple), tuple(border), corner)


def _products(group: GroupRows, columns: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(J, q, m): for each level the weighted products of its z columns with `columns`."""
    q, m = group.q, columns.shape[1]
    out = np.zeros((group.n_levels, q, m))
    for index, z in group.members:
        for a in range(q):
            weighted = weights * z[:, a]
            for b in range(m):
                out[:, a, b] += np.bincount(index, weighted * columns[:, b], group.n_levels)
    return _related(group, out)


def _co_occurrence(inner: GroupRows, outer: GroupRows, weights: np.ndarray) -> np.ndarray:
    """(J, q, J' q'): products of two crossed groups, the second one's levels and coefficients in a row."""
    q, m = inner.q, outer.q
    out = np.zeros((inner.n_levels, q, outer.n_levels, m))
    for index, z in inner.members:
        for other_index, other_z in outer.members:
            pair = index.astype(np.int64) * outer.n_levels + other_index
            for a in range(q):
                for b in range(m):
                    value = weights * z[:, a] * other_z[:, b]
                    counts = np.bincount(pair, value, inner.n_levels * outer.n_levels)
                    out[:, a, :, b] += counts.reshape(inner.n_levels, outer.n_levels)
    across = _related(outer, np.moveaxis(out, 2, 0))  # by the levels of the second
    return _related(inner, np.moveaxis(across, 0, 2)).reshape(inner.n_levels, q, outer.n_levels * m)


def _related(group: GroupRows, products: np.ndarray) -> np.ndarray:
    """Products by level, (J, ...), as those of the independent effects v of u = relation v."""
    return products if group.relation is None else np.tensordot(group.relation.T, products, axes=1)


def _parent(inner: GroupRows, outer: GroupRows) -> np.ndarray:
    """(J,) int32: the level of `outer` in which each level of `inner` lies; 0 for levels without rows."""
    out = np.zeros(inner.n_levels, np.int32)
    out[inner.index] = outer.index
    return out


def _corner(dense: Sequence[GroupRows], xr: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(d, d): products among the border groups, the population columns and the response."""
    widths = [g.n_levels * g.q for g in dense]
    start = np.concatenate([[0], np.cumsum(widths)]).astype(int)
    d = int(start[-1]) + xr.shape[1]
    out = np.zeros((d, d))
    out[start[-1] :, start[-1] :] = (xr * weights[:, None]).T @ xr
    for i, g in enumerate(dense):
        rows = slice(start[i], start[i + 1])
        with_x = _products(g, xr, weights).reshape(widths[i], -1)
        out[rows, start[-1] :], out[start[-1] :, rows] = with_x, with_x.T
        for j in range(i + 1):
            block = _co_occurrence(g, dense[j], weights).reshape(widths[i], widths[j])
            columns = slice(start[j], start[j + 1])
            out[rows, columns], out[columns, rows] = block, block.T
    return out
