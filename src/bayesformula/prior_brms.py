"""Priors as brms and Stan write them, and the statements here that say the same; for messages only."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bayesformula.priors import quote

FIELDS = frozenset({"prior", "class", "coef", "group", "dpar", "resp", "nlpar", "lb", "ub", "source", "tag"})
"""Arguments of brms's `prior()`, and columns of its tables of priors."""

CALLS = ("set_prior", "prior_string", "prior_", "prior", "bprior")

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_TRUNCATION = re.compile(rf"T?\s*\[\s*({_NUMBER})?\s*,\s*({_NUMBER})?\s*\]")


def truncation(text: str, start: int) -> str | None:
    """The prior before `T[0, ]` at `start`, with its bounds as they are written here; None for no bounds.

    >>> truncation("sigma ~ normal(0, 1) T[0,]", 21)
    'normal(0, 1) truncated to [0, inf)'
    """
    match = _TRUNCATION.match(text, start)
    if match is None:
        return None
    line = text[max(text.rfind(mark, 0, start) for mark in "\n;~") + 1 : start]
    return line.strip() + bounds(match[1] or "", match[2] or "")


def bounds(lower: str, upper: str) -> str:
    """` truncated to [0, inf)` of texts that are numbers or empty."""
    if not lower and not upper:
        return ""
    return f" truncated to {f'[{lower}' if lower else '(-inf'}, {f'{upper}]' if upper else 'inf)'}"


def statement_of_call(text: str) -> str | None:
    """The statement that `set_prior("normal(0, 1)", class = "b", coef = "x")` means; None where it is none.

    >>> statement_of_call("prior(normal(0, 1), class = b, coef = x)")
    'b[x] ~ normal(0, 1)'
    """
    match = re.fullmatch(rf"\s*(?:\w+::)?(?:{'|'.join(CALLS)})\s*\((.*)\)\s*", text, re.DOTALL)
    if match is None:
        return None
    entries: dict[str, str] = {}
    for place, argument in enumerate(_split(match[1])):
        named = re.fullmatch(r"(\w+)\s*=\s*(.*)", argument, re.DOTALL)
        if named is None and place > 1:
            return None
        name, value = (named[1], named[2]) if named else (("prior", "class")[place], argument)
        entries[name] = value.strip()
    return statement_of_fields(entries)


def statement_of_fields(entries: Mapping[str, object]) -> str | None:
    """The statement that a row of brms's table of priors means; None where it is none of this language."""
    if not set(entries) <= FIELDS or "prior" not in entries:
        return None
    fields = {name: _plain(value) for name, value in entries.items()}
    fields = {name: value for name, value in fields.items() if value}
    if fields.get("resp") or fields.get("nlpar"):
        return None
    kind, of = fields.get("class", "b"), f"{fields['dpar']}." if "dpar" in fields else ""
    parts = [quote(fields[name]) for name in ("group", "coef") if name in fields]
    if kind == "sd" and "coef" in fields and "group" not in fields:
        return None
    kind = "cor" if kind == "L" else kind
    inside = f"[{', '.join(parts)}]" if parts else ""
    limits = bounds(fields.get("lb", ""), fields.get("ub", ""))
    return f"{of}{kind}{inside} ~ {fields.get('prior', 'flat') or 'flat'}{limits}"


def _plain(value: object) -> str:
    """A field as text: without quotes; an empty cell of a table is empty."""
    text = "" if value is None else str(value).strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1]
    return "" if text in ("NA", "NULL", "nan") else text


def _split(text: str) -> list[str]:
    """Arguments of a call, by the commas outside parentheses and quotes; none where it ends inside."""
    pieces = re.findall(r"\"[^\"]*\"|'[^']*'|.", text, re.DOTALL)
    arguments, depth = [""], 0
    for piece in pieces:
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(piece, 0)
        if depth < 0:
            return []
        if piece == "," and depth == 0:
            arguments.append("")
        else:
            arguments[-1] += piece
    return [argument.strip() for argument in arguments if argument.strip()]
