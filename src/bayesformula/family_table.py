"""The table of families: parameters, links, supports, response terms. No arithmetic here.

What a family *means* (its density, its draws, its mean) is one entry of `compiler/likelihood`; what its
parameters are is said in `families`. Zero inflation and hurdles are one mechanism over any base with room
for extra zeros, so the table holds the bases and `compose` makes the rest.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter other than `mu`; families share them by name.

    Attributes:
        name: as in a formula, a prior and the summary.
        support: "real", "positive", "above one", "unit", "power" (1 to 2) or "delay" (0 to the least
            response).
        link: the usual link of its linear predictor.
        links: the legal ones. "identity" is legal everywhere: a value that it puts outside the support
            has probability 0.
    """

    name: str
    support: str
    link: str
    links: tuple[str, ...]


_UNIT = ("logit", "probit", "cloglog", "cauchit", "identity")


def _parameters(names: str, support: str, *links: str) -> dict[str, Parameter]:
    return {name: Parameter(name, support, links[0], links) for name in names.split()}


PARAMETERS: dict[str, Parameter] = {
    **_parameters("sigma shape phi kappa beta disc cutgap", "positive", "log", "softplus", "identity"),
    **_parameters("nu", "above one", "logm1", "identity"),
    **_parameters("alpha cutzero", "real", "identity"),
    **_parameters("quantile zi hu zoi coi", "unit", *_UNIT),
    **_parameters("ndt", "delay", "log", "identity"),
    **_parameters("power", "power", "logitm1", "identity"),
}
"""Parameters other than `mu`, by name."""

LINKS = (
    "identity",
    "log",
    "logit",
    "probit",
    "cloglog",
    "cauchit",
    "inverse",
    "inverse_squared",
    "sqrt",
    "softplus",
    "logm1",
    "logitm1",
    "tan_half",
)
"""Links there are; which of them a parameter can have, its family says."""


@dataclass(frozen=True, slots=True)
class Family:
    """A response distribution.

    Attributes:
        name: canonical: "gamma", "zero_inflated_poisson".
        links: (parameter, link) pairs, the mean-like parameter `mu` first. The link of a parameter
            other than `mu` is that of its linear predictor; without a formula of its own the
            parameter is sampled as it is, and its link is reported as "identity".
        support: of the response: a key of `family_names.SUPPORTS`.
    """

    name: str
    links: tuple[tuple[str, str], ...]
    support: str

    @property
    def parameters(self) -> tuple[str, ...]:
        return tuple(parameter for parameter, _ in self.links)

    @property
    def wrapper(self) -> str:
        """What is put around the base family: "zero_inflated", "hurdle" or ""."""
        return _split(self.name)[0]

    @property
    def base(self) -> str:
        """The name of the family without what is put around it: "poisson" of "hurdle_poisson"."""
        return _split(self.name)[1]

    def support_of(self, parameter: str) -> str:
        """Where a parameter lies, `mu` included: a support of `Parameter`.

        >>> FAMILIES["gamma"].family.support_of("mu"), FAMILIES["lognormal"].family.support_of("mu")
        ('positive', 'real')
        """
        if parameter in PARAMETERS:
            return PARAMETERS[parameter].support
        usual = FAMILIES[self.base].family
        if usual.support in ("ordered", "category", "matrix"):
            return "real"  # a linear predictor that no single number is made of
        return {"log": "positive", "logit": "unit"}.get(usual.link("mu"), "real")

    def link(self, parameter: str) -> str:
        return dict(self.links)[parameter]

    def reported_links(self, predicted: tuple[str, ...] = ("mu",)) -> dict[str, str]:
        """Link of each parameter as `explain` shows it: "identity" where it has no formula."""
        return {name: link if name in predicted else "identity" for name, link in self.links}


@dataclass(frozen=True, slots=True)
class FamilyRecord:
    """One row of the table.

    Attributes:
        family: with its usual links.
        legal_links: which others are legal, by parameter.
        is_discrete: the response is whole numbers or classes.
        terms: legal response terms among "trials", "se", "cens", "trunc", "rate"; weights always are.
    """

    family: Family
    legal_links: tuple[tuple[str, tuple[str, ...]], ...]
    is_discrete: bool
    terms: frozenset[str]


WRAPPERS: dict[str, str] = {"zero_inflated": "zi", "hurdle": "hu"}
"""What can be put around a family, and the parameter that it adds: the probability of an extra zero."""

WRAPPED_SUPPORTS: dict[str, str] = {
    "count": "count",
    "trials": "trials",
    "positive": "nonnegative",
    "unit": "half-open unit",
}
"""The supports that can be wrapped, and the support that comes out."""

_REAL = ("identity", "log", "inverse", "softplus", "sqrt")
_POSITIVE = ("log", "identity", "inverse", "inverse_squared", "sqrt", "softplus")
_COUNT = ("log", "identity", "sqrt", "softplus")
_PROBABILITY = (*_UNIT, "log")
_ORDERED = ("logit", "probit", "cloglog", "cauchit")

