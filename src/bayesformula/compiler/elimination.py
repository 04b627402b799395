"""Block elimination: the Cholesky factor of a mixed model's precision matrix without ever forming it.

With T = [X, Z_1, ..., Z_K, r] the rows enter only through the cross-products S = T' W T. For one
value of the variance parameters the joint precision of (v, beta) is P = A' S A + prior, where every
grouping factor contributes a matrix that is block-diagonal over its levels. The order of elimination
is symbolic and found once:

* the *chain*: factors each of which is nested in the next (`a:b:c` in `a:b` in `a`). Eliminating the
  innermost leaves the next one block-diagonal, so the cost is linear in the levels at every depth;
* the *border*: everything else (factors crossed with the chain, the population coefficients and,
  as a last column, the response), dense.

The response rides along as a column, so that one pass gives log |P|, the quadratic form of the
density and what is needed to draw from the posterior of (v, beta).

References: Bates et al. (2015), doi:10.18637/jss.v067.i01, section 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from bayesformula.compiler import small
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


class Prior(NamedTuple):
    """The Gaussian prior of the border's last columns (the integrated population coefficients).

    Attributes:
        precision: (p, p).
        mean: (p,), about the reference point that the response column was taken from.
    """

    precision: Array
    mean: Array


class Factor(NamedTuple):
    """The eliminated matrix: enough for the density and for posterior draws.

    Attributes:
        chol: per chain factor (J, q, q) lower factors.
        couple: L^-1 times the coupling to each further chain factor, (J, q, q').
        border: L^-1 times the border, (J, q, d - 1), the response column apart.
        rhs: per chain factor (J, q), L^-1 times the response column.
        corner: (d - 1, d - 1) lower factor of the last Schur complement.
        corner_rhs: (d - 1,).
        log_det: log |P|.
        quad: the residual quadratic form, yy - b' P^-1 b.
    """

    chol: tuple[Array, ...]
    couple: tuple[tuple[Array, ...], ...]
    border: tuple[Array, ...]
    rhs: tuple[Array, ...]
    corner: Array
    corner_rhs: Array
    log_det: Array
    quad: Array


def eliminate(
    plan: Order, s: CrossProducts, maps: Sequence[Array], tail: Array, prior: Prior, n_levels: Sequence[int]
) -> Factor:
    """Factor P = A' S A + prior for one value of the variance parameters.

    Args:
        plan: the elimination order.
        s: cross-products.
        maps: per group (q, q), from unit-scale effects v to coefficients of Z, divided by sigma; (J, q, q)
            where that differs from level to level.
        tail: (p + 1, m + 1), from the border's population columns and response to the integrated
            coefficients and the residual, divided by sigma.
        prior: of the m integrated coefficients.
        n_levels: per group J.
    """
    diag, couple, border, corner = _scale(plan, s, maps, tail, n_levels)
    corner = _add_prior(corner, prior)
    chol: list[Array] = []
    couples: list[tuple[Array, ...]] = []
    for position in range(len(plan.chain)):
        lower = small.cholesky(diag[position])
        across = small.solve_lower(lower, border[position])
        links = tuple(small.solve_lower(lower, link) for link in couple[position])
        corner = corner - jnp.einsum("jad,jae->de", across, across)
        for i, (link, parent) in enumerate(zip(links, s.parent[position], strict=True)):
            outer = position + 1 + i
            size = diag[outer].shape[0]
            diag[outer] -= _sum_into(parent, size, jnp.einsum("jab,jac->jbc", link, link))
            border[outer] -= _sum_into(parent, size, jnp.einsum("jab,jad->jbd", link, across))
            # every further link of this level belongs to the same outer level, as the chain is nested
            for further in range(i + 1, len(links)):
                fill = jnp.einsum("jab,jac->jbc", link, links[further])
                couple[outer][further - i - 1] -= _sum_into(parent, size, fill)
        chol.append(lower)
        couples.append(links)
        border[position] = across
    root = small.cholesky(corner[:-1, :-1])
    corner_rhs = small.solve_lower(root, corner[:-1, -1:])[:, 0]
    log_det = small.log_det(root) + sum((small.log_det(c) for c in chol), jnp.zeros(()))
    return Factor(
        tuple(chol),
        tuple(couples),
        tuple(b[..., :-1] for b in border),
        tuple(b[..., -1] for b in border),
        root,
        corner_rhs,
        log_det,
        corner[-1, -1] - corner_rhs @ corner_rhs,
    )


def _scale(
    plan: Order, s: CrossProducts, maps: Sequence[Array], tail: Array, n_levels: Sequence[int]
) -> tuple[list[Array], list[list[Array]], list[Array], Array]:
    """A' S A block by block, the unit prior of the chain's effects added."""
    chain = [maps[k] for k in plan.chain]
    diag, couple, border = [], [], []
    for position, a in enumerate(chain):
        eye = jnp.eye(a.shape[-1], dtype=a.dtype)
        diag.append(_from_right(_from_left(a, s.diag[position]), a) + eye)
        links = zip(s.couple[position], s.parent[position], chain[position + 1 :], strict=True)
        couple.append(
            [_from_right(_from_left(a, c), o if o.ndim == 2 else o[parent]) for c, parent, o in links]
        )
        border.append(_scale_columns(plan, _from_left(a, s.border[position]), maps, tail, n_levels))
    left = _scale_columns(plan, s.corner, maps, tail, n_levels)
    corner = _scale_columns(plan, left.T, maps, tail, n_levels)
    width = sum(n_levels[k] * maps[k].shape[-1] for k in plan.dense)
    unit = jnp.arange(corner.shape[0]) < width
    return diag, couple, border, corner + jnp.diag(unit.astype(corner.dtype))


def _from_left(a: Array, blocks: Array | np.ndarray) -> Array:
    """a' B for each block B of (J, q, d)."""
    return jnp.einsum("ba,jbd->jad" if a.ndim == 2 else "jba,jbd->jad", a, blocks)


def _from_right(blocks: Array, a: Array) -> Array:
    """B a for each block B of (J, d, q)."""
    return jnp.einsum("jab,bd->jad" if a.ndim == 2 else "jab,jbd->jad", blocks, a)


def _scale_columns(
    plan: Order, block: Array | np.ndarray, maps: Sequence[Array], tail: Array, n_levels: Sequence[int]
) -> Array:
    """Apply A on the right: to each border group level by level, `tail` to the last columns."""
    out, start = [], 0
    for k in plan.dense:
        a = maps[k]
        q = a.shape[-1]
        part = block[..., start : start + n_levels[k] * q]
        shaped = jnp.asarray(part).reshape((*part.shape[:-1], n_levels[k], q))
        scaled = shaped @ a if a.ndim == 2 else jnp.einsum("...jb,jbd->...jd", shaped, a)
        out.append(scaled.reshape(part.shape))
        start += n_levels[k] * q
    out.append(block[..., start:] @ tail)
    return jnp.concatenate(out, axis=-1) if len(out) > 1 else out[0]


def _add_prior(corner: Array, prior: Prior) -> Array:
    """Add the population prior as rows of pseudo-data: precision, its mean, its quadratic form."""
    p = prior.mean.shape[0]
    if p == 0:
        return corner
    pull = prior.precision @ prior.mean
    pseudo = jnp.concatenate(
        [
            jnp.concatenate([prior.precision, pull[:, None]], axis=1),
            jnp.concatenate([pull, (prior.mean @ pull)[None]])[None, :],
        ]
    )
    d = corner.shape[0]
    return corner + jnp.pad(pseudo, ((d - p - 1, 0), (d - p - 1, 0)))


def _sum_into(parent: Array, size: int, values: Array) -> Array:
    return jax.ops.segment_sum(values, parent, num_segments=size)


def draw(
    plan: Order, s: CrossProducts, factor: Factor, z: Sequence[Array], z_corner: Array
) -> tuple[tuple[Array, ...], Array]:
    """One exact draw of all eliminated coefficients: L^-T (L^-1 b + z).

    Args:
        plan: the elimination order.
        s: cross-products (for the parents of the levels).
        factor: from `eliminate`.
        z: per chain factor (J, q) standard normal.
        z_corner: (d - 1,) standard normal.

    Returns:
        Per chain factor (J, q) unit-scale effects, and the (d - 1,) border coefficients.
    """
    tail = small.solve_lower_transposed(factor.corner, factor.corner_rhs + z_corner)
    effects: list[Array] = [jnp.zeros(())] * len(plan.chain)
    for position in reversed(range(len(plan.chain))):
        target = factor.rhs[position] + z[position] - factor.border[position] @ tail
        for i, (link, parent) in enumerate(zip(factor.couple[position], s.parent[position], strict=True)):
            outer = effects[position + 1 + i][parent]
            target = target - jnp.einsum("jab,jb->ja", link, outer)
        effects[position] = small.solve_lower_transposed(factor.chol[position], target)
    return tuple(effects), tail
