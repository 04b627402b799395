"""What can go wrong, said so that the reader knows what to write instead.

Every error a user can cause derives from `BayesFormulaError` and from the matching builtin, and is
raised before anything is compiled. Messages carry no colour codes; a fault in a text is shown with a
caret under it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

_JOINERS = "\u200c\u200d"  # letters of some scripts, and emoji, are made with them


def visible(text: str) -> str:
    """`text` with characters that are not seen, or that a terminal obeys, as escapes.

    >>> visible("a\\tb\\x1b[31m")
    'a\\\\tb\\\\x1b[31m'
    """
    if text.isprintable():
        return text
    return "".join(_escaped(char) for char in text)


def visible_lines(text: str) -> str:
    """The same of a text whose lines are meant: only they may break."""
    return text if text.isprintable() else "\n".join(map(visible, text.split("\n")))


LONGEST_LINE = 2000
"""Characters of a line of a message: what it quotes of a formula or a table may be of any length."""


def _message(text: str) -> str:
    """A message as it is shown: nothing in it is obeyed by a terminal, and no line is without end."""
    lines = visible_lines(text).split("\n")
    half = LONGEST_LINE // 2
    return "\n".join(
        line if len(line) <= LONGEST_LINE else f"{line[:half]} ... {line[-half:]}" for line in lines
    )


def _escaped(char: str) -> str:
    seen = char.isprintable() or char in _JOINERS
    return char if seen else char.encode("unicode_escape").decode("ascii")


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of character positions in a text."""

    start: int
    stop: int


class BayesFormulaError(Exception):
    """The root of everything this package raises on purpose."""

    def __str__(self) -> str:  # KeyError and LookupError would show the repr of the message
        return _message(str(self.args[0])) if self.args else type(self).__name__


class FormulaError(BayesFormulaError, ValueError):
    """A formula that does not say what it must: syntax, or a meaning that is refused.

    Args:
        message: what is wrong, one line.
        text: the whole formula, shown with a caret when `span` is given.
        span: the place at fault.
        label: a few words after the caret ("expected a column name").
        hint: what to write instead.
    """

    def __init__(
        self,
        message: str,
        *,
        text: str | None = None,
        span: Span | None = None,
        label: str = "",
        hint: str = "",
    ) -> None:
        self.message, self.text, self.span, self.label, self.hint = message, text, span, label, hint
        parts = [message]
        if text is not None and span is not None:
            parts.append(caret(text, span, label))
        if hint:
            parts.append("  " + hint.replace("\n", "\n  "))
        super().__init__("\n".join(parts))


class PriorError(FormulaError):
    """A prior statement that cannot be read, or that addresses no parameter of the model."""


class FamilyError(BayesFormulaError, ValueError):
    """An unknown family or link, or one that does not fit the response."""


class DataError(BayesFormulaError, ValueError):
    """Data that do not fit the formula: columns, levels, values."""


class UnknownColumnError(DataError, KeyError):
    """The formula names a column that the data do not have."""


class UnseenLevelError(DataError, LookupError):
    """New data hold a level that the training data did not."""


class OptionError(BayesFormulaError, ValueError):
    """An option of a call or of the command line with an illegal value."""


class DeviceError(BayesFormulaError, RuntimeError):
    """The device asked for is not there."""


class FitFileError(BayesFormulaError, ValueError):
    """A file that is not a saved fit, or not one that this version can prove right."""


class CheckpointError(BayesFormulaError, ValueError):
    """A folder that is no checkpoint, or one of another run."""


class FileExistsRefusal(BayesFormulaError, FileExistsError):
    """An output file exists and overwriting it was not asked for."""


class MissingDependencyError(BayesFormulaError, ImportError):
    """An optional package is needed and not installed."""


class HealthError(BayesFormulaError, RuntimeError):
    """`strict=True` and the run is not healthy."""


class BayesFormulaWarning(UserWarning):
    """A finding that the user should read, with what to do about it."""

    def __str__(self) -> str:  # levels and columns are named in it, which may hold what a terminal obeys
        return _message(super().__str__())


class FindingWarning(BayesFormulaWarning):
    """A warning that the fit keeps, among its findings or in its health, and shows with its summary."""


def caret(text: str, span: Span, label: str = "") -> str:
    """The line of `text` that holds `span`, with carets under it."""
    start = min(span.start, len(text))
    begin = text.rfind("\n", 0, start) + 1
    end = text.find("\n", start)
    line = text[begin : len(text) if end < 0 else end]
    column = start - begin
    width = max(1, min(span.stop, begin + len(line)) - start)
    if len(line) > 96:  # show a window around the fault; a formula may be one very long line
        left = max(0, column - 40)
        line = ("..." if left else "") + line[left : left + 90]
        column = column - left + (3 if left else 0)
        width = min(width, max(1, len(line) - column))
    line = "".join(char if char.isprintable() else " " for char in line)  # the marks stay in their places
    marks = " " * column + "^" * width + (f" {label}" if label else "")
    return f"    {line}\n    {marks}"


MOST_COMPARED = 100
"""Characters of a name by which it is compared with others: the time grows with their square."""


MOST_NAMES = 2000
"""That are put in order; of more, those that begin alike."""


def nearest(name: str, legal: Iterable[str]) -> list[str]:
    """The legal names, those that look most like `name` first."""
    names = list(dict.fromkeys(legal))
    asked = name[:MOST_COMPARED].lower()
    alike = names
    if len(names) > MOST_NAMES:
        alike = [other for other in names if other[:1].lower() == asked[:1]][:MOST_NAMES]

    def distance(other: str) -> float:
        ratio = difflib.SequenceMatcher(None, asked, other[:MOST_COMPARED].lower()).ratio()
        return -ratio

    first = sorted(alike, key=distance)
    if len(first) == len(names):
        return first
    known = set(first)
    return [*first, *(other for other in names if other not in known)]


def shortened(text: str, most: int = 80) -> str:
    """A text for a message, its end left out where it is long."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


def listing(names: Iterable[str], limit: int = 8) -> str:
    """Names quoted and joined for a message; the count of those left out at the end."""
    quoted = [f"'{shortened(name)}'" for name in names]
    if len(quoted) <= limit:
        return ", ".join(quoted)
    return ", ".join(quoted[:limit]) + f", ... ({len(quoted) - limit} more)"
