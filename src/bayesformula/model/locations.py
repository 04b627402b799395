"""Where each linear predictor lies and how far it spreads, on the scale of its link."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bayesformula.families import Family
from bayesformula.model.response_moments import LOGGED, ResponseMoments
from bayesformula.model.scales import RELATIVE, linked, slope
from bayesformula.model.spec import PredictorSpec


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


def mu_location(family: Family, link: str, response: ResponseMoments, offset: np.ndarray | None) -> Location:
    """Of mu; `offset` is its own, in the rows with weight."""
    if family.support in ("ordered", "category", "matrix", "angle"):
        return Location(0.0, "0", 1.0, "")
    if link == "identity":
        return Location(response.mean, response.mean_name, response.sd, f"sd({response.name})")
    value, value_name = response.level, response.level_name
    if family.base in LOGGED:
        value, value_name = response.mean, response.mean_name
    if value == 0 or (value < 0 and link != "inverse"):  # a mean that no such link gives
        value, value_name = response.sd, f"sd({response.name})"
    spread, spread_name = _spread(link, value, response)
    if offset is None:
        return Location(linked(link, value), f"{link}({value_name})", spread, spread_name)
    if link == "log":  # sum(y) = sum(mu exp(offset)), as if the offset were an exposure
        most = float(np.max(offset))
        centre = linked(link, value) - most - math.log(float(np.mean(np.exp(offset - most))))
        return Location(centre, f"log({value_name} / mean(exp(offset)))", spread, spread_name)
    centre = linked(link, value) - float(np.mean(offset))
    return Location(centre, f"{link}({value_name}) - mean(offset)", spread, spread_name)


def _spread(link: str, value: float, response: ResponseMoments) -> tuple[float, str]:
    if link in RELATIVE:
        return 1.0, ""
    if link == "softplus":  # a log link for small means, the identity for large ones
        return (response.sd, f"sd({response.name})") if response.sd > 1 else (1.0, "")
    return response.sd * slope(link, value), f"sd({response.name}) on the scale of {link}"


def other_location(
    family: Family, predictor: PredictorSpec, response: ResponseMoments, offset: np.ndarray | None
) -> Location:
    """Of a parameter that is no mean: around its natural size, a usual number or one that the data tell."""
    link = predictor.link
    value, name = natural_size(family, predictor.parameter, response)
    centre = linked(link, value)
    mean_name = f"{link}({name})" if name and link != "identity" else name or f"{round(centre, 2):g}"
    spread, spread_name = 1.0, ""
    if name and (link == "identity" or (link == "softplus" and value > 1)):
        spread, spread_name = value, name
    if offset is not None:
        centre, mean_name = centre - float(np.mean(offset)), f"{mean_name} - mean(offset)"
    return Location(centre, mean_name, spread, spread_name)


USUAL = {"positive": 1.0, "above one": 1.0 + math.exp(2.7), "unit": 0.5, "power": 1.5}
"""Natural sizes of parameters without units, 0 where none is given: 16 degrees of freedom, say."""


def natural_size(family: Family, name: str, response: ResponseMoments) -> tuple[float, str]:
    """Roughly how large a parameter is, and what of the data tells it; "" where it has no units."""
    y = response.y_name
    match name, family.base:
        case ("sigma", _) | ("beta", "exgaussian"):
            return response.sd, f"sd({response.name})"
        case "ndt", _:
            return 0.5 * response.least, f"min({y}) / 2"
        case "shape", "inverse_gaussian":  # var = mu^3 / shape: of the response's units
            return response.level, response.level_name
        case "phi", "tweedie":  # var = phi mu^power, at the middle of the powers
            return response.sd**2 / response.level**1.5, f"var({response.name}) / mean({y})^1.5"
        case _:
            return USUAL.get(family.support_of(name), 0.0), ""