TAILS = "cens trunc"
"""Of families with a distribution function."""

DISCRETE = frozenset({"count", "trials", "binary", "ordered", "category", "matrix"})


def _row(name: str, support: str, links: tuple[str, ...], others: str = "", terms: str = "") -> FamilyRecord:
    found = [PARAMETERS[other] for other in others.split()]
    family = Family(name, (("mu", links[0]), *((p.name, p.link) for p in found)), support)
    legal = (("mu", links), *((p.name, p.links) for p in found))
    return FamilyRecord(family, legal, support in DISCRETE, frozenset(terms.split()))


_ROWS = (
    _row("gaussian", "real", _REAL, "sigma", f"se {TAILS}"),
    _row("student", "real", _REAL, "sigma nu", f"se {TAILS}"),
    _row("skew_normal", "real", _REAL, "sigma alpha"),
    _row("exgaussian", "real", _REAL, "sigma beta", TAILS),
    _row("asym_laplace", "real", _REAL, "sigma quantile", TAILS),
    _row("von_mises", "angle", ("tan_half", "identity"), "kappa"),
    _row("lognormal", "positive", _REAL, "sigma", TAILS),
    _row("shifted_lognormal", "positive", _REAL, "sigma ndt", TAILS),
    _row("gamma", "positive", _POSITIVE, "shape", TAILS),
    _row("inverse_gaussian", "positive", _POSITIVE, "shape", TAILS),
    _row("weibull", "positive", _POSITIVE, "shape", TAILS),
    _row("exponential", "positive", _POSITIVE, "", TAILS),
    _row("tweedie", "nonnegative", _POSITIVE, "phi power"),
    _row("beta", "unit", _PROBABILITY, "phi", TAILS),
    _row("zero_one_inflated_beta", "closed unit", _PROBABILITY, "phi zoi coi"),
    _row("ordered_beta", "closed unit", ("logit",), "phi cutzero cutgap"),
    _row("bernoulli", "binary", _PROBABILITY),
    _row("binomial", "trials", _PROBABILITY, "", f"trials {TAILS}"),
    _row("beta_binomial", "trials", _PROBABILITY, "phi", f"trials {TAILS}"),
    _row("poisson", "count", _COUNT, "", f"rate {TAILS}"),
    _row("negbinomial", "count", _COUNT, "shape", f"rate {TAILS}"),
    _row("negbinomial1", "count", _COUNT, "phi", TAILS),
    _row("generalized_poisson", "count", _COUNT, "phi", TAILS),
    _row("geometric", "count", _COUNT, "", f"rate {TAILS}"),
    _row("categorical", "category", ("logit",)),
    _row("multinomial", "matrix", ("logit",), "", "trials"),
    _row("cumulative", "ordered", _ORDERED, "disc"),
    _row("sratio", "ordered", _ORDERED, "disc"),
    _row("cratio", "ordered", _ORDERED, "disc"),
    _row("acat", "ordered", _ORDERED, "disc"),
)

FAMILIES: dict[str, FamilyRecord] = {row.family.name: row for row in _ROWS}
"""Families by name, those that `compose` makes left out."""

ORDINAL = frozenset(name for name, row in FAMILIES.items() if row.family.support == "ordered")
"""Families of a response whose levels have an order."""

WRAPPABLE = tuple(name for name, row in FAMILIES.items() if row.family.support in WRAPPED_SUPPORTS)
"""Families that zero inflation and hurdles can be put around."""

COMPOSED = tuple(f"{wrapper}_{base}" for wrapper in WRAPPERS for base in WRAPPABLE)
"""Names of all families that `compose` makes."""


def _split(name: str) -> tuple[str, str]:
    """`hurdle_poisson` is a hurdle around poisson; a name of the table is a base."""
    if name not in FAMILIES:
        for wrapper in WRAPPERS:
            if name.startswith(f"{wrapper}_"):
                return wrapper, name.removeprefix(f"{wrapper}_")
    return "", name


def compose(name: str) -> FamilyRecord | None:
    """The record of a canonical name, of the table or wrapped; None where there is none.

    >>> compose("hurdle_gamma").family.links
    (('mu', 'log'), ('shape', 'log'), ('hu', 'logit'))
    """
    if name in FAMILIES:
        return FAMILIES[name]
    wrapper, base = _split(name)
    if not wrapper or base not in WRAPPABLE:
        return None
    record, added = FAMILIES[base], PARAMETERS[WRAPPERS[wrapper]]
    family = Family(name, (*record.family.links, (added.name, added.link)),
                    WRAPPED_SUPPORTS[record.family.support])  # fmt: skip
    legal = (*record.legal_links, (added.name, added.links))
    return FamilyRecord(family, legal, record.is_discrete, record.terms - {"cens", "trunc", "se"})
