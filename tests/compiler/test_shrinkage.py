"""Joint priors of coefficients: what they say a priori, their density, and the sampler's coordinates."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import pytest
from numpy.testing import assert_allclose
from numpyro import handlers
from numpyro.infer.util import constrain_fn, potential_energy
from scipy import stats

from bayesformula.compiler import shrinkage
from bayesformula.compiler.kinds import arguments_of, kind_of
from bayesformula.compiler.sites import members, sample_vector
from bayesformula.prior_text import parse_priors
from bayesformula.priors import Prior

SCALE = np.array([0.5, 2.0, 1.0, 300.0])
PRIORS = [
    "horseshoe(1)",
    "horseshoe(3, scale_global = 0.1, df_slab = 10, scale_slab = 1)",
    "r2d2",
    "R2D2(0.3, 5, 1)",
]


def read(text):
    return parse_priors(f"b ~ {text}")[0].prior


def numbers(prior, n_rows=0):
    return np.array(arguments_of(prior, n_rows))


def model(prior, scale=SCALE):
    arguments = numbers(prior)

    def coefficients():
        b = shrinkage.sample(kind_of(prior), "b", jnp.asarray(scale), jnp.asarray(arguments))
        numpyro.deterministic("coefficients", b)

    return coefficients


def layout(prior, has_z=True):
    return shrinkage.parts(kind_of(prior), "b", np.zeros(4), SCALE, numbers(prior), has_z=has_z)


def simulate(prior, rng, n):
    """Standardised coefficients (n, m) by the definitions of the two papers, as NumPy draws them."""
    m = len(SCALE)
    if prior.distribution == "horseshoe":
        df, scale_global, df_global, df_slab, scale_slab, _ = prior.arguments
        tau = np.abs(scale_global * rng.standard_t(df_global, size=(n, 1)))
        local = np.abs(rng.standard_t(df, size=(n, m)))
        c2 = scale_slab**2 / rng.gamma(df_slab / 2, 2 / df_slab, size=(n, 1))
        sds = tau * local * np.sqrt(c2 / (c2 + tau**2 * local**2))
    else:
        mean, precision, concentration = prior.arguments
        r2 = rng.beta(mean * precision, (1 - mean) * precision, size=(n, 1))
        sds = np.sqrt(rng.dirichlet(np.full(m, concentration), size=n) * r2 / (1 - r2))
    return sds * rng.normal(size=(n, m))


@pytest.mark.parametrize("text", PRIORS)
def test_prior_draws_are_those_of_the_papers(text):
    """Two-sample Kolmogorov-Smirnov per coefficient, and of the largest (fails once in 2,000)."""
    prior, n = read(text), 4000
    draw = jax.vmap(
        lambda key: handlers.trace(handlers.seed(model(prior), key)).get_trace()["coefficients"]["value"]
    )
    ours = np.asarray(jax.jit(draw)(jax.random.split(jax.random.PRNGKey(8), n))) / SCALE
    theirs = simulate(prior, np.random.default_rng(3), n)
    for column in range(len(SCALE)):
        assert stats.ks_2samp(ours[:, column], theirs[:, column]).pvalue > 1e-4
    assert stats.ks_2samp(np.abs(ours).max(axis=1), np.abs(theirs).max(axis=1)).pvalue > 1e-4


def expected_log_density(prior, z):
    """The density of the unconstrained coordinates by scipy's densities and the change of variables."""
    values = {name: np.exp(value) for name, value in z.items()}
    normal = stats.norm.logpdf(z["b.z"]).sum()
    if prior.distribution == "horseshoe":
        df, scale_global, df_global, df_slab, _ = numbers(prior)
        return (
            normal
            + np.sum(np.log(2) + stats.t.logpdf(values["b.local"], df) + z["b.local"])
            + np.log(2) + stats.t.logpdf(values["b.global"], df_global, scale=scale_global) + z["b.global"]
            + stats.invgamma.logpdf(values["b.slab"], df_slab / 2, scale=df_slab / 2) + z["b.slab"]
        )  # fmt: skip
    mean, precision, concentration = numbers(prior)[:3]
    r2 = 1 / (1 + np.exp(-z["b.R2"]))
    return (
        normal
        + stats.beta.logpdf(r2, mean * precision, (1 - mean) * precision) + np.log(r2) + np.log1p(-r2)
        + np.sum(stats.gamma.logpdf(values["b.weight"], concentration) + z["b.weight"])
    )  # fmt: skip


@pytest.mark.parametrize("text", PRIORS)
def test_the_density_of_the_coordinates_is_scipys(text):
    prior, rng = read(text), np.random.default_rng(1)
    z = {part.name: rng.normal(size=part.z.shape) for part in layout(prior)}
    ours = -potential_energy(model(prior), (), {}, {name: jnp.asarray(v) for name, v in z.items()})
    assert_allclose(float(ours), expected_log_density(prior, z), rtol=1e-11)


