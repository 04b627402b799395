"""Continuous families: parameter values, and the same distribution out of scipy."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from scipy import special, stats

from bayesformula.compiler.likelihood import continuous, positive
from bayesformula.compiler.likelihood.continuous_tails import log_cdf, log_sf
from bayesformula.compiler.likelihood.terms import Terms
from bayesformula.compiler.links import Linked

N = 48
"""Responses a case: one shape, so that every case of a family runs one compiled program."""


@dataclass(frozen=True)
class Case:
    """A family at one point of its parameters."""

    family: str
    parameters: tuple[tuple[str, float], ...]

    def __str__(self) -> str:
        return f"{self.family}({', '.join(f'{name}={value:g}' for name, value in self.parameters)})"

    @property
    def scipy(self):
        """The frozen distribution of scipy."""
        return ORACLES[self.family](**dict(self.parameters))

    @property
    def response(self) -> np.ndarray:
        """N responses over the bulk and both tails, and where the density is next to nothing."""
        q = np.concatenate([np.geomspace(1e-12, 0.4, N // 2 - 2), 1 - np.geomspace(1e-12, 0.5, N // 2 - 2)])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a quantile that scipy looks for in vain
            y = self.scipy.ppf(q)
        y = y[np.isfinite(y) & (np.abs(y) > 1e-300)]  # below, XLA flushes to zero
        low, high = y.min(), y.max()
        reach = np.array([low - (high - low), high + (high - low), 10 * high + 1, low - 1e-3])
        return np.resize(np.concatenate([y, reach]), N)


def _skew_normal(mu: float, sigma: float, alpha: float):
    delta = alpha / np.sqrt(1 + alpha**2)
    omega = sigma / np.sqrt(1 - 2 * delta**2 / np.pi)
    return stats.skewnorm(alpha, mu - omega * delta * np.sqrt(2 / np.pi), omega)


def _asym_laplace(mu: float, sigma: float, quantile: float):
    ratio = np.sqrt(quantile / (1 - quantile))
    return stats.laplace_asymmetric(ratio, mu, sigma / np.sqrt(quantile * (1 - quantile)))


ORACLES: Mapping[str, Callable] = {
    "gaussian": lambda mu, sigma: stats.norm(mu, sigma),
    "student": lambda mu, sigma, nu: stats.t(nu, mu, sigma),
    "skew_normal": _skew_normal,
    "exgaussian": lambda mu, sigma, beta: stats.exponnorm(beta / sigma, mu - beta, sigma),
    "asym_laplace": _asym_laplace,
    "von_mises": lambda mu, kappa: stats.vonmises(kappa, mu),
    "lognormal": lambda mu, sigma: stats.lognorm(sigma, scale=np.exp(mu)),
    "shifted_lognormal": lambda mu, sigma, ndt: stats.lognorm(sigma, ndt, np.exp(mu)),
    "gamma": lambda mu, shape: stats.gamma(shape, scale=mu / shape),
    "inverse_gaussian": lambda mu, shape: stats.invgauss(mu / shape, scale=shape),
    "weibull": lambda mu, shape: stats.weibull_min(shape, scale=mu / special.gamma(1 + 1 / shape)),
    "exponential": lambda mu: stats.expon(scale=mu),
}

_GRID = {
    "gaussian": [(0.3, 1.1), (1e4, 1e-3), (-5.0, 1e8)],
    "student": [(0.3, 1.1, nu) for nu in (1.0, 1.5, 3.0, 30.0, 1e3, 1e7)],
    "skew_normal": [(0.3, 1.1, alpha) for alpha in (-60.0, -2.0, 0.0, 0.5, 9.0)],
    "exgaussian": [(0.3, 0.7, beta) for beta in (0.05, 0.7, 10.0)] + [(600.0, 50.0, 100.0)],
    "asym_laplace": [(0.3, 1.1, q) for q in (0.01, 0.25, 0.5, 0.95)],
    "von_mises": [(0.3, kappa) for kappa in (1e-3, 1.0, 50.0, 499.0, 501.0, 1e6)],
    "lognormal": [(0.3, 0.4), (-9.0, 3.0), (5.0, 0.01)],
    "shifted_lognormal": [(0.3, 0.4, 0.2), (-1.0, 0.6, 0.001)],
    "gamma": [(1.7, shape) for shape in (0.01, 0.3, 0.99, 1.0, 3.0, 200.0, 1e5)] + [(1e-5, 2.0), (1e7, 2.0)],
    "inverse_gaussian": [(1.7, shape) for shape in (0.01, 0.3, 3.0, 200.0, 1e5)] + [(1e-5, 1e-4)],
    "weibull": [(1.7, shape) for shape in (0.2, 1.0, 3.0, 50.0)] + [(1e6, 1.4)],
    "exponential": [(1.7,), (1e-6,), (1e6,)],
}

NAMES = {
    "gaussian": "mu sigma",
    "student": "mu sigma nu",
    "skew_normal": "mu sigma alpha",
    "exgaussian": "mu sigma beta",
    "asym_laplace": "mu sigma quantile",
    "von_mises": "mu kappa",
    "lognormal": "mu sigma",
    "shifted_lognormal": "mu sigma ndt",
    "gamma": "mu shape",
    "inverse_gaussian": "mu shape",
    "weibull": "mu shape",
    "exponential": "mu",
    "tweedie": "mu phi power",
}
"""Parameters of each family."""

CASES = [
    Case(family, tuple(zip(NAMES[family].split(), map(float, values), strict=True)))
    for family, grid in _GRID.items()
    for values in grid
]

TAILED = [case for case in CASES if case.family not in ("skew_normal", "von_mises")]
"""Those that can be censored and truncated."""


def likelihood(family: str) -> Callable:
    return getattr(continuous, family, None) or getattr(positive, family)


def made(family: str, eta: Mapping[str, object], links: Mapping[str, str] | None = None):
    """The distribution of a family at these linear predictors; links not given are identity."""
    links = links or {}
    p = {name: Linked(jnp.asarray(at), links.get(name, "identity")) for name, at in eta.items()}
    return likelihood(family)(p, Terms())


QUICK = {"xla_backend_optimization_level": 0}
"""Small programs that run a few times: half the time to compile."""

FORMS = {"log_prob": lambda d, y: d.log_prob(y), "log_cdf": log_cdf, "log_sf": log_sf}


@functools.cache
def program(family: str, form: str, links: tuple[tuple[str, str], ...] = ()):
    """(values of the parameters, responses) -> the form and its derivatives in each parameter, by row."""

    def one(eta: dict[str, jax.Array], y: jax.Array) -> jax.Array:
        return FORMS[form](made(family, eta, dict(links)), y)

    return jax.jit(jax.vmap(jax.value_and_grad(one)), compiler_options=QUICK)


@functools.cache
def sampler(family: str, n: int):
    """(key, values of the parameters) -> n draws."""
    return jax.jit(lambda key, eta: made(family, eta).sample(key, (n,)), compiler_options=QUICK)


def evaluate(case: Case, form: str, y: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """A form at every response, and its derivatives in the parameters."""
    eta = {name: np.full(len(y), value) for name, value in case.parameters}
    value, slopes = program(case.family, form)(eta, y)
    return np.asarray(value), {name: np.asarray(slope) for name, slope in slopes.items()}
