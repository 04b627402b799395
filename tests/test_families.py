"""Families: the table, every way to give one, and what is said of what is none."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import bayesformula as bf
import bayesformula.families as families
from bayesformula.errors import BayesFormulaError, FamilyError
from bayesformula.families import (
    COMPOSED,
    FAMILIES,
    NOT_YET,
    ORDINAL,
    PARAMETERS,
    WRAPPABLE,
    Family,
    family_name,
    gamma,
    gaussian,
    hurdle,
    record,
    resolve_family,
    zero_inflated,
)
from bayesformula.family_names import (
    ALIASES,
    INSTEAD,
    KNOWN,
    OTHERS,
    RELATIVES,
    SUPPORTS,
    known_name,
    plain_name,
)
from bayesformula.family_reading import LINK_SPELLINGS, plain_link
from bayesformula.family_table import LINKS, WRAPPED_SUPPORTS, compose

GAUSSIAN = Family("gaussian", (("mu", "identity"), ("sigma", "log")), "real")
GOLDEN = Path(__file__).parent / "golden" / "errors" / "families.txt"


def spelt(value: object) -> str:
    """A test's name: that of a function, without its address, which differs from process to process."""
    return getattr(value, "__name__", str(value))


# ---- the table ---------------------------------------------------------------------------------------

TABLE = {
    "gaussian": "real mu=identity sigma=log | cens se trunc",
    "student": "real mu=identity sigma=log nu=logm1 | cens se trunc",
    "skew_normal": "real mu=identity sigma=log alpha=identity |",
    "exgaussian": "real mu=identity sigma=log beta=log | cens trunc",
    "asym_laplace": "real mu=identity sigma=log quantile=logit | cens trunc",
    "von_mises": "angle mu=tan_half kappa=log |",
    "lognormal": "positive mu=identity sigma=log | cens trunc",
    "shifted_lognormal": "positive mu=identity sigma=log ndt=log | cens trunc",
    "gamma": "positive mu=log shape=log | cens trunc",
    "inverse_gaussian": "positive mu=log shape=log | cens trunc",
    "weibull": "positive mu=log shape=log | cens trunc",
    "exponential": "positive mu=log | cens trunc",
    "tweedie": "nonnegative mu=log phi=log power=logitm1 |",
    "beta": "unit mu=logit phi=log | cens trunc",
    "zero_one_inflated_beta": "closed unit mu=logit phi=log zoi=logit coi=logit |",
    "ordered_beta": "closed unit mu=logit phi=log cutzero=identity cutgap=log |",
    "bernoulli": "binary mu=logit |",
    "binomial": "trials mu=logit | cens trials trunc",
    "beta_binomial": "trials mu=logit phi=log | cens trials trunc",
    "poisson": "count mu=log | cens rate trunc",
    "negbinomial": "count mu=log shape=log | cens rate trunc",
    "negbinomial1": "count mu=log phi=log | cens trunc",
    "generalized_poisson": "count mu=log phi=log | cens trunc",
    "geometric": "count mu=log | cens rate trunc",
    "categorical": "category mu=logit |",
    "multinomial": "matrix mu=logit | trials",
    "cumulative": "ordered mu=logit disc=log |",
    "sratio": "ordered mu=logit disc=log |",
    "cratio": "ordered mu=logit disc=log |",
    "acat": "ordered mu=logit disc=log |",
    "zero_inflated_poisson": "count mu=log zi=logit | rate",
    "zero_inflated_binomial": "trials mu=logit zi=logit | trials",
    "zero_inflated_beta": "half-open unit mu=logit phi=log zi=logit |",
    "hurdle_gamma": "nonnegative mu=log shape=log hu=logit |",
    "hurdle_negbinomial": "count mu=log shape=log hu=logit | rate",
    "hurdle_shifted_lognormal": "nonnegative mu=identity sigma=log ndt=log hu=logit |",
}
"""Support of the response, parameters with their usual links, legal response terms."""


def described(name: str) -> str:
    row = record(name)
    links = " ".join(f"{parameter}={link}" for parameter, link in row.family.links)
    return f"{row.family.support} {links} | {' '.join(sorted(row.terms))}".rstrip()


@pytest.mark.parametrize("name", TABLE)
def test_the_table(name):
    assert described(name) == TABLE[name]


