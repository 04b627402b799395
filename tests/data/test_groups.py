"""Group terms: which effects, which blocks, which levels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from bayesformula.data.design import nesting
from bayesformula.errors import FormulaError

# formula, then for each record: label, number of levels, coefficients by block
STRUCTURES = [
    ("(1|g)", [("g", 6, ["Intercept"])]),
    ("(x|g)", [("g", 6, ["Intercept x"])]),
    ("(1+x|g)", [("g", 6, ["Intercept x"])]),
    ("(0+x|g)", [("g", 6, ["x"])]),
    ("(x||g)", [("g", 6, ["Intercept", "x"])]),
    ("(f|g)", [("g", 6, ["Intercept fmid flate"])]),
    ("(0+f|g)", [("g", 6, ["fearly fmid flate"])]),
    ("(f||g)", [("g", 6, ["Intercept", "fmid", "flate"])]),
    ("(0+f||g)", [("g", 6, ["fearly", "fmid", "flate"])]),
    ("(x + f||g)", [("g", 6, ["Intercept", "x", "fmid", "flate"])]),
    ("(f:x|g)", [("g", 6, ["Intercept fearly:x fmid:x flate:x"])]),
    ("(0 + f + f:x|g)", [("g", 6, ["fearly fmid flate fearly:x fmid:x flate:x"])]),
    ("(1|g) + (0+x|g)", [("g", 6, ["Intercept", "x"])]),
    ("(0+x|g) + (1+w|g)", [("g", 6, ["x", "Intercept w"])]),
    ("(1|a/g)", [("a", 2, ["Intercept"]), ("a:g", 6, ["Intercept"])]),
    ("(1+x|a/g)", [("a", 2, ["Intercept x"]), ("a:g", 6, ["Intercept x"])]),
    ("(1|a/g/k)", [("a", 2, ["Intercept"]), ("a:g", 6, ["Intercept"]), ("a:g:k", 24, ["Intercept"])]),
    ("(1|a:k)", [("a:k", 8, ["Intercept"])]),
    ("(1|k) + (1|g)", [("k", 4, ["Intercept"]), ("g", 6, ["Intercept"])]),
    ("(1|s:k) + (0+x|k:s)", [("s:k", 8, ["Intercept", "x"])]),
    ("(1|factor(g))", [("factor(g)", 6, ["Intercept"])]),
    ("(1|b)", [("b", 2, ["Intercept"])]),
    ("(poly(x, 2)|g)", [("g", 6, ["Intercept|poly(x, 2)1|poly(x, 2)2"])]),
    ("(1|p|g) + (0+x|p|g)", [("g", 6, ["Intercept x"])]),
    ("(0 + Intercept + x|g)", [("g", 6, ["Intercept x"])]),
]


@pytest.mark.parametrize(("term", "records"), STRUCTURES, ids=[term for term, _ in STRUCTURES])
def test_group_structures(build, frame, term, records):
    """Labels, numbers of levels, blocks; effects that are columns of ones are intercepts."""
    _, design = build(f"y ~ {term}", frame)
    found = [
        (group.label, len(group.levels), [tuple(block) for block in group.blocks])
        for group in design.groups.values()
    ]
    split = [
        (label, n, [tuple(b.split("|") if "|" in b else b.split()) for b in blocks])
        for label, n, blocks in records
    ]
    assert found == split
    for group in design.groups.values():
        assert group.coefs == tuple(coef for block in group.blocks for coef in block)
        assert group.z.shape == (24, len(group.coefs))
        assert group.index.dtype == np.int32
        assert group.index.min() == 0
        assert group.index.max() == len(group.levels) - 1
        if "Intercept" in group.coefs:
            assert (group.z[:, group.coefs.index("Intercept")] == 1).all()


def test_levels_sort_by_their_parts(build, frame):
    """Numbers in numeric order and without `.0`, then the second factor within the first."""
    frame["n"] = np.where(frame.g == 0, 10.0, 9.0)
    frame["d"] = pd.Categorical(np.where(frame.x > 2, "lo", "hi"), categories=["lo", "hi"])
    group = build("y ~ (1|n:d)", frame)[1].groups["n:d"]
    assert group.levels == ("9:lo", "9:hi", "10:lo", "10:hi")
    assert group.parts == (("9", "9", "10", "10"), ("lo", "hi", "lo", "hi"))


def test_only_observed_combinations_are_levels(build):
    """A sparse table of two factors has as many levels as cells with rows."""
    frame = pd.DataFrame({"y": range(4), "a": ["p", "q", "r", "r"], "b": ["u", "v", "w", "w"]})
    group = build("y ~ (1|a:b)", frame)[1].groups["a:b"]
    assert group.levels == ("p:u", "q:v", "r:w")
    assert_array_equal(group.index, [0, 1, 2, 2])


def test_labels_that_read_the_same_are_two_levels(build):
    """a = "x:y", b = "z" is not a = "x", b = "y:z"."""
    frame = pd.DataFrame({"y": range(3), "a": ["x:y", "x", "p"], "b": ["z", "y:z", "q"]})
    group = build("y ~ (1|a:b)", frame)[1].groups["a:b"]
    assert group.levels == ("p:q", "x:'y:z'", "'x:y':z")
    assert group.parts == (("p", "x", "x:y"), ("q", "y:z", "z"))
    assert_array_equal(group.index, [2, 1, 0])


def test_labels_stay_unique_when_quotes_do_not_help(build):
    """Parts that already hold quotes get a count."""
    frame = pd.DataFrame({"y": range(2), "a": ["'x:y'", "'x"], "b": ["z", "y':z"]})
    levels = build("y ~ (1|a:b)", frame)[1].groups["a:b"].levels
    assert len(set(levels)) == 2


def test_integers_floats_and_text_are_one_level(build, frame):
    """Ids keep their level when new data hold them in another type."""
    from bayesformula.data.design import encode

    schema, design = build("y ~ (1|g)", frame)
    for kind in (float, str, "Int64", "category"):
        again = encode(schema, frame.assign(g=frame.g.astype(kind)))
        assert_array_equal(again.groups["g"].index, design.groups["g"].index)


def test_effects_that_overlap_are_refused(build, frame):
    """Two terms on one factor must not share a coefficient, not even under two spellings."""
    with pytest.raises(FormulaError, match=r"Write \(1 \+ x \| g\)"):
        build("y ~ (1|g) + (x|g)", frame)
    with pytest.raises(FormulaError, match="the effect 'fmid' twice"):
        build("y ~ (f|g) + (0 + fmid|g)", frame.assign(fmid=frame.x))


def test_nesting_is_found_from_rows(build, frame):
    """Explicit and implicit nesting are alike; crossed factors are not nested."""
    assert nesting(build("y ~ (1|a/g)", frame)[1]) == {"a": (), "a:g": ("a",)}
    assert nesting(build("y ~ (1|a) + (1|g)", frame)[1]) == {"a": (), "g": ("a",)}
    assert nesting(build("y ~ (1|g) + (1|k)", frame)[1]) == {"g": (), "k": ()}
    three = nesting(build("y ~ (1|a/g/k)", frame)[1])
    assert three["a:g:k"] == ("a", "a:g")


def test_several_predictors_have_their_own_groups(build, frame):
    """Each parameter has columns and groups of its own; a shared name is kept with the block."""
    _, design = build("y ~ x + (x|p|g); sigma ~ 0 + f + (1|p|g)", frame)
    sigma = design.parameters["sigma"]
    assert list(sigma.fixed) == ["fearly", "fmid", "flate"]
    assert sigma.groups["g"].coefs == ("Intercept",)
    assert sigma.groups["g"].ids == design.groups["g"].ids == ("p",)


def test_two_hundred_thousand_levels(build):
    """Combinations are integers: no text is pasted and no dense table made on the way."""
    n = 200_000
    frame = pd.DataFrame({"y": np.zeros(n), "a": np.arange(n) // 2, "b": np.arange(n) % 50_000})
    _, design = build("y ~ (1|a:b) + (1|b)", frame)
    group = design.groups["a:b"]
    assert len(group.levels) == n
    assert_array_equal(group.index, np.arange(n))
    assert nesting(design) == {"a:b": ("b",), "b": ()}


def test_effect_columns_are_the_products_of_r(build, frame):
    """Z of `(0 + f:x | g)` holds x where the level is that of the column."""
    group = build("y ~ (0 + f:x | g)", frame)[1].groups["g"]
    assert_allclose(group.z[:, 1], np.where(frame.f == "mid", frame.x, 0))
