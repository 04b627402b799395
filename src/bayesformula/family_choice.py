"""Which family a response has: the one asked for if it can take such values, else a Gaussian of numbers."""

from __future__ import annotations

from collections.abc import Sequence

from bayesformula.errors import FamilyError
from bayesformula.family_names import KNOWN, SUPPORTS
from bayesformula.family_reading import read_family
from bayesformula.family_table import FAMILIES, Family

NOT_NUMBERS = {
    "text": "text",
    "bool": "true/false",
    "category": "categorical",
    "categorical": "categorical",
    "ordered": "an ordered category",
}
"""Kinds of response that are no numbers, as a message names them."""


def resolve_family(
    family: object = None, response_kind: str = "numeric", *, levels: Sequence[str] = (), label: str = "y"
) -> Family:
    """The family that was asked for, or the one that a response of this kind has by default.

    Args:
        family: a name, `"gamma(log)"`, `{"name": "gamma", "link": "log"}`, the result of a function of
            `bf.families`, or None.
        response_kind: "numeric", "count", "binary", "bool", "text", "category" or "ordered".
        levels: of the response where it has any; a binary response without levels is a number, 0 or 1.
        label: the response as written, for what to write instead.

    Raises:
        FamilyError: the family or link is unknown or not in this version, or does not fit the response.

    >>> resolve_family("gamma(inverse)").link("mu")
    'inverse'
    """
    if response_kind == "bool" and not levels:
        levels = ("FALSE", "TRUE")
    not_number = NOT_NUMBERS.get(response_kind)
    if response_kind == "binary" and levels:
        not_number = NOT_NUMBERS["bool"] if set(levels) == {"FALSE", "TRUE"} else f"{levels[-1]!r} or not"
    if family is None:
        if not_number is not None:
            raise FamilyError(_needs_family(not_number, levels, label, is_ordered=response_kind == "ordered"))
        return FAMILIES["gaussian"].family
    resolved = read_family(family)
    if not_number is None or (resolved.support == "real" and response_kind in ("bool", "binary")):
        return resolved
    if resolved.support == "real":
        choice = _advice(levels, label, is_ordered=response_kind == "ordered")
        raise FamilyError(
            f"family='{resolved.name}' needs a numeric response, and this one is {not_number}\n{choice}\n"
            "  To model it as numbers all the same, make a numeric column of it first."
        )
    if fault := level_fault(resolved.name, levels, label, is_ordered=response_kind == "ordered"):
        raise FamilyError(fault)
    return resolved


def _needs_family(kind: str, levels: Sequence[str], label: str, *, is_ordered: bool) -> str:
    advice = _advice(levels, label, is_ordered=is_ordered)
    shown = "" if _is_truth(levels) or not levels else f", with the levels {_levels(levels)},"
    return f"the response is {kind}{shown} and no family was given\n{advice}"


def _is_truth(levels: Sequence[str]) -> bool:
    return set(levels) == {"FALSE", "TRUE"}


def _levels(levels: Sequence[str]) -> str:
    return ", ".join(f"'{level}'" for level in levels[:5]) + (", ..." if len(levels) > 5 else "")


def _advice(levels: Sequence[str], label: str, *, is_ordered: bool) -> str:
    """The families that such a response can have, the likeliest first, with what each would model."""
    several = "family='categorical' models which of several levels it is"
    ordered = "family='cumulative' models levels in an order"
    if _is_truth(levels):
        lines = ["family='bernoulli' models the probability of TRUE", several, ordered]
    elif len(levels) == 2:
        first, second = levels
        two = f"family='bernoulli' models the probability of '{second}'"
        if not label.endswith("]"):  # a success level is chosen already
            two += f", the second level,\n  and {label}['{first}'] ~ x that of '{first}'"
        lines = [two, several, ordered]
    else:
        last = levels[-1] if levels else "yes"
        two = f"family='bernoulli' models one level against the others: {label}['{last}'] ~ x"
        lines = [ordered, several, two] if is_ordered else [several, ordered, two]
    return "".join(f"  {line}{end}" for line, end in zip(lines, (";\n", ";\n", "."), strict=True))


def level_fault(
    name: str, levels: Sequence[str], label: str, *, is_ordered: bool, has_trials: bool = False
) -> str:
    """Why a response with levels cannot be of a family; empty where it can. Two levels are 0 and 1."""
    support = KNOWN[name].support if name in KNOWN else "any"
    if len(levels) == 1 and support in ("binary", "trials", "ordered", "category") and not has_trials:
        return _one_level(name, levels[0], label, is_success=support in ("binary", "trials"))
    match support:
        case "real" | "any" | "category" | "ordered":
            return ""
        case "binary":
            fits = len(levels) == 2
        case "trials":
            fits = len(levels) == 2 and not has_trials
        case _:
            fits = False
    if fits:
        return ""
    holds = "It is true or false." if _is_truth(levels) else f"It has the levels {_levels(levels)}."
    return (
        f"response '{label}' must be {SUPPORTS[support]}, for family '{name}'\n  {holds}\n"
        f"{_advice(levels, label, is_ordered=is_ordered)}"
    )


def _one_level(name: str, level: str, label: str, *, is_success: bool) -> str:
    """Which class a single level is cannot be told, and one of one class is certain."""
    hint = "It needs two levels or more: the others may have been left out with rows of missing values."
    if is_success:
        hint = f"Say whether it is the success: {label}['{level}'] ~ x."
    return f"response '{label}' has one level, '{level}', in the rows used, for family '{name}'\n  {hint}"
