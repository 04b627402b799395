"""Hypotheses: what is read, what a name means, and what the evidence is worth."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats
from scipy.signal import lfilter

import bayesformula as bf
from bayesformula.pipeline import prepare
from bayesformula.results.hypotheses.beforehand import involved, prior_draws_of
from bayesformula.results.hypotheses.density import density_at
from bayesformula.results.hypotheses.evidence import at_point, one_sided
from bayesformula.results.hypotheses.expressions import bounds, compute
from bayesformula.results.hypotheses.quantities import Quantity, vocabulary
from bayesformula.results.hypotheses.reading import HypothesisError, read
from results.fits import cafes_fit, fit_quietly, wide_fit

pytestmark = pytest.mark.filterwarnings("ignore::bayesformula.BayesFormulaWarning")

# ---- the language ----

ARITHMETIC = {
    "a < 2": 1.0,
    "a + b - 4 > 0": 3.0,
    "a - (b - 4) > 0": 3.0,
    "2 * a ^ 2 = b": 14.0,
    "-a ^ 2 < 0": -9.0,
    "a ^ -1 < 0": 1 / 3,
    "2 ^ 3 ^ 2 > a": 509.0,
    "a ** 2 < 0": 9.0,
    "a / b / 2 = 0": 3 / 8,
    "exp(log(b)) - sqrt(4) > 1": 1.0,
    "abs(a - 5) + plogis(0) < 0": 2.5,
    "1.5e1 + .5 < + a": 12.5,
    "a*-b<0": -12.0,
}


@pytest.mark.parametrize("text", ARITHMETIC)
def test_arithmetic_is_that_of_r(text):
    values = {"a": np.array([3.0]), "b": np.array([4.0])}
    steps = read(text).steps
    assert_allclose(compute(steps, lambda name: values[name.written]), [ARITHMETIC[text]], rtol=1e-14)


NAMES = {
    "a1:b2 > 0": "a1:b2",
    "sd_a:b__x.1 > 0": "sd_a:b__x.1",
    "b[ poly(x, 2)1 ] > 0": "b[poly(x, 2)1]",
    "`I(x^2)` > 0": "I(x^2)",
    "sd[region:group, I(x^2)] > 0": "sd[region:group,I(x^2)]",
    "r_cafe[c03,Intercept] > 0": "r_cafe[c03,Intercept]",
    "sigma.b[`a, b`] > 0": "sigma.b[a, b]",
}


@pytest.mark.parametrize("text", NAMES)
def test_names_are_read(text):
    assert [name.written for name in read(text).names] == [NAMES[text]]


def test_a_long_sum_is_read_and_computed():
    terms = 1500
    steps = read(" + ".join(["x"] * terms) + " > 0").steps
    assert_allclose(compute(steps, lambda name: np.ones(2)), terms)


FAULTS = {
    "": "the text of the hypothesis is empty",
    "afternoon": "the hypothesis ends too early\n    afternoon\n             ^ expected <, > or =",
    "afternoon <= 0": "unexpected `=` in a hypothesis\n    afternoon <= 0\n               ^\n  Write <, >",
    "0 < afternoon < 1": "One relation each: give several hypotheses as a list",
    "(afternoon > 0": "`(` is not closed\n    (afternoon > 0\n    ^",
    "sd[cafe > 0": "`[` is not closed",
    "afternoon > 0)": "expected an operator or the end",
    "afternoon cafe > 0": "Names that are not plain words stand in brackets or backquotes",
    "sin(afternoon) > 0": "there is no function 'sin'\n    sin(afternoon) > 0\n    ^^^\n  Functions: 'abs',",
    "b_I(x^2) > 0": "b[poly(x, 2)1], `b_I(x^2)`",
    "__import__('os') > 0": "unexpected `'` in a hypothesis",
    "1 < 2": "the hypothesis names no parameter",
    "b[aftrnoon] > 0": "the fit has no parameter 'b[aftrnoon]'\n    b[aftrnoon] > 0\n    ^^^^^^^^^^^\n"
    "  Parameters, nearest first:\n  b[afternoon],",
    "sd[cafe] > 0": "the fit has no parameter 'sd[cafe]'",
    "r[cafe, c99, Intercept] > 0": "'cafe' has no level 'c99'",
    "r[cafe, c01] > 0": "Coefficients: Intercept, afternoon. Write r_cafe[c01, Intercept].",
    "log(afternoon) > 0": "is no finite number in 800 of 800 draws of the posterior",
    "afternoon - b_afternoon > 0": "is the same number in every draw",
    "sigma = -1": "'sigma = -1' cannot hold: left minus right lies between 1 and inf",
}


@pytest.mark.parametrize("text", FAULTS)
def test_what_is_wrong_is_said_with_a_caret(text):
    with pytest.raises(HypothesisError) as error:
        cafes_fit().hypothesis(text)
    assert FAULTS[text] in str(error.value)
    assert isinstance(error.value, bf.BayesFormulaError)


OPTIONS = [
    ({"hypotheses": 3}, "must be a text, a list or a dict of texts"),
    ({"hypotheses": []}, "must be a text, a list or a dict of texts"),
    ({"scope": "level"}, "scope='level' must be one of 'coef'"),
    ({"group": "cafe"}, "group='cafe' needs scope='coef' or scope='ranef'"),
    ({"scope": "coef", "group": "cafes"}, "no group 'cafes' in this model: the groups are 'cafe'"),
    ({"ci": 95}, "ci=95 must be a probability"),
    ({"prior_draws": 10}, "prior_draws=10 must be a whole number, 1000 or more"),
]


@pytest.mark.parametrize(("changes", "message"), OPTIONS, ids=str)
def test_options_are_checked(changes, message):
    with pytest.raises(bf.OptionError) as error:
        cafes_fit().hypothesis(**{"hypotheses": "afternoon > 0", **changes})
    assert message in str(error.value)


# ---- what names mean ----

MEANINGS = {
    "afternoon > 0": "b_afternoon",
    "b[afternoon] > 0": "b_afternoon",
    "b_afternoon > 0": "b_afternoon",
    "Intercept > 0": "b_Intercept",
    "sigma > 0": "sigma",
    "sd[cafe, afternoon] > 0": "sd_cafe__afternoon",
    "sd_cafe__Intercept > 0": "sd_cafe__Intercept",
    "cor[cafe] > 0": "cor_cafe__Intercept__afternoon",
    "cor[cafe, afternoon, Intercept] > 0": "cor_cafe__Intercept__afternoon",
    "cor_cafe__Intercept__afternoon > 0": "cor_cafe__Intercept__afternoon",
    "r[cafe, c03, afternoon] > 0": "r_cafe[c03,afternoon]",
    "r_cafe[c03,Intercept] > 0": "r_cafe[c03,Intercept]",
    "`b_afternoon` > 0": "b_afternoon",
}


@pytest.mark.parametrize("text", MEANINGS)
def test_a_name_means_a_column_of_the_draws(text):
    fit = cafes_fit()
    assert_array_equal(fit.hypothesis(text).draws.iloc[:, 0], fit.draws_frame()[MEANINGS[text]])


WIDE = {
    "sd[a:b, x] > 0": "sd_a:b__x",
    "sd[a] > 0": "sd_a__Intercept",
    "r[a, a2] > 0": "r_a[a2,Intercept]",
    "r[a:b, `a0:ä b`, x] > 0": "r_a:b[a0:ä b,x]",
    "r[h, 103, k] > 0": "r_h[103,k]",
    "okTRUE > 0": "b_okTRUE",
}


@pytest.mark.parametrize("text", WIDE)
def test_names_of_levels_and_nested_groups(text):
    fit = wide_fit()
    assert_array_equal(fit.hypothesis(text).draws.iloc[:, 0], fit.draws_frame()[WIDE[text]])


def test_levels_have_their_own_coefficients():
    fit = cafes_fit()
    found = fit.hypothesis("Intercept + afternoon > 3", scope="coef")
    assert_allclose(
        found.table["mean"] + 3, fit.coef("cafe")["mean"].unstack()[["Intercept", "afternoon"]].sum(axis=1)
    )
    assert found.table.index.names == ["name", "cafe"]
    effects = fit.hypothesis({"slope": "afternoon < 0"}, scope="ranef", group="cafe")
    expected = fit.groups("cafe").xs("afternoon", level="coef")["mean"]
    assert_allclose(effects.table["mean"], expected)
    assert effects.draws["slope", "c03"].shape == (800,)
    beside = fit.hypothesis("afternoon > b[afternoon]", scope="coef")
    assert_allclose(beside.draws.to_numpy(), effects.draws.to_numpy(), atol=1e-12)


def test_effects_that_were_not_kept_are_asked_for():
    fit = cafes_fit()
    without = replace(fit, draws={name: values for name, values in fit.draws.items() if name != "r_cafe"})
    for options in (
        {"hypotheses": "r[cafe, c03, Intercept] > 0"},
        {"hypotheses": "Intercept > 0", "scope": "coef"},
    ):
        with pytest.raises(bf.OptionError, match='keep="draws"'):
            without.hypothesis(**options)


FURTHER = [
    (
        "y ~ x; sigma ~ x",
        "gaussian",
        ["sigma.b[x]", "sigma_x", "b_sigma_x", "sigma.b[ x ]"],
        ("b_sigma", (1,)),
    ),
    ("y ~ x; sigma ~ x", "gaussian", ["sigma.Intercept", "sigma_Intercept"], ("b_sigma", (0,))),
    ("c ~ x", "cumulative", ["Intercept[2]", "b_Intercept[2]"], ("Intercept", (1,))),
    ("c ~ cs(x)", "acat", ["bcs[x, 2]", "bcs_x[2]", "x[2]"], ("bcs", (0, 1))),
    ("c ~ x", "categorical", ["mub.b[x]", "mub_x", "b_mub_x"], ("b_mub", (1,))),
    ("y ~ x + (1 | gr(c, dist = 'student'))", "gaussian", ["df[c]", "df_c"], ("df_c", ())),
]


def parameters_of(formula, family):
    """What a vocabulary reads of a fit, without the fit."""
    rows = np.arange(60)
    frame = pd.DataFrame({"x": rows % 5, "y": np.sin(rows)})
    frame["c"] = pd.Categorical.from_codes(rows % 3, ["a", "b", "c"], ordered=family != "categorical")
    options = {"family": family, "priors": None, "plan": "auto", "na": "drop", "checks": None}
    ready = prepare(formula, frame, **options, quiet=True)
    levels = {label: (group.levels, group.parts) for label, group in ready.design.groups.items()}
    return SimpleNamespace(spec=ready.model, levels=levels, draws={f"r_{label}": None for label in levels})


@pytest.mark.parametrize(("formula", "family", "texts", "place"), FURTHER, ids=lambda v: str(v)[:40])
def test_further_predictors_thresholds_and_degrees_of_freedom_have_names(formula, family, texts, place):
    words = vocabulary(parameters_of(formula, family))
    for text in texts:
        (name,) = read(f"{text} > 0").names
        found = words.find(name, text)
        assert (found.variable, found.at) == place, text


# ---- evidence ----


def test_odds_of_a_side_and_their_error():
    """Independent draws, 800 sets: the error is the spread of the odds over the sets."""
    values = np.random.default_rng(1).normal(0.5, 1.0, (800, 4, 250))
    found = [one_sided(each, ">") for each in values]
    truth = stats.norm.cdf(0.5) / stats.norm.sf(0.5)
    ratios = np.array([each.ratio for each in found])
    assert_allclose(ratios.mean(), truth, rtol=0.02)
    assert_allclose(np.mean([each.error for each in found]), ratios.std(), rtol=0.1)
    assert_allclose(found[0].probability, np.mean(values[0] > 0))
    assert one_sided(values[0], "<").ratio == pytest.approx(1 / found[0].ratio)


@pytest.mark.parametrize(("relation", "ratio", "bound"), [(">", 999.0, ">"), ("<", 1 / 999, "<")])
def test_where_all_draws_agree_the_odds_are_bounded(relation, ratio, bound):
    evidence = one_sided(np.full((4, 250), 1.0) + np.random.default_rng(0).uniform(size=(4, 250)), relation)
    assert (evidence.ratio, evidence.bound) == (pytest.approx(ratio), bound)
    assert "no draw of 1000 speaks" in evidence.note


DENSITIES = [
    (stats.norm(1, 1), 0.0, -np.inf),
    (stats.t(3), 2.0, -np.inf),
    (stats.cauchy(), 0.0, -np.inf),
    (stats.halfcauchy(), 0.0, 0.0),
    (stats.expon(), 0.0, 0.0),
    (stats.expon(), 0.1, 0.0),
    (stats.halfnorm(), 0.0, 0.0),
    (stats.gamma(2), 1.0, 0.0),
    (stats.beta(2, 2, loc=-1, scale=2), 0.0, -1.0),
]


@pytest.mark.parametrize(
    ("law", "point", "low"), DENSITIES, ids=lambda v: getattr(getattr(v, "dist", v), "name", str(v))
)
def test_densities_are_those_of_scipy_also_at_bounds(law, point, low):
    """Over 40 sets: no bias beyond 3 %, and errors as large as they say."""
    sets = law.rvs((40, 4, 1000), random_state=np.random.default_rng(2))
    found = [density_at(point, each, low) for each in sets]
    off = np.array([each.log for each in found]) - law.logpdf(point)
    stated = np.mean([each.error for each in found])
    assert abs(off.mean()) < 0.03 + 3 * stated / np.sqrt(40)
    assert_allclose(off.std(), stated, rtol=0.4)
    assert not any(each.is_bound for each in found)


@pytest.mark.parametrize(
    ("law", "low"), [(stats.norm(5, 1), -np.inf), (stats.norm(5, 0.5), 0.0), (stats.gamma(200), 0.0)]
)
def test_out_in_a_tail_there_is_a_bound(law, low):
    found = density_at(0.0, law.rvs((4, 1000), random_state=np.random.default_rng(3)), low)
    assert found.is_bound
    assert law.logpdf(1e-9) < found.log < np.log(0.01)


def test_errors_of_densities_know_that_draws_hang_together():
    """Draws of an autoregression of coefficient 0.9 count as fewer."""
    rng = np.random.default_rng(4)
    noise = rng.normal(size=(30, 4, 1200)) * np.sqrt(1 - 0.9**2)
    chains = lfilter([1.0], [1.0, -0.9], noise)[:, :, 200:]
    found = [density_at(0.5, each) for each in chains]
    off = np.array([each.log for each in found]) - stats.norm.logpdf(0.5)
    independent = density_at(0.5, rng.normal(size=(4, 1000)))
    assert_allclose(np.mean([each.error for each in found]), off.std(), rtol=0.4)
    assert np.mean([each.error for each in found]) > 1.4 * independent.error


BOUNDS = {
    "sd > 0": (0, np.inf),
    "sd - 0.5 > 0": (-0.5, np.inf),
    "0.5 > sd": (-np.inf, 0.5),
    "sd - sd2 > 0": (-np.inf, np.inf),
    "cor ^ 2 < 0.5": (-0.5, 0.5),
    "cor ^ 3 < 0": (-np.inf, np.inf),
    "exp(cor) > 0": (np.exp(-1), np.exp(1)),
    "sd / sd2 > 1": (-1, np.inf),
    "sd ^ 2 / (sd ^ 2 + sd2 ^ 2) > 0": (0, np.inf),
    "1 / cor > 0": (-np.inf, np.inf),
    "log(sd) > 0": (-np.inf, np.inf),
    "sqrt(sd) > 1": (-1, np.inf),
    "abs(cor) > 0": (0, 1),
    "-abs(b) < 2": (-np.inf, -2),
    "plogis(b) > 0": (0, 1),
    "2 * cor > 1": (-3, 1),
}


@pytest.mark.parametrize("text", BOUNDS)
def test_bounds_hold_every_value(text):
    ranges = {"sd": (0.0, np.inf), "sd2": (0.0, np.inf), "cor": (-1.0, 1.0), "b": (-np.inf, np.inf)}
    assert_allclose(bounds(read(text).steps, lambda name: ranges[name.written]), BOUNDS[text])


@lru_cache(maxsize=1)
def known_fit():
    """Two coefficients with normal priors and a known sigma: the posterior is known."""
    rng = np.random.default_rng(8)
    x = rng.normal(size=30)
    frame = pd.DataFrame({"x": x, "y": 0.3 + 0.25 * x + rng.normal(size=30)})
    priors = ["Intercept ~ normal(0, 2)", "b ~ normal(0.5, 1)", "sigma ~ constant(1)"]
    return fit_quietly("y ~ x", frame, priors=priors, draws=1000), frame


POINTS = {"x = 0": 0.0, "x = 0.5": 0.5, "2 * x - 0.2 = 0": 0.1, "0.4 = b[x]": 0.4}


@pytest.mark.parametrize("text", POINTS)
def test_the_ratio_at_a_point_is_that_of_the_known_densities(text):
    fit, frame = known_fit()
    design = np.column_stack([np.ones(30), frame["x"]])
    covariance = np.linalg.inv(design.T @ design + np.diag([1 / 4, 1.0]))
    mean = covariance @ (design.T @ frame["y"] + [0.0, 0.5])
    expected = stats.norm.pdf(POINTS[text], mean[1], covariance[1, 1] ** 0.5) / stats.norm.pdf(
        POINTS[text], 0.5, 1
    )
    row = fit.hypothesis(text).table.iloc[0]
    assert abs(row["evidence_ratio"] - expected) < 4 * row["evidence_ratio_mcse"]
    assert row["evidence_ratio_mcse"] < 0.1 * expected
    assert row["posterior_probability"] == pytest.approx(row["evidence_ratio"] / (1 + row["evidence_ratio"]))


def test_before_any_data_the_ratio_is_one():
    """Posterior and prior are one: at sds of 0, correlations, intercepts, of all and of one level."""
    fit = cafes_fit()
    whole = [Quantity(name) for name in ("b", "sd_cafe", "cor_cafe", "r_cafe", "sigma")]
    drawn = prior_draws_of(fit, whole, 10_000, seed=99)
    fit = replace(
        fit, draws={name: values.reshape(4, 2500, *values.shape[2:]) for name, values in drawn.items()}
    )
    texts = [
        "sd[cafe, afternoon] = 0",
        "cor[cafe] = 0",
        "Intercept = 3",
        "sigma = 0",
        "r[cafe, c03, afternoon] = 0",
    ]
    for table in (fit.hypothesis(texts).table, fit.hypothesis("afternoon = 0", scope="coef").table.iloc[:5]):
        assert (table["bound"] == "").all()
        off = np.log(table["evidence_ratio"]) / (table["evidence_ratio_mcse"] / table["evidence_ratio"])
        assert np.abs(off).max() < 4
        assert (table["evidence_ratio_mcse"] < 0.15).all()


def test_a_point_beyond_all_draws():
    narrow, wide = np.random.default_rng(5).normal(10, 1, (2, 4, 1000)) * [[[1.0]], [[20.0]]]
    assert at_point(narrow, wide - 200, (-np.inf, np.inf)).bound == "<"
    assert at_point(wide - 200, narrow, (-np.inf, np.inf)).bound == ">"
    neither = at_point(narrow, narrow, (-np.inf, np.inf))
    assert np.isnan(neither.ratio)
    assert "beyond the draws of the posterior and of the prior" in neither.note


def test_a_flat_prior_has_no_density_and_those_of_others_do_not_matter():
    priors = ["Intercept ~ flat", "b ~ normal(-1, 0.5)", "sigma ~ flat"]
    fit = fit_quietly("wait ~ afternoon", bf.datasets.load("cafes"), priors=priors)
    with pytest.raises(bf.PriorError, match=r"these priors are flat: Intercept, sigma\n"):
        fit.hypothesis(["Intercept = 0", "sigma = 1"])
    assert fit.hypothesis("Intercept > 0").table["bound"].iloc[0] == ">"
    row = fit.hypothesis("afternoon = -1").table.iloc[0]
    posterior = stats.gaussian_kde(fit.draws_frame()["b_afternoon"])(-1.0)[0]
    assert_allclose(row["evidence_ratio"], posterior / stats.norm.pdf(0, 0, 0.5), rtol=0.15)


INVOLVED = {
    "Intercept": {"b_Intercept", "b_x"},
    "x": {"b_x"},
    "sigma": {"sigma"},
    "sd[c]": {"sd_c__Intercept"},
    "r[c, a]": {"sd_c__Intercept"},
}


@pytest.mark.parametrize("text", INVOLVED)
def test_which_priors_a_parameter_depends_on(text):
    fit = parameters_of("y ~ x + (1 | c)", "gaussian")
    quantity = vocabulary(fit).find(read(f"{text} > 0").names[0], text)
    assert {row.parameter for row in involved(fit.spec, quantity)} == INVOLVED[text]


# ---- what is shown ----


def test_the_table_holds_what_was_computed():
    fit = cafes_fit()
    found = fit.hypothesis(
        {"later is sooner": "afternoon < -0.5", "spread": "sd[cafe, afternoon] = 0.6"}, ci=0.9
    )
    draws = fit.draws_frame()["b_afternoon"] + 0.5
    row = found.table.loc["later is sooner"]
    assert row["hypothesis"] == "afternoon < -0.5"
    assert_allclose(row[["mean", "sd"]].to_numpy(float), [draws.mean(), draws.std()])
    assert_allclose(row[["lower", "upper"]].to_numpy(float), draws.quantile([0.05, 0.95]))
    assert_allclose(row["posterior_probability"], np.mean(draws < 0))
    assert list(found.table.index) == ["later is sooner", "spread"]
    again = fit.hypothesis({"spread": "sd[cafe, afternoon] = 0.6"}).table
    assert again["evidence_ratio"].iloc[0] == found.table["evidence_ratio"].iloc[1]


def test_the_text_fits_a_terminal_and_names_every_hypothesis():
    fit = cafes_fit()
    texts = [
        "afternoon < 0",
        "sd_cafe__Intercept / sd_cafe__afternoon + sigma ^ 2 > 1.5 * exp(afternoon)",
        "cor[cafe] = 0",
    ]
    for found in (fit.hypothesis(texts), fit.hypothesis(texts[0], scope="coef")):
        text = repr(found)
        assert max(map(len, text.splitlines())) <= 80
        assert all(row.label[:30] in text for row in found.rows)
        assert all(
            row.label.replace("<", "&lt;").replace(">", "&gt;") in found._repr_html_() for row in found.rows
        )
    assert "> 799" in repr(fit.hypothesis("afternoon < 0"))
    assert "no draw of 800 speaks against it" in repr(fit.hypothesis("afternoon < 0"))
