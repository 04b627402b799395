"""Responses outside the support of a family are refused with the rows, and with what fits them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import bayesformula as bf
from bayesformula.data.design import build_design
from bayesformula.data.support import LEGAL, check_support, fitting_families, support_findings
from bayesformula.data.tables import as_frame
from bayesformula.errors import DataError, FamilyError
from bayesformula.family_names import KNOWN, SUPPORTS
from bayesformula.syntax.lower import lower
from bayesformula.syntax.parse import parse

GOLDEN = Path(__file__).parents[1] / "golden" / "errors" / "support.txt"

REAL, COUNTS, POSITIVE = [-1.5, 0.0, 2.0], [0.0, 3.0, 7.0], [0.5, 1.5, 9.0]
UNIT, CLOSED, BINARY = [0.2, 0.5, 0.9], [0.0, 0.5, 1.0], [0.0, 1.0, 1.0]

TAKEN = {
    "gaussian": [REAL, COUNTS, POSITIVE, UNIT, CLOSED, BINARY],
    "student": [REAL, COUNTS, POSITIVE],
    "gamma": [POSITIVE, UNIT],
    "lognormal": [POSITIVE, UNIT],
    "shifted_lognormal": [POSITIVE, UNIT],
    "inverse_gaussian": [POSITIVE, UNIT],
    "weibull": [POSITIVE, UNIT],
    "exponential": [POSITIVE, UNIT],
    "tweedie": [POSITIVE, COUNTS, UNIT, CLOSED, BINARY],
    "hurdle_gamma": [POSITIVE, COUNTS, UNIT, CLOSED, BINARY],
    "zero_inflated_lognormal": [POSITIVE, COUNTS, UNIT, CLOSED, BINARY],
    "beta": [UNIT],
    "zero_inflated_beta": [UNIT, [0.0, 0.5]],
    "hurdle_beta": [UNIT, [0.0, 0.5]],
    "zero_one_inflated_beta": [UNIT, CLOSED, BINARY],
    "ordered_beta": [UNIT, CLOSED, BINARY],
    "poisson": [COUNTS, BINARY],
    "negbinomial": [COUNTS, BINARY],
    "negbinomial1": [COUNTS, BINARY],
    "generalized_poisson": [COUNTS, BINARY],
    "geometric": [COUNTS, BINARY],
    "zero_inflated_negbinomial": [COUNTS, BINARY],
    "hurdle_poisson": [COUNTS, BINARY],
    "bernoulli": [BINARY],
    "binomial": [BINARY],  # one trial a row
    "zero_inflated_binomial": [BINARY],
    "beta_binomial": [BINARY],
    "cumulative": [COUNTS, BINARY],
    "acat": [COUNTS, BINARY],
    "categorical": [COUNTS, BINARY],
    "von_mises": [[-np.pi, 0.0, np.pi], UNIT],
    "custom": [REAL],
}
"""Values that a family takes; what is not listed, of the six above, it does not."""


@pytest.mark.parametrize("family", TAKEN)
def test_what_a_family_takes(family):
    """And what not: every message names family, response and rows."""
    for values in TAKEN[family]:
        assert check_support(family, np.array(values), None, "y") == ""
    if family in ("von_mises", "custom", "student"):
        return
    for values in (REAL, COUNTS, POSITIVE, UNIT, CLOSED, BINARY):
        if values not in TAKEN[family]:
            message = check_support(family, np.array(values), None, "y")
            assert f"family '{family}'" in message
            assert "response 'y'" in message


MESSAGES = {
    "a fraction": ("poisson", [0.0, 1.5, 2.0, 2.5]),
    "a negative count": ("negbinomial", [0.0, -1.0]),
    "a third class": ("bernoulli", [0.0, 1.0, 2.0]),
    "classes 1 and 2": ("bernoulli", [2.0, 1.0, 2.0]),
    "a number as a class": ("bernoulli", [0.0, 0.5, 2.5]),
    "a zero in a gamma": ("gamma", [1.0, 0.0, 2.5, 0.0]),
    "a zero in a weibull": ("weibull", [1.5, 0.0]),
    "a negative gamma": ("gamma", [1.0, -1.0]),
    "a zero in a lognormal": ("lognormal", [1.5, 0.0]),
    "a zero in a beta": ("beta", [0.0, 0.5]),
    "a one in a beta": ("beta", [1.0, 0.5]),
    "both in a zero-inflated beta": ("zero_inflated_beta", [1.0, 0.0, 0.5]),
    "a beta above one": ("beta", [0.2, 1.5]),
    "an ordered beta of percents": ("ordered_beta", [0.0, 50.0]),
    "proportions": ("binomial", [0.25, 0.5]),
    "no trials": ("binomial", [3.0, 0.0]),
    "no trials, wrapped": ("zero_inflated_binomial", [3.0, 0.0]),
    "a negative success": ("beta_binomial", [-3.0, 0.0]),
    "angles from 0 to 2 pi": ("von_mises", [0.5, 4.0]),
    "degrees from -180 to 180": ("von_mises", [-90.0, 120.0]),
    "degrees from 0 to 360": ("von_mises", [90.0, 270.0]),
    "whole turns": ("von_mises", [-900.0, 1.0]),
    "a fraction among ratings": ("cumulative", [1.0, 2.5]),
    "a fraction among classes": ("categorical", [1.0, 2.5]),
    "a negative tweedie": ("tweedie", [1.0, -2.5]),
}
"""What is wrong: family and values. The messages are in the golden file; this file as a script renews it."""


def read_messages():
    """Message by what is wrong."""
    sections = GOLDEN.read_text(encoding="utf-8").split(">>> ")[1:]
    pairs = [section.split("\n", 1) for section in sections]
    return {wrong: message.strip("\n") for wrong, message in pairs}


def message_of(wrong: str) -> str:
    family, values = MESSAGES[wrong]
    return check_support(family, np.array(values), None, "y")


@pytest.mark.parametrize("wrong", MESSAGES)
def test_messages_in_full(wrong):
    assert read_messages()[wrong] == message_of(wrong) != ""


ANGLES = [
    ("angles from 0 to 2 pi", [0.5, 4.0]),
    ("degrees from -180 to 180", [-90.0, 120.0]),
    ("degrees from 0 to 360", [90.0, 270.0]),
    ("whole turns", [-900.0, 1.0]),
]


@pytest.mark.parametrize(("wrong", "values"), ANGLES)
def test_what_is_said_of_angles_makes_angles(wrong, values):
    """The formula in the message can be written, and gives the same directions between -pi and pi."""
    text = re.search(r"(?:written|by|turns:) (.*) ~ x", message_of(wrong))[1]
    y = bf.design(f"{text} ~ 1", {"y": values}).y
    turned = np.radians(values) if "degrees" in wrong else np.array(values)
    assert np.all(np.abs(y) <= np.pi)
    np.testing.assert_allclose(np.exp(1j * y), np.exp(1j * turned), atol=1e-9)


LEVELS = [
    ("bernoulli", ("n", "y"), False, ""),
    ("binomial", ("n", "y"), False, ""),
    ("bernoulli", ("y",), False, r"one level, 'y', .*\n  Say whether it is the success: y\['y'\] ~ x."),
    ("cumulative", ("y",), False, "one level, 'y'"),
    ("categorical", ("a", "b", "c"), False, ""),
    ("cumulative", ("a", "b", "c"), True, ""),
    ("cumulative", ("a", "b", "c"), False, ""),
    ("bernoulli", ("a", "b", "c"), True, r"the levels 'a', 'b', 'c'\.\n  family='cumulative'"),
    ("bernoulli", ("a", "b", "c"), False, r"family='categorical'.*(?s:.)*y\['c'\] ~ x"),
    (
        "poisson",
        ("n", "y"),
        False,
        "must be whole numbers, .*\n  It has the levels 'n', 'y'.\n  family='bernoulli'",
    ),
]


@pytest.mark.parametrize(("family", "levels", "is_ordered", "message"), LEVELS)
def test_responses_with_levels(family, levels, is_ordered, message):
    """Two are 0 and 1; of one it cannot be told which; an ordinal family takes any order."""
    found = check_support(family, np.zeros(3), None, "y", levels=levels, is_ordered=is_ordered)
    assert re.search(message, found)
    assert message or not found


def test_trials_let_counts_be_binomial():
    assert check_support("binomial", np.array([3.0, 0.0]), np.array([5.0, 5.0]), "y") == ""


def test_every_known_family_has_a_support_in_words():
    """And those in words are those of the table of families."""
    assert {record.support for record in KNOWN.values()} == set(SUPPORTS)
    assert set(LEGAL) | {"real", "matrix", "any"} == set(SUPPORTS)


@pytest.mark.parametrize("values", [REAL, COUNTS, POSITIVE, UNIT, CLOSED, BINARY, [0.0, 2.5]])
def test_what_is_proposed_takes_the_values(values):
    for family in fitting_families(np.array(values)):
        assert check_support(family, np.array(values), None, "y") == ""


FRAME = pd.DataFrame({"y": [1.5, np.nan, -2.0, 3.0, 4.0], "n": [2, 1, 0, 3, 4], "x": [1.0, 2, 3, 4, 5]})


@pytest.mark.parametrize("call", [bf.fit, bf.explain], ids=["fit", "explain"])
def test_the_support_is_checked_before_anything_is_compiled(call):
    """Rows are those of the user's frame."""
    with pytest.raises(
        DataError, match=r"response 'y' must be whole numbers.*\n.* rows 0, 2 .*first with 1.5"
    ):
        call("y ~ x", FRAME, family="poisson")
    with pytest.raises(FamilyError, match="there is no family 'poison'"):
        call("y ~ x", FRAME, family="poison")


