"""Microseconds of one block elimination: the density's value and gradient, and a draw from given normals.

    python benchmarks/kernel.py [NAME ...]

The least of many repetitions, each a loop inside one compiled program, as a sampler runs them. Layouts are
simulated; names are those of the table below.
"""

import sys
import time
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from bayesformula.compiler import elimination
from bayesformula.compiler.order import order

SECONDS = 1.0


@dataclass(frozen=True)
class Layout:
    """Groups as (levels, coefficients); each `nested` in the one before it, or crossed at random.

    On `same_days` the columns of every level are powers of the same numbers.
    """

    name: str
    groups: tuple[tuple[int, int], ...]
    p: int
    n_rows: int
    nested: bool = False
    same_days: bool = False


LAYOUTS = (
    Layout("few levels", ((18, 2),), 2, 180),
    Layout("many levels", ((20_000, 2),), 2, 60_000),
    Layout("three slopes", ((2_000, 3),), 4, 12_000),
    Layout("nested intercepts", ((59, 1), (236, 1)), 6, 236, nested=True),
    Layout("nested slopes", ((20, 2), (200, 2), (2_000, 2)), 2, 6_000, nested=True),
    Layout("crossed", ((316, 1), (24, 1)), 8, 7_584),
    *(
        Layout(f"{name}, {levels} levels", ((levels, q),), 2, 4 * levels, same_days=True)
        for name, q in (("intercepts", 1), ("days", 2))
        for levels in (1_000, 10_000, 100_000)
    ),
    Layout("ratings", ((2_972, 1), (1_128, 1), (14, 1)), 2, 73_421),
)


def rows(layout, rng):
    """Level of each row for every group; nested levels are those of equal parts of the one outside."""
    if layout.nested:
        inner = rng.permutation(np.arange(layout.n_rows) % layout.groups[-1][0])
        return [inner // (layout.groups[-1][0] // levels) for levels, _ in layout.groups]
    if layout.same_days:
        return [np.arange(layout.n_rows) % levels for levels, _ in layout.groups]
    return [rng.permutation(np.arange(layout.n_rows) % levels) for levels, _ in layout.groups]


def columns(layout, levels, q, rng):
    """Those of a group's effects, (n, q)."""
    if not layout.same_days:
        return rng.normal(size=(layout.n_rows, q))
    day = np.arange(layout.n_rows) // levels
    return np.vander(2 * day / day.max() - 1, q, increasing=True)


def problem(layout):
    """Cross-products; a density and a sum over a draw, each with its arguments but for the products."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(layout.n_rows, layout.p))
    names = [str(k) for k in range(len(layout.groups))]
    nested = {name: tuple(names[:k]) for k, name in enumerate(names)} if layout.nested else {}
    groups = [
        elimination.GroupRows(((index.astype(np.int32), columns(layout, levels, q, rng)),), levels)
        for index, (levels, q) in zip(rows(layout, rng), layout.groups, strict=True)
    ]
    plan = order(names, [levels * q for levels, q in layout.groups], nested)
    s = elimination.cross_products(plan, x, rng.normal(size=layout.n_rows), groups, np.ones(layout.n_rows))
    prior = elimination.Prior(1e-3 * jnp.eye(layout.p), jnp.zeros(layout.p))
    levels = [levels for levels, _ in layout.groups]
    width = sum(levels[k] * layout.groups[k][1] for k in plan.dense) + layout.p
    z = ([rng.normal(size=layout.groups[k]) for k in plan.chain], rng.normal(size=width))

    def factor(theta, s):
        maps = [
            sd * jnp.tril(0.7 * jnp.eye(q) + 0.3) for sd, (_, q) in zip(theta[1:], layout.groups, strict=True)
        ]
        tail = jnp.eye(layout.p + 1) / theta[0]
        return elimination.eliminate(plan, s, [m / theta[0] for m in maps], tail, prior, levels)

    def density(theta, s):
        f = factor(theta, s)
        return 0.5 * (f.log_det + f.quad)

    def drawn(theta, z, s):
        f = factor(theta, s)
        effects, border = elimination.draw(plan, s, f, *z)
        return 0.5 * f.log_det + sum(jnp.sum(jnp.cos(e)) for e in (*effects, border))

    theta = np.linspace(0.8, 1.2, 1 + len(levels))
    return s, (density, (theta,)), (drawn, (theta, z))


def microseconds(function, x, s):
    """Of one evaluation, the next one starting from where the last one ended."""
    repetitions = 5 if s.corner.shape[0] > 500 else 20

    def step(_, x):
        return jax.tree.map(lambda old, new: old + 1e-14 * new, x, function(*x, s))

    run = jax.jit(lambda x, s: lax.fori_loop(0, repetitions, step, x)).lower(x, s).compile()
    jax.block_until_ready(run(x, s))
    least, began = np.inf, time.perf_counter()
    while time.perf_counter() - began < SECONDS:
        tick = time.perf_counter()
        jax.block_until_ready(run(x, s))
        least = min(least, time.perf_counter() - tick)
    return 1e6 * least / repetitions


def moved(function):
    """The value alone as a step: it moves every coordinate."""
    return lambda *arguments: jax.tree.map(lambda leaf: leaf * 0 + function(*arguments), arguments[:-1])


def main(wanted):
    jax.config.update("jax_enable_x64", True)
    print(
        "| layout | density | its gradient | draw | its gradient | gradient of the density, levels merged |"
    )
    print("|---|---|---|---|---|---|")
    for layout in LAYOUTS:
        if wanted and layout.name not in wanted:
            continue
        s, *functions = problem(layout)
        fewer = elimination.merged(s)
        s, found = jax.device_put(s), []
        for function, x in functions:
            x = jax.device_put(x)
            slope = jax.grad(function, argnums=tuple(range(len(x))))
            found += [microseconds(moved(function), x, s), microseconds(slope, x, s)]
        if fewer is not None:
            density, x = functions[0]
            found.append(microseconds(jax.grad(density, argnums=(0,)), x, jax.device_put(fewer)))
        print(f"| {layout.name} | {' | '.join(f'{cell:,.1f}' for cell in found)} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
