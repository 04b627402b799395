"""From variables to columns: coding of factors, R's rule for which factor is coded in full, rank.

Only numbers of levels reach formulaic, under opaque names 0, 1, 2, ...: never a text of the user's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd
from formulaic.transforms import contrasts as fc

from bayesformula.data.columns import Column, Contrast
from bayesformula.data.learnt import DroppedColumn, TermSchema, VariableSchema
from bayesformula.errors import DataError, listing
from bayesformula.syntax.ast import Term

RANK_TOLERANCE = 1e-7
"""A column is dependent when what the columns before it leave of it is shorter than this part of it; as R."""


@dataclass(frozen=True, slots=True)
class Coded:
    """Named columns: `values` is (n, k)."""

    names: tuple[str, ...]
    values: np.ndarray


def codings_in_full(
    terms: Sequence[Term], *, intercept: bool, factors: frozenset[str]
) -> tuple[TermSchema, ...]:
    """R's rule: a factor of a term is coded by contrasts if the term without it is in the model.

    The empty term counts as being there; without an intercept the first factor of the first term that
    has one is then coded in full, whatever the rule says (R's `model.matrix` does the same).
    """
    present = {frozenset(term.labels) for term in terms} | {frozenset()}
    coded = [
        TermSchema(
            term.labels,
            tuple(
                label in factors and frozenset(term.labels) - {label} not in present for label in term.labels
            ),
        )
        for term in terms
    ]
    if not intercept:
        for place, term in enumerate(coded):
            first = next((i for i, label in enumerate(term.variables) if label in factors), None)
            if first is not None:
                full = (*term.full[:first], True, *term.full[first + 1 :])
                coded[place] = TermSchema(term.variables, full)
                break
    return tuple(coded)


def coding_matrix(levels: Sequence[str], contrast: Contrast) -> tuple[np.ndarray, tuple[str, ...]]:
    """One row a level, one column a contrast, and R's names for the columns."""
    places = list(range(len(levels)))
    base = levels.index(contrast.base) if contrast.base in levels else 0
    kinds: Mapping[str, fc.Contrasts] = {
        "treatment": fc.TreatmentContrasts(base=base),
        "sum": fc.SumContrasts(),
        "helmert": fc.HelmertContrasts(reverse=True, scale=False),
        "poly": fc.PolyContrasts(),
    }
    if len(places) < 2:
        return np.zeros((len(places), 0)), ()
    coding = kinds[contrast.kind].get_coding_matrix(places, reduced_rank=True)
    matrix = cast(pd.DataFrame, coding)
    match contrast.kind:
        case "treatment":
            names = tuple(level for place, level in enumerate(levels) if place != base)
        case "poly":
            names = tuple(str(name) for name in matrix.columns)
        case "sum" | "helmert":
            names = tuple(str(step) for step in range(1, len(places)))
    return np.asarray(matrix, dtype=np.float64), names


def code_variable(column: Column, schema: VariableSchema, *, full: bool) -> Coded:
    """The columns of one variable; the codes of a factor are counted in the levels of the schema."""
    if schema.kind == "numeric":
        values = column.values if column.values.ndim == 2 else column.values[:, None]
        return Coded(tuple(schema.label + name for name in schema.names or ("",)), values)
    if full:
        dummies = np.zeros((len(column.values), len(schema.levels)))
        dummies[np.arange(len(column.values)), column.values] = 1.0
        return Coded(tuple(schema.label + level for level in schema.levels), dummies)
    matrix, names = coding_matrix(schema.levels, schema.contrast)
    return Coded(tuple(schema.label + name for name in names), matrix[column.values])


def code_term(
    term: TermSchema, columns: Mapping[str, Column], variables: Mapping[str, VariableSchema]
) -> Coded:
    """The columns of a term: products row by row, the first variable varying fastest."""
    parts = [
        code_variable(columns[label], variables[label], full=full)
        for label, full in zip(term.variables, term.full, strict=True)
    ]
    names, values = parts[0].names, parts[0].values
    for part in parts[1:]:
        names = tuple(f"{left}:{right}" for right in part.names for left in names)
        values = (part.values[:, :, None] * values[:, None, :]).reshape(len(values), -1)
    return Coded(names, values)


def code_terms(
    terms: Sequence[TermSchema],
    columns: Mapping[str, Column],
    variables: Mapping[str, VariableSchema],
    *,
    intercept: bool,
    n: int,
) -> Coded:
    """All columns of a set of terms, the intercept first."""
    coded = [Coded(("Intercept",), np.ones((n, 1)))] if intercept else []
    coded += [code_term(term, columns, variables) for term in terms]
    names = tuple(name for part in coded for name in part.names)
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise DataError(
            f"two columns of the design would have one name: {listing(twice)}; rename a column or a level"
        )
    values = np.concatenate([part.values for part in coded], axis=1) if coded else np.zeros((n, 0))
    return Coded(names, values)


def find_dropped(coded: Coded) -> tuple[DroppedColumn, ...]:
    """Columns that add nothing to those before them."""
    if not coded.names:
        return ()
    finite = np.isfinite(coded.values).all(axis=1)
    values = coded.values if finite.all() else coded.values[finite]
    scale = np.linalg.norm(values, axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    # the triangle has the dependences of the columns, and p rows instead of n
    triangle = cast(np.ndarray, np.linalg.qr(values / scale, mode="r"))
    if len(triangle) == len(coded.names) and np.all(np.abs(np.diag(triangle)) > RANK_TOLERANCE):
        return ()
    return _dependent(Coded(coded.names, values), triangle)


def _dependent(coded: Coded, triangle: np.ndarray) -> tuple[DroppedColumn, ...]:
    """Gram-Schmidt, twice for accuracy, over columns in their order."""
    basis = np.zeros((triangle.shape[0], 0))
    kept: list[int] = []
    dropped: list[DroppedColumn] = []
    for place, name in enumerate(coded.names):
        rest = triangle[:, place].copy()
        for _ in range(2):
            rest -= basis @ (basis.T @ rest)
        length = float(np.linalg.norm(rest))
        if length > RANK_TOLERANCE:
            basis = np.column_stack([basis, rest / length])
            kept.append(place)
            continue
        column = coded.values[:, place]
        if len(column) == 0 or np.ptp(column) == 0:
            dropped.append(DroppedColumn(name, "constant-column"))
        else:
            weights = np.linalg.lstsq(triangle[:, kept], triangle[:, place], rcond=None)[0]
            among = tuple(coded.names[kept[i]] for i in np.flatnonzero(np.abs(weights) > 1e-6))
            dropped.append(DroppedColumn(name, "dependent-columns", among))
    return tuple(dropped)
