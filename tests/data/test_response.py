"""What the response is, and what may stand beside it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from bayesformula.data.design import encode
from bayesformula.errors import DataError, FormulaError, UnseenLevelError

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


REFUSED = [
    ("count | trials(2) ~ x", DataError, "response 'count' is greater than its trials in row 1"),
    ("count | trials(x/3) ~ x", DataError, r"trials\(x/3\) must be whole numbers, 0 or more"),
    ("real | weights(real) ~ x", DataError, r"weights\(real\) must be 0 or more; not so in row 1"),
    ("real | se(real) ~ x", DataError, r"se\(real\) must be above 0"),
    ("real | weights(text) ~ x", FormulaError, r"weights\(text\) must be numbers"),
    ("real | weights(x, n) ~ x", FormulaError, r"weights\(\) takes one column"),
    ("real | se(x, scale = TRUE) ~ x", FormulaError, r"se\(\) has no option 'scale'"),
    ("real | cens(truth) ~ x", FormulaError, r"cens\(\) is not available"),
    ("real | trunc(lb = 0) ~ x", FormulaError, r"trunc\(\) is not available"),
    ("count | rate(n) ~ x", FormulaError, r"offset\(log\(exposure\)\)"),
    ("cbind(count, real) ~ x", DataError, r"cbind\(\): 'real' must be counts, integer"),
    ("cbind(count, n, x) ~ x", FormulaError, r"cbind\(\) as a response takes successes and failures"),
    ("cbind(count, n) | trials(n) ~ x", FormulaError, "already gives the trials"),
    ("poly(real, 2) ~ x", FormulaError, "is a matrix of several columns"),
    ("text['maybe'] ~ x", FormulaError, "'text' has no level 'maybe'"),
    ("mvbind(real, x) ~ n", FormulaError, r"mvbind\(\) is not available"),
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
