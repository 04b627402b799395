"""Parameters held at numbers: `y ~ x; quantile = 0.25` and `bf.formula("y ~ x", quantile=0.25)`."""

from __future__ import annotations

import numpy as np
import pytest

import bayesformula as bf
from bayesformula.errors import FormulaError
from bayesformula.syntax.lower import lower
from bayesformula.syntax.parse import parse
from bayesformula.syntax.render import render_value

HELD = [
    ("y ~ x; quantile = 0.25", (("quantile", 0.25),), "y ~ x; quantile = 0.25"),
    ("y~x;nu=4;", (("nu", 4.0),), "y ~ x; nu = 4"),
    ("y ~ x; nu = 4; zi ~ z; hu = 0.5", (("nu", 4.0), ("hu", 0.5)), "y ~ x; zi ~ z; nu = 4; hu = 0.5"),
    ("y ~ x; alpha = -2", (("alpha", -2.0),), "y ~ x; alpha = -2"),
    ("y ~ x; alpha = +2.50", (("alpha", 2.5),), "y ~ x; alpha = 2.5"),
    ("y ~ x; phi = 1e-3", (("phi", 0.001),), "y ~ x; phi = 0.001"),
    ("y ~ x; phi = .5", (("phi", 0.5),), "y ~ x; phi = 0.5"),
    ("y ~ x; phi = 2L", (("phi", 2.0),), "y ~ x; phi = 2"),
    ("y ~ x # mean\n; quantile = 0.9 # upper", (("quantile", 0.9),), "y ~ x; quantile = 0.9"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "fixed", "canonical"), HELD)
def test_what_is_held_is_read_and_written(text, fixed, canonical):
    spec = lower(parse(text))
    assert (spec.fixed, spec.text) == (fixed, canonical)
    assert lower(parse(spec.text)) == spec
    assert spec.predictors[0].parameter == "mu"
    assert not {name for name, _ in fixed} & {predictor.parameter for predictor in spec.predictors}


def test_the_place_is_known():
    (held,) = parse("y ~ x; quantile = 0.25").fixed
    assert (held.span.start, held.span.stop) == (7, 22)


@pytest.mark.parametrize("value", [0.1, 1 / 3, -1e-300, 1e22, 5, 0, np.float64(0.25), np.int64(3)])
def test_numbers_read_back_to_the_last_bit(value):
    spec = bf.formula("y ~ x", alpha=value)
    assert spec.fixed == (("alpha", float(value)),)
    assert lower(parse(spec.text)).fixed == spec.fixed
    assert spec.text == f"y ~ x; alpha = {render_value(value)}"


def test_numbers_and_formulas_together():
    spec = bf.formula("y ~ x + (1 | g)", sigma="~ x", nu=4)
    assert spec == lower(parse("y ~ x + (1 | g); sigma ~ x; nu = 4"))
    assert bf.formula("y ~ x; nu = 4", sigma="sigma ~ x") == lower(parse("y ~ x; sigma ~ x; nu = 4"))


@pytest.mark.parametrize("value", [True, "0.25", None, float("nan"), float("inf"), [0.25]])
def test_what_is_neither_number_nor_formula_is_refused(value):
    with pytest.raises(FormulaError) as caught:
        bf.formula("y ~ x", quantile=value)
    assert str(caught.value) == (
        f"'quantile' must have a formula such as '~ x', or a number that it is held at, not {value!r}"
    )


ARGUMENTS = [
    ("family", "poisson", "data, family='poisson'"),
    ("data", {"y": [1]}, "data"),
    ("priors", ["b ~ flat"], "data, priors=['b ~ flat']"),
    ("priors", ["b ~ flat"] * 9, "data, priors=..."),
    ("seed", 3, "data, seed=3"),
]


@pytest.mark.parametrize(("name", "value", "written"), ARGUMENTS)
def test_arguments_of_fit_are_no_parameters(name, value, written):
    with pytest.raises(FormulaError) as caught:
        bf.formula("y ~ x", **{name: value})
    assert str(caught.value) == (
        f"'{name}' is no part of a formula: it is an argument of bf.fit\n"
        f"  Write bf.fit(bf.formula('y ~ x'), {written})."
    )


def test_held_and_predicted():
    with pytest.raises(FormulaError, match="`nu` has a formula and is held fixed"):
        bf.formula("y ~ x; nu ~ z", nu=4)
