"""Canonical text: expressions as R deparses them, and formulas that parse to themselves."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence

from bayesformula.syntax.ast import (
    Argument,
    Binary,
    Call,
    Expression,
    FormulaSpec,
    GroupTerm,
    Index,
    Name,
    Number,
    Paren,
    Predictor,
    Response,
    String,
    Term,
    Unary,
)

CONSTANTS = frozenset({"pi", "TRUE", "FALSE", "True", "False", "T", "F", "NULL", "NA", "Inf", "NaN"})

_PLAIN_NAME = re.compile(r"[^\W\d_][\w.\u0300-\u036f]*|\.(?:[^\W\d]|\.)[\w.\u0300-\u036f]*")
_TIGHT = frozenset({"^", ":", "/", "%%", "%/%"})  # R puts no spaces around these


def render_expression(expression: Expression) -> str:
    """The text of an expression, as R names a column.

    Doctest:
        >>> from bayesformula.syntax.ast import Binary, Name, Number
        >>> render_expression(Binary("+", Name("x"), Number("1")))
        'x + 1'
    """
    match expression:
        case Name(text=text):
            return render_name(text)
        case Number(text=text):
            return text
        case String(value=value):
            return _quote(value, '"')
        case Call(function=function, arguments=arguments):
            return f"{function}({', '.join(map(_argument, arguments))})"
        case Unary(operator=operator, operand=operand):
            return operator + render_expression(operand)
        case Binary(operator=operator, left=left, right=right):
            middle = operator if operator in _TIGHT else f" {operator} "
            return render_expression(left) + middle + render_expression(right)
        case Paren(inner=inner):
            return f"({render_expression(inner)})"
        case Index(operand=operand, level=level):
            return f"{render_expression(operand)}[{_quote(level, chr(34))}]"


def render_name(name: str) -> str:
    """A column's name, in backquotes if it needs them."""
    return name if is_plain(name) else _quote(name, "`")


def is_plain(name: str) -> bool:
    """Whether a name can stand in a formula without backquotes."""
    return _PLAIN_NAME.fullmatch(name) is not None and name.strip(".") != ""


def variables_of(expression: Expression, *, columns: Container[str] = ()) -> tuple[str, ...]:
    """The columns that an expression uses, each once, in order of appearance.

    Constants (`pi`, `TRUE`, `T`, ...) inside an expression are no columns unless `columns` has them; a
    name on its own always is one.

    Doctest:
        >>> from bayesformula.syntax.ast import Argument, Call, Name
        >>> variables_of(Call("log", (Argument(Name("x")), Argument(Name("pi")))))
        ('x',)
    """
    if isinstance(expression, Name):
        return (expression.text,)
    names = (name for name in _names(expression) if name not in CONSTANTS or name in columns)
    return tuple(dict.fromkeys(names))


def _names(expression: Expression) -> Iterator[str]:
    """All names in an expression, function names left out."""
    match expression:
        case Name(text=text):
            yield text
        case Number() | String():
            return
        case Call(arguments=arguments):
            for argument in arguments:
                yield from _names(argument.value)
        case Unary(operand=inner) | Paren(inner=inner) | Index(operand=inner):
            yield from _names(inner)
        case Binary(left=left, right=right):
            yield from _names(left)
            yield from _names(right)


def _argument(argument: Argument) -> str:
    """`value` or `name = value`."""
    value = render_expression(argument.value)
    return f"{argument.name} = {value}" if argument.name else value


def _quote(text: str, mark: str) -> str:
    """Text in quotes, with the escapes that the grammar reads back."""
    escaped = text.replace("\\", "\\\\").replace(mark, "\\" + mark)
    for raw, short in (("\n", "\\n"), ("\t", "\\t"), ("\r", "\\r")):
        escaped = escaped.replace(raw, short)
    return f"{mark}{escaped}{mark}"


def render(spec: FormulaSpec) -> str:
    """The canonical text of a formula: `lower(parse(render(spec))) == spec`."""
    first, *rest = spec.predictors
    clauses = [f"{render_response(spec.response)} ~ {render_predictor(first)}"]
    clauses += [f"{render_name(other.parameter)} ~ {render_predictor(other)}" for other in rest]
    clauses += [f"{render_name(parameter)} = {render_value(value)}" for parameter, value in spec.fixed]
    return "; ".join(clauses)


def render_value(value: float) -> str:
    """A number that reads back as itself: `0.25`, `3`, `1e-05`."""
    return repr(float(value)).removesuffix(".0")


