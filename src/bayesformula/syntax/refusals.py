"""The words for what can be parsed but is no formula: operators, bars and numbers out of place."""

from __future__ import annotations

from bayesformula.errors import FormulaError, Span
from bayesformula.syntax.ast import Call, Dot, Group, Intercept, Node, Operation, Specific, Sum, Variable
from bayesformula.syntax.bars import bare_bar
from bayesformula.syntax.pieces import Piece
from bayesformula.syntax.source import MAX_TERMS, Source


def no_term(source: Source, piece: Piece) -> FormulaError:
    """A bar, a comparison, a logical operator, a text or a level as a term."""
    text = source.slice(piece.span)
    match piece.rule:
        case "bar":
            return bare_bar(source, piece)
        case "comparison" | "conjunction" | "not":
            return _logical_term(source, piece)
        case "STRING":
            return source.error(
                f"a text in quotes is not a term: {text}",
                piece.span,
                label="expected a column name",
                hint=f"Columns are named without quotes, odd names in backquotes: `{piece.text[1:-1][:40]}`.",
            )
        case _:
            name, level = piece.parts[0].text, source.slice(piece.parts[-1].span)
            return source.error(
                "a success level can be chosen for the response only",
                piece.span,
                hint=f"Write ({name} == {level}) for an indicator column. "
                f"A column of a table is named alone: {level[1:-1]}.",
            )


def _logical_term(source: Source, piece: Piece) -> FormulaError:
    """`x > 3`, `x & z`, `!late`: the whole sum is what R reads, its nearest terms are what is meant."""
    operator = piece.parts[0] if piece.rule == "not" else piece.operators[0]
    before, core, after = _nearest_terms(source, piece)
    message = f"`{operator.text}` is no operator of a formula"
    if piece.rule == "comparison":
        hint = f"For an indicator column, put the comparison in parentheses: {before}({core}){after}."
        if source.text[operator.span.stop : operator.span.stop + 1] == "-" and operator.text == "<":
            hint = "Terms are joined with + : * or /. Nothing is assigned in a formula."
        return source.error(message, operator.span, hint=hint)
    hint = f"For a logical column, write {before}I({core}){after}. Terms are joined with + : * or /."
    names = [part.strip() for part in core.split(operator.text)]
    if piece.rule == "conjunction" and all(name.replace(".", "a").isidentifier() for name in names):
        hint = (
            f"For the interaction, write {before}{':'.join(names)}{after}. For a logical column, I({core})."
        )
    return source.error(message, operator.span, hint=hint)


def _nearest_terms(source: Source, piece: Piece) -> tuple[str, str, str]:
    """`x + a > 3 + z` in three: what is compared, and the terms before and after it."""
    first, last = piece, piece
    while first.rule in ("comparison", "conjunction"):
        first = first.parts[0]
    while last.rule in ("comparison", "conjunction", "not"):
        last = last.parts[-1]
    start, stop = piece.span.start, piece.span.stop
    before = after = ""
    if first.rule == "sum":
        start = first.operands[-1].span.start
        before = f"{source.slice(Span(piece.span.start, start))} "
    if last.rule == "sum":
        stop = last.operands[0].span.stop
        after = f" {source.slice(Span(last.operators[0].span.start, piece.span.stop))}"
    return before, source.slice(Span(start, stop)), after


def no_factor(source: Source, effects: Piece, piece: Piece) -> FormulaError:
    """`(1 | 1)`, `(1 | 'g')`, and `(g | 1)`."""
    hint = "Write (1 | g) with a column g of the data. For no grouping, leave the term out."
    if piece.rule == "STRING" and piece.text[1:-1].replace(".", "a").isidentifier():
        hint = f"Columns are named without quotes: ({source.slice(effects.span)} | {piece.text[1:-1]})."
    elif piece.rule == "NUMBER" and effects.rule == "NAME":
        hint = (
            f"The factor stands right of the bar: (1 | {effects.text}). For no grouping, leave the term out."
        )
    message = f"{source.slice(piece.span)} is no grouping factor"
    return source.error(message, piece.span, label="expected a column name", hint=hint)


def bad_operand(source: Source, piece: Piece, operand: Piece) -> FormulaError:
    """`2 * z`, `x:1` and `-a:b`, which R reads in ways that nobody means."""
    if operand.rule == "sign":
        rest = source.slice(Span(operand.parts[1].span.start, piece.span.stop))
        sign = operand.parts[0]
        return source.error(
            f"the sign `{sign.text}` belongs to one part of a term only",
            sign.span,
            hint=f"To remove a term, write {sign.text} ({rest}). For arithmetic, write I(...).",
        )
    joined = any(operator.text in (":", "%in%") for operator in piece.operators)
    hint = "1 and 0 are items of a sum, for the intercept: 1 + x, 0 + x." if joined else ""
    return source.error(
        f"the number {operand.text} cannot be part of a term",
        operand.span,
        label="expected a column name",
        hint=hint or f"For arithmetic, write I({source.slice(piece.span)}).",
    )


def bad_power(source: Source, piece: Piece) -> FormulaError:
    """`(a + b)^0.5`, `(a + b)^n`, `2^x`."""
    base, exponent = piece.operands
    hint = (
        f"Write (a + b)^2 for all terms up to order 2. For arithmetic, write I({source.slice(piece.span)})."
    )
    if base.rule == "NUMBER":
        return source.error(
            "a number has no power in a formula", base.span, label="expected a column or a sum", hint=hint
        )
    return source.error(
        "the exponent of `^` is the highest order of interaction, a positive integer",
        exponent.span,
        label="expected 2, 3, ...",
        hint=hint,
    )


