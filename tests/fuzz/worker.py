"""The loop of one target: mutate, run, keep what is new. It lives in a process of its own, which may die."""

from __future__ import annotations

import mmap
import resource
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

from fuzz import corpus
from fuzz.guide import Guide
from fuzz.target import Result, Target, attempt, fault_kind, forget_peak
from fuzz.targets import find

SLOT = 1 << 20
GIGABYTE = 1 << 30


@dataclass
class Tally:
    """What a run has to show."""

    executions: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    lines: int = 0
    worst_seconds: float = 0.0
    worst_megabytes: float = 0.0
    kept: list[bytes] = field(default_factory=list)
    faults: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    seconds: float = 0.0
    cpu: float = 0.0


def announce(slot: mmap.mmap, data: bytes) -> None:
    """Write down what is tried next, for the parent to find if this process dies of it."""
    part = data[: SLOT - 8]
    slot[8 : 8 + len(part)] = part
    count, _ = struct.unpack("II", slot[:8])
    slot[:8] = struct.pack("II", (count + 1) % (1 << 32), len(part))


def last_announced(slot: mmap.mmap) -> tuple[int, bytes]:
    """How many inputs were announced, and the last one."""
    count, length = struct.unpack("II", slot[:8])
    return count, slot[8 : 8 + length]


def limit_memory(more: int = 2 * GIGABYTE) -> None:
    """What asks for more than this gets a MemoryError: a failure, and not the end of the machine."""
    try:
        held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except OSError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (held + more, held + more))


def work(name: str, seconds: float, seed: int, guided: bool, slot: str, tallies: Connection) -> None:
    """The process of one target: tallies go through the pipe, the input that is tried stands in `slot`."""
    sys.setrecursionlimit(1_000)
    target = find(name)
    with open(slot, "r+b") as file, mmap.mmap(file.fileno(), SLOT) as shared:
        pool = parents(target)
        limit_memory()
        for tally in explore(target, pool, seconds, seed, guided, shared):
            tallies.send(tally)


def parents(target: Target) -> list[bytes]:
    """Inputs to begin with; the first use of each part of the package is over when they have run."""
    pool = list(dict.fromkeys([*corpus.load(target), *target.seeds()])) or [b""]
    for data in pool[:50]:
        with suppress(BaseException):
            target.run(data)
    return pool


def explore(
    target: Target, pool: list[bytes], seconds: float, seed: int, guided: bool, slot: mmap.mmap
) -> Iterator[Tally]:
    """Try new inputs until the time is over; a tally every few seconds.

    An input is kept as a parent of others when its outcome is new or, `guided`, when it reached a new line.
    """
    random, tally, guide = Random(seed), Tally(), Guide(target.watched)
    began = told = time.monotonic()
    queue, own = list(pool), len(pool)
    if guided:
        guide.start()
    while time.monotonic() - began < seconds:
        data = queue.pop() if queue else target.mutate(random, pool)
        if len(data) > target.largest:
            continue
        announce(slot, data)
        result = attempt(target, data)
        fresh = _record(tally, data, result)
        lines = guide.novel()
        if (fresh or lines) and not result.fault and tally.executions > own:
            tally.kept.append(data)
            pool.append(data)
        if result.megabytes > 50:
            forget_peak()
        if time.monotonic() - told > 2:
            told = time.monotonic()
            yield _so_far(tally, guide, began)
    yield _so_far(tally, guide, began)


def _so_far(tally: Tally, guide: Guide, began: float) -> Tally:
    tally.lines, tally.seconds, tally.cpu = len(guide.seen), time.monotonic() - began, time.process_time()
    return tally


def _record(tally: Tally, data: bytes, result: Result) -> bool:
    """Count a result; whether its outcome is new."""
    tally.executions += 1
    tally.worst_seconds = max(tally.worst_seconds, result.seconds)
    tally.worst_megabytes = max(tally.worst_megabytes, result.megabytes)
    if result.fault:
        kind = fault_kind(result.fault)
        known = tally.faults.get(kind)
        if known is None or len(data) < len(known[0]):
            tally.faults[kind] = data, result.fault
        return False
    fresh = result.outcome not in tally.outcomes
    tally.outcomes[result.outcome] = tally.outcomes.get(result.outcome, 0) + 1
    return fresh
