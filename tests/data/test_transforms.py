"""The table of named transforms: values, arguments, and refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from bayesformula.data.transforms import NOT_YET, TRANSFORMS
from bayesformula.errors import DataError, FormulaError

X = np.array([1.0, 2.0, 4.0, 8.0])
FRAME = pd.DataFrame(
    {
        "y": [1.0, 2.0, 0.0, 1.5],
        "x": X,
        "z": [-3.0, 2.0, 5.0, -1.0],
        "f": pd.Categorical(["b", "a", "b", "c"], categories=["c", "b", "a"]),
        "t": ["10", "30", "20", "10"],
        "p": [True, False, True, True],
        "u": ["e", "d", "d", "e"],
    }
)

VALUES = [
    ("I(x^2 - 3*z/2)", X**2 - 1.5 * FRAME.z),
    ("{x + 1}", X + 1),
    ("I(x %% 3)", [1, 2, 1, 2]),
    ("I(z %% 4)", [1, 2, 1, 3]),
    ("I(x %/% 3)", [0, 0, 1, 2]),
    ("I(-x)", -X),
    ("log2(x)", [0, 1, 2, 3]),
    ("log10(x)", np.log10(X)),
    ("log1p(x)", np.log1p(X)),
    ("log(x, 2)", [0, 1, 2, 3]),
    ("log(x, base = 4)", [0, 0.5, 1, 1.5]),
    ("exp(z)", np.exp(FRAME.z)),
    ("expm1(z)", np.expm1(FRAME.z)),
    ("sqrt(x)", np.sqrt(X)),
    ("abs(z)", [3, 2, 5, 1]),
    ("sin(pi * x)", np.sin(np.pi * X)),
    ("cos(x)", np.cos(X)),
    ("tan(x)", np.tan(X)),
    ("round(x / 3, 1)", [0.3, 0.7, 1.3, 2.7]),
    ("round(x / 3)", [0, 1, 1, 3]),
    ("floor(x / 3)", [0, 0, 1, 2]),
    ("ceiling(x / 3)", [1, 1, 2, 3]),
    ("pmin(x, z, 3)", [-3, 2, 3, -1]),
    ("pmax(x, z)", [1, 2, 5, 8]),
    ("ifelse(z > 0, x, -1)", [-1, 2, 4, -1]),
    ("as.numeric(x > 2 & z > 0)", [0, 0, 1, 0]),
    ("as.numeric(x > 2 | z > 0)", [0, 1, 1, 1]),
    ("as.numeric(!p)", [0, 1, 0, 0]),
    ("as.numeric(f)", [2, 3, 2, 1]),
    ("as.numeric(t)", [10, 30, 20, 10]),
    ("as.numeric(factor(t))", [1, 3, 2, 1]),
    ("as.integer(z / 2)", [-1, 1, 2, 0]),
    ('as.numeric(f == "b")', [1, 0, 1, 0]),
    ('as.numeric(f != u)', [1, 1, 1, 1]),
    ('as.numeric(f %in% c("a", "c"))', [0, 1, 0, 1]),
    ("as.numeric(x %in% c(2, 4))", [0, 1, 1, 0]),
    ("I(x - mean(x))", X - 3.75),
    ("I(x / sd(x))", X / np.std(X, ddof=1)),
    ("I((x - min(x)) / (max(x) - min(x)))", (X - 1) / 7),
    ("I(x / sum(x))", X / 15),
    ("I(x > median(x))", [0, 0, 1, 1]),
    ("center(x)", X - 3.75),
    ("standardize(x)", (X - 3.75) / np.std(X, ddof=1)),
    ("scale(x, scale = FALSE)", X - 3.75),
    ("scale(x, center = 1, scale = 2)", (X - 1) / 2),
    ("scale(x, FALSE)", X / np.sqrt(np.sum(X**2) / 3)),
    ("scale(log2(x))", (np.arange(4) - 1.5) / np.std(np.arange(4), ddof=1)),
    ("I(x * TRUE + pi)", X + np.pi),
]  # fmt: skip


@pytest.mark.parametrize(("term", "values"), VALUES, ids=[term for term, _ in VALUES])
def test_values(build, term, values):
    """One column, with R's numbers."""
    _, design = build(f"y ~ 0 + {term}", FRAME)
    assert_allclose(design.fixed.iloc[:, -1], values, atol=1e-15)


FACTORS = [
    ("factor(x)", ["1", "2", "4", "8"]),
    ("factor(f)", ["c", "b", "a"]),
    ("as.character(f)", ["a", "b", "c"]),
    ('factor(f, levels = c("a", "b", "c"))', ["a", "b", "c"]),
    ("factor(x, c(8, 4, 2, 1))", ["8", "4", "2", "1"]),
    ("as.factor(p)", ["FALSE", "TRUE"]),
    ("interaction(u, p)", ["d.FALSE", "d.TRUE", "e.TRUE"]),
    ('ifelse(p, "yes", "no")', ["no", "yes"]),
    ("cut(x, c(0, 2, 8))", ["(0,2]", "(2,8]"]),
    ("cut(x, c(1, 2, 8), include.lowest = TRUE)", ["[1,2]", "(2,8]"]),
    ("cut(x, c(1, 2, 9), right = FALSE)", ["[1,2)", "[2,9)"]),
    ("cut(x, c(-Inf, 2.5, Inf))", ["(-Inf,2.5]", "(2.5, Inf]".replace(" ", "")]),
    ('cut(x, c(0, 2, 8), labels = c("low", "high"))', ["low", "high"]),
    ("cut(x, 2)", ["(0.993,4.5]", "(4.5,8.01]"]),
    ('relevel(f, ref = "a")', ["a", "c", "b"]),
]


