"""Pieces become the formula as written: operators of a formula where R has them, groups where bars are."""

from __future__ import annotations

from bayesformula.errors import Span
from bayesformula.syntax.ast import (
    Clause,
    Dot,
    Formula,
    Group,
    Intercept,
    Node,
    Operation,
    Power,
    Signed,
    Specific,
    Sum,
    Variable,
)
from bayesformula.syntax.bars import check_bar_in_call, is_logical, logical_group
from bayesformula.syntax.expressions import read_call, read_expression, read_name
from bayesformula.syntax.fixed import read_fixed
from bayesformula.syntax.pieces import Piece
from bayesformula.syntax.refusals import bad_operand, bad_power, no_factor, no_term
from bayesformula.syntax.response import read_response
from bayesformula.syntax.source import MAX_FORMULAS, Source

_PACKAGES = (
    "base",
    "stats",
    "splines",
    "brms",
    "lme4",
    "glmmTMB",
    "rstanarm",
)  # whose functions are meant here


def read_formula(source: Source, piece: Piece) -> Formula:
    """The formula that the parser's tree spells."""
    first, *rest = piece.parts
    if len(rest) >= MAX_FORMULAS:
        message = f"more than {MAX_FORMULAS} formulas are joined by `;`"
        raise source.error(
            message, rest[MAX_FORMULAS - 1].span, hint="Write one for each parameter of the family."
        )
    response = read_response(source, first.parts[0])
    clauses = [Clause("mu", read_node(source, first.parts[1]), first.span)]
    known = {"mu"}
    for other in rest:
        if other.rule == "fixed":
            continue
        parameter = _read_parameter(source, other)
        if parameter in known:
            raise source.error(
                f"`{parameter}` has two formulas",
                other.parts[0].span,
                label="the second one",
                hint="The first formula is that of mu. Join the right-hand sides with +.",
            )
        known.add(parameter)
        clauses.append(Clause(parameter, read_node(source, other.parts[1]), other.span))
    fixed = read_fixed(source, [other for other in rest if other.rule == "fixed"], known)
    return Formula(source.text, response, tuple(clauses), _foreign_packages(piece), fixed)


def _read_parameter(source: Source, clause: Piece) -> str:
    """The name of a parameter, left of a later tilde."""
    left, right = clause.parts
    if left.rule == "NAME":
        return left.text
    hint = "Write y ~ x; sigma ~ x. Several responses in one model are not offered: fit them one by one."
    if left.rule == "sum" and all(operand.rule == "NAME" for operand in left.operands):
        terms = source.slice(right.span)
        each = "; ".join(f"{name.text} ~ {terms}" for name in left.operands[:3])
        hint = f"Write one formula for each: {each}."
    raise source.error(
        "after the first formula, the name of one parameter stands left of `~`",
        left.span,
        label="expected a name such as sigma",
        hint=hint,
    )


def _foreign_packages(piece: Piece) -> tuple[str, ...]:
    """Notes on calls of packages whose functions may be others than those of their names here."""
    notes: list[str] = []
    pending = [piece]
    while pending:
        part = pending.pop()
        pending.extend(reversed(part.parts))
        if part.rule == "call" and part.parts[0].rule == "PACKAGE":
            package, function = part.parts[0].text, part.parts[1].text
            if package.rstrip(":") not in _PACKAGES:
                notes.append(f"`{package}{function}()` is read as {function}(): packages are not looked up")
    return tuple(dict.fromkeys(notes))


def read_node(source: Source, piece: Piece) -> Node:
    """One part of the right-hand side."""
    match piece.rule:
        case "sum" | "sign":
            return _read_sum(source, piece)
        case "product" | "special" | "interaction":
            return _read_operation(source, piece)
        case "power":
            return _read_power(source, piece)
        case "parentheses":
            return _read_parentheses(source, piece)
        case "NUMBER":
            return _read_number(source, piece)
        case "DOT":
            return Dot(piece.span)
        case "NAME" | "QUOTED_NAME":
            return Variable(read_name(source, piece), piece.span)
        case "call":
            if _function_of(piece).text == "cs":
                return _read_specific(source, piece)
            return Variable(read_call(source, piece), piece.span)
        case "braces":
            return Variable(read_expression(source, piece), piece.span)
        case _:
            raise no_term(source, piece)


def _read_sum(source: Source, piece: Piece) -> Node:
    """`a + b - 1` as one flat node; a minus may also stand before the first item, or as `+ -1`."""
    if piece.rule == "sign":
        return Sum((_read_signed(source, piece, negative=False),), piece.span)
    items = [_read_signed(source, piece.operands[0], negative=False)]
    for operator, operand in zip(piece.operators, piece.operands[1:], strict=True):
        if operand.rule == "sign" and not _is_minus_one(operand):
            sign = "-" if "-" in (operator.text, operand.parts[0].text) else "+"
            if operand.parts[1].rule == "parentheses" and operand.parts[1].parts[0].rule == "bar":
                sign = "+"  # a group term cannot be removed
            before = source.slice(Span(piece.span.start, operator.span.start))
            raise source.error(
                "two signs in a row",
                operand.parts[0].span,
                label="expected a column name",
                hint=f"Write {before} {sign} {source.slice(operand.parts[1].span)}.",
            )
        items.append(_read_signed(source, operand, negative=operator.text == "-"))
    return Sum(tuple(items), piece.span)


