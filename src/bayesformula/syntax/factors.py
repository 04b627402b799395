"""Right of the bar: grouping factors, their combinations, and `gr(...)` with its options."""

from __future__ import annotations

from dataclasses import dataclass

from bayesformula.errors import Span, listing, nearest
from bayesformula.syntax.ast import Argument, Binary, Call, Expression, Name, Node, Paren, String, Variable
from bayesformula.syntax.render import is_plain, render_expression
from bayesformula.syntax.source import Source
from bayesformula.syntax.terms import Expansion

GR_OPTIONS = ("by", "cov", "cor", "id", "dist", "pw")
_ALONE = ("gr", "mm")


@dataclass(frozen=True, slots=True)
class Factor:
    """What stands right of the bar, before `a/b` is taken apart."""

    choices: tuple[tuple[Expression, ...], ...]
    options: tuple[Argument, ...] = ()
    correlated: bool = True
    id: str = ""


def factor_label(expression: Expression) -> str:
    """A factor's name in results: a column's own name without backquotes, else the expression."""
    return expression.text if isinstance(expression, Name) else render_expression(expression)


def read_factor(source: Source, node: Node, notes: list[str]) -> Factor:
    """The factors right of the bar, `gr(...)` opened."""
    if isinstance(node, Variable) and isinstance(node.expression, Call) and node.expression.function == "gr":
        return _read_gr(source, node.expression)
    expansion = Expansion(source, "factor").run(node)
    notes += expansion.notes
    choices = tuple(term.variables for term in expansion.terms)
    if not choices:
        raise source.error("the bar has no grouping factor", node.span, hint="Write (1 | g).")
    compound = sum(map(len, choices)) > 1
    special = [
        part for choice in choices for part in choice if isinstance(part, Call) and part.function in _ALONE
    ]
    if compound and special:
        name = special[0].function
        raise source.error(
            f"`{name}()` stands alone right of the bar",
            special[0].span,
            hint=f"Write one term for each: (1 | a) + (1 | {name}(...)).\n"
            "A combination stands inside: (1 | gr(a:b, ...)).",
        )
    return Factor(choices)


def _read_gr(source: Source, call: Call) -> Factor:
    """`gr(g, by = f, cov = A, cor = FALSE, id = "p", dist = "student")`."""
    positional = [argument for argument in call.arguments if not argument.name]
    if len(positional) != 1:
        raise source.error(
            "gr() takes one grouping factor",
            call.span,
            hint="Write (1 | gr(g, by = f)); two factors are two terms: (1 | gr(a)) + (1 | gr(b)).",
        )
    factors = tuple(dict.fromkeys(_combination(source, positional[0].value, call.span)))
    options: list[Argument] = []
    correlated, name = True, ""
    for argument in call.arguments:
        match argument:
            case Argument(name=""):
                continue
            case Argument(name="cor"):
                correlated = _flag(source, argument, call.span)
            case Argument(name="id"):
                name = _id_text(source, argument, call.span)
            case Argument(name=option) if option in GR_OPTIONS:
                options.append(argument)
            case Argument(name=option):
                legal = listing(nearest(option, GR_OPTIONS))
                raise source.error(f"gr() has no option '{option}'", call.span, hint=f"Its options: {legal}.")
    return Factor((factors,), tuple(options), correlated, name)


def _combination(source: Source, expression: Expression, span: Span) -> tuple[Expression, ...]:
    """The parts of `a:b` as an expression."""
    match expression:
        case Binary(operator=":", left=left, right=right):
            return _combination(source, left, span) + _combination(source, right, span)
        case Paren(inner=inner):
            return _combination(source, inner, span)
        case Name() | Call():
            return (expression,)
        case _:
            raise source.error(
                "gr() takes one column, or a combination a:b", span, hint="Write (1 | gr(a)) + (1 | gr(a:b))."
            )


def _flag(source: Source, argument: Argument, span: Span) -> bool:
    """TRUE or FALSE."""
    match argument.value:
        case Name(text="TRUE" | "T" | "True"):
            return True
        case Name(text="FALSE" | "F" | "False"):
            return False
        case _:
            raise source.error(f"`{argument.name}` is TRUE or FALSE", span, hint="Write gr(g, cor = FALSE).")


def _id_text(source: Source, argument: Argument, span: Span) -> str:
    """The name that terms share."""
    match argument.value:
        case String(value=value) | Name(text=value) if is_plain(value) or (
            value.isascii() and value.isdigit()
        ):
            return value
        case _:
            raise source.error("`id` is a name in quotes", span, hint='Write gr(g, id = "p").')
