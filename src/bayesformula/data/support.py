"""Which responses a family takes: a response outside its support is named with its first rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from bayesformula.data.columns import first_rows
from bayesformula.data.findings import Finding, found
from bayesformula.data.learnt import ResponseSchema
from bayesformula.data.values import Design
from bayesformula.family_choice import level_fault
from bayesformula.family_names import KNOWN, SUPPORTS
from bayesformula.family_table import FAMILIES, WRAPPED_SUPPORTS, WRAPPERS, compose

ENDS = 1e-12
"""An angle of pi may be off by rounding."""

FULL_CIRCLE = 360.0
"""Angles up to this may be degrees."""

PERCENT = 100.0
"""Proportions up to this may be percentages."""

FEW = 10
"""So many different whole numbers may be categories."""


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
    "ordered": _whole,
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
    >>> print(check_support("beta", np.array([0.2, 1.5]), None, "y").splitlines()[2])
      Values like these are modelled by 'gamma', 'lognormal' or 'gaussian'.
    """
    record = KNOWN.get(family)
    if record is None or record.support not in LEGAL or y.ndim > 1:  # a matrix: `categories.check_matrix`
        return ""
    support = record.support
    if trials is not None and len(trials) and not trials.any():
        return f"the trials of response '{label}' are 0 in all rows: there is nothing to explain"
    where = np.arange(len(y)) if rows is None else rows
    if levels:
        has_trials = trials is not None
        return level_fault(family, levels, label, is_ordered=is_ordered, has_trials=has_trials)
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


def support_findings(family: str | None, response: ResponseSchema, design: Design) -> tuple[Finding, ...]:
    """All that a family has to say of the response: outside its support, or inside and odd.

    Args:
        family: the canonical name of the one that was asked for, or None.
        response: learnt from the data.
        design: of the data.
    """
    outside = outside_support(family, response, design)
    if outside or family is None or design.y is None:
        return outside
    return tuple(_odd(family, response, design, design.y))


def _odd(family: str, response: ResponseSchema, design: Design, y: np.ndarray) -> Iterator[Finding]:
    """Responses that a family can have, and that leave one of its parameters to the prior."""
    record, label, trials = compose(family), response.label, design.extras.get("trials")
    if record is None:
        return
    if record.family.wrapper and bool(np.all(y != 0)):
        yield found(
            "no-zeros",
            f"response '{label}' has no zeros: the data say of {WRAPPERS[record.family.wrapper]} only that "
            f"it is small; family='{record.family.base}' is the same without it",
        )
    if family in ("zero_one_inflated_beta", "ordered_beta") and bool(np.all((y > 0) & (y < 1))):
        yield found(
            "no-zeros",
            f"response '{label}' is neither 0 nor 1 in any row: what makes it so is left to the priors; "
            "family='beta' is the same without it",
        )
    if trials is not None and y.ndim == 1 and np.ptp(y) > 0 and bool(np.all(y == trials)):
        yield found(
            "one-class",
            f"response '{label}' is all of its trials in every row: {_NO_FAILURES}",
        )
    if record.family.support == "trials" and trials is None:
        same = "" if record.family.wrapper or family == "beta_binomial" else ", as family='bernoulli' has it"
        yield found(
            "one-trial-a-row",
            f"response '{label}' has no trials(): one trial a row is taken{same}",
        )


_NO_FAILURES = (
    "there are no failures, and the data tell only that failures are rare; how rare rests on the prior of "
    "the intercept"
)
_SMALL = "the data tell only that the mean is small; how small rests on the prior of the intercept"
_NO_SUCCESSES = _NO_FAILURES.replace("failures", "successes")


