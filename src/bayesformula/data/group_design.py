"""One grouping factor meets its learnt schema: the level of each row, and the columns of its effects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from bayesformula.data.columns import Column, as_factor, recode
from bayesformula.data.effects import effect_coding, member_weights
from bayesformula.data.encoded import Encoded, beside, made
from bayesformula.data.expressions import Scope
from bayesformula.data.grouping import (
    group_factors,
    match_levels,
    match_members,
    name_new_levels,
    name_new_members,
)
from bayesformula.data.learnt import GroupSchema, VariableSchema
from bayesformula.data.rows import NewLevels, unseen_levels
from bayesformula.data.values import GroupDesign
from bayesformula.syntax.ast import GroupTerm


def encode_group(
    terms: Sequence[GroupTerm],
    schema: GroupSchema,
    scope: Scope,
    variables: Mapping[str, VariableSchema],
    policy: NewLevels,
    *,
    reads_levels: bool = True,
) -> GroupDesign:
    """All group terms on one factor as arrays; without levels every row has index -1.

    Raises:
        UnseenLevelError: a level that the schema does not have, where `policy` is "error"; or a level of
            `gr(by = )`.
    """
    if reads_levels:
        index, unseen, unseen_index = _levels(schema, group_factors(terms[0], scope))
    else:
        index, unseen, unseen_index = _no_levels(schema, scope.n), (), np.empty(0, np.int32)
    if unseen and policy == "error":
        what = "column" if len(schema.factors) == 1 else "grouping factor"
        raise unseen_levels(what, schema.label, unseen, schema.levels, is_group=True)
    count = len(schema.levels)
    return GroupDesign(
        label=schema.label,
        factors=schema.factors,
        levels=schema.levels,
        parts=_parts(schema),
        coefs=schema.coefs,
        blocks=schema.blocks,
        index=index,
        values=_columns(terms, schema, scope, variables),
        ids=schema.ids,
        unseen=unseen,
        unseen_index=unseen_index if unseen else None,
        dist=schema.dist,
        by=tuple(schema.by + level for level in schema.by_levels),
        by_index=np.asarray(schema.by_codes, dtype=np.int32) if schema.by else None,
        by_rows=_by_rows(terms[0], schema, scope) if unseen or not reads_levels else None,
        cov_name=schema.cov,
        cov=np.asarray(schema.cov_values).reshape(count, count) if schema.cov else None,
    )


def _levels(schema: GroupSchema, factors: Sequence[Column]) -> tuple[np.ndarray, tuple[str, ...], np.ndarray]:
    """The level of each row, names of the levels that the schema has not, and which of those it is."""
    if schema.is_membership:
        index = match_members(schema, factors)
        return index, *name_new_members(factors, index < 0)
    index = match_levels(schema, factors)
    return index, *name_new_levels(factors, index < 0)


def _no_levels(schema: GroupSchema, n: int) -> np.ndarray:
    shape = (n, len(schema.factors)) if schema.is_membership else (n,)
    return np.full(shape, -1, dtype=np.int32)


def _by_rows(term: GroupTerm, schema: GroupSchema, scope: Scope) -> np.ndarray | None:
    """(n,) which level of `gr(by = )` each row has."""
    if term.by is None:
        return None
    factor = as_factor(scope.variable(term.by))
    moved = recode(factor, schema.by_levels).values
    lost = np.unique(factor.values[moved < 0])
    if len(lost):
        names = [factor.levels[code] for code in lost.tolist()]
        raise unseen_levels("column", schema.by, names, schema.by_levels, is_group=False)
    return moved.astype(np.int32)


def _columns(
    terms: Sequence[GroupTerm],
    schema: GroupSchema,
    scope: Scope,
    variables: Mapping[str, VariableSchema],
) -> Encoded:
    """(n, q) columns, or (n, M, q) those of the members of `mm()`, weights included."""
    coded = [
        effect_coding(effect, term, scope, variables)
        for effect, term in zip(schema.effects, terms, strict=True)
    ]
    sets = [beside([part.values for part in parts]) for parts in zip(*coded, strict=True)]
    if not schema.is_membership:
        return sets[0]
    weights = member_weights(terms[0], scope)
    return made(
        scope.n, lambda at: np.stack([part.make(at) for part in sets], axis=1) * weights[at][:, :, None]
    )


def _parts(schema: GroupSchema) -> tuple[tuple[str, ...], ...]:
    return tuple(
        tuple(levels[code] for code in codes)
        for levels, codes in zip(schema.factor_levels, schema.codes, strict=True)
    )
