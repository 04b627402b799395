"""Right of the bar: grouping factors, their combinations, `gr(...)` and `mm(...)` with their options."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from bayesformula.errors import FormulaError, Span, listing, nearest
from bayesformula.syntax.ast import Argument, Binary, Call, Expression, Name, Node, Paren, String, Variable
from bayesformula.syntax.render import is_plain, render_expression
from bayesformula.syntax.source import Source
from bayesformula.syntax.terms import Expansion

GR_OPTIONS = ("by", "cov", "cor", "id", "dist")
MM_OPTIONS = ("weights", "scale", "cor", "id")
_ALONE = ("gr", "mm")
_ELSEWHERE = {
    "pw": "weights of levels are not offered; weights(w) after the bar of the response weighs rows",
    "by": "sds by the levels of a factor are offered for one grouping column: gr(g, by = f)",
    "cov": "a known covariance of levels is offered for one grouping column: gr(g, cov = A)",
    "dist": "Student effects are offered for one grouping column: gr(g, dist = 'student')",
}


@dataclass(frozen=True, slots=True)
class Options:
    """What `gr(...)` and `mm(...)` say beside the factor; see `GroupTerm`."""

    correlated: bool = True
    id: str = ""
    by: Expression | None = None
    cov: str = ""
    dist: Literal["gaussian", "student"] = "gaussian"
    is_membership: bool = False
    weights: tuple[Expression, ...] = ()
    scales_weights: bool = True


@dataclass(frozen=True, slots=True)
class Factor:
    """What stands right of the bar, before `a/b` is taken apart."""

    choices: tuple[tuple[Expression, ...], ...]
    options: Options = field(default_factory=Options)

    def label(self, choice: tuple[Expression, ...]) -> str:
        """The name of one choice in results: `a:b`; brms's `mmab` for `mm(a, b)`."""
        names = map(factor_label, choice)
        return "mm" + "".join(names) if self.options.is_membership else ":".join(names)


def factor_label(expression: Expression) -> str:
    """A factor's name in results: a column's own name without backquotes, else the expression."""
    return expression.text if isinstance(expression, Name) else render_expression(expression)


