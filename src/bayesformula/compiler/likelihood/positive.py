"""Families of a positive response: lognormal to tweedie (which may be zero too).

Their parameters come as logarithms: on a log link that is eta itself, and no exponential overflows.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpyro.distributions as dist

from bayesformula.compiler.likelihood.distributions.gamma import Gamma
from bayesformula.compiler.likelihood.distributions.inverse_gaussian import InverseGaussian
from bayesformula.compiler.likelihood.distributions.lognormal import LogNormal
from bayesformula.compiler.likelihood.distributions.tweedie import Tweedie
from bayesformula.compiler.likelihood.distributions.weibull import Exponential, Weibull
from bayesformula.compiler.likelihood.terms import Terms
from bayesformula.compiler.links import Linked


def lognormal(p: Mapping[str, Linked], terms: Terms) -> dist.Distribution:
    """log y is normal: mean mu, standard deviation sigma, both of log y."""
    return LogNormal(p["mu"].value, p["sigma"].value)


def shifted_lognormal(p: Mapping[str, Linked], terms: Terms) -> dist.Distribution:
    """log(y - ndt) is normal: mean mu, standard deviation sigma."""
    return LogNormal(p["mu"].value, p["sigma"].value, p["ndt"].value)


def gamma(p: Mapping[str, Linked], terms: Terms) -> dist.Distribution:
    """Gamma: mean mu, variance mu^2 / shape."""
    return Gamma(p["mu"].log, p["shape"].log)


def inverse_gaussian(p: Mapping[str, Linked], terms: Terms) -> dist.Distribution:
    """Inverse Gaussian: mean mu, variance mu^3 / shape."""
    return InverseGaussian(p["mu"].log, p["shape"].log)


def weibull(p: Mapping[str, Linked], terms: Terms) -> dist.Distribution:
    """Weibull: mean mu, shape `shape`."""
    return Weibull(p["mu"].log, p["shape"].log)


def exponential(p: Mapping[str, Linked], terms: Terms) -> dist.Distribution:
    """Exponential: mean mu."""
    return Exponential(p["mu"].log)


def tweedie(p: Mapping[str, Linked], terms: Terms) -> dist.Distribution:
    """Compound Poisson-gamma: mean mu, variance phi mu^power with 1 < power < 2."""
    return Tweedie(p["mu"].log, p["phi"].log, p["power"])
