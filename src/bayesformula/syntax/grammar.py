"""Where the grammars are: in the installed package, else at the top of the checkout."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def grammar_text(name: str) -> str:
    """The text of `grammar/<name>`, such as "formula.lark"."""
    packaged = files("bayesformula").joinpath("grammar", name)
    if packaged.is_file():
        return packaged.read_text(encoding="utf-8")
    checkout = Path(__file__).resolve().parents[3] / "grammar" / name
    return checkout.read_text(encoding="utf-8")
