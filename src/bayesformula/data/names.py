"""What the names and calls of a formula mean for one frame; the unknown is refused here, with a caret."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

from bayesformula.data.refused import MISPLACED, NOT_YET
from bayesformula.data.transforms import TRANSFORMS, Transform
from bayesformula.errors import (
    DataError,
    FormulaError,
    OptionError,
    Span,
    UnknownColumnError,
    caret,
    listing,
    nearest,
)
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

UserTransform = Callable[..., object]

CONSTANTS: Mapping[str, float | bool | None] = {
    "pi": math.pi, "Inf": math.inf, "TRUE": True, "FALSE": False, "T": True, "F": False, "NULL": None,
    "True": True, "False": False,
}  # fmt: skip

CONSTANT_FUNCTIONS = frozenset({"c", "seq", "rev", "rep"})
"""Functions that make constants of constants."""


def children(expression: Expression) -> tuple[Expression, ...]:
    """The operands of an expression whose values enter it: not the name of a contrast."""
    match expression:
        case Call(function="C"):
            return tuple(part for argument in expression.arguments for part in _coded(argument, expression))
        case Call():
            return tuple(argument.value for argument in expression.arguments)
        case Unary():
            return (expression.operand,)
        case Binary():
            return (expression.left, expression.right)
        case Paren():
            return (expression.inner,)
        case Index():
            return (expression.operand,)
        case Name() | Number() | String():
            return ()


def _coded(argument: Argument, call: Call) -> tuple[Expression, ...]:
    """What an argument of `C()` reads: the name of a coding, `sum` or `treatment(...)`, is no column."""
    placed = [other for other in call.arguments if not other.name]
    second = len(placed) > 1 and argument is placed[1]
    if argument.name != "contr" and not second:
        return (argument.value,)
    if isinstance(argument.value, Call):
        return tuple(part.value for part in argument.value.arguments)
    return () if isinstance(argument.value, Name) else (argument.value,)


def walk(expression: Expression) -> Iterator[Expression]:
    """The expression's parts, innermost first, then itself."""
    for child in children(expression):
        yield from walk(child)
    yield expression


