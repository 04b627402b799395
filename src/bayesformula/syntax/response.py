"""The left-hand side: a response and, after a bar, what is known about each of its values."""

from __future__ import annotations

from bayesformula.errors import FormulaError, listing, nearest
from bayesformula.syntax.ast import Argument, Binary, Call, Expression, Index, Paren, Response, Unary
from bayesformula.syntax.expressions import read_call, read_expression
from bayesformula.syntax.pieces import Piece
from bayesformula.syntax.render import variables_of
from bayesformula.syntax.source import Source

ADDITIONS = ("trials", "weights", "se", "cens", "trunc", "rate")
_SEVERAL = ("mvbind", "mvbrmsformula")
_ADDITION_OF = {
    "p": "trials", "prop": "trials", "proportion": "trials", "weighted": "weights",
    "censored": "cens", "truncated": "trunc",
}  # fmt: skip
_ELSEWHERE = ("mi", "subset", "index", "thres", "cat", "dec", "bhaz", "vint", "vreal")


def read_response(source: Source, piece: Piece) -> Response:
    """`y`, `log(y)`, `cbind(s, f)`, `y['yes']`, and `y | trials(n) + weights(w)`."""
    left, additions = piece, ()
    if piece.rule == "bar":
        left, after, *more = piece.operands
        if more or piece.operators[0].text != "|":
            raise source.error(
                "one `|` stands between the response and its additions",
                piece.operators[-1].span,
                hint="Join additions with +: y | trials(n) + weights(w) ~ x.",
            )
        additions = _read_additions(source, after)
    return Response(_read_variable(source, left), additions, piece.span)


def _read_variable(source: Source, piece: Piece) -> Expression:
    """The expression of the response itself."""
    if piece.rule in ("comparison", "conjunction", "not"):
        text = source.slice(piece.span)
        hint = f"Write ({text}) ~ x." if piece.rule == "comparison" else f"Write I({text}) ~ x."
        if piece.rule == "comparison" and piece.parts[-1].rule == "STRING" and piece.parts[1].text == "==":
            hint += (
                f" For a level of a factor, {source.slice(piece.parts[0].span)}[{piece.parts[-1].text}] ~ x."
            )
        raise source.error("a comparison as the response needs parentheses", piece.span, hint=hint)
    if piece.rule == "DOT":
        raise source.error("`.` cannot be the response", piece.span, label="expected a column name")
    if piece.rule == "call":
        _refuse_foreign(source, piece)
    expression = read_expression(source, piece)
    if not variables_of(expression):
        hint = "Write y ~ x."
        if piece.rule == "STRING" and piece.text[1:-1].strip():
            hint = (
                f"Columns are named without quotes, odd names in backquotes: `{piece.text[1:-1][:40]}` ~ x."
            )
        raise source.error(
            "the response names no column", piece.span, label="expected a column name", hint=hint
        )
    if not isinstance(expression, Index):
        _refuse_index(source, expression)
    return expression


def _refuse_foreign(source: Source, piece: Piece) -> None:
    """Refuse bambi's `p(y, n)`, brms's `mvbind(y1, y2)`, survival's `Surv(time, status)`."""
    function, *rest = (part for part in piece.parts if part.rule != "PACKAGE")
    values = [source.slice(part.parts[-1].span) for part in rest if part.rule == "positional"]
    name = function.text
    if name in _SEVERAL:
        hint = f"Fit them one by one: {', then '.join(f'{value} ~ x' for value in values[:3]) or 'y ~ x'}."
        raise source.error("several responses in one model are not offered", function.span, hint=hint)
    addition = _ADDITION_OF.get(name)
    if addition and len(values) >= 2:
        given = ", ".join(values[1:])
        hint = f"Write {values[0]} | {addition}({given}) ~ x."
        raise source.error(f"`{name}()` is written after a bar, as `{addition}()`", function.span, hint=hint)
    if name == "Surv" and len(values) == 2:
        hint = f"Write {values[0]} | cens(1 - {values[1]}) ~ x; cens is 1 where the time is censored."
        raise source.error("`Surv()` is written after a bar, as `cens()`", function.span, hint=hint)


def _refuse_index(source: Source, expression: Expression) -> None:
    """A success level stands alone: `y['yes']`, not `log(y['yes'])`."""
    match expression:
        case Index():
            raise source.error(
                "a success level cannot be part of an expression", expression.span, hint="Write y['yes'] ~ x."
            )
        case Call(arguments=arguments):
            for argument in arguments:
                _refuse_index(source, argument.value)
        case Unary(operand=inner) | Paren(inner=inner):
            _refuse_index(source, inner)
        case Binary(left=left, right=right):
            _refuse_index(source, left)
            _refuse_index(source, right)
        case _:
            return


def _read_additions(source: Source, piece: Piece) -> tuple[Call, ...]:
    """`trials(n) + weights(w)`: known calls, each once."""
    items = piece.operands if piece.rule == "sum" else (piece,)
    minus = [sign for sign in piece.operators if sign.text != "+"] if piece.rule == "sum" else []
    if minus:
        raise source.error("additions to the response are joined with `+`", minus[0].span)
    calls: list[Call] = []
    for item in items:
        call = _read_addition(source, item)
        if any(call.function == other.function for other in calls):
            raise source.error(f"`{call.function}()` is given twice", item.span, label="the second one")
        calls.append(call)
    return tuple(calls)


def _read_addition(source: Source, piece: Piece) -> Call:
    """One addition, its name checked; brms's older `resp_weights()` is `weights()`."""
    name = piece.parts[0].text if piece.rule == "call" else source.slice(piece.span)
    function = name.removeprefix("resp_")
    if piece.rule != "call" or function not in ADDITIONS:
        raise _unknown_addition(source, piece, name)
    call = read_call(source, piece)
    if not call.arguments:
        raise source.error(f"`{name}()` has no argument", piece.span, hint=f"Write {function}(column).")
    return Call(
        function, tuple(Argument(arg.value, arg.name, arg.span) for arg in call.arguments), piece.span
    )


def _unknown_addition(source: Source, piece: Piece, name: str) -> FormulaError:
    """The error for an addition that does not exist, or not here."""
    message = f"`{name}` is not known after the bar of a response"
    if name in _ELSEWHERE:
        message = f"`{name}()` is not offered by this package"
    legal = listing(f"{known}()" for known in nearest(name, ADDITIONS))
    hint = f"Known: {legal}."
    if name == "subset":
        hint = "Take the subset of the data before."
    elif piece.rule == "conjunction":
        hint = f"Join additions with +: {' + '.join(source.slice(part.span) for part in piece.operands)}."
    elif piece.rule in ("NAME", "QUOTED_NAME"):
        hint += f"\nA group term stands right of `~`, in parentheses: (1 | {name}). Trials: trials({name})."
    return source.error(message, piece.span, label="expected an addition such as trials(n)", hint=hint)
