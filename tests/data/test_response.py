"""What the response is, and what may stand beside it."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from bayesformula.data.additions import ADDITIONS, refuse_extra
from bayesformula.data.design import encode
from bayesformula.data.saving import schema_from_json, schema_to_json
from bayesformula.errors import DataError, FormulaError, UnseenLevelError
from bayesformula.syntax import response as reading
from bayesformula.syntax.lower import lower
from bayesformula.syntax.parse import parse

FRAME = pd.DataFrame(
    {
        "real": [0.5, -1.0, 2.0, 3.5],
        "count": [0, 3, 1, 2],
        "whole": [-1, 2, 0, 5],
        "zero_one": [0, 1, 1, 0],
        "truth": [True, False, True, True],
        "text": ["no", "yes", "no", "yes"],
        "three": ["c", "a", "b", "a"],
        "kind": pd.Categorical(["q", "p", "q", "p"], categories=["q", "p", "never"]),
        "grade": pd.Categorical(["lo", "hi", "mid", "lo"], categories=["lo", "mid", "hi"], ordered=True),
        "n": [3, 4, 5, 6],
        "x": [1.0, 2.0, 3.0, 4.0],
    }
)

KINDS = [
    ("real", "numeric", (), [0.5, -1, 2, 3.5]),
    ("log(n)", "numeric", (), np.log([3, 4, 5, 6])),
    ("I(n/1000)", "numeric", (), [0.003, 0.004, 0.005, 0.006]),
    ("1/n", "numeric", (), [1 / 3, 1 / 4, 1 / 5, 1 / 6]),
    ("scale(x)", "numeric", (), (np.arange(1, 5) - 2.5) / np.std([1, 2, 3, 4], ddof=1)),
    ("(n > 3)", "binary", ("FALSE", "TRUE"), [0, 1, 1, 1]),
    ("count", "count", (), [0, 3, 1, 2]),
    ("whole", "numeric", (), [-1, 2, 0, 5]),
    ("zero_one", "binary", (), [0, 1, 1, 0]),
    ("truth", "binary", ("FALSE", "TRUE"), [1, 0, 1, 1]),
    ("(real > 1)", "binary", ("FALSE", "TRUE"), [0, 0, 1, 1]),
    ("text", "text", ("no", "yes"), [0, 1, 0, 1]),
    ("text['no']", "binary", ("yes", "no"), [1, 0, 1, 0]),
    ("three['b']", "binary", ("not b", "b"), [0, 0, 1, 0]),
    ("three", "text", ("a", "b", "c"), [2, 0, 1, 0]),
    ("kind", "category", ("q", "p"), [0, 1, 0, 1]),
    ("grade", "ordered", ("lo", "mid", "hi"), [0, 2, 1, 0]),
]


@pytest.mark.parametrize(("left", "kind", "levels", "values"), KINDS, ids=[left for left, *_ in KINDS])
def test_kinds_of_response(build, left, kind, levels, values):
    """What kind of values, which levels in which order, which codes."""
    schema, design = build(f"{left} ~ x", FRAME)
    assert (schema.response.kind, schema.response.levels) == (kind, levels)
    assert_allclose(design.y, values)
    assert design.y.dtype == np.float64


def test_successes_and_failures(build):
    """`cbind(s, f)` is s of s + f."""
    schema, design = build("cbind(count, n - count) ~ x", FRAME)
    assert schema.response.label == "cbind(count, n - count)"
    assert_array_equal(design.y, FRAME["count"])
    assert_array_equal(design.extras["trials"], FRAME.n)


def test_additions(build):
    """Weights stand apart; trials and standard errors are extras; options are kept as text."""
    schema, design = build("count | trials(n) + weights(x) ~ 1", FRAME)
    assert_array_equal(design.weights, FRAME.x)
    assert_array_equal(design.extras["trials"], FRAME.n)
    assert schema.response.extras == ("trials",)
    schema, design = build("real | se(x, sigma = TRUE) ~ 1", FRAME)
    assert schema.response.options == (("se.sigma", "TRUE"),)
    assert_array_equal(design.extras["se"], FRAME.x)
    assert_array_equal(build("count | trials(9) ~ 1", FRAME)[1].extras["trials"], [9, 9, 9, 9])


def test_scaled_weights_have_mean_one(build):
    """`weights(w, scale = TRUE)`."""
    assert_allclose(build("real | weights(x, scale = TRUE) ~ 1", FRAME)[1].weights.mean(), 1)


OPTIONS_BY_PLACE = [
    ("real | weights(x, TRUE) ~ 1", (("weights.scale", "TRUE"),)),
    ("real | weights(x, F) ~ 1", (("weights.scale", "FALSE"),)),
    ("real | weights(scale = T, x) ~ 1", (("weights.scale", "TRUE"),)),
    ("real | se(x, TRUE) ~ 1", (("se.sigma", "TRUE"),)),
]


@pytest.mark.parametrize(("text", "options"), OPTIONS_BY_PLACE)
def test_options_by_place(build, text, options):
    """As R binds them: what follows the column is the option."""
    assert build(text, FRAME)[0].response.options == options


WRONG_OPTIONS = [
    ("real | trunc(lower = 0) ~ 1", "Its options are 'lb', 'ub'."),
    ("real | weights(x, scal = TRUE) ~ 1", "Its options are 'scale'."),
    ("real | se(x, 2) ~ 1", "takes one column"),
    ("real | trials(x, TRUE) ~ 1", "takes one column"),
]


@pytest.mark.parametrize(("text", "words"), WRONG_OPTIONS)
def test_wrong_options(build, text, words):
    with pytest.raises(FormulaError, match=re.escape(words)):
        build(text, FRAME)


REFUSED = [
    ("count | trials(2) ~ x", DataError, "response 'count' is greater than its trials in row 1"),
    ("count | trials(x/3) ~ x", DataError, r"trials\(x/3\) must be whole numbers, 0 or more"),
    ("real | weights(real) ~ x", DataError, r"weights\(real\) must be 0 or more; not so in row 1"),
    ("real | se(real) ~ x", DataError, r"se\(real\) must be above 0; not so in row 1"),
    ("count | rate(real) ~ x", DataError, r"rate\(real\) must be above 0; not so in row 1"),
    ("1/count ~ x", DataError, "1/count is not a finite number in row 0"),
    ("real | weights(text) ~ x", FormulaError, r"weights\(text\) must be numbers"),
    ("real | weights(x, n) ~ x", FormulaError, r"weights\(\) takes one column"),
    ("real | se(x, scale = TRUE) ~ x", FormulaError, r"se\(\) has no option 'scale'"),
    ("real | se(x, sigma = 1) ~ x", FormulaError, r"se\(\): 'sigma' must be TRUE or FALSE"),
    ("real | trials(n, x) ~ x", FormulaError, r"trials\(\) takes one column"),
    ("real | cens(y2 = x) ~ x", FormulaError, r"cens\(\) takes one column or two"),
    ("real | cens(truth, x, n) ~ x", FormulaError, r"cens\(\) takes one column or two"),
    ("real | cens(three) ~ x", DataError, r"cens\(three\): 'c' is no kind of censoring, in rows 0, 1, 2, 3"),
    ("real | cens(n) ~ x", DataError, r"cens\(n\): 3 is no kind of censoring, in rows 0, 1, 2, 3"),
    ("real | cens(count) ~ x", DataError, "3 is no kind of censoring, in row 1"),
    (
        "real | cens(2) ~ x",
        FormulaError,
        r"interval-censored in rows 0, 1, 2, 3 .*not given",
    ),
    ("real | cens(2, real - 1) ~ x", DataError, "'real - 1' must be above the response; not so in rows 0, 1"),
    ("real | cens(2, text) ~ x", FormulaError, "upper ends 'text' must be numbers"),
    ("real | cens(2, log(count)) ~ x", DataError, r"'log\(count\)' is not a finite number in row 0"),
    ("text | cens(truth) ~ x", FormulaError, r"cens\(\) needs a numeric response, .* levels no, yes"),
    ("text['no'] | trunc(0, 1) ~ x", FormulaError, r"trunc\(\) needs a numeric response"),
    ("cbind(count, n) | cens(truth) ~ x", FormulaError, r"cens\(\) cannot stand with cbind\(\)"),
    ("real | trunc(lb = 0) ~ x", DataError, "response 'real' is below its lower bound in row 1"),
    ("real | trunc(ub = x - 1) ~ 1", DataError, "response 'real' is above its upper bound in rows 0, 3"),
    ("real | trunc(-2, 1) ~ x", DataError, "response 'real' is above its upper bound in rows 2, 3"),
    ("real | trunc(9, -9) ~ x", DataError, "lower bound must be below the upper; not so in rows 0, 1, 2, 3"),
    ("real | trunc(lb = text) ~ x", FormulaError, "bound 'text' must be a number or a column of numbers"),
    ("real | trunc(lb = log(0 - n)) ~ x", DataError, "is not a number in rows 0, 1, 2, 3"),
    ("real | trunc(low = 0) ~ x", FormulaError, r"trunc\(\) has no option 'low'"),
    ("cbind(count, real) ~ x", DataError, r"cbind\(\): 'real' must be counts, integer"),
    ("cbind(count) ~ x", FormulaError, r"cbind\(\) as a response takes successes and failures"),
    ("cbind(count, count) ~ x", FormulaError, r"cbind\(\) has the column count twice"),
    ("cbind(count, n) | trials(n) ~ x", FormulaError, "already gives the trials"),
    ("poly(real, 2) ~ x", FormulaError, "is a matrix of several columns"),
    ("text['maybe'] ~ x", FormulaError, "'text' has no level 'maybe'"),
    ("mvbind(real, x) ~ n", FormulaError, "several responses"),
]


@pytest.mark.parametrize(("text", "error", "message"), REFUSED, ids=[text for text, *_ in REFUSED])
def test_responses_that_are_refused(build, text, error, message):
    """By name, with what is legal."""
    with pytest.raises(error, match=message):
        build(text, FRAME)


def test_a_response_level_without_training_is_refused(build):
    """Codes are those of the training levels."""
    schema, _ = build("text ~ x", FRAME)
    with pytest.raises(UnseenLevelError, match="response 'text'"):
        encode(schema, FRAME.assign(text="maybe"))


def test_a_success_level_may_be_absent_from_new_data(build):
    """All failures is a legal response."""
    schema, _ = build("text['yes'] ~ x", FRAME)
    assert_array_equal(encode(schema, FRAME.assign(text="no")).y, [0, 0, 0, 0])


# ---- censoring ---------------------------------------------------------------------------------------

LIFE = pd.DataFrame(
    {
        "y": [1.0, 2.0, 3.0, 4.0],
        "word": ["none", "left", "right", "interval"],
        "short": ["n", "l", "Right", "int"],
        "code": [0, -1, 1, 2],
        "text": ["0", "-1", "1", "2"],
        "kind": pd.Categorical(["none", "left", "right", "interval"]),
        "gone": [False, True, True, False],
        "y2": [np.nan, np.nan, np.nan, 6.0],
        "x": [1.0, 2.0, 4.0, 8.0],
    }
)


@pytest.mark.parametrize("column", ["word", "short", "code", "text", "kind"])
def test_spellings_of_censoring(build, column):
    """Words, shortened words and brms's codes."""
    _, design = build(f"y | cens({column}, y2) ~ x", LIFE)
    assert_array_equal(design.extras["cens"], [0, -1, 1, 2])
    assert_array_equal(design.extras["cens_upper"], [np.nan, np.nan, np.nan, 6])


