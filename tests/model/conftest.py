"""Fixtures of the tests of models."""

import pytest

from model.small import make_model, usual


@pytest.fixture
def model_of():
    """(priors) -> the usual model with them."""
    return lambda priors=None: make_model(usual(), priors)
