"""Standard output and error as they are found: of any encoding, closed, or on a full disk."""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})


def forgive_encodings() -> None:
    """What the encoding of a stream has no sign for is written as an escape, where it would be an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")


def takes_every_sign() -> bool:
    """Standard output is of an encoding that has all signs; click writes UTF-8 where it is ASCII."""
    encoding = getattr(sys.stdout, "encoding", None)
    return encoding is None or codecs.lookup(encoding).name in ("utf-8", "ascii")


def could_not_write(error: OSError) -> str | None:
    """What to say of an error of writing to a full disk, or None; further output is thrown away then."""
    if error.errno not in FULL:
        return None
    if isinstance(sys.stdout, io.TextIOWrapper):  # Python would write the rest at its end, and fail once more
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{os.strerror(error.errno or 0)}: not everything could be written"
