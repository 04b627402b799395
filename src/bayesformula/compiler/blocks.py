"""The parameters of a model as NumPyro sites, block by block, and what is reported of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from jax import Array

from bayesformula.compiler import marginal, sites, student, whitened
from bayesformula.compiler.inputs import ModelData, PriorArguments
from bayesformula.compiler.kinds import REAL
from bayesformula.compiler.marginal import Theta
from bayesformula.compiler.structure import PredictorStructure, Structure

STANDARD = {"noncentred": "v", "whitened": "z"}
"""Plans that sample standard normals in place of effects, and what the sites are called."""
LOG_2PI = math.log(2.0 * math.pi)


class Coefficients(NamedTuple):
    """Coefficients in reported coordinates.

    Attributes:
        b: per predictor (p,).
        r: per group (J, q).
        thresholds: (K - 1,) of an ordinal response, else None.
        bcs: (p_cs, K - 1) of `cs()`, else None.
    """

    b: tuple[Array, ...]
    r: tuple[Array, ...]
    thresholds: Array | None = None
    bcs: Array | None = None


def sample_theta(structure: Structure, priors: PriorArguments) -> Theta:
    """Sample sds, correlations, the family's own parameters; under `marginal` what is not integrated out."""
    chols, spreads, dfs = [], [], []
    for k, label in enumerate(structure.labels):
        name = in_prior(f"sd_{label}", structure.group_is_centred[k])
        sd = sites.sample_vector(name, structure.sd_kinds[k], jnp.asarray(priors.sd[k]))
        chols.append(_chol_cov(structure, k, sd, priors.cor[k]))
        spread, df = _student(structure, k, priors)
        spreads.append(spread)
        dfs.append(df)
    scalars = {
        name: sites.sample_vector(name, (kind,), jnp.asarray(priors.scalars[name]))[0]
        for name, kind in structure.scalars
    }
    b, mixing = jnp.zeros(len(structure.columns)), jnp.zeros(0)
    if structure.plan == "marginal":
        arguments = jnp.asarray(priors.b[0])
        if structure.sampled:
            at = np.array(structure.sampled)
            kinds = [structure.b_kinds[i] for i in structure.sampled]
            b = b.at[at].set(sites.sample_vector("b", kinds, arguments[at]))
        if structure.mixed:
            half_df = 0.5 * jnp.stack(
                [
                    arguments[i, 0] if structure.b_kinds[i] == "student_t" else jnp.ones(())
                    for i in structure.mixed
                ]
            )
            mixing = numpyro.sample("lambda_b", dist.Gamma(half_df, half_df).to_event(1))
    return Theta(tuple(chols), tuple(spreads), tuple(dfs), b, jnp.asarray(mixing), scalars)


def _chol_cov(structure: Structure, k: int, sd: Array, concentrations: Array | np.ndarray) -> Array:
    """The (q, q) Cholesky factor of one group's covariance, block by block; (K, q, q) under `gr(by = )`."""
    q, blocks, n_by = len(structure.coefs[k]), structure.blocks[k], structure.n_by[k]
    batch = (n_by,) if n_by > 1 else ()
    sd = sd.reshape((*batch, q))
    out, drawn = jnp.zeros((*batch, q, q)), 0
    for block in blocks:
        at = np.array(block)
        if len(block) == 1:
            out = out.at[..., at, at].set(sd[..., at])
            continue
        concentration = jnp.broadcast_to(jnp.asarray(concentrations)[drawn], batch)
        lkj = dist.LKJCholesky(len(block), concentration).to_event(len(batch))
        chol = jnp.asarray(numpyro.sample(cor_site(structure, k, drawn), lkj))
        out = out.at[..., at[:, None], at[None, :]].set(sd[..., at][..., None] * chol)
        drawn += 1
    return out


def _student(structure: Structure, k: int, priors: PriorArguments) -> tuple[Array | None, Array | None]:
    """Scale of each level (J,) and degrees of freedom of Student effects, normal given the scales."""
    if not structure.df_kinds[k]:
        return None, None
    label = structure.labels[k]
    df = sites.sample_vector(f"df_{label}", (structure.df_kinds[k],), jnp.asarray(priors.df[k]))[0]
    coordinate = student.LevelCoordinate(0.5 * df).expand([structure.n_levels[k]]).to_event(1)
    x = jnp.asarray(numpyro.sample(f"tail_{label}", coordinate))
    return student.level_spread(x, 0.5 * df), df


def cor_site(structure: Structure, k: int, number: int) -> str:
    block = [b for b in structure.blocks[k] if len(b) > 1][number]
    centred = structure.group_is_centred[k] and any(structure.coefs[k][i] == "Intercept" for i in block)
    suffix = f".{number + 1}" if number else ""
    return in_prior(f"L_{structure.labels[k]}{suffix}", centred)


def in_prior(name: str, centred: bool) -> str:
    """Sites that live at the columns' means say so; the plain name is then the reported quantity's."""
    return f"{name}.centred" if centred else name


