"""Zeros of their own around every family that can have them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from bayesformula.families import COMPOSED, WRAPPABLE, record
from response_cases import assert_moments, draws_of, log_prob, make, slopes, table_of

ETA = np.array([-2.0, 0.0, 1.5])
NUMBERS = {"shape": 1.7, "phi": 1.3, "sigma": 0.8, "ndt": 0.1, "power": 1.4}
DISCRETE = [name for name in WRAPPABLE if record(name).is_discrete]
CONTINUOUS = [name for name in WRAPPABLE if not record(name).is_discrete]


def options_of(name):
    """Numbers for what the base needs beside mu, and its trials."""
    family = record(name).family
    out = {key: NUMBERS[key] for key in family.parameters if key in NUMBERS}
    if "trials" in record(name).terms:
        out["terms"] = {"trials": [3.0, 8.0, 20.0]}
    return out


@pytest.mark.parametrize("name", DISCRETE)
def test_counts_with_more_zeros(name):
    """A mixture, straight from the probabilities of the base."""
    base = make(name, ETA, **options_of(name))
    p = np.exp(table_of(base, 40))
    mixed = make(f"zero_inflated_{name}", ETA, **options_of(name), zi=0.3)
    expected = 0.7 * p
    expected[0] += 0.3
    with np.errstate(divide="ignore"):
        assert_allclose(table_of(mixed, 40), np.log(expected), rtol=1e-11, atol=1e-13)
        assert_allclose(mixed.mean, 0.7 * base.mean, rtol=1e-12)
        behind = make(f"hurdle_{name}", ETA, **options_of(name), hu=0.3)
        expected = 0.7 * p / (1 - p[0])
        expected[0] = 0.3
        assert_allclose(table_of(behind, 40), np.log(expected), rtol=1e-10, atol=1e-13)
    assert_allclose(behind.mean, 0.7 * base.mean / (1 - p[0]), rtol=1e-10)


@pytest.mark.parametrize("name", CONTINUOUS)
def test_continuous_responses_with_zeros(name):
    base = make(name, ETA, **options_of(name))
    for wrapper, zero in (("zero_inflated", "zi"), ("hurdle", "hu")):
        d = make(f"{wrapper}_{name}", ETA, **options_of(name), **{zero: 0.3})
        assert_allclose(log_prob(d, 0.0), np.log(0.3), rtol=1e-14)
        assert_allclose(log_prob(d, 0.4), np.log(0.7) + log_prob(base, 0.4), rtol=1e-13)
        assert_allclose(d.mean, 0.7 * base.mean, rtol=1e-13)


@pytest.mark.parametrize(
    "name",
    [
        "zero_inflated_poisson",
        pytest.param("hurdle_poisson", marks=pytest.mark.slow),
        pytest.param("hurdle_negbinomial", marks=pytest.mark.slow),
        pytest.param("hurdle_generalized_poisson", marks=pytest.mark.slow),
        "hurdle_gamma",
        "zero_inflated_beta",
    ],
)
def test_draws(name):
    zero = "zi" if name.startswith("zero") else "hu"
    d = make(name, ETA, **options_of(name), **{zero: 0.3})
    drawn = assert_moments(d, draws=4000, seed=2)
    share = np.exp(log_prob(d, 0.0))
    assert np.all(np.abs((drawn == 0).mean(axis=0) - share) < 5 * np.sqrt(share * (1 - share) / 4000))


def test_draws_behind_a_hurdle_where_the_base_is_nearly_always_zero():
    """All of them are above zero, and at a mean of 1e-6 nearly all are 1: by inversion, not by patience."""
    d = make("hurdle_poisson", np.log([1e-6, 2.0]), hu=1e-12)
    drawn = draws_of(d, 0, 3000)
    assert drawn.min() == 1.0
    assert drawn[:, 0].mean() == pytest.approx(1.0, abs=0.01)
    assert drawn[:, 1].mean() == pytest.approx(2 / (1 - np.exp(-2)), abs=0.1)


@pytest.mark.parametrize(
    "name", ["poisson", "negbinomial", "binomial", "beta_binomial", "generalized_poisson"]
)
def test_behind_a_hurdle_a_base_of_nearly_zeros_is_one(name):
    """log P(Y = 1 | Y > 0) tends to a limit as mu tends to 0: no digits of log P(Y > 0) may be lost."""
    options = options_of(name)
    far = log_prob(make(f"hurdle_{name}", np.full(3, -40.0), **options, hu=0.5), 1.0)
    near = log_prob(make(f"hurdle_{name}", np.full(3, -16.0), **options, hu=0.5), 1.0)
    assert_allclose(far, near, atol=1e-6)
    if name in ("poisson", "binomial"):
        assert_allclose(far[:1], np.log(0.5), atol=1e-6)


FAR = [-700.0, -40.0, 40.0, 700.0]


QUICK = ("poisson", "negbinomial", "gamma", "beta")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.slow] * (record(name).family.base not in QUICK))
        for name in COMPOSED
    ],
)
def test_nothing_is_nan_however_far_out(name):
    """Around every base, in both wrappers: y = 0 and above, zeros almost never and almost always."""
    record_of = record(name)
    zero = "zi" if name.startswith("zero") else "hu"
    above = 0.4 if record_of.family.support == "half-open unit" else 2.0
    eta, second, y = (part.ravel() for part in np.meshgrid(FAR, FAR, [0.0, above]))
    options = {
        key: value for key, value in options_of(record_of.family.base).items() if key not in ("terms",)
    }
    if "trials" in record_of.terms:
        options["terms"] = {"trials": np.full(32, 5.0)}
    lp, gradients = slopes(name, eta, y, **options, **{zero: (second, "logit")})
    assert not np.any(np.isnan(lp))
    assert np.all(lp < np.inf)
    assert all(np.all(np.isfinite(g)) for g in gradients), gradients