class Names:
    """What names and functions mean for one frame: refuses the unknown, nearest legal names first."""

    def __init__(self, columns: list[str], source: str, transforms: Mapping[str, UserTransform]) -> None:
        taken = [name for name in transforms if name in {*TRANSFORMS, *CONSTANT_FUNCTIONS, *MISPLACED}]
        if taken:  # one formula must mean the same wherever it is read
            raise OptionError(
                f"transforms: '{taken[0]}' is a function of the formula language and keeps its meaning; "
                f"give yours another name, as my_{taken[0].replace('.', '_')}"
            )
        self.columns = columns
        self.known = frozenset(columns)
        self.source = source
        self.transforms = transforms

    def fail(self, message: str, span: Span, label: str = "", hint: str = "") -> FormulaError:
        """A formula error with a caret where the formula's text is known."""
        known = bool(self.source) and span != NOWHERE
        return FormulaError(
            message, text=self.source if known else None, span=span if known else None, label=label, hint=hint
        )

    def data_error(self, message: str, span: Span, hint: str = "") -> DataError:
        """An error of the data with a caret where the formula's text is known."""
        parts = [message]
        if self.source and span != NOWHERE:
            parts.append(caret(self.source, span))
        return DataError("\n".join([*parts, *([f"  {hint}"] if hint else [])]))

    def is_column(self, name: str) -> bool:
        return name in self.known

    def unknown_column(self, name: Name) -> UnknownColumnError:
        """The error for a name that no column has."""
        if name.text in ("NA", "NaN", "NULL"):
            return UnknownColumnError(
                str(
                    self.data_error(
                        f"'{name.text}' cannot stand in a formula",
                        name.span,
                        "To leave rows out, take them out of the data before.",
                    )
                )
            )
        parts = [f"the data have no column '{name.text}'"]
        if self.source and name.span != NOWHERE:
            parts.append(caret(self.source, name.span))
        parts.append(f"  Columns: {listing(nearest(name.text, self.columns))}.")
        return UnknownColumnError("\n".join(parts))

    def used(self, expression: Expression) -> Iterator[str]:
        """Columns that the expression reads; unknown functions, then unknown columns are refused here."""
        parts = list(walk(expression))
        for part in reversed(parts):  # outermost first: of s(x, bs = cr(z)) it is s() that is refused
            if isinstance(part, Call):
                self.refuse_unknown(part)
        for part in parts:
            if isinstance(part, Name):
                if self.is_column(part.text):
                    yield part.text
                elif part is expression or part.text not in CONSTANTS:
                    raise self.unknown_column(part)

    def may_miss(self, expressions: Sequence[Expression]) -> frozenset[str]:
        """Columns whose missing values the formula deals with itself: `ifelse(is.na(x), 0, x)`.

        Those that every expression which reads them also asks about with `is.na()`. Their rows are kept,
        as in R.
        """
        asked: set[str] = set()
        needed: set[str] = set()
        for expression in expressions:
            parts = list(walk(expression))
            read = {part.text for part in parts if isinstance(part, Name) and self.is_column(part.text)}
            within = {name for part in parts if isinstance(part, Call) for name in _asked_about(part)}
            asked |= within
            needed |= read - within
        return frozenset(asked - needed)

    def refuse_unknown(self, call: Call) -> None:
        """Refuse a call of what is not in the table."""
        name = call.function
        if name in self.transforms or name in TRANSFORMS or name in CONSTANT_FUNCTIONS:
            return
        if name in MISPLACED:
            what, where = MISPLACED[name]
            raise self.fail(f"{what} and cannot stand here", call.span, hint=where)
        if name in NOT_YET:
            raise self.not_available(call)
        legal = nearest(name, [*TRANSFORMS, *self.transforms])
        raise self.fail(
            f"unknown function '{name}'",
            call.span,
            hint=f"Functions: {listing(legal)}. Compute anything else as a column of the data first.",
        )

    def not_available(self, call: Call) -> FormulaError:
        """The error for a function that is refused by name."""
        name = call.function
        return self.fail(f"{name}() is not available in this version", call.span, hint=NOT_YET[name] + ".")

    def matched(self, record: Transform, call: Call) -> tuple[list[Expression], dict[str, Expression]]:
        """Data arguments in order and options by name, bound as R binds them.

        By name, by the unique beginning of a name, then by place; options after `...` by name only.
        """
        named: dict[str, Expression] = {}
        placed: list[Expression] = []
        for argument in call.arguments:
            if not argument.name:
                placed.append(argument.value)
                continue
            name = self._formal(record, argument.name)
            if not name or name in named:
                raise self._misnamed(record, call, argument.name)
            named[name] = argument.value
        free = [name for name in _placeable(record) if name not in named]
        rest = placed[len(free) :]
        if rest and not record.is_variadic:
            raise self._miscounted(record, call)
        named.update(zip(free, placed, strict=False))
        if record.dots_option and len(rest) == 1 and self._is_constant(rest[0]):
            if record.dots_option in named:
                raise self._misnamed(record, call, record.dots_option)
            named[record.dots_option] = rest.pop()
        data = [named.pop(name) for name in record.fixed if name in named] + rest
        if len(data) < max(1, len(record.fixed)) or len(data) + len(named) < record.required:
            raise self._miscounted(record, call)
        return data, named

    def _formal(self, record: Transform, name: str) -> str:
        """The argument that a name or the unique beginning of one means, or ""."""
        if name in record.fixed or name in record.options:
            return name
        begun = [formal for formal in _placeable(record) if formal.startswith(name)]
        return begun[0] if len(begun) == 1 else ""

    def _is_constant(self, expression: Expression) -> bool:
        return not any(isinstance(part, Name) and self.is_column(part.text) for part in walk(expression))

    def _misnamed(self, record: Transform, call: Call, name: str) -> FormulaError:
        formals = [*record.fixed, *record.options]
        legal = (
            f"Its arguments are {listing(nearest(name, formals))}."
            if formals
            else "It has no named arguments."
        )
        return self.fail(
            f"{record.name}() has no argument '{name}', or it is given twice", call.span, hint=legal
        )

    def _miscounted(self, record: Transform, call: Call) -> FormulaError:
        shown = ", ".join((*record.data, *record.options))
        count = len(call.arguments)
        return self.fail(
            f"{record.name}() does not take {count} {'argument' if count == 1 else 'arguments'}",
            call.span,
            hint=f"Write {record.name}({shown}).",
        )


def _asked_about(call: Call) -> Iterator[str]:
    """The column that `is.na(x)` asks about."""
    if call.function == "is.na" and len(call.arguments) == 1:
        value = call.arguments[0].value
        if isinstance(value, Name):
            yield value.text


def _placeable(record: Transform) -> tuple[str, ...]:
    """The arguments that may be given by place, in order: none after `...`."""
    return record.fixed if record.is_variadic else (*record.fixed, *record.options)
