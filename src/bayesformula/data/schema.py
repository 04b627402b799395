"""Learning from the training data: what each variable is, its levels and numbers, which columns remain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import cast

import numpy as np
import pandas as pd

from bayesformula.data.additions import check_additions, upper_expressions, without_upper
from bayesformula.data.arguments import State
from bayesformula.data.coding import coding, codings_in_full
from bayesformula.data.columns import TREATMENT, Column, as_factor, drop_unused
from bayesformula.data.dots import expand
from bayesformula.data.effects import (
    Learner,
    group_expressions,
    learn_groups,
    member_values,
    merged_terms,
    variable_terms,
)
from bayesformula.data.expressions import Scope
from bayesformula.data.learnt import (
    DataSchema,
    DroppedColumn,
    EffectSchema,
    GroupSchema,
    InfinitePolicy,
    NaPolicy,
    ParameterSchema,
    ResponseSchema,
    StateItem,
    TermSchema,
    VariableSchema,
)
from bayesformula.data.matrices import Matrices
from bayesformula.data.names import Names, UserTransform, walk
from bayesformula.data.parameters import refuse_nonlinear
from bayesformula.data.response import finite_expressions, learn_response, response_expressions
from bayesformula.data.rows import (
    GroupParts,
    check_finite,
    complete_rows,
    group_part,
    in_schema_levels,
    used_rows,
    without_level,
)
from bayesformula.data.saving import schema_from_json, schema_to_json
from bayesformula.data.specific import find_repeated, learn_specific
from bayesformula.errors import OptionError
from bayesformula.syntax.ast import Call, Expression, FormulaSpec, Predictor
from bayesformula.syntax.render import render_expression

__all__ = [
    "DataSchema",
    "DroppedColumn",
    "EffectSchema",
    "GroupSchema",
    "InfinitePolicy",
    "NaPolicy",
    "ParameterSchema",
    "ResponseSchema",
    "StateItem",
    "TermSchema",
    "VariableSchema",
    "learn",
    "schema_from_json",
    "schema_to_json",
]


def learn(
    spec: FormulaSpec,
    frame: pd.DataFrame,
    *,
    na: NaPolicy = "drop",
    transforms: Mapping[str, UserTransform] | None = None,
    infinite: InfinitePolicy = "error",
    matrices: Matrices | None = None,
    columns: list[str] | None = None,
) -> DataSchema:
    """What must be known of the training data to encode any other frame in the same way.

    Rows that miss a value in a used column are set aside first; levels, means and the like are then
    learnt from the rows that remain.

    Args:
        spec: a lowered formula.
        frame: the training data.
        na: "drop" leaves rows with missing values out, "error" refuses them.
        transforms: functions of the user's own by the name they have in the formula.
        infinite: "keep" leaves infinities and undefined results to `check`, which finds them.
        matrices: covariances of levels by the names that `gr(cov = )` uses.
        columns: names of all columns of the data, where `frame` has only those that the formula names.

    Returns:
        A frozen value, saved by `schema_to_json`.

    Raises:
        UnknownColumnError: the formula names a column that the data do not have.
        FormulaError: an unknown function, or one with wrong arguments.
        DataError: no rows are left, or values that are not finite.

    >>> from bayesformula.syntax.lower import lower
    >>> from bayesformula.syntax.parse import parse
    >>> frame = pd.DataFrame({"y": [1.0, 2.0, 4.0], "x": [0, 1, 5], "f": ["a", "b", "b"]})
    >>> learn(lower(parse("y ~ scale(x) + f")), frame).mu.columns
    ('Intercept', 'scale(x)', 'fb')
    """
    if na not in ("drop", "error"):
        raise OptionError(f"na={na!r} is not a policy for missing values; legal are 'drop' and 'error'")
    names = Names(columns or frame.columns.tolist(), spec.source, transforms or {})
    spec = expand(spec, names)
    refuse_nonlinear(spec, names)
    check_additions(spec.response, names)
    used, of_response = _used_columns(spec, names)
    loose = may_miss(spec, names)
    needed = [name for name in used if name not in loose]
    rows = complete_rows(frame, needed, na) if needed else np.arange(len(frame))
    scope, rows = _settled(spec, cast(pd.DataFrame, frame[list(used)]), names, rows, na)
    if infinite == "error":
        for expression in all_expressions(spec):
            check_finite(scope, expression, rows)
    variables = learn_variables(spec, scope)
    factors = frozenset(label for label, variable in variables.items() if variable.kind == "factor")
    learner = Learner(scope, variables, factors, matrices or {})
    return DataSchema(
        spec=spec,
        na=na,
        columns=used,
        response_columns=of_response,
        variables=tuple(variables.values()),
        states=_state_items(scope.states),
        parameters=tuple(_learn_parameter(predictor, learner) for predictor in spec.predictors),
        response=learn_response(spec.response, scope, rows),
        transforms=_own_functions(spec, transforms or {}),
        n_rows=len(rows),
        n_dropped=len(frame) - len(rows),
        notes=_notes(spec),
    )


# ---- what the formula reads --------------------------------------------------------------------------


def predictor_expressions(predictor: Predictor, groups: GroupParts = None) -> Iterator[Expression]:
    """The variables, offsets and grouping factors of one linear predictor, of groups what is read."""
    for term in (*predictor.terms, *predictor.specific):
        yield from term.variables
    yield from predictor.offsets
    for terms in merged_terms(predictor):
        part = group_part(groups, terms[0].label)
        for group in terms if part else ():
            yield from group_expressions(group, levels=part == "levels")


def all_expressions(spec: FormulaSpec) -> Iterator[Expression]:
    """Every expression that needs values in all rows, the response's first."""
    yield from finite_expressions(spec.response)
    for predictor in spec.predictors:
        yield from predictor_expressions(predictor)


