"""Identities between tables: coefficients are population plus group, covariances sds times correlations."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import bayesformula as bf
from bayesformula.keeping import Moments
from results.fits import CAFES, cafes_fit, fit_quietly, plain_fit, wide_fit
from results.models import CATEGORICAL, CLASHING, DISTRIBUTIONAL, MODELS, ORDINAL, THRESHOLDS, fit_of

GOLDEN = Path(__file__).parents[1] / "golden" / "cli"


def test_fixed_is_the_population_part_of_the_summary():
    fit = wide_fit()
    table = fit.fixed()
    assert list(table.columns) == ["mean", "sd", "lower", "upper"]
    assert table.index.name == "term"
    assert list(table.index) == list(bf.design("y | weights(w) ~ x + f + ok", fit.frame).fixed.columns)
    assert_array_equal(table, fit.summary().loc[[f"b_{t}" for t in table.index], list(table.columns)])


def test_groups_by_group_level_and_coefficient():
    fit = wide_fit()
    table = fit.groups()
    assert table.index.names == ["group", "level", "coef"]
    assert len(table) == 8 * 3 + 4 + 12 * 2
    assert table.index.is_unique
    frame = fit.draws_frame()
    for group, level, coef in table.index:
        assert table.loc[(group, level, coef), "mean"] == pytest.approx(
            frame[f"r_{group}[{level},{coef}]"].mean()
        )
    assert_array_equal(fit.groups("a:b"), table.loc[["a:b"]])


@pytest.mark.parametrize("kind", ["eti", "hdi"])
def test_coef_is_fixed_plus_groups_draw_by_draw(kind):
    fit = wide_fit()
    table = fit.coef(ci=0.8, kind=kind)
    frame = fit.draws_frame()
    for group in fit.spec.groups:
        for level in fit.levels[group.label][0]:
            for coef in dict.fromkeys([*group.coefs, *fit.spec.mu.columns]):
                effect = frame.get(f"r_{group.label}[{level},{coef}]", 0.0)
                total = frame.get(f"b_{coef}", 0.0) + effect
                row = table.loc[(group.label, level, coef)]
                assert_allclose(row["mean"], total.mean(), rtol=1e-9, atol=1e-12)
                assert_allclose(row["sd"], total.std(ddof=1), rtol=1e-9)
                if kind == "eti":
                    assert_allclose(
                        row[["lower", "upper"]], total.quantile([0.1, 0.9]), rtol=1e-9, atol=1e-12
                    )
    assert len(table) == 8 * 6 + 4 * 5 + 12 * 5


def test_a_group_effect_without_a_population_column_is_its_own_coefficient():
    """`k` varies over h and has no population coefficient."""
    fit = wide_fit()
    k = ("h", "104", "k")
    assert_array_equal(fit.coef("h").loc[k], fit.groups("h").loc[k])


@pytest.mark.parametrize("table", ["groups", "coef"])
def test_an_unknown_group_is_refused_with_those_there_are(table):
    with pytest.raises(bf.OptionError) as caught:
        getattr(wide_fit(), table)("b")
    assert str(caught.value).startswith("no group 'b' in this model: the groups are ")
    assert "'a:b'" in str(caught.value)
    with pytest.raises(bf.OptionError, match="the model has no groups"):
        getattr(plain_fit(), table)("b")


def test_a_model_without_groups_has_empty_tables():
    fit = plain_fit()
    assert len(fit.groups()) == len(fit.coef()) == len(fit.varcorr()) == 0
    assert list(fit.groups().columns) == ["mean", "sd", "lower", "upper"]
    assert fit.ngrps() == {}
    assert repr(fit.varcorr()).splitlines()[-1].startswith("Residual")


# ---- models of every kind ----

TERMS = {
    "distributional": "Intercept x sigma_Intercept sigma_x",
    "ordinal": "Intercept[1] Intercept[2] treat disc_lab period[1] period[2]",
    "thresholds": "Intercept[1] Intercept[2] Intercept[3]",
    "categorical": "muB_Intercept muB_x muC/D_Intercept muC/D_x",
    "inflated": "Intercept child zi_Intercept zi_child",
    "multinomial": "mugreen_Intercept mugreen_x mublue_Intercept mublue_x",
    "clashing": "sigma_x sigma_x_",
    "nothing": "",
}


@pytest.mark.parametrize("kind", ["eti", "hdi"])
@pytest.mark.parametrize("name", TERMS)
def test_fixed_has_the_terms_of_every_predictor_under_the_names_of_brms(name, kind):
    fit = fit_of(MODELS[name])
    table, summary = fit.fixed(kind=kind), fit.summary(kind=kind)
    assert list(table.index) == TERMS[name].split()
    assert table.index.name == "term"
    population = [flat for flat in summary.index if flat.startswith(("b_", "bcs_"))]
    assert_array_equal(table, summary.loc[population, list(table.columns)])


EFFECTS = {
    "distributional": {
        "g": {
            "Intercept": ("Intercept", "b_Intercept"),
            "x": ("x", "b_x"),
            "sigma_Intercept": ("sigma_Intercept", "b_sigma_Intercept"),
            "sigma_x": (None, "b_sigma_x"),
        },
        "h": {
            "sigma_Intercept": ("sigma_Intercept", "b_sigma_Intercept"),
            "Intercept": (None, "b_Intercept"),
            "x": (None, "b_x"),
            "sigma_x": (None, "b_sigma_x"),
        },
    },
    "ordinal": {
        "subject": {
            "Intercept[1]": ("Intercept", "b_Intercept[1]"),
            "Intercept[2]": ("Intercept", "b_Intercept[2]"),
            "period[1]": ("period", "bcs_period[1]"),
            "period[2]": ("period", "bcs_period[2]"),
            "dose": ("dose", None),
            "treat": (None, "b_treat"),
            "disc_lab": (None, "b_disc_lab"),
        },
    },
    "categorical": {
        "g": {
            "muB_Intercept": ("muB_Intercept", "b_muB_Intercept"),
            "muC/D_Intercept": ("muC/D_Intercept", "b_muC/D_Intercept"),
            "muB_x": (None, "b_muB_x"),
            "muC/D_x": (None, "b_muC/D_x"),
        },
    },
    "clashing": {
        "threshold": {"sigma_x": ("sigma_x", "b_sigma_x"), "sigma_x_": ("sigma_x_", "b_sigma_x_")},
        "term_sigma": {
            "Intercept": ("Intercept", None),
            "sigma_x": (None, "b_sigma_x"),
            "sigma_x_": (None, "b_sigma_x_"),
        },
    },
}
"""By group and coefficient: the effect and the population coefficient it is made of."""


@pytest.mark.parametrize(("name", "group"), [(n, g) for n, groups in EFFECTS.items() for g in groups])
def test_coef_joins_each_effect_with_the_coefficient_of_its_own_predictor(name, group):
    fit = fit_of(MODELS[name])
    table, frame = fit.coef(group), fit.draws_frame()
    assert list(table.index.get_level_values("coef").unique()) == list(EFFECTS[name][group])
    for level in fit.levels[group][0]:
        for coef, (effect, shared) in EFFECTS[name][group].items():
            r = 0.0 if effect is None else frame[f"r_{group}[{level},{effect}]"]
            b = 0.0 if shared is None else frame[shared]
            expected = b - r if coef.startswith("Intercept[") else b + r
            row = table.loc[(group, level, coef)]
            assert_allclose(row["mean"], expected.mean(), rtol=1e-9, atol=1e-12)
            assert_allclose(row["upper"], expected.quantile(0.975), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("model", [ORDINAL, THRESHOLDS], ids=["sratio", "acat"])
def test_an_effect_that_raises_the_predictor_lowers_the_thresholds_of_its_level(model):
    fit = fit_of(model)
    group = fit.spec.groups[0]
    r = fit.draws[f"r_{group.label}"].copy()
    r[:, :, 1, 0] = r[:, :, 0, 0] + 2.0
    table = dataclasses.replace(fit, draws={**fit.draws, f"r_{group.label}": r}).coef()
    first, second = fit.levels[group.label][0][:2]
    for k in range(fit.spec.n_thresholds):
        change = (
            table.loc[(group.label, second, f"Intercept[{k + 1}]")]
            - table.loc[(group.label, first, f"Intercept[{k + 1}]")]
        )
        assert_allclose(change["mean"], -2.0)


def test_group_effects_are_named_after_their_parameter():
    table = fit_of(DISTRIBUTIONAL).groups("h")
    assert list(table.index) == [("h", "h0", "sigma_Intercept"), ("h", "h1", "sigma_Intercept")]
    assert len(fit_of(CLASHING).groups("threshold").loc[("threshold", "t0")]) == 2


def test_the_covariance_of_effects_on_two_parameters():
    fit = fit_of(DISTRIBUTIONAL)
    part = fit.varcorr()["g"]
    assert list(part.cov.index) == ["Intercept", "x", "sigma_Intercept"]
    frame = fit.draws_frame()
    expected = (frame["sd_g__x"] * frame["sd_g__sigma_Intercept"] * frame["cor_g__x__sigma_Intercept"]).mean()
    assert_allclose(part.cov.loc["x", "sigma_Intercept"], expected, rtol=1e-12)
    assert_allclose(part.cov.loc["sigma_Intercept", "x"], expected, rtol=1e-12)


def test_a_sigma_with_a_formula_is_no_residual():
    assert "Residual" not in repr(fit_of(DISTRIBUTIONAL).varcorr())
    assert "sigma_Intercept" in repr(fit_of(DISTRIBUTIONAL).varcorr())


def test_effects_on_several_parameters_can_be_kept_as_moments():
    fit = fit_of(CATEGORICAL)
    r = fit.draws["r_g"]
    moments = {"r_g": Moments(r.mean(axis=(0, 1)), r.std(axis=(0, 1), ddof=1))}
    draws = {name: values for name, values in fit.draws.items() if name != "r_g"}
    kept = dataclasses.replace(fit, draws=draws, moments=moments)
    assert_allclose(kept.groups()[["mean", "sd"]], fit.groups()[["mean", "sd"]], rtol=1e-12)
    assert list(kept.groups().index) == list(fit.groups().index)
    assert "r_g" not in kept.posterior


# ---- covariances ----


def test_covariances_are_sds_times_correlations():
    fit = wide_fit()
    varcorr = fit.varcorr()
    assert list(varcorr) == ["h", "a", "a:b"]
    for group in fit.spec.groups:
        part, sd = varcorr[group.label], fit.draws[f"sd_{group.label}"]
        cor = fit.draws.get(f"cor_{group.label}", np.eye(group.q))
        assert_allclose(part.draws, cor * sd[..., :, None] * sd[..., None, :], rtol=1e-14)
        assert_allclose(part.cov, part.draws.mean(axis=(0, 1)), rtol=1e-14)
        assert_allclose(np.diagonal(part.draws, axis1=-2, axis2=-1), sd**2, rtol=1e-12)
        assert list(part.cov.index) == list(part.cov.columns) == list(part.cor.index) == list(group.coefs)
        assert_allclose(part.sd["mean"], sd.mean(axis=(0, 1)))
        assert np.linalg.eigvalsh(part.draws).min() > -1e-12


def test_correlations_are_one_on_the_diagonal_and_zero_between_blocks():
    cor = wide_fit().draws["cor_h"]
    assert_array_equal(np.diagonal(cor, axis1=-2, axis2=-1), 1.0)
    assert_allclose(cor, np.swapaxes(cor, -1, -2), rtol=1e-14)
    assert_array_equal(cor[..., 2, :2], 0.0)
    within = cor[..., 0, 1]
    assert np.all(np.abs(within) < 1)
    assert within.std() > 0.1


def test_double_bars_have_no_correlations():
    fit = wide_fit()
    assert "cor_a:b" not in fit.draws
    assert "cor_a:b" not in fit.posterior
    assert_array_equal(fit.varcorr()["a:b"].cor, np.eye(2))
    assert_array_equal(fit.varcorr()["a:b"].draws[..., 0, 1], 0.0)


def test_varcorr_is_a_mapping():
    varcorr = wide_fit().varcorr()
    assert "h" in varcorr
    assert "nothing" not in varcorr
    assert varcorr.get("nothing") is None
    assert len(varcorr) == 3
    with pytest.raises(bf.OptionError, match="no group 'nothing' in this model: the groups are"):
        varcorr["nothing"]


def test_varcorr_prints_the_table_of_lme4():
    """Round numbers put in the place of draws, so that the text is exact on every machine."""
    fit = wide_fit()
    shape = fit.draws["sigma"].shape
    cor = np.broadcast_to(np.array([[1, -0.5, 0], [-0.5, 1, 0], [0, 0, 1.0]]), (*shape, 3, 3))
    draws = {
        **fit.draws,
        "sd_h": np.broadcast_to([1.25, 0.0625, 0.25], (*shape, 3)),
        "cor_h": cor,
        "sd_a": np.full((*shape, 1), 1234.5),
        "sd_a:b": np.broadcast_to([0.5, 2e-7], (*shape, 2)),
        "sigma": np.full(shape, 0.75),
    }
    text = repr(dataclasses.replace(fit, draws=draws).varcorr())
    assert text + "\n" == (GOLDEN / "varcorr.txt").read_text("utf-8")


# ---- names of lme4 and brms ----


def test_the_names_of_lme4_work():
    fit = cafes_fit()
    assert_array_equal(fit.fixef(), fit.fixed())
    assert_array_equal(fit.ranef("cafe"), fit.groups("cafe"))
    assert repr(fit.VarCorr()) == repr(fit.varcorr())
    assert fit.ngrps() == {"cafe": 20}


# ---- summarised effects ----


def test_kept_moments_are_those_of_the_draws_that_were_not_kept(tmp_path):
    whole = cafes_fit()
    kept = fit_quietly(CAFES, bf.datasets.load("cafes"), keep="summary")
    assert_array_equal(kept.draws["b"], whole.draws["b"])
    assert_allclose(kept.groups()["mean"], whole.groups()["mean"], rtol=1e-12)
    assert_allclose(kept.groups()["sd"], whole.groups()["sd"], rtol=1e-12)
    assert_allclose(kept.groups()["upper"], kept.groups()["mean"] + 1.959963984540054 * kept.groups()["sd"])
    assert "r_cafe" not in kept.posterior
    assert [c for c in kept.draws_frame().columns if c.startswith("r_")] == []
    with pytest.raises(bf.OptionError) as caught:
        kept.coef()
    assert 'fit again with keep="draws"' in str(caught.value)
    assert "cafe" in repr(kept)
    kept.save(tmp_path / "kept.nc")
    again = bf.load(tmp_path / "kept.nc")
    assert_array_equal(again.groups(), kept.groups())
    assert set(again.draws) == set(kept.draws)
    assert list(again.data_tree.children) == ["posterior", "sample_stats", "observed_data"]


def test_moments_of_a_group_are_not_those_of_another_with_its_name_and_a_suffix(tmp_path):
    """The column `g.mean` beside `g`: once the first's effects were taken for moments of the second's."""
    frame = bf.datasets.load("cafes")
    frame = frame.assign(**{"g.mean": np.arange(len(frame)) % 5}).rename(columns={"cafe": "g"})
    formula = "wait ~ afternoon + (1 | g) + (1 | g.mean)"
    whole, kept = (fit_quietly(formula, frame, keep=keep) for keep in ("draws", "summary"))
    assert_allclose(kept.groups()[["mean", "sd"]], whole.groups()[["mean", "sd"]], rtol=1e-10)
    for fit in (whole, kept):
        fit.save(tmp_path / "fit.nc", overwrite=True)
        assert_array_equal(bf.load(tmp_path / "fit.nc").groups(), fit.groups())


def test_draws_in_place_of_summaries():
    fit = cafes_fit()
    fixed = fit.fixed(summary=False)
    assert fixed.dims == ("chain", "draw", "term")
    assert_array_equal(fixed.sel(term="afternoon"), fit.posterior["b"].sel(term="afternoon"))
    effects = fit.groups("cafe", summary=False)
    assert effects.dims == ("chain", "draw", "level", "coef")
    assert_array_equal(effects, fit.draws["r_cafe"])
    total = fit.coef(summary=False)["cafe"].sel(coef="afternoon", level="c03")
    assert_allclose(total, fixed.sel(term="afternoon") + effects.sel(coef="afternoon", level="c03"))
    assert_allclose(fit.coef().loc[("cafe", "c03", "afternoon"), "mean"], total.mean())


def test_varcorr_in_a_notebook_escapes_names():
    shown = cafes_fit().varcorr()._repr_html_()
    assert shown.count("<tr>") == 4
    assert "afternoon" in shown
