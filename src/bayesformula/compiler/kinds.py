"""The static part of a prior, apart from its numbers: what a compiled program depends on."""

from __future__ import annotations

from bayesformula.priors import Prior

N_ARGUMENTS = 3
"""Numbers kept for each prior, padded with zeros."""

REAL = frozenset({"normal", "student_t", "cauchy", "laplace", "flat"})
ABOVE_ONE = ">1"
INTERVAL = frozenset({"uniform", "beta"})


def kind_of(prior: Prior) -> str:
    """The static part of a prior: its distribution, then `>0` or `>1` when truncated to what is above."""
    name, arguments = prior.distribution, prior.arguments
    if prior.lower == 1.0 and name != "uniform":
        return f"{name}{ABOVE_ONE}"
    if prior.lower is None or name not in REAL | {"uniform"}:
        return name
    if name == "uniform":  # truncating a uniform gives a uniform, see `arguments_of`
        return name
    if name in {"normal", "cauchy"} and arguments[0] == 0:
        return f"half_{name}"
    if name == "student_t" and arguments[1] == 0:
        return "half_student_t"
    return f"{name}>0"


def arguments_of(prior: Prior) -> list[float]:
    """The N_ARGUMENTS numbers of a prior, in the order that `sites.distribution` reads them."""
    values = list(prior.arguments)
    kind = kind_of(prior)
    if kind == "uniform" and prior.lower is not None:
        values[0] = max(values[0], prior.lower)
    if kind != prior.distribution and kind in {"half_normal", "half_cauchy"}:
        values = values[1:]
    if kind == "half_student_t" and prior.distribution == "student_t":
        values = [values[0], values[2]]
    return values + [0.0] * (N_ARGUMENTS - len(values))
