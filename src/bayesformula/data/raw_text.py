"""The bytes of a text file: what kind of file they are, whether they are damaged, and its first line."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import numpy as np

from bayesformula.errors import DataError

CHUNK = 2**24
"""Bytes looked through at a time."""

STARTS = (
    (b"PK\x03\x04", "is a spreadsheet or a zip archive and no text; export it as CSV"),
    (b"\xd0\xcf\x11\xe0", "is a spreadsheet or a document and no text; export it as CSV"),
    (b"\x1f\x8b", "is packed with gzip; name it .csv.gz"),
    (b"(\xb5/\xfd", "is packed with zstd; unpack it first, or pack it with gzip as .csv.gz"),
    (b"BZh91AY", "is packed with bzip2; unpack it first, or pack it with gzip as .csv.gz"),
    (b"\xfd7zXZ", "is packed with xz; unpack it first, or pack it with gzip as .csv.gz"),
    (b"PAR1\x15", "is a Parquet file; name it .parquet"),
    (b"ARROW1\0", "is a Feather file; name it .feather"),
    (b"\x89HDF", "is an HDF5 file and no text; a saved fit is read by bf.load(path)"),
    (b"\x89PNG", "is a picture and no text"),
    (b"\xff\xd8\xff", "is a picture and no text"),
    (b"%PDF-", "is a PDF and no text; export the table as CSV"),
    (b"\xff\xfe\0\0", "is UTF-32 text; save it as UTF-8"),
    (b"\0\0\xfe\xff", "is UTF-32 text; save it as UTF-8"),
    (b"\xff\xfe", "is UTF-16 text; save it as UTF-8"),
    (b"\xfe\xff", "is UTF-16 text; save it as UTF-8"),
)
"""How files begin that are no CSV."""

_WEB_PAGE = "looks like a web page and not like a table; was the link to the raw file?"
TEXT_STARTS = (
    *((mark, _WEB_PAGE) for mark in (b"<!doctype", b"<html", b"<head", b"<body", b"<?xml")),
    (b"[{", "is JSON and no CSV; pass pd.read_json(path)"),
    (b'{"', "is JSON and no CSV; pass pd.read_json(path)"),
)
"""How texts begin that are no CSV: in small letters, blanks and empty lines left out."""

Source = Path | bytes
"""A file, or what standard input gave."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What one pass over the bytes tells.

    Attributes:
        lines: ends of lines, the last one included where it is missing.
        separators, quotes: how many of each.
        has_leading_zeros: whether a value may begin with 0 and a digit, as `007` does.
    """

    lines: int
    separators: int
    quotes: int
    has_leading_zeros: bool


def opened(source: Source) -> IO[bytes]:
    """The bytes as a stream, unpacked."""
    if isinstance(source, bytes):
        return io.BytesIO(source)
    if source.name.lower().endswith(".gz") and source.stat().st_size:
        return cast("IO[bytes]", gzip.open(source, "rb"))
    return source.open("rb")


def lines_of(source: Source) -> io.TextIOWrapper:
    """The text, with its ends of lines as they are."""
    return io.TextIOWrapper(opened(source), encoding="utf-8-sig", newline="")


def refuse_other_kinds(source: Source, shown: str) -> None:
    """Refuse what begins as no table of text does.

    Raises:
        DataError: with what it seems to be.
    """
    with opened(source) as stream:
        start = stream.read(256)
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for marks, begins in ((STARTS, start), (TEXT_STARTS, text)):
        for mark, message in marks:
            if begins.startswith(mark):
                raise DataError(f"{shown} {message}")
    for first, words in ((0, "big-endian "), (1, "")):  # every other byte of plain letters is 0
        if len(start) > 3 and not any(start[first : 64 + first : 2]) and all(start[1 - first : 64 : 2]):
            raise DataError(f"{shown} is {words}UTF-16 text; save it as UTF-8")


def survey(source: Source, shown: str, separator: str) -> Survey:
    """Look through all bytes once.

    Raises:
        DataError: bytes that are no UTF-8, or a NUL, which pandas would take for a letter.
    """
    lines = separators = quotes = seen = 0
    has_zeros, last = False, b"\n"
    decoder = codecs.getincrementaldecoder("utf-8")()
    with opened(source) as stream:
        while chunk := stream.read(CHUNK):
            place = chunk.find(b"\0")
            if place >= 0:
                raise DataError(
                    f"{shown} holds NUL bytes, the first at byte {seen + place}: it is damaged, or no text"
                )
            _decode(decoder, chunk, seen, shown)
            seen += len(chunk)
            lines += chunk.count(b"\n")
            separators += chunk.count(separator.encode())
            quotes += chunk.count(b'"')
            has_zeros = has_zeros or _has_leading_zeros(last + chunk, separator)
            last = chunk[-1:]
    _decode(decoder, b"", seen, shown, final=True)
    return Survey(lines + (last != b"\n"), separators, quotes, has_zeros)


def _decode(
    decoder: codecs.IncrementalDecoder, chunk: bytes, seen: int, shown: str, *, final: bool = False
) -> None:
    """Refuse bytes that are no UTF-8; a letter may be cut in two between chunks."""
    waiting = len(decoder.getstate()[0])
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError as fault:
        place = seen - waiting + fault.start
        raise DataError(f"{shown} is not UTF-8 text (byte {place}); save it as UTF-8") from None


def _has_leading_zeros(chunk: bytes, separator: str) -> bool:
    """Whether a 0 before a digit begins a value."""
    letters = np.frombuffer(chunk, np.uint8)
    zeros = np.flatnonzero(letters[1:-1] == ord("0")) + 1
    after, before = letters[zeros + 1], letters[zeros - 1]
    begins = np.isin(before, np.frombuffer(f'{separator}\n\r" +-'.encode(), np.uint8))
    return bool(np.any(begins & (after >= ord("0")) & (after <= ord("9"))))


def rows_of(source: Source, shown: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """The rows as lists of texts with their line numbers, empty lines left out.

    They end before a value of more than 131,072 characters, which `csv` does not read.

    Raises:
        DataError: no table, or the header has such a value.
    """
    with lines_of(source) as stream:
        reader = csv.reader(stream, delimiter=separator, skipinitialspace=True)
        try:
            yield from ((reader.line_num, row) for row in reader if len(row) > 1 or any(map(str.strip, row)))
        except csv.Error as fault:
            if reader.line_num > 1 and "field larger" in str(fault):
                return  # a geometry, say: pandas reads it, and nothing more is known of the rows
            raise DataError(
                f"{shown} cannot be read as a table: {fault}, in line {reader.line_num}"
            ) from None
