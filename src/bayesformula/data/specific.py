"""`cs(x)`: columns whose effects differ from threshold to threshold of an ordinal family."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from bayesformula.data.coding import Coded, code_terms, codings_in_full, find_dropped
from bayesformula.data.columns import Column
from bayesformula.data.learnt import DroppedColumn, ParameterSchema, TermSchema, VariableSchema
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
) -> tuple[ParameterSchema, Coded]:
    """The schema of a predictor with the terms of its `cs()`, and the columns of these that were kept.

    They are coded as beside an intercept, which the thresholds are.
    """
    if not terms:
        return schema, Coded((), np.zeros((n, 0)))
    coded_terms = codings_in_full(terms, intercept=True, factors=factors)
    coded = code_terms(coded_terms, columns, variables, intercept=True, n=n)
    dropped = find_dropped(coded)
    lost = {column.name for column in dropped}
    kept = [place for place, name in enumerate(coded.names) if place > 0 and name not in lost]
    names = tuple(coded.names[place] for place in kept)
    found = Coded(names, coded.values[:, kept], tuple(coded.owners[place] for place in kept))
    return replace(schema, specific=coded_terms, specific_columns=names, specific_dropped=dropped), found


def find_repeated(coded: Coded, specific: Coded, *, intercept: bool) -> tuple[DroppedColumn, ...]:
    """Population columns that add nothing to those before them, nor to the columns of `cs()`.

    What has an effect at each threshold has none left for all of them: in `f + cs(f:x)` with all the
    products, as these add up to x in each level of f.
    """
    if not specific.names:
        return find_dropped(coded)
    first = int(intercept)
    joined = Coded(
        coded.names[:first] + specific.names + coded.names[first:],
        np.concatenate([coded.values[:, :first], specific.values, coded.values[:, first:]], axis=1),
        coded.owners[:first] + specific.owners + coded.owners[first:],
        tuple(place if place < first else place + len(specific.names) for place in coded.spanning),
    )
    return find_dropped(joined)


def encode_specific(
    schema: ParameterSchema, columns: Mapping[str, Column], variables: Mapping[str, VariableSchema], n: int
) -> pd.DataFrame:
    """(n, p_cs) the columns of `cs()` under the names that R would give them; none without `cs()`."""
    terms: tuple[TermSchema, ...] = schema.specific
    if not terms:
        return pd.DataFrame(index=range(n))
    coded = code_terms(terms, columns, variables, intercept=True, n=n)
    places = {name: place for place, name in enumerate(coded.names)}
    kept = [places[name] for name in schema.specific_columns]
    return pd.DataFrame(coded.values[:, kept], columns=list(schema.specific_columns))
