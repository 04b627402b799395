"""Families of responses: `bf.families.gamma(link="log")`, `bf.families.hurdle("gamma")`.

One function a family; its docstring says what each parameter means. `mu` is the mean of the response unless
it is said otherwise, and each parameter can have a formula of its own, on the scale of its link.
`family_numbers` holds the functions of families of numbers, `family_table` the table itself, `family_reading`
how `family=` is read, and `family_choice` which family a response can have.
"""

from __future__ import annotations

from collections.abc import Callable

from bayesformula.family_choice import resolve_family
from bayesformula.family_names import INSTEAD, OTHERS, known_name, nearest_families
from bayesformula.family_numbers import (
    asym_laplace,
    beta,
    exgaussian,
    exponential,
    gamma,
    gaussian,
    inverse_gaussian,
    lognormal,
    ordered_beta,
    shifted_lognormal,
    skew_normal,
    student,
    tweedie,
    von_mises,
    weibull,
    zero_one_inflated_beta,
)
from bayesformula.family_reading import family_name, record, with_links, wrapped, wrapper_name
from bayesformula.family_table import (
    COMPOSED,
    FAMILIES,
    ORDINAL,
    PARAMETERS,
    WRAPPABLE,
    WRAPPERS,
    Family,
    FamilyRecord,
    Parameter,
)

__all__ = [
    "COMPOSED",
    "FAMILIES",
    "NOT_YET",
    "ORDINAL",
    "PARAMETERS",
    "WRAPPABLE",
    "WRAPPERS",
    "Family",
    "FamilyRecord",
    "Parameter",
    "acat",
    "asym_laplace",
    "bernoulli",
    "beta",
    "beta_binomial",
    "binomial",
    "categorical",
    "cratio",
    "cumulative",
    "exgaussian",
    "exponential",
    "family_name",
    "gamma",
    "gaussian",
    "generalized_poisson",
    "geometric",
    "hurdle",
    "inverse_gaussian",
    "lognormal",
    "multinomial",
    "negbinomial",
    "negbinomial1",
    "ordered_beta",
    "poisson",
    "record",
    "resolve_family",
    "shifted_lognormal",
    "skew_normal",
    "sratio",
    "student",
    "tweedie",
    "von_mises",
    "weibull",
    "zero_inflated",
    "zero_one_inflated_beta",
]

NOT_YET = frozenset(OTHERS)
"""Families that brms, lme4, glmmTMB or bambi fit and this version does not."""


# ---- successes and counts ----------------------------------------------------------------------------


def bernoulli(link: str = "logit") -> Family:
    """Success or not: mean mu, variance mu (1 - mu). Of two levels the second is the success.

    Args:
        link: of mu, the probability of success.
    """
    return with_links("bernoulli", {"mu": link})


def binomial(link: str = "logit") -> Family:
    """Successes of n trials, `y | trials(n) ~ x`: mean n mu, variance n mu (1 - mu).

    Args:
        link: of mu, the probability of success.
    """
    return with_links("binomial", {"mu": link})


def beta_binomial(link: str = "logit", link_phi: str = "log") -> Family:
    """Successes of n trials that vary more than binomial ones.

    Mean n mu, variance n mu (1 - mu) (n + phi) / (1 + phi).

    Args:
        link: of mu, the mean probability of success.
        link_phi: of phi, the precision of that probability: the larger, the nearer to binomial.
    """
    return with_links("beta_binomial", {"mu": link, "phi": link_phi})


def poisson(link: str = "log") -> Family:
    """Counts without an upper bound: mean mu, variance mu.

    Args:
        link: of mu, the mean.
    """
    return with_links("poisson", {"mu": link})


def negbinomial(link: str = "log", link_shape: str = "log") -> Family:
    """Counts that vary more than Poisson's: mean mu, variance mu + mu^2 / shape.

    Args:
        link: of mu, the mean.
        link_shape: of shape: the larger, the nearer to Poisson. With `rate(d)` the shape is shape d.
    """
    return with_links("negbinomial", {"mu": link, "shape": link_shape})


def negbinomial1(link: str = "log", link_phi: str = "log") -> Family:
    """Counts whose variance grows in line with the mean: mean mu, variance mu (1 + phi).

    Args:
        link: of mu, the mean.
        link_phi: of phi: at 0 it is Poisson.
    """
    return with_links("negbinomial1", {"mu": link, "phi": link_phi})


def generalized_poisson(link: str = "log", link_phi: str = "log") -> Family:
    """Counts that vary more or less than Poisson's: mean mu, variance mu phi^2.

    P(y) = theta (theta + lambda y)^(y - 1) exp(-theta - lambda y) / y!, where theta = mu / phi and
    lambda = 1 - 1 / phi. Below phi = 1 counts end before mu / (1 - phi), and the probabilities are divided
    by their sum, so that mean and variance hold nearly only where few counts are left.

    Args:
        link: of mu, the mean.
        link_phi: of phi, above 1/2: 1 is Poisson, above it counts vary more, below it less.

    References:
        Consul and Jain (1973), doi:10.1080/00401706.1973.10489112.
    """
    return with_links("generalized_poisson", {"mu": link, "phi": link_phi})


