"""Counts without a limit, and counts of successes among trials.

Under `rate(d)` a response is the sum over d units: means are d times as large, and so is the shape of a
negative binomial, as the sum of d such variables has d times their shape.
"""

from __future__ import annotations

from collections.abc import Mapping

import jax.numpy as jnp
import numpyro.distributions as dist
from jax import Array

from bayesformula.compiler.likelihood.distributions.binomial import Bernoulli, BetaBinomial, Binomial
from bayesformula.compiler.likelihood.distributions.generalized_poisson import GeneralizedPoisson
from bayesformula.compiler.likelihood.distributions.negbinomial import NegativeBinomial
from bayesformula.compiler.likelihood.distributions.poisson import Poisson
from bayesformula.compiler.likelihood.terms import Terms
from bayesformula.compiler.links import Linked


def poisson(p: Mapping[str, Linked], terms: Terms) -> dist.Distribution:
    """Mean and variance mu."""
    return Poisson(_per_unit(p["mu"].log, terms))


def negbinomial(p: Mapping[str, Linked], terms: Terms) -> dist.Distribution:
    """Mean mu, variance mu + mu^2 / shape."""
    return NegativeBinomial(_per_unit(p["mu"].log, terms), _per_unit(p["shape"].log, terms))


def negbinomial1(p: Mapping[str, Linked], terms: Terms) -> dist.Distribution:
    """Mean mu, variance mu (1 + phi): a negative binomial of shape mu / phi."""
    mu = _per_unit(p["mu"].log, terms)
    return NegativeBinomial(mu, mu - p["phi"].log)


def geometric(p: Mapping[str, Linked], terms: Terms) -> dist.Distribution:
    """Mean mu, variance mu + mu^2: a negative binomial of shape 1."""
    return NegativeBinomial(_per_unit(p["mu"].log, terms), _per_unit(jnp.zeros(()), terms))


def generalized_poisson(p: Mapping[str, Linked], terms: Terms) -> dist.Distribution:
    """Mean mu, variance mu phi^2; phi above 1/2."""
    return GeneralizedPoisson(_per_unit(p["mu"].log, terms), p["phi"].log)


def bernoulli(p: Mapping[str, Linked], terms: Terms) -> dist.Distribution:
    """1 with probability mu, else 0."""
    return Bernoulli(p["mu"])


def binomial(p: Mapping[str, Linked], terms: Terms) -> dist.Distribution:
    """Successes of `trials`, each with probability mu: mean trials mu."""
    return Binomial(_trials(terms), p["mu"].log, p["mu"].log1m)


def beta_binomial(p: Mapping[str, Linked], terms: Terms) -> dist.Distribution:
    """Successes of `trials`, their chance beta with mean mu and precision phi: mean trials mu."""
    return BetaBinomial(_trials(terms), p["mu"].log, p["mu"].log1m, p["phi"].log)


def _per_unit(log_value: Array, terms: Terms) -> Array:
    """The log of a parameter of one unit, of all units of the row."""
    return log_value if terms.rate is None else log_value + jnp.log(jnp.asarray(terms.rate, float))


def _trials(terms: Terms) -> Array:
    assert terms.trials is not None
    return jnp.asarray(terms.trials, float)
