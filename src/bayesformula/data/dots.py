"""`.` written out: where the columns of the data become known, the formula is completed."""

from __future__ import annotations

from dataclasses import replace

from bayesformula.data.names import Names
from bayesformula.data.response import response_expressions
from bayesformula.syntax.ast import FormulaSpec, Name, Predictor, Term
from bayesformula.syntax.render import render_expression


def expand(spec: FormulaSpec, names: Names) -> FormulaSpec:
    """The formula with `.` replaced by all columns that the response does not read, as in R."""
    if not any(predictor.has_dot or _says_intercept(predictor, names) for predictor in spec.predictors):
        return spec
    response = {name for part in response_expressions(spec.response) for name in names.used(part)}
    others = [name for name in names.columns if name not in response]
    predictors = tuple(_expanded(predictor, others, names) for predictor in spec.predictors)
    return replace(spec, predictors=predictors)


def _expanded(predictor: Predictor, columns: list[str], names: Names) -> Predictor:
    if _says_intercept(predictor, names):
        kept = tuple(term for term in predictor.terms if term.label != "Intercept")
        predictor = replace(predictor, intercept=True, terms=kept)
    if not predictor.has_dot:
        return predictor
    removed = {frozenset(term.labels) for term in predictor.minus}
    terms = [_column_term(name) for name in columns] + list(predictor.terms)
    once = {frozenset(term.labels): term for term in reversed(terms)}  # the first of equal terms wins
    kept = [term for key, term in reversed(once.items()) if key not in removed]
    kept.sort(key=lambda term: len(term.labels))  # as R: main effects before interactions
    return replace(predictor, terms=tuple(kept), has_dot=False, minus=())


def _column_term(name: str) -> Term:
    variable = Name(name)
    return Term((variable,), (render_expression(variable),))


def _says_intercept(predictor: Predictor, names: Names) -> bool:
    """`0 + Intercept + x`, brms's way of writing an intercept as a coefficient like the others."""
    if predictor.intercept or names.is_column("Intercept"):
        return False
    return any(term.label == "Intercept" for term in predictor.terms)
