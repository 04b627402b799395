"""Responses at the edge of what a family takes: constant, all zeros, one class, huge, tiny."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

import bayesformula as bf
from bayesformula.pipeline import Prepared, prepare

N = 30
_rng = np.random.default_rng(0)
_X, _COUNT, _POSITIVE = _rng.normal(size=N), _rng.poisson(3.0, N).astype(float), _rng.gamma(2.0, 1.0, N)
_HALF = (np.arange(N) % 2).astype(float)
_ZERO, _ONE = np.zeros(N), np.ones(N)
_EXPOSURE, _TRIALS = np.exp(_rng.normal(size=N)), _rng.integers(1, 9, N).astype(float)


@dataclass(frozen=True, eq=False)
class OddCase:
    """A formula (of mu, then of others), a family, and what the response is."""

    formula: str
    family: str
    what: str
    y: np.ndarray
    further: tuple[tuple[str, str], ...] = ()

    @property
    def id(self) -> str:
        return (
            f"{self.family}: {'; '.join([self.formula, *(f'{k} {v}' for k, v in self.further)])}: {self.what}"
        )

    def prepared(self) -> Prepared:
        frame = pd.DataFrame(
            {
                "y": self.y, "x": _X, "steep": np.where(_X > 1, 100.0, _X), "o": _X,
                "g": [f"g{i % 5}" for i in range(N)], "w": (np.arange(N) > 2).astype(float),
                "e": _EXPOSURE, "n": _TRIALS,
            }
        )  # fmt: skip
        formula = bf.formula(self.formula, **dict(self.further)) if self.further else self.formula
        options = {"family": self.family, "priors": None, "plan": "noncentred", "na": "drop", "quiet": True}
        return prepare(formula, frame, **options, checks={"constant-response": "ignore"})


def _of(what: str, y: np.ndarray, families: str, formula: str = "y ~ x + (1 | g)") -> list[OddCase]:
    return [OddCase(formula, family, what, y) for family in families.split()]


ODD: tuple[OddCase, ...] = (
    *_of("all zeros", _ZERO, "poisson negbinomial negbinomial1 generalized_poisson geometric tweedie"),
    *_of("all zeros", _ZERO, "poisson(identity) poisson(sqrt) poisson(softplus)"),
    *_of("all zeros", _ZERO, "zero_inflated(poisson) hurdle(poisson) hurdle(gamma) hurdle(lognormal)"),
    *_of("all zeros", _ZERO, "hurdle(beta) hurdle(shifted_lognormal) hurdle(inverse_gaussian)"),
    *_of("no zeros", _COUNT + 1, "zero_inflated(poisson) hurdle(negbinomial)"),
    *_of("one number", 5 * _ONE, "poisson negbinomial generalized_poisson gaussian student gamma weibull"),
    *_of("one number", 0.1 * _ONE, "lognormal shifted_lognormal inverse_gaussian tweedie beta von_mises"),
    *_of("millions", 1e6 * _COUNT, "poisson negbinomial zero_inflated(poisson) poisson(identity)"),
    *_of("millions", 1e6 * _COUNT, "poisson", "y ~ 0 + g"),
    *_of("counts", _COUNT, "poisson negbinomial", "y ~ 0 + x + (0 + x | g)"),
    *_of("counts", _COUNT, "poisson(identity) poisson(sqrt)", "y ~ steep"),
    *_of("counts", _COUNT, "poisson", "y | rate(e) + weights(w) ~ x + offset(o) + (1 + x | g)"),
    *_of("all zeros", _ZERO, "poisson negbinomial", "y | rate(e) ~ x"),
    *_of("all zeros", _ZERO, "bernoulli bernoulli(identity) bernoulli(cloglog) bernoulli(cauchit)"),
    *_of("all ones", _ONE, "bernoulli bernoulli(log) bernoulli(identity) bernoulli(probit)"),
    *_of("both", _HALF, "bernoulli(identity) bernoulli(log)", "y ~ steep"),
    *_of("no successes", _ZERO, "binomial beta_binomial zero_inflated(binomial)", "y | trials(n) ~ x"),
    *_of("no failures", _TRIALS, "binomial beta_binomial hurdle(binomial)", "y | trials(n) ~ x"),
    *_of("1e-9", 1e-9 * (1 + _POSITIVE), "beta gamma(identity) gamma(inverse) gaussian asym_laplace"),
    *_of("near 1", 1 - 1e-9 * (1 + _POSITIVE), "beta beta(probit) beta(cloglog)"),
    *_of("ends only", _HALF, "zero_one_inflated_beta ordered_beta"),
    *_of("all ones", _ONE, "zero_one_inflated_beta ordered_beta"),
    *_of("no ends", 0.1 + 0.5 * _HALF, "zero_one_inflated_beta ordered_beta zero_inflated(beta)"),
    *_of("1e9", 1e9 * _POSITIVE, "gaussian student skew_normal exgaussian lognormal shifted_lognormal"),
    *_of("1e9", 1e9 * _POSITIVE, "gamma gamma(identity) gamma(inverse) gamma(sqrt) gamma(softplus)"),
    *_of("1e9", 1e9 * _POSITIVE, "inverse_gaussian(inverse_squared) weibull tweedie gaussian(log)"),
    *_of("1e-15", 1e-15 * _POSITIVE, "gamma exponential lognormal inverse_gaussian"),
    *_of("steep", _POSITIVE, "gamma(identity) gamma(inverse) gaussian(sqrt)", "y ~ steep"),
    *_of("below 0", -_POSITIVE, "gaussian(log) gaussian(inverse) gaussian(sqrt) student(softplus)"),
    *_of("both signs", _X, "gaussian(log) gaussian(inverse) gaussian(sqrt)"),
    *_of("half zeros", np.where(_HALF, 1e6 * _POSITIVE, 0.0), "tweedie hurdle(gamma) hurdle(lognormal)"),
    *_of("at pi", np.pi * _ONE, "von_mises von_mises(identity)"),
    OddCase("y ~ x", "gaussian", "1e9", 1e9 * _POSITIVE, (("sigma", "~ x + (1 | g)"),)),
    OddCase("y ~ x", "inverse_gaussian", "1e9", 1e9 * _POSITIVE, (("shape", "~ x"),)),
    OddCase("y ~ x", "tweedie", "half zeros", np.where(_HALF, 1e6 * _POSITIVE, 0.0), (("phi", "~ x"),)),
    OddCase("y ~ x", "shifted_lognormal", "1e9", 1e9 * _POSITIVE, (("ndt", "~ x"),)),
    OddCase("y ~ x", "hurdle(shifted_lognormal)", "half zeros", _HALF, (("ndt", "~ 1 + (1 | g)"),)),
    OddCase("y ~ x", "zero_inflated(poisson)", "all zeros", _ZERO, (("zi", "~ x"),)),
    OddCase("y ~ x", "zero_one_inflated_beta", "ends only", _HALF, (("zoi", "~ x"), ("coi", "~ x"))),
    OddCase("y ~ x", "ordered_beta", "ends only", _HALF, (("cutzero", "~ x"), ("cutgap", "~ x"))),
)
