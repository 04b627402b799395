"""What a user gives as `family=` becomes a `Family`: names, texts, dicts, functions, nested wrappers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast

from bayesformula.errors import FamilyError, listing, nearest
from bayesformula.family_names import (
    ALIASES,
    INSTEAD,
    RELATIVES,
    SUPPORTS,
    fold,
    known_name,
    nearest_families,
    plain_name,
)
from bayesformula.family_table import FAMILIES, LINKS, WRAPPABLE, WRAPPERS, Family, FamilyRecord, compose

LINK_SPELLINGS: Mapping[str, str] = {
    "1/mu^2": "inverse_squared",
    "1/mu**2": "inverse_squared",
    "inverse.squared": "inverse_squared",
    "inversesquared": "inverse_squared",
    "1/mu": "inverse",
    "reciprocal": "inverse",
    "ln": "log",
    "id": "identity",
    "logistic": "logit",
    "squareroot": "sqrt",
    "c-log-log": "cloglog",
    "cauchy": "cauchit",
    "inverse_power": "inverse",
}
"""Other spellings of a link, of R and statsmodels."""


def plain_link(link: str) -> str:
    """A link as the table spells it.

    >>> plain_link("1/mu^2"), plain_link(" Log ")
    ('inverse_squared', 'log')
    """
    plain = re.sub(r"\s+", "", link.lower())
    return LINK_SPELLINGS.get(plain, plain)


def record(name: str) -> FamilyRecord:
    """The row of a family: `record("gamma")`, `record("hurdle_gamma")`, `record("hurdle(gamma)")`.

    Raises:
        FamilyError: there is none of this name.
    """
    found = compose(plain_name(name))
    if found is None and "(" in name:
        found = compose(read_family(name).name)
    if found is None:
        raise FamilyError(unknown_family(name))
    return found


def read_family(family: object) -> Family:
    """The family that was asked for, however it was given.

    Raises:
        FamilyError: no family, not one of this version, or a link that it has not.
    """
    if isinstance(family, Family):
        return with_links(family.name, dict(family.links))
    if isinstance(family, str):
        _refuse_long(family)
        return _read_text(family)
    if isinstance(family, Mapping):
        entries = cast("Mapping[object, object]", family)
        return _read_mapping({str(key): value for key, value in entries.items()})
    if name := function_name(family):  # bf.families.gaussian, not called
        return _read_text(name)
    raise FamilyError(
        f"family={family!r} is not a family\n"
        "  Write a name (family='gaussian'), a dict ({'name': 'gaussian', 'link': 'identity'}),\n"
        "  or bf.families.gaussian(link='identity')."
    )


MOST_CHARACTERS = 1000
"""Of a family with its links; the longest has a quarter of it."""


def _refuse_long(text: str) -> None:
    """Text that was meant for something else, or to take time."""
    if len(text) > MOST_CHARACTERS:
        raise FamilyError(
            f"family={text[:40]!r}... has {len(text):,} characters, and no family has so many\n"
            "  Write family='gaussian', or family='hurdle(gamma(log))'."
        )


_MODULES = ("bayesformula.families", "bayesformula.family_numbers")


def function_name(family: object) -> str | None:
    """The name of a function of `bf.families` that was given without being called."""
    if callable(family) and getattr(family, "__module__", "") in _MODULES:
        return str(getattr(family, "__name__", "")) or None
    return None


# ---- texts -------------------------------------------------------------------------------------------


def _cannot_read(text: str) -> FamilyError:
    return FamilyError(
        f"family={text!r} cannot be read\n"
        "  Write family='gaussian', family='gamma(log)', family='student(link_nu = \"identity\")'\n"
        "  or family='hurdle(gamma(log))'."
    )


def _read_text(text: str) -> Family:
    """`gamma`, `gamma(log)`, `negbinomial(link = "log", link_shape = "log")`, `hurdle(gamma(log))`."""
    match = re.fullmatch(r"\s*(?:\w+::)?([^()=,]*[^\s()=,])\s*(?:\((.*)\))?\s*", text, re.DOTALL)
    if match is None:
        raise _cannot_read(text)
    name, inside = match[1], match[2] or ""
    inner: str | None = None
    links: dict[str, str] = {}
    for place, argument in enumerate(_arguments(text, inside)):
        key, value = _argument(argument)
        if wrapper_name(name) and key in ("", "family") and inner is None:
            inner = value
        elif place == 0 and not key:
            links["mu"] = _unquoted(value)
        elif key == "link" or key.startswith("link_"):
            links[key.removeprefix("link").removeprefix("_") or "mu"] = _unquoted(value)
        else:
            raise _cannot_read(text)
    if any(not re.fullmatch(r"[\w^*/. -]+", link) for link in links.values()):
        raise _cannot_read(text)
    wrapper = wrapper_name(name)
    if wrapper:
        return wrapped(wrapper, None if inner is None else _unquoted(inner), links)
    return with_links(name, links)


def _arguments(text: str, inside: str) -> list[str]:
    """The arguments of a call: commas split outside parentheses only."""
    parts, depth = [""], 0
    for character in inside:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth < 0:
            raise _cannot_read(text)
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    if depth or (len(parts) > 1 and not all(part.strip() for part in parts)):
        raise _cannot_read(text)
    return [part.strip() for part in parts if part.strip()]


def _argument(text: str) -> tuple[str, str]:
    """`key = value`, or a value with an empty key; an `=` inside of parentheses belongs to the value."""
    match = re.match(r"(\w+)\s*=\s*(.+)", text, re.DOTALL)
    return (match[1], match[2]) if match else ("", text)


def _unquoted(text: str) -> str:
    text = text.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


# ---- dicts -------------------------------------------------------------------------------------------


def _read_mapping(entries: dict[str, object]) -> Family:
    name = entries.pop("name", None)
    if not isinstance(name, str):
        raise FamilyError(
            "a family given as a dict needs a name\n  Write {'name': 'gaussian', 'link': 'identity'}."
        )
    links: dict[str, str] = {}
    several = entries.pop("links", None)
    if several is not None and not isinstance(several, Mapping):
        raise FamilyError(
            f"'links' of a family must be a dict, not {several!r}\n"
            "  Write {'name': 'gaussian', 'links': {'mu': 'identity', 'sigma': 'log'}}."
        )
    if isinstance(several, Mapping):
        pairs = cast("Mapping[object, object]", several)
        links.update((str(parameter), _text(link)) for parameter, link in pairs.items())
    for key in list(entries):
        if key == "link":
            links["mu"] = _text(entries.pop(key))
        elif key.startswith("link_"):
            links[key.removeprefix("link_")] = _text(entries.pop(key))
    wrapper = wrapper_name(name)
    inner = entries.pop("family", None) if wrapper else None
    if entries:
        raise FamilyError(
            f"a family given as a dict has the unknown entry {listing(entries)}\n"
            "  Its entries are 'name', 'link' and 'links' ({'mu': 'identity', 'sigma': 'log'}); that of\n"
            "  'zero_inflated' and 'hurdle' also 'family', what they are put around."
        )
    if wrapper:
        return wrapped(wrapper, inner, links)
    if "(" in name:
        read = _read_text(name)
        return with_links(read.name, dict(read.links) | links)
    return with_links(name, links)


def _text(link: object) -> str:
    if isinstance(link, str):
        return link
    raise FamilyError(f"a link must be a text such as 'log', not {link!r}")


# ---- wrappers ----------------------------------------------------------------------------------------


def wrapper_name(name: str) -> str | None:
    """ "zero_inflated" or "hurdle" if that is what a name means.

    >>> wrapper_name("Zero-inflated"), wrapper_name("gamma")
    ('zero_inflated', None)
    """
    plain = {"zeroinflated": "zero_inflated", "zi": "zero_inflated"}.get(plain_name(name), plain_name(name))
    return plain if plain in WRAPPERS else None


def wrapped(wrapper: str, inner: object, links: Mapping[str, str]) -> Family:
    """A family with zero inflation or a hurdle around it; `links` go over those of `inner`.

    Raises:
        FamilyError: `inner` is missing, or there is nothing to be put around it.
    """
    if inner is None:
        raise FamilyError(_without_family(wrapper))
    if isinstance(inner, Mapping) and isinstance(inner.get("family"), Mapping):  # however deep
        raise FamilyError(
            f"{wrapper}() goes around one family, not around one within another\n{_wraps(wrapper)}"
        )
    base = read_family(inner)
    if base.name not in WRAPPABLE:
        why = (
            f"It has {base.wrapper}() around it already."
            if base.wrapper
            else f"Its response must be {SUPPORTS[base.support]}."
        )
        raise FamilyError(f"{wrapper}() cannot be put around '{base.name}'\n  {why}\n{_wraps(wrapper)}")
    return with_links(f"{wrapper}_{base.name}", dict(base.links) | dict(links))


def _without_family(wrapper: str) -> str:
    usual = "poisson" if wrapper == "zero_inflated" else "gamma"
    return f"{wrapper}() needs the family that it is put around\n  Write family='{wrapper}({usual})'."


def _wraps(wrapper: str) -> str:
    names = _indented(f"{', '.join(WRAPPABLE)}.")
    return f"  {wrapper}() adds zeros to counts, positive numbers and proportions:\n{names}"


def _indented(text: str) -> str:
    """A hint folded, as it stands under its message."""
    return "  " + fold(text).replace("\n", "\n  ")


# ---- links and names ---------------------------------------------------------------------------------


def with_links(name: str, links: Mapping[str, str]) -> Family:
    """The family called `name` with these links in the place of its usual ones.

    Raises:
        FamilyError: there is no such family, parameter or link.
    """
    found = compose(plain_name(name))
    if found is None:
        raise FamilyError(unknown_family(name))
    family, legal = found.family, dict(found.legal_links)
    chosen = dict(family.links)
    for parameter, link in links.items():
        if parameter not in legal:
            raise FamilyError(
                f"family '{family.name}' has no parameter '{parameter}'\n"
                f"  Its parameters are {listing(nearest(parameter, legal))}."
            )
        if plain_link(link) not in legal[parameter]:
            what = "has no link" if plain_link(link) in LINKS else "cannot have the unknown link"
            raise FamilyError(
                f"family '{family.name}' {what} '{link}' for {parameter}\n"
                f"  Links of {parameter}: {listing(nearest(link, legal[parameter]))}."
            )
        chosen[parameter] = plain_link(link)
    return Family(family.name, tuple(chosen.items()), family.support)


def unknown_family(name: str) -> str:
    """The message that there is no family of this name, with what to write."""
    known, plain = known_name(name), plain_name(name)
    if plain in ALIASES:
        plain = ALIASES[plain]
    if wrapper := wrapper_name(plain):
        return _without_family(wrapper)
    if known is not None and compose(known) is not None:
        return f"there is no family '{name}': it is called '{known}' here\n  Write family='{known}'."
    if known is not None:
        called = "" if known == plain_name(name) else f" (here called '{known}')"
        instead = f"{_indented(INSTEAD[known])}\n" if known in INSTEAD else ""
        return f"family '{name}'{called} is not in this version\n{instead}{_all_families()}"
    for wrapper in WRAPPERS:
        if plain.startswith(f"{wrapper}_") and plain.removeprefix(f"{wrapper}_") in FAMILIES:
            base = plain.removeprefix(f"{wrapper}_")
            kind = SUPPORTS[FAMILIES[base].family.support]
            why = f"A response of '{base}' must be {kind}."
            return f"there is no family '{name}'\n  {why}\n{_wraps(wrapper)}"
    near = nearest_families(name)
    guess = f": did you mean {' or '.join(repr(other) for other in near)}?" if near else ""
    if plain_name(name) in RELATIVES:
        guess = f". {RELATIVES[plain_name(name)]}"
    return f"there is no family '{name}'{guess or ''}\n{_all_families()}"


def _all_families() -> str:
    named = fold(f"Families: {', '.join(FAMILIES)};").replace("\n", "\n    ")
    return f"  {named}\n  zero_inflated(...) or hurdle(...) of counts, positive numbers, proportions."


def family_name(family: object) -> str | None:
    """The canonical name of a family, of this version or another, however it was given; None for none.

    >>> family_name("Gamma(log)"), family_name("hurdle(gamma(log))"), family_name("frobnicate")
    ('gamma', 'hurdle_gamma', None)
    """
    if isinstance(family, Family):
        return family.name
    name: object = function_name(family) or family
    inner: object = None
    if isinstance(family, Mapping):
        entries = cast("Mapping[str, object]", family)
        name, inner = entries.get("name"), entries.get("family")
    if not isinstance(name, str):
        return None
    _refuse_long(name)
    outer, opened, rest = name.partition("(")
    wrapper = wrapper_name(outer)
    if wrapper is None:
        return known_name(re.sub(r"^\w+::", "", outer.strip()))
    if opened:
        inner = _argument(rest.rpartition(")")[0])[1].strip().lstrip("\"'")
        inner = re.split(r"[,\"']", inner)[0]
    base = family_name(inner)
    return known_name(f"{wrapper}_{base}") if base else None
