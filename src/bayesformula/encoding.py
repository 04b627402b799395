"""From a design to the rows that the compiler takes: of the training table, and of any other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from bayesformula.families import Family

if TYPE_CHECKING:
    from bayesformula.compiler.chunks import RowSource
    from bayesformula.compiler.inputs import Rows
    from bayesformula.data.design import Design, GroupDesign
    from bayesformula.data.schema import DataSchema
    from bayesformula.model.spec import ModelSpec


def coded(schema: DataSchema, design: Design, family: Family) -> tuple[Design, tuple[str, ...]]:
    """The design with the response as the family takes it, one trial where none is stated; categories."""
    from bayesformula.data.categories import codes
    from bayesformula.data.family_terms import extras_of

    assert design.y is not None, "only rows with a response are coded"
    y, categories = codes(family.name, schema.response, design.y)
    return replace(design, y=y, extras=extras_of(family, design)), (
        () if family.name == "bernoulli" else categories
    )


def rows_of(design: Design, model: ModelSpec, relations: Sequence[np.ndarray | None] = ()) -> Rows:
    """The arrays of a design as the compiler takes them; `relations` are those of its groups, if known.

    Rows without a response have zeros in its place.
    """
    from bayesformula.compiler.inputs import GroupArrays, PredictorRows, Rows
    from bayesformula.compiler.likelihood.terms import Terms
    from bayesformula.data.shared_groups import shared_groups
    from bayesformula.model.build import parameter_designs

    y = no_response(design, model) if design.y is None else np.asarray(design.y, float)
    parameters = parameter_designs(design, model.family, model.categories)
    groups = [shared.design for shared in shared_groups(parameters).values()]
    return Rows(
        y=y,
        weights=None if design.weights is None else np.asarray(design.weights, float),
        predictors=tuple(
            PredictorRows(
                x=part.population.values.whole,
                offset=np.zeros(len(y)) if part.offset is None else np.asarray(part.offset, float),
                specific=part.cs.values.whole if part.cs.names else None,
            )
            for part in parameters.values()
        ),
        groups=tuple(
            GroupArrays(
                z=g.z,
                index=np.asarray(g.index, np.int32),
                by=None if g.by_index is None else np.asarray(g.by_index, np.int32),
                relation=relation,
            )
            for g, relation in zip(groups, relations or [_relation(g) for g in groups], strict=True)
        ),
        terms=Terms(**{name: np.asarray(values, float) for name, values in design.extras.items()}),
    )


def no_response(design: Design, model: ModelSpec) -> np.ndarray:
    """(n,) zeros, or (n, K) of counts in K categories."""
    is_matrix = model.family.support == "matrix"
    return np.zeros((design.n_rows, len(model.categories)) if is_matrix else design.n_rows)


def _relation(group: GroupDesign) -> np.ndarray | None:
    """(J, J) lower Cholesky factor of the known covariance of a group's levels."""
    return None if group.cov is None else np.linalg.cholesky(group.cov)


def row_source(design: Design, model: ModelSpec, *, prior_only: bool = False) -> RowSource:
    """The rows of a design as the compiler asks for them: all, or a chunk at a time.

    A likelihood without weight is none: with `prior_only` the program is the same, and the prior is its
    posterior.
    """
    from bayesformula.compiler.chunks import RowSource
    from bayesformula.data import encoded
    from bayesformula.data.shared_groups import shared_groups
    from bayesformula.model.build import parameter_designs

    groups = shared_groups(parameter_designs(design, model.family, model.categories)).values()
    relations = [_relation(shared.design) for shared in groups]

    def take(at: encoded.At) -> Rows:
        is_all = isinstance(at, slice) and at == slice(0, design.n_rows)
        rows = rows_of(design if is_all else design.part(at), model, relations)
        return rows._replace(weights=np.zeros(len(rows.y))) if prior_only else rows

    unweighted = design.weights is None or not np.any(design.weights > 0)
    return RowSource(design.n_rows, encoded.CHUNK_ROWS, take, prior_only or unweighted)


def max_count(model: ModelSpec, source: RowSource) -> int:
    """The greatest count at which a tail of the response is asked for; rounded up, to share programs."""
    from bayesformula.families import record

    if not record(model.family.name).is_discrete:
        return 0
    rows = source.whole
    ends = [
        values for values in (rows.terms.lower, rows.terms.upper, rows.terms.cens_upper) if values is not None
    ]
    ends += [rows.y] if rows.terms.cens is not None else []
    if ends and rows.terms.trials is not None:  # an upper tail of successes ends at the trials
        ends.append(rows.terms.trials)
    finite = [float(np.max(values[np.isfinite(values)], initial=0.0)) for values in map(np.asarray, ends)]
    greatest = max(finite, default=0.0)
    return 0 if greatest <= 0 else 2 ** math.ceil(math.log2(greatest + 1))
