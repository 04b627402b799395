"""The arrays that programs take as arguments.

Three systems of coordinates are in play, for the population coefficients and for each group:

* *reported*: coefficients of the columns as the user wrote them, at x = 0;
* *prior*: what the priors speak of; the reported ones when a prior was stated, those at the
  predictors' means for the defaults;
* *internal*: coefficients of columns centred and scaled, in which the cross-products are well
  conditioned whatever the units.

The linear maps between them are data, so that a program does not depend on them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from bayesformula.compiler import elimination
from bayesformula.compiler.kinds import N_ARGUMENTS, arguments_of
from bayesformula.compiler.leaves import Leaf
from bayesformula.compiler.likelihood.terms import Terms
from bayesformula.model.spec import ModelSpec
from bayesformula.priors import PriorRow


class GroupArrays(NamedTuple):
    """Rows and levels of one group.

    Attributes:
        z: (n, q) columns; (n, M, q) where a row belongs to M levels.
        index: (n,) int32 level of each row; (n, M).
        by: (J,) int32, which level of `gr(by = )` each level lies in, or None.
        relation: (J, J) lower Cholesky factor of the known covariance of the levels, or None.
    """

    z: Leaf
    index: Leaf
    by: Leaf | None = None
    relation: Leaf | None = None


class PredictorRows(NamedTuple):
    """One linear predictor: (n, p) population columns `x`, (n,) `offset`, columns of `cs()` or None."""

    x: Leaf
    offset: Leaf
    specific: Leaf | None = None


class Rows(NamedTuple):
    """Everything with one entry a row.

    Attributes:
        y: (n,) response; (n, K) of counts in K categories.
        weights: (n,) likelihood weights, or None.
        predictors: one for each linear predictor, mu first.
        groups: one for each grouping factor, columns of all predictors side by side.
        terms: what else is known of each row: trials, known errors, bounds, censoring, exposure.
    """

    y: Leaf
    weights: Leaf | None
    predictors: tuple[PredictorRows, ...]
    groups: tuple[GroupArrays, ...]
    terms: Terms = Terms()

    @property
    def x(self) -> Leaf:
        """Of the first predictor, the only one under the marginal plan."""
        return self.predictors[0].x

    @property
    def offset(self) -> Leaf:
        """Likewise."""
        return self.predictors[0].offset

    @property
    def se(self) -> Leaf | None:
        """(n,) known standard errors, or None."""
        return self.terms.se


class PriorArguments(NamedTuple):
    """The numbers of the priors.

    Attributes:
        b: per predictor (p, N_ARGUMENTS), as all that follow.
        sd: per group (n_by q, ...).
        cor: per group, (number of correlated blocks,) LKJ concentrations.
        df: per group (1, ...), or (0, ...) for Gaussian effects.
        scalars: by name (1, ...).
        thresholds: (K - 1, ...), of an ordinal response.
        bcs: (p_cs (K - 1), ...), of the coefficients of `cs()`.
        units: per predictor (p,) of its coefficients, ones where no joint prior needs them.
    """

    b: tuple[Leaf, ...]
    sd: tuple[Leaf, ...]
    cor: tuple[Leaf, ...]
    df: tuple[Leaf, ...]
    scalars: dict[str, Leaf]
    thresholds: Leaf
    bcs: Leaf
    units: tuple[Leaf, ...]


class Reported(NamedTuple):
    """Maps from prior to reported coordinates.

    Attributes:
        b: per predictor (p, p).
        groups: per group (q, q).
        means, specific_means: (p,) and (p_cs,) means of the columns of mu, by which thresholds whose priors
            hold at the means move; zeros where they hold at x = 0.
    """

    b: tuple[Leaf, ...]
    groups: tuple[Leaf, ...]
    means: Leaf
    specific_means: Leaf


class Marginal(NamedTuple):
    """What the marginal plan needs beside the rows.

    Attributes:
        s: cross-products in internal coordinates, of y less offset and reference fit.
        merged: the same for the density alone, levels that are alike merged; None where few are.
        n: sum of the likelihood weights.
        log_errors: sum of the logs of known standard errors, each as often as its weight; 0 without any.
        reference: (p,) internal coefficients of the least-squares fit, taken out of y.
        b_in: (p, p) from prior to internal coordinates; `b_out` from internal to reported.
        b_in_inverse: (m, m) inverse of `b_in` over the m integrated coefficients.
        log_det_b_in: log |det| of the same block of `b_in`.
        group_in: per group (q, q) from prior to internal; `group_out` from internal to reported.
    """

    s: elimination.CrossProducts
    merged: elimination.CrossProducts | None
    n: Leaf
    log_errors: Leaf
    reference: Leaf
    b_in: Leaf
    b_out: Leaf
    b_in_inverse: Leaf
    log_det_b_in: Leaf
    group_in: tuple[Leaf, ...]
    group_out: tuple[Leaf, ...]


class Whitened(NamedTuple):
    """What the whitened plan needs beside the rows: a Gaussian model that is near the likelihood.

    Coefficients are those of all predictors one after another; w of them are whitened.

    Attributes:
        s: per chain cross-products in internal coordinates of the working model; behind the population
            columns those of the thresholds, then the working response less `reference` and the effects of
            other chains at the mode, thresholds at `thresholds`.
        at_mode: per chain but the last (d,) products of its effects at the mode with the border.
        reference: (p,) internal coefficients at which it was taken.
        thresholds: (K - 1,) likewise.
        sigma: () residual sd likewise, 1 where the family has none.
        precision, mean: (w,) of normal distributions near the priors, prior coordinates.
        b_in: (p, p) from prior to internal coordinates.
        b_in_inverse: (w, w) inverse of `b_in` over the whitened ones.
        log_det_b_in: log |det| of the same block.
        group_in: per group (q, q) from prior to internal coordinates.
    """

    s: tuple[elimination.CrossProducts, ...]
    at_mode: tuple[Leaf, ...]
    reference: Leaf
    thresholds: Leaf
    sigma: Leaf
    precision: Leaf
    mean: Leaf
    b_in: Leaf
    b_in_inverse: Leaf
    log_det_b_in: Leaf
    group_in: tuple[Leaf, ...]


class Start(NamedTuple):
    """Rough values in prior coordinates.

    Per predictor `b` (p,) and its errors; per group `sd` (n_by q,) and `df` (1,), which counts for Student
    effects only; `scalars` by name (1,); `thresholds` (K - 1,).
    """

    b: tuple[Leaf, ...]
    b_errors: tuple[Leaf, ...]
    sd: tuple[Leaf, ...]
    df: tuple[Leaf, ...]
    scalars: dict[str, Leaf]
    thresholds: Leaf


class Begin(NamedTuple):
    """Where chains start and how far they will spread, in the sampler's vector.

    Attributes:
        z: (dim,) the first point.
        scale: (dim,) rough posterior sds.
        middle: (n_bent,) of the first coordinates, where tails begin to bend; read where they do.
    """

    z: np.ndarray
    scale: np.ndarray
    middle: np.ndarray


class ModelData(NamedTuple):
    """The argument of every emitted model: a pytree of arrays."""

    rows: Rows
    priors: PriorArguments
    reported: Reported
    marginal: Marginal | None
    whitened: Whitened | None = None


def prior_arguments(model: ModelSpec) -> PriorArguments:
    """The numbers of all priors of `model`, in the order of its parameters."""
    return PriorArguments(
        b=tuple(_table(model.prior_rows("b", predictor=p.parameter), model.n_rows) for p in model.predictors),
        sd=tuple(_table(model.prior_rows("sd", g.label)) for g in model.groups),
        cor=tuple(
            np.array([row.prior.arguments[0] for row in model.prior_rows("cor", g.label)])
            for g in model.groups
        ),
        df=tuple(_table(model.prior_rows("df", g.label)) for g in model.groups),
        scalars={name: _table(model.prior_rows(name)) for name in model.scalars},
        thresholds=_table(model.prior_rows("Intercept")),
        bcs=_table(model.prior_rows("bcs")),
        units=tuple(np.array(p.units or np.ones(len(p.columns))) for p in model.predictors),
    )


def _table(rows: Sequence[PriorRow], n_rows: int = 0) -> np.ndarray:
    return np.array([arguments_of(row.prior, n_rows) for row in rows]).reshape(-1, N_ARGUMENTS)


def summed(arrays: GroupArrays) -> np.ndarray:
    """(n, q) the columns of a group, those of several memberships added up."""
    z = np.asarray(arrays.z)
    return z.sum(axis=1) if z.ndim == 3 else z


def used_rows(rows: Rows) -> np.ndarray:
    """(n,) rows with weight; all of them where none has any (a prior-only run)."""
    if rows.weights is None or not np.any(rows.weights > 0):
        return np.ones(len(rows.y), bool)
    return rows.weights > 0
