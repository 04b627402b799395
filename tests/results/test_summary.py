"""The summary is what its draws say, under brms's names, in one order, never rounded."""

from __future__ import annotations

import json
import pickle

import arviz_stats
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import bayesformula as bf
from bayesformula.results.names import scalars
from bayesformula.results.summary import COLUMNS, diagnostics, format_number
from results.fits import cafes_fit, plain_fit, wide_fit
from results.models import MODELS, NOTHING, fit_of

WIDE_NAMES = [
    "b_Intercept", "b_x", "b_fmiddle", "b_fhigh", "b_okTRUE",
    "sd_h__Intercept", "sd_h__x", "sd_h__k", "cor_h__Intercept__x",
    "sd_a__Intercept",
    "sd_a:b__Intercept", "sd_a:b__x",
    "sigma",
]  # fmt: skip


def test_smoke_columns_rows_and_order_are_those_of_the_contract():
    table = cafes_fit().summary()
    assert list(table.columns) == [
        "mean",
        "sd",
        "lower",
        "upper",
        "ess_bulk",
        "ess_tail",
        "r_hat",
        "mcse_mean",
    ]
    assert list(table.index) == [
        "b_Intercept", "b_afternoon", "sd_cafe__Intercept", "sd_cafe__afternoon",
        "cor_cafe__Intercept__afternoon", "sigma",
    ]  # fmt: skip
    assert all(dtype == np.float64 for dtype in table.dtypes)


def test_only_pairs_within_a_block_are_reported():
    """`(1 + x | h) + (0 + k | h)` correlates the intercept with x and nothing with k; `||` nothing at all."""
    assert list(wide_fit().summary().index) == WIDE_NAMES


@pytest.mark.parametrize("fit", [cafes_fit, wide_fit, plain_fit])
def test_summary_is_direct_arithmetic_on_the_draws(fit):
    fit = fit()
    table = fit.summary(ci=0.9)
    frame = fit.draws_frame(effects=False)
    assert list(frame.columns) == list(table.index)
    assert_allclose(table["mean"], frame.mean(), rtol=1e-13)
    assert_allclose(table["sd"], frame.std(ddof=1), rtol=1e-12)
    assert_allclose(table["lower"], frame.quantile(0.05), rtol=1e-12)
    assert_allclose(table["upper"], frame.quantile(0.95), rtol=1e-12)


@pytest.mark.parametrize("name", MODELS)
def test_summary_of_models_of_every_kind_is_direct_arithmetic_on_the_draws(name):
    fit = fit_of(MODELS[name])
    table, frame = fit.summary(ci=0.9), fit.draws_frame(effects=False)
    assert list(frame.columns) == list(table.index) == [row.flat for row in scalars(fit.spec)]
    assert list(table.columns) == list(COLUMNS)
    assert_allclose(table["mean"], frame.mean(), rtol=1e-12, atol=1e-14)
    assert_allclose(table["upper"], frame.quantile(0.95), rtol=1e-12)


def test_a_model_without_a_parameter_has_an_empty_summary():
    fit = fit_of(NOTHING)
    assert fit.summary().shape == fit.summary(kind="hdi").shape == (0, len(COLUMNS))
    assert fit.draws_frame().shape == (200, 0)
    assert fit.health.is_healthy
    assert np.isnan(fit.health.max_r_hat)


def test_nothing_is_rounded():
    values = cafes_fit().summary()[["mean", "sd", "lower", "upper"]].to_numpy()
    assert not np.any(values == np.round(values, 6))


def test_the_interval_is_95_percent_with_equal_tails_unless_asked():
    fit = cafes_fit()
    pd.testing.assert_frame_equal(fit.summary(), fit.summary(ci=0.95, kind="eti"))
    wide, narrow = fit.summary(ci=0.99), fit.summary(ci=0.5)
    assert (wide["lower"] < narrow["lower"]).all()
    assert (wide["upper"] > narrow["upper"]).all()
    for table in (wide, narrow):
        assert_array_equal(table["mean"], fit.summary()["mean"])


@pytest.mark.parametrize("fit", [cafes_fit, wide_fit])
@pytest.mark.parametrize("ci", [0.5, 0.95])
def test_hdi_is_that_of_arviz_on_the_data_tree(fit, ci):
    fit = fit()
    found = fit.summary(ci=ci, kind="hdi")
    oracle = arviz_stats.hdi(fit.data_tree, prob=ci)
    for row in scalars(fit.spec):
        expected = oracle[row.variable].values[row.at]
        assert_allclose(found.loc[row.flat, ["lower", "upper"]], expected, rtol=1e-12)


