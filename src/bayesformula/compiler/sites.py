"""From priors to NumPyro sites: which distribution, which support, where the sampler starts.

A vector of parameters (the population coefficients, the sds of one group) may mix distributions. The
members that share one become one NumPyro site, or the sites of their joint prior; constants become none.
What is static (the kinds) is apart from what is data (the numbers), so that two fits that differ in prior
scales or bounds share a program.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from jax import Array
from numpyro.distributions import constraints

from bayesformula.compiler import shrinkage
from bayesformula.compiler.kinds import ABOVE, BELOW, BETWEEN, INTERVAL, REAL, split
from bayesformula.compiler.ordered import Ordered
from bayesformula.compiler.truncation import Truncated
from bayesformula.priors import SHRINKAGE


def placeholder(m: int) -> np.ndarray:
    """Numbers that are legal for every kind, where only shapes matter."""
    return np.tile([0.5, 1.0, 1.0, 0.0, 1.0], (m, 1))


def distribution(kind: str, a: Array) -> dist.Distribution:
    """The NumPyro distribution of a batch of parameters of one kind; `a` is (m, N_ARGUMENTS)."""
    name, side = split(kind)
    if not side:
        return _whole(name, a)
    low = a[:, 3] if side in (ABOVE, BETWEEN) else None
    high = a[:, 4] if side in (BELOW, BETWEEN) else None
    if name == "flat":
        assert side != BETWEEN, "flat between bounds is uniform"
        bound = constraints.greater_than(a[:, 3]) if side == ABOVE else constraints.less_than(a[:, 4])
        return dist.ImproperUniform(bound, a[:, 0].shape, ())
    if name.startswith("half_"):  # above its centre a half is the whole given that it is there
        return Truncated(_unfolded(name, a), low, high)
    return Truncated(_whole(name, a), low, high)


def _unfolded(name: str, a: Array) -> dist.Distribution:
    if name == "half_normal":
        return dist.Normal(0.0, a[:, 0])
    if name == "half_cauchy":
        return dist.Cauchy(0.0, a[:, 0])
    return dist.StudentT(a[:, 0], 0.0, a[:, 1])


def _whole(name: str, a: Array) -> dist.Distribution:
    first, second, third = a[:, 0], a[:, 1], a[:, 2]
    match name:
        case "normal":
            return dist.Normal(first, second)
        case "student_t":
            return dist.StudentT(first, second, third)
        case "cauchy":
            return dist.Cauchy(first, second)
        case "laplace":
            return dist.Laplace(first, second)
        case "logistic":
            return dist.Logistic(first, second)
        case "half_normal":
            return dist.HalfNormal(first)
        case "half_cauchy":
            return dist.HalfCauchy(first)
        case "half_student_t":
            return dist.FoldedDistribution(dist.StudentT(first, 0.0, second))
        case "exponential":
            return dist.Exponential(first)
        case "gamma":
            return dist.Gamma(first, second)
        case "inv_gamma":
            return dist.InverseGamma(first, second)
        case "lognormal":
            return dist.LogNormal(first, second)
        case "beta":
            return dist.Beta(first, second)
        case "uniform":
            return dist.Uniform(first, second)
        case "flat":
            return dist.ImproperUniform(constraints.real, first.shape, ())
    raise AssertionError(f"no distribution for {name}")


@dataclass(frozen=True, slots=True)
class Member:
    """One NumPyro site of a vector: its name, kind and the positions it fills."""

    name: str
    kind: str
    positions: tuple[int, ...]


def members(name: str, kinds: Sequence[str]) -> tuple[Member, ...]:
    """The sites that make up a vector; named `name` when one fills it, else `name.kind`."""
    free = sorted({kind for kind in kinds if kind != "constant"})
    return tuple(
        Member(
            name if len(set(kinds)) == 1 else f"{name}.{kind}",
            kind,
            tuple(i for i, other in enumerate(kinds) if other == kind),
        )
        for kind in free
    )


def sample_vector(name: str, kinds: Sequence[str], arguments: Array, scale: Array | None = None) -> Array:
    """Sample a vector site by site and put it in order; call inside a NumPyro model.

    Args:
        name: of the vector.
        kinds: the kind of each of the m parameters.
        arguments: (m, N_ARGUMENTS) their numbers.
        scale: (m,) units of the parameters, for joint priors (see `shrinkage`).
    """
    value = arguments[:, 0]  # what constants keep
    for member in members(name, kinds):
        positions = np.array(member.positions)
        whole = len(positions) == len(kinds)
        rows = arguments if whole else arguments[positions]
        if member.kind in SHRINKAGE:
            assert scale is not None, "joint priors need the units of the parameters"
            drawn = shrinkage.sample(member.kind, member.name, scale[positions], rows[0])
        else:
            drawn = jnp.asarray(numpyro.sample(member.name, distribution(member.kind, rows).to_event(1)))
        value = drawn if whole else value.at[positions].set(drawn)
    return jnp.asarray(value)


def log_density(kinds: Sequence[str], arguments: Array, value: Array) -> Array:
    """Sum of the log priors of a vector of numbers without bounds; a flat prior counts as density 1."""
    out = jnp.zeros(())
    for member in members("", kinds):
        at = np.array(member.positions)
        if member.kind != "flat":
            out = out + jnp.sum(jnp.asarray(distribution(member.kind, arguments[at]).log_prob(value[at])))
    return out


def sample_ordered(name: str, kinds: Sequence[str], arguments: Array) -> Array:
    """Sample increasing numbers as one site, or keep them where all are constant.

    Their density is the product of their priors where they increase, and 0 elsewhere (see `ordered`).

    Args:
        name: of the vector.
        kinds: the kind of each of the m numbers: all "constant", or all of `kinds.REAL`.
        arguments: (m, N_ARGUMENTS) their numbers.
    """
    if set(kinds) <= {"constant"}:
        return arguments[:, 0]
    parts = tuple(distribution(kind, arguments[i : i + 1]) for i, kind in enumerate(kinds))
    is_alike = jnp.all(arguments == arguments[:1]) & (len(set(kinds)) == 1)
    return jnp.asarray(numpyro.sample(name, Ordered(parts, is_alike)))


def unconstrain(kind: str, value: np.ndarray, arguments: np.ndarray) -> np.ndarray:
    """NumPyro's unconstrained coordinate of `value`, in NumPy: nothing eager before the sampler.

    Values outside the support are moved inside first.
    """
    name, side = split(kind)
    if name in REAL and not side:
        return value
    if side == BETWEEN or name in INTERVAL:
        low, high = np.zeros(len(value)), np.ones(len(value))
        if side == BETWEEN:
            low, high = arguments[:, 3], arguments[:, 4]
        elif name == "uniform":
            low, high = arguments[:, 0], arguments[:, 1]
        share = np.clip((value - low) / (high - low), 0.02, 0.98)
        return np.log(share) - np.log1p(-share)
    if side == BELOW:
        return np.log(np.maximum(arguments[:, 4] - value, 1e-8))
    low = arguments[:, 3] if side == ABOVE else 0.0
    return np.log(np.maximum(value - low, 1e-8))


def unconstrain_ordered(value: np.ndarray) -> np.ndarray:
    """NumPyro's unconstrained coordinate of increasing numbers: the first, then the logs of the gaps."""
    return np.concatenate([value[:1], np.log(np.maximum(np.diff(value), 1e-8))])
