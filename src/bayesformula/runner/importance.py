"""Independent draws where few parameters are left: importance sampling about the mode, exact in the limit.

Under the marginal plan the sampler sees only sds, correlations and sigma. Where one gradient costs a tenth of
a second or more (thousands of crossed effects), the many thousand gradients of NUTS take most of an hour, and
a thousand densities do: the mode by BFGS, the curvature there by differences of gradients, NODES quasi-random
points of a split t distribution about it, each weighed with posterior over proposal. The points are drawn
again in proportion to their weights, and given each the coefficients are drawn exactly, REPEATS times.

Its own diagnostics, in `RawDraws.importance`: the effective number of points (Kish), and the shape k of the
tail of the weights, which says whether the proposal left out a part of the posterior (above 0.7 it did).

References: Geweke (1989), doi:10.2307/1913710, for the split t; Kish (1965), Survey Sampling; Vehtari,
Simpson, Gelman, Yao and Gabry (2024), arXiv:1507.02646, for the shape of the tail as a diagnostic.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax
import numpy as np
from scipy import optimize, special, stats
from scipy.stats import qmc

from bayesformula.errors import OptionError
from bayesformula.runner import nuts
from bayesformula.runner.device import Device, on
from bayesformula.runner.executables import compile_ahead, traces
from bayesformula.runner.recovery import Recovered, recover_all

if TYPE_CHECKING:
    from bayesformula.compiler.emit import Program
    from bayesformula.compiler.inputs import Begin, ModelData
    from bayesformula.runner.config import RunConfig

MAX_DIM = 12
"""Parameters up to which a few hundred points fill the space between them."""
NODES = 1024
MAX_NODES = 4096
REPEATS = 4
"""Draws of the coefficients for each draw of the parameters that are left."""
DF = 6.0
"""Of the proposal."""
WIDER = 1.1
"""The proposal's scale over the posterior's."""
ROUNDS = 4
GOOD_SHARE = 0.4
"""Of the points that are effective; below it the proposal is moved to their moments and drawn again."""


@dataclass(frozen=True)
class Proposal:
    """A split t distribution: standard t coordinates, stretched differently on both sides of the centre.

    The log of an sd that may be near 0 has a long left tail, which no symmetric proposal covers.

    Attributes:
        centre: (d,).
        root: (d, d) lower factor of the scale.
        left, right: (d,) what coordinates below and above 0 are multiplied with.
    """

    centre: np.ndarray
    root: np.ndarray
    left: np.ndarray
    right: np.ndarray

    def stretched(self, standard: np.ndarray) -> np.ndarray:
        """(..., d) points of standard coordinates."""
        return self.centre + (standard * np.where(standard < 0, self.left, self.right)) @ self.root.T

    def draw(self, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """(count, d) scrambled Sobol points of it, and (count,) their log densities."""
        d = len(self.centre)
        points = qmc.Sobol(d + 1, seed=np.random.default_rng(seed))  # pyright: ignore[reportCallIssue]
        u = np.clip(points.random(count), 1e-12, 1 - 1e-12)
        normal = special.ndtri(u[:, :d])
        mixing = stats.chi2.ppf(u[:, d], DF) / DF
        standard = normal / np.sqrt(mixing)[:, None]
        log_density = (
            special.gammaln((DF + d) / 2)
            - special.gammaln(DF / 2)
            - d / 2 * np.log(DF * np.pi)
            - np.sum(np.log(np.diag(self.root)))
            - (DF + d) / 2 * np.log1p(np.sum(standard**2, axis=1) / DF)
            - np.sum(np.log(np.where(standard < 0, self.left, self.right)), axis=1)
        )
        return self.stretched(standard), log_density


@dataclass(frozen=True)
class Weighed:
    """Points, their potential energies and normalised weights."""

    z: np.ndarray
    energy: np.ndarray
    weights: np.ndarray
    log_weights: np.ndarray

    @property
    def effective(self) -> float:
        """Kish's effective number of points."""
        return float(1.0 / np.sum(self.weights**2))


