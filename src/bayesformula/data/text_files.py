"""Reading CSV and TSV files strictly: what a reader would guess at is refused, and the way out said."""

from __future__ import annotations

import io
import warnings
import zlib
from collections import Counter
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd

from bayesformula.errors import DataError, listing

STARTS = (
    (b"PK", "is a spreadsheet or a zip archive and no text; export it as CSV"),
    (b"\x1f\x8b", "is packed with gzip; name it .csv.gz"),
    (b"PAR1", "is a Parquet file; name it .parquet"),
    (b"\xff\xfe", "is UTF-16 text; save it as UTF-8"),
    (b"\xfe\xff", "is UTF-16 text; save it as UTF-8"),
    (b"<", "looks like a web page and not like a table; was the link to the raw file?"),
)
"""How files begin that are no CSV."""

OTHER_SEPARATORS = {";": "';'", "\t": "tabs", "|": "'|'", ",": "commas"}


def read_text(source: Path | io.StringIO, shown: str, separator: str) -> pd.DataFrame:
    """The table in a text with a header line, columns separated by `separator`.

    Blanks around names and before values do not count; row numbers without a name, as R and pandas write
    them, are left out.

    Raises:
        DataError: no table, another separator, names that stand twice, rows longer than the header.
    """
    try:
        if isinstance(source, Path):
            _refuse_other_kinds(source, shown)
        # pandas renames a second `x` to `x.1`; the header is read by itself to refuse it instead
        head = pd.read_csv(
            source,
            sep=separator,
            encoding="utf-8-sig",
            header=None,
            nrows=1,
            dtype=str,
            skipinitialspace=True,
        )
        names = [name.strip() if isinstance(name, str) else "" for name in head.iloc[0].tolist()]
        _refuse_other_separators(names, shown, separator)
        refuse_duplicates([name for name in names if name])
        if isinstance(source, io.StringIO):
            source.seek(0)
        # without index_col=False pandas would take a first value too many for the name of the row
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame = pd.read_csv(
                source,
                sep=separator,
                encoding="utf-8-sig",
                low_memory=False,
                skipinitialspace=True,
                index_col=False,
            )
    except pd.errors.ParserWarning:
        raise DataError(
            f"{shown}: rows have more values than the header has names; give each column a name "
            "(in R, write.csv(d, path, row.names = FALSE))"
        ) from None
    except pd.errors.EmptyDataError:
        raise DataError(f"{shown} is empty") from None
    except UnicodeDecodeError as fault:
        raise DataError(f"{shown} is not UTF-8 text (byte {fault.start}); save it as UTF-8") from None
    except (pd.errors.ParserError, OSError, EOFError, zlib.error) as fault:
        raise DataError(f"{shown} cannot be read as a table: {str(fault).strip()}") from None
    return _named(frame, names)


def _refuse_other_kinds(file: Path, shown: str) -> None:
    if file.name.lower().endswith(".gz"):
        return
    with file.open("rb") as stream:
        start = stream.read(8)
    for mark, message in STARTS:
        if start.startswith(mark):
            raise DataError(f"{shown} {message}")


def _refuse_other_separators(names: list[str], shown: str, separator: str) -> None:
    """A single name that holds another separator: the whole line was read as one."""
    if len(names) > 1:
        return
    for other, words in OTHER_SEPARATORS.items():
        if other != separator and other in names[0]:
            remedy = (
                "name it .tsv"
                if other == "\t"
                else "name it .csv"
                if other == ","
                else f'pass pd.read_csv(path, sep="{other}"), with decimal="," for numbers such as 1,5'
            )
            raise DataError(f"{shown} seems to be separated by {words}; {remedy}")


def _named(frame: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """The frame under the names of its header, without nameless columns that hold nothing of use."""
    keep = [
        place
        for place, name in enumerate(names)
        if name or not _is_padding(frame.iloc[:, place], first=place == 0)
    ]
    kept = frame.iloc[:, keep]
    given = cast("list[str]", kept.columns.tolist())  # pandas calls the nameless `Unnamed: 0`
    return kept.set_axis([names[at] or old for at, old in zip(keep, given, strict=True)], axis=1)


def _is_padding(column: pd.Series, *, first: bool) -> bool:
    """Whether a column without a name counts the rows, or is empty."""
    if column.isna().all():
        return True
    if not first or not pd.api.types.is_integer_dtype(column.dtype):
        return False
    values = column.to_numpy()
    return values[0] in (0, 1) and bool(np.all(np.diff(values) == 1))


def refuse_duplicates(names: list[str]) -> None:
    """Refuse names that stand twice.

    Raises:
        DataError: with these names.
    """
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise DataError(f"two columns have the same name: {listing(twice)}; rename one of them")
