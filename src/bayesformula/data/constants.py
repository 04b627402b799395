"""Arguments that must be constants: numbers, strings, `c(...)`, `seq()`, and what is learnt as one.

`quantile(x, c(0.25, 0.75))`, `range(x)`, `levels(f)` and `unique(f)` read a column once, on the training
rows, and stand for the same constants ever after, as in `factor(f, levels = rev(levels(f)))`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import cast

import numpy as np

from bayesformula.data.arguments import State
from bayesformula.data.columns import Column
from bayesformula.data.names import CONSTANTS, Names
from bayesformula.data.transforms import TRANSFORMS
from bayesformula.errors import FormulaError
from bayesformula.syntax.ast import Argument, Binary, Call, Expression, Name, Number, Paren, String, Unary
from bayesformula.syntax.render import render_expression

Scalar = float | str | bool
Constant = Scalar | tuple[Scalar, ...] | None

MAX_LENGTH = 100_000
"""The longest vector that a sequence may make."""

_ARITHMETIC: Mapping[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b if b else math.copysign(math.inf, a) if a else math.nan,
    "^": lambda a, b: float(np.power(a, b)),
}


class ConstantReader:
    """Reads constants in one frame.

    Args:
        names: what names mean there.
        evaluate: the value of any other expression, which must be one for all rows.
        learnt: what the call of a stateful transform learnt.
    """

    def __init__(
        self, names: Names, evaluate: Callable[[Expression], Column], learnt: Callable[[Call], State]
    ) -> None:
        self.names, self.evaluate, self.learnt = names, evaluate, learnt

    def read(self, value: Expression) -> Constant:
        """The constant that an expression is; one that changes from row to row is refused."""
        match value:
            case String():
                return value.value
            case Number():
                return value.value
            case Name() if value.text in CONSTANTS and not self.names.is_column(value.text):
                return CONSTANTS[value.text]
            case Paren():
                return self.read(value.inner)
            case Unary(operator="-" | "+"):
                sign = -1.0 if value.operator == "-" else 1.0
                return self._joined("*", sign, self.read(value.operand), value)
            case Binary(operator=":"):
                return self._steps(value)
            case Binary() if value.operator in _ARITHMETIC:
                return self._joined(value.operator, self.read(value.left), self.read(value.right), value)
            case Call():
                return self._call(value)
            case _:
                return self._scalar(value)

    def _scalar(self, value: Expression) -> Constant:
        column = self.evaluate(value)
        if not column.is_scalar or column.kind == "factor":
            raise self._fail(value)
        return bool(column.values) if column.kind == "logical" else float(column.values)

    def _fail(self, value: Expression) -> FormulaError:
        return self.names.fail(
            f"'{render_expression(value)}' must be a constant here",
            value.span,
            hint="Write a number, a string or c(...).",
        )

    def _joined(self, operator: str, left: Constant, right: Constant, whole: Expression) -> Constant:
        """Arithmetic, element by element."""
        one, other = self._numbers(left, whole), self._numbers(right, whole)
        length = max(len(one), len(other))
        if not one or not other or length % len(one) or length % len(other):
            raise self._fail(whole)
        apply = _ARITHMETIC[operator]
        values = tuple(apply(one[i % len(one)], other[i % len(other)]) for i in range(length))
        return values if isinstance(left, tuple) or isinstance(right, tuple) else values[0]

    def _numbers(self, value: Constant, whole: Expression) -> tuple[float, ...]:
        vector = value if isinstance(value, tuple) else (value,)
        if not all(isinstance(item, int | float) for item in vector):
            raise self._fail(whole)
        return tuple(float(cast(float, item)) for item in vector)

    def _steps(self, value: Binary) -> Constant:
        """`1:5`, `5:1`."""
        low, high = (self._number(side) for side in (value.left, value.right))
        return self._sequence(low, high, 1.0 if high >= low else -1.0, value)

    def _number(self, value: Expression) -> float:
        numbers = self._numbers(self.read(value), value)
        if len(numbers) != 1 or not math.isfinite(numbers[0]):
            raise self.names.fail(f"'{render_expression(value)}' must be one number here", value.span)
        return numbers[0]

    def _sequence(self, low: float, high: float, step: float, value: Expression) -> tuple[float, ...]:
        count = (high - low) / step if step else math.inf
        if not 0 <= count < MAX_LENGTH:
            raise self.names.fail(
                f"'{render_expression(value)}' never ends, or is longer than {MAX_LENGTH} numbers", value.span
            )
        return tuple(low + step * k for k in range(math.floor(count + 1e-10) + 1))

    # ---- calls ----

    def _call(self, call: Call) -> Constant:
        if call.function in self.names.transforms:
            return self._scalar(call)
        match call.function:
            case "c":
                return self._combined(call)
            case "rev":
                (inner,) = self._arguments(call, ("x",)).values()
                vector = self.read(inner)
                return vector[::-1] if isinstance(vector, tuple) else vector
            case "seq":
                return self._seq(call)
            case "rep":
                return self._rep(call)
            case name if name in TRANSFORMS and TRANSFORMS[name].is_vector:
                return cast("tuple[Scalar, ...]", self.learnt(call)["value"])
            case _:
                return self._scalar(call)

    def _combined(self, call: Call) -> tuple[Scalar, ...]:
        items: list[Scalar] = []
        for argument in call.arguments:
            item = self.read(argument.value)
            if isinstance(item, tuple):
                items += item
            elif item is not None:
                items.append(item)
            if len(items) > MAX_LENGTH:
                raise self.names.fail(f"'{call.function}(...)' is longer than {MAX_LENGTH} values", call.span)
        return tuple(items)

    def _arguments(self, call: Call, formals: tuple[str, ...]) -> dict[str, Expression]:
        """Arguments by name, then by place, as R binds them."""
        bound = {
            self._formal(call, argument, formals): argument.value
            for argument in call.arguments
            if argument.name
        }
        free = [name for name in formals if name not in bound]
        placed = [argument.value for argument in call.arguments if not argument.name]
        if len(placed) > len(free) or formals[0] not in {*bound, *free[: len(placed)]}:
            raise self.names.fail(
                f"{call.function}() does not take these arguments", call.span,
                hint=f"Write {call.function}({', '.join(formals)}).",
            )  # fmt: skip
        return {**bound, **dict(zip(free, placed, strict=False))}

    def _formal(self, call: Call, argument: Argument, formals: tuple[str, ...]) -> str:
        legal = [name for name in formals if name.startswith(argument.name)]
        if argument.name in formals or len(legal) == 1:
            return argument.name if argument.name in formals else legal[0]
        raise self.names.fail(
            f"{call.function}() has no argument '{argument.name}'", call.span,
            hint=f"Write {call.function}({', '.join(formals)}).",
        )  # fmt: skip

    def _seq(self, call: Call) -> Constant:
        """`seq(0, 1, 0.25)`, `seq(0, 1, length.out = 5)`."""
        given = self._arguments(call, ("from", "to", "by", "length.out"))
        low = self._number(given["from"])
        if "to" not in given and "length.out" not in given:  # seq(5) is 1:5
            return self._sequence(1.0, low, 1.0 if low >= 1 else -1.0, call)
        if "length.out" not in given:
            high = self._number(given["to"])
            by = self._number(given["by"]) if "by" in given else (1.0 if high >= low else -1.0)
            return self._sequence(low, high, by, call)
        count = self._number(given["length.out"])
        if not 1 <= count <= MAX_LENGTH or ("to" in given) == ("by" in given):
            raise self.names.fail(
                f"'{render_expression(call)}' makes no sequence", call.span,
                hint="Write seq(from, to, by) or seq(from, to, length.out = 5).",
            )  # fmt: skip
        if "by" in given:
            by = self._number(given["by"])
            return tuple(low + by * k for k in range(math.ceil(count)))
        return tuple(np.linspace(low, self._number(given["to"]), math.ceil(count)).tolist())

    def _rep(self, call: Call) -> Constant:
        given = self._arguments(call, ("x", "times"))
        value = self.read(given["x"])
        times = self._number(given["times"]) if "times" in given else 1.0
        vector = value if isinstance(value, tuple) else () if value is None else (value,)
        if not 0 <= times * len(vector) <= MAX_LENGTH:
            raise self.names.fail(f"'{render_expression(call)}' is too long", call.span)
        return vector * int(times)
