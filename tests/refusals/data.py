"""Data that a model cannot be fitted to."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd

from refusals.cases import N, case, rows

NAN, INF = float("nan"), float("inf")
DAYS = list(pd.date_range("2024-01-01", periods=N))


def text(*values):
    """The values again and again, to the length of the table."""
    return [values[place % len(values)] for place in range(N)]


RESPONSES = [
    case("y all missing", "y ~ x", rows(y=[NAN] * N), "no rows are left", "'y' is missing in 12"),
    case("y all None", "y ~ x", rows(y=[None] * N), "no rows are left", "'y' is missing in 12"),
    case("y missing where x is not", "y ~ x", rows(y=[NAN] * 6 + [1.0] * 6, x=[1.0] * 6 + [NAN] * 6),
         "no rows are left", "'y' is missing in 6", "'x' is missing in 6"),
    case("y dates", "y ~ x", rows(y=DAYS), "'y'", "dates or times", "dt.days"),
    case("y dates of Python", "y ~ x", rows(y=text(date(2024, 1, 1), date(2024, 5, 1))), "'y'",
         "dates or times"),
    case("y durations", "y ~ x", rows(y=list(pd.to_timedelta(range(N), "h"))), "'y'", "times"),
    case("y periods", "y ~ x", rows(y=list(pd.period_range("2024-01", periods=N, freq="M"))), "'y'",
         "Period"),
    case("y complex", "y ~ x", rows(y=[1 + 2j] * N), "'y'", "complex", "real"),
    case("y lists", "y ~ x", rows(y=[[1, 2]] * N), "'y'", "lists", "one value a row"),
    case("y dicts", "y ~ x", rows(y=[{"a": 1}] * N), "'y'", "one value a row"),
    case("y tuples", "y ~ x", rows(y=[(1, 2), (3, 4)] * 6), "'y'"),
    case("y bytes", "y ~ x", rows(y=text(b"a", b"b")), "'y'", "bytes"),
    case("y text and numbers", "y ~ x", rows(y={3: "many"}), "'y'", "mixes", "'many'"),
    case("y numbers as text", "y ~ x", rows(y=[f"{v}.5" for v in range(N)]), "'y'", "text", "astype(float)"),
    case("y numbers with marks", "y ~ x", rows(y=[f"1,{v}00" for v in range(N)]), "text", "1,000"),
    case("y a sum of money", "y ~ x", rows(y=[f"${v}.00" for v in range(N)]), "text", "$0.00"),
    case("y true or false", "y ~ x", rows(y=text(True, False)), "true/false", "bernoulli"),
    case("y a category", "y ~ x", rows(y=pd.Categorical(text("lo", "mid", "hi"))), "categorical",
         "cumulative"),
    case("y one text", "y ~ x", rows(y=text("a")), "'y' is 'a' in all rows", "nothing to explain"),
    case("y constant", "y ~ x", rows(y=[2.5] * N), "'y' is 2.5 in all 12 rows", "nothing to explain"),
    case("y constant within rounding", "y ~ x", rows(y=text(0.1 + 0.2, 0.3)), "'y' is 0.3 in all 12 rows",
         "rounding"),
    case("log y constant", "log(y) ~ x", rows(y=[2.5] * N), "log(y)", "in all 12 rows"),
    case("y constant, lognormal", "y ~ x", rows(y=[2.5] * N), "'y' is 2.5 in all 12 rows",
         family="lognormal"),
    case("y near the largest number", "y ~ x", rows(y=text(1e308, -1e308, 1.5e308)), "'y'", "1.5e+308",
         "units"),
    case("y next to nothing", "y ~ x", rows(y=text(1e-310, 2e-310, 5e-310)), "'y'", "units"),
    case("y infinite", "y ~ x", rows(y={2: INF, 7: -INF}), "'y' has 2 infinite values", "rows 2, 7"),
    case("y log of a negative", "log(y) ~ x", rows(y={5: -1.0}), "log(y)", "row 5", "guard it"),
    case("gamma with a zero", "y ~ x", rows(y={4: 0.0}), "'y'", "above 0", "row 4", "hurdle", family="gamma"),
    case("beta with a one", "y ~ x", rows(y=[0.5] * 11 + [1.0]), "'y'", "above 0 and below 1", "row 11",
         "ordered_beta", family="beta"),
    case("beta of percentages", "y ~ x", rows(y=[float(v * 7 + 1) for v in range(N)]), "I(y / 100)",
         family="beta"),
    case("bernoulli of three levels", "y ~ x", rows(y=text("a", "b", "c")), "two levels", "categorical",
         family="bernoulli"),
    case("cumulative of fractions", "y ~ x", None, "'y'", "whole numbers", "cut(y", family="cumulative"),
    case("von Mises in degrees", "y ~ x", rows(y=[30.0 * v for v in range(N)]), "pi / 180",
         family="von_mises"),
]  # fmt: skip

PREDICTORS = [
    case("x all missing", "y ~ x", rows(x=[NAN] * N), "no rows are left", "'x' is missing in 12"),
    case("x dates", "y ~ x", rows(x=DAYS), "'x'", "dates or times", "dt.days"),
    case("x dates with zones", "y ~ x", rows(x=list(pd.date_range("2024", periods=N, tz="UTC"))), "'x'",
         "dates"),
    case("x complex", "y ~ x", rows(x=[1j] * N), "'x'", "complex"),
    case("x sets", "y ~ x", rows(x=[{1}] * N), "'x'", "one value a row"),
    case("x numbers and text", "y ~ x", rows(x={0: "none"}), "'x'", "mixes", "'none'"),
    case("x numbers and truths", "y ~ x", rows(x=[1.5, True, "a"] * 4), "'x'", "mixes"),
    case("x infinite", "y ~ x", rows(x={1: -INF}), "'x' has 1 infinite value", "row 1"),
    case("x near the largest number", "y ~ x", rows(x=text(1e308, -1e308, 1.5e308)), "'x'", "units"),
    case("x next to nothing", "y ~ x", rows(x=text(1e-310, 2e-310, 5e-310)), "'x'", "units"),
    case("x of one level", "y ~ x", rows(x=["a"] * N), "'x'", "one level", "leave it out"),
    case("x one level once incomplete rows are gone", "y ~ x", rows(x=["a"] * 11 + ["b"], y={11: NAN}),
         "'x'", "one level", "'a'"),
    case("log of a negative", "y ~ log(x)", rows(x={5: -1.0}), "log(x)", "row 5"),
    case("root of a negative", "y ~ sqrt(x)", rows(x={3: -1.0}), "sqrt(x)", "row 3"),
    case("overflow", "y ~ exp(x)", rows(x={3: 1000.0}), "exp(x)", "row 3"),
    case("root of a negative as a power", "y ~ I(x^0.5)", rows(x={3: -1.0}), "x^0.5", "row 3"),
    case("division by nothing", "y ~ I(x / 0)", None, "x/0", "rows"),
    case("log of text", "y ~ log(g)", None, "log(g)", "'g' is text"),
    case("text times a number", "y ~ I(g * 2)", None, "'g'", "number"),
    case("numbers beyond all measures as a mark", "y ~ x", rows(x={4: 1.7976931348623157e308}),
         "'x' is as large as 1.8e+308 in row 4"),
    case("whole numbers of 400 digits", "y ~ x", rows(x={4: 10**400}), "'x'", "300 digits"),
    case("classes that none lies in", "y ~ cut(x, c(10, 20, 30))", None, "no rows are left", "cut("),
    case("levels that none has", "y ~ factor(g, levels = c('z', 'w'))", None, "no rows are left"),
    case("spline of too many knots", "y ~ ns(x, df = 40)", None, "ns(", "40"),
    case("polynomial of text", "y ~ poly(g, 2)", None, "poly", "'g'"),
    case("more contrasts than levels allow", "y ~ C(g, sum, 9)", None, "C("),
    case("base that is no level", "y ~ C(g, treatment('zz'))", None, "zz", "'a'"),
    case("offset infinite", "y ~ x + offset(k)", rows(k={0: INF}), "'k'", "infinite", "row 0"),
    case("offset missing", "y ~ x + offset(k)", rows(k=[NAN] * N), "no rows are left", "'k' is missing"),
    case("offset twice in words", "y ~ offset(g)", None, "'g'", "one number a row"),
    case("a name in other letters", "y ~ X", None, "'X'", "'x'"),
    case("a name with a blank behind it", "y ~ x", {"y": [1.0, 2.0], "x ": [1.0, 2.0]}, "'x'", "'x '"),
]  # fmt: skip

GROUPS = [
    case("group all missing", "y ~ (1 | g)", rows(g=[None] * N), "no rows are left", "'g' is missing in 12"),
    case("group of dates", "y ~ (1 | g)", rows(g=DAYS), "'g'", "dates or times", "astype(str)"),
    case("group of lists", "y ~ (1 | g)", rows(g=[[1]] * N), "'g'", "one value a row"),
    case("group of mixed kinds", "y ~ (1 | g)", rows(g=text("a", 1, 2.5)), "'g'", "mixes", "text"),
    case("group of infinities", "y ~ (1 | k)", rows(k={3: INF}), "'k'", "infinite"),
    case("groups that 15 digits cannot tell apart", "y ~ (1 | k)",
         rows(k=[2**60 + place // 3 for place in range(N)]), "'k' has labels of more than 15 digits",
              "1152921504606846976", "astype(str)"),
    case("categories that read the same", "y ~ (1 | g)", rows(g=pd.Categorical(text(1, "1"))), "'g'",
         "the same"),
    case("group of a computed fraction", "y ~ (1 | log(g))", None, "log(g)"),
    case("group that is the response", "y ~ (1 | y)", None, "'y' is the response", "another column"),
    case("slope that is the response", "y ~ (y | g)", None, "'y' is the response"),
    case("slope that is not there", "y ~ (w | g)", None, "no column 'w'"),
    case("slope of dates", "y ~ (x | g)", rows(x=DAYS), "'x'", "dates"),
    case("slope infinite", "y ~ (x | g)", rows(x={1: INF}), "'x'", "infinite", "row 1"),
    case("by that varies within levels", "y ~ (1 | gr(g, by = h))", None, "'h'", "'g'", "within"),
    case("by that is not there", "y ~ (1 | gr(g, by = w))", None, "no column 'w'"),
    case("gr without a factor", "y ~ (1 | gr(by = h))", None, "gr("),
    case("gr of an unknown option", "y ~ (1 | gr(g, buy = h))", None, "buy", "by"),
    case("gr of an unknown distribution", "y ~ (1 | gr(g, dist = 'cauchy'))", None, "cauchy", "student"),
    case("mm of one factor", "y ~ (1 | mm(g))", None, "mm("),
    case("mm with negative weights", "y ~ (1 | mm(g, h, weights = cbind(x, k)))", rows(x={0: -1.0}),
         "weights"),
]  # fmt: skip

ADDITIONS = [
    case("weights negative", "y | weights(s) ~ x", rows(s={3: -1.0}), "weights(s)", "0 or more", "row 3"),
    case("weights all zero", "y | weights(s) ~ x", rows(s=[0.0] * N), "weights(s)", "0 in all rows"),
    case("weights all missing", "y | weights(s) ~ x", rows(s=[NAN] * N), "no rows are left",
         "'s' is missing"),
    case("weights infinite", "y | weights(s) ~ x", rows(s={3: INF}), "'s'", "infinite", "row 3"),
    case("weights text", "y | weights(g) ~ x", None, "weights(g)", "numbers"),
    case("weights not there", "y | weights(w) ~ x", None, "no column 'w'"),
    case("trials fewer than successes", "k | trials(n) ~ x", rows(n={3: 2}), "trials", "row 3",
         family="binomial"),
    case("no trials and a success", "k | trials(n) ~ x", rows(n={1: 0}), "trials", "row 1",
         family="binomial"),
    case("trials not whole", "k | trials(n) ~ x", rows(n={3: 5.5}), "trials(n)", "whole numbers", "row 3",
         family="binomial"),
    case("trials negative", "k | trials(n) ~ x", rows(n={3: -5}), "trials(n)", "0 or more", "row 3",
         family="binomial"),
    case("trials text", "k | trials(g) ~ x", None, "trials(g)", "numbers", family="binomial"),
    case("nothing tried in cbind", "cbind(k, b) ~ x", rows(k=[0] * N, b=[0] * N), "0 in all rows",
         family="binomial"),
    case("no trials anywhere", "k | trials(n) ~ x", rows(k=[0] * N, n=[0] * N), "trials of response 'k'",
         "0 in all rows",
         family="binomial"),
    case("successes negative", "k | trials(n) ~ x", rows(k={2: -1}), "'k'", "row 2", family="binomial"),
    case("counts without trials", "k ~ x", None, "number of trials", "trials(n)", family="binomial"),
    case("cbind of negative failures", "cbind(b, k) ~ x", rows(k={2: -1}), "cbind", "row 2",
         family="binomial"),
    case("cbind of text", "cbind(b, g) ~ x", None, "cbind", "'g'", family="binomial"),
    case("se zero", "y | se(s) ~ x", rows(s={3: 0.0}), "se(s)", "above 0", "row 3"),
    case("se negative", "y | se(s) ~ x", rows(s={3: -0.1}), "se(s)", "above 0", "row 3"),
    case("se infinite", "y | se(s) ~ x", rows(s={3: INF}), "'s'", "infinite"),
    case("se text", "y | se(g) ~ x", None, "se(g)", "numbers"),
    case("rate zero", "k | rate(s) ~ x", rows(s={3: 0.0}), "rate(s)", "above 0", "row 3", family="poisson"),
    case("censoring of unknown codes", "y | cens(k) ~ x", None, "cens(k)", "3", "row",
         "left, right and interval"),
    case("censoring of unknown words", "y | cens(g) ~ x", None, "cens(g)", "'a'", "left, right and interval"),
    case("intervals without ends", "y | cens(k) ~ x", rows(k=[2] * N), "interval-censored",
         "Write cens(k, y2)"),
    case("intervals that end before they begin", "y | cens(k, s) ~ x", rows(k=[2] * N), "'s'",
         "above the response"),
    case("intervals whose ends are missing", "y | cens(k, s) ~ x", rows(k=[2] * N, s=[NAN] * N), "'s'",
         "missing"),
    case("bounds the wrong way round", "y | trunc(lb = 9, ub = 1) ~ x", None, "trunc",
         "lower bound must be below"),
    case("response below its bound", "y | trunc(lb = 1) ~ x", None, "trunc", "row", "below"),
    case("response above its bound", "y | trunc(ub = s) ~ x", None, "trunc", "above"),
    case("bound that is text", "y | trunc(lb = g) ~ x", None, "trunc", "'g'", "number"),
    case("no bound", "y | trunc() ~ x", None, "trunc(lb = 0"),
    case("exact and rounded response", "y | foo(s) ~ x", None, "foo", "weights"),
]  # fmt: skip

LEVELS = list("abcd")
EYE = pd.DataFrame(np.eye(4), LEVELS, LEVELS)
RELATED = "y ~ (1 | gr(g, cov = A))"


def changed(row, column, value):
    """The identity with one entry put in its place."""
    values = EYE.copy()
    values.loc[row, column] = value
    return values


MATRICES = [
    case("matrix not given", RELATED, None, "data2 has no matrix 'A'", "data2={"),
    case("matrix under another name", RELATED, None, "'A'", "'B'", data2={"B": EYE}),
    case("matrix without names", RELATED, None, "data2['A']", "names of the levels", "pd.DataFrame",
         data2={"A": np.eye(4)}),
    case("matrix not square", RELATED, None, "data2['A']", "4 rows and 3 columns",
         data2={"A": EYE.iloc[:, :3]}),
    case("matrix not symmetric", RELATED, None, "not symmetric", "'a' and 'b'",
         data2={"A": changed("a", "b", 0.5)}),
    case("matrix not positive definite", RELATED, None, "not positive definite", "eigenvalue", "diagonal",
         data2={"A": changed("a", "a", -1.0)}),
    case("matrix singular", RELATED, None, "not positive definite", data2={"A": EYE * 0 + 1}),
    case("matrix without some levels", RELATED, None, "no row for 2 of the 4 levels", "'c', 'd'",
         data2={"A": EYE.iloc[:2, :2]}),
    case("matrix of rows and columns named apart", RELATED, None, "the same names",
         data2={"A": EYE.set_axis(list("efgh"))}),
    case("matrix with a level twice", RELATED, None, "twice",
         data2={"A": pd.DataFrame(np.eye(4), list("aabc"), list("aabc"))}),
    case("matrix with a gap", RELATED, None, "missing or infinite", data2={"A": changed("a", "a", NAN)}),
    case("matrix infinite", RELATED, None, "missing or infinite", data2={"A": changed("a", "a", INF)}),
    case("matrix of text", RELATED, None, "not numbers", data2={"A": EYE.astype(str).replace("0.0", "no")}),
    case("matrix complex", RELATED, None, "complex", data2={"A": EYE * 1j}),
    case("matrix empty", RELATED, None, "data2['A'] is empty", data2={"A": pd.DataFrame()}),
    case("matrix None", RELATED, None, "data2['A']", "NoneType", data2={"A": None}),
    case("matrix in a file that is not there", RELATED, None, "no file 'kin.csv'", data2={"A": "kin.csv"}),
    case("matrices in a list", RELATED, None, "data2 must be a dict", data2=[EYE]),
    case("matrices by number", RELATED, None, "must be text", "not 1", data2={1: EYE}),
]  # fmt: skip

TABLES = [
    case("no table", "y ~ x", 3, "data of type int", "pandas"),
    case("a generator", "y ~ x", (row for row in [1, 2]), "data of type generator", "pandas"),
    case("a set", "y ~ x", {1, 2}, "data of type set"),
    case("rows in place of columns", "y ~ x", [{"y": 1.0, "x": 2.0}], "pd.DataFrame(data)"),
    case("a frame without columns", "y ~ x", pd.DataFrame(index=range(3)), "no columns"),
    case("a column of two dimensions", "y ~ x", {"y": np.zeros((4, 2)), "x": [1, 2, 3, 4]}, "table"),
    case("no column of the formula", "y ~ x", {"a": [1.0], "b": [2.0]}, "no column 'y'", "'a'"),
    case("an empty path", "y ~ x", "", "path"),
    case("a path with a NUL", "y ~ x", "a\0.csv", "a\\x00.csv", "path"),
    case("a path of any kind", "y ~ x", "data", "data", ".csv"),
    case("decimals that are none", "y ~ x", rows(y=[Decimal("NaN")] * N), "'y'"),
]  # fmt: skip

CASES = [*RESPONSES, *PREDICTORS, *GROUPS, *ADDITIONS, *MATRICES, *TABLES]
