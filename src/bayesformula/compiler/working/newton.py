"""The mode of all coefficients by penalised Newton steps, with rough variances found on the way.

Between steps the covariance of each group is moved to what its effects and their uncertainty say (the M step
of an EM algorithm, the E step by a few draws from the working posterior), so that the mode is neither shrunk
to nothing nor left free.

References: Breslow and Clayton (1993), doi:10.1080/01621459.1993.10594284.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from scipy import sparse

from bayesformula.compiler.working.derivatives import Derivatives
from bayesformula.compiler.working.solver import ByParts, Solver, Whole
from bayesformula.compiler.working.variances import Effects, Penalty, penalty

MAX_STEPS = 30
EM_STEPS = 10
HALVINGS = 12
ENOUGH = 1e-2
"""Newton decrement at which the mode is near enough: a hundredth of a log density."""
STILL = 0.05
"""Relative change of every sd in a step at which the variances are near enough."""
PROBES = 16
"""Draws from the working posterior in place of its covariance: sds of 18 levels vary by 3 % with them."""
FLOOR = 1e-4
"""Least curvature of a row, relative to the mean: rows where the likelihood is not concave get it."""


class WorkingModelError(Exception):
    """No mode was found: the message says why, in words for the reason of a plan."""


@dataclass(frozen=True)
class Mode:
    """Where the log posterior of the coefficients is largest.

    Attributes:
        coefficients: population ones, then effects group by group and level by level; internal coordinates.
        sds: per group (n_by, q), prior coordinates.
        derivatives: of the likelihood there.
    """

    coefficients: np.ndarray
    sds: tuple[np.ndarray, ...]
    derivatives: Derivatives


@dataclass(frozen=True)
class Search:
    """What does not change between steps.

    Attributes:
        t: (M n, m) columns of all coefficients.
        offset: (M n,).
        root: (p, p) R with R R' the prior precision of the first p coefficients.
        centre: (p,) their prior mean.
        groups: what the other coefficients are.
        at: derivatives at (M, n) linear predictors.
        n_predictors: M.
        chains: groups that are eliminated together, beside all others.
    """

    t: sparse.csr_array
    offset: np.ndarray
    root: np.ndarray
    centre: np.ndarray
    groups: Sequence[Effects]
    at: Callable[[np.ndarray], Derivatives]
    n_predictors: int
    chains: Sequence[Sequence[int]] = ()
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))

    @property
    def n_coefficients(self) -> int:
        """m."""
        return len(self.centre) + sum(group.n_levels * group.q for group in self.groups)

    @property
    def spans(self) -> list[slice]:
        """Where the effects of each group are among the coefficients."""
        sizes = [group.n_levels * group.q for group in self.groups]
        ends = np.cumsum([len(self.centre), *sizes])
        return [slice(begin, end) for begin, end in pairwise(map(int, ends))]

    def predicted(self, c: np.ndarray, groups: Sequence[int]) -> np.ndarray:
        """(M n,) what the effects of some groups contribute."""
        kept = np.zeros_like(c)
        for k in groups:
            kept[self.spans[k]] = c[self.spans[k]]
        return self.t @ kept

    def solvers(self) -> Whole | ByParts:
        """What solves systems of working precisions."""
        if len(self.chains) < 2:
            return Whole()
        labels = np.zeros(self.n_coefficients, int)  # what is in no chain is a part of its own
        for number, chain in enumerate(self.chains, 1):
            for k in chain:
                labels[self.spans[k]] = number
        return ByParts(labels)

    def derivatives(self, c: np.ndarray) -> Derivatives:
        """At coefficients c."""
        found = self.at((self.offset + self.t @ c).reshape(self.n_predictors, -1))
        if not all(np.all(np.isfinite(leaf)) for leaf in found):
            raise WorkingModelError("the likelihood has no finite curvature where the sampler would start")
        return found

    def away(self, c: np.ndarray) -> np.ndarray:
        """Coefficients less their prior means."""
        out = c.copy()
        out[: len(self.centre)] -= self.centre
        return out

    def precision(self, weights: np.ndarray, prior: Penalty) -> sparse.csc_array:
        """The working precision T' W T + prior."""
        products = self.t.T @ sparse.csr_array(self.t.multiply(weights[:, None]))
        return sparse.csc_array(products + prior.precision)

    def draws(self, weights: np.ndarray, prior: Penalty, solver: Solver) -> np.ndarray:
        """(m, PROBES) of what is open about c: P^-1 e has the covariance P^-1 where e has P."""
        rows = self.rng.standard_normal((len(self.offset), PROBES)) * np.sqrt(weights)[:, None]
        rest = self.rng.standard_normal((self.n_coefficients, PROBES))
        return solver.solve(self.t.T @ rows + prior.root @ rest)

    def climb(
        self, c: np.ndarray, here: Derivatives, direction: np.ndarray, prior: Penalty, decrement: float
    ) -> tuple[np.ndarray, Derivatives] | None:
        """The first point along a direction that is higher by a share of what Newton promises."""

        def height(c: np.ndarray, found: Derivatives) -> float:
            return float(found.value) - 0.5 * float(np.sum((prior.root.T @ self.away(c)) ** 2))

        least = height(c, here)
        for halving in range(HALVINGS):
            size = 0.5**halving
            try:
                there = self.derivatives(c + size * direction)
            except WorkingModelError:
                continue
            if height(c + size * direction, there) >= least + 1e-4 * size * decrement:
                return c + size * direction, there
        return None

    def updated(self, c: np.ndarray, draws: np.ndarray) -> list[np.ndarray]:
        """Covariances of all groups after one EM step."""
        out = []
        for group, span in zip(self.groups, self.spans, strict=True):
            shape = (group.n_levels, group.q)
            out.append(group.updated(c[span].reshape(shape), draws[span].reshape(*shape, -1)))
        return out


