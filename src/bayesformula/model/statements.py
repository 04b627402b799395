"""What a sheet says of its response: the cases of its distribution, and what has to be said beside them.

Both are templates (`notation`), to be filled with Unicode or with LaTeX.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bayesformula.families import Family
from bayesformula.model.notation import NOTATIONS, ORDINAL_FORMS, ZEROS, Case, Notation, linked
from bayesformula.model.sheet import PER_LEVEL, UNKNOWN, Sheet
from bayesformula.model.text import glued, listed

OTHERWISE = "otherwise"
NO_ZEROS = " given {y} > 0"
"""Of the counts above a hurdle; what is positive is above it anyway."""


def likelihood(sheet: Sheet) -> tuple[Case, ...]:
    """The distribution of one response, a line for each case."""
    if sheet.family is None:
        arguments = ", ".join(f"{{{line.parameter}}}" for line in sheet.lines)
        return (Case("{y}", "~", f"{UNKNOWN}({arguments})"),)
    if sheet.is_ordinal:
        return (_ordinal(sheet, sheet.family),)
    notation = notation_of(sheet.family)
    density = notation.with_rate if sheet.texts("rate") and notation.with_rate else notation.density
    zero = ZEROS.get(sheet.family.wrapper)
    if zero is None and not notation.first:
        return (_truncated(sheet, Case(notation.left, "~", density)),)
    first = notation.first if zero is None else (Case("{y}", "=", "0", f"with probability {{{zero}}}"),)
    is_count = sheet.family.support in ("count", "trials")
    density += NO_ZEROS if sheet.family.wrapper == "hurdle" and is_count else ""
    return (*first, Case(notation.left, "~", density, OTHERWISE))


def notation_of(family: Family) -> Notation:
    """How the family, or what it is put around, is written; by its name where nothing better is known."""
    if family.base in NOTATIONS:
        return NOTATIONS[family.base]
    arguments = ", ".join(f"{{{parameter}}}" for parameter in family.parameters)
    return Notation(f"{family.name.title().replace('_', '')}({arguments})")


def _truncated(sheet: Sheet, case: Case) -> Case:
    """The case of a response that cannot be observed beyond its bounds."""
    match bool(sheet.texts("lower")), bool(sheet.texts("upper")):
        case True, True:
            return replace(case, when="given {lower} ≤ {y} ≤ {upper}")
        case True, False:
            return replace(case, when="given {y} ≥ {lower}")
        case False, True:
            return replace(case, when="given {y} ≤ {upper}")
        case _:
            return case


def _ordinal(sheet: Sheet, family: Family) -> Case:
    """`logit(P(y ≤ k)) = threshold − mu`, and for which k."""
    probability, difference = ORDINAL_FORMS[family.name]
    has_disc = sheet.is_predicted("disc") or "disc" in (*sheet.numbers, *dict(sheet.fixed))
    right = f"{{disc}} × ({difference})" if has_disc else difference
    return Case(linked(family.link("mu"), probability), "=", right, f", k = {_thresholds(sheet)}")


def _thresholds(sheet: Sheet) -> str:
    """The numbers of the thresholds: `1, 2`, `1, ..., 4`."""
    many = len(sheet.levels) - 1
    return ", ".join(str(k) for k in range(1, many + 1)) if 0 < many <= 3 else "1, ..., {last}"


# ---- what is said beside the equations ---------------------------------------------------------------


def family_notes(sheet: Sheet) -> Iterator[str]:
    """Parametrisation and levels in sentences, to be folded."""
    if sheet.family is None:
        return
    notation = notation_of(sheet.family)
    if notation.note:
        yield f"{notation.density.split('(')[0]}: {_with_success(sheet, notation.note)}."
    if sheet.is_ordinal:
        yield from _ordinal_notes(sheet, sheet.family)
    elif sheet.is_categorical:
        yield _reference_note(sheet)


def _with_success(sheet: Sheet, note: str) -> str:
    """A success is the second of two levels."""
    is_named = sheet.family is not None and sheet.family.support == "binary" and len(sheet.levels) == 2
    return note.replace("a success", glued(sheet.levels[1])) if is_named else note


def _ordinal_notes(sheet: Sheet, family: Family) -> Iterator[str]:
    numbers = [str(place) for place in range(1, len(sheet.levels) + 1)]
    named = [f"{level} ({k})" for level, k in zip(sheet.levels, numbers, strict=True)]
    levels = listed(numbers if list(sheet.levels) == numbers else named)
    yield f"k counts the levels of the response in order: {levels or '1, ..., K'}."
    if family.name == "cumulative" and len(sheet.levels) != 2:
        yield "The thresholds b_Intercept[k] rise with k."


def _reference_note(sheet: Sheet) -> str:
    if not sheet.levels:
        return f"{PER_LEVEL} is log(P(level k) / P(level 1)): the first level is the reference."
    first, *others = map(glued, sheet.levels)
    levels = f"Levels of the response: {listed(sheet.levels)}."
    if not others:
        return levels
    ratio = f"log(P({others[0]})\0/\0P({first}))"
    further = ", and so on" if len(others) > 1 else ""
    return f"{levels} The reference is {first}: {glued(sheet.lines[0].parameter)} is {ratio}{further}."
