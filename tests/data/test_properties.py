"""What must hold of any data: order of rows, names of levels, rank."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from bayesformula.data.design import build_design, encode, nesting
from bayesformula.syntax.lower import lower
from bayesformula.syntax.parse import parse

FORMULAS = [
    "y ~ x * f + (x | g)",
    "y ~ 0 + f:x + (1 | g/h)",
    "y ~ poly(x, 2) + f + (f || g:h)",
    "y ~ f*h - f",
]


@st.composite
def frames(draw):
    """5 to 30 rows; every level of a factor occurs, x takes three values or more."""
    n = draw(st.integers(5, 30))
    column = st.integers(0, 3)
    codes = [np.array(draw(st.lists(column, min_size=n, max_size=n))) for _ in range(3)]
    x = np.array(draw(st.lists(st.integers(-9, 9), min_size=n, max_size=n)), dtype=float)
    x[:5] = np.arange(5)
    f = codes[0]
    f[:2] = 0, 1
    return pd.DataFrame(
        {"y": np.arange(n, dtype=float), "x": x, "f": f, "g": codes[1], "h": codes[2]}
    ).assign(f=lambda d: np.array(["p", "q", "r", "s"])[d.f])


@settings(max_examples=40, deadline=None)
@given(frame=frames(), text=st.sampled_from(FORMULAS), seed=st.integers(0, 9))
def test_the_order_of_rows_does_not_matter(frame, text, seed):
    """The design of shuffled rows is the shuffled design."""
    spec = lower(parse(text))
    schema, design = build_design(spec, frame)
    order = np.random.default_rng(seed).permutation(len(frame))
    again, shuffled = build_design(spec, frame.iloc[order])
    assert again.mu.groups == schema.mu.groups
    assert list(shuffled.fixed) == list(design.fixed)
    assert_allclose(shuffled.fixed, design.fixed.iloc[order], atol=1e-9)
    for label, group in design.groups.items():
        assert_array_equal(shuffled.groups[label].index, group.index[order])
        assert_allclose(shuffled.groups[label].z, group.z[order], atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(frame=frames(), text=st.sampled_from(FORMULAS))
def test_names_of_levels_do_not_matter(frame, text):
    """Longer names in the same order give the same numbers."""
    spec = lower(parse(text))
    _, design = build_design(spec, frame)
    renamed = frame.assign(f="level " + frame.f, g="g:" + frame.g.astype(str), h="h/" + frame.h.astype(str))
    if text.endswith("- f"):  # there h is a number, not a factor
        renamed["h"] = frame.h
    _, other = build_design(spec, renamed)
    assert_array_equal(other.fixed, design.fixed)
    assert nesting(other) == nesting(design)
    for label, group in design.groups.items():
        assert_array_equal(other.groups[label].index, group.index)
        assert_array_equal(other.groups[label].z, group.z)


@settings(max_examples=60, deadline=None)
@given(frame=frames(), text=st.sampled_from(FORMULAS))
def test_the_population_part_has_full_rank_and_groups_are_consistent(frame, text):
    """No column is dependent; rows of one level share its parts; encoding twice is encoding once."""
    schema, design = build_design(lower(parse(text)), frame)
    scaled = design.fixed / np.linalg.norm(design.fixed, axis=0)
    assert np.linalg.matrix_rank(scaled, tol=1e-9) == design.fixed.shape[1]
    for group in design.groups.values():
        assert sorted(set(group.index.tolist())) == list(range(len(group.levels)))
        for name, part in zip(group.factors, group.parts, strict=True):
            assert [part[code] for code in group.index] == frame[name].astype(str).tolist()
    again = encode(schema, frame)
    assert_array_equal(again.fixed, design.fixed)
