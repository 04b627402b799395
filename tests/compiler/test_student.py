"""Student effects: the coordinate of a level is a change of variables and nothing more."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from numpyro.infer.util import constrain_fn
from scipy import stats
from scipy.integrate import quad

from bayesformula import api
from bayesformula.compiler.emit import unravel
from bayesformula.compiler.student import LevelCoordinate, level_spread
from bayesformula.errors import OptionError
from bayesformula.pipeline import with_init
from cases import panel

DF = (0.6, 2.0, 7.0, 60.0, 1000.0)


def density(x: float, df: float) -> float:
    return float(jnp.exp(LevelCoordinate(jnp.asarray(df / 2)).log_prob(jnp.asarray(x))))


@pytest.mark.parametrize("df", DF)
def test_the_scale_of_a_level_is_an_inverse_root_of_a_gamma(df):
    """p(x) = p(w) |dw/dx| at w = spread^-2, for w ~ Gamma(df/2, df/2)."""
    x = jnp.linspace(-4.0, 2.0, 25)
    w = np.asarray(level_spread(x, jnp.asarray(df / 2)) ** -2)
    slope = np.asarray(jax.vmap(jax.grad(lambda v: level_spread(v, jnp.asarray(df / 2)) ** -2))(x))
    expected = stats.gamma(df / 2, scale=2 / df).logpdf(w) + np.log(slope)
    assert_allclose(LevelCoordinate(jnp.asarray(df / 2)).log_prob(x), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("df", DF)
def test_effects_are_t_with_df_degrees_of_freedom(df):
    """Normal given the scale, the scale integrated out by quadrature."""

    def integrand(x: float, u: float) -> float:
        return float(
            stats.norm(0, float(level_spread(jnp.asarray(x), jnp.asarray(df / 2)))).pdf(u)
        ) * density(x, df)

    for u in (0.0, 1.3, -4.0):
        assert_allclose(quad(integrand, -25, 12, args=(u,), limit=300)[0], stats.t(df).pdf(u), rtol=1e-6)


@pytest.mark.parametrize("df", DF)
def test_draws_follow_the_density(df):
    """Kolmogorov-Smirnov on 4,000 draws with a fixed seed; a true density fails once in 10,000."""
    draws = LevelCoordinate(jnp.asarray(df / 2)).sample(jax.random.PRNGKey(3), (4000,))
    w = np.asarray(level_spread(draws, jnp.asarray(df / 2)) ** -2)
    assert stats.kstest(w, stats.gamma(df / 2, scale=2 / df).cdf).pvalue > 1e-4


def test_the_coordinate_is_nearly_standard_whatever_the_degrees_of_freedom():
    """What it is for: mean within 0.1 of 0 and sd within 0.1 of 1 from df = 2 on."""
    for df in DF[1:]:
        mean = quad(lambda x, df=df: x * density(x, df), -40, 12, limit=300)[0]
        square = quad(lambda x, df=df: x * x * density(x, df), -40, 12, limit=300)[0]
        assert abs(mean) < 0.1
        assert abs(np.sqrt(square - mean**2) - 1) < 0.1


def test_chains_start_at_stated_degrees_of_freedom():
    options = {"family": None, "priors": None, "plan": "auto", "na": "drop", "checks": None}
    ready = api.prepare("y ~ x + (1 | h) + (1 | gr(g, dist = 'student'))", panel(), **options, quiet=True)
    program, data, start = api.compile_inputs(ready.model, ready.plan.name, ready.design)
    start = with_init(start, {"df_g": 4.0}, ready.model, data.reported.b)
    z = program.start(data, start).z
    values = constrain_fn(program.model, (data,), {}, unravel(program.layout, jnp.asarray(z)))
    assert_allclose(values["df_g"], [4.0], rtol=1e-12)
    with pytest.raises(OptionError, match="init names no parameter 'df_h'"):
        with_init(start, {"df_h": 4.0}, ready.model, data.reported.b)
    with pytest.raises(OptionError, match="df_g must be a number above 0"):
        with_init(start, {"df_g": 0.0}, ready.model, data.reported.b)
