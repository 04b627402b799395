"""Exact draws of all eliminated coefficients, and what maps standard normals to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import jax.numpy as jnp
from jax import Array, lax

from bayesformula.compiler.elimination import corner
from bayesformula.compiler.elimination.corner import blocks
from bayesformula.compiler.elimination.factor import Factor, Prior, Scales, borders, scale_corner
from bayesformula.compiler.elimination.levels import take
from bayesformula.compiler.elimination.products import CrossProducts
from bayesformula.compiler.order import Order


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
    tail = corner.solve_transposed(factor.corner, factor.corner_rhs + z_corner)
    outside = _columns(factor.scales, tail)
    size = len(plan.chain)
    effects: list[Array] = [jnp.zeros(())] * size
    scaled: list[list[Array]] = [[]] * size
    for position in reversed(range(size)):
        pulls = zip(z[position].T, factor.border[position].times(outside), strict=True)
        target = [own - pull for own, pull in pulls]
        for i, (link, parent) in enumerate(zip(factor.couple[position], s.parent[position], strict=True)):
            outer = link.apply([take(u, parent) for u in scaled[position + 1 + i]])
            target = [own - pull for own, pull in zip(target, outer, strict=True)]
        v = factor.chol[position].solve_transposed(target)
        scaled[position] = factor.scales.chain[position].apply(v)
        effects[position] = jnp.stack(v, axis=-1)
    return tuple(effects), tail


class Given(NamedTuple):
    """The border's coefficients given the effects of a chain: normal with precision L L'.

    Attributes:
        root: (d - 1, d - 1) lower L.
        half: (d - 1,) L' times their mean.
        moved: (d - 1,) the mean, less what it is given effects whose products with the border are `at`.
    """

    root: Array
    half: Array
    moved: Array


def given_chain(s: CrossProducts, factor: Factor, prior: Prior, chain: Sequence[Array], at: Array) -> Given:
    """What the border's coefficients are, once the effects of the chain are known.

    Args:
        s: cross-products.
        factor: from `eliminate`, for its scales.
        prior: as there.
        chain: per chain factor (J, q) unit-scale effects.
        at: (d,), in the units of the cross-products.
    """
    scales, pull = factor.scales, jnp.zeros(at.shape, at.dtype)
    for border, a, v in zip(borders(s), scales.chain, chain, strict=True):
        pull = pull + border.pull(a.apply(list(v.T)), at.shape[0])
    lower = corner.cholesky(scale_corner(blocks(jnp.asarray(s.corner), scales.tail.shape[0]), scales, prior))
    root = lower[:-1, :-1]
    both = jnp.column_stack([_to_columns(scales, pull), _to_columns(scales, at)])
    here, there = lax.linalg.triangular_solve(root, both, left_side=True, lower=True).T
    return Given(root, lower[-1, :-1] - here, corner.solve_transposed(root, there - here))


def _to_columns(scales: Scales, pull: Array) -> Array:
    """(d - 1,) products with the border's coefficients, in their own units."""
    out, start = [], 0
    for a in scales.wide:
        each = pull[start : start + a.shape[0] * a.shape[1]].reshape(a.shape[:2])
        out.append(jnp.einsum("jab,ja->jb", a, each).ravel())
        start += each.size
    out.append(scales.tail[:, :-1].T @ pull[start:])
    return jnp.concatenate(out) if len(out) > 1 else out[0]


def _columns(scales: Scales, tail: Array) -> Array:
    """(d,) the border's coefficients in the units of the cross-products, that of the response -1."""
    out, start = [], 0
    for a in scales.wide:
        v = tail[start : start + a.shape[0] * a.shape[1]].reshape(a.shape[:2])
        out.append(jnp.einsum("jab,jb->ja", a, v).ravel())
        start += v.size
    out.append(scales.tail[:, :-1] @ tail[start:] - scales.tail[:, -1])
    return jnp.concatenate(out) if len(out) > 1 else out[0]
