"""What is learnt: missing values, new data, replayed transforms, JSON, and errors by full text."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from bayesformula.data.design import encode
from bayesformula.data.schema import learn, schema_from_json, schema_to_json
from bayesformula.errors import DataError, FitFileError, OptionError, UnknownColumnError, UnseenLevelError
from bayesformula.syntax.lower import lower
from bayesformula.syntax.parse import parse

FORMULAS = [
    "y ~ x * f + (x | g)",
    "log(w) ~ scale(x) + center(w) + poly(x, 3) + (f || a/g)",
    "y ~ cut(x, 3) + I(w - mean(w)) + offset(x) + (0 + f:x | k:s)",
    "y | weights(w) + se(w) ~ 0 + C(f, sum) * s + (1 | g); sigma ~ b + (1 | k)",
    "b ~ as.numeric(f) + interaction(s, f) + pmin(x, median(x))",
    "y ~ x + x:w + I(2 * x) + (1 | factor(g))",
    "cbind(k, g) ~ relevel(f, ref = 'mid') + ifelse(s == 'm', 'yes', 'no')",
    "f ~ .",
    "y ~ cut(x, c(-Inf, 2, Inf))",
]


def assert_same_design(one, other):
    """Bit for bit."""
    assert_array_equal(one.y, other.y)
    assert_array_equal(one.rows, other.rows)
    assert one.extras.keys() == other.extras.keys()
    for name, parameter in one.parameters.items():
        again = other.parameters[name]
        pd.testing.assert_frame_equal(parameter.fixed, again.fixed, check_exact=True)
        assert (parameter.offset is None) == (again.offset is None)
        for label, group in parameter.groups.items():
            same = again.groups[label]
            assert_array_equal(group.z, same.z)
            assert_array_equal(group.index, same.index)
            assert (group.levels, group.coefs, group.blocks) == (same.levels, same.coefs, same.blocks)


@pytest.mark.parametrize("text", FORMULAS)
def test_a_schema_survives_json_and_encodes_the_same(build, frame, text):
    """Training rows encoded again by the saved schema are the training design."""
    schema, design = build(text, frame)
    saved = schema_from_json(json.loads(json.dumps(schema_to_json(schema), allow_nan=False)))
    assert saved == schema
    assert_same_design(design, encode(saved, frame))


@pytest.mark.parametrize("text", FORMULAS)
def test_a_part_of_the_rows_is_encoded_as_in_the_whole(build, frame, text):
    """New data use what the training data taught: means, levels, polynomials, cut points."""
    schema, design = build(text, frame)
    rows = [7, 2, 3]
    part = encode(schema, frame.iloc[rows], response="ignore")
    assert part.y is None
    for name, parameter in part.parameters.items():
        whole = design.parameters[name]
        assert_allclose(parameter.fixed, whole.fixed.iloc[rows], rtol=1e-12, atol=1e-14)
        for label, group in parameter.groups.items():
            assert_allclose(group.z, whole.groups[label].z[rows])
            assert_array_equal(group.index, whole.groups[label].index[rows])


@pytest.mark.parametrize(
    "plain",
    [{}, {"format": 99}, {"format": 1, "schema": {"is": "os.system"}}, {"format": 1, "schema": [1]},
     {"format": 1, "schema": {"is": "Contrast", "nonsense": 1}}],
)  # fmt: skip
def test_damaged_json_is_refused(plain):
    """Only the values of this package are ever read back."""
    with pytest.raises(FitFileError):
        schema_from_json(plain)


# ---- missing values ----------------------------------------------------------------------------------


def with_holes(frame):
    """One hole in each of five columns that a formula may use, and one in a column that it does not."""
    frame = frame.copy()
    frame["y"] = frame.y.mask(frame.index == 1)
    frame["x"] = frame.x.mask(frame.index == 2)
    frame["s"] = frame.s.mask(frame.index == 3)
    frame["g"] = frame.g.mask(frame.index == 4)
    frame["w"] = frame.w.mask(frame.index.isin([4, 5]))
    frame["k"] = frame.k.mask(frame.index == 6)
    return frame


def test_rows_with_missing_values_are_dropped_and_counted_once(build, frame):
    """Response, predictors, groups, weights and offsets count; unused columns do not."""
    schema, design = build("y | weights(w) ~ x + offset(w) + (1|g); sigma ~ s", with_holes(frame))
    assert design.n_dropped == schema.n_dropped == 5
    assert_array_equal(design.rows, [0, *range(6, 24)])
    assert len(design.y) == design.n_rows == schema.n_rows == 19


def test_means_are_learnt_from_the_rows_used(build, frame):
    """A row that misses another column teaches nothing."""
    _, design = build("y ~ scale(x) + w", with_holes(frame))
    assert_allclose(design.fixed["scale(x)"].mean(), 0, atol=1e-14)
    assert_allclose(design.fixed["scale(x)"].std(), 1)


def test_levels_that_only_dropped_rows_have_are_not_learnt(build, frame):
    """A level may vanish with its rows."""
    frame["s"] = np.where(frame.index == 3, "rare", frame.s)
    frame["x"] = frame.x.mask(frame.index == 3)
    assert build("y ~ x + s", frame)[0].variable("s").levels == ("f", "m")


def test_missing_values_can_be_refused(build, frame):
    """The first column at fault, how many, and where."""
    with pytest.raises(DataError) as caught:
        build("y ~ w", with_holes(frame).assign(y=frame.y), na="error")
    assert str(caught.value) == (
        "column 'w' has 2 missing values, in rows 4, 5 (counted from 0)\n"
        '  Fill them in, or pass na="drop" to leave these rows out.'
    )
    with pytest.raises(OptionError, match="'drop' and 'error'"):
        build("y ~ w", frame, na="omit")


def test_no_rows_left_is_an_error(build, frame):
    """The message says which column takes them."""
    frame["g"] = None
    with pytest.raises(DataError, match="no rows are left: of 24 rows, 'g' is missing in 24"):
        build("y ~ x + (1|g)", frame)


def test_values_outside_the_breaks_are_missing(build, frame):
    """As in R; what is learnt is learnt again without them."""
    schema, design = build("y ~ cut(x, c(0, 2, 10)) + scale(w)", frame)
    assert design.n_dropped == schema.n_dropped == 4
    assert_allclose(design.fixed["scale(w)"].mean(), 0, atol=1e-14)
    with pytest.raises(
        DataError, match=r"'cut\(x, c\(0, 2, 10\)\)' has 4 missing values, in rows 0, 7, 14, 21"
    ):
        build("y ~ cut(x, c(0, 2, 10))", frame, na="error")


def test_nullable_columns_are_read_as_numbers(build, frame):
    """pandas's Int64, Float64, boolean and string, with their missing values."""
    holes = with_holes(frame)
    nullable = holes.astype({"x": "Int64", "y": "Float64", "b": "boolean", "s": "string"})
    assert_same_design(build("y ~ x + b + s", holes)[1], build("y ~ x + b + s", nullable)[1])


