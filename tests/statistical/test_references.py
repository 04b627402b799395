"""Posteriors of brms, with the same priors: means within 0.1 sd, sds within 5 %, and Monte Carlo error.

Twelve models in every run of the suite, all others with `-m slow`. Seeds are fixed.
"""

from __future__ import annotations

import pytest

from statistical import references
from statistical.references import Reference, differences

QUICK = {"nwo_gender", "inhaler_cumulative", "spread_shared_id", "epilepsy_negbinomial", "catches_zip"}
FAMILIES = list(references.of_families())


def by_name(reference: Reference) -> str:
    return reference.name


def check(reference: Reference) -> None:
    fit = reference.fit()
    found = differences(fit, reference)
    assert [d for d in found if not d.is_within] == []
    assert set(fit.summary().index) <= set(reference.parameters), "brms reports all that we do"
    assert fit.divergences <= 4  # of 16,000


@pytest.mark.parametrize("reference", references.of_datasets(), ids=by_name)
def test_nested_crossed_and_correlated_groups(reference):
    """brms has 700 to 5,000 effective draws of these."""
    check(reference)


@pytest.mark.parametrize("reference", references.of_group_options(), ids=by_name)
def test_known_structure_of_levels(reference):
    """All parameters and the effects of three levels; brms has 1,600 to 24,000 effective draws."""
    check(reference)


@pytest.mark.parametrize("reference", [r for r in FAMILIES if r.name in QUICK], ids=by_name)
@pytest.mark.filterwarnings("ignore:the run is not healthy")
def test_families(reference):
    """Counts, proportions, ratings, a covariance over two parameters, extra zeros."""
    check(reference)


@pytest.mark.slow
@pytest.mark.parametrize("reference", [r for r in FAMILIES if r.name not in QUICK], ids=by_name)
@pytest.mark.filterwarnings("ignore:the run is not healthy")
def test_all_other_families(reference):
    check(reference)
