"""Block elimination against dense linear algebra: density terms, gradients, and the law of its draws."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose

from bayesformula.compiler import elimination
from bayesformula.compiler.elimination import GroupRows, blocks, cells, corner, cross_products
from bayesformula.compiler.elimination.entries import Entries
from bayesformula.compiler.elimination.factor import borders
from bayesformula.compiler.elimination.levels import gram, log_det
from bayesformula.compiler.elimination.stacked import Stacked
from bayesformula.compiler.order import Order, order, parts

N = 150


@dataclass(frozen=True)
class Layout:
    """Groups by name (levels of a, b in a, c in b; g and h crossed) with their numbers of coefficients.

    `by_cells` makes the wide part of the border a list of its cells, whatever the rule says.
    """

    groups: tuple[tuple[str, int], ...]
    p: int = 2
    by_cells: bool = False


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
    Layout((("g", 1), ("h", 1)), by_cells=True),
    Layout((("g", 2), ("h", 2)), p=0, by_cells=True),
    Layout((("a", 1), ("g", 3), ("b", 5)), by_cells=True),
    Layout((("c", 2), ("g", 1), ("h", 2), ("b", 1), ("a", 2)), by_cells=True),
)


@pytest.fixture(autouse=True)
def form(request, monkeypatch):
    """Borders in the form that the layout of the test asks for."""
    layout = getattr(request.node, "callspec", None) and request.node.callspec.params.get("layout")
    if layout:
        monkeypatch.setattr(cells, "PAIR_COST", 1e-9 if layout.by_cells else 1e9)
        monkeypatch.setattr(cells, "PART", 50)  # several parts, the last one not full


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
    assert bool(s.cells) == layout.by_cells
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
    shapes = f.shapes
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


def test_maps_of_each_level_do_what_a_shared_one_does():
    """(J, q, q), as `gr(by = )` and Student effects have them, for the chain and for the border."""
    layout = Layout((("a", 2), ("b", 1), ("g", 2)))
    plan, groups, x, y, w, prior, maps = problem(layout)
    s, levels = elimination.cross_products(plan, x, y, groups, w), [g.n_levels for g in groups]
    many = [jnp.broadcast_to(m, (j, *m.shape)) for m, j in zip(maps, levels, strict=True)]
    shared, own = (
        jax.jit(lambda maps: elimination.eliminate(plan, s, maps, jnp.eye(3), prior, levels))(m)
        for m in (maps, many)
    )
    assert_allclose([own.log_det, own.quad], [shared.log_det, shared.quad], rtol=1e-12)


def test_a_perfect_fit_has_a_density_and_a_gradient():
    """The residual form is then a rounding error of either sign, and must not be rooted."""
    plan, groups, x, _, w, prior, maps = problem(Layout((("g", 2),)))
    s = elimination.cross_products(plan, x, x @ np.ones(2), groups, w)
    flat = elimination.Prior(0.0 * prior.precision, prior.mean)

    def quad(sigma):
        f = elimination.eliminate(plan, s, [m / sigma for m in maps], jnp.eye(3) / sigma, flat, [7])
        return f.quad

    value, slope = jax.jit(jax.value_and_grad(quad))(1.0)
    assert_allclose([value, slope], 0.0, atol=1e-10)


@pytest.mark.parametrize("form", [Entries, Stacked])
@pytest.mark.parametrize("q", [1, 2, 3, 5, 9])
@pytest.mark.parametrize("shared", [True, False])
def test_blocks_equal_lapack(form, q, shared):
    """Of 6 levels, with one matrix that scales their effects or one for each level."""
    rng = np.random.default_rng(q)
    root, b = rng.normal(size=(6, q, q)), rng.normal(size=(6, q))
    s, a = root @ root.transpose(0, 2, 1), rng.normal(size=(q, q) if shared else (6, q, q))
    each = np.broadcast_to(a, (6, q, q))
    inner = each.transpose(0, 2, 1) @ s @ each + np.eye(q)
    lower = np.linalg.cholesky(inner)
    scale = form.scale(jnp.asarray(a), 6)
    found, gain, pivots = form.of(levels_last(s)).eliminated(scale)
    close = {"rtol": 1e-10, "atol": 1e-12}
    vectors = list(jnp.asarray(b.T))
    assert (found.width, found.levels) == (q, 6)
    expected = np.linalg.solve(lower, each.transpose(0, 2, 1) @ b[..., None])[..., 0]
    assert_allclose(np.transpose(gain.apply(vectors)), expected, **close)
    expected = np.linalg.solve(lower.transpose(0, 2, 1), b[..., None])[..., 0]
    assert_allclose(np.transpose(found.solve_transposed(vectors)), expected, **close)
    assert_allclose(np.transpose(scale.apply(vectors)), np.einsum("jab,jb->ja", each, b), **close)
    each_level = np.linalg.slogdet(inner)[1]
    assert_allclose(log_det(pivots), each_level.sum(), **close)
    assert_allclose(log_det(pivots, np.arange(6.0)), np.arange(6.0) @ each_level, **close)


def levels_last(a):
    return jnp.asarray(np.moveaxis(a, 0, -1))


@pytest.mark.parametrize("form", [Entries, Stacked])
def test_products_of_blocks_equal_those_of_numpy(form):
    """Blocks of 6 levels that lie in 3, of 4 x 4, 4 x 2 and 4 x 3 entries."""
    rng = np.random.default_rng(1)
    k, link, further = (rng.normal(size=(6, 4, r)) for r in (4, 2, 3))
    own, outer, rows = rng.normal(size=(3, 2, 2)), rng.normal(size=(3, 2, 3)), rng.normal(size=(4, 5, 6))
    own = own + own.transpose(0, 2, 1)
    parent = np.array([0, 0, 1, 2, 2, 2])
    inside = np.eye(3)[:, parent]
    of = {name: form.of(levels_last(x)) for name, x in {"k": k, "link": link, "further": further}.items()}

    def values(blocks):
        return np.moveaxis(np.array(blocks[0]), -1, 0)

    assert_allclose(values(of["k"].times(of["link"])), k @ link)
    assert_allclose(values(of["link"].transposed()), link.transpose(0, 2, 1))
    assert_allclose(np.array(of["k"].mix(list(jnp.asarray(rows)))), np.einsum("jab,bmj->amj", k, rows))
    square = np.einsum("ij,jba,jbc->iac", inside, link, link)
    assert_allclose(values(form.of(levels_last(own)).less_square(of["link"], parent)), own - square)
    product = np.einsum("ij,jba,jbc->iac", inside, link, further)
    found = form.of(levels_last(outer)).less_product(of["link"], of["further"], parent)
    assert_allclose(values(found), outer - product)
    picked = np.array(of["k"].at(np.array([5, 0])))
    assert_allclose(np.moveaxis(picked, -1, 0), k[[5, 0]])


@pytest.mark.parametrize("form", [Entries, Stacked])
@pytest.mark.parametrize("q", [1, 2, 5])
def test_hand_written_derivatives_of_small_products_are_those_of_autodiff(form, q):
    rng = np.random.default_rng(q)
    k, rows = jnp.asarray(rng.normal(size=(q, q, 6))), jnp.asarray(rng.normal(size=(q, 3, 6)))

    def ours(k, rows):
        return jnp.sum(jnp.sin(gram(form.of(k).mix(list(rows)))))

    def theirs(k, rows):
        mixed = jnp.einsum("abj,bmj->amj", k, rows)
        return jnp.sum(jnp.sin(jnp.einsum("amj,anj->mn", mixed, mixed)))

    found, expected = (jax.grad(f, argnums=(0, 1))(k, rows) for f in (ours, theirs))
    jax.tree.map(lambda x, y: assert_allclose(x, y, rtol=1e-9, atol=1e-11), found, expected)


@pytest.mark.parametrize(
    "layout", [Layout((("a", 1), ("b", 2), ("g", 3))), Layout((("c", 3), ("a", 2)))], ids=str
)
def test_both_forms_of_blocks_give_one_density(layout, monkeypatch):
    plan, groups, x, y, w, prior, maps = problem(layout)
    s = elimination.cross_products(plan, x, y, groups, w)

    def density(scale):
        p, sizes = layout.p, [g.n_levels for g in groups]
        f = elimination.eliminate(plan, s, [scale * m for m in maps], jnp.eye(p + 1), prior, sizes)
        return f.log_det + f.quad

    found = []
    for widest in (0, 9):
        monkeypatch.setattr(blocks, "WRITTEN_OUT", widest)
        found.append(jax.value_and_grad(density)(0.7))
    assert_allclose(found[0], found[1], rtol=1e-11)


@pytest.mark.parametrize("n", [1, 2, 8, 9, 21, 50])
def test_the_corner_is_differentiated_by_blocks_as_in_one_piece(n, monkeypatch):
    """At one, two and three levels of halving."""
    monkeypatch.setattr(corner, "LEAF", 8)
    rng = np.random.default_rng(n)
    root, weight = rng.normal(size=(n, n)), np.tril(rng.normal(size=(n, n)))
    a = jnp.asarray(root @ root.T + np.eye(n))
    lower, slope = jax.value_and_grad(lambda a: jnp.sum(weight * corner.cholesky(a)))(a)
    want, expected = jax.value_and_grad(lambda a: jnp.sum(weight * jnp.linalg.cholesky(a)))(a)
    assert_allclose(lower, want, rtol=1e-11)
    both = np.asarray(expected) + np.asarray(expected).T  # JAX's is of the whole symmetric matrix
    assert_allclose(slope, np.tril(both) - np.diag(np.diag(expected)), rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("part", [4, 9, 100])
def test_cells_are_those_that_meet_with_all_their_pairs(part, monkeypatch):
    monkeypatch.setattr(cells, "PART", part)
    inner = np.array([[True, False, True], [False, False, False], [True, True, True]])
    outer = np.array([[True, True, True], [False, True, False]])
    found, above = cells.find([inner, outer], [[np.array([0, 0, 0])], []])
    assert list(zip(found.level, found.column, strict=True)) == [(0, 0), (0, 2), (2, 0), (2, 1), (2, 2)]
    first, second, place = (index.ravel() for index in found.pairs)
    pairs = list(zip(first.tolist(), second.tolist(), strict=True))
    assert pairs[:9] == [(0, 0), (1, 0), (1, 1), (2, 2), (3, 2), (3, 3), (4, 2), (4, 3), (4, 4)]
    assert all(pair == (5, 5) for pair in pairs[9:])
    assert len(pairs) == {4: 12, 9: 9, 100: 9}[part]
    assert all(place[:9] == 3 * found.column[first[:9]] + found.column[second[:9]])
    assert list(found.up[0]) == [0, 2, 0, 1, 2]
    assert above.up == ()


@pytest.mark.parametrize(
    ("n_levels", "width", "met", "few"),
    [
        pytest.param(2972, 1145, 30, True, id="ratings, 30 lecturers a student"),
        pytest.param(316, 33, 24, False, id="every person takes every item"),
        pytest.param(2000, 402, 100, False, id="a quarter of the cells"),
        pytest.param(100, 3, 0, False, id="nothing crossed"),
    ],
)
def test_cells_are_used_where_they_are_few(n_levels, width, met, few):
    mask = np.zeros((n_levels, width), bool)
    mask[:, :met] = True
    assert cells.are_few([mask], [1], width) == few


def test_the_border_is_as_narrow_as_it_can_be():
    """Crossed with a nested pair, the larger side is eliminated; nesting found in the data counts."""
    labels = ["a", "a:b", "g"]
    nested = {"a:b": ("a",)}
    assert order(labels, [4, 12, 18], nested).chain == (2,)
    assert order(labels, [4, 12, 10], nested).chain == (1, 0)
    assert order(["g", "h"], [5, 5], {}).dense == (1,)
    assert order(["x", "y"], [20, 5], {"x": ("y",)}).chain == (0, 1)


LABELS = ("s", "d", "dept", "a", "a:b")
SIZES = (2972, 1128, 14, 30, 90)
NESTED = {"a:b": ("a",)}


@pytest.mark.parametrize(
    ("groups", "coupled", "most", "expected"),
    [
        ((), (), 0, [((), ())]),
        ((0,), (), 0, [((0,), ())]),
        ((4, 3), (), 0, [((4, 3), ())]),  # nested factors are one chain
        ((0, 1, 2), (), 0, [((0,), ()), ((1,), ()), ((2,), ())]),
        ((0, 1, 2), (), 2e6, [((0,), (2,)), ((1,), (2,))]),  # the smallest is beside both others
        ((0, 1, 2), (), 1e10, [((0,), (1, 2))]),  # as `order` has it
        ((0, 4, 3), (), 0, [((0,), ()), ((4, 3), ())]),
        ((0, 1, 2), ("d",), 2e6, [((0,), (1,)), ((2,), (1,))]),  # whatever that costs
        ((2,), ("dept",), 0, [((), (2,))]),
        ((1, 2), ("d", "dept"), 0, [((), (1, 2))]),
    ],
)
def test_crossed_factors_are_parted_where_together_is_dear(groups, coupled, most, expected):
    labels, sizes = [LABELS[k] for k in groups], [SIZES[k] for k in groups]
    found = parts(labels, sizes, NESTED, coupled, 2, most)
    places = [(tuple(groups[k] for k in part.chain), tuple(groups[k] for k in part.dense)) for part in found]
    assert places == expected


@pytest.mark.parametrize("most", [0, 2e6, 1e10])
def test_parts_cost_what_they_may(most):
    found = parts(LABELS, SIZES, NESTED, (), 2, most)
    assert {k for part in found for k in part.groups} == set(range(5))
    if most:
        assert sum(part.work(SIZES, 2) for part in found) <= most


def test_both_borders_are_pulled_alike(monkeypatch):
    """Effects of the levels times their rows of the border, by cells and by whole columns."""
    rng = np.random.default_rng(5)
    n, sizes = 300, ((40, 2), (90, 2))
    groups = [GroupRows(((rng.integers(0, j, n), rng.normal(size=(n, q))),), j) for j, q in sizes]
    x, r = rng.normal(size=(n, 2)), rng.normal(size=n)
    u, found = [jnp.asarray(rng.normal(size=40)) for _ in range(2)], []
    for cost in (1, 10**9):
        monkeypatch.setattr(cells, "PAIR_COST", cost)
        s = cross_products(Order((0,), (1,)), x, r, groups, np.ones(n))
        assert bool(s.cells) == (cost == 1)
        found.append(borders(s)[0].pull(u, 183))
    assert_allclose(*found, rtol=1e-12, atol=1e-12)
