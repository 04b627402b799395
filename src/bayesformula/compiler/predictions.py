"""What a model says of rows at draws of its parameters: linear predictors, means, responses, densities.

One program a question, compiled for chunks of rows and all draws at once, the draws as arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import jax
import jax.numpy as jnp
import numpyro.distributions as dist
from jax import Array

from bayesformula.compiler.averaging import Averaged, nodes, shifts
from bayesformula.compiler.blocks import coefficients_of
from bayesformula.compiler.inputs import Rows
from bayesformula.compiler.kept import compiled
from bayesformula.compiler.links import Linked
from bayesformula.compiler.response import linear_predictors, log_likelihood, response_at, terms_of
from bayesformula.compiler.structure import Structure

Kind = Literal["linear", "parameter", "mean", "response", "log_likelihood"]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of each row at each draw.

    Attributes:
        kind: the linear predictor of a parameter, the parameter itself, the mean of the response (the
            probabilities of the categories of one that has them), a draw of the response, or the log density
            of the observed one times its weight.
        parameter: of the first two.
        averaged: of each group whose effects are integrated out, which linear predictor each enters.
    """

    kind: Kind
    parameter: str = "mu"
    averaged: tuple[tuple[int, ...], ...] = ()


@contextmanager
def on_cpu() -> Iterator[None]:
    """float64 on the processor, whatever the fit ran on: a chunk of rows is small work."""
    with jax.enable_x64(True), jax.default_device(jax.devices("cpu")[0]):
        yield


@lru_cache(maxsize=32)
def answering(structure: Structure, question: Question) -> Callable[..., Array]:
    """(rows, values, averaged, key) -> (n, S) or (n, K, S) answers, compiled.

    `values` are S draws of the reported parameters by name, (..., S) each, so that the draws of a level lie
    together; `averaged` the groups that are integrated out, draws along their first axis.
    """

    def one(rows: Rows, values: Mapping[str, Array], averaged: tuple[Averaged, ...], key: Array) -> Array:
        return _answer(structure, question, rows, values, averaged, key)

    def every(rows: Rows, values: Mapping[str, Array], averaged: tuple[Averaged, ...], key: Array) -> Array:
        draws = next(iter(values.values())).shape[-1]
        along = tuple(group.axes() for group in averaged)
        keys = jax.random.split(key, draws)
        return jax.vmap(one, in_axes=(None, -1, along, 0), out_axes=-1)(rows, values, averaged, keys)

    return compiled(every)


def _answer(
    structure: Structure,
    question: Question,
    rows: Rows,
    values: Mapping[str, Array],
    averaged: tuple[Averaged, ...],
    key: Array,
) -> Array:
    """(n,) or (n, K) at one draw."""
    if question.kind == "log_likelihood":
        return log_likelihood(structure, rows, values)
    scalars = {name: jnp.asarray(values[name]) for name, _ in structure.scalars}
    found = coefficients_of(structure, values)
    etas, terms = linear_predictors(structure, rows, found), terms_of(rows, found)
    if question.kind == "linear":
        return etas[question.parameter]

    def at(etas: Mapping[str, Array]) -> Array:
        if question.kind == "parameter":
            return _parameter(structure, question.parameter, etas, scalars, rows)
        return mean(structure, response_at(structure, etas, scalars, terms))

    of_effects, of_response = jax.random.split(key)
    if question.kind == "response":
        moved = shifts(averaged, question.averaged, etas, of_effects) if averaged else etas
        drawn = response_at(structure, moved, scalars, terms).sample(of_response)
        return jnp.broadcast_to(jnp.asarray(drawn), jnp.shape(rows.y))
    if not averaged:
        return at(etas)
    return nodes(averaged, question.averaged, etas, at)


def _parameter(
    structure: Structure, name: str, etas: Mapping[str, Array], scalars: Mapping[str, Array], rows: Rows
) -> Array:
    if name not in etas:
        return jnp.broadcast_to(scalars[name], (jnp.shape(rows.y)[0],))
    link = next(p.link for p in structure.predictors if p.parameter == name)
    return Linked(etas[name], link).value


def mean(structure: Structure, response: dist.Distribution) -> Array:
    """(n,) means, or (n, K) probabilities of categories and mean counts in them."""
    if structure.family.support in ("category", "ordered"):
        return jnp.asarray(response.probs)  # pyright: ignore
    return jnp.asarray(response.mean)
