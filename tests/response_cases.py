"""Responses made by family name, link and numbers, for the tests of likelihoods."""

from __future__ import annotations

import contextlib

import jax
import jax.numpy as jnp
import numpy as np

from bayesformula.compiler.likelihood.table import response
from bayesformula.compiler.likelihood.terms import Terms
from bayesformula.compiler.links import Linked
from bayesformula.families import record


@contextlib.contextmanager
def strict():
    """No array grows a dimension or changes its type in silence."""
    with jax.numpy_rank_promotion("raise"), jax.numpy_dtype_promotion("strict"):
        yield


FAST = {"xla_backend_optimization_level": 0}  # compile quickly: each program runs once


def make(name, eta, link=None, terms=None, max_count=0, known_error="", **others):
    """The response of `name` at mu's eta; other parameters are numbers (identity) or (eta, link)."""
    family = record(name).family
    p = {"mu": Linked(jnp.asarray(eta, float), link or family.link("mu"))}
    for parameter, given in others.items():
        value, its_link = given if isinstance(given, tuple) else (given, "identity")
        p[parameter] = Linked(jnp.asarray(value, float), its_link)
    terms = Terms(**{name: np.asarray(value, float) for name, value in (terms or {}).items()})
    return response(family, p, terms, known_error=known_error, max_count=max_count)


def log_prob(d, y):
    """As NumPy; the response spread over the rows."""
    y = jnp.broadcast_to(jnp.asarray(y, float), d.batch_shape)
    with strict():
        return np.asarray(jax.jit(d.log_prob, compiler_options=FAST)(y))


def at_each(d, responses):
    """(m, n) log probabilities of each of m numbers in every row, in one program."""
    each = jax.vmap(lambda y: d.log_prob(jnp.broadcast_to(y, d.batch_shape)))
    with strict():
        return np.asarray(jax.jit(each, compiler_options=FAST)(jnp.asarray(responses, float)))


def table_of(d, last):
    """(last + 1, n) log probabilities of 0, ..., last."""
    return at_each(d, np.arange(last + 1.0))


def mean_of(d):
    """As NumPy; compiled, as means of truncated responses are programs."""
    return np.asarray(jax.jit(lambda: d.mean, compiler_options=FAST)())


def draws_of(d, key, count):
    """(count, n) draws."""
    return np.asarray(
        jax.jit(lambda key: d.sample(key, (count,)), compiler_options=FAST)(jax.random.key(key))
    )


def slopes(name, eta, y, link=None, **options):
    """Values, and derivatives in eta and in every other parameter that is given as (eta, link)."""
    others = {key: v for key, v in options.items() if isinstance(v, tuple)}
    fixed = {key: v for key, v in options.items() if key not in others}

    def total(eta, values):
        linked = {key: (values[key], others[key][1]) for key in others}
        lp = make(name, eta, link, **linked, **fixed).log_prob(jnp.asarray(y, float))
        return jnp.where(lp > -jnp.inf, lp, 0.0).sum(), lp

    start = jnp.asarray(eta, float), {key: jnp.asarray(v[0], float) for key, v in others.items()}
    with strict():
        (_, lp), gradients = jax.jit(
            jax.value_and_grad(total, argnums=(0, 1), has_aux=True), compiler_options=FAST
        )(*start)
    return np.asarray(lp), [np.asarray(leaf) for leaf in jax.tree.leaves(gradients)]


def assert_moments(d, rows=None, draws=5_000, seed=0, mean=None, variance=None):
    """Draws against mean and variance, within 5 standard errors; the variance's from the draws themselves."""
    with jax.numpy_dtype_promotion("strict"):  # draws have an axis more than their parameters
        drawn = draws_of(d, seed, draws)
    assert drawn.shape == (draws, *d.batch_shape)
    assert drawn.dtype == np.float64
    mean = np.broadcast_to(d.mean if mean is None else mean, d.batch_shape)
    error = drawn.std(axis=0) / np.sqrt(draws)
    assert np.all(np.abs(drawn.mean(axis=0) - mean) <= 5 * error + 1e-12), (drawn.mean(axis=0), mean)
    variance = getattr(d, "variance", None) if variance is None else variance
    squares = (drawn - mean) ** 2
    error = squares.std(axis=0) / np.sqrt(draws)
    assert np.all(np.abs(squares.mean(axis=0) - variance) <= 5 * error + 1e-12), (squares.mean(0), variance)
    return drawn