def run(
    program: Program,
    data: ModelData,
    start: Begin,
    config: RunConfig,
    device: Device,
    summarised: frozenset[str] = frozenset(),
) -> nuts.RawDraws:
    """Sample and recover; arguments as of `nuts.run`.

    Raises:
        OptionError: too many parameters are left, or none.
        SamplingError: no mode was found.
    """
    if not 0 < program.dim <= MAX_DIM:
        raise OptionError(
            f"plan='importance' is for 1 to {MAX_DIM} parameters beside the coefficients, and here are "
            f"{program.dim}: write plan='marginal'"
        )
    z0, scale = np.asarray(start.z, float), np.asarray(start.scale, float)
    placed = nuts.placed(data, device.dtype)
    with on(device):
        example = (z0, placed)
        slope = compile_ahead("slope", jax.value_and_grad(program.potential), device, example, of=(program,))
        height = compile_ahead("potential", program.potential, device, example, of=(program,))
        on_device = jax.device_put(placed, device.handle)

    def energy(z: np.ndarray) -> float:
        with on(device):
            return float(height.call(z, on_device))

    def energy_and_gradient(z: np.ndarray) -> tuple[float, np.ndarray]:
        with on(device):
            value, gradient = slope.call(z, on_device)
            return float(value), np.asarray(gradient, float)

    began = time.perf_counter()
    proposal = about_the_mode(energy_and_gradient, z0, scale, config.workers)
    proposal = split(energy, proposal, config.workers)
    found = time.perf_counter()
    count = nodes_for(config.chains * config.draws)
    weighed, rounds = weigh(energy, proposal, count, config.seed, config.workers)
    sampled = time.perf_counter()
    picked = _resampled(weighed, config)
    z = np.repeat(weighed.z[picked], REPEATS, axis=1)[:, : config.draws]
    lp = -np.repeat(weighed.energy[picked], REPEATS, axis=1)[:, : config.draws]
    recovered = _recover(program, on_device, device, z, config, summarised)
    none = np.zeros(config.chains)
    return nuts.RawDraws(
        z,
        {**nuts.no_steps((config.chains, config.draws)), "lp": lp},
        none,
        none,
        recovered.draws,
        recovered.moments,
        {
            "trace": slope.trace_seconds + height.trace_seconds,
            "compile": slope.compile_seconds + height.compile_seconds,
            "warmup": found - began,
            "draws": sampled - found,
            "recovery": time.perf_counter() - sampled,
        },
        {
            "effective_points": weighed.effective,
            "points": float(count),
            "tail_shape": tail_shape(weighed.log_weights),
            "rounds": float(rounds),
        },
    )


def nodes_for(draws: int) -> int:
    """Points for so many draws: a power of two, as Sobol points like it."""
    return int(np.clip(2 ** np.ceil(np.log2(draws / REPEATS)), NODES, MAX_NODES))


