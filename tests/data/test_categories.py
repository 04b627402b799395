"""Responses that are categories: codes, names, what is refused, what is said; counts in a matrix."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from bayesformula.data.categories import category_findings, check_matrix, codes
from bayesformula.data.checks import check
from bayesformula.data.design import encode
from bayesformula.data.saving import schema_from_json, schema_to_json
from bayesformula.errors import DataError, FamilyError, FormulaError, UnseenLevelError

FRAME = pd.DataFrame(
    {
        "rating": [2, 5, 4, 2, 5, 4],
        "from0": [0, 1, 2, 0, 1, 2],
        "signed": [-1, 3, 0, 3, -1, 0],
        "zero_one": [0, 1, 1, 0, 1, 0],
        "one_two": [1, 2, 2, 1, 2, 1],
        "truth": [True, False, True, True, False, True],
        "text": ["lo", "hi", "mid", "lo", "hi", "mid"],
        "two": ["no", "yes", "no", "no", "yes", "no"],
        "same": ["a"] * 6,
        "all_true": [True] * 6,
        "ones": [1] * 6,
        "real": [0.5, 1, 2, 3, 4, 5],
        "far": [0, 10**6, 0, 1, 2, 3],
        "grade": pd.Categorical(
            ["lo", "hi", "mid", "lo", "hi", "mid"], categories=["lo", "mid", "hi", "top"], ordered=True
        ),
        "kind": pd.Categorical(["q", "p", "r", "q", "p", "r"], categories=["q", "p", "r"]),
        "a": [1, 0, 2, 3, 0, 1],
        "b": [0, 4, 1, 1, 0, 2],
        "c": [5, 0, 0, 2, 1, 1],
        "n": [6, 4, 3, 6, 1, 4],
        "x": np.arange(6.0),
    }
)

CODED = [
    ("cumulative", "grade", [0, 2, 1, 0, 2, 1], "lo mid hi"),
    ("sratio", "text", [1, 0, 2, 1, 0, 2], "hi lo mid"),
    ("acat", "kind", [0, 1, 2, 0, 1, 2], "q p r"),
    ("cratio", "rating", [0, 3, 2, 0, 3, 2], "2 3 4 5"),
    ("cumulative", "from0", [0, 1, 2, 0, 1, 2], "0 1 2"),
    ("cumulative", "factor(rating)", [0, 2, 1, 0, 2, 1], "2 4 5"),
    ("cumulative", "zero_one", [0, 1, 1, 0, 1, 0], "0 1"),
    ("cumulative", "truth", [1, 0, 1, 1, 0, 1], "FALSE TRUE"),
    ("acat", "cut(real, c(0, 1, 3, 9))", [0, 0, 1, 1, 2, 2], "(0,1] (1,3] (3,9]"),
    ("categorical", "rating", [0, 2, 1, 0, 2, 1], "2 4 5"),
    ("categorical", "signed", [0, 2, 1, 2, 0, 1], "-1 0 3"),
    ("categorical", "text", [1, 0, 2, 1, 0, 2], "hi lo mid"),
    ("bernoulli", "zero_one", [0, 1, 1, 0, 1, 0], "0 1"),
    ("bernoulli", "ones", [1, 1, 1, 1, 1, 1], "0 1"),
    ("bernoulli", "two", [0, 1, 0, 0, 1, 0], "no yes"),
    ("bernoulli", "two['no']", [1, 0, 1, 1, 0, 1], "yes no"),
    ("bernoulli", "text['lo']", [1, 0, 0, 1, 0, 0], "not~lo lo"),
    ("bernoulli", "truth", [1, 0, 1, 1, 0, 1], "FALSE TRUE"),
    ("bernoulli", "all_true", [1, 1, 1, 1, 1, 1], "FALSE TRUE"),
    ("bernoulli", "(real > 2)", [0, 0, 0, 1, 1, 1], "FALSE TRUE"),
    ("poisson", "rating", [2, 5, 4, 2, 5, 4], ""),
    ("gaussian", "real", [0.5, 1, 2, 3, 4, 5], ""),
    ("binomial", "two", [0, 1, 0, 0, 1, 0], ""),
]


@pytest.mark.parametrize(("family", "left", "values", "names"), CODED)
def test_codes(build, family, left, values, names):
    """Levels in order; whole numbers from the least on, or those that there are."""
    schema, design = build(f"{left} ~ x", FRAME)
    found, categories = codes(family, schema.response, design.y)
    assert_array_equal(found, values)
    assert found.dtype == np.float64
    assert categories == tuple(name.replace("~", " ") for name in names.split())
    loaded = schema_from_json(json.loads(json.dumps(schema_to_json(schema))))
    assert loaded == schema
    new = encode(loaded, FRAME.iloc[[1, 2]])
    assert_array_equal(codes(family, loaded.response, new.y)[0], np.array(values)[[1, 2]])


def test_a_category_of_new_data_may_be_one_that_no_row_had(build):
    """3 lies between the ratings that there were."""
    schema, _ = build("rating ~ x", FRAME)
    new = encode(schema, FRAME.assign(rating=3))
    assert_array_equal(codes("cumulative", schema.response, new.y)[0], np.ones(6))
    with pytest.raises(UnseenLevelError, match="response 'rating' has 1 level that was not in the training"):
        codes("categorical", schema.response, new.y)


@pytest.mark.parametrize("value", [1, 6])
def test_a_number_outside_those_of_training_is_refused(build, value):
    schema, _ = build("rating ~ x", FRAME)
    new = encode(schema, FRAME.assign(rating=value))
    with pytest.raises(UnseenLevelError) as caught:
        codes("cumulative", schema.response, new.y)
    assert str(caught.value) == (
        f"response 'rating' has 1 level that was not in the training data: '{value}'\n"
        "  Trained on 4 levels ('2', '3', '4', '5'). A level without data has no population effect; leave "
        "these rows out."
    )


REFUSED = [
    (
        "cumulative",
        "real",
        "response 'real' must be categories, or at most 200 different whole numbers, for family "
        "'cumulative'\n"
        "  Write cut(real, breaks) ~ ... to make categories of it.",
    ),
    (
        "acat",
        "far",
        "response 'far' has numbers from 0 to 1000000, and family 'acat' would take each between them as a "
        "category, at most 200\n"
        "  Write ordered(far) ~ ... for those alone that there are.",
    ),
    (
        "cumulative",
        "same",
        "response 'same' is a in all rows, and family 'cumulative' needs two categories",
    ),
    (
        "categorical",
        "ones",
        "response 'ones' is 1 in all rows, and family 'categorical' needs two categories",
    ),
    (
        "bernoulli",
        "one_two",
        "response 'one_two' must be 0 or 1, true or false, or of two levels, for family 'bernoulli'\n"
        "  Write (one_two == 2) ~ ... for one that is true or false.",
    ),
    (
        "bernoulli",
        "real",
        "response 'real' must be 0 or 1, true or false, or of two levels, for family 'bernoulli'\n"
        "  Write (real > 0) ~ ... for one that is true or false.",
    ),
    (
        "bernoulli",
        "text",
        "response 'text' has 3 levels, and family 'bernoulli' takes two: 'hi', 'lo', 'mid'\n"
        "  Write text['mid'] ~ ... for one level against the others, or use family='categorical'.",
    ),
]


@pytest.mark.parametrize(("family", "left", "message"), REFUSED)
def test_what_can_be_no_categories(build, family, left, message):
    schema, design = build(f"{left} ~ x", FRAME)
    with pytest.raises(DataError) as caught:
        codes(family, schema.response, design.y)
    assert str(caught.value) == message


SAID = [
    (
        "cumulative",
        "rating",
        {
            "empty-category": [
                "no row has 3 as response 'rating': it is a category all the same, and only the priors say "
                "how probable it is; to leave it out, write ordered(rating) ~ ...",
                "response 'rating' begins at 2: what is below is no category of the model",
            ]
        },
    ),
    (
        "acat",
        "grade",
        {
            "empty-category": [
                "no row has the level 'top' of response 'grade': it is no category of the model"
            ]
        },
    ),
    (
        "sratio",
        "text",
        {
            "category-order": [
                "response 'text' has no declared order and is taken as hi < lo < mid, alphabetical order; to "
                "change it, make it an ordered category, or write ordered(text, levels = c(...)) ~ ..."
            ]
        },
    ),
    (
        "cratio",
        "kind",
        {
            "category-order": [
                "response 'kind' has no declared order and is taken as q < p < r, the order of the "
                "categories; to change it, make it an ordered category, or write "
                "ordered(kind, levels = c(...)) ~ ..."
            ]
        },
    ),
    ("cumulative", "two", {}),
    ("cumulative", "from0", {}),
    ("cumulative", "ordered(rating)", {}),
    ("cumulative", "ordered(text, levels = c('lo', 'mid', 'hi'))", {}),
    ("categorical", "text", {}),
    ("categorical", "rating", {}),
    ("poisson", "rating", {}),
    ("bernoulli", "two", {}),
]


@pytest.mark.parametrize(("family", "left", "said"), SAID)
def test_what_is_said_of_categories(build, family, left, said):
    """Empty ones and an order that nobody declared; among the findings of `check`."""
    schema, design = build(f"{left} ~ x", FRAME)
    found: dict[str, list[str]] = {}
    for finding in category_findings(family, schema.response):
        found.setdefault(finding.code, []).append(finding.message)
        assert finding.severity == "warn"
    assert found == said
    checked = check(schema.spec, schema, design, FRAME, family=family)
    assert set(category_findings(family, schema.response)) <= set(checked)


def test_what_it_says_to_write_is_read(build):
    """`ordered(y)` drops what no row has, and keeps the order of the numbers."""
    schema, design = build("ordered(rating) ~ x", FRAME)
    assert schema.response.kind == "ordered"
    assert codes("cumulative", schema.response, design.y)[1] == ("2", "4", "5")


def test_numbers_are_remembered_where_they_are_few(build):
    """Whole numbers only, at most 200 of them; levels are no numbers."""
    many = pd.DataFrame({"y": np.arange(201), "few": np.arange(201) % 200, "x": 1.0 * np.arange(201)})
    assert build("y ~ x", many)[0].response.numbers == ()
    assert build("few ~ x", many)[0].response.numbers == tuple(range(200))
    assert build("real ~ x", FRAME)[0].response.numbers == ()
    assert build("truth ~ x", FRAME)[0].response.numbers == ()
    assert build("signed ~ x", FRAME)[0].response.numbers == (-1, 0, 3)


# ---- a matrix of counts ------------------------------------------------------------------------------


def test_three_columns_are_a_matrix(build):
    """Counts by row, their sums as trials, the columns' texts as categories."""
    schema, design = build("cbind(a, b, 2 * c) ~ x", FRAME)
    response = schema.response
    assert (response.kind, response.label) == ("matrix", "cbind(a, b, 2 * c)")
    assert response.columns == ("a", "b", "2 * c")
    assert response.facts == {"kind": "matrix", "columns": ["a", "b", "2 * c"]}
    assert response.extras == ("trials",)
    assert_array_equal(design.y, np.stack([FRAME.a, FRAME.b, 2 * FRAME.c], axis=1))
    assert design.y.dtype == np.float64
    assert_array_equal(design.extras["trials"], FRAME.a + FRAME.b + 2 * FRAME.c)
    assert design.n_rows == 6
    y, categories = codes("multinomial", response, design.y)
    assert y is design.y
    assert categories == ("a", "b", "2 * c")
    assert check(schema.spec, schema, design, FRAME, family="multinomial") == ()


