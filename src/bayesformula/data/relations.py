"""What is known of the levels of a grouping factor: `gr(g, by = f)` and `gr(g, cov = A)`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bayesformula.data.columns import Column, as_factor, drop_unused
from bayesformula.data.expressions import Scope
from bayesformula.data.grouping import match_levels
from bayesformula.data.learnt import GroupSchema
from bayesformula.data.matrices import Matrices, align, read_matrix
from bayesformula.errors import listing, nearest
from bayesformula.syntax.ast import GroupTerm
from bayesformula.syntax.factors import factor_label


def learn_by(group: GroupSchema, term: GroupTerm, factors: Sequence[Column], scope: Scope) -> GroupSchema:
    """The group with, for each of its levels, the level of `by` that it lies in.

    Raises:
        FormulaError: a level of the group lies in several levels of `by`.
    """
    if term.by is None:
        return group
    column = drop_unused(as_factor(scope.variable(term.by)))
    index = match_levels(group, factors)
    codes = np.zeros(len(group.levels), dtype=np.int64)
    codes[index] = column.values
    torn = np.unique(index[codes[index] != column.values])
    label = factor_label(term.by)
    if len(torn):
        names = [group.levels[place] for place in torn.tolist()]
        raise scope.names.fail(
            f"`by` must be constant within each level of '{group.label}', and '{label}' changes within "
            f"{len(torn)} of them: {listing(names, 3)}",
            term.span,
            hint=f"For effects that differ within a level, write (0 + {label} | {group.label}).",
        )
    if len(column.levels) == 1:
        raise scope.names.fail(
            f"`by` has one level, '{column.levels[0]}', in the rows used",
            term.span,
            hint=f"Write (... | {group.label}) without it.",
        )
    return replace(group, by=label, by_levels=column.levels, by_codes=tuple(codes.tolist()))


def learn_covariance(
    group: GroupSchema, term: GroupTerm, matrices: Matrices, scope: Scope
) -> tuple[float, ...]:
    """The covariance of the levels, (J, J) row by row, in the order of the group's levels.

    Raises:
        FormulaError: no matrix of this name was passed.
        DataError: the matrix does not fit the levels, or is no covariance matrix.
    """
    if term.cov not in matrices:
        known = f" It has {listing(nearest(term.cov, matrices))}." if matrices else ""
        raise scope.names.fail(
            f"data2 has no matrix '{term.cov}'",
            term.span,
            hint=f'Pass data2={{"{term.cov}": matrix}}, a frame whose index and columns are the levels of '
            f"'{group.label}'.{known}",
        )
    matrix = read_matrix(term.cov, matrices[term.cov])
    return tuple(align(matrix, term.cov, group.label, group.levels).ravel().tolist())
