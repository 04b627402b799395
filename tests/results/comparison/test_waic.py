"""The widely applicable information criterion, from its definition."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import logsumexp

import bayesformula as bf
from results.fits import cafes_fit, plain_fit


@pytest.mark.filterwarnings("ignore::bayesformula.BayesFormulaWarning")
@pytest.mark.parametrize("fit", [cafes_fit, plain_fit], ids=lambda f: f.__name__)
def test_it_is_what_its_definition_says(fit):
    values = np.asarray(fit().log_likelihood()).reshape(-1, fit().spec.n_rows)
    lppd, p = logsumexp(values, axis=0) - np.log(len(values)), values.var(axis=0, ddof=1)
    found = fit().waic()
    assert_allclose(found.elpd_i, lppd - p, rtol=1e-10)
    assert found.elpd == pytest.approx(np.sum(lppd - p))
    assert found.p == pytest.approx(p.sum())
    assert found.se == pytest.approx(np.sqrt(len(p)) * np.std(lppd - p))
    assert found.pareto_k is None
    assert found.warning == bool(np.any(p > 0.4))
    assert "elpd_waic" in str(found)


def test_rows_beyond_it_are_counted():
    with pytest.warns(bf.BayesFormulaWarning, match=r"of 200 rows varies too much .* use loo\(\)"):
        cafes_fit().waic()


@pytest.mark.filterwarnings("ignore::bayesformula.BayesFormulaWarning")
def test_it_is_near_loo():
    assert plain_fit().waic().elpd == pytest.approx(plain_fit().loo().elpd, abs=1)
