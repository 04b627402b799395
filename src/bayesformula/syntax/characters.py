"""Characters that begin no token of a formula, and what they were meant to be."""

from __future__ import annotations

import re
import unicodedata

from bayesformula.errors import FormulaError, Span
from bayesformula.syntax.source import Source

# What word processors and keyboards of other scripts put in place of the operators.
_MEANT = dict(zip("\u223c\u02dc\uff5e\u301c\u2013\u2014\u2212\u00d7\u2217", "~~~~---**", strict=True)) | dict(
    zip("\u2223\u00a6\uff5c\uff08\uff09\uff0b\uff1a\uff0c\uff0f", "|||()+:,/", strict=True)
)
_QUOTES = dict(zip("\u201c\u201d\u201e\u00ab\u00bb\u2018\u2019", '"""""\'\'', strict=True))
_HINTS = {
    "$": "Columns are named alone, without their table: z, not data$z.",
    "@": "Columns are named alone: z.",
    "%": "The operators of this form are %in%, and inside calls %% and %/%.",
    "`": "Names in backquotes have at least one character: `my column`.",
    "?": "Operators are + - * / : ^ %in%.",
    "\\": "A formula may go over several lines as it is.",
}


def explain_character(source: Source, start: int) -> FormulaError:
    """The error for a character that begins no token."""
    character = source.text[start]
    span = Span(start, start + 1)
    if character in _MEANT:
        name = unicodedata.name(character).lower()
        message = f"`{character}` ({name}) is not the `{_MEANT[character]}` of the keyboard"
        return source.error(message, span, hint=f"Write {_MEANT[character]} instead.")
    if character in _QUOTES:
        mark = _QUOTES[character]
        hint = f"Columns are named without quotes, or in backquotes: `my column`. Texts: {mark}yes{mark}."
        return source.error(f"`{character}` is a typographic quote", span, hint=hint)
    if character == "_":
        hint = f"Put it in backquotes: `{_word_at(source.text, start)}`."
        return source.error("a name cannot start with `_`", span, label="expected a letter", hint=hint)
    hint = _HINTS.get(
        character, f"A column of such a name goes in backquotes: `{_word_at(source.text, start)}`."
    )
    return source.error(f"the character {_visible(character)} has no meaning in a formula", span, hint=hint)


def _visible(character: str) -> str:
    """The character in quotes that are not itself."""
    return f"'{character}'" if character == "`" else f"`{character}`"


def _word_at(text: str, start: int) -> str:
    """The run of characters around `start` that looks like one name."""
    left = re.search(r"[\w.]*$", text[max(0, start - 40) : start])
    right = re.match(r"[^\s()+*/:|~,;`]*", text[start:])
    return ((left[0] if left else "") + (right[0] if right else ""))[:40]
