"""The table of named transforms: values, arguments, and refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from bayesformula.data.design import encode
from bayesformula.data.refused import MISPLACED, NOT_YET
from bayesformula.data.rounding import round_half_even
from bayesformula.data.saving import schema_from_json, schema_to_json
from bayesformula.data.transforms import TRANSFORMS
from bayesformula.errors import BayesFormulaError, DataError, FormulaError, OptionError, UnseenLevelError

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
    ("cut(x, c(-Inf, 2.5, Inf))", ["(-Inf,2.5]", "(2.5, Inf]"]),
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
    ("mm(x, weights = cbind(z, z))", "mm() joins grouping factors and cannot stand here"),
    ("log(x, 2, 3)", "Write log(x, base)."),
    ("log(x, bass = 2)", "log() has no argument 'bass'"),
    ("log(x, base = z)", "'z' must be a constant here"),
    ('log(x, base = "two")', "'base' must be one number"),
    ("log(f)", "log(f): 'f' is a factor, not a number"),
    ("I(f + 1)", "'f' is a factor, not a number"),
    ('I(f < "b")', "levels of a factor have no order here"),
    ("ifelse(p, x)", "ifelse() does not take 2 arguments"),
    ("poly(x, 4)", "degree 4 needs more than 4 different values, 'x' has 4"),
    ("poly(x, 1.5)", "'degree' must be a whole number from 1 to 200"),
    ("poly(x, 2, raw = 1)", "'raw' must be TRUE or FALSE"),
    ("scale(poly(x, 2))", "'poly(x, 2)' is a matrix of several columns"),
    ("cut(x)", "cut() does not take 1 argument"),
    ("cut(x, c(1, 1, 2))", "two breaks are the same number"),
    ('cut(x, "a")', "breaks must be numbers"),
    ('cut(x, c(0, 9), labels = c("a", "b"))', "labels must be 1 strings"),
    ('factor(f, labels = c("q", "r"))', "2 labels for 3 levels"),
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
    with pytest.raises(DataError, match=r"short\(x\) gave 2 values for 4 rows"):
        build("y ~ short(x)", FRAME, transforms=functions)


OWN = {
    "table": lambda x: pd.DataFrame({"low": x, "high": x**2}, index=range(10, 14)),
    "series": lambda x: pd.Series(x * 3, index=[9, 8, 7, 6]),
    "text": lambda x: ["big" if value > 3 else "small" for value in x],
    "sorted": lambda x: pd.Categorical(np.where(x > 3, "big", "small"), categories=["small", "big"]),
    "truth": lambda x: x > 3,
    "power": lambda x, by: x**by,
    "negated": lambda p: ~p,
    "rcs": lambda x, knots: np.column_stack([np.maximum(x - knot, 0) for knot in np.atleast_1d(knots)]),
    "spoilt": lambda x: x.fill(0) or x,
}
RESULTS = [
    ("table(x)", ["table(x)low", "table(x)high"], [X, X**2]),
    ("series(x)", ["series(x)"], [3 * X]),
    ("text(x)", ["text(x)big", "text(x)small"], [X > 3, X <= 3]),
    ("sorted(x)", ["sorted(x)small", "sorted(x)big"], [X <= 3, X > 3]),
    ("truth(x)", ["truth(x)FALSE", "truth(x)TRUE"], [X <= 3, X > 3]),
    ("power(x, by = 2)", ["power(x, by = 2)"], [X**2]),
    ("negated(p)", ["negated(p)FALSE", "negated(p)TRUE"], [FRAME.p, ~FRAME.p]),
    ("rcs(x, knots = c(2, 4))", ["rcs(x, knots = c(2, 4))1", "rcs(x, knots = c(2, 4))2"],
     [np.maximum(X - 2, 0), np.maximum(X - 4, 0)]),
]  # fmt: skip


@pytest.mark.parametrize(("term", "names", "columns"), RESULTS, ids=[term for term, *_ in RESULTS])
def test_what_own_transforms_may_give(build, term, names, columns):
    """Frames, series in any order of index, text, categories, truth values; a refused name may be theirs."""
    schema, design = build(f"y ~ 0 + {term}", FRAME, transforms=OWN)
    kept = [place for place, name in enumerate(names) if name in schema.mu.columns]
    assert list(design.fixed) == [names[place] for place in kept]
    assert_allclose(design.fixed, np.column_stack([columns[place] for place in kept]).astype(float))


def test_own_transforms_cannot_change_the_data(build):
    """They get copies."""
    _, design = build("y ~ 0 + x + I(spoilt(x) + x^2)", FRAME, transforms=OWN)
    assert_allclose(design.fixed["x"], X)


@pytest.mark.parametrize("name", ["log", "scale", "c", "mm", "as.factor"])
def test_own_transforms_shadow_nothing(build, name):
    """A formula means the same wherever it is read."""
    with pytest.raises(OptionError, match=f"transforms: '{name}' is a function of the formula language"):
        build("y ~ x", FRAME, transforms={name: np.log})


def test_a_fault_in_an_own_transform_is_shown_with_its_cause(build):
    """The user's traceback is kept as the cause."""

    def broken(x):
        return {}[x[0]]

    with pytest.raises(DataError, match=r"your function 'broken' raised KeyError: .*1\.0") as caught:
        build("y ~ broken(x)", FRAME, transforms={"broken": broken})
    assert isinstance(caught.value.__cause__, KeyError)
    assert "    y ~ broken(x)\n        ^^^^^^^^^" in str(caught.value)


