"""Where the grammars are, in the package or at the top of the checkout, and the parser of formulas."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

from lark import Lark
from lark.exceptions import UnexpectedInput


def grammar_text(name: str) -> str:
    """The text of `grammar/<name>`, such as "formula.lark"."""
    packaged = files("bayesformula").joinpath("grammar", name)
    if packaged.is_file():
        return packaged.read_text(encoding="utf-8")
    checkout = Path(__file__).resolve().parents[3] / "grammar" / name
    return checkout.read_text(encoding="utf-8")


@cache
def formula_parser() -> Lark:
    """The parser of formulas, built on first use and kept.

    All tokens are kept, so that a rule's place is that of its first and last: Lark's own bookkeeping of
    places takes a third of its time.
    """
    return Lark(grammar_text("formula.lark"), parser="lalr", start="formula", keep_all_tokens=True)


def is_readable(text: str) -> bool:
    """Whether the grammar has a place for every token: what a message says to write must pass."""
    try:
        formula_parser().parse(text)  # pyright: ignore[reportUnknownMemberType]
    except UnexpectedInput:
        return False
    return True
