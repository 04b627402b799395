"""Results to standard output, messages to standard error."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from bayesformula.errors import BayesFormulaWarning, FindingWarning


def print_result(result: Any, *, as_json: bool) -> None:
    """A fit or an explanation as text, or as one strict JSON object."""
    click.echo(json_text(result.to_dict()) if as_json else repr(result))


def json_text(value: Any) -> str:
    """Strict JSON: no NaN."""
    return json.dumps(value, allow_nan=False, ensure_ascii=False, indent=2)


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
            click.echo(f"warning: {message}", err=True)

    with warnings.catch_warnings():
        warnings.simplefilter("always", BayesFormulaWarning)
        warnings.showwarning = show
        yield
