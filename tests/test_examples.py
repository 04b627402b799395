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