def _used_columns(spec: FormulaSpec, names: Names) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Columns read, in order; and those of them that only the response reads."""
    left = [name for part in response_expressions(spec.response) for name in names.used(part)]
    right = [
        name
        for predictor in spec.predictors
        for part in predictor_expressions(predictor)
        for name in names.used(part)
    ]
    used = tuple(dict.fromkeys(left + right))
    return used, tuple(name for name in dict.fromkeys(left) if name not in set(right))


def may_miss(spec: FormulaSpec, names: Names) -> frozenset[str]:
    """Columns that need no value in every row: upper ends of intervals, and what `is.na()` asks about."""
    upper = {name for part in upper_expressions(spec.response) for name in names.used(part)}
    expressions = list(all_expressions(spec))
    if upper:
        upper.difference_update(name for part in expressions for name in names.used(part))
    return frozenset(upper) | names.may_miss(expressions)


# ---- learning ----------------------------------------------------------------------------------------


def _settled(
    spec: FormulaSpec, frame: pd.DataFrame, names: Names, rows: np.ndarray, na: NaPolicy
) -> tuple[Scope, np.ndarray]:
    """The rows in which every variable has a value, and what they teach.

    A computed factor may miss levels in complete rows (`cut()`); leaving those out changes what a mean
    is, so that all is learnt again until no row is lost. What the factor itself learnt stays: breaks of
    `cut(x, quantile(x))`, which leaves out the smallest value, would leave out the next one again.
    """
    kept: dict[str, State] = {}
    while True:
        states = dict(kept)
        scope = Scope(used_rows(frame, rows), names, states, learning=True)
        computed = [(render_expression(part), scope.variable(part)) for part in all_expressions(spec)]
        lost = without_level(computed, rows, na)
        kept |= _learnt_by_losers(spec, scope, rows, na)
        lost |= without_upper(spec.response, scope, rows, refuse=na == "error")
        if not lost.any():
            return scope, rows
        rows = rows[~lost]


def _learnt_by_losers(spec: FormulaSpec, scope: Scope, rows: np.ndarray, na: NaPolicy) -> dict[str, State]:
    """What the expressions that have no value in some row have learnt."""
    losers = (
        part
        for part in all_expressions(spec)
        if without_level([(render_expression(part), scope.variable(part))], rows, na).any()
    )
    calls = {render_expression(inner) for part in losers for inner in walk(part)}
    return {call: state for call, state in scope.states.items() if call in calls}


def learn_variables(spec: FormulaSpec, scope: Scope) -> dict[str, VariableSchema]:
    """What each variable of a population or group term is, by its canonical text."""
    variables: dict[str, VariableSchema] = {}
    for predictor in spec.predictors:
        for term in variable_terms(predictor):
            for label, expression in zip(term.labels, term.variables, strict=True):
                if label not in variables:
                    variables[label] = _learn_variable(label, _representative(label, expression, scope))
    return variables


def _representative(label: str, expression: Expression, scope: Scope) -> Column:
    """The column that says what a variable is; all columns of `mmc()` are numbers."""
    values = [scope.variable(part) for part in member_values(expression)]
    if len(values) > 1 and not all(column.kind == "numeric" and column.values.ndim == 1 for column in values):
        raise scope.names.fail(f"the columns of {label} must be numbers", expression.span)
    return values[0]


def _learn_variable(label: str, column: Column) -> VariableSchema:
    if column.kind == "numeric":
        width = column.values.shape[1] if column.values.ndim == 2 else 0
        names = column.names or tuple(str(step) for step in range(1, width + 1))
        return VariableSchema(label, "numeric", names=names)
    factor = drop_unused(as_factor(column))
    return VariableSchema(
        label, "factor", factor.levels, factor.contrast or TREATMENT, ordered=factor.ordered
    )


def _learn_parameter(predictor: Predictor, learner: Learner) -> ParameterSchema:
    scope, variables = learner.scope, learner.variables
    terms = codings_in_full(predictor.terms, intercept=predictor.intercept, factors=learner.factors)
    columns = term_columns(predictor, scope, variables)
    schema = ParameterSchema(predictor.parameter, predictor.intercept, terms, (), (), ())
    schema, specific = learn_specific(
        schema, predictor.specific, columns, variables, learner.factors, scope.n
    )
    coded = coding(terms, columns, variables, intercept=predictor.intercept, n=scope.n)
    dropped = find_repeated(coded, specific, intercept=predictor.intercept)
    lost = {column.name for column in dropped}
    return replace(
        schema,
        columns=tuple(name for name in coded.names if name not in lost),
        dropped=dropped,
        groups=learn_groups(predictor, learner),
    )


def term_columns(
    predictor: Predictor, scope: Scope, variables: Mapping[str, VariableSchema]
) -> dict[str, Column]:
    """The variables of the population terms and of `cs()`, factors counted in the levels of the schema."""
    return {
        label: in_schema_levels(scope.variable(expression), variables[label])
        for term in (*predictor.terms, *predictor.specific)
        for label, expression in zip(term.labels, term.variables, strict=True)
    }


def _own_functions(spec: FormulaSpec, transforms: Mapping[str, UserTransform]) -> tuple[str, ...]:
    """Those of the user's functions that the formula calls."""
    calls = {
        part.function for whole in all_expressions(spec) for part in walk(whole) if isinstance(part, Call)
    }
    return tuple(name for name in transforms if name in calls)


def _state_items(states: Mapping[str, State]) -> tuple[StateItem, ...]:
    items: list[StateItem] = []
    for call, state in states.items():
        items += [StateItem(call, name, value) for name, value in state.items()] or [StateItem(call, "", 0.0)]
    return tuple(items)


def _notes(spec: FormulaSpec) -> tuple[tuple[str, str], ...]:
    return tuple(("duplicate-term" if "twice" in note else "formula-note", note) for note in spec.notes)
