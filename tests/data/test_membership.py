"""`mm(g1, g2)`: rows that belong to several levels of one grouping factor."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from bayesformula.data.design import encode, nesting
from bayesformula.errors import BayesFormulaError, UnseenLevelError

ROWS = pd.DataFrame(
    {
        "y": [1.0, 2.0, 4.0, 3.0, 5.0],
        "s1": ["b", "a", "c", "a", "d"],
        "s2": ["a", "a", "d", "e", "b"],
        "n1": [10, 9, 2, 9, 2],
        "n2": [2, 10, 10, 11, 9],
        "w1": [1.0, 3.0, 1.0, 0.0, 2.0],
        "w2": [1.0, 1.0, 3.0, 2.0, 2.0],
        "x1": [1.0, 2.0, 3.0, 4.0, 5.0],
        "x2": [-1.0, 0.0, 1.0, 0.0, 7.0],
        "x": [0.5, 1.5, 2.5, 3.5, 4.5],
        "f": ["u", "v", "u", "v", "w"],
    }
)


def test_levels_are_pooled_over_the_columns(build):
    group = build("y ~ (1 | mm(s1, s2))", ROWS)[1].groups["mms1s2"]
    assert group.levels == ("a", "b", "c", "d", "e")
    assert_array_equal(group.index, [[1, 0], [0, 0], [2, 3], [0, 4], [3, 1]])
    assert_array_equal(group.z, np.full((5, 2, 1), 0.5))
    assert group.is_membership


def test_numbers_are_in_the_order_of_their_size(build):
    assert build("y ~ (1 | mm(n1, n2))", ROWS)[1].groups["mmn1n2"].levels == ("2", "9", "10", "11")


def test_a_declared_order_is_kept(build):
    kind = pd.CategoricalDtype(["e", "d", "c", "b", "a"])
    rows = ROWS.assign(s1=ROWS.s1.astype(kind), s2=ROWS.s2.astype(kind))
    assert build("y ~ (1 | mm(s1, s2))", rows)[1].groups["mms1s2"].levels[0] == "d"  # first found: d c b a, e
    assert set(build("y ~ (1 | mm(s1, s2))", rows)[1].groups["mms1s2"].levels) == set("abcde")


@pytest.mark.parametrize(
    ("options", "weights"),
    [
        ("", [[0.5, 0.5]] * 5),
        (", weights = cbind(w1, w2)", [[0.5, 0.5], [0.75, 0.25], [0.25, 0.75], [0, 1], [0.5, 0.5]]),
        (", weights = cbind(w1, w2), scale = FALSE", ROWS[["w1", "w2"]].to_numpy()),
        (", weights = cbind(w1, 2 * w2), scale = FALSE", ROWS[["w1", "w2"]].to_numpy() * [1, 2]),
    ],
)
def test_weights(build, options, weights):
    group = build(f"y ~ (1 | mm(s1, s2{options}))", ROWS)[1].groups["mms1s2"]
    assert_allclose(group.z[:, :, 0], weights)


def test_slopes_of_the_row_and_of_the_member(build):
    """`x` is the row's, `mmc(x1, x2)` each member's own; both are multiplied by the weight."""
    group = build("y ~ (1 + x + mmc(x1, x2) | mm(s1, s2, weights = cbind(w1, w2)))", ROWS)[1].groups["mms1s2"]
    assert group.coefs == ("Intercept", "x", "mmc(x1, x2)")
    share = ROWS[["w1", "w2"]].to_numpy() / ROWS[["w1", "w2"]].sum(axis=1).to_numpy()[:, None]
    assert_allclose(group.z[:, :, 1], share * ROWS[["x"]].to_numpy())
    assert_allclose(group.z[:, :, 2], share * ROWS[["x1", "x2"]].to_numpy())
    assert_allclose(group.columns[:, 0], 1.0)


def test_factors_and_interactions_within_members(build):
    group = build("y ~ (0 + f + mmc(x1, x2):f | mm(s1, s2))", ROWS)[1].groups["mms1s2"]
    assert group.coefs[:3] == ("fu", "fv", "fw")
    assert group.coefs[3:] == ("fu:mmc(x1, x2)", "fv:mmc(x1, x2)", "fw:mmc(x1, x2)")
    assert_allclose(group.z[0, :, 3], 0.5 * ROWS.loc[0, ["x1", "x2"]].to_numpy(float))


def test_terms_on_the_same_members_are_one_record(build):
    design = build("y ~ (1 | mm(s1, s2)) + (0 + x | mm(s1, s2)) + (1 | s1)", ROWS)[1]
    assert [(label, group.blocks) for label, group in design.groups.items()] == [
        ("mms1s2", (("Intercept",), ("x",))),
        ("s1", (("Intercept",),)),
    ]
    assert nesting(design) == {"mms1s2": (), "s1": ()}


def test_new_rows(build):
    schema, _ = build("y ~ (1 | mm(s1, s2))", ROWS)
    new = pd.DataFrame({"s1": ["e", "new"], "s2": ["zzz", "new"]})
    with pytest.raises(UnseenLevelError, match="2 levels that were not in the training data: 'new', 'zzz'"):
        encode(schema, new)
    group = encode(schema, new, new_levels="sample").groups["mms1s2"]
    assert_array_equal(group.index, [[4, -1], [-1, -1]])
    assert group.unseen == ("new", "zzz")
    assert_array_equal(group.unseen_index, [[-1, 1], [0, 0]])


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("y ~ (1 | mm(s1, s2, weights = cbind(f, w2)))", "weights of mm() must be numbers"),
        ("y ~ (1 | mm(s1, s2, weights = cbind(x2, w2)))", "0 or more"),
        ("y ~ (1 | mm(s1, s2, weights = cbind(I(0*w1), I(0*w2))))", "one of them above 0"),
        ("y ~ (mmc(x1, x2) | s1)", "this term has no members"),
        ("y ~ (mmc(x1, x2, x) | mm(s1, s2))", "mmc() has 3 columns and mm() has 2 members"),
        ("y ~ (mmc(f, x) | mm(s1, s2))", "the columns of mmc(f, x) must be numbers"),
        ("y ~ (1 | mm(s1, s9))", "no column 's9'"),
        ("y ~ (1 | mm(s1, s2)) + (0 + mmc(x1, x2) | mm(s2, s1))", "mm(s2, s1) has the columns of mm(s1, s2)"),
        (
            "y ~ (1 | mm(s1, s2, weights = cbind(w1, w2))) + (1 | mm(s2, s1, weights = cbind(w1, w2)))",
            "Write mm(s1, s2) in both terms",
        ),
        ("y ~ (1 | mm(s1, s2)) + (1 | mms1s2)", "two grouping factors are both called 'mms1s2'"),
    ],
)
def test_what_cannot_be(build, formula, message):
    with pytest.raises(BayesFormulaError) as error:
        build(formula, ROWS.assign(mms1s2="u"))
    assert message in str(error.value)
