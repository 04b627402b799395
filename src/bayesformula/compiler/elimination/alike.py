"""Levels that are alike, merged: the same density from fewer of them.

Let n levels have one matrix Z_j' W Z_j, and lie in one outer level. Their unit-scale effects are as likely
before as after any rotation of the levels, and what they share with all else, n rows of q r numbers, can so
be turned into the triangular factor of its QR decomposition: at most q r levels remain that share anything.
Of the others only the log determinant is left, which all have in common, and is counted. A random intercept
of a hundred thousand patients with one to thirty visits costs what some sixty levels cost; sixty subjects who
were all seen on the same days are a handful.

The effects themselves are drawn with all levels in place.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from bayesformula.compiler.elimination.products import CrossProducts

LEAST = 500
"""Levels from which it is tried: the sampler's other work hides fewer."""
GAIN = 2.0
"""How many times fewer levels there must be."""
DIGITS = 40
"""Bits to which matrices of levels that are alike agree: the last differ by the order of sums over rows."""


def merged(s: CrossProducts) -> CrossProducts | None:
    """The same cross-products with the innermost levels that are alike merged; None where few are.

    Levels without anything fill up their number to a power of two, so that tables with nearly as many kinds
    of levels share a program. Priors must not differ from level to level.
    """
    if not s.diag or s.cells or (n_levels := s.diag[0].shape[-1]) < LEAST:
        return None
    own = np.asarray(s.diag[0])
    parents = [np.asarray(parent) for parent in s.parent[0]]
    wanted = len(own) * (sum(links.shape[1] for links in s.couple[0]) + s.border[0].shape[1])
    kinds = _kinds(own, parents)
    left = [min(len(kind), wanted) for kind in kinds]
    size = 1 << max(sum(left) - 1, 0).bit_length()
    if size * GAIN > n_levels:
        return None
    shared = np.concatenate([*map(np.asarray, s.couple[0]), np.asarray(s.border[0])], axis=1)
    first = np.repeat([kind[0] for kind in kinds], left)
    fewer = np.concatenate([_turned(shared[..., kind]) for kind in kinds], axis=-1)
    stands_for = np.concatenate([_stands_for(len(kind), m) for kind, m in zip(kinds, left, strict=True)])
    fill = size - len(first)
    couple, start = [], 0
    for links in s.couple[0]:
        couple.append(_filled(fewer[:, start : start + links.shape[1]], fill))
        start += links.shape[1]
    return s._replace(
        diag=(_filled(own[..., first], fill), *s.diag[1:]),
        parent=(tuple(_filled(parent[first], fill) for parent in parents), *s.parent[1:]),
        couple=(tuple(couple), *s.couple[1:]),
        border=(_filled(fewer[:, start:], fill), *s.border[1:]),
        stands_for=_filled(stands_for, fill),
    )


def _kinds(own: np.ndarray, parents: list[np.ndarray]) -> list[np.ndarray]:
    """Levels of the same parents whose matrices (q, q, J) agree to `DIGITS` bits of their traces."""
    q, n_levels = own.shape[0], own.shape[-1]
    _, exponent = np.frexp(np.trace(own))
    lower = own[np.tril_indices(q)]
    keys = [*np.rint(np.ldexp(lower, DIGITS - exponent)), exponent, *parents]
    order = np.lexsort(keys)
    differs = np.zeros(n_levels - 1, bool)
    for key in keys:
        differs |= np.diff(key[order]) != 0
    ends = [0, *(np.flatnonzero(differs) + 1).tolist(), n_levels]
    return [order[begin:end] for begin, end in pairwise(ends)]


def _turned(shared: np.ndarray) -> np.ndarray:
    """(q, r, m) with the products of (q, r, n), summed over levels, and no more of these than it takes."""
    q, r, n = shared.shape
    if n <= q * r:
        return shared
    factor = np.asarray(np.linalg.qr(shared.reshape(q * r, n).T, mode="r"))
    return factor.T.reshape(q, r, -1)


def _stands_for(n: int, m: int) -> np.ndarray:
    """For each of m levels how many of n have its log determinant."""
    return np.concatenate([[n - m + 1.0], np.ones(m - 1)])


def _filled(values: np.ndarray, fill: int) -> np.ndarray:
    """With zeros behind the last level."""
    return np.pad(values, [(0, 0)] * (values.ndim - 1) + [(0, fill)])
