"""Reading CSV and TSV files strictly: what a reader would guess at is refused, and the way out said."""

from __future__ import annotations

import io
import re
import warnings
import zlib
from collections import Counter
from collections.abc import Collection
from typing import Any, cast

import numpy as np
import pandas as pd

from bayesformula.data.raw_text import Source, Survey, refuse_other_kinds, rows_of, survey
from bayesformula.errors import DataError, listing, shortened

OTHER_SEPARATORS = {";": "';'", "\t": "tabs", "|": "'|'", ",": "commas"}

WIDE = 1000
"""Of a table with more columns only those are read that are wanted."""

COMMENT = ("#", "%")
"""Beginnings of lines that other programs leave out."""

CTRL_Z = "\x1a"
"""How old programs end a file."""

EXCEL_NOTE = re.compile(r"sep=.?", re.IGNORECASE)
"""A line before the header, which says what is between the values."""

WHOLE = re.compile(r"[+-]?[0-9]{1,400}")
"""A whole number as a text; of more digits none is a number."""

MOST_COLUMNS = 100_000
"""That are read where it is not said which are wanted."""

SPELLINGS = "spellings"
"""Where a frame that was read says which whole numbers stood there in two ways, `01` and `1`, by column."""


def read_text(
    source: Source, shown: str, separator: str, wanted: Collection[str] | None = None
) -> tuple[pd.DataFrame, list[str]]:
    """The table in a text with a header line, columns separated by `separator`; and the names of all columns.

    Blanks around names and before values do not count; row numbers without a name, as R and pandas write
    them, are left out.

    Args:
        source: a file, or the bytes of one.
        shown: what it is called in messages.
        separator: between values.
        wanted: names of columns that may be used; of a wide table the others are left out.

    Raises:
        DataError: no table, another separator, names that stand twice, rows longer or shorter than the
            header.
    """
    try:
        refuse_other_kinds(source, shown)
        seen = survey(source, shown, separator)
        names = _header(source, shown, separator)
        if len(names) == 1 and seen.separators and names[0].startswith(COMMENT):
            raise DataError(
                f"{shown} begins with a comment, {shortened(names[0])!r}, in the place of the header: take "
                f"such lines out, or pass pd.read_csv(path, comment={names[0][0]!r})"
            )
        _refuse_other_separators(names, shown, separator)
        refuse_duplicates([name for name in names if name])
        places = _places(names, shown, wanted)
        frame = _read(source, separator, places)
        _refuse_ragged(source, shown, separator, seen, names, frame)
        kept = names if places is None else [names[place] for place in places]
        spellings = _spellings(source, separator, frame, names, places) if seen.has_leading_zeros else {}
        frame = _named(frame, kept)
        if len(names) == 1 and not seen.quotes:
            _refuse_blanks(frame, shown)
    except pd.errors.ParserWarning:
        raise DataError(_longer(shown)) from None
    except pd.errors.EmptyDataError:
        raise DataError(f"{shown} is empty") from None
    except (pd.errors.ParserError, OSError, EOFError, zlib.error) as fault:
        raise DataError(_not_a_table(shown, fault)) from None
    if spellings:
        frame.attrs[SPELLINGS] = spellings
    return frame, [name for name in names if name] if places is not None else frame.columns.tolist()


def _read(source: Source, separator: str, places: list[int] | None, **options: Any) -> pd.DataFrame:
    """The columns at these places, all for None."""
    # without index_col=False pandas would take a first value too many for the name of the row
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        return pd.read_csv(
            io.BytesIO(source) if isinstance(source, bytes) else source,
            sep=separator,
            encoding="utf-8-sig",
            low_memory=False,
            skipinitialspace=True,
            index_col=False,
            usecols=places,
            **options,
        )


# ---- the header --------------------------------------------------------------------------------------


def _header(source: Source, shown: str, separator: str) -> list[str]:
    """Names of the columns, as they stand; pandas would rename a second `x` to `x.1`."""
    for _, row in rows_of(source, shown, separator):
        names = [name.strip() for name in row]
        note = separator.join(names)
        if EXCEL_NOTE.fullmatch(note):
            raise DataError(f"{shown}: the first line, {note}, is a note for Excel; delete that line")
        return names
    raise DataError(f"{shown} is empty")


def _places(names: list[str], shown: str, wanted: Collection[str] | None) -> list[int] | None:
    """Which columns of a wide table are read; None for all."""
    if len(names) <= WIDE:
        return None
    if wanted is not None:
        return [place for place, name in enumerate(names) if name in wanted] or [0]
    if len(names) > MOST_COLUMNS:
        raise DataError(
            f"{shown} has {len(names):,} columns; at most {MOST_COLUMNS:,} are read where it is not said "
            "which are wanted\n  Name the columns in the formula, in place of `.`."
        )
    return None


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
                else f'save it with commas between, or pass pd.read_csv(path, sep="{other}"), with '
                'decimal="," for numbers such as 1,5'
            )
            raise DataError(f"{shown} seems to be separated by {words}; {remedy}")


