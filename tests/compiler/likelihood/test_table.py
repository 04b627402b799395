"""The table of likelihoods, and what is put around a family."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from bayesformula.compiler.likelihood.legal import Legal
from bayesformula.compiler.likelihood.table import LIKELIHOODS
from bayesformula.families import FAMILIES
from response_cases import log_prob, make, slopes


def test_every_family_has_a_likelihood_and_no_other():
    assert set(LIKELIHOODS) == set(FAMILIES)


def test_known_errors_replace_sigma_or_are_added_to_it():
    se = np.array([0.5, 2.0])
    alone = make("gaussian", [0.0, 1.0], terms={"se": se}, known_error="alone")
    assert_allclose(log_prob(alone, 1.5), stats.norm([0.0, 1.0], se).logpdf(1.5), rtol=1e-13)
    added = make("gaussian", [0.0, 1.0], terms={"se": se}, known_error="added", sigma=1.2)
    expected = stats.norm([0.0, 1.0], np.sqrt(1.2**2 + se**2)).logpdf(1.5)
    assert_allclose(log_prob(added, 1.5), expected, rtol=1e-13)
    alone = make("student", [0.0, 1.0], terms={"se": se}, known_error="alone", nu=4.0)
    assert_allclose(log_prob(alone, 1.5), stats.t(4, [0.0, 1.0], se).logpdf(1.5), rtol=1e-12)


ILLEGAL = [
    ("poisson", "identity", [-1.0, 0.0], {}, 2.0),
    ("poisson", "sqrt", [-1.0, 0.0], {}, 2.0),
    ("negbinomial", "identity", [-1.0, 0.0], {"shape": 2.0}, 2.0),
    ("gamma", "inverse", [-1.0, 0.0], {"shape": 2.0}, 0.4),
    ("gamma", "identity", [-1.0, 0.0], {"shape": 2.0}, 0.4),
    ("exponential", "inverse_squared", [-1.0, 0.0], {}, 0.4),
    ("bernoulli", "identity", [-0.1, 1.2], {}, 1.0),
    ("bernoulli", "log", [0.0, 0.1], {}, 1.0),
    ("beta", "identity", [-0.1, 1.2], {"phi": 3.0}, 0.4),
    ("gaussian", "identity", [-1.0, 0.0], {"sigma": ([-1.0, 0.0], "identity")}, 0.4),
    ("hurdle_poisson", "identity", [-1.0, 0.0], {"hu": 0.3}, 0.0),
    ("zero_inflated_gamma", "identity", [-1.0, 0.0], {"shape": 2.0, "zi": 0.3}, 0.0),
    ("zero_inflated_poisson", "log", [0.0, 0.0], {"zi": ([-0.2, 1.5], "identity")}, 0.0),
]


@pytest.mark.parametrize(("name", "link", "eta", "others", "y"), ILLEGAL)
def test_illegal_parameters_have_probability_zero_and_finite_derivatives(name, link, eta, others, y):
    lp, gradients = slopes(name, eta, np.full(2, y), link, **others)
    assert np.all(lp == -np.inf)
    assert all(np.all(np.isfinite(g)) for g in gradients), gradients


def test_a_row_with_illegal_parameters_leaves_the_others_alone():
    d = make("poisson", [-1.0, 2.5], "identity")
    assert isinstance(d, Legal)
    assert_allclose(log_prob(d, 2.0), [-np.inf, stats.poisson(2.5).logpmf(2)], rtol=1e-13)
    assert_allclose(d.mean, [np.nan, 2.5])


def test_links_that_cannot_leave_the_support_are_not_looked_at():
    assert not isinstance(make("poisson", [0.3]), Legal)
    assert not isinstance(make("bernoulli", [0.3], "probit"), Legal)


def test_censoring_of_illegal_rows():
    d = make("poisson", [-1.0, 2.5], "identity", terms={"cens": [1.0, 1.0]}, max_count=3)
    assert_allclose(log_prob(d, 3.0), [-np.inf, stats.poisson(2.5).logsf(3)], rtol=1e-12)


def test_one_likelihood_for_every_row_of_an_empty_table():
    """No rows: no densities, no fault (prediction of an empty frame)."""
    d = make("poisson", np.zeros(0))
    assert d.log_prob(jnp.zeros(0)).shape == (0,)