def sample_coefficients(structure: Structure, data: ModelData, theta: Theta) -> Coefficients:
    """Sample all coefficients under every plan but `marginal`; reported coordinates."""
    priors, reported = data.priors, data.reported
    bcs = thresholds = None
    if kinds := structure.predictors[0].bcs_kinds:
        drawn = sites.sample_vector("bcs", kinds, jnp.asarray(priors.bcs))
        bcs = drawn.reshape(-1, len(structure.threshold_kinds))
    if structure.threshold_kinds:
        thresholds = _sample_thresholds(structure, data)
    if structure.plan == "whitened":
        b, u = _sample_whitened(structure, data, theta, thresholds)
    else:
        b = [_sample_b(structure, priors, theta, place) for place in range(len(structure.predictors))]
        u = [_sample_effects(structure, data, theta, k) for k in range(len(structure.labels))]
    b = tuple(to @ each for to, each in zip(reported.b, b, strict=True))
    r = tuple(each @ jnp.asarray(to).T for to, each in zip(reported.groups, u, strict=True))
    if thresholds is not None:
        thresholds = thresholds + reported.means @ b[0]
        if bcs is not None:
            thresholds = thresholds + reported.specific_means @ bcs
    return Coefficients(b, r, thresholds, bcs)


def _sample_b(structure: Structure, priors: PriorArguments, theta: Theta, place: int) -> Array:
    """(p,) population coefficients of one predictor in prior coordinates; under `whitened` those are zero
    which may be any number."""
    predictor, units = structure.predictors[place], jnp.asarray(priors.units[place])
    units = units * theta.sigma if predictor.in_sigma else units
    arguments = jnp.asarray(priors.b[place])
    at = np.array(held_positions(structure, place), int)
    if len(at) == len(predictor.columns):
        return sites.sample_vector(b_site(predictor), predictor.b_kinds, arguments, units)
    kinds = [predictor.b_kinds[i] for i in at]
    drawn = sites.sample_vector(b_site(predictor), kinds, arguments[at], units[at])
    return jnp.zeros(len(predictor.columns)).at[at].set(drawn)


def held_positions(structure: Structure, place: int) -> list[int]:
    """Positions of a predictor's coefficients that are sites of their own."""
    kinds = structure.predictors[place].b_kinds
    return [i for i, kind in enumerate(kinds) if structure.plan != "whitened" or kind not in REAL]


def _sample_whitened(
    structure: Structure, data: ModelData, theta: Theta, thresholds: Array | None
) -> tuple[list[Array], list[Array]]:
    """Coefficients (p,) per predictor and effects (J, q) per group in prior coordinates.

    Standard normals are sampled; a factor makes their density that of the coefficients.
    """
    places = range(len(structure.predictors))
    held = jnp.concatenate([_sample_b(structure, data.priors, theta, place) for place in places])
    at = np.array(structure.whitened, int)
    z_b, size = jnp.zeros(0), n_white(structure)
    if size:
        z_b = jnp.asarray(numpyro.sample(WHITE_B, dist.Normal(0.0, 1.0).expand([size]).to_event(1)))
    z = [_sample_standard(structure, k) for k in range(len(structure.labels))]
    found = whitened.transform(structure, data, theta, held, thresholds, z_b, z)
    arguments = jnp.concatenate([jnp.asarray(table) for table in data.priors.b])
    kinds = [kind for predictor in structure.predictors for kind in predictor.b_kinds]
    gain = found.log_jacobian + sites.log_density([kinds[i] for i in at], arguments[at], found.b[at])
    gain = gain + 0.5 * jnp.sum(z_b**2) - 0.5 * jnp.sum(found.spare**2) + 0.5 * LOG_2PI * len(at)
    gain = gain + sum(0.5 * jnp.sum(w**2 - v**2) for w, v in zip(z, found.v, strict=True))
    numpyro.factor("whitening", gain)
    b = [found.b[span] for span in structure.spans]
    return b, [_scaled(data, theta, k, v) for k, v in enumerate(found.v)]


WHITE_B = "z.b"
"""Site of the standard normals of all whitened population coefficients; no group can be called so."""


def n_white(structure: Structure) -> int:
    """How many standard normals that site has."""
    return len(structure.whitened) + structure.n_spare


def _sample_standard(structure: Structure, k: int) -> Array:
    """(J, q) standard normals, from which the effects of a group are made."""
    label, q = structure.labels[k], len(structure.coefs[k])
    with numpyro.plate(f"levels of {label}", structure.n_levels[k]):
        normal = dist.Normal(0.0, 1.0).expand([q]).to_event(1)
        return jnp.asarray(numpyro.sample(effect_site(structure, k), normal))


def _scaled(data: ModelData, theta: Theta, k: int, v: Array) -> Array:
    """(J, q) effects in prior coordinates of unit-scale ones."""
    return marginal.relate(data, k, marginal.apply_chol(marginal.level_chol(data, theta, k), v))


