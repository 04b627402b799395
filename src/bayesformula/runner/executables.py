"""Compiled programs: made ahead of time, kept by function, device and shapes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any

import jax
import numpy as np
from jax.errors import JaxRuntimeError

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


def compile_ahead(
    name: str,
    jitted: Any,
    device: Device,
    arguments: tuple[Any, ...],
    *,
    is_quick: bool = False,
    on_traced: Callable[[], object] | None = None,
) -> Compiled:
    """Compile ahead of time, so that tracing and compiling are timed apart; kept by function and shapes.

    Args:
        name: of the program.
        jitted: the function.
        device: where it will run.
        arguments: of the shapes that it will be called with.
        is_quick: compile in less time, for a program in which no pass over many rows is.
        on_traced: called between tracing and compiling, or at once where nothing is to be compiled; while the
            compiler works Python is free for something else.
    """
    leaves, tree = jax.tree.flatten(arguments)
    shapes = tuple((np.shape(leaf), np.asarray(leaf).dtype.str) for leaf in leaves)
    key = (name, jitted, device.kind, device.precision, shapes, tree, is_quick)
    after = on_traced or (lambda: None)
    if key in _executables:
        after()
        return Compiled(_executables[key].call, 0.0, 0.0)
    began = time.perf_counter()
    with TRACING:
        lowered = jitted.lower(*arguments)
    traced = time.perf_counter()
    after()
    call = _compile(lowered, QUICK if is_quick and device.kind == "cpu" else {})
    compiled = Compiled(call, traced - began, time.perf_counter() - traced)
    while len(_executables) >= MAX_EXECUTABLES:
        _executables.pop(next(iter(_executables)))
    _executables[key] = compiled
    return compiled


QUICK: dict[str, Any] = {"xla_cpu_use_fusion_emitters": False}
"""XLA's older way to make code of fused loops. Seconds of processor time to compile the sampler, and
microseconds a leapfrog step, newer and older way in turn in one process: sleepstudy integrated out 5.2 and
2.5 s, 14.2 and 14.5 us; integrated out with 2,000 groups 5.7 and 3.0 s, 456 and 422 us; 2,000 rows of a
negative binomial 5.0 and 4.0 s, 150 and 199 us. So it is for programs that do not pass over many rows."""


def _compile(lowered: Any, options: dict[str, Any]) -> Any:
    """The executable; an option that this version of XLA does not know costs time, never a fit."""
    if options:
        try:
            return lowered.compile(compiler_options=options)
        except (JaxRuntimeError, ValueError):
            pass
    return lowered.compile()
