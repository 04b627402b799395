"""How to run: everything about sampling that is not the model."""

from __future__ import annotations

import operator
import os
from dataclasses import dataclass

from bayesformula.errors import OptionError

MOST_STEPS = 2**31 - 1
"""Transitions of a chain, as they are counted on a GPU."""


@dataclass(frozen=True, slots=True)
class RunConfig:
    """Options of one run.

    Attributes:
        chains: independent Markov chains.
        draws: kept draws of each chain, after thinning.
        warmup: adaptation steps of each chain, discarded.
        thin: keep every thin-th draw.
        seed: the same seed gives the same draws, to the last bit, on one kind of machine and set of versions,
            whatever the number of cores.
        target_accept: the acceptance probability that step-size adaptation aims at.
        max_tree_depth: at most 2**max_tree_depth - 1 leapfrog steps a draw.
        vectorised: run all chains in one program (a GPU) instead of one thread each (a CPU). The number of
            threads, and how a run is cut into chunks, change no bit of the draws; the two kinds of program
            add numbers in another order, so that between them draws agree to rounding until one step of a
            chain is decided the other way, and in distribution from there on.
    """

    chains: int = 4
    draws: int = 1000
    warmup: int = 1000
    thin: int = 1
    seed: int = 0
    target_accept: float = 0.8
    max_tree_depth: int = 10
    vectorised: bool = False

    def __post_init__(self) -> None:
        least = {"chains": 1, "draws": 1, "warmup": 10, "thin": 1, "max_tree_depth": 1, "seed": 0}
        for name, bound in least.items():
            object.__setattr__(self, name, _whole(name, getattr(self, name), bound))
        if self.seed >= 2**32:
            raise OptionError(f"seed={self.seed} is too large: write a whole number below 2**32")
        if self.max_tree_depth > 15:
            raise OptionError(f"max_tree_depth={self.max_tree_depth} is too large: write 15 or less")
        if self.steps > MOST_STEPS:
            raise OptionError(
                f"warmup={self.warmup}, draws={self.draws} and thin={self.thin} make {self.steps:,} "
                f"transitions of each chain; at most {MOST_STEPS:,} are counted"
            )
        accept = self.target_accept
        if isinstance(accept, bool) or not isinstance(accept, int | float) or not 0.0 < accept < 1.0:
            raise OptionError(f"target_accept={accept!r} must be a number between 0 and 1, for example 0.95")

    @property
    def steps(self) -> int:
        """Transitions of each chain, warmup included."""
        return self.warmup + self.draws * self.thin

    @property
    def workers(self) -> int:
        """Threads that run chains at the same time: the cores there are, at most one a chain."""
        return max(1, min(self.chains, available_cores()))


def available_cores() -> int:
    """Cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS or Windows
        return os.cpu_count() or 1


def _whole(name: str, value: object, least: int) -> int:
    """The value as an int, NumPy's included."""
    try:
        number = -1 if isinstance(value, bool) else operator.index(value)  # pyright: ignore[reportArgumentType]
    except TypeError:
        number = -1
    if number < least:
        raise OptionError(f"{name}={value!r} must be a whole number, {least} or more")
    return number


def check_switch(name: str, value: object) -> bool:
    """The value of an option that is True or False, NumPy's included.

    Text such as "no" would count as true in Python, and is refused.

    Raises:
        OptionError: anything else.
    """
    if isinstance(value, bool):
        return value
    kind = type(value)
    if kind.__module__ == "numpy" and kind.__name__ in ("bool", "bool_"):
        return bool(value)
    raise OptionError(f"{name}={value!r} must be True or False")


def check_progress(value: object) -> bool | None:
    """The value of `progress=`: True, False, or None for a bar on terminals and in notebooks only.

    Raises:
        OptionError: anything else.
    """
    if value is None:
        return None
    try:
        return check_switch("progress", value)
    except OptionError:
        raise OptionError(
            f"progress={value!r} must be True, False or None (a bar on a terminal and in a notebook)"
        ) from None
