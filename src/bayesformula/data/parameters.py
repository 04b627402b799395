"""The further formulas of a model: which parameters a family has, and what is no parameter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bayesformula.data.names import Names, walk
from bayesformula.errors import FormulaError, Span, listing, nearest
from bayesformula.family_names import KNOWN
from bayesformula.syntax.ast import FormulaSpec, Name
from bayesformula.syntax.parse import parse


def check_parameters(spec: FormulaSpec, family: str, columns: Sequence[str] = ()) -> None:
    """Refuse the formula of what is no parameter of the family.

    Args:
        spec: the formula.
        family: a name of `KNOWN`, of this version or not; others are let pass.
        columns: of the data, to tell a second response from a misspelt parameter.

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
        hint = f"Its parameters are {listing(nearest(name, record.parameters))}."
        if name in columns:
            hint += f" '{name}' is a column of the data: several responses are several fits, one by one."
        text, span = _clause(spec, place)
        raise FormulaError(f"'{name}' is no parameter of family '{family}'", text=text, span=span, hint=hint)


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
    variables = [variable for term in spec.mu.terms for variable in term.variables]
    for expression in [*variables, *spec.mu.offsets]:
        yield from (part for part in walk(expression) if isinstance(part, Name))
