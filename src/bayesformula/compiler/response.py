"""From coefficients and rows to the distribution of the response."""

from __future__ import annotations

from collections.abc import Mapping

import jax.numpy as jnp
import numpyro.distributions as dist
from jax import Array

from bayesformula.compiler.blocks import Coefficients, coefficients_of
from bayesformula.compiler.eta import linear_predictor
from bayesformula.compiler.inputs import Rows
from bayesformula.compiler.likelihood.table import response
from bayesformula.compiler.likelihood.terms import Terms
from bayesformula.compiler.links import Linked
from bayesformula.compiler.structure import Structure


def linear_predictors(structure: Structure, rows: Rows, coefficients: Coefficients) -> dict[str, Array]:
    """eta (n,) of each parameter that has a formula."""
    return {
        predictor.parameter: linear_predictor(
            part.x, part.offset, coefficients.b[place], *_entering(structure, rows, coefficients, place)
        )
        for place, (predictor, part) in enumerate(zip(structure.predictors, rows.predictors, strict=True))
    }


def _entering(structure: Structure, rows: Rows, coefficients: Coefficients, place: int) -> tuple[list, list]:
    """The groups that enter one predictor, each with its columns and effects."""
    groups, effects = [], []
    for group, r, owners in zip(rows.groups, coefficients.r, structure.owners, strict=True):
        at = [i for i, owner in enumerate(owners) if owner == place]
        if len(at) == len(owners):
            groups.append(group)
            effects.append(r)
        elif at:
            groups.append(group._replace(z=jnp.asarray(group.z)[..., jnp.array(at)]))
            effects.append(r[:, jnp.array(at)])
    return groups, effects


def response_of(
    structure: Structure, rows: Rows, scalars: Mapping[str, Array], coefficients: Coefficients
) -> dist.Distribution:
    """The distribution of the n responses given all parameters, likelihood weights left out."""
    etas = linear_predictors(structure, rows, coefficients)
    return response_at(structure, etas, scalars, terms_of(rows, coefficients))


def terms_of(rows: Rows, coefficients: Coefficients) -> Terms:
    """What is known of each row, thresholds and effects by threshold among it."""
    terms = rows.terms._replace(thresholds=coefficients.thresholds)
    if coefficients.bcs is None:
        return terms
    return terms._replace(specific=jnp.asarray(rows.predictors[0].specific) @ coefficients.bcs)


def log_likelihood(structure: Structure, rows: Rows, values: Mapping[str, Array]) -> Array:
    """(n,) log densities of the rows at one draw of the reported parameters by name, times their weights."""
    scalars = {name: jnp.asarray(values[name]) for name, _ in structure.scalars}
    response = response_of(structure, rows, scalars, coefficients_of(structure, values))
    each = jnp.asarray(response.log_prob(jnp.asarray(rows.y)))
    return each if rows.weights is None else jnp.asarray(rows.weights) * each


def response_at(
    structure: Structure, etas: Mapping[str, Array], scalars: Mapping[str, Array], terms: Terms
) -> dist.Distribution:
    """The distribution of the n responses given the linear predictors."""
    parameters = {p.parameter: Linked(etas[p.parameter], p.link) for p in structure.predictors}
    parameters |= {name: Linked(value, "identity") for name, value in scalars.items()}
    return response(
        structure.family,
        parameters,
        terms,
        known_error=structure.known_error,
        max_count=structure.max_count,
    )