# ---- what is odd -------------------------------------------------------------------------------------


def findings(formula: str, family: str, **columns: object):
    schema, design = build_design(lower(parse(formula)), as_frame(columns))
    return support_findings(family, schema.response, design)


NO_FAILURES = (
    "there are no failures, and the data tell only that failures are rare; how rare rests on the prior of "
    "the intercept"
)
NO_SUCCESSES = NO_FAILURES.replace("failures", "successes")

ODD = [
    ("y ~ 1", "hurdle_gamma", {"y": [1.0, 2.5]}, "no-zeros",
     "response 'y' has no zeros: the data say of hu only that it is small; family='gamma' is the same "
     "without it"),
    ("y ~ 1", "zero_inflated_poisson", {"y": [1, 2]}, "no-zeros",
     "response 'y' has no zeros: the data say of zi only that it is small; family='poisson' is the same "
     "without it"),
    ("y ~ 1", "zero_one_inflated_beta", {"y": [0.1, 0.5]}, "no-zeros",
     "response 'y' is neither 0 nor 1 in any row: what makes it so is left to the priors; family='beta' is "
     "the same without it"),
    ("y | trials(n) ~ 1", "binomial", {"y": [3, 4], "n": [3, 4]}, "one-class",
     f"response 'y' is all of its trials in every row: {NO_FAILURES}"),
    ("cbind(y, n) ~ 1", "beta_binomial", {"y": [3, 4], "n": [0, 0]}, "one-class",
     f"response 'cbind(y, n)' is all of its trials in every row: {NO_FAILURES}"),
]  # fmt: skip


