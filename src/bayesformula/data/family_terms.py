"""Which response terms a family takes: `trials() se() cens() trunc() rate()`; weights go with all."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bayesformula.data.additions import ADDITIONS, addition, check_additions
from bayesformula.data.names import Names
from bayesformula.data.parameters import check_delay, taken
from bayesformula.data.values import Design
from bayesformula.errors import FormulaError
from bayesformula.family_names import fold
from bayesformula.family_reading import record
from bayesformula.family_table import FAMILIES, Family, FamilyRecord
from bayesformula.syntax.ast import NOWHERE, Call, FormulaSpec
from bayesformula.syntax.render import render_expression


def check_terms(
    spec: FormulaSpec, family: Family, design: Design | None = None, *, is_stated: bool = True
) -> None:
    """Refuse response terms that mean nothing for a family, and a delay that is longer than a response.

    Args:
        spec: the formula.
        family: of the model.
        design: of the data; without it what only the data can tell is not looked for.
        is_stated: the user named the family; else it is the one that is taken where none is given.

    Raises:
        FormulaError: the term shown, with what to write instead.
    """
    row = record(family.name)
    for call in spec.response.additions:
        if call.function in ADDITIONS and call.function != "weights" and call.function not in row.terms:
            raise _refused(spec, call, _why(call, row, is_stated=is_stated))
    pair = spec.response.expression
    if isinstance(pair, Call) and pair.function == "cbind" and len(pair.arguments) == 2:
        _check_pair(spec, pair, row, is_stated=is_stated)
    _check_error(spec)
    if design is not None:
        check_delay(spec, design.y)


def _refused(spec: FormulaSpec, call: Call, why: tuple[str, str]) -> FormulaError:
    known = bool(spec.source) and call.span != NOWHERE
    message, hint = why
    return FormulaError(
        message, text=spec.source if known else None, span=call.span if known else None, hint=hint
    )


def _takers(term: str) -> str:
    *names, last = [f"'{name}'" for name, row in FAMILIES.items() if term in row.terms]
    return f"{', '.join(names)} or {last}"


def _why(call: Call, row: FamilyRecord, *, is_stated: bool) -> tuple[str, str]:
    """What is wrong with a term of a family that has not got it, and what to write."""
    term, family = call.function, row.family
    what = taken(f"{term}() means nothing for", family.name, is_stated=is_stated)
    if family.wrapper and term in FAMILIES[family.base].terms:
        base = family.base
        return (
            f"{term}() does not go together with {family.wrapper}()",
            f"Write family='{base}' to leave {family.wrapper}() out, or take {term}() out.",
        )
    column = render_expression(call.arguments[0].value) if call.arguments else "n"
    match term:
        case "trials":
            hint = f"Successes of trials are family='binomial' or 'beta_binomial'.\n{_exposure(row, column)}"
        case "rate":
            hint = _exposure(row, column) or f"An exposure is that of counts: family={_takers(term)}."
        case "se":
            hint = f"Known standard errors are those of a mean: family={_takers(term)}."
        case _ if row.is_discrete:
            hint = f"Its values are classes, each seen or missing. Take {term}() out."
        case _:
            have = [name for name, other in FAMILIES.items() if term in other.terms and not other.is_discrete]
            hint = fold(f"{family.name} has no distribution function here; these have:\n{', '.join(have)}.")
    return what, hint.strip()


def _exposure(row: FamilyRecord, column: str) -> str:
    """How counts over an exposure are written in this family."""
    if "rate" in row.terms:
        return f"An exposure is rate({column})."
    if row.family.support == "count":
        return f"With the log link an exposure is a term: offset(log({column}))."
    return ""


def _check_pair(spec: FormulaSpec, pair: Call, row: FamilyRecord, *, is_stated: bool) -> None:
    """Refuse successes and failures in a family of something else; several columns are seen to elsewhere."""
    if "trials" in row.terms:
        return
    first = render_expression(pair.arguments[0].value)
    what = taken("cbind() means nothing for", row.family.name, is_stated=is_stated)
    hint = (
        "Successes and failures are family='binomial' or 'beta_binomial'.\n"
        f"For one of the columns write {first} ~ x."
    )
    raise _refused(spec, pair, (what, hint))


def _check_error(spec: FormulaSpec) -> None:
    """Refuse a formula of sigma beside `se(s)` alone, which leaves no sigma."""
    call = addition(spec.response, "se")
    spoken = {predictor.parameter for predictor in spec.predictors} | {name for name, _ in spec.fixed}
    if call is None or "sigma" not in spoken:
        return
    options = dict(check_additions(spec.response, Names([], spec.source, {})))
    if options.get("se.sigma") != "TRUE":
        column = render_expression(call.arguments[0].value)
        why = "se() gives the sd of each response, and leaves no sigma to speak of"
        hint = f"To add one to the known errors, write se({column}, sigma = TRUE)."
        raise _refused(spec, call, (why, hint))


def extras_of(family: Family, design: Design) -> Mapping[str, np.ndarray]:
    """`Design.extras` as a likelihood takes them: one trial a row where a binomial kind is given none."""
    if FAMILIES[family.base].family.support != "trials" or "trials" in design.extras:
        return design.extras
    return {**design.extras, "trials": np.ones(design.n_rows)}