def test_the_table_is_whole():
    assert set(FAMILIES) == set(TABLE) - set(COMPOSED)
    assert len(COMPOSED) == 2 * len(WRAPPABLE) == 28


@pytest.mark.parametrize("name", [*FAMILIES, *COMPOSED])
def test_a_record_does_not_contradict_itself(name):
    """The usual link is legal and known; other parameters are those of the table, by their own links."""
    row = record(name)
    legal = dict(row.legal_links)
    assert tuple(legal) == row.family.parameters
    assert row.family.parameters[0] == "mu"
    for parameter, link in row.family.links:
        assert link in legal[parameter]
        assert set(legal[parameter]) <= set(LINKS)
        if parameter != "mu":
            assert (link, legal[parameter]) == (PARAMETERS[parameter].link, PARAMETERS[parameter].links)
    assert row.family.support in SUPPORTS


@pytest.mark.parametrize("name", COMPOSED)
def test_a_wrapped_family_is_its_base_and_one_parameter(name):
    row = record(name)
    base = FAMILIES[row.family.base]
    added = {"zero_inflated": "zi", "hurdle": "hu"}[row.family.wrapper]
    assert name == f"{row.family.wrapper}_{row.family.base}"
    assert row.family.links == (*base.family.links, (added, "logit"))
    assert row.family.support == WRAPPED_SUPPORTS[base.family.support]
    assert row.is_discrete == base.is_discrete
    assert row.terms == base.terms & {"trials", "rate"}


def test_bases_are_not_taken_for_wrapped():
    assert all(row.family.wrapper == "" and row.family.base == name for name, row in FAMILIES.items())


DISCRETE = "bernoulli binomial beta_binomial poisson negbinomial negbinomial1 generalized_poisson geometric"


def test_which_families_are_discrete():
    classes = ["categorical", "multinomial", *ORDINAL]
    assert {name for name, row in FAMILIES.items() if row.is_discrete} == {*DISCRETE.split(), *classes}
    assert {"cumulative", "sratio", "cratio", "acat"} == ORDINAL


SUPPORTS_OF = [
    ("gamma", "mu", "positive"),
    ("tweedie", "mu", "positive"),
    ("hurdle_poisson", "mu", "positive"),
    ("lognormal", "mu", "real"),
    ("gaussian", "mu", "real"),
    ("von_mises", "mu", "real"),
    ("beta", "mu", "unit"),
    ("zero_inflated_binomial", "mu", "unit"),
    ("cumulative", "mu", "real"),
    ("categorical", "mu", "real"),
    ("student", "nu", "above one"),
    ("tweedie", "power", "power"),
    ("shifted_lognormal", "ndt", "delay"),
    ("hurdle_gamma", "hu", "unit"),
]


@pytest.mark.parametrize(("family", "parameter", "support"), SUPPORTS_OF)
def test_where_a_parameter_lies(family, parameter, support):
    assert record(family).family.support_of(parameter) == support


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_has_a_function_of_its_name(name):
    """With a link for each parameter, the usual ones unless said, and what each means in its docstring."""
    function = getattr(bf.families, name)
    row = FAMILIES[name]
    assert function() == row.family
    words = ["link", *(f"link_{parameter}" for parameter in row.family.parameters[1:])]
    assert list(inspect.signature(function).parameters) == words
    for word in words:
        assert re.search(rf"^        {word}: ", function.__doc__, re.MULTILINE), word
    for word, (parameter, links) in zip(words, row.legal_links, strict=True):
        for link in links:
            assert function(**{word: link}).link(parameter) == link


@pytest.mark.parametrize("name", COMPOSED)
def test_a_wrapped_family_has_a_function_of_its_name(name):
    family = record(name).family
    assert getattr(families, name)() == family
    wrap = {"zero_inflated": zero_inflated, "hurdle": hurdle}[family.wrapper]
    assert wrap(family.base) == wrap(getattr(families, family.base)()) == family


NO_FUNCTIONS = [
    ("hurdle_gaussian", ": did you mean "),
    ("negative_binomial", ": it is called bf.families.negbinomial here"),
    ("Poisson", ": it is called bf.families.poisson here"),
    ("Gamma", ": it is called bf.families.gamma here"),
    ("Hurdle", ": it is called bf.families.hurdle here"),
    ("zip", ": it is called bf.families.zero_inflated_poisson here"),
    ("poison", ": did you mean bf.families.poisson?"),
    ("mvgaussian", ": this version has no such family. Several responses are several fits, one by one."),
    ("anova", ""),
]


