"""Text becomes a hypothesis: a relation, and left minus right as steps of a calculation.

The language is `grammar/hypothesis.lark`; nothing in the text is ever evaluated as Python.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedToken

from bayesformula.errors import FormulaError, Span, listing, nearest
from bayesformula.priors import unquote
from bayesformula.syntax.grammar import grammar_text

MAX_TEXT = 10_000
HOW = "A hypothesis is one relation <, > or =, as in `b[x] < 0` or `sd[g, x] > 2 * sigma`."
FUNCTIONS = ("exp", "log", "sqrt", "abs", "plogis")


class HypothesisError(FormulaError):
    """A hypothesis that cannot be read, that names nothing of the fit, or that has no evidence."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number, put on the stack."""

    value: float


@dataclass(frozen=True, slots=True)
class Name:
    """A parameter, put on the stack: what stands before the brackets, and the parts within them."""

    head: str
    parts: tuple[str, ...]
    span: Span

    @property
    def written(self) -> str:
        """With one spelling of the brackets: `r_cafe[c3,Intercept]`."""
        return f"{self.head}[{','.join(self.parts)}]" if self.parts else self.head


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator or function, in the place of the `arity` topmost values of the stack."""

    name: str
    arity: int
    span: Span


Step = Number | Name | Operation


@dataclass(frozen=True, slots=True)
class Statement:
    """A hypothesis as it was read.

    Attributes:
        text: on one line.
        relation: "<", ">" or "=".
        steps: of the calculation of left minus right, each after what it needs.
    """

    text: str
    relation: str
    steps: tuple[Step, ...]

    @property
    def names(self) -> tuple[Name, ...]:
        return tuple(step for step in self.steps if isinstance(step, Name))


def read(text: str) -> Statement:
    """Read one hypothesis.

    Raises:
        HypothesisError: it cannot be read, with a caret under what is at fault.

    >>> read("b[x] < 2").relation
    '<'
    """
    text = " ".join(text.split())
    if not text:
        raise HypothesisError("the text of the hypothesis is empty", hint=HOW)
    if len(text) > MAX_TEXT:
        raise HypothesisError(f"a hypothesis of {len(text)} characters is too long: {MAX_TEXT} are read")
    tree = _parse(text)
    left, relation, right = tree.children
    steps = [*_steps(text, left), *_steps(text, right), Operation("subtract", 2, Span(0, len(text)))]
    statement = Statement(text, str(relation), tuple(steps))
    if not statement.names:
        raise HypothesisError(
            "the hypothesis names no parameter", text=text, span=Span(0, len(text)), hint=HOW
        )
    return statement


@cache
def _parser() -> Lark:
    return Lark(grammar_text("hypothesis.lark"), parser="lalr", lexer="contextual", propagate_positions=True)


def _parse(text: str) -> Tree[Token]:
    try:
        return cast("Tree[Token]", _parser().parse(text))
    except UnexpectedToken as error:
        start = len(text) if error.token.type == "$END" else int(error.token.start_pos or 0)
        accepted = cast("set[str]", error.accepts or error.expected or set())
    except UnexpectedCharacters as error:
        start, accepted = int(error.pos_in_stream or 0), cast("set[str]", error.allowed or set())
    except UnexpectedEOF:
        start, accepted = len(text), set[str]()
    raise _unexpected(text, start, accepted)


def _steps(text: str, root: Any) -> list[Step]:
    """The nodes of a tree, children before parents: without recursion, however long a sum is."""
    waiting, out = [root], list[Step]()
    while waiting:
        tree = waiting.pop()
        out.append(_step(text, tree))
        if tree.data not in ("number", "name"):
            waiting += [child for child in tree.children if isinstance(child, Tree)]
    return out[::-1]


def _step(text: str, tree: Tree[Token]) -> Step:
    span = Span(tree.meta.start_pos, tree.meta.end_pos)
    first = tree.children[0]
    match tree.data:
        case "number":
            value = float(cast("Token", first))
            if not math.isfinite(value):
                raise HypothesisError("the number is too large", text=text, span=span)
            return Number(value)
        case "name":
            parts = [child for child in tree.children[1:] if isinstance(child, Tree)]
            inside = (text[part.meta.start_pos : part.meta.end_pos].strip() for part in parts)
            head = str(first)
            return Name(unquote(head) or head, tuple(unquote(part) or part for part in inside), span)
        case "call":
            name = str(first)
            if name not in FUNCTIONS:
                raise _no_function(text, name, Span(span.start, span.start + len(name)))
            return Operation(name, 1, span)
        case operator:
            return Operation(str(operator), 1 if operator == "negate" else 2, span)


def _no_function(text: str, name: str, span: Span) -> HypothesisError:
    hint = f"Functions: {listing(nearest(name, FUNCTIONS))}."
    if re.match(r"(b|bcs|sd|cor|r|df)(_|$)", name):
        hint += "\nA name with parentheses stands in brackets or backquotes: b[poly(x, 2)1], `b_I(x^2)`."
    return HypothesisError(f"there is no function '{name}'", text=text, span=span, hint=hint)


def _unexpected(text: str, start: int, accepted: set[str]) -> HypothesisError:
    found = re.compile(r"\w+|.|").match(text, start)
    word = found[0] if found is not None else ""
    label, hint = "", HOW
    opened = _unclosed(text[:start])
    if opened is not None and word in ("", "<", ">", "="):
        span = Span(opened, opened + 1)
        return HypothesisError(f"`{text[opened]}` is not closed", text=text, span=span, hint=HOW)
    if word in ("<", ">", "=") and text[max(0, start - 1) : start] in ("<", ">", "=", "!"):
        hint = "Write <, > or =: of numbers that vary without gaps, < and <= say the same."
    elif word in ("<", ">", "="):
        hint = "One relation each: give several hypotheses as a list, ['b[x] > 0', 'b[x] < 1']."
    elif "RELATION" in accepted and not word:
        label = "expected <, > or = and another expression"
    elif accepted & {"NAME", "NUMBER"}:
        label = "expected a parameter or a number"
    elif "TEXT" in accepted:
        label = "expected a name"
    elif "$END" in accepted:
        label = "expected an operator or the end"
    elif "RELATION" in accepted:
        label = "expected an operator or <, >, ="
        hint = f"{HOW}\nNames that are not plain words stand in brackets or backquotes: b[my var], `my var`."
    what = f"unexpected `{word}` in a hypothesis" if word else "the hypothesis ends too early"
    return HypothesisError(what, text=text, span=Span(start, start + len(word)), label=label, hint=hint)


def _unclosed(text: str) -> int | None:
    """Where the last bracket opens that is still open at the end of a text."""
    opened: list[int] = []
    for piece in re.finditer(r"`(?:\\.|[^`\\])*`|[()\[\]]", text):
        if piece[0] in "([":
            opened.append(piece.start())
        elif piece[0] in ")]" and opened:
            opened.pop()
    return opened[-1] if opened else None
