"""Compiled programs: made ahead of time, kept by function, device and shapes."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Lock
from typing import Any

from bayesformula.compiler.kept import ONE_THREAD, Kept, compile_with, lowered, signature
from bayesformula.runner.device import Device

traces = {"advance": 0, "recover": 0}
"""How often each program has been traced in this process: a refit of the same shape must not add to it."""


TRACING = Lock()
"""Held while a program is traced: NumPyro keeps one stack of handlers for all threads of a process."""


@dataclass
class Compiled:
    """Executables of one program on one device and set of shapes.

    Attributes:
        call: the executable.
        trace_seconds, compile_seconds: that it took.
        is_told: some run has counted them.
    """

    call: Any
    trace_seconds: float
    compile_seconds: float
    is_told: bool = True

    def told(self) -> Compiled:
        """This for a run, with the seconds that no run has counted."""
        seconds = (0.0, 0.0) if self.is_told else (self.trace_seconds, self.compile_seconds)
        self.is_told = True
        return Compiled(self.call, *seconds)


MAX_EXECUTABLES = 24
"""Two of a model: the sampler, and the recovery of what is reported."""
executables: Kept[Compiled] = Kept(MAX_EXECUTABLES)
_coming: dict[Hashable, Future[None]] = {}
"""What some thread is compiling now."""


def compile_ahead(
    name: str,
    function: Callable[..., Any],
    device: Device,
    arguments: tuple[Any, ...],
    *,
    of: tuple[Hashable, ...],
    is_quick: bool = False,
    is_early: bool = False,
    on_traced: Callable[[], object] | None = None,
) -> Compiled:
    """Compile ahead of time, so that tracing and compiling are timed apart; kept by name, `of` and shapes.

    What another thread is compiling is waited for.

    Args:
        name: of the program.
        function: it itself; thrown away once it is traced, with all that JAX remembers of it.
        device: where it will run.
        arguments: of the shapes that it will be called with.
        of: what else the function depends on.
        is_quick: compile in less time, for a program in which no pass over many rows is.
        is_early: for a run to come, to whose account the seconds go.
        on_traced: called between tracing and compiling, or at once where there is nothing to compile; while
            the compiler works Python is free for something else.
    """
    key = (name, of, device.kind, device.precision, signature(arguments), is_quick)
    after = on_traced or _nothing
    own: Future[None] = Future()
    coming = _coming.setdefault(key, own)
    if coming is not own:
        after()
        coming.result()
        after = _nothing
    try:
        found = executables.get(key)
        if found is not None:
            after()
            return found.told()
        began = time.perf_counter()
        with TRACING:
            program = lowered(function, arguments)
        traced = time.perf_counter()
        after()
        on_cpu = {**ONE_THREAD, **(QUICK if is_quick else {})}
        call = compile_with(program, on_cpu if device.kind == "cpu" else {})
        compiled = Compiled(call, traced - began, time.perf_counter() - traced, is_told=not is_early)
        executables.put(key, compiled)
        return compiled
    finally:
        if coming is own:
            del _coming[key]
            own.set_result(None)


def _nothing() -> None:
    pass


QUICK: dict[str, Any] = {"xla_cpu_use_fusion_emitters": False}
"""XLA's older way to make code of fused loops. Seconds of processor time to compile the sampler, and
microseconds a leapfrog step, newer and older way in turn in one process: sleepstudy integrated out 5.2 and
2.5 s, 14.2 and 14.5 us; integrated out with 2,000 groups 5.7 and 3.0 s, 456 and 422 us; 2,000 rows of a
negative binomial 5.0 and 4.0 s, 150 and 199 us. So it is for programs that do not pass over many rows."""
