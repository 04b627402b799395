"""What `run.py` does: targets one after another, each in processes that may die, and a report.

Prints what each target did; inputs that failed are made small and saved in `corpus/TARGET/`. Ends with 1
if there were any.
"""

from __future__ import annotations

import argparse
import mmap
import multiprocessing
import os
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from fuzz import corpus, targets
from fuzz.shrink import shrink
from fuzz.target import Target
from fuzz.worker import SLOT, Tally, last_announced, work

PATIENCE = 120.0
"""Seconds without a sign of life after which a process is ended."""


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description="Fuzz what strangers can hand to the package.")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(targets.names()))
    parser.add_argument("--seconds", type=float, default=60.0, help="for all targets together")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the random choices")
    parser.add_argument("--blind", action="store_true", help="watch outcomes alone, not lines of the package")
    parser.add_argument("--keep", action="store_true", help="save inputs that reached something new, too")
    given = parser.parse_args()
    chosen = given.targets or targets.names()
    found = 0
    for name in chosen:
        target = targets.find(name)
        tally = run(target, given.seconds / len(chosen), given.seed, guided=not given.blind)
        found += report(target, tally, given.seed)
        if given.keep:
            for data in tally.kept:
                corpus.save(target, data, "seed")
    return 1 if found else 0


def run(target: Target, seconds: float, seed: int, *, guided: bool) -> Tally:
    """A target for some seconds, in processes that may die: each death is a finding, and another goes on."""
    total, began, context = Tally(), time.monotonic(), multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "slot"
        path.write_bytes(bytes(SLOT))
        while (left := seconds - (time.monotonic() - began)) > 1 or not total.executions:
            ours, theirs = context.Pipe(duplex=False)
            arguments = (target.name, left, seed, guided, str(path), theirs)
            process = context.Process(target=work, args=arguments, daemon=True)
            process.start()
            theirs.close()
            last = _listen(ours, path, process)
            process.join()
            _add(total, last)
            if process.exitcode == 1:
                report(target, total, seed)
                sys.exit(f"the target '{target.name}' has a fault of its own")
            if process.exitcode:
                with path.open("r+b") as file, mmap.mmap(file.fileno(), SLOT) as slot:
                    _, data = last_announced(slot)
                total.faults[f"death {process.exitcode}"] = data, f"the process ended: {process.exitcode}"
            seed += 1
    return total


def _listen(tallies: Connection, path: Path, process: BaseProcess) -> Tally:
    """The last tally of a process; one that shows no sign of life is killed."""
    last, count, alive = Tally(), -1, time.monotonic()
    while True:
        try:
            if tallies.poll(1.0):
                last = tallies.recv()
        except EOFError:
            return last
        now = _count(path)
        if now != count:
            count, alive = now, time.monotonic()
        elif time.monotonic() - alive > PATIENCE and process.is_alive() and count > 0:
            process.kill()


def _count(path: Path) -> int:
    """How many inputs were tried."""
    with path.open("r+b") as file, mmap.mmap(file.fileno(), SLOT) as slot:
        return last_announced(slot)[0]


def _add(total: Tally, more: Tally) -> None:
    total.executions += more.executions
    total.seconds += more.seconds
    total.cpu += more.cpu
    total.lines = max(total.lines, more.lines)
    total.worst_seconds = max(total.worst_seconds, more.worst_seconds)
    total.worst_megabytes = max(total.worst_megabytes, more.worst_megabytes)
    total.kept += more.kept
    total.faults |= more.faults
    for outcome, count in more.outcomes.items():
        total.outcomes[outcome] = total.outcomes.get(outcome, 0) + count


def report(target: Target, tally: Tally, seed: int) -> int:
    """Print what a target did, save what failed; how many faults there were."""
    print(
        f"{target.name}: {tally.executions:,} executions in {tally.seconds:,.0f} s "
        f"({tally.cpu:,.0f} s of CPU), "
        f"{len(tally.outcomes):,} outcomes, {tally.lines:,} lines, {len(tally.kept):,} inputs kept, "
        f"worst {tally.worst_seconds:.2f} s and {tally.worst_megabytes:.0f} MB, "
        f"{len(tally.faults)} faults (seed {seed})",
        flush=True,
    )
    for data, fault in tally.faults.values():
        small = shrink(target, data)
        path = corpus.save(target, small, "failure")
        print(f"  {os.path.relpath(path)}: {fault}", flush=True)
    return len(tally.faults)