def test_columns_may_have_the_names_of_constants_and_functions(build):
    """A column `T`, `pi` or `log` is a column."""
    frame = FRAME.rename(columns={"x": "T", "z": "pi", "y": "log"})
    _, design = build("log ~ 0 + T + I(T * pi) + sqrt(T)", frame)
    assert_allclose(design.fixed["I(T * pi)"], X * FRAME.z)


def test_no_name_is_both_offered_and_refused():
    """The two tables do not overlap."""
    assert not set(TRANSFORMS) & {*NOT_YET, *MISPLACED}


REPLAYED = [
    ("I(x - mean(x))", [6.25]),
    ("I(x / quantile(x, 0.5))", [10 / 3]),
    ("pmax(x, mean(z))", [10.0]),
    ("cut(x, quantile(x, c(0, 0.5, 1)), include.lowest = TRUE)", [0.0, 1.0]),
    ('factor(t, labels = c("a", "b", "c"))', [0.0, 1.0, 0.0]),
    ('relevel(u, ref = "e")', [0.0, 1.0]),
    ("as.numeric(f)", [3.0]),
    ("factor(u, levels = unique(u))", [0.0, 1.0]),
    ("factor(f, levels = rev(levels(f)))", [1.0, 0.0, 0.0]),
    ("C(f, treatment(ref = 3))", [0.0, 0.0, 1.0]),
]


@pytest.mark.parametrize(("term", "row"), REPLAYED, ids=[term for term, _ in REPLAYED])
def test_what_was_learnt_is_replayed(build, term, row):
    """One new row gets what the training rows taught, from a saved schema too."""
    data = FRAME.assign(x=X)
    schema, _ = build(f"y ~ 0 + {term}", data)
    new = pd.DataFrame({"x": [10.0], "z": [0.0], "t": ["20"], "u": ["d"],
                        "f": pd.Categorical(["a"], categories=["a"])})  # fmt: skip
    if term.startswith("cut"):
        new["x"] = 7.0
    found = encode(schema_from_json(schema_to_json(schema)), new).fixed.to_numpy()[0]
    assert_allclose(found, row)


def test_renamed_levels_refuse_new_ones(build):
    """`labels` name the levels of the training rows and no others."""
    schema, _ = build('y ~ factor(t, labels = c("a", "b", "c"))', FRAME)
    with pytest.raises(UnseenLevelError, match="meets levels that were not in the training data: '40'"):
        encode(schema, pd.DataFrame({"t": ["40", "10"]}))


MISSING = pd.DataFrame(
    {"y": [1.0, 2, 4, 3, 5], "x": [1.0, np.nan, 3, np.nan, 2], "s": ["a", "b", None, "a", "b"]}
)


def test_logic_with_missing_values(build):
    """R's three values: FALSE & NA is FALSE, TRUE | NA is TRUE; na.rm leaves missing values out."""
    from bayesformula.data.expressions import Scope
    from bayesformula.data.names import Names
    from bayesformula.syntax.lower import lower
    from bayesformula.syntax.parse import parse

    scope = Scope(MISSING, Names(list(MISSING), "", {}), {}, learning=True)

    def value(text):
        return scope.variable(lower(parse(f"y ~ {text}")).mu.terms[0].variables[0]).values

    nan = np.nan
    assert_allclose(value("is.na(x)"), [0, 1, 0, 1, 0])
    assert_allclose(value("is.na(s)"), [0, 0, 1, 0, 0])
    assert_allclose(value("I(y > 2.5 & x > 0)"), [0, 0, 1, nan, 1])
    assert_allclose(value("I(y > 2.5 | x > 2)"), [0, nan, 1, 1, 1])
    assert_allclose(value("ifelse(is.na(x), mean(x, na.rm = TRUE), x)"), [1, 2, 3, 2, 2])
    assert_allclose(value("pmin(x, y, na.rm = TRUE)"), [1, 2, 3, 3, 2])
    assert_allclose(value("pmax(x, y)"), [1, nan, 4, nan, 5])
    assert_allclose(value("I(x > sd(x))"), [nan] * 5)


ROUNDED = [
    (0.15, 1, 0.1), (0.25, 1, 0.2), (0.35, 1, 0.3), (0.45, 1, 0.4), (2.675, 2, 2.67), (0.285, 2, 0.28),
    (2.5, 0, 2), (-1.5, 0, -2), (-0.05, 1, 0), (1250, -2, 1200), (5.015, 2, 5.02), (1e300, 2, 1e300),
]  # fmt: skip


def test_numbers_are_rounded_as_in_r():
    """`round()` of R 4.2.2: the nearer of the two doubles, an even digit where both are as near."""
    for value, digits, expected in ROUNDED:
        assert round_half_even(np.array([value]), digits)[0] == expected, (value, digits)


ODD = [
    "x", "f", "u", "p", "poly(x, 2)", "cbind(x, f)", "3", "-1", "0.5", '"a"', "TRUE", "Inf", "NULL",
    "c(1, 2)", 'c("a", "b")', "c(x)", "1:0", "I(x > z)", "levels(f)", "quantile(x)", "log(z)", "sum",
    "nothing",
]  # fmt: skip


@pytest.mark.parametrize("name", [*TRANSFORMS, *MISPLACED, "c", "seq", "rev", "rep"])
def test_odd_arguments_are_typed_errors(build, name):
    """Whatever stands in a call gives columns or an error that derives from ours."""
    if name == "{":
        return
    rng = np.random.default_rng(0)
    calls = [(one,) for one in ODD] + [tuple(rng.choice(ODD, size=size)) for size in (2, 2, 3, 4) * 3]
    for arguments in calls:
        text = f"y ~ {name}({', '.join(arguments)})"
        try:
            _, design = build(text, FRAME)
        except BayesFormulaError:
            continue
        assert len(design.fixed) <= 4, text
