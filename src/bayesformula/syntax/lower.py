"""A `Formula` becomes a `FormulaSpec`: operators expanded by R's rules, groups apart, text canonical."""

from __future__ import annotations

from dataclasses import replace

from bayesformula.errors import FormulaError
from bayesformula.syntax.ast import Clause, Formula, FormulaSpec, GroupTerm, Predictor, Term
from bayesformula.syntax.groups import lower_groups, options_of
from bayesformula.syntax.render import render, render_expression, render_term
from bayesformula.syntax.source import Source
from bayesformula.syntax.terms import Expansion, expand_specific


def lower(formula: Formula) -> FormulaSpec:
    """Give the operators of a formula their meaning.

    Args:
        formula: what `parse` returns.

    Returns:
        One predictor for each `~`, with its terms in R's order and its group terms taken apart; its
        `text` is canonical and lowers to an equal value.

    Raises:
        FormulaError: the formula can be read but means nothing, or nothing that one would want.

    Doctest:
        >>> from bayesformula.syntax.parse import parse
        >>> lower(parse("y ~ a*b + (x || g/h)")).text
        'y ~ a + b + a:b + (1 + x || g) + (1 + x || g:h)'
    """
    source = Source(formula.text)
    notes: list[str] = list(formula.notes)
    predictors = tuple(_lower_clause(source, clause, notes) for clause in formula.clauses)
    _check_response(source, formula, predictors[0])
    _check_ids(source, predictors)
    fixed = tuple((part.parameter, part.value) for part in formula.fixed)
    spec = FormulaSpec("", formula.response, predictors, formula.text, tuple(dict.fromkeys(notes)), fixed)
    return replace(spec, text=render(spec))


def _lower_clause(source: Source, clause: Clause, notes: list[str]) -> Predictor:
    """One linear predictor."""
    expansion = Expansion(source, "formula").run(clause.rhs)
    notes += expansion.notes
    specific = expand_specific(source, expansion.specific, notes)
    if specific and clause.parameter != "mu":
        raise source.error(
            f"cs() stands in the formula of the response, not in that of {clause.parameter}",
            expansion.specific[0].span,
            hint="Effects differ between the thresholds of the response: y ~ cs(x).",
        )
    _check_twice(source, expansion.terms, specific)
    return Predictor(
        parameter=clause.parameter,
        intercept=expansion.intercept,
        terms=expansion.terms,
        offsets=tuple(expansion.offsets),
        groups=lower_groups(source, expansion.groups, notes),
        has_dot=expansion.has_dot,
        minus=expansion.minus,
        specific=specific,
    )


def _check_twice(source: Source, terms: tuple[Term, ...], specific: tuple[Term, ...]) -> None:
    """Refuse `x + cs(x)`: an effect for each threshold leaves none for all of them."""
    known = {frozenset(term.labels) for term in terms}
    for term in specific:
        if frozenset(term.labels) in known:
            raise source.error(
                f"`{term.label}` stands in cs() and outside it",
                term.variables[0].span,
                hint=f"Keep one of the two: cs({render_term(term)}) has an effect for each threshold, "
                f"{render_term(term)} one for all.",
            )


def _check_response(source: Source, formula: Formula, predictor: Predictor) -> None:
    """Refuse a response that explains itself."""
    response = render_expression(formula.response.expression)
    for term in (*predictor.terms, *predictor.specific):
        if term.label == response:
            first = term.variables[0]
            raise source.error(
                f"the response `{response}` is also a term",
                first.span,
                label="right of the tilde",
                hint="Leave it out of one of the two sides.",
            )


def _check_ids(source: Source, predictors: tuple[Predictor, ...]) -> None:
    """One name between bars belongs to one grouping factor, in all predictors together."""
    owners: dict[str, GroupTerm] = {}
    for group in (group for predictor in predictors for group in predictor.groups if group.id):
        owner = owners.setdefault(group.id, group)
        if owner.label != group.label:
            raise _foreign_id(source, group, owner)
        if options_of(owner) != options_of(group):
            raise source.error(
                f"two terms that share correlations under the name `{group.id}` have different options",
                group.span,
                hint="Give both the same options of gr().",
            )


def _foreign_id(source: Source, group: GroupTerm, owner: GroupTerm) -> FormulaError:
    """The error for one id on two factors."""
    return source.error(
        f"the name `{group.id}` shares correlations on the factor `{owner.label}`, and this term is on "
        f"`{group.label}`",
        group.span,
        hint=f"Effects correlate within one factor only. Give this term another name than {group.id}.",
    )
