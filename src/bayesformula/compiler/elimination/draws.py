"""Exact draws of all eliminated coefficients, and what maps standard normals to them."""

from __future__ import annotations

from collections.abc import Sequence

import jax.numpy as jnp
from jax import Array

from bayesformula.compiler import small
from bayesformula.compiler.elimination import corner
from bayesformula.compiler.elimination.factor import Factor, Scales
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
            outer = [u.at[parent].get(mode="promise_in_bounds") for u in scaled[position + 1 + i]]
            target = [own - small.dot(row, outer) for own, row in zip(target, link, strict=True)]
        v = small.solve_lower_transposed(factor.chol[position], target)
        scaled[position] = [small.dot(row, v) for row in factor.scales.chain[position]]
        effects[position] = jnp.stack(v, axis=-1)
    return tuple(effects), tail


def _columns(scales: Scales, tail: Array) -> Array:
    """(d,) the border's coefficients in the units of the cross-products, that of the response -1."""
    out, start = [], 0
    for a in scales.wide:
        v = tail[start : start + a.shape[0] * a.shape[1]].reshape(a.shape[:2])
        out.append(jnp.einsum("jab,jb->ja", a, v).ravel())
        start += v.size
    out.append(scales.tail[:, :-1] @ tail[start:] - scales.tail[:, -1])
    return jnp.concatenate(out) if len(out) > 1 else out[0]
