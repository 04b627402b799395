"""What the examples say they print is what they find."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

import bayesformula as bf

FOLDER = Path(__file__).parents[1] / "examples"


def example(name: str):
    spec = importlib.util.spec_from_file_location(f"example_{name}", FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_varying_slopes_three_plans_one_posterior():
    """8,000 draws, at least 1,000 effective each: 0.15 sd is more than 3 standard errors of a difference."""
    tables = example("varying_slopes").main()
    reference = tables["marginal"]
    for table in tables.values():
        assert (table["r_hat"] < 1.02).all()
        assert ((table["mean"] - reference["mean"]).abs() < 0.15 * reference["sd"]).all()
        assert ((table["sd"] / reference["sd"] - 1).abs() < 0.12).all()
    truth = bf.datasets.truth("cafes")
    assert all(reference.lower[n] <= truth[n] <= reference.upper[n] for n in truth)


@pytest.mark.parametrize("seed", example("nested").SEEDS)
def test_nested_intervals_cover_the_truth(seed):
    hits, fit = example("nested").covered(seed)
    assert len(hits) == 6
    assert sum(hits.values()) >= 5
    assert fit.divergences == 0


def test_classroom():
    correlated, diagonal = example("classroom").main()
    truth = bf.datasets.truth("classroom")
    for fit in (correlated, diagonal):
        summary = fit.summary()
        assert summary.lower["b_age"] < truth["b_age"] < summary.upper["b_age"]
        assert (summary["r_hat"] < 1.02).all()
    cov = correlated.varcorr()["teacher"].cov
    assert list(cov.columns) == ["Intercept", "age"]
    assert np.all(np.linalg.eigvalsh(cov.to_numpy()) > 0)
    assert "cor_teacher__Intercept__age" not in diagonal.summary().index
    assert len(correlated.coef("teacher")) == 48


def test_sleepstudy_needs_few_draws():
    fit = example("sleepstudy").main()
    summary = fit.summary()
    assert (summary["r_hat"] < 1.01).all()
    assert (summary["ess_bulk"] >= 2500).all()
    assert fit.health.is_healthy
    assert fit.health.min_ess_bulk >= 2500, "group effects included"


def test_related_levels():
    """The truth is covered, and knowing the distances makes the sites better, for the seed of the example."""
    related, _, errors = example("related_levels").main()
    summary = related.summary()
    assert summary.lower["b_shade"] < 2.0 < summary.upper["b_shade"]
    assert summary.lower["sd_site__Intercept"] < 1.5 < summary.upper["sd_site__Intercept"]
    assert (summary["r_hat"] < 1.02).all()
    assert errors["related"] < errors["alone"]


def test_grants_are_the_published_ones_by_counts_and_by_rows():
    """Means and sds of brms 2.18 with the same priors (tests/golden/brms_families.json)."""
    tables, rows = example("grants").main()
    gender, discipline, pooled = tables.values()
    assert pooled.index.tolist() == rows.index.tolist()
    expected = (
        (gender, {"b_genderf": (-1.743, 0.081), "b_genderm": (-1.535, 0.065)}),
        (discipline, {"b_genderf": (-1.243, 0.197), "b_disciplineSocial sciences": (-0.693, 0.208)}),
        *((table, {"b_Intercept": (-1.634, 0.128), "b_genderm": (0.163, 0.106)}) for table in (pooled, rows)),
    )
    for table, parameters in expected:
        for name, (mean, sd) in parameters.items():
            assert abs(table["mean"][name] - mean) < 0.15 * sd, name
            assert abs(table["sd"][name] / sd - 1) < 0.12, name
    assert ((pooled["mean"] - rows["mean"]).abs() < 0.15 * pooled["sd"]).all()


def covered(fit: bf.Fit, truth: dict[str, float]) -> int:
    summary = fit.summary()
    assert (summary["r_hat"] < 1.03).all()
    return sum(summary.lower[name] < value < summary.upper[name] for name, value in truth.items())


def test_extra_zeros():
    module = example("extra_zeros")
    fit, plain = module.main()
    assert covered(fit, module.TRUTH) == 5
    assert plain.summary()["mean"]["b_child"] < -0.9


def test_ratings():
    one, each = example("ratings").main()
    assert one.summary().lower["b_versionnew"] > 0.2
    effects = each.summary()
    assert effects.lower["bcs_versionnew[1]"] > 0.4
    assert effects.lower["bcs_versionnew[2]"] < 0 < effects.upper["bcs_versionnew[2]"]
    assert {*one.posterior.sizes} >= {"threshold"}


def test_reaction_times():
    module = example("reaction_times")
    assert covered(module.main(), module.TRUTH) >= 7


def test_quantiles():
    """The slopes of the simulated deciles, 6 + 2.4 z."""
    table = example("quantiles").main()
    for quantile, slope in ((0.1, 2.92), (0.5, 6.0), (0.9, 9.08)):
        assert table["lower"][quantile] - 0.2 < slope < table["upper"][quantile] + 0.2


def test_survival():
    module = example("survival")
    fit, naive = module.main()
    assert covered(fit, module.TRUTH) == 4
    assert naive.summary()["mean"]["b_grease"] < 0.4


def test_shrinkage():
    table = example("shrinkage").main()
    others = table["others"]
    assert others["horseshoe"] < others["r2d2"] < others["default"]
    assert others["horseshoe"] < 0.4 * others["default"]


def test_prior_look():
    table, fit = example("prior_look").main()
    assert float(table["99 %"]["vague"]) > 1e6
    assert float(table["99 %"]["stated"]) < 1000
    assert fit.prior_only
    assert fit.summary()["sd"]["b_staff"] == pytest.approx(1.0, abs=0.1)
