"""The names of families that users of brms, lme4, glmmTMB, bambi and R write, and what each is of.

One name is one family here, brms's where it has one. `SUPPORTS` says which responses a family takes, so
that a response it cannot take is refused whether or not this version fits the family.
"""

from __future__ import annotations

import difflib
import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass

from bayesformula.family_table import (
    COMPOSED,
    FAMILIES,
    WRAPPABLE,
    WRAPPERS,
    FamilyRecord,
    compose,
)


@dataclass(frozen=True, slots=True)
class KnownFamily:
    """A family by what it is of: `support` is a key of `SUPPORTS`, `parameters` those with a formula."""

    support: str
    parameters: tuple[str, ...]


SUPPORTS: Mapping[str, str] = {
    "real": "numbers of either sign",
    "positive": "numbers above 0",
    "nonnegative": "numbers, 0 or more",
    "unit": "above 0 and below 1",
    "half-open unit": "0 or more and below 1",
    "closed unit": "between 0 and 1",
    "count": "whole numbers, 0 or more",
    "trials": "whole numbers, 0 or more, at most the number of trials",
    "binary": "0 or 1, true or false, or of two levels",
    "ordered": "levels in an order, or whole numbers",
    "category": "levels of a category, or whole numbers",
    "angle": "between -pi and pi",
    "matrix": "counts in several columns",
    "any": "anything",
}
"""Kinds of response in words, after "must be"."""


def _of_table(record: FamilyRecord | None) -> KnownFamily:
    assert record is not None
    return KnownFamily(record.family.support, record.family.parameters)


def _others(support: str, **families: str) -> dict[str, KnownFamily]:
    return {name: KnownFamily(support, ("mu", *others.split())) for name, others in families.items()}


OTHERS: Mapping[str, KnownFamily] = {
    **_others(
        "real", zero_inflated_asym_laplace="sigma quantile zi", gen_extreme_value="sigma xi", laplace="sigma"
    ),
    **_others("positive", frechet="nu", wiener="bs ndt bias", cox=""),
    **_others("closed unit", xbeta="phi kappa"),
    **_others("count", com_poisson="shape", discrete_weibull="shape"),
    **_others("ordered", hurdle_cumulative="hu disc"),
    **_others("matrix", dirichlet="phi", logistic_normal="sigma", mvgaussian="sigma"),
    **_others("any", custom="", mixture="theta"),
}
"""Families that brms, lme4, glmmTMB or bambi fit and this version does not."""

KNOWN: Mapping[str, KnownFamily] = {
    name: _of_table(compose(name)) for name in (*FAMILIES, *COMPOSED)
} | OTHERS
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
    "genpois": "generalized_poisson",
    "genpoisson": "generalized_poisson",
    "generalised_poisson": "generalized_poisson",
    "generalizedpoisson": "generalized_poisson",
    "zoib": "zero_one_inflated_beta",
    "multinom": "multinomial",
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

_TALLIES = "Counts that vary more or less than Poisson's are family='generalized_poisson'."

INSTEAD: Mapping[str, str] = {
    "com_poisson": _TALLIES,
    "discrete_weibull": _TALLIES,
    "cox": "Times to an event are family='weibull'; with those that ended before it,\n"
    "time | cens(censored) ~ x.",
    "laplace": "It is family='asym_laplace' with its quantile at a half:\ny ~ x; quantile = 0.5.",
    "gen_extreme_value": "Numbers with one long tail are family='exgaussian' or 'skew_normal'.",
    "frechet": "Positive numbers with a heavy tail are family='lognormal' or 'inverse_gaussian'.",
    "wiener": "Response times alone are family='shifted_lognormal' or 'exgaussian'.",
    "xbeta": "Proportions with zeros and ones are family='ordered_beta' or 'zero_one_inflated_beta'.",
    "hurdle_cumulative": "Levels in an order are family='cumulative', or 'sratio', reached one by one.",
    "dirichlet": "Counts of several kinds are family='multinomial', one proportion of them 'beta'.",
    "logistic_normal": "Counts of several kinds are family='multinomial', one proportion of them 'beta'.",
    "mvgaussian": "Several responses are several fits, one by one.",
    "mixture": "A mixture with zeros is zero_inflated(...) or hurdle(...).",
}
"""What does the work of a family that this version has not, or comes nearest."""


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


def families_with(parameter: str, family: str) -> list[str]:
    """Families that have a parameter, as written: those of responses like this family's, else all.

    >>> families_with("shape", "poisson"), families_with("zi", "poisson"), families_with("nu", "gamma")
    (['negbinomial'], ['zero_inflated(poisson)'], ['student'])
    """
    record = compose(family)
    base = record.family.base if record else family
    for wrapper, added in WRAPPERS.items():
        if parameter == added:
            return [f"{wrapper}({base})"] if base in WRAPPABLE else []
    found = {name: row.family.support for name, row in FAMILIES.items() if parameter in row.family.parameters}
    own = FAMILIES[base].family.support if base in FAMILIES else ""
    like = [name for name, support in found.items() if support == own] or list(found)
    if record is None or not record.family.wrapper:
        return like
    return [f"{record.family.wrapper}({name})" if name in WRAPPABLE else name for name in like]


WIDTH = 78
"""Of a terminal, but for the indent of a hint."""


def fold(text: str) -> str:
    """A hint over as many lines as a terminal needs; where it has line breaks they stay."""
    lines = (textwrap.wrap(line, WIDTH, break_long_words=False, break_on_hyphens=False)
             for line in text.splitlines())  # fmt: skip
    return "\n".join(line for several in lines for line in several)
