"""Short texts that ask for much: refused before anything large is made, in a message of a readable size."""

from __future__ import annotations

import time
import tracemalloc
import warnings

import numpy as np
import pandas as pd
import pytest

import bayesformula as bf
from bayesformula.families import resolve_family
from bayesformula.prior_text import parse_priors
from bayesformula.results.hypotheses.reading import read
from fuzz.fixed_tables import small_table

SECONDS, MEGABYTES, CHARACTERS = 10.0, 400, 5_000
LONG = "9" * 90_000


@pytest.fixture(scope="module", autouse=True)
def warm():
    """What is imported and built on first use is no part of any measurement."""
    bf.explain("y ~ x + f + (1 | g)", small_table(), priors="b ~ normal(0, 1)")
    read("x < 0")


def measured(run):
    """What `run` gives or the refusal it ends in; it may take seconds and megabytes, and not more."""
    began = time.process_time()
    tracemalloc.start()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            out = run()
    except bf.BayesFormulaError as error:
        out = error
    finally:
        peak = tracemalloc.get_traced_memory()[1] / 2**20
        tracemalloc.stop()
    assert not isinstance(out, bf.BayesFormulaError) or len(str(out)) < CHARACTERS
    assert peak < MEGABYTES
    assert time.process_time() - began < SECONDS  # most take a hundredth of this
    return out


def wide(rows=1000):
    """As many levels as rows, twice."""
    at = np.arange(rows)
    return pd.DataFrame(
        {
            "y": np.sin(at),
            "x": np.cos(1.7 * at),
            "f": [f"f{i}" for i in at],
            "g": [f"g{i}" for i in -at],
            "n": at % 7,
        }
    )


OF_THE_SMALL_TABLE = {
    "degree": "y ~ poly(x, 1e9)", "long degree": f"y ~ poly(x, {LONG})",
    "degree of splines": "y ~ bs(x, degree = 1e9)",
    "df": "y ~ ns(x, df = 1e9)", "df of bs": "y ~ bs(x, df = 1e999)", "intervals": "y ~ cut(x, 1e12)",
    "infinite intervals": "y ~ cut(x, 1e999)", "sequence": "y ~ cut(x, seq(0, 1, 1e-12))",
    "steps": "y ~ cut(x, 1:1e15)",
    "repeated": "y ~ cut(x, rep(1, 1e15))",
    "joined": "y ~ cut(x, c(" + ",".join(["rep(1, 99999)"] * 300) + "))",
    "joined within": "y ~ cut(x, " + "c(" * 90 + "rep(1, 99999)" + ", rep(1, 99999))" * 90 + ")",
    "power of constants": "y ~ cut(x, 9^9^9^9^9^9)", "power of terms": "y ~ (x + n)^99999999999999999999",
    "product of names": "y ~ " + "*".join(f"v{i}" for i in range(26)),
    "power of a sum": f"y ~ ({'+'.join('abcdefghij')})^20",
    "contrasts": "y ~ C(f, sum, 1e9)", "digits": f"y ~ {LONG}", "parentheses": "y ~ " + "(" * 50_000,
    "members": "y ~ (1 | mm(" + ",".join(["g"] * 3_000) + "))", "substr": "y ~ substr(g, 1, 1e300)",
    "round": "y ~ round(x, 1e300)", "bidi": "y ~ x\u202e", "zero width": "y ~ x\u200b",
    "homoglyph": "y ~ \u0445",
    "columns of powers": "y ~ poly(x, n, w, degree = 40)",
    "knots": "y ~ ns(x, knots = seq(-0.9, 0.9, length.out = 99999))",
    "joins": "y ~ paste(" + ",".join(["g"] * 999) + ")",
    "combinations": "y ~ interaction(" + ",".join(["g", "h"] * 500) + ")",
    "nested": "y ~ (1 | " + ":".join(["g"] * 9_000) + ")",
}  # fmt: skip


@pytest.mark.parametrize("formula", OF_THE_SMALL_TABLE.values(), ids=OF_THE_SMALL_TABLE)
def test_a_formula_that_asks_for_too_much_is_refused(formula):
    assert isinstance(measured(lambda: bf.explain(formula, small_table())), bf.BayesFormulaError)


