"""The default prior of every parameter of every family: value and reason, worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

import bayesformula as bf
from bayesformula.families import FAMILIES, PARAMETERS, WRAPPERS
from bayesformula.model.spec import ModelSpec
from bayesformula.pipeline import prepare
from odd_cases import ODD, OddCase

X = (1.0, 2.0, 4.0, 5.0, 7.0, 11.0)
SD_X = math.sqrt(66 / 5)  # mean 5, squares of the differences 16 9 1 0 4 36
COUNT = (0, 1, 2, 3, 4, 8)  # mean 3, sd sqrt(40 / 5); above 0: mean 3.6
POSITIVE = (1.0, 2.0, 4.0, 1.0, 4.0, 6.0)  # mean 3, sd sqrt(20 / 5) = 2
WITH_ZEROS = (0.0, 0.0, 1.0, 2.0, 4.0, 5.0)  # mean 2, sd sqrt(22 / 5); above 0: mean 3
SHARES = (0.1, 0.2, 0.4, 0.5, 0.6, 0.6)  # mean 0.4
ENDS = (0.0, 1.0, 0.2, 0.2, 0.4, 0.4)  # between the ends: mean 0.3
BINARY = (0, 0, 0, 1, 0, 1)  # mean 1 / 3
GRADE = (1, 2, 3, 1, 2, 3)
LOGS = np.log(POSITIVE)
SHIFTED = np.log(np.array(POSITIVE) - 0.5)


def frame(y) -> pd.DataFrame:
    return pd.DataFrame({
        "y": y, "x": X, "g": list("uuvvww"), "n": (4, 4, 5, 5, 8, 10), "e": (0.5, 0.5, 1.0, 1.0, 2.0, 5.0),
        "o": np.log((1, 1, 1, 1, 2, 6)), "s": (0.0, 0.0, 0.0, 0.0, 1.0, 2.0),
    })  # fmt: skip


def model(formula, family, y) -> ModelSpec:
    options = {"priors": None, "plan": "auto", "na": "drop", "checks": None, "quiet": True}
    return prepare(formula, frame(y), family=family, **options).model


def normal(mean, sd, reason):
    return "normal", (mean, sd), reason


def exponential(mean, reason):
    return "exponential", (1 / mean,), reason


DISPERSION = ("inv_gamma", (0.4, 0.3), "from strong dispersion (0.2) to hardly any (1000)")
WHOLE = ("beta", (1, 1), "all of its range")
LINK_X = normal(0, 2.5 / SD_X, "2.5 / sd(x)")  # slopes on the scale of a log or a logit

# formula, family, response -> the intercept (at the predictors' means), the slope, other parameters
TABLE = [
    ("y ~ x", "poisson", COUNT, normal(math.log(3), 2.5, "log(mean(y)), 2.5"), LINK_X, {}),
    ("y ~ x", "geometric", COUNT, normal(math.log(3), 2.5, "log(mean(y)), 2.5"), LINK_X, {}),
    ("y ~ x", "negbinomial", COUNT, normal(math.log(3), 2.5, "log(mean(y)), 2.5"), LINK_X,
     {"shape": DISPERSION}),
    ("y ~ x", "negbinomial1", COUNT, normal(math.log(3), 2.5, "log(mean(y)), 2.5"), LINK_X,
     {"phi": exponential(1, "from none to strong overdispersion")}),
    ("y ~ x", "generalized_poisson", COUNT, normal(math.log(3), 2.5, "log(mean(y)), 2.5"), LINK_X,
     {"phi": exponential(1, "from under- to strong overdispersion")}),
    ("y ~ x", "poisson(identity)", COUNT, normal(3, 2.5 * math.sqrt(8), "mean(y), 2.5 sd(y)"),
     normal(0, 2.5 * math.sqrt(8) / SD_X, "2.5 sd(y) / sd(x)"), {}),
    ("y ~ x", "poisson(sqrt)", COUNT,  # the slope of the root at 3 is 1 / (2 sqrt(3))
     normal(math.sqrt(3), 2.5 * math.sqrt(8 / 12), "sqrt(mean(y)), 2.5 sd(y) on the scale of sqrt"),
     normal(0, 2.5 * math.sqrt(8 / 12) / SD_X, "2.5 sd(y) on the scale of sqrt / sd(x)"), {}),
    ("y ~ x", "poisson(softplus)", COUNT,
     normal(math.log(math.expm1(3)), 2.5 * math.sqrt(8), "softplus(mean(y)), 2.5 sd(y)"),
     normal(0, 2.5 * math.sqrt(8) / SD_X, "2.5 sd(y) / sd(x)"), {}),
    ("y ~ x + offset(o)", "poisson", COUNT,
     normal(math.log(3 / 2), 2.5, "log(mean(y) / mean(exp(offset))), 2.5"), LINK_X, {}),
    ("y | rate(e) ~ x", "poisson", COUNT, normal(math.log(18 / 10), 2.5, "log(sum(y) / sum(rate)), 2.5"),
     LINK_X, {}),
    ("y ~ x", "zero_inflated(poisson)", COUNT, normal(math.log(3.6), 2.5, "log(mean(y above 0)), 2.5"),
     LINK_X, {"zi": WHOLE}),
    ("y ~ x", "hurdle(negbinomial)", COUNT, normal(math.log(3.6), 2.5, "log(mean(y above 0)), 2.5"),
     LINK_X, {"shape": DISPERSION, "hu": WHOLE}),
    ("y ~ x", "bernoulli", BINARY, normal(-math.log(2), 2.5, "logit(mean(y)), 2.5"), LINK_X, {}),
    ("y ~ x", "bernoulli(probit)", BINARY, normal(-0.4307272992954576, 2.5, "probit(mean(y)), 2.5"),
     LINK_X, {}),
    ("y ~ x", "bernoulli(cloglog)", BINARY, normal(math.log(math.log(1.5)), 2.5, "cloglog(mean(y)), 2.5"),
     LINK_X, {}),
    ("y ~ x", "bernoulli(cauchit)", BINARY, normal(-1 / math.sqrt(3), 2.5, "cauchit(mean(y)), 2.5"),
     LINK_X, {}),
    ("y ~ x", "bernoulli(identity)", BINARY,
     normal(1 / 3, 2.5 * math.sqrt(4 / 15), "mean(y), 2.5 sd(y)"),
     normal(0, 2.5 * math.sqrt(4 / 15) / SD_X, "2.5 sd(y) / sd(x)"), {}),
    ("y ~ x + offset(o)", "bernoulli", BINARY,
     normal(-math.log(2) - math.log(12) / 6, 2.5, "logit(mean(y)) - mean(offset), 2.5"), LINK_X, {}),
    ("y | trials(n) ~ x", "binomial", COUNT, normal(0, 2.5, "logit(sum(y) / sum(trials)), 2.5"), LINK_X, {}),
    ("y | trials(n) ~ x", "beta_binomial", COUNT, normal(0, 2.5, "logit(sum(y) / sum(trials)), 2.5"),
     LINK_X, {"phi": DISPERSION}),
    ("y ~ x", "gamma", POSITIVE, normal(math.log(3), 2.5, "log(mean(y)), 2.5"), LINK_X,
     {"shape": DISPERSION}),
    ("y ~ x", "gamma(inverse)", POSITIVE,  # the slope of the reciprocal at 3 is 1 / 9
     normal(1 / 3, 5 / 9, "inverse(mean(y)), 2.5 sd(y) on the scale of inverse"),
     normal(0, 5 / 9 / SD_X, "2.5 sd(y) on the scale of inverse / sd(x)"), {"shape": DISPERSION}),
    ("y ~ x", "weibull", POSITIVE, normal(math.log(3), 2.5, "log(mean(y)), 2.5"), LINK_X,
     {"shape": DISPERSION}),
    ("y ~ x", "exponential", POSITIVE, normal(math.log(3), 2.5, "log(mean(y)), 2.5"), LINK_X, {}),
    ("y ~ x", "inverse_gaussian(log)", POSITIVE, normal(math.log(3), 2.5, "log(mean(y)), 2.5"), LINK_X,
     {"shape": ("inv_gamma", (0.4, 0.9), "weakly informative, in units of mean(y)")}),
    ("y ~ x", "lognormal", POSITIVE,
     normal(LOGS.mean(), 2.5 * LOGS.std(ddof=1), "mean(log(y)), 2.5 sd(log(y))"),
     normal(0, 2.5 * LOGS.std(ddof=1) / SD_X, "2.5 sd(log(y)) / sd(x)"),
     {"sigma": exponential(LOGS.std(ddof=1), "mean sd(log(y))")}),
    ("y ~ x", "shifted_lognormal", POSITIVE,  # half of the least response taken off first
     normal(SHIFTED.mean(), 2.5 * SHIFTED.std(ddof=1), "mean(log(y - ndt)), 2.5 sd(log(y - ndt))"),
     normal(0, 2.5 * SHIFTED.std(ddof=1) / SD_X, "2.5 sd(log(y - ndt)) / sd(x)"),
     {"sigma": exponential(SHIFTED.std(ddof=1), "mean sd(log(y - ndt))"),
      "ndt": ("uniform", (0, 1), "up to min(y)")}),
    ("y ~ x", "tweedie", WITH_ZEROS, normal(math.log(2), 2.5, "log(mean(y)), 2.5"), LINK_X,
     {"phi": exponential(4.4 / 2**1.5, "mean var(y) / mean(y)^1.5"),
      "power": ("uniform", (1, 2), "all of its range")}),
    ("y ~ x", "hurdle(gamma)", WITH_ZEROS, normal(math.log(3), 2.5, "log(mean(y above 0)), 2.5"), LINK_X,
     {"shape": DISPERSION, "hu": WHOLE}),
    ("y ~ x", "beta", SHARES, normal(math.log(2 / 3), 2.5, "logit(mean(y)), 2.5"), LINK_X,
     {"phi": DISPERSION}),
    ("y ~ x", "zero_one_inflated_beta", ENDS,
     normal(math.log(3 / 7), 2.5, "logit(mean(y between 0 and 1)), 2.5"), LINK_X,
     {"phi": DISPERSION, "zoi": WHOLE, "coi": WHOLE}),
    ("y ~ x", "ordered_beta", ENDS, normal(math.log(11 / 19), 2.5, "logit(mean(y)), 2.5"), LINK_X,
     {"phi": DISPERSION, "cutzero": ("normal", (0, 2.5), "on the scale of the link"),
      "cutgap": exponential(2.5, "on the scale of the link")}),
    ("y ~ x", "gaussian", POSITIVE, normal(3, 5, "mean(y), 2.5 sd(y)"),
     normal(0, 5 / SD_X, "2.5 sd(y) / sd(x)"), {"sigma": exponential(2, "mean sd(y)")}),
    ("y ~ x + offset(s)", "student", POSITIVE,  # 1 2 4 1 3 4: mean 2.5, sd sqrt(9.5 / 5)
     normal(2.5, 2.5 * math.sqrt(1.9), "mean(y - offset), 2.5 sd(y - offset)"),
     normal(0, 2.5 * math.sqrt(1.9) / SD_X, "2.5 sd(y - offset) / sd(x)"),
     {"sigma": exponential(math.sqrt(1.9), "mean sd(y - offset)"),
      "nu": ("gamma", (2, 0.1), "from heavy tails (1) to nearly Gaussian (50)")}),
    ("y ~ x", "skew_normal", POSITIVE, normal(3, 5, "mean(y), 2.5 sd(y)"),
     normal(0, 5 / SD_X, "2.5 sd(y) / sd(x)"),
     {"sigma": exponential(2, "mean sd(y)"), "alpha": ("normal", (0, 4), "to either side")}),
    ("y ~ x", "exgaussian", POSITIVE, normal(3, 5, "mean(y), 2.5 sd(y)"),
     normal(0, 5 / SD_X, "2.5 sd(y) / sd(x)"),
     {"sigma": exponential(2, "mean sd(y)"), "beta": exponential(2, "mean sd(y)")}),
    ("y ~ x", "asym_laplace", POSITIVE, normal(3, 5, "mean(y), 2.5 sd(y)"),
     normal(0, 5 / SD_X, "2.5 sd(y) / sd(x)"), {"sigma": exponential(2, "mean sd(y)"), "quantile": WHOLE}),
    ("y ~ x", "gaussian(log)", POSITIVE, normal(math.log(3), 2.5, "log(mean(y)), 2.5"), LINK_X,
     {"sigma": exponential(2, "mean sd(y)")}),
    ("y ~ x", "gaussian(log)", tuple(-v for v in POSITIVE),
     normal(math.log(2), 2.5, "log(sd(y)), 2.5"), LINK_X, {"sigma": exponential(2, "mean sd(y)")}),
    ("y ~ x", "von_mises", SHARES, normal(0, 2.5, "0, 2.5"), LINK_X,
     {"kappa": ("gamma", (2, 0.01), "from all directions alike to a narrow bundle")}),
]  # fmt: skip


@pytest.mark.parametrize(
    "row", TABLE, ids=lambda row: f"{row[1]}: {row[0]}" + (" below 0" if row[2][0] < 0 else "")
)
def test_by_hand(row):
    formula, family, y, intercept, slope, others = row
    expected = {"b_Intercept": intercept, "b_x": slope, **others}
    found = {row.parameter: row for row in model(formula, family, y).priors}
    assert list(found) == list(expected)
    for name, (distribution, arguments, reason) in expected.items():
        one = found[name]
        assert one.prior.distribution == distribution
        assert one.prior.arguments == pytest.approx(arguments, rel=1e-12, abs=1e-12), name
        assert one.reason == reason + (", at the predictors' means" if name == "b_Intercept" else "")
        assert (one.is_default, one.centred) == (True, name == "b_Intercept")


def test_the_table_has_every_family_of_one_predictor():
    several = {"categorical", "multinomial", "cumulative", "sratio", "cratio", "acat"}  # see test_predictors
    assert {row[1].partition("(")[0] for row in TABLE} == set(FAMILIES) - several | set(WRAPPERS)


# family, response, parameter -> centre and spread of its own predictor on the scale of its link, and reason
PREDICTED = [
    ("gaussian", POSITIVE, "sigma", math.log(2), 1, "log(sd(y))"),
    (bf.families.gaussian(link_sigma="identity"), POSITIVE, "sigma", 2, 2, "sd(y)"),
    (bf.families.gaussian(link_sigma="softplus"), POSITIVE, "sigma", math.log(math.expm1(2)), 2,
     "softplus(sd(y))"),
    ("lognormal", POSITIVE, "sigma", math.log(LOGS.std(ddof=1)), 1, "log(sd(log(y)))"),
    ("exgaussian", POSITIVE, "beta", math.log(2), 1, "log(sd(y))"),
    ("shifted_lognormal", POSITIVE, "ndt", math.log(0.5), 1, "log(min(y) / 2)"),
    ("student", POSITIVE, "nu", 2.7, 1, "2.7"),
    (bf.families.student(link_nu="identity"), POSITIVE, "nu", 1 + math.exp(2.7), 1, "15.88"),
    ("skew_normal", POSITIVE, "alpha", 0, 1, "0"),
    ("asym_laplace", POSITIVE, "quantile", 0, 1, "0"),
    ("inverse_gaussian", POSITIVE, "shape", math.log(3), 1, "log(mean(y))"),
    ("gamma", POSITIVE, "shape", 0, 1, "0"),
    (bf.families.gamma(link_shape="identity"), POSITIVE, "shape", 1, 1, "1"),
    ("negbinomial", COUNT, "shape", 0, 1, "0"),
    ("tweedie", WITH_ZEROS, "phi", math.log(4.4 / 2**1.5), 1, "log(var(y) / mean(y)^1.5)"),
    ("tweedie", WITH_ZEROS, "power", 0, 1, "0"),
    ("beta", SHARES, "phi", 0, 1, "0"),
    ("zero_one_inflated_beta", ENDS, "zoi", 0, 1, "0"),
    ("zero_one_inflated_beta", ENDS, "coi", 0, 1, "0"),
    ("ordered_beta", ENDS, "cutzero", 0, 1, "0"),
    ("ordered_beta", ENDS, "cutgap", 0, 1, "0"),
    ("von_mises", SHARES, "kappa", 0, 1, "0"),
    ("zero_inflated(poisson)", COUNT, "zi", 0, 1, "0"),
    ("hurdle(gamma)", WITH_ZEROS, "hu", 0, 1, "0"),
    ({"name": "zero_inflated_poisson", "link_zi": "identity"}, COUNT, "zi", 0.5, 1, "0.5"),
    ("cumulative", GRADE, "disc", 0, 1, "0"),
]  # fmt: skip


@pytest.mark.parametrize("row", PREDICTED, ids=lambda row: f"{getattr(row[0], 'links', row[0])}: {row[2]}")
def test_predictors_of_other_parameters_by_hand(row):
    family, y, parameter, centre, spread, reason = row
    formula = bf.formula("y ~ 1", **{parameter: "~ x"})
    found = {row.parameter: row for row in model(formula, family, y).priors}
    intercept, slope = found[f"b_{parameter}_Intercept"], found[f"b_{parameter}_x"]
    assert intercept.prior.arguments == pytest.approx((centre, 2.5 * spread), rel=1e-12, abs=1e-12)
    assert slope.prior.arguments == pytest.approx((0, 2.5 * spread / SD_X), rel=1e-12)
    spread_name = f"2.5 {reason}" if spread != 1 and reason == "sd(y)" else "2.5"
    if spread == 1:
        assert intercept.reason == f"{reason}, {spread_name}, at the predictors' means"
    assert parameter not in found


def test_every_parameter_is_in_the_tables():
    """A parameter that a family gains must say what it is by default."""
    scalars = {name for row in TABLE for name in row[5]}
    assert set(PARAMETERS) == scalars | {"disc"}
    assert set(PARAMETERS) == {row[2] for row in PREDICTED}


# ---- the mean of the response ------------------------------------------------------------------------


def intercept(formula, family, y, **columns) -> float:
    options = {"priors": None, "plan": "auto", "na": "drop", "checks": None, "quiet": True}
    data = frame(y).assign(**columns)
    return prepare(formula, data, family=family, **options).model.priors[0].prior.arguments[0]


def test_an_exposure_is_an_offset():
    """rate(e) and offset(log(e)) are one model, and have one prior."""
    rate = model("y | rate(e) ~ x + (1 | g)", "poisson", COUNT)
    offset = model("y ~ x + offset(log(e)) + (1 | g)", "poisson", COUNT)
    for one, other in zip(rate.priors, offset.priors, strict=True):
        assert one.prior.arguments == pytest.approx(other.prior.arguments, rel=1e-12)


def test_a_row_of_trials_is_so_many_rows_of_one():
    """The same data as counts of successes and as single trials have the same intercept."""
    n, successes = frame(COUNT).n, np.array(COUNT)
    single = pd.DataFrame(
        {"y": np.concatenate([np.arange(k) < s for k, s in zip(n, successes, strict=True)]).astype(int)}
    )
    options = {"priors": None, "plan": "auto", "na": "drop", "checks": None, "quiet": True}
    rows = prepare("y ~ 1", single, family="bernoulli", **options).model.priors
    assert rows[0].prior.arguments == pytest.approx(
        model("y | trials(n) ~ 1", "binomial", COUNT).priors[0].prior.arguments, abs=1e-12
    )


# family, response -> centre of the intercept: half an observation from the end
AT_AN_END = [
    ("poisson", (0,) * 6, math.log(0.5 / 6)),
    ("negbinomial", (0,) * 6, math.log(0.5 / 6)),
    ("poisson(identity)", (0,) * 6, 0.5 / 6),
    ("poisson(sqrt)", (0,) * 6, math.sqrt(0.5 / 6)),
    ("bernoulli", (0,) * 6, math.log(0.5 / 5.5)),
    ("bernoulli", (1,) * 6, math.log(5.5 / 0.5)),
    ("bernoulli(log)", (1,) * 6, math.log(5.5 / 6)),
    ("ordered_beta", (0.0,) * 6, math.log(0.5 / 5.5)),
    ("zero_inflated(poisson)", (0,) * 6, 0.0),
    ("hurdle(lognormal)", (0,) * 6, 0.0),
    ("hurdle(beta)", (0,) * 6, 0.0),
    ("zero_one_inflated_beta", (0.0, 1.0) * 3, 0.0),
]


@pytest.mark.parametrize("row", AT_AN_END, ids=lambda row: f"{row[0]}: {row[1][0]}")
def test_responses_that_are_all_at_an_end(row):
    family, y, centre = row
    assert intercept("y ~ x", family, y) == pytest.approx(centre, rel=1e-12, abs=1e-12)


def test_no_successes_of_many_trials():
    assert intercept("y | trials(n) ~ x", "binomial", (0,) * 6) == pytest.approx(math.log(0.5 / 35.5))
    assert intercept("y | trials(n) ~ x", "binomial", (4, 4, 5, 5, 8, 10)) == pytest.approx(
        math.log(35.5 / 0.5)
    )
    assert intercept("y | rate(e) ~ x", "poisson", (0,) * 6) == pytest.approx(math.log(0.5 / 10))


@pytest.mark.parametrize("size", [1e-9, 1e-30, 1e9])
def test_small_and_large_means_are_told_apart(size):
    """No mean is pulled to some least number: a gamma response in farads, proportions of one in 1e9."""
    assert intercept("y ~ x", "gamma", size * np.array(POSITIVE)) == pytest.approx(math.log(3 * size))
    if size < 1e-9:
        return
    if size < 1:
        assert intercept("y ~ x", "beta", size * np.array(SHARES)) == pytest.approx(
            math.log(0.4 * size), rel=1e-9
        )
    else:
        assert intercept("y ~ x", "poisson", size * np.array(COUNT)) == pytest.approx(math.log(3 * size))


def test_zero_weight_and_offsets_of_other_parameters():
    weighted = prepare(
        bf.formula("y | weights(w) ~ x", sigma="~ x + offset(o)"),
        frame((3.0, 5.0, 7.0, 999.0, 9.0, -999.0)).assign(w=(1, 2, 1, 0, 1, 0)),
        family=None, priors=None, plan="auto", na="drop", checks=None, quiet=True,
    ).model  # fmt: skip
    found = {row.parameter: row for row in weighted.priors}
    sd = math.sqrt(20 / 3)
    assert found["b_Intercept"].prior.arguments == pytest.approx((6, 2.5 * sd))
    offset = math.log(2) / 4  # of the rows with weight
    assert found["b_sigma_Intercept"].prior.arguments == pytest.approx((math.log(sd) - offset, 2.5))
    assert found["b_sigma_Intercept"].reason.startswith("log(sd(y)) - mean(offset), 2.5")


# ---- whatever the data -------------------------------------------------------------------------------


@pytest.mark.parametrize("case", ODD, ids=lambda case: case.id)
def test_every_default_is_proper_whatever_the_data(case: OddCase):
    """Finite, and neither of zero width nor of infinite."""
    for row in case.prepared().model.priors:
        name, arguments = row.prior.distribution, row.prior.arguments
        assert name != "flat"
        assert np.all(np.isfinite(arguments)), row.statement
        widths = arguments[1:] if name == "normal" else arguments
        if name == "uniform":
            widths = (arguments[1] - arguments[0],)
        assert all(1e-40 < width < 1e40 for width in widths), row.statement
        if name == "normal":
            assert abs(arguments[0]) <= 1e13, row.statement