def _sample_thresholds(structure: Structure, data: ModelData) -> Array:
    """(K - 1,) thresholds in prior coordinates; in increasing order under a cumulative model."""
    kinds, arguments = structure.threshold_kinds, jnp.asarray(data.priors.thresholds)
    if is_ordered(structure):
        return sites.sample_ordered(threshold_site(structure), kinds, arguments)
    return sites.sample_vector(threshold_site(structure), kinds, arguments)


def _sample_effects(structure: Structure, data: ModelData, theta: Theta, k: int) -> Array:
    """(J, q) effects of one group in prior coordinates, under `noncentred` or `centred`."""
    if structure.plan == "noncentred":
        return _scaled(data, theta, k, _sample_standard(structure, k))
    site, q, label = effect_site(structure, k), len(structure.coefs[k]), structure.labels[k]
    chol = marginal.level_chol(data, theta, k)
    relation = data.rows.groups[k].relation
    if relation is not None:
        zero = jnp.zeros((structure.n_levels[k], q))
        return jnp.asarray(numpyro.sample(site, dist.MatrixNormal(zero, jnp.asarray(relation), chol)))
    with numpyro.plate(f"levels of {label}", structure.n_levels[k]):
        return jnp.asarray(numpyro.sample(site, dist.MultivariateNormal(jnp.zeros(q), scale_tril=chol)))


def is_ordered(structure: Structure) -> bool:
    """Whether thresholds must increase for every category to have a probability."""
    return structure.family.name == "cumulative"


def b_site(predictor: PredictorStructure) -> str:
    return in_prior(predictor.name, predictor.b_is_centred and "Intercept" in predictor.columns)


def threshold_site(structure: Structure) -> str:
    return in_prior("thresholds", structure.b_is_centred)


def effect_site(structure: Structure, k: int) -> str:
    if structure.plan in STANDARD:
        return f"{STANDARD[structure.plan]}_{structure.labels[k]}"
    return in_prior(f"r_{structure.labels[k]}", structure.group_is_centred[k])


def reported_theta(structure: Structure, data: ModelData, theta: Theta) -> dict[str, Array]:
    """Sds (K q,), correlations (K q, K q) where there are any, degrees of freedom, and sigma, at x = 0."""
    out = {}
    for k, label in enumerate(structure.labels):
        chol = data.reported.groups[k] @ theta.chol_cov[k]
        covariance = _diagonal_blocks(chol @ jnp.swapaxes(chol, -1, -2))
        sd = jnp.sqrt(jnp.diagonal(covariance))
        out[f"sd_{label}"] = sd
        if any(len(block) > 1 for block in structure.blocks[k]):
            safe = jnp.where(sd > 0, sd, 1.0)
            unit = jnp.eye(len(sd)) > 0
            out[f"cor_{label}"] = jnp.where(unit, 1.0, covariance / safe[:, None] / safe[None, :])
        if theta.df[k] is not None:
            out[f"df_{label}"] = jnp.asarray(theta.df[k])
    return {**out, **theta.scalars}


def _diagonal_blocks(blocks: Array) -> Array:
    """(K q, K q) with (K, q, q) along its diagonal; a matrix as it is."""
    if blocks.ndim == 2:
        return blocks
    k, q = blocks.shape[:2]
    spread = jnp.eye(k)[:, None, :, None] * blocks[:, :, None, :]
    return spread.reshape(k * q, k * q)


def reported_coefficients(structure: Structure, found: Coefficients) -> dict[str, Array]:
    """All coefficients by the names that results have."""
    out = {predictor.name: b for predictor, b in zip(structure.predictors, found.b, strict=True)}
    if found.thresholds is not None:
        out["Intercept"] = found.thresholds
    if found.bcs is not None:
        out["bcs"] = found.bcs
    return out | {f"r_{label}": effects for label, effects in zip(structure.labels, found.r, strict=True)}


def coefficients_of(structure: Structure, values: Mapping[str, Array]) -> Coefficients:
    """The inverse of `reported_coefficients`: all coefficients of one draw by the names that results have."""
    return Coefficients(
        tuple(jnp.asarray(values[predictor.name]) for predictor in structure.predictors),
        tuple(jnp.asarray(values[f"r_{label}"]) for label in structure.labels),
        jnp.asarray(values["Intercept"]) if structure.threshold_kinds else None,
        jnp.asarray(values["bcs"]) if structure.predictors[0].bcs_kinds else None,
    )


def is_site(structure: Structure, name: str) -> bool:
    """Whether a reported quantity is already a site under its own name."""
    for k, label in enumerate(structure.labels):
        if structure.group_is_centred[k]:
            continue
        if name == f"sd_{label}":
            return name in {member.name for member in sites.members(name, structure.sd_kinds[k])}
        if name == f"r_{label}":
            return structure.plan == "centred"
    return False
