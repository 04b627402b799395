"""The numeric part: a block Cholesky factor for one value of the variance parameters, in JAX."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from bayesformula.compiler import small
from bayesformula.compiler.elimination.products import CrossProducts
from bayesformula.compiler.order import Order


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
