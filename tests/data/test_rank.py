"""Which columns are dropped: R's answers, and no change by a shift of a variable."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from bayesformula.data.encoded import held
from bayesformula.data.rank import find_dependent

RNG = np.random.default_rng(4)
FRAME = pd.DataFrame(
    {
        "y": RNG.normal(size=60),
        "x": RNG.normal(size=60),
        "z": RNG.normal(size=60),
        "f": np.array(list("abc"))[np.arange(60) % 3],
        "g": np.arange(60) % 6,
        "c": 0.1,
    }
)
FRAME["e"] = FRAME.x + 1e-4 * RNG.normal(size=60)
FRAME["mean_y"] = FRAME.groupby("g").y.transform("mean")

TERMS = ["x", "0 + f + x", "0 + x + f", "x * f", "0 + f + f:x", "x * z", "x + f:x", "z + x:z + x",
         "f:x + f", "x * f * z"]  # fmt: skip


SHIFTED = [(term, shift) for term in TERMS for shift in (0, 2000, 1e6, 2e7, -3e8)]
FINE = [
    (term, shift) for term in ("x + e", "poly(x, 3)") for shift in (0, 2000, 1e6)
]  # digits are lost above


@pytest.mark.parametrize(("term", "shift"), SHIFTED + FINE)
def test_a_shift_drops_nothing(build, term, shift):
    """20 000 000 + small is no constant, nor is its product with a factor."""
    schema, design = build(f"y ~ {term} + (x | g)", FRAME.assign(x=FRAME.x + shift))
    assert schema.mu.dropped == ()
    assert design.fixed.shape[1] == len(schema.mu.columns)


def test_two_large_means_in_a_product(build):
    """Years and altitudes: what each of them leaves of the product is small beside its size."""
    schema, _ = build("y ~ x * z", FRAME.assign(x=FRAME.x + 1e5, z=FRAME.z + 1e5))
    assert schema.mu.dropped == ()


DROPPED = [
    ("c", [("c", "constant-column", ())]),
    ("x + I(3 * c)", [("I(3 * c)", "constant-column", ())]),
    ("x + I(x / x * 0.1)", [("I(x/x * 0.1)", "constant-column", ())]),
    ("x + I(2 * x - 1)", [("I(2 * x - 1)", "dependent-columns", ("Intercept", "x"))]),
    ("x + z + I(x + z)", [("I(x + z)", "dependent-columns", ("x", "z"))]),
    ("factor(g) + mean_y", [("mean_y", "dependent-columns",
                             ("Intercept", *(f"factor(g){k}" for k in range(1, 6))))]),
    ("0 + c + f", [("fc", "dependent-columns", ("c", "fa", "fb"))]),
    ("f:x", [("fc:x", "dependent-columns", ("Intercept", "fa:x", "fb:x"))]),
]  # fmt: skip


@pytest.mark.parametrize("shift", [0, 2e7])
@pytest.mark.parametrize(("term", "dropped"), DROPPED, ids=[term for term, _ in DROPPED])
def test_what_is_dependent_is_found(build, term, dropped, shift):
    """Wherever zero is; `f:x` without `f` is dependent only in the limit, as in R."""
    if not shift and term == "f:x":
        dropped = []
    schema, _ = build(f"y ~ {term}", FRAME.assign(x=FRAME.x + shift))
    found = [(column.name, column.code, column.combination) for column in schema.mu.dropped]
    assert [(name, code) for name, code, _ in found] == [(name, code) for name, code, _ in dropped]
    if not shift:
        assert [set(among) for *_, among in found] == [set(among) for *_, among in dropped]


def test_more_columns_than_rows(build):
    """As many columns as rows are kept."""
    schema, design = build("y ~ poly(x, 3) * f", FRAME.head(8))
    assert design.fixed.shape[1] == np.linalg.matrix_rank(design.fixed) == 8
    assert len(schema.mu.dropped) == 4


def test_nearly_equal_columns_go_as_in_r(build):
    """What is left is shorter than 1e-7 of the column."""
    assert build("y ~ x + near", FRAME.assign(near=FRAME.x + 1e-9 * FRAME.z))[0].mu.dropped != ()
    assert build("y ~ x + near", FRAME.assign(near=FRAME.x + 1e-6 * FRAME.z))[0].mu.dropped == ()


def dependent_of(values):
    """An intercept and these columns, each a term of its own."""
    names = ["Intercept", *(f"x{i}" for i in range(values.shape[1]))]
    matrix = np.column_stack([np.ones(len(values)), values])
    return find_dependent(names, held(matrix), [frozenset(), *map(frozenset, zip(names[1:]))], (0,))


def test_each_column_in_hundreds_is_held_against_those_before_it():
    """Every seventh is made of three before it, in its own block of columns or in others, and said so."""
    rng = np.random.default_rng(5)
    values = rng.normal(size=(500, 300)) + rng.choice([0, 10, 1e4], size=300)
    made, own = {}, [i for i in range(300) if i % 7]
    for i in range(28, 300, 7):
        among = np.sort(rng.choice([k for k in own if k < i], 3, replace=False))
        values[:, i] = values[:, among] @ rng.uniform(0.5, 2, 3)
        made[f"x{i}"] = {f"x{k}" for k in among}
    found = {each.name: set(each.combination) - {"Intercept"} for each in dependent_of(values)}
    assert found == made


def test_of_many_columns_and_few_rows_the_first_stay():
    values = np.random.default_rng(6).normal(size=(150, 400))
    dropped = dependent_of(values)
    assert [each.name for each in dropped] == [f"x{i}" for i in range(149, 400)]
    assert {len(each.combination) for each in dropped} == {150}