def render_response(response: Response) -> str:
    """The text left of the tilde."""
    left = render_expression(response.expression)
    if not response.additions:
        return left
    return f"{left} | {' + '.join(render_expression(call) for call in response.additions)}"


def render_predictor(predictor: Predictor) -> str:
    """The text right of the tilde: population terms, `cs()`, offsets, group terms."""
    items = _sum_items(predictor.terms, predictor.minus, has_dot=predictor.has_dot)
    items += [f"- {render_term(term)}" for term in predictor.minus]
    if predictor.specific:
        items.append(f"+ cs({' '.join(_sum_items(predictor.specific, ())).removeprefix('+ ')})")
    items += [f"+ offset({render_expression(offset)})" for offset in predictor.offsets]
    if not predictor.intercept:
        items.insert(0, "+ 0")
    elif not items:
        items = ["+ 1"]
    items += [f"+ {render_group(group)}" for group in predictor.groups]
    return " ".join(items).removeprefix("+ ")


def render_group(group: GroupTerm) -> str:
    """`(1 + x | g)`, the intercept always said."""
    effects = " ".join([f"{int(group.intercept)}", *_sum_items(group.terms, ())])
    factor = _factor_text(group)
    if group.id:
        return f"({effects} | {group.id} | {factor})"
    return f"({effects} {'|' if group.correlated else '||'} {factor})"


def _factor_text(group: GroupTerm) -> str:
    """`g`, `a:b`, `gr(g, by = f)`, `mm(g1, g2, weights = cbind(w1, w2))`."""
    options: list[str] = []
    if group.by is not None:
        options.append(f"by = {render_expression(group.by)}")
    if group.cov:
        options.append(f"cov = {render_name(group.cov)}")
    if group.dist != "gaussian":
        options.append(f'dist = "{group.dist}"')
    if group.weights:
        options.append(f"weights = cbind({', '.join(map(render_expression, group.weights))})")
    if not group.scales_weights:
        options.append("scale = FALSE")
    if group.is_membership:
        return f"mm({', '.join([*map(render_expression, group.factors), *options])})"
    factor = ":".join(map(render_variable, group.factors))
    return f"gr({', '.join([factor, *options])})" if options else factor


def render_term(term: Term) -> str:
    """A term as it is written in a formula, comparisons in parentheses."""
    return ":".join(map(render_variable, term.variables))


def render_variable(expression: Expression) -> str:
    """A variable as it is written in a formula; a comparison goes in parentheses."""
    text = render_expression(expression)
    return f"({text})" if isinstance(expression, Binary) else text


def _sum_items(terms: Sequence[Term], minus: Sequence[Term], *, has_dot: bool = False) -> list[str]:
    """Signed items of a sum that reads back as these terms.

    R orders the variables within a term by their first appearance in the formula, so `b*a - b` leaves
    `a` and `b:a`, which `a + b:a` would turn into `a:b`. Where the plain order does not read back,
    the highest order goes first; where that fails too, the variables are named and removed again.
    """
    dot = ["+ ."] if has_dot else []
    for order in (list(terms), sorted(terms, key=lambda term: -len(term.variables))):
        if _reads_back([*order, *minus]):
            return [*dot, *(f"+ {render_term(term)}" for term in order)]
    variables = _ranked([*terms, *minus])
    named = [f"+ {variable}" for variable in variables] + [f"- {variable}" for variable in variables]
    return [*named, *dot, *(f"+ {render_term(term)}" for term in terms)]


def _reads_back(terms: Sequence[Term]) -> bool:
    """Whether first appearance in this sequence gives every term the order of variables that it has."""
    rank: dict[str, int] = {}
    for term in terms:
        for label in term.labels:
            rank.setdefault(label, len(rank))
    return all(list(term.labels) == sorted(term.labels, key=rank.__getitem__) for term in terms)


def _ranked(terms: Sequence[Term]) -> list[str]:
    """The variables, as written in a formula, in an order that no term contradicts."""
    after: dict[str, set[str]] = {}
    text: dict[str, str] = {}
    for term in terms:
        for label, variable in zip(term.labels, term.variables, strict=True):
            text[label] = render_variable(variable)
            after.setdefault(label, set())
        for earlier, later in zip(term.labels, term.labels[1:], strict=False):
            after[later].add(earlier)
    order: list[str] = []
    while after:
        ready = next((label for label, earlier in after.items() if not earlier), next(iter(after)))
        order.append(ready)
        del after[ready]
        for earlier in after.values():
            earlier.discard(ready)
    return [text[label] for label in order]
