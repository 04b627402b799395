"""`fit.report`: what users call."""

from __future__ import annotations

import contextlib
import os
import warnings
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from bayesformula.errors import BayesFormulaWarning, OptionError
from bayesformula.results.store import refuse_existing

if TYPE_CHECKING:
    from bayesformula.results.fit import Fit

ENDINGS = (".html", ".htm")


def report(fit: Fit, path: str | PathLike[str], *, overwrite: bool = False, title: str | None = None) -> None:
    """Write everything about a fit to one HTML file that can be read anywhere, without network.

    Formula and equations, data and findings, the summary, R-squared, effects of predictors, group effects,
    a predictive check, priors beside posteriors, diagnostics with advice, and the code that gives the fit
    again. What a fit cannot show is said: one saved without its rows has no predictive check, for example.
    The same fit gives the same file.

    Args:
        path: ends in .html.
        overwrite: replace a file that exists.
        title: over the page; "Bayesian mixed model of ..." when it is not given.

    Raises:
        FileExistsRefusal: the file exists and `overwrite` is False.
        OptionError: another ending, or the file cannot be written; what was there before is still there.

    Example:
        >>> fit.report("report.html")  # doctest: +SKIP
    """
    check_report(path, overwrite=overwrite)
    if title is not None and not isinstance(title, str):
        raise OptionError(f"title={title!r} must be a text")
    from bayesformula.results.report.page import page

    with warnings.catch_warnings():  # what they say stands in the report
        warnings.simplefilter("ignore", BayesFormulaWarning)
        text = page(fit, title)
    _write(Path(os.path.expanduser(path)), text)


def check_report(path: str | PathLike[str], *, overwrite: bool, option: str = "overwrite=True") -> None:
    """Refuse a file that exists, or cannot be a report, before anything is computed.

    Raises:
        FileExistsRefusal: it exists and `overwrite` is False; `option` is what allows it.
        OptionError: another ending than .html, or no such folder.
    """
    target = Path(os.path.expanduser(path))
    if target.suffix.lower() not in ENDINGS:
        raise OptionError(f"'{os.fspath(path)}' is no name for a report: end it in .html")
    refuse_existing(target, overwrite=overwrite, option=option)
    if not target.absolute().parent.is_dir():
        raise OptionError(f"the folder of '{os.fspath(path)}' does not exist: make it first")


def _write(target: Path, text: str) -> None:
    """Whole or not at all, through a temporary file beside it."""
    part = target.parent / f".{target.name}.{uuid4().hex[:8]}.part"
    try:
        part.write_text(text, encoding="utf-8", newline="\n")
        os.replace(part, target)
    except OSError as error:
        raise OptionError(f"{target} cannot be written: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink()
