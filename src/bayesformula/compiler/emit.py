"""The only place that writes NumPyro models: a structure becomes a `Program`.

The model that `Program.model` emits is what NUTS runs, site by site: priors of sds, correlations and
sigma, the coefficients as the plan has them, and the response as an `obs` site that can be sampled.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from jax import Array
from numpyro import handlers
from numpyro.infer.util import constrain_fn, potential_energy

from bayesformula.compiler import marginal, sites, student
from bayesformula.compiler.eta import linear_predictor
from bayesformula.compiler.inputs import ModelData, PriorArguments, Start
from bayesformula.compiler.kinds import REAL
from bayesformula.compiler.likelihood import gaussian
from bayesformula.compiler.likelihood.weighted import Weighted
from bayesformula.compiler.marginal import Theta
from bayesformula.compiler.structure import Structure


@dataclass(frozen=True, slots=True)
class Site:
    """An unconstrained coordinate block of the sampler: a NumPyro site and its shape."""

    name: str
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        return int(np.prod(self.shape, dtype=int))


@dataclass(frozen=True)
class Program:
    """A model and the functions that a sampler needs, all pure, data as arguments.

    Attributes:
        structure: what the program depends on.
        model: the NumPyro model, a function of `ModelData`.
        layout: the sites in the order in which they make up the sampler's vector z.
        potential: (z, data) -> minus the log density of `model`, Jacobians included.
        recover: (z, key, data) -> reported parameters of one draw by name.
        start: (data, start) -> z and its rough posterior sds, in NumPy.
        has_dense_metric: the sampler should adapt a full mass matrix.
    """

    structure: Structure
    model: Callable[[ModelData], None]
    layout: tuple[Site, ...]
    potential: Callable[[Array, ModelData], Array]
    recover: Callable[[Array, Array, ModelData], dict[str, Array]]
    start: Callable[[ModelData, Start], tuple[np.ndarray, np.ndarray]]
    has_dense_metric: bool

    @property
    def dim(self) -> int:
        return sum(site.size for site in self.layout)


MAX_DENSE_METRIC = 60
"""Dimensions up to which a full mass matrix is adapted: the sds and correlations of one model."""


@lru_cache(maxsize=32)
def emit(structure: Structure) -> Program:
    """The program of a structure; the same structure gives the same object, and so the same compiled code."""
    layout = tuple(site for site, _ in _start_sites(structure, None, None))

    def model(data: ModelData) -> None:
        _model(structure, data)

    def potential(z: Array, data: ModelData) -> Array:
        return jnp.asarray(potential_energy(model, (data,), {}, unravel(layout, z)))

    def recover(z: Array, key: Array, data: ModelData) -> dict[str, Array]:
        values = constrain_fn(model, (data,), {}, unravel(layout, z))
        with handlers.block(), handlers.seed(rng_seed=0), handlers.substitute(data=values):
            theta = sample_theta(structure, data.priors)
            if structure.plan == "marginal":
                b, r = marginal.draw_coefficients(structure, data, theta, key)
            else:
                b, r = sample_coefficients(structure, data, theta)
        return {"b": b, **_reported_theta(structure, data, theta), **_effects(structure, r)}

    def start(data: ModelData, rough: Start) -> tuple[np.ndarray, np.ndarray]:
        pieces = [values for _, values in _start_sites(structure, data.priors, rough)]
        z = [values.ravel() for values, _ in pieces]
        scale = [sizes.ravel() for _, sizes in pieces]
        return np.concatenate([np.zeros(0), *z]), np.concatenate([np.zeros(0), *scale])

    dim = sum(site.size for site in layout)
    dense = structure.plan == "marginal" and dim <= MAX_DENSE_METRIC
    return Program(structure, model, layout, potential, recover, start, dense)


def unravel(layout: tuple[Site, ...], z: Array) -> dict[str, Array]:
    """The sampler's vector as unconstrained values by site."""
    out, begin = {}, 0
    for site in layout:
        out[site.name] = z[begin : begin + site.size].reshape(site.shape)
        begin += site.size
    return out


# ---- the model --------------------------------------------------------------------------------------