def too_many_terms(source: Source, span: Span) -> FormulaError:
    """An expansion over the limit."""
    return source.error(
        f"the formula expands to too many terms: more than {MAX_TERMS:,}",
        span,
        hint="Lower the exponent of ^, or write fewer operands of * and fewer terms.",
    )


def misplaced(source: Source, node: Group | Dot | Specific, place: str) -> FormulaError:
    """A group term, `cs()` or a dot where only terms may stand."""
    if isinstance(node, Specific):
        return _misplaced_specific(source, node, place)
    if isinstance(node, Dot):
        where = _PLACES.get(place, "as a grouping factor")
        hint = "Write the columns out, or `.` as an item of the outermost sum: y ~ . - id + (1 | id)."
        return source.error(f"`.` cannot stand {where}", node.span, hint=hint)
    if place == "specific":
        hint = "Group terms stand outside: cs(x) + (1 | g)."
        return source.error("a group term cannot stand in cs()", node.span, hint=hint)
    if place != "formula":
        hint = "Nested factors: (1 | a/b). Crossed factors: (1 | a) + (1 | b)."
        return source.error("a group term `( | )` is nested in another", node.span, hint=hint)
    hint = f"Join it to other terms with +: x + {source.slice(node.span)}."
    message = "a group term stands in the outermost sum only"
    return source.error(message, node.span, hint=hint)


_PLACES = {"formula": "in a product", "effects": "in a group term", "specific": "in cs()"}


def _misplaced_specific(source: Source, node: Specific, place: str) -> FormulaError:
    """`(cs(x) | g)`, `cs(cs(x))`, `(cs(x) + z):w`."""
    text = source.slice(node.terms.span)
    if place == "specific":
        return source.error("cs() stands inside another cs()", node.span, hint=f"Write cs({text}).")
    if place == "effects":
        hint = "Write (1 | g): the thresholds of a level then move together."
        if not isinstance(node.terms, Intercept):
            hint = (
                f"Write cs({text}) + ({text} | g): the first differs between thresholds, the second over g."
            )
        return source.error(
            "effects that differ between thresholds cannot vary over a grouping factor", node.span, hint=hint
        )
    if place == "factor":
        hint = "Write (1 | g) with columns of the data."
        return source.error("cs() is no grouping factor", node.span, hint=hint)
    return source.error(
        "cs() stands in the outermost sum only",
        node.span,
        hint="Products stand inside it: cs(x:z), cs(x * z).",
    )


def specific_in_product(source: Source, node: Operation, place: str) -> FormulaError:
    """`cs(x):z`, with the product inside."""
    call, other = (node.left, node.right) if isinstance(node.left, Specific) else (node.right, node.left)
    if not isinstance(call, Specific) or isinstance(other, Specific | Sum | Dot) or place != "formula":
        return misplaced(source, call if isinstance(call, Specific) else Dot(node.span), place)
    left, right = _without_call(source, node.left), _without_call(source, node.right)
    operator = node.operator if node.operator in (":", "/") else f" {node.operator} "
    return source.error(
        f"cs() is a term of its own, not part of a product with `{node.operator}`",
        call.span,
        hint=f"Write cs({left}{operator}{right}).",
    )


def _without_call(source: Source, node: Node) -> str:
    """The text of an operand, the terms of `cs()` taken out of it."""
    if not isinstance(node, Specific):
        return source.slice(node.span)
    text = source.slice(node.terms.span)
    return f"({text})" if isinstance(node.terms, Sum) else text


def group_in_product(source: Source, node: Operation, place: str) -> FormulaError:
    """`x * (1 | g)`, with a sum in its place."""
    group, other = (node.right, node.left) if isinstance(node.right, Group) else (node.left, node.right)
    if not isinstance(group, Group) or isinstance(other, Group | Sum | Dot | Specific) or place != "formula":
        return misplaced(source, group if isinstance(group, Group) else Dot(node.span), place)
    text, term = source.slice(other.span), source.slice(group.span)
    effects, factor = source.slice(group.effects.span), source.slice(group.factor.span)
    bar = "|" if group.correlated else "||"
    return source.error(
        f"a group term stands in the outermost sum only, not in a product with `{node.operator}`",
        group.span,
        hint=f"Join it with +: {text} + {term}.\n"
        f"For a slope of {text} that varies, write {text} + ({effects} + {text} {bar} {factor}).",
    )


def check_removable(source: Source, node: Node) -> None:
    """Refuse `- (1 | g)`, `- offset(x)`, `- .`: nothing of the kind can be there to remove."""
    match node:
        case Group():
            message, hint = "a group term cannot be removed", "Leave it out of the formula."
        case Variable(expression=Call(function="offset")):
            message, hint = "an offset cannot be removed", "To subtract x, write offset(-x)."
        case Specific():
            message, hint = "cs() cannot be removed", "Leave it out of the formula."
        case Dot():
            message, hint = "`.` cannot be removed", "Write the columns that are wanted."
        case _:
            return
    raise source.error(message, node.span, hint=hint)
