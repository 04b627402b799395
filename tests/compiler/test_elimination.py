"""Block elimination against dense linear algebra: density terms, gradients, and the law of its draws."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose

from bayesformula.compiler import elimination, small
from bayesformula.compiler.order import order

N = 150


@dataclass(frozen=True)
class Layout:
    """Groups by name (levels of a, b in a, c in b; g and h crossed) with their numbers of coefficients."""

    groups: tuple[tuple[str, int], ...]
    p: int = 2


LAYOUTS = (
    Layout(()),
    Layout((("g", 1),), p=0),
    Layout((("g", 2),)),
    Layout((("g", 5),), p=6),
    Layout((("a", 1), ("b", 2))),
    Layout((("a", 2), ("b", 3), ("c", 2))),
    Layout((("g", 2), ("h", 1))),
    Layout((("a", 1), ("g", 3), ("b", 5))),
    Layout((("c", 1), ("g", 1), ("h", 2), ("a", 2))),
)


def problem(layout: Layout):
    """Random rows, factors and prior; the symbolic order from which who is nested in whom."""
    rng = np.random.default_rng(len(str(layout)))
    a = rng.integers(0, 4, N)
    b = a * 3 + rng.integers(0, 3, N)
    index = {"a": a, "b": b, "c": b * 2 + rng.integers(0, 2, N)}
    index |= {"g": rng.integers(0, 7, N), "h": rng.integers(0, 5, N)}
    nested = {"c": ("b", "a"), "b": ("a",)}
    names = [name for name, _ in layout.groups]
    groups = [
        elimination.GroupRows(
            ((index[name].astype(np.int32), rng.normal(size=(N, q))),), int(index[name].max()) + 1
        )
        for name, q in layout.groups
    ]
    plan = order(names, [g.n_levels * g.z.shape[1] for g in groups], nested)
    x, y, w = rng.normal(size=(N, layout.p)), rng.normal(size=N), rng.uniform(0, 2, N)
    root = rng.normal(size=(layout.p, layout.p))
    prior = elimination.Prior(jnp.asarray(root @ root.T), jnp.asarray(rng.normal(size=layout.p)))
    maps = [jnp.asarray(np.tril(rng.normal(size=(q, q)))) for _, q in layout.groups]
    return plan, groups, x, y, w, prior, maps


def dense(plan, groups, x, y, w, prior, maps, sigma):
    """P, P^-1 b's right-hand side and the quadratic form, in the order (border groups, beta, chain)."""
    p = x.shape[1]
    columns = [x / sigma]
    for k in range(len(groups)):
        g = groups[k]
        wide = jnp.zeros((N, g.n_levels, g.z.shape[1])).at[np.arange(N), g.index].set(g.z @ maps[k])
        columns.append(wide.reshape(N, -1) / sigma)
    t = jnp.concatenate(columns, axis=1)
    size = t.shape[1]
    q0 = jnp.eye(size).at[:p, :p].set(prior.precision)
    m0 = jnp.zeros(size).at[:p].set(prior.mean)
    precision = (t.T * w) @ t + q0
    rhs = (t.T * w) @ y / sigma + q0 @ m0
    quad = (w * y) @ y / sigma**2 + m0 @ q0 @ m0 - rhs @ jnp.linalg.solve(precision, rhs)
    return precision, rhs, quad


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_density_terms_and_gradients_equal_the_dense_ones(layout):
    plan, groups, x, y, w, prior, maps = problem(layout)
    s = elimination.cross_products(plan, x, y, groups, w)
    levels = [g.n_levels for g in groups]

    def ours(scale):
        sigma, factors = scale[0], [m * scale[1 + k] for k, m in enumerate(maps)]
        tail = jnp.eye(layout.p + 1) / sigma
        f = elimination.eliminate(plan, s, [m / sigma for m in factors], tail, prior, levels)
        return f.log_det + f.quad

    def theirs(scale):
        factors = [m * scale[1 + k] for k, m in enumerate(maps)]
        precision, _, quad = dense(plan, groups, x, y, w, prior, factors, scale[0])
        return jnp.linalg.slogdet(precision)[1] + quad

    at = jnp.linspace(0.7, 1.3, 1 + len(maps))
    found, expected = jax.jit(jax.value_and_grad(ours))(at), jax.jit(jax.value_and_grad(theirs))(at)
    assert_allclose(found[0], expected[0], rtol=1e-9)
    assert_allclose(found[1], expected[1], rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_draws_have_the_posterior_mean_and_covariance(layout):
    """A draw is affine in z: its value at 0 is the mean, its Jacobian J has J J' = P^-1. No sampling."""
    plan, groups, x, y, w, prior, maps = problem(layout)
    s = elimination.cross_products(plan, x, y, groups, w)
    levels, sigma = [g.n_levels for g in groups], 0.8
    tail = jnp.eye(layout.p + 1) / sigma
    f = jax.jit(lambda: elimination.eliminate(plan, s, [m / sigma for m in maps], tail, prior, levels))()
    shapes = [r.shape for r in f.rhs]
    sizes = [int(np.prod(shape)) for shape in shapes]
    total = sum(sizes) + f.corner.shape[0]

    def coefficients(z):
        """(beta, groups in the model's order), as the dense side has them."""
        parts = np.split(np.arange(total), np.cumsum(sizes))
        pieces = [z[at].reshape(shape) for at, shape in zip(parts, shapes, strict=False)]
        chain, border = elimination.draw(plan, s, f, pieces, z[parts[-1]])
        found, begin = dict(zip(plan.chain, chain, strict=True)), 0
        for k in plan.dense:
            width = levels[k] * maps[k].shape[0]
            found[k] = border[begin : begin + width]
            begin += width
        return jnp.concatenate([border[begin:], *(found[k].ravel() for k in range(len(groups)))])

    precision, rhs, _ = dense(plan, groups, x, y, w, prior, maps, sigma)
    many = jax.jit(jax.vmap(coefficients))
    mean = many(jnp.zeros((1, total)))[0]
    jacobian = (many(jnp.eye(total)) - mean).T
    assert_allclose(mean, jnp.linalg.solve(precision, rhs), rtol=1e-8, atol=1e-10)
    assert_allclose(jacobian @ jacobian.T, jnp.linalg.inv(precision), rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("q", [0, 1, 2, 3, 4, 5, 9])
def test_small_factors_equal_lapack(q):
    """Written out or by LAPACK, below and above `UNROLL`."""
    rng = np.random.default_rng(q)
    root = rng.normal(size=(6, q, q))
    a, b = root @ root.transpose(0, 2, 1) + np.eye(q), rng.normal(size=(6, q, 3))
    lower = small.cholesky(jnp.asarray(a))
    assert_allclose(lower, np.linalg.cholesky(a), rtol=1e-12, atol=1e-13)
    assert_allclose(small.solve_lower(lower, b), np.linalg.solve(lower, b), rtol=1e-11, atol=1e-13)
    transposed = np.linalg.solve(np.transpose(lower, (0, 2, 1)), b[..., :1])[..., 0]
    assert_allclose(small.solve_lower_transposed(lower, b[..., 0]), transposed, rtol=1e-11, atol=1e-13)
    assert_allclose(small.log_det(lower), np.linalg.slogdet(a)[1].sum(), rtol=1e-12, atol=1e-12)


def test_the_border_is_as_narrow_as_it_can_be():
    """Crossed with a nested pair, the larger side is eliminated; nesting found in the data counts."""
    labels = ["a", "a:b", "g"]
    nested = {"a:b": ("a",)}
    assert order(labels, [4, 12, 18], nested).chain == (2,)
    assert order(labels, [4, 12, 10], nested).chain == (1, 0)
    assert order(["g", "h"], [5, 5], {}).dense == (1,)
    assert order(["x", "y"], [20, 5], {"x": ("y",)}).chain == (0, 1)
