"""log P(low < Y <= high) of any response: what censoring and truncation are made of.

A distribution that knows better has a method `log_mass`. Whole numbers are summed, with the smaller of
the two tails taken where a difference would cancel; continuous responses have `log_cdf` and `log_sf`.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpyro.distributions as dist
from jax import Array

from bayesformula.compiler.likelihood import continuous_tails
from bayesformula.compiler.likelihood.distributions.gammas import log1m_exp, log_add_exp, log_sub_exp

_CHUNK = 16  # numbers a step: derivatives keep two sums a step, and larger steps leave the processor's cache
_MARGIN = 48  # an upper tail is summed to twice the greatest bound and this
_NOTHING = -1e30  # the logarithm of a sum that has no terms yet: finite, so that derivatives are
_ALMOST_ALL = -1e-5  # log of a share of 1 so great that one minus it has lost too many digits
_HARMLESS = 0.5  # in the support of every continuous family, as a stand-in for a bound there is not


def log_cdf(d: dist.Distribution, y: Array, max_count: int = 0) -> Array:
    """log P(Y <= y)."""
    return log_mass(d, None, y, max_count)


def log_sf(d: dist.Distribution, y: Array, max_count: int = 0) -> Array:
    """log P(Y > y)."""
    return log_mass(d, y, None, max_count)


def log_mass(d: dist.Distribution, low: Array | None, high: Array | None, max_count: int) -> Array:
    """log P(low < Y <= high), (n,); a bound that is None or infinite is none.

    Args:
        d: the distribution of the response.
        low, high: (n,).
        max_count: of whole numbers: no finite bound is greater. Sums run up to it, or to twice as far
            where there is no upper bound; at a family of trials it is best their greatest number.
    """
    if hasattr(d, "log_mass"):
        return d.log_mass(low, high, max_count)  # pyright: ignore
    if d.is_discrete:
        return _summed(d, low, high, max_count)
    return _between(d, low, high)


# ---- continuous --------------------------------------------------------------------------------------


def _between(d: dist.Distribution, low: Array | None, high: Array | None) -> Array:
    if low is None and high is None:
        return jnp.zeros(d.batch_shape)
    if low is None:
        return _cdf(d, jnp.asarray(high))
    if high is None:
        return _sf(d, low)
    below, above = _cdf(d, low), _sf(d, low)
    # a difference of the smaller tails: above the median of the upper ones
    by_cdf = log_sub_exp(_cdf(d, high), below)
    by_sf = log_sub_exp(above, _sf(d, high))
    return jnp.where(below > above, by_sf, by_cdf)


def _cdf(d: dist.Distribution, y: Array) -> Array:
    is_finite = jnp.isfinite(y)
    inside = continuous_tails.log_cdf(d, jnp.where(is_finite, y, _HARMLESS))
    return jnp.where(is_finite, inside, jnp.where(y < 0.0, -jnp.inf, 0.0))


def _sf(d: dist.Distribution, y: Array) -> Array:
    is_finite = jnp.isfinite(y)
    inside = continuous_tails.log_sf(d, jnp.where(is_finite, y, _HARMLESS))
    return jnp.where(is_finite, inside, jnp.where(y < 0.0, 0.0, -jnp.inf))


# ---- whole numbers -----------------------------------------------------------------------------------


def _summed(d: dist.Distribution, low: Array | None, high: Array | None, max_count: int) -> Array:
    zero = jnp.zeros(d.batch_shape)
    if low is None:
        if high is None:
            return zero
        inside = _sums(d, zero - 1.0, high, max_count)[1]
        return jnp.where(high == jnp.inf, 0.0, inside)
    last = upper_end(max_count)
    high = zero + jnp.inf if high is None else high
    below, inside = _sums(d, low, high, last)
    is_most = below > _ALMOST_ALL
    rest = log_add_exp(inside, _beyond(d, last))
    above = jnp.where(is_most, rest, log1m_exp(jnp.where(is_most, -1.0, below)))
    return jnp.where(high == jnp.inf, jnp.where(low < 0.0, 0.0, above), inside)


def upper_end(max_count: int) -> int:
    """How far an upper tail is summed, where no bound is greater than `max_count`: whole steps."""
    return (2 * max_count + _MARGIN) // _CHUNK * _CHUNK + _CHUNK - 1


def whole_numbers(last: int) -> Array:
    """0, 1, ... to `last` or a little beyond, in rows: a sum looks at one row at a time."""
    rows = last // _CHUNK + 1
    return jnp.arange(rows * _CHUNK, dtype=float).reshape(rows, _CHUNK)


def log_probs(d: dist.Distribution, counts: Array) -> Array:
    """(m, n) log probabilities of m whole numbers; what depends on the number alone is computed m times."""
    each = jax.vmap(lambda k: jnp.asarray(d.log_prob(k)))(counts)
    return jnp.broadcast_to(each.reshape(len(counts), *each.shape[1:]), (len(counts), *d.batch_shape))


def _sums(d: dist.Distribution, low: Array, high: Array, last: int) -> tuple[Array, Array]:
    """log P(Y <= low) and log P(low < Y <= high), as far as `last`."""
    low, high = jnp.broadcast_to(low, d.batch_shape), jnp.broadcast_to(high, d.batch_shape)

    @jax.checkpoint  # keep the sums only, not what each number adds to them
    def step(sums: tuple[Array, Array], counts: Array) -> tuple[tuple[Array, Array], None]:
        each = log_probs(d, counts)
        k = jnp.expand_dims(counts, tuple(range(1, each.ndim)))
        is_below = k <= low[None]
        is_inside = ~is_below & (k <= high[None])
        return (_add(sums[0], each, is_below), _add(sums[1], each, is_inside)), None

    start = jnp.full(d.batch_shape, _NOTHING)
    sums, _ = jax.lax.scan(step, (start, start), whole_numbers(last))
    below, inside = (jnp.where(total > 0.1 * _NOTHING, total, -jnp.inf) for total in sums)
    return below, inside


def _add(total: Array, each: Array, is_in: Array) -> Array:
    """The logarithm of a sum, with terms added along the first axis."""
    terms = jnp.where(is_in & (each > _NOTHING), each, _NOTHING)
    top = jax.lax.stop_gradient(jnp.maximum(total, terms.max(axis=0)))
    return top + jnp.log(jnp.exp(total - top) + jnp.exp(terms - top[None]).sum(axis=0))


def _beyond(d: dist.Distribution, last: int) -> Array:
    """log P(Y > last), as if what follows fell as fast as between the last two: a geometric series."""
    before, end = log_probs(d, jnp.array([last - 1.0, last]))
    is_some = (before > _NOTHING) & (end > _NOTHING)
    log_ratio = jnp.where(is_some, end - before, -1.0)
    log_ratio = jnp.minimum(log_ratio, -1e-6)
    return jnp.where(is_some, end + log_ratio - log1m_exp(log_ratio), -jnp.inf)
