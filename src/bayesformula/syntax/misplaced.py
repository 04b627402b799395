"""Brackets, commas, tildes, `=` and ends where none can stand, and what to write instead."""

from __future__ import annotations

import re

from bayesformula.errors import FormulaError, Span
from bayesformula.syntax.found import Found, whole
from bayesformula.syntax.pasted import NOT_LINEAR, explain_comma
from bayesformula.syntax.source import Source

_CLOSING = {"(": ")", "[": "]", "{": "}"}
_SCALED = ("scale", "center", "standardize", "as.vector", "as.numeric", "drop")
_ADDITION = re.compile(r"\|\s*(resp_)?(trials|weights|se|cens|trunc|rate)\s*\(")


def wrong_bracket(source: Source, found: Found, opened: list[Span]) -> FormulaError:
    """`x)` and `(x]`."""
    if not opened:
        message = f"this `{found.text}` closes nothing"
        return source.error(message, found.span, hint="Take it out, or open one before it.")
    due = _CLOSING[source.text[opened[-1].start]]
    return source.error(f"`{found.text}` where `{due}` is due", found.span, label=f"expected {due}")


def never_closed(source: Source, opened: Span) -> FormulaError:
    """`(1 | g` and `factor(x`."""
    mark = source.text[opened.start]
    name = re.search(r"[\w.]*\s*$", source.text[max(0, opened.start - 40) : opened.start])
    start = opened.start - (len(name[0]) if name else 0)
    part = source.slice(Span(start, len(source.text)))
    hint = f"Write {part}{_CLOSING[mark]}." if len(part) < 60 else f"Write {_CLOSING[mark]} where it ends."
    return source.error(f"this `{mark}` is never closed", opened, label="opened here", hint=hint)


def explain_misplaced(source: Source, found: Found, before: list[str], opened: list[Span]) -> FormulaError:
    """A comma, tilde, `=`, bracket or the end where none can stand."""
    clause = before[len(before) - before[::-1].index(";") if ";" in before else 0 :]
    match found.text:
        case "~" if opened:
            message, hint = "`~` cannot stand in parentheses", "Write y ~ x + (1 | g)."
        case "~":
            message = "a formula has one `~`, and this is its second"
            hint = "Join terms with +: y ~ x + z.\nSeparate two formulas with a semicolon: y ~ x; sigma ~ z."
        case "," if opened:
            message, hint = "a comma separates the arguments of a call only", _comma_group(source, opened[-1])
        case ",":
            message, hint = "a comma separates the arguments of a call only", explain_comma(source, found)
        case "=":
            return _equals(source, found, clause, is_first=";" not in before)
        case "[":
            return _bracket(source, found, before)
        case _ if found.kind == "COMPARE":
            message, hint = "comparisons do not chain", "Join two with &: x > 0 & x < 1."
        case _ if "~" not in clause:
            return _no_tilde(source, found, clause, is_first=";" not in before)
        case _:
            message, hint = f"{found.shown} cannot stand here", "Operators are + - * / : ^ %in%."
    return source.error(message, found.span, label=found.expected, hint=hint)


def _comma_group(source: Source, opened: Span) -> str:
    """`(1, g)`."""
    inside = re.match(r"\(([^(),~]{1,40}),([^(),|~]{1,40})\)", source.text[opened.start :])
    effects, factor = (inside[1].strip(), inside[2].strip()) if inside else ("1", "g")
    if "|" in effects:
        left = effects.split("|")[0].strip()
        return f"Two factors are two terms: ({effects}) + ({left} | {factor})."
    hint = f"In a group term a bar stands between effects and factor: ({effects} | {factor})."
    return f"{hint}\nTerms are joined with +."


def _bracket(source: Source, found: Found, before: list[str]) -> FormulaError:
    """`scale(x)[, 1]`, `poly(x, 2)[, 1]`."""
    call = re.search(r"([A-Za-z.][\w.]*)\s*\([^()]{0,60}\)\s*$", source.text[: found.start][-120:])
    if call is None:
        message = "square brackets follow the name of the response only"
        return source.error(
            message, found.span, label=found.expected, hint="Write y['yes'] ~ x to choose the success level."
        )
    text = whole(call[0])
    hint = f"Write {text}: it is one column here."
    if call[1] not in _SCALED:
        hint = f"Write {text} for all of its columns. To pick one, compute it as a column of the data first."
    return source.error(
        "square brackets pick no columns in a formula", found.span, label=found.expected, hint=hint
    )


def _equals(source: Source, found: Found, clause: list[str], *, is_first: bool) -> FormulaError:
    """`y = x`, `y ~ z = 3`, and brms's `quantile = 0.25` and `nl = TRUE`."""
    message = "`=` names an argument of a call only"
    start = source.text.rfind(";", 0, found.start) + 1
    left, right = whole(source.text[start : found.start]), whole(source.text[found.span.stop :].split(";")[0])
    if "~" in clause:
        hint = "A comparison is ==, as in (f == 1)."
    elif not is_first and left == "nl":
        message, hint = message, NOT_LINEAR
    elif not is_first and re.fullmatch(r"-?[\d.]+(e[+-]?\d+)?", right):
        message = "a formula cannot fix a parameter"
        hint = f'A prior can: priors=["{left} ~ constant({right})"].'
    elif "..." in (left, right) or not left or not right:
        hint = "Write ~ after the response: y ~ x."
    else:
        hint = f"Write ~ for =: {left} ~ {right.removeprefix('~').strip()}."
    return source.error(message, found.span, label=found.expected, hint=hint)


def _no_tilde(source: Source, found: Found, clause: list[str], *, is_first: bool) -> FormulaError:
    """`y`, `cbind(y, x)`, `1 | g`, `y == x`."""
    start = source.text.rfind(";", 0, found.start) + 1
    text = whole(source.text[start : found.start])
    hint = "Write the response, `~` and the terms: y ~ x + (1 | g)."
    if "==" in clause:
        hint = "Response and terms are joined by `~`, not `==`: y ~ x."
    elif text == "..." or not text or clause[0].startswith("#"):
        pass
    elif len(clause) == 1 or _ADDITION.search(text) or not is_first:
        hint = f"Write {text} ~ 1 for an intercept alone, or {text} ~ x + (1 | g)."
    elif "|" in clause and "(" not in clause:
        hint = f"Write the response and `~` before it: y ~ ({text})."
    elif {"|", "||", "+", "*"} & set(clause):
        hint = f"Write the response and `~` before it: y ~ {text}."
    elif clause[1] == "(" and clause[-1] == ")":
        hint = f"With {text} as the response, write {text} ~ x + (1 | g). As a term: y ~ {text}."
    return source.error(
        "a formula needs a `~` after its response", found.span, label=found.expected, hint=hint
    )
