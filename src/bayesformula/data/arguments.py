"""The arguments of one call, bound to the names of its transform."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bayesformula.data.columns import Column
from bayesformula.errors import FormulaError, Span

StateValue = float | str | tuple[float, ...] | tuple[str, ...]
State = Mapping[str, StateValue]


@dataclass(frozen=True, slots=True)
class ContrastCall:
    """The second argument of `C()`: `sum`, `contr.treatment(base = 2)`, `treatment("b")`."""

    name: str
    arguments: tuple[float | str | bool, ...] = ()


@dataclass(frozen=True, slots=True)
class Arguments:
    """Computed columns and constant options of one call.

    Attributes:
        columns: the data arguments, in order.
        labels: their canonical texts, for messages.
        options: constants by the name of the argument.
        call: canonical text of the whole call.
        n: rows of the frame.
        source: the formula as written, and where the call stands in it.
    """

    columns: tuple[Column, ...]
    labels: tuple[str, ...]
    options: Mapping[str, object]
    call: str
    n: int
    source: str | None
    span: Span | None

    def fail(self, message: str, hint: str = "") -> FormulaError:
        """An error that shows the call."""
        return FormulaError(message, text=self.source, span=self.span, hint=hint)

    def numbers(self, place: int) -> np.ndarray:
        """One data argument as numbers; a factor is refused."""
        column = self.columns[place]
        if column.kind == "factor":
            raise self.fail(
                f"{self.call}: '{self.labels[place]}' is a factor, not a number",
                "Write as.numeric(...) for the positions of its levels.",
            )
        return column.values

    def vector(self, place: int = 0) -> np.ndarray:
        """One data argument as one number a row; a matrix is refused."""
        values = self.numbers(place)
        if values.ndim > 1:
            raise self.fail(f"{self.call}: '{self.labels[place]}' is a matrix of several columns")
        return values if values.ndim else np.full(self.n, values)

    def spread(self) -> tuple[Column, ...]:
        return tuple(column.spread(self.n) for column in self.columns)

    def number_option(self, name: str, default: float) -> float:
        value = self.options.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.fail(f"{self.call}: '{name}' must be one number")
        return float(value)

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
