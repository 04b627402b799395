"""Pieces of HTML; every text of the user's passes through `safe`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape

from bayesformula.errors import BayesFormulaError
from bayesformula.model.text import visible

MAX_ROWS = 60
"""Rows of a table; the rest is counted."""
LONG = 30
"""Characters of a word that is broken where there is no room."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report.

    Attributes:
        key: its address in the page.
        title: over it, and in the list of contents.
        parts: pieces of HTML.
    """

    key: str
    title: str
    parts: tuple[str, ...]


def safe(text: object) -> str:
    """Any text as HTML that shows it: nothing of it is markup, control characters are seen as escapes."""
    lines = str(text).replace("\0", " ").split("\n")
    return escape("\n".join(visible(line) for line in lines))


def number(value: float) -> str:
    """Four significant digits; `-` for what is no number."""
    return f"{value:.4g}" if math.isfinite(value) else "-"


def heading(text: str) -> str:
    """Over a part of a section."""
    return f"<h3>{safe(text)}</h3>"


def paragraph(text: str) -> str:
    """Plain words."""
    return f"<p>{safe(text)}</p>"


def note(text: str) -> str:
    """What is left out, and why."""
    return f'<p class="note">{safe(text)}</p>'


def code(text: str) -> str:
    """Text to be copied, its lines as they are."""
    return f"<pre>{safe(text)}</pre>"


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Names and what is said of them."""
    return f"<dl>{''.join(f'<dt>{safe(name)}</dt><dd>{safe(text)}</dd>' for name, text in pairs)}</dl>"


def table(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    words: int = 1,
    most: int = MAX_ROWS,
    cls: str = "",
) -> str:
    """A table of texts.

    Args:
        heads: of the columns.
        rows: of cells.
        words: so many first columns hold words, the others numbers.
        most: rows that are shown.
        cls: where the page is narrow, "stacked" puts the first cell of a row on a line of its own, "prose"
            every cell with the head of its column.
    """
    named = heads if cls == "prose" else ()
    body = [_row(row, words, heads=named) for row in rows[:most]]
    if len(rows) > most:
        body.append(f'<tr><td colspan="{len(heads)}" class="more">{len(rows) - most:,} more rows</td></tr>')
    head = f"<thead>{_row(heads, words, 'th')}</thead>" if any(heads) else ""
    kind = f' class="{cls}"' if cls else ""
    return f'<div class="scroll"><table{kind}>{head}<tbody>{"".join(body)}</tbody></table></div>'


def _row(cells: Sequence[str], words: int, tag: str = "td", heads: Sequence[str] = ()) -> str:
    """Cells; with `heads` each but the first also holds the head of its column, for narrow pages."""
    out = []
    for place, cell in enumerate(cells):
        kind = ' class="n"' if place >= words else ' class="long"' if _is_long(cell) else ""
        head = f' data-head="{safe(heads[place])}"' if heads and place else ""
        out.append(f"<{tag}{kind}{head}>{safe(cell)}</{tag}>")
    return f"<tr>{''.join(out)}</tr>"


def _is_long(cell: str) -> bool:
    """Whether a word of it must be broken so that the table has room."""
    return any(len(word) > LONG for word in cell.split())


def folded(summary: str, inside: str) -> str:
    """What is shown when its title is clicked."""
    return f"<details><summary>{safe(summary)}</summary>{inside}</details>"


def attempt(make: Callable[[], str], what: str) -> str:
    """What `make` makes, or a note why this fit has it not."""
    try:
        return make()
    except BayesFormulaError as error:
        reason = str(error).split("\n")[0].rstrip(".").removeprefix(f"there is no {what}: ")
        return note(f"No {what}: {reason}.")
