"""`.` written out: where the columns of the data become known, the formula is completed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import TypeVar, cast

from bayesformula.data.names import Names
from bayesformula.data.response import response_expressions
from bayesformula.syntax.ast import FormulaSpec, GroupTerm, Name, Predictor, Term
from bayesformula.syntax.render import render_expression

P = TypeVar("P", Predictor, GroupTerm)


def mentioned(spec: FormulaSpec) -> frozenset[str] | None:
    """Every name in a formula, a few of which may be no column (`TRUE`); None where a `.` stands for all."""
    if any(predictor.has_dot for predictor in spec.predictors):
        return None
    return frozenset(_names_in((spec.response, spec.predictors)))


def _names_in(value: object) -> Iterator[str]:
    if isinstance(value, Name):
        yield value.text
    elif isinstance(value, tuple):
        for item in cast("tuple[object, ...]", value):
            yield from _names_in(item)
    elif is_dataclass(value):
        if isinstance(value, GroupTerm) and value.id:  # the name of a correlation may be that of a column
            yield value.id
        for field in fields(value):
            yield from _names_in(getattr(value, field.name))


def expand(spec: FormulaSpec, names: Names) -> FormulaSpec:
    """The formula with `.` replaced by all columns that the response does not read, as in R.

    A column that stands in `cs()` has its effects there.
    """
    parts = [part for predictor in spec.predictors for part in (predictor, *predictor.groups)]
    if not any(predictor.has_dot for predictor in spec.predictors) and not any(
        _says_intercept(part, names) for part in parts
    ):
        return spec
    response = {name for part in response_expressions(spec.response) for name in names.used(part)}
    others = [name for name in names.columns if name not in response]
    predictors = tuple(_expanded(predictor, others, names) for predictor in spec.predictors)
    return replace(spec, predictors=predictors)


def _expanded(predictor: Predictor, columns: list[str], names: Names) -> Predictor:
    groups = tuple(_with_intercept(g) if _says_intercept(g, names) else g for g in predictor.groups)
    predictor = replace(predictor, groups=groups)
    if _says_intercept(predictor, names):
        predictor = _with_intercept(predictor)
    if not predictor.has_dot:
        return predictor
    removed = {frozenset(term.labels) for term in (*predictor.minus, *predictor.specific)}
    terms = [_column_term(name) for name in columns] + list(predictor.terms)
    once = {frozenset(term.labels): term for term in reversed(terms)}  # the first of equal terms wins
    kept = [term for key, term in reversed(once.items()) if key not in removed]
    kept.sort(key=lambda term: len(term.labels))  # as R: main effects before interactions
    return replace(predictor, terms=tuple(kept), has_dot=False, minus=())


def _column_term(name: str) -> Term:
    variable = Name(name)
    return Term((variable,), (render_expression(variable),))


def _says_intercept(part: Predictor | GroupTerm, names: Names) -> bool:
    """`0 + Intercept + x`, brms's way of writing an intercept as a coefficient like the others."""
    if part.intercept or names.is_column("Intercept"):
        return False
    return any(term.label == "Intercept" for term in part.terms)


def _with_intercept(part: P) -> P:
    """The same with an intercept in the place of the column that there is not."""
    return replace(part, intercept=True, terms=tuple(t for t in part.terms if t.label != "Intercept"))
