"""Heavy-tailed priors when integrated: scale mixtures, integrated numerically, are the prior itself."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import quad
from scipy.stats import cauchy, gamma, norm, t

from bayesformula import api
from bayesformula.compiler import marginal
from bayesformula.compiler.marginal import Theta
from cases import panel

SIGMA = 0.9


@pytest.mark.parametrize(
    ("prior", "density", "df"),
    [
        ("student_t(3, 0.4, 0.2)", t(3, 0.4, 0.2).pdf, 3.0),
        ("student_t(1.5, 0, 2)", t(1.5, 0, 2).pdf, 1.5),
        ("cauchy(1, 0.5)", cauchy(1, 0.5).pdf, 1.0),
    ],
)
def test_integrating_the_mixing_scale_gives_the_stated_prior(prior, density, df):
    """One coefficient: int p(y | lambda) p(lambda) d lambda = int p(y | b) p(b) d b."""
    frame = panel().iloc[:15]
    options = {"family": None, "priors": [f"b ~ {prior}"], "plan": "marginal", "na": "drop", "checks": None}
    ready = api.prepare("y ~ 0 + x", frame, **options, quiet=True)
    program, data, _ = api.compile_inputs(ready.model, "marginal", ready.design)
    y, x = frame["y"].to_numpy(), frame["x"].to_numpy()
    slope = x @ y / (x @ x)
    peak = norm(slope * x, SIGMA).logpdf(y).sum()

    def given_scale(log_scale: float) -> float:
        theta = Theta(
            (), (), (), jnp.zeros(1), jnp.exp(jnp.array([log_scale])), {"sigma": jnp.asarray(SIGMA)}
        )
        log_p = float(marginal.log_density(program.structure, data, theta)) - peak
        return float(np.exp(log_p + log_scale) * gamma(df / 2, scale=2 / df).pdf(np.exp(log_scale)))

    def given_slope(b: float) -> float:
        return float(np.exp(norm(b * x, SIGMA).logpdf(y).sum() - peak) * density(b))

    left = quad(given_scale, -12, 6, epsrel=1e-7, limit=200)[0]
    right = quad(given_slope, slope - 8, slope + 8, points=[slope], epsrel=1e-9, limit=200)[0]
    assert_allclose(left, right, rtol=2e-4)  # what is cut off of the tails of lambda
