"""Characters that begin no token of a formula, and what they were meant to be."""

from __future__ import annotations

import re
import unicodedata

from bayesformula.errors import FormulaError, Span
from bayesformula.syntax.source import Source

# What word processors and keyboards of other scripts put in place of the operators.
_MEANT = (
    dict(
        zip(
            "\u223c\u02dc\u301c\u2010\u2011\u2012\u2013\u2014\u2212\u00d7\u2217\u00f7",
            "~~~------**/",
            strict=True,
        )
    )
    | dict(zip("\u2223\u00a6\u2264\u2265\u2260", ("|", "|", "<=", ">=", "!="), strict=True))
    | {chr(code + 0xFEE0): chr(code) for code in range(0x21, 0x7F) if not chr(code).isalpha()}  # full width
)
_QUOTES = dict(zip("\u201c\u201d\u201e\u00ab\u00bb\u2018\u2019\u201a", '"""""\'\'\'', strict=True))
_HINTS = {
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
        word = re.match(r"[^\u2018-\u201e\u00ab\u00bb]{1,40}", source.text[start + 1 :])
        column = word[0].strip() if word and word[0].strip() else "my column"
        if "~" in column:
            return source.error(f"`{character}` is a typographic quote", span, hint=f"Write {column}.")
        hint = f"Columns are named without quotes, odd names in backquotes: `{column}`. "
        hint += f"Texts: {mark}{column}{mark}."
        return source.error(f"`{character}` is a typographic quote", span, hint=hint)
    if character == "_":
        word = _word_at(source.text, start)
        hint = f"Put it in backquotes: `{word}`."
        if re.match(r"\w*\s*\(", source.text[start : start + 80]):
            hint = "A formula is not Python code, and nothing in it is run. Compute the column first."
        return source.error("a name cannot start with `_`", span, label="expected a letter", hint=hint)
    if character == "$":
        column = _word_at(source.text, start + 1) or "z"
        hint = f"Columns are named alone, their table is given beside the formula: {column}."
        return source.error("the character `$` has no meaning in a formula", span, hint=hint)
    if character == "%" and source.text.startswith("%>%", start):
        hint = "Nothing is piped in a formula. A function stands before its column: log(x)."
        return source.error("`%>%` has no meaning in a formula", Span(start, start + 3), hint=hint)
    if character == "?" and ":" in source.text[start:]:
        hint = "A choice between two values is written ifelse(x > 0, 1, 0)."
        return source.error("the character `?` has no meaning in a formula", span, hint=hint)
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
