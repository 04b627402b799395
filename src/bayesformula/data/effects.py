"""Group terms: their effects as columns, and all terms on one factor as one record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bayesformula.data.coding import Coding, coding, codings_in_full
from bayesformula.data.columns import Column
from bayesformula.data.expressions import Scope
from bayesformula.data.grouping import group_factors, group_levels
from bayesformula.data.learnt import EffectSchema, GroupSchema, VariableSchema
from bayesformula.data.matrices import Matrices
from bayesformula.data.relations import learn_by, learn_covariance
from bayesformula.data.rows import in_schema_levels
from bayesformula.syntax.ast import Call, Expression, GroupTerm, Predictor, Term
from bayesformula.syntax.factors import factor_label


def merged_terms(predictor: Predictor) -> list[list[GroupTerm]]:
    """The group terms of a predictor, those on the same set of factors together, in order of writing.

    The members of `mm()` have places: weights and the columns of `mmc()` go with the first, the second, ...
    """
    merged: dict[object, list[GroupTerm]] = {}
    for term in predictor.groups:
        labels = tuple(map(factor_label, term.factors))
        key = labels if term.is_membership else frozenset(labels)
        merged.setdefault(key, []).append(term)
    return list(merged.values())


def group_expressions(group: GroupTerm, *, levels: bool = True) -> Iterator[Expression]:
    """Everything that a group term reads: its effects, its factors, what `gr()` and `mm()` name.

    Without `levels` all but the factors.
    """
    for term in group.terms:
        for variable in term.variables:
            yield from member_values(variable)
    if levels:
        yield from group.factors
    yield from group.weights
    if group.by is not None:
        yield group.by


def member_values(variable: Expression) -> tuple[Expression, ...]:
    """The columns of `mmc(x1, x2)`, one for each member; any other variable is itself."""
    if isinstance(variable, Call) and variable.function == "mmc":
        return tuple(argument.value for argument in variable.arguments)
    return (variable,)


# ---- learning ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Learner:
    """What learning a group needs beside the formula: the rows, what variables are, known matrices."""

    scope: Scope
    variables: Mapping[str, VariableSchema]
    factors: frozenset[str]
    matrices: Matrices


def learn_groups(predictor: Predictor, learner: Learner) -> tuple[GroupSchema, ...]:
    """One record for each grouping factor of a predictor."""
    merged = merged_terms(predictor)
    _refuse_confusion([terms[0] for terms in merged], learner.scope)
    return tuple(_learn_group(terms, learner) for terms in merged)


def _refuse_confusion(groups: Sequence[GroupTerm], scope: Scope) -> None:
    """Two groups of one name, `mm(a, bc)` and `mm(ab, c)`; two of the same members in another order."""
    labels: set[str] = set()
    members: dict[tuple[str, ...], str] = {}
    for group in groups:
        if group.label in labels:
            raise scope.names.fail(
                f"two grouping factors are both called '{group.label}' in results",
                group.span,
                hint="Rename a column, so that their sds can be told apart.",
            )
        labels.add(group.label)
        if not group.is_membership:
            continue
        written = ", ".join(map(factor_label, group.factors))
        first = members.setdefault(tuple(sorted(map(factor_label, group.factors))), written)
        if first != written:
            raise scope.names.fail(
                f"mm({written}) has the columns of mm({first}) in another order",
                group.span,
                hint=f"Write mm({first}) in both terms: weights and the columns of mmc() go by place.",
            )


def _learn_group(terms: Sequence[GroupTerm], learner: Learner) -> GroupSchema:
    first, scope = terms[0], learner.scope
    factors = group_factors(first, scope)
    effects = tuple(_learn_effect(term, learner) for term in terms)
    _refuse_twice(terms, effects, scope)
    blocks, ids = _blocks(effects)
    found = group_levels(first, factors)
    group = GroupSchema(
        label=first.label,
        factors=tuple(map(factor_label, first.factors)),
        factor_levels=found.factor_levels,
        codes=tuple(tuple(codes.tolist()) for codes in found.codes),
        levels=found.names(),
        effects=effects,
        coefs=tuple(coef for effect in effects for coef in effect.coefs),
        blocks=blocks,
        ids=ids,
        is_membership=first.is_membership,
        dist=first.dist,
    )
    group = learn_by(group, first, factors, scope)
    if first.cov:
        group = replace(
            group, cov=first.cov, cov_values=learn_covariance(group, first, learner.matrices, scope)
        )
    return group


def _learn_effect(term: GroupTerm, learner: Learner) -> EffectSchema:
    coded_terms = codings_in_full(term.terms, intercept=term.intercept, factors=learner.factors)
    effect = EffectSchema(term.intercept, coded_terms, term.correlated, (), term.id)
    coefs = effect_coding(effect, term, learner.scope, learner.variables)[0].names
    if not coefs:
        raise learner.scope.names.fail(
            f"no effects vary over '{term.label}': the factor in this term has one level",
            term.span,
            hint=f"Write (1 | {term.label}) for intercepts that vary.",
        )
    return replace(effect, coefs=coefs)


def _blocks(effects: Sequence[EffectSchema]) -> tuple[tuple[tuple[str, ...], ...], tuple[str, ...]]:
    """Names that are correlated with each other, and for each such block the name that shares it."""
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
    return tuple(blocks), tuple(ids)


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


# ---- columns -----------------------------------------------------------------------------------------


def effect_coding(
    effect: EffectSchema, term: GroupTerm, scope: Scope, variables: Mapping[str, VariableSchema]
) -> tuple[Coding, ...]:
    """The columns that multiply the effects of one group term: one set, or for `mm()` one a member."""
    count = len(term.factors) if term.is_membership else 1
    return tuple(
        coding(
            effect.terms,
            _member_columns(term, member, scope, variables),
            variables,
            intercept=effect.intercept,
            n=scope.n,
        )
        for member in range(count)
    )


def _member_columns(
    term: GroupTerm,
    member: int,
    scope: Scope,
    variables: Mapping[str, VariableSchema],
) -> dict[str, Column]:
    """The variables of a group term as one member of `mm()` sees them."""
    columns: dict[str, Column] = {}
    for part in term.terms:
        for label, expression in zip(part.labels, part.variables, strict=True):
            values = _checked_members(term, expression, scope)
            chosen = values[member] if len(values) > 1 else expression
            columns[label] = in_schema_levels(scope.variable(chosen), variables[label])
    return columns


def _checked_members(term: GroupTerm, expression: Expression, scope: Scope) -> tuple[Expression, ...]:
    """The columns of `mmc()`, as many as the term has members."""
    values = member_values(expression)
    if values == (expression,):
        return values
    if not term.is_membership:
        raise scope.names.fail(
            "mmc() gives each member of mm() its own column, and this term has no members",
            expression.span,
            hint="Write (1 + mmc(x1, x2) | mm(g1, g2)).",
        )
    if len(values) != len(term.factors):
        raise scope.names.fail(
            f"mmc() has {len(values)} columns and mm() has {len(term.factors)} members",
            expression.span,
            hint="Write one column for each member: (1 + mmc(x1, x2) | mm(g1, g2)).",
        )
    return values


def member_weights(term: GroupTerm, scope: Scope) -> np.ndarray:
    """(n, M) how much of a row belongs to each member; equal shares where the formula says nothing.

    Raises:
        FormulaError: weights that are negative or no numbers, or all 0 in a row.
    """
    count = len(term.factors)
    if not term.weights:
        return np.full((scope.n, count), 1.0 / count)
    columns = [scope.variable(weight) for weight in term.weights]
    numeric = all(column.kind != "factor" and column.values.ndim == 1 for column in columns)
    weights = np.stack([column.values for column in columns], axis=1) if numeric else -np.ones((1, 1))
    total = weights.sum(axis=1, keepdims=True)
    if np.any(weights < 0) or (term.scales_weights and not np.all(total > 0)):
        raise scope.names.fail(
            "the weights of mm() must be numbers, 0 or more, and in each row one of them above 0",
            term.span,
            hint="Leave the weights out for equal shares.",
        )
    return weights / total if term.scales_weights else weights


def variable_terms(predictor: Predictor) -> Iterator[Term]:
    """The terms whose variables must be known, of the population part and of the groups."""
    yield from predictor.terms
    yield from predictor.specific
    for group in predictor.groups:
        yield from group.terms
