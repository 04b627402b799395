"""Units do not matter: under default priors the posterior of rescaled or shifted data is the mapped one.

Exact, on densities: at mapped points they differ by a constant, the log Jacobian of the map. With the
coefficients integrated out that constant is left open; with all of them in the density (`mapped`) it is
known.

It does not hold, and is not claimed (`NOT_EQUIVARIANT`), for y in other units where `phi` of `tweedie` has a
unit that depends on `power`; for links that are neither a log nor a power (softplus); for a log link without
an intercept, whose coefficients must carry log(mean y); and for a shift of x where no intercept can take it
up (`||`, `0 + x`), which makes another model of it. Families without units (counts, proportions, classes,
angles) have nothing to map. An offset is in units of the linear predictor and has to be changed with it.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import bayesformula as bf
from bayesformula import api
from bayesformula.compiler import marginal
from bayesformula.compiler.marginal import Theta
from cases import matrices, panel
from family_cases import CASES, simulate
from statistical.mapped import Change, difference

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


# ---- with every coefficient in the density -----------------------------------------------------------

SLOPES = "y ~ x + (1 + x | g)"
DRAWS = {case.family: case for case in CASES if not case.further}


@cache
def drawn(family: str) -> pd.DataFrame:
    """40 rows of a family, by NumPy alone; x away from 0, so that a change of its unit shows."""
    frame, _ = simulate(DRAWS[family], 40, 5, seed=3)
    return frame.assign(x=frame.x + 1.0, arm=frame.g.isin(["g00", "g01", "g02"]), o=np.sin(np.arange(40.0)))


def check(formula, family: str | bf.families.Family, source: str, change: Change, plan: str) -> None:
    """The densities differ by the Jacobian alone, and what is reported is mapped as it should be."""
    found = difference(formula, family, drawn(source), change, plan)
    assert_allclose(found.log_density, 0.0, atol=1e-9 * 40)
    for name, (expected, value) in found.reported.items():
        atol = 1e-9 * np.max(np.abs(expected), initial=0.0)
        assert_allclose(value, expected, rtol=1e-9, atol=atol, err_msg=name)


# formula, family, and the family that the rows are drawn from where it is another
Y_UNITS = [
    *[(SLOPES, family) for family in (
        "gaussian", "student", "skew_normal", "exgaussian", "asym_laplace", "lognormal", "shifted_lognormal",
        "gamma", "inverse_gaussian", "weibull", "exponential", "hurdle(gamma)",
    )],
    (SLOPES, "hurdle(lognormal)", "hurdle(gamma)"),
    (SLOPES, "zero_inflated(weibull)", "hurdle(gamma)"),
    (SLOPES, "gamma(identity)", "gamma"),
    (SLOPES, "gamma(inverse)", "gamma"),
    (SLOPES, "gamma(sqrt)", "gamma"),
    (SLOPES, "inverse_gaussian(inverse_squared)", "inverse_gaussian"),
    (SLOPES, "gaussian(log)", "gamma"),
    (SLOPES, "student(inverse)", "gamma"),
    ("y ~ 0 + x + (0 + x | g)", "gaussian"),
    ("y ~ x + (1 + x || g) + (1 | gr(arm, dist = 'student'))", "gaussian"),
    (bf.formula("y ~ x + (1 | i | g)", sigma="~ x + (1 | i | g)"), "gaussian"),
    (bf.formula("y ~ x", sigma="~ x + (1 | g)"), bf.families.gaussian(link_sigma="identity"), "gaussian"),
    (bf.formula("y ~ x", ndt="~ x"), bf.families.shifted_lognormal(link_ndt="identity"), "shifted_lognormal"),
    (bf.formula("y ~ x", nu="~ x", sigma="~ x"), "student"),
    (bf.formula("y ~ x", shape="~ x"), "inverse_gaussian"),
    (bf.formula("y ~ x", ndt="~ 1 + (1 | g)"), "shifted_lognormal"),
    (bf.formula("y ~ x", beta="~ x"), "exgaussian"),
    (bf.formula("y ~ x", hu="~ x", shape="~ x"), "hurdle(gamma)"),
]  # fmt: skip


def _id(case) -> str:
    return f"{getattr(case[1], 'links', case[1])}: {getattr(case[0], 'text', case[0])}"


@pytest.mark.parametrize("case", Y_UNITS, ids=_id)
def test_the_unit_of_y(case):
    formula, family, *source = case
    check(formula, family, *(source or [family]), Change(y_unit=1000.0), "centred")


X_UNITS = [
    (SLOPES, "gaussian"),
    ("y ~ x + (1 + x | gr(g, by = arm))", "student"),
    (bf.formula("y ~ x + (1 + x | i | g)", sigma="~ x + (1 + x | i | g)"), "gaussian"),
    (bf.formula(SLOPES, sigma="~ x + (1 + x | g)"), "lognormal"),
    ("y ~ x + offset(o) + (1 + x | g)", "gamma"),
    ("y ~ x + offset(o) + (1 + x | g)", "poisson"),
    ("y | trials(n) ~ x + (1 + x | g)", "beta_binomial"),
    (SLOPES, "bernoulli(cloglog)"),
    (SLOPES, "cumulative"),
    ("y ~ x + (1 + x | gr(g, dist = 'student'))", "sratio"),
    ("y ~ arm + cs(x) + (1 | g)", "acat"),
    (SLOPES, "categorical", "cumulative"),
    (bf.formula(SLOPES, zi="~ x + (1 + x | g)"), "zero_inflated(poisson)"),
    (bf.formula(SLOPES, shape="~ x", hu="~ x + (1 | g)"), "hurdle(negbinomial)"),
    (SLOPES, "tweedie"),
    (SLOPES, "von_mises"),
]


@pytest.mark.parametrize("change", [Change(x_unit=1000.0), Change(x_shift=2000.0)], ids=["unit", "shift"])
@pytest.mark.parametrize("case", X_UNITS, ids=_id)
def test_the_unit_and_the_origin_of_x(case, change):
    formula, family, *source = case
    check(formula, family, *(source or [family]), change, "centred")


@pytest.mark.parametrize(
    "change", [Change(1000.0), Change(x_unit=1000.0), Change(x_shift=2000.0)], ids=["y", "x", "shift"]
)
def test_the_same_with_unit_scale_effects(change):
    check(SLOPES, "student", "student", change, "noncentred")


NOT_EQUIVARIANT = [
    (SLOPES, "tweedie", "tweedie", Change(y_unit=1000.0)),
    (SLOPES, "gamma(softplus)", "gamma", Change(y_unit=1000.0)),
    ("y ~ 0 + x", "gamma", "gamma", Change(y_unit=1000.0)),
    ("y ~ x + (1 + x || g)", "gaussian", "gaussian", Change(x_shift=2000.0)),
]


@pytest.mark.parametrize("case", NOT_EQUIVARIANT, ids=_id)
def test_where_units_do_matter(case):
    """What the docs say is not equivariant is not, so that they are not out of date."""
    formula, family, source, change = case
    found = difference(formula, family, drawn(source), change, "centred")
    assert abs(found.log_density) > 1e-3
