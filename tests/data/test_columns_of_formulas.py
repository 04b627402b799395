"""Formulas and the columns that R's `model.matrix` gives for them: names in order, then values."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from bayesformula.data.columns import Contrast
from bayesformula.data.contrasts import coding_matrix
from bayesformula.datasets import load
from bayesformula.errors import DataError

# Names as lme4 1.1-31 (R 4.2.2) gives them for the same formulas; `Intercept` is R's `(Intercept)`.
NAMES = [
    ("y ~ 1", "Intercept"),
    ("y ~ 0 + x", "x"),
    ("y ~ f", "Intercept fmid flate"),
    ("y ~ 0 + f", "fearly fmid flate"),
    ("y ~ x * f", "Intercept x fmid flate x:fmid x:flate"),
    ("y ~ f:x", "Intercept fearly:x fmid:x flate:x"),
    ("y ~ 0 + f:x", "fearly:x fmid:x flate:x"),
    ("y ~ f + f:x", "Intercept fmid flate fearly:x fmid:x flate:x"),
    ("y ~ f * x - x", "Intercept fmid flate fearly:x fmid:x flate:x"),
    ("y ~ f + x - 1", "fearly fmid flate x"),
    ("y ~ 0 + f / x", "fearly fmid flate fearly:x fmid:x flate:x"),
    ("y ~ 0 + f + s", "fearly fmid flate sm"),
    ("y ~ 0 + x + f", "x fearly fmid flate"),
    ("y ~ f * s", "Intercept fmid flate sm fmid:sm flate:sm"),
    (
        "y ~ f / s / x",
        "Intercept fmid flate fearly:sm fmid:sm flate:sm fearly:sf:x fmid:sf:x flate:sf:x "
        "fearly:sm:x fmid:sm:x flate:sm:x",
    ),
    ("y ~ f + s:x + f:s:x", "Intercept fmid flate sf:x sm:x fmid:sf:x flate:sf:x fmid:sm:x flate:sm:x"),
    ("y ~ x + x:w + x:f + x:w:f", "Intercept x x:w x:fmid x:flate x:w:fmid x:w:flate"),
    ("y ~ b", "Intercept bTRUE"),
    ("y ~ (x > 4)", "Intercept|x > 4TRUE"),
    ("y ~ I(x > 4)", "Intercept|I(x > 4)TRUE"),
    ("y ~ I(x^2) + log(w)", "Intercept I(x^2) log(w)"),
    ("y ~ poly(x, 2)", "Intercept|poly(x, 2)1|poly(x, 2)2"),
    ("y ~ poly(x, 1)", "Intercept|poly(x, 1)"),
    ("y ~ poly(x, 2, raw = TRUE):s", "Intercept|" + "|".join(
        f"poly(x, 2, raw = TRUE){k}:s{s}" for s in "fm" for k in (1, 2))),
    ("y ~ factor(k)", "Intercept factor(k)1 factor(k)2 factor(k)3"),
    ('y ~ factor(f, levels = c("late", "mid", "early"))',
     "Intercept|" + "|".join(f'factor(f, levels = c("late", "mid", "early")){v}' for v in ("mid", "early"))),
    ("y ~ cut(x, c(-1, 1, 3, 10))", "Intercept|cut(x, c(-1, 1, 3, 10))(1,3]|cut(x, c(-1, 1, 3, 10))(3,10]"),
    ("y ~ interaction(f, s)", "Intercept|" + "|".join(
        f"interaction(f, s){v}" for v in ("mid.f", "late.f", "early.m", "mid.m", "late.m"))),
    ("y ~ C(f, sum)", "Intercept|C(f, sum)1|C(f, sum)2"),
    ("y ~ C(f, contr.helmert)", "Intercept|C(f, contr.helmert)1|C(f, contr.helmert)2"),
    ("y ~ C(f, poly)", "Intercept|C(f, poly).L|C(f, poly).Q"),
    ('y ~ C(f, treatment("late"))', 'Intercept|C(f, treatment("late"))early|C(f, treatment("late"))mid'),
    ("y ~ C(f, contr.treatment(base = 2))",
     "Intercept|C(f, contr.treatment(base = 2))early|C(f, contr.treatment(base = 2))late"),
    ('y ~ relevel(f, ref = "late")',
     'Intercept|relevel(f, ref = "late")early|relevel(f, ref = "late")mid'),
    ("y ~ . - g - a - k - w", "Intercept x fmid flate sm bTRUE"),
    ("y ~ . - g - a - k - w - b + x:s", "Intercept x fmid flate sm x:sm"),
    ("y ~ 0 + Intercept + f", "Intercept fmid flate"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "names"), NAMES, ids=[text for text, _ in NAMES])
def test_columns_have_the_names_of_r(build, frame, text, names):
    """Names and their order are those of R."""
    schema, design = build(text, frame)
    assert list(design.fixed.columns) == (names.split("|") if "|" in names else names.split())
    assert schema.mu.columns == tuple(design.fixed.columns)


# Sums and sums of squares of columns, as R 4.2.2 gives them on the sleepstudy table.
SLEEP = [
    ("Reaction ~ Days", [180, 810], [180, 5130]),
    ("log(Reaction) ~ log(Days + 1)", [180, 271.8794263], [180, 497.7043885]),
    ("Reaction ~ poly(Days, 2, raw=TRUE)", [180, 810, 5130], [180, 5130, 275994]),
    ("Reaction ~ poly(Days, 2)", [180, 0, 0], [180, 1, 1]),
    ("Reaction ~ I(Days/10) + I((Days/10)^2)", [180, 81, 51.3], [180, 51.3, 27.5994]),
    ("Reaction ~ (Days > 4)", [180, 90], [180, 90]),
    ("Reaction ~ ifelse(Days > 4, 1, 0)", [180, 90], [180, 90]),
    ("Reaction ~ sin(2*pi*Days/10) + cos(2*pi*Days/10)", [180, 0, 0], [180, 90, 90]),
    ("Reaction ~ scale(Days)", [180, 0], [180, 179]),
    ("Reaction ~ as.numeric(Days)", [180, 810], [180, 5130]),
    ("Reaction ~ cut(Days, c(-1, 3, 6, 10))", [180, 54, 54], [180, 54, 54]),
    ("Reaction ~ I(Days - mean(Days))", [180, 0], [180, 1485]),
]


@pytest.mark.parametrize(("text", "sums", "squares"), SLEEP, ids=[text for text, *_ in SLEEP])
def test_columns_have_the_values_of_r(build, text, sums, squares):
    """The numbers in the columns are those of R."""
    _, design = build(text, load("sleepstudy"))
    assert_allclose(design.fixed.sum(), sums, rtol=1e-8, atol=1e-9)
    assert_allclose((design.fixed**2).sum(), squares, rtol=1e-8)


OFFSETS = [
    ("Reaction ~ offset(0.5*Days) + Days", 405),
    ("Reaction ~ offset(log(Days + 1))", 271.8794263),
    ("Reaction ~ Days + offset(Days) + offset(0.5*Days)", 1215),
]


@pytest.mark.parametrize(("text", "total"), OFFSETS)
def test_offsets_are_summed(build, text, total):
    """Several offsets are one, and none of them is a column."""
    _, design = build(text, load("sleepstudy"))
    assert_allclose(design.offset.sum(), total)


def test_orthogonal_polynomial_is_that_of_r(build):
    """`poly(1:5, 3)` in R 4.2.2."""
    _, design = build("y ~ poly(x, 3)", pd.DataFrame({"y": range(5), "x": range(1, 6)}))
    root = np.sqrt([10, 14, 10])
    expected = np.array([[-2, -1, 0, 1, 2], [2, -1, -2, -1, 2], [-1, 2, 0, -2, 1]]).T / root
    assert_allclose(design.fixed.iloc[:, 1:], expected, atol=1e-12)


def test_sum_contrasts_and_interactions_multiply_row_by_row(build, frame):
    """The column of an interaction is the product of its variables' columns."""
    _, design = build("y ~ C(f, sum) * x", frame)
    fixed = design.fixed
    assert_allclose(fixed["C(f, sum)2:x"], fixed["C(f, sum)2"] * fixed["x"])
    assert set(fixed["C(f, sum)1"].unique()) == {1.0, 0.0, -1.0}


