"""A frame meets a learnt schema: arrays with names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, cast, get_args

import numpy as np
import pandas as pd

from bayesformula.data.additions import unbounded_expressions, without_upper
from bayesformula.data.arguments import State, StateValue
from bayesformula.data.coding import coding
from bayesformula.data.effects import merged_terms
from bayesformula.data.expressions import Scope
from bayesformula.data.group_design import encode_group
from bayesformula.data.learnt import (
    DataSchema,
    InfinitePolicy,
    NaPolicy,
    ParameterSchema,
    VariableSchema,
)
from bayesformula.data.matrices import Matrices
from bayesformula.data.names import Names, UserTransform
from bayesformula.data.response import encode_extras, encode_response, response_expressions, spare_expressions
from bayesformula.data.rows import (
    GroupParts,
    NewLevels,
    check_finite,
    complete_rows,
    group_part,
    used_rows,
    without_level,
)
from bayesformula.data.schema import learn, may_miss, predictor_expressions, term_columns
from bayesformula.data.specific import encode_specific
from bayesformula.data.values import ColumnsDesign, Design, GroupDesign, ParameterDesign
from bayesformula.errors import OptionError
from bayesformula.syntax.ast import Expression, FormulaSpec, Predictor
from bayesformula.syntax.render import render_expression

ResponsePolicy = Literal["auto", "required", "ignore"]


__all__ = [
    "Design",
    "GroupDesign",
    "ParameterDesign",
    "build_design",
    "encode",
    "group_nesting",
    "nesting",
]


def encode(
    schema: DataSchema,
    frame: pd.DataFrame,
    *,
    new_levels: NewLevels = "error",
    response: ResponsePolicy = "auto",
    na: NaPolicy | None = None,
    transforms: Mapping[str, UserTransform] | None = None,
    infinite: InfinitePolicy = "error",
    groups: GroupParts = None,
) -> Design:
    """The numbers of a frame as the schema reads it: the training frame gives the training design.

    Args:
        schema: from `learn`.
        frame: any frame with the columns of the formula.
        new_levels: "error" refuses a level of a grouping factor that the training data did not have;
            "population" and "sample" give it index -1 and list it in `unseen`.
        response: "auto" reads the response if its columns are there, "ignore" never does, and rows
            that miss it are then kept; trials and known errors are read where they are complete.
        na: what is done with rows that miss a value; as in training when not given.
        transforms: the user's own functions, where the formula has any.
        infinite: "keep" leaves infinities and undefined results in the design.
        groups: what is read of each grouping factor; columns that nothing reads need not be there. Without
            its levels a group has index -1 in every row.

    Raises:
        UnknownColumnError: a column of the formula is not in the frame.
        UnseenLevelError: a level that the training data did not have.
        DataError: no rows are left, or values that are not finite.
    """
    if new_levels not in get_args(NewLevels):
        raise OptionError(
            f"new_levels={new_levels!r} is not known; legal are 'error', 'population', 'sample'"
        )
    names = Names(frame.columns.tolist(), schema.spec.source, transforms or {})
    has_response = _wants_response(schema, names, response)
    left = list(response_expressions(schema.spec.response)) if has_response else []
    left = left or spare_expressions(schema.spec.response, frame)
    right = [part for each in schema.spec.predictors for part in predictor_expressions(each, groups)]
    used = list(dict.fromkeys(name for part in left + right for name in names.used(part)))
    policy = na or schema.na
    may_be_missing = may_miss(schema.spec, names) if has_response else names.may_miss(right)
    needed = [name for name in used if name not in may_be_missing]
    rows = complete_rows(frame, needed, policy) if needed else np.arange(len(frame))
    loose = unbounded_expressions(schema.spec.response)
    expressions = [part for part in left if not any(part is other for other in loose)] + right
    scope, rows = _settled(
        schema, cast(pd.DataFrame, frame[used]), names, rows, policy, expressions, reads_response=has_response
    )
    if infinite == "error":
        for expression in expressions:
            check_finite(scope, expression, rows)
    values = (
        encode_response(schema.spec.response, schema.response, scope, rows)
        if has_response
        else encode_extras(schema.spec.response, scope, left, rows)
    )
    variables = {variable.label: variable for variable in schema.variables}
    return Design(
        y=values.y,
        weights=values.weights,
        parameters={
            predictor.parameter: _parameter(predictor, parameter, scope, variables, new_levels, groups)
            for predictor, parameter in zip(schema.spec.predictors, schema.parameters, strict=True)
        },
        rows=rows,
        n_dropped=len(frame) - len(rows),
        extras=values.extras,
    )


def build_design(
    spec: FormulaSpec,
    frame: pd.DataFrame,
    *,
    na: NaPolicy = "drop",
    transforms: Mapping[str, UserTransform] | None = None,
    infinite: InfinitePolicy = "error",
    matrices: Matrices | None = None,
    columns: list[str] | None = None,
) -> tuple[DataSchema, Design]:
    """The schema of a training frame and its design."""
    schema = learn(
        spec, frame, na=na, transforms=transforms, infinite=infinite, matrices=matrices, columns=columns
    )
    return schema, encode(schema, frame, response="required", transforms=transforms, infinite=infinite)


def nesting(design: Design) -> dict[str, tuple[str, ...]]:
    """For each group the groups in which it is nested: every level of it lies in one level of theirs.

    Found from the rows, so that `(1 | a/b)` and unique ids with `(1 | a) + (1 | b)` are alike. Rows
    whose level is unknown say nothing.
    """
    groups = {name: group for part in design.parameters.values() for name, group in part.groups.items()}
    return group_nesting(groups)


def group_nesting(groups: Mapping[str, GroupDesign]) -> dict[str, tuple[str, ...]]:
    """As `nesting`, of any set of groups over the same rows."""
    return {
        label: tuple(other for other, outer in groups.items() if other != label and _is_nested(inner, outer))
        for label, inner in groups.items()
    }


def _is_nested(inner: GroupDesign, outer: GroupDesign) -> bool:
    if len(outer.levels) > len(inner.levels) or inner.is_membership or outer.is_membership:
        return False
    known = (inner.index >= 0) & (outer.index >= 0)
    inside, outside = inner.index[known], outer.index[known]
    home = np.full(len(inner.levels), -1, dtype=np.int32)
    home[inside] = outside  # the last row of each level decides; the others must agree
    return bool(np.all(home[inside] == outside))


# ---- encoding ----------------------------------------------------------------------------------------


def _wants_response(schema: DataSchema, names: Names, policy: ResponsePolicy) -> bool:
    match policy:
        case "required":
            return True
        case "ignore":
            return False
        case "auto":
            return all(names.is_column(name) for name in schema.response_columns)
    raise OptionError(f"response={policy!r} is not known; legal are 'auto', 'required', 'ignore'")


def _settled(
    schema: DataSchema,
    frame: pd.DataFrame,
    names: Names,
    rows: np.ndarray,
    na: NaPolicy,
    expressions: list[Expression],
    *,
    reads_response: bool,
) -> tuple[Scope, np.ndarray]:
    """The rows in which every variable has a value, under what was learnt before."""
    states: dict[str, dict[str, StateValue]] = {}
    for item in schema.states:
        state = states.setdefault(item.call, {})
        if item.name:
            state[item.name] = item.value
    learnt: dict[str, State] = dict(states)
    scope = Scope(used_rows(frame, rows), names, learnt, learning=False)
    computed = [(render_expression(part), scope.variable(part)) for part in expressions]
    lost = without_level(computed, rows, na)
    if reads_response:
        lost |= without_upper(schema.spec.response, scope, rows, refuse=na == "error")
    if lost.any():
        rows = rows[~lost]
        scope = Scope(used_rows(frame, rows), names, learnt, learning=False)
    return scope, rows


def _parameter(
    predictor: Predictor,
    schema: ParameterSchema,
    scope: Scope,
    variables: Mapping[str, VariableSchema],
    new_levels: NewLevels,
    parts: GroupParts,
) -> ParameterDesign:
    columns = term_columns(predictor, scope, variables)
    coded = coding(schema.terms, columns, variables, intercept=schema.intercept, n=scope.n)
    lost = {column.name for column in schema.dropped}
    fixed = coded.kept([place for place, name in enumerate(coded.names) if name not in lost])
    groups = [
        encode_group(terms, group, scope, variables, new_levels, reads_levels=part == "levels")
        for terms, group in zip(merged_terms(predictor), schema.groups, strict=True)
        if (part := group_part(parts, group.label))
    ]
    return ParameterDesign(
        population=ColumnsDesign(schema.columns, fixed.values),
        offset=_offset(predictor, scope),
        groups={group.label: group for group in groups},
        cs=encode_specific(schema, columns, variables, scope.n),
    )


def _offset(predictor: Predictor, scope: Scope) -> np.ndarray | None:
    """The sum of the offsets, each a number a row."""
    if not predictor.offsets:
        return None
    total = np.zeros(scope.n)
    for expression in predictor.offsets:
        column = scope.variable(expression)
        if column.kind == "factor" or column.values.ndim > 1:
            raise scope.names.fail(
                f"offset '{render_expression(expression)}' is not numeric: an offset is one number a row",
                expression.span,
            )
        total = total + column.values
    return total
