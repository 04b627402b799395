"""Draw the figures of docs/plans-in-pictures.md from real runs: what the sampler sees of a model, by plan.

python docs/make_plan_figures.py           # all of them, in a minute or two
python docs/make_plan_figures.py levels    # one
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import pyplot
from matplotlib.axes import Axes

import bayesformula as bf

FOLDER = Path(__file__).parent / "plans"
BLUE, ORANGE, GREY = "#33658a", "#d1603d", "#8a8a8a"
STYLE = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 9,
    "axes.titlelocation": "left",
    "legend.frameon": False,
}
COORDINATES = {
    "centred": "effect of one level",
    "noncentred": "effect / sd, of one level",
    "whitened": "coordinate of one level",
}


def one_way(n_levels: int, rows: int, sd: float, seed: int) -> pd.DataFrame:
    """Levels with as many rows each, sigma 1."""
    rng = np.random.default_rng(seed)
    level = np.repeat(np.arange(n_levels), rows)
    y = 2 + sd * rng.normal(size=n_levels)[level] + rng.normal(size=level.size)
    return pd.DataFrame({"y": y, "g": [f"g{i}" for i in level]})


def counts(seed: int) -> pd.DataFrame:
    """Counts in 40 levels of 1 to 200 rows."""
    rng = np.random.default_rng(seed)
    rows = np.round(np.geomspace(1, 200, 40)).astype(int)
    level = np.repeat(np.arange(40), rows)
    y = rng.poisson(np.exp(0.7 + 0.6 * rng.normal(size=40)[level]))
    return pd.DataFrame({"y": y, "g": [f"g{i:02d}" for i in level]})


def sampled(data: pd.DataFrame, plan: str, family: str = "gaussian", draws: int = 1000) -> bf.Fit:
    """A fit of varying intercepts under one plan."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", bf.BayesFormulaWarning)
        return bf.fit("y ~ 1 + (1 | g)", data, family=family, plan=plan, draws=draws, progress=False)


def coordinates(fit: bf.Fit) -> dict[str, np.ndarray]:
    """(draws, ...) of what the sampler moves, by site: the log sd, then sigma, the intercept, the levels."""
    layout = fit.compiled()[0].layout
    flat = fit.z.reshape(-1, fit.z.shape[-1])
    out, at = {}, 0
    for site in layout:
        out[site.name] = flat[:, at : at + site.size]
        at += site.size
    return out


def effort(fit: bf.Fit) -> str:
    """What a fit took and gave, in one line."""
    ess = fit.summary().loc["sd_g__Intercept", "ess_bulk"]
    return f"{np.mean(fit.stats['n_steps']):.0f} steps a draw, ESS of sd {ess:.0f}"


def funnel() -> None:
    """Log sd beside the coordinate of one level, levels with few rows and with many, three plans."""
    tables = {"2 rows a level": one_way(8, 2, 0.4, 3), "200 rows a level": one_way(8, 200, 1.0, 3)}
    figure, axes = pyplot.subplots(2, 3, figsize=(8.6, 5.6), layout="constrained")
    for row, (label, data) in zip(axes, tables.items(), strict=True):
        for axis, plan in zip(row, COORDINATES, strict=True):
            _panel(axis, sampled(data, plan), plan)
        row[0].set_ylabel(f"{label}\nlog sd")
        low, high = np.min([axis.get_ylim() for axis in row]), np.max([axis.get_ylim() for axis in row])
        for axis in row:
            axis.set_ylim(low, high)
    figure.savefig(FOLDER / "funnel.png", dpi=140)


def _panel(axis: Axes, fit: bf.Fit, plan: str) -> None:
    z = coordinates(fit)
    sd, level = z["sd_g"][:, 0], z[list(z)[-1]][:, 0]
    diverged = fit.stats["diverging"].reshape(-1)
    axis.scatter(level, sd, s=2, color=BLUE, alpha=0.3, linewidth=0, rasterized=True)
    if diverged.any():
        axis.scatter(level[diverged], sd[diverged], s=14, color=ORANGE, marker="x", linewidth=1)
    note = f", {int(diverged.sum())} divergences" if diverged.any() else ""
    axis.set_title(f"{plan}{note}\n{effort(fit)}")
    axis.set_xlabel(COORDINATES[plan])


def integrated() -> None:
    """All that is left to the sampler under marginal, and the points of importance."""
    data = one_way(8, 2, 0.4, 3)
    figure, axes = pyplot.subplots(1, 2, figsize=(7.4, 3.5), layout="constrained", sharex=True, sharey=True)
    fit = sampled(data, "marginal")
    z = coordinates(fit)
    axes[0].scatter(z["sigma"], z["sd_g"], s=2, color=BLUE, alpha=0.35, linewidth=0)
    axes[0].set_title(f"marginal: draws\n{effort(fit)}")
    fit = sampled(data, "importance")
    z = coordinates(fit)
    points, times = np.unique(np.hstack([z["sigma"], z["sd_g"]]), axis=0, return_counts=True)
    axes[1].scatter(points[:, 0], points[:, 1], s=3 * times, color=BLUE, alpha=0.45, linewidth=0)
    effective = (fit.importance or {})["effective_points"]
    axes[1].set_title(f"importance: points, larger where drawn more often\n{effective:.0f} effective points")
    axes[0].set_ylabel("log sd")
    for axis in axes:
        axis.set_xlabel("log sigma")
    figure.savefig(FOLDER / "integrated.png", dpi=140)


def levels() -> None:
    """Counts, levels of 1 to 200 rows: spread of each level's coordinate, and its tie to the intercept."""
    data = counts(1)
    rows = data.groupby("g").size().to_numpy()
    figure, axes = pyplot.subplots(1, 2, figsize=(8, 3.6), layout="constrained")
    for plan, colour in (("noncentred", ORANGE), ("centred", GREY), ("whitened", BLUE)):
        fit = sampled(data, plan, family="poisson")
        z = coordinates(fit)
        level = z[list(z)[-1]]
        intercept = fit.draws_frame(effects=False)["b_Intercept"].to_numpy()
        tie = [abs(np.corrcoef(level[:, j], intercept)[0, 1]) for j in range(level.shape[1])]
        axes[0].plot(rows, level.std(axis=0), "o", ms=3.5, color=colour, alpha=0.8)
        axes[1].plot(rows, tie, "o", ms=3.5, color=colour, alpha=0.8, label=f"{plan}: {effort(fit)}")
    axes[0].set_title("spread of each level's coordinate")
    axes[0].set_ylabel("posterior sd")
    axes[0].set_ylim(0, None)
    axes[1].set_title("its correlation with the intercept, without sign")
    axes[1].set_ylim(0, 1)
    for axis in axes:
        axis.set_xscale("log")
        axis.set_xticks([1, 10, 100], ["1", "10", "100"])
        axis.set_xlabel("rows of the level")
    figure.legend(loc="outside lower center", ncols=1)
    figure.savefig(FOLDER / "levels.png", dpi=140)


FIGURES: dict[str, Callable[[], None]] = {"funnel": funnel, "integrated": integrated, "levels": levels}


def main(names: list[str]) -> None:
    """Draw the figures asked for, or all."""
    FOLDER.mkdir(exist_ok=True)
    pyplot.rcParams.update(STYLE)
    for name in names or FIGURES:
        FIGURES[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