@pytest.mark.parametrize(("name", "rest"), NO_FUNCTIONS)
def test_no_other_name_is_a_function(name, rest):
    with pytest.raises(AttributeError) as caught:
        getattr(families, name)
    said = str(caught.value)
    assert said.startswith(f"there is no bf.families.{name}{rest}")
    assert said.endswith(rest) or rest.endswith(" ")
    assert not hasattr(families, name)


# ---- every way to give a family ----------------------------------------------------------------------

GAMMA = Family("gamma", (("mu", "inverse"), ("shape", "softplus")), "positive")
HURDLE = Family("hurdle_gamma", (("mu", "log"), ("shape", "log"), ("hu", "probit")), "nonnegative")
ZIP = record("zero_inflated_poisson").family

SPELLINGS_OF = [
    (GAUSSIAN, [
        None, "gaussian", "Gaussian", " gaussian ", "gaussian()", "gaussian(identity)", "stats::gaussian()",
        "gaussian( link = 'identity' )", 'gaussian("identity")',
        'gaussian(link = "identity", link_sigma = "log")',
        {"name": "gaussian"}, {"name": "gaussian", "link": "identity"},
        {"name": "gaussian", "links": {"mu": "identity", "sigma": "log"}},
        {"name": "gaussian", "link": "identity", "link_sigma": "log"}, gaussian, gaussian(),
        gaussian(link="identity"), GAUSSIAN,
    ]),
    (GAMMA, [
        "gamma(inverse, link_shape = softplus)", "Gamma(link = 'inverse', link_shape='softplus')",
        {"name": "gamma", "link": "inverse", "link_shape": "softplus"},
        {"name": "Gamma(inverse)", "link_shape": "softplus"},
        {"name": "gamma", "links": {"shape": "softplus", "mu": "1/mu"}},
        gamma(link="inverse", link_shape="softplus"), gamma("inverse", "softplus"),
    ]),
    (HURDLE, [
        "hurdle(gamma(log), link_hu = 'probit')", "hurdle_gamma(link_hu = probit)",
        "hurdle(family = gamma, link_hu = probit)", "Hurdle('gamma(log)', link_hu=probit)",
        {"name": "hurdle", "family": "gamma", "link_hu": "probit"},
        {"name": "hurdle", "family": {"name": "gamma", "link": "log"}, "links": {"hu": "probit"}},
        {"name": "hurdle(gamma)", "link_hu": "probit"}, {"name": "hurdle_gamma", "link_hu": "probit"},
        hurdle("gamma", link_hu="probit"), hurdle(gamma, "probit"), hurdle(gamma(), "probit"),
        families.hurdle_gamma(link_hu="probit"),
    ]),
    (ZIP, [
        "zero_inflated(poisson)", "zero_inflated_poisson", "zero-inflated poisson", "zi(poisson)",
        "Zero.Inflated(poisson)", "zero_inflated(poisson(log))", "brms::zero_inflated_poisson()",
        zero_inflated("poisson"),
        zero_inflated(bf.families.poisson), families.zero_inflated_poisson, {"name": "zero_inflated_poisson"},
    ]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("family", "given"),
    [(family, given) for family, spellings in SPELLINGS_OF for given in spellings],
    ids=spelt,
)
def test_every_spelling_is_the_same_family(family, given):
    assert resolve_family(given, "numeric") == family
    if given is not None:
        assert family_name(given) == family.name


@pytest.mark.parametrize("name", [*FAMILIES, *COMPOSED])
def test_a_family_passed_back_is_itself(name):
    family = record(name).family
    links = dict(family.links)
    assert resolve_family(family) == resolve_family({"name": name, "links": links}) == family
    text = f"{name}({links.pop('mu')}{''.join(f', link_{p} = {link}' for p, link in links.items())})"
    assert resolve_family(text) == family
    reported = resolve_family({"name": name, "links": family.reported_links()})
    assert reported.reported_links() == family.reported_links()


def test_links_are_reported_as_identity_where_a_parameter_has_no_formula():
    """Like brms: sigma is sampled as it is unless it is predicted."""
    assert GAUSSIAN.reported_links() == {"mu": "identity", "sigma": "identity"}
    assert GAUSSIAN.reported_links(("mu", "sigma")) == {"mu": "identity", "sigma": "log"}
    assert GAUSSIAN.link("sigma") == "log"
    assert GAUSSIAN.parameters == ("mu", "sigma")


LINKS_AS_WRITTEN = [
    ("inverse.gaussian(1/mu^2)", "inverse_squared"),
    ("inverse.gaussian(link = '1/mu^2')", "inverse_squared"),
    ("Gamma(inverse)", "inverse"),
    ("Gamma(1/mu)", "inverse"),
    ("poisson(Sqrt)", "sqrt"),
    ("poisson(ln)", "log"),
    ("bernoulli(c-log-log)", "cloglog"),
]


@pytest.mark.parametrize(("text", "link"), LINKS_AS_WRITTEN)
def test_links_are_read_as_r_spells_them(text, link):
    assert resolve_family(text).link("mu") == link


def test_spellings_of_links_are_of_links():
    assert set(LINK_SPELLINGS.values()) <= set(LINKS)
    assert not set(LINK_SPELLINGS) & set(LINKS)
    assert all(plain_link(link) == link for link in LINKS)


# ---- what is refused ---------------------------------------------------------------------------------


def read_cases():
    """(what is given, message) of each section of the golden file; to renew it, run this file as a script."""
    sections = GOLDEN.read_text(encoding="utf-8").split(">>> ")[1:]
    pairs = [section.split("\n", 1) for section in sections]
    return [(ast.literal_eval(given), message.strip("\n")) for given, message in pairs]


def message_of(given) -> str:
    """Of a family alone, or of (family, kind of the response, its levels, its label)."""
    family, *response = given if isinstance(given, tuple) else (given,)
    kind, levels, label = response or ("numeric", (), "y")
    with pytest.raises(FamilyError) as caught:
        resolve_family(family, kind, levels=levels, label=label)
    assert isinstance(caught.value, BayesFormulaError)
    assert isinstance(caught.value, ValueError)
    return str(caught.value)


@pytest.mark.parametrize(("given", "message"), read_cases(), ids=[str(given) for given, _ in read_cases()])
def test_messages_in_full(given, message):
    assert message_of(given) == message


@pytest.mark.parametrize(
    "family",
    [
        3, len, {"link": "identity"}, {"name": 3}, {"name": "gaussian", "lnk": "log"},
        {"name": "gamma", "link": 1}, {"name": "gamma", "links": "log"},
        {"name": "gamma", "family": "poisson"}, "", "a b", "gaussian(a)(b)", "(log)", "gamma(log",
        "gamma(log))", "gamma(log, log)", "gamma(log,)", "gamma(x = log)", "gamma(link =)",
        "hurdle(gamma, poisson)", "hurdle()", zero_inflated, {"name": "hurdle"}, "gamma(link_nu = log)",
    ],
    ids=spelt,
)  # fmt: skip
def test_what_is_no_family_is_refused(family):
    with pytest.raises(FamilyError):
        resolve_family(family)


@pytest.mark.parametrize("name", sorted(NOT_YET))
def test_names_of_the_wider_field_are_refused_as_such(name):
    assert compose(name) is None
    with pytest.raises(FamilyError, match="is not in this version"):
        resolve_family(name)


def test_what_is_offered_instead_is_of_this_version():
    """Every family named in such a text is there; nothing is offered for what is here already."""
    assert set(INSTEAD) <= set(OTHERS)
    for text in INSTEAD.values():
        for named in re.findall(r"'(\w+)'", text):
            assert resolve_family(named)


def test_texts_fit_a_terminal():
    """Of 80 columns, what the user wrote left out."""
    for name in NOT_YET:
        with pytest.raises(FamilyError) as caught:
            resolve_family(name)
        assert max(map(len, str(caught.value).splitlines())) <= 80


@pytest.mark.parametrize("base", sorted(set(FAMILIES) - set(WRAPPABLE)))
@pytest.mark.parametrize("wrapper", ["zero_inflated", "hurdle"])
def test_what_cannot_be_wrapped_is_refused(wrapper, base):
    if f"{wrapper}_{base}" in OTHERS:
        return
    for given in (f"{wrapper}({base})", f"{wrapper}_{base}", {"name": wrapper, "family": base}):
        with pytest.raises(FamilyError, match=r"adds zeros to counts, positive numbers and proportions"):
            resolve_family(given)


# ---- the response ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["numeric", "count", "binary"])
def test_numbers_are_gaussian_by_default(kind):
    assert resolve_family(None, kind) == GAUSSIAN


ACCEPTED = [
    ("gaussian", "binary", ("FALSE", "TRUE")),
    ("gaussian", "bool", ()),
    ("bernoulli", "text", ("no", "yes")),
    ("bernoulli", "binary", ("not yes", "yes")),
    ("bernoulli", "binary", ()),
    ("binomial", "bool", ()),
    ("categorical", "text", ("a", "b", "c")),
    ("categorical", "binary", ("FALSE", "TRUE")),
    ("cumulative", "ordered", ("low", "mid", "high")),
    ("acat", "category", ("a", "b", "c")),
    ("sratio", "count", ()),
]


@pytest.mark.parametrize(("family", "kind", "levels"), ACCEPTED)
def test_responses_with_levels_that_a_family_takes(family, kind, levels):
    assert resolve_family(family, kind, levels=levels).name == family


def test_the_label_of_the_response_is_in_what_to_write():
    """So that it can be copied."""
    frame = pd.DataFrame({"answer": ["yes", "no", "yes", "no"] * 5, "x": np.arange(20.0)})
    with pytest.raises(FamilyError) as caught:
        resolve_family(None, "text", levels=("no", "yes"), label="answer")
    assert "answer['no'] ~ x" in str(caught.value)
    assert bf.design("answer['no'] ~ x", frame).y.sum() == 10


# ---- names -------------------------------------------------------------------------------------------

SPELLINGS = [
    ("gaussian", "gaussian"),
    (" Gaussian ", "gaussian"),
    ("normal", "gaussian"),
    ("Gamma", "gamma"),
    ("Gamma(log)", "gamma"),
    ("Gamma(link = 'log')", "gamma"),
    ("inverse.gaussian", "inverse_gaussian"),
    ("negative binomial", "negbinomial"),
    ("Negative.Binomial", "negbinomial"),
    ("negativebinomial", "negbinomial"),
    ("nb", "negbinomial"),
    ("nbinom2", "negbinomial"),
    ("genpois", "generalized_poisson"),
    ("t", "student"),
    ("betabinomial", "beta_binomial"),
    ({"name": "poisson", "link": "log"}, "poisson"),
    (gaussian, "gaussian"),
    (gaussian(), "gaussian"),
    ("logistic", None),
    ("binomal", None),
    ("hurdle", None),
    ("hurdle(gaussian)", None),
    ({"link": "log"}, None),
    (None, None),
    (3, None),
]


@pytest.mark.parametrize(("family", "name"), SPELLINGS, ids=[spelt(family) for family, _ in SPELLINGS])
def test_spellings_of_r_and_python_name_one_family(family, name):
    assert family_name(family) == name


def test_the_tables_of_names_do_not_contradict_each_other():
    """An alias is of a family, a relative is none, and all are spelled as they are looked up."""
    assert set(ALIASES.values()) <= set(KNOWN)
    assert not set(ALIASES) & set(KNOWN)
    assert not set(RELATIVES) & (set(KNOWN) | set(ALIASES))
    for name in (*KNOWN, *ALIASES, *RELATIVES):
        assert plain_name(name) == name
    assert all(known_name(name) == name for name in KNOWN)


def test_families_of_this_version_are_as_the_names_have_them():
    for name in (*FAMILIES, *COMPOSED):
        assert KNOWN[name].support == record(name).family.support
        assert KNOWN[name].parameters == record(name).family.parameters
    assert not set(OTHERS) & {*FAMILIES, *COMPOSED}


@pytest.mark.parametrize("alias", ALIASES)
def test_another_packages_name_is_told_ours(alias):
    with pytest.raises(FamilyError, match=f"called '{ALIASES[alias]}'"):
        resolve_family(alias)


if __name__ == "__main__":
    texts = [f">>> {given!r}\n{message_of(given)}\n" for given, _ in read_cases()]
    GOLDEN.write_text("\n".join(texts), encoding="utf-8")