@pytest.mark.parametrize(
    "formula",
    [
        "y ~ f:g", "y ~ f * g", "y ~ C(f, poly)",
        "y ~ paste(" + ",".join(["f"] * 90) + ", sep = '" + "x" * 90_000 + "')",
        "y ~ (1 | f:g); sigma ~ f:g", "y ~ (f:g | n)",
    ],
)  # fmt: skip
def test_factors_with_many_levels_are_not_multiplied(formula):
    assert isinstance(measured(lambda: bf.explain(formula, wide())), bf.BayesFormulaError)


@pytest.mark.parametrize(
    "formula", ["y ~ I(x^99999999)", "y ~ I(1e999 * x)", "y ~ I(x / 0)", "y ~ I(1e308 * 10 * x)"]
)
def test_numbers_that_overflow_are_refused_or_read(formula):
    measured(lambda: bf.explain(formula, small_table()))


@pytest.mark.slow
@pytest.mark.parametrize("formula", ["y ~ f", "y ~ f:g", "y ~ f * g", "y ~ (f | g)", "y ~ (1 | f:g)"])
def test_an_interaction_of_a_million_levels_with_a_million_levels(formula):
    """A million columns, or a million times a million, are never made."""
    rows = 1_000_000
    levels = pd.Categorical.from_codes(np.arange(rows), [f"f{i}" for i in range(rows)])
    table = pd.DataFrame({"y": np.sin(np.arange(rows)), "f": levels, "g": levels[::-1]})
    if formula == "y ~ (1 | f:g)":
        assert len(bf.design(formula, table).groups["f:g"].levels) == rows
        return
    with pytest.raises(bf.DataError, match="columns"):
        bf.design(formula, table)


PRIORS = {
    "characters": "b ~ normal(0, 1)\n" * 70_000, "digits": f"b ~ normal(0, {LONG})",
    "infinite": "b ~ normal(0, 1e999)",
    "brackets": "b[" + "(" * 50_000, "nested": "b[" + "(" * 10_000 + "x" + ")" * 10_000 + "] ~ flat",
    "quotes": "`" * 50_000, "separators": ";" * 190_000 + "x",
    "arguments": "b ~ normal(" + "1," * 50_000 + "1)",
    "word": "b ~ " + "n" * 500_000, "tildes": "b " + "~" * 100_000, "lines": "\n" * 190_000 + "b ~",
}  # fmt: skip


@pytest.mark.parametrize("text", PRIORS.values(), ids=PRIORS)
def test_long_priors_are_refused_or_read(text):
    measured(lambda: parse_priors(text))


HYPOTHESES = {
    "parentheses": "(" * 4_900 + "x" + ")" * 4_900 + " < 0", "open": "(" * 9_990,
    "signs": "-" * 9_900 + "x < 0",
    "powers": "x" + "^x" * 4_900 + " < 0", "long": "x + " * 5_000 + "x < 0", "digits": f"x < {'9' * 9_000}",
    "infinite": "x < 1e999", "sums": "x" + "+x" * 4_900 + " < 0",
    "calls": "exp(" * 2_400 + "x" + ")" * 2_400 + " < 0",
    "brackets": "b[" + "(" * 4_900 + ")" * 4_900 + "] < 0",
}  # fmt: skip


@pytest.mark.parametrize("text", HYPOTHESES.values(), ids=HYPOTHESES)
def test_deep_hypotheses_are_refused_or_read(text):
    measured(lambda: read(text))


FAMILIES = {
    "wrappers": "hurdle(" * 20_000 + "gamma" + ")" * 20_000, "name": "x" * 100_000, "open": "gamma(" * 50_000,
    "commas": "gamma(" + "," * 100_000 + ")", "links": "gamma(" + ", ".join(["link = 'log'"] * 20_000) + ")",
    "equals": "gamma" + "=" * 100_000, "colons": "::" * 50_000 + "gamma", "blanks": " " * 100_000 + "gamma(",
}  # fmt: skip


@pytest.mark.parametrize("text", FAMILIES.values(), ids=FAMILIES)
def test_long_families_are_refused(text):
    measured(lambda: resolve_family(text))


def nested(depth):
    """A family within a family within a family."""
    family: object = "gamma"
    for _ in range(depth):
        family = {"name": "hurdle", "family": family}
    return family


def test_deep_dicts_are_refused():
    assert isinstance(measured(lambda: resolve_family(nested(50_000))), bf.BayesFormulaError)
