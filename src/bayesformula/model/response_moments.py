"""The response as default priors see it: its mean, spread and least value, in the rows that count."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bayesformula.data.values import Design
from bayesformula.families import Family

LOGGED = frozenset({"lognormal", "shifted_lognormal"})
"""Families whose mu and sigma are those of the logarithm."""

BETWEEN = "zero_one_inflated_beta"

EDGE = 0.5
"""So many responses (trials, units of exposure) are taken to differ where all are 0, or all are 1: the data
say that the mean is near the end of its range, and not how near."""


@dataclass(frozen=True, slots=True)
class ResponseMoments:
    """What the default priors need to know of the response.

    Attributes:
        name: the quantity that spreads, in reasons: `y`, `y - offset`, `log(y)`.
        mean, mean_name: of that quantity, and what it is called.
        sd: of that quantity, with n - 1; 1 where it does not vary.
        level, level_name: mean of the response itself, inside the range of its family; successes by trials
            and counts by exposure are pooled, so that rows of one trial each give the same.
        least: the least response.
        y_name: what the response is called in reasons; zeros that are a parameter's own are left out of it.
    """

    name: str
    mean: float
    mean_name: str
    sd: float
    level: float
    level_name: str
    least: float
    y_name: str


def response_moments(
    design: Design, family: Family, link: str, used: np.ndarray, offset: np.ndarray | None, label: str
) -> ResponseMoments:
    """The moments of a response.

    Args:
        design: of the data.
        family: of the response.
        link: of mu.
        used: (n,) rows with weight.
        offset: of mu, in all rows.
        label: the response as written.
    """
    assert design.y is not None, "a model is built on data with a response"
    if design.y.ndim > 1:  # counts of several categories: their predictors lie around 0
        return ResponseMoments(label, 0.0, "0", 1.0, 1.0, "1", 0.0, label)
    keep = used & tells_of_mu(family, design.y)
    y_name = label
    if family.wrapper:
        y_name = f"{label} above 0"
    elif family.base == BETWEEN:
        y_name = f"{label} between 0 and 1"
    y = design.y[keep]
    if not len(y):
        return _unseen(family)
    exposure, exposure_name = _exposure(design, keep)
    raw, level, level_name = _level(y, exposure, family, y_name, exposure_name)
    values, name = (y, y_name) if exposure is None else (y / exposure, f"{y_name} / {exposure_name}")
    least = float(np.min(y))
    if family.base in LOGGED:
        shift = 0.5 * least if family.base == "shifted_lognormal" else 0.0
        values, name = np.log(values - shift), f"log({name} - ndt)" if shift else f"log({name})"
    if offset is not None and link == "identity":
        values, name = values - offset[keep], f"{name} - offset"
    mean, mean_name, sd = float(np.mean(values)), f"mean({name})", _sd(values)
    if exposure is not None:
        mean, mean_name = level, level_name
    if level != raw:  # the sd of single counts, or of successes, of that mean
        mean, mean_name = level, level_name
        sd = math.sqrt(level * (1 - level) if family.support_of("mu") == "unit" else level)
    return ResponseMoments(name, mean, mean_name, sd, level, level_name, least, y_name)


def tells_of_mu(family: Family, y: np.ndarray) -> np.ndarray:
    """(n,) the responses that the mean is taken of: those that no other parameter tells apart.

    Zeros of a hurdle or of zero inflation, zeros and ones of `zero_one_inflated_beta` are left out.
    """
    if family.base == BETWEEN:
        return (y > 0) & (y < 1)
    return y > 0 if family.wrapper else np.ones(len(y), bool)


def _unseen(family: Family) -> ResponseMoments:
    """Of a response that is zero in all rows, where zeros are told apart: any usual number stands for it."""
    level = 0.5 if family.support_of("mu") == "unit" else 1.0
    mean = math.log(level) if family.base in LOGGED else level
    return ResponseMoments("1", mean, f"{mean:g}", 1.0, level, f"{level:g}", level, f"{level:g}")


def _exposure(design: Design, keep: np.ndarray) -> tuple[np.ndarray | None, str]:
    """What the responses are divided by before a mean means anything: trials, exposure."""
    for extra in ("trials", "rate"):
        values = design.extras.get(extra)
        if values is not None and np.any(values[keep] != 1):
            return np.maximum(values[keep], 1e-300), extra
    return None, ""


def _level(
    y: np.ndarray, exposure: np.ndarray | None, family: Family, y_name: str, exposure_name: str
) -> tuple[float, float, str]:
    """The mean of the response, and the same inside its range: half a response from an end where all lie."""
    total, of = float(len(y)), "rows"
    if exposure is not None:
        total, of = float(exposure.sum()), f"sum({exposure_name})"
    raw = float(y.sum()) / total
    if family.support not in ("real", "angle") and raw == 0:
        return raw, EDGE / total, f"{EDGE:g} / {of}"
    if family.support_of("mu") == "unit" and raw >= 1:
        return raw, 1.0 - EDGE / total, f"1 - {EDGE:g} / {of}"
    return raw, raw, f"mean({y_name})" if exposure is None else f"sum({y_name}) / {of}"


def _sd(values: np.ndarray) -> float:
    """With n - 1, and exactly 1 where all are one number."""
    varies = len(values) > 1 and float(np.min(values)) < float(np.max(values))
    return float(np.std(values, ddof=1)) if varies else 1.0
