"""Priors as brms and Stan write them are refused with the statement to write."""

from __future__ import annotations

import pandas as pd
import pytest

from bayesformula.errors import PriorError
from bayesformula.prior_brms import statement_of_call, statement_of_fields
from bayesformula.prior_text import HOW, parse_priors

CALLS = [
    ("set_prior('normal(0,1)', class='b')", "b ~ normal(0, 1)"),
    ('set_prior("normal(0, 1)", class = "b", coef = "x")', "b[x] ~ normal(0, 1)"),
    ("prior(normal(0, 1), class = b)", "b ~ normal(0, 1)"),
    ("prior(normal(0, 1))", "b ~ normal(0, 1)"),
    ("prior(student_t(3, 0, 2.5), Intercept)", "Intercept ~ student_t(3, 0, 2.5)"),
    ("brms::prior(normal(0, 1), class = Intercept, dpar = sigma)", "sigma.Intercept ~ normal(0, 1)"),
    (
        "prior(exponential(1), class = sd, group = herd, coef = Intercept)",
        "sd[herd, Intercept] ~ exponential(1)",
    ),
    ("prior(lkj(2), class = cor, group = g)", "cor[g] ~ lkj(2)"),
    ("prior(lkj(2), class = L)", "cor ~ lkj(2)"),
    ("prior(normal(0, 1), class = b, lb = 0)", "b ~ normal(0, 1) truncated to [0, inf)"),
    ("prior(normal(0, 1), class = sigma, ub = 2)", "sigma ~ normal(0, 1) truncated to (-inf, 2]"),
    ("prior(constant(0.25), class = quantile)", "quantile ~ constant(0.25)"),
    ('prior_string("gamma(2, 0.1)", class = "nu")', "nu ~ gamma(2, 0.1)"),
]


@pytest.mark.parametrize(("text", "statement"), CALLS)
def test_a_call_of_brms_is_answered_with_the_statement(text, statement):
    """In a text of its own, in a list, and on a line among others; the statement is read."""
    for source in (text, ["sigma ~ flat", text], f"sd ~ flat\n{text}\nsigma ~ flat"):
        with pytest.raises(PriorError) as caught:
            parse_priors(source)
        assert str(caught.value).endswith(f"\n  Write {statement}.")
        assert text in str(caught.value)
    assert [read.render() for read in parse_priors(statement)] == [statement]


ROWS = [
    ({"class": "b", "prior": "normal(0,1)"}, "b ~ normal(0, 1)"),
    ({"prior": "normal(0, 1)", "class": "b", "coef": "I(x^2)"}, "b[I(x^2)] ~ normal(0, 1)"),
    (
        {"prior": "exponential(1)", "class": "sd", "group": "g", "dpar": "sigma"},
        "sigma.sd[g] ~ exponential(1)",
    ),
    ({"prior": "normal(0, 1)", "class": "b", "lb": 0, "ub": 2.5}, "b ~ normal(0, 1) truncated to [0, 2.5]"),
    ({"prior": "", "class": "sigma", "coef": "", "lb": float("nan"), "source": "default"}, "sigma ~ flat"),
]


@pytest.mark.parametrize(("row", "statement"), ROWS)
def test_a_row_of_brms_is_answered_with_the_statement(row, statement):
    """Alone, in a list and in a table."""
    for source in (row, [row], pd.DataFrame([row])):
        with pytest.raises(PriorError) as caught:
            parse_priors(source)
        assert str(caught.value).endswith(f"is not a prior\n  Write {statement}.")
    assert [read.render() for read in parse_priors(statement)] == [statement]


OTHERS = [
    "set_prior('foo(0, 1)', class = 'b')",
    "prior(normal(0, 1), class = b, nlpar = a)",
    "prior(normal(0, 1), class = b) + prior(normal(0, 2), class = sd)",
    "prior(normal(0, 1), b, x)",
    "prior(normal(0, sqrt(2)), class = b)",
    "prior()",
    "set_prior('normal(0, 1)', class = 'b'",
]


@pytest.mark.parametrize("text", OTHERS)
def test_what_means_no_statement_is_told_the_form_of_one(text):
    with pytest.raises(PriorError) as caught:
        parse_priors(text)
    hint = caught.value.hint
    assert hint == HOW or "square brackets" in hint or "is not closed" in caught.value.message


def test_rows_that_mean_no_statement():
    assert statement_of_fields({"prior": "flat", "class": "sd", "coef": "x"}) is None  # of which group?
    assert statement_of_fields({"prior": "flat", "class": "b", "resp": "y2"}) is None
    assert statement_of_fields({"class": "b"}) is None
    assert statement_of_call("b ~ normal(0, 1)") is None
    with pytest.raises(PriorError) as caught:
        parse_priors({"prior": "flat", "class": "b", "resp": "y2"})
    assert caught.value.hint == HOW


TRUNCATIONS = [
    ("b ~ normal(0,1) T[0,]", "T", "normal(0,1) truncated to [0, inf)"),
    ("sd ~ flat; b ~ normal(0, 1)T[ , 2.5]", "T", "normal(0, 1) truncated to (-inf, 2.5]"),
    ("b ~ flat\nsigma ~ normal(0, 1) T[-1, 2]\nsd ~ flat", "T", "normal(0, 1) truncated to [-1, 2]"),
    ("b ~ normal(0, 1) [0, 1]", "[", "normal(0, 1) truncated to [0, 1]"),
    ("b ~ normal(0, 1) T[,]", "T", "normal(0, 1)"),
]


@pytest.mark.parametrize(("text", "found", "written"), TRUNCATIONS)
def test_stans_truncation_is_answered_with_ours(text, found, written):
    with pytest.raises(PriorError) as caught:
        parse_priors(text)
    assert caught.value.message == f"unexpected `{found}` in a prior"
    assert caught.value.hint == f"Write {written}."
    assert len(parse_priors(f"b ~ {written}")) == 1
