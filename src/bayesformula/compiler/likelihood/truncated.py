"""A response that could only be seen between two bounds."""

from __future__ import annotations

import jax.numpy as jnp
import numpyro.distributions as dist
from jax import Array
from numpyro.distributions import constraints

from bayesformula.compiler.leaves import Leaf
from bayesformula.compiler.likelihood.tails import log_mass
from bayesformula.compiler.likelihood.windows import draw, mean_count, mean_number


class Truncated(dist.Distribution):
    """`base` given that lower <= Y <= upper, both included.

    Args:
        base: of the response that is not truncated.
        lower, upper: (n,); None or infinite where there is no bound.
        max_count: of whole numbers: no finite bound is greater.
    """

    def __init__(
        self, base: dist.Distribution, lower: Leaf | None, upper: Leaf | None, max_count: int
    ) -> None:
        self.base, self.max_count = base, max_count
        self.low = None if lower is None else jnp.asarray(lower, float)
        self.high = None if upper is None else jnp.asarray(upper, float)
        if self.low is not None and base.is_discrete:
            self.low = jnp.ceil(self.low) - 1.0  # held as low < Y
        super().__init__(base.batch_shape, validate_args=False)

    @constraints.dependent_property
    def support(self) -> constraints.Constraint | None:  # pyright: ignore
        return self.base.support

    def log_prob(self, value: Array) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        is_in, harmless = jnp.ones(jnp.shape(value), bool), value
        if self.high is not None:
            is_in = is_in & (value <= self.high)
            harmless = jnp.minimum(harmless, self.high)
        if self.low is not None:
            first = self.low + 1.0 if self.base.is_discrete else self.low
            is_in = is_in & (value >= first)
            harmless = jnp.maximum(harmless, first)
        total = self._log_total()
        is_in = is_in & (total > -jnp.inf)
        inside = self.base.log_prob(harmless) - jnp.where(total > -jnp.inf, total, 0.0)
        return jnp.where(is_in, inside, -jnp.inf)

    def log_mass(self, low: Array | None, high: Array | None, max_count: int) -> Array:
        """log P(low < Y <= high)."""
        low = _tighter(low, self.low, jnp.maximum)
        high = _tighter(high, self.high, jnp.minimum)
        total = self._log_total()
        inside = log_mass(self.base, low, high, max(max_count, self.max_count))
        return jnp.where(total > -jnp.inf, inside - jnp.where(total > -jnp.inf, total, 0.0), -jnp.inf)

    def sample(self, key: Array | None, sample_shape: tuple[int, ...] = ()) -> Array:
        assert key is not None
        return draw(self.base, key, sample_shape, self.low, self.high, self.max_count)

    @property
    def mean(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        """E(Y | lower <= Y <= upper)."""
        if self.base.is_discrete:
            return mean_count(self.base, self.low, self.high, self.max_count)
        return mean_number(self.base, self.low, self.high)

    def _log_total(self) -> Array:
        return log_mass(self.base, self.low, self.high, self.max_count)


def _tighter(a: Array | None, b: Array | None, choose: object) -> Array | None:
    if a is None or b is None:
        return b if a is None else a
    return choose(a, b)  # pyright: ignore