def about_the_mode(
    energy_and_gradient: Callable[[np.ndarray], tuple[float, np.ndarray]],
    z0: np.ndarray,
    scale: np.ndarray,
    workers: int,
) -> Proposal:
    """A t distribution with the mode and curvature of the posterior.

    Args:
        energy_and_gradient: of the potential at z.
        z0, scale: where to look first, and rough posterior sds; (d,).
        workers: threads.
    """

    def objective(u: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = energy_and_gradient(z0 + scale * u)
        if not (np.isfinite(value) and np.all(np.isfinite(gradient))):
            return np.inf, np.zeros_like(u)
        return value, scale * gradient

    options = {"gtol": 1e-3, "maxiter": 200}
    found = optimize.minimize(objective, np.zeros_like(z0), jac=True, method="BFGS", options=options)
    if not np.isfinite(found.fun) or np.max(np.abs(found.jac)) > MAX_SLOPE:
        raise nuts.SamplingError(
            "plan='importance' found no mode of the posterior: write plan='marginal', or give every sd and "
            "sigma a prior that keeps it from 0"
        )
    step = DIFFERENCE * np.sqrt(np.clip(np.diag(found.hess_inv), 1e-4, 25.0))
    points = [
        found.x + sign * h * unit for h, unit in zip(step, np.eye(len(step)), strict=True) for sign in (1, -1)
    ]
    with ThreadPoolExecutor(workers) as pool:
        slopes = np.stack([gradient for _, gradient in pool.map(objective, points)])
    curvature = (slopes[0::2] - slopes[1::2]) / (2 * step[:, None])
    values, vectors = np.linalg.eigh(0.5 * (curvature + curvature.T))
    covariance = (vectors / np.maximum(values, LEAST_CURVATURE)) @ vectors.T
    return _symmetric(z0 + scale * found.x, scale[:, None] * np.linalg.cholesky(covariance))


def _symmetric(centre: np.ndarray, root: np.ndarray) -> Proposal:
    return Proposal(centre, root, np.full(len(centre), WIDER), np.full(len(centre), WIDER))


def split(energy: Callable[[np.ndarray], float], proposal: Proposal, workers: int) -> Proposal:
    """The proposal stretched along each coordinate until it covers the posterior there, on both sides.

    By Geweke's rule: where the energy has risen by E at a distance of s, the posterior is as wide as a normal
    distribution with sd s / sqrt(2 E); the widest over several distances counts.
    """
    d = len(proposal.centre)
    plain = Proposal(proposal.centre, proposal.root, np.ones(d), np.ones(d))
    steps = np.array([sign * size for sign in (-1, 1) for size in DISTANCES])
    standard = (np.eye(d)[:, None, :] * steps[None, :, None]).reshape(-1, d)
    with ThreadPoolExecutor(workers) as pool:
        lowest, *energies = pool.map(energy, [proposal.centre, *plain.stretched(standard)])
    rise = np.maximum(np.array(energies).reshape(d, 2, -1) - lowest, 1e-3)
    widths = (np.array(DISTANCES) / np.sqrt(2.0 * rise)).max(axis=2).clip(1.0, MOST_STRETCH)
    return Proposal(proposal.centre, proposal.root, WIDER * widths[:, 0], WIDER * widths[:, 1])


DISTANCES = (1.0, 2.0, 4.0, 6.0)
"""In sds of the curvature at the mode."""
MOST_STRETCH = 10.0


MAX_SLOPE = 1.0
DIFFERENCE = 0.1
"""Posterior sds between points at which gradients are taken."""
LEAST_CURVATURE = 0.04
"""Of a direction in units of rough sds: the posterior is not taken to be wider than five of these."""


def weigh(
    energy: Callable[[np.ndarray], float], proposal: Proposal, count: int, seed: int, workers: int
) -> tuple[Weighed, int]:
    """Weighed points of the proposal, moved to their moments until enough of them are effective."""
    best: Weighed | None = None
    for number in range(ROUNDS):
        z, log_density = proposal.draw(count, seed + number)
        with ThreadPoolExecutor(workers) as pool:
            energies = np.array(list(pool.map(energy, z)))
        energies = np.where(np.isfinite(energies), energies, np.inf)
        log_weights = -energies - log_density
        weights = np.exp(log_weights - np.max(log_weights))
        found = Weighed(z, energies, weights / weights.sum(), log_weights)
        best = found if best is None or found.effective > best.effective else best
        if best.effective >= GOOD_SHARE * count:
            return best, number + 1
        centre = found.weights @ z
        away = z - centre
        covariance = (found.weights[:, None] * away).T @ away + 1e-12 * np.eye(len(centre))
        # a t distribution with DF degrees of freedom has DF / (DF - 2) times the covariance of its scale
        proposal = split(energy, _symmetric(centre, np.linalg.cholesky(covariance * (DF - 2) / DF)), workers)
    assert best is not None
    return best, ROUNDS


def tail_shape(log_weights: np.ndarray) -> float:
    """Shape of a generalised Pareto distribution fitted to the largest weights; Zhang and Stephens (2009)."""
    count = len(log_weights)
    size = int(np.ceil(min(0.2 * count, 3 * np.sqrt(count))))
    ordered = np.sort(np.exp(log_weights - np.max(log_weights)))
    excess = ordered[-size:] - ordered[-size - 1]
    if not excess[0] > 0:
        excess = excess[excess > 0]
    if len(excess) < 5:  # the largest weights are equal
        return -1.0
    return _pareto_shape(excess)


def _pareto_shape(x: np.ndarray) -> float:
    """Zhang and Stephens (2009), doi:10.1198/tech.2009.08017, with the weak prior of PSIS on the shape."""
    n = len(x)
    m = 30 + int(np.sqrt(n))
    quartile = x[int(n / 4 + 0.5) - 1]
    theta = 1 / x[-1] + (1 - np.sqrt(m / (np.arange(1, m + 1) - 0.5))) / 3 / quartile
    k = np.log1p(-theta[:, None] * x).mean(axis=1)
    log_likelihood = n * (np.log(-theta / k) - k - 1)
    weights = special.softmax(log_likelihood)
    shape = float(np.log1p(-np.sum(theta * weights) * x).mean())
    return (n * shape + 10 * 0.5) / (n + 10)


def _resampled(weighed: Weighed, config: RunConfig) -> np.ndarray:
    """(chains, ceil(draws / REPEATS)) numbers of points, in proportion to their weights, in random order."""
    each = -(-config.draws // REPEATS)
    total = config.chains * each
    rng = np.random.default_rng([config.seed, 1])
    places = (np.arange(total) + rng.uniform()) / total
    picked = np.searchsorted(np.cumsum(weighed.weights), places).clip(max=len(weighed.z) - 1)
    return rng.permutation(picked).reshape(config.chains, each)


def _recovery(program: Program) -> Callable[..., dict[str, Any]]:
    """(z, number, chain, seed, data) -> REPEATS draws of everything at one z, which is factorised once."""

    def recover(z: Any, number: Any, chain: Any, seed: Any, data: ModelData) -> dict[str, Any]:
        traces["recover"] += 1
        base = jax.random.fold_in(jax.random.fold_in(jax.random.PRNGKey(seed), np.uint32(2**31)), chain)
        keys = jax.random.split(jax.random.fold_in(base, number), REPEATS)
        return jax.vmap(program.recover, in_axes=(None, 0, None))(z, keys, data)

    return recover


def _recover(
    program: Program, data: Any, device: Device, z: np.ndarray, config: RunConfig, summarised: frozenset[str]
) -> Recovered:
    seed, zero = np.asarray(config.seed, np.uint32), np.asarray(0)
    with on(device):
        arguments = (z[0, 0], zero, zero, seed, data)
        compiled = compile_ahead("recover repeats", _recovery(program), device, arguments, of=(program,))

    def call(batch: np.ndarray, first: np.ndarray, chain: np.ndarray) -> dict[str, Any]:
        with on(device):
            return compiled.call(batch[0], first, chain, seed, data)

    return recover_all(call, z, REPEATS, summarised, config.workers)
