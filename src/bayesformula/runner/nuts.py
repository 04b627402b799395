"""Run NUTS on a program: one compiled function, chains side by side, state carried from chunk to chunk.

A chunk is a number of transitions decided while running, so that one program serves warmup, draws,
a progress meter and an interruption alike; cutting a run into chunks elsewhere changes no bit of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from functools import lru_cache
from threading import Event
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from numpyro.infer.hmc import hmc
from numpyro.infer.util import ParamInfo

from bayesformula.keeping import Moments
from bayesformula.runner import bends, lanes, metric, recovery
from bayesformula.runner.chunks import Chunk, Lane, stack
from bayesformula.runner.config import RunConfig
from bayesformula.runner.device import Device, on
from bayesformula.runner.executables import Compiled, compile_ahead, traces
from bayesformula.runner.lanes import UNKNOWN_ENERGY
from bayesformula.runner.lanes import SamplingError as SamplingError

if TYPE_CHECKING:
    from bayesformula.compiler.emit import Program
    from bayesformula.compiler.inputs import Begin, ModelData
    from bayesformula.runner.checkpoint import Checkpoint

BUFFER_BYTES = 32 * 2**20
MAX_CHUNK = 250
FEW_ROWS = 1000
"""Rows up to which the time to compile a pass over them counts for more than the time that it takes."""


@dataclass(frozen=True)
class RawDraws:
    """Draws in the sampler's own coordinates, with what the sampler counted; no judgement.

    Attributes:
        z: (chains, draws, dim).
        stats: by name, (chains, draws) each: lp, energy; over the transitions since the last kept draw the
            mean squared change of the energy, the sum of leapfrog steps, the mean acceptance rate, and
            whether any diverged or reached the limit of the tree depth; the chain's step_size.
        step_size: (chains,) after adaptation.
        warmup_steps: (chains,) leapfrog steps spent in warmup.
        recovered: reported parameters by name, (chains, draws, ...).
        moments: means and sds in place of draws, of those that were summarised.
        seconds: trace, compile, warmup, draws, recovery.
        importance: diagnostics of importance sampling by name; None of NUTS.
    """

    z: np.ndarray
    stats: Mapping[str, np.ndarray]
    step_size: np.ndarray
    warmup_steps: np.ndarray
    recovered: Mapping[str, np.ndarray]
    moments: Mapping[str, Moments]
    seconds: Mapping[str, float]
    importance: Mapping[str, float] | None = None


Progress = Callable[[int, int, int, int], None]
"""Called as (chain, steps done, leapfrog steps of the chunk, divergences of the chunk) after each chunk."""


def _advance(
    program: Program, warmup: int, target_accept: float, max_tree_depth: int, chunk: int, vectorised: bool
) -> Callable[..., Any]:
    """A chunk of transitions of a program."""

    def advance(
        state: Any, way: bends.Path, seed: Array, chain: Array, n: Array, data: ModelData
    ) -> tuple[Any, Chunk]:
        traces["advance"] += 1

        def at(position: Any) -> tuple[Array, Array]:
            return bends.vector(way, program.sides, metric.vector(position))

        def potential(position: Any) -> Array:
            z, log_slope = at(position)
            energy = program.potential(z, data) - log_slope
            # Forces of 1e300 overflow the kinetic energy of a full metric, to -inf as well as to inf: a step
            # to such a place would be taken, and the chain never leave it.
            return jnp.where(energy < UNKNOWN_ENERGY, energy, jnp.inf)

        is_first = state.i == 0
        key_jitter, key = jax.random.split(jax.random.fold_in(jax.random.PRNGKey(seed), chain))
        u = jax.random.uniform(key_jitter, (program.dim,), minval=-1.0, maxval=1.0)
        here = metric.position(metric.rough_sd(program.n_dense) * u, program.n_dense)
        init_kernel, sample_kernel = hmc(potential, algo="NUTS")
        # A chain starts from an energy so high that its first transition is accepted wherever the density
        # is finite, and brings home the true density and gradient. Computing them here instead would put a
        # second copy of the gradient into the program: a quarter of its compile time.
        fresh = init_kernel(
            ParamInfo(here, jnp.full((), UNKNOWN_ENERGY), jax.tree.map(jnp.zeros_like, here)),
            warmup,
            step_size=_first_step_size(program.dim),
            inverse_mass_matrix=metric.first(program.n_dense, program.dim),
            dense_mass=metric.dense_mass(program.n_dense, program.dim),
            target_accept_prob=target_accept,
            max_tree_depth=max_tree_depth,
            rng_key=key,
        )
        state = jax.tree.map(lambda new, old: jnp.where(is_first, new, old), fresh, state)

        def body(i: Array, carry: tuple[Any, Chunk]) -> tuple[Any, Chunk]:
            state, out = carry
            state = sample_kernel(state)
            z, log_slope = at(state.z)
            row = Chunk(
                z,
                state.potential_energy + log_slope,
                state.energy,
                state.num_steps,
                state.accept_prob,
                state.diverging,
            )
            return state, jax.tree.map(lambda buffer, value: buffer.at[i].set(value), out, row)

        empty = Chunk(
            jnp.zeros((chunk, program.dim)),
            jnp.zeros(chunk),
            jnp.zeros(chunk),
            jnp.zeros(chunk, jnp.result_type(int)),
            jnp.zeros(chunk),
            jnp.zeros(chunk, bool),
        )
        return lax.fori_loop(0, n, body, (state, empty))

    if vectorised:
        advance = jax.vmap(advance, in_axes=(0, None, None, 0, None, None))
    return advance


def _first_step_size(dim: int) -> float:
    """With the rough metric unit-scaled, the usual d^(-1/4) law; adaptation does the rest."""
    return 0.8 * max(dim, 1) ** -0.25


@lru_cache(maxsize=32)
def _empty_state(program: Program, warmup: int, precision: str) -> Any:
    """A state of the right shape that has taken no step; found from shapes alone, nothing compiles.

    Of the `precision` of the context that it is called in.
    """

    def build() -> Any:
        z = metric.position(jnp.zeros(program.dim), program.n_dense)
        init_kernel, _ = hmc(lambda z: jnp.sum(metric.vector(z) ** 2), algo="NUTS")
        return init_kernel(
            ParamInfo(z, jnp.zeros(()), z),
            warmup,
            inverse_mass_matrix=metric.first(program.n_dense, program.dim),
            dense_mass=metric.dense_mass(program.n_dense, program.dim),
            rng_key=jax.random.PRNGKey(0),
        )

    return jax.tree.map(lambda leaf: np.zeros(leaf.shape, leaf.dtype), jax.eval_shape(build))


@dataclass(frozen=True)
class _Job:
    """One run: everything that its chains share."""

    program: Program
    data: Any
    way: bends.Path
    config: RunConfig
    device: Device

    @property
    def chunk(self) -> int:
        """Rows of the buffer of a chunk."""
        return int(np.clip(BUFFER_BYTES // (8 * max(self.program.dim, 1)), 1, MAX_CHUNK))

    @property
    def width(self) -> int:
        """Numbers of a draw."""
        return int(self.program.dim)

    @property
    def z0(self) -> np.ndarray:
        """Where chains start."""
        return np.asarray(self.way.z0)

    @property
    def is_quick(self) -> bool:
        """A step does not pass over many rows."""
        return self.data.marginal is not None or len(self.data.rows.y) <= FEW_ROWS

    @property
    def seed(self) -> np.ndarray:
        return np.asarray(self.config.seed, np.uint32)

    @property
    def lanes(self) -> list[np.ndarray]:
        """The chains that run together: each alone, or all in one program."""
        chains = range(self.config.chains)
        return [np.arange(len(chains))] if self.config.vectorised else [np.asarray(c) for c in chains]

    def first_state(self) -> Any:
        state = _empty_state(self.program, self.config.warmup, self.device.precision)
        if not self.config.vectorised:
            return state
        return jax.tree.map(lambda leaf: np.repeat(leaf[None], self.config.chains, axis=0), state)

    def arguments(self, state: Any, lane: np.ndarray, n: int) -> tuple[Any, ...]:
        return (state, self.way, self.seed, lane, np.asarray(n), self.data)


def run(
    program: Program,
    data: ModelData,
    start: Begin,
    config: RunConfig,
    device: Device,
    progress: Progress | None = None,
    summarised: frozenset[str] = frozenset(),
    checkpoint: Checkpoint | None = None,
) -> RawDraws:
    """Sample and recover.

    Args:
        program: from `emit`.
        data: its argument.
        start: where chains start, and their rough spread.
        config: options.
        device: where.
        progress: called after every chunk of every chain, from its thread.
        summarised: names of recovered parameters of which only means and sds are kept.
        checkpoint: where chains go on from, and what they write as they go.

    Raises:
        SamplingError: no point near the start has a finite density.
    """
    job = _Job(program, placed(data, device.dtype), _path(program, start, device), config, device)
    if program.dim == 0:
        return _without_sampler(job, summarised)
    with ThreadPoolExecutor(1, thread_name_prefix="bayesformula-compile") as aside:
        # Recovery is traced and compiled while the compiler has the sampler, and while the first chains run.
        recovering: list[Future[tuple[Compiled, int]]] = []
        with on(device):
            advance = _compile_advance(job, lambda: recovering.append(aside.submit(_prepare_recovery, job)))
        began = time.perf_counter()
        found = _run_lanes(job, advance, progress, checkpoint)
        ended = time.perf_counter()
        recover, size = recovering[0].result()
    z, stats = stack(found, config)
    step_size = np.concatenate([np.atleast_1d(lane.step_size) for lane in found]).astype(float)
    stats["step_size"] = np.repeat(step_size[:, None], config.draws, axis=1)
    recovered = _recover(job, recover, z, size, summarised)
    share = float(np.mean([lane.warmup_seconds / max(lane.seconds, 1e-9) for lane in found]))
    return RawDraws(
        z,
        stats,
        step_size,
        np.concatenate([np.atleast_1d(lane.warmup_steps) for lane in found]),
        recovered.draws,
        recovered.moments,
        {
            "trace": advance.trace_seconds,
            "compile": advance.compile_seconds,
            "warmup": (ended - began) * share,
            "draws": (ended - began) * (1 - share),
            "recovery": time.perf_counter() - ended,
        },
    )


def _path(program: Program, start: Begin, device: Device) -> bends.Path:
    return bends.path(start, program.sides, metric.rough_sd(program.n_dense), device.dtype)


def placed(data: Any, dtype: np.dtype[Any]) -> Any:
    """The program's argument as NumPy arrays, floating-point numbers in the precision of the run."""

    def cast(leaf: Any) -> np.ndarray:
        array = np.asarray(leaf)
        return array.astype(dtype, copy=False) if array.dtype.kind == "f" else array

    return jax.tree.map(cast, data)


