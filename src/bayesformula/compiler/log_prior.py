"""The log prior density of the parameters that have a prior of their own: all but the group effects.

Each density is that of its statement, in the coordinates that the statement speaks of: coefficients and sds
as reported, or at the columns' means where a default holds there; correlations as a matrix, under the LKJ
density det(R)^(eta - 1). Flat priors count as 1; the constants of LKJ densities are left out.
"""

from __future__ import annotations

from collections.abc import Mapping

import jax.numpy as jnp
import numpy as np
from jax import Array

from bayesformula.compiler import sites
from bayesformula.compiler.inputs import PriorArguments, Reported
from bayesformula.compiler.leaves import Leaf
from bayesformula.compiler.structure import Structure


def log_prior(
    structure: Structure, priors: PriorArguments, reported: Reported, values: Mapping[str, Array]
) -> Array:
    """() log prior density at one draw of the reported parameters by name, up to a constant.

    Args:
        structure: of the model under any plan, without joint priors (horseshoe, r2d2).
        priors: the numbers of the priors.
        reported: the maps from the coordinates of the priors to those of results.
        values: one draw, as results hold it.
    """
    out = jnp.zeros(())
    for place, predictor in enumerate(structure.predictors):
        if predictor.columns:
            b = jnp.linalg.solve(jnp.asarray(reported.b[place]), jnp.asarray(values[predictor.name]))
            out = out + sites.log_density(predictor.b_kinds, jnp.asarray(priors.b[place]), b)
    if structure.threshold_kinds:
        out = out + _thresholds(structure, priors, reported, values)
    for k, label in enumerate(structure.labels):
        out = out + _group(structure, priors, reported.groups[k], values, k)
        if structure.df_kinds[k]:
            df = jnp.reshape(jnp.asarray(values[f"df_{label}"]), (1,))
            out = out + sites.log_density((structure.df_kinds[k],), jnp.asarray(priors.df[k]), df)
    for name, kind in structure.scalars:
        value = jnp.reshape(jnp.asarray(values[name]), (1,))
        out = out + sites.log_density((kind,), jnp.asarray(priors.scalars[name]), value)
    return out


def _thresholds(
    structure: Structure, priors: PriorArguments, reported: Reported, values: Mapping[str, Array]
) -> Array:
    """Of the thresholds and of what `cs()` adds to them."""
    thresholds = jnp.asarray(values["Intercept"])
    if structure.predictors[0].columns:
        thresholds = thresholds - jnp.asarray(reported.means) @ jnp.asarray(values["b"])
    out = jnp.zeros(())
    if kinds := structure.predictors[0].bcs_kinds:
        bcs = jnp.asarray(values["bcs"])
        thresholds = thresholds - jnp.asarray(reported.specific_means) @ bcs
        out = out + sites.log_density(kinds, jnp.asarray(priors.bcs), bcs.ravel())
    return out + sites.log_density(structure.threshold_kinds, jnp.asarray(priors.thresholds), thresholds)


def _group(
    structure: Structure, priors: PriorArguments, to_reported: Leaf, values: Mapping[str, Array], k: int
) -> Array:
    """Of the sds and correlations of one group, once for each level of `by`."""
    label, q, n_by = structure.labels[k], len(structure.coefs[k]), structure.n_by[k]
    sd = jnp.asarray(values[f"sd_{label}"])
    cor = values.get(f"cor_{label}")
    correlation = jnp.eye(n_by * q) if cor is None else jnp.asarray(cor)
    inverse = jnp.linalg.inv(jnp.asarray(to_reported))
    out, sds = jnp.zeros(()), []
    for by in range(n_by):
        at = slice(by * q, (by + 1) * q)
        scale = inverse * sd[at]
        covariance = scale @ correlation[at, at] @ scale.T
        own = jnp.sqrt(jnp.diagonal(covariance))
        sds.append(own)
        drawn = 0
        for block in structure.blocks[k]:
            if len(block) > 1:
                places = np.array(block)
                part = covariance[places[:, None], places[None, :]]
                log_det = jnp.linalg.slogdet(part / own[places][:, None] / own[places][None, :])[1]
                out = out + (jnp.asarray(priors.cor[k])[drawn] - 1.0) * log_det
                drawn += 1
    arguments = jnp.asarray(priors.sd[k])
    return out + sites.log_density(structure.sd_kinds[k], arguments, jnp.concatenate(sds))
