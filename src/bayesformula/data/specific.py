"""`cs(x)`: columns whose effects differ from threshold to threshold of an ordinal family."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from bayesformula.data.coding import Coding, coding, codings_in_full, find_dropped
from bayesformula.data.columns import Column
from bayesformula.data.encoded import beside, held
from bayesformula.data.learnt import DroppedColumn, ParameterSchema, TermSchema, VariableSchema
from bayesformula.data.values import ColumnsDesign
from bayesformula.errors import FormulaError, listing
from bayesformula.syntax.ast import NOWHERE, FormulaSpec, Term

TAKERS = ("sratio", "cratio", "acat")
"""Families whose thresholds may each have effects of their own."""


def check_specific(spec: FormulaSpec, family: str) -> None:
    """Refuse `cs()` where the family has no thresholds, or none that may move apart.

    Args:
        spec: the formula.
        family: name of the family of the model.

    Raises:
        FormulaError: the place shown, with the families that take it.
    """
    if not spec.mu.specific or family in TAKERS:
        return
    span = spec.mu.specific[0].variables[0].span
    known = bool(spec.source) and span != NOWHERE
    message = f"cs() gives an effect to each threshold, and family '{family}' has no thresholds"
    advice = "For any other, write the term without cs()."
    if family == "cumulative":
        message = (
            "family 'cumulative' takes no cs(): thresholds that move apart could cross, and the probability "
            "of a category between them would be negative"
        )
        advice = "Or write the term without cs(), for one effect over all\nthresholds."
    raise FormulaError(
        message,
        text=spec.source if known else None,
        span=span if known else None,
        hint=f"Families with cs(): {listing(TAKERS)}. {advice}",
    )


def learn_specific(
    schema: ParameterSchema,
    terms: Sequence[Term],
    columns: Mapping[str, Column],
    variables: Mapping[str, VariableSchema],
    factors: frozenset[str],
    n: int,
) -> tuple[ParameterSchema, Coding]:
    """The schema of a predictor with the terms of its `cs()`, and the columns of these that were kept.

    They are coded as beside an intercept, which the thresholds are.
    """
    if not terms:
        return schema, Coding((), held(np.zeros((n, 0))))
    coded_terms = codings_in_full(terms, intercept=True, factors=factors)
    coded = coding(coded_terms, columns, variables, intercept=True, n=n)
    dropped = find_dropped(coded)
    lost = {column.name for column in dropped}
    found = coded.kept([place for place, name in enumerate(coded.names) if place > 0 and name not in lost])
    schema = replace(schema, specific=coded_terms, specific_columns=found.names, specific_dropped=dropped)
    return schema, found


def find_repeated(coded: Coding, specific: Coding, *, intercept: bool) -> tuple[DroppedColumn, ...]:
    """Population columns that add nothing to those before them, nor to the columns of `cs()`.

    What has an effect at each threshold has none left for all of them: in `f + cs(f:x)` with all the
    products, as these add up to x in each level of f.
    """
    if not specific.names:
        return find_dropped(coded)
    first = int(intercept)
    places = range(len(coded.names))
    head, tail = coded.kept(places[:first]), coded.kept(places[first:])
    return find_dropped(
        Coding(
            head.names + specific.names + tail.names,
            beside([head.values, specific.values, tail.values]),
            head.owners + specific.owners + tail.owners,
            tuple(place if place < first else place + len(specific.names) for place in coded.spanning),
        )
    )


def encode_specific(
    schema: ParameterSchema, columns: Mapping[str, Column], variables: Mapping[str, VariableSchema], n: int
) -> ColumnsDesign:
    """(n, p_cs) the columns of `cs()` under the names that R would give them; none without `cs()`."""
    terms: tuple[TermSchema, ...] = schema.specific
    if not terms:
        return ColumnsDesign((), held(np.zeros((n, 0))))
    coded = coding(terms, columns, variables, intercept=True, n=n)
    places = {name: place for place, name in enumerate(coded.names)}
    kept = coded.kept([places[name] for name in schema.specific_columns])
    return ColumnsDesign(kept.names, kept.values)