def read_factor(source: Source, node: Node, notes: list[str]) -> Factor:
    """The factors right of the bar, `gr(...)` and `mm(...)` opened."""
    if isinstance(node, Variable) and isinstance(node.expression, Call):
        match node.expression.function:
            case "gr":
                return _read_gr(source, node.expression)
            case "mm":
                return _read_mm(source, node.expression)
            case _:
                pass
    expansion = Expansion(source, "factor").run(node)
    notes += expansion.notes
    choices = tuple(term.variables for term in expansion.terms)
    if not choices:
        raise source.error("the bar has no grouping factor", node.span, hint="Write (1 | g).")
    for part in (part for choice in choices for part in choice):
        if isinstance(part, Call) and part.function in _ALONE:
            raise source.error(
                f"`{part.function}()` stands alone right of the bar",
                part.span,
                hint=f"Write one term for each: (1 | a) + (1 | {part.function}(...)).\n"
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
    named = _named(source, call, GR_OPTIONS)
    options = Options(
        correlated=_flag(source, call, named, "cor"),
        id=_id_text(source, call, named),
        by=_by(source, call, named),
        cov=_matrix_name(source, call, named),
        dist=_distribution(source, call, named),
    )
    if options.cov and (options.by is not None or options.dist != "gaussian"):
        other = "by" if options.by is not None else "dist"
        raise source.error(
            f"gr() takes `cov` or `{other}`, not both",
            call.span,
            hint="Write gr(g, cov = A) for levels that are related, gr(g, by = f) for sds that differ, or\n"
            'gr(g, dist = "student") for heavy tails.',
        )
    return Factor((factors,), options)


def _read_mm(source: Source, call: Call) -> Factor:
    """`mm(g1, g2, weights = cbind(w1, w2), scale = TRUE)`."""
    members = tuple(argument.value for argument in call.arguments if not argument.name)
    if len(members) < 2 or not all(isinstance(member, Name | Call) for member in members):
        raise source.error(
            "mm() takes two or more grouping columns",
            call.span,
            hint="Write (1 | mm(school1, school2)): each row belongs to a level of both.",
        )
    named = _named(source, call, MM_OPTIONS)
    weights: tuple[Expression, ...] = ()
    if "weights" in named:
        value = named["weights"].value
        columns = value.arguments if isinstance(value, Call) and value.function == "cbind" else ()
        weights = tuple(argument.value for argument in columns)
        if len(weights) != len(members) or any(argument.name for argument in columns):
            raise source.error(
                f"the weights of mm() are {len(members)} columns, one for each grouping column",
                named["weights"].span,
                hint=f"Write weights = cbind({', '.join(f'w{i}' for i in range(1, len(members) + 1))}).",
            )
    options = Options(
        correlated=_flag(source, call, named, "cor"),
        id=_id_text(source, call, named),
        is_membership=True,
        weights=weights,
        scales_weights=_flag(source, call, named, "scale"),
    )
    return Factor((members,), options)


def _named(source: Source, call: Call, legal: tuple[str, ...]) -> dict[str, Argument]:
    """The named arguments, each one known."""
    named = {argument.name: argument for argument in call.arguments if argument.name}
    for option, argument in named.items():
        if option not in legal:
            raise _unknown_option(source, call, argument, legal)
    return named


def _unknown_option(source: Source, call: Call, argument: Argument, legal: tuple[str, ...]) -> FormulaError:
    """The error for an option that does not exist, or not here."""
    message = f"{call.function}() has no option '{argument.name}'"
    hint = f"Its options: {listing(nearest(argument.name, legal))}."
    if argument.name in _ELSEWHERE:
        sentence = _ELSEWHERE[argument.name]
        hint = f"{sentence[0].upper()}{sentence[1:]}."
    return source.error(message, argument.span, hint=hint)


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


def _by(source: Source, call: Call, named: dict[str, Argument]) -> Expression | None:
    """The factor by whose levels the sds differ."""
    if "by" not in named:
        return None
    value = named["by"].value
    if isinstance(value, Name | Call):
        return value
    raise source.error("`by` is one column, a factor", named["by"].span, hint="Write gr(g, by = f).")


def _flag(source: Source, call: Call, named: dict[str, Argument], name: str) -> bool:
    """TRUE (also where it is not given) or FALSE."""
    if name not in named:
        return True
    match named[name].value:
        case Name(text="TRUE" | "T" | "True"):
            return True
        case Name(text="FALSE" | "F" | "False"):
            return False
        case _:
            raise source.error(
                f"`{name}` is TRUE or FALSE",
                named[name].span,
                hint=f"Write {call.function}(..., {name} = FALSE).",
            )


def _id_text(source: Source, call: Call, named: dict[str, Argument]) -> str:
    """The name that terms share."""
    if "id" not in named:
        return ""
    match named["id"].value:
        case String(value=value) | Name(text=value) if is_plain(value) or (
            value.isascii() and value.isdigit()
        ):
            return value
        case _:
            raise source.error("`id` is a name in quotes", named["id"].span, hint='Write gr(g, id = "p").')


def _matrix_name(source: Source, call: Call, named: dict[str, Argument]) -> str:
    """The name of a matrix that is passed beside the data."""
    if "cov" not in named:
        return ""
    match named["cov"].value:
        case Name(text=name) | String(value=name) if name:
            return name
        case _:
            raise source.error(
                "`cov` is the name of a matrix",
                named["cov"].span,
                hint='Write gr(g, cov = A) and pass data2={"A": matrix}, named by the levels.',
            )


def _distribution(source: Source, call: Call, named: dict[str, Argument]) -> Literal["gaussian", "student"]:
    """The distribution of the effects."""
    if "dist" not in named:
        return "gaussian"
    match named["dist"].value:
        case String(value=("gaussian" | "student") as name) | Name(text=("gaussian" | "student") as name):
            return "student" if name == "student" else "gaussian"
        case _:
            raise source.error(
                "`dist` is 'gaussian' or 'student'", named["dist"].span, hint="Write gr(g, dist = 'student')."
            )
