"""Group terms: their effects as columns, and all terms on one factor as one record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bayesformula.data.coding import Coded, code_terms, codings_in_full
from bayesformula.data.columns import Column, as_factor
from bayesformula.data.expressions import Scope
from bayesformula.data.grouping import Combinations, level_names, observed_combinations
from bayesformula.data.learnt import EffectSchema, GroupSchema, VariableSchema
from bayesformula.data.rows import in_schema_levels
from bayesformula.syntax.ast import GroupTerm, Predictor
from bayesformula.syntax.factors import factor_label



def merged_terms(predictor: Predictor) -> list[list[GroupTerm]]:
    """The group terms of a predictor, those on the same set of factors together, in order of writing."""
    merged: dict[frozenset[str], list[GroupTerm]] = {}
    for term in predictor.groups:
        merged.setdefault(frozenset(map(factor_label, term.factors)), []).append(term)
    return list(merged.values())


def group_factors(term: GroupTerm, scope: Scope) -> list[Column]:
    """The grouping factors of a term, one level a row each."""
    return [as_factor(scope.variable(expression)) for expression in term.factors]


def learn_groups(
    predictor: Predictor, scope: Scope, variables: Mapping[str, VariableSchema], factors: frozenset[str]
) -> tuple[GroupSchema, ...]:
    """One record for each grouping factor of a predictor."""
    groups: list[GroupSchema] = []
    for terms in merged_terms(predictor):
        labels = tuple(map(factor_label, terms[0].factors))
        found = observed_combinations(group_factors(terms[0], scope))
        effects = tuple(_learn_effect(term, scope, variables, factors) for term in terms)
        _refuse_twice(terms, effects, scope)
        groups.append(_group(terms[0].label, labels, found, effects))
    return tuple(groups)


def _learn_effect(
    term: GroupTerm, scope: Scope, variables: Mapping[str, VariableSchema], factors: frozenset[str]
) -> EffectSchema:
    coded_terms = codings_in_full(term.terms, intercept=term.intercept, factors=factors)
    effect = EffectSchema(term.intercept, coded_terms, term.correlated, (), term.id)
    coefs = effect_columns(effect, term, scope, variables).names
    if not coefs:
        raise scope.names.fail(
            f"no effects vary over '{term.label}': the factor in this term has one level",
            term.span,
            hint=f"Write (1 | {term.label}) for intercepts that vary.",
        )
    return EffectSchema(term.intercept, coded_terms, term.correlated, coefs, term.id)


def effect_columns(
    effect: EffectSchema, term: GroupTerm, scope: Scope, variables: Mapping[str, VariableSchema]
) -> Coded:
    """The columns that multiply the effects of one group term."""
    columns = {
        label: in_schema_levels(scope.variable(expression), variables[label])
        for part in term.terms
        for label, expression in zip(part.labels, part.variables, strict=True)
    }
    return code_terms(effect.terms, columns, variables, intercept=effect.intercept, n=scope.n)


def _group(
    label: str, factors: tuple[str, ...], found: Combinations, effects: Sequence[EffectSchema]
) -> GroupSchema:
    blocks: list[tuple[str, ...]] = []
    ids: list[str] = []
    for effect in effects:
        if effect.id and effect.id in ids:  # one name shares correlations, wherever it stands
            place = ids.index(effect.id)
            blocks[place] = blocks[place] + effect.coefs
            continue
        parts = [effect.coefs] if effect.correlated else [(coef,) for coef in effect.coefs]
        blocks += parts
        ids += [effect.id] * len(parts)
    return GroupSchema(
        label=label,
        factors=factors,
        factor_levels=found.factor_levels,
        codes=tuple(tuple(codes.tolist()) for codes in found.codes),
        levels=level_names(found.parts()),
        effects=tuple(effects),
        coefs=tuple(coef for effect in effects for coef in effect.coefs),
        blocks=tuple(blocks),
        ids=tuple(ids),
    )


def _refuse_twice(terms: Sequence[GroupTerm], effects: Sequence[EffectSchema], scope: Scope) -> None:
    seen: set[str] = set()
    for term, effect in zip(terms, effects, strict=True):
        twice = [coef for coef in effect.coefs if coef in seen]
        seen.update(effect.coefs)
        if twice:
            raise scope.names.fail(
                f"two terms give the factor '{term.label}' the effect '{twice[0]}' twice",
                term.span,
                hint="Write one term for correlated effects, (1 + x | g), or terms that share no effect, "
                "(1 | g) + (0 + x | g).",
            )