def _without_sampler(job: _Job, summarised: frozenset[str]) -> RawDraws:
    """Everything is constant or integrated out: all draws are exact and independent."""
    began = time.perf_counter()
    shape = (job.config.chains, job.config.draws)
    z = np.zeros((*shape, 0), job.device.dtype)
    with on(job.device):
        arguments = (job.z0, job.data)
        density = compile_ahead("potential", job.program.potential, job.device, arguments, of=(job.program,))
        recover, size = _prepare_recovery(job)
        energy = float(density.call(job.z0, job.data))
    recovered = _recover(job, recover, z, size, summarised)
    stats = {**no_steps(shape), "lp": np.full(shape, -energy)}
    seconds: dict[str, float] = dict.fromkeys(("trace", "compile", "warmup", "draws"), 0.0)
    none = np.zeros(job.config.chains)
    seconds["recovery"] = time.perf_counter() - began
    return RawDraws(z, stats, none, none, recovered.draws, recovered.moments, seconds)


def no_steps(shape: tuple[int, int]) -> dict[str, np.ndarray]:
    """What is counted of (chains, draws) that took no steps."""
    names = ("energy", "energy_change", "n_steps", "acceptance_rate", "step_size")
    flags = {name: np.zeros(shape, bool) for name in ("diverging", "reached_max_treedepth")}
    return {**{name: np.zeros(shape) for name in names}, **flags}