def test_coding_matrices_are_those_of_r():
    """contr.treatment(3, base = 2), contr.sum(3), contr.helmert(3), contr.poly(3)."""
    levels = ("p", "q", "r")
    root2, root6 = np.sqrt(2), np.sqrt(6)
    expected = {
        Contrast("treatment", "q"): [[1, 0], [0, 0], [0, 1]],
        Contrast("sum"): [[1, 0], [0, 1], [-1, -1]],
        Contrast("helmert"): [[-1, -1], [1, -1], [0, 2]],
        Contrast("poly"): [[-1 / root2, 1 / root6], [0, -2 / root6], [1 / root2, 1 / root6]],
    }
    for contrast, matrix in expected.items():
        assert_allclose(coding_matrix(levels, contrast)[0], matrix, atol=1e-12)


def test_declared_order_is_kept_and_unused_levels_are_not(build):
    """A categorical keeps its order; text is sorted; a level without rows has no column."""
    values = ["lo", "hi", "lo", "mid"]
    frame = pd.DataFrame(
        {"y": range(4), "t": values, "c": pd.Categorical(values, categories=["lo", "none", "mid", "hi"])}
    )
    assert list(build("y ~ t", frame)[1].fixed) == ["Intercept", "tlo", "tmid"]
    assert list(build("y ~ c", frame)[1].fixed) == ["Intercept", "cmid", "chi"]