def _model(structure: Structure, data: ModelData) -> None:
    theta = sample_theta(structure, data.priors)
    for name, value in _reported_theta(structure, data, theta).items():
        if name != "sigma" and not name.startswith("df_") and not _is_site(structure, name):
            numpyro.deterministic(name, value)
    if structure.plan == "marginal":
        numpyro.sample("y", gaussian.MarginalNormal(structure, data, theta), obs=data.rows.y)
        return
    b, r = sample_coefficients(structure, data, theta)
    numpyro.deterministic("b_reported", b)
    for name, value in _effects(structure, r).items():
        if not _is_site(structure, name):
            numpyro.deterministic(name, value)
    rows = data.rows
    eta = linear_predictor(rows.x, rows.offset, b, rows.groups, r)
    response = gaussian.rowwise(eta, theta.sigma, rows.se, structure.known_error)
    if rows.weights is not None:
        response = Weighted(response, jnp.asarray(rows.weights))
    with numpyro.plate("rows", rows.y.shape[0]):
        numpyro.sample("y", response, obs=rows.y)


def sample_theta(structure: Structure, priors: PriorArguments) -> Theta:
    """Sample sds, correlations, sigma and, under `marginal`, what of the coefficients is not integrated."""
    chols, spreads, dfs = [], [], []
    for k, label in enumerate(structure.labels):
        name = _in_prior(f"sd_{label}", structure.group_is_centred[k])
        sd = sites.sample_vector(name, structure.sd_kinds[k], jnp.asarray(priors.sd[k]))
        chols.append(_chol_cov(structure, k, sd, priors.cor[k]))
        spread, df = _student(structure, k, priors)
        spreads.append(spread)
        dfs.append(df)
    sigma = jnp.ones(())
    if structure.sigma_kind:
        sigma = sites.sample_vector("sigma", (structure.sigma_kind,), jnp.asarray(priors.sigma))[0]
    b, mixing = jnp.zeros(len(structure.columns)), jnp.zeros(0)
    if structure.plan == "marginal":
        arguments = jnp.asarray(priors.b)
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
    return Theta(tuple(chols), tuple(spreads), tuple(dfs), b, jnp.asarray(mixing), sigma)


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
        chol = jnp.asarray(numpyro.sample(_cor_site(structure, k, drawn), lkj))
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


def _cor_site(structure: Structure, k: int, number: int) -> str:
    block = [b for b in structure.blocks[k] if len(b) > 1][number]
    centred = structure.group_is_centred[k] and any(structure.coefs[k][i] == "Intercept" for i in block)
    suffix = f".{number + 1}" if number else ""
    return _in_prior(f"L_{structure.labels[k]}{suffix}", centred)


def _in_prior(name: str, centred: bool) -> str:
    """Sites that live at the columns' means say so; the plain name is then the reported quantity's."""
    return f"{name}.centred" if centred else name


def sample_coefficients(
    structure: Structure, data: ModelData, theta: Theta
) -> tuple[Array, tuple[Array, ...]]:
    """Sample (b, r) under `noncentred` or `centred`; reported coordinates, (p,) and (J, q) per group."""
    name = _in_prior("b", structure.b_is_centred)
    b = data.reported.b @ sites.sample_vector(name, structure.b_kinds, jnp.asarray(data.priors.b))
    r = []
    for k, label in enumerate(structure.labels):
        site, q = _effect_site(structure, k), len(structure.coefs[k])
        chol = marginal.level_chol(data, theta, k)
        relation = data.rows.groups[k].relation
        if structure.plan == "centred" and relation is not None:
            zero = jnp.zeros((structure.n_levels[k], q))
            u = jnp.asarray(numpyro.sample(site, dist.MatrixNormal(zero, jnp.asarray(relation), chol)))
        elif structure.plan == "centred":
            with numpyro.plate(f"levels of {label}", structure.n_levels[k]):
                normal = dist.MultivariateNormal(jnp.zeros(q), scale_tril=chol)
                u = jnp.asarray(numpyro.sample(site, normal))
        else:
            with numpyro.plate(f"levels of {label}", structure.n_levels[k]):
                v = numpyro.sample(site, dist.Normal(0.0, 1.0).expand([q]).to_event(1))
            u = marginal.relate(data, k, marginal.apply_chol(chol, jnp.asarray(v)))
        r.append(u @ data.reported.groups[k].T)
    return b, tuple(r)


def _effect_site(structure: Structure, k: int) -> str:
    if structure.plan == "noncentred":
        return f"v_{structure.labels[k]}"
    return _in_prior(f"r_{structure.labels[k]}", structure.group_is_centred[k])


def _reported_theta(structure: Structure, data: ModelData, theta: Theta) -> dict[str, Array]:
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
    if structure.sigma_kind:
        out["sigma"] = theta.sigma
    return out


