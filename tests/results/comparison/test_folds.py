"""Which rows are left out together."""

from __future__ import annotations

import numpy as np
import pytest

import bayesformula as bf
from bayesformula.results.comparison.folds import level_folds, row_folds
from bayesformula.results.observed import training_design
from results.prediction.made import ROWS, made_fit


def folds_of(
    formula="y ~ x + (1 | g) + (1 | mm(g, h2))", family="gaussian", k=None, folds="random", by=None, seed=0
):
    fit = made_fit(formula, family)
    return row_folds(fit, training_design(fit), k, folds, by, np.random.default_rng(seed))


def test_random_folds_are_of_one_size():
    found = folds_of()
    assert np.bincount(found).tolist() == [6] * 10
    assert sorted(np.bincount(folds_of(k=7)).tolist()) == [8, 8, 8, 9, 9, 9, 9]
    assert not np.array_equal(found, folds_of(seed=1))
    np.testing.assert_array_equal(found, folds_of(seed=0))


@pytest.mark.parametrize(
    ("formula", "family", "by", "column"),
    [
        ("count ~ x + (1 | g)", "poisson", None, "count"),
        ("grade ~ x + (1 | g)", "cumulative", None, "grade"),
        ("y ~ x + f", "gaussian", "f", "f"),
        ("y ~ x + (1 | g)", "gaussian", "g", "g"),
    ],
)
def test_stratified_folds_are_like_the_table(formula, family, by, column):
    found = folds_of(formula, family, k=4, folds="stratified", by=by)
    for value, count in ROWS[column].value_counts().items():
        each = np.bincount(found[(ROWS[column] == value).to_numpy()], minlength=4)
        assert abs(each - count / 4).max() < 2, value


def test_stratified_by_numbers_spreads_them():
    found = folds_of(k=5, folds="stratified")
    means = [ROWS["y"][found == fold].mean() for fold in range(5)]
    assert np.ptp(means) < 0.1
    assert np.ptp([ROWS["y"][folds_of(k=5) == fold].mean() for fold in range(5)]) > 0.2


@pytest.mark.parametrize(
    ("by", "k", "sizes"), [("g", 3, [20, 20, 20]), ("f", 3, [20] * 3), ("g", 6, [10] * 6)]
)
def test_grouped_folds_keep_levels_whole(by, k, sizes):
    found = folds_of("y ~ x + f + (1 | g)", k=k, folds="grouped", by=by)
    assert np.bincount(found).tolist() == sizes
    assert ROWS.assign(fold=found).groupby(by)["fold"].nunique().max() == 1


def test_large_levels_do_not_meet():
    index = np.repeat([4, 7, 9, 12], [30, 10, 10, 10])
    found = level_folds(index, 2, "g", np.random.default_rng(0))
    assert np.bincount(found).tolist() == [30, 30]
    assert (
        level_folds(index, None, "g", np.random.default_rng(0)).tolist()
        == np.repeat(range(4), [30, 10, 10, 10]).tolist()
    )


def test_stated_folds_have_any_labels():
    stated = np.where(ROWS["x"] > 0, "warm", "cold")
    np.testing.assert_array_equal(folds_of(folds=stated), (ROWS["x"] > 0).astype(int))
    np.testing.assert_array_equal(folds_of(folds=(ROWS["x"] > 0).tolist()), (ROWS["x"] > 0).astype(int))


ERRORS = [
    ({"k": 1}, "k=1 must be a whole number, 2 or more"),
    ({"k": 2.5}, "k=2.5 must be a whole number, 2 or more"),
    ({"k": 61}, "k=61 folds of 60 rows: k must be from 2 to 60"),
    ({"by": "g"}, "by='g' goes with folds='stratified' or folds='grouped': say which"),
    ({"folds": "grouped"}, "folds='grouped' needs by=, the column or group whose rows stay together"),
    ({"folds": "grouped", "by": "g"}, "k=10 folds of the 6 levels of 'g': k must be from 2 to 6"),
    (
        {"folds": "strata"},
        "folds='strata' is not known: legal are 'stratified', 'random', 'grouped', or one label for each "
        "row, rows with the same label being left out together",
    ),
    (
        {"folds": "grouped", "by": "gg"},
        "by='gg' is no column that the fit keeps, and no group; these are 'g', 'mmgh2', 'y', 'x', 'h2'\n"
        "  For another column write folds=data['column'], with one label for each used row.",
    ),
    (
        {"folds": "grouped", "by": "mmgh2"},
        "a row of 'mmgh2' belongs to several levels: leaving one out does not part the rows\n"
        "  Write kfold(folds=...) with a fold for each row.",
    ),
    ({"folds": [1, 2, 3]}, "folds must have one label for each of the 60 rows that were used, not 3 of them"),
    ({"folds": [1] * 60}, "folds has one label alone: nothing would be left to fit to"),
    ({"folds": [1, 2] * 30, "k": 2}, "folds= says which rows are left out together: leave out k= and by="),
]


@pytest.mark.parametrize(("options", "message"), ERRORS, ids=lambda value: str(value)[:30])
def test_folds_that_cannot_be(options, message):
    with pytest.raises(bf.OptionError) as caught:
        folds_of(**options)
    assert str(caught.value) == message