def geometric(link: str = "log") -> Family:
    """Failures before a success: mean mu, variance mu + mu^2; a negbinomial of shape 1.

    Args:
        link: of mu, the mean.
    """
    return with_links("geometric", {"mu": link})


# ---- categories --------------------------------------------------------------------------------------


def categorical(link: str = "logit") -> Family:
    """One of several levels: P(level k) is in proportion to exp(mu_k), that of the first level being 1.

    Each level but the first has coefficients of its own.

    Args:
        link: "logit" only.
    """
    return with_links("categorical", {"mu": link})


def multinomial(link: str = "logit") -> Family:
    """Counts of several levels, `cbind(a, b, c) ~ x`, with the probabilities of `categorical`.

    Args:
        link: "logit" only.
    """
    return with_links("multinomial", {"mu": link})


def cumulative(link: str = "logit", link_disc: str = "log") -> Family:
    """Levels in an order, as cut from a latent scale: P(y <= k) = F(disc (threshold_k - eta)).

    Args:
        link: whose inverse F is: "logit", "probit", "cloglog" or "cauchit".
        link_disc: of disc, the discrimination; without a formula of its own it is 1.

    References:
        Bürkner and Vuorre (2019), doi:10.1177/2515245918823199, on all families of this kind.
    """
    return with_links("cumulative", {"mu": link, "disc": link_disc})


def sratio(link: str = "logit", link_disc: str = "log") -> Family:
    """Levels reached one after the other: P(y = k | y >= k) = F(disc (threshold_k - eta)).

    Args:
        link: whose inverse F is: "logit", "probit", "cloglog" or "cauchit".
        link_disc: of disc, the discrimination; without a formula of its own it is 1.
    """
    return with_links("sratio", {"mu": link, "disc": link_disc})


def cratio(link: str = "logit", link_disc: str = "log") -> Family:
    """Levels passed one after the other: P(y > k | y >= k) = F(disc (eta - threshold_k)).

    Args:
        link: whose inverse F is: "logit", "probit", "cloglog" or "cauchit".
        link_disc: of disc, the discrimination; without a formula of its own it is 1.
    """
    return with_links("cratio", {"mu": link, "disc": link_disc})


def acat(link: str = "logit", link_disc: str = "log") -> Family:
    """Levels compared with their neighbours: P(y = k + 1 | y is k or k + 1) = F(disc (eta - threshold_k)).

    Args:
        link: whose inverse F is: "logit", "probit", "cloglog" or "cauchit".
        link_disc: of disc, the discrimination; without a formula of its own it is 1.
    """
    return with_links("acat", {"mu": link, "disc": link_disc})


# ---- extra zeros -------------------------------------------------------------------------------------


def zero_inflated(family: object, link_zi: str = "logit") -> Family:
    """Zeros on top of those that the family has: P(y = 0) = zi + (1 - zi) P_family(y = 0).

    The mean is 1 - zi times that of the family.

    Args:
        family: of counts, positive numbers or proportions: "poisson", "gamma(log)", `negbinomial()`, ...
        link_zi: of zi, the probability of an extra zero.

    References:
        Lambert (1992), doi:10.2307/1269547.
    """
    return wrapped("zero_inflated", family, {"zi": link_zi})


def hurdle(family: object, link_hu: str = "logit") -> Family:
    """All zeros apart: P(y = 0) = hu, and what is above 0 is of the family with its own zeros taken out.

    Around a family of positive numbers it is the same model as zero inflation.

    Args:
        family: of counts, positive numbers or proportions: "poisson", "gamma(log)", `negbinomial()`, ...
        link_hu: of hu, the probability of a zero.

    References:
        Mullahy (1986), doi:10.1016/0304-4076(86)90002-3.
    """
    return wrapped("hurdle", family, {"hu": link_hu})


def _missing(name: str) -> str:
    """What is said of a function that is not here: its name here, or names like it."""
    there = f"there is no bf.families.{name}"
    if name.startswith("_"):
        return there
    known = wrapper_name(name) or known_name(name)
    if known in NOT_YET:
        return f"{there}: this version has no such family. {INSTEAD.get(known, '')}".replace(
            "\n", " "
        ).rstrip()
    if known is not None:
        return f"{there}: it is called bf.families.{known} here"
    near = [f"bf.families.{other}" for other in nearest_families(name) if other not in NOT_YET]
    return f"{there}: did you mean {' or '.join(near)}?" if near else there


def __getattr__(name: str) -> Callable[..., Family]:
    """`bf.families.hurdle_gamma(link_hu="probit")`: families with extra zeros under their full names."""
    if name not in COMPOSED:
        raise AttributeError(_missing(name))

    def family(link: str | None = None, **links: str) -> Family:
        own = {key.removeprefix("link_"): value for key, value in links.items()}
        return with_links(name, own if link is None else {"mu": link, **own})

    family.__name__ = family.__qualname__ = name
    family.__doc__ = f"`{record(name).family.base}` with {record(name).family.wrapper}() around it."
    return family
