"""The numeric part: a block Cholesky factor for one value of the variance parameters, in JAX.

Only what multiplies a level's rows from the left is applied level by level: eliminating a level leaves
S - C' A (A' S A + I)^-1 A' C of what it is coupled with, in which the others' own scales can wait until it is
their turn, and those of the border until all levels are summed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from bayesformula.compiler.elimination.blocks import Blocks, form
from bayesformula.compiler.elimination.border import Border, DenseBorder, SparseBorder
from bayesformula.compiler.elimination.corner import Corner, blocks, cholesky
from bayesformula.compiler.elimination.levels import log_det
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


class Scales(NamedTuple):
    """What takes unit-scale coefficients to those of the columns of the cross-products.

    Attributes:
        chain: per chain factor (q, q) matrices, one a level.
        wide: per group of the border (J, q, q).
        tail: (p + 1, m + 1), of the border's last columns.
    """

    chain: tuple[Blocks, ...]
    wide: tuple[Array, ...]
    tail: Array


class Factor(NamedTuple):
    """The eliminated matrix: enough for the density and for posterior draws.

    Attributes:
        scales: of the coefficients.
        chol: per chain factor the lower factors L.
        couple: per chain factor L^-1 A' times the coupling to each further chain factor.
        border: per chain factor L^-1 A' times the border; couplings and border in the units of the
            cross-products, not of the unit-scale coefficients.
        corner: (d - 1, d - 1) lower factor of the last Schur complement, unit scale.
        corner_rhs: (d - 1,).
        log_det: log |P|.
        quad: the residual quadratic form, yy - b' P^-1 b.
    """

    scales: Scales
    chol: tuple[Blocks, ...]
    couple: tuple[tuple[Blocks, ...], ...]
    border: tuple[Border, ...]
    corner: Array
    corner_rhs: Array
    log_det: Array
    quad: Array

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """Per chain factor (J, q)."""
        return [(chol.levels, chol.width) for chol in self.chol]


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
    scales = _scales(plan, s, maps, tail, n_levels)
    of = form([len(own) for own in s.diag]).of
    diag = [of(own) for own in s.diag]
    couple = [[of(c) for c in links] for links in s.couple]
    border = borders(s)
    corner, log_dets = blocks(jnp.asarray(s.corner), tail.shape[0]), jnp.zeros(())
    chol: list[Blocks] = []
    for position, a in enumerate(scales.chain):
        lower, gain, pivots = diag[position].eliminated(a)
        border[position] = border[position].mixed(gain)
        couple[position] = [gain.times(c) for c in couple[position]]
        corner = border[position].out_of(corner)
        _pass_outwards(position, s, diag, couple, border)
        counts = None if position or isinstance(s.stands_for, tuple) else s.stands_for
        log_dets = log_dets + log_det(pivots, counts)
        chol.append(lower)
    root, corner_rhs, corner_log_det, quad = _factor_corner(scale_corner(corner, scales, prior))
    links = tuple(tuple(c) for c in couple)
    return Factor(
        scales, tuple(chol), links, tuple(border), root, corner_rhs, log_dets + corner_log_det, quad
    )


def _scales(
    plan: Order, s: CrossProducts, maps: Sequence[Array], tail: Array, n_levels: Sequence[int]
) -> Scales:
    wide = [maps[k] for k in plan.dense]
    scale = form([len(own) for own in s.diag]).scale
    return Scales(
        tuple(scale(maps[k], own.shape[-1]) for k, own in zip(plan.chain, s.diag, strict=True)),
        tuple(
            jnp.broadcast_to(a, (n_levels[k], *a.shape[-2:])) for a, k in zip(wide, plan.dense, strict=True)
        ),
        tail,
    )


def borders(s: CrossProducts) -> list[Border]:
    """The border of each chain factor, in the units of the cross-products."""
    if not s.cells:
        return [DenseBorder(tuple(jnp.asarray(b))) for b in s.border]
    return [
        SparseBorder(cells, tuple(jnp.asarray(values)), tuple(jnp.asarray(b)))
        for cells, values, b in zip(s.cells, s.values, s.border, strict=True)
    ]


def _pass_outwards(
    position: int, s: CrossProducts, diag: list[Blocks], couple: list[list[Blocks]], border: list[Border]
) -> None:
    """Take what eliminating one chain factor leaves out of the factors that its levels lie in."""
    links, parents = couple[position], s.parent[position]
    for i, (link, parent) in enumerate(zip(links, parents, strict=True)):
        outer = position + 1 + i
        diag[outer] = diag[outer].less_square(link, parent)
        border[outer] = border[outer].less(link, parent, border[position], i)
        # every further link of this level belongs to the same outer level, as the chain is nested
        for further in range(i + 1, len(links)):
            place = further - i - 1
            couple[outer][place] = couple[outer][place].less_product(link, links[further], parent)


def scale_corner(corner: Corner, scales: Scales, prior: Prior) -> Array:
    """A' C A with the priors of the border's coefficients added, (d, d), zeros above the lower half."""
    tail, w = scales.tail, corner.wide.shape[0]
    own = _add_prior(tail.T @ corner.own @ tail, prior)
    if w == 0:
        return own
    wide = _scale_wide(corner.wide, scales.wide) + jnp.eye(w, dtype=own.dtype)
    across = tail.T @ _scale_columns(corner.across, scales.wide)
    return jnp.block([[wide, jnp.zeros_like(across.T)], [across, own]])


def _scale_wide(lower: Array, maps: Sequence[Array]) -> Array:
    """A' B A for what the border's groups have in common, of which the lower half is given and wanted."""
    if all(a.shape[-1] == 1 for a in maps):
        return _scale_both(lower, jnp.concatenate([a[:, 0, 0] for a in maps]))
    block = jnp.tril(lower) + jnp.tril(lower, -1).T
    return _scale_columns(_scale_columns(block, maps).T, maps)


@jax.custom_vjp
def _scale_both(block: Array, scale: Array) -> Array:
    """D B D, with D = diag(scale)."""
    return block * (scale[:, None] * scale)


def _scale_both_forwards(block: Array, scale: Array) -> tuple[Array, tuple[Array, Array]]:
    return _scale_both(block, scale), (block, scale)


def _scale_both_backwards(saved: tuple[Array, Array], out: Array) -> tuple[Array, Array]:
    """Sums over rows and columns as products: XLA would write out the scales of all cells first."""
    block, scale = saved
    weighed = out * block
    return _scale_both(out, scale), weighed @ scale + scale @ weighed


_scale_both.defvjp(_scale_both_forwards, _scale_both_backwards)


def _scale_columns(block: Array, maps: Sequence[Array]) -> Array:
    """B A for columns of the border's groups, level by level."""
    out, start = [], 0
    for a in maps:
        size, q = a.shape[:2]
        part = block[:, start : start + size * q]
        out.append(jnp.einsum("djb,jbc->djc", part.reshape(-1, size, q), a).reshape(part.shape))
        start += size * q
    return jnp.concatenate(out, axis=1) if len(out) > 1 else out[0]


def _add_prior(own: Array, prior: Prior) -> Array:
    """The population prior as rows of pseudo-data: its precision, its mean, its quadratic form.

    The response's own product takes 1 more, which `_factor_corner` takes off again.
    """
    p = prior.mean.shape[0]
    own = own + jnp.diag(jnp.zeros(p + 1, own.dtype).at[p].set(1.0))
    if p == 0:
        return own
    pull = prior.precision @ prior.mean
    return own + jnp.block(
        [[prior.precision, pull[:, None]], [pull[None, :], (prior.mean @ pull)[None, None]]]
    )


def _factor_corner(corner: Array) -> tuple[Array, Array, Array, Array]:
    """Factor, right-hand side, log determinant and residual form, all from one factor of the whole corner.

    The residual form is the square of the response's pivot, less the 1 that was added so that a perfect fit,
    whose form is a rounding error of either sign, has a root.
    """
    lower = cholesky(corner)
    log_det = 2.0 * jnp.sum(jnp.log(jnp.diagonal(lower)[:-1]))
    return lower[:-1, :-1], lower[-1, :-1], log_det, lower[-1, -1] ** 2 - 1.0