def test_true_is_right_censored(build):
    schema, design = build("y | cens(gone) ~ x", LIFE)
    assert_array_equal(design.extras["cens"], [0, 1, 1, 0])
    assert schema.response.extras == ("cens",)
    assert_array_equal(build("y | cens(y > 2) ~ x", LIFE)[1].extras["cens"], [0, 0, 1, 1])


@pytest.mark.parametrize("call", ["cens(code, y2)", "cens(y2 = y2, censored = code)", "cens(code, y2 = y2)"])
def test_columns_of_an_addition_are_found_by_name_then_by_place(build, call):
    assert_array_equal(build(f"y | {call} ~ x", LIFE)[1].extras["cens_upper"], [np.nan] * 3 + [6])


def test_only_intervals_need_an_upper_end(build):
    """No row is lost for a missing y2 where the response is not interval-censored; y2 is NaN there."""
    schema, design = build("y | cens(code, y2) ~ x", LIFE.assign(y2=[7.0, np.nan, 9.0, 6.0]))
    assert design.n_dropped == 0
    assert_array_equal(design.extras["cens_upper"], [np.nan, np.nan, np.nan, 6])
    assert schema.columns == ("y", "code", "y2", "x")


def test_an_interval_without_an_upper_end_is_a_missing_value(build):
    """Its row is dropped and counted, or refused; the other rows stay."""
    frame = pd.concat([LIFE, LIFE.assign(y2=np.nan)], ignore_index=True)
    schema, design = build("y | cens(code, y2) ~ x", frame)
    assert_array_equal(design.rows, range(7))
    assert (design.n_dropped, schema.n_dropped) == (1, 1)
    with pytest.raises(DataError, match=r"'y2' is missing where .* in row 7 .*\n .*na=\"drop\""):
        build("y | cens(code, y2) ~ x", frame, na="error")
    assert build("y | cens(code, y2) ~ x", LIFE, na="error")[1].n_dropped == 0
    with pytest.raises(DataError, match=r"'y2' is missing where the response is .*, in rows 0, 1"):
        build("y | cens(2, y2) ~ x", frame.iloc[:3])


