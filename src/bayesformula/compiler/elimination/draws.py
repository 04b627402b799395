"""Exact draws of all eliminated coefficients, and what maps standard normals to them."""

from __future__ import annotations

from collections.abc import Sequence

import jax.numpy as jnp
from jax import Array

from bayesformula.compiler import small
from bayesformula.compiler.elimination.factor import Factor
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
    tail = small.solve_lower_transposed(factor.corner, factor.corner_rhs + z_corner)
    effects: list[Array] = [jnp.zeros(())] * len(plan.chain)
    for position in reversed(range(len(plan.chain))):
        target = factor.rhs[position] + z[position] - factor.border[position] @ tail
        for i, (link, parent) in enumerate(zip(factor.couple[position], s.parent[position], strict=True)):
            outer = effects[position + 1 + i][parent]
            target = target - jnp.einsum("jab,jb->ja", link, outer)
        effects[position] = small.solve_lower_transposed(factor.chol[position], target)
    return tuple(effects), tail
