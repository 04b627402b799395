"""The table of families, continued: several predictors, categories, response terms, effects by threshold.

All of it is drawn by NumPy and SciPy, as in `family_cases`, which has the one-predictor models.
"""

from __future__ import annotations

import numpy as np
from scipy import stats
from scipy.special import expit, gamma, gammaln

from family_cases import CASES, ORDINAL_TRUTH, THRESHOLDS, FamilyCase, Rows, draw_negbinomial, levels_of


def _generalized_poisson(rng, eta, phi=1.5):
    """Consul and Jain's counts, mean mu and variance mu phi^2, by inversion."""
    y, rate = np.arange(400), np.exp(eta)[:, None] / phi
    total = rate + (1 - 1 / phi) * y
    pmf = np.exp(np.log(rate) + (y - 1) * np.log(total) - total - gammaln(y + 1))
    return (rng.uniform(size=len(eta))[:, None] > np.cumsum(pmf, axis=1)).sum(axis=1)


def _choices(rng, eta, rows: Rows) -> np.ndarray:
    """(n, 3) probabilities of A, B and C: eta is that of B, C has its own and an effect of each level."""
    other = -0.4 - 0.7 * rows.x + 0.5 * rng.normal(size=len(rows.v))[rows.g]
    scores = np.column_stack([np.zeros(len(eta)), eta, other])
    p = np.exp(scores)
    return p / p.sum(axis=1, keepdims=True)


CHOICE_TRUTH = {
    "b_muB_Intercept": 0.3,
    "b_muB_x": 0.5,
    "b_muC_Intercept": -0.4,
    "b_muC_x": -0.7,
    "sd_g__muB_Intercept": 0.4,
    "sd_g__muC_Intercept": 0.5,
}


def _categorical(rng, eta, rows):
    below = np.cumsum(_choices(rng, eta, rows), axis=1)[:, :-1]
    return np.array(["A", "B", "C"])[(rng.uniform(size=len(eta))[:, None] > below).sum(axis=1)]


def _multinomial(rng, eta, rows):
    counts = rng.multinomial(rng.integers(2, 9, len(eta)), _choices(rng, eta, rows))
    return {name: counts[:, k] for k, name in enumerate("ABC")}


def _distributional(rng, eta, rows, sd=0.3, cor=0.5):
    """The effects on log sigma are correlated with those on the mean."""
    w = cor * rows.v + np.sqrt(1 - cor**2) * rng.normal(size=len(rows.v))
    return rng.normal(eta, np.exp(-0.3 + 0.25 * rows.x + sd * w[rows.g]))


def _inflated_by_x(rng, eta, rows):
    inflated = rng.uniform(size=len(eta)) < expit(-0.8 + 0.6 * rows.x)
    return np.where(inflated, 0, rng.poisson(np.exp(eta + 0.5)))


def _beta_by_x(rng, eta, rows):
    mu, phi = expit(eta), np.exp(2.0 + 0.4 * rows.x)
    return np.clip(rng.beta(mu * phi, (1 - mu) * phi), 1e-9, 1 - 1e-9)


SPECIFIC = np.array([0.2, 0.6, 1.0])


def _acat_specific(rng, eta, rows):
    steps = eta[:, None] + SPECIFIC * rows.x[:, None] - THRESHOLDS
    scores = np.concatenate([np.zeros((len(eta), 1)), np.cumsum(steps, axis=1)], axis=1)
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    return levels_of(rng, np.cumsum(p / p.sum(axis=1, keepdims=True), axis=1)[:, :-1])


def _disc(rng, eta, rows):
    """A cumulative response whose scale differs between two laboratories."""
    lab = rng.integers(0, 2, len(eta))
    below = expit(np.exp(0.5 * lab)[:, None] * (THRESHOLDS - eta[:, None]))
    return {"y": levels_of(rng, below), "lab": lab.astype(float)}


def _censored(rng, eta, shape=1.7):
    """Waiting times in a study that ends for each row at a time of its own."""
    time = np.exp(eta) / gamma(1 + 1 / shape) * rng.weibull(shape, len(eta))
    end = rng.uniform(0.5, 4.0, len(eta))
    return {"y": np.minimum(time, end), "censored": np.where(time > end, "right", "none")}


