"""Independent draws from the prior, and of the response that each of them would give."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpyro import handlers

from bayesformula.compiler import blocks
from bayesformula.compiler.inputs import ModelData
from bayesformula.compiler.kept import compiled
from bayesformula.compiler.response import response_of
from bayesformula.compiler.structure import Structure

BATCH_BYTES = 2**28
"""Of the numbers that one batch of draws may hold."""


def simulate_prior(structure: Structure, data: ModelData, draws: int, seed: int) -> dict[str, np.ndarray]:
    """Reported parameters by name, and the response as "y", (draws, ...) each.

    Every draw is from the prior itself, without a Markov chain. Likelihood weights take no part; a
    censored response is drawn as it is, a truncated one within its bounds.

    Args:
        structure: of the model under any plan; priors must be proper.
        data: its argument.
        draws: how many.
        seed: the same gives the same draws.
    """
    one_row = max(
        1,
        data.rows.y.size + sum(j * len(c) for j, c in zip(structure.n_levels, structure.coefs, strict=True)),
    )
    batch = int(max(1, min(draws, BATCH_BYTES // (8 * one_row))))
    simulate = _simulation(replace(structure, plan="noncentred"))
    with jax.enable_x64(True):
        keys = jax.random.split(jax.random.PRNGKey(seed), draws)
        parts = [simulate(keys[begin : begin + batch], data) for begin in range(0, draws, batch)]
        return {name: np.concatenate([np.asarray(part[name]) for part in parts]) for name in parts[0]}


@lru_cache(maxsize=8)
def _simulation(structure: Structure) -> Callable[[Array, ModelData], dict[str, Array]]:
    """(keys, data) -> one draw a key, compiled."""

    def one(key: Array, data: ModelData) -> dict[str, Array]:
        key, key_y = jax.random.split(key)
        with handlers.block(), handlers.seed(rng_seed=key):
            theta = blocks.sample_theta(structure, data.priors)
            found = blocks.sample_coefficients(structure, data, theta)
        response = response_of(structure, data.rows, theta.scalars, found)
        y = jnp.broadcast_to(response.sample(key_y), data.rows.y.shape)
        return {
            **blocks.reported_coefficients(structure, found),
            **blocks.reported_theta(structure, data, theta),
            "y": y,
        }

    return compiled(jax.vmap(one, in_axes=(0, None)))