@pytest.mark.parametrize(("term", "levels"), FACTORS, ids=[term for term, _ in FACTORS])
def test_factors(build, term, levels):
    """Levels in R's order, unused ones left out."""
    schema, _ = build(f"y ~ 0 + {term}", FRAME)
    found = schema.variables[0].levels
    assert list(found) == levels


REFUSED = [
    ("frobnicate(x)", "unknown function 'frobnicate'"),
    ("logg(x)", "Functions: 'log', "),
    ("s(x)", "s() is not available in this version"),
    ("mm(x, weights = cbind(z, z))", "mm() is not available in this version"),
    ("log(x, 2, 3)", "Write log(x, base)."),
    ("log(x, bass = 2)", "log() has no argument 'bass'"),
    ("log(x, base = z)", "'z' must be a constant here"),
    ('log(x, base = "two")', "'base' must be one number"),
    ("log(f)", "log(f): 'f' is a factor, not a number"),
    ("I(f + 1)", "'f' is a factor, not a number"),
    ('I(f < "b")', "levels of a factor have no order here"),
    ("ifelse(p, x)", "ifelse() does not take 2 arguments"),
    ("poly(x, 4)", "degree 4 needs more than 4 different values, 'x' has 4"),
    ("poly(x, 1.5)", "the degree must be a whole number from 1"),
    ("poly(x, 2, raw = 1)", "'raw' must be TRUE or FALSE"),
    ("poly(x, z)", "'z' must be a constant here"),
    ("scale(poly(x, 2))", "'poly(x, 2)' is a matrix of several columns"),
    ("cut(x)", "cut() does not take 1 arguments"),
    ("cut(x, c(1, 1, 2))", "two breaks are the same number"),
    ('cut(x, "a")', "breaks must be numbers"),
    ('cut(x, c(0, 9), labels = c("a", "b"))', "labels must be 1 strings"),
    ('factor(f, labels = c("q"))', "labels are not available"),
    ('factor(f, levels = c("a", "a"))', "a level is given twice"),
    ("C(f, banana)", "there are no contrasts 'banana'"),
    ('C(f, treatment("q"))', "'f' has no level 'q' to compare with"),
    ("C(f, treatment(9))", "'f' has no level 9 to compare with"),
    ("c(1, 2)", "c(...) may stand only as an argument"),
    ("as.numeric(u)", "the text of 'u' is not all numbers"),
    ("scale(I(0 * x))", "the standard deviation of 'I(0 * x)' is not a positive number"),
]


@pytest.mark.parametrize(("term", "message"), REFUSED, ids=[term for term, _ in REFUSED])
def test_refusals(build, term, message):
    """Typed, by name, before anything is computed with."""
    with pytest.raises((FormulaError, DataError)) as caught:
        build(f"y ~ {term}", FRAME)
    assert message in str(caught.value)


def test_an_unknown_function_is_shown_in_the_formula(build):
    """A caret under the call."""
    with pytest.raises(FormulaError) as caught:
        build("y ~ x + lgo(x)", FRAME)
    lines = str(caught.value).splitlines()
    assert lines[1:3] == ["    y ~ x + lgo(x)", "            ^^^^^^"]


def test_own_transforms(build):
    """Numbers come as arrays, factors as text; a matrix gives several columns."""
    functions = {
        "double": lambda x: 2 * x,
        "upper": lambda t: np.array([value.upper() for value in t]),
        "both": lambda x: np.column_stack([x, x**2]),
        "short": lambda x: x[:2],
        "total": lambda x: x.sum(),
    }
    _, design = build("y ~ 0 + double(x)", FRAME, transforms=functions)
    assert_allclose(design.fixed["double(x)"], 2 * X)
    assert list(build("y ~ upper(u)", FRAME, transforms=functions)[1].fixed) == ["Intercept", "upper(u)E"]
    assert list(build("y ~ 0 + both(x)", FRAME, transforms=functions)[1].fixed) == ["both(x)1", "both(x)2"]
    assert_allclose(build("y ~ 0 + I(x / total(x))", FRAME, transforms=functions)[1].fixed.sum(), 1)
    with pytest.raises(FormulaError, match=r"short\(x\) gave 2 values for 4 rows"):
        build("y ~ short(x)", FRAME, transforms=functions)


def test_columns_may_have_the_names_of_constants_and_functions(build):
    """A column `T`, `pi` or `log` is a column."""
    frame = FRAME.rename(columns={"x": "T", "z": "pi", "y": "log"})
    _, design = build("log ~ 0 + T + I(T * pi) + sqrt(T)", frame)
    assert_allclose(design.fixed["I(T * pi)"], X * FRAME.z)


def test_no_name_is_both_offered_and_refused():
    """The two tables do not overlap."""
    assert not set(TRANSFORMS) & set(NOT_YET)
