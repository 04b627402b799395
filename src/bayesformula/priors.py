"""Priors as values: distributions with their numbers, addresses of parameters, statements.

A statement is `address ~ distribution(arguments)`; `prior_text` reads it, `model.resolve` finds the
parameters that it speaks of. Arguments are Stan's.
"""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from bayesformula.errors import Span


@dataclass(frozen=True, slots=True)
class Distribution:
    """What may be written after `~`.

    Attributes:
        name: as written.
        arguments: their names, in order.
        positive: the arguments that must be above 0.
        support: "real", "positive", "unit", "interval" (between its arguments), "point", "correlation", or
            "coefficients" (a joint prior of all coefficients of a predictor).
        synonyms: other names of arguments -> the name here.
        unit: the arguments that must lie between 0 and 1.
        defaults: of the arguments, where none need be written; NONE where there is none.
    """

    name: str
    arguments: tuple[str, ...]
    positive: tuple[str, ...] = ()
    support: str = "real"
    synonyms: tuple[tuple[str, str], ...] = ()
    unit: tuple[str, ...] = ()
    defaults: tuple[float, ...] = ()

    @property
    def signature(self) -> str:
        names = self.arguments
        if self.defaults:
            values = ("none" if value == NONE else exact_number(value) for value in self.defaults)
            names = tuple(f"{name} = {value}" for name, value in zip(names, values, strict=True))
        return f"{self.name}({', '.join(names)})" if names else self.name


NONE = 0.0
"""Stands for `none`, an argument that is not given: one that may be left out must be above 0."""


def exact_number(value: float) -> str:
    """The shortest text that reads back as the same float, without a trailing `.0`."""
    value = float(value)  # the repr of a NumPy scalar names its type
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


_LOCATION = (
    ("mu", "loc"),
    ("location", "loc"),
    ("mean", "loc"),
    ("sigma", "scale"),
    ("sd", "scale"),
    ("nu", "df"),
)
_SCALE = (("sigma", "scale"), ("sd", "scale"), ("nu", "df"))
_HORSESHOE = ("df", "scale_global", "df_global", "df_slab", "scale_slab", "par_ratio")

DISTRIBUTIONS: dict[str, Distribution] = {
    record.name: record
    for record in (
        Distribution(
            "normal",
            ("mean", "sd"),
            ("sd",),
            synonyms=(("mu", "mean"), ("loc", "mean"), ("sigma", "sd"), ("scale", "sd")),
        ),
        Distribution("student_t", ("df", "loc", "scale"), ("df", "scale"), synonyms=_LOCATION),
        Distribution("cauchy", ("loc", "scale"), ("scale",), synonyms=_LOCATION),
        Distribution("laplace", ("loc", "scale"), ("scale",), synonyms=_LOCATION),
        Distribution("logistic", ("loc", "scale"), ("scale",), synonyms=_LOCATION),
        Distribution("half_normal", ("scale",), ("scale",), "positive", _SCALE),
        Distribution("half_cauchy", ("scale",), ("scale",), "positive", _SCALE),
        Distribution("half_student_t", ("df", "scale"), ("df", "scale"), "positive", _SCALE),
        Distribution("exponential", ("rate",), ("rate",), "positive", (("lambda", "rate"),)),
        Distribution(
            "gamma", ("shape", "rate"), ("shape", "rate"), "positive", (("alpha", "shape"), ("beta", "rate"))
        ),
        Distribution(
            "inv_gamma",
            ("shape", "scale"),
            ("shape", "scale"),
            "positive",
            (("alpha", "shape"), ("beta", "scale")),
        ),
        Distribution(
            "lognormal",
            ("mu", "sigma"),
            ("sigma",),
            "positive",
            (("meanlog", "mu"), ("sdlog", "sigma"), ("loc", "mu"), ("scale", "sigma")),
        ),
        Distribution("beta", ("a", "b"), ("a", "b"), "unit", (("alpha", "a"), ("beta", "b"))),
        Distribution("uniform", ("lower", "upper"), (), "interval", (("min", "lower"), ("max", "upper"))),
        Distribution("lkj", ("eta",), ("eta",), "correlation"),
        Distribution("flat", ()),
        Distribution("constant", ("value",), (), "point"),
        Distribution(
            "horseshoe",
            _HORSESHOE,
            _HORSESHOE,
            "coefficients",
            defaults=(1.0, 1.0, 1.0, 4.0, 2.0, NONE),
        ),
        Distribution(
            "r2d2",
            ("mean_R2", "prec_R2", "cons_D2"),
            ("prec_R2", "cons_D2"),
            "coefficients",
            unit=("mean_R2",),
            defaults=(0.5, 2.0, 0.5),
        ),
    )
}

ALIASES = {"R2D2": "r2d2", "double_exponential": "laplace"}
"""Names that brms and Stan give to some of them."""

SHRINKAGE = frozenset({"horseshoe", "r2d2"})
"""Joint priors of all coefficients of a predictor but its intercept."""


