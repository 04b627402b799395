"""`gr(g, by = f)`, `gr(g, cov = A)`, `gr(g, dist = "student")`: what is known of the levels."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

import bayesformula as bf
from bayesformula.data.design import encode
from bayesformula.data.matrices import check_matrices, read_matrix
from bayesformula.data.schema import schema_from_json, schema_to_json
from bayesformula.errors import DataError, FormulaError, OptionError

LEVELS = ["0", "1", "2", "3", "4", "5"]
ROOT = np.random.default_rng(3).normal(size=(6, 6))
A = pd.DataFrame(ROOT @ ROOT.T + np.eye(6), LEVELS, LEVELS)


# ---- by ----------------------------------------------------------------------------------------------


def test_each_level_knows_its_level_of_by(build, frame):
    """g 0..2 lie in a = A, g 3..5 in a = B; the coefficients themselves are not repeated."""
    schema, design = build("y ~ (x | gr(g, by = a))", frame)
    group = design.groups["g"]
    assert group.coefs == ("Intercept", "x")
    assert group.by == ("aA", "aB")
    assert_array_equal(group.by_index, [0, 0, 0, 1, 1, 1])
    assert schema.mu.groups[0].by == "a"


def test_by_may_be_computed_and_follows_the_order_of_its_levels(build, frame):
    group = build("y ~ (1 | gr(g, by = factor(a, levels = c('B', 'A'))))", frame)[1].groups["g"]
    assert group.by == tuple(f'factor(a, levels = c("B", "A")){level}' for level in "BA")
    assert_array_equal(group.by_index, [1, 1, 1, 0, 0, 0])


def test_by_of_a_combination(build, frame):
    group = build("y ~ (1 | gr(g:k, by = a))", frame)[1].groups["g:k"]
    assert_array_equal(group.by_index, [int(level.split(":")[0]) // 3 for level in group.levels])


def test_by_is_learnt_and_not_read_again_from_other_rows(build, frame):
    schema, design = build("y ~ (1 | gr(g, by = a))", frame)
    few = encode(schema, frame.iloc[[20, 3]])
    assert_array_equal(few.groups["g"].by_index, design.groups["g"].by_index)


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("y ~ (1 | gr(a, by = k))", "'k' changes within 2 of them: 'A', 'B'"),
        ("y ~ (1 | gr(a, by = k))", "write (0 + k | a)"),
        ("y ~ (1 | gr(g, by = I(x > 99)))", "`by` has one level, 'FALSE'"),
        ("y ~ (1 | gr(g, by = nobody))", "no column 'nobody'"),
    ],
)
def test_what_cannot_be_by(build, frame, formula, message):
    with pytest.raises(bf.BayesFormulaError) as error:
        build(formula, frame)
    assert message in str(error.value)


# ---- cov ---------------------------------------------------------------------------------------------


def test_the_matrix_is_aligned_by_name_and_not_by_place(build, frame):
    shuffled = A.loc[LEVELS[::-1], [*LEVELS[3:], *LEVELS[:3]]]
    group = build("y ~ (1 | gr(g, cov = A))", frame, matrices={"A": shuffled})[1].groups["g"]
    assert_array_equal(group.cov, A.to_numpy())
    assert group.cov_name == "A"


@pytest.mark.parametrize(
    "matrix",
    [
        A.set_axis(range(6), axis=0).set_axis([float(i) for i in range(6)], axis=1),
        A.reset_index(names="level"),
        A.to_dict(),
        pd.DataFrame(np.pad(A, (0, 1)) + np.diag([0.0] * 6 + [1.0]), [*LEVELS, "more"], [*LEVELS, "more"]),
    ],
    ids=["numbers as names", "as read from a file", "dict of dicts", "levels without rows"],
)
def test_ways_to_give_a_matrix(build, frame, matrix):
    group = build("y ~ (1 | gr(g, cov = A))", frame, matrices={"A": matrix})[1].groups["g"]
    assert_array_equal(group.cov, A.to_numpy())


def test_names_are_read_as_levels_are(build, frame):
    """Truth values, and text in a file's header where the first column was read as numbers."""
    two = pd.DataFrame([[2.0, 0.5], [0.5, 1.0]], [True, False], [True, False])
    group = build("y ~ (1 | gr(b, cov = A))", frame, matrices={"A": two})[1].groups["b"]
    assert group.levels == ("FALSE", "TRUE")
    assert_array_equal(group.cov, [[1.0, 0.5], [0.5, 2.0]])
    padded = A.set_axis([int(level) for level in LEVELS], axis=0).set_axis([f"0{i}" for i in LEVELS], axis=1)
    assert_array_equal(read_matrix("A", padded).values, A.to_numpy())