def test_dependent_columns_are_dropped_in_order(build, frame):
    """Later columns go, with the columns that they repeat; constants are named as such."""
    frame["double"], frame["one"], frame["none"] = 2 * frame.x - 1, 7.0, 0.0
    schema, design = build("y ~ x + double + one + none + w", frame)
    assert list(design.fixed) == ["Intercept", "x", "w"]
    found = [(column.name, column.code, column.combination) for column in schema.mu.dropped]
    assert found == [
        ("double", "dependent-columns", ("Intercept", "x")),
        ("one", "constant-column", ()),
        ("none", "constant-column", ()),
    ]


def test_empty_cells_are_dropped_as_lme4_does(build, frame):
    """An interaction of nested factors keeps the rank that the data have."""
    _, design = build("y ~ a + a:factor(g)", frame)
    assert design.fixed.shape[1] == np.linalg.matrix_rank(design.fixed) == 6


def test_a_large_offset_of_a_column_is_no_dependence(build, frame):
    """Years are not constant."""
    frame["year"] = 2000 + frame.x
    assert build("y ~ year", frame)[0].mu.dropped == ()


def test_names_that_would_coincide_are_refused(build, frame):
    """The dummy of level `1` of `x` and a column `x1` cannot both be `x1`."""
    frame["fmid"] = frame.x**2
    with pytest.raises(DataError, match="two columns of the design would have one name: 'fmid'"):
        build("y ~ f + fmid", frame)


def test_backquoted_names_are_as_in_r(build, frame):
    """R keeps backquotes in the names of columns; a group is named without them."""
    frame = frame.rename(columns={"x": "x (n)", "g": "das Geschäft"})
    _, design = build("y ~ `x (n)` + (`x (n)` | `das Geschäft`)", frame)
    assert list(design.fixed) == ["Intercept", "`x (n)`"]
    assert list(design.groups) == ["das Geschäft"]
