"""Was the run healthy? Counts become findings with a remedy each, kept with the fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy import special

from bayesformula.errors import visible_lines
from bayesformula.results.diagnostics import MAX_R_HAT

FALSE_ALARMS = 0.01
"""Runs of chains that agree in which the R-hat of some group effect may be called too large."""
MIN_ESS_A_CHAIN = 100
MIN_EBFMI = 0.3
MAX_TAIL_SHAPE = 0.7
"""Of importance weights; Vehtari, Simpson, Gelman, Yao and Gabry (2024), arXiv:1507.02646."""
MAX_SHORTFALL = 0.2
"""Of the mean acceptance of a chain below what adaptation aimed at; it usually ends a little above."""
MAX_STEP_RATIO = 10.0
"""Between the step sizes of chains; those of a posterior that all of them know differ by a fifth."""
MIN_DRAWS = 4
"""Of a chain; R-hat and effective sizes are not defined for fewer."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a run, and what to do about it."""

    code: str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Health:
    """The state of a run.

    Attributes:
        max_r_hat, worst_r_hat: largest R-hat over all parameters, and whose it is.
        min_ess_bulk, min_ess_tail, worst_ess: smallest effective sample sizes, and whose.
        n_divergences: divergent transitions after warmup.
        n_tree_depth_hits: draws cut short by the limit on the tree depth.
        min_ebfmi: smallest energy Bayesian fraction of missing information over the chains.
        problems: what is wrong, most serious first; empty for a healthy run.
    """

    max_r_hat: float
    worst_r_hat: str
    min_ess_bulk: float
    min_ess_tail: float
    worst_ess: str
    n_divergences: int
    n_tree_depth_hits: int
    min_ebfmi: float
    problems: tuple[Problem, ...]

    @property
    def is_healthy(self) -> bool:
        return not self.problems

    def to_dict(self) -> dict[str, Any]:
        """Plain values; NaN as None."""
        out = {name: _plain(value) for name, value in asdict(self).items()}
        return {"is_healthy": self.is_healthy, **out}

    def __str__(self) -> str:
        if self.is_healthy and self.max_r_hat != self.max_r_hat:
            return "healthy: no divergences; no reported parameter moves, so there is no R-hat"
        if self.is_healthy:
            return (
                f"healthy: R-hat at most {self.max_r_hat:.3f}, effective draws at least "
                f"{min(self.min_ess_bulk, self.min_ess_tail):.0f}, no divergences"
            )
        lines = [f"{problem.message}\n  {problem.remedy}" for problem in self.problems]
        return visible_lines("\n".join(lines))


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    if isinstance(value, tuple | list):
        return [dict(item) for item in value]
    return value


def judge(
    names: list[str],
    quality: Mapping[str, np.ndarray],
    stats: Mapping[str, np.ndarray],
    max_tree_depth: int,
    plan: str,
    warmup: int,
    broken: Sequence[str] = (),
    target_accept: float = 0.8,
    importance: Mapping[str, float] | None = None,
    n_effects: int = 0,
) -> Health:
    """Judge a run by its diagnostics (per name), the sampler's counts (chains, draws), broken parameters.

    The last `n_effects` names are those of group effects.
    """
    r_hat, worst_r_hat = _extreme(names, quality["r_hat"], np.nanargmax)
    bulk, worst_bulk = _extreme(names, quality["ess_bulk"], np.nanargmin)
    tail, worst_tail = _extreme(names, quality["ess_tail"], np.nanargmin)
    divergences = int(np.sum(stats["diverging"]))
    hits = int(np.sum(stats["reached_max_treedepth"]))
    ebfmi = _ebfmi(stats)
    chains, draws = stats["energy"].shape
    worst_ess = worst_bulk if not bulk > tail else worst_tail
    found: list[Problem] = []
    if broken:
        found.append(
            Problem(
                "non_finite",
                f"Draws of {len(broken)} parameters are not finite, {broken[0]} first.",
                "The numbers of this fit are not to be used: look at the scales of the data and the priors.",
            )
        )
    if draws < MIN_DRAWS:
        found.append(
            Problem(
                "draws",
                f"{draws} draws a chain are too few to judge a run by.",
                "Run longer, for example draws=1000.",
            )
        )
    if divergences:
        found.append(_divergences(divergences, chains * draws, plan))
    if importance is None:
        found += _adaptation(stats, target_accept, warmup)
    elif importance["tail_shape"] > MAX_TAIL_SHAPE:
        found.append(_heavy_tail(importance["tail_shape"]))
    found += _disagreement(names, quality, chains, draws, warmup, n_effects)
    if min(bulk, tail) < MIN_ESS_A_CHAIN * chains:
        found.append(
            Problem(
                "ess",
                f"Few effective draws: {min(bulk, tail):.0f} for {worst_ess}; "
                f"{MIN_ESS_A_CHAIN * chains} are needed for stable tails.",
                f"Run longer, for example draws={_longer(draws, min(bulk, tail) / chains)}.",
            )
        )
    if hits:
        found.append(
            Problem(
                "tree_depth",
                f"{hits} of {chains * draws} draws reached the limit of the tree depth ({max_tree_depth}).",
                f"They are valid but inefficient; try max_tree_depth={max_tree_depth + 2}, or another plan.",
            )
        )
    if ebfmi < MIN_EBFMI:
        found.append(
            Problem(
                "ebfmi",
                f"The energy moves little between draws (E-BFMI {ebfmi:.2f}, less than {MIN_EBFMI}).",
                "Some prior may be far wider than the data can tell; tighten those on sds, or run longer.",
            )
        )
    return Health(r_hat, worst_r_hat, bulk, tail, worst_ess, divergences, hits, ebfmi, tuple(found))