def test_diagnostics_are_those_of_arviz_on_the_data_tree():
    """The whole column against ArviZ's own summary, matched by the position of each variable."""
    fit = wide_fit()
    found = fit.summary()
    ess, tail = (
        arviz_stats.ess(fit.data_tree),
        arviz_stats.ess(fit.data_tree, method="tail", prob=(0.05, 0.95)),
    )
    r_hat, mcse = arviz_stats.rhat(fit.data_tree), arviz_stats.mcse(fit.data_tree)
    for row in scalars(fit.spec):
        for column, oracle in (("ess_bulk", ess), ("ess_tail", tail), ("r_hat", r_hat), ("mcse_mean", mcse)):
            assert_allclose(found.loc[row.flat, column], oracle[row.variable].values[row.at], rtol=1e-10)


def test_one_chain_has_the_r_hat_of_its_halves():
    values = cafes_fit().draws["sigma"][:1, :, None]
    halves = values.reshape(2, 100, 1)
    assert_allclose(diagnostics(values)["r_hat"], diagnostics(halves)["r_hat"])
    trending = values + np.linspace(0, 1, 200)[None, :, None]
    assert diagnostics(trending)["r_hat"] > 1.5


def test_a_constant_has_no_diagnostics_and_disturbs_no_other_column():
    values = np.random.default_rng(0).normal(size=(4, 100, 3))
    alone = diagnostics(values[:, :, [0, 2]])
    values[:, :, 1] = 7.0
    found = diagnostics(values)
    for name in found:
        assert np.isnan(found[name][1])
        assert_array_equal(found[name][[0, 2]], alone[name])


@pytest.mark.parametrize("draws", [1, 3])
def test_too_few_draws_have_no_diagnostics(draws):
    found = diagnostics(np.random.default_rng(0).normal(size=(4, draws, 2)))
    assert set(found) == {"ess_bulk", "ess_tail", "r_hat", "ess_within", "mcse_mean"}
    assert all(np.isnan(values).all() for values in found.values())


@pytest.mark.parametrize("table", ["summary", "fixed", "groups", "coef", "varcorr"])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ci": 0}, "ci=0 must be a probability between 0 and 1, for example 0.95"),
        ({"ci": 95}, "ci=95 must be a probability between 0 and 1, for example 0.95"),
        ({"ci": True}, "ci=True must be a probability between 0 and 1, for example 0.95"),
        ({"ci": "0.9"}, "ci='0.9' must be a probability between 0 and 1, for example 0.95"),
        ({"ci": float("nan")}, "ci=nan must be a probability between 0 and 1, for example 0.95"),
        ({"kind": "HDI"}, "kind='HDI' must be 'eti' (equal tails) or 'hdi' (highest density)"),
    ],
)
def test_an_interval_that_is_none_is_refused(table, options, message):
    with pytest.raises(bf.OptionError) as caught:
        getattr(cafes_fit(), table)(**options)
    assert str(caught.value) == message


# ---- draws_frame ----


def test_draws_frame_has_every_draw_under_its_flat_name():
    fit = wide_fit()
    frame = fit.draws_frame()
    assert frame.shape == (800, len(WIDE_NAMES) + 8 * 3 + 4 * 1 + 12 * 2)
    assert list(frame.columns[: len(WIDE_NAMES)]) == WIDE_NAMES
    assert list(frame.index.names) == ["chain", "draw"]
    assert frame.columns.is_unique
    assert_array_equal(frame["b_fhigh"].to_numpy().reshape(4, 200), fit.draws["b"][:, :, 3])
    assert_array_equal(frame.loc[(2, 17), "cor_h__Intercept__x"], fit.draws["cor_h"][2, 17, 0, 1])
    level = fit.levels["a:b"][0].index("a1:ü")
    assert_array_equal(frame["r_a:b[a1:ü,x]"].to_numpy().reshape(4, 200), fit.draws["r_a:b"][:, :, level, 1])
    assert_array_equal(
        frame["r_h[103,k]"].to_numpy().reshape(4, 200), fit.posterior["r_h"].sel(h="103", coef_h="k").values
    )


def test_draws_frame_without_effects():
    frame = wide_fit().draws_frame(effects=False)
    assert list(frame.columns) == WIDE_NAMES


