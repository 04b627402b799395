"""From priors to NumPyro sites: which distribution, which support, where the sampler starts.

A vector of parameters (the population coefficients, the sds of one group) may mix distributions. The
members that share one become one NumPyro site; constants become none. What is static (the kinds) is
apart from what is data (the numbers), so that two fits that differ in prior scales share a program.
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

from bayesformula.compiler.kinds import ABOVE_ONE, INTERVAL, REAL
from bayesformula.compiler.truncation import Above


def placeholder(m: int) -> np.ndarray:
    """Numbers that are legal for every kind, where only shapes matter."""
    return np.tile([0.0, 1.0, 1.0], (m, 1))


def distribution(kind: str, a: Array) -> dist.Distribution:
    """The NumPyro distribution of a batch of parameters of one kind; `a` is (m, N_ARGUMENTS)."""
    first, second, third = a[:, 0], a[:, 1], a[:, 2]
    match kind:
        case "flat>1":
            return dist.ImproperUniform(constraints.greater_than(1.0), first.shape, ())
        case (
            "half_student_t>1"
        ):  # above 1 the half and the whole are one distribution, and the whole has a cdf
            return Above(dist.StudentT(first, 0.0, second), 1.0)
        case _ if kind.endswith(ABOVE_ONE):
            return Above(distribution(kind.removesuffix(ABOVE_ONE), a), 1.0)
        case "normal":
            return dist.Normal(first, second)
        case "student_t":
            return dist.StudentT(first, second, third)
        case "cauchy":
            return dist.Cauchy(first, second)
        case "laplace":
            return dist.Laplace(first, second)
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
        case "beta":
            return dist.Beta(first, second)
        case "uniform":
            return dist.Uniform(first, second)
        case "flat":
            return dist.ImproperUniform(constraints.real, first.shape, ())
        case "flat>0":
            return dist.ImproperUniform(constraints.positive, first.shape, ())
        case "normal>0" | "student_t>0" | "cauchy>0" | "laplace>0":
            base = distribution(kind.removesuffix(">0"), a)
            return dist.LeftTruncatedDistribution(base, low=0.0)  # pyright: ignore[reportArgumentType]
    raise AssertionError(f"no distribution for {kind}")


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


def sample_vector(name: str, kinds: Sequence[str], arguments: Array) -> Array:
    """Sample a vector site by site and put it in order; call inside a NumPyro model.

    Args:
        name: of the vector.
        kinds: the kind of each of the m parameters.
        arguments: (m, N_ARGUMENTS) their numbers.
    """
    value = arguments[:, 0]  # what constants keep
    for member in members(name, kinds):
        positions = np.array(member.positions)
        whole = len(positions) == len(kinds)
        rows = arguments if whole else arguments[positions]
        drawn = jnp.asarray(numpyro.sample(member.name, distribution(member.kind, rows).to_event(1)))
        value = drawn if whole else value.at[positions].set(drawn)
    return jnp.asarray(value)


def unconstrain(kind: str, value: np.ndarray, arguments: np.ndarray) -> np.ndarray:
    """NumPyro's unconstrained coordinate of `value`, in NumPy: nothing eager before the sampler.

    Values outside the support are moved inside first.
    """
    if kind in REAL:
        return value
    if kind in INTERVAL:
        low = arguments[:, 0] if kind == "uniform" else np.zeros(len(value))
        high = arguments[:, 1] if kind == "uniform" else np.ones(len(value))
        share = np.clip((value - low) / (high - low), 0.02, 0.98)
        return np.log(share) - np.log1p(-share)
    low = 1.0 if kind.endswith(ABOVE_ONE) else 0.0
    return np.log(np.maximum(value - low, 1e-8))