def _diagonal_blocks(blocks: Array) -> Array:
    """(K q, K q) with (K, q, q) along its diagonal; a matrix as it is."""
    if blocks.ndim == 2:
        return blocks
    k, q = blocks.shape[:2]
    spread = jnp.eye(k)[:, None, :, None] * blocks[:, :, None, :]
    return spread.reshape(k * q, k * q)


def _effects(structure: Structure, r: tuple[Array, ...]) -> dict[str, Array]:
    return {f"r_{label}": effects for label, effects in zip(structure.labels, r, strict=True)}


def _is_site(structure: Structure, name: str) -> bool:
    """Whether a reported quantity is already a site under its own name."""
    for k, label in enumerate(structure.labels):
        if structure.group_is_centred[k]:
            continue
        if name == f"sd_{label}":
            return name in {member.name for member in sites.members(name, structure.sd_kinds[k])}
        if name == f"r_{label}":
            return structure.plan == "centred"
    return False


# ---- where the sampler starts --------------------------------------------------------------------------


def _start_sites(
    structure: Structure, priors: PriorArguments | None, rough: Start | None
) -> list[tuple[Site, tuple[np.ndarray, np.ndarray]]]:
    """Each site of the sampler's vector with its first unconstrained value and its rough posterior sd.

    Without `priors` only the names and shapes mean anything.
    """
    out: list[tuple[Site, tuple[np.ndarray, np.ndarray]]] = []

    def vector(
        name: str, kinds: tuple[str, ...], arguments: np.ndarray, value: np.ndarray, scale: np.ndarray
    ) -> None:
        for member in sites.members(name, kinds):
            at = np.array(member.positions)
            z = sites.unconstrain(member.kind, value[at], arguments[at])
            size = scale[at] if member.kind in REAL else np.full(len(at), 0.3)
            out.append((Site(member.name, (len(at),)), (z, size)))

    def zeros(name: str, shape: tuple[int, ...], scale: np.ndarray | float) -> None:
        out.append((Site(name, shape), (np.zeros(shape), np.broadcast_to(np.asarray(scale, float), shape))))

    p = len(structure.columns)
    if priors is None or rough is None:
        sds = [(sites.placeholder(len(kinds)), np.ones(len(kinds))) for kinds in structure.sd_kinds]
        dfs = [(sites.placeholder(1), np.ones(1)) for _ in structure.labels]
        sigma, b = (sites.placeholder(1), np.ones(1)), (sites.placeholder(p), np.zeros(p), np.ones(p))
    else:
        sds, dfs = [list(zip(*pair, strict=True)) for pair in ((priors.sd, rough.sd), (priors.df, rough.df))]
        sigma, b = (priors.sigma, rough.sigma.reshape(1)), (priors.b, rough.b, rough.b_errors)
    for k, label in enumerate(structure.labels):
        name = _in_prior(f"sd_{label}", structure.group_is_centred[k])
        vector(name, structure.sd_kinds[k], *sds[k], np.full(len(sds[k][1]), 0.3))
        for number, block in enumerate(block for block in structure.blocks[k] if len(block) > 1):
            batch = (structure.n_by[k],) if structure.n_by[k] > 1 else ()
            zeros(_cor_site(structure, k, number), (*batch, len(block) * (len(block) - 1) // 2), 0.5)
        if structure.df_kinds[k]:
            vector(f"df_{label}", (structure.df_kinds[k],), *dfs[k], np.full(1, 0.7))
            zeros(f"tail_{label}", (structure.n_levels[k],), 1.0)
    if structure.sigma_kind:
        vector("sigma", (structure.sigma_kind,), *sigma, np.full(1, 0.1))
    arguments, value, errors = b
    if structure.plan == "marginal":
        at = structure.sampled
        vector("b", tuple(structure.b_kinds[i] for i in at), arguments[at], value[at], errors[at])
        if structure.mixed:
            zeros("lambda_b", (len(structure.mixed),), 0.5)
        return out
    vector(_in_prior("b", structure.b_is_centred), structure.b_kinds, arguments, value, errors)
    for k in range(len(structure.labels)):
        shape = (structure.n_levels[k], len(structure.coefs[k]))
        size = 1.0 if structure.plan == "noncentred" else sds[k][1][: shape[1]]
        zeros(_effect_site(structure, k), shape, size)
    return out
