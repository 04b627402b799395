"""The prior of all coefficients as sparse matrices, and covariances of groups moved to what effects say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import sparse

LEAST_SHARE, MOST_SHARE = 0.02, 50.0
"""Bounds of sds, relative to where they start: an EM step may not run away where rows say little."""
KEPT_CORRELATION = 0.9
"""What is kept of a correlation: one of 1 would make the next step singular."""


@dataclass(frozen=True)
class Effects:
    """One group in the vector of coefficients.

    Attributes:
        n_levels, q: J and q.
        blocks: positions of coefficients that are correlated with each other, in prior coordinates.
        to_prior: (q, q) from internal to prior coordinates.
        by: (J,) which of the covariances each level has.
        sds: (n_by, q) at the start, prior coordinates.
    """

    n_levels: int
    q: int
    blocks: tuple[tuple[int, ...], ...]
    to_prior: np.ndarray
    by: np.ndarray
    sds: np.ndarray

    def first(self) -> np.ndarray:
        """(n_by, q, q) independent effects, prior coordinates."""
        return self.sds[:, :, None] ** 2 * np.eye(self.q)

    def updated(self, u: np.ndarray, open_: np.ndarray) -> np.ndarray:
        """(n_by, q, q) second moments of the effects.

        Args:
            u: (J, q) the effects, internal coordinates.
            open_: (J, q, draws) of what rows leave open about them.
        """
        u = u @ self.to_prior.T
        open_ = np.einsum("ab,jbs->jas", self.to_prior, open_)
        moments = u[:, :, None] * u[:, None, :] + np.einsum("jas,jbs->jab", open_, open_) / open_.shape[2]
        return np.stack(
            [self._legal(moments[self.by == k].mean(axis=0), sds) for k, sds in enumerate(self.sds)]
        )

    def _legal(self, moments: np.ndarray, sds: np.ndarray) -> np.ndarray:
        """A covariance with bounded sds, and only the correlations that the model has."""
        raw = np.sqrt(np.diagonal(moments))
        sd = np.clip(raw, LEAST_SHARE * sds, MOST_SHARE * sds)
        correlation = np.eye(self.q)
        for block in self.blocks:
            at = np.ix_(block, block)
            correlation[at] += KEPT_CORRELATION * (moments[at] / np.outer(raw[list(block)], raw[list(block)]))
        np.fill_diagonal(correlation, 1.0)
        return sd[:, None] * correlation * sd


class Penalty(NamedTuple):
    """The Gaussian prior of all coefficients: its precision, and R with R R' = precision."""

    precision: sparse.csc_array
    root: sparse.csc_array


def penalty(root: np.ndarray, groups: Sequence[Effects], covariances: Sequence[np.ndarray]) -> Penalty:
    """The prior of population coefficients (`root` R of their precision) and of the groups' effects."""
    roots = [sparse.csc_array(root)]
    for group, covariance in zip(groups, covariances, strict=True):
        inverse = np.linalg.inv(np.linalg.cholesky(covariance))
        roots.append(_block_diagonal((group.to_prior.T @ np.swapaxes(inverse, 1, 2))[group.by]))
    whole = sparse.csc_array(sparse.block_diag(roots, format="csc"))
    return Penalty(sparse.csc_array(whole @ whole.T), whole)


def _block_diagonal(blocks: np.ndarray) -> sparse.csc_array:
    """(J q, J q) of (J, q, q)."""
    j, q = blocks.shape[:2]
    at = np.arange(j)[:, None] * q + np.arange(q)
    rows = np.broadcast_to(at[:, :, None], blocks.shape).ravel()
    columns = np.broadcast_to(at[:, None, :], blocks.shape).ravel()
    return sparse.csc_array((blocks.ravel(), (rows, columns)), shape=(j * q, j * q))