INTEGRATED = frozenset({"normal", "flat", "student_t", "cauchy"})
"""Under these a population coefficient is Gaussian given the other parameters, and can be integrated out."""

MIXTURES = frozenset({"student_t", "cauchy"})
"""Of these, scale mixtures of normals: Gaussian given one more parameter each."""

LEAST_DF = 1.0
"""Least degrees of freedom of Student effects, as in brms: below it there is not even a mean."""


@dataclass(frozen=True, slots=True)
class Prior:
    """A distribution with its numbers, in Stan's parametrisation.

    `lower`, `upper` are set only where the distribution is truncated: it has no mass outside
    [lower, upper] and is renormalised (`student_t(3, 0, 2.5)` on an sd is the half-t). `truncated_to`
    makes such priors.
    """

    distribution: str  # a key of DISTRIBUTIONS
    arguments: tuple[float, ...]
    lower: float | None = None
    upper: float | None = None

    def render(self) -> str:
        """Text that reads back as the same prior, to the last bit of every number.

        >>> Prior("student_t", (3.0, 0.0, 2.5), lower=0.0).render()
        'student_t(3, 0, 2.5) truncated to [0, inf)'
        """
        return self._text(exact_number)

    def display(self) -> str:
        """The same with four significant digits, for tables that are read and not passed back."""
        return self._text(lambda value: f"{value:.4g}")

    def __str__(self) -> str:
        return self.render()

    def _text(self, number: Callable[[float], str]) -> str:
        out = self.distribution
        if self.arguments:
            out += f"({', '.join(self._arguments(number))})"
        if self.lower is None and self.upper is None:
            return out
        low = "(-inf" if self.lower is None else f"[{number(self.lower)}"
        high = "inf)" if self.upper is None else f"{number(self.upper)}]"
        return f"{out} truncated to {low}, {high}"

    def _arguments(self, number: Callable[[float], str]) -> list[str]:
        """The arguments as text; where they have defaults, the first of them and what was stated, by name."""
        record = DISTRIBUTIONS[self.distribution]
        if not record.defaults:
            return [number(value) for value in self.arguments]
        named = list(zip(record.arguments, self.arguments, record.defaults, strict=True))
        return [f"{name} = {number(v)}" for i, (name, v, usual) in enumerate(named) if i == 0 or v != usual]

    def support(self) -> tuple[float, float]:
        """The interval that holds all of its mass, truncation included.

        Raises:
            ValueError: it is no distribution of one number (lkj, horseshoe).
        """
        match DISTRIBUTIONS[self.distribution].support:
            case "real":
                low, high = -math.inf, math.inf
            case "positive":
                low, high = 0.0, math.inf
            case "unit":
                low, high = 0.0, 1.0
            case "interval":
                low, high = self.arguments
            case "point":
                low = high = self.arguments[0]
            case _:
                raise ValueError(f"{self.distribution} is no prior of one parameter")
        low = low if self.lower is None else max(low, self.lower)
        return low, high if self.upper is None else min(high, self.upper)

    def truncated_to(self, low: float | None, high: float | None = None) -> Prior:
        """The prior given that the parameter lies in [low, high]; None is no bound.

        A prior without mass outside stays as it is, a uniform is narrowed, and flat between two bounds is
        uniform. The bounds of a prior that is truncated already are narrowed.

        Raises:
            ValueError: no mass is left, a constant lies outside, or it is no prior of one parameter.

        >>> str(Prior("normal", (0.0, 1.0)).truncated_to(0, 1))
        'normal(0, 1) truncated to [0, 1]'
        >>> str(Prior("gamma", (2.0, 1.0)).truncated_to(0))
        'gamma(2, 1)'
        """
        first, last = self.support()
        lower = first if low is None else max(first, float(low))
        upper = last if high is None else min(last, float(high))
        if lower > upper or (lower == upper and self.distribution != "constant"):
            ends = f"{'(-inf' if low is None else f'[{low:g}'}, {'inf)' if high is None else f'{high:g}]'}"
            raise ValueError(f"nothing of {self} lies in {ends}")
        if (lower, upper) == (first, last):
            return self
        if self.distribution == "uniform" or (
            self.distribution == "flat" and math.isfinite(lower) and math.isfinite(upper)
        ):
            return Prior("uniform", (lower, upper))
        return Prior(
            self.distribution,
            self.arguments,
            lower=lower if math.isfinite(lower) else None,
            upper=upper if math.isfinite(upper) else None,
        )


def check_ordered(priors: Sequence[Prior]) -> str | None:
    """What keeps these priors from being those of increasing numbers, as a message; None if nothing does.

    The thresholds of a cumulative model increase: the product of their priors holds where they do.
    """
    names = [prior.distribution for prior in priors]
    if "constant" in names:
        if set(names) != {"constant"}:
            return "thresholds are either all constant or none is: they hold each other in order"
        values = [prior.arguments[0] for prior in priors]
        if any(right <= left for left, right in pairwise(values)):
            listed = ", ".join(map(exact_number, values))
            return f"constant thresholds must increase, and these are {listed}"
        return None
    for prior in priors:
        record = DISTRIBUTIONS[prior.distribution]
        if record.support != "real" or prior.lower is not None or prior.upper is not None:
            return f"a threshold may be any number, and {prior} is not a prior of any number"
    return None


