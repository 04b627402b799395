"""Consul and Jain's generalized Poisson distribution by its mean, for counts that vary more or less."""

from __future__ import annotations

import math
from typing import TypeAlias

import jax
import jax.numpy as jnp
from jax import Array
from jax.scipy.special import ndtri
from numpyro.distributions import constraints

from bayesformula.compiler.elementary import log
from bayesformula.compiler.likelihood.distributions.base import Rowwise, within
from bayesformula.compiler.likelihood.distributions.gammas import capped, log_factorial
from bayesformula.compiler.likelihood.distributions.poisson import draw_poisson

_SHORT = 24  # a support that goes further has lost less than 1e-13 of its probability
_GENERATIONS = 10_000
_MANY = 1_000.0  # a mean from which on draws are normal ones, their skewness put right, where that is small
_SKEWED = 0.1

_Tree: TypeAlias = tuple[Array, Array, Array]
_Count: TypeAlias = tuple[Array, Array, Array, Array]


class GeneralizedPoisson(Rowwise):
    """Mean mu, variance mu phi^2; phi = 1 is Poisson.

    P(y) = theta (theta + lambda y)^(y-1) exp(-theta - lambda y) / y!, theta = mu / phi, lambda = 1 - 1/phi.

    Below phi = 1 counts end before mu / (1 - phi), where theta + lambda y reaches zero. What the formula
    then leaves out or counts twice is made up for by dividing by its sum, and the mean is no longer mu where
    that matters: where fewer than about five counts are left. Below phi = 1/2 the formula describes
    nothing, and every count has probability 0.

    References: Consul and Jain (1973), doi:10.1080/00401706.1973.10489112.
    """

    support = constraints.nonnegative_integer  # pyright: ignore

    def __init__(self, log_mean: Array, log_phi: Array) -> None:
        self.log_mean, self.is_possible = capped(log_mean), log_phi > -math.log(2.0)
        log_phi = jnp.where(self.is_possible, log_phi, 0.0)
        self.log_phi, self.log_theta = log_phi, self.log_mean - log_phi
        self.slope = -jnp.expm1(-log_phi)  # lambda
        super().__init__(log_mean, log_phi)

    def log_prob(self, value: Array) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        return within((value >= 0.0) & self.is_possible, self._formula(value) - self._log_sum())

    def _formula(self, y: Array) -> Array:
        """log P(y) as Consul and Jain have it; -inf beyond the support."""
        theta = jnp.exp(self.log_theta)
        total = theta + self.slope * y
        is_inside = (total > 0.0) & (y >= 1.0)
        power = (y - 1.0) * log(jnp.where(is_inside, total, 1.0))
        some = self.log_theta + power - jnp.where(is_inside, total, 1.0) - log_factorial(y)
        return jnp.where(y == 0.0, -theta, within(is_inside, some))

    def _is_short(self) -> Array:
        return (self.slope < 0.0) & (jnp.exp(self.log_theta) + _SHORT * self.slope < 0.0)

    def _short(self) -> Array:
        """(25, n) what the formula gives for the counts of a short support."""
        counts = jnp.arange(_SHORT + 1, dtype=self.log_theta.dtype)
        return jax.vmap(lambda k: jnp.exp(self._broadcast(self._formula(k))))(counts)

    def _log_sum(self) -> Array:
        is_short = self._broadcast(self._is_short())
        zero = jnp.zeros(self.batch_shape)
        total = jax.lax.cond(is_short.any(), lambda: self._short().sum(axis=0), lambda: zero + 1.0)
        return jnp.where(is_short, log(jnp.where(is_short, total, 1.0)), zero)

    def sample(self, key: Array | None, sample_shape: tuple[int, ...] = ()) -> Array:
        """A family tree above phi = 1 (founders have mean theta, children lambda); below, by counting.

        Nothing could count to a mean of 1e30, as a prior may give: see `_near_normal`.
        """
        assert key is not None
        shape = self._shape(sample_shape)
        of_tree, of_share = jax.random.split(key)
        tree, share = self._tree(of_tree, shape), jax.random.uniform(of_share, shape, minval=1e-300)
        counted = self._counted(share)
        is_more = jnp.broadcast_to(self.slope >= 0.0, shape)
        drawn = jnp.where(is_more, tree, counted)
        drawn = jnp.where(jnp.broadcast_to(self._is_near_normal(), shape), self._near_normal(share), drawn)
        return jnp.where(jnp.broadcast_to(self.is_possible, shape), drawn, jnp.nan)

    def _tree(self, key: Array, shape: tuple[int, ...]) -> Array:
        slope = jnp.broadcast_to(jnp.maximum(self.slope, 0.0), shape)
        of_founders, of_children = jax.random.split(key)

        def grow(state: _Tree) -> _Tree:
            generation, alive, born = state
            children = draw_poisson(jax.random.fold_in(of_children, generation), slope * alive)
            return generation + 1, children, born + children

        def goes_on(state: _Tree) -> Array:
            return (state[1] > 0.0).any() & (state[0] < _GENERATIONS)

        is_tree = jnp.broadcast_to((self.slope >= 0.0) & ~self._is_near_normal(), shape)
        founders = draw_poisson(of_founders, jnp.broadcast_to(jnp.exp(self.log_theta), shape))
        founders = jnp.where(is_tree, founders, 0.0)
        return jax.lax.while_loop(goes_on, grow, (jnp.zeros((), int), founders, founders))[2]

    def _near_normal(self, share: Array) -> Array:
        """The quantile of a large mean by the first terms of Cornish and Fisher, to the next whole number."""
        z = ndtri(share)
        sd = jnp.exp(0.5 * self.log_mean + self.log_phi)
        drawn = jnp.exp(self.log_mean) + sd * (z + self._skewness() * (z**2 - 1.0) / 6.0)
        return jnp.maximum(jnp.round(drawn), 0.0)

    def _skewness(self) -> Array:
        return (1.0 + 2.0 * self.slope) * jnp.exp(self.log_phi - 0.5 * self.log_mean)

    def _is_near_normal(self) -> Array:
        return (self.log_mean > math.log(_MANY)) & (self._skewness() < _SKEWED)

    def _counted(self, share: Array) -> Array:
        """Inverts the distribution function where lambda < 0: draws are few standard deviations out."""
        theta, log_sum = self._broadcast(jnp.exp(self.log_theta)), self._log_sum()

        def step(state: _Count) -> _Count:
            k, passed, drawn, is_done = state
            passed = passed + jnp.exp(self._broadcast(self._formula(k)) - log_sum)
            is_last = theta + self.slope * (k + 1.0) <= 0.0
            is_enough = jnp.broadcast_to(passed, share.shape) >= share
            is_here = ~is_done & (is_enough | jnp.broadcast_to(is_last, share.shape))
            return k + 1.0, passed, jnp.where(is_here, k, drawn), is_done | is_here

        def goes_on(state: _Count) -> Array:
            return ~state[3].all()

        is_other = jnp.broadcast_to((self.slope >= 0.0) | self._is_near_normal(), share.shape)
        start = (jnp.zeros(()), jnp.zeros(self.batch_shape), jnp.zeros(share.shape), is_other)
        return jax.lax.while_loop(goes_on, step, start)[2]

    @property
    def mean(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._moment(1)

    @property
    def variance(self) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._moment(2)

    def _moment(self, order: int) -> Array:
        """Mean or variance: the formula's, or the sum's over a short support."""
        usual = self.log_mean + (2.0 * self.log_phi if order == 2 else 0.0)
        probs = self._short()
        counts = jnp.expand_dims(jnp.arange(_SHORT + 1.0), tuple(range(1, probs.ndim)))
        mean = (counts * probs).sum(axis=0) / probs.sum(axis=0)
        short = mean if order == 1 else ((counts - mean[None]) ** 2 * probs).sum(axis=0) / probs.sum(axis=0)
        out = jnp.where(self._is_short(), short, self._broadcast(jnp.exp(usual)))
        return jnp.where(self.is_possible, out, jnp.nan)