@pytest.mark.parametrize(("formula", "family", "columns", "code", "message"), ODD)
def test_odd_responses(formula, family, columns, code, message):
    (finding,) = findings(formula, family, **columns)
    assert (finding.code, finding.severity, finding.message) == (code, "warn", message)


@pytest.mark.parametrize(
    ("formula", "family", "columns"),
    [
        ("y ~ 1", "hurdle_gamma", {"y": [0.0, 2.5]}),
        ("y ~ 1", "zero_inflated_poisson", {"y": [0, 2]}),
        ("y ~ 1", "zero_one_inflated_beta", {"y": [0.1, 1.0]}),
        ("y ~ 1", "poisson", {"y": [1, 2]}),
        ("y | trials(n) ~ 1", "binomial", {"y": [3, 3], "n": [3, 4]}),
        ("y | trials(n) ~ 1", "binomial", {"y": [3, 3], "n": [3, 3]}),  # a constant response is another's
        ("y ~ 1", "gaussian", {"y": [3, 3]}),
    ],
)
def test_what_is_not_odd(formula, family, columns):
    assert findings(formula, family, **columns) == ()


TRIALS = "response 'y' has no trials(): one trial a row is taken"


@pytest.mark.parametrize(
    ("family", "message"),
    [
        ("binomial", f"{TRIALS}, as family='bernoulli' has it"),
        ("beta_binomial", TRIALS),
        ("zero_inflated_binomial", TRIALS),
    ],
)
def test_one_trial_a_row_is_said(family, message):
    (finding,) = findings("y ~ 1", family, y=[0, 1])
    assert (finding.code, finding.severity, finding.message) == ("one-trial-a-row", "info", message)
    assert findings("y | trials(n) ~ 1", family, y=[0, 1], n=[1, 1]) == ()


