"""Responses outside the support of a family are refused with the rows, and with what fits them."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

import bayesformula as bf
from bayesformula.data.support import LEGAL, check_support, fitting_families
from bayesformula.errors import DataError, FamilyError
from bayesformula.family_names import KNOWN, SUPPORTS

REAL, COUNTS, POSITIVE = [-1.5, 0.0, 2.0], [0.0, 3.0, 7.0], [0.5, 1.5, 9.0]
UNIT, CLOSED, BINARY = [0.2, 0.5, 0.9], [0.0, 0.5, 1.0], [0.0, 1.0, 1.0]

TAKEN = {
    "gaussian": [REAL, COUNTS, POSITIVE, UNIT, CLOSED, BINARY],
    "student": [REAL, COUNTS, POSITIVE],
    "gamma": [POSITIVE, UNIT],
    "lognormal": [POSITIVE, UNIT],
    "hurdle_gamma": [POSITIVE, COUNTS, UNIT, CLOSED, BINARY],
    "beta": [UNIT],
    "zero_inflated_beta": [UNIT, [0.0, 0.5]],
    "zero_one_inflated_beta": [UNIT, CLOSED, BINARY],
    "poisson": [COUNTS, BINARY],
    "negbinomial": [COUNTS, BINARY],
    "bernoulli": [BINARY],
    "binomial": [BINARY],  # one trial a row
    "cumulative": [COUNTS, BINARY],
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


MESSAGES = [
    (
        ("poisson", [0.0, 1.5, 2.0, 2.5]),
        "response 'y' must be whole numbers, 0 or more, for family 'poisson'; not so in rows 1, 3 (counted "
        "from 0), the first with 1.5\n  Values like these are modelled by 'hurdle_gamma', 'hurdle_lognormal' "
        "or 'gaussian'.",
    ),
    (
        ("poisson", [0.0, -1.0]),
        "response 'y' must be whole numbers, 0 or more, for family 'poisson'; not so in row 1 (counted from "
        "0), where it is -1\n  Values like these are modelled by 'gaussian' or 'student'.",
    ),
    (
        ("bernoulli", [0.0, 1.0, 2.0]),
        "response 'y' must be 0 or 1, true or false, or of two levels, for family 'bernoulli'; not so in row "
        "2 (counted from 0), where it is 2\n  Values like these are modelled by 'poisson' or 'negbinomial'.",
    ),
    (
        ("beta", [0.0, 0.5]),
        "response 'y' must be above 0 and below 1, for family 'beta'; not so in row 0 (counted from 0), "
        "where it is 0\n  Values like these are modelled by 'zero_one_inflated_beta'.",
    ),
    (
        ("binomial", [0.25, 0.5]),
        "response 'y' holds proportions, and family 'binomial' takes counts of successes\n"
        "  Write successes | trials(n) ~ ..., or cbind(successes, failures) ~ ....\n"
        "  Proportions without trials are modelled by 'beta'.",
    ),
    (
        ("binomial", [3.0, 0.0]),
        "family 'binomial' needs the number of trials of response 'y'\n"
        "  Write y | trials(n) ~ ..., or cbind(y, failures) ~ ....\n"
        "  Counts without an upper bound are modelled by 'poisson' or 'negbinomial'.",
    ),
    (
        ("beta_binomial", [-3.0, 0.0]),
        "response 'y' must be whole numbers, 0 or more, for family 'beta_binomial'; not so in row 0 (counted "
        "from 0), where it is -3\n  Values like these are modelled by 'gaussian' or 'student'.",
    ),
]


@pytest.mark.parametrize(
    ("asked", "message"), MESSAGES, ids=[" ".join(map(str, asked)) for asked, _ in MESSAGES]
)
def test_messages_in_full(asked, message):
    family, values = asked
    assert check_support(family, np.array(values), None, "y") == message


LEVELS = [
    ("bernoulli", ("n", "y"), False, ""),
    ("binomial", ("n", "y"), False, ""),
    ("bernoulli", ("y",), False, ""),  # a constant, which is another finding
    ("categorical", ("a", "b", "c"), False, ""),
    ("cumulative", ("a", "b", "c"), True, ""),
    ("cumulative", ("a", "b", "c"), False, "modelled by 'categorical'"),
    ("bernoulli", ("a", "b", "c"), True, "the levels 'a', 'b', 'c'\n  .*by 'cumulative' or 'categorical'"),
    ("poisson", ("n", "y"), False, "must be whole numbers, .*\n.* by 'bernoulli'"),
]


@pytest.mark.parametrize(("family", "levels", "is_ordered", "message"), LEVELS)
def test_responses_with_levels(family, levels, is_ordered, message):
    """Two are 0 and 1; order is declared and not guessed."""
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
def test_the_support_is_checked_before_the_family_is_missed(call):
    """Rows are those of the user's frame; the check can be regraded."""
    with pytest.raises(DataError, match=r"response 'y' must be whole numbers.* rows 0, 2 .*first with 1.5"):
        call("y ~ x", FRAME, family="poisson")
    with pytest.raises(FamilyError, match="family 'poisson' is not in this version"):
        call("n ~ x", FRAME, family="poisson")
    with pytest.raises(FamilyError, match="family 'poisson' is not in this version"):
        call("y ~ x", FRAME, family="poisson", checks={"outside-support": "warn"})
    with pytest.raises(FamilyError, match="there is no family 'poison'"):
        call("y ~ x", FRAME, family="poison")
