"""Which columns each term of a model has, how its factors are coded, and how its groups lie to each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bayesformula.model.spec import PredictorSpec
from bayesformula.syntax.ast import Predictor
from bayesformula.syntax.render import render_expression

if TYPE_CHECKING:
    from bayesformula.data.learnt import (
        DataSchema,
        DroppedColumn,
        TermSchema,
        VariableSchema,
    )


@dataclass(frozen=True, slots=True)
class TermRow:
    """One term of a linear predictor.

    Attributes:
        term: its label, `f:x`, `offset(o)`.
        columns: names of its columns in the design.
        about: how it is coded, or why it has no column; may be empty.
        dropped: (column, why) of those that were left out.
    """

    term: str
    columns: tuple[str, ...]
    about: str = ""
    dropped: tuple[tuple[str, str], ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Plain values."""
        return {
            "term": self.term,
            "columns": list(self.columns),
            "about": self.about,
            "dropped": [{"column": column, "reason": reason} for column, reason in self.dropped],
        }


OFFSET = "added as it is, without a coefficient"
SPECIFIC = "a coefficient for each threshold"


def terms_of_model(predictor: PredictorSpec, n_thresholds: int = 0) -> tuple[TermRow, ...]:
    """Rows where nothing is known but the columns: each is its own term."""
    rows = [thresholds_row(n_thresholds)] if n_thresholds and predictor.parameter == "mu" else []
    rows += [TermRow(column, (column,)) for column in predictor.columns]
    rows += [TermRow(f"cs({column})", (column,), SPECIFIC) for column in predictor.specific]
    return (*rows, *([TermRow("offset", (), OFFSET)] if predictor.has_offset else []))


def terms_of_schema(schema: DataSchema, parameter: str, n_thresholds: int = 0) -> tuple[TermRow, ...]:
    """The terms of the linear predictor of a parameter, in order, offsets last.

    Args:
        schema: what was learnt of the data.
        parameter: one without a formula of its own has that of mu, as each level of a categorical response.
        n_thresholds: of an ordinal response: they stand in the place of the intercept of mu.
    """
    names = [predictor.parameter for predictor in schema.spec.predictors]
    place = names.index(parameter) if parameter in names else 0
    learnt, predictor = schema.parameters[place], schema.spec.predictors[place]
    variables = {variable.label: variable for variable in schema.variables}
    dropped = {column.name: column for column in learnt.dropped}
    rows = [_row("Intercept", ("Intercept",), "", dropped)] if learnt.intercept else []
    rows = [thresholds_row(n_thresholds)] if n_thresholds and place == 0 else rows
    for term in learnt.terms:
        rows.append(_row(term.label, column_names(term, variables), _about(term, variables, schema), dropped))
    lost = {column.name: column for column in learnt.specific_dropped}
    for term in learnt.specific:
        about = "; ".join(filter(None, [_about(term, variables, schema), SPECIFIC]))
        rows.append(_row(f"cs({term.label})", column_names(term, variables), about, lost))
    return (*rows, *offset_rows(predictor))


def thresholds_row(count: int | None) -> TermRow:
    """What stands in the place of the intercept of an ordinal response; None where levels are not known."""
    names = "Intercept[1], Intercept[2], ..." if count is None else _numbered(count)
    return TermRow("Intercept", (), f"thresholds in its place: {names}")


def _numbered(count: int) -> str:
    if count <= 2:
        return ", ".join(f"Intercept[{k}]" for k in range(1, count + 1))
    return f"Intercept[1], ..., Intercept[{count}]"


def offset_rows(predictor: Predictor) -> list[TermRow]:
    """What enters a linear predictor without a coefficient."""
    return [TermRow(f"offset({render_expression(part)})", (), OFFSET) for part in predictor.offsets]


def column_names(term: TermSchema, variables: Mapping[str, VariableSchema]) -> tuple[str, ...]:
    """R's names of the columns of a term, the first variable varying fastest."""
    parts = [
        _variable_names(variables[label], full=full)
        for label, full in zip(term.variables, term.full, strict=True)
    ]
    names = parts[0]
    for part in parts[1:]:
        names = tuple(f"{left}:{right}" for right in part for left in names)
    return names


def _variable_names(variable: VariableSchema, *, full: bool) -> tuple[str, ...]:
    if variable.kind == "numeric":
        return tuple(variable.label + name for name in variable.names or ("",))
    levels = variable.levels
    if full:
        return tuple(variable.label + level for level in levels)
    if variable.contrast.kind == "treatment":
        base = _base(variable)
        return tuple(variable.label + level for level in levels if level != base)
    from bayesformula.data.coding import coding_matrix

    return tuple(variable.label + name for name in coding_matrix(levels, variable.contrast)[1])


def _base(variable: VariableSchema) -> str:
    known = variable.contrast.base in variable.levels
    return variable.contrast.base if known else variable.levels[0]


def _row(
    term: str, names: Sequence[str], about: str, dropped: Mapping[str, DroppedColumn]
) -> TermRow:  # fmt: skip
    lost = tuple((name, _reason(dropped[name])) for name in names if name in dropped)
    return TermRow(term, tuple(name for name in names if name not in dropped), about, lost)


def _reason(column: DroppedColumn) -> str:
    if column.code == "constant-column":
        return "the same in every row used"
    among = list(column.combination[:4]) + ["..."] * (len(column.combination) > 4)
    return f"a combination of {', '.join(among)}" if among else "a combination of columns before it"


def _about(term: TermSchema, variables: Mapping[str, VariableSchema], schema: DataSchema) -> str:
    """How the factors of a term are coded, and what a transform has learnt."""
    if len(term.variables) > 1:
        in_full = [
            label
            for label, full in zip(term.variables, term.full, strict=True)
            if full and variables[label].kind == "factor"
        ]
        return f"a column for every level of {', '.join(in_full)}" if in_full else ""
    return _about_variable(variables[term.label], schema, full=any(term.full))


def _about_variable(variable: VariableSchema, schema: DataSchema, *, full: bool) -> str:
    if variable.kind == "numeric":
        return _learnt(schema, variable.label)
    count = f"factor of {len(variable.levels)} level{'s' * (len(variable.levels) != 1)}"
    if full:
        return f"{count}, a column for each"
    if variable.contrast.kind == "treatment":
        return f"{count}, compared with {_base(variable)}"
    return f"{count}, {variable.contrast.kind} contrasts"


def _learnt(schema: DataSchema, call: str) -> str:
    """`mean 3.1, sd 1.2`: the single numbers that a transform of this text learnt."""
    numbers = [
        (item.name, item.value)
        for item in schema.states
        if item.call == call and item.name and isinstance(item.value, float)
    ]
    return ", ".join(f"{name} {value:.4g}" for name, value in numbers[:3])
