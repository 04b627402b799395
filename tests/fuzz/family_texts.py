"""Families: as text, and as the dicts that JSON holds."""

from __future__ import annotations

import json

import bayesformula as bf
from bayesformula.families import family_name, resolve_family
from bayesformula.family_table import FAMILIES
from fuzz.mutate import text_mutator
from fuzz.target import Target

WORDS = (
    *FAMILIES, "Gamma", "hurdle", "zero_inflated", "zi", "quasibinomial", "nbinom2", "(", ")", "=", ",",
    "link", "links",
    "link_sigma", "link_nu", "family", "name", "log", "logit", "identity", "inverse", "1/mu^2", "sqrt",
    "cloglog",
    "'log'", '"log"', "brms::", "stats::", "bf.families.", "_", "-", ".", " ", "{", "}", "[", "]", ":",
    '"name"',
    '"link"', '"links"', '"family"', '"gamma"', "null", "1", "true", "mu", "sigma", "multinomial", "ordinal",
)  # fmt: skip
SEEDS = (
    b"gamma(log)", b'student(link_nu = "identity")', b"hurdle(gamma(log))", b"zero_inflated(poisson)",
    b"Gaussian",
    b'{"name": "gamma", "link": "log"}',
    b'{"name": "hurdle", "family": {"name": "gamma"}, "links": {"hu": "logit"}}',
    b'brms::negbinomial(link = "log", link_shape = "log")', b"hurdle_gamma", b"frobnicate",
)  # fmt: skip


def run_family(data: bytes) -> str:
    """What is read has a name that is read as the same family."""
    text = data.decode("utf-8", "surrogatepass")
    value: object = text
    if text.startswith(("{", "[")):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            value = text
    family_name(value)
    family = resolve_family(value)
    assert resolve_family(family) == family
    assert resolve_family({"name": family.name, "links": dict(family.links)}) == family
    bf.explain("y ~ x", family=family)
    return f"read: {family.name}"


TARGETS = (Target("family", run_family, text_mutator(WORDS), lambda: SEEDS, ("bayesformula/famil",)),)
