"""Score and curvature of each row's log likelihood in its linear predictors, by the family's own density."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from bayesformula.compiler.inputs import Rows
from bayesformula.compiler.kept import ONE_THREAD, compiled
from bayesformula.compiler.likelihood.terms import Terms
from bayesformula.compiler.response import response_at
from bayesformula.compiler.structure import Structure


class Derivatives(NamedTuple):
    """What a row's log likelihood is at some linear predictors; likelihood weights are in all of it.

    Attributes:
        value: sum over rows.
        score: (M, n) first derivatives in the M linear predictors.
        curvature: (M, n) minus the second ones.
        moves: (K - 1, n) how the score of the first predictor changes with each threshold.
    """

    value: Any
    score: Any
    curvature: Any
    moves: Any


def derivatives_of(
    structure: Structure, rows: Rows, scalars: Mapping[str, np.ndarray], thresholds: np.ndarray
) -> Callable[[np.ndarray], Derivatives]:
    """(M, n) linear predictors -> `Derivatives`, in NumPy."""
    call = _jitted(structure, is_quick=len(rows.y) <= FEW_ROWS)
    numbers = {name: np.asarray(np.ravel(value)[0]) for name, value in scalars.items()}
    terms = rows.terms
    if structure.predictors[0].bcs_kinds:
        terms = terms._replace(specific=np.zeros((len(rows.y), len(structure.threshold_kinds))))

    def at(etas: np.ndarray) -> Derivatives:
        # a dozen calls: on the CPU, wherever the sampler will run
        with jax.enable_x64(True), jax.default_device(jax.local_devices(backend="cpu")[0]):
            found = call(etas, thresholds, numbers, rows.y, rows.weights, terms)
            return Derivatives(*(np.asarray(leaf) for leaf in found))

    return at


FEW_ROWS = 20_000
QUICK: dict[str, Any] = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}
"""Compiled in a third to two thirds of the time, for a program that runs a dozen times; on few rows that
counts for more than the one to seven times as long that it runs."""


@lru_cache(maxsize=32)
def _jitted(structure: Structure, *, is_quick: bool) -> Any:
    names = [predictor.parameter for predictor in structure.predictors]

    def derivatives(
        etas: Array,
        thresholds: Array,
        scalars: dict[str, Array],
        y: Array,
        weights: Array | None,
        terms: Terms,
    ) -> Derivatives:
        def total(etas: Array, thresholds: Array) -> Array:
            at = terms._replace(thresholds=thresholds) if structure.threshold_kinds else terms
            response = response_at(structure, dict(zip(names, etas, strict=True)), scalars, at)
            each = response.log_prob(y)
            return jnp.sum(each if weights is None else weights * each)

        value, score = jax.value_and_grad(total)(etas, thresholds)

        def moved(direction: Array, along: Array) -> Array:
            return jax.jvp(jax.grad(total), (etas, thresholds), (direction, along))[1]

        # The rows are apart from each other, so that one product with ones gives a whole diagonal.
        still = jnp.zeros_like(thresholds)
        ones = jnp.eye(len(names))[:, :, None] * jnp.ones_like(etas)
        curvature = [-moved(ones[m], still)[m] for m in range(len(names))]
        eye = jnp.eye(len(structure.threshold_kinds))
        moves = [moved(jnp.zeros_like(etas), along)[0] for along in eye]
        return Derivatives(
            value, score, jnp.stack(curvature), jnp.stack(moves) if moves else jnp.zeros((0, etas.shape[1]))
        )

    return compiled(derivatives, {**ONE_THREAD, **(QUICK if is_quick else {})})
