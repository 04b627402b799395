"""Predictors that tell successes from failures without an error: the likelihood then has no maximum."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from bayesformula.data.encoded import row_slices
from bayesformula.data.findings import Finding, found
from bayesformula.data.learnt import ResponseSchema
from bayesformula.data.values import ColumnsDesign, Design

LEAST_MARGIN = 1e-4
"""Of x'b where columns and coefficients are at most 1: the solver lets rows pass that are wrong by 1e-7."""
MOST_NUMBERS = 100_000
"""Rows times columns up to which combinations of predictors are tried; a second at most."""
NEWTON_STEPS = 12
"""Towards a maximum of the likelihood, which shows that there is one."""
ADVICE = "; state one that you believe, such as "


def separation(response: ResponseSchema, design: Design) -> Iterator[Finding]:
    """The finding that a predictor, or a combination of them, separates successes from failures.

    Args:
        response: learnt from the data; of two classes, or of trials that all succeed or all fail.
        design: of the data.

    References: Albert and Anderson (1984), doi:10.1093/biomet/71.1.1; by a linear program as in Konis (2007).
    """
    y, columns = design.y, design.parameters["mu"].population
    if y is None or y.ndim > 1 or not len(y):
        return
    trials = design.extras.get("trials", np.ones(len(y)))
    succeeds = y == trials
    if not np.all(succeeds | (y == 0)) or succeeds.all() or not succeeds.any():
        return
    usual = ("failures", "successes") if "trials" in design.extras else ("0", "1")
    failure, success = response.levels if len(response.levels) == 2 else usual
    name, is_complete = _by_itself(columns, succeeds)
    if not name and len(y) * len(columns.names) <= MOST_NUMBERS and _by_combination(columns, succeeds):
        what = "a combination of the predictors tells some rows, or all, without an error"
    elif not name:
        return
    elif is_complete:
        what = f"'{name}' alone tells {failure} from {success} in every row"
    else:
        what = f"'{name}' alone tells {failure} from {success} in some rows without an error"
    example = f"b[{name}] ~ normal(0, 1)" if name and "]" not in name else "b ~ normal(0, 1)"
    yield found(
        "separation",
        f"{what} (separation): the likelihood is the greater the greater the coefficient, and only the prior "
        f"says where that ends{ADVICE}{example}",
    )


def heeded(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings where every coefficient has a prior that was stated: separation asks for nothing more."""
    return tuple(
        replace(finding, severity="info", message=finding.message.split(ADVICE)[0])
        if finding.code == "separation"
        else finding
        for finding in findings
    )


def _by_itself(columns: ColumnsDesign, succeeds: np.ndarray) -> tuple[str, bool]:
    """The first column whose values in the two classes do not overlap, and whether they do not even touch.

    None without a constant column: nothing but 0 is a threshold then.
    """
    p = len(columns.names)
    low, high = np.full((2, p), np.inf), np.full((2, p), -np.inf)
    for rows, chunk in zip(row_slices(len(succeeds)), columns.values.chunks() if p else (), strict=False):
        for side in (0, 1):
            part = chunk[succeeds[rows] == bool(side)]
            low[side] = np.minimum(low[side], part.min(axis=0, initial=np.inf))
            high[side] = np.maximum(high[side], part.max(axis=0, initial=-np.inf))
    if not np.any((low.min(axis=0) == high.max(axis=0)) & (high.max(axis=0) != 0)):
        return "", False
    varies = low.min(axis=0) < high.max(axis=0)
    apart = varies & ((high[0] < low[1]) | (high[1] < low[0]))
    touching = varies & ((high[0] <= low[1]) | (high[1] <= low[0]))
    for places, is_complete in ((apart, True), (touching, False)):
        if places.any():
            return columns.names[int(np.flatnonzero(places)[0])], is_complete
    return "", False


def _by_combination(columns: ColumnsDesign, succeeds: np.ndarray) -> bool:
    """Whether some b has x'b >= 0 in successes, <= 0 in failures, and not 0 in all rows."""
    x = columns.values.whole
    is_constant = np.ptp(x, axis=0) == 0
    if np.any(is_constant & (x[0] != 0)):  # which takes up the means, so that the solver keeps its digits
        x = np.where(is_constant, x, x - x.mean(axis=0))
    sizes = np.abs(x).max(axis=0)
    x = x[:, sizes > 0] / sizes[sizes > 0]
    if not x.shape[1]:
        return False
    signed = np.unique(np.where(succeeds[:, None], x, -x), axis=0)
    if _overlaps(signed):
        return False
    from scipy.optimize import linprog  # a sixth of a second to load, and most tables do without

    best = linprog(-signed.sum(axis=0), A_ub=-signed, b_ub=np.zeros(len(signed)), bounds=(-1, 1))
    return bool(best.success and np.max(signed @ best.x) > LEAST_MARGIN)


def _overlaps(signed: np.ndarray) -> bool:
    """Whether positive weights add the rows up to nearly nothing, so that no b of at most 1 separates them.

    (A sum of w x'b is no less than its largest part, and no more than that of the sizes of the sums of w x.)
    Weights are what the logistic likelihood leaves at its maximum, which is there if nothing is separated.
    """
    b = np.zeros(signed.shape[1])
    for _ in range(NEWTON_STEPS):
        weights = 0.5 - 0.5 * np.tanh(0.5 * (signed @ b))
        sums = weights @ signed
        if np.abs(sums).sum() < LEAST_MARGIN * weights.min():
            return True
        curvature = (signed * (weights * (1.0 - weights))[:, None]).T @ signed
        b += np.linalg.lstsq(curvature, sums, rcond=None)[0]
    return False