CONSTANT = [
    ("y ~ 1", "bernoulli", {"y": [1, 1, 1]}, f"is 1 in all 3 rows: {NO_FAILURES}"),
    ("y ~ 1", "bernoulli", {"y": [0, 0, 0]}, f"is 0 in all 3 rows: {NO_SUCCESSES}"),
    ("y ~ 1", "bernoulli", {"y": [False, False]}, f"is FALSE in all 2 rows: {NO_SUCCESSES}"),
    ("y ~ 1", "binomial", {"y": [1, 1]}, f"is 1 in all 2 rows: {NO_FAILURES}"),
    ("y | trials(n) ~ 1", "binomial", {"y": [3, 3], "n": [3, 3]}, f"is 3 in all 2 rows: {NO_FAILURES}"),
    ("y | trials(n) ~ 1", "beta_binomial", {"y": [0, 0], "n": [3, 4]}, f"is 0 in all 2 rows: {NO_SUCCESSES}"),
    ("y | trials(n) ~ 1", "binomial", {"y": [3, 3], "n": [3, 4]},
     "is 3 in all 2 rows: there is nothing to explain"),
    ("y ~ 1", "poisson", {"y": [0, 0]},
     "is 0 in all 2 rows: the data tell only that the mean is small; how small rests on the prior of the "
     "intercept"),
    ("y ~ 1", "poisson", {"y": [2, 2]}, "is 2 in all 2 rows: there is nothing to explain"),
    ("y ~ 1", "hurdle_poisson", {"y": [0, 0]}, "is 0 in all 2 rows: there is nothing to explain"),
]  # fmt: skip


@pytest.mark.parametrize(("formula", "family", "columns", "message"), CONSTANT)
def test_a_response_of_one_class(formula, family, columns, message):
    """A warning that says what the data can tell; the model can be fitted all the same."""
    found = bf.explain(formula, columns, family=family).findings
    (constant,) = [finding for finding in found if finding.code == "constant-response"]
    assert (constant.severity, constant.message) == ("warn", f"response 'y' {message}")
    assert "one-class" not in {finding.code for finding in found}


def test_outside_comes_alone():
    """What else is odd is said when the response is legal."""
    (finding,) = findings("y ~ 1", "hurdle_gamma", y=[1.0, -2.5])
    assert (finding.code, finding.severity) == ("outside-support", "error")


if __name__ == "__main__":
    GOLDEN.write_text(
        "\n".join(f">>> {wrong}\n{message_of(wrong)}\n" for wrong in MESSAGES), encoding="utf-8"
    )
