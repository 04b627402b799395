"""The judgement of a run, on crafted numbers: each problem fires by itself and names a remedy."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from bayesformula.results.health import judge
from bayesformula.results.names import effect_names, scalars
from bayesformula.results.summary import diagnostics
from results.fits import cafes_fit, wide_fit
from results.models import MODELS, fit_of

NAMES = ["b_Intercept", "sd_g__Intercept", "sigma"]


def judged(
    *, names=NAMES, plan="marginal", depth=10, chains=4, draws=1000, warmup=1500, n_effects=0, **changes
):
    """A healthy run but for `changes` of quality or stats."""
    rng = np.random.default_rng(0)
    quality = {
        "r_hat": np.array([1.0, 1.002, 1.001]),
        "ess_bulk": np.array([3000.0, 1200.0, 2500.0]),
        "ess_tail": np.array([2000.0, 900.0, 2600.0]),
        "ess_within": np.full(3, np.nan),
    }
    stats = {
        "diverging": np.zeros((chains, draws), bool),
        "reached_max_treedepth": np.zeros((chains, draws), bool),
        "energy": rng.normal(size=(chains, draws)),
        "acceptance_rate": np.full((chains, draws), 0.85),
        "step_size": np.full((chains, draws), 0.4),
    }
    for name, value in changes.items():
        (quality if name in quality else stats)[name] = value
    energy = stats["energy"]
    stats["energy_change"] = np.diff(energy, axis=1, prepend=energy[:, :1]) ** 2
    return judge(names, quality, stats, depth, plan, warmup, n_effects=n_effects)


def some(n):
    flags = np.zeros((4, 1000), bool)
    flags.flat[:n] = True
    return flags


SLOW_ENERGY = np.cumsum(np.random.default_rng(1).normal(size=(4, 1000)), axis=1)

PROBLEMS = {
    "divergences": (
        {"diverging": some(7)},
        "7 of 4000 draws ended in a divergence: the posterior has a region that was not explored.",
        "Raise target_accept (0.95, then 0.99); a very small sd with few levels "
        "asks for a tighter prior on sd.",
    ),
    "adaptation": (
        {"acceptance_rate": np.array([[0.85], [0.41], [0.9], [0.8]]) * np.ones((4, 1000))},
        "Chain 1 accepts 0.41 of its proposals, where 0.8 was aimed at: its step size did not settle in "
        "warmup.",
        "Warm up longer (warmup=3000).",
    ),
    "r_hat": (
        {"r_hat": np.array([1.0, 1.0104, 1.001])},
        "The chains disagree: R-hat of sd_g__Intercept is 1.010, more than 1.01.",
        "Run longer (warmup=3000, draws=2000); if it stays, the model may not be identified.",
    ),
    "ess": (
        {"ess_tail": np.array([2000.0, 900.0, 399.0])},
        "Few effective draws: 399 for sigma; 400 are needed for stable tails.",
        "Run longer, for example draws=2000.",
    ),
    "tree_depth": (
        {"reached_max_treedepth": some(12)},
        "12 of 4000 draws reached the limit of the tree depth (10).",
        "They are valid but inefficient; try max_tree_depth=12, or another plan.",
    ),
    "ebfmi": (
        {"energy": SLOW_ENERGY},
        "The energy moves little between draws (E-BFMI 0.00, less than 0.3).",
        "Some prior may be far wider than the data can tell; tighten those on sds, or run longer.",
    ),
}


def test_a_healthy_run_has_no_problem():
    health = judged()
    assert health.is_healthy
    assert health.problems == ()
    assert str(health) == "healthy: R-hat at most 1.002, effective draws at least 900, no divergences"
    assert (health.max_r_hat, health.worst_r_hat) == (1.002, "sd_g__Intercept")
    assert (health.min_ess_bulk, health.min_ess_tail, health.worst_ess) == (1200.0, 900.0, "sd_g__Intercept")
    assert health.min_ebfmi > 1


@pytest.mark.parametrize("code", PROBLEMS)
def test_each_problem_fires_alone_and_names_a_remedy(code):
    changes, message, remedy = PROBLEMS[code]
    health = judged(**changes)
    assert [problem.code for problem in health.problems] == [code]
    assert not health.is_healthy
    assert health.problems[0].message == message
    assert health.problems[0].remedy == remedy
    assert str(health) == f"{message}\n  {remedy}"
    assert health.to_dict()["problems"] == [{"code": code, "message": message, "remedy": remedy}]
    json.dumps(health.to_dict(), allow_nan=False)


def test_all_problems_at_once_are_in_one_order():
    health = judged(**{name: value for changes, _, _ in PROBLEMS.values() for name, value in changes.items()})
    assert [problem.code for problem in health.problems] == list(PROBLEMS)


@pytest.mark.parametrize(
    ("changes", "is_healthy"),
    [
        ({"r_hat": np.array([1.0, 1.01, 1.0])}, True),
        ({"r_hat": np.array([1.0, 1.0101, 1.0])}, False),
        ({"ess_bulk": np.array([400.0, 401, 402])}, True),
        ({"ess_bulk": np.array([399.9, 401, 402])}, False),
        ({"diverging": some(1)}, False),
    ],
)
def test_limits(changes, is_healthy):
    assert judged(**changes).is_healthy is is_healthy


def autocorrelated(rho, *shape):
    """Chains (4, 1000, ...) that agree, each draw with correlation rho to the one before."""
    noise = np.random.default_rng(8).normal(size=(4, 1000, *shape))
    out = np.empty_like(noise)
    out[:, 0] = noise[:, 0]
    for t in range(1, 1000):
        out[:, t] = rho * out[:, t - 1] + np.sqrt(1 - rho**2) * noise[:, t]
    return out


def test_the_largest_r_hat_of_many_effects_is_judged_as_such():
    """2,000 effects of chains that agree, with an ESS of about 1,300: by chance one R-hat passes 1.01."""
    quality = diagnostics(autocorrelated(0.5, 2000), of_mean=False)
    names = [f"r_g[{i},Intercept]" for i in range(2000)]
    assert quality["r_hat"].max() > 1.01
    assert judged(names=names, n_effects=2000, **quality).is_healthy
    quality["r_hat"][7] = 1.06
    (problem,) = judged(names=names, n_effects=2000, **quality).problems
    assert problem.message.startswith(
        "The chains disagree: R-hat of r_g[7,Intercept] is 1.060, more than 1.0"
    )


def test_one_chain_elsewhere_is_noticed_among_many_effects():
    draws = autocorrelated(0.3, 2000)
    draws[0, :, 11] += 0.5
    names = [f"r_g[{i},Intercept]" for i in range(2000)]
    problems = judged(names=names, n_effects=2000, **diagnostics(draws, of_mean=False)).problems
    assert [problem.code for problem in problems] == ["r_hat", "ess"]
    assert all("r_g[11,Intercept]" in problem.message for problem in problems)


def test_distances_from_the_median_have_fewer_effective_draws_than_the_values():
    """Draws that alternate, as those of NUTS do: 2,000 effects, each with a bulk ESS above 10,000."""
    draws = autocorrelated(-0.75, 2000)
    names = [f"r_g[{i},Intercept]" for i in range(2000)]
    quality = diagnostics(draws, of_mean=False)
    at = int(np.argmax(quality["r_hat"]))
    assert quality["r_hat"][at] > 1.01
    assert quality["ess_within"][at] < quality["ess_bulk"][at] / 5
    assert judged(names=names, n_effects=2000, **quality).is_healthy
    draws[0, :, 11] *= 1.5  # and one chain of another spread is noticed
    (problem,) = judged(names=names, n_effects=2000, **diagnostics(draws, of_mean=False)).problems
    assert "r_g[11,Intercept]" in problem.message


def test_effects_do_not_widen_the_bound_of_parameters():
    quality = {
        "r_hat": np.array([1.011, 1.0, 1.011]),
        "ess_bulk": np.full(3, 450.0),
        "ess_tail": np.full(3, 450.0),
        "ess_within": np.array([450.0, np.nan, 450.0]),
    }
    names = ["sigma", "r_g[a,Intercept]", "r_g[b,Intercept]"]
    (problem,) = judged(names=names, n_effects=2, **quality).problems
    assert problem.message == "The chains disagree: R-hat of sigma is 1.011, more than 1.01."


def test_step_sizes_far_apart_are_a_fault_of_warmup():
    steps = np.array([[0.5], [0.6], [0.02], [0.4]]) * np.ones((4, 1000))
    (problem,) = judged(step_size=steps).problems
    assert problem.code == "adaptation"
    assert problem.message == (
        "The step sizes of the chains differ by a factor of 30: in warmup they met different parts of the "
        "posterior."
    )
    assert problem.remedy == "Warm up longer (warmup=3000), or give starting values with init=."


@pytest.mark.parametrize(
    ("changes", "is_healthy"),
    [
        ({"acceptance_rate": np.full((4, 1000), 0.601)}, True),
        ({"acceptance_rate": np.full((4, 1000), 0.599)}, False),
        ({"step_size": np.array([[1.0], [0.11], [1.0], [1.0]]) * np.ones((4, 1000))}, True),
        ({"step_size": np.zeros((4, 1000)), "acceptance_rate": np.zeros((4, 1000))}, True),
    ],
    ids=["near", "far", "steps", "nothing sampled"],
)
def test_limits_of_adaptation(changes, is_healthy):
    assert judged(**changes).is_healthy is is_healthy


def test_files_of_older_versions_have_no_step_sizes():
    fit = cafes_fit()
    stats = {name: values for name, values in fit.stats.items() if name != "step_size"}
    assert dataclasses.replace(fit, stats=stats).health == fit.health


def test_effective_draws_are_asked_of_every_chain():
    """400 are enough for four chains, not for eight."""
    ess = np.array([500.0, 500.0, 500.0])
    assert judged(ess_bulk=ess, ess_tail=ess).is_healthy
    eight = {name: np.zeros((8, 1000), bool) for name in ("diverging", "reached_max_treedepth")}
    energy = np.random.default_rng(0).normal(size=(8, 1000))
    found = judged(ess_bulk=ess, ess_tail=ess, energy=energy, **eight)
    assert [problem.code for problem in found.problems] == ["ess"]
    assert "800 are needed" in found.problems[0].message


def test_the_centred_plan_is_told_of_the_other_one():
    remedy = judged(diverging=some(1), plan="centred").problems[0].remedy
    assert "plan='auto' or 'noncentred' usually cures it" in remedy


def test_constants_do_not_crash_and_are_not_blamed():
    """A coefficient with a constant prior never moves: it has no diagnostics, and its neighbours count."""
    nan = np.nan
    health = judged(
        r_hat=np.array([nan, 1.003, 1.001]),
        ess_bulk=np.array([nan, 1200.0, 900.0]),
        ess_tail=np.array([nan, 1300.0, 1100.0]),
    )
    assert health.is_healthy
    assert (health.worst_r_hat, health.worst_ess) == ("sd_g__Intercept", "sigma")


@pytest.mark.parametrize("names", [NAMES, []])
def test_nothing_that_moves(names):
    nothing = np.full(len(names), np.nan)
    health = judged(names=names, r_hat=nothing, ess_bulk=nothing, ess_tail=nothing, energy=np.ones((4, 1000)))
    assert health.is_healthy
    assert health.to_dict()["max_r_hat"] is None
    assert health.to_dict()["min_ebfmi"] is None
    assert "nan" not in str(health)
    json.dumps(health.to_dict(), allow_nan=False)


@pytest.mark.parametrize("draws", [1, 3])
def test_too_few_draws_to_judge_are_not_called_healthy(draws):
    flags = np.zeros((4, draws), bool)
    nothing = np.full(3, np.nan)
    health = judged(
        draws=draws, r_hat=nothing, ess_bulk=nothing, ess_tail=nothing,
        diverging=flags, reached_max_treedepth=flags, energy=np.zeros((4, draws)),
    )  # fmt: skip
    assert [problem.code for problem in health.problems] == ["draws"]
    assert "draws=1000" in health.problems[0].remedy


def test_ebfmi_is_the_worst_of_the_chains():
    energy = np.random.default_rng(0).normal(size=(4, 1000))
    energy[2] = SLOW_ENERGY[2]
    expected = np.mean(np.diff(energy[2]) ** 2) / np.var(energy[2])
    assert judged(energy=energy).min_ebfmi == pytest.approx(expected)


def test_chains_that_are_stuck_apart_are_blamed():
    """Each chain is constant: no variance within, all of it between."""
    values = np.broadcast_to(np.arange(4.0)[:, None, None], (4, 1000, 3))
    health = judged(**{k: v for k, v in diagnostics(values).items() if k != "mcse_mean"})
    assert "r_hat" in [problem.code for problem in health.problems]
    json.dumps(health.to_dict(), allow_nan=False)


def test_the_health_of_a_fit_looks_at_group_effects_too():
    fit = wide_fit()
    table = fit.summary()
    assert fit.health.max_r_hat >= table["r_hat"].max()
    assert fit.health.min_ess_tail <= table["ess_tail"].min()
    known = set(fit.draws_frame().columns)
    assert {fit.health.worst_r_hat, fit.health.worst_ess} <= known


def spoil(fit, variable, at, how):
    values = fit.draws[variable].copy()
    values[(slice(None), slice(None), *at)] = how(values[(slice(None), slice(None), *at)])
    return dataclasses.replace(fit, draws={**fit.draws, variable: values})


def drift(values):
    return values + 100 * np.arange(4)[:, None]


def break_one(values):
    return np.where(np.arange(values.shape[1]) == 7, np.inf, values)


@pytest.mark.parametrize("name", MODELS)
def test_every_scalar_of_every_model_is_judged(name):
    fit = fit_of(MODELS[name])
    for row in scalars(fit.spec):
        assert spoil(fit, row.variable, row.at, drift).health.worst_r_hat == row.flat


@pytest.mark.parametrize("name", ["distributional", "ordinal", "categorical"])
def test_a_scalar_that_is_not_finite_is_named(name):
    fit = fit_of(MODELS[name])
    row = scalars(fit.spec)[-1]
    problem = spoil(fit, row.variable, row.at, break_one).health.problems[0]
    assert problem.code == "non_finite"
    assert row.flat in problem.message


@pytest.mark.parametrize("name", MODELS)
def test_every_effect_of_every_model_is_judged(name):
    fit = fit_of(MODELS[name])
    for group in fit.spec.groups:
        names = effect_names(group, fit.levels[group.label][0])
        for i, effect in enumerate(names):
            at = divmod(i, group.q)
            assert spoil(fit, f"r_{group.label}", at, drift).health.worst_r_hat == effect
        message = spoil(fit, f"r_{group.label}", (0, 0), break_one).health.problems[0].message
        assert f"r_{group.label}" in message
