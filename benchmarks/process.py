"""One process of a method: started fresh, stopped at its limit, its memory watched."""

import contextlib
import json
import os
import resource
import signal
import subprocess
import tempfile
import threading
from pathlib import Path

INTERVAL = 0.25
"""Seconds between looks at the memory."""


def run(command, environment, limit):
    """Run a script; what it reported, or how it ended.

    Args:
        command: words.
        environment: variables.
        limit: seconds; the process and its children are stopped then.

    Returns:
        The JSON object that the script printed, with `tree_mib`: the most memory that the process and its
        children held at one time, pages that they share counted for each. `status` is "ok", "unsupported",
        "limit" or "failed".
    """
    before = _processor_seconds()
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as log:
        child = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=log,
            env=environment,
            text=True,
            start_new_session=True,
        )
        memory = _Watch(child.pid)
        try:
            output, _ = child.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            _stop(child)
            return {"status": "limit", "message": f"stopped after {limit:.0f} s", "tree_mib": memory.stop()}
        except BaseException:
            _stop(child)
            raise
        peak = memory.stop()
        said = next((line for line in reversed(output.splitlines()) if line.startswith("{")), None)
        if child.returncode == 0 and said is not None:
            return {**json.loads(said), "tree_mib": peak, "cpu": _processor_seconds() - before}
        log.seek(0)
        message = " | ".join(log.read().strip().splitlines()[-4:])
        return {
            "status": "failed",
            "message": f"exit {child.returncode}: {message[-600:]}",
            "tree_mib": peak,
        }


def _processor_seconds():
    """Seconds of a processor that all processes that were started and have ended took."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _stop(child):
    """End the process and what it started: they are a session of their own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.communicate()


class _Watch:
    """The most memory of a session of processes, looked at a few times a second."""

    def __init__(self, session):
        self.session, self.peak, self.done = session, 0, threading.Event()
        self.thread = threading.Thread(target=self._look, daemon=True)
        self.thread.start()

    def stop(self):
        """MiB; None where the system does not tell."""
        self.done.set()
        self.thread.join()
        return round(self.peak / 2**20) or None

    def _look(self):
        while not self.done.wait(INTERVAL):
            self.peak = max(self.peak, sum(map(resident, members(self.session))))


def members(session):
    """The processes of a session."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if os.getsid(int(entry.name)) == session:
                yield int(entry.name)
        except (ProcessLookupError, PermissionError):
            continue


def resident(process):
    """Bytes of memory that a process holds; 0 when it has gone."""
    try:
        pages = Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
