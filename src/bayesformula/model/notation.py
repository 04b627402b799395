"""How the distribution of each family is written, and which of its usual parametrisations is meant.

Templates are plain text with names of parameters in braces. `describe` fills them with Unicode letters,
`latex` with commands; the few signs they hold besides are listed there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

GREEK = frozenset({"mu", "sigma", "phi", "nu", "kappa", "theta", "alpha"})
"""Parameters that are written with their letter. `beta` is not: in LaTeX that letter means coefficients."""


@dataclass(frozen=True, slots=True)
class Case:
    """One line of a likelihood.

    Attributes:
        left, relation, right: templates around "~" or "=".
        when: in which case it holds, or what is known besides; may be empty.
    """

    left: str
    relation: str
    right: str
    when: str = ""


@dataclass(frozen=True, slots=True)
class Notation:
    """A distribution in writing.

    Attributes:
        density: a template, `Gamma({shape}, rate = {shape} / {mu})`.
        note: what mean and variance are, or what mu is, where the arguments do not say it.
        left: what has this distribution.
        first: other cases; the density is then that of all else.
        with_rate: the density per so much exposure, where `rate()` is legal.
    """

    density: str
    note: str = ""
    left: str = "{y}"
    first: tuple[Case, ...] = ()
    with_rate: str = ""


_BETA = "Beta({mu} × {phi}, (1 − {mu}) × {phi})"
_INFLATED = (
    Case("{y}", "=", "0", "with probability {zoi} × (1 − {coi})"),
    Case("{y}", "=", "1", "with probability {zoi} × {coi}"),
)
_ORDERED = (
    Case("{y}", "=", "0", "with probability logistic({cutzero} − logit({mu}))"),
    Case("{y}", "=", "1", "with probability logistic(logit({mu}) − {cutzero} − {cutgap})"),
)
_SUCCESS = "μ is the probability of a success"

NOTATIONS: Mapping[str, Notation] = MappingProxyType(
    {
        "gaussian": Notation("Normal({mu}, {sigma})"),
        "student": Notation(
            "Student({nu}, {mu}, {sigma})", "σ is the scale, and the sd is σ √(ν / (ν − 2)) where ν > 2"
        ),
        "skew_normal": Notation(
            "SkewNormal(mean = {mu}, sd = {sigma}, {alpha})", "the long tail is to the right where α > 0"
        ),
        "exgaussian": Notation(
            "ExGaussian(mean = {mu}, {sigma}, {beta})",
            "a normal variable with mean μ − beta and sd σ, plus an exponential one with mean beta",
        ),
        "asym_laplace": Notation(
            "AsymLaplace({mu}, {sigma}, {quantile})",
            "μ is the quantile: P(y ≤ μ) = quantile; σ is the scale",
        ),
        "von_mises": Notation(
            "VonMises({mu}, {kappa})",
            "μ is the mean direction, κ the concentration: the variance is about 1 / κ where κ is large",
        ),
        "lognormal": Notation("LogNormal({mu}, {sigma})", "μ and σ are the mean and the sd of log(y)"),
        "shifted_lognormal": Notation(
            "LogNormal({mu}, {sigma})",
            "μ and σ are the mean and the sd of log(y − ndt)",
            left="{y} − {ndt}",
        ),
        "gamma": Notation("Gamma({shape}, rate = {shape} / {mu})", "mean μ, variance μ² / shape"),
        "inverse_gaussian": Notation("InverseGaussian(mean = {mu}, {shape})", "mean μ, variance μ³ / shape"),
        "weibull": Notation("Weibull({shape}, scale = {mu} / Γ(1 + 1 / {shape}))", "mean μ"),
        "exponential": Notation("Exponential(rate = 1 / {mu})", "mean μ"),
        "tweedie": Notation(
            "Tweedie(mean = {mu}, {phi}, {power})",
            "mean μ, variance φ μ^power; a sum of a Poisson number of gamma variables, 0 where it is empty",
        ),
        "beta": Notation(_BETA, "mean μ, variance μ (1 − μ) / (1 + φ)"),
        "zero_one_inflated_beta": Notation(
            _BETA, "μ is the mean of what is neither 0 nor 1, φ its precision", first=_INFLATED
        ),
        "ordered_beta": Notation(
            _BETA, "μ is the mean of what is neither 0 nor 1, φ its precision", first=_ORDERED
        ),
        "bernoulli": Notation("Bernoulli({mu})", _SUCCESS),
        "binomial": Notation("Binomial({trials}, {mu})", _SUCCESS),
        "beta_binomial": Notation(
            "BetaBinomial({trials}, {mu} × {phi}, (1 − {mu}) × {phi})",
            "the probability of a success varies about its mean μ with precision φ",
        ),
        "poisson": Notation("Poisson({mu})", with_rate="Poisson({mu} × {rate})"),
        "negbinomial": Notation(
            "NegBinomial(mean = {mu}, {shape})",
            "mean μ, variance μ + μ² / shape",
            with_rate="NegBinomial(mean = {mu} × {rate}, shape = {shape} × {rate})",
        ),
        "negbinomial1": Notation(
            "NegBinomial(mean = {mu}, shape = {mu} / {phi})", "mean μ, variance μ (1 + φ)"
        ),
        "generalized_poisson": Notation(
            "GeneralizedPoisson(mean = {mu}, {phi})",
            "mean μ, variance μ φ²: counts vary more than Poisson's where φ > 1, less where φ < 1",
        ),
        "geometric": Notation(
            "Geometric(mean = {mu})",
            "mean μ, variance μ + μ²",
            with_rate="NegBinomial(mean = {mu} × {rate}, shape = {rate})",
        ),
        "categorical": Notation("Categorical(softmax({scores}))"),
        "multinomial": Notation("Multinomial({trials}, softmax({scores}))"),
    }
)
"""By name of the base family; ordinal families are written by `ORDINAL_FORMS`."""

ZEROS: Mapping[str, str] = MappingProxyType({"zero_inflated": "zi", "hurdle": "hu"})
"""What is put around a family, and its probability of a zero."""

ORDINAL_FORMS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "cumulative": ("P({y} ≤ k)", "{threshold} − {mu}"),
        "sratio": ("P({y} = k | {y} ≥ k)", "{threshold} − {mu}"),
        "cratio": ("P({y} > k | {y} ≥ k)", "{mu} − {threshold}"),
        "acat": ("P({y} = k + 1 | k ≤ {y} ≤ k + 1)", "{mu} − {threshold}"),
    }
)
"""The probability that an ordinal family models, and what its link is equal to."""

LINKED: Mapping[str, str] = MappingProxyType(
    {
        "identity": "@",
        "inverse": "1 / @",
        "inverse_squared": "1 / @²",
        "sqrt": "√@",
        "softplus": "log(exp(@) − 1)",
        "logm1": "log(@ − 1)",
        "logitm1": "logit(@ − 1)",
        "tan_half": "tan(@ / 2)",
    }
)
"""Links that are not written as a function of their name; `@` is the parameter."""


def linked(link: str, parameter: str) -> str:
    """A template of the link of what stands in the template `parameter`; `link()` where it is not known.

    >>> linked("log", "{sigma}"), linked("tan_half", "{mu}")
    ('log({sigma})', 'tan({mu} / 2)')
    """
    return LINKED.get(link, f"{link or 'link'}(@)").replace("@", parameter)
