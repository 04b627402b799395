"""The static part of a prior, apart from its numbers: what a compiled program depends on.

A kind is the name of a distribution, then `>`, `<` or `[]` when it is truncated below, above or on both
sides. The bounds themselves are numbers, so that two fits that differ in them share a program.
"""

from __future__ import annotations

import math

from bayesformula.priors import NONE, Prior

N_ARGUMENTS = 5
"""Numbers kept for each prior: three arguments, the lower and the upper bound, padded with zeros.

The five of a horseshoe fill all places: joint priors have no bounds.
"""

REAL = frozenset({"normal", "student_t", "cauchy", "laplace", "logistic", "flat"})
ABOVE, BELOW, BETWEEN = ">", "<", "[]"
INTERVAL = frozenset({"uniform", "beta"})


def kind_of(prior: Prior) -> str:
    """The static part of a prior: its distribution, and on which sides it is truncated."""
    name, arguments = prior.distribution, prior.arguments
    if prior.lower is None and prior.upper is None:
        return name
    if prior.lower is None:
        return f"{name}{BELOW}"
    if prior.upper is not None:
        return f"{name}{BETWEEN}"
    if prior.lower == 0.0 and name in {"normal", "cauchy"} and arguments[0] == 0:
        return f"half_{name}"
    if prior.lower == 0.0 and name == "student_t" and arguments[1] == 0:
        return "half_student_t"
    return f"{name}{ABOVE}"


def split(kind: str) -> tuple[str, str]:
    """The distribution of a kind, and how it is truncated: "", ">", "<" or "[]"."""
    for side in (ABOVE, BELOW, BETWEEN):
        if kind.endswith(side):
            return kind.removesuffix(side), side
    return kind, ""


LIGHT_BELOW = frozenset({"lognormal", "inv_gamma"})
"""Whose density vanishes at 0 faster than any power."""
HEAVY_ABOVE = frozenset(
    {
        "inv_gamma",
        "half_student_t",
        "half_cauchy",
        *(f"{name}{ABOVE}" for name in ("student_t", "cauchy", "flat")),
    }
)
"""Whose density falls as a power."""


def has_long_tail(kind: str, side: int) -> bool:
    """Whether the sampler moves the log of such a parameter, and its prior falls there as an exponential.

    Args:
        kind: of the prior.
        side: of the log, -1 towards minus infinity, 1 towards infinity.
    """
    name, bounds = split(kind)
    is_log = bounds == ABOVE or (not bounds and name not in REAL and name not in INTERVAL)
    return is_log and (name not in LIGHT_BELOW if side < 0 else kind in HEAVY_ABOVE)


def arguments_of(prior: Prior, n_rows: int = 0) -> list[float]:
    """The N_ARGUMENTS numbers of a prior, in the order that `sites.distribution` reads them.

    `n_rows` is that of the data: the `par_ratio` of a horseshoe is relative to it.
    """
    values = list(prior.arguments)
    if prior.distribution == "horseshoe":
        *values, par_ratio = values
        if par_ratio != NONE:
            assert n_rows > 0, "par_ratio needs the number of rows"
            values[1] = par_ratio / math.sqrt(n_rows)
        return values
    kind = kind_of(prior)
    if kind != prior.distribution and kind in {"half_normal", "half_cauchy"}:
        values = values[1:]
    if kind == "half_student_t" and prior.distribution == "student_t":
        values = [values[0], values[2]]
    values += [0.0] * (N_ARGUMENTS - 2 - len(values))
    return [*values, prior.lower or 0.0, prior.upper or 0.0]
