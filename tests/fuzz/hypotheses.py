"""Hypotheses: read, their names found among those of a model, and computed on draws of it."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np

from bayesformula.results.hypotheses.hypothesis import _Found
from bayesformula.results.hypotheses.quantities import vocabulary
from bayesformula.results.hypotheses.reading import read
from fuzz.fixed_tables import prepared, small_table
from fuzz.mutate import text_mutator
from fuzz.target import Target

WORDS = (
    "b", "sd", "cor", "r", "sigma", "Intercept", "x", "f", "g", "[", "]", "(", ")", ",", "<", ">", "=", "+",
    "-", "*",
    "/", "^", "**", "exp", "log", "sqrt", "abs", "plogis", "b_x", "b_Intercept", "sd_g__x",
    "cor_g__Intercept__x",
    "r_g[a,x]", "r[g, a, x]", "sigma", "`a b`", "`", "b[`x`]", "sd[g, x]", "<=", ">=", "==", "!=", "~", "<>",
    "0", "1",
    " ", "b[x] < 0", "x - x = 0", "0^0", "1e308", "inf", "nan", ":", ".",
)  # fmt: skip
SEEDS = (
    b"b[x] < 0", b"sd[g, x] = 0", b"x + r[g, a, x] > -1",
    b"exp(sigma) - 2 * `b_x` ^ 2 < sd_g__Intercept / sigma",
    b"cor[g] > 0.5", b"plogis(Intercept) = abs(x) ** 0.5", b"-(-x) > -1e-3 * (x + log(sigma))",
)  # fmt: skip


@cache
def fitted() -> Any:
    """What a hypothesis asks of a fit: the model, its levels, draws of its parameters, here at random."""
    random = np.random.default_rng(0)
    ready = prepared("y ~ x + f + (1 + x | g)", small_table())
    levels = {label: (group.levels, group.parts) for label, group in ready.design.groups.items()}
    count = len(levels["g"][0])
    draws = {
        "b": random.normal(size=(2, 20, 4)),
        "sd_g": random.exponential(size=(2, 20, 2)),
        "cor_g": random.uniform(-1, 1, size=(2, 20, 2, 2)),
        "r_g": random.normal(size=(2, 20, count, 2)),
        "sigma": random.exponential(size=(2, 20)),
    }
    return SimpleNamespace(spec=ready.model, levels=levels, draws=draws)


@cache
def words(scope: str) -> Any:
    """The names that a hypothesis may use."""
    return vocabulary(fitted(), scope, None if scope == "standard" else "g")


def run_hypothesis(data: bytes) -> str:
    """Numbers come out, one for each draw, or each draw and level."""
    statement = read(data.decode("utf-8", "surrogatepass"))
    found = _Found(statement, words("standard"))
    low, high = found.bounds
    assert low <= high
    if statement.relation == "=":
        found.check_point()
    values = found.values(fitted().draws, source="posterior")
    assert values.shape == (2, 20, 1)
    assert low - 1e-6 * abs(low) <= values.min()
    assert values.max() <= high + 1e-6 * abs(high)
    assert read(statement.text) == statement
    return f"read: {statement.relation}, {min(len(statement.steps), 8)} steps"


WATCHED = ("bayesformula/results/hypotheses", "bayesformula/errors")
TARGETS = (Target("hypothesis", run_hypothesis, text_mutator(WORDS), lambda: SEEDS, WATCHED),)
