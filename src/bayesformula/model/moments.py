"""What the default priors need to know of the data: location and spread of each predictor, spreads of columns.

Of the rows with weight, all alike: a prior should not depend on how much a row counts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bayesformula.data.shared_groups import SharedGroup
from bayesformula.data.values import Design, ParameterDesign
from bayesformula.families import Family
from bayesformula.model.scales import RELATIVE, linked, slope
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
class Location:
    """Where a linear predictor lies and how far it spreads, on the scale of its link.

    Attributes:
        mean, mean_name: the centre, and what it is in a reason: `mean(y)`, `log(mean(y))`, `0`.
        sd, sd_name: the spread, and likewise: `sd(y)`, or "" where it is 1 on the scale of a link.
    """

    mean: float
    mean_name: str
    sd: float
    sd_name: str


@dataclass(frozen=True, slots=True)
class Moments:
    """What the default priors need to know of the data.

    Attributes:
        response: the quantity that spreads, in reasons: `y`, `y - offset`, `log(y)`.
        mean, sd: of that quantity; sd with n - 1, and 1 where it does not vary.
        y_mean, least: mean and least value of the response itself.
        y_name: what the response is called in reasons.
        locations: of each predictor.
        columns: per predictor the spread of each population column.
        specific: spread of each column of `cs()`.
        groups: per group the spread of each of its columns.
    """

    response: str
    mean: float
    sd: float
    y_mean: float
    least: float
    y_name: str
    locations: tuple[Location, ...]
    columns: tuple[tuple[Scale, ...], ...]
    specific: tuple[Scale, ...]
    groups: tuple[tuple[Scale, ...], ...]


LOGGED = frozenset({"lognormal", "shifted_lognormal"})
"""Families whose mu and sigma are those of the logarithm."""

CENTRES = {"nu": 2.7, "ndt": math.nan, "sigma": math.nan, "beta": math.nan}
"""Centres of intercepts of parameters other than mu on their links' scale, 0 where none is given; NaN is
told by the data. That of nu is at 16 degrees of freedom."""


def measure(
    design: Design,
    family: Family,
    predictors: tuple[PredictorSpec, ...],
    parameters: Mapping[str, ParameterDesign],
    groups: Mapping[str, SharedGroup],
    response_label: str,
) -> Moments:
    """The moments from which the default priors are made."""
    assert design.y is not None, "a model is built on data with a response"
    used = np.ones(len(design.y), bool) if design.weights is None else design.weights > 0
    if not np.any(used):
        used[:] = True
    mu = parameters[predictors[0].parameter]
    offset = None if mu.offset is None else mu.offset[used]
    y, y_name = _response(design, family, used, response_label)
    values, name = _spreading(y, y_name, family, predictors[0].link, offset)
    sd = _sd(values) if y.ndim == 1 else 1.0
    base = Moments(
        response=name,
        mean=float(np.mean(values)) if len(values) else 0.0,
        sd=sd if sd > 0 else 1.0,
        y_mean=float(np.mean(y)) if y.size else 0.0,
        least=float(np.min(y)) if y.size else 0.0,
        y_name=y_name,
        locations=(),
        columns=tuple(_scales(parameters[p.parameter], used) for p in predictors),
        specific=_column_scales(list(map(str, mu.specific.columns)), np.asarray(mu.specific), used),
        groups=tuple(
            tuple(map(_scale, group.design.coefs, _shift_free(group, used).T)) for group in groups.values()
        ),
    )
    locations = tuple(
        _mu_location(family, p, base, parameters[p.parameter].offset, used)
        if p.parameter.startswith("mu")
        else _other_location(p, base)
        for p in predictors
    )
    return replace(base, locations=locations)


def _response(design: Design, family: Family, used: np.ndarray, label: str) -> tuple[np.ndarray, str]:
    """The response as a mean is taken of it: successes by trials, counts by exposure."""
    assert design.y is not None
    y = design.y[used]
    for extra in ("trials", "rate"):
        if extra in design.extras and y.ndim == 1:
            y = y / np.maximum(design.extras[extra][used], 1e-300)
            label = f"{label} / {extra}"
    if family.wrapper and np.any(y > 0):
        return y[y > 0], f"{label} above 0"
    return y, label


def _spreading(
    y: np.ndarray, name: str, family: Family, link: str, offset: np.ndarray | None
) -> tuple[np.ndarray, str]:
    """What s_y is the sd of: the response, its logarithm for lognormal kinds, less the offset."""
    if family.base in LOGGED:
        shift = 0.5 * float(np.min(y)) if family.base == "shifted_lognormal" and y.size else 0.0
        y, name = np.log(np.maximum(y - shift, 1e-300)), f"log({name})" if not shift else f"log({name} - ndt)"
    if offset is None or link != "identity" or len(offset) != len(y):
        return y, name
    return y - offset, f"{name} - offset"


def _mu_location(
    family: Family, predictor: PredictorSpec, base: Moments, offset: np.ndarray | None, used: np.ndarray
) -> Location:
    link = predictor.link
    if family.support in ("ordered", "category", "matrix", "angle"):
        return Location(0.0, "0", 1.0, "")
    if link == "identity" and family.support_of("mu") != "unit":
        return Location(base.mean, f"mean({base.response})", base.sd, f"sd({base.response})")
    value = base.y_mean if family.base not in LOGGED else base.mean
    name = f"{link}(mean({base.y_name}))"
    if link in RELATIVE or link == "identity":
        spread, spread_name = 1.0, ""
        centre = linked(link, value)
    else:  # a link that keeps units: the spread of the response as the link sees it
        value = value if value > 0 else base.sd
        spread, centre = base.sd * slope(link, value), linked(link, value)
        spread_name = f"sd({base.response}) on the scale of {link}"
    if offset is not None:
        centre, name = centre - float(np.mean(offset[used])), f"{name} - mean(offset)"
    return Location(centre, name, spread, spread_name)


def _other_location(predictor: PredictorSpec, base: Moments) -> Location:
    """Of a parameter that is no mean, on the scale of its link."""
    name, link = predictor.parameter, predictor.link
    if name in ("sigma", "beta"):
        if link == "identity":
            return Location(base.sd, f"sd({base.response})", base.sd, f"sd({base.response})")
        return Location(linked(link, base.sd), f"{link}(sd({base.response}))", 1.0, "")
    if name == "ndt":
        value = 0.5 * base.least
        return Location(linked(link, value), f"{link}(min({base.y_name}) / 2)", 1.0, "")
    return Location(CENTRES.get(name, 0.0), f"{CENTRES.get(name, 0.0):g}", 1.0, "")


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
    return Scale(_sd(column), "sd")


def _sd(values: np.ndarray) -> float:
    return float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
