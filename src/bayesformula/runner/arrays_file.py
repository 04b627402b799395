"""Named arrays in one file, written whole or not at all, and read without trusting it.

A line of JSON (names, types, shapes, a checksum) and then the bytes of the arrays, one after another. Nothing
is compressed or executed: reading costs what the file is long.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

import numpy as np

MOST_HEADER = 2**20
"""Bytes of the line of JSON."""
MOST_BYTES = 2**34
"""Of a file: what is longer is full of holes, and was not written here."""
PART = ".part"


class DamagedFile(ValueError):
    """The file is not what was written."""


def write(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays of numbers; what was at `path` stays until all of it is on the disk.

    Raises:
        OSError: it cannot be written.
    """
    shapes = {name: [values.dtype.str, list(values.shape)] for name, values in arrays.items()}
    payload = b"".join(np.ascontiguousarray(values).tobytes() for values in arrays.values())
    header = {"arrays": shapes, "digest": _digest(shapes, payload)}
    write_bytes(path, json.dumps(header).encode() + b"\n" + payload)


def write_bytes(path: Path, content: bytes) -> None:
    """Through a file beside it that takes its name when it is on the disk."""
    part = path.with_name(f".{path.name}.{uuid4().hex[:8]}{PART}")
    try:
        with open(part, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


def read(path: Path) -> dict[str, np.ndarray]:
    """The arrays that `write` wrote.

    Raises:
        DamagedFile: anything else, a byte of it changed included.
        OSError: it cannot be read.
    """
    with open_plain(path) as file:
        line = file.readline(MOST_HEADER + 1)
        if not line.endswith(b"\n") or os.fstat(file.fileno()).st_size > MOST_BYTES:
            raise DamagedFile(f"{path.name} has no header")
        payload = file.read()
    try:
        header = json.loads(line)
        shapes = header["arrays"]
        if header["digest"] != _digest(shapes, payload):
            raise DamagedFile(f"{path.name} is not as it was written")
        out, begin = {}, 0
        for name, (kind, shape) in shapes.items():
            dtype = np.dtype(kind)
            count = math.prod(shape)
            end = begin + count * dtype.itemsize
            if dtype.kind not in "biuf" or min(shape, default=0) < 0 or end > len(payload):
                raise DamagedFile(f"{path.name}: {name} is no array of numbers")
            out[name] = np.frombuffer(payload, dtype, count, begin).reshape(shape).copy()
            begin = end
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
        raise DamagedFile(f"{path.name} cannot be read: {error}") from error
    return out


def open_plain(path: Path) -> BinaryIO:
    """A file that is there, open to be read.

    Raises:
        DamagedFile: it is a folder, a pipe (which would be waited for), a device, or a link to anything.
        OSError: it cannot be read.
    """
    if not stat.S_ISREG(path.lstat().st_mode):
        raise DamagedFile(f"{path.name} is no file")
    return open(path, "rb")


def _digest(shapes: object, payload: bytes) -> str:
    found = hashlib.blake2b(json.dumps(shapes).encode(), digest_size=16)
    found.update(payload)
    return found.hexdigest()