def test_a_frame_of_another_library(build, frame):
    polars = pytest.importorskip("polars")
    foreign = polars.DataFrame({"level": LEVELS, **{name: A[name].to_list() for name in LEVELS}})
    group = build("y ~ (1 | gr(g, cov = A))", frame, matrices={"A": foreign})[1].groups["g"]
    assert_array_equal(group.cov, A.to_numpy())


def test_a_matrix_of_nearly_equal_levels_is_refused_with_its_eigenvalue(build, frame):
    twins = A.copy()
    twins.iloc[1, :], twins.iloc[:, 1] = twins.iloc[0, :], twins.iloc[:, 0]
    twins.iloc[1, 1] = twins.iloc[0, 0]
    with pytest.raises(DataError, match="Two levels may have the same row"):
        build("y ~ (1 | gr(g, cov = A))", frame, matrices={"A": twins})


def test_levels_without_rows_do_not_count(build, frame):
    """Rows are dropped: the matrix shrinks to the levels that are left."""
    group = build("y ~ (1 | gr(g, cov = A))", frame[frame.g != 2], matrices={"A": A})[1].groups["g"]
    assert_array_equal(group.cov, A.drop(index="2", columns="2").to_numpy())


def _changed(i, j, value):
    matrix = A.copy()
    matrix.iloc[i, j] = value
    return matrix


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (A.to_numpy(), "write pd.DataFrame(matrix, index=levels, columns=levels)"),
        (A.iloc[:, :5], "has 6 rows and 5 columns: it must be square"),
        (A.rename(index={"5": "five"}), "no column is called 'five'"),
        (A.rename(index={"5": "0"}, columns={"5": "0"}), "names '0' twice"),
        (_changed(1, 2, 99.0), "is not symmetric: the entry of '1' and '2' is 99 one way"),
        (_changed(0, 0, np.nan), "holds missing or infinite values"),
        (A.astype(object).replace(A.iloc[0, 0], "much"), "holds values that are not numbers"),
        (A.iloc[1:, 1:], "has no row for 1 of the 6 levels of 'g': '0'"),
        (A - 2 * np.diag(np.diag(A)), "is not positive definite: its smallest eigenvalue is -"),
        (pd.DataFrame(np.ones((6, 6)), LEVELS, LEVELS), "is not positive definite"),
        (pd.DataFrame(), "data2['A'] is empty"),
        ({"0": [1.0, 2.0], "1": [1.0]}, "is a dict that does not make a table"),
        (A.astype(complex), "holds complex numbers"),
        (None, "not NoneType: write pd.DataFrame"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_covariance_of_the_levels(build, frame, matrix, message):
    with pytest.raises(DataError) as error:
        build("y ~ (1 | gr(g, cov = A))", frame, matrices={"A": matrix})
    assert message in str(error.value)


def test_a_matrix_that_was_not_passed(build, frame):
    with pytest.raises(FormulaError, match="data2 has no matrix 'A'") as error:
        build("y ~ (1 | gr(g, cov = A))", frame, matrices={"kin": A})
    assert "It has 'kin'." in str(error.value)
    with pytest.raises(OptionError, match=r'write data2=\{"A": matrix\}'):
        check_matrices(A.to_numpy())


def test_rounding_is_no_asymmetry():
    matrix = A.copy()
    matrix.iloc[0, 1] *= 1 + 1e-12
    values = read_matrix("A", matrix).values
    assert_array_equal(values, values.T)


# ---- the schema --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "formula",
    [
        "y ~ (x | gr(g, by = a, dist = 'student'))",
        "y ~ (1 | gr(g, cov = A))",
        "y ~ (1 + mmc(x, w) | mm(g, k, weights = cbind(w, y2)))",
    ],
)
def test_schemas_survive_json(build, frame, formula):
    schema, design = build(formula, frame.assign(y2=1.0), matrices={"A": A})
    again = schema_from_json(json.loads(json.dumps(schema_to_json(schema), allow_nan=False)))
    assert again == schema
    other = encode(again, frame.assign(y2=1.0))
    for label, group in design.groups.items():
        assert_array_equal(other.groups[label].z, group.z)
        assert_array_equal(other.groups[label].index, group.index)


def test_student_is_of_the_whole_group(build, frame):
    assert build("y ~ (x || gr(g, dist = 'student'))", frame)[1].groups["g"].dist == "student"
    with pytest.raises(FormulaError, match="have different options"):
        build("y ~ (1 | gr(g, dist = 'student')) + (0 + x | g)", frame)
