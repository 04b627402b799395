"""What the parser hands over: the tree of grammar rules, typed, each part with its place in the text."""

from __future__ import annotations

from typing import NamedTuple

from bayesformula.errors import Span


class Piece(NamedTuple):
    """One rule of the grammar that matched (`parts`), or one token (`text`).

    `rule` is the name of the rule or of the token in `formula.lark`. `depth` counts operators and
    brackets one inside the other, a chain `a * b * c` being as deep as it is long because it is read
    as `(a * b) * c`; a sum counts once, since sums stay flat.
    """

    rule: str
    span: Span
    text: str = ""
    parts: tuple[Piece, ...] = ()
    depth: int = 1

    @property
    def operands(self) -> tuple[Piece, ...]:
        """Every second part, for rules of the form `a op b op c`."""
        return self.parts[::2]

    @property
    def operators(self) -> tuple[Piece, ...]:
        """The parts between the operands."""
        return self.parts[1::2]


def join(rule: str, span: Span, parts: tuple[Piece, ...]) -> Piece:
    """A piece of these parts, its depth counted."""
    depth = 1 + max((part.depth for part in parts), default=0)
    if rule in ("product", "special", "interaction", "bar", "conjunction"):
        depth += len(parts) // 2 - 1
    return Piece(rule, span, "", parts, depth)
