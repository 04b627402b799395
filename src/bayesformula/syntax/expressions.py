"""What stands inside calls and left of the tilde: pieces become expressions, spelled as R spells them."""

from __future__ import annotations

import re

from bayesformula.errors import FormulaError, Span
from bayesformula.syntax.ast import (
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
from bayesformula.syntax.bars import check_bar_in_call, check_logical_bar
from bayesformula.syntax.found import shorten
from bayesformula.syntax.numbers import r_number
from bayesformula.syntax.pieces import Piece
from bayesformula.syntax.source import MAX_OPERATORS, Source

_CHAINS = ("sum", "product", "special", "interaction", "conjunction", "bar")
_MODULE = re.compile(r"(?:np|numpy|jnp|math|scipy|pd|pandas)(?:\.\w+)*\.(\w+)")
_SAME = ("log", "log2", "log10", "log1p", "exp", "expm1", "sqrt", "abs", "sin", "cos", "round", "mean")
_NUMPY = {name: f"{name}(x)" for name in _SAME} | {
    "where": "ifelse(x > 0, 1, 0)", "maximum": "pmax(x, 0)", "minimum": "pmin(x, 0)", "power": "I(x^2)",
    "square": "I(x^2)", "arcsin": "asin(x)", "std": "sd(x)", "cut": "cut(x, c(0, 1, 2))",
}  # fmt: skip
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


def read_expression(source: Source, piece: Piece) -> Expression:
    """The expression that a piece spells."""
    match piece.rule:
        case "NAME" | "QUOTED_NAME":
            return read_name(source, piece)
        case "NUMBER":
            return Number(r_number(piece.text), piece.span)
        case "STRING":
            return String(unquote(piece.text), piece.span)
        case "call":
            return read_call(source, piece)
        case "parentheses":
            return Paren(read_expression(source, piece.parts[0]), piece.span)
        case "braces":
            return Call("I", (Argument(read_expression(source, piece.parts[0])),), piece.span)
        case "level":
            operand, level = piece.parts
            return Index(read_expression(source, operand), unquote(level.text), piece.span)
        case "sign" | "not":
            operator, operand = piece.parts
            return Unary(operator.text, read_expression(source, operand), piece.span)
        case "DOT":
            raise source.error(
                "`.` stands for all other columns and cannot be part of an expression",
                piece.span,
                label="expected a column name",
            )
        case _:
            return _read_chain(source, piece)


def _read_chain(source: Source, piece: Piece) -> Expression:
    """`a op b op c`, read from the left; a power has two operands only."""
    if piece.rule == "bar":
        check_logical_bar(source, piece)
    if len(piece.operators) > MAX_OPERATORS - 50:
        raise source.error(
            f"an expression joins {len(piece.operands)} parts; at most {MAX_OPERATORS - 50} are read",
            piece.span,
            hint="Compute the column in the data first.",
        )
    result = read_expression(source, piece.operands[0])
    for operator, operand in zip(piece.operators, piece.operands[1:], strict=True):
        right = read_expression(source, operand)
        text = "^" if operator.text == "**" else operator.text
        result = Binary(text, result, right, Span(piece.span.start, operand.span.stop))
    return result


def read_call(source: Source, piece: Piece) -> Call:
    """A call with its arguments; a package before it, as in `splines::ns(x, 3)`, is left out."""
    function, *arguments = (part for part in piece.parts if part.rule != "PACKAGE")
    _refuse_python(source, function, piece)
    if not arguments:
        raise _no_argument(source, function, piece)
    read: list[Argument] = []
    known: set[str] = set()
    for argument in arguments:
        name = argument.parts[0].text if argument.rule == "named" else ""
        if name and name in known:
            raise source.error(
                f"`{function.text}()` has two arguments named `{name}`", argument.span, label="the second one"
            )
        known.add(name)
        value = argument.parts[-1]
        if value.rule == "bar":
            check_bar_in_call(source, function, value)
        read.append(Argument(read_expression(source, value), name, argument.span))
    return Call(function.text, tuple(read), piece.span)


def _no_argument(source: Source, function: Piece, piece: Piece) -> FormulaError:
    """`log()`, and methods of Python such as `x.mean()`."""
    owner, dot, method = function.text.rpartition(".")
    hint = f"Write {function.text}(x) for a column x."
    if function.text == "trunc":
        hint = "Write y | trunc(lb = 0) ~ x for a response seen above 0 only, trunc(x) for a column x."
    if dot and owner:
        known = f"Functions are called with columns: {method}({owner})." if method in _NUMPY else ""
        hint = f"Nothing in a formula is run as Python. {known or 'Compute the column first.'}"
    return source.error(f"`{function.text}()` has no argument", piece.span, hint=hint)


def _refuse_python(source: Source, function: Piece, piece: Piece) -> None:
    """Refuse `np.log(x)`, as the functions of a formula are named alone, and patsy's `Q("my column")`."""
    if function.text == "Q" and len(piece.parts) == 2 and piece.parts[1].parts[0].rule == "STRING":
        column = unquote(piece.parts[1].parts[0].text)
        hint = f"Odd names stand in backquotes: `{column[:40]}`."
        raise source.error("`Q()` has no meaning here", piece.span, label="expected a column name", hint=hint)
    match = _MODULE.fullmatch(function.text)
    if match is None:
        return
    known = _NUMPY.get(match[1])
    if match[1] in _SAME and len(source.slice(piece.span)) < 60:
        known = match[1] + source.slice(Span(function.span.stop, piece.span.stop))
    raise source.error(
        f"`{function.text}` is a function of Python, and nothing in a formula is run as Python",
        function.span,
        label="expected the name of a function alone",
        hint=f"Write {known}." if known else "Compute the column first.",
    )


def read_name(source: Source, piece: Piece) -> Name:
    """A column, its backquotes taken off; the dots of `x1 + ... + x9` name none."""
    if not piece.text.strip("."):
        hint = "Write the columns out, or `.` for all columns that are not in the response."
        message = f"`{shorten(piece.text)}` is no column"
        raise source.error(message, piece.span, label="expected a column name", hint=hint)
    return Name(piece.text if piece.rule == "NAME" else unquote(piece.text), piece.span)


def unquote(text: str) -> str:
    """What stands between quotes, escapes resolved."""
    return re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), text[1:-1], flags=re.DOTALL)