# ---- values that are not finite ----------------------------------------------------------------------

NOT_FINITE = [
    ("y ~ x", {"x": np.inf}, "column 'x' has 1 infinite value, in row 2 (counted from 0)"),
    ("y ~ log(x)", {"x": 0.0},
     "log(x) is not a finite number in rows 0, 2, 7, 14, 21 (counted from 0)\n"
     "  Change the values there, or guard it, as log(x + 1) or ifelse(x > 0, log(x), 0)."),
    ("y ~ I(1/(w - 5))", {"w": 5.0},
     "1/(w - 5) in I(1/(w - 5)) is not a finite number in row 2 (counted from 0)\n"
     "  Change the values there, or guard it, as log(x + 1) or ifelse(x > 0, log(x), 0)."),
    ("sqrt(w) ~ x", {"w": -5.0},
     "sqrt(w) is not a finite number in row 2 (counted from 0)\n"
     "  Change the values there, or guard it, as log(x + 1) or ifelse(x > 0, log(x), 0)."),
]  # fmt: skip


@pytest.mark.parametrize(("text", "values", "message"), NOT_FINITE, ids=[text for text, *_ in NOT_FINITE])
def test_values_that_are_not_finite_are_refused(build, frame, text, values, message):
    """The innermost part at fault, and rows of the user's frame: row 1 is dropped before."""
    for name, value in values.items():
        frame.loc[2, name] = value
    frame.loc[1, "y"] = np.nan
    with pytest.raises(DataError) as caught:
        build(text, frame)
    assert str(caught.value) == message


