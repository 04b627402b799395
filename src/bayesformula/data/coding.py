"""From variables to columns: coding of factors, R's rule for which factor is coded in full, rank."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bayesformula.data.columns import Column
from bayesformula.data.contrasts import coding_matrix
from bayesformula.data.encoded import CHUNK_ROWS, At, Encoded, count, made
from bayesformula.data.learnt import DroppedColumn, TermSchema, VariableSchema
from bayesformula.data.rank import find_dependent
from bayesformula.errors import DataError, listing, shortened
from bayesformula.keeping import memory_bytes
from bayesformula.syntax.ast import Term

MAX_COLUMNS = 10_000
"""Of a design; which of them are dependent is found with a matrix of columns by columns."""


@dataclass(frozen=True, slots=True)
class Coded:
    """Named columns: `values` is (n, k).

    For the judgement of rank, `owners` has for each column the variables of its term, and `spanning` the
    places of columns that add up to 1 in every row.
    """

    names: tuple[str, ...]
    values: np.ndarray
    owners: tuple[frozenset[str], ...] = ()
    spanning: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Coding:
    """As `Coded`, of rows whose numbers are made when they are asked for."""

    names: tuple[str, ...]
    values: Encoded
    owners: tuple[frozenset[str], ...] = ()
    spanning: tuple[int, ...] = ()

    def kept(self, places: Sequence[int]) -> Coding:
        """Some of the columns."""
        names = tuple(self.names[place] for place in places)
        if names == self.names:
            return self
        make, at = self.values.make, list(places)
        owners = tuple(self.owners[place] for place in places)
        return Coding(names, made(self.values.n_rows, lambda rows: make(rows)[:, at]), owners)


class _Holders:
    """Which terms hold a set of variables: asked for every variable of ten thousand terms."""

    def __init__(self, terms: Sequence[frozenset[str]]) -> None:
        self.terms = terms
        self.places: dict[str, list[int]] = {}
        for place, term in enumerate(terms):
            for label in term:
                self.places.setdefault(label, []).append(place)

    def is_held(self, labels: frozenset[str], before: int) -> bool:
        """Whether a term before that place has all of these variables."""
        if not labels:
            return True
        rarest = min((self.places[label] for label in labels), key=len)
        for place in rarest:
            if place >= before:
                return False
            if labels <= self.terms[place]:
                return True
        return False


def codings_in_full(
    terms: Sequence[Term], *, intercept: bool, factors: frozenset[str]
) -> tuple[TermSchema, ...]:
    """R's rule: a factor of a term is coded by contrasts if an earlier term holds what remains without it.

    The empty term counts as being there. "Holds" is R's own test and wider than "is": in `x:f + f:s` the
    first term lets `s` be coded by contrasts. Without an intercept the first factor of the first term
    that has one is then coded in full, whatever the rule says (R's `model.matrix` does the same).
    """
    sets = [frozenset(term.labels) for term in terms]
    holders = _Holders(sets)
    coded = [
        TermSchema(
            term.labels,
            tuple(
                label in factors and not holders.is_held(sets[place] - {label}, place)
                for label in term.labels
            ),
        )
        for place, term in enumerate(terms)
    ]
    if not intercept:
        for place, term in enumerate(coded):
            first = next((i for i, label in enumerate(term.variables) if label in factors), None)
            if first is not None:
                full = (*term.full[:first], True, *term.full[first + 1 :])
                coded[place] = TermSchema(term.variables, full)
                break
    return tuple(coded)


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
        products = part.values[:, :, None] * values[:, None, :]
        values = products.reshape(len(values), products.shape[1] * products.shape[2])
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
    twice = sorted(name for name, times in Counter(names).items() if times > 1)
    if twice:
        raise DataError(
            f"two columns of the design would have one name: {listing(twice)}; rename a column or a level"
        )
    # column by column in memory: all that is asked of long tables is means and products of columns
    values = np.concatenate([part.values.T for part in coded]).T if coded else np.zeros((n, 0))
    owners = [frozenset[str]()] * intercept
    for term, part in zip(terms, coded[intercept:], strict=True):
        owners += [frozenset(term.variables)] * len(part.names)
    return Coded(names, values, tuple(owners), _spanning(terms, owners, intercept=intercept))


def coding(
    terms: Sequence[TermSchema],
    columns: Mapping[str, Column],
    variables: Mapping[str, VariableSchema],
    *,
    intercept: bool,
    n: int,
) -> Coding:
    """All columns of a set of terms, the intercept first; `n` rows, coded when they are asked for."""

    _refuse_size(terms, variables, int(intercept), min(n, CHUNK_ROWS))

    def coded(at: At) -> Coded:
        some = {label: column.at(at) for label, column in columns.items()}
        return code_terms(terms, some, variables, intercept=intercept, n=count(at, n))

    named = coded(slice(0, 0))
    return Coding(named.names, made(n, lambda at: coded(at).values), named.owners, named.spanning)


def _refuse_size(
    terms: Sequence[TermSchema], variables: Mapping[str, VariableSchema], intercept: int, n: int
) -> None:
    """Refuse a design that no memory holds, before a number of it is made.

    Raises:
        DataError: with the count of its columns, and the term that has most of them.
    """
    widths = [
        math.prod(
            _width(variables[label], full=full) for label, full in zip(term.variables, term.full, strict=True)
        )
        for term in terms
    ]
    total = intercept + sum(widths)
    there = memory_bytes()
    most = MAX_COLUMNS if there is None else min(MAX_COLUMNS, max(1, there // (16 * max(n, 1))))
    if total <= most:
        return
    place = widths.index(max(widths))
    label, what = ":".join(terms[place].variables), "at most"
    if most < MAX_COLUMNS:
        size = _written(8 * n * total // 2**30)
        what = f"{n:,} rows of them at a time take {size} GiB; here there is room for"
    raise DataError(
        f"the term '{shortened(label)}' makes {_written(widths[place])} columns, and the whole design has "
        f"{_written(total)}; {what} {most:,}\n"
        f"  A factor with many levels can have effects that vary: write (1 | {shortened(label)})."
    )


def _written(number: int) -> str:
    """A count for a message, also one of a thousand digits."""
    return f"{number:,}" if number < 10**18 else f"more than 10^{(number.bit_length() - 1) * 3 // 10}"


def _width(schema: VariableSchema, *, full: bool) -> int:
    """How many columns `code_variable` makes."""
    if schema.kind == "numeric":
        return len(schema.names) or 1
    if full:
        return len(schema.levels)
    width = max(0, len(schema.levels) - 1)
    return min(schema.contrast.how_many or width, width)


def _spanning(
    terms: Sequence[TermSchema], owners: Sequence[frozenset[str]], *, intercept: bool
) -> tuple[int, ...]:
    """Places of columns that add up to 1: the intercept, or a term that has all its factors in full."""
    if intercept:
        return (0,)
    whole = next((frozenset(term.variables) for term in terms if all(term.full)), None)
    return tuple(place for place, owner in enumerate(owners) if owner == whole)


def find_dropped(coding: Coding) -> tuple[DroppedColumn, ...]:
    """Columns that add nothing to those before them; rows with infinite values are left aside."""
    return find_dependent(coding.names, coding.values, coding.owners, coding.spanning)
