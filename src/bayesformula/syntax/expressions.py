"""What stands inside calls and left of the tilde: pieces become expressions, spelled as R spells them."""

from __future__ import annotations

import re

from bayesformula.errors import Span
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
from bayesformula.syntax.pieces import Piece
from bayesformula.syntax.source import MAX_OPERATORS, Source

_CHAINS = ("sum", "product", "special", "interaction", "conjunction", "bar")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


def read_expression(source: Source, piece: Piece) -> Expression:
    """The expression that a piece spells."""
    match piece.rule:
        case "NAME" | "QUOTED_NAME":
            return Name(name_text(piece), piece.span)
        case "NUMBER":
            return Number(piece.text, piece.span)
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
    """A call with its arguments."""
    function, *arguments = piece.parts
    if not arguments:
        raise source.error(
            f"`{function.text}()` has no argument",
            piece.span,
            hint=f"Write {function.text}(x) for a column x.",
        )
    read: list[Argument] = []
    for argument in arguments:
        name = argument.parts[0].text if argument.rule == "named" else ""
        if name and any(name == other.name for other in read):
            raise source.error(
                f"`{function.text}()` has two arguments named `{name}`", argument.span, label="the second one"
            )
        value = argument.parts[-1]
        if value.rule == "bar":
            _refuse_bar_in_call(source, function, value)
        read.append(Argument(read_expression(source, value), name))
    return Call(function.text, tuple(read), piece.span)


def name_text(piece: Piece) -> str:
    """The name of a column, without backquotes."""
    return piece.text if piece.rule == "NAME" else unquote(piece.text)


def unquote(text: str) -> str:
    """What stands between quotes, escapes resolved."""
    return re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), text[1:-1], flags=re.DOTALL)


def is_logical(piece: Piece) -> bool:
    """Whether a piece is true or false by its form: a comparison, `!`, `&`, or `|` of such."""
    match piece.rule:
        case "comparison" | "not" | "conjunction":
            return True
        case "parentheses":
            return is_logical(piece.parts[0])
        case "bar":
            return any(is_logical(operand) for operand in piece.operands)
        case _:
            return False


def check_logical_bar(source: Source, piece: Piece) -> None:
    """Refuse a bar that is not a logical "or"."""
    if is_logical(piece):
        return
    raise source.error(
        "this bar is neither a group term nor a logical `or`",
        piece.operators[0].span,
        hint="A group term stands outside calls, in its own parentheses: (1 | g).\n"
        "A logical `or` needs a comparison: x > 0 | z > 0.",
    )


def _refuse_bar_in_call(source: Source, function: Piece, piece: Piece) -> None:
    """Refuse `log(x | g)`, showing both things that it may mean."""
    if is_logical(piece):
        return
    name, bar = function.text, piece.operators[0]
    left, right = source.slice(piece.operands[0].span), source.slice(piece.operands[-1].span)
    number = piece.operands[0].rule == "NUMBER"  # `x(1 | g)`: no transform takes a bare 1, so a + is missing
    if name != "I" and (number or source.text[function.span.stop].isspace()):
        hint = f"Join terms with +: {name} + ({left} {bar.text} {right})."
    else:
        compared = f"{left} > 0" if piece.operands[0].rule in ("NAME", "QUOTED_NAME") else "x > 0"
        group = f"({left} {bar.text} {right})" if name == "I" else f"({name}({left}) {bar.text} {right})"
        hint = f"For effects that vary over {right}, write {group}.\n"
        hint += f"A logical `or` needs comparisons: {name}({compared} {bar.text} {right} > 0)."
    message = f"a group term cannot stand inside `{name}()`"
    raise source.error(message, bar.span, label="this bar", hint=hint)
