"""Ranks of the truth are uniform for our models, and not for wrong ones; and the ranks that docs show."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from bayesformula.results import uniformity
from statistical import sbc, sbc_models
from statistical.sbc import RANKED
from statistical.sbc_models import MODELS, MUTANTS, PLANS

FOLDER = Path(__file__).parents[2] / "docs" / "calibration"
RECORDED, PLANS_RECORDED = FOLDER / "ranks.json", FOLDER / "plans.json"
SIMULATIONS, SEED = 60, 7
LEAST_P = 5e-4
"""Of a quantity. There are 56 in the six models: with another seed one of them fails once in 36 runs."""
BY_NAME = {model.name: model for model in MODELS}


# ---- the test of uniformity itself ----


def test_bands_hold_everywhere_at_once():
    """Of 2,000 sets of uniform ranks 5 % leave the band and have p < 0.05, within 4 standard errors."""
    rng = np.random.default_rng(3)
    low, high = uniformity.band(100, RANKED)
    sets = rng.integers(0, RANKED + 1, (2000, 100))
    below = uniformity.counts_below(sets, RANKED)
    outside = np.any((below < low) | (below > high), axis=1)
    error = np.sqrt(0.05 * 0.95 / 2000)
    assert outside.mean() <= 0.05 + 4 * error
    p = np.array([uniformity.p_value(ranks, RANKED) for ranks in sets[:500]])
    assert_allclose(np.mean(p < 0.05), 0.05, atol=8 * error)
    assert_allclose(np.mean(p < 0.5), 0.5, atol=4 * np.sqrt(0.25 / 500))


@pytest.mark.parametrize(
    ("a", "b"), [(1.6, 1.0), (1.0, 1.6), (0.6, 0.6), (2.0, 2.0)], ids=["high", "low", "narrow", "wide"]
)
def test_ranks_that_are_not_uniform_are_noticed(a, b):
    """Posteriors too low, too high, too narrow, too wide, 200 simulations of each."""
    ranks = np.floor((RANKED + 1) * np.random.default_rng(4).beta(a, b, 200)).astype(int)
    assert uniformity.p_value(ranks, RANKED) < 1e-3


def test_the_independent_sampler_draws_from_the_priors_that_fits_are_given():
    """Kolmogorov's test on 4,000 draws of each parameter against SciPy; six p values, 1e-4 each."""
    rng = np.random.default_rng(5)
    model = BY_NAME["negbinomial"]
    drawn = [sbc_models.draw_parameters(model, rng) for _ in range(4000)]
    laws = {
        "b_Intercept": stats.norm(0, 1),
        "b_x": stats.norm(0, 0.5),
        "sd_g__x": stats.expon(scale=1 / 2),
        "cor_g__Intercept__x": stats.beta(2, 2, loc=-1, scale=2),
        "shape": stats.gamma(4),
    }
    rows = sbc_models.draw_rows(model, rng)
    y = np.ones(len(rows), int)
    values = [sbc_models.quantities(model, rows, y, theta) for theta in drawn]
    for name, law in laws.items():
        assert stats.kstest([one[name] for one in values], law.cdf).pvalue > 1e-4, name
    scaled = [theta["r_g"][0, 1] / theta["sd_g"][1] for theta in drawn]
    assert stats.kstest(scaled, stats.norm.cdf).pvalue > 1e-4


# ---- calibration ----


@cache
def ranks(name: str) -> dict[str, np.ndarray]:
    """Ranks of every quantity of a model; nothing is traced twice under one plan."""
    done = [sbc.simulate(BY_NAME[name], number, SEED) for number in range(SIMULATIONS)]
    usual = [one for one in done[1:] if one.plan == BY_NAME[name].plan]
    assert [one.number for one in usual if one.traces] == []
    assert all(one.least_ess >= sbc.LEAST_ESS for one in done)
    return by_quantity(done)


def by_quantity(done):
    return {name: np.array([one.ranks[name] for one in done]) for name in done[0].ranks}


@pytest.mark.slow
@pytest.mark.parametrize("name", BY_NAME)
def test_posteriors_are_calibrated(name):
    p = {name: uniformity.p_value(values, RANKED) for name, values in ranks(name).items()}
    assert min(p.values()) > LEAST_P, p


@pytest.mark.slow
def test_no_step_is_taken_to_where_energies_overflow():
    """In this simulation a chain with a full metric once stepped to an energy of 5e304, and stayed there."""
    assert sbc.simulate(BY_NAME["poisson"], 2, 20180418).least_ess >= sbc.LEAST_ESS


@pytest.mark.slow
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_wrong_model_is_noticed(mutant):
    """A fault in the density by as few tables as the right models pass, one in a prior by more."""
    done = [sbc.simulate(mutant, number, SEED) for number in range(mutant.tables)]
    p = {name: uniformity.p_value(values, RANKED) for name, values in by_quantity(done).items()}
    assert min(p.values()) < LEAST_P / 5, p


# ---- what the documentation shows ----


def test_recorded_ranks_are_uniform():
    """200 simulations of every model. Bonferroni's bound at 1 % over everything that was ranked."""
    recorded = json.loads(RECORDED.read_text())
    assert set(recorded["models"]) == set(BY_NAME)
    p = {}
    for name, model in recorded["models"].items():
        assert model["priors"] == BY_NAME[name].priors
        for quantity, values in model["ranks"].items():
            assert len(values) >= 200
            p[name, quantity] = uniformity.p_value(np.array(values), RANKED)
    assert min(p.values()) > 0.01 / len(p), sorted(p.items(), key=lambda item: item[1])[:3]


MISSES_SMALL_SDS = "nested, centred"
"""Where sds are small this plan stays out of the neck of a funnel, with divergences in two of three runs."""


@pytest.mark.parametrize("which", ["all", "good"])
def test_recorded_ranks_of_every_plan_are_uniform(which):
    """Every plan on three structures of groups, 500 simulations each; Bonferroni's bound at 1 %, as above.

    Among chains without divergences all are; among all chains, all but those of one plan.
    """
    recorded = json.loads(PLANS_RECORDED.read_text())["plans"]
    by_name = {model.name: model for model in PLANS}
    assert set(recorded) == set(by_name)
    p = {}
    for name, own in recorded.items():
        model, part = by_name[name], own if which == "all" else own["good"]
        assert (own["formula"], own["priors"]) == (model.groups.formula, model.priors)
        assert own["simulations"] >= 500
        assert own["own_plan"] > own["simulations"] / 2
        assert own["poor"] <= own["simulations"] / 20
        assert part["simulations"] >= 150
        for quantity, counts in part["counts"].items():
            assert sum(counts) == part["simulations"]
            p[name, quantity] = uniformity.p_value(np.repeat(np.arange(RANKED + 1), counts), RANKED)
    strange = {key: value for key, value in p.items() if value <= 0.01 / len(p)}
    assert set(strange) == ({(MISSES_SMALL_SDS, "sd_a__Intercept")} if which == "all" else set()), strange


def test_recorded_mutants_were_noticed():
    recorded = json.loads(RECORDED.read_text())["mutants"]
    assert set(recorded) == {mutant.name for mutant in MUTANTS}
    for model in recorded.values():
        least = min(uniformity.p_value(np.array(values), RANKED) for values in model["ranks"].values())
        assert least < LEAST_P / 5