def test_stated_trials_are_the_sums(build):
    schema, design = build("cbind(a, b, c) | trials(n) + weights(x + 1) ~ x", FRAME)
    assert_array_equal(design.extras["trials"], FRAME.n)
    assert_array_equal(design.weights, FRAME.x + 1)
    assert schema.response.extras == ("trials",)
    with pytest.raises(DataError) as caught:
        build("cbind(a, b, c) | trials(n + 1 * (x > 3)) ~ x", FRAME)
    assert str(caught.value) == (
        "the counts of 'cbind(a, b, c)' must add up to their trials; not so in rows 4, 5 (counted from 0), "
        "the first with 1 and 2\n"
        "  Leave trials() out: it is the sum. For what is in none of the columns, add a column."
    )


def test_a_matrix_in_new_data(build):
    """JSON keeps what it is; rows that miss one count go; without the columns there is no response."""
    schema, design = build("cbind(a, b, c) ~ x", FRAME)
    loaded = schema_from_json(json.loads(json.dumps(schema_to_json(schema))))
    assert loaded == schema
    new = encode(loaded, FRAME.iloc[::-1])
    assert_array_equal(new.y, design.y[::-1])
    short = encode(loaded, FRAME.assign(b=FRAME.b.where(FRAME.b != 4)))
    assert_array_equal(short.rows, [0, 2, 3, 4, 5])
    assert_array_equal(short.y, design.y[short.rows])
    without = encode(loaded, FRAME[["x"]])
    assert (without.y, dict(without.extras)) == (None, {})
    ignored = encode(loaded, FRAME, response="ignore")
    assert ignored.y is None
    assert_array_equal(ignored.extras["trials"], design.extras["trials"])


