"""Units do not matter: under default priors the posterior of rescaled or shifted data is the mapped one.

Exact, on densities: at mapped points they differ by a constant, the log Jacobian of the map.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from bayesformula import api
from bayesformula.compiler import marginal
from bayesformula.compiler.marginal import Theta
from cases import panel

FORMULA = "y ~ x + f + (1 + x | g) + (1 | h)"


def log_posterior(frame: pd.DataFrame, sd, cor, sd_h, sigma, formula: str = FORMULA) -> float:
    """log p(y | theta) p(theta) at reported sds, correlation and sigma."""
    import jax.numpy as jnp
    import numpyro.distributions as dist

    options = {"family": None, "priors": None, "plan": "marginal", "na": "drop", "checks": None}
    ready = api.prepare(formula, frame, **options, quiet=True)
    program, data, _ = api.compile_inputs(ready.model, "marginal", ready.design)
    reported = np.diag(sd) @ np.array([[1.0, cor], [cor, 1.0]]) @ np.diag(sd)
    to = np.asarray(data.reported.groups[0])
    chol = np.linalg.cholesky(np.linalg.inv(to) @ reported @ np.linalg.inv(to).T)
    scale = np.sqrt(np.sum(chol**2, axis=1))
    theta = Theta(
        (jnp.asarray(chol), jnp.array([[sd_h]])), jnp.zeros(len(ready.model.mu.columns)), jnp.zeros(0), sigma
    )
    rate, rate_h = data.priors.sd[0][:, 0], data.priors.sd[1][0, 0]
    total = float(marginal.log_density(program.structure, data, theta))
    total += float(dist.Exponential(rate).log_prob(scale).sum() + dist.Exponential(rate_h).log_prob(sd_h))
    total += float(dist.LKJCholesky(2, 2.0).log_prob(chol / scale[:, None]))
    total += float(dist.Exponential(data.priors.sigma[0, 0]).log_prob(sigma))
    return total  # of prior coordinates, which the map only rescales: a constant


POINTS = [((1.0, 0.5), -0.3, 0.8, 0.6), ((0.3, 1.2), 0.7, 0.2, 1.1), ((2.0, 0.1), 0.0, 1.5, 0.4)]


@pytest.mark.parametrize(
    ("column", "factor", "shift"), [("y", 1000.0, 0.0), ("x", 1000.0, 0.0), ("x", 1.0, 2000.0)]
)
def test_default_priors_are_equivariant(column, factor, shift):
    """The map of (sds, correlation, sigma) is that of the covariance under u -> M u."""
    frame = panel()
    moved = frame.assign(**{column: factor * frame[column] + shift})
    before, after = [], []
    for sd, cor, sd_h, sigma in POINTS:
        cov = np.diag(sd) @ np.array([[1.0, cor], [cor, 1.0]]) @ np.diag(sd)
        if column == "y":
            m, unit = factor * np.eye(2), factor
        else:  # b0 + b1 x = (b0 - b1 shift / factor) + (b1 / factor) (factor x + shift)
            m, unit = np.array([[1.0, -shift / factor], [0.0, 1.0 / factor]]), 1.0
        new = m @ cov @ m.T
        new_sd = np.sqrt(np.diag(new))
        before.append(log_posterior(frame, sd, cor, sd_h, sigma))
        after.append(log_posterior(moved, new_sd, new[0, 1] / new_sd.prod(), sd_h * unit, sigma * unit))
    difference = np.array(after) - np.array(before)
    assert_allclose(difference, difference[0], rtol=0, atol=1e-6 if shift else 1e-8)