def test_infinities_can_be_left_to_the_checks(build, frame):
    """`infinite="keep"` learns all the same."""
    frame.loc[2, "x"] = np.inf
    assert np.isinf(build("y ~ x", frame, infinite="keep")[1].fixed["x"]).sum() == 1


def test_a_guarded_logarithm_is_fine(build, frame):
    """Only the value that is used counts, not the branch that is not."""
    _, design = build("y ~ ifelse(x > 0, log(x), 0)", frame)
    assert np.isfinite(design.fixed).all(axis=None)


# ---- new data ----------------------------------------------------------------------------------------


def test_an_unseen_level_of_a_group_is_an_error_by_default(build, frame):
    """Column, levels, what was trained on, and the two ways out."""
    schema, _ = build("y ~ x + (1|g) + (1|a:k)", frame)
    new = frame.head(6).assign(g=[0, 1, 17, 44, 17, 5])
    with pytest.raises(UnseenLevelError) as caught:
        encode(schema, new)
    assert str(caught.value) == (
        "column 'g' has 2 levels that were not in the training data: '17', '44'\n"
        "  Trained on 6 levels ('0' ... '5'). Pass new_levels=\"population\" to set their effects to 0,\n"
        '  or new_levels="sample" to draw them from the fitted distribution.'
    )


def test_unseen_levels_have_index_minus_one_and_are_named(build, frame):
    """The fitted distribution can be drawn from once for each new level."""
    schema, _ = build("y ~ x + (1|g) + (1|a:k)", frame)
    new = frame.head(4).assign(g=[0, 44, 17, 44], a=["A", "Z", "A", "A"])
    design = encode(schema, new, new_levels="population")
    group = design.groups["g"]
    assert_array_equal(group.index, [0, -1, -1, -1])
    assert group.unseen == ("17", "44")
    assert_array_equal(group.unseen_index, [-1, 1, 0, 1])
    assert_array_equal(design.groups["a:k"].index, [0, -1, 2, 3])
    assert design.groups["a:k"].unseen == ("Z:1",)
    with pytest.raises(OptionError, match="'error', 'population', 'sample'"):
        encode(schema, new, new_levels="ignore")


def test_a_new_combination_of_known_parts_is_unseen(build, frame):
    """Only observed combinations are levels."""
    schema, _ = build("y ~ (1|a:g)", frame)
    new = frame.head(1).assign(a="B")
    assert encode(schema, new, new_levels="sample").groups["a:g"].index[0] == -1
    with pytest.raises(UnseenLevelError, match="grouping factor 'a:g' has 1 level that was"):
        encode(schema, new)


def test_an_unseen_level_of_a_predictor_is_always_an_error(build, frame):
    """There is no effect to use, whatever `new_levels` says."""
    schema, _ = build("y ~ s + (1|g)", frame)
    with pytest.raises(UnseenLevelError) as caught:
        encode(schema, frame.assign(s="q"), new_levels="population")
    assert str(caught.value) == (
        "column 's' has 1 level that was not in the training data: 'q'\n"
        "  Trained on 2 levels ('f', 'm'). A level without data has no population effect; "
        "leave these rows out."
    )