def compile_early(
    program: Program, data: ModelData, config: RunConfig, device: Device, on_traced: Callable[[], object]
) -> None:
    """Compile what `run` will ask for, from data of the same shapes as those that it will be given."""
    none, first = np.zeros(program.dim, device.dtype), np.zeros(len(program.sides), device.dtype)
    if program.dim:
        with on(device):
            job = _Job(
                program, placed(data, device.dtype), bends.Path(none, none, first, first), config, device
            )
            _compile_advance(job, on_traced, is_early=True)


def _compile_advance(job: _Job, on_traced: Callable[[], object], *, is_early: bool = False) -> Compiled:
    config = job.config
    of = (
        job.program,
        config.warmup,
        config.target_accept,
        config.max_tree_depth,
        job.chunk,
        config.vectorised,
    )
    return compile_ahead(
        "advance",
        _advance(*of),
        job.device,
        job.arguments(job.first_state(), job.lanes[0], 1),
        of=of,
        is_quick=job.is_quick,
        is_early=is_early,
        on_traced=on_traced,
    )


def _recover(
    job: _Job, recover: Compiled, z: np.ndarray, size: int, summarised: frozenset[str]
) -> recovery.Recovered:
    """Reported parameters of all draws, as many chains at a time as there are cores."""
    workers = 1 if job.device.kind == "gpu" else job.config.workers
    with on(job.device):
        data = jax.device_put(job.data, job.device.handle)

    def call(*arguments: Any) -> Any:
        with on(job.device):
            return recover.call(*arguments, job.seed, data)

    return recovery.recover_all(call, z.astype(job.device.dtype, copy=False), size, summarised, workers)


def _prepare_recovery(job: _Job) -> tuple[Compiled, int]:
    with on(job.device):
        return recovery.prepare(job.program, job.device, job.data, job.z0, job.seed)


def _run_lanes(
    job: _Job, advance: Compiled, progress: Progress | None, checkpoint: Checkpoint | None
) -> list[Lane]:
    """Run all chains, as many at a time as there are cores; leave no thread behind, whatever happens."""
    stop = Event()

    def chain(lane: np.ndarray) -> Lane:
        with on(job.device):
            # device arrays once, not a host copy a chunk
            step = replace(job, data=jax.device_put(job.data, job.device.handle)).arguments
            row = None if checkpoint is None else checkpoint.row(int(np.atleast_1d(lane)[0]))
            return lanes.run_lane(
                lambda s, n: advance.call(*step(s, lane, n)), job, lane, stop, progress, row
            )

    workers = 1 if job.config.vectorised else job.config.workers
    pool = ThreadPoolExecutor(workers, thread_name_prefix="bayesformula-chain")
    try:
        futures = [pool.submit(chain, lane) for lane in job.lanes]
        if wait(futures, return_when=FIRST_EXCEPTION).not_done:
            stop.set()
        return [future.result() for future in futures]
    finally:
        stop.set()
        pool.shutdown(wait=True, cancel_futures=True)
