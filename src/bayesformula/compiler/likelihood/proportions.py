"""Responses between 0 and 1, the ends left out or included."""

from __future__ import annotations

from collections.abc import Mapping

import numpyro.distributions as dist

from bayesformula.compiler.likelihood.distributions.beta import Beta, BetaWithEnds, cut
from bayesformula.compiler.likelihood.terms import Terms
from bayesformula.compiler.links import Linked


def beta(p: Mapping[str, Linked], terms: Terms) -> dist.Distribution:
    """Mean mu, variance mu (1 - mu) / (1 + phi)."""
    return Beta(p["mu"].log, p["mu"].log1m, p["phi"].log)


def zero_one_inflated_beta(p: Mapping[str, Linked], terms: Terms) -> dist.Distribution:
    """0 or 1 with probability zoi, and then 1 with probability coi; otherwise beta with mean mu."""
    zoi, coi = p["zoi"], p["coi"]
    return BetaWithEnds(
        zoi.log + coi.log1m, zoi.log + coi.log, zoi.log1m, Beta(p["mu"].log, p["mu"].log1m, p["phi"].log)
    )


def ordered_beta(p: Mapping[str, Linked], terms: Terms) -> dist.Distribution:
    """0 below the first cutpoint of logit(mu), 1 above the second, and between them beta with mean mu.

    P(0) = F(cutzero - logit mu), P(1) = F(logit mu - cutzero - cutgap), with F the logistic function.

    References: Kubinec (2022), doi:10.1017/pan.2022.20.
    """
    ends = cut(p["mu"].logit, p["cutzero"].value, p["cutgap"].log)
    return BetaWithEnds(*ends, Beta(p["mu"].log, p["mu"].log1m, p["phi"].log))