def test_stated_trials_serve_new_data_without_counts(build):
    schema, _ = build("cbind(a, b, c) | trials(n) ~ x", FRAME)
    new = encode(schema, FRAME[["n", "x"]])
    assert new.y is None
    assert_array_equal(new.extras["trials"], FRAME.n)


MATRICES = [
    (
        "cbind(a, b, real) ~ x",
        DataError,
        r"cbind\(\): 'real' must be counts, integer and not negative; .* row 0 ",
    ),
    ("cbind(a, b, signed) ~ x", DataError, r"'signed' must be counts, .*; not so in rows 0, 4"),
    ("cbind(a, b, text) ~ x", FormulaError, r"'text' is not a column of counts"),
    ("cbind(a, b, a) ~ x", FormulaError, r"cbind\(\) has the column a twice"),
    ("cbind(a, b, k = c) ~ x", FormulaError, r"takes successes and failures, or counts of three categories"),
    ("cbind(a) ~ x", FormulaError, r"takes successes and failures, or counts of three categories"),
    ("cbind(a, b, c) | cens(a) ~ x", FormulaError, r"cens\(\) cannot stand with cbind\(\)"),
    ("cbind(a, b, c) | rate(n) ~ x", FormulaError, r"rate\(\) cannot stand with cbind\(\)"),
    ("cbind(a, b, c) | trials(real) ~ x", DataError, r"trials\(real\) must be whole numbers"),
]