def _truncated(rng, eta):
    """No row without an event, none with more than nine."""
    low, high = stats.poisson.cdf([[0], [9]], np.exp(eta))
    return stats.poisson.ppf(low + (high - low) * rng.uniform(size=len(eta)), np.exp(eta))


def _known_errors(rng, eta):
    error = rng.uniform(0.3, 1.0, len(eta))
    return {"y": rng.normal(eta, error), "error": error}


def _rates(rng, eta):
    time = rng.uniform(0.5, 3.0, len(eta))
    return {"y": draw_negbinomial(rng, time * np.exp(eta), 2.5 * time), "time": time}


FURTHER = (
    FamilyCase("generalized_poisson", _generalized_poisson, {"phi": 1.5}),
    FamilyCase("categorical", _categorical, CHOICE_TRUTH, reports=(), takes_rows=True),
    FamilyCase(
        "multinomial",
        _multinomial,
        CHOICE_TRUTH,
        formula="cbind(A, B, C) ~ x + (1 | g)",
        reports=(),
        takes_rows=True,
    ),
    FamilyCase(
        "gaussian",
        _distributional,
        {
            "b_sigma_Intercept": -0.3,
            "b_sigma_x": 0.25,
            "sd_g__sigma_Intercept": 0.3,
            "cor_g__Intercept__sigma_Intercept": 0.5,
        },
        formula="y ~ x + (1 | i | g)",
        further=(("sigma", "~ x + (1 | i | g)"),),
        takes_rows=True,
    ),
    FamilyCase(
        "student",
        lambda rng, eta: eta + 0.6 * rng.standard_t(4.0, len(eta)),
        {"sigma": 0.6},
        further=(("nu", 4.0),),
    ),
    FamilyCase("gaussian", _known_errors, {}, formula="y | se(error) ~ x + (1 | g)"),
    FamilyCase(
        "gamma(identity)", lambda rng, eta: rng.gamma(3.0, eta / 3.0), {"shape": 3.0}, intercept=5.0, sd=0.8
    ),
    FamilyCase("weibull", _censored, {"shape": 1.7}, formula="y | cens(censored) ~ x + (1 | g)"),
    FamilyCase(
        "zero_inflated(poisson)",
        _inflated_by_x,
        {"b_Intercept": 0.8, "b_zi_Intercept": -0.8, "b_zi_x": 0.6},
        further=(("zi", "~ x"),),
        takes_rows=True,
    ),
    FamilyCase(
        "negbinomial",
        lambda rng, eta, rows: draw_negbinomial(rng, np.exp(eta), np.exp(0.8 + 0.5 * rows.x)),
        {"b_shape_Intercept": 0.8, "b_shape_x": 0.5},
        intercept=1.0,
        further=(("shape", "~ x"),),
        takes_rows=True,
    ),
    FamilyCase(
        "beta",
        _beta_by_x,
        {"b_phi_Intercept": 2.0, "b_phi_x": 0.4},
        further=(("phi", "~ x"),),
        takes_rows=True,
    ),
    FamilyCase("poisson", _truncated, {}, formula="y | trunc(lb = 1, ub = 9) ~ x + (1 | g)"),
    FamilyCase("negbinomial", _rates, {"shape": 2.5}, formula="y | rate(time) ~ x + (1 | g)"),
    FamilyCase(
        "acat",
        _acat_specific,
        ORDINAL_TRUTH | {f"bcs_x[{k + 1}]": value for k, value in enumerate(SPECIFIC)},
        intercept=0.0,
        slope=0.0,
        formula="y ~ cs(x) + (1 | g)",
        reports=("sd_g__Intercept",),
        takes_rows=True,
    ),
    FamilyCase(
        "cumulative",
        _disc,
        ORDINAL_TRUTH | {"b_disc_lab": 0.5},
        intercept=0.0,
        reports=("b_x", "sd_g__Intercept"),
        further=(("disc", "~ 0 + lab"),),
        takes_rows=True,
    ),
)
"""Models of more than one predictor, or with more known of a row than its response."""

ALL_CASES = CASES + FURTHER
