"""`cs(x)`: columns with effects of their own at each threshold, and where they may stand."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from bayesformula.data.checks import check
from bayesformula.data.design import build_design, encode
from bayesformula.data.saving import schema_from_json, schema_to_json
from bayesformula.data.specific import TAKERS, check_specific
from bayesformula.errors import DataError, FormulaError, UnseenLevelError
from bayesformula.syntax.lower import lower
from bayesformula.syntax.parse import parse

RIGHT = [
    "x",
    "f",
    "x + w",
    "x * f",
    "f:s",
    "f/x",
    "poly(x, 2) + s",
    "C(f, sum) * b",
    "(x > 3) + log(w)",
    "scale(w):s",
    "x + I(2 * x) + f",
]


@pytest.mark.parametrize("right", RIGHT)
def test_columns_are_those_of_the_same_terms_beside_an_intercept(build, frame, right):
    """R's coding, R's names and the same columns dropped, which other tests hold against R."""
    schema, design = build(f"y ~ k + cs({right})", frame)
    plain, usual = build(f"y ~ {right}", frame)
    found, expected = design.parameters["mu"].specific, usual.fixed.drop(columns="Intercept")
    assert list(found.columns) == list(expected.columns) == list(schema.mu.specific_columns)
    assert_array_equal(found.to_numpy(), expected.to_numpy())
    assert list(design.fixed.columns) == ["Intercept", "k"]
    assert schema.mu.specific_dropped == plain.mu.dropped


def test_without_cs_there_are_no_columns(build, frame):
    """A frame of n rows and no columns, in every predictor."""
    _, design = build("y ~ x; sigma ~ w", frame)
    assert [part.specific.shape for part in design.parameters.values()] == [(24, 0), (24, 0)]


def test_new_data_are_read_by_the_learnt_schema(build, frame):
    """Means, levels and dropped columns are those of the training data; JSON keeps them."""
    schema, design = build("y ~ w + cs(scale(x) + f + I(2 * x)) + (1 | g)", frame)
    loaded = schema_from_json(json.loads(json.dumps(schema_to_json(schema))))
    assert loaded == schema
    part = frame.iloc[[5, 7]].drop(columns="y")
    new = encode(loaded, part, response="ignore").parameters["mu"].specific
    assert list(new.columns) == ["scale(x)", "fmid", "flate"]
    assert_allclose(new.to_numpy(), design.parameters["mu"].specific.iloc[[5, 7]].to_numpy())
    with pytest.raises(UnseenLevelError, match="column 'f'"):
        encode(loaded, part.assign(f="never"), response="ignore")


def test_rows_that_miss_a_value_of_cs_are_left_out(build, frame):
    schema, design = build("y ~ cs(x)", frame.assign(x=frame.x.where(frame.x > 0)))
    assert design.n_dropped == int((frame.x == 0).sum())
    assert design.parameters["mu"].specific.shape == (design.n_rows, 1)
    assert schema.columns == ("y", "x")


def test_infinite_values_of_cs_are_refused(build, frame):
    with pytest.raises(DataError, match=r"log\(x\) is not a finite number in rows"):
        build("y ~ cs(log(x))", frame)


def test_a_dot_leaves_out_what_stands_in_cs(build, frame):
    """`.` is the other columns; what is made of a column is another term."""
    schema, _ = build("y ~ . + cs(x)", frame[["y", "x", "w"]])
    assert (schema.mu.columns, schema.mu.specific_columns) == (("Intercept", "w"), ("x",))
    schema, _ = build("y ~ . + cs(log(w))", frame[["y", "x", "w"]])
    assert (schema.mu.columns, schema.mu.specific_columns) == (("Intercept", "x", "w"), ("log(w)",))


def test_population_columns_that_cs_can_say_are_dropped(build, frame):
    """`x + cs(f:x)` with a product for each level: these add up to x, at every threshold."""
    schema, design = build("y ~ x + w + cs(f:x)", frame)
    assert schema.mu.specific_columns == ("fearly:x", "fmid:x", "flate:x")
    assert list(design.fixed.columns) == ["Intercept", "w"]
    (dropped,) = schema.mu.dropped
    assert (dropped.name, dropped.code) == ("x", "dependent-columns")
    assert set(dropped.combination) == {"fearly:x", "fmid:x", "flate:x"}
    assert_array_equal(encode(schema, frame).fixed.to_numpy(), design.fixed.to_numpy())


def test_without_an_intercept_columns_are_kept_in_their_places(build, frame):
    """`0 + f` is coded in full, and cs() beside it as always."""
    schema, design = build("y ~ 0 + f + cs(s)", frame)
    assert schema.mu.columns == ("fearly", "fmid", "flate")
    assert list(design.parameters["mu"].specific.columns) == ["sm"]


def findings(text, frame, family="acat"):
    """Messages by code."""
    schema, design = build_design(lower(parse(text)), frame)
    found = check(schema.spec, schema, design, frame, family=family)
    return {finding.code: finding.message for finding in found}


def test_findings_know_of_cs(frame):
    """Dropped columns are told, and a slope in cs() is a mean around which slopes vary."""
    frame = frame.assign(k=pd.Categorical(frame.k, ordered=True), one=7.0, g=frame.g % 3)
    found = findings("k ~ cs(x + one + I(2 * x))", frame)
    assert found == {
        "constant-column": "dropped of cs(), the same in every row used: 'one'",
        "dependent-columns": "dropped of cs(): 'I(2 * x)' is a combination of 'x'",
    }
    assert "slope-without-mean" in findings("k ~ w + (x | g)", frame)
    assert "slope-without-mean" not in findings("k ~ w + cs(x) + (x | g)", frame)
    assert "response-as-predictor" in findings("k ~ cs(k:x)", frame)


ELSEWHERE = ["y ~ log(cs(x))", "cs(y) ~ x", "y ~ offset(cs(x))", "y | weights(cs(x)) ~ 1", "y ~ x:I(cs(w))"]


@pytest.mark.parametrize("text", ELSEWHERE)
def test_inside_calls_it_is_refused(build, frame, text):
    with pytest.raises(FormulaError) as caught:
        build(text, frame)
    assert caught.value.message == "cs() gives a term an effect for each threshold and cannot stand here"
    assert caught.value.hint == "Write it as a term of its own: y ~ z + cs(x)."


# ---- families ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", TAKERS)
def test_families_that_take_it(family):
    check_specific(lower(parse("y ~ x + cs(z) + (1 | g)")), family)


@pytest.mark.parametrize("family", ["gaussian", "cumulative", "categorical"])
def test_without_it_every_family_is_let_pass(family):
    check_specific(lower(parse("y ~ x + (1 | g)")), family)


CUMULATIVE = """\
family 'cumulative' takes no cs(): thresholds that move apart could cross, and the probability of a category \
between them would be negative
    y ~ x + cs(z + w)
               ^
  Families with cs(): 'sratio', 'cratio', 'acat'. Or write the term without cs(), for one effect over all
  thresholds."""
OTHERS = """\
cs() gives an effect to each threshold, and family 'poisson' has no thresholds
    y ~ x + cs(z + w)
               ^
  Families with cs(): 'sratio', 'cratio', 'acat'. For any other, write the term without cs()."""


@pytest.mark.parametrize(("family", "message"), [("cumulative", CUMULATIVE), ("poisson", OTHERS)])
def test_families_that_do_not(family, message):
    with pytest.raises(FormulaError) as caught:
        check_specific(lower(parse("y ~ x + cs(z + w)")), family)
    assert str(caught.value) == message


def test_a_formula_without_its_text_is_refused_without_a_caret():
    spec = replace(lower(parse("y ~ cs(z)")), source="")
    with pytest.raises(FormulaError) as caught:
        check_specific(spec, "poisson")
    assert "^" not in str(caught.value)


def test_effects_of_cs_are_not_population_columns(build, frame):
    """What reads `fixed` sees the effects that hold at all thresholds, and those alone."""
    _, design = build("y ~ x + cs(w)", frame)
    assert list(design.fixed.columns) == ["Intercept", "x"]
    assert np.array_equal(design.parameters["mu"].specific["w"], frame.w)