def test_a_column_that_is_also_a_predictor_must_be_complete(build):
    """y2 on the right of the tilde is a column like any other."""
    assert build("y | cens(code, y2) ~ y2", pd.concat([LIFE, LIFE.assign(y2=9)]))[1].n_dropped == 3


def test_rows_in_messages_are_those_of_the_users_frame(build):
    """Also where rows before them were dropped."""
    frame = LIFE.assign(x=[np.nan, 1, 2, 3], code=[0, 0, 5, 0])
    with pytest.raises(DataError, match="5 is no kind of censoring, in row 2 "):
        build("y | cens(code) ~ x", frame)
    with pytest.raises(DataError, match="not so in row 3 "):
        build("y | weights(w) ~ x", frame.assign(w=[1, 1, 1, -1]))


# ---- bounds and exposure -----------------------------------------------------------------------------


def test_bounds_are_constants_or_columns(build):
    """Each row has its own; one that is not written is not there."""
    _, design = build("y | trunc(lb = 0, ub = x + 3) ~ 1", LIFE)
    assert_array_equal(design.extras["lower"], [0, 0, 0, 0])
    assert_array_equal(design.extras["upper"], [4, 5, 7, 11])
    assert build("y | trunc(0) ~ 1", LIFE)[1].extras.keys() == {"lower"}
    assert build("y | trunc(ub = 9) ~ 1", LIFE)[1].extras.keys() == {"upper"}
    assert build("y | trunc(lb = 0, ub = Inf) ~ 1", LIFE)[1].extras.keys() == {"lower"}


