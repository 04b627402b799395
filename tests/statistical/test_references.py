"""Posteriors of other programs, with the same priors: means within 0.1 sd, sds within 5 %."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import bayesformula as bf

FOLDER = Path(__file__).parents[1] / "golden"
GOLDEN = json.loads((FOLDER / "brms_posteriors.json").read_text("utf-8"))
OPTIONS = json.loads((FOLDER / "brms_group_options.json").read_text("utf-8"))


@pytest.mark.parametrize("model", GOLDEN["models"], ids=lambda model: model["table"])
def test_posterior_equals_that_of_brms(model):
    """Monte Carlo error on both sides: brms has 700 to 5,000 effective draws, ours about 16,000.

    0.1 sd is 2.6 standard errors where brms has fewest (695 for the sd of batch); its own error is allowed
    for beside the tolerance. Seeds are fixed.
    """
    fit = bf.fit(
        model["formula"], bf.datasets.load(model["table"]), priors=model["priors"], draws=4000, seed=1
    )
    assert set(fit.summary().index) == set(model["parameters"])
    check(fit, model)


@pytest.mark.parametrize("model", OPTIONS["models"], ids=lambda model: model["name"])
def test_known_structure_of_levels_is_that_of_brms(model):
    """gr(by = ), gr(cov = ), gr(dist = "student"), mm(): all parameters and the effects of three levels.

    brms has 1,600 to 24,000 effective draws, ours as many as there are draws. The sd of df, whose tail is as
    long as that of its prior, is left out: one draw in a hundred thousand decides it.
    """
    fit = bf.fit(
        model["formula"],
        FOLDER / "group_options.csv",
        priors=model["priors"],
        data2={"A": FOLDER / "group_options_A.csv"},
        draws=4000,
        seed=1,
    )
    check(fit, model)


def check(fit: bf.Fit, model: dict) -> None:
    draws = fit.draws_frame()
    for name, theirs in model["parameters"].items():
        noise = theirs["ess_bulk"] ** -0.5
        assert abs(draws[name].mean() - theirs["mean"]) < (0.1 + noise) * theirs["sd"], name
        if not name.startswith("df_"):
            assert abs(draws[name].std() / theirs["sd"] - 1) < 0.05 + 2 * noise, name
    assert fit.divergences == 0