def test_new_data_need_no_response_nor_its_additions(build, frame):
    """The columns of the left-hand side may be absent; those of the right may not."""
    schema, _ = build("y | weights(w) ~ x + (1|g)", frame)
    new = encode(schema, frame[["x", "g"]])
    assert new.y is None
    assert new.weights is None
    with pytest.raises(UnknownColumnError):
        encode(schema, frame[["x", "g"]], response="required")
    with pytest.raises(UnknownColumnError, match="the data have no column 'x'"):
        encode(schema, frame[["y", "w", "g"]])


def test_trials_of_new_data_are_read_without_a_response(build, frame):
    """A prediction of counts needs them; where they are missing no row is lost."""
    schema, _ = build("k | trials(n) ~ x", frame.assign(n=9))
    assert_array_equal(encode(schema, frame.assign(n=5).drop(columns="k")).extras["trials"], [5] * 24)
    assert encode(schema, frame[["x"]]).extras == {}
    holes = frame.assign(n=frame.y.mask(frame.index == 3))
    assert encode(schema, holes, response="ignore").n_rows == 24
    pair, _ = build("cbind(k, g) ~ x", frame)
    assert_array_equal(encode(pair, frame, response="ignore").extras["trials"], frame.k + frame.g)
    assert encode(pair, frame[["x", "k"]]).extras == {}


def test_rows_that_miss_the_response_are_kept_when_it_is_ignored(build, frame):
    """Prediction wants every row."""
    schema, _ = build("y ~ x", frame)
    holes = frame.assign(y=np.nan)
    assert encode(schema, holes, response="ignore").n_rows == 24
    with pytest.raises(DataError, match="no rows are left"):
        encode(schema, holes)


def test_a_number_that_became_text_is_refused(build, frame):
    """A column must not change its kind."""
    schema, _ = build("y ~ x", frame)
    with pytest.raises(DataError, match="'x' was numeric in the training data and is text"):
        encode(schema, frame.assign(x="3"))


def test_own_transforms_are_named_and_given_again(frame):
    """Functions are not saved; without them the formula cannot be read."""
    spec = lower(parse("y ~ clip(x, hi = 3)"))
    functions = {"clip": lambda x, hi: np.minimum(x, hi)}
    schema = learn(spec, frame, transforms=functions)
    assert schema.transforms == ("clip",)
    design = encode(schema, frame, transforms=functions)
    assert design.fixed["clip(x, hi = 3)"].max() == 3
    with pytest.raises(ValueError, match="unknown function 'clip'"):
        encode(schema, frame)


# ---- names -------------------------------------------------------------------------------------------

UNKNOWN = [
    ("y ~ x + wat", "the data have no column 'wat'\n    y ~ x + wat\n            ^^^\n  Columns: 'w', "),
    (
        "y ~ x + (1 | gg)",
        "the data have no column 'gg'\n    y ~ x + (1 | gg)\n                 ^^\n  Columns: 'g', ",
    ),
    ("y ~ T", "the data have no column 'T'\n    y ~ T\n        ^\n  Columns: "),
    ("y ~ log(X)", "the data have no column 'X'\n    y ~ log(X)\n            ^\n  Columns: 'x', "),
]


@pytest.mark.parametrize(("text", "message"), UNKNOWN, ids=[text for text, _ in UNKNOWN])
def test_unknown_columns_are_shown_with_the_nearest_first(build, frame, text, message):
    """Where it stands, and what the data do have."""
    with pytest.raises(UnknownColumnError) as caught:
        build(text, frame)
    assert str(caught.value).startswith(message)


def test_only_functions_that_the_formula_calls_are_asked_for_again(build, frame):
    """A dict of helpers may hold more than one formula needs; a loaded fit wants what it uses."""
    functions = {"double": lambda x: 2 * x, "unused": lambda x: x}
    assert build("y ~ x + (1 | g)", frame, transforms=functions)[0].transforms == ()
    assert build("y ~ I(double(x) + 1) + (1 | g)", frame, transforms=functions)[0].transforms == ("double",)
    assert build("y ~ x + (0 + double(x) | g)", frame, transforms=functions)[0].transforms == ("double",)
