"""The names of families that users of brms, lme4, glmmTMB, bambi and R write, and what each is of.

One name is one family here, brms's where it has one. `SUPPORTS` says which responses a family takes, so
that a response it cannot take is refused whether or not this version fits the family.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KnownFamily:
    """A family by what it is of: `support` is a key of `SUPPORTS`, `parameters` those with a formula."""

    support: str
    parameters: tuple[str, ...]


SUPPORTS: Mapping[str, str] = {
    "real": "numbers",
    "positive": "numbers above 0",
    "nonnegative": "numbers, 0 or more",
    "unit": "above 0 and below 1",
    "half-open unit": "0 or more and below 1",
    "closed unit": "between 0 and 1",
    "count": "whole numbers, 0 or more",
    "trials": "whole numbers, 0 or more, at most the number of trials",
    "binary": "0 or 1, true or false, or of two levels",
    "ordered": "an ordered category, or whole numbers from 0 or 1 on",
    "category": "levels of a category, or whole numbers",
    "angle": "between -pi and pi",
    "matrix": "several columns",
    "any": "anything",
}
"""Kinds of response in words, after "must be"."""


def _known(support: str, **families: str) -> dict[str, KnownFamily]:
    return {name: KnownFamily(support, ("mu", *others.split())) for name, others in families.items()}


KNOWN: Mapping[str, KnownFamily] = {
    **_known(
        "real",
        gaussian="sigma",
        student="sigma nu",
        skew_normal="sigma alpha",
        exgaussian="sigma beta",
        asym_laplace="sigma quantile",
        zero_inflated_asym_laplace="sigma quantile zi",
        gen_extreme_value="sigma xi",
        laplace="sigma",
    ),
    **_known(
        "positive",
        gamma="shape",
        lognormal="sigma",
        shifted_lognormal="sigma ndt",
        exponential="",
        weibull="shape",
        inverse_gaussian="shape",
        frechet="nu",
        wiener="bs ndt bias",
        cox="",
    ),
    **_known("nonnegative", hurdle_gamma="shape hu", hurdle_lognormal="sigma hu", tweedie="phi power"),
    **_known("unit", beta="phi"),
    **_known("half-open unit", zero_inflated_beta="phi zi"),
    **_known("closed unit", zero_one_inflated_beta="phi zoi coi", ordered_beta="phi", xbeta="phi kappa"),
    **_known(
        "count",
        poisson="",
        negbinomial="shape",
        negbinomial1="phi",
        geometric="",
        com_poisson="shape",
        discrete_weibull="shape",
        hurdle_poisson="hu",
        hurdle_negbinomial="shape hu",
        zero_inflated_poisson="zi",
        zero_inflated_negbinomial="shape zi",
    ),
    **_known(
        "trials",
        binomial="",
        beta_binomial="phi",
        zero_inflated_binomial="zi",
        zero_inflated_beta_binomial="phi zi",
    ),
    **_known("binary", bernoulli=""),
    **_known(
        "ordered", cumulative="disc", sratio="disc", cratio="disc", acat="disc", hurdle_cumulative="hu disc"
    ),
    **_known("category", categorical=""),
    **_known("angle", von_mises="kappa"),
    **_known("matrix", multinomial="", dirichlet="phi", logistic_normal="sigma", mvgaussian="sigma"),
    **_known("any", custom="", mixture="theta"),
}
"""Families by name, those of this version and the others."""

ALIASES: Mapping[str, str] = {
    "normal": "gaussian",
    "norm": "gaussian",
    "linear": "gaussian",
    "t": "student",
    "student_t": "student",
    "studentt": "student",
    "logit": "bernoulli",
    "nb": "negbinomial",
    "nb2": "negbinomial",
    "nbinom": "negbinomial",
    "nbinom2": "negbinomial",
    "neg_binomial": "negbinomial",
    "neg_binomial_2": "negbinomial",
    "negative_binomial": "negbinomial",
    "negativebinomial": "negbinomial",
    "nb1": "negbinomial1",
    "nbinom1": "negbinomial1",
    "betabinomial": "beta_binomial",
    "betabinom": "beta_binomial",
    "zip": "zero_inflated_poisson",
    "zinb": "zero_inflated_negbinomial",
    "zi_poisson": "zero_inflated_poisson",
    "zeroinflatedpoisson": "zero_inflated_poisson",
    "zero_inflated_negativebinomial": "zero_inflated_negbinomial",
    "zero_inflated_negative_binomial": "zero_inflated_negbinomial",
    "hurdle_negativebinomial": "hurdle_negbinomial",
    "hurdle_negative_binomial": "hurdle_negbinomial",
    "log_normal": "lognormal",
    "lnorm": "lognormal",
    "inversegaussian": "inverse_gaussian",
    "wald": "inverse_gaussian",
    "ex_gaussian": "exgaussian",
    "asymmetric_laplace": "asym_laplace",
    "asymmetriclaplace": "asym_laplace",
    "quantile": "asym_laplace",
    "gev": "gen_extreme_value",
    "skewnormal": "skew_normal",
    "vonmises": "von_mises",
    "ordbeta": "ordered_beta",
    "xbetax": "xbeta",
    "compois": "com_poisson",
    "compoisson": "com_poisson",
    "ordinal": "cumulative",
    "ordered": "cumulative",
    "ordered_logistic": "cumulative",
    "stopping_ratio": "sratio",
    "adjacent_category": "acat",
    "softmax": "categorical",
    "weibull_aft": "weibull",
}
"""What other packages call a family that has another name here."""

RELATIVES: Mapping[str, str] = {
    "logistic": "Logistic regression is family='bernoulli'.",
    "probit": "Probit regression is family='bernoulli(probit)'.",
    "quasipoisson": "Counts that vary more than Poisson's are family='negbinomial'.",
    "quasibinomial": "Successes that vary more than binomial are family='beta_binomial'.",
    "quasi": "A Bayesian model needs a likelihood: a family by name.",
    "truncated_poisson": "Counts without zeros are y | trunc(lb = 1) ~ ... with family='poisson'.",
    "truncated_nbinom2": "Counts without zeros are y | trunc(lb = 1) ~ ... with family='negbinomial'.",
}
"""What is no family here, and what does its work."""


def plain_name(name: str) -> str:
    """A family's name as the tables spell it: `Negative Binomial` is `negative_binomial`."""
    return re.sub(r"[-. ]+", "_", name.strip().lower())


def known_name(name: str) -> str | None:
    """The name here of a family under any of its names; None for what is none.

    >>> known_name("Negative Binomial"), known_name("Gamma"), known_name("frobnicate")
    ('negbinomial', 'gamma', None)
    """
    plain = plain_name(name)
    plain = ALIASES.get(plain, plain)
    return plain if plain in KNOWN else None


def nearest_families(name: str) -> list[str]:
    """Families whose names look like this one, if any do: the nearest, and those as near.

    >>> nearest_families("binomal"), nearest_families("gausian"), nearest_families("anova")
    (['binomial'], ['gaussian'], [])
    """
    plain = plain_name(name)
    likeness = {other: difflib.SequenceMatcher(None, plain, other).ratio() for other in (*KNOWN, *ALIASES)}
    best = max(likeness.values())
    near = [other for other in likeness if likeness[other] >= max(0.7, best - 0.05)]
    near.sort(key=lambda other: -likeness[other])
    return list(dict.fromkeys(ALIASES.get(found, found) for found in near))[:3]
