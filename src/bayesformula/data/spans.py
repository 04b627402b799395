"""Lints that compare group terms with the population part: what one can say for the other.

Both ask whether a column lies in the space of the population columns, whatever they are called: `g`,
`factor(g_code)` and `poly(g, 5)` for six values of g say the same. Most is decided on a sample of rows;
what lies outside the space there lies outside it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bayesformula.data.encoded import Encoded, beside, held
from bayesformula.data.findings import Finding, found, of_parameter
from bayesformula.data.values import GroupDesign, ParameterDesign
from bayesformula.errors import listing

SAMPLE = 2000
WIDEST = 500
"""With more population columns the comparison would cost more than it tells."""
TOLERANCE = 1e-8


class ColumnSpace:
    """The space of the columns of a matrix (n, p), asked about single columns (n,)."""

    def __init__(self, matrix: Encoded, p: int) -> None:
        n = matrix.n_rows
        size = max(SAMPLE, 4 * p)
        self._matrix = matrix
        self._rows = np.arange(n) if n <= size else np.random.default_rng(0).integers(0, n, size)
        part = matrix.make(self._rows)
        norms = np.linalg.norm(part, axis=0)
        self._scale = np.where(norms > 0, norms, 1.0)
        self._q, self._r = np.linalg.qr(part / self._scale)

    def may_hold(self, column: Encoded) -> bool:
        """False only if the column lies outside the space."""
        part = column.make(self._rows)
        rest = part - self._q @ (self._q.T @ part)
        return _is_nothing(float(np.linalg.norm(rest)), float(np.linalg.norm(part)))

    def weights(self, column: Encoded) -> np.ndarray | None:
        """(p,) how the columns, each at length 1, make up this one; None if they do not."""
        if not self.may_hold(column):
            return None
        weights = np.linalg.lstsq(self._r, self._q.T @ column.make(self._rows), rcond=None)[0]
        rest = whole = 0.0
        for values, part in zip(column.chunks(), self._matrix.chunks(), strict=True):
            rest = np.hypot(rest, np.linalg.norm(values - part @ (weights / self._scale)))
            whole = np.hypot(whole, np.linalg.norm(values))
        return weights if _is_nothing(float(rest), float(whole)) else None


def _is_nothing(rest: float, whole: float) -> bool:
    return rest <= TOLERANCE * whole


def span_lints(parameter: str, design: ParameterDesign) -> Iterator[Finding]:
    """Findings about the groups of one linear predictor beside its population part."""
    groups = [group for group in design.groups.values() if not group.is_membership]
    names = [*design.population.names, *design.cs.names]
    parts = [columns.values for columns in (design.population, design.cs) if columns.names]
    matrix = beside(parts) if parts else held(np.zeros((len(groups[0].index) if groups else 0, 0)))
    if not groups or len(names) > WIDEST or not matrix.are_finite:
        return
    space = ColumnSpace(matrix, len(names))
    said = of_parameter(parameter)
    for group in groups:
        if 1 < len(group.levels) <= len(names):
            yield from _explained(space, names, group, said)
    yield from _without_mean(space, groups, said)


def _explained(space: ColumnSpace, names: list[str], group: GroupDesign, said: str) -> Iterator[Finding]:
    """`y ~ g + (1 | g)`: population coefficients that leave the group effects nothing to explain.

    A random effect for each level stands for all that the effects could say. A number on both sides,
    `year + (1 | year)`, is a trend with deviations from it and is left alone, as is a factor of which g is
    a finer division, `treatment + (1 | subject)`.
    """
    draws = np.random.default_rng(1).standard_normal(len(group.levels))
    explained: list[str] = []
    used = np.zeros(len(names), dtype=bool)
    for place, coef in enumerate(group.coefs):
        weights = space.weights(_effect(group, place, draws))
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


def _effect(group: GroupDesign, place: int, by_level: np.ndarray | None = None) -> Encoded:
    """(n,) one column of a group, each row multiplied with a number of its level."""
    if by_level is None:
        return Encoded(len(group.index), lambda at: group.values.make(at)[:, place])
    return Encoded(len(group.index), lambda at: by_level[group.index[at]] * group.values.make(at)[:, place])


def _without_mean(space: ColumnSpace, groups: list[GroupDesign], said: str) -> Iterator[Finding]:
    """`y ~ 1 + (x | g)`: slopes that vary around 0, which is rarely meant and never wrong to know.

    Silent where the population part has the column in any spelling: poly(x, 2) or f:x for x.
    """
    lonely: dict[str, list[str]] = {}
    for group in groups:
        for place, coef in enumerate(group.coefs):
            if not space.may_hold(_effect(group, place)):
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
