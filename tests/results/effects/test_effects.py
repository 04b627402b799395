"""Predictions over grids, contrasts and slopes, against `fit.predict` and against derivatives by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import bayesformula as bf
from bayesformula.results.effects.conditional import population_effects
from bayesformula.results.effects.grid import grid
from bayesformula.results.plots.conditional import plot_effects
from results.fits import cafes_fit
from results.prediction.made import ROWS, made_fit

MIXED = "y ~ x * f + w + (1 + x | g) + (1 | h)"


def draws_of(table):
    return np.asarray(table).reshape(-1, table.sizes["row"])


GRIDS = [
    # (at, number of rows, columns that vary, value of another predictor)
    ("x", 100, {"x": 100}, {"f": "p", "w": ROWS["w"].mean()}),
    (["x", "f"], 300, {"x": 100, "f": 3}, {"w": ROWS["w"].mean()}),
    (["f", "w"], 12, {"f": 3, "w": 4}, {"x": ROWS["x"].mean()}),
    (["f", "x"], 9, {"f": 3, "x": 3}, {"w": ROWS["w"].mean()}),
    ({"x": [0, 1], "f": "q"}, 2, {"x": 2, "f": 1}, {"w": ROWS["w"].mean()}),
    ({"x": None, "g": ["g1", "g2"]}, 200, {"x": 100, "g": 2}, {"f": "p"}),
]


@pytest.mark.parametrize(("at", "rows", "varying", "held"), GRIDS)
def test_a_grid_has_every_combination_and_typical_values_elsewhere(at, rows, varying, held):
    frame = grid(made_fit(MIXED), at)
    assert len(frame) == rows
    assert {name: frame[name].nunique() for name in varying} == varying
    for name, value in held.items():
        assert frame[name].unique().tolist() == [value]


def test_predictions_at_a_grid_are_those_of_predict():
    fit = made_fit(MIXED)
    table = fit.predictions({"x": [0.0, 2.0], "f": ["p", "r"]})
    rows = pd.DataFrame({"x": [0.0, 0.0, 2.0, 2.0], "f": list("prpr"), "w": ROWS["w"].mean()})
    expected = fit.predict(rows, groups="none", summary=True)
    assert_allclose(table[["mean", "sd", "lower", "upper"]], expected, rtol=1e-12)
    assert table[["x", "f"]].to_numpy().tolist() == [[0.0, "p"], [0.0, "r"], [2.0, "p"], [2.0, "r"]]


def test_groups_that_a_grid_names_enter():
    fit = made_fit(MIXED)
    table = fit.predictions({"x": [0.5], "g": ["g1", "g3"]}, summary=False)
    rows = pd.DataFrame({"x": 0.5, "g": ["g1", "g3"], "f": "p", "w": ROWS["w"].mean()})
    assert_allclose(table, fit.predict(rows, groups=["g"]), rtol=1e-12)
    assert table.coords["g"].values.tolist() == ["g1", "g3"]


def test_averages_are_taken_draw_by_draw_over_rows():
    fit = made_fit(MIXED)
    each = draws_of(fit.predict())
    assert_allclose(draws_of(fit.predictions(average=True, summary=False))[:, 0], each.mean(1), rtol=1e-12)
    by = fit.predictions(by="f", summary=False)
    for place, level in enumerate("pqr"):
        inside = each[:, (ROWS["f"] == level).to_numpy()].mean(1)
        assert_allclose(draws_of(by)[:, place], inside, rtol=1e-12)
    two = fit.predictions(by=["f", "half"], newdata=ROWS)
    assert two[["f", "half"]].shape == (6, 2)


def test_a_contrast_is_the_difference_of_two_predictions():
    fit = made_fit("count ~ x * f + (1 | g)", "poisson")
    low, high = (draws_of(fit.predict(ROWS.assign(f=level))) for level in "pr")
    found = fit.comparisons({"f": ["p", "r"]}, summary=False)
    assert_allclose(draws_of(found)[:, 0], (high - low).mean(1), rtol=1e-11)
    ratio = fit.comparisons({"f": ["p", "r"]}, comparison="ratio", by="half", newdata=ROWS, summary=False)
    assert_allclose(draws_of(ratio)[:, 0], (high / low)[:, (ROWS["half"] == "lower")].mean(1), rtol=1e-11)
    table = fit.comparisons("f", levels="pairwise")
    assert table["contrast"].tolist() == ["q - p", "r - p", "r - q"]
    raised = fit.comparisons({"x": 2}, at={"f": ["p", "q"]}, kind="linear")
    b = fit.draws["b"].reshape(-1, 6)
    assert_allclose(raised["mean"], [2 * b[:, 1].mean(), 2 * (b[:, 1] + b[:, 4]).mean()], rtol=1e-10)
    assert raised["contrast"].tolist() == ["+2", "+2"]


def test_odds_ratios_of_a_logistic_model_are_exponentials():
    fit = made_fit("count | trials(size) ~ x + (1 | g)", "binomial")
    found = fit.comparisons("x", comparison="odds ratio", groups="none")
    assert_allclose(found["mean"], np.exp(fit.draws["b"][..., 1]).mean(), rtol=1e-9)


def test_slopes_are_derivatives():
    fit = made_fit("count ~ x + I(x^2) + (1 | g)", "poisson")
    b = fit.draws["b"].reshape(-1, 3)
    x = np.array([-0.5, 0.0, 1.0])
    eta = b[:, :1] + b[:, 1:2] * x + b[:, 2:] * x**2
    found = fit.slopes("x", at={"x": x.tolist()}, summary=False)
    assert_allclose(draws_of(found), np.exp(eta) * (b[:, 1:2] + 2 * b[:, 2:] * x), rtol=1e-7)
    assert found.coords["x"].values.tolist() == x.tolist()
    linear = made_fit(MIXED).slopes("x", by="g")
    assert linear["g"].tolist() == [f"g{i}" for i in range(6)]
    assert linear["slope"].unique().tolist() == ["x"]


def test_effects_of_categories_have_a_row_for_each():
    fit = made_fit("grade ~ x + (1 | g)", "cumulative")
    table = fit.comparisons("x", groups="none")
    assert table["category"].tolist() == ["low", "middle", "high"]
    assert_allclose(table["mean"].sum(), 0.0, atol=1e-12)


def test_effects_integrated_out_differ_from_those_of_a_typical_level():
    fit = made_fit("count ~ x + (1 | g)", "poisson")
    factor = np.exp(0.5 * fit.draws["sd_g"][..., 0].ravel() ** 2)[:, None]
    typical = draws_of(fit.predictions({"x": [0.0, 1.0]}, summary=False))
    average = draws_of(fit.predictions({"x": [0.0, 1.0]}, groups="integrate", summary=False))
    assert_allclose(average, typical * factor, rtol=1e-10)


def test_conditional_effects_follow_the_formula():
    fit = made_fit(MIXED)
    assert population_effects(fit) == [("x",), ("f",), ("w",), ("x", "f")]
    found = fit.conditional_effects(resolution=5)
    assert list(found) == ["x", "f", "w", "x:f"]
    assert found["x:f"].shape == (15, 6)
    held = fit.conditional_effects("x", conditions={"f": "r"}, resolution=5)["x"]
    expected = fit.predictions({"x": held["x"].tolist(), "f": ["r"]})
    assert_allclose(held["mean"], expected["mean"])
    assert "x:f" in repr(found)


def test_what_is_drawn_is_what_the_table_says():
    import matplotlib.pyplot as plt

    fit = made_fit("count ~ x * f + (1 | g)", "poisson")
    found = fit.conditional_effects(resolution=7)
    figure = plot_effects(found, points=True, axes=None)
    x, f, both = figure.axes
    line = x.lines[-1]
    assert_allclose(line.get_xydata(), found["x"][["x", "mean"]].to_numpy())
    assert [text.get_text() for text in f.get_xticklabels()] == ["p", "q", "r"]
    assert [text.get_text() for text in both.get_legend().get_texts()] == ["p", "q", "r"]
    assert (x.get_xlabel(), x.get_ylabel()) == ("x", "count")
    plt.close(figure)


REFUSED = [
    (lambda fit: fit.predictions("after_noon"), "no predictor 'after_noon': these are 'afternoon'"),
    (lambda fit: fit.predictions(["afternoon"], newdata={"afternoon": [1]}), "pass one of them"),
    (lambda fit: fit.predictions(by="town"), "by: there is no column 'town'"),
    (lambda fit: fit.predictions("afternoon", kind="response"), 'ask for "mean" or "linear"'),
    (lambda fit: fit.predictions("afternoon", resolution=1), "resolution=1 must be"),
    (lambda fit: fit.comparisons("x"), "no predictor 'x'"),
    (lambda fit: fit.comparisons("afternoon", comparison="quotient"), "comparison='quotient' is not known"),
    (lambda fit: fit.comparisons("cafe", levels="all", groups="all"), "levels='all' must be"),
    (lambda fit: fit.comparisons({"afternoon": [0, 1, 2]}), "two values"),
    (lambda fit: fit.comparisons({"afternoon": 0}), "a number that is not 0"),
    (lambda fit: fit.comparisons("afternoon", at="afternoon"), "leave it out of at="),
    (lambda fit: fit.slopes("cafe"), "'cafe' is a factor and has no slope"),
    (lambda fit: fit.conditional_effects("afternoon:cafe:x"), "nor two joined"),
    (lambda fit: fit.conditional_effects("afternoon", conditions={"afternoon": 1}), "leave it out of one"),
]


@pytest.mark.parametrize(("call", "message"), REFUSED)
def test_what_is_refused(call, message):
    with pytest.raises(bf.BayesFormulaError, match=message):
        call(cafes_fit())


def test_points_of_a_number_with_two_values_lie_beside_its_effects():
    import matplotlib.pyplot as plt

    figure = cafes_fit().conditional_effects().plot(points=True)
    points = figure.axes[0].lines[0].get_xydata()
    assert len(points) == 200
    assert set(np.round(points[:, 0])) == {0.0, 1.0}
    plt.close(figure)
