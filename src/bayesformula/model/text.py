"""Text of a given width, from names that may hold anything."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from html import escape

from bayesformula.errors import visible as visible
from bayesformula.errors import visible_lines as visible_lines

MAX_TERMS = 12
"""Items of one list that are written out; the rest is counted."""


def html_text(text: str) -> str:
    """Text as HTML that shows it: nothing in it is markup, and nothing is mathematics to MathJax.

    Notebooks hand their HTML to MathJax: `$` and `\\` stand in an element of their own, where no delimiter
    of mathematics can begin.

    >>> html_text("<b> costs $5")
    '&lt;b&gt; costs <span>$</span>5'
    """
    return re.sub(r"[$\\]", lambda found: f"<span>{found[0]}</span>", escape(visible_lines(text)))


def glued(text: str) -> str:
    """`text` as one word for `fold`, its blanks unbreakable."""
    return visible(text).replace(" ", "\0")


MAX_FORMULA = 480
"""Characters of a formula that are shown; a text of several hundred columns is cut between two terms."""


def formula_text(text: str) -> str:
    """A formula to be folded between its terms, each with its plus sign; the end of a long one is counted."""
    terms = _terms(visible(text))
    length = 0
    for place, term in enumerate(terms):
        length += len(term) + 3
        if length > MAX_FORMULA and len(terms) - place > 1 and place:
            terms = [*terms[:place], f"...\0({len(terms) - place}\0more\0terms)"]
            break
    return " +\0".join(terms)


def _terms(text: str) -> list[str]:
    """The parts of a text between plus signs outside of parentheses and quotes, blanks unbreakable."""
    terms, depth, quote, start = list[str](), 0, "", 0
    for place, char in enumerate(text):
        if quote:
            quote = "" if char == quote and text[place - 1] != "\\" else quote
        elif char in "`\"'":
            quote = char
        else:
            depth = max(0, depth + (char in "([{") - (char in ")]}"))
            if not depth and text.startswith(" + ", place):
                terms.append(text[start:place])
                start = place + 3
    return [term.replace(" ", "\0").replace(";\0", "; ") for term in [*terms, text[start:]]]


def rows_of(items: Sequence[str], width: int, joiner: str = " + ") -> list[str]:
    """Items joined, in rows of at most `width` where that is possible; `+` begins each row but the first."""
    rows: list[list[str]] = []
    length = 0
    for item in items:
        if rows and length + len(joiner) + len(item) <= width:
            rows[-1].append(item)
            length += len(joiner) + len(item)
        else:
            rows.append([item])
            length = len(item)
    return [joiner.join(row) for row in rows]


def fold(text: str, width: int, indent: str = "", further: str | None = None) -> str:
    """`text` over lines of at most `width`, words longer than that broken."""
    inner = indent + "    " if further is None else further
    folded = textwrap.fill(
        text, width, initial_indent=indent, subsequent_indent=inner, break_on_hyphens=False
    )
    return folded.replace("\0", " ")


def shown(items: Sequence[str], limit: int = MAX_TERMS) -> list[str]:
    """The items, or the first of them and how many more there are."""
    kept = limit - 1
    return list(items) if len(items) <= limit else [*items[:kept], f"... ({len(items) - kept} more)"]


def listed(items: Sequence[str], limit: int = MAX_TERMS) -> str:
    """Items joined by commas, to be broken only between them."""
    return ", ".join(glued(item) for item in shown(items, limit))
