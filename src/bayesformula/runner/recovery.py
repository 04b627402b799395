"""From the sampler's coordinates to reported parameters: batches of draws, one compiled function."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from bayesformula.compiler.kept import Kept, signature
from bayesformula.keeping import Moments
from bayesformula.runner.device import Device
from bayesformula.runner.executables import TRACING, Compiled, compile_ahead, traces

if TYPE_CHECKING:
    from bayesformula.compiler.emit import Program
    from bayesformula.compiler.inputs import ModelData

BATCH_BYTES = 8 * 2**20
MAX_BATCH = 250


class Recovered(NamedTuple):
    """Reported parameters.

    Attributes:
        draws: by name, (chains, draws, ...).
        moments: by name of those of which no draws are kept.
    """

    draws: dict[str, np.ndarray]
    moments: dict[str, Moments]


_sizes: Kept[int] = Kept(256)
"""Draws that a recovery takes at a time, by program and shapes."""


def _one(program: Program) -> Any:
    """The recovery of one draw, jitted so that JAX traces it once for its shapes and for its code."""
    return jax.jit(lambda z, key, data: program.recover(z, key, data))


def _many(one: Any) -> Callable[..., dict[str, Array]]:
    """The recovery of a chunk of draws, from that of one."""

    def recover(z: Array, first: Array, chain: Array, seed: Array, data: ModelData) -> dict[str, Array]:
        traces["recover"] += 1
        base = jax.random.fold_in(jax.random.fold_in(jax.random.PRNGKey(seed), np.uint32(2**31)), chain)

        def draw(item: tuple[Array, Array]) -> dict[str, Array]:
            z, number = item
            return one(z, jax.random.fold_in(base, number), data)

        return lax.map(draw, (z, first + jnp.arange(z.shape[0])))  # compiles in half the time of vmap

    return recover


def prepare(
    program: Program, device: Device, data: Any, z0: np.ndarray, seed: np.ndarray
) -> tuple[Compiled, int]:
    """The recovery program, and how many draws it takes at a time."""
    one = _one(program)
    known = (program, signature((z0, data)))
    size = _sizes.get(known)
    if size is None:
        with TRACING:
            key = jax.ShapeDtypeStruct((2,), np.uint32)
            shapes = jax.eval_shape(one, z0, key, data)
        bytes_a_draw = sum(leaf.size * 8 for leaf in jax.tree.leaves(shapes)) + 8 * z0.size
        size = int(np.clip(BATCH_BYTES // max(bytes_a_draw, 1), 1, MAX_BATCH))
        _sizes.put(known, size)
    zero = np.asarray(0)
    batch = np.zeros((size, z0.size), z0.dtype)
    arguments = (batch, zero, zero, seed, data)
    return compile_ahead("recover", _many(one), device, arguments, of=(program,), is_quick=True), size


def recover_all(
    call: Callable[..., Any], z: np.ndarray, size: int, summarised: frozenset[str], workers: int
) -> Recovered:
    """Recover every draw of every chain, chains side by side, in batches of `size` draws.

    Args:
        call: (batch of z, number of its first draw, chain) -> values by name.
        z: (chains, draws, dim), in the precision of the run.
        size: of a batch; the last of a chain is padded.
        summarised: names of which only means and sds are kept.
        workers: threads.
    """
    chains, draws, _ = z.shape
    out: dict[str, np.ndarray] = {}
    lock = Lock()

    def keep(name: str, chain: int, first: int, array: np.ndarray) -> None:
        with lock:
            if name not in out:
                out[name] = np.empty((chains, draws, *array.shape[1:]))
        out[name][chain, first : first + len(array)] = array

    def recover(chain: int) -> dict[str, _Stream]:
        moments: dict[str, _Stream] = {}
        for first in range(0, draws, size):
            batch = z[chain, first : first + size]
            n = len(batch)
            if n < size:
                batch = np.concatenate([batch, np.broadcast_to(batch[:1], (size - n, z.shape[2]))])
            for name, value in call(batch, np.asarray(first), np.asarray(chain)).items():
                array = np.asarray(value)[:n]
                if name in summarised:
                    moments.setdefault(name, _Stream(array.shape[1:])).add(array)
                else:
                    keep(name, chain, first, array)
        return moments

    with ThreadPoolExecutor(workers, thread_name_prefix="bayesformula-recover") as pool:
        by_chain = list(pool.map(recover, range(chains)))
    moments: dict[str, Moments] = {}
    for name in by_chain[0]:  # joined in the order of the chains, whichever was ready first
        whole = by_chain[0][name]
        for other in by_chain[1:]:
            whole.join(other[name])
        moments[name] = Moments(whole.mean, whole.sd)
    return Recovered(out, moments)


class _Stream:
    """Mean and sd of a stream of batches, by Chan's pairwise update."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.n, self.mean, self._squares = 0, np.zeros(shape), np.zeros(shape)

    def add(self, batch: np.ndarray) -> None:
        """Take in a batch, (draws, ...)."""
        mean = batch.mean(axis=0)
        self._merge(len(batch), mean, ((batch - mean) ** 2).sum(axis=0))

    def join(self, other: _Stream) -> None:
        """Take in the moments of another stream."""
        self._merge(other.n, other.mean, other._squares)

    def _merge(self, n: int, mean: np.ndarray, squares: np.ndarray) -> None:
        delta = mean - self.mean
        self._squares += squares + delta**2 * (self.n * n / (self.n + n))
        self.mean = self.mean + delta * (n / (self.n + n))
        self.n += n

    @property
    def sd(self) -> np.ndarray:
        return np.sqrt(self._squares / max(self.n - 1, 1))
