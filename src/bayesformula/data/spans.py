"""Lints that compare group terms with the population part: what one can say for the other.

Both ask whether a column lies in the space of the population columns, whatever they are called: `g`,
`factor(g_code)` and `poly(g, 5)` for six values of g say the same. Most is decided on a sample of rows;
what lies outside the space there lies outside it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from bayesformula.data.findings import Finding, found, of_parameter
from bayesformula.data.values import GroupDesign, ParameterDesign
from bayesformula.errors import listing

SAMPLE = 2000
WIDEST = 500
"""With more population columns the comparison would cost more than it tells."""
TOLERANCE = 1e-8


class ColumnSpace:
    """The space of the columns of a matrix (n, p), asked about single columns (n,)."""

    def __init__(self, matrix: np.ndarray) -> None:
        n, p = matrix.shape
        size = max(SAMPLE, 4 * p)
        self._matrix = matrix
        self._rows = np.arange(n) if n <= size else np.random.default_rng(0).integers(0, n, size)
        part = matrix[self._rows]
        norms = np.linalg.norm(part, axis=0)
        self._scale = np.where(norms > 0, norms, 1.0)
        self._q, self._r = np.linalg.qr(part / self._scale)

    def may_hold(self, column: np.ndarray) -> bool:
        """False only if the column lies outside the space."""
        part = column[self._rows]
        rest = part - self._q @ (self._q.T @ part)
        return _is_nothing(rest, part)

    def weights(self, column: np.ndarray) -> np.ndarray | None:
        """(p,) how the columns, each at length 1, make up this one; None if they do not."""
        if not self.may_hold(column):
            return None
        weights = np.linalg.lstsq(self._r, self._q.T @ column[self._rows], rcond=None)[0]
        rest = column - self._matrix @ (weights / self._scale)
        return weights if _is_nothing(rest, column) else None


def _is_nothing(rest: np.ndarray, whole: np.ndarray) -> bool:
    return bool(np.linalg.norm(rest) <= TOLERANCE * np.linalg.norm(whole))


def span_lints(parameter: str, design: ParameterDesign) -> Iterator[Finding]:
    """Findings about the groups of one linear predictor beside its population part."""
    groups = [group for group in design.groups.values() if not group.is_membership]
    population = pd.concat([design.fixed, design.specific], axis=1)
    matrix = population.to_numpy(dtype=np.float64)
    if not groups or matrix.shape[1] > WIDEST or not np.all(np.isfinite(matrix)):
        return
    space = ColumnSpace(matrix)
    said = of_parameter(parameter)
    for group in groups:
        if 1 < len(group.levels) <= matrix.shape[1]:
            yield from _explained(space, list(population.columns), group, said)
    yield from _without_mean(space, groups, said)


def _explained(space: ColumnSpace, names: list[str], group: GroupDesign, said: str) -> Iterator[Finding]:
    """`y ~ g + (1 | g)`: population coefficients that leave the group effects nothing to explain.

    A random effect for each level stands for all that the effects could say. A number on both sides,
    `year + (1 | year)`, is a trend with deviations from it and is left alone, as is a factor of which g is
    a finer division, `treatment + (1 | subject)`.
    """
    draws = np.random.default_rng(1).standard_normal(len(group.levels))[group.index]
    explained: list[str] = []
    used = np.zeros(len(names), dtype=bool)
    for place, coef in enumerate(group.coefs):
        weights = space.weights(draws * group.z[:, place])
        if weights is not None:
            explained.append(coef)
            used |= np.abs(weights) > 1e-6 * float(np.max(np.abs(weights)))
    if not explained:
        return
    by = [name for name, is_used in zip(names, used.tolist(), strict=True) if is_used and name != "Intercept"]
    what = "intercepts" if explained == ["Intercept"] else f"effects {listing(explained, 3)}"
    yield found(
        "group-in-population",
        f"{said}the {what} of '{group.label}' have nothing left to explain: the population part has "
        f"coefficients for all its levels ({listing(by, 4)}). Keep one of the two: those, for these levels "
        f"by themselves, or the group term, for levels that vary around a mean",
    )


def _without_mean(space: ColumnSpace, groups: list[GroupDesign], said: str) -> Iterator[Finding]:
    """`y ~ 1 + (x | g)`: slopes that vary around 0, which is rarely meant and never wrong to know.

    Silent where the population part has the column in any spelling: poly(x, 2) or f:x for x.
    """
    lonely: dict[str, list[str]] = {}
    for group in groups:
        for place, coef in enumerate(group.coefs):
            if not space.may_hold(group.z[:, place]):
                lonely.setdefault(coef, []).append(group.label)
    together: dict[tuple[str, ...], list[str]] = {}
    for coef, labels in lonely.items():
        together.setdefault(tuple(labels), []).append(coef)
    for labels, coefs in together.items():
        over = listing(labels, 3)
        if coefs == ["Intercept"]:
            message = f"intercepts vary over {over} around 0: the population part has none; write 1 + there"
        else:
            one = len(coefs) == 1
            message = (
                f"{listing(coefs, 4)} {'varies' if one else 'vary'} over {over} and {'is' if one else 'are'} "
                f"not in the population part, so that {'its' if one else 'their'} mean over the levels is 0; "
                f"to estimate it, add {'it' if one else 'them'} there, as in x + (x | g)"
            )
        yield found("slope-without-mean", said + message)
