"""What the names and calls of a formula mean for one frame; the unknown is refused here, with a caret."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

from bayesformula.data.transforms import NOT_YET, TRANSFORMS, Transform
from bayesformula.errors import FormulaError, Span, UnknownColumnError, caret, listing, nearest
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

UserTransform = Callable[..., object]

CONSTANTS: Mapping[str, float | bool | None] = {
    "pi": math.pi, "Inf": math.inf, "TRUE": True, "FALSE": False, "T": True, "F": False, "NULL": None,
}  # fmt: skip


def children(expression: Expression) -> tuple[Expression, ...]:
    """The operands of an expression whose values enter it: not the name of a contrast."""
    match expression:
        case Call(function="C"):
            return tuple(argument.value for argument in expression.arguments[:1])
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


def walk(expression: Expression) -> Iterator[Expression]:
    """The expression's parts, innermost first, then itself."""
    for child in children(expression):
        yield from walk(child)
    yield expression


class Names:
    """What names and functions mean for one frame: refuses the unknown, nearest legal names first."""

    def __init__(self, columns: list[str], source: str, transforms: Mapping[str, UserTransform]) -> None:
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

    def is_column(self, name: str) -> bool:
        return name in self.known

    def unknown_column(self, name: Name) -> UnknownColumnError:
        """The error for a name that no column has."""
        parts = [f"the data have no column '{name.text}'"]
        if self.source and name.span != NOWHERE:
            parts.append(caret(self.source, name.span))
        parts.append(f"  Columns: {listing(nearest(name.text, self.columns))}.")
        return UnknownColumnError("\n".join(parts))

    def used(self, expression: Expression) -> Iterator[str]:
        """Columns that the expression reads; unknown functions, then unknown columns are refused here."""
        parts = list(walk(expression))
        for part in reversed(
            parts
        ):  # outermost first: of mm(g, weights = cbind(...)) it is mm() that is refused
            if isinstance(part, Call):
                self.refuse_unknown(part)
        for part in parts:
            if isinstance(part, Name):
                if self.is_column(part.text):
                    yield part.text
                elif part is expression or part.text not in CONSTANTS:
                    raise self.unknown_column(part)

    def refuse_unknown(self, call: Call) -> None:
        """Refuse a call of what is not in the table."""
        name = call.function
        if name in self.transforms or name in TRANSFORMS or name == "c":
            return
        if name in NOT_YET:
            raise self.fail(f"{name}() is not available in this version", call.span, hint=NOT_YET[name] + ".")
        legal = nearest(name, [*TRANSFORMS, *self.transforms])
        raise self.fail(
            f"unknown function '{name}'",
            call.span,
            hint=f"Functions: {listing(legal)}. Compute anything else as a column of the data first.",
        )

    def matched(self, record: Transform, call: Call) -> tuple[list[Expression], dict[str, Expression]]:
        """Data arguments in order and options by name, bound as R binds them: by name, then by place."""
        formals = [*([] if record.is_variadic else record.data), *record.options]
        named: dict[str, Expression] = {}
        placed: list[Expression] = []
        for argument in call.arguments:
            if not argument.name:
                placed.append(argument.value)
            elif argument.name not in formals or argument.name in named:
                raise self._misnamed(record, call, argument.name, formals)
            else:
                named[argument.name] = argument.value
        if record.is_variadic:
            data = placed
        else:
            free = [name for name in formals if name not in named]
            if len(placed) > len(free):
                raise self._miscounted(record, call)
            named.update(zip(free, placed, strict=False))
            data = [named.pop(name) for name in record.data if name in named]
        wanted = 1 if record.is_variadic else len(record.data)
        if len(data) < wanted or len(data) + len(named) < record.required:
            raise self._miscounted(record, call)
        return data, named

    def _misnamed(self, record: Transform, call: Call, name: str, formals: Sequence[str]) -> FormulaError:
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
        return self.fail(
            f"{record.name}() does not take {len(call.arguments)} arguments",
            call.span,
            hint=f"Write {record.name}({shown}).",
        )
