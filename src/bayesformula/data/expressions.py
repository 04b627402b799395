"""Computing the expressions of a formula on a frame, through the table of transforms and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from typing import cast

import numpy as np
import pandas as pd

from bayesformula.data.arguments import Arguments, ContrastCall, State
from bayesformula.data.columns import (
    Column,
    as_factor,
    logical,
    number,
    read_column,
    read_named,
    recode,
    text,
)
from bayesformula.data.factors import level_texts
from bayesformula.data.names import CONSTANTS, Names
from bayesformula.data.transforms import TRANSFORMS, Transform
from bayesformula.errors import DataError, listing, nearest
from bayesformula.syntax.ast import (
    NOWHERE,
    Argument,
    Binary,
    Call,
    Expression,
    Index,
    Name,
    Number,
    Paren,
    String,
    Unary,
)
from bayesformula.syntax.render import render_expression

Ufunc = Callable[[np.ndarray, np.ndarray], np.ndarray]

_ARITHMETIC: Mapping[str, Ufunc] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "^": np.power, "**": np.power,
    "%%": np.mod, "%/%": np.floor_divide,
}  # fmt: skip
_COMPARISONS: Mapping[str, Ufunc] = {
    "==": np.equal, "!=": np.not_equal, "<": np.less, ">": np.greater, "<=": np.less_equal,
    ">=": np.greater_equal,
}  # fmt: skip


class Scope:
    """One frame in which expressions are computed, and what stateful transforms know.

    With `learning`, a stateful transform learns from this frame and its state is put into `states`
    under the canonical text of the call; else it must be there already.
    """

    def __init__(
        self, frame: pd.DataFrame, names: Names, states: MutableMapping[str, State], *, learning: bool
    ) -> None:
        self.frame, self.names, self.states, self.learning = frame, names, states, learning
        self.n = len(frame)
        self._known: dict[str, Column] = {}

    def variable(self, expression: Expression) -> Column:
        """An expression as a variable: one value a row, its numbers as computed."""
        return self.evaluate(expression).spread(self.n)

    def evaluate(self, expression: Expression) -> Column:
        """The value of an expression; computed once for each canonical text."""
        key = render_expression(expression)
        if key not in self._known:
            with np.errstate(all="ignore"):
                self._known[key] = self._compute(expression, key)
        return self._known[key]

    def _compute(self, expression: Expression, key: str) -> Column:
        match expression:
            case Name():
                return self._name(expression)
            case Number():
                return number(expression.value)
            case String():
                return text(expression.value)
            case Paren():
                return self.evaluate(expression.inner)
            case Unary():
                return self._unary(expression)
            case Binary():
                return self._binary(expression)
            case Index():
                return self._index(expression)
            case Call():
                return self._call(expression, key)

    def _name(self, name: Name) -> Column:
        if self.names.is_column(name.text):
            return read_named(self.frame, name.text)
        value = CONSTANTS.get(name.text)
        if value is None:
            raise self.names.unknown_column(name)
        return logical(value) if isinstance(value, bool) else number(value)

    def _numbers(self, expression: Expression) -> np.ndarray:
        column = self.evaluate(expression)
        if column.kind == "factor":
            raise self.names.fail(
                f"'{render_expression(expression)}' is a factor, not a number",
                expression.span,
                hint='Compare it with a level (f == "a"), or write as.numeric(...) for positions of levels.',
            )
        return column.values

    def _unary(self, expression: Unary) -> Column:
        values = self._numbers(expression.operand)
        if expression.operator == "!":
            return logical(np.where(np.isnan(values), np.nan, values == 0))
        return number(-values if expression.operator == "-" else values)

    def _binary(self, expression: Binary) -> Column:
        operator = expression.operator
        if operator in _COMPARISONS:
            return self._compare(expression)
        if operator == "%in%":
            return self._member(expression)
        if operator not in _ARITHMETIC and operator not in ("&", "|", "&&", "||"):
            raise self.names.fail(f"'{operator}' has no meaning inside a call", expression.span)
        left, right = _aligned(self._numbers(expression.left), self._numbers(expression.right))
        if operator in _ARITHMETIC:
            return number(_ARITHMETIC[operator](left, right))
        joined = (left != 0) & (right != 0) if operator[0] == "&" else (left != 0) | (right != 0)
        return logical(np.where(np.isnan(left) | np.isnan(right), np.nan, joined))

    def _compare(self, expression: Binary) -> Column:
        left, right = self.evaluate(expression.left), self.evaluate(expression.right)
        if "factor" in (left.kind, right.kind):
            if expression.operator not in ("==", "!="):
                raise self.names.fail("levels of a factor have no order here", expression.span,
                                      hint="Compare with == or !=.")  # fmt: skip
            left, right = _common_codes(as_factor(left), as_factor(right))
            missing = (left.values < 0) | (right.values < 0)
        else:
            missing = np.isnan(left.values) | np.isnan(right.values)
        truth = _COMPARISONS[expression.operator](left.values, right.values)
        return logical(np.where(missing, np.nan, truth))

    def _member(self, expression: Binary) -> Column:
        values = self.literal(expression.right)
        vector = values if isinstance(values, tuple) else (values,)
        column = as_factor(self.evaluate(expression.left))
        wanted = frozenset(level_texts(vector))
        truth = np.array([*(float(level in wanted) for level in column.levels), np.nan])
        return logical(truth[column.values])

    def _index(self, expression: Index) -> Column:
        column = as_factor(self.evaluate(expression.operand))
        if self.learning and expression.level not in column.levels:
            raise self.names.fail(
                f"'{render_expression(expression.operand)}' has no level '{expression.level}'",
                expression.span,
                hint=f"Its levels are {listing(nearest(expression.level, column.levels))}.",
            )
        code = column.levels.index(expression.level) if expression.level in column.levels else -2
        return logical(np.where(column.values < 0, np.nan, column.values == code))

    # ---- calls ----

    def _call(self, call: Call, key: str) -> Column:
        self.names.refuse_unknown(call)
        if call.function in self.names.transforms:
            return self._user_call(call, key)
        if call.function == "c":
            raise self.names.fail("c(...) may stand only as an argument that lists constants", call.span)
        record = TRANSFORMS[call.function]
        arguments = self._bind(record, call, key)
        if record.learn is None:
            return record.apply(arguments, {})
        if key not in self.states:
            if not self.learning:
                raise DataError(f"nothing was learnt for {key}: this schema is of another formula")
            self.states[key] = record.learn(arguments)
        return record.apply(arguments, self.states[key])

    def _bind(self, record: Transform, call: Call, key: str) -> Arguments:
        data, options = self.names.matched(record, call)
        known = bool(self.names.source) and call.span != NOWHERE
        return Arguments(
            columns=tuple(self.evaluate(expression) for expression in data),
            labels=tuple(render_expression(expression) for expression in data),
            options={name: self._option(record, name, value) for name, value in options.items()},
            call=key,
            n=self.n,
            source=self.names.source if known else None,
            span=call.span if known else None,
        )

    def _option(self, record: Transform, name: str, value: Expression) -> object:
        if record.name == "C" and name == "contr":
            return self._contrast(value)
        return self.literal(value)

    def _contrast(self, value: Expression) -> ContrastCall:
        match value:
            case Name():
                return ContrastCall(value.text)
            case String():
                return ContrastCall(value.value)
            case Call():
                constants = tuple(self.literal(argument.value) for argument in value.arguments)
                return ContrastCall(value.function, cast("tuple[float | str | bool, ...]", constants))
            case _:
                raise self.names.fail(
                    "the coding must be a name: treatment, sum, helmert or poly", value.span
                )

    def literal(self, value: Expression) -> object:
        """A constant argument: a number, string, truth value, NULL, or `c(...)` of these."""
        match value:
            case String():
                return value.value
            case Name() if value.text in CONSTANTS and not self.names.is_column(value.text):
                return CONSTANTS[value.text]
            case Paren():
                return self.literal(value.inner)
            case Call(function="c"):
                return self._vector(value)
            case Binary(operator=":"):
                low, high = (cast(float, self.literal(side)) for side in (value.left, value.right))
                return tuple(float(step) for step in range(int(low), int(high) + 1))
            case _:
                column = self.evaluate(value)
        if not column.is_scalar or column.kind == "factor":
            raise self.names.fail(
                f"'{render_expression(value)}' must be a constant here",
                value.span,
                hint="Write a number, a string or c(...).",
            )
        return bool(column.values) if column.kind == "logical" else float(column.values)

    def _vector(self, call: Call) -> tuple[object, ...]:
        items: list[object] = []
        for argument in call.arguments:
            item = self.literal(argument.value)
            items.extend(item) if isinstance(item, tuple) else items.append(item)
        return tuple(items)

    def _user_call(self, call: Call, key: str) -> Column:
        values = [self._plain(argument) for argument in call.arguments if not argument.name]
        options = {
            argument.name: self.literal(argument.value) for argument in call.arguments if argument.name
        }
        result = self.names.transforms[call.function](*values, **options)
        column = _read_result(result, key)
        if not column.is_scalar and len(column.values) != self.n:
            raise self.names.fail(f"{key} gave {len(column.values)} values for {self.n} rows", call.span)
        return column

    def _plain(self, argument: Argument) -> object:
        """An argument for a function of the user's: numbers, or text for a factor."""
        column = self.evaluate(argument.value)
        if column.kind == "factor":
            return np.array([*column.levels, None], dtype=object)[column.values]
        return column.values.copy()


def _read_result(result: object, key: str) -> Column:
    values = np.asarray(result)
    if values.ndim == 1:
        return read_column(pd.Series(values), key)
    if values.ndim > 2 or values.dtype.kind not in "biuf":
        raise DataError(f"{key} did not give one number, or one value or one row of numbers for each row")
    return number(values)


def _aligned(left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Vectors stand as columns beside a matrix."""
    if left.ndim == 2 and right.ndim == 1:
        return left, right[:, None]
    if left.ndim == 1 and right.ndim == 2:
        return left[:, None], right
    return left, right


def _common_codes(left: Column, right: Column) -> tuple[Column, Column]:
    """Both factors with codes counted in the same levels."""
    levels = tuple(dict.fromkeys((*left.levels, *right.levels)))
    return recode(left, levels), recode(right, levels)
