"""Numbers in increasing order, as the thresholds of a cumulative model are.

Their density is the product of their priors where they increase, and 0 elsewhere. Where the priors are all
the same these are the order statistics, and the density is renormalised by m! to 1. Where they differ it
stays as it is: what is missing is one number, which no posterior depends on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jax import Array
from numpyro import distributions as dist
from numpyro.distributions import constraints

TRIES = 10_000
"""How often independent draws from priors that differ are made, to find some in order."""


class Ordered(dist.Distribution):
    """Increasing numbers, the i-th with prior `parts[i]`, each of batch shape (1,) and on the real line.

    `is_alike` says whether the parts are one distribution.
    """

    pytree_data_fields = ("parts", "is_alike")
    support = constraints.ordered_vector  # pyright: ignore

    def __init__(self, parts: Sequence[dist.Distribution], is_alike: Array) -> None:
        self.parts, self.is_alike = tuple(parts), is_alike
        super().__init__((), (len(self.parts),), validate_args=False)

    def log_prob(self, value: Array) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        total = jnp.zeros(jnp.shape(value)[:-1])
        for i, part in enumerate(self.parts):
            total = total + jnp.asarray(part.log_prob(value[..., i : i + 1]))[..., 0]
        return total + jnp.where(self.is_alike, math.lgamma(len(self.parts) + 1), 0.0)

    def sample(self, key: Array | None, sample_shape: tuple[int, ...] = ()) -> Array:
        """Independent draws, sorted where the parts are alike, else made anew until they increase.

        Priors that contradict the order, so that none of `TRIES` does, give sorted draws.
        """
        assert key is not None
        values = jax.vmap(self._draw)(jax.random.split(key, math.prod(sample_shape)))
        return values.reshape(*sample_shape, len(self.parts))

    def _draw(self, key: Array) -> Array:
        def independent(step: Array | int) -> Array:
            keys = jax.random.split(jax.random.fold_in(key, step), len(self.parts))
            return jnp.concatenate([part.sample(one) for part, one in zip(self.parts, keys, strict=True)])

        def is_unfinished(state: tuple[Array, Array]) -> Array:
            step, values = state
            return (step < TRIES) & ~jnp.all(jnp.diff(values) > 0)

        def again(state: tuple[Array, Array]) -> tuple[Array, Array]:
            return state[0] + 1, independent(state[0])

        first = independent(0)
        first = jnp.where(self.is_alike, jnp.sort(first), first)
        return jnp.sort(jax.lax.while_loop(is_unfinished, again, (jnp.asarray(1), first))[1])