def test_an_infinite_bound_is_none(build):
    """In a column it says that this row has no bound; a missing bound is a missing value."""
    _, design = build("y | trunc(lb, ub) ~ 1", LIFE.assign(lb=[-np.inf, 0, 0, np.nan], ub=np.inf))
    assert_array_equal(design.extras["lower"], [-np.inf, 0, 0])
    assert design.n_dropped == 1
    assert_array_equal(build("y | trunc(-Inf, 9) ~ 1", LIFE)[1].extras["lower"], [-np.inf] * 4)


def test_a_response_on_its_bound_is_inside(build):
    assert build("y | trunc(1, 4) ~ 1", LIFE)[1].n_rows == 4


def test_exposure(build):
    """`rate(d)`, and additions together."""
    _, design = build(
        "y | rate(x) + weights(code + 1) + cens(gone) + trunc(lb = 0) ~ 1", LIFE.iloc[[0, 2, 3]]
    )
    assert design.extras.keys() == {"rate", "cens", "lower"}
    assert_array_equal(design.extras["rate"], [1, 4, 8])
    assert_array_equal(design.weights, [1, 2, 3])


# ---- new data ----------------------------------------------------------------------------------------


def test_new_data_without_a_response_tell_what_they_can(build):
    """Exposure, errors and bounds; censoring says nothing without a response."""
    schema, _ = build("y | rate(x) + trunc(lb = 0, ub = top) + cens(code, y2) ~ 1", LIFE.assign(top=9))
    new = encode(schema, LIFE.assign(top=7)[["x", "top", "code"]])
    assert new.y is None
    assert new.extras.keys() == {"rate", "lower", "upper"}
    assert_array_equal(new.extras["upper"], [7] * 4)
    assert encode(schema, LIFE[["code", "gone"]]).extras == {}
    schema, _ = build("y | se(x) ~ 1", LIFE)
    assert_array_equal(encode(schema, LIFE[["x"]]).extras["se"], LIFE.x)