# ---- numbers as text ----


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (3.14159, 0.01, "3.14"),
        (3.14159, 0.1, "3.1"),
        (3.14159, 0.000001, "3.1416"),
        (-0.000012, 0.000001, "-1.2e-05"),
        (0.0, 0.01, "0.00"),
        (123456.7, 100.0, "123457"),
        (1234567.8, 100.0, "1234568"),
        (12345678.9, 100.0, "1.23e7"),
        (-1.23456789e9, 1.0, "-1.23e9"),
        (-1.23456789e123, 1.0, "-1e123"),
        (5.0, float("nan"), "5"),
        (1.23456e-9, float("nan"), "1.23e-9"),
        (float("nan"), 0.1, "-"),
        (float("inf"), 0.1, "-"),
        (1.0, 0.0, "1"),
    ],
)
def test_numbers_are_rounded_to_their_monte_carlo_error(value, error, text):
    assert format_number(value, error) == text.replace("-1.2e-05", "-1.2e-5")


@pytest.mark.parametrize("error", [1e-3, 0.01, 1e-5, 0.0])
def test_no_number_is_wider_than_its_column(error):
    for value in [10.0**k * s for k in range(-30, 31) for s in (1.23456, -1.23456, -9.99999)]:
        text = format_number(value, abs(value) * error)
        assert len(text) <= 7
        assert float(text) == pytest.approx(value, rel=0.2, abs=6e-5)


# ---- as plain values ----


def test_to_dict_is_strict_json_with_the_keys_of_the_contract():
    for fit in (cafes_fit(), wide_fit(), plain_fit()):
        content = fit.to_dict()
        text = json.dumps(content, allow_nan=False)
        assert json.loads(text) == content
        assert list(content) == [
            "formula", "n_rows", "n_dropped", "response", "family", "parameters", "priors", "plan",
            "findings", "written", "terms", "groupings", "counts", "equations",
            "summary", "health", "timing", "versions",
        ]  # fmt: skip
        assert list(content["summary"]) == list(fit.summary().index)
        for name, row in content["summary"].items():
            assert list(row) == ["mean", "sd", "lower", "upper", "ess_bulk", "ess_tail", "r_hat"]
            assert row["mean"] == fit.summary().loc[name, "mean"]
        assert {"is_healthy", "max_r_hat", "n_divergences", "problems"} <= set(content["health"])
        assert {"design", "trace", "compile", "warmup", "draws", "total", "device"} <= set(content["timing"])
        assert content["versions"]["bayesformula"] == bf.__version__


def test_to_dict_says_of_the_model_what_explain_says():
    content = wide_fit().to_dict()
    assert content["n_rows"] == 91
    assert content["n_dropped"] == 5
    assert content["parameters"]["mu"]["groups"][0] == {
        "label": "h", "factors": ["h"], "levels": 8, "coefs": ["Intercept", "x", "k"],
        "blocks": [["Intercept", "x"], ["k"]], "correlated": False,
    }  # fmt: skip
    assert [f["code"] for f in content["findings"]] == ["rows-dropped", "slope-without-mean", "few-levels"]


def test_a_diagnostic_that_is_not_there_is_null():
    import dataclasses

    fit = cafes_fit()
    draws = {**fit.draws, "sigma": np.ones((4, 200))}
    content = dataclasses.replace(fit, draws=draws).to_dict()
    assert content["summary"]["sigma"] == {
        "mean": 1.0, "sd": 0.0, "lower": 1.0, "upper": 1.0, "ess_bulk": None, "ess_tail": None, "r_hat": None,
    }  # fmt: skip
    json.dumps(content, allow_nan=False)


# ---- the value itself ----


def test_pickling_is_refused_with_a_pointer_to_save():
    with pytest.raises(TypeError, match=r"write fit.save\('fit.nc'\) and bf.load\('fit.nc'\)"):
        pickle.dumps(cafes_fit())


def test_a_fit_is_frozen():
    with pytest.raises(AttributeError):
        cafes_fit().draws = {}


def test_facts_of_the_run():
    fit = wide_fit()
    assert fit.divergences == fit.health.n_divergences == int(fit.stats["diverging"].sum())
    assert fit.family.name == "gaussian"
    assert fit.formula.startswith("y | weights(w) ~ x + f")
    assert fit.ngrps() == {"h": 8, "a": 4, "a:b": 12}
    assert list(fit.priors.columns) == ["prior", "source", "reason", "address"]
    assert set(fit.priors["source"]) == {"default"}
    stages = ("design", "warmup", "draws", "recovery", "diagnostics")
    assert 0 < sum(fit.timing[name] for name in stages) <= fit.timing["total"]


def test_the_columns_of_the_code_are_those_of_the_contract():
    assert " ".join(COLUMNS) == "mean sd lower upper ess_bulk ess_tail r_hat mcse_mean"