def find_mode(search: Search, start: np.ndarray) -> Mode:
    """Newton steps with halving until the decrement is small.

    Raises:
        WorkingModelError: derivatives are not finite, or nothing is identified.
    """
    c, here = start, search.derivatives(start)
    covariances = [group.first() for group in search.groups]
    solvers = search.solvers()
    for step in range(MAX_STEPS):
        prior = penalty(search.root, search.groups, covariances)
        weights = floored(here)
        try:
            solver = solvers.of(search.precision(weights, prior))
        except RuntimeError:
            raise WorkingModelError("the coefficients are not identified near their mode") from None
        gradient = search.t.T @ here.score.ravel() - prior.precision @ search.away(c)
        direction = solver.solve(gradient)
        decrement = float(gradient @ direction)
        higher = search.climb(c, here, direction, prior, decrement)
        c, here = higher if higher is not None else (c, here)
        change = 0.0
        if step < EM_STEPS and search.groups:
            before = sds_of(covariances)
            covariances = search.updated(c, search.draws(weights, prior, solver))
            change = max(np.max(np.abs(a / b - 1)) for a, b in zip(sds_of(covariances), before, strict=True))
        if change < STILL and (decrement < ENOUGH or higher is None):
            break
    return Mode(c, tuple(sds_of(covariances)), here)


def sds_of(covariances: Sequence[np.ndarray]) -> list[np.ndarray]:
    """(n_by, q) sds of each group."""
    return [np.sqrt(np.diagonal(each, axis1=1, axis2=2)) for each in covariances]


def floored(found: Derivatives) -> np.ndarray:
    """(M n,) curvatures, those that are too small raised to a fraction of the mean of their predictor.

    Rows that say nothing, as their weight is zero, keep a curvature of zero.
    """
    positive = np.where(found.curvature > 0, found.curvature, 0.0)
    least = FLOOR * positive.mean(axis=1, keepdims=True)
    says_nothing = (found.curvature == 0) & (found.score == 0)
    return np.where(says_nothing, 0.0, np.maximum(positive, np.where(least > 0, least, 1e-8))).ravel()
