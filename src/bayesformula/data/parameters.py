"""The further formulas of a model, and parameters held at numbers: which a family has, and what is none."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from bayesformula.data.names import Names, walk
from bayesformula.errors import FormulaError, Span, listing, nearest
from bayesformula.family_names import KNOWN, families_with, fold
from bayesformula.family_table import PARAMETERS, WRAPPERS
from bayesformula.syntax.ast import FormulaSpec, Name
from bayesformula.syntax.parse import parse


def check_parameters(
    spec: FormulaSpec, family: str, columns: Sequence[str] = (), *, is_stated: bool = True
) -> None:
    """Refuse the formula of what is no parameter of the family.

    Args:
        spec: the formula.
        family: a name of `KNOWN`, of this version or not; others are let pass.
        columns: of the data, to tell a second response from a misspelt parameter.
        is_stated: the user named the family; else it is the one that is taken where none is given.

    Raises:
        FormulaError: with the parameters that there are, the place shown.
    """
    record = KNOWN.get(family)
    if record is None or record.support == "any":
        return
    for place, predictor in enumerate(spec.predictors):
        name = predictor.parameter
        if name in record.parameters:
            continue
        hint = _its_parameters(name, family, is_stated=is_stated)
        if record.support in ("category", "matrix") and name.startswith("mu"):
            hint = "Each level but the first has coefficients of its own; the one formula of mu is for all."
        if name in columns:
            hint += f"\n'{name}' is a column of the data: several responses are several fits, one by one."
        text, span = _clause(spec, place)
        raise FormulaError(_no_parameter(name, family, is_stated), text=text, span=span, hint=hint)
    for place, (name, value) in enumerate(spec.fixed):
        if fault := _fixed_fault(family, record.parameters, name, value, is_stated=is_stated):
            text, span = _fixed_clause(spec, place)
            raise FormulaError(fault[0], text=text, span=span, hint=fault[1])


_RANGES: Mapping[str, tuple[float, float, str]] = {
    "real": (-math.inf, math.inf, "a number"),
    "positive": (0.0, math.inf, "above 0"),
    "above one": (1.0, math.inf, "above 1"),
    "unit": (0.0, 1.0, "above 0 and below 1"),
    "power": (1.0, 2.0, "above 1 and below 2"),
    "delay": (-math.inf, math.inf, "0 or more, and below the least response"),
}
"""Supports of parameters, ends not included, and how a message says them."""


def _no_parameter(name: str, family: str, is_stated: bool) -> str:
    return taken(f"'{name}' is no parameter of", family, is_stated=is_stated)


def taken(what: str, family: str, *, is_stated: bool) -> str:
    """A message on a family, which the user may not have named: `what` ends where its name would stand.

    >>> taken("se() means nothing for", "gaussian", is_stated=False)
    'no family was given: gaussian is taken, and se() means nothing for it'
    """
    if is_stated:
        return f"{what} family '{family}'"
    return f"no family was given: {family} is taken, and {what} it"


def _its_parameters(name: str, family: str, *, is_stated: bool) -> str:
    """The parameters of a family, nearest first, and the families that have the one asked for."""
    have = _have(name, families_with(name, family))
    if have and not is_stated:
        return have
    parameters = KNOWN[family].parameters
    their = f"Its {'one parameter is' if len(parameters) == 1 else 'parameters are'}"
    their += f" {listing(nearest(name, parameters))}."
    return f"{their}\n{have}" if have else their


def _have(name: str, families: Sequence[str]) -> str:
    """Which families have a parameter; empty where none has."""
    if len(families) == 1:
        return f"family='{families[0]}' has {name}."
    if families:
        return fold(f"Families that have {name}: {', '.join(families)}.")
    for wrapper, added in WRAPPERS.items():
        if name == added:
            return (
                f"Families of counts, positive numbers and proportions have {name} with\n"
                f"{wrapper}(...) around them: family='{wrapper}(poisson)', for one."
            )
    return ""


def _fixed_fault(
    family: str, parameters: Sequence[str], name: str, value: float, *, is_stated: bool
) -> tuple[str, str] | None:
    """What is wrong with `name = value`, and what to write; None if nothing is."""
    others = [other for other in parameters if other != "mu"]
    if name not in others:
        return _no_parameter(name, family, is_stated), _its_parameters(name, family, is_stated=is_stated)
    support = PARAMETERS[name].support if name in PARAMETERS else "real"
    lower, upper, words = _RANGES[support]
    if name == "phi" and family.endswith("generalized_poisson"):
        lower, words = 0.5, "above 1/2"
    if lower < value < upper and not (support == "delay" and value < 0):
        return None
    return f"{name} of family '{family}' must be {words}", f"Write {name} = {_example(support)}, for one."


def _example(support: str) -> str:
    return {"unit": "0.5", "power": "1.5", "above one": "4", "delay": "0.1"}.get(support, "1")


def _fixed_clause(spec: FormulaSpec, place: int) -> tuple[str | None, Span | None]:
    """The text of a formula, and where one of its parameters is held at a number."""
    return (spec.source, parse(spec.source).fixed[place].span) if spec.source else (None, None)


def check_delay(spec: FormulaSpec, y: np.ndarray | None) -> None:
    """Refuse `ndt = 0.4` where a response is not above it.

    Raises:
        FormulaError: with the least response, the place shown.
    """
    for place, (name, value) in enumerate(spec.fixed):
        above = y[y > 0] if y is not None and name == "ndt" else None  # a hurdle's zeros have no delay
        if above is None or not len(above) or value < float(np.min(above)):
            continue
        text, span = _fixed_clause(spec, place)
        raise FormulaError(
            f"ndt must be below the least response, {np.min(above):g}", text=text, span=span,
            hint="Leave it out to have it estimated, or take the rows out that came too early.",
        )  # fmt: skip


def refuse_predictor(spec: FormulaSpec, place: int, hint: str) -> FormulaError:
    """The error for a predictor that no model takes yet, its place shown."""
    text, span = _clause(spec, place)
    name = spec.predictors[place].parameter
    return FormulaError(
        f"a formula of {name} is not available in this version", text=text, span=span, hint=hint
    )


def _clause(spec: FormulaSpec, place: int) -> tuple[str | None, Span | None]:
    """The text of a formula, and where the name left of one of its tildes stands."""
    if not spec.source:
        return None, None
    span = parse(spec.source).clauses[place].span
    return spec.source, Span(span.start, span.start + len(spec.predictors[place].parameter))


def refuse_nonlinear(spec: FormulaSpec, names: Names) -> None:
    """Refuse `y ~ a * exp(-b * x); a ~ 1; b ~ 1`, which brms reads with `nl = TRUE`.

    Raises:
        FormulaError: the mean names a parameter that has a formula of its own.
    """
    further = {predictor.parameter for predictor in spec.predictors[1:]}
    for name in _names(spec):
        if name.text in further and not names.is_column(name.text):
            raise names.fail(
                f"'{name.text}' has a formula of its own: a non-linear model, which is not offered",
                name.span,
                hint="A predictor is a sum of terms, one coefficient each; known shapes of a column can be\n"
                "such terms, as I(exp(-x)), log(x) or poly(x, 2).",
            )


def _names(spec: FormulaSpec) -> Iterator[Name]:
    """The names in the population part of the mean."""
    terms = (*spec.mu.terms, *spec.mu.specific)
    variables = [variable for term in terms for variable in term.variables]
    for expression in [*variables, *spec.mu.offsets]:
        yield from (part for part in walk(expression) if isinstance(part, Name))