@pytest.mark.parametrize(("text", "error", "message"), MATRICES, ids=[text for text, *_ in MATRICES])
def test_matrices_that_are_refused(build, text, error, message):
    with pytest.raises(error, match=message):
        build(text, FRAME)


MATRIX = "response 'cbind(a, b, c)' has 3 columns, and {}\n\
  Counts of categories out of a number of trials are modelled by family='multinomial'.\n\
  Several responses are several fits, one by one."
ONE = "family 'multinomial' takes counts of three categories or more, and response '{}' is {}"

UNFIT = [
    ("cbind(a, b, c)", "poisson", MATRIX.format("family 'poisson' takes one")),
    ("cbind(a, b, c)", None, MATRIX.format("no family was given")),
    (
        "cbind(a, b)",
        "multinomial",
        ONE.format("cbind(a, b)", "successes and failures\n  That is family='binomial'."),
    ),
    (
        "text",
        "multinomial",
        ONE.format(
            "text",
            "one category a row\n  That is family='categorical'. Counts are written cbind(a, b, c) ~ ..., a "
            "column for each.",
        ),
    ),
    (
        "rating",
        "multinomial",
        ONE.format(
            "rating", "one column\n  Write cbind(a, b, c) ~ ..., a column of counts for each category."
        ),
    ),
]


@pytest.mark.parametrize(("left", "family", "message"), UNFIT)
def test_families_and_matrices_that_do_not_fit(build, left, family, message):
    schema, _ = build(f"{left} ~ x", FRAME)
    with pytest.raises(FamilyError) as caught:
        check_matrix(schema.response, family)
    assert str(caught.value) == message


@pytest.mark.parametrize(("left", "family"), [("cbind(a, b, c)", "multinomial"), ("cbind(a, b)", "binomial")])
def test_families_and_matrices_that_fit(build, left, family):
    schema, _ = build(f"{left} ~ x", FRAME)
    check_matrix(schema.response, family)
