"""brms's models of every family: its log likelihood row by row at a draw, and its means.

`golden/brms_families.json` holds what brms 2.18 gave with the same priors (script beside it). The tests are
exact: at the parameters of one of brms's draws our log likelihood and our mean are brms's. Posteriors are
compared in `test_references`.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from bayesformula import api
from bayesformula.compiler.blocks import Coefficients
from bayesformula.compiler.response import response_of
from statistical.references import formula_of

GOLDEN = Path(__file__).parents[1] / "golden"
MODELS: list[dict[str, Any]] = json.loads((GOLDEN / "brms_families.json").read_text())["models"]
KEPT = [model for model in MODELS if model["data"] and (GOLDEN / model["data"]).exists()]
EXACT = [model for model in KEPT if model.get("at_draw")]


def named(model: dict[str, Any]) -> str:
    return str(model["id"])


@cache
def table(path: str) -> pd.DataFrame:
    return pd.read_csv(GOLDEN / path, dtype={"herd": str, "patient": str, "subject": str})


def arguments(model: dict[str, Any]) -> dict[str, Any]:
    return {"family": model["family_ours"], "priors": model["priors_ours"]}


def at_draw(model: dict[str, Any]):
    """The response's distribution at the parameters of brms's draw, and the response."""
    ready = api.prepare(
        formula_of(model),
        table(model["data"]),
        plan="noncentred",
        na="drop",
        checks=None,
        quiet=True,
        **arguments(model),
    )
    program, data, _ = api.compile_inputs(ready.model, "noncentred", ready.design)
    values, spec = model["at_draw"]["parameters"], ready.model
    b = tuple(
        jnp.array([values[("b_" if p.parameter == "mu" else f"b_{p.parameter}_") + c] for c in p.columns])
        for p in spec.predictors
    )
    r = tuple(
        jnp.array([[values[f"r_{g.label}[{level},{coef}]"] for coef in g.coefs] for level in group.levels])
        for g, group in zip(spec.groups, ready.design.groups.values(), strict=True)
    )
    thresholds = bcs = None
    if spec.n_thresholds:
        numbers = range(1, spec.n_thresholds + 1)
        thresholds = jnp.array([values[f"b_Intercept[{k}]"] for k in numbers])
        if spec.mu.specific:
            bcs = jnp.array([[values[f"bcs_{c}[{k}]"] for k in numbers] for c in spec.mu.specific])
    scalars = {name: jnp.asarray(float(values.get(name, _held(spec, name)))) for name in spec.scalars}
    found = Coefficients(b, r, thresholds, bcs)
    return response_of(program.structure, data.rows, scalars, found), data.rows


def _held(spec, name: str) -> float:
    """The number at which the formula holds a parameter; brms does not list those."""
    prior = spec.prior_rows(name)[0].prior
    return prior.arguments[0] if prior.distribution == "constant" else np.nan


@pytest.mark.parametrize("model", EXACT, ids=named)
def test_log_likelihood_of_each_row(model):
    """Of the rows that are kept, the first 40 of longer tables, and of all rows together."""
    response, rows = at_draw(model)
    weights = 1.0 if rows.weights is None else np.asarray(rows.weights)
    ours = weights * np.asarray(response.log_prob(jnp.asarray(rows.y)))
    theirs = model["at_draw"]["log_lik"]
    assert_allclose(ours[: len(theirs)], theirs, rtol=1e-6, atol=1e-6)
    assert_allclose(ours.sum(), model["at_draw"]["log_lik_sum"], rtol=1e-7, atol=1e-6)


@pytest.mark.parametrize("model", [m for m in EXACT if m["at_draw"].get("mean")], ids=named)
def test_mean_of_each_row(model):
    response, _ = at_draw(model)
    mean = np.asarray(response.mean)
    expected = np.array(model["at_draw"]["mean"], float)
    if expected.ndim > 1:
        pytest.skip("brms gives probabilities of categories where we give the expected code")
    assert_allclose(mean[: len(expected)], expected, rtol=1e-6, atol=1e-6)
