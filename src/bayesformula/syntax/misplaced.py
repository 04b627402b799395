"""Brackets, commas, tildes, `=` and ends where none can stand, and what to write instead."""

from __future__ import annotations

import re

from bayesformula.errors import FormulaError, Span
from bayesformula.syntax.found import Found, whole
from bayesformula.syntax.grammar import is_readable
from bayesformula.syntax.pasted import explain_argument, explain_comma
from bayesformula.syntax.source import Source, open_brackets

_CLOSING = {"(": ")", "[": "]", "{": "}"}
_SCALED = ("scale", "center", "standardize", "as.vector", "as.numeric", "drop")
_ADDITION = re.compile(r"\|\s*(resp_)?(trials|weights|se|cens|trunc|rate)\s*\(")


def wrong_bracket(source: Source, found: Found, opened: list[Span]) -> FormulaError:
    """`x)` and `(x]`."""
    if not opened:
        message = f"this `{found.text}` closes nothing"
        hint = "Take it out, or open one before it."
        group = re.search(r"[+~]\s*([^+~()|]{1,40}\|\|?[^+~()|]{1,40})$", source.text[: found.start])
        if group and found.text == ")":
            hint = f"Write ({group[1].strip()}), or take it out."
        return source.error(message, found.span, hint=hint)
    due = _CLOSING[source.text[opened[-1].start]]
    return source.error(f"`{found.text}` where `{due}` is due", found.span, label=f"expected {due}")


def never_closed(source: Source, opened: Span) -> FormulaError:
    """`(1 | g` and `factor(x`."""
    mark = source.text[opened.start]
    name = re.search(r"[\w.]*\s*$", source.text[max(0, opened.start - 40) : opened.start])
    start = opened.start - (len(name[0]) if name else 0)
    part = source.slice(Span(start, len(source.text)))
    hint = f"Write {part}{_CLOSING[mark]}."
    group = re.search(r"\s*\+\s*\([^()]*\|[^()]*\)", part)
    if group and len(part) < 60:  # `log(x + (1 | g)`: no call holds a group term
        head = part[: group.start()]
        closed = head + _closers(head) + part[group.start() :]
        if is_readable(f"y ~ {closed}"):
            return source.error(
                f"this `{mark}` is never closed", opened, label="opened here", hint=f"Write {closed}."
            )
    if len(part) >= 60 or not is_readable(f"y ~ {part}{_CLOSING[mark]}"):
        hint = f"Write {_CLOSING[mark]} where it ends."
    return source.error(f"this `{mark}` is never closed", opened, label="opened here", hint=hint)


def separated(source: Source, found: Found, opened: Span) -> FormulaError:
    """`(1; g)` and `ifelse(x > 0; 1; 0)`."""
    inside = re.match(r"[(\[{]([^()\[\]{}]{1,60})[)\]}]", source.text[opened.start :])
    parts = [part.strip(" ,") for part in inside[1].split(";") if part.strip(" ,")] if inside else []
    called = re.search(r"[\w.]+\s*$", source.text[max(0, opened.start - 40) : opened.start])
    hint = (
        "Close the bracket before it." if not parts else f"Group terms have a bar: ({' | '.join(parts[:2])})."
    )
    if called:
        hint = "Arguments are separated by commas."
        hint += f" Write {called[0].strip()}({', '.join(parts)})." if parts else ""
    message = "`;` separates formulas and cannot stand in brackets"
    return source.error(message, found.span, label=found.expected, hint=hint)


def _tilde_in_brackets(source: Source, found: Found, opened: list[Span], before: list[str]) -> str:
    """What to write for `(y ~ x)`, `cbind(s, f ~ x` and `case_when(x > 0 ~ 1)`."""
    text = source.text.strip()
    if text.startswith("(") and text.endswith(")") and is_readable(text[1:-1]):
        return f"Write {whole(text[1:-1])}."
    closed = f"{source.text[: found.start].rstrip()}{')' * len(opened)} {source.text[found.start :]}".strip()
    if "~" not in before and is_readable(closed):
        return f"Write {whole(closed)}."
    if re.search(r"case_when\s*$", source.text[: opened[-1].start]):
        return "A choice between two values is written ifelse(x > 0, 1, 0)."
    return "Write y ~ x + (1 | g)."


def _closers(text: str) -> str:
    """The brackets that close what a text leaves open."""
    return "".join(_CLOSING[text[span.start]] for span in reversed(open_brackets(Source(text))))


