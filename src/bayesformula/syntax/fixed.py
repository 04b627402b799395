"""`quantile = 0.25`: parameters that are held at a number in the place of a formula."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from bayesformula.syntax.ast import Fixed
from bayesformula.syntax.grammar import is_readable
from bayesformula.syntax.pasted import NOT_LINEAR
from bayesformula.syntax.pieces import Piece
from bayesformula.syntax.source import Source


def read_fixed(source: Source, pieces: Sequence[Piece], predicted: Collection[str]) -> tuple[Fixed, ...]:
    """The parameters that are held fixed, in order of writing.

    Args:
        source: the formula.
        pieces: its clauses of the form `name = value`.
        predicted: parameters that have a formula.

    Raises:
        FormulaError: the value is no number, or the parameter is spoken of twice.
    """
    found: dict[str, Fixed] = {}
    for piece in pieces:
        name, value = piece.parts[0].text, _number(source, piece)
        if name == "mu":
            raise source.error(
                "mu has a formula, the first one, and cannot be held fixed",
                piece.parts[0].span,
                hint="Write y ~ 1 for a mean without predictors, y ~ 0 + offset(m) for one that is known.",
            )
        if name in predicted or name in found:
            other = "has a formula and is held fixed" if name in predicted else "is held fixed twice"
            raise source.error(
                f"`{name}` {other}", piece.span, label="the second one", hint="Leave one of them out."
            )
        found[name] = Fixed(name, value, piece.span)
    return tuple(found.values())


def _number(source: Source, piece: Piece) -> float:
    """The number right of `=`, its sign included."""
    name, value = piece.parts
    sign, digits = "", value
    if value.rule == "sign":
        sign, digits = value.parts[0].text, value.parts[1]
    number = float(digits.text.removesuffix("L")) if digits.rule == "NUMBER" else math.nan
    if math.isfinite(number):
        return -number if sign == "-" else number
    text = source.slice(value.span)
    hint = f"A parameter is held fixed by a number: {name.text} = 0.5."
    if name.text == "nl":
        hint = NOT_LINEAR
    elif len(text) <= 60 and digits.rule not in ("NUMBER", "STRING") and is_readable(f"y ~ {text}"):
        hint = f"A formula has a `~`: {name.text} ~ {text}. {hint}"
    raise source.error(f"`{name.text}` can be held at a number only", value.span, label="expected a number",
                       hint=hint)  # fmt: skip
