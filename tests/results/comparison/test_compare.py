"""Models side by side: ArviZ's table, and what is not to be compared."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import arviz_stats
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import bayesformula as bf
from results.fits import cafes_fit, fit_quietly, outlying_fit, plain_fit
from results.prediction.made import made_fit

pytestmark = pytest.mark.filterwarnings("ignore::bayesformula.BayesFormulaWarning")


@lru_cache(maxsize=1)
def intercepts_fit():
    return fit_quietly("wait ~ afternoon + (1 | cafe)", bf.datasets.load("cafes"))


def both():
    return {"slopes": cafes_fit(), "intercepts": intercepts_fit()}


def test_it_is_arvizs_table():
    found = bf.compare(both())
    theirs = arviz_stats.compare({name: fit.loo() for name, fit in both().items()})
    assert list(found.columns) == list(theirs.columns)
    assert list(found.index) == ["slopes", "intercepts"]
    assert_allclose(found.drop(columns="weight").astype(float), theirs.drop(columns="weight").astype(float))
    assert_allclose(found["weight"], theirs["weight"], atol=1e-3)
    difference = np.asarray(cafes_fit().loo().elpd_i - intercepts_fit().loo().elpd_i)
    assert found.loc["intercepts", "elpd_diff"] == pytest.approx(difference.sum())
    assert found.loc["intercepts", "dse"] == pytest.approx(np.sqrt(200) * difference.std())


def test_stored_estimates_are_taken():
    stored = {name: fit.waic() for name, fit in both().items()}
    pd.testing.assert_frame_equal(bf.compare(stored), bf.compare(both(), ic="waic"))


@pytest.mark.parametrize("method", ["stacking", "bb-pseudo-bma", "pseudo-bma"])
def test_weights_of_whole_levels_do_not_underflow(method):
    """exp() of the log density of a level with 300 rows is 0; which model is better is not."""
    found = {}
    for name, fit in both().items():
        each = fit.loo(group="cafe")
        each.elpd_i = each.elpd_i - 2000.0
        each.elpd = each.elpd - 20 * 2000.0
        found[name] = each
    shifted, plain = bf.compare(found, method=method), bf.compare(both(), group="cafe", method=method)
    assert_allclose(shifted["weight"], plain["weight"], atol=1e-6)
    assert shifted["weight"].sum() == pytest.approx(1)
    assert shifted.loc["slopes", "weight"] > 0.8
    assert_allclose(shifted[["elpd_diff", "dse"]], plain[["elpd_diff", "dse"]], rtol=1e-6, atol=1e-6)


def test_subsamples():
    found = bf.compare({name: fit.loo(subsample=100) for name, fit in both().items()})
    whole = bf.compare(both())
    assert_allclose(found["elpd_diff"], whole["elpd_diff"], atol=4 * found["subsampling_dse"].max() + 1)
    assert found.loc["slopes", "weight"] > 0.8
    with pytest.raises(bf.OptionError, match="weigh different rows: pass the same subsample= and seed="):
        bf.compare({"a": cafes_fit().loo(subsample=100), "b": cafes_fit().loo(subsample=100, seed=1)})


def test_folds_are_the_same_for_all():
    found = bf.compare(both(), ic="kfold")
    assert found.loc["slopes", "elpd_diff"] == 0
    assert found.loc["intercepts", "elpd_diff"] > 0


def test_print_fits_a_terminal():
    long = "a model with a name that is much longer than a line of a table has room for"
    other = fit_quietly("wait ~ afternoon + (1 | cafe)", outlying_fit().frame)
    table = bf.compare({long: outlying_fit(), "b": other})
    lines = repr(table).splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].split() == ["model", "elpd", "se", "elpd_diff", "dse", "p", "weight"]
    assert lines[1].startswith("a model with a name t...")
    assert lines[1].endswith("*")
    assert lines[-1].startswith("* not to be trusted everywhere")
    assert "<table" in table._repr_html_()
    assert type(table[["elpd"]]) is pd.DataFrame
    assert "rank" in str(table[["rank", "elpd"]])


def reordered(fit):
    return replace(fit, frame=fit.frame.iloc[::-1].reset_index(drop=True))


REFUSED = [
    (
        lambda: {"a": cafes_fit()},
        'compare takes two models or more by name: bf.compare({"a": fit1, "b": fit2})',
    ),
    (
        lambda: {"a": cafes_fit(), "b": 3},
        "'b' is a int: write a fit, or the result of its loo() or kfold()",
    ),
    (
        lambda: {"a": cafes_fit(), "b": plain_fit()},
        "'a' was fitted to 200 rows and 'b' to 40: only predictions of the same rows can be compared\n"
        "  Rows with missing values may have been dropped for one of them: fit all to the rows that are "
        "complete for each.",
    ),
    (
        lambda: {"a": made_fit("positive ~ x"), "b": made_fit("log(positive) ~ x")},
        "the response of 'a' is positive and that of 'b' is log(positive): their densities are on different "
        "scales\n  Fit both to the same response; a lognormal family is a model of y that is normal for "
        "log(y).",
    ),
    (
        lambda: {"a": made_fit("w ~ x"), "b": reordered(made_fit("w ~ f"))},
        "'a' and 'b' were fitted to other rows: w has the same values in another order, first in row 0: "
        "0.5 and 1.25\n  Fit both to the same table, rows in the same order.",
    ),
    (
        lambda: {"a": made_fit("y ~ x"), "b": made_fit("y | weights(w) ~ x")},
        "the likelihood weights of 'a' and 'b' differ, and so does what is counted\n"
        "  Fit both with the same weights().",
    ),
    (
        lambda: {"a": cafes_fit().loo(), "b": cafes_fit().waic()},
        "'a' is of kind loo and 'b' of kind waic: use one for all",
    ),
    (
        lambda: {"a": cafes_fit().loo(), "b": cafes_fit().loo(group="cafe")},
        "'a' leaves out one row at a time and 'b' one cafe: these are different questions",
    ),
]


@pytest.mark.parametrize(("models", "message"), REFUSED, ids=range(len(REFUSED)))
def test_what_is_not_to_be_compared(models, message):
    with pytest.raises(bf.OptionError) as caught:
        bf.compare(models())
    assert str(caught.value) == message


OPTIONS = [
    ({"ic": "aic"}, "ic='aic' is not known: legal are 'waic', 'loo', 'kfold'"),
    ({"method": "bma"}, "method='bma' is not known: legal are 'pseudo-bma', 'bb-pseudo-bma', 'stacking'"),
    ({"ic": "waic", "reloo": True}, "reloo=True belongs to ic='loo', not to ic='waic'"),
    (
        {"ic": "waic", "group": "cafe"},
        "ic='waic' leaves out rows alone: for levels of a group write ic='loo'",
    ),
]


@pytest.mark.parametrize(("options", "message"), OPTIONS, ids=lambda value: str(value)[:20])
def test_options(options, message):
    with pytest.raises(bf.OptionError) as caught:
        bf.compare(both(), **options)
    assert str(caught.value) == message


@pytest.mark.filterwarnings("default::bayesformula.BayesFormulaWarning")
def test_probabilities_and_densities():
    fits = {"p": made_fit("count ~ x", "poisson"), "g": made_fit("count ~ x", "gaussian")}
    with pytest.warns(bf.BayesFormulaWarning, match="'p' give probabilities of counts and 'g' densities"):
        bf.compare(fits)
