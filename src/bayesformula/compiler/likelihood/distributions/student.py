"""Student's t with a location, a scale and any number of degrees of freedom, 1e100 included."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array
from numpyro.distributions import constraints

from bayesformula.compiler.elementary import log, log1p
from bayesformula.compiler.likelihood.distributions.base import Rowwise
from bayesformula.compiler.likelihood.distributions.gammas import log1m_exp, log_gamma_rest
from bayesformula.compiler.likelihood.distributions.half_line import log_integral

_NORMAL = 1e13  # degrees of freedom from which the tails are normal to nine digits, 37 sds out


class Student(Rowwise):
    """loc + scale T, T with df degrees of freedom.

    The constant of NumPyro's StudentT is a difference of two lgammas, without a digit from df = 1e16 on.
    """

    support = constraints.real  # pyright: ignore

    def __init__(self, loc: Array, scale: Array, df: Array) -> None:
        self.loc, self.scale, self.df = loc, scale, df
        super().__init__(loc, scale, df)

    def log_prob(self, value: Array) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        z = (value - self.loc) / self.scale
        power = -0.5 * (self.df + 1.0) * log1p(z * z / self.df)
        return log_student_constant(self.df) - log(self.scale) + power

    def log_cdf(self, value: Array) -> Array:
        """log P(Y <= value)."""
        return log_student_cdf((value - self.loc) / self.scale, self.df)

    def log_sf(self, value: Array) -> Array:
        """log P(Y > value)."""
        return log_student_cdf((self.loc - value) / self.scale, self.df)

    def sample(self, key: Array | None, sample_shape: tuple[int, ...] = ()) -> Array:
        assert key is not None
        key_normal, key_gamma = jax.random.split(key)
        half = self._broadcast(0.5 * self.df)
        shape = self._shape(sample_shape)
        log_w = jax.random.loggamma(key_gamma, half, shape) - log(half)
        return self.loc + self.scale * jnp.exp(-0.5 * log_w) * jax.random.normal(key_normal, shape)

    @property
    def mean(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._broadcast(jnp.where(self.df > 1.0, self.loc, jnp.nan))

    @property
    def variance(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        finite = jnp.where(self.df > 2.0, self.df, 3.0)
        spread = jnp.where(self.df > 2.0, finite / (finite - 2.0), jnp.inf)
        return self._broadcast(self.scale**2 * jnp.where(self.df > 1.0, spread, jnp.nan))


def log_student_constant(df: Array) -> Array:
    """log of Gamma((df + 1)/2) / (Gamma(df/2) sqrt(pi df)); tends to -log(2 pi)/2."""
    half = 0.5 * df
    rest = log_gamma_rest(log(half + 0.5)) - log_gamma_rest(log(half))
    return rest + (half + 0.5) * log1p(0.5 / half) - 0.5 - 0.5 * math.log(2.0 * math.pi)


def log_student_cdf(z: Array, df: Array) -> Array:
    """log P(T <= z), with derivatives in both.

    With z = -sqrt(df) sinh(v) the tail is the constant times sqrt(df) times the integral of cosh^-df from
    v on: a log-concave tail, whatever the degrees of freedom.
    """
    z, df = jnp.broadcast_arrays(z, jnp.minimum(df, _NORMAL))
    v = jnp.arcsinh(jnp.where(z < 0.0, -z, z) * jax.lax.rsqrt(df))
    bend = jnp.tanh(v)

    def g(x: Array) -> Array:  # df log(cosh(v + x) / cosh(v))
        return df[..., None] * (x + log1p(0.5 * (1.0 - bend)[..., None] * jnp.expm1(-2.0 * x)))

    slope = df * bend
    guess = 2.0 / (slope + jnp.sqrt(slope * slope + 2.0 * df))
    log_density = log_student_constant(df) + 0.5 * log(df) - df * _log_cosh(v)
    tail = log_density + log_integral(g, guess)
    return jnp.where(z < 0.0, tail, log1m_exp(tail))


def _log_cosh(x: Array) -> Array:
    """log cosh x for x >= 0."""
    is_near = x < 1.0
    near, far = jnp.where(is_near, x, 0.5), jnp.where(is_near, 1.0, x)
    low = 0.5 * log1p(jnp.sinh(near) ** 2)
    return jnp.where(is_near, low, far + log1p(jnp.exp(-2.0 * far)) - math.log(2.0))
