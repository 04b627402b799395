"""What chunks of transitions leave behind, and how those of all chains become arrays of draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from bayesformula.runner.config import RunConfig


class Chunk(NamedTuple):
    """What a chunk of transitions leaves behind, one row a transition; rows past the chunk's end are zero."""

    z: Any
    potential_energy: Any
    energy: Any
    n_steps: Any
    accept_prob: Any
    is_diverging: Any


@dataclass
class Lane:
    """What one thread brings home: one chain, or all of them when vectorised (a leading chain axis then)."""

    chunks: list[Chunk]
    step_size: np.ndarray
    warmup_steps: np.ndarray
    warmup_seconds: float
    seconds: float


def stack(lanes: Sequence[Lane], config: RunConfig) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """(chains, draws, ...) arrays of all lanes: z thinned, counts over all transitions."""
    axis = 1 if config.vectorised else 0
    joined = [
        Chunk(*(np.concatenate(leaves, axis=axis) for leaves in zip(*lane.chunks, strict=True)))
        for lane in lanes
    ]
    whole = (
        joined[0] if config.vectorised else Chunk(*(np.stack(leaves) for leaves in zip(*joined, strict=True)))
    )
    whole = Chunk(*(leaf.astype(float) if leaf.dtype.kind == "f" else leaf for leaf in whole))
    thin = config.thin
    kept = Chunk(*(leaf[:, thin - 1 :: thin] for leaf in whole))
    change = np.diff(whole.energy, axis=1, prepend=whole.energy[:, :1]) ** 2

    def windows(values: np.ndarray) -> np.ndarray:
        """(chains, draws, thin): what happened between kept draws must not be lost with the others."""
        return np.reshape(values, (values.shape[0], -1, thin))

    stats = {
        "lp": -kept.potential_energy,
        "energy": kept.energy,
        "energy_change": windows(change).mean(axis=2),
        "n_steps": windows(whole.n_steps).sum(axis=2, dtype=np.int64),
        "acceptance_rate": windows(whole.accept_prob).mean(axis=2),
        "diverging": windows(whole.is_diverging).any(axis=2),
        "reached_max_treedepth": windows(whole.n_steps >= 2**config.max_tree_depth - 1).any(axis=2),
    }
    return np.asarray(kept.z), {name: np.asarray(values) for name, values in stats.items()}
