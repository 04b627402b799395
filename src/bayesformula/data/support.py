"""Which responses a family takes: a response outside its support is named with its first rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from bayesformula.data.columns import first_rows
from bayesformula.data.findings import Finding, found
from bayesformula.data.learnt import ResponseSchema
from bayesformula.data.values import Design
from bayesformula.family_names import KNOWN, SUPPORTS

ENDS = 1e-12
"""An angle of pi may be off by rounding."""


def _whole(y: np.ndarray) -> np.ndarray:
    return y == np.round(y)


LEGAL: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "positive": lambda y: y > 0,
    "nonnegative": lambda y: y >= 0,
    "unit": lambda y: (y > 0) & (y < 1),
    "half-open unit": lambda y: (y >= 0) & (y < 1),
    "closed unit": lambda y: (y >= 0) & (y <= 1),
    "count": lambda y: (y >= 0) & _whole(y),
    "trials": lambda y: (y >= 0) & _whole(y),
    "binary": lambda y: (y == 0) | (y == 1),
    "ordered": lambda y: (y >= 0) & _whole(y),
    "category": _whole,
    "angle": lambda y: np.abs(y) <= np.pi * (1 + ENDS),
}
"""For each support, which numbers lie in it; any does where it is not listed."""


def check_support(
    family: str,
    y: np.ndarray,
    trials: np.ndarray | None,
    label: str,
    *,
    levels: Sequence[str] = (),
    is_ordered: bool = False,
    rows: np.ndarray | None = None,
) -> str:
    """Why a response cannot be of a family; empty where it can.

    Args:
        family: a name of `KNOWN`, of this version or not.
        y: (n,) the response, codes where it has levels.
        trials: (n,) or None.
        label: the response as written.
        levels: of a response that is no number.
        is_ordered: whether the levels have a declared order.
        rows: (n,) positions of the rows in the user's frame; 0, 1, ... when not given.

    Returns:
        One message: what is wrong, in which rows, and which families such values have.

    >>> check_support("poisson", np.array([0.0, 2.0]), None, "y")
    ''
    >>> print(check_support("beta", np.array([0.2, 1.5]), None, "y").splitlines()[1])
      Values like these are modelled by 'gamma', 'lognormal' or 'gaussian'.
    """
    record = KNOWN.get(family)
    if record is None or record.support not in LEGAL:
        return ""
    support, words = record.support, SUPPORTS[record.support]
    where = np.arange(len(y)) if rows is None else rows
    if levels and not _takes_levels(support, levels, trials, is_ordered=is_ordered):
        return _of_levels(family, words, label, levels, is_ordered=is_ordered)
    if levels:
        return ""
    if support == "trials" and trials is None:
        return _without_trials(family, y, label, where)
    return _outside(family, support, y, label, where)


def outside_support(family: str | None, response: ResponseSchema, design: Design) -> tuple[Finding, ...]:
    """The finding that a response is outside the support of the family that was asked for."""
    if family is None or design.y is None:
        return ()
    fault = check_support(
        family,
        design.y,
        design.extras.get("trials"),
        response.label,
        levels=response.levels,
        is_ordered=response.kind == "ordered",
        rows=design.rows,
    )
    return (found("outside-support", fault),) if fault else ()


def _outside(family: str, support: str, y: np.ndarray, label: str, rows: np.ndarray) -> str:
    """The message for numbers outside a support; empty where there are none."""
    outside = ~LEGAL[support](y)
    if not outside.any():
        return ""
    first = float(y[np.flatnonzero(outside)[0]])
    shown = "where it is" if int(outside.sum()) == 1 else "the first with"
    return (
        f"response '{label}' must be {SUPPORTS[support]}, for family '{family}'; not so in "
        f"{first_rows(rows[outside])}, {shown} {first:g}\n"
        f"  Values like these are modelled by {_choice(fitting_families(y))}."
    )


def _takes_levels(
    support: str, levels: Sequence[str], trials: np.ndarray | None, *, is_ordered: bool
) -> bool:
    """Whether a response with levels can be of this support.

    Two levels are 0 and 1, also to R's binomial; one is a constant, which is another finding.
    """
    match support:
        case "binary":
            return len(levels) <= 2
        case "trials":
            return len(levels) <= 2 and trials is None
        case "ordered":
            return is_ordered or len(levels) <= 2
        case _:
            return support in ("category", "real")  # text that is asked to be Gaussian: `resolve_family`


def _of_levels(family: str, words: str, label: str, levels: Sequence[str], *, is_ordered: bool) -> str:
    shown = ", ".join(f"'{level}'" for level in levels[:5]) + (", ..." if len(levels) > 5 else "")
    several = ["cumulative", "categorical"] if is_ordered else ["categorical"]
    return (
        f"response '{label}' must be {words}, for family '{family}', and it has the levels {shown}\n"
        f"  Such a response is modelled by {_choice(['bernoulli'] if len(levels) == 2 else several)}."
    )


def _without_trials(family: str, y: np.ndarray, label: str, rows: np.ndarray) -> str:
    """Successes need their trials, unless there is one a row."""
    if bool(np.all(LEGAL["binary"](y))):
        return ""
    if bool(np.all(LEGAL["closed unit"](y))):
        return (
            f"response '{label}' holds proportions, and family '{family}' takes counts of successes\n"
            "  Write successes | trials(n) ~ ..., or cbind(successes, failures) ~ ....\n"
            f"  Proportions without trials are modelled by {_choice(fitting_families(y))}."
        )
    if fault := _outside(family, "count", y, label, rows):
        return fault
    return (
        f"family '{family}' needs the number of trials of response '{label}'\n"
        f"  Write {label} | trials(n) ~ ..., or cbind({label}, failures) ~ ....\n"
        f"  Counts without an upper bound are modelled by {_choice(fitting_families(y))}."
    )


def fitting_families(y: np.ndarray) -> list[str]:
    """The usual families whose support holds all these numbers, the most particular first."""
    if bool(np.all(LEGAL["binary"](y))):
        return ["bernoulli"]
    if bool(np.all(LEGAL["count"](y))):
        return ["poisson", "negbinomial"]
    if bool(np.all(LEGAL["unit"](y))):
        return ["beta"]
    if bool(np.all(LEGAL["closed unit"](y))):
        return ["zero_one_inflated_beta"]
    if bool(np.all(LEGAL["positive"](y))):
        return ["gamma", "lognormal", "gaussian"]
    if bool(np.all(LEGAL["nonnegative"](y))):
        return ["hurdle_gamma", "hurdle_lognormal", "gaussian"]
    return ["gaussian", "student"]


def _choice(names: Sequence[str]) -> str:
    quoted = [f"'{name}'" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"
