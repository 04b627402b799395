"""Links of numbers, and which natural size each parameter of a family has: for default priors and starts."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist

import numpy as np

FAR = 1e-12
"""How far from the ends of its range a number is kept before it is linked, in units of the range."""

LEAST = 1e-100
"""The same above an end where there is no other."""

_probit = NormalDist().inv_cdf
FORWARD: dict[str, Callable[[float], float]] = {
    "identity": lambda m: m,
    "log": math.log,
    "logit": lambda m: math.log(m / (1 - m)),
    "probit": _probit,
    "cloglog": lambda m: math.log(-math.log1p(-m)),
    "cauchit": lambda m: math.tan(math.pi * (m - 0.5)),
    "inverse": lambda m: 1 / (m or LEAST),
    "inverse_squared": lambda m: m**-2,
    "sqrt": math.sqrt,
    "softplus": lambda m: m + math.log(-math.expm1(-m)),
    "logm1": lambda m: math.log(m - 1),
    "logitm1": lambda m: math.log((m - 1) / (2 - m)),
    "tan_half": lambda m: math.tan(m / 2),
}
"""Links as functions of one number inside their range."""

RANGES: dict[str, tuple[float, float]] = {
    "log": (0, math.inf),
    "inverse_squared": (0, math.inf),
    "sqrt": (0, math.inf),
    "softplus": (0, math.inf),
    "logm1": (1, math.inf),
    "logitm1": (1, 2),
    "logit": (0, 1),
    "probit": (0, 1),
    "cloglog": (0, 1),
    "cauchit": (0, 1),
    "tan_half": (-math.pi, math.pi),
}
"""Open ranges of the values that a link takes; all numbers where it is not listed."""

RELATIVE = frozenset({"log", "logit", "probit", "cloglog", "cauchit", "logm1", "logitm1", "tan_half"})
"""Links on whose scale a difference of 1 is large whatever the units of the response."""


def linked(link: str, value: float) -> float:
    """The link of a number, which is moved inside the link's range first.

    >>> linked("log", 1.0), linked("logit", 0.5)
    (0.0, 0.0)
    """
    low, high = RANGES.get(link, (-math.inf, math.inf))
    if math.isfinite(high):
        gap = FAR * (high - low)
        value = min(max(value, low + gap), high - gap)
    elif math.isfinite(low):
        value = max(value, low + LEAST)
    return FORWARD[link](value)


def linked_array(link: str, values: np.ndarray) -> np.ndarray:
    """The link of many numbers, each number once."""
    if link == "identity":
        return values
    unique, places = np.unique(values, return_inverse=True)
    return np.array([linked(link, value) for value in unique.tolist()])[places].reshape(values.shape)


def slope(link: str, value: float) -> float:
    """|dg/dm| of a link at a value: how a spread of the response looks on the link's scale."""
    match link:
        case "identity":
            return 1.0
        case "inverse":
            return value**-2
        case "inverse_squared":
            return 2 * abs(value) ** -3
        case "sqrt":
            return 0.5 / math.sqrt(value)
        case _:
            raise AssertionError(f"the scale of link {link} does not depend on the response")
