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

from bayesformula.compiler.truncation import Truncated

SWEEPS = 100
"""Of the Gibbs sampler that draws from priors that differ, from sorted independent draws on."""


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
        """Exact where the parts are alike, else after `SWEEPS` sweeps of a Gibbs sampler."""
        assert key is not None
        count = math.prod(sample_shape)
        first, sweeps = jax.random.split(key)
        keys = jax.random.split(first, len(self.parts))
        drawn = [
            jnp.asarray(part.sample(one, (count,)))[:, 0] for part, one in zip(self.parts, keys, strict=True)
        ]
        values = jnp.sort(jnp.stack(drawn, axis=-1), axis=-1)
        if len(self.parts) > 1:
            again = jax.vmap(self._gibbs)(jax.random.split(sweeps, count), values)
            values = jnp.where(self.is_alike, values, again)
        return values.reshape(*sample_shape, len(self.parts))

    def _gibbs(self, key: Array, values: Array) -> Array:
        def sweep(step: int, values: Array) -> Array:
            for i, part in enumerate(self.parts):
                low = values[i - 1 : i] if i else None
                high = values[i + 1 : i + 2] if i + 1 < len(self.parts) else None
                one = jax.random.fold_in(key, step * len(self.parts) + i)
                values = values.at[i].set(Truncated(part, low, high).sample(one)[0])
            return values

        return jax.lax.fori_loop(0, SWEEPS, sweep, values)
