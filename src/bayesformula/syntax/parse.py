"""Text becomes a `Formula`; whatever the grammar refuses becomes a `FormulaError` with a caret."""

from __future__ import annotations

from typing import cast

from lark import Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from bayesformula.errors import Span
from bayesformula.syntax.ast import Formula
from bayesformula.syntax.characters import explain_character
from bayesformula.syntax.found import Found
from bayesformula.syntax.grammar import formula_parser
from bayesformula.syntax.mistakes import explain_token
from bayesformula.syntax.pasted import explain_pasted
from bayesformula.syntax.pieces import Piece, join
from bayesformula.syntax.read import read_formula
from bayesformula.syntax.source import MAX_OPERATORS, Source, check_text

_PUNCTUATION = frozenset(
    {"LPAR", "RPAR", "LBRACE", "RBRACE", "LSQB", "RSQB", "COMMA", "SEMICOLON", "TILDE", "EQUAL"}
)  # says where a rule begins and ends, and nothing else


def parse(text: str) -> Formula:
    """Read a formula as written, without giving its operators their meaning yet.

    Args:
        text: a formula such as `y ~ x + (1 + x | g)`, or several joined by `;`.

    Returns:
        The response and one clause for each `~`; every part knows its place in the text.

    Raises:
        FormulaError: the text is no formula; the message shows where and says what to write.

    Doctest:
        >>> [clause.parameter for clause in parse("y ~ x + (1 | g); sigma ~ x").clauses]
        ['mu', 'sigma']
    """
    source = check_text(text)
    piece = _parse_pieces(source)
    if piece.depth > MAX_OPERATORS:
        raise source.error(
            f"operators are nested more than {MAX_OPERATORS} deep",
            piece.span,
            hint="Compute such columns in the data first, and join terms with +.",
        )
    return read_formula(source, piece)


def _parse_pieces(source: Source) -> Piece:
    """The typed tree of a text: the one place that touches Lark's untyped values."""
    try:
        tree = formula_parser().parse(source.text)  # pyright: ignore[reportUnknownMemberType]
    except UnexpectedToken as error:
        token = cast("Token", error.token)  # pyright: ignore[reportUnknownMemberType]
        start = len(source.text) if token.type == "$END" else token.start_pos or 0
        found = Found(token.type, str(token), start, frozenset(error.accepts or ()))
        raise (explain_pasted(source) or explain_token(source, found)) from None
    except UnexpectedCharacters as error:
        position = cast("int", error.pos_in_stream)  # pyright: ignore[reportUnknownMemberType]
        raise (explain_pasted(source) or explain_character(source, position)) from None
    return _to_pieces(tree)


def _to_pieces(tree: Tree[Token]) -> Piece:
    """The tree with our types, without recursion: a text may nest deeper than Python's stack."""
    pending: list[Tree[Token] | Token] = [tree]
    parents_first: list[Tree[Token] | Token] = []
    while pending:
        node = pending.pop()
        parents_first.append(node)
        if isinstance(node, Tree):
            pending.extend(node.children)
    done: list[Piece] = []
    for node in reversed(parents_first):
        if isinstance(node, Token):
            start = node.start_pos or 0
            done.append(Piece(node.type, Span(start, start + len(node)), str(node)))
            continue
        first = len(done) - len(node.children)
        span = Span(done[first].span.start, done[-1].span.stop)
        parts = tuple(part for part in done[first:] if part.rule not in _PUNCTUATION)
        del done[first:]
        done.append(join(node.data, span, parts))
    return done[0]
