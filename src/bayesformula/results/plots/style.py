"""How our own pictures look: colours that the colour-blind can tell apart, fonts, intervals, figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesformula.errors import OptionError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, GREY, INK = "#0072B2", "#D55E00", "#009E73", "#8A8A8A", "#222222"
"""Of the palette of Okabe and Ito (2008), https://jfly.uni-koeln.de/color/."""
FAINT = "#D9D9D9"

SETTINGS: dict[str, Any] = {
    "font.size": 10,
    "axes.titlesize": 10.5,
    "axes.labelsize": 10,
    "axes.labelcolor": INK,
    "axes.titlelocation": "left",
    "axes.edgecolor": GREY,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": False,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "figure.titlesize": 11.5,
    "text.color": INK,
    "savefig.bbox": "standard",
}
"""matplotlib's settings inside `styled`; the user's own are as before after it."""


@contextmanager
def styled() -> Iterator[None]:
    """The settings of our pictures for as long as one is drawn."""
    from matplotlib import pyplot

    with pyplot.rc_context(SETTINGS):
        yield


def one(ax: Axes | None, width: float, height: float) -> Axes:
    """The axes that were given, or those of a new figure of so many inches."""
    if ax is not None:
        return ax
    from matplotlib import pyplot

    return pyplot.subplots(figsize=(width, height), layout="constrained")[1]


def several(
    axes: Axes | Sequence[Axes] | np.ndarray | None,
    count: int,
    *,
    panel: tuple[float, float],
    columns: int = 4,
    sharex: bool = False,
    sharey: bool = False,
) -> tuple[Figure, list[Axes]]:
    """`count` axes and their figure: the ones that were given, or new ones, so many in a row.

    Args:
        axes: one or more of the user's own.
        count: how many are drawn into.
        panel: width and height of each in inches.
        columns: at most so many beside each other.
        sharex, sharey: as in `matplotlib.pyplot.subplots`.

    Raises:
        OptionError: not as many axes as there are panels.
    """
    if axes is not None:
        given: list[Axes] = list(np.ravel(np.asarray(axes, dtype=object)))
        if len(given) != count:
            raise OptionError(f"axes has {len(given)} axes, and {count} panels are drawn: give one for each")
        return given[0].get_figure(root=True), given  # pyright: ignore[reportReturnType]: an axes has a figure
    from matplotlib import pyplot

    n_columns = min(columns, count)
    n_rows = -(-count // n_columns)
    size = (n_columns * panel[0] + 0.4, n_rows * panel[1] + 0.4)
    figure, grid = pyplot.subplots(
        n_rows, n_columns, figsize=size, layout="constrained", squeeze=False, sharex=sharex, sharey=sharey
    )
    flat = list(grid.ravel())
    for spare in flat[count:]:
        spare.set_visible(False)
    return figure, flat[:count]


def listed(names: str | Sequence[str]) -> list[str]:
    """One name or several, each once."""
    return [names] if isinstance(names, str) else list(dict.fromkeys(map(str, names)))


def check_intervals(ci: Sequence[float]) -> tuple[float, float]:
    """Inner and outer probability of two intervals.

    Raises:
        OptionError: not two probabilities.
    """
    message = f"ci={ci!r} must be two probabilities between 0 and 1, for example (0.5, 0.95)"
    try:
        low, high = sorted(float(each) for each in ci)
    except (TypeError, ValueError):
        raise OptionError(message) from None
    if not 0 < low <= high < 1:
        raise OptionError(message)
    return low, high


def draw_intervals(
    ax: Axes, at: np.ndarray, mean: np.ndarray, inner: np.ndarray, outer: np.ndarray, colour: str = BLUE
) -> None:
    """Points with a thick and a thin interval, lying.

    Args:
        ax: where.
        at: (n,) heights.
        mean: (n,) points.
        inner, outer: (n, 2) ends of the intervals.
        colour: of all.
    """
    ax.hlines(at, outer[:, 0], outer[:, 1], color=colour, linewidth=1.1, zorder=2)
    ax.hlines(at, inner[:, 0], inner[:, 1], color=colour, linewidth=3.2, zorder=3)
    ax.plot(mean, at, "o", color="white", markeredgecolor=colour, markersize=5, markeredgewidth=1.4, zorder=4)


def percent(ci: Sequence[float]) -> str:
    """`50 and 95 %`."""
    return " and ".join(f"{100 * each:g}" for each in ci) + " %"
