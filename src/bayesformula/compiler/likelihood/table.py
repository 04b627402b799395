"""A table: family -> what it means; and the response's distribution with everything around it.

From the inside out: the family's own distribution, zeros (`zero_inflated`, `hurdle`), the window in which
a response could be seen (`trunc`), what was seen of it (`cens`), and parameters that are none.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import jax.numpy as jnp
import numpyro.distributions as dist
from jax import Array

from bayesformula.compiler.likelihood import (
    categories,
    continuous,
    counts,
    ordinal,
    positive,
    proportions,
)
from bayesformula.compiler.likelihood.censored import Censored
from bayesformula.compiler.likelihood.legal import Legal
from bayesformula.compiler.likelihood.terms import Likelihood, Terms
from bayesformula.compiler.likelihood.truncated import Truncated
from bayesformula.compiler.likelihood.zeros import Hurdle, ZeroInflated
from bayesformula.compiler.links import Linked
from bayesformula.families import Family

LIKELIHOODS: Mapping[str, Likelihood] = MappingProxyType(
    {
        "gaussian": continuous.gaussian,
        "student": continuous.student,
        "skew_normal": continuous.skew_normal,
        "exgaussian": continuous.exgaussian,
        "asym_laplace": continuous.asym_laplace,
        "von_mises": continuous.von_mises,
        "lognormal": positive.lognormal,
        "shifted_lognormal": positive.shifted_lognormal,
        "gamma": positive.gamma,
        "inverse_gaussian": positive.inverse_gaussian,
        "weibull": positive.weibull,
        "exponential": positive.exponential,
        "tweedie": positive.tweedie,
        "beta": proportions.beta,
        "zero_one_inflated_beta": proportions.zero_one_inflated_beta,
        "ordered_beta": proportions.ordered_beta,
        "bernoulli": counts.bernoulli,
        "binomial": counts.binomial,
        "beta_binomial": counts.beta_binomial,
        "poisson": counts.poisson,
        "negbinomial": counts.negbinomial,
        "negbinomial1": counts.negbinomial1,
        "generalized_poisson": counts.generalized_poisson,
        "geometric": counts.geometric,
        "categorical": categories.categorical,
        "multinomial": categories.multinomial,
        "cumulative": ordinal.cumulative,
        "sratio": ordinal.sratio,
        "cratio": ordinal.cratio,
        "acat": ordinal.acat,
    }
)
"""Every family by its own name; `zero_inflated_` and `hurdle_` are put around it."""


def response(
    family: Family,
    p: Mapping[str, Linked],
    terms: Terms,
    *,
    known_error: str = "",
    max_count: int = 0,
) -> dist.Distribution:
    """The distribution of the n responses, batch shape (n,).

    Args:
        family: with its wrapper, if any.
        p: every parameter of the family by name, (n,) or ().
        terms: what is known of each row.
        known_error: "alone" where `terms.se` replaces sigma, "added" where it is added to it.
        max_count: of a discrete family with `cens` or `trunc`: no y of a censored row, `cens_upper`,
            `lower` or `upper` that is finite is greater. Part of the program, as sums run up to it.
    """
    legal, p = _made_legal(family, p)
    if known_error:
        p = {**p, "sigma": Linked(_spread(p, terms, known_error), "identity")}
    out = LIKELIHOODS[family.base](p, terms)
    if family.wrapper == "zero_inflated":
        out = ZeroInflated(out, p["zi"].log, p["zi"].log1m)
    elif family.wrapper == "hurdle":
        out = Hurdle(out, p["hu"].log, p["hu"].log1m)
    if terms.lower is not None or terms.upper is not None:
        out = Truncated(out, terms.lower, terms.upper, max_count)
    if terms.cens is not None:
        out = Censored(out, terms.cens, terms.cens_upper, max_count)
    return out if legal is None else Legal(out, legal)


def _made_legal(family: Family, p: Mapping[str, Linked]) -> tuple[Array | None, Mapping[str, Linked]]:
    """Where all parameters are legal (None: everywhere), and the parameters with harmless ones elsewhere."""
    legal, out = None, dict(p)
    for name, linked in p.items():
        support = family.support_of(name)
        here = linked.is_legal(support)
        if here is not None:
            out[name] = linked.made_legal(support)
            legal = here if legal is None else legal & here
    return legal, out


def _spread(p: Mapping[str, Linked], terms: Terms, known_error: str) -> Array:
    se = jnp.asarray(terms.se)
    return se if known_error == "alone" else jnp.sqrt(p["sigma"].value ** 2 + se**2)
