"""Leaving one out by weighing draws: ArviZ's numbers, and what ArviZ cannot do."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from arviz_stats import loo as arviz_loo
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import logsumexp

import bayesformula as bf
from bayesformula.results.comparison import pointwise
from bayesformula.results.prediction.predict import likelihood_answers
from results.fits import OUTLYING, cafes_fit, outlying_fit, plain_fit, wide_fit

pytestmark = [
    pytest.mark.filterwarnings("ignore::bayesformula.BayesFormulaWarning"),
    pytest.mark.filterwarnings("ignore:Estimated shape parameter"),
]

FITS = {"cafes": cafes_fit, "weighted": wide_fit, "plain": plain_fit}


def with_likelihood(fit):
    tree = fit.data_tree.copy()
    tree["log_likelihood"] = xr.DataTree(fit.log_likelihood().to_dataset(name="y"))
    return tree


@pytest.mark.parametrize("name", FITS)
def test_loo_is_arvizs(name):
    fit = FITS[name]()
    ours, theirs = fit.loo(), arviz_loo(with_likelihood(fit), pointwise=True)
    for part in ("elpd", "se", "p", "good_k"):
        assert getattr(ours, part) == pytest.approx(getattr(theirs, part), rel=1e-12)
    assert_allclose(ours.elpd_i, theirs.elpd_i, rtol=1e-12)
    assert_allclose(ours.pareto_k, theirs.pareto_k, rtol=1e-12)
    assert (ours.kind, ours.n_samples, ours.n_data_points) == ("loo", theirs.n_samples, theirs.n_data_points)
    assert ours.warning == theirs.warning
    assert str(ours) == str(theirs)


def test_relative_ess_can_be_stated():
    fit = cafes_fit()
    ours, theirs = fit.loo(reff=0.3), arviz_loo(with_likelihood(fit), pointwise=True, reff=0.3)
    assert_allclose(ours.pareto_k, theirs.pareto_k, rtol=1e-12)


def test_chunks_of_rows_change_nothing(monkeypatch):
    whole = cafes_fit().loo()
    monkeypatch.setattr("bayesformula.results.prediction.answers.CHUNK_VALUES", 800 * 32)
    assert likelihood_answers(cafes_fit()).chunk_rows == 32
    assert_allclose(cafes_fit().loo().elpd_i, whole.elpd_i, rtol=1e-12)


def test_rows_with_nothing_to_weigh():
    """Same density at every draw, density 0 at some draw, a tail of one value, and an ordinary row."""
    rng = np.random.default_rng(0)
    ordinary = rng.normal(-1, 0.3, 400)
    zero, tail = ordinary.copy(), ordinary.copy()
    zero[7] = -np.inf
    tail[:200] = ordinary.min() - 1
    found = pointwise.smoothed(np.stack([np.full(400, -2.5), zero, tail, ordinary], axis=1), 1.0)
    assert found.elpd[0] == -2.5
    assert found.k[0] == 0
    assert found.elpd[1] == -np.inf
    assert found.k[1] == np.inf
    assert found.elpd[2] == pytest.approx(-logsumexp(-tail) + np.log(400))
    assert found.k[2] == np.inf
    alone = pointwise.smoothed(ordinary[:, None], 1.0)
    assert (found.elpd[3], found.k[3]) == (alone.elpd[0], alone.k[0])
    assert_allclose(found.lppd, logsumexp([np.full(400, -2.5), zero, tail, ordinary], axis=1) - np.log(400))


def test_sums_of_zeros_are_zero():
    assert_array_equal(pointwise.log_sum(np.full((2, 3), -np.inf), axis=1), [-np.inf, -np.inf])


def test_large_shapes_are_told():
    fit = outlying_fit()
    with pytest.warns(bf.BayesFormulaWarning) as caught:
        found = fit.loo()
    bad = np.flatnonzero(found.pareto_k > found.good_k)
    assert OUTLYING in bad
    message = str(caught[0].message)
    assert message.startswith(f"{len(bad)} of 200 rows ")
    assert f": {bad[0]}" in message
    assert "loo(reloo=True)" in message
    assert "kfold()" in message
    assert "loo(group=...)" in message
    assert caught[0].filename == __file__
