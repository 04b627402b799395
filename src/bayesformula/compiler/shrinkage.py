"""Joint priors of all coefficients of a predictor: the regularised horseshoe and R2D2.

Both make coefficient j normal given a standard deviation of its own,

    b_j = scale_j s_j z_j,    z_j ~ normal(0, 1),

and are priors of s. `scale_j` is the unit of coefficient j, so that neither the units of a column nor those
of the response matter: sigma / s_x where one sigma holds for all rows, as in brms, else s_y / s_x (s_y is 1
on the scale of a link). The priors thus speak of coefficients of standardised columns.

    horseshoe   s_j = tau lambda_j / sqrt(1 + (tau lambda_j / c)^2)
                lambda_j ~ half_student_t(df, 1), tau ~ half_student_t(df_global, scale_global)
                c^2 = scale_slab^2 w, w ~ inv_gamma(df_slab / 2, df_slab / 2)
    r2d2        s_j = sqrt(phi_j R2 / (1 - R2)),  R2 ~ beta(mean_R2 prec_R2, (1 - mean_R2) prec_R2)
                phi ~ dirichlet(cons_D2, ..., cons_D2), as shares of independent gammas

tau is a share of `scale`; R2 is the share of the variance that the coefficients explain when the rest
has sd `scale_j s_x`. A prior of m coefficients takes 2 m + 2 and 2 m + 1 coordinates.

References: Piironen and Vehtari (2017), doi:10.1214/17-EJS1337SI; Zhang, Naughton, Bondell and
Reich (2022), doi:10.1080/01621459.2020.1825449.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from jax import Array


class Part(NamedTuple):
    """A site: its name, first unconstrained value and rough posterior sd."""

    name: str
    z: np.ndarray
    size: np.ndarray


def sample(kind: str, name: str, scale: Array, arguments: Array) -> Array:
    """Sample the coefficients (m,) of one joint prior; call inside a NumPyro model.

    Args:
        kind: "horseshoe" or "r2d2".
        name: before the names of its sites.
        scale: (m,) units of the coefficients.
        arguments: (N_ARGUMENTS,) numbers of the prior, as `kinds.arguments_of` gives them.
    """
    sds = sample_sds(kind, name, scale, arguments)
    z = numpyro.sample(f"{name}.z", dist.Normal(jnp.zeros_like(sds), 1.0).to_event(1))
    return sds * jnp.asarray(z)


def sample_horseshoe(name: str, scale: Array, arguments: Array) -> Array:
    """Coefficients (m,) under the regularised horseshoe."""
    return sample("horseshoe", name, scale, arguments)


def sample_r2d2(name: str, scale: Array, arguments: Array) -> Array:
    """Coefficients (m,) under the R2D2 prior."""
    return sample("r2d2", name, scale, arguments)


def sample_sds(kind: str, name: str, scale: Array, arguments: Array) -> Array:
    """Sample all but z: the sds (m,) given which the coefficients are independent normals."""
    shares = _horseshoe(name, scale, arguments) if kind == "horseshoe" else _r2d2(name, scale, arguments)
    return scale * shares


def _horseshoe(name: str, scale: Array, arguments: Array) -> Array:
    df, scale_global, df_global, df_slab, scale_slab = (arguments[i] for i in range(5))
    one = jnp.ones_like(scale)
    local = numpyro.sample(f"{name}.local", _half_t(df * one, one).to_event(1))
    overall = numpyro.sample(f"{name}.global", _half_t(df_global, scale_global))
    slab = numpyro.sample(f"{name}.slab", dist.InverseGamma(0.5 * df_slab, 0.5 * df_slab))
    log_raw = jnp.log(local) + jnp.log(overall)
    log_slab = jnp.log(scale_slab) + 0.5 * jnp.log(slab)
    # 1 / s^2 = 1 / raw^2 + 1 / c^2, by logs: no square of a heavy tail is ever formed
    return jnp.exp(-0.5 * jnp.logaddexp(-2.0 * log_raw, -2.0 * log_slab * one))


def _r2d2(name: str, scale: Array, arguments: Array) -> Array:
    mean, precision, concentration = (arguments[i] for i in range(3))
    one = jnp.ones_like(scale)
    r2 = jnp.asarray(numpyro.sample(f"{name}.R2", dist.Beta(mean * precision, (1.0 - mean) * precision)))
    weight = jnp.asarray(numpyro.sample(f"{name}.weight", dist.Gamma(concentration * one, one).to_event(1)))
    log_share = jnp.log(weight) - jnp.log(jnp.sum(weight))
    return jnp.exp(0.5 * (log_share + jnp.log(r2) - jnp.log1p(-r2)))


def _half_t(df: Array, scale: Array) -> dist.Distribution:
    return dist.FoldedDistribution(dist.StudentT(df, jnp.zeros_like(scale), scale))


def parts(
    kind: str, name: str, value: np.ndarray, scale: np.ndarray, arguments: np.ndarray, *, has_z: bool = True
) -> list[Part]:
    """The sites of one joint prior in the order of sampling, and where they start.

    Args:
        kind: "horseshoe" or "r2d2".
        name: before the names of the sites.
        value: (m,) rough values of the coefficients.
        scale: (m,) their units, rough where these depend on a parameter.
        arguments: (N_ARGUMENTS,) numbers of the prior.
        has_z: the coefficients are sampled (`sample`), not only their sds (`sample_sds`).
    """
    m = len(value)
    size = np.abs(value) / scale
    if kind == "horseshoe":
        # at lambda = 1 all coefficients are shrunk alike; tau then starts at their usual size
        overall = min(max(float(np.sqrt(np.mean(size**2))), 0.01), 1.0) if m else 1.0
        out = [
            Part(f"{name}.local", np.zeros(m), np.ones(m)),
            Part(f"{name}.global", np.log(overall) * np.ones(()), np.ones(())),
            Part(f"{name}.slab", np.zeros(()), 0.5 * np.ones(())),
        ]
        sds = overall / np.sqrt(1.0 + (overall / max(float(arguments[4]), 1e-300)) ** 2)
    else:
        concentration = max(float(arguments[2]), 1e-3)
        out = [
            Part(f"{name}.R2", np.zeros(()), np.ones(())),
            Part(f"{name}.weight", np.full(m, np.log(concentration)), np.full(m, concentration**-0.5)),
        ]
        sds = np.sqrt(1.0 / max(m, 1))
    if has_z:
        out.append(Part(f"{name}.z", np.clip(value / scale / sds, -2.0, 2.0), np.full(m, 0.5)))
    return out


def reported(kind: str, name: str, values: Mapping[str, Array], predictor: str = "mu") -> dict[str, Array]:
    """What the summary shows of one joint prior, by its name in brms.

    Args:
        kind: "horseshoe" or "r2d2".
        name: before the names of its sites.
        values: constrained values by site.
        predictor: whose coefficients they are.
    """
    suffix = "" if predictor == "mu" else f"_{predictor}"
    if kind == "horseshoe":
        return {f"hs_global{suffix}": values[f"{name}.global"]}
    return {f"R2D2_R2{suffix}": values[f"{name}.R2"]}
