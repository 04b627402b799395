"""A progress meter on standard error: one bar for all chains, with time left and divergences."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from bayesformula.runner.config import RunConfig


class Meter:
    """Counts transitions of all chains; called from their threads."""

    def __init__(self, config: RunConfig, bar: Any) -> None:
        self._done = [0] * config.chains
        self._divergences = 0
        self._warmup = config.warmup
        self._bar = bar
        self._lock = Lock()

    def __call__(self, chain: int, done: int, n_steps: int, n_diverging: int) -> None:
        """`chain` has made `done` transitions, the last chunk with these leapfrog steps and divergences."""
        del n_steps
        with self._lock:
            self._bar.update(done - self._done[chain])
            if done > self._warmup:
                self._divergences += n_diverging
            self._done[chain] = done
            warming = sum(d < self._warmup for d in self._done)
            phase = f"{warming} warming up" if warming else "sampling"
            words = f"{phase}, {self._divergences} divergent" if self._divergences else phase
            self._bar.set_postfix_str(words, refresh=False)


@contextmanager
def meter(config: RunConfig, show: bool | None) -> Iterator[Meter | None]:
    """The meter of one run, or None.

    Args:
        config: the run.
        show: True or False; None shows it on a terminal and in a notebook only.
    """
    if not (_is_interactive() if show is None else show):
        yield None
        return
    from tqdm.auto import tqdm

    class Bar(tqdm):  # pyright: ignore[reportMissingTypeArgument]
        monitor_interval = 0  # no thread of tqdm's that watches the bar, and stays when it is gone

    with Bar(
        total=config.chains * config.steps,
        desc=f"{config.chains} chains",
        unit="draw",
        bar_format="{desc} {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}]{postfix}",
        leave=False,
        file=sys.stderr,
        dynamic_ncols=True,
        mininterval=0.1,
    ) as bar:
        yield Meter(config, bar)


def _is_interactive() -> bool:
    return "ipykernel" in sys.modules or (sys.stderr is not None and sys.stderr.isatty())
