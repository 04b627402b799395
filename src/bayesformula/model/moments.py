"""What the default priors need to know of the data: locations and spreads of predictors and columns.

Of the rows with weight, all alike: a prior should not depend on how much a row counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bayesformula.data.shared_groups import SharedGroup
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
        columns=tuple(_scales(parameters[p.parameter], used) for p in predictors),
        specific=_column_scales(list(map(str, mu.specific.columns)), np.asarray(mu.specific), used),
        groups=tuple(
            tuple(map(_scale, group.design.coefs, _shift_free(group, used).T)) for group in groups.values()
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


def _shift_free(group: SharedGroup, used: np.ndarray) -> np.ndarray:
    """(n, q) columns of a group, less what a shift does where weights of `mm()` do not add up to 1."""
    columns = group.design.columns[used]
    if not group.design.is_membership or "Intercept" not in group.design.coefs:
        return columns
    at = group.design.coefs.index("Intercept")
    total = columns[:, at]
    if not np.any(total) or np.allclose(total, 1.0, rtol=1e-12):
        return columns
    mean = columns.mean(axis=0) / total.mean()
    mean[at] = 0.0
    return columns - total[:, None] * mean


def _scales(design: ParameterDesign, used: np.ndarray) -> tuple[Scale, ...]:
    return _column_scales(list(map(str, design.fixed.columns)), np.asarray(design.fixed), used)


def _column_scales(names: Sequence[str], columns: np.ndarray, used: np.ndarray) -> tuple[Scale, ...]:
    if not names:
        return ()
    values = np.asarray(columns, dtype=np.float64)[used]
    return tuple(_scale(name, values[:, i]) for i, name in enumerate(names))


def _scale(name: str, column: np.ndarray) -> Scale:
    """Sd of a column, its range when it has two values, its size when it has one."""
    if name == "Intercept" or name.endswith("_Intercept") or not len(column):
        return INTERCEPT_SCALE
    low, high = float(np.min(column)), float(np.max(column))
    if low == high:
        return Scale(abs(low), "size") if low else INTERCEPT_SCALE
    if bool(np.all((column == low) | (column == high))):
        return Scale(high - low, "range")
    return Scale(float(np.std(column, ddof=1)), "sd")
