"""What the default priors need to know of the data: locations and spreads of predictors and columns.

Of the rows with weight, all alike: a prior should not depend on how much a row counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bayesformula.data.shared_groups import SharedGroup
from bayesformula.data.spread import Spread, column_spread
from bayesformula.data.values import Design, ParameterDesign
from bayesformula.families import Family
from bayesformula.model.locations import Location, mu_location, other_location
from bayesformula.model.response_moments import ResponseMoments, response_moments
from bayesformula.model.spec import PredictorSpec


@dataclass(frozen=True, slots=True)
class Scale:
    """The spread of one column: `how` is "sd", "range" (two values), "size" (one value) or "one"."""

    value: float
    how: str = "sd"

    def over(self, column: str) -> str:
        """` / sd(x)`, for a reason; nothing for an intercept."""
        return "" if self.how == "one" else f" / {self.how}({column})"


INTERCEPT_SCALE = Scale(1.0, "one")


@dataclass(frozen=True, slots=True)
class Moments:
    """What the default priors need to know of the data.

    Attributes:
        response: mean, spread and least value of the response.
        locations: of each predictor.
        columns: per predictor the spread of each population column.
        specific: spread of each column of `cs()`.
        groups: per group the spread of each of its columns.
    """

    response: ResponseMoments
    locations: tuple[Location, ...]
    columns: tuple[tuple[Scale, ...], ...]
    specific: tuple[Scale, ...]
    groups: tuple[tuple[Scale, ...], ...]


def measure(
    design: Design,
    family: Family,
    predictors: tuple[PredictorSpec, ...],
    parameters: Mapping[str, ParameterDesign],
    groups: Mapping[str, SharedGroup],
    response_label: str,
) -> Moments:
    """The moments from which the default priors are made."""
    used = np.ones(design.n_rows, bool) if design.weights is None else design.weights > 0
    if not np.any(used):
        used[:] = True
    first = predictors[0]
    mu = parameters[first.parameter]
    response = response_moments(design, family, first.link, used, mu.offset, response_label)
    return Moments(
        response=response,
        locations=tuple(
            _location(family, predictor, response, parameters[predictor.parameter].offset, used)
            for predictor in predictors
        ),
        columns=tuple(
            _scales(columns.names, columns.values.chunks(), used)
            for columns in (parameters[p.parameter].population for p in predictors)
        ),
        specific=_scales(mu.cs.names, mu.cs.values.chunks(), used),
        groups=tuple(
            _scales(group.design.coefs, _shift_free(group, used), used) for group in groups.values()
        ),
    )


def _location(
    family: Family,
    predictor: PredictorSpec,
    response: ResponseMoments,
    offset: np.ndarray | None,
    used: np.ndarray,
) -> Location:
    offset = None if offset is None else offset[used]
    if predictor.parameter.startswith("mu"):
        return mu_location(family, predictor.link, response, offset)
    return other_location(family, predictor, response, offset)


# ---- columns -----------------------------------------------------------------------------------------


def _shift_free(group: SharedGroup, used: np.ndarray) -> Iterator[np.ndarray]:
    """(rows, q) columns of a group, less what a shift does where weights of `mm()` do not add up to 1."""
    design = group.design
    at = design.coefs.index("Intercept") if "Intercept" in design.coefs else None
    if not design.is_membership or at is None:
        yield from design.column_chunks()
        return
    sums, are_shares = np.zeros(len(design.coefs)), True
    for columns in _used_only(design.column_chunks(), used):
        sums += columns.sum(axis=0)
        are_shares = are_shares and bool(np.allclose(columns[:, at], 1.0, rtol=1e-12))
    shift = np.zeros(len(design.coefs)) if are_shares or not sums[at] else sums / sums[at]
    shift[at] = 0.0
    for columns in design.column_chunks():
        yield columns - columns[:, at, None] * shift


def _used_only(chunks: Iterable[np.ndarray], used: np.ndarray) -> Iterator[np.ndarray]:
    """The rows that count, a chunk at a time."""
    start = 0
    for chunk in chunks:
        counts = used[start : start + len(chunk)]
        start += len(chunk)
        yield chunk if counts.all() else chunk[counts]


def _scales(names: Sequence[str], chunks: Iterable[np.ndarray], used: np.ndarray) -> tuple[Scale, ...]:
    """Of columns that come in chunks of rows."""
    if not names:
        return ()
    spread = column_spread(_used_only(chunks, used), len(names))
    return tuple(_scale(name, spread, place) for place, name in enumerate(names))


def _scale(name: str, spread: Spread, place: int) -> Scale:
    """Sd of a column, its range when it has two values, its size when it has one."""
    if name == "Intercept" or name.endswith("_Intercept") or not spread.n:
        return INTERCEPT_SCALE
    low, high = float(spread.low[place]), float(spread.high[place])
    if low == high:
        return Scale(abs(low), "size") if low else INTERCEPT_SCALE
    if spread.has_two[place]:
        return Scale(high - low, "range")
    return Scale(float(spread.sd_of_sample[place]), "sd")
