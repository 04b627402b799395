"""The arguments of one call, bound to the names of its transform."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np

from bayesformula.data.columns import Column
from bayesformula.errors import DataError, FormulaError, Span, caret

StateValue = float | str | tuple[float, ...] | tuple[str, ...]
State = Mapping[str, StateValue]


@dataclass(frozen=True, slots=True)
class ContrastCall:
    """The second argument of `C()`: `sum`, `contr.treatment(base = 2)`, `treatment("b")`.

    `arguments` are pairs of a name, "" for one given by place, and a constant; `is_function` says that
    the coding is the bare name of a function of R's, `contr.sum`.
    """

    name: str
    arguments: tuple[tuple[str, object], ...] = ()
    is_function: bool = False


def not_a_number(column: Column, label: str) -> tuple[str, str]:
    """What is wrong with a factor where a number is needed, and what to write."""
    level = column.levels[0] if column.levels else "a"
    what = "a factor" if column.declared else "text"
    positions = f"as.numeric({label})" if column.declared else f"as.numeric(factor({label}))"
    return (
        f"'{label}' is {what}, not a number",
        f'Compare it with a level, {label} == "{level}", '
        f"or write {positions} for the positions of its levels.",
    )


def state_number(state: State, name: str) -> float:
    """A number that was learnt."""
    return float(cast(float, state[name]))


def state_numbers(state: State, name: str) -> np.ndarray:
    """A vector that was learnt."""
    return np.asarray(state[name], dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Arguments:
    """Computed columns and constant options of one call.

    Attributes:
        columns: the data arguments, in order.
        labels: their canonical texts, for messages.
        is_name: which of them are plain names.
        options: constants by the name of the argument.
        call: canonical text of the whole call.
        n: rows of the frame.
        source: the formula as written, and where the call stands in it.
    """

    columns: tuple[Column, ...]
    labels: tuple[str, ...]
    is_name: tuple[bool, ...]
    options: Mapping[str, object]
    call: str
    n: int
    source: str | None
    span: Span | None

    def fail(self, message: str, hint: str = "") -> FormulaError:
        """An error that shows the call."""
        return FormulaError(message, text=self.source, span=self.span, hint=hint)

    def refuse_data(self, message: str, hint: str = "") -> DataError:
        """An error of the data that shows the call."""
        parts = [f"{self.call}: {message}"]
        if self.source is not None and self.span is not None:
            parts.append(caret(self.source, self.span))
        return DataError("\n".join([*parts, *([f"  {hint}"] if hint else [])]))

    def numbers(self, place: int) -> np.ndarray:
        """One data argument as numbers; a factor is refused."""
        column = self.columns[place]
        if column.kind == "factor":
            what, remedy = not_a_number(column, self.labels[place])
            raise self.fail(f"{self.call}: {what}", remedy)
        return column.values

    def single(self, place: int) -> np.ndarray:
        """One data argument as numbers, one a row or one for all; a matrix is refused."""
        values = self.numbers(place)
        if values.ndim > 1:
            raise self.fail(f"{self.call}: '{self.labels[place]}' is a matrix of several columns")
        return values

    def vector(self, place: int = 0) -> np.ndarray:
        """One data argument as one number a row; a matrix is refused."""
        values = self.single(place)
        return values if values.ndim else np.full(self.n, values)

    def spread(self) -> tuple[Column, ...]:
        return tuple(column.spread(self.n) for column in self.columns)

    def number_option(self, name: str, default: float) -> float:
        value = self.options.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.fail(f"{self.call}: '{name}' must be one number")
        return float(value)

    def whole_option(self, name: str, default: int, least: int, most: int) -> int:
        """A whole number within bounds."""
        value = self.number_option(name, default)
        if not least <= value <= most or value != int(value):
            raise self.fail(f"{self.call}: '{name}' must be a whole number from {least} to {most}")
        return int(value)

    def flag(self, name: str, default: bool) -> bool:
        value = self.options.get(name, default)
        if not isinstance(value, bool):
            raise self.fail(f"{self.call}: '{name}' must be TRUE or FALSE")
        return value

    def vector_option(self, name: str) -> tuple[object, ...] | None:
        """A constant vector, `c(...)`; one constant is a vector of one."""
        value = self.options.get(name)
        if value is None or isinstance(value, tuple):
            return value
        return (value,)