def _refuse_blanks(frame: pd.DataFrame, shown: str) -> None:
    """A single column whose name and first value have as many words: columns between blanks."""
    if frame.shape[1] != 1 or not len(frame):
        return
    words, first = str(frame.columns[0]).split(), str(frame.iloc[0, 0]).split()
    if len(words) > 1 and len(words) == len(first):
        raise DataError(
            f"{shown} seems to be separated by blanks; save it with commas between, pass "
            'pd.read_csv(path, sep=r"\\s+"), or name it .tsv if they are tabs'
        )


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


# ---- the rows ----------------------------------------------------------------------------------------


def _refuse_ragged(
    source: Source, shown: str, separator: str, seen: Survey, names: list[str], frame: pd.DataFrame
) -> None:
    """Refuse rows that end early, whose other values pandas would take for missing.

    Most files need no second look: without quotes the separators can be counted, and a row that ends early
    has no last value.
    """
    if not seen.quotes and seen.separators == (len(names) - 1) * seen.lines:
        return
    is_wide = len(names) > WIDE
    least = max((place + 1 for place, name in enumerate(names) if name), default=1)
    if not is_wide and bool(frame.iloc[:, least - 1].notna().all()):
        return
    short: list[tuple[int, list[str]]] = []
    for line, row in rows_of(source, shown, separator):
        if len(row) < least:
            short.append((line, row))
        if is_wide and any(row[len(names) :]):
            raise DataError(_longer(shown))
    lengths = {len(row) for _, row in short}
    if len(lengths) == 1 and len(short) > 1 and lengths != {1}:
        return  # so spreadsheets write a last column that is empty for a while
    for line, row in short:
        values = "1 value" if len(row) == 1 else f"{len(row)} values"
        raise DataError(
            f"{shown}: line {line} has {values}, where the header has {least} names\n"
            f"  {_short_line(row[0], separator)}"
        )


def _short_line(first: str, separator: str) -> str:
    """What a line may be that has fewer values than the header, by how it begins."""
    if first.startswith(COMMENT):
        return f"It looks like a comment: take it out, or pass pd.read_csv(path, comment={first[0]!r})."
    if first.strip(" ") == CTRL_Z:
        return "It is the mark Ctrl-Z, with which some programs end a file: take it out."
    return (
        "Is the file cut off? A missing value in the middle or at the end is written as nothing "
        f"between two separators, as in {separator.join(['1', '', '3', ''])}."
    )


def _spellings(
    source: Source, separator: str, frame: pd.DataFrame, names: list[str], places: list[int] | None
) -> dict[str, tuple[str, str]]:
    """Columns of whole numbers in which one number is written in two ways, `01` and `1`; and these two."""
    whole = [at for at in range(frame.shape[1]) if _is_whole(frame.iloc[:, at])]
    at = [place for place in (whole if places is None else [places[each] for each in whole]) if names[place]]
    if not at:
        return {}
    texts = _read(source, separator, at, dtype=str, keep_default_na=False)
    found: dict[str, tuple[str, str]] = {}
    for column, place in enumerate(at):
        seen: dict[int, str] = {}
        for text in texts.iloc[:, column].str.strip().unique().tolist():
            if not WHOLE.fullmatch(text):
                continue  # a missing value, or 1.0 among whole numbers
            earlier = seen.setdefault(int(text), text)
            if earlier != text:
                found[names[place]] = (earlier, text)
                break
    return found


def _is_whole(column: pd.Series) -> bool:
    """Whether a column holds whole numbers; beside missing values pandas reads them as floats."""
    if pd.api.types.is_integer_dtype(column.dtype):
        return True
    if not pd.api.types.is_float_dtype(column.dtype):
        return False
    values = column.to_numpy(float)
    values = values[~np.isnan(values)]
    return len(values) > 0 and len(values) < len(column) and bool(np.all(values == np.floor(values)))


def _longer(shown: str) -> str:
    return (
        f"{shown}: rows have more values than the header has names; give each column a name "
        "(in R, write.csv(d, path, row.names = FALSE))"
    )


def _not_a_table(shown: str, fault: BaseException) -> str:
    """What pandas and zlib say, in the user's words where it is a common thing."""
    text = str(fault).strip()
    if quote := re.search(r"EOF inside string starting at row (\d+)", text):
        return (
            f"{shown}: a quote is opened and never closed, in row {quote[1]} (0 is the header)\n"
            '  A quote inside of a value is written twice: "say ""yes""".'
        )
    if "Compressed file ended" in text:
        return f"{shown} is cut off: the end of the packed data is missing; copy or download it again"
    if "CRC check failed" in text or isinstance(fault, zlib.error):
        return f"{shown} is damaged ({text}); copy or download it again"
    return f"{shown} cannot be read as a table: {text}"
