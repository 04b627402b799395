"""A fit made again with something changed, and with other weights of its rows."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import jax
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import bayesformula as bf
from bayesformula.pipeline import row_source, sampler_inputs
from bayesformula.results.observed import training_design
from bayesformula.runner import executables
from bayesformula.updates import reweighted
from results.fits import CAFES, fit_quietly

pytestmark = pytest.mark.filterwarnings("ignore::bayesformula.BayesFormulaWarning")

PRIORS = ["b ~ normal(0, 10)", "sigma ~ exponential(1)"]


@lru_cache(maxsize=1)
def fit():
    options = {"priors": PRIORS, "chains": 2, "seed": 3, "target_accept": 0.85}
    return fit_quietly(CAFES, bf.datasets.load("cafes"), **options)


def traced():
    return dict(executables.traces)


def test_nothing_changed_is_the_same_fit():
    fit()
    before = traced()
    again = fit().update()
    assert traced() == before
    assert_array_equal(again.z, fit().z)
    assert again.spec == fit().spec
    assert again.config == fit().config


CHANGES = [
    {"seed": 4},
    {"draws": 50},
    {"priors": ["b ~ normal(1, 3)", "sigma ~ exponential(2)"]},
    {"data": bf.datasets.load("cafes").assign(wait=lambda d: 3 * d["wait"])},
    {"init": {"sigma": 0.7}},
    {"keep": "summary"},
    {"prior_only": False},
]


@pytest.mark.parametrize("changes", CHANGES, ids=lambda c: next(iter(c)))
def test_a_change_of_numbers_traces_nothing(changes):
    fit()
    before = traced()
    again = fit().update(**changes)
    assert traced() == before
    assert again.formula == fit().formula
    for name in ("chains", "warmup", "target_accept"):
        assert getattr(again.config, name) == getattr(fit().config, name)
    stated = ["b_afternoon", "sigma"]
    if "priors" not in changes:
        assert again.priors.loc[stated, "prior"].tolist() == fit().priors.loc[stated, "prior"].tolist()


def test_it_is_the_fit_that_the_same_options_give():
    data = bf.datasets.load("cafes").assign(wait=lambda d: d["wait"] + 1)
    options = {"priors": PRIORS, "chains": 2, "seed": 5, "target_accept": 0.85}
    assert_array_equal(fit().update(data=data, seed=5).z, fit_quietly(CAFES, data, **options).z)


def test_another_formula_keeps_options_and_priors():
    again = fit().update(formula="wait ~ afternoon + (1 | cafe)")
    assert again.formula == "wait ~ afternoon + (1 | cafe)"
    assert again.priors.loc["b_afternoon", "prior"] == "normal(0, 10)"
    assert (again.config.seed, again.config.draws) == (3, 200)


def test_default_priors_come_back_and_follow_the_data():
    again = fit().update(priors=None)
    assert set(again.priors["source"]) == {"default"}


def test_rows_that_were_dropped_stay_dropped():
    frame = bf.datasets.load("cafes").astype({"wait": float})
    frame.loc[[2, 9], "wait"] = np.nan
    first = fit_quietly("wait ~ afternoon", frame, chains=2)
    again = first.update(seed=1)
    assert (first.n_dropped, again.n_dropped, again.spec.n_rows) == (2, 2, len(frame) - 2)
    assert first.update(data=bf.datasets.load("cafes")).n_dropped == 0


def test_a_saved_fit_is_updated_too(tmp_path):
    fit().save(tmp_path / "f.nc")
    loaded = bf.load(tmp_path / "f.nc")
    assert_array_equal(loaded.update().z, fit().z)
    assert loaded.update(plan="noncentred", draws=20).plan.name == "noncentred"


def test_a_plan_that_was_asked_for_is_kept(tmp_path):
    first = fit_quietly("wait ~ afternoon + (1 | cafe)", bf.datasets.load("cafes"), plan="centred", chains=1)
    first.save(tmp_path / "f.nc")
    assert bf.load(tmp_path / "f.nc").update(draws=20).plan == first.plan


def test_functions_of_the_users_are_kept():
    data = bf.datasets.load("cafes")
    first = fit_quietly(
        "wait ~ double(afternoon)", data, chains=1, transforms={"double": lambda x: 2 * np.asarray(x)}
    )
    assert_array_equal(first.update().z, first.z)


ERRORS = [
    ({"adapt_delta": 0.9}, "update() has no option 'adapt_delta': write target_accept=0.9"),
    ({"chains": 0}, "chains=0 must be a whole number, 1 or more"),
    (
        {"formula": "wait ~ rain + (1 | cafe)"},
        "the new formula needs 'rain', and a fit keeps only the columns that it used: "
        "'wait', 'afternoon', 'cafe'\n  Pass data= as well.",
    ),
]


@pytest.mark.parametrize(("changes", "message"), ERRORS, ids=lambda value: str(value)[:20])
def test_what_cannot_be_is_said(changes, message):
    with pytest.raises(bf.OptionError) as caught:
        fit().update(**changes)
    assert str(caught.value) == message


def test_without_rows_there_must_be_data():
    bare = replace(fit(), frame=None)
    with pytest.raises(bf.OptionError) as caught:
        bare.update(seed=1)
    assert str(caught.value) == (
        "this fit was saved without its rows (data=False): what you asked for needs them\n"
        "  Pass data= as well."
    )
    assert bare.update(data=bf.datasets.load("cafes"), draws=20).spec.n_rows == 200


# ---- weights of zero ----


def density(fit, design, points):
    """Log densities of the program of a design under the fit's model, at points of the sampler's vector."""
    program, data, _ = sampler_inputs(fit.spec, fit.plan.name, row_source(design, fit.spec))
    with jax.enable_x64(True):
        potential = jax.jit(program.potential)
        return np.array([-float(potential(z, data)) for z in points])


@pytest.mark.parametrize("plan", ["marginal", "noncentred"])
def test_rows_of_weight_zero_are_not_there(plan):
    """Exactly: the density is that of the smaller table, under the same priors and plan."""
    first = fit_quietly(CAFES, bf.datasets.load("cafes"), plan=plan, chains=1, draws=30)
    design = training_design(first)
    stays = np.arange(design.n_rows) % 5 != 2
    weighted = density(first, replace(design, weights=stays.astype(float)), first.z[0, ::10])
    fewer = density(first, design.part(np.flatnonzero(stays)), first.z[0, ::10])
    assert_allclose(weighted, fewer, rtol=1e-10)


def test_refits_with_weights_share_one_program():
    n = fit().spec.n_rows
    folds = np.arange(n) % 4
    reweighted(fit(), folds != 0)
    before = traced()
    refits = [reweighted(fit(), folds != k, seed=k) for k in range(4)]
    assert traced() == before
    assert len({refit.draws["sigma"].mean() for refit in refits}) == 4
    assert all(refit.levels == fit().levels for refit in refits)


def test_weights_go_on_top_of_those_of_the_formula():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"y": rng.normal(size=30), "w": rng.integers(1, 4, 30)})
    first = fit_quietly("y | weights(w) ~ 1", frame, chains=1)
    assert_array_equal(reweighted(first, np.ones(30)).z, first.z)
    assert not np.any(reweighted(first, np.arange(30) < 20).z == first.z)


@pytest.mark.parametrize(
    "weights", [np.ones(3), -np.ones(200), np.full(200, np.nan)], ids=["few", "negative", "nan"]
)
def test_weights_must_be_weights(weights):
    with pytest.raises(bf.OptionError) as caught:
        reweighted(fit(), weights)
    assert str(caught.value) == "weights must be 200 finite numbers, 0 or more"
