"""Ordered responses: cumulative, stopping ratio, continuation ratio, adjacent categories.

With K categories there are K - 1 thresholds tau. F is the inverse link, `disc` multiplies everything
(1 where it is not modelled), and eta grows towards higher categories in all four families. The last
three let eta differ from threshold to threshold, by `specific`. Definitions are those of Buerkner &
Vuorre (2019), doi:10.1177/2515245918823199.
"""

from __future__ import annotations

from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpyro.distributions as dist
from jax import Array

from bayesformula.compiler.likelihood.distributions.categories import Categories
from bayesformula.compiler.likelihood.distributions.cumulative import Cumulative
from bayesformula.compiler.likelihood.terms import Terms
from bayesformula.compiler.links import Linked


def cumulative(p: Mapping[str, Linked], terms: Terms) -> dist.Distribution:
    """P(Y <= k) = F(disc (tau_k - eta))."""
    assert terms.specific is None, "effects by threshold could cross the probabilities of `cumulative`"
    return Cumulative(p["mu"].eta, _thresholds(terms), _disc(p), p["mu"].link)


def sratio(p: Mapping[str, Linked], terms: Terms) -> dist.Distribution:
    """P(Y = k | Y >= k) = F(disc (tau_k - eta)): the chance to stop at k."""
    stop = Linked(_distance(p, terms), p["mu"].link)
    return Categories(_in_sequence(stop.log, stop.log1m))


def cratio(p: Mapping[str, Linked], terms: Terms) -> dist.Distribution:
    """P(Y > k | Y >= k) = F(disc (eta - tau_k)): the chance to go on beyond k."""
    go_on = Linked(-_distance(p, terms), p["mu"].link)
    return Categories(_in_sequence(go_on.log1m, go_on.log))


def acat(p: Mapping[str, Linked], terms: Terms) -> dist.Distribution:
    """P(Y = k + 1 | Y = k or k + 1) = F(disc (eta - tau_k))."""
    higher = Linked(-_distance(p, terms), p["mu"].link).logit
    first = jnp.zeros((*higher.shape[:-1], 1), higher.dtype)
    scores = jnp.concatenate([first, jnp.cumsum(higher, axis=-1)], axis=-1)
    return Categories(jax.nn.log_softmax(scores, axis=-1))


def _in_sequence(stop: Array, go_on: Array) -> Array:
    """(n, K) log probabilities from the K - 1 log chances to stop at a category or to go on."""
    passed = jnp.cumsum(go_on, axis=-1)
    first = jnp.zeros((*stop.shape[:-1], 1), stop.dtype)
    last = jnp.zeros((*stop.shape[:-1], 1), stop.dtype)
    return jnp.concatenate([first, passed], axis=-1) + jnp.concatenate([stop, last], axis=-1)


def _distance(p: Mapping[str, Linked], terms: Terms) -> Array:
    """(n, K - 1) disc (tau_k - eta), eta with its effects by threshold."""
    eta, tau, disc = p["mu"].eta, _thresholds(terms), _disc(p)
    distance = jnp.expand_dims(tau, tuple(range(eta.ndim))) - eta[..., None]
    if terms.specific is not None:
        distance = distance - jnp.asarray(terms.specific)
    return distance * (disc[..., None] if disc.ndim else disc)


def _thresholds(terms: Terms) -> Array:
    assert terms.thresholds is not None
    return jnp.asarray(terms.thresholds)


def _disc(p: Mapping[str, Linked]) -> Array:
    disc = p.get("disc")
    return jnp.ones(()) if disc is None else disc.value
