"""What the scripts of the methods share: reading a job, a clock from the start of the process, writing draws.

No package but numpy is needed here: every environment runs this file.
"""

import json
import sys
import time
from contextlib import contextmanager

import numpy as np


class Clock:
    """Seconds since the process was started, in named parts.

    `began` is the time at which the parent started the process, so that the interpreter's own start counts.
    Reading the table does not count (`read`), for no method.
    """

    def __init__(self, began):
        self.began = began
        self.parts = {}

    @contextmanager
    def part(self, name):
        tick = time.time()
        yield
        self.parts[name] = self.parts.get(name, 0.0) + time.time() - tick

    def wall(self):
        """Seconds up to now, without those of reading."""
        return time.time() - self.began - self.parts.get("read", 0.0)


def job_and_clock():
    """The job of the command line, and a clock whose first part, the imports, begins with the process."""
    with open(sys.argv[1], encoding="utf-8") as file:
        job = json.load(file)
    return job, Clock(job["began"])


def read_table(job):
    """The table, factors as text."""
    import pandas as pd

    frame = pd.read_parquet(job["parquet"])
    return frame.astype(dict.fromkeys(job["factors"], "str"))


def peak_mib():
    """The most memory that this process has held, in MiB; None where the system does not tell."""
    try:
        with open("/proc/self/status", encoding="ascii") as file:
            line = next(line for line in file if line.startswith("VmHWM"))
        return round(int(line.split()[1]) / 1024)
    except (OSError, StopIteration):
        return None


def write_draws(path, columns, max_effects):
    """Draws as raw doubles, one parameter after another, chain by chain; names and shape beside them.

    Args:
        path: without ending.
        columns: name -> (chains, draws) array, or label -> (chains, draws, ...) for names that begin with
            "r_".
        max_effects: how many group effects are kept, evenly spaced.
    """
    names, values = [], []
    effects = {name: value for name, value in columns.items() if name.startswith("r_")}
    for name, value in columns.items():
        if name not in effects:
            names.append(name)
            values.append(np.asarray(value, float))
    flat = [np.asarray(value, float).reshape(*value.shape[:2], -1) for value in effects.values()]
    total = sum(value.shape[2] for value in flat)
    if total:
        joined = flat[0] if len(flat) == 1 else np.concatenate(flat, axis=2)
        kept = np.unique(np.linspace(0, total - 1, min(total, max_effects)).round().astype(int))
        names += [f"r_{k}" for k in kept]
        values += list(np.moveaxis(joined[:, :, kept], 2, 0))
    array = np.stack(values)
    array.astype("<f8").tofile(f"{path}.f64")
    with open(f"{path}.json", "w", encoding="utf-8") as file:
        json.dump({"names": names, "shape": array.shape, "n_effects": total}, file)


def versions(*packages):
    """Versions of packages, Python's own first."""
    import importlib.metadata
    import platform

    return {"python": platform.python_version(), **{p: importlib.metadata.version(p) for p in packages}}


def report(**content):
    """The one JSON object of a script, on a line of its own."""
    print(json.dumps(content), flush=True)
