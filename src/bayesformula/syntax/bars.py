"""A bar makes a group term or is a logical "or": which one, and what to write where it is neither."""

from __future__ import annotations

from bayesformula.errors import FormulaError, Span
from bayesformula.syntax.pieces import Piece
from bayesformula.syntax.source import Source

_INDEPENDENT = ("zerocorr", "diag", "homdiag")  # of MixedModels.jl, glmmTMB and lme4 2
_CORRELATED = ("us", "unstructured")
_STRUCTURES = ("ar1", "hetar1", "cs", "homcs", "ou", "exp", "gau", "mat", "toep", "homtoep", "rr", "equalto")


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
    if source.text[: piece.span.start].rstrip().endswith("{") and len(piece.operators) == 1:
        raise source.error(
            "a group term cannot stand in braces",
            piece.operators[0].span,
            label="this bar",
            hint=f"Group terms stand in round parentheses: ({source.slice(piece.span)}).\n"
            "A logical `or` needs a comparison: {x > 0 | z > 0}.",
        )
    raise source.error(
        "this bar is neither a group term nor a logical `or`",
        piece.operators[0].span,
        hint="A group term stands outside calls, in its own parentheses: (1 | g).\n"
        "A logical `or` needs a comparison: x > 0 | z > 0.",
    )


def check_bar_in_call(source: Source, function: Piece, piece: Piece) -> None:
    """Refuse `log(x | g)`, showing both things that it may mean."""
    if is_logical(piece):
        return
    name, bar = function.text, piece.operators[0]
    left, right = source.slice(piece.operands[0].span), source.slice(piece.operands[-1].span)
    first = piece.operands[0].operands[0] if piece.operands[0].rule == "sum" else piece.operands[0]
    number = first.rule == "NUMBER"  # `x(1 + z | g)`: no transform takes a bare 1, so a + is missing
    message = f"a group term cannot stand inside `{name}()`"
    if name in _INDEPENDENT:
        hint = f"Independent effects are written ({left} || {right})."
    elif name in _CORRELATED:
        hint = f"Correlated effects are written ({left} | {right})."
    elif name in _STRUCTURES:
        message = f"the covariance structure `{name}()` is not offered"
        hint = f"Write ({left} | {right}) for any covariance, or ({left} || {right}) for independent effects."
    elif name == "propto":
        message = f"the covariance structure `{name}()` is not offered"
        hint = "For levels of known covariance, write (1 | gr(g, cov = A))."
    elif name != "I" and (number or source.text[function.span.stop].isspace()):
        hint = f"Join terms with +: {name} + ({left} {bar.text} {right})."
    else:
        compared = f"{left} > 0" if piece.operands[0].rule in ("NAME", "QUOTED_NAME") else "x > 0"
        group = f"({left} {bar.text} {right})" if name == "I" else f"({name}({left}) {bar.text} {right})"
        hint = f"For effects that vary over {right}, write {group}.\n"
        hint += f"A logical `or` needs comparisons: {name}({compared} {bar.text} {right} > 0)."
    raise source.error(message, bar.span, label="this bar", hint=hint)


def bare_bar(source: Source, piece: Piece) -> FormulaError:
    """`y ~ x + 1 | g`, with the parentheses put in; `(1 | g) | h`, with both readings."""
    if len(piece.operands) > 2:
        return _bare_bars(source, piece)
    left, bar, factor = piece.parts[0], piece.operators[0], piece.parts[-1]
    after = ""
    if factor.rule == "sum" and any(_is_group(operand) for operand in factor.operands):
        after = " " + source.slice(Span(factor.operators[0].span.start, factor.span.stop))
        factor = factor.operands[0]
    right = source.slice(factor.span)
    if _is_group(left):
        effects, factor = (source.slice(left.parts[0].operands[i].span) for i in (0, -1))
        return source.error(
            "a group term cannot be grouped again",
            bar.span,
            label="a second bar",
            hint=f"Nested factors: ({effects} | {factor}/{right}). "
            f"Crossed factors: ({effects} | {factor}) + ({effects} | {right}).",
        )
    before, effect = "", left
    if left.rule == "sum":
        before = source.slice(Span(left.span.start, left.operators[-1].span.stop)) + " "
        effect = left.operands[-1]
    hint = f"Write {before}({source.slice(effect.span)} {bar.text} {right}){after}."
    if _is_group(effect):
        effects, inner = (source.slice(effect.parts[0].operands[i].span) for i in (0, -1))
        hint = f"Crossed factors: {before}({effects} | {inner}) + ({effects} | {right}){after}."
    elif _is_group(factor):
        hint = f"Join terms with +: {source.slice(left.span)} + {right}{after}."
    elif factor.rule == "call" and factor.parts[0].text in (
        "weights",
        "trials",
        "se",
        "cens",
        "trunc",
        "rate",
    ):
        hint = (
            f"What is known about the response stands left of `~`: y | {right} ~ {source.slice(left.span)}."
        )
    return source.error(
        "a group term needs its own parentheses",
        bar.span,
        label="this bar stands outside parentheses",
        hint=hint,
    )


def _bare_bars(source: Source, piece: Piece) -> FormulaError:
    """`x + 1 | g + 1 | h`: between two bars stand a factor, terms, and the effects of the next one."""
    written = ""
    for place, operand in enumerate(piece.operands):
        parts = operand.operands if operand.rule == "sum" else (operand,)
        is_first, is_last = place == 0, place == len(piece.operands) - 1
        if not (is_first or is_last) and len(parts) == 1:
            written = ""
            break
        effects = parts[-1].span.start
        factor = parts[0].span
        if not is_first:
            between = Span(factor.stop, operand.span.stop if is_last else effects)
            written += f" {piece.operators[place - 1].text} {source.slice(factor)}) {source.slice(between)} "
        else:
            written = f"{source.slice(Span(operand.span.start, effects))} "
        if not is_last:
            written += f"({source.slice(Span(effects, operand.span.stop))}"
    hint = f"Write {written.strip()}." if written else "Write each group term as (1 | g), joined with +."
    return source.error(
        "a group term needs its own parentheses",
        piece.operators[0].span,
        label="this bar stands outside parentheses",
        hint=hint,
    )


def _is_group(piece: Piece) -> bool:
    """Whether a piece is `(1 | g)`."""
    return piece.rule == "parentheses" and piece.parts[0].rule == "bar"


def logical_group(source: Source, piece: Piece) -> FormulaError:
    """`(x > 3 | g)`, which is half a comparison and half a group term; `(1 | a & b)`."""
    effects, factor = piece.operands[0], piece.operands[-1]
    left, right = source.slice(effects.span), source.slice(factor.span)
    bar = piece.operators[0].span
    if is_logical(effects):
        group = f"(({left}) | {right})" if effects.rule == "comparison" else f"(I({left}) | {right})"
        hint = f"For an effect that varies over {right}, write {group}.\nA logical `or` stands in I(...)."
        return source.error("a comparison beside a bar needs its own parentheses", bar, hint=hint)
    if factor.rule == "conjunction":
        parts = ":".join(source.slice(operand.span) for operand in factor.operands)
        hint = f"For the observed combinations, write ({left} | {parts})."
        return source.error("`&` does not combine grouping factors", factor.operators[0].span, hint=hint)
    group = f"({left} | ({right}))" if factor.rule == "comparison" else f"({left} | I({right}))"
    hint = f"For the comparison as a grouping factor, write {group}."
    return source.error("a comparison beside a bar needs its own parentheses", bar, hint=hint)
