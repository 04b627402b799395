"""Priors as values: distributions with their numbers, addresses of parameters, statements.

A statement is `address ~ distribution(arguments)`; `prior_text` reads it, `model.resolve` finds the
parameters that it speaks of. Arguments are Stan's.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from bayesformula.errors import Span


@dataclass(frozen=True, slots=True)
class Distribution:
    """What may be written after `~`.

    Attributes:
        name: as written.
        arguments: their names, in order.
        positive: the arguments that must be above 0.
        support: "real", "positive", "unit", "interval" (between its arguments), "point" or "correlation".
        synonyms: other names of arguments -> the name here.
    """

    name: str
    arguments: tuple[str, ...]
    positive: tuple[str, ...] = ()
    support: str = "real"
    synonyms: tuple[tuple[str, str], ...] = ()

    @property
    def signature(self) -> str:
        return f"{self.name}({', '.join(self.arguments)})" if self.arguments else self.name


_LOCATION = (
    ("mu", "loc"),
    ("location", "loc"),
    ("mean", "loc"),
    ("sigma", "scale"),
    ("sd", "scale"),
    ("nu", "df"),
)
_SCALE = (("sigma", "scale"), ("sd", "scale"), ("nu", "df"))

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
        Distribution("beta", ("a", "b"), ("a", "b"), "unit", (("alpha", "a"), ("beta", "b"))),
        Distribution("uniform", ("lower", "upper"), (), "interval", (("min", "lower"), ("max", "upper"))),
        Distribution("lkj", ("eta",), ("eta",), "correlation"),
        Distribution("flat", ()),
        Distribution("constant", ("value",), (), "point"),
    )
}


INTEGRATED = frozenset({"normal", "flat", "student_t", "cauchy"})
"""Under these a population coefficient is Gaussian given the other parameters, and can be integrated out."""

MIXTURES = frozenset({"student_t", "cauchy"})
"""Of these, scale mixtures of normals: Gaussian given one more parameter each."""

LEAST_DF = 1.0
"""Least degrees of freedom of Student effects, as in brms: below it there is not even a mean."""


@dataclass(frozen=True, slots=True)
class Prior:
    """A distribution with its numbers, in Stan's parametrisation.

    `lower`, `upper` are set only where the distribution is wider than the parameter's support: it is
    then truncated to [lower, upper] and renormalised (`student_t(3, 0, 2.5)` on an sd is the half-t).
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
            out += f"({', '.join(number(value) for value in self.arguments)})"
        if self.lower is None and self.upper is None:
            return out
        low = "(-inf" if self.lower is None else f"[{number(self.lower)}"
        high = "inf)" if self.upper is None else f"{number(self.upper)}]"
        return f"{out} truncated to {low}, {high}"

    def is_wider_than(self, low: float) -> bool:
        """Whether there is mass, or may be, below `low`, which is 0 or 1."""
        match DISTRIBUTIONS[self.distribution].support:
            case "real":
                return True
            case "interval":
                return self.arguments[0] < low
            case "positive":
                return low > 0
            case _:
                return False

    def truncated_to(self, low: float) -> Prior:
        """The prior on [low, inf), unchanged where it has no mass below."""
        wider = self.is_wider_than(low)
        return Prior(self.distribution, self.arguments, lower=low if wider else None)


def exact_number(value: float) -> str:
    """The shortest text that reads back as the same float, without a trailing `.0`."""
    value = float(value)  # the repr of a NumPy scalar names its type
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


@dataclass(frozen=True, slots=True)
class PriorRow:
    """The prior of one scalar parameter (or of the correlations of one block).

    Attributes:
        parameter: flat name: `b_Intercept`, `b_x`, `sd_cafe__x`, `cor_cafe` (one row a block; a second
            block of a group is `cor_cafe.2`), `sigma`.
        kind: "b" (population coefficients, Intercept included), "sd", "cor", "sigma".
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