def constant_message(family: str | None, response: ResponseSchema, design: Design, y: np.ndarray) -> str:
    """What is said of a response that is the same in all rows, and what then rests on the priors."""
    record = None if family is None else compose(family)
    shown = response.levels[int(y[0])] if response.levels else f"{y[0]:g}"
    rounded = ", but for rounding" if np.ptp(y) else ""
    what = f"response '{response.label}' is {shown} in all {len(y)} rows{rounded}"
    support = "" if record is None or record.family.wrapper else record.family.support
    if support in ("binary", "trials"):
        trials = design.extras.get("trials", np.ones(len(y)))
        if bool(np.all(y == 0)):
            return f"{what}: {_NO_SUCCESSES}"
        if bool(np.all(y == trials)):
            return f"{what}: {_NO_FAILURES}"
    if support == "count" and y[0] == 0:
        return f"{what}: {_SMALL}"
    return f"{what}: there is nothing to explain"


def _outside(family: str, support: str, y: np.ndarray, label: str, rows: np.ndarray) -> str:
    """The message for numbers outside a support; empty where there are none."""
    outside = ~LEGAL[support](y)
    if not outside.any():
        return ""
    first = float(y[np.flatnonzero(outside)[0]])
    shown = "where it is" if int(outside.sum()) == 1 else "the first with"
    return (
        f"response '{label}' must be {SUPPORTS[support]}, for family '{family}'\n"
        f"  Not so in {first_rows(rows[outside])}, {shown} {first:g}.\n"
        f"  {_remedy(family, support, y, label)}"
    )


def _remedy(family: str, support: str, y: np.ndarray, label: str) -> str:
    """What takes such values: another family, the same with its zeros apart, or the same of other numbers."""
    if support == "angle":
        return _turned(y, label)
    if support in ("ordered", "category"):
        return f"Categories are text, a category, or whole numbers; cut({label}, breaks) ~ x makes some."
    values = np.unique(y)
    if support == "binary" and len(values) == 2:
        return f"Write ({label} == {values[1]:g}) ~ x for the probability of {values[1]:g}."
    families = fitting_families(y)
    if support == "binary" and bool(np.all(_whole(y))) and len(values) <= FEW:
        families += ["cumulative", "categorical"]
    wider = WRAPPED_SUPPORTS.get(support, "")
    if support == "positive" and family in FAMILIES and bool(np.all(LEGAL[wider](y))):
        families = [f"hurdle_{family}", *(name for name in families if name != f"hurdle_{family}")]
    remedy = f"Values like these are modelled by {_choice(families)}."
    if "unit" in support and values[0] >= 0 and float(np.median(y)) > 1 and values[-1] <= PERCENT:
        return f"Of percentages, write I({label} / 100) ~ x. {remedy}"
    return remedy


def _turned(y: np.ndarray, label: str) -> str:
    """What makes angles between -pi and pi of others."""
    if bool(np.all((y >= 0) & (y <= 2 * np.pi * (1 + ENDS)))):
        return f"Angles from 0 to 2 pi are written ifelse({label} > pi, {label} - 2 * pi, {label}) ~ x."
    if float(np.max(np.abs(y))) > FULL_CIRCLE:
        return f"Take out whole turns: I({label} - 2 * pi * floor({label} / (2 * pi) + 0.5)) ~ x."
    degrees = label
    if float(np.max(y)) > FULL_CIRCLE / 2:
        degrees = f"ifelse({label} > 180, {label} - 360, {label})"
    return f"Degrees are turned into radians by I({degrees} * pi / 180) ~ x."


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
    if bool(np.all(LEGAL["half-open unit"](y))):
        return ["zero_inflated_beta", "ordered_beta", "zero_one_inflated_beta"]
    if bool(np.all(LEGAL["closed unit"](y))):
        return ["zero_one_inflated_beta", "ordered_beta"]
    if bool(np.all(LEGAL["positive"](y))):
        return ["gamma", "lognormal", "gaussian"]
    if bool(np.all(LEGAL["nonnegative"](y))):
        return ["hurdle_gamma", "hurdle_lognormal", "tweedie", "gaussian"]
    return ["gaussian", "student"]


def _written(name: str) -> str:
    """`hurdle(gamma)` for hurdle_gamma, so that the mechanism shows."""
    record = compose(name)
    return f"{record.family.wrapper}({record.family.base})" if record and record.family.wrapper else name


def _choice(names: Sequence[str]) -> str:
    quoted = [f"'{_written(name)}'" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"