def explain_misplaced(source: Source, found: Found, before: list[str], opened: list[Span]) -> FormulaError:
    """A comma, tilde, `=`, bracket or the end where none can stand."""
    clause = before[len(before) - before[::-1].index(";") if ";" in before else 0 :]
    match found.text:
        case "~" if opened:
            hint = _tilde_in_brackets(source, found, opened, before)
            message = "`~` cannot stand in parentheses"
        case "~":
            message = "a formula has one `~`, and this is its second"
            hint = "Join terms with +: y ~ x + z.\nSeparate two formulas with a semicolon: y ~ x; sigma ~ z."
        case "," if opened:
            message = "a comma separates the arguments of a call only"
            hint = _comma_group(source, opened[-1], is_response="~" not in clause)
        case ",":
            message, hint = "a comma separates the arguments of a call only", explain_comma(source, found)
        case "=":
            return _equals(source, found, clause, opened, is_first=";" not in before)
        case "[":
            return _bracket(source, found, before)
        case _ if found.kind == "COMPARE":
            message, hint = "comparisons do not chain", "Join two with &: x > 0 & x < 1."
        case _ if "~" not in clause:
            return _no_tilde(source, found, clause, is_first=";" not in before)
        case _:
            message, hint = f"{found.shown} cannot stand here", "Operators are + - * / : ^ %in%."
            if opened and found.kind == "NOT":
                hint += " In a group term a bar stands between effects and factor: (1 | g)."
    return source.error(message, found.span, label=found.expected, hint=hint)


def _comma_group(source: Source, opened: Span, *, is_response: bool) -> str:
    """`(1, g)`, `(x, z | g)`, and `(s, f) ~ x`."""
    several = re.match(r"\(([^()~|]{1,40})\|([^()~|,]{1,40})\)", source.text[opened.start :])
    if several:
        effects = " + ".join(part.strip() for part in several[1].split(","))
        return f"Join effects with +: ({effects} | {several[2].strip()})."
    pair = re.match(r"\(([^()~|]{1,40},[^()~|]{1,40})\)", source.text[opened.start :])
    if is_response and pair:
        return f"Successes and failures are written cbind({pair[1].strip()}) ~ x."
    inside = re.match(r"\(([^(),~]{1,40}),([^(),|~]{1,40})\)", source.text[opened.start :])
    effects, factor = (inside[1].strip(), inside[2].strip()) if inside else ("1", "g")
    if "|" in effects:
        left = effects.split("|")[0].strip()
        terms = f"({effects}) + ({left} | {factor})"
        return f"Two factors are two terms: {terms if is_readable(f'y ~ {terms}') else '(1 | g) + (1 | h)'}."
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


def _equals(
    source: Source, found: Found, clause: list[str], opened: list[Span], *, is_first: bool
) -> FormulaError:
    """`y = x` and `y ~ z = 3`."""
    message = "`=` names an argument of a call only"
    start = source.text.rfind(";", 0, found.start) + 1
    left, right = whole(source.text[start : found.start]), whole(source.text[found.span.stop :].split(";")[0])
    pasted = explain_argument(source.text, left) if is_first and len(clause) == 1 else ""
    compared = re.search(r"[\w.]+\s*$", source.text[: found.start])
    value = re.match(r"""\s*("[^"]{0,40}"|'[^']{0,40}'|[\w.]{1,40})""", source.text[found.span.stop :])
    if pasted:
        hint = pasted
    elif "~" in clause and compared and compared[0].strip() in ("weights", "trials") and value:
        hint = (
            f"What is known about the response stands left of `~`: y | {compared[0].strip()}({value[1]}) ~ x."
        )
    elif "~" in clause or opened or (value and value[1][0] in "\"'"):
        shown = f"({compared[0].strip()} == {value[1]})" if compared and value else "(f == 1)"
        hint = f"A comparison is ==, as in {shown}."
    elif is_first and re.fullmatch(r"-?[\d.]+", right):
        hint = f"The formula of the response comes first: y ~ x; {left} = {right}."
    elif "..." in (left, right) or not left or not right:
        hint = "Write ~ after the response: y ~ x."
    elif not is_readable(f"{left} ~ {right.removeprefix('~').strip()}"):
        hint = "Write ~ after the response, and columns of the data after it: y ~ x + z."
    else:
        hint = f"Write ~ for =: {left} ~ {right.removeprefix('~').strip()}."
    return source.error(message, found.span, label=found.expected, hint=hint)


def _no_tilde(source: Source, found: Found, clause: list[str], *, is_first: bool) -> FormulaError:
    """`y`, `cbind(y, x)`, `1 | g`, `y == x`."""
    start = source.text.rfind(";", 0, found.start) + 1
    text = whole(source.text[start : found.start])
    hint = "Write the response, `~` and the terms: y ~ x + (1 | g)."
    if re.search(r"\.(csv|tsv|parquet|feather)(\.gz)?$", text):
        hint = "This is the name of a file. The formula comes first, the data after it."
    elif "==" in clause:
        hint = "Response and terms are joined by `~`, not `==`: y ~ x."
    elif "<" in clause and "-" in clause[clause.index("<") + 1 : clause.index("<") + 2]:
        hint = "Response and terms are joined by `~`, not `<-`: y ~ x."
    elif text.startswith("`") and is_readable(text[1:-1]):
        hint = f"Backquotes make one name of what they hold. Write {text[1:-1]}."
    elif not is_first and len(clause) == 1:
        hint = (
            f"A parameter has a formula of its own: {text} ~ x. A further term is joined with +: x + {text}."
        )
    elif "#" in source.text[start:]:
        hint = "What follows `#` is a comment, to the end of the line."
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
