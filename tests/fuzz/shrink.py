"""Make a failing input small: leave out whatever is not needed for the same failure."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Sequence

from fuzz.mutate import tokens_of
from fuzz.target import Target, attempt, fault_kind
from fuzz.targets import find


def shrink(target: Target, data: bytes, seconds: float = 60.0) -> bytes:
    """A smaller input with the same failure; the input itself where a process dies of it."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(target.name, data, seconds, theirs), daemon=True)
    process.start()
    theirs.close()
    small = data
    try:
        while ours.poll(3 * seconds):
            small = ours.recv()
    except EOFError:
        pass
    process.kill()
    return small


def _work(name: str, data: bytes, seconds: float, found: object) -> None:
    target = find(name)
    kind = fault_kind(attempt(target, data).fault)
    if not kind:
        return
    began = time.monotonic()

    def fails(parts: Sequence[bytes]) -> bool:
        if time.monotonic() - began > seconds:
            return False
        if fault_kind(attempt(target, b"".join(parts)).fault) != kind:
            return False
        found.send(b"".join(parts))
        return True

    parts = _without(_parts(data), fails)
    _without([bytes([byte]) for byte in b"".join(parts)] if len(parts) < 40 else parts, fails)


def _parts(data: bytes) -> list[bytes]:
    try:
        return [token.encode() for token in tokens_of(data.decode())]
    except UnicodeError:
        return [data[at : at + 8] for at in range(0, len(data), 8)]


def _without(parts: list[bytes], fails: object) -> list[bytes]:
    """Leave out halves, quarters, ... single parts, as long as it still fails."""
    width = max(1, len(parts) // 2)
    while True:
        at = 0
        while at < len(parts):
            fewer = parts[:at] + parts[at + width :]
            if len(fewer) < len(parts) and fails(fewer):
                parts = fewer
            else:
                at += width
        if width == 1:
            return parts
        width //= 2
