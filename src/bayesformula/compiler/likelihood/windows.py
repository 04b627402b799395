"""Draws and means of a response that lies within bounds, low < Y <= high."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
from jax import Array
from numpyro.distributions import constraints

from bayesformula.compiler.likelihood.tails import log_mass, log_probs, upper_end, whole_numbers

_ROUNDS = 30  # draws that are thrown away where they fall outside, before the distribution is inverted
_LONGEST = 1_000_000  # a sum upwards through the whole numbers gives up
_Round: TypeAlias = tuple[Array, Array, Array]
_Count: TypeAlias = tuple[Array, Array, Array, Array]

_HALVINGS = 100
_DOUBLINGS = 60


def draw(
    d: dist.Distribution,
    key: Array,
    sample_shape: tuple[int, ...],
    low: Array | None,
    high: Array | None,
    max_count: int,
) -> Array:
    """Exact draws of Y given low < Y <= high.

    Plain draws are kept where they are inside; what is left after 30 rounds has little probability and is
    drawn by inverting the distribution function. Draws outside the bounds never come back.
    """
    shape = (*sample_shape, *d.batch_shape)
    of_rounds, of_rest = jax.random.split(key)
    drawn, is_in = _kept(d, of_rounds, sample_shape, low, high)
    share = jax.random.uniform(of_rest, shape)
    if d.is_discrete:
        return _counted(d, share, drawn, is_in, low, high, max_count)
    rest = quantile(d, share, low, high, ~is_in.all())
    return jnp.where(is_in, drawn, rest)


def _kept(
    d: dist.Distribution, key: Array, sample_shape: tuple[int, ...], low: Array | None, high: Array | None
) -> tuple[Array, Array]:
    """Draws of `d` and whether each is inside, after as many rounds as it took, at most 30."""

    def again(state: _Round) -> _Round:
        count, drawn, is_in = state
        fresh = jnp.asarray(d.sample(jax.random.fold_in(key, count), sample_shape), float)
        drawn = jnp.where(is_in, drawn, fresh)
        return count + 1, drawn, _is_inside(drawn, low, high)

    def goes_on(state: _Round) -> Array:
        return (state[0] < _ROUNDS) & ~state[2].all()

    shape = (*sample_shape, *d.batch_shape)
    start = (jnp.zeros((), int), jnp.zeros(shape), jnp.zeros(shape, bool))
    _, drawn, is_in = jax.lax.while_loop(goes_on, again, start)
    return drawn, is_in


def _is_inside(y: Array, low: Array | None, high: Array | None) -> Array:
    out = jnp.ones(y.shape, bool)
    if low is not None:
        out = out & (y > jnp.broadcast_to(low, y.shape))
    if high is not None:
        out = out & (y <= jnp.broadcast_to(high, y.shape))
    return out


# ---- whole numbers -----------------------------------------------------------------------------------


def _counted(
    d: dist.Distribution,
    share: Array,
    drawn: Array,
    is_in: Array,
    low: Array | None,
    high: Array | None,
    max_count: int,
) -> Array:
    """Where a draw is missing, count upwards until the numbers passed have the share that was drawn."""
    total = log_mass(d, low, high, max_count)

    def step(state: _Count) -> _Count:
        k, passed, drawn, is_done = state
        each = jnp.broadcast_to(jnp.asarray(d.log_prob(k)), d.batch_shape)
        counts = _is_inside(jnp.broadcast_to(k, d.batch_shape), low, high)
        passed = passed + jnp.where(counts, jnp.exp(each - total), 0.0)
        is_here = ~is_done & (jnp.broadcast_to(passed, share.shape) >= share)
        if high is not None:  # rounding can leave the sum below 1 at the bound
            is_here = is_here | (~is_done & jnp.broadcast_to(k >= jnp.floor(high), share.shape))
        return k + 1.0, passed, jnp.where(is_here, k, drawn), is_done | is_here

    def goes_on(state: _Count) -> Array:
        return ~state[3].all() & (state[0] < _LONGEST)

    first = jnp.zeros(()) if low is None else jnp.maximum(jnp.floor(jnp.min(low)) + 1.0, 0.0)
    start = (first, jnp.zeros(d.batch_shape), jnp.where(is_in, drawn, first), is_in)
    return jax.lax.while_loop(goes_on, step, start)[2]


def mean_count(d: dist.Distribution, low: Array | None, high: Array | None, max_count: int) -> Array:
    """E(Y | low < Y <= high) of whole numbers: what is inside is summed, or what is outside taken off."""
    total = log_mass(d, low, high, max_count)
    n = d.batch_shape
    low = jnp.full(n, -1.0) if low is None else jnp.broadcast_to(low, n)
    high = jnp.full(n, jnp.inf) if high is None else jnp.broadcast_to(high, n)

    def step(sums: tuple[Array, Array], counts: Array) -> tuple[tuple[Array, Array], None]:
        k = jnp.expand_dims(counts, tuple(range(1, 1 + len(n))))
        each = k * jnp.exp(log_probs(d, counts) - total[None])
        is_below = k <= low[None]
        below = jnp.where(is_below, each, 0.0).sum(axis=0)
        inside = jnp.where(~is_below & (k <= high[None]), each, 0.0).sum(axis=0)
        return (sums[0] + below, sums[1] + inside), None

    start = (jnp.zeros(n), jnp.zeros(n))
    (below, inside), _ = jax.lax.scan(step, start, whole_numbers(upper_end(max_count)))
    # far out in the upper tail the sum of the inside is exact, and a difference would cancel
    is_open = (high == jnp.inf) & (total > -12.0)
    return jnp.where(is_open, jnp.asarray(d.mean) * jnp.exp(-total) - below, inside)


# ---- continuous --------------------------------------------------------------------------------------


def quantile(
    d: dist.Distribution,
    share: Array,
    low: Array | None,
    high: Array | None,
    is_wanted: Array | bool = True,
) -> Array:
    """y with P(Y <= y | low < Y <= high) = share, by bisection; in no steps at all where it is not wanted."""
    total = log_mass(d, low, high, 0)
    is_lower_half = share < 0.5

    def is_left(y: Array) -> Array:
        """Whether y is left of the quantile: by the lower tail below the median, by the upper one above."""
        return jnp.where(
            is_lower_half,
            _each(lambda at: log_mass(d, low, at, 0), y) - total < jnp.log(share),
            _each(lambda at: log_mass(d, at, high, 0), y) - total > jnp.log1p(-share),
        )

    doublings, halvings = (jnp.where(is_wanted, steps, 0) for steps in (_DOUBLINGS, _HALVINGS))
    left, right = _brackets(d, share.shape, low, high, is_left, doublings)

    def halve(_: Array, ends: tuple[Array, Array]) -> tuple[Array, Array]:
        middle = 0.5 * (ends[0] + ends[1])
        left = is_left(middle)
        return jnp.where(left, middle, ends[0]), jnp.where(left, ends[1], middle)

    left, right = jax.lax.fori_loop(0, halvings, halve, (left, right))
    return 0.5 * (left + right)


def _each(mass: Callable[[Array], Array], y: Array) -> Array:
    """`mass` at (..., n) points, one (n,) at a time for each leading axis."""
    return mass(y) if y.ndim <= 1 else jax.vmap(lambda rows: _each(mass, rows))(y)


def _brackets(
    d: dist.Distribution,
    shape: tuple[int, ...],
    low: Array | None,
    high: Array | None,
    is_left: Callable[[Array], Array],
    doublings: Array,
) -> tuple[Array, Array]:
    """Two ends around a quantile: the bounds, the ends of the support, or steps that double."""
    least, most = _ends(d)
    low = jnp.full(shape, least) if low is None else jnp.broadcast_to(jnp.maximum(low, least), shape)
    high = jnp.full(shape, most) if high is None else jnp.broadcast_to(jnp.minimum(high, most), shape)
    anchor = jnp.where(jnp.isfinite(low), low, jnp.where(jnp.isfinite(high), high, 0.0))

    starts = jnp.stack(
        [jnp.where(jnp.isinf(low), anchor - 1.0, low), jnp.where(jnp.isinf(high), anchor + 1.0, high)]
    )

    def widen(j: Array, ends: Array) -> Array:
        step = 2.0 ** j.astype(float)
        left_of = jax.vmap(is_left)(ends)
        left = jnp.where(jnp.isinf(low) & ~left_of[0], anchor - step, ends[0])
        return jnp.stack([left, jnp.where(jnp.isinf(high) & left_of[1], anchor + step, ends[1])])

    left, right = jax.lax.fori_loop(0, doublings, widen, starts)
    return left, right


def _ends(d: dist.Distribution) -> tuple[float, float]:
    """The ends of a continuous support."""
    if d.support in (constraints.positive, constraints.nonnegative):
        return 0.0, float("inf")
    return (0.0, 1.0) if d.support is constraints.unit_interval else (-float("inf"), float("inf"))


_SHARES = np.array([1e-12, 1e-8, 1e-4, 0.02, 0.2, 0.5, 0.8, 0.98, 1 - 1e-4, 1 - 1e-8, 1 - 1e-12])


def mean_number(d: dist.Distribution, low: Array | None, high: Array | None) -> Array:
    """E(Y | low < Y <= high) of a continuous response, to about seven digits.

    Gauss and Legendre's rule between eleven quantiles: where the density lives, however narrow it is.
    """
    total = log_mass(d, low, high, 0)
    shares = jnp.broadcast_to(jnp.expand_dims(jnp.asarray(_SHARES), 1), (len(_SHARES), *d.batch_shape))
    cuts = quantile(d, shares, low, high)
    nodes, weights = np.polynomial.legendre.leggauss(16)

    def add(sums: tuple[Array, Array], rule: tuple[Array, Array]) -> tuple[tuple[Array, Array], None]:
        node, weight = rule
        half = 0.5 * (cuts[1:] - cuts[:-1])
        y = cuts[:-1] + half * (1.0 + node)
        log_density = _each(lambda at: jnp.asarray(d.log_prob(at)), y)
        density = weight * half * jnp.exp(log_density - total[None])
        return (sums[0] + density.sum(axis=0), sums[1] + (density * y).sum(axis=0)), None

    zero = jnp.zeros(d.batch_shape)
    (mass, moment), _ = jax.lax.scan(add, (zero, zero), (jnp.asarray(nodes), jnp.asarray(weights)))
    return moment / mass
