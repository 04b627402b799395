"""Rows a chunk at a time: the same model and argument, whatever the chunk, and no large matrix on the way."""

from __future__ import annotations

import tracemalloc
import warnings

import jax
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from bayesformula import api, pipeline
from bayesformula.compiler.coordinates import ColumnMoments, scaling
from bayesformula.compiler.inputs import prior_arguments
from bayesformula.data import encoded
from bayesformula.runner.executables import traces
from cases import CASES, Case, matrices, panel

WHOLE = 500_000


@pytest.fixture
def chunk(monkeypatch):
    """Set the number of rows in a chunk."""
    return lambda rows: monkeypatch.setattr(encoded, "CHUNK_ROWS", rows)


def prepared(case: Case):
    options = {"family": None, "priors": list(case.priors), "plan": "auto", "na": "drop", "checks": None}
    return api.prepare(case.formula, panel(), **options, data2=matrices(), quiet=True)


def inputs(ready, *, prior_only=False):
    source = pipeline.row_source(ready.design, ready.model, prior_only=prior_only)
    return pipeline.sampler_inputs(ready.model, ready.plan.name, source)


def assert_same(found, expected):
    """Leaf by leaf, to rounding: what is 0 but for rounding is measured by the largest number of its leaf."""
    one, shape = jax.tree.flatten(found)
    other, expected_shape = jax.tree.flatten(expected)
    assert shape == expected_shape
    for left, right in zip(one, other, strict=True):
        largest = float(np.max(np.abs(right), initial=0.0))
        assert_allclose(left, right, rtol=1e-9, atol=1e-10 * largest)


@pytest.mark.parametrize("rows", [7, 50])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_chunks_give_what_the_whole_gives(case, rows, chunk):
    """Findings, priors, the start, and every cross-product."""
    chunk(WHOLE)
    whole = prepared(case)
    _, data, start = inputs(whole)
    chunk(rows)
    parts = prepared(case)
    assert [finding.code for finding in parts.findings] == [finding.code for finding in whole.findings]
    assert parts.schema == whole.schema
    assert parts.plan == whole.plan
    assert_same(prior_arguments(parts.model), prior_arguments(whole.model))
    program, by_chunk, begin = inputs(parts)
    assert program.structure.plan == "marginal"
    assert_same(by_chunk, data)
    assert_same(begin, start)


@pytest.mark.parametrize("case", [case for case in CASES if "weights" in case.formula], ids=lambda c: c.id)
def test_a_prior_only_run_by_chunks(case, chunk):
    """No row has a weight then, and all of them count in means and scales."""
    chunk(WHOLE)
    _, data, _ = inputs(prepared(case), prior_only=True)
    chunk(7)
    _, by_chunk, _ = inputs(prepared(case), prior_only=True)
    assert_same(by_chunk, data)
    assert not np.any(data.marginal.s.corner)


@pytest.mark.parametrize(
    "formula", ["y ~ x * f + poly(z, 2) + (1 + x + f | g)", "y ~ x + (1 + mmc(z, z2) | mm(g, g2))"]
)
def test_programs_that_read_rows_get_all_of_them(formula, chunk):
    """Bit by bit: each row is coded as it would be alone."""
    found = []
    for rows in (WHOLE, 7):
        chunk(rows)
        ready = prepared(Case(formula))
        found.append(pipeline.compile_inputs(ready.model, "noncentred", ready.design)[1].rows)
        design = api.design(formula, panel())
        found[-1] = (found[-1], design.fixed.to_numpy(), [group.z for group in design.groups.values()])
    for left, right in zip(*map(jax.tree.leaves, found), strict=True):
        assert_array_equal(left, right)


def test_moments_of_years_and_incomes_keep_their_digits():
    """Chunk by chunk, against long double; a sum of squares of the years themselves loses half of them."""
    rng = np.random.default_rng(3)
    rows = np.column_stack(
        [
            np.ones(5000),
            rng.integers(1990, 2021, 5000),
            rng.normal(1e6, 2e5, 5000),
            2e7 + rng.normal(size=5000),
        ]
    )
    rows = rows[
        np.argsort(rows[:, 1], kind="stable")
    ]  # sorted, so that the first chunk is of the first years
    moments = ColumnMoments(4)
    for start in range(0, 5000, 170):
        moments.add(rows[start : start + 170])
    exact = rows.astype(np.longdouble)
    rest = exact - exact.mean(axis=0)
    assert_allclose(moments.mean, exact.mean(axis=0).astype(float), rtol=1e-14)
    assert_allclose(np.diag(moments.products), (rest**2).sum(axis=0).astype(float), rtol=1e-9)
    found = scaling(moments.mean, moments.products, moments.n, 0)
    scaled = found.apply(rows)
    assert_allclose(scaled[:, 1:].mean(axis=0), 0.0, atol=1e-8)
    assert_allclose(scaled[:, 1:].std(axis=0), 1.0, rtol=1e-8)
    assert_allclose(rows, scaled @ found.from_reported, rtol=1e-12)


def test_a_marginal_program_gets_no_rows():
    """What it reads of them is in the cross-products; `compile_inputs` puts them back."""
    ready = prepared(CASES[17])
    program, data, _ = inputs(ready)
    assert data.rows.y.shape == (0,)
    assert data.rows.x.shape == (0, len(program.structure.columns))
    assert [group.z.shape for group in data.rows.groups] == [(0, 2), (0, 2)]
    assert pipeline.compile_inputs(ready.model, "marginal", ready.design)[1].rows.y.shape == (120,)


def test_the_number_of_rows_makes_no_other_program():
    """A marginal program reads no rows: a longer table with the same groups compiles nothing."""
    frame = panel()
    options = {"chains": 1, "draws": 20, "warmup": 20, "seed": 1, "progress": False}
    longer = pd.concat([frame, frame.iloc[:31]], ignore_index=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # so few draws are not healthy
        api.fit("y ~ x + (1 | g)", frame, **options)
        before = dict(traces)
        found = api.fit("y ~ x + (1 | g)", longer, **options)
    assert traces == before
    assert found.spec.n_rows == 151
    assert found.data_tree["observed_data"]["y"].shape == (151,)


ROWS, LEVELS = 300_000, 40


def test_no_matrix_of_all_rows_and_columns_is_made(chunk):
    """The population columns would be 96 MB; all that is made beside the frame is less than half of it."""
    chunk(10_000)
    rng = np.random.default_rng(0)
    levels = [f"l{i}" for i in range(LEVELS)]
    frame = pd.DataFrame({"x": rng.normal(size=ROWS), "g": rng.integers(0, 100, ROWS)})
    frame["f"] = pd.Categorical.from_codes(rng.integers(0, LEVELS, ROWS), levels)
    frame["y"] = frame.x + rng.normal(size=ROWS)
    options = {"family": None, "priors": None, "plan": "auto", "na": "drop", "checks": None, "quiet": True}
    formula = "y ~ x + f + (1 + x | g)"
    inputs(pipeline.prepare(formula, frame.iloc[:5000], **options))  # imports do not count
    tracemalloc.start()
    program, data, _ = inputs(pipeline.prepare(formula, frame, **options))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(program.structure.columns) == LEVELS + 1
    assert float(data.marginal.n) == ROWS
    assert peak < 8 * ROWS * LEVELS / 2