def _disagreement(
    names: list[str], quality: Mapping[str, np.ndarray], chains: int, draws: int, warmup: int, n_effects: int
) -> list[Problem]:
    """The parameter whose R-hat is farthest above its bound."""
    bounds = _r_hat_bounds(quality, chains, n_effects)
    excess = np.nan_to_num(quality["r_hat"] - bounds, nan=-1.0)
    if not np.any(excess > 0):
        return []
    at = int(np.argmax(excess))
    worst, r_hat, bound = names[at], quality["r_hat"][at], bounds[at]
    most = f"{MAX_R_HAT}" if bound == MAX_R_HAT else f"{bound:.3f}"
    return [
        Problem(
            "r_hat",
            f"The chains disagree: R-hat of {worst} is {r_hat:.3f}, more than {most}.",
            f"Run longer (warmup={2 * warmup}, draws={2 * draws}); "
            "if it stays, the model may not be identified.",
        )
    ]


def _r_hat_bounds(quality: Mapping[str, np.ndarray], chains: int, n_effects: int) -> np.ndarray:
    """1.01; for group effects what the largest of so many exceeds in one of a hundred runs, if that is more.

    Where chains agree, the means of 2m half chains with ESS / 2m effective draws each are normal, and R-hat
    squared is 1 + (2m / ESS) chi2 / (2m - 1), chi2 with 2m - 1 degrees of freedom: the largest of 2,000 at an
    ESS of 1,500 passed 1.01 in two of six runs. The ESS is that of what R-hat compares, within chains: of
    NUTS, whose draws alternate about the median, distances from it have a sixth of the effective draws that
    the values have, and a chain that is elsewhere has no fewer. Fewer than are asked for widen no bound.
    """
    bounds = np.full(len(quality["r_hat"]), MAX_R_HAT)
    if n_effects:
        halves = 2 * max(chains, 2)  # of one chain the quarters
        ess = np.fmax(quality["ess_within"][-n_effects:], MIN_ESS_A_CHAIN * chains)
        chi2 = special.chdtri(halves - 1, FALSE_ALARMS / n_effects)
        by_chance = np.sqrt(1 + halves / ess * chi2 / (halves - 1))
        bounds[-n_effects:] = np.fmax(MAX_R_HAT, by_chance)
    return bounds


def _heavy_tail(shape: float) -> Problem:
    return Problem(
        "importance",
        f"The weights of importance sampling have a heavy tail (k = {shape:.2f}, more than "
        f"{MAX_TAIL_SHAPE}): a part of the posterior may be missing.",
        "Write plan='marginal', which samples the same posterior by NUTS.",
    )


def _longer(draws: int, ess_a_chain: float) -> int:
    """Draws that would give enough effective ones, up to eight times as many."""
    return draws * int(np.clip(1 + MIN_ESS_A_CHAIN // max(ess_a_chain, 1.0), 2, 8))


def _divergences(count: int, total: int, plan: str) -> Problem:
    advice = "Raise target_accept (0.95, then 0.99)"
    if plan == "centred":
        advice = "plan='auto' or 'noncentred' usually cures it; else raise target_accept (0.95, then 0.99)"
    return Problem(
        "divergences",
        f"{count} of {total} draws ended in a divergence: the posterior has a region that was not explored.",
        f"{advice}; a very small sd with few levels asks for a tighter prior on sd.",
    )


def _adaptation(stats: Mapping[str, np.ndarray], target_accept: float, warmup: int) -> list[Problem]:
    """Warmup that did not settle: a chain that accepts too little, or chains with step sizes far apart."""
    steps, accepted = stats.get("step_size"), stats.get("acceptance_rate")
    if steps is None or accepted is None or not np.all(steps > 0):  # an old file, or nothing was sampled
        return []
    rates = accepted.mean(axis=1)
    worst = int(np.argmin(rates))
    if rates[worst] < target_accept - MAX_SHORTFALL:
        return [
            Problem(
                "adaptation",
                f"Chain {worst} accepts {rates[worst]:.2f} of its proposals, where {target_accept:g} was "
                "aimed at: its step size did not settle in warmup.",
                f"Warm up longer (warmup={2 * max(warmup, 500)}).",
            )
        ]
    ratio = float(np.max(steps) / np.min(steps))
    if ratio > MAX_STEP_RATIO:
        return [
            Problem(
                "adaptation",
                f"The step sizes of the chains differ by a factor of {ratio:.0f}: in warmup they met "
                "different parts of the posterior.",
                f"Warm up longer (warmup={2 * max(warmup, 500)}), or give starting values with init=.",
            )
        ]
    return []


def _extreme(names: list[str], values: np.ndarray, which: Any) -> tuple[float, str]:
    if len(values) == 0 or np.all(np.isnan(values)):
        return float("nan"), ""
    at = int(which(values))
    return float(values[at]), names[at]


def _ebfmi(stats: Mapping[str, np.ndarray]) -> float:
    """Smallest over chains of E[(E_n - E_{n-1})^2] / Var(E); Betancourt (2016), arXiv:1604.00695.

    NaN where the energy never changes: nothing was sampled.
    """
    energy, change = stats["energy"], stats["energy_change"]
    variance = np.var(energy, axis=1)
    if energy.shape[1] < MIN_DRAWS or not np.all(variance > 0):
        return float("nan")
    return float(np.min(np.mean(change[:, 1:], axis=1) / variance))  # the first has no predecessor
