"""Compiled programs: made ahead of time, kept by function, device and shapes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from threading import Lock
from typing import Any

import jax
import numpy as np

from bayesformula.runner.device import Device

traces = {"advance": 0, "recover": 0}
"""How often each program has been traced in this process: a refit of the same shape must not add to it."""


TRACING = Lock()
"""Held while a program is traced: NumPyro keeps one stack of handlers for all threads of a process."""


@dataclass
class Compiled:
    """Executables of one program on one device and set of shapes."""

    call: Any
    trace_seconds: float
    compile_seconds: float


_executables: dict[Any, Compiled] = {}
MAX_EXECUTABLES = 64


def compile_ahead(name: str, jitted: Any, device: Device, arguments: tuple[Any, ...]) -> Compiled:
    """Compile ahead of time, so that tracing and compiling are timed apart; kept by function and shapes."""
    leaves, tree = jax.tree.flatten(arguments)
    shapes = tuple((np.shape(leaf), np.asarray(leaf).dtype.str) for leaf in leaves)
    key = (name, jitted, device.kind, shapes, tree)
    if key in _executables:
        return Compiled(_executables[key].call, 0.0, 0.0)
    began = time.perf_counter()
    with TRACING:
        lowered = jitted.lower(*arguments)
    traced = time.perf_counter()
    call = lowered.compile()
    compiled = Compiled(call, traced - began, time.perf_counter() - traced)
    while len(_executables) >= MAX_EXECUTABLES:
        _executables.pop(next(iter(_executables)))
    _executables[key] = compiled
    return compiled
