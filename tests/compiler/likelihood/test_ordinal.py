"""Ordinal families: the definitions, both tails, reflections, gradients, draws."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from bayesformula.compiler.likelihood import ordinal
from bayesformula.compiler.likelihood.distributions.cumulative import Cumulative
from bayesformula.compiler.likelihood.terms import Terms
from bayesformula.compiler.links import Linked

FAMILIES = {name: getattr(ordinal, name) for name in ("cumulative", "sratio", "cratio", "acat")}
LATENT = {"logit": stats.logistic, "probit": stats.norm, "cloglog": stats.gumbel_l, "cauchit": stats.cauchy}
"""The distribution whose cdf is the inverse link."""
SYMMETRIC = ("logit", "probit", "cauchit")
PAIRS = list(itertools.product(FAMILIES, LATENT))
TAU = np.array([-1.0, 0.2, 0.9, 3.0])
FAR = np.array([-40.0, -9.0, -1.3, 0.0, 0.4, 2.0, 12.0, 40.0])


def made(family, link, eta, tau=TAU, disc=None, specific=None):
    """The distribution of rows with these eta."""
    p = {"mu": Linked(jnp.asarray(eta), link)}
    if disc is not None:
        p["disc"] = Linked(jnp.asarray(disc), "identity")
    if specific is not None:
        specific = jnp.asarray(specific)
    return FAMILIES[family](p, Terms(thresholds=jnp.asarray(tau), specific=specific))


def log_probs(*args, **options):
    """(n, K) of every category, by log_prob."""
    d = made(*args, **options)
    count = len(options.get("tau", TAU)) + 1
    rows = d.batch_shape
    return np.stack([np.asarray(d.log_prob(jnp.full(rows, float(k)))) for k in range(count)], axis=-1)


def brute(family, link, eta, tau, disc=1.0, specific=None):
    """(n, K) probabilities, straight from the definition."""
    cdf = LATENT[link].cdf
    z = np.asarray(disc)[..., None] * (tau - eta[:, None] - (0.0 if specific is None else specific))
    out = np.ones((len(eta), len(tau) + 1))
    for row, k in np.ndindex(out.shape):
        below, above = cdf(z[row]), cdf(-z[row])
        match family:
            case "cumulative":
                ends = np.concatenate([[0.0], below, [1.0]])
                out[row, k] = ends[k + 1] - ends[k]
            case "sratio":
                out[row, k] = np.prod(1 - below[:k]) * (below[k] if k < len(tau) else 1.0)
            case "cratio":
                out[row, k] = np.prod(above[:k]) * (1 - above[k] if k < len(tau) else 1.0)
            case _:
                out[row, k] = np.prod(above[:k]) * np.prod(1 - above[k:])
    return out / out.sum(axis=1, keepdims=True) if family == "acat" else out


# ---- the definitions ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("family", "link"), PAIRS)
def test_probabilities_are_those_of_the_definition(family, link):
    """At moderate eta, with a disc of each row and, where they are legal, effects by threshold."""
    eta, disc = np.linspace(-2.0, 2.5, 7), np.linspace(0.4, 1.6, 7)
    specific = None
    if family != "cumulative":
        specific = np.sin(np.arange(28.0)).reshape(7, 4)
    ours = log_probs(family, link, eta, disc=disc, specific=specific)
    expected = brute(family, link, eta, TAU, disc, specific)
    assert_allclose(np.exp(ours), expected, rtol=1e-10, atol=1e-14)
    d = made(family, link, eta, disc=disc, specific=specific)
    assert_allclose(d.probs, expected, rtol=1e-10, atol=1e-14)
    codes = np.arange(5)
    assert_allclose(d.mean, expected @ codes, rtol=1e-10)
    assert_allclose(d.variance, expected @ codes**2 - (expected @ codes) ** 2, rtol=1e-9)


@pytest.mark.parametrize(("family", "link"), PAIRS)
def test_probabilities_sum_to_one_at_any_eta(family, link):
    assert_allclose(np.exp(log_probs(family, link, FAR)).sum(axis=1), 1.0, rtol=1e-13)


@pytest.mark.parametrize(("family", "link"), PAIRS)
def test_two_categories_are_a_bernoulli(family, link):
    """With P(Y = 1) = F(eta - tau) where eta leads, 1 - F(tau - eta) where tau does."""
    eta, tau = FAR, np.array([0.7])
    latent = LATENT[link]
    if family in ("cratio", "acat"):
        expected = latent.logsf(eta - tau), latent.logcdf(eta - tau)
    else:
        expected = latent.logcdf(tau - eta), latent.logsf(tau - eta)
    assert_allclose(log_probs(family, link, eta, tau=tau), np.stack(expected, axis=1), rtol=1e-11, atol=1e-15)


@pytest.mark.parametrize("link", LATENT)
def test_sequential_families_in_the_tails(link):
    """Sums of scipy's logarithms, at eta from -40 to 40."""
    z = TAU - FAR[:, None]
    latent = LATENT[link]
    for family, stop, go_on in (
        ("sratio", latent.logcdf(z), latent.logsf(z)),
        ("cratio", latent.logsf(-z), latent.logcdf(-z)),
    ):
        nothing = np.zeros((len(FAR), 1))
        expected = np.hstack([stop, nothing]) + np.hstack([nothing, np.cumsum(go_on, axis=1)])
        assert_allclose(log_probs(family, link, FAR), expected, rtol=1e-11, atol=1e-15)


