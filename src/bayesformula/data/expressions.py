"""Computing the expressions of a formula on a frame, through the table of transforms and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from functools import cached_property

import numpy as np
import pandas as pd

from bayesformula.data.arguments import Arguments, ContrastCall, State, not_a_number
from bayesformula.data.columns import (
    Column,
    as_factor,
    drop_unused,
    level_texts,
    logical,
    number,
    read_named,
    recode,
    text,
)
from bayesformula.data.constants import ConstantReader
from bayesformula.data.names import CONSTANT_FUNCTIONS, CONSTANTS, Names
from bayesformula.data.own_calls import call_own
from bayesformula.data.transforms import TRANSFORMS, Transform
from bayesformula.errors import DataError, listing, nearest
from bayesformula.syntax.ast import (
    NOWHERE,
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
            what, remedy = not_a_number(column, render_expression(expression))
            raise self.names.fail(what, expression.span, hint=remedy)
        return column.values

    def _unary(self, expression: Unary) -> Column:
        values = self._numbers(expression.operand)
        if expression.operator == "!":
            self._refuse_matrix(expression, values)
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
        self._refuse_matrix(expression, left, right)
        return logical(_joined(left, right, is_and=operator[0] == "&"))

    def _compare(self, expression: Binary) -> Column:
        left, right = self.evaluate(expression.left), self.evaluate(expression.right)
        if "factor" in (left.kind, right.kind):
            left, right = self._in_common(expression, as_factor(left), as_factor(right))
            missing = (left.values < 0) | (right.values < 0)
        else:
            self._refuse_matrix(expression, left.values, right.values)
            missing = np.isnan(left.values) | np.isnan(right.values)
        truth = _COMPARISONS[expression.operator](left.values, right.values)
        return logical(np.where(missing, np.nan, truth))

    def _refuse_matrix(self, expression: Expression, *operands: np.ndarray) -> None:
        if any(operand.ndim > 1 for operand in operands):
            raise self.names.fail("a matrix of several columns has no truth values here", expression.span)

    def _in_common(self, expression: Binary, left: Column, right: Column) -> tuple[Column, Column]:
        """Both sides with codes counted in the same levels; in order only if one of them is ordered."""
        levels = tuple(dict.fromkeys((*left.levels, *right.levels)))
        if expression.operator not in ("==", "!="):
            first, other = (left, right) if left.ordered else (right, left)
            if not first.ordered:
                label = render_expression(expression.left)
                raise self.names.fail(
                    "levels of a factor have no order here",
                    expression.span,
                    hint=f"Compare with == or !=, or write ordered({label}) for the order of its levels.",
                )
            levels = first.levels
            if not set(drop_unused(other).levels) <= set(levels):
                strange = next(level for level in drop_unused(other).levels if level not in levels)
                raise self.names.fail(
                    f"'{strange}' is no level to compare with",
                    expression.span,
                    hint=f"The levels are {listing(levels)}, in this order.",
                )
        return recode(left, levels), recode(right, levels)

    def _member(self, expression: Binary) -> Column:
        values = self.constants.read(expression.right)
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
            return call_own(self.names, call, key, self.n, self.evaluate, self.constants.read)
        if call.function in CONSTANT_FUNCTIONS:
            return self._lone_constants(call)
        record = TRANSFORMS[call.function]
        arguments = self._bind(record, call, key)
        return record.apply(arguments, self._learnt(record, arguments, key))

    def _lone_constants(self, call: Call) -> Column:
        """`c(scale(x))` is its only argument, as R users write it; other vectors are no columns."""
        if call.function != "c":
            raise self.names.not_available(call)
        if len(call.arguments) == 1 and not call.arguments[0].name:
            return self.evaluate(call.arguments[0].value)
        raise self.names.fail(
            "c(...) may stand only as an argument that lists constants",
            call.span,
            hint="Write one term for each column, or cbind(...) for several columns.",
        )

    def _learnt(self, record: Transform, arguments: Arguments, key: str) -> State:
        if record.learn is None:
            return {}
        if key not in self.states:
            if not self.learning:
                raise DataError(f"nothing was learnt for {key}: this schema is of another formula")
            self.states[key] = record.learn(arguments)
        return self.states[key]

    def _bind(self, record: Transform, call: Call, key: str) -> Arguments:
        data, options = self.names.matched(record, call)
        known = bool(self.names.source) and call.span != NOWHERE
        return Arguments(
            columns=tuple(self.evaluate(expression) for expression in data),
            labels=tuple(render_expression(expression) for expression in data),
            is_name=tuple(isinstance(expression, Name) for expression in data),
            options={name: self._option(record, name, value) for name, value in options.items()},
            call=key,
            n=self.n,
            source=self.names.source if known else None,
            span=call.span if known else None,
        )

    def _option(self, record: Transform, name: str, value: Expression) -> object:
        if record.name == "C" and name == "contr":
            return self._contrast(value)
        return self.constants.read(value)

    def _contrast(self, value: Expression) -> ContrastCall:
        match value:
            case Name():
                return ContrastCall(value.text, (), value.text.startswith("contr."))
            case String():
                return ContrastCall(value.value)
            case Call():
                constants = ((part.name, self.constants.read(part.value)) for part in value.arguments)
                return ContrastCall(value.function, tuple(constants))
            case _:
                raise self.names.fail(
                    "the coding must be a name: treatment, sum, helmert or poly", value.span
                )

    @cached_property
    def constants(self) -> ConstantReader:
        """Reads arguments that must be constants."""
        return ConstantReader(self.names, self.evaluate, self._learnt_constants)

    def _learnt_constants(self, call: Call) -> State:
        """What the call of a transform learnt, for a constant argument."""
        key = render_expression(call)
        record = TRANSFORMS[call.function]
        return self._learnt(record, self._bind(record, call, key), key)


def _aligned(left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Vectors stand as columns beside a matrix."""
    if left.ndim == 2 and right.ndim == 1:
        return left, right[:, None]
    if left.ndim == 1 and right.ndim == 2:
        return left[:, None], right
    return left, right


def _joined(left: np.ndarray, right: np.ndarray, *, is_and: bool) -> np.ndarray:
    """R's `&` and `|`: a missing value counts only where the other side does not decide."""
    missing = np.isnan(left) | np.isnan(right)
    if is_and:
        return np.where((left == 0) | (right == 0), 0.0, np.where(missing, np.nan, 1.0))
    true = (~np.isnan(left) & (left != 0)) | (~np.isnan(right) & (right != 0))
    return np.where(true, 1.0, np.where(missing, np.nan, 0.0))
