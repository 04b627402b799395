"""Files that the command line writes: refused before anything is computed, written whole or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from bayesformula.errors import MissingDependencyError, OptionError, listing, shortened

if TYPE_CHECKING:
    import pandas as pd

    from bayesformula.results.fit import Fit

TABLES = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".parquet")
FORCE = "--force"
DIGITS = "%.8g"
"""Of numbers in text; far below any Monte Carlo error."""


def check_output(path: str | PathLike[str], *, force: bool) -> None:
    """Refuse an output file that exists, or cannot be written, before anything is computed.

    Raises:
        FileExistsRefusal: it exists and `force` is False.
        OptionError: its folder does not exist.
    """
    from bayesformula.results.store import refuse_existing

    _check_target(path)
    place = Path(os.path.expanduser(path))
    refuse_existing(place, overwrite=force, option=FORCE)
    folder = place.absolute().parent
    if not folder.is_dir():
        raise OptionError(f"{fspath(path)} cannot be written: there is no folder {folder}")


def check_apart(outputs: Mapping[str, str | None], inputs: Iterable[str | None]) -> None:
    """Refuse two outputs at one place, and an output in the place of a file that is read.

    Args:
        outputs: paths by option.
        inputs: paths of what is read; those that are no files are passed over.

    Raises:
        OptionError: with both.
    """
    seen: dict[str, str] = {}
    read = {os.path.realpath(path) for path in inputs if path and path != "-"}
    for option, path in outputs.items():
        if not path:
            continue
        place = os.path.realpath(os.path.expanduser(path))
        if place in read:
            raise OptionError(f"{option} {path}: that file is read here; choose another name")
        if place in seen:
            raise OptionError(f"{seen[place]} and {option} are both {path}: choose two names")
        seen[place] = option


def _check_target(path: str | PathLike[str]) -> None:
    """Refuse what can be no file: nothing, a folder, a device, a name that is too long."""
    shown = shortened(fspath(path))
    if not shown.strip() or "\0" in shown:
        raise OptionError(f"{shown!r} is not the name of a file: write for example --out fit.nc")
    try:
        target = Path(os.path.expanduser(path))
        if target.is_dir():
            raise OptionError(f"{shown} exists and is a folder: name a file")
        if target.exists() and not target.is_file():
            raise OptionError(f"{shown} exists and is no file: name one that can be written anew")
    except OSError as error:
        raise OptionError(f"{shown} cannot be written: {error.strerror}") from error


def check_report(path: str | PathLike[str], *, force: bool) -> None:
    """Refuse a report that cannot be written, as `check_output`, and names that do not end in .html."""
    from bayesformula.results.report.report import check_report

    _check_target(path)
    check_report(path, overwrite=force, option=FORCE)


def check_plot(kind: str, path: str | PathLike[str], *, force: bool) -> None:
    """Refuse a kind of picture that there is none of, and files as `check_output`."""
    from bayesformula.results import plots

    plots.check_plot(kind, path)
    check_output(path, force=force)


def check_table(path: str | PathLike[str], *, force: bool) -> None:
    """Refuse a table of a kind that cannot be written, and files as `check_output`."""
    if not fspath(path).lower().endswith(TABLES):
        raise OptionError(
            f"'{fspath(path)}' does not tell in which format to write a table: end it in {listing(TABLES)}"
        )
    check_output(path, force=force)


def plot_kinds() -> dict[str, str]:
    """Kinds of pictures, and what each shows."""
    from bayesformula.results.fit import Fit
    from bayesformula.results.plots import KINDS

    return {kind: str(getattr(Fit, name).__doc__).split("\n")[0] for kind, name in KINDS.items()}


def plot_names() -> list[str]:
    """Kinds of pictures."""
    from bayesformula.results.plots import KINDS

    return list(KINDS)


def save_plot(fit: Fit, kind: str, path: str | PathLike[str], options: Mapping[str, Any]) -> None:
    """Draw a picture and write it."""
    from bayesformula.results import plots

    plots.save_plot(fit, kind, path, **options)


def compare(fits: Mapping[str, Fit], ic: str, group: str | None) -> pd.DataFrame:
    """Models side by side, the best first."""
    from bayesformula.results.comparison.compare import compare

    return compare(fits, ic, group=group)  # pyright: ignore[reportArgumentType]: it checks what it is given


def table_text(table: pd.DataFrame, target: Any, separator: str = ",") -> None:
    """Write a table as text, to a stream or a file, its index as columns; what is missing is empty."""
    with_index(table).to_csv(target, sep=separator, index=False, float_format=DIGITS)


def with_index(table: pd.DataFrame) -> pd.DataFrame:
    """The table with its index as columns, `row` where it has no name."""
    return table.reset_index() if any(table.index.names) else table.rename_axis("row").reset_index()


def save_table(table: pd.DataFrame, path: str | PathLike[str]) -> None:
    """Write a table in the format that its name tells.

    Raises:
        OptionError: the file cannot be written.
        MissingDependencyError: .parquet without pyarrow.
    """
    target = Path(os.path.expanduser(path))
    suffix = next(
        each for each in sorted(TABLES, key=len, reverse=True) if fspath(path).lower().endswith(each)
    )
    part = target.parent / f".{uuid4().hex[:8]}.part{suffix}"
    try:
        if suffix == ".parquet":
            with_index(table).to_parquet(part, index=False)
        else:
            table_text(table, part, "\t" if ".tsv" in suffix else ",")
        os.replace(part, target)
    except ImportError:
        raise MissingDependencyError(
            'writing .parquet files needs pyarrow: pip install "bayesformula[arrow]"'
        ) from None
    except OSError as error:
        raise OptionError(f"{target} cannot be written: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink()
