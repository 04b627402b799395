"""Unordered categories: one of K a row, or counts of trials in K."""

from __future__ import annotations

from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpyro.distributions as dist
from jax import Array

from bayesformula.compiler.likelihood.distributions.categories import Categories, Counts
from bayesformula.compiler.likelihood.terms import Terms
from bayesformula.compiler.links import Linked


def categorical(p: Mapping[str, Linked], terms: Terms) -> dist.Distribution:
    """P(Y = k) proportional to exp(eta_k), eta of the first category being 0."""
    return Categories(_log_probs(p))


def multinomial(p: Mapping[str, Linked], terms: Terms) -> dist.Distribution:
    """Counts of `trials` draws of such a category; a row of the response is (K,)."""
    assert terms.trials is not None
    return Counts(_log_probs(p), jnp.asarray(terms.trials))


def _log_probs(p: Mapping[str, Linked]) -> Array:
    """(n, K) log probabilities: one predictor a category but the first, `mu<level>`, in order."""
    others = [linked.eta for name, linked in p.items() if name.startswith("mu")]
    shape = jnp.broadcast_shapes(*(eta.shape for eta in others))
    first = jnp.zeros(shape, others[0].dtype)
    etas = [first, *(jnp.broadcast_to(eta, shape) for eta in others)]
    return jax.nn.log_softmax(jnp.stack(etas, axis=-1), axis=-1)