def _read_signed(source: Source, piece: Piece, *, negative: bool) -> Signed:
    """An item of a sum, its own sign taken off."""
    if piece.rule != "sign":
        return Signed(negative, read_node(source, piece))
    sign, operand = piece.parts
    if operand.rule == "sign":
        raise source.error(
            "two signs in a row",
            operand.parts[0].span,
            label="expected a column name",
            hint="Leave one of them out.",
        )
    return Signed(negative != (sign.text == "-"), read_node(source, operand))


def _is_minus_one(piece: Piece) -> bool:
    """`-1` or `+0` and the like, which may follow another sign."""
    return piece.parts[1].rule == "NUMBER"


def _read_operation(source: Source, piece: Piece) -> Node:
    """`a * b / c` from the left; numbers and signs have no meaning as operands."""
    for operator in piece.operators:
        if operator.text in ("%%", "%/%"):
            raise source.error(
                f"`{operator.text}` is arithmetic and stands inside `I()` only",
                operator.span,
                hint=f"Write I({source.slice(piece.span)}).",
            )
    for operand in piece.operands:
        if operand.rule in ("NUMBER", "sign"):
            raise bad_operand(source, piece, operand)
    result = read_node(source, piece.operands[0])
    for operator, operand in zip(piece.operators, piece.operands[1:], strict=True):
        span = Span(piece.span.start, operand.span.stop)
        result = Operation(operator.text, result, read_node(source, operand), span)
    return result


def _read_power(source: Source, piece: Piece) -> Node:
    """`(a + b)^2`: all products of up to two of the terms."""
    base, exponent = piece.operands
    value = float(exponent.text.removesuffix("L")) if exponent.rule == "NUMBER" else 0.0
    if base.rule == "NUMBER" or not 1 <= value <= 1e6 or value != int(value):
        raise bad_power(source, piece)
    return Power(read_node(source, base), int(value), piece.span)


def _read_number(source: Source, piece: Piece) -> Node:
    """`1` and `0`; no other number is a term."""
    value = float(piece.text.removesuffix("L"))
    if value in (0.0, 1.0):
        return Intercept(value == 1.0, piece.span)
    raise source.error(
        f"the number {piece.text} is not a term",
        piece.span,
        label="expected a column name, 1 or 0",
        hint="1 keeps the intercept and 0 removes it. For arithmetic, write I(...).",
    )


def _function_of(call: Piece) -> Piece:
    """The name that is called, behind its package if one is named."""
    return call.parts[1 if call.parts[0].rule == "PACKAGE" else 0]


def _read_specific(source: Source, piece: Piece) -> Specific:
    """`cs(x + z)`: its one argument is a sum of terms, as on the right of the tilde."""
    function, *arguments = (part for part in piece.parts if part.rule != "PACKAGE")
    if len(arguments) != 1 or arguments[0].rule != "positional":
        raise source.error(
            "cs() takes one sum of terms", piece.span, hint="Write cs(x) for one column, cs(x + z) for two."
        )
    inner = arguments[0].parts[-1]
    if inner.rule == "bar":
        check_bar_in_call(source, function, inner)
    return Specific(read_node(source, inner), piece.span)


def _read_parentheses(source: Source, piece: Piece) -> Node:
    """A group term, a comparison as a term, or just parentheses."""
    inner = piece.parts[0]
    if inner.rule == "bar":
        return _read_group(source, inner, piece.span)
    if inner.rule == "comparison":
        return Variable(read_expression(source, inner), piece.span)
    return read_node(source, inner)


def _read_group(source: Source, piece: Piece, span: Span) -> Group:
    """`(effects | factor)`, `(effects || factor)`, `(effects | id | factor)`."""
    if any(is_logical(operand) and operand.rule != "parentheses" for operand in piece.operands):
        raise logical_group(source, piece)
    bars = [operator.text for operator in piece.operators]
    effects, factor = piece.operands[0], piece.operands[-1]
    if len(bars) > 2 or (len(bars) == 2 and "||" in bars):
        raise source.error(
            "too many bars in one group term",
            piece.operators[-1].span,
            hint="Write (x | g), (x || g), or (x | id | g) to share correlations under the name id.",
        )
    if factor.rule in ("NUMBER", "STRING"):
        raise no_factor(source, effects, factor)
    name = _read_id(source, piece.operands[1]) if len(bars) == 2 else ""
    return Group(read_node(source, effects), read_node(source, factor), bars[0] == "|", name, span)


def _read_id(source: Source, piece: Piece) -> str:
    """The name between two bars."""
    if piece.rule == "NAME" or (piece.rule == "NUMBER" and piece.text.isdigit()):
        return piece.text
    raise source.error(
        "between two bars stands a name under which terms share their correlations",
        piece.span,
        label="expected a name",
        hint="Write (x | p | g), and (1 | p | g) in the formula of another parameter.",
    )