@pytest.mark.parametrize("text", PRIORS)
@pytest.mark.parametrize("size", [-300.0, -40.0, 0.0, 40.0, 300.0])
def test_coefficients_and_gradients_are_finite_far_out(text, size):
    prior = read(text)

    def total(z):
        return constrain_fn(model(prior), (), {}, z, return_deterministic=True)["coefficients"].sum()

    z = {part.name: jnp.full(part.z.shape, size) for part in layout(prior)}
    z["b.z"] = jnp.ones(4)
    assert np.isfinite(total(z))
    gradients = [jax.grad(total)(z)]
    if abs(size) <= 40.0:
        gradients.append(jax.grad(lambda z: potential_energy(model(prior), (), {}, z))(z))
    for gradient in gradients:
        assert all(np.all(np.isfinite(values)) for values in gradient.values())


@pytest.mark.parametrize("text", PRIORS)
def test_the_layout_is_that_of_the_model(text):
    prior = read(text)
    trace = handlers.trace(handlers.seed(model(prior), 0)).get_trace()
    shapes = {name: np.shape(site["value"]) for name, site in trace.items() if site["type"] == "sample"}
    assert [(part.name, part.z.shape, part.size.shape) for part in layout(prior)] == [
        (name, shape, shape) for name, shape in shapes.items()
    ]
    assert [part.name for part in layout(prior, has_z=False)] == [name for name in shapes if name != "b.z"]


@pytest.mark.parametrize("text", PRIORS)
def test_chains_start_near_the_rough_coefficients(text):
    prior, value = read(text), np.array([0.05, -0.1, 0.0, 40.0])
    parts = shrinkage.parts(kind_of(prior), "b", value, SCALE, numbers(prior))
    z = {part.name: jnp.asarray(part.z) for part in parts}
    start = constrain_fn(model(prior), (), {}, z, return_deterministic=True)["coefficients"]
    assert_allclose(start, value, atol=0.1 * SCALE.max())
    assert_allclose(np.asarray(start)[:3], value[:3], rtol=0.5)


@pytest.mark.parametrize("text", PRIORS)
def test_units_do_not_matter(text):
    """Other units of x and y multiply the coefficients, at the same coordinates."""
    prior, rng = read(text), np.random.default_rng(1)
    z = {part.name: jnp.asarray(rng.normal(size=part.z.shape)) for part in layout(prior)}
    one, other = (
        constrain_fn(model(prior, scale), (), {}, z, return_deterministic=True)["coefficients"]
        for scale in (SCALE, SCALE * np.array([1e3, 1e-3, 7.0, 1.0]))
    )
    assert_allclose(other, np.asarray(one) * np.array([1e3, 1e-3, 7.0, 1.0]), rtol=1e-12)


def test_a_slab_bounds_what_a_horseshoe_lets_through():
    """A coefficient that escapes is normal with the slab's sd, whatever its lambda."""
    prior = read("horseshoe(1, scale_slab = 3)")
    z = {part.name: jnp.zeros(part.z.shape) for part in layout(prior)}
    z |= {"b.local": jnp.array([0.0, 30.0, 300.0, -300.0]), "b.z": jnp.ones(4)}
    b = np.asarray(
        constrain_fn(model(prior, np.ones(4)), (), {}, z, return_deterministic=True)["coefficients"]
    )
    assert_allclose(b, [1 / np.sqrt(1 + 1 / 9), 3.0, 3.0, 0.0], rtol=1e-9, atol=1e-100)


def test_par_ratio_is_relative_to_the_rows():
    """tau_0 = p_0 / (D - p_0) / sqrt(n), Piironen and Vehtari's equation 3.12 in units of sigma."""
    assert numbers(read("horseshoe(par_ratio = 0.2)"), 400).tolist() == [1.0, 0.01, 1.0, 4.0, 2.0]
    assert numbers(Prior("horseshoe", (3.0, 0.5, 2.0, 4.0, 2.0, 0.0))).tolist() == [3.0, 0.5, 2.0, 4.0, 2.0]


@pytest.mark.parametrize(("kind", "name"), [("horseshoe", "hs_global"), ("r2d2", "R2D2_R2")])
def test_what_is_reported(kind, name):
    values = {"b.global": 2.0, "b.R2": 2.0}
    assert shrinkage.reported(kind, "b", values) == {name: 2.0}
    assert shrinkage.reported(kind, "b", values, "sigma") == {f"{name}_sigma": 2.0}


def test_a_vector_may_mix_joint_priors_and_others():
    """`b ~ horseshoe(1)` with a prior of its own for one coefficient, and another one known."""
    priors = [
        read("horseshoe(1)"),
        Prior("normal", (5.0, 1e-9)),
        read("horseshoe(1)"),
        Prior("constant", (7.0,)),
    ]
    kinds = tuple(map(kind_of, priors))
    table = jnp.asarray([arguments_of(prior) for prior in priors])
    assert [member.positions for member in members("b", kinds)] == [(0, 2), (1,)]
    with handlers.seed(rng_seed=1), handlers.trace() as trace:
        b = np.asarray(sample_vector("b", kinds, table, jnp.asarray([1.0, 1.0, 1e9, 1.0])))
    assert_allclose(b[[1, 3]], [5.0, 7.0], rtol=1e-6)
    assert abs(b[2]) > 1e3 > abs(b[0])
    assert [name for name in trace if name.startswith("b.horseshoe")] == [
        f"b.horseshoe.{part}" for part in ("local", "global", "slab", "z")
    ]
