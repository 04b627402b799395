"""Which sampler a plan has: NUTS, or weighed points about the mode."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayesformula.runner import nuts

if TYPE_CHECKING:
    import numpy as np

    from bayesformula.compiler.emit import Program
    from bayesformula.compiler.inputs import ModelData
    from bayesformula.runner.checkpoint import Checkpoint
    from bayesformula.runner.config import RunConfig
    from bayesformula.runner.device import Device


def run(
    plan: str,
    program: Program,
    data: ModelData,
    start: tuple[np.ndarray, np.ndarray],
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