def test_a_transformed_response_is_that_of_training_in_new_data(build):
    """`scale(y)` is learnt once."""
    schema, design = build("scale(y) ~ x", LIFE)
    assert_allclose(encode(schema, LIFE.iloc[:2]).y, design.y[:2])


FORMULAS = [
    "y | cens(code, y2) ~ x",
    "y | trunc(0, 99) + rate(x) ~ 1",
    "y | weights(x, scale = T) ~ 1",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_saved_schema_gives_the_same_design(build, text):
    schema, design = build(text, LIFE)
    again = encode(schema_from_json(schema_to_json(schema)), LIFE)
    assert again.extras.keys() == design.extras.keys() == set(schema.response.extras)
    for name, values in design.extras.items():
        assert_array_equal(again.extras[name], values)


# ---- what other rooms use ----------------------------------------------------------------------------


def test_every_addition_that_is_read_is_known_here():
    assert set(reading.ADDITIONS) == set(ADDITIONS)


@pytest.mark.parametrize(
    ("extra", "text", "caret"),
    [
        ("cens_upper", "y | cens(code, y2) ~ x", "        ^^^^^^^^^^^^^^"),
        ("lower", "y | weights(x) + trunc(0) ~ x", "                     ^^^^^^^^"),
        ("trials", "cbind(y, x) ~ 1", "    ^^^^^^^^^^^"),
    ],
)
def test_what_no_likelihood_takes_is_shown_in_its_place(extra, text, caret):
    """The error for an entry of `extras`."""
    error = refuse_extra(lower(parse(text)), extra, "Leave it out.")
    assert str(error).splitlines()[1:] == [f"    {text}", caret, "  Leave it out."]


@pytest.mark.parametrize("text", FORMULAS)
def test_rows_in_another_order_give_the_same_rows(build, text):
    order = [2, 0, 3, 1]
    _, design = build(text, LIFE)
    _, turned = build(text, LIFE.iloc[order])
    assert_array_equal(turned.y, design.y[order])
    for name, values in design.extras.items():
        assert_array_equal(turned.extras[name], values[order])
