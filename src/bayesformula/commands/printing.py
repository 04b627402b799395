"""Results to standard output, messages to standard error."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from bayesformula.commands.streams import takes_every_sign
from bayesformula.errors import BayesFormulaWarning, FindingWarning, visible_lines


def print_result(result: Any, *, as_json: bool) -> None:
    """A fit or an explanation as text, or as one strict JSON object."""
    say(json_text(result.to_dict()) if as_json else repr(result))


def say(text: str, *, err: bool = False) -> None:
    """Print lines; names in them that hold what a terminal obeys, or what nobody sees, are shown escaped."""
    click.echo(visible_lines(text), err=err)


def json_text(value: Any) -> str:
    """Strict JSON: no NaN."""
    text = json.dumps(value, allow_nan=False, ensure_ascii=not takes_every_sign(), indent=2)
    if visible_lines(text) == text:
        return text
    return "".join(_in_json(char) for char in text)


def _in_json(char: str) -> str:
    """A character inside a text of JSON, escaped where `say` would escape it in another way."""
    return char if char == "\n" or visible_lines(char) == char else json.dumps(char)[1:-1]


def json_rows(table: Any) -> list[dict[str, Any]]:
    """Rows of a data frame as plain values, what is not finite as None."""
    return [{str(key): _plain(value) for key, value in row.items()} for row in table.to_dict("records")]


def _plain(value: Any) -> Any:
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and not math.isfinite(value) else value


@contextmanager
def messages(*, findings: bool = False, quiet: bool = False) -> Iterator[None]:
    """Warnings go to standard error, except findings that standard output carries already."""

    def show(message: Warning | str, category: type[Warning], *rest: Any, **more: Any) -> None:
        del rest, more
        is_shown = findings or not issubclass(category, FindingWarning)
        if issubclass(category, BayesFormulaWarning) and is_shown and not quiet:
            say(f"warning: {message}", err=True)

    with warnings.catch_warnings():
        warnings.simplefilter("always", BayesFormulaWarning)
        warnings.showwarning = show
        yield
