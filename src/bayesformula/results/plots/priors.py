"""What the model believed before the response was seen, beside what it believes after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from bayesformula.errors import OptionError, listing
from bayesformula.results.names import scalars, variables
from bayesformula.results.plots import style
from bayesformula.results.plots.chosen import choose
from bayesformula.results.summary import check_count

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bayesformula.results.fit import Fit

PANELS, MOST_PANELS = 16, 60
DRAWS, FEWEST, NUMBERS, BATCH = 2000, 300, 5 * 10**7, 2 * 10**7
"""Draws from the prior, fewer so that they hold no more than so many numbers; so many are held at a time."""
SUPPORTS = {"positive": (0.0, np.inf), "delay": (0.0, np.inf), "unit": (0.0, 1.0), "power": (1.0, 2.0)}
SUPPORTS |= {"above one": (1.0, np.inf)}
"""Of parameters of families, by name."""
WINDOW = 6.0
"""Widths of the posterior's 95 % interval that are shown at most; a prior goes on beyond."""


def plot_priors(
    fit: Fit,
    var_names: str | Sequence[str] | None = None,
    *,
    draws: int | None = None,
    seed: int = 0,
    axes: Axes | Sequence[Axes] | None = None,
) -> Figure:
    """Prior and posterior density of each parameter, on one scale: how much the data have taught.

    Of a prior much wider than the posterior only the part around the posterior is shown: a nearly flat line
    is a prior that says little there.

    Args:
        var_names: flat names, variables, kinds (`b`, `sd`, `cor`) or terms; all parameters when not given.
        draws: from the prior; 2,000 when not given, fewer of a model with very many rows or levels.
        seed: of these draws.
        axes: matplotlib axes to draw into, one for each parameter.

    Returns:
        The matplotlib figure.

    Raises:
        OptionError: no such parameter, or group effects.
        PriorError: some prior is flat, and so has no density.
    """
    if draws is not None:
        check_count("draws", draws, least=10)
    check_count("seed", seed, least=0)
    chosen = choose(fit, var_names, None, most=PANELS, limit=MOST_PANELS)
    prior = _prior_draws(fit, list(chosen.draws), draws, seed)
    with style.styled():
        figure, panels = style.several(axes, len(chosen.draws), panel=(2.7, 1.9))
        for ax, (name, values) in zip(panels, chosen.draws.items(), strict=True):
            _panel(ax, prior[name], values.ravel(), _support(fit, name))
            ax.set_title(chosen.labels[name])
        lines = panels[0].get_lines()
        if axes is None:
            figure.legend(lines[:2], ["prior", "posterior"], loc="outside upper right", ncols=2)
        else:
            panels[0].legend(lines[:2], ["prior", "posterior"])
    return figure


def _prior_draws(fit: Fit, names: Sequence[str], draws: int | None, seed: int) -> Mapping[str, np.ndarray]:
    """(draws,) of each parameter from the prior, by flat name."""
    rows = {row.flat: row for row in scalars(fit.spec)}
    effects = [name for name in names if name not in rows]
    if effects:
        raise OptionError(
            f"plot_priors shows no group effects, their prior is that of sd: {listing(effects)}"
        )
    called = variables(fit.spec)
    size = fit.spec.n_rows + sum(group.n_levels * group.q for group in fit.spec.groups)
    wanted = draws or int(np.clip(NUMBERS // size, FEWEST, DRAWS))
    batch = int(np.clip(BATCH // size, 10, wanted))
    parts: dict[str, list[np.ndarray]] = {name: [] for name in names}
    for number, first in enumerate(range(0, wanted, batch)):
        prior = fit.prior_predictive(draws=min(batch, wanted - first), seed=seed + number)["prior"]
        for name, kept in parts.items():
            values = np.asarray(prior[called[rows[name].variable].name])
            kept.append(values[(0, slice(None), *rows[name].at)].copy())
    return {name: np.concatenate(kept) for name, kept in parts.items()}


def _support(fit: Fit, name: str) -> tuple[float, float]:
    """Where the draws of a parameter can lie, as far as its kind tells."""
    if name.startswith("cor_"):
        return -1.0, 1.0
    if name.startswith(("sd_", "df_")):
        return 0.0, np.inf
    if name not in fit.spec.scalars:
        return -np.inf, np.inf
    return SUPPORTS.get(fit.spec.family.support_of(name), (-np.inf, np.inf))


def _panel(ax: Axes, prior: np.ndarray, posterior: np.ndarray, support: tuple[float, float]) -> None:
    low, high = window(prior, posterior, support)
    grid = np.linspace(low, high, 256)
    for values, colour, width in ((prior, style.ORANGE, 1.4), (posterior, style.BLUE, 1.6)):
        density = density_at(grid, values, support)
        ax.plot(grid, density, color=colour, linewidth=width)
        ax.fill_between(grid, density, color=colour, alpha=0.18, linewidth=0)
    ax.set_xlim(low, high)
    ax.set_ylim(0, 1.06 * ax.dataLim.ymax)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.locator_params(axis="x", nbins=4)


def window(prior: np.ndarray, posterior: np.ndarray, support: tuple[float, float]) -> tuple[float, float]:
    """What is shown: all of the posterior, and of the prior as much as is not too far from it."""
    if support == (-1.0, 1.0):
        return support
    low, middle, high = np.quantile(posterior, [0.025, 0.5, 0.975])
    span = WINDOW / 2 * (high - low)
    begin, end = np.quantile(prior, [0.01, 0.99])
    ends = np.quantile(posterior, [0.0005, 0.9995])
    left = min(ends[0], max(begin, middle - span))
    right = max(ends[1], min(end, middle + span))
    room = 0.04 * (right - left)
    return max(left - room, support[0]), min(right + room, support[1])


def density_at(grid: np.ndarray, values: np.ndarray, support: tuple[float, float]) -> np.ndarray:
    """Kernel density of draws at the points of a grid; what leaves the support is reflected into it.

    The width of the kernel is Silverman's for the draws in and near the window, so that the far tail of a
    Cauchy prior does not flatten its middle.

    References: Silverman (1986), doi:10.1007/978-1-4899-3324-9, section 3.4.
    """
    reach = grid[-1] - grid[0]
    near = values[(values > grid[0] - reach) & (values < grid[-1] + reach)]
    if len(near) < 2 or np.ptp(near) == 0:
        return np.zeros_like(grid)
    quartiles = np.quantile(near, [0.25, 0.75])
    spread = min(near.std(), (quartiles[1] - quartiles[0]) / 1.34) or near.std()
    width = 0.9 * spread * len(near) ** -0.2
    mirrored = [near, *(2 * end - near for end in support if np.isfinite(end))]
    points = np.concatenate(mirrored)
    points = np.sort(points[(points > grid[0] - 5 * width) & (points < grid[-1] + 5 * width)])
    out = np.zeros_like(grid)
    for part in np.array_split(points, max(1, len(points) // 2000)):
        out += np.exp(-0.5 * ((grid[:, None] - part) / width) ** 2).sum(axis=1)
    return out / (len(values) * width * np.sqrt(2 * np.pi))