@dataclass(frozen=True, slots=True)
class PriorRow:
    """The prior of one scalar parameter (or of the correlations of one block).

    Attributes:
        parameter: flat name: `b_Intercept`, `b_x`, `sd_cafe__x`, `cor_cafe` (one row a block; a second
            block of a group is `cor_cafe.2`), `sigma`.
        kind: "b" (population coefficients, Intercept included), "Intercept" (thresholds), "bcs" (effects
            on each threshold), "sd", "cor", "df", or the name of a parameter of the family ("sigma").
        predictor: "mu" or the name of the parameter whose predictor holds it.
        group: label of the group for sd and cor, else "".
        coef: column for b and sd, "" otherwise.
        prior: the distribution.
        is_default: stated by nobody.
        centred: the prior is on the coefficient at the predictors' means, not on the reported one.
        reason: why this default, or which statement gave it.
        address: what to write before `~` to get this row again.
    """

    parameter: str
    kind: str
    predictor: str
    group: str
    coef: str
    prior: Prior
    is_default: bool
    centred: bool
    reason: str
    address: str

    @property
    def source(self) -> str:
        return "default" if self.is_default else "stated"

    @property
    def statement(self) -> str:
        """The whole statement that gives this row."""
        return f"{self.address} ~ {self.prior.render()}"


@dataclass(frozen=True, slots=True)
class Address:
    """What stands before `~`: `sigma.b[x]` has predictor `sigma`, head `b`, parts `("x",)`.

    `predictor` is empty where none was written. Parts are kept as written, without outer blanks.
    """

    predictor: str
    head: str
    parts: tuple[str, ...] = ()

    def render(self) -> str:
        name = f"{self.predictor}.{self.head}" if self.predictor else self.head
        return f"{name}[{', '.join(self.parts)}]" if self.parts else name


@dataclass(frozen=True, slots=True)
class Statement:
    """One `address ~ prior` as read; the text and the places in it are for messages only."""

    address: Address
    prior: Prior
    text: str = field(default="", compare=False)
    address_span: Span = field(default=Span(0, 0), compare=False)
    prior_span: Span = field(default=Span(0, 0), compare=False)

    def render(self) -> str:
        return f"{self.address.render()} ~ {self.prior.render()}"


def wrap_items(items: Iterable[str], width: int = 96) -> str:
    """Items joined by commas over several lines, broken only between them."""
    glued = ", ".join(item.replace(" ", "\0") for item in items)
    return textwrap.fill(glued, width, break_long_words=False, break_on_hyphens=False).replace("\0", " ")


# ---- names inside the brackets of an address ---------------------------------------------------------


def quote(name: str) -> str:
    """`name` as a part of an address: in backquotes where its characters would be misread.

    >>> quote("poly(x, 2)1"), quote("a, b")
    ('poly(x, 2)1', '`a, b`')
    """
    if _is_plain(name):
        return name
    escaped = name.replace("\\", "\\\\").replace("`", "\\`").replace("\n", "\\n").replace("\r", "\\r")
    return f"`{escaped.replace(chr(9), chr(92) + 't')}`"


def unquote(part: str) -> str | None:
    """The name inside a part that is wholly in backquotes, else None."""
    match = re.fullmatch(r"`((?:\\.|[^`\\])*)`", part)
    if match is None:
        return None
    escapes = {"n": "\n", "r": "\r", "t": "\t", "`": "`", "\\": "\\"}
    return re.sub(r"\\(.)", lambda found: escapes.get(found[1], found[0]), match[1])


class NameIndex:
    """Names that a part of an address may mean: exactly, else whatever its blanks and backquotes.

    >>> NameIndex(["poly(x, 2)1", "my var"]).find("poly(x,2)1")
    'poly(x, 2)1'
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(names)
        self._alike: dict[str, list[str]] = {}
        for name in self._names:
            self._alike.setdefault(_without_blanks(name), []).append(name)

    def find(self, part: str) -> str | None:
        """The one name that `part` means, or None."""
        for candidate in (part, unquote(part)):
            if candidate is not None and candidate in self._names:
                return candidate
        alike = self._alike.get(_without_blanks(part), [])
        return alike[0] if len(alike) == 1 else None


def _without_blanks(text: str) -> str:
    return re.sub(r"[\s`]", "", text)


def _is_plain(name: str) -> bool:
    """Whether the name reads back as itself: brackets in pairs, commas only within them."""
    if not name or name != name.strip() or re.search(r"[^\S ]|[#;~\\]", name) or name.count("`") % 2:
        return False
    closers: list[str] = []
    for position, piece in enumerate(re.split(r"(`[^`]*`)", name)):
        for char in "" if position % 2 else piece:
            if char in "([":
                closers.append(")" if char == "(" else "]")
            elif (char in ")]" and (not closers or closers.pop() != char)) or (char == "," and not closers):
                return False
    return not closers
