"""A token out of place, and the parser's own set of tokens that may stand there, in words."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bayesformula.errors import Span
from bayesformula.syntax.source import Source

_TOKEN = re.compile(
    r"""\#[^\n]*|(?P<token>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`|[\w.\u0300-\u036f]+"""
    r"""|\|\||&&|\*\*|:::?|[=!<>]=|%in%|%%|%/%|\S)""",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Found:
    """A token that the grammar does not allow: its kind, text, place, and which kinds it allows instead."""

    kind: str
    text: str
    start: int
    accepted: frozenset[str]

    @property
    def span(self) -> Span:
        return Span(self.start, self.start + max(1, len(self.text)))

    @property
    def is_end(self) -> bool:
        return self.kind == "$END"

    @property
    def shown(self) -> str:
        return "the end of the formula" if self.is_end else f"`{shorten(self.text)}`"

    @property
    def expects_operand(self) -> bool:
        """Whether a column, number, call or parenthesis is due here."""
        return {"NAME", "STRING"} <= self.accepted  # "LPAR" alone says little: after a name it opens a call

    @property
    def expected(self) -> str:
        """The kinds of token that may stand here: "expected a comma or )"."""
        words = _words(self.accepted)
        if "~" in words and (self.is_end or self.text == "="):
            words = ["~"]
        *first, last = words or [""]
        return f"expected {', '.join(first)}{' or ' if first else ''}{last}" if last else ""


def _words(accepted: frozenset[str]) -> list[str]:
    """What each kind of token is called; operands and operators by one name each."""
    if {"NAME", "STRING"} <= accepted:
        return ["a column name"]
    named = {"STRING": "a level in quotes", "NAME": "the name of a function"}
    words = [named[kind] for kind in named if kind in accepted]
    if {"SIGN", "STAR", "BAR"} & accepted:
        words.append("an operator such as +")
    elif len(accepted) == 1 and "LPAR" in accepted:
        words.append("(")
    marks = {"TILDE": "~", "COMMA": "a comma", "RPAR": ")", "RSQB": "]", "RBRACE": "}"}
    return words + [marks[kind] for kind in marks if kind in accepted]


def tokens_before(source: Source, found: Found) -> list[str]:
    """The tokens left of the place at fault, comments left out."""
    return [match["token"] for match in _TOKEN.finditer(source.text[: found.start]) if match["token"]]


def shorten(text: str) -> str:
    """A token for a message: on one line, long ones cut."""
    line = " ".join(text.split())
    return line if len(line) <= 40 else line[:37] + "..."


def whole(text: str) -> str:
    """A part of a formula for a message: on one line, with dots for a long one."""
    line = " ".join(text.split())
    return line if len(line) <= 80 else "..."
