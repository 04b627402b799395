"""What can go wrong, said so that the reader knows what to write instead.

Every error a user can cause derives from `BayesFormulaError` and from the matching builtin, and is
raised before anything is compiled. Messages carry no colour codes; a fault in a text is shown with a
caret under it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of character positions in a text."""

    start: int
    stop: int


class BayesFormulaError(Exception):
    """The root of everything this package raises on purpose."""

    def __str__(self) -> str:  # KeyError and LookupError would show the repr of the message
        return str(self.args[0]) if self.args else type(self).__name__


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
    marks = " " * column + "^" * width + (f" {label}" if label else "")
    return f"    {line}\n    {marks}"


def nearest(name: str, legal: Iterable[str]) -> list[str]:
    """The legal names, those that look most like `name` first."""
    names = list(dict.fromkeys(legal))

    def distance(other: str) -> float:
        ratio = difflib.SequenceMatcher(None, name.lower(), other.lower()).ratio()
        return -ratio

    return sorted(names, key=distance)


def listing(names: Iterable[str], limit: int = 8) -> str:
    """Names quoted and joined for a message; the count of those left out at the end."""
    quoted = [f"'{name}'" for name in names]
    if len(quoted) <= limit:
        return ", ".join(quoted)
    return ", ".join(quoted[:limit]) + f", ... ({len(quoted) - limit} more)"
