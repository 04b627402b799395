"""Families as records: parameters, links, support. No arithmetic here.

What a family *means* (its density, its draws, its mean) is one entry of `compiler/likelihood`. This
version fits one, `gaussian`; names that other packages know (`family_names`) are refused by name, so that
nobody has to guess whether a spelling or the family itself is missing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from bayesformula.errors import FamilyError, listing, nearest
from bayesformula.family_names import KNOWN, RELATIVES, known_name, nearest_families, plain_name


@dataclass(frozen=True, slots=True)
class Family:
    """A response distribution.

    Attributes:
        name: as the user writes it.
        links: (parameter, link) pairs, the mean-like parameter `mu` first. The link of a parameter
            other than `mu` is that of its linear predictor; without a formula of its own the
            parameter is sampled as it is, and its link is reported as "identity".
        support: "real", "positive", "unit", "count", "binary", "category", ...
    """

    name: str
    links: tuple[tuple[str, str], ...]
    support: str

    @property
    def parameters(self) -> tuple[str, ...]:
        return tuple(parameter for parameter, _ in self.links)

    def link(self, parameter: str) -> str:
        return dict(self.links)[parameter]

    def reported_links(self, predicted: tuple[str, ...] = ("mu",)) -> dict[str, str]:
        """Link of each parameter as `explain` shows it: "identity" where it has no formula."""
        return {name: link if name in predicted else "identity" for name, link in self.links}


@dataclass(frozen=True, slots=True)
class FamilyRecord:
    """One row of the table: the family with its usual links, and which other links are legal."""

    family: Family
    legal_links: tuple[tuple[str, tuple[str, ...]], ...]


FAMILIES: dict[str, FamilyRecord] = {
    "gaussian": FamilyRecord(
        Family("gaussian", (("mu", "identity"), ("sigma", "log")), "real"),
        (("mu", ("identity",)), ("sigma", ("log", "identity"))),
    ),
}

NOT_YET = frozenset(KNOWN) - frozenset(FAMILIES)
"""Families that brms, lme4, glmmTMB or bambi fit and this version does not."""

NOT_NUMBERS = {
    "text": "text",
    "bool": "true/false",
    "category": "categorical",
    "categorical": "categorical",
    "ordered": "an ordered category",
}
"""Kinds of response that are no numbers, as a message names them."""


def gaussian(link: str = "identity", link_sigma: str = "log") -> Family:
    """A normal response: y ~ Normal(mu, sigma).

    Args:
        link: of mu; "identity" in this version.
        link_sigma: of sigma where sigma has a formula of its own.
    """
    return _with_links("gaussian", {"mu": link, "sigma": link_sigma})


def resolve_family(
    family: str | Mapping[str, object] | Family | None = None,
    response_kind: str = "numeric",
    *,
    levels: Sequence[str] = (),
) -> Family:
    """The family that was asked for, or the one that a response of this kind has by default.

    Args:
        family: a name, `"gaussian(identity)"`, `{"name": "gaussian", "link": "identity"}`, the result
            of a function of this module, or None.
        response_kind: "numeric", "count", "binary", "bool", "text", "category" or "ordered".
        levels: of the response where it has any; a binary response without levels is a number, 0 or 1.

    Raises:
        FamilyError: the family or link is unknown or not in this version, or does not fit the response.

    >>> resolve_family("gaussian(identity)").name
    'gaussian'
    """
    not_number = NOT_NUMBERS.get(response_kind)
    if response_kind == "binary" and levels:
        not_number = NOT_NUMBERS["bool"] if set(levels) == {"FALSE", "TRUE"} else f"{levels[-1]!r} or not"
    if family is None:
        if not_number is not None:
            raise FamilyError(_needs_family(not_number))
        return FAMILIES["gaussian"].family
    resolved = _read(family)
    if resolved.support == "real" and not_number is not None and response_kind not in ("bool", "binary"):
        raise FamilyError(
            f"family='{resolved.name}' needs a numeric response, and this one is {not_number}\n"
            "  Families for such a response (bernoulli, categorical, cumulative) are not in this version.\n"
            "  To model it as numbers all the same, make a numeric column of it first."
        )
    return resolved


def _read(family: object) -> Family:
    if isinstance(family, Family):
        return _with_links(family.name, dict(family.links))
    if isinstance(family, str):
        return _read_text(family)
    if isinstance(family, Mapping):
        entries = cast("Mapping[object, object]", family)
        return _read_mapping({str(key): value for key, value in entries.items()})
    if callable(family) and getattr(family, "__module__", "") == __name__:  # bf.families.gaussian, not called
        return _read_text(str(getattr(family, "__name__", family)))
    raise FamilyError(
        f"family={family!r} is not a family\n"
        "  Write a name (family='gaussian'), a dict ({'name': 'gaussian', 'link': 'identity'}),\n"
        "  or bf.families.gaussian(link='identity')."
    )


def _read_text(text: str) -> Family:
    link = r"\(\s*(?:link\s*=\s*)?[\"']?([\w^/-]*)[\"']?\s*\)"
    match = re.fullmatch(rf"\s*([^()]*[^\s()])\s*(?:{link})?\s*", text)
    if match is None:
        raise FamilyError(
            f"family={text!r} cannot be read\n  Write family='gaussian' or family='gaussian(identity)'."
        )
    return _with_links(match[1], {"mu": match[2]} if match[2] else {})


def _read_mapping(entries: dict[str, object]) -> Family:
    name = entries.pop("name", None)
    if not isinstance(name, str):
        raise FamilyError(
            "a family given as a dict needs a name\n  Write {'name': 'gaussian', 'link': 'identity'}."
        )
    links: dict[str, str] = {}
    several = entries.pop("links", None)
    if isinstance(several, Mapping):
        pairs = cast("Mapping[object, object]", several)
        links.update((str(parameter), str(link)) for parameter, link in pairs.items())
    for key in list(entries):
        if key == "link":
            links["mu"] = str(entries.pop(key))
        elif key.startswith("link_"):
            links[key.removeprefix("link_")] = str(entries.pop(key))
    if entries:
        raise FamilyError(
            f"a family given as a dict has the unknown entry {listing(entries)}\n"
            "  Its entries are 'name', 'link' and 'links' ({'mu': 'identity', 'sigma': 'log'})."
        )
    return _with_links(name, links)


def _with_links(name: str, links: Mapping[str, str]) -> Family:
    """The record called `name` with these links in the place of its usual ones."""
    record = FAMILIES.get(plain_name(name))
    if record is None:
        raise FamilyError(_unknown(name))
    legal = dict(record.legal_links)
    for parameter, link in links.items():
        if parameter not in legal:
            raise FamilyError(
                f"family '{record.family.name}' has no parameter '{parameter}'\n"
                f"  Its parameters are {listing(nearest(parameter, legal))}."
            )
        if link not in legal[parameter]:
            raise FamilyError(
                f"family '{record.family.name}' has no link '{link}' for {parameter} in this version\n"
                f"  Links of {parameter}: {listing(nearest(link, legal[parameter]))}."
            )
    chosen = tuple((parameter, links.get(parameter, usual)) for parameter, usual in record.family.links)
    return Family(record.family.name, chosen, record.family.support)


def family_name(family: object) -> str | None:
    """The name of a family, of this version or another, however it was given; None for what names none.

    >>> family_name("Gamma(log)"), family_name({"name": "poisson"}), family_name("frobnicate")
    ('gamma', 'poisson', None)
    """
    if isinstance(family, Family):
        return family.name
    if isinstance(family, Mapping):
        family = cast("Mapping[str, object]", family).get("name")
    if callable(family) and getattr(family, "__module__", "") == __name__:
        family = getattr(family, "__name__", None)
    return known_name(family.partition("(")[0]) if isinstance(family, str) else None


def _unknown(name: str) -> str:
    known, legal = known_name(name), listing(FAMILIES)
    if known in FAMILIES:
        return f"there is no family '{name}': it is called '{known}' here\n  Write family='{known}'."
    if known is not None:
        called = "" if known == plain_name(name) else f" (here called '{known}')"
        return (
            f"family '{name}'{called} is not in this version\n"
            f"  Families that are: {legal}. A numeric response can be modelled with family='gaussian',\n"
            "  possibly after a transform, as in log(y) ~ x."
        )
    near = nearest_families(name)
    guess = f" Did you mean {' or '.join(repr(other) for other in near)}?" if near else ""
    guess = f" {RELATIVES[plain_name(name)]}" if plain_name(name) in RELATIVES else guess
    return f"there is no family '{name}'\n  Families of this version: {legal}.{guess}"


def _needs_family(kind: str) -> str:
    return (
        f"the response is {kind} and no family was given\n"
        "  Such a response is modelled by bernoulli (two levels), categorical (several) or cumulative\n"
        "  (ordered), which are not in this version: it fits numeric responses with family='gaussian'."
    )
