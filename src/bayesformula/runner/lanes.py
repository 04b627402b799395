"""One chain, or all of them in one program, from its first transition (or a checkpoint) to its last."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event
from typing import TYPE_CHECKING, Any, Protocol

import jax
import numpy as np

from bayesformula.errors import BayesFormulaError
from bayesformula.runner.checkpoint import Like
from bayesformula.runner.chunks import Chunk, Lane
from bayesformula.runner.config import RunConfig

if TYPE_CHECKING:
    from bayesformula.runner.checkpoint import Row

CHUNK_SECONDS = 0.15
START_STEPS = 100
"""Transitions within which a chain must have found a finite density."""
UNKNOWN_ENERGY = 1e20
"""Far above any potential energy, and so large that differences between real energies vanish beside it."""


class SamplingError(BayesFormulaError, RuntimeError):
    """The sampler could not start."""


class Job(Protocol):
    """What a lane needs to know of its run."""

    @property
    def config(self) -> RunConfig: ...

    @property
    def chunk(self) -> int:
        """Rows of the buffer of a chunk."""
        ...

    @property
    def width(self) -> int:
        """Numbers of a draw."""
        ...

    def first_state(self) -> Any:
        """A state that has taken no step."""
        ...


def run_lane(
    advance: Callable[[Any, int], tuple[Any, Chunk]],
    job: Job,
    lane: np.ndarray,
    stop: Event,
    progress: Callable[[int, int, int, int], None] | None,
    row: Row | None,
) -> Lane:
    """Warmup, then draws, a chunk at a time; the size of a chunk follows the clock."""
    config, chunk = job.config, job.chunk
    axis = 1 if config.vectorised else 0
    state, kept, done, warmup_steps, (warmup_seconds, before) = _where_it_was(job, lane, row)
    written, size = done, min(10, chunk)
    began = time.perf_counter() - before
    while done < config.steps and not stop.is_set():
        end = config.warmup if done < config.warmup else config.steps
        n = min(size, end - done)
        tick = time.perf_counter()
        state, out = advance(state, n)
        out = Chunk(*(np.asarray(leaf).take(np.arange(n), axis=axis) for leaf in out))
        took = time.perf_counter() - tick
        if done < config.warmup:
            if done + n >= min(START_STEPS, config.warmup):
                _check_start(out.potential_energy.take(-1, axis=axis))
            warmup_seconds += took
            warmup_steps = warmup_steps + np.sum(out.n_steps, axis=axis)
        else:
            kept.append(out)
        done += n
        size = int(np.clip(n * CHUNK_SECONDS / max(took, 1e-6), 1, chunk))
        if row is not None:
            is_time = row.add(out if done > config.warmup else None)
            if is_time or done >= config.steps or stop.is_set():
                spent = (warmup_seconds, time.perf_counter() - began)
                row.write(jax.tree.leaves(state), done, warmup_steps, spent, axis)
                written = done
        if progress is not None:
            counts = (np.atleast_1d(np.sum(c, axis=axis)) for c in (out.n_steps, out.is_diverging))
            for number, n_steps, n_diverging in zip(np.atleast_1d(lane), *counts, strict=True):
                progress(int(number), done, int(n_steps), int(n_diverging))
    seconds = time.perf_counter() - began
    if row is not None and written < done:  # stopped between two chunks
        row.write(jax.tree.leaves(state), done, warmup_steps, (warmup_seconds, seconds), axis)
    return Lane(kept, np.asarray(state.adapt_state.step_size), warmup_steps, warmup_seconds, seconds)


def _where_it_was(
    job: Job, lane: np.ndarray, row: Row | None
) -> tuple[Any, list[Chunk], int, np.ndarray, tuple[float, float]]:
    """State, chunks, transitions, steps and seconds of warmup, seconds in all: of a checkpoint, or none."""
    state = job.first_state()
    saved = None if row is None else row.read(_like(job, lane, state))
    if saved is None:
        return state, [], 0, np.zeros(lane.shape), (0.0, 0.0)
    state = jax.tree.unflatten(jax.tree.structure(state), saved.leaves)
    kept, over = saved.chunks, saved.done - job.config.steps
    if over > 0:  # more was drawn than is asked for now
        axis = 1 if job.config.vectorised else 0
        whole = Chunk(*(np.concatenate(parts, axis=axis) for parts in zip(*kept, strict=True)))
        wanted = np.arange(job.config.steps - job.config.warmup)
        kept = [Chunk(*(leaf.take(wanted, axis=axis) for leaf in whole))]
    return state, kept, saved.done, saved.warmup_steps, saved.seconds


def _like(job: Job, lane: np.ndarray, state: Any) -> Like:
    """What a checkpoint of this run holds."""
    leaves = [np.asarray(leaf) for leaf in jax.tree.leaves(state)]
    return Like(leaves, job.width, lane.shape, job.config.warmup)


def _check_start(potential_energy: np.ndarray) -> None:
    """A chain that has its first energy still has never found a finite density."""
    if not np.all(potential_energy < 0.1 * UNKNOWN_ENERGY):
        raise SamplingError(
            "the sampler found no point with a finite density. Look for priors that contradict the data or "
            "each other (a uniform that ends below the data's scale), or give starting values with init="
        )
