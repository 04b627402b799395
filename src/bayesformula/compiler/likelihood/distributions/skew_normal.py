"""The skew normal distribution, by its mean and standard deviation."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array
from numpyro.distributions import constraints

from bayesformula.compiler.elementary import log
from bayesformula.compiler.likelihood.distributions.base import Rowwise
from bayesformula.compiler.normal_tail import log_ndtr


class SkewNormal(Rowwise):
    """Density 2 phi(z) Phi(skew z) / omega at z = (y - xi)/omega, with mean `loc` and sd `scale`.

    With delta = skew / sqrt(1 + skew^2): omega = scale / sqrt(1 - 2 delta^2/pi) and
    xi = loc - omega delta sqrt(2/pi). A skew of 0 is the normal distribution.
    """

    support = constraints.real  # pyright: ignore

    def __init__(self, loc: Array, scale: Array, skew: Array) -> None:
        self.loc, self.scale, self.skew = loc, scale, skew
        self.narrow = jax.lax.rsqrt(1.0 + skew * skew)
        self.delta = skew * self.narrow
        self.omega = scale * jax.lax.rsqrt(1.0 - (2.0 / math.pi) * self.delta * self.delta)
        self.xi = loc - math.sqrt(2.0 / math.pi) * self.omega * self.delta
        super().__init__(loc, scale, skew)

    def log_prob(self, value: Array) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        z = (value - self.xi) / self.omega
        constant = math.log(2.0) - 0.5 * math.log(2.0 * math.pi)
        return constant - log(self.omega) - 0.5 * z * z + log_ndtr(self.skew * z)

    def sample(self, key: Array | None, sample_shape: tuple[int, ...] = ()) -> Array:
        assert key is not None
        key_half, key_whole = jax.random.split(key)
        half = jnp.abs(jax.random.normal(key_half, self._shape(sample_shape)))
        whole = jax.random.normal(key_whole, self._shape(sample_shape))
        return self.xi + self.omega * (self.delta * half + self.narrow * whole)

    @property
    def mean(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._broadcast(self.loc)

    @property
    def variance(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._broadcast(self.scale**2)
