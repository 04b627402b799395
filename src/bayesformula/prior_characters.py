"""Characters of prior statements: texts too long to read, and what no keyboard has."""

from __future__ import annotations

from bayesformula.errors import PriorError, Span

MOST_CHARACTERS = 200_000
"""Of one text of priors: some five thousand statements, and a second or two of the parser's time."""

KEYBOARD = {
    **dict.fromkeys(("\u2212", "\u2013", "\u2010", "\u2011"), "-"),
    **dict.fromkeys(("\uff5e", "\u223c", "\u02dc"), "~"),
}
"""What word processors put in place of the minus and the tilde."""


def refuse_long(text: str) -> None:
    """Refuse a text that would take minutes to read.

    Raises:
        PriorError: with its length.
    """
    if len(text) > MOST_CHARACTERS:
        raise PriorError(
            f"the text of the priors has {len(text):,} characters; at most {MOST_CHARACTERS:,} are read"
        )


def invisible(text: str, place: int) -> PriorError | None:
    """The error for an invisible character that stands where the grammar has none; None for others."""
    if place >= len(text) or text[place] >= " " or text[place] in "\n\r\t":
        return None
    return PriorError(
        f"the text of the priors holds the invisible character \\x{ord(text[place]):02x}",
        text=f"{text[:place]}?{text[place + 1 :]}",
        span=Span(place, place + 1),
        label="here, shown as `?`",
        hint="Delete it, or type the statement again.",
    )


def short(word: str, most: int = 40) -> str:
    """A word for a message."""
    return word if len(word) <= most else f"{word[:most]}..."
