"""Families of a real response: gaussian, student, skew_normal, exgaussian, asym_laplace, von_mises.

Where `se()` gives known errors, sigma comes here with them already in it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpyro.distributions as dist

from bayesformula.compiler.likelihood.distributions.asym_laplace import AsymLaplace
from bayesformula.compiler.likelihood.distributions.exgaussian import ExGaussian
from bayesformula.compiler.likelihood.distributions.gaussian import Gaussian
from bayesformula.compiler.likelihood.distributions.skew_normal import SkewNormal
from bayesformula.compiler.likelihood.distributions.student import Student
from bayesformula.compiler.likelihood.distributions.von_mises import VonMises
from bayesformula.compiler.likelihood.terms import Terms
from bayesformula.compiler.links import Linked


def gaussian(p: Mapping[str, Linked], terms: Terms) -> dist.Distribution:
    """Normal: mean mu, standard deviation sigma."""
    return Gaussian(p["mu"].value, p["sigma"].value)


def student(p: Mapping[str, Linked], terms: Terms) -> dist.Distribution:
    """Student's t: mean mu, scale sigma (not the sd), nu degrees of freedom."""
    return Student(p["mu"].value, p["sigma"].value, p["nu"].value)


def skew_normal(p: Mapping[str, Linked], terms: Terms) -> dist.Distribution:
    """Skew normal: mean mu, standard deviation sigma, skewness alpha (0 is the normal)."""
    return SkewNormal(p["mu"].value, p["sigma"].value, p["alpha"].value)


def exgaussian(p: Mapping[str, Linked], terms: Terms) -> dist.Distribution:
    """Normal of sd sigma plus exponential of mean beta: mean mu."""
    return ExGaussian(p["mu"].value, p["sigma"].value, p["beta"].value)


def asym_laplace(p: Mapping[str, Linked], terms: Terms) -> dist.Distribution:
    """Asymmetric Laplace: mu is the quantile `quantile`, sigma the scale."""
    quantile = p["quantile"]
    return AsymLaplace(p["mu"].value, p["sigma"].value, quantile.log, quantile.log1m)


def von_mises(p: Mapping[str, Linked], terms: Terms) -> dist.Distribution:
    """Von Mises, of angles in radians: mean direction mu, concentration kappa."""
    return VonMises(p["mu"].value, p["kappa"].value)
