"""From the sampler's coordinates to reported parameters: batches of draws, one compiled function."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from bayesformula.runner.device import Device
from bayesformula.runner.executables import TRACING, Compiled, compile_ahead, traces

if TYPE_CHECKING:
    from bayesformula.compiler.emit import Program
    from bayesformula.compiler.inputs import ModelData

BATCH_BYTES = 8 * 2**20
MAX_BATCH = 250


@lru_cache(maxsize=32)
def _jitted(program: Program) -> Any:
    """The jitted recovery of a chunk of draws."""

    def recover(z: Array, first: Array, chain: Array, seed: Array, data: ModelData) -> dict[str, Array]:
        traces["recover"] += 1
        base = jax.random.fold_in(jax.random.fold_in(jax.random.PRNGKey(seed), 2**31), chain)

        def one(item: tuple[Array, Array]) -> dict[str, Array]:
            z, number = item
            return program.recover(z, jax.random.fold_in(base, number), data)

        return lax.map(one, (z, first + jnp.arange(z.shape[0])))  # compiles in half the time of vmap

    return jax.jit(recover)


def prepare(
    program: Program, device: Device, data: Any, z0: np.ndarray, seed: np.ndarray
) -> tuple[Compiled, int]:
    """The recovery program, and how many draws it takes at a time."""
    with TRACING:
        key = jax.ShapeDtypeStruct((2,), np.uint32)
        shapes = jax.eval_shape(program.recover, z0, key, data)
    bytes_a_draw = sum(leaf.size * 8 for leaf in jax.tree.leaves(shapes)) + 8 * z0.size
    size = int(np.clip(BATCH_BYTES // max(bytes_a_draw, 1), 1, MAX_BATCH))
    zero = np.asarray(0)
    batch = np.zeros((size, z0.size))
    return compile_ahead("recover", _jitted(program), device, (batch, zero, zero, seed, data)), size


def recover_all(
    call: Any, z: np.ndarray, seed: np.ndarray, data: Any, size: int, summarised: frozenset[str]
) -> dict[str, np.ndarray]:
    """Recover every draw of every chain, a batch at a time; the last batch is padded."""
    chains, draws, dim = z.shape
    out: dict[str, np.ndarray] = {}
    moments: dict[str, _Moments] = {}
    for chain in range(chains):
        for first in range(0, draws, size):
            n = min(size, draws - first)
            batch = np.zeros((size, dim))
            batch[:n] = z[chain, first : first + n]
            batch[n:] = z[chain, first]
            values = call(batch, np.asarray(first), np.asarray(chain), seed, data)
            for name, value in values.items():
                array = np.asarray(value)[:n]
                if name in summarised:
                    moments.setdefault(name, _Moments(array.shape[1:])).add(array)
                    continue
                if name not in out:
                    out[name] = np.empty((chains, draws, *array.shape[1:]))
                out[name][chain, first : first + n] = array
    for name, moment in moments.items():
        out[f"{name}.mean"], out[f"{name}.sd"] = moment.mean, moment.sd
    return out


class _Moments:
    """Mean and sd of a stream of batches, by Chan's pairwise update."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.n, self.mean, self._squares = 0, np.zeros(shape), np.zeros(shape)

    def add(self, batch: np.ndarray) -> None:
        """Take in a batch, (draws, ...)."""
        n, mean = len(batch), batch.mean(axis=0)
        delta = mean - self.mean
        self._squares += ((batch - mean) ** 2).sum(axis=0) + delta**2 * (self.n * n / (self.n + n))
        self.mean = self.mean + delta * (n / (self.n + n))
        self.n += n

    @property
    def sd(self) -> np.ndarray:
        return np.sqrt(self._squares / max(self.n - 1, 1))
