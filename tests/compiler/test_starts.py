"""Where chains start: inside every support, with a finite density and gradient, whatever the response is."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

from bayesformula import api
from odd_cases import ODD, OddCase


@pytest.mark.parametrize("case", ODD, ids=lambda case: case.id)
def test_the_first_density_is_finite(case: OddCase):
    ready = case.prepared()
    program, data, rough = api.compile_inputs(ready.model, "noncentred", ready.design)
    z, size, _ = program.start(data, rough)
    assert np.all(np.isfinite(z))
    assert np.all(size > 0)
    assert np.all(np.isfinite(size))
    # eagerly: compiling so many programs would take minutes
    value, gradient = jax.value_and_grad(program.potential)(jnp.asarray(z), data)
    assert np.isfinite(value)
    assert np.all(np.isfinite(gradient))


def test_a_delay_of_zero_is_none():
    """`ndt = 0` is the lognormal model, not an impossible one."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"y": rng.gamma(2.0, 1.0, 20), "x": rng.normal(size=20)})
    priors = "Intercept[centred] ~ normal(0, 1); b ~ normal(0, 1); sigma ~ exponential(1)"
    found = []
    for formula, family in (("y ~ x; ndt = 0", "shifted_lognormal"), ("y ~ x", "lognormal")):
        options = {"plan": "noncentred", "na": "drop", "checks": None, "quiet": True}
        ready = api.prepare(formula, frame, family=family, priors=priors, **options)
        program, data, _ = api.compile_inputs(ready.model, "noncentred", ready.design)
        found.append(float(program.potential(jnp.array([0.1, 0.3, -0.2]), data)))
    assert found[0] == pytest.approx(found[1], rel=1e-12)
