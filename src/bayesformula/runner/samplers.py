"""Which sampler a plan has: NUTS, or weighed points about the mode."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING

from bayesformula.runner import nuts

if TYPE_CHECKING:
    from bayesformula.compiler.emit import Program
    from bayesformula.compiler.inputs import Begin, ModelData
    from bayesformula.runner.checkpoint import Checkpoint
    from bayesformula.runner.config import RunConfig
    from bayesformula.runner.device import Device


def run(
    plan: str,
    program: Program,
    data: ModelData,
    start: Begin,
    config: RunConfig,
    device: Device,
    progress: nuts.Progress | None = None,
    summarised: frozenset[str] = frozenset(),
    checkpoint: Checkpoint | None = None,
) -> nuts.RawDraws:
    """Sample under a plan, by its name; the other arguments as of `nuts.run`."""
    if plan == "importance":
        from bayesformula.runner import importance  # loads half a second of SciPy that NUTS has no use for

        return importance.run(program, data, start, config, device, summarised)
    return nuts.run(program, data, start, config, device, progress, summarised, checkpoint)


@contextmanager
def early(config: RunConfig, device: Device) -> Iterator[Callable[[Program, ModelData], None]]:
    """What begins to compile NUTS for a program before its data are known.

    Called with data of the same shapes, it comes back once the program is traced: Python is free then. What
    it is called with again is left to `run`.
    If it fails, nothing is lost: `run` compiles what it does not find, and says what is wrong.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="bayesformula-early") as aside:
        is_traced = Event()

        def begin(program: Program, data: ModelData) -> None:
            if not is_traced.is_set():
                job = aside.submit(nuts.compile_early, program, data, config, device, is_traced.set)
                job.add_done_callback(lambda _: is_traced.set())
                is_traced.wait()

        yield begin
