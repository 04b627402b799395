"""Where chains start: inside every support, with a finite density and gradient, whatever the response is."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from bayesformula import api
from odd_cases import ODD, OddCase


@pytest.mark.parametrize("case", ODD, ids=lambda case: case.id)
def test_the_first_density_is_finite(case: OddCase):
    ready = case.prepared()
    program, data, rough = api.compile_inputs(ready.model, "noncentred", ready.design)
    z, size = program.start(data, rough)
    assert np.all(np.isfinite(z))
    assert np.all(size > 0)
    assert np.all(np.isfinite(size))
    # eagerly: compiling so many programs would take minutes
    value, gradient = jax.value_and_grad(program.potential)(jnp.asarray(z), data)
    assert np.isfinite(value)
    assert np.all(np.isfinite(gradient))
