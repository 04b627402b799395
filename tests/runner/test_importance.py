"""Importance sampling about the mode: exact on targets that are known, the same posterior as NUTS."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from arviz_stats.base import array_stats
from numpy.testing import assert_allclose, assert_array_equal
from scipy import integrate, stats

import bayesformula as bf
from bayesformula import updates
from bayesformula.results.health import judge
from bayesformula.runner import importance

COVARIANCE = np.array([[1.0, 0.8, 0.0], [0.8, 2.0, -0.5], [0.0, -0.5, 0.25]])
MEAN = np.array([3.0, -1.0, 0.5])


def normal(z):
    away = np.linalg.solve(COVARIANCE, z - MEAN)
    return 0.5 * float((z - MEAN) @ away), away


def log_sd(z):
    """Of an sd with a half-normal(1) prior, with little data: the left tail falls off as slowly as exp(z)."""
    return 0.5 * float(np.exp(2 * z[0])) - float(z[0]), np.exp(2 * z) - 1.0


def found(target, start, scale):
    proposal = importance.about_the_mode(target, np.array(start), np.array(scale), 2)
    return importance.split(lambda z: target(z)[0], proposal, 2)


def test_the_mode_and_curvature_of_a_normal_density_are_found():
    proposal = found(normal, [0.0, 0.0, 0.0], [0.5, 3.0, 1.0])
    assert_allclose(proposal.centre, MEAN, atol=1e-3)
    assert_allclose(proposal.root @ proposal.root.T, COVARIANCE, rtol=1e-3, atol=1e-3)
    assert_allclose([proposal.left, proposal.right], importance.WIDER, rtol=0.02)


def test_moments_of_a_normal_density():
    """1,024 quasi-random points, of which seven tenths are effective: errors of means below 0.01 sd."""
    weighed, rounds = importance.weigh(
        lambda z: normal(z)[0], found(normal, [0.0] * 3, [1.0] * 3), 1024, 3, 2
    )
    assert rounds == 1
    assert weighed.effective > 0.7 * 1024
    assert importance.tail_shape(weighed.log_weights) < 0.3
    assert_allclose(weighed.weights @ weighed.z, MEAN, atol=0.03)
    away = weighed.z - weighed.weights @ weighed.z
    assert_allclose((weighed.weights[:, None] * away).T @ away, COVARIANCE, atol=0.08)


def test_a_long_tail_on_one_side_is_covered():
    proposal = found(log_sd, [0.0], [0.3])
    assert proposal.left[0] > 1.5 * proposal.right[0]
    weighed, _ = importance.weigh(lambda z: log_sd(z)[0], proposal, 1024, 1, 2)
    assert importance.tail_shape(weighed.log_weights) < 0.7

    def density(x):
        return np.exp(-log_sd(np.array([x]))[0])

    total = integrate.quad(density, -30, 5)[0]
    mean = integrate.quad(lambda x: x * density(x), -30, 5)[0] / total
    assert_allclose(weighed.weights @ weighed.z[:, 0], mean, atol=0.02)


def test_log_densities_of_the_proposal_integrate_to_one():
    proposal = importance.Proposal(np.zeros(1), np.eye(1), np.array([2.0]), np.array([0.5]))
    z, log_density = proposal.draw(4096, 0)
    at = np.where(z[:, 0] < 0, z[:, 0] / 2.0, z[:, 0] / 0.5)
    expected = stats.t.logpdf(at, importance.DF) - np.log(np.where(z[:, 0] < 0, 2.0, 0.5))
    assert_allclose(log_density, expected, rtol=1e-9)
    assert_allclose(np.mean(z < 0), 0.5, atol=0.01)


@pytest.mark.parametrize("shape", [0.1, 0.5, 0.9])
def test_tail_shape_is_that_of_psis(shape):
    weights = stats.genpareto.rvs(shape, size=4000, random_state=1)
    # ArviZ takes log likelihoods, whose negatives are the log weights
    expected = float(array_stats.psislw(-np.log(weights))[1])
    assert_allclose(importance.tail_shape(np.log(weights)), expected, atol=0.01)


# ---- whole fits ----

FORMULA = "diameter ~ 1 + (1 | plate) + (1 | sample)"


@cache
def fits(plan):
    return bf.fit(FORMULA, bf.datasets.load("Penicillin"), plan=plan, chains=2, progress=False)


def test_the_posterior_is_that_of_nuts():
    """Means within 0.15 posterior sds, 4.7 standard errors of a difference at 2,000 effective draws or so."""
    ours, theirs = fits("importance").summary(), fits("marginal").summary()
    assert ours.index.equals(theirs.index)
    assert np.all(np.abs(ours["mean"] - theirs["mean"]) < 0.15 * theirs["sd"])
    assert_allclose(ours["sd"], theirs["sd"], rtol=0.15)
    r = [fits(plan).posterior["r_plate"].mean(("chain", "draw")) for plan in ("importance", "marginal")]
    assert_allclose(*r, atol=0.1)


def test_a_fit_tells_of_its_points(tmp_path):
    fit = fits("importance")
    assert fit.importance is not None
    assert fit.importance["effective_points"] > 0.4 * fit.importance["points"]
    assert fit.plan.name == "importance"
    fit.save(tmp_path / "fit.nc")
    again = bf.load(tmp_path / "fit.nc")
    assert again.importance == fit.importance
    assert again.summary().equals(fit.summary())


def test_draws_are_repeatable_and_may_be_of_any_number():
    options = {"plan": "importance", "chains": 2, "draws": 30, "progress": False, "strict": False}
    penicillin = bf.datasets.load("Penicillin")
    with pytest.warns(bf.BayesFormulaWarning):  # so few draws are not healthy
        one = bf.fit(FORMULA, penicillin, **options)
    with pytest.warns(bf.BayesFormulaWarning):
        two = bf.fit(FORMULA, penicillin, **options)
    assert one.z.shape == (2, 30, 3)
    assert_array_equal(one.draws["r_plate"], two.draws["r_plate"])
    assert len(np.unique(one.draws["r_plate"][:, :, 0, 0])) == 60


@pytest.mark.parametrize(
    ("formula", "options", "message"),
    [
        ("y ~ x + (1 | g)", {"family": "student"}, "plan='importance' is not exact here"),
        (
            "y ~ x + (1 + x + z + w | g)",
            {},
            "plan='importance' is for 1 to 12 parameters beside the coefficients",
        ),
    ],
)
def test_models_with_too_much_left_are_refused(formula, options, message):
    rng = np.random.default_rng(1)
    frame = {name: rng.normal(size=80) for name in ("y", "x", "z", "w")} | {
        "g": np.repeat(list("abcdefgh"), 10)
    }
    if not options:
        formula += " + (1 + x | h)"
        frame["h"] = np.tile(list("abcdefgh"), 10)
    with pytest.raises(bf.BayesFormulaError, match=message):
        bf.fit(formula, frame, plan="importance", progress=False, **options)


def test_a_heavy_tail_of_weights_is_a_problem_with_a_remedy():
    zeros = np.zeros((2, 50))
    counted = {
        "diverging": zeros > 0,
        "reached_max_treedepth": zeros > 0,
        "energy": zeros,
        "energy_change": zeros,
    }
    quality = {"r_hat": np.ones(1), "ess_bulk": np.full(1, 900.0), "ess_tail": np.full(1, 900.0)}
    told = {"tail_shape": 0.9, "effective_points": 300.0, "points": 1024.0, "rounds": 4.0}
    health = judge(["b_x"], quality, counted, 10, "importance", 0, importance=told)
    assert [problem.code for problem in health.problems] == ["importance"]
    assert str(health) == (
        "The weights of importance sampling have a heavy tail (k = 0.90, more than 0.7): "
        "a part of the posterior may be missing.\n"
        "  Write plan='marginal', which samples the same posterior by NUTS."
    )


def test_a_refit_with_other_weights_has_the_same_sampler():
    """With weights of one the same draws; with others, other points and a diagnostic of their own."""
    fit = fits("importance")
    weights = np.ones(fit.spec.n_rows)
    same = updates.reweighted(fit, weights)
    assert_allclose(same.draws["sigma"], fit.draws["sigma"], rtol=1e-9)
    weights[:20] = 0.0
    fewer = updates.reweighted(fit, weights)
    assert fewer.importance is not None
    assert fewer.importance != fit.importance
    assert np.all(fewer.stats["n_steps"] == 0)
