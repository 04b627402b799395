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
from cases import matrices, panel

TERMS = {
    "plain": "(1 + x | g)",
    "by": "(1 + x | gr(g, by = arm))",
    "cov": "(1 + x | gr(g, cov = A))",
    "student": "(1 + x | gr(g, dist = 'student'))",
    "mm": "(1 + x | mm(g, g2))",
    "mmc": "(1 + mmc(x, x2) | mm(g, g2, weights = cbind(w1, w2)))",
    "unscaled": "(1 + mmc(x, x2) | mm(g, g2, weights = cbind(w1, w2), scale = FALSE))",
}


def rows() -> pd.DataFrame:
    frame = panel()
    return frame.assign(x2=frame.z2 - 3.0)


def log_posterior(frame: pd.DataFrame, kind: str, sd, cor, sd_h, sigma) -> float:
    """log p(y | theta) p(theta) at reported sds, correlation and sigma."""
    import jax.numpy as jnp
    import numpyro.distributions as dist

    options = {"family": None, "priors": None, "plan": "marginal", "na": "drop", "checks": None}
    formula = f"y ~ x + f + {TERMS[kind]} + (1 | h)"
    ready = api.prepare(formula, frame, **options, data2=matrices(), quiet=True)
    program, data, _ = api.compile_inputs(ready.model, "marginal", ready.design)
    chols = [
        chol_at_means(data, np.array(sd) * factor, cor) for factor in ((1, 1.7) if kind == "by" else (1,))
    ]
    spread = jnp.exp(jnp.sin(jnp.arange(9.0))) if kind == "student" else None
    theta = Theta(
        chol_cov=(jnp.asarray(np.stack(chols) if kind == "by" else chols[0]), jnp.array([[sd_h]])),
        spread=(spread, None),
        df=(None, None),
        b=jnp.zeros(len(ready.model.mu.columns)),
        mixing=jnp.zeros(0),
        scalars={"sigma": jnp.asarray(sigma)},
    )
    rates, rate_h = data.priors.sd[0][:, 0].reshape(-1, 2), data.priors.sd[1][0, 0]
    total = float(marginal.log_density(program.structure, data, theta))
    for rate, chol in zip(rates, chols, strict=True):
        scale = np.sqrt(np.sum(chol**2, axis=1))
        total += float(dist.Exponential(rate).log_prob(scale).sum())
        total += float(dist.LKJCholesky(2, 2.0).log_prob(chol / scale[:, None]))
    total += float(dist.Exponential(rate_h).log_prob(sd_h))
    total += float(dist.Exponential(data.priors.scalars["sigma"][0, 0]).log_prob(sigma))
    return total  # of prior coordinates, which the map only rescales: a constant


def chol_at_means(data, sd, cor) -> np.ndarray:
    """The factor in prior coordinates of a covariance given in reported ones."""
    reported = np.diag(sd) @ np.array([[1.0, cor], [cor, 1.0]]) @ np.diag(sd)
    to = np.linalg.inv(np.asarray(data.reported.groups[0]))
    return np.linalg.cholesky(to @ reported @ to.T)


POINTS = [((1.0, 0.5), -0.3, 0.8, 0.6), ((0.3, 1.2), 0.7, 0.2, 1.1), ((2.0, 0.1), 0.0, 1.5, 0.4)]


@pytest.mark.parametrize("kind", TERMS)
@pytest.mark.parametrize(
    ("columns", "factor", "shift"), [("y", 1000.0, 0.0), ("x x2", 1000.0, 0.0), ("x x2", 1.0, 2000.0)]
)
def test_default_priors_are_equivariant(columns, factor, shift, kind):
    """The map of (sds, correlation, sigma) is that of the covariance under u -> M u."""
    frame = rows()
    moved = frame.assign(**{column: factor * frame[column] + shift for column in columns.split()})
    before, after = [], []
    for sd, cor, sd_h, sigma in POINTS:
        cov = np.diag(sd) @ np.array([[1.0, cor], [cor, 1.0]]) @ np.diag(sd)
        if columns == "y":
            m, unit = factor * np.eye(2), factor
        else:  # b0 + b1 x = (b0 - b1 shift / factor) + (b1 / factor) (factor x + shift)
            m, unit = np.array([[1.0, -shift / factor], [0.0, 1.0 / factor]]), 1.0
        new = m @ cov @ m.T
        new_sd = np.sqrt(np.diag(new))
        before.append(log_posterior(frame, kind, sd, cor, sd_h, sigma))
        after.append(log_posterior(moved, kind, new_sd, new[0, 1] / new_sd.prod(), sd_h * unit, sigma * unit))
    difference = np.array(after) - np.array(before)
    assert_allclose(difference, difference[0], rtol=0, atol=2e-6 if shift else 1e-8)
