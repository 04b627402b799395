"""Prior statements: as a text or a file, and as the dicts and tables that take apart what a text joins."""

from __future__ import annotations

import json
from functools import cache

import pandas as pd

from bayesformula.prior_text import parse_priors
from fuzz.mutate import text_mutator
from fuzz.target import Target

WORDS = (
    "b", "sd", "cor", "sigma", "Intercept", "shape", "zi", "bcs", "df", "r", "[", "]", "(", ")", ",", ";",
    "~", "\n",
    "normal", "student_t", "cauchy", "half_normal", "half_cauchy", "exponential", "gamma", "inv_gamma",
    "beta",
    "uniform", "lkj", "constant", "flat", "horseshoe", "R2D2", "lognormal", "truncated", "to", "inf", "-inf",
    "none",
    "scale", "rate", "mean", "par_ratio", "scale_global", "df = ", "=", ".", "+", "-", "`a, b`", "`",
    "# why\n", "b ~ ",
    "b[x] ~ normal(0, 1)", "sd[g, x]", "truncated to [0, inf)", "(-inf, 1]", "[centred]", "poly(x, 2)1",
    "I(x^2)",
    "sigma.b[x]", "set_prior(", "prior(", "class = ", "<-", "N(0, 1)", "dnorm(0, 1)", "1/3", "sqrt(2)", "NA",
    "True",
)  # fmt: skip


def run_text(data: bytes) -> str:
    """Statements written again read back as themselves."""
    statements = parse_priors(data.decode("utf-8", "surrogatepass"))
    assert parse_priors([statement.render() for statement in statements]) == statements
    for statement in statements:
        assert parse_priors(statement.render())[0].render() == statement.render()
    return f"read: {min(len(statements), 4)} statements"


def run_table(data: bytes) -> str:
    """JSON, as dicts, lists of dicts and tables of priors would hold it."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return "no JSON"
    outcome = f"read: {min(len(parse_priors(value)), 4)}"
    if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
        outcome += f", as a table {min(len(parse_priors(pd.DataFrame(value))), 4)}"
    return outcome


@cache
def text_seeds() -> tuple[bytes, ...]:
    """The statements that the tests of priors hold."""
    return (
        b"b ~ normal(0, 1); b[poly(x, 2)1] ~ flat",
        b"sd[cafe, afternoon] ~ half_normal(scale = 0.5)\nsd ~ student_t(3, 0, 2.5) truncated to [0, inf)",
        b"zi ~ normal(0.2, 0.1) truncated to [0, 1]  # why\n\ncor[g] ~ lkj(2)",
        b"b ~ horseshoe(df = 1, par_ratio = 0.1); sigma.b[x] ~ normal(0, 1); b[`a, b`] ~ constant(1)",
        b"Intercept[centred] ~ normal(0, 10); Intercept[1] ~ cauchy(0, 2.5) truncated to (-inf, 0]",
    )


def table_seeds() -> tuple[bytes, ...]:
    """One of each shape."""
    return (
        b'{"b": "normal(0, 1)", "sd[cafe]": "exponential(1)"}',
        b'["b ~ normal(0, 1)", {"sd": "exponential(1)"}]',
        b'[{"address": "b[x]", "prior": "normal(0, 1)"}, {"address": "sigma", "prior": "exponential(1)"}]',
        b'[{"prior": "normal(0, 1)", "class": "b", "coef": "x", "group": "", "dpar": "sigma", "lb": null}]',
        b'{"prior": "student_t(3, 0, 2.5)", "class": "sd", "coef": "", "group": "g", "lb": "0", "ub": NaN}',
        b'{"b": 1, "sd": null, "x": [1, {"a": true}], "": ""}',
    )


KEYS = (
    '"prior"', '"address"', '"parameter"', '"class"', '"coef"', '"group"', '"dpar"', '"resp"', '"lb"',
    '"ub"', '"b"',
    '"sd"', '"normal(0, 1)"', '"lkj(2)"', "null", "true", "NaN", "Infinity", "{", "}", "[", "]", ":", ",",
    '""', " ",
    '"Intercept"', '"cor"', '"sigma"', '"source"', '"(flat)"', '"default"',
)  # fmt: skip
WATCHED = ("bayesformula/prior", "bayesformula/errors", "bayesformula/model")
TARGETS = (
    Target("priors", run_text, text_mutator(WORDS), text_seeds, WATCHED),
    Target("prior_tables", run_table, text_mutator((*WORDS, *KEYS, *KEYS)), table_seeds, WATCHED),
)