@pytest.mark.parametrize("link", LATENT)
def test_adjacent_categories_in_the_tails(link):
    """The log ratio of two neighbours is log F(eta - tau) - log(1 - F(eta - tau))."""
    ours = log_probs("acat", link, FAR)
    z = FAR[:, None] - TAU
    expected = LATENT[link].logcdf(z) - LATENT[link].logsf(z)
    assert_allclose(np.diff(ours, axis=1), expected, rtol=1e-10, atol=1e-14)


def log_mass(link, lower, upper):
    """log(F(upper) - F(lower)) by Gauss-Legendre quadrature of the density, its greatest value taken out."""
    if link == "cloglog":  # its density falls too fast at 40 for any quadrature; more digits will do
        below, above = np.exp(np.longdouble(lower)), np.exp(np.longdouble(upper))
        return float(-below + np.log(-np.expm1(-(above - below))))
    nodes, weights = np.polynomial.legendre.leggauss(120)
    x = 0.5 * (upper - lower) * nodes + 0.5 * (upper + lower)
    heights = LATENT[link].logpdf(x)
    top = heights.max()
    return top + np.log(0.5 * (upper - lower) * (weights @ np.exp(heights - top)))


@pytest.mark.parametrize("link", LATENT)
@pytest.mark.parametrize("width", [1e-3, 0.3, 2.0])
def test_mass_between_thresholds_in_the_tails(link, width):
    """The middle categories of `cumulative`, where both ends round to 0 or to 1."""
    lower = np.array([-41.0, -12.0, -0.1, 0.0, 3.0, 39.5])
    tau = jnp.stack([lower, lower + width], axis=1)
    ours = [Cumulative(jnp.zeros(1), each, jnp.ones(()), link).log_prob(jnp.ones(1))[0] for each in tau]
    expected = [log_mass(link, one, one + width) for one in lower.tolist()]
    assert_allclose(ours, expected, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("link", LATENT)
def test_ends_of_cumulative_in_the_tails(link):
    ours = log_probs("cumulative", link, FAR)
    assert_allclose(ours[:, 0], LATENT[link].logcdf(TAU[0] - FAR), rtol=1e-12, atol=1e-15)
    assert_allclose(ours[:, -1], LATENT[link].logsf(TAU[-1] - FAR), rtol=1e-12, atol=1e-15)


# ---- what is the same model --------------------------------------------------------------------------


@pytest.mark.parametrize("link", SYMMETRIC)
@pytest.mark.parametrize("family", ["cumulative", "acat"])
def test_the_other_way_round(family, link):
    """Categories from the last to the first, eta and thresholds with the other sign."""
    ours = log_probs(family, link, FAR)
    mirrored = log_probs(family, link, -FAR, tau=-TAU[::-1])
    assert_allclose(mirrored[:, ::-1], ours, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("link", SYMMETRIC)
def test_stopping_and_going_on_are_one_with_a_symmetric_link(link):
    assert_allclose(log_probs("sratio", link, FAR), log_probs("cratio", link, FAR), rtol=1e-12, atol=1e-15)


def test_stopping_and_going_on_differ_with_another_link():
    differ = np.abs(log_probs("sratio", "cloglog", FAR) - log_probs("cratio", "cloglog", FAR))
    assert differ.max() > 0.1


def test_grouped_survival_times():
    """Stopping ratios with cloglog are `cumulative` with cloglog at thresholds that add up.

    Laara & Matthews (1985), doi:10.1093/biomet/72.1.206.
    """
    eta = np.linspace(-3.0, 3.0, 13)
    added = np.log(np.cumsum(np.exp(TAU)))
    ours = log_probs("sratio", "cloglog", eta)
    assert_allclose(ours, log_probs("cumulative", "cloglog", eta, tau=added), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("family", "link"), PAIRS)
def test_disc_scales_everything(family, link):
    """A number for all rows or one for each; without it, 1."""
    plain = log_probs(family, link, 1.7 * FAR, tau=1.7 * TAU)
    for disc in (1.7, np.full(len(FAR), 1.7)):
        assert_allclose(log_probs(family, link, FAR, disc=disc), plain, rtol=1e-9, atol=1e-12)
    assert_array_equal(log_probs(family, link, FAR, disc=1.0), log_probs(family, link, FAR))


@pytest.mark.parametrize("link", LATENT)
@pytest.mark.parametrize("family", ["sratio", "cratio", "acat"])
def test_effects_by_threshold(family, link):
    """Added to eta: the same for all is a shift of eta, of one threshold a shift of that the other way."""
    ours = log_probs(family, link, FAR, specific=np.full((len(FAR), 4), 0.8))
    assert_allclose(ours, log_probs(family, link, FAR + 0.8), rtol=1e-10, atol=1e-12)
    one = np.zeros((len(FAR), 4))
    one[:, 2] = 0.5
    moved = log_probs(family, link, FAR, tau=TAU - [0, 0, 0.5, 0])
    assert_allclose(log_probs(family, link, FAR, specific=one), moved, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("family", ["sratio", "cratio", "acat"])
def test_only_cumulative_wants_its_thresholds_in_order(family):
    assert_allclose(np.exp(log_probs(family, "logit", FAR, tau=TAU[::-1])).sum(axis=1), 1.0, rtol=1e-13)


def test_cumulative_with_thresholds_out_of_order():
    """The category between has density 0; nothing is NaN, gradients included."""
    tau = np.array([0.0, -1.0, 2.0])
    assert_array_equal(np.isneginf(log_probs("cumulative", "probit", FAR, tau=tau))[:, 1], True)

    def total(eta, tau):
        d = made("cumulative", "probit", eta, tau=tau)
        found = jnp.stack([d.log_prob(jnp.full(8, float(k))) for k in range(4)])
        return jnp.sum(jnp.where(jnp.isfinite(found), found, 0.0))

    for gradient in jax.grad(total, argnums=(0, 1))(jnp.asarray(FAR), jnp.asarray(tau)):
        assert np.all(np.isfinite(gradient))


@pytest.mark.parametrize(("family", "link"), PAIRS)
def test_what_is_no_category_has_density_zero(family, link):
    d = made(family, link, np.zeros(3))
    assert_array_equal(d.log_prob(jnp.array([-1.0, 5.0, 1.5])), -np.inf)


# ---- gradients and draws -----------------------------------------------------------------------------


@pytest.mark.parametrize(("family", "link"), PAIRS)
def test_gradients_are_finite_and_right_far_out(family, link):
    """In eta, thresholds, disc and effects by threshold, at eta = -800 to 800; in eta against differences."""
    eta = np.array([-800.0, -40.0, -2.0, 0.0, 3.0, 40.0, 800.0])
    specific = None if family == "cumulative" else np.zeros((7, 4))

    def total(k, eta, tau, disc, specific):
        d = made(family, link, eta, tau=tau, disc=disc, specific=specific)
        return jnp.sum(d.log_prob(jnp.full(7, float(k))))

    args = tuple(None if x is None else jnp.asarray(x) for x in (eta, TAU, np.full(7, 1.1), specific))
    wanted = tuple(range(1, 4 if specific is None else 5))
    for k in range(5):
        value, gradients = jax.value_and_grad(total, argnums=wanted)(k, *args)
        assert np.isfinite(value)
        for gradient in gradients:
            assert np.all(np.isfinite(gradient))
        inner, step = slice(1, 6), 1e-5
        up, down = (log_probs(family, link, eta + s, disc=np.full(7, 1.1))[:, k] for s in (step, -step))
        differences = (up - down)[inner] / (2 * step)
        rounding = 1e-9 + 1e-10 * np.abs(up[inner])
        assert np.all(np.abs(gradients[0][inner] - differences) <= 1e-6 * np.abs(differences) + rounding)


@pytest.mark.parametrize(("family", "link"), PAIRS)
def test_draws_have_the_probabilities(family, link):
    """Chi-square of 20,000 draws in two rows; fails once in 10,000 seeds a case."""
    d = made(family, link, np.array([0.3, 1.5]), disc=0.7)
    drawn = np.asarray(d.sample(jax.random.PRNGKey(7), (20_000,)))
    assert drawn.shape == (20_000, 2)
    assert drawn.dtype == np.float64
    for row in range(2):
        counts = np.bincount(drawn[:, row].astype(int), minlength=5)
        assert stats.chisquare(counts, 20_000 * np.asarray(d.probs)[row]).pvalue > 1e-4


@pytest.mark.parametrize("family", FAMILIES)
def test_under_jit_and_for_many_responses(family):
    """One program for any values; a leading axis of responses."""
    d = made(family, "logit", np.zeros(3))
    values = jnp.array([[0.0, 1.0, 2.0], [4.0, 3.0, 0.0]])
    both = jax.jit(jax.vmap(d.log_prob))(values)
    assert_allclose(both, np.stack([d.log_prob(values[0]), d.log_prob(values[1])]), rtol=1e-14)
    draw = jax.jit(lambda key: made(family, "logit", jnp.zeros(3)).sample(key))
    assert draw(jax.random.PRNGKey(0)).shape == (3,)


# ---- other software ----------------------------------------------------------------------------------

POLR = json.loads((Path(__file__).parent / "polr.json").read_text())
"""`MASS::polr` on the housing data; the script beside it made it."""


@pytest.mark.parametrize("link", LATENT)
def test_log_likelihood_is_that_of_polr(link):
    """At its estimates, where the gradient is zero too, as far as its optimiser went.

    Its thresholds of a Cauchy are those without the tails beyond 100.
    """
    fit, x, y = POLR["fits"][link], np.array(POLR["x"], float), jnp.array(POLR["y"], float)
    freq = np.array(POLR["freq"], float)

    def log_likelihood(b, tau):
        return freq @ made("cumulative", link, x @ b, tau=tau).log_prob(y)

    at = jnp.array(fit["b"]), jnp.array(fit["thresholds"])
    value, gradients = jax.value_and_grad(log_likelihood, argnums=(0, 1))(*at)
    assert_allclose(value, fit["log_likelihood"], rtol=1e-12)
    assert_allclose(gradients[0], 0.0, atol=0.2)
    if link != "cauchit":
        assert_allclose(gradients[1], 0.0, atol=0.2)
