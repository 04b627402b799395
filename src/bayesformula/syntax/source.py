"""A formula's text: its limits, and the errors that point into it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from bayesformula.errors import FormulaError, Span

MAX_CHARACTERS = 100_000
MAX_NESTING = 100
MAX_OPERATORS = 250  # one inside the other; keeps every walk of a tree far from Python's recursion limit
MAX_TERMS = 10_000
MAX_FORMULAS = 100  # joined by `;`
MAX_SYMBOLS = 20_000  # operators, brackets and separators, to which the parser's time is proportional
_MAX_LINE = 300  # of a message: what it quotes may be very long

# Everything invisible that could make a text read other than it is: controls, bidi marks, zero widths.
# The two joiners U+200C and U+200D belong to the spelling of words in some scripts; the lexer lets them
# stand inside quotes only.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
# A quote swallows the rest of the text when nothing closes it: then group `closed` did not take part.
_PIECES = re.compile(
    r"""(?P<quote>['"`])(?:(?!(?P=quote))[^\\]|\\.)*(?P<closed>(?P=quote))?|\#[^\n]*|[(\[{]|[)\]}]""",
    re.DOTALL,
)
_SYMBOL = re.compile(r"[-+*/:^|&!<>=~,;(){}\[\]%]")
_QUOTED = re.compile(r"""(?P<quote>['"`])(?:(?!(?P=quote))[^\\]|\\.)*(?P=quote)|\#[^\n]*""", re.DOTALL)
_SIGNS = re.compile(rf"(?:[-+!]\s*){{{MAX_OPERATORS + 1}}}")


@dataclass(frozen=True, slots=True)
class Source:
    """The text being read; makes errors that show it with a caret."""

    text: str

    def error(self, message: str, span: Span, *, label: str = "", hint: str = "") -> FormulaError:
        """An error that points at `span`."""
        lines = "\n".join(_clip(line) for line in hint.split("\n"))
        return FormulaError(_clip(message), text=self.text or None, span=span, label=_clip(label), hint=lines)

    def slice(self, span: Span) -> str:
        """The characters of `span` on one line, long ones cut."""
        words = " ".join(self.text[span.start : span.stop].split())
        return words if len(words) <= 60 else words[:57] + "..."


def check_text(text: object) -> Source:
    """The source of a formula that is text of legal size and without invisible characters."""
    if not isinstance(text, str):
        raise FormulaError(
            f"a formula is a text (str), not {type(text).__name__}: {_short(text)}",
            hint='Write it in quotes, such as "y ~ x + (1 | g)".',
        )
    if len(text) > MAX_CHARACTERS:
        raise FormulaError(
            f"the formula has {len(text):,} characters; at most {MAX_CHARACTERS:,} are read",
            hint="Put sums of many columns into a matrix column, or fit fewer terms.",
        )
    source = Source(text)
    if not text.strip("\ufeff \t\r\n"):
        raise FormulaError("the formula is empty", hint="Write a response, `~` and terms: y ~ x + (1 | g).")
    for match in _INVISIBLE.finditer(text):
        if not (match.group() == "\ufeff" and match.start() == 0):  # a byte order mark of a file is harmless
            raise _invisible(text, match)
    for match in _PIECES.finditer(text):
        if match["quote"] and not match["closed"]:
            raise source.error(
                "a quote is never closed",
                Span(match.start(), match.start() + 1),
                label="opened here",
                hint=f"Close it with another {match['quote']}.",
            )
        if match.group()[0] == "#":
            _check_comment(source, match.start())
    _check_symbols(source)
    opened = open_brackets(source)
    if len(opened) > MAX_NESTING:
        raise source.error(
            f"parentheses are nested more than {MAX_NESTING} deep", opened[MAX_NESTING], label="one too many"
        )
    return source


def _check_comment(source: Source, start: int) -> None:
    """Refuse `x##z` and `x#z`, comments to R and interactions to Stata. A line may end in `x#note`."""
    marks = re.match(r"(#+)(?:[ci]\.)?([\w.]++)(?![ \t]*\n|[ \t]+\w)", source.text[start : start + 80])
    before = re.search(r"([\w.]+)$", source.text[max(0, start - 80) : start])
    if marks is None or before is None:
        return
    left, operator = re.sub(r"^[ci]\.", "", before[1]), "*" if len(marks[1]) > 1 else ":"
    raise source.error(
        f"`{marks[1]}` begins a comment, and stands between two words",
        Span(start, start + len(marks[1])),
        hint=f"For an interaction, write {left}{operator}{marks[2]}. Before a comment, leave a blank.",
    )


def _check_symbols(source: Source) -> None:
    """Refuse more symbols than can be parsed in a moment, and long rows of signs."""
    text = source.text
    if len(_SYMBOL.findall(text)) > MAX_SYMBOLS or _SIGNS.search(text):
        text = _QUOTED.sub(lambda match: "x" * len(match[0]), text)  # what stands in quotes does not count
    signs = _SIGNS.search(text)
    if signs:
        span = Span(signs.start(), signs.start() + 1)
        raise source.error(f"more than {MAX_OPERATORS} signs in a row", span)
    symbols = list(_SYMBOL.finditer(text))
    if len(symbols) > MAX_SYMBOLS:
        raise source.error(
            f"the formula has more than {MAX_SYMBOLS:,} operators, brackets and commas",
            Span(*symbols[MAX_SYMBOLS].span()),
            label="one too many",
            hint="Put sums of many columns into a matrix column, or fit fewer terms.",
        )


def _clip(line: str) -> str:
    """A line of a message, its middle left out where it is very long."""
    if len(line) <= _MAX_LINE:
        return line
    return f"{line[: _MAX_LINE - 80]} ... {line[-75:]}"


def open_brackets(source: Source, stop: int | None = None) -> list[Span]:
    """Brackets that are open at `stop`; scanning ends early once nesting is over the limit."""
    stack: list[Span] = []
    for match in _PIECES.finditer(source.text, 0, len(source.text) if stop is None else stop):
        first = match.group()[0]
        if first in "([{":
            stack.append(Span(match.start(), match.end()))
            if len(stack) > MAX_NESTING:
                break
        elif first in ")]}" and stack:
            stack.pop()
    return stack


def _invisible(text: str, match: re.Match[str]) -> FormulaError:
    """The error for a character that cannot be seen, shown with that character made visible."""
    code = ord(match.group())
    name = unicodedata.name(match.group(), "null" if code == 0 else "control character")
    shown = f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"
    clean = _INVISIBLE.sub(lambda m: "?", text)
    return FormulaError(
        f"the formula holds the invisible character {shown} ({name.lower()})",
        text=clean,
        span=Span(match.start(), match.end()),
        label="here, shown as `?`",
        hint="Delete it, or type the formula again.",
    )


def _short(value: object) -> str:
    """The start of a value's repr."""
    shown = repr(value)
    return shown if len(shown) <= 40 else shown[:37] + "..."
